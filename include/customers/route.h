/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.h - queue, bucket and key -> the customer of the object (kafka-contract.md §6).
 *
 * An entry matches a key that is longer than prefix + '/' and starts with it, so `cust1`
 * never lets `cust10/x` through. Of one queue and bucket no prefix contains another (the
 * configuration sees to that), so at most one matches.
 *
 *     routes_add(r, queue, bucket, prefix, customer) ...; routes_seal(r);
 *     size_t customer = routes_find(r, queue, bucket, key);
 *
 * Threads: routes_find any, once sealed.
 */
#ifndef CUSTOMERS_ROUTE_H
#define CUSTOMERS_ROUTE_H

#include "base/own.h"
#include "base/span.h"

#define ROUTE_NONE SIZE_MAX

struct routes;

struct routes *routes_new(void);
void routes_free(struct routes *r);
DEFINE_OWNED(routes);

/* bucket and prefix (without slashes at its ends) are borrowed. */
void routes_add(struct routes *r, size_t queue, struct span bucket, struct span prefix,
                size_t customer);
void routes_seal(struct routes *r);

/* The customer that was added with it, or ROUTE_NONE. Its time depends on the key alone. */
MUST_USE size_t routes_find(const struct routes *r, size_t queue, struct span bucket,
                            struct span key);

#endif
