/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics with a label for the queue. */
#include "metrics_priv.h"

static struct exposition_label queue_label(const struct metrics_view *v, size_t queue)
{
    return (struct exposition_label){"queue", span_str(v->parts.conf->queues[queue].name)};
}

void write_poll_counter(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        struct exposition_label label = queue_label(v, q);
        const void *at = (const char *)intake_stats(v->parts.intake, q) + m->offset;
        exposition_count(out, m->family.name, &label, 1, stats_get(at));
    }
}

void write_lease_counter(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        struct exposition_label label = queue_label(v, q);
        const void *at = (const char *)acker_stats(v->parts.acker, q) + m->offset;
        exposition_count(out, m->family.name, &label, 1, stats_get(at));
    }
}

void write_receives(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    static const char *const names[RECEIVE_RESULTS] = {"messages", "empty", "throttled", "failed"};
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        const struct poll_stats *s = intake_stats(v->parts.intake, q);
        for (int r = 0; r < RECEIVE_RESULTS; r++) {
            struct exposition_label labels[] = {queue_label(v, q), {"result", span_str(names[r])}};
            exposition_count(out, m->family.name, labels, 2, stats_get(&s->receives[r]));
        }
    }
}

void write_held(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        struct exposition_label label = queue_label(v, q);
        exposition_count(out, m->family.name, &label, 1, acker_queue_held(v->parts.acker, q));
    }
}

void write_calls_failed(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    static const char *const names[] = {"prolong", "delete", "return"};
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        const struct lease_stats *s = acker_stats(v->parts.acker, q);
        const stats_count *counts[] = {&s->prolong_failed, &s->delete_failed, &s->return_failed};
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            struct exposition_label labels[] = {queue_label(v, q), {"call", span_str(names[k])}};
            exposition_count(out, m->family.name, labels, 2, stats_get(counts[k]));
        }
    }
}

/* Left out while the queue does not say: an old number would be believed. */
void write_queue_messages(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        const struct poll_stats *s = intake_stats(v->parts.intake, q);
        if (atomic_load(&s->looked)) {
            struct exposition_label labels[] = {queue_label(v, q), {"state", SPAN("visible")}};
            exposition_count(out, m->family.name, labels, 2, stats_get(&s->visible));
            labels[1].value = SPAN("in_flight");
            exposition_count(out, m->family.name, labels, 2, stats_get(&s->in_flight));
        }
    }
}

void write_queue_reached(const struct metric *m, const struct metrics_view *v, struct buf *out)
{
    for (size_t q = 0; q < v->parts.conf->queue_count; q++) {
        struct exposition_label label = queue_label(v, q);
        exposition_count(out, m->family.name, &label, 1,
                         atomic_load(&intake_stats(v->parts.intake, q)->reached));
    }
}
