/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.c - entries sorted by queue, bucket, prefix. The key is looked up cut at each of its
 * slashes: an exact search each, so `cust1` cannot match `cust10/x`, whatever stands between.
 */
#include "customers/route.h"

#include "base/alloc.h"

#include <stdlib.h>

struct route {
    size_t queue;
    struct span bucket;
    struct span prefix;
    size_t customer;
};

struct routes {
    struct route *list;
    size_t count;
};

struct routes *routes_new(void)
{
    struct routes *r = mem_zeros(1, sizeof(*r));
    return r;
}

void routes_free(struct routes *r)
{
    if (r == NULL) {
        return;
    }
    free(r->list);
    free(r);
}

void routes_add(struct routes *r, size_t queue, struct span bucket, struct span prefix,
                size_t customer)
{
    r->list = mem_grow(r->list, r->count + 1, sizeof(*r->list));
    r->list[r->count++] = (struct route){queue, bucket, prefix, customer};
}

static int span_compare(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n != 0 ? memcmp(a.p, b.p, n) : 0;
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int place_compare(const struct route *a, size_t queue, struct span bucket)
{
    if (a->queue != queue) {
        return a->queue < queue ? -1 : 1;
    }
    return span_compare(a->bucket, bucket);
}

static int route_compare(const void *x, const void *y)
{
    const struct route *a = x;
    const struct route *b = y;
    int c = place_compare(a, b->queue, b->bucket);
    return c != 0 ? c : span_compare(a->prefix, b->prefix);
}

void routes_seal(struct routes *r)
{
    if (r->count != 0) {
        qsort(r->list, r->count, sizeof(*r->list), route_compare);
    }
}

size_t routes_find(const struct routes *r, size_t queue, struct span bucket, struct span key)
{
    for (size_t i = 1; i + 1 < key.n; i++) {
        if (key.p[i] != '/') {
            continue;
        }
        struct route wanted = {.queue = queue, .bucket = bucket, .prefix = span_of(key.p, i)};
        const struct route *found =
            r->count != 0 ? bsearch(&wanted, r->list, r->count, sizeof(wanted), route_compare)
                          : NULL;
        if (found != NULL) {
            return found->customer;
        }
    }
    return ROUTE_NONE;
}
