/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.h - the state of the worker at one moment: queues, customers, lanes, Kafka, process.
 *
 * It is filled once per request and then rendered by /metrics, /healthz and /readyz. So no number
 * is computed twice, all views agree, and no view accesses the running parts.
 *
 *     OWNED(snapshot) struct snapshot *s = snapshot_new(&parts);
 *     snapshot_fill(s, &run);
 *     metrics_write(s, &out);
 *
 * Counters are read without a lock, numbers of the lease book and the inbox under their mutex, and
 * the state of a customer under the customer's. None of these locks is held by a lane while it
 * waits.
 *
 * Threads: one at a time per snapshot; the parts may run meanwhile.
 */
#ifndef MONITOR_SNAPSHOT_H
#define MONITOR_SNAPSHOT_H

#include "customers/customers.h"
#include "flow/lane.h"
#include "monitor/backlog.h"
#include "monitor/health.h"
#include "ops/tap.h"

struct snapshot_parts { /* borrowed: the parts that are read */
    const struct conf *conf;
    struct customers *customers;
    struct inbox *inbox;
    struct acker *acker;
    struct intake *intake;
    struct sink *sink;
    struct ops *ops;          /* NULL: not configured */
    struct tap *tap;          /* NULL: no control socket */
    struct creds_source *own; /* the worker's credentials */
    const struct stats *nobodys;
    const struct outage *kafka_outage;
    const struct clock *clock;
};

/* The worker's own state. */
struct snapshot_run {
    int64_t started_ms; /* wall clock */
    struct lane *const *lanes;
    size_t lane_count; /* 0: the worker is starting */
    bool stopping;
    bool reload_failed;    /* the last reload was refused */
    int64_t configured_ms; /* wall clock, when the valid configuration was applied */
};

struct snapshot_customer {
    struct span id;            /* valid until the next fill */
    struct customer *customer; /* with a reference until then */
    struct stats stats;
    struct customer_state state;
    struct customer_trouble trouble;
    bool verification_required;
    uint64_t lanes_busy;
    int64_t received_ms;  /* the last message of its queue, wall clock; 0: none yet */
    bool has_traffic;     /* since the start; or it has a state other than the usual one */
    bool has_cadence;     /* its entry says how often it writes */
    int64_t visible;      /* messages of its queue, at its last query; -1: not known */
    uint64_t not_held;    /* hidden messages of its queue that were hidden before this worker began,
                             or are another worker's; 0: none, or it has been up for longer than a
                             message can be hidden */
    int64_t dead_letters; /* messages of its dead-letter queue, at its last query; -1: not known */
    uint64_t left_lately; /* objects left in the last hour, by the history (monitor/history.h) */
    int64_t left_since_ms; /* ... the first of them, to a minute; wall clock */
};

/* Compute has_traffic from the other members. */
MUST_USE bool snapshot_has_traffic(const struct snapshot_customer *c);

struct snapshot_queue {
    const char *name; /* valid until the next fill */
    struct poll_stats polls;
    struct lease_stats leases;
    uint64_t held;    /* number of messages */
    uint64_t outages; /* begun so far */
    struct backlog backlog;
    bool up;          /* SQS answered, and no call fails */
    bool has_traffic; /* messages, or failed calls for them, since the start */
};

struct snapshot {
    int64_t now_ms;      /* monotonic, as in pulses */
    int64_t wall_ms;     /* the same moment, wall clock */
    const char *runbook; /* of the configuration; NULL: not set */
    const char *file;    /* the configuration's; NULL: not known */
    int64_t started_ms;  /* wall clock */
    struct readiness ready;
    struct health health; /* its threads; those from first_lane on are lanes */
    size_t first_lane;
    struct {
        bool reached;
        uint64_t records, bytes; /* accepted and not yet acknowledged */
        uint64_t limit_bytes;
        unsigned restarts; /* of the producer, after fatal errors */
        unsigned lost_brokers;
        uint64_t outages; /* begun so far */
    } kafka;
    struct {
        int64_t cpu_ms;
        uint64_t resident_bytes;       /* 0: not known */
        int64_t credentials_expire_ms; /* wall clock; INT64_MAX: never, 0: not known */
    } process;
    struct {
        bool reload_failed;
        int64_t applied_ms; /* wall clock */
    } configuration;
    struct ops_counts ops;
    struct role_checks_counts role_checks;
    uint64_t inbox_messages;
    uint64_t not_held;      /* of all queues, as of a customer */
    struct backlog backlog; /* of all queues */
    struct stats nobodys;   /* of objects without a customer */
    struct snapshot_customer *customers;
    size_t customer_count;
    bool queues_shared; /* a queue has several customers */
    struct snapshot_queue *queues;
    size_t queue_count;

    struct snapshot_parts parts; /* private */
    struct health_thread *threads;
    struct customer **at_work; /* customers of the lanes, with references until the next fill */
    size_t at_work_count;
    size_t customer_room;
    size_t queue_room;
};

struct snapshot *snapshot_new(const struct snapshot_parts *parts); /* never NULL */
void snapshot_free(struct snapshot *s);
DEFINE_OWNED(snapshot);

/* Fill all members. */
void snapshot_fill(struct snapshot *s, const struct snapshot_run *run);

/* Fill only now_ms, health and ready. Call it at least once a second: `ready` is about time. */
void snapshot_fill_health(struct snapshot *s, const struct snapshot_run *run);

#endif
