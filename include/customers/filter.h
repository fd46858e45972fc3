/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - which objects of a customer are not read, by their keys.
 *
 *     if (filter_ignores(c->conf, key)) ... done without a request ...
 *
 * Threads: any.
 */
#ifndef CUSTOMERS_FILTER_H
#define CUSTOMERS_FILTER_H

#include "conf/conf.h"

/*
 * True if the key below the customer's prefix matches none of conf->only, or one of conf->ignore.
 * False for a key that is not below the prefix: it is not the customer's.
 *
 * A pattern may match with the slash before that key or without: what a person calls "in any
 * folder", an asterisk and a slash, includes the first one below the prefix.
 */
MUST_USE bool filter_ignores(const struct customer_conf *conf, struct span key);

#endif
