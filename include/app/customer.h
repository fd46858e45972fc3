/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.h - a customer of a configuration, for the commands that read event files as the
 * worker would: its rules, and the limits for all.
 *
 *     OWNED(conf) struct conf *c = customer_load("x.conf", "acme", &options, &rules);
 */
#ifndef APP_CUSTOMER_H
#define APP_CUSTOMER_H

#include "app/records.h"
#include "conf/conf.h"

/*
 * NULL: the reasons have been told on standard error. Else *o has the configuration's limits, and
 * *rules the customer's rules, which are the configuration's.
 */
MUST_USE struct conf *customer_load(const char *config, const char *id, struct records_options *o,
                                    const struct rules **rules);

#endif
