/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - determines by its key whether an object of a customer is ignored.
 *
 *     if (filter_ignores(c->conf, key)) ... done without a request ...
 *
 * Threads: any.
 */
#ifndef CUSTOMERS_FILTER_H
#define CUSTOMERS_FILTER_H

#include "conf/conf.h"

/*
 * Whether the key below the customer's prefix matches none of conf->only, or one of conf->ignore.
 * False for a key that is not below the prefix, since it is not the customer's.
 *
 * A pattern is compared with the key both with and without the slash before it. So a pattern that
 * begins with an asterisk and a slash ("in any folder") also matches in the first folder below the
 * prefix.
 */
MUST_USE bool filter_ignores(const struct customer_conf *conf, struct span key);

/*
 * The key of the configuration that leaves out an object: "only" or "ignore"; NULL: none does.
 * below: its key below the prefix, with the slash before it.
 */
MUST_USE const char *filter_key(const struct customer_conf *conf, struct span below);

#endif
