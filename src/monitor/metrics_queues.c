/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics that have the label "queue". */
#include "metrics_priv.h"

static struct exposition_label queue_label(const struct snapshot_queue *q)
{
    return (struct exposition_label){"queue", span_str(q->name)};
}

/*
 * The first queue from q on that has had messages. Counters about messages are most of a queue's
 * series, and begin with its first one.
 */
static size_t with_messages(const struct snapshot *s, size_t q)
{
    while (q < s->queue_count && !s->queues[q].has_traffic) {
        q++;
    }
    return q;
}

void write_poll_counter(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; (q = with_messages(s, q)) < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        const void *at = (const char *)&s->queues[q].polls + m->offset;
        exposition_count(out, m->family.name, &label, 1, stats_get(at));
    }
}

void write_lease_counter(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; (q = with_messages(s, q)) < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        const void *at = (const char *)&s->queues[q].leases + m->offset;
        exposition_count(out, m->family.name, &label, 1, stats_get(at));
    }
}

void write_receives(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    static const char *const names[RECEIVE_RESULTS] = {"messages", "empty", "throttled", "failed"};
    for (size_t q = 0; q < s->queue_count; q++) {
        const struct poll_stats *polls = &s->queues[q].polls;
        for (int r = 0; r < RECEIVE_RESULTS; r++) {
            struct exposition_label labels[] = {queue_label(&s->queues[q]),
                                                {"result", span_str(names[r])}};
            exposition_count(out, m->family.name, labels, 2, stats_get(&polls->receives[r]));
        }
    }
}

void write_received(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        uint64_t at = stats_get(&s->queues[q].polls.received_ms);
        if (at != 0) {
            exposition_seconds(out, m->family.name, &label, 1, (int64_t)at);
        }
    }
}

void write_held(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        exposition_count(out, m->family.name, &label, 1, s->queues[q].held);
    }
}

void write_calls_failed(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    static const char *const names[] = {"heartbeat", "delete", "return"};
    for (size_t q = 0; (q = with_messages(s, q)) < s->queue_count; q++) {
        const struct lease_stats *leases = &s->queues[q].leases;
        const stats_count *counts[] = {&leases->extend_failed, &leases->delete_failed,
                                       &leases->return_failed};
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            struct exposition_label labels[] = {queue_label(&s->queues[q]),
                                                {"call", span_str(names[k])}};
            exposition_count(out, m->family.name, labels, 2, stats_get(counts[k]));
        }
    }
}

/* No sample while the attributes cannot be read: an old number would be misleading. */
void write_queue_messages(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        const struct poll_stats *polls = &s->queues[q].polls;
        if (atomic_load(&polls->attributes_known)) {
            struct exposition_label labels[] = {queue_label(&s->queues[q]),
                                                {"state", SPAN("visible")}};
            exposition_count(out, m->family.name, labels, 2, stats_get(&polls->visible));
            labels[1].value = SPAN("in_flight");
            exposition_count(out, m->family.name, labels, 2, stats_get(&polls->in_flight));
        }
    }
}

/* No sample while it cannot be read, or the queue has no dead-letter queue. */
void write_dead_letters(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        const struct poll_stats *polls = &s->queues[q].polls;
        if (atomic_load(&polls->dead_known)) {
            struct exposition_label label = queue_label(&s->queues[q]);
            exposition_count(out, m->family.name, &label, 1, stats_get(&polls->dead_letters));
        }
    }
}

/* queue: NULL, for all. */
void write_backlog_parts(const struct metric *m, const struct backlog *b, const char *queue,
                         struct buf *out)
{
    const struct {
        const char *name;
        int64_t count;
    } parts[] = {{"visible", b->visible},
                 {"inbox", (int64_t)b->inbox},
                 {"over_share", (int64_t)b->over_share}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct exposition_label labels[] = {{"queue", span_str(queue != NULL ? queue : "")},
                                            {"part", span_str(parts[i].name)}};
        if (parts[i].count >= 0) {
            exposition_count(out, m->family.name, queue != NULL ? labels : &labels[1],
                             queue != NULL ? 2 : 1, (uint64_t)parts[i].count);
        }
    }
}

void write_backlog(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        write_backlog_parts(m, &s->queues[q].backlog, s->queues[q].name, out);
    }
}

void write_backlog_age(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        if (s->queues[q].backlog.age_ms >= 0) {
            struct exposition_label label = queue_label(&s->queues[q]);
            exposition_seconds(out, m->family.name, &label, 1, s->queues[q].backlog.age_ms);
        }
    }
}

void write_queue_reached(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        exposition_count(out, m->family.name, &label, 1, s->queues[q].up);
    }
}

void write_queue_polled(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        exposition_count(out, m->family.name, &label, 1, !atomic_load(&s->queues[q].polls.stopped));
    }
}

void write_queue_outages(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    for (size_t q = 0; q < s->queue_count; q++) {
        struct exposition_label label = queue_label(&s->queues[q]);
        exposition_count(out, m->family.name, &label, 1, s->queues[q].outages);
    }
}
