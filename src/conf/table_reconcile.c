/* SPDX-License-Identifier: Apache-2.0 */
/* The section of reconcile; the others are in table.c. */
#include "conf/conf.h"
#include "conf/table.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static const struct conf_row reconcile_rows[] = {
    {.name = "interval",
     .type = CONF_TIME,
     MEMBER(conf, reconcile.interval_ms),
     .derived = "off",
     .least = 10 * 1000,
     .most = 30LL * DAY_MS,
     .unit_ms = 1,
     .example = "\"6h\"",
     .text = "How often the worker compares each customer's bucket with the ops events: which "
             "objects were not delivered? Needs kafka.ops_topic. A bucket is listed below the "
             "customer's prefix, a request for each 1,000 keys, at most ten a second; the ops "
             "topic is read for the time of range. With several workers set it for one of them."},
    {.name = "range",
     .type = CONF_TIME,
     MEMBER(conf, reconcile.range_ms),
     .standard = "\"48h\"",
     .least = 60 * 1000,
     .most = 30LL * DAY_MS,
     .unit_ms = 1,
     .example = "\"24h\"",
     .text = "Objects modified within this time are compared. Not longer than the retention of "
             "kafka.ops_topic, and longer than the interval."},
    {.name = "delay",
     .type = CONF_TIME,
     MEMBER(conf, reconcile.delay_ms),
     .standard = "\"15m\"",
     .least = 1000,
     .most = DAY_MS,
     .unit_ms = 1,
     .example = "\"60m\"",
     .text = "Younger objects are not compared, since they may still be delivered. Longer than it "
             "takes to read the largest object."},
    {.name = "memory",
     .type = CONF_SIZE,
     MEMBER(conf, reconcile.memory),
     .standard = "\"64MiB\"",
     .least = 1024 * 1024,
     .most = 1024 * 1024 * 1024,
     .example = "\"256MiB\"",
     .text = "Maximum for what was delivered in range: 64 MiB are 1,500,000 objects. If all "
             "customers together have more, they are compared in several parts. If one customer "
             "has more, it cannot be compared."},
};

const struct conf_section conf_reconcile_section = {
    "reconcile", false, reconcile_rows, sizeof(reconcile_rows) / sizeof(reconcile_rows[0]),
    "The comparison of buckets with what was delivered, repeated by the worker "
    "(docs/reconcile.md)."};
