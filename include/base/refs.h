/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs.h - a reference count. All zero means one reference: its creator's.
 *
 *     refs_hold(&c->refs);
 *     ...
 *     if (refs_release(&c->refs)) ... free c ...
 *
 * A thread may take a reference only while another one keeps the object alive.
 *
 * Threads: any.
 */
#ifndef BASE_REFS_H
#define BASE_REFS_H

#include "base/base.h"

#include <stdatomic.h>
#include <stddef.h>

struct refs {
    atomic_size_t more; /* references beside the first */
};

static inline void refs_hold(struct refs *r)
{
    (void)atomic_fetch_add_explicit(&r->more, 1, memory_order_relaxed);
}

/* True: that was the last one; the caller frees the object. */
MUST_USE static inline bool refs_release(struct refs *r)
{
    return atomic_fetch_sub_explicit(&r->more, 1, memory_order_acq_rel) == 0;
}

#endif
