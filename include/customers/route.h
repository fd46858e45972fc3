/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.h - finds the customer of an object by queue, bucket and key (kafka-contract.md §6).
 *
 * An entry matches a key that starts with prefix + '/' and is longer, so `cust1` does not match
 * `cust10/x`. Within a queue and bucket no prefix contains another one, which the configuration
 * ensures, so at most one entry matches.
 *
 *     routes_add(r, queue, bucket, prefix, customer) ...; routes_seal(r);
 *     size_t customer = routes_find(r, queue, bucket, key);
 *
 * Threads: routes_find any, after routes_seal.
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

/* The customer of the matching entry, or ROUTE_NONE. The time depends on the key only. */
MUST_USE size_t routes_find(const struct routes *r, size_t queue, struct span bucket,
                            struct span key);

#endif
