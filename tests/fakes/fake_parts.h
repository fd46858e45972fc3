/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_parts.h - the running parts that a snapshot reads, with what the test says: two queues, a
 * customer on each, Kafka. Replaces source/intake.c, settle/sqs/acker.c, flow/inbox.c, flow/lane.c,
 * the sink, ops events, the worker's credentials and the registry of customers.
 */
#ifndef TESTS_FAKES_FAKE_PARTS_H
#define TESTS_FAKES_FAKE_PARTS_H

#include "base/outage.h"
#include "customers/customers.h"
#include "flow/lane.h"
#include "monitor/snapshot.h"
#include "ops/ops.h"
#include "settle/sqs/acker.h"
#include "source/intake.h"

enum { FAKE_QUEUES = 2 };

static struct {
    struct poll_stats polls[FAKE_QUEUES];
    struct lease_stats leases[FAKE_QUEUES];
    struct outage outages[FAKE_QUEUES]; /* all zeros: none is open */
    bool removed[FAKE_QUEUES];
    size_t held[FAKE_QUEUES];
    struct customer customers[FAKE_QUEUES];
    struct customer_conf entries[FAKE_QUEUES];
    struct stats stats[FAKE_QUEUES];
    struct pulse pulse;
    bool kafka; /* a broker answers */
} fake_parts;

/* ---- The intake, the acker, the inbox, a lane ---- */

const struct poll_stats *intake_stats(const struct intake *i UNUSED, size_t queue)
{
    return &fake_parts.polls[queue];
}

size_t intake_queues(const struct intake *i UNUSED)
{
    return FAKE_QUEUES;
}

const char *intake_queue_name(const struct intake *i UNUSED, size_t queue)
{
    return queue == 0 ? "first" : "second";
}

bool intake_removed(const struct intake *i UNUSED, size_t queue)
{
    return fake_parts.removed[queue];
}

bool intake_is_drained(const struct intake *i UNUSED)
{
    return false;
}

const struct pulse *intake_pulse(const struct intake *i UNUSED)
{
    return &fake_parts.pulse;
}

const struct pulse *acker_pulse(const struct acker *a UNUSED, size_t i UNUSED)
{
    return &fake_parts.pulse;
}

struct outage *acker_outage(struct acker *a UNUSED, size_t queue)
{
    return &fake_parts.outages[queue];
}

size_t acker_queue_held(struct acker *a UNUSED, size_t queue)
{
    return fake_parts.held[queue];
}

const struct lease_stats *acker_stats(const struct acker *a UNUSED, size_t queue)
{
    return &fake_parts.leases[queue];
}

size_t inbox_at_work(struct inbox *i UNUSED, size_t sched_class UNUSED)
{
    return 0;
}

size_t inbox_waiting(struct inbox *i UNUSED)
{
    return 0;
}

size_t inbox_queue_waiting(struct inbox *i UNUSED, size_t queue UNUSED)
{
    return 0;
}

const struct pulse *lane_pulse(const struct lane *l UNUSED)
{
    return &fake_parts.pulse;
}

struct customer *lane_customer(struct lane *l UNUSED)
{
    return NULL;
}

/* ---- Kafka, credentials ---- */

bool sink_reached(const struct sink *s UNUSED)
{
    return fake_parts.kafka;
}

const struct pulse *sink_pulse(const struct sink *s UNUSED)
{
    return &fake_parts.pulse;
}

void sink_depth(const struct sink *s UNUSED, uint64_t *records, uint64_t *bytes)
{
    *records = 0;
    *bytes = 0;
}

unsigned sink_restarts(const struct sink *s UNUSED)
{
    return 0;
}

unsigned sink_lost_brokers(const struct sink *s UNUSED)
{
    return 0;
}

void ops_counts(const struct ops *o UNUSED, struct ops_counts *out)
{
    *out = (struct ops_counts){0};
}

int64_t creds_expires_ms(struct creds_source *s UNUSED)
{
    return INT64_MAX;
}

/* ---- Customers ---- */

size_t customers_count(const struct customers *all UNUSED)
{
    return FAKE_QUEUES;
}

struct customer *customers_next(struct customers *all UNUSED, struct customer *c)
{
    struct customer *next = c == NULL ? fake_parts.customers : c + 1;
    return next < fake_parts.customers + FAKE_QUEUES ? next : NULL;
}

void customers_role_checks(const struct customers *all UNUSED, struct role_checks_counts *out)
{
    *out = (struct role_checks_counts){0};
}

struct customer *customer_hold(struct customer *c)
{
    return c;
}

void customer_release(struct customer *c UNUSED)
{
}

void customer_state(struct customer *c UNUSED, struct customer_state *out)
{
    *out = (struct customer_state){0};
}

void customer_trouble(struct customer *c UNUSED, struct customer_trouble *out)
{
    *out = (struct customer_trouble){0};
}

bool customer_verification_required(struct customer *c UNUSED)
{
    return false;
}

#endif
