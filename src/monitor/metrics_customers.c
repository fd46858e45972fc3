/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics that have the label "customer". */
#include "metrics_priv.h"

#include "event/normalize.h"

/* Not a valid customer id. It is also the key in the rejects topic. */
#define NOBODY SPAN("_unknown")

static struct exposition_label customer_label(const struct snapshot_customer *c)
{
    return (struct exposition_label){"customer", c->id};
}

/*
 * The next customer with traffic, from *i on; NULL: the end. Of thousands of customers most have
 * none most of the time: they have no series but the one that counts them.
 */
static const struct snapshot_customer *next_customer(const struct snapshot *s, size_t *i)
{
    while (*i < s->customer_count && !s->customers[*i].has_traffic) {
        (*i)++;
    }
    return *i < s->customer_count ? &s->customers[(*i)++] : NULL;
}

void write_configured_customers(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_count(out, m->family.name, NULL, 0, s->customer_count);
}

static uint64_t total(const stats_count *counts, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += stats_get(&counts[i]);
    }
    return sum;
}

/*
 * Classes, reasons and the histogram are most of a customer's series. They begin with its first
 * object, not with a pause or a session.
 */
static bool has_objects(const struct stats *s)
{
    return stats_get(&s->objects_done) + stats_get(&s->objects_accepted) +
               stats_get(&s->objects_left) + stats_get(&s->objects_later) +
               total(s->rejects, REJECT_REASONS) + total(s->errors, FAIL_KINDS) !=
           0;
}

void write_customer_counter(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        const void *at = (const char *)&c->stats + m->offset;
        exposition_count(out, m->family.name, &label, 1, stats_get(at));
    }
}

void write_customer_cpu(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        int64_t ms = (int64_t)(stats_get(&c->stats.cpu_us) / 1000);
        exposition_seconds(out, m->family.name, &label, 1, ms);
    }
}

void write_objects(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    static const char *const names[] = {"done", "accepted", "left", "later"};
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        const stats_count *counts[] = {&c->stats.objects_done, &c->stats.objects_accepted,
                                       &c->stats.objects_left, &c->stats.objects_later};
        for (size_t o = 0; o < sizeof(names) / sizeof(names[0]); o++) {
            struct exposition_label labels[] = {customer_label(c), {"outcome", span_str(names[o])}};
            exposition_count(out, m->family.name, labels, 2, stats_get(counts[o]));
        }
    }
}

void write_object_errors(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        for (int k = FAIL_NONE + 1; k < FAIL_KINDS && has_objects(&c->stats); k++) {
            struct exposition_label labels[] = {
                customer_label(c), {"class", span_str(err_kind_name((enum err_kind)k))}};
            exposition_count(out, m->family.name, labels, 2, stats_get(&c->stats.errors[k]));
        }
    }
}

static void add_rejects(const struct metric *m, struct span customer, const struct stats *stats,
                        struct buf *out)
{
    for (int r = 0; r < REJECT_REASONS; r++) {
        struct exposition_label labels[] = {
            {"customer", customer},
            {"reason", span_str(reject_reason_name((enum reject_reason)r))}};
        exposition_count(out, m->family.name, labels, 2, stats_get(&stats->rejects[r]));
    }
}

void write_rejects(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        if (has_objects(&c->stats)) {
            add_rejects(m, c->id, &c->stats, out);
        }
    }
    add_rejects(m, NOBODY, &s->nobodys, out);
}

static void add_skipped(const struct metric *m, struct span customer, const struct stats *stats,
                        struct buf *out)
{
    bool nobody = span_eq(customer, NOBODY);
    int reasons = nobody ? SKIP_REASONS : SKIP_REPEATED; /* counted before a customer is known */
    for (int r = 0; r < reasons; r++) {
        struct exposition_label labels[] = {
            {"customer", customer}, {"reason", span_str(skip_reason_name((enum skip_reason)r))}};
        exposition_count(out, m->family.name, labels, 2, stats_get(&stats->skipped[r]));
    }
}

void write_skipped(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        add_skipped(m, c->id, &c->stats, out);
    }
    add_skipped(m, NOBODY, &s->nobodys, out);
}

void write_lag(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        uint64_t counts[LAG_BOUNDS + 1];
        if (total(c->stats.lag.counts, LAG_BOUNDS + 1) == 0) {
            continue;
        }
        for (size_t k = 0; k <= LAG_BOUNDS; k++) {
            counts[k] = stats_get(&c->stats.lag.counts[k]);
        }
        exposition_histogram(out, m->family.name, &label, 1,
                             &(struct exposition_times){stats_lag_bounds_ms, LAG_BOUNDS, counts,
                                                        stats_get(&c->stats.lag.sum_ms)});
    }
}

void write_customer_time(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        uint64_t at = stats_get((const void *)((const char *)&c->stats + m->offset));
        if (at != 0) {
            exposition_seconds(out, m->family.name, &label, 1, (int64_t)at);
        }
    }
}

void write_customer_level(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        const void *at = (const char *)&c->state + m->offset;
        exposition_count(out, m->family.name, &label, 1, *(const uint64_t *)at);
    }
}

void write_compared(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        if (stats_get(&c->stats.reconciled_ms) != 0 || c->state.not_compared != 0) {
            const void *at = (const char *)&c->state + m->offset;
            exposition_count(out, m->family.name, &label, 1, *(const uint64_t *)at);
        }
    }
}

void write_verified(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        if (c->verification_required) {
            exposition_count(out, m->family.name, &label, 1, c->state.unverified == 0);
        }
    }
}

void write_expiry(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        if (c->state.expires_ms != 0) {
            exposition_seconds(out, m->family.name, &label, 1, c->state.expires_ms);
        }
    }
}

void write_busy(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    size_t i = 0;
    for (const struct snapshot_customer *c; (c = next_customer(s, &i)) != NULL;) {
        struct exposition_label label = customer_label(c);
        exposition_count(out, m->family.name, &label, 1, c->lanes_busy);
    }
}

void write_customer_outages(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    static const char *const names[CUSTOMER_PARTIES] = {[CUSTOMER_ROLE] = "role",
                                                        [CUSTOMER_S3] = "s3",
                                                        [CUSTOMER_TOPIC] = "topic",
                                                        [CUSTOMER_CREDENTIALS] = "credentials"};
    for (size_t i = 0; i < s->customer_count; i++) {
        const struct snapshot_customer *c = &s->customers[i];
        const uint64_t *begun = c->state.outages_begun;
        uint64_t sum = 0;
        for (size_t p = 0; p < CUSTOMER_PARTIES; p++) {
            sum += begun[p];
        }
        for (size_t p = 0; p < CUSTOMER_PARTIES && (sum != 0 || has_objects(&c->stats)); p++) {
            struct exposition_label labels[] = {customer_label(c), {"party", span_str(names[p])}};
            exposition_count(out, m->family.name, labels, 2, begun[p]);
        }
    }
}
