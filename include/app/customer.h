/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.h - the rules of a customer and the limits of a configuration, for commands that read
 * event files as the worker does.
 *
 *     OWNED(conf) struct conf *c = customer_load("x.conf", "acme", &options, &rules);
 */
#ifndef APP_CUSTOMER_H
#define APP_CUSTOMER_H

#include "app/records.h"
#include "conf/conf.h"

/*
 * Read a configuration. NULL: it has an error or no such customer; the reasons were printed to
 * standard error. Else *o has the configuration's limits, and *rules the customer's rules, which
 * belong to the configuration.
 */
MUST_USE struct conf *customer_load(const char *config, const char *id, struct records_options *o,
                                    const struct rules **rules);

/*
 * Append, in words, why the worker does not read this object of the customer; nothing: it does.
 * object: its name (s3://bucket/key); else the customer's patterns are compared with the path of
 * the file. True: the object is known to be left out.
 */
MUST_USE bool customer_leaves_out(const struct customer_conf *customer, const char *object,
                                  const char *path, struct buf *words);

/* Set the limits that a configuration has for a customer's objects. */
void customer_limits(const struct conf *c, const struct customer_conf *customer,
                     struct records_options *o);

#endif
