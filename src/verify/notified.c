/* SPDX-License-Identifier: Apache-2.0 */
/* notification.seen: how far the running worker sees the customer's notifications come. */
#include "verify_priv.h"

#include "base/clock.h"

enum { TEXT_BYTES = 300, LATE_MS = 15 * 60 * 1000 };

/* What is wrong. NULL: nothing. *change: what to do about it, if it is not the usual. */
static const char *complaint(const struct verify_subject *s, const struct status_customer *c,
                             const char **change)
{
    if (!status_is_current(s->worker->status, s->parts->conf)) {
        *change = "reload the worker, or restart it";
        return "the worker runs with another number of customers than this configuration, so it "
               "may not know this one";
    }
    if (c->paused) {
        *change = "what the other lines say of the role, the bucket and the topics; the line "
                  "\"customer paused\" of the worker's log has the reason";
        return "the customer is paused: its role, bucket or topic refuses access";
    }
    if (c->notified_ms == 0 && s->listed && !s->newest.found) {
        *change = line_no_object_change;
        return "no notification of the customer came yet, and its prefix has no object";
    }
    if (c->received_ms == 0) {
        return "no message came in its queue since the worker started";
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
    struct buf times = BUF_INIT(TEXT_BYTES);
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
    const char *wrong = complaint(s, &c, &change);
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
