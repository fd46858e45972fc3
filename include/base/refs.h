/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs.h - a reference count. All zero is one reference: that of the creator.
 *
 *     refs_hold(&c->refs);
 *     ...
 *     if (refs_release(&c->refs)) ... free c ...
 *
 * A thread may take a reference only while another reference keeps the object alive. Threads: any.
 */
#ifndef BASE_REFS_H
#define BASE_REFS_H

#include "base/base.h"

#include <stdatomic.h>
#include <stddef.h>

struct refs {
    atomic_size_t more; /* references in addition to the creator's */
};

static inline void refs_hold(struct refs *r)
{
    (void)atomic_fetch_add_explicit(&r->more, 1, memory_order_relaxed);
}

/* Release a reference. True: it was the last one; the caller frees the object. */
MUST_USE static inline bool refs_release(struct refs *r)
{
    return atomic_fetch_sub_explicit(&r->more, 1, memory_order_acq_rel) == 0;
}

#endif
