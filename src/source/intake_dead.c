/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake_dead.c - the number of messages in the dead-letter queue of a queue: one
 * GetQueueAttributes in each DEAD_INTERVALS-th reading of the queue's own attributes. The queue's
 * redrive policy names it. What the worker may not read is said once, and not asked again.
 */
#include "intake_priv.h"

#include "base/log.h"

enum { DEAD_INTERVALS = 5 };

static void forget(struct dead_letters *d)
{
    sqs_queue_free(d->queue);
    *d = (struct dead_letters){.queue = NULL};
}

/* The queue of this ARN. It changes when the redrive policy does. */
static void choose_queue(struct poll *p, const char *arn)
{
    struct err e = {.kind = FAIL_NONE};
    struct dead_letters *d = &p->dead;
    if (strcmp(d->arn, arn) == 0) {
        return;
    }
    forget(d);
    err_copy(d->arn, sizeof(d->arn), span_str(arn));
    d->queue = arn[0] != '\0' ? sqs_queue_beside(p->queue->queue, arn, &e) : NULL;
}

static void log_denied(const struct poll *p, const struct err *e)
{
    log_write(LOG_WARN, "dead-letter queue cannot be read", KV_STR("queue", p->queue->name),
              KV_STR("dead_letter_queue", p->dead.arn), KV_ERR(e),
              KV_STR("next",
                     "the number of its messages is not known, everything else works; allow "
                     "sqs:GetQueueAttributes on it and restart the worker"));
}

void dead_letters_read(struct intake *i, struct poll *p, const char *arn)
{
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    struct dead_letters *d = &p->dead;
    int64_t now = clock_mono_ms(i->parts.clock);
    choose_queue(p, arn);
    if (d->queue == NULL || d->denied) {
        atomic_store(&p->stats.dead_known, false);
        return;
    }
    if (now < d->due_ms) {
        return;
    }
    d->due_ms = now + (int64_t)DEAD_INTERVALS * i->parts.attribute_interval_ms;
    bool known = sqs_get_attributes(d->queue, &a, &e) == FAIL_NONE && a.visible >= 0;
    if (known) {
        stats_set(&p->stats.dead_letters, (uint64_t)a.visible);
    } else if (e.kind == FAIL_DENIED) {
        d->denied = true;
        log_denied(p, &e);
    }
    atomic_store(&p->stats.dead_known, known);
}

void dead_letters_done(struct poll *p)
{
    forget(&p->dead);
}
