/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_attributes.c - attributes are read by separate threads: a request without an answer takes
 * half a minute, and in the intake's thread it would delay the messages of the other queues and the
 * extension of their leases.
 */
#include "intake_priv.h"

#include "base/log.h"
#include "settle/outcome.h"

#include <time.h>

#define MAX_TIME_S INT64_C(253402300799) /* the end of the year 9999 */

enum {
    CHECK_DUE_MS = 500,
    COMPARE_AGAIN_MS = 5000,
    DAY_S = 86400,
    MAX_RECEIVE_COUNT_ADVISED = 10,
};

static void warn_of_attributes(const char *name, const struct sqs_attributes *a)
{
    if (a->max_receive_count == 0) {
        log_write(LOG_WARN, "queue has no dead-letter queue", KV_STR("queue", name),
                  KV_STR("next", "messages that cannot be processed are redelivered until their "
                                 "retention ends, then lost"));
    } else if (a->max_receive_count > 0 && a->max_receive_count < MAX_RECEIVE_COUNT_ADVISED) {
        log_write(
            LOG_WARN, "queue has a low maxReceiveCount", KV_STR("queue", name),
            KV_INT("max_receive_count", a->max_receive_count),
            KV_INT("advised", MAX_RECEIVE_COUNT_ADVISED),
            KV_STR("next", "a short outage may move messages to the dead-letter queue; raise it"));
    }
    if (a->retention_s >= 0 && a->retention_s < DAY_S) {
        log_write(LOG_WARN, "queue has a short retention", KV_STR("queue", name),
                  KV_INT("retention_s", a->retention_s),
                  KV_STR("next", "messages not processed by then are lost; raise it"));
    }
}

/* Unknown values count as unlimited: then no receive is the last one. */
static void keep_redrive(struct poll *p, const struct sqs_attributes *a)
{
    struct redrive *r = &p->queue->redrive;
    unsigned max = a->max_receive_count > 0 ? (unsigned)a->max_receive_count : 0;
    int64_t retention_ms = a->retention_s > 0 ? (int64_t)a->retention_s * 1000 : 0;
    atomic_store_explicit(&r->max_receive_count, max, memory_order_relaxed);
    atomic_store_explicit(&r->retention_ms, retention_ms, memory_order_relaxed);
}

/* The longest time for which a message may be hidden: in back-off, or held by a worker that ended.
 */
static int64_t longest_hidden_ms(struct intake *i, const struct poll *p)
{
    struct intake_times times = poll_times(i, p);
    int64_t s = times.visibility_s > DELAY_MAX_S ? times.visibility_s : DELAY_MAX_S;
    return s * 1000;
}

/*
 * What is hidden and not this worker's: another one holds it, or it waits for another attempt since
 * before this worker began. held: before the attributes were read; messages come and go meanwhile.
 */
static void keep_not_held(struct intake *i, struct poll *p, int64_t in_flight, size_t held)
{
    size_t now = acker_queue_held(i->parts.acker, p->index);
    uint64_t own = (held > now ? held : now) + stats_get(&p->stats.hidden);
    uint64_t all = in_flight > 0 ? (uint64_t)in_flight : 0;
    if (stats_get(&p->stats.not_held_until_ms) == 0) {
        stats_set(&p->stats.not_held_until_ms,
                  (uint64_t)(clock_mono_ms(i->parts.clock) + longest_hidden_ms(i, p)));
    }
    stats_set(&p->stats.not_held, all > own ? all - own : 0);
}

static void keep_figures(struct intake *i, struct poll *p, const struct sqs_attributes *a,
                         size_t held)
{
    bool known = a->visible >= 0 && a->in_flight >= 0;
    keep_redrive(p, a);
    keep_not_held(i, p, known ? a->in_flight : 0, held);
    stats_set(&p->stats.visible, known ? (uint64_t)a->visible : 0);
    stats_set(&p->stats.in_flight, known ? (uint64_t)a->in_flight : 0);
    atomic_store(&p->stats.attributes_known, known);
    p->attributes_due_ms = clock_mono_ms(i->parts.clock) + i->parts.attribute_interval_ms;
}

/*
 * Read them for the metrics, and for the redrive policy, which may have changed. An error is not
 * logged here: if it persists, receives fail too.
 */
static void refresh_attributes(struct intake *i, struct poll *p)
{
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    size_t held = acker_queue_held(i->parts.acker, p->index);
    if (sqs_get_attributes(p->queue->queue, &a, &e) == FAIL_NONE) {
        keep_figures(i, p, &a, held);
        dead_letters_read(i, p, a.dead_letter_arn);
        return;
    }
    atomic_store(&p->stats.attributes_known, false); /* no numbers are better than old ones */
    atomic_store(&p->stats.dead_known, false);
    p->attributes_due_ms = clock_mono_ms(i->parts.clock) + i->parts.attribute_interval_ms;
}

enum { TIME_BYTES = sizeof("2026-11-30T06:57:08Z") };

/* A time that is no time is left out. */
static const char *write_time(int64_t s, char out[TIME_BYTES])
{
    struct tm t;
    time_t when = (time_t)s;
    bool known = s > 0 && s <= MAX_TIME_S && gmtime_r(&when, &t) != NULL;
    return known && strftime(out, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &t) != 0 ? out : "";
}

static void log_attributes(struct intake *i, const struct poll *p, const struct sqs_attributes *a)
{
    struct intake_times times = poll_times(i, p);
    char created[TIME_BYTES];
    char ids[CUSTOMERS_IDS_BYTES];
    size_t customers = customers_queue_ids(i->parts.customers, p->index, ids);
    outage_set_customers(acker_outage(i->parts.acker, p->index), customers, ids);
    warn_of_attributes(p->queue->name, a);
    log_write(LOG_INFO, "queue attributes", KV_STR("queue", p->queue->name),
              KV_STR("url", sqs_queue_url(p->queue->queue)), KV_INT("customers", customers),
              KV_SET("customer_ids", ids), KV_INT("worker_visibility_s", times.visibility_s),
              KV_KNOWN("queue_default_visibility_s", a->visibility_s),
              KV_KNOWN("visible", a->visible), KV_KNOWN("in_flight", a->in_flight),
              KV_KNOWN("max_receive_count", a->max_receive_count == 0 ? -1 : a->max_receive_count),
              KV_KNOWN("retention_s", a->retention_s),
              KV_SET("created", write_time(a->created_s, created)));
}

/* Its name is the same; the time of its creation tells one queue from another. */
static void log_identity(const struct poll *p, const struct sqs_attributes *a)
{
    char before[TIME_BYTES];
    char now[TIME_BYTES];
    const char *created = write_time(a->created_s, now);
    if (p->created_s <= 0 || a->created_s <= 0) {
        return;
    }
    if (a->created_s == p->created_s) {
        log_write(LOG_INFO, "the queue is the same", KV_STR("queue", p->queue->name),
                  KV_SET("created", created));
        return;
    }
    log_write(LOG_WARN, "the queue is a new one", KV_STR("queue", p->queue->name),
              KV_SET("created", created), KV_SET("before", write_time(p->created_s, before)),
              KV_STR("next", "the messages of the one before are gone: copy the objects that are "
                             "not done onto themselves, so that S3 notifies again; check the "
                             "policy and the redrive policy of the queue"));
}

/* The queue did not exist, and answers again. An error: it is asked again soon. */
static void compare_attributes(struct intake *i, struct poll *p)
{
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    size_t held = acker_queue_held(i->parts.acker, p->index);
    if (sqs_get_attributes(p->queue->queue, &a, &e) != FAIL_NONE) {
        p->attributes_due_ms = clock_mono_ms(i->parts.clock) + COMPARE_AGAIN_MS;
        return;
    }
    p->compare = false;
    log_identity(p, &a);
    log_attributes(i, p, &a);
    p->created_s = a.created_s > 0 ? a.created_s : 0;
    keep_figures(i, p, &a, held);
}

/* Read them before the first poll. */
static void load_attributes(struct intake *i, struct poll *p)
{
    const char *name = p->queue->name;
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    size_t held = acker_queue_held(i->parts.acker, p->index);
    switch ((int)sqs_get_attributes(p->queue->queue, &a, &e)) {
    case FAIL_NONE:
        log_attributes(i, p, &a);
        p->created_s = a.created_s > 0 ? a.created_s : 0;
        keep_figures(i, p, &a, held);
        atomic_store(&p->stats.reached, true);
        break;
    case FAIL_DENIED: /* receiving may be permitted nevertheless */
        p->attributes_denied = true;
        log_write(LOG_WARN, "queue attributes denied", KV_STR("queue", name), KV_ERR(&e),
                  KV_STR("next",
                         "no reject is produced at a last receive; allow sqs:GetQueueAttributes"));
        break;
    default:
        if (!atomic_load(&i->stopping)) {
            poll_failed(i, p, OUTAGE_ATTRIBUTES, &e);
        }
        return;
    }
    outage_passed(acker_outage(i->parts.acker, p->index), OUTAGE_ATTRIBUTES,
                  clock_mono_ms(i->parts.clock));
    atomic_store(&p->attributes_loaded, true);
    intake_wake(i);
}

/* Read the attributes of a queue if they are due. True: they will not be due by themselves. */
static bool poll_attributes(struct intake *i, struct poll *p)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    bool repeat = i->parts.attribute_interval_ms != 0 && !p->attributes_denied;
    if (atomic_load(&p->removed)) {
        return true;
    }
    if (!p->attributes_denied && outage_take_gone(acker_outage(i->parts.acker, p->index))) {
        p->compare = atomic_load(&p->attributes_loaded);
        p->attributes_due_ms = now;
    }
    if (!atomic_load(&p->attributes_loaded)) {
        if (now >= p->not_before_ms) {
            load_attributes(i, p);
        }
    } else if (p->compare && now >= p->attributes_due_ms) {
        compare_attributes(i, p);
    } else if (repeat && now >= p->attributes_due_ms) {
        refresh_attributes(i, p);
    }
    return atomic_load(&p->attributes_loaded) && !repeat && !p->compare;
}

/* Read the attributes of its queues that are due. True: none will be due by itself. */
static bool poll_due_attributes(struct attribute_poller *a)
{
    struct intake *i = a->intake;
    bool done = true;
    for (size_t k = a->first; k < stable_count(&i->polls) && !atomic_load(&i->stopping);
         k += ATTRIBUTE_POLLERS) {
        done = poll_attributes(i, poll_of(i, k)) && done;
    }
    return done;
}

static uint64_t changes_so_far(struct intake *i)
{
    mutex_lock(&i->shared.lock);
    uint64_t n = i->shared.changes;
    mutex_unlock(&i->shared.lock);
    return n;
}

/* Wait until attributes may be due, unless queues were added since `seen`. */
static void wait_for_due(struct intake *i, uint64_t seen, bool done)
{
    mutex_lock(&i->shared.lock);
    bool may_wait = !atomic_load(&i->stopping) && i->shared.changes == seen;
    if (may_wait && done) {
        cond_wait(&i->shared.changed, &i->shared.lock);
    } else if (may_wait) {
        (void)cond_wait_ms(&i->shared.changed, &i->shared.lock, CHECK_DUE_MS);
    }
    mutex_unlock(&i->shared.lock);
}

static void *attribute_poller_run(void *arg)
{
    struct attribute_poller *a = arg;
    struct intake *i = a->intake;
    while (!atomic_load(&i->stopping)) {
        uint64_t seen = changes_so_far(i);
        wait_for_due(i, seen, poll_due_attributes(a));
    }
    return NULL;
}

void attribute_pollers_start(struct intake *i)
{
    while (i->attribute_poller_count < ATTRIBUTE_POLLERS) {
        struct attribute_poller *a = &i->attribute_pollers[i->attribute_poller_count];
        *a = (struct attribute_poller){.intake = i, .first = i->attribute_poller_count};
        thread_start(&a->thread, "attributes", attribute_poller_run, a);
        i->attribute_poller_count++;
    }
}

void attribute_pollers_join(struct intake *i)
{
    for (size_t n = 0; n < i->attribute_poller_count; n++) {
        thread_join(i->attribute_pollers[n].thread);
    }
}
