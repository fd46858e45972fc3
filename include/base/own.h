/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - release at the end of the scope.
 *
 *     OWNED(decode) struct decode *d = decode_new(DECODE_GZIP);
 *     ...early returns need no cleanup...
 *     return take(&d);    -- transfer ownership to the caller; d becomes NULL
 *
 * OWNED(x) calls x_freep, which DEFINE_OWNED(x) defines once per type.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include "base/base.h"

#define OWNED(type) CLEANUP(type##_freep)

#define DEFINE_OWNED(type)                                                                         \
    UNUSED static inline void type##_freep(struct type **p)                                        \
    {                                                                                              \
        type##_free(*p);                                                                           \
    }                                                                                              \
    struct type

static inline void *take(void *owner)
{
    void **p = owner;
    void *v = *p;
    *p = NULL;
    return v;
}

#endif
