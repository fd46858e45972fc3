/* SPDX-License-Identifier: Apache-2.0 */
/* notification.seen: how far the running worker sees the customer's notifications come. */
#include "verify_priv.h"

#include "base/clock.h"

enum {
    TEXT_BYTES = 300,
    LATE_MS = 15 * 60 * 1000,
    EXPECTED_MS = 60 * 1000, /* in which S3 has sent a notification, and the worker received it */
    NS_PER_MS = 1000 * 1000,
};

static const char of_paused[] =
    "what the other lines say of the role, the bucket and the topics; the line \"customer paused\" "
    "of "
    "the worker's log has the reason. If an operator paused it: asymptote-ingest control resume";

static const char of_missing[] =
    "the bucket's notifications: that for this queue is missing, or is of another prefix or event "
    "(onboard's customer/notification.json has it). Then the queue's policy. "
    "asymptote-ingest reconcile CUSTOMER finds and sends what was missed";

/*
 * Whether the newest object should have had a notification by now: it came after the worker's start
 * and after the last notification.
 */
static bool notification_is_missing(const struct verify_subject *s, const struct status_customer *c,
                                    int64_t now)
{
    int64_t modified_ms = s->newest.modified_ns / NS_PER_MS;
    return s->newest.found && c->started_ms != 0 && modified_ms > c->started_ms &&
           modified_ms > c->notified_ms + EXPECTED_MS && now > modified_ms + EXPECTED_MS;
}

/* What is wrong. NULL: nothing. *change: what to do about it, if it is not the usual. */
static const char *complaint(const struct verify_subject *s, const struct status_customer *c,
                             int64_t now, const char **change)
{
    if (!status_is_current(s->worker->status, s->parts->conf)) {
        *change = "reload the worker, or restart it";
        return "the worker runs with another number of customers than this configuration, so it "
               "may not know this one";
    }
    if (c->paused) {
        *change = of_paused;
        return "the customer is paused: its role, bucket or topic refuses access";
    }
    if (notification_is_missing(s, c, now)) {
        *change = of_missing;
        return "objects came since the worker started, but no message for the newest one: the "
               "notification is missing";
    }
    if (c->received_ms == 0) {
        return s->newest.found ? "objects exist, but no message came in its queue since the worker "
                                 "started: the notification may be missing"
                               : "no message came in its queue since the worker started";
    }
    if (c->notified_ms == 0) {
        return "messages came in its queue, but none for an object of the customer (reload the "
               "worker if its entry is new)";
    }
    if (c->delivered_ms == 0) {
        return "notifications of the customer came, but nothing was delivered";
    }
    if (c->notified_ms - c->delivered_ms > LATE_MS) {
        return "nothing was delivered for the last notifications of the customer";
    }
    return NULL;
}

/* A prefix without objects: nothing is to be expected, and nothing to be changed. */
static bool is_empty(const struct verify_subject *s, const struct status_customer *c)
{
    return s->listed && !s->newest.found && c->notified_ms == 0 && !c->paused &&
           status_is_current(s->worker->status, s->parts->conf);
}

static void add_time(struct buf *out, const char *what, int64_t at_ms, int64_t now)
{
    buf_addf(out, "%s%s ", out->n > 0 ? ", " : "", what);
    if (at_ms == 0) {
        buf_add(out, SPAN("never"));
    } else {
        add_age(out, now - at_ms);
    }
}

void check_notification_seen(struct verify_subject *s, struct verify_line *out)
{
    const struct verify_worker *w = s->worker;
    if (s->parts->status_url == NULL) {
        line_set(out, VERIFY_SKIP, "no worker is known: metrics.listen is not set");
        return;
    }
    line_tried(out, "the state of the worker at %.200s", s->parts->status_url);
    if (w->status == NULL) {
        line_set(out, VERIFY_SKIP, "no worker answers: %.200s", w->status_err.text);
        return;
    }
    struct status_customer c = status_find(w->status, s->customer);
    int64_t now = clock_wall_ms(&clock_system);
    const char *change = NULL;
    if (is_empty(s, &c)) {
        line_set(out, VERIFY_SKIP,
                 "no notification of the customer came yet, and its prefix has "
                 "no object");
        return;
    }
    const char *wrong = complaint(s, &c, now, &change);
    struct buf times = BUF_INIT(TEXT_BYTES);
    add_time(&times, "last message", c.received_ms, now);
    add_time(&times, "last one of the customer's", c.notified_ms, now);
    add_time(&times, "last delivery", c.delivered_ms, now);
    if (wrong == NULL) {
        line_set(out, VERIFY_OK, "%s", times.p);
    } else {
        line_set(out, VERIFY_WARN, "%s; %s", wrong, times.p);
        out->change = change;
    }
    buf_done(&times);
}
