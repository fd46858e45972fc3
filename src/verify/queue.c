/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the operator's side: the customer's queue, by its attributes. */
#include "verify_priv.h"

#include "net/sqs.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, RECEIVES_ADVISED = 20 };

void check_queue_exists(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    const struct queue_conf *conf = s->customer->queue;
    if (!s->worker->has_creds) {
        line_set(out, VERIFY_SKIP, "the worker has no credentials");
        return;
    }
    line_tried(out, "GetQueueAttributes of %.1000s", conf->url);
    struct sqs_queue *queue = sqs_queue_new(s->parts->sqs, conf->url, conf->region, &e);
    s->queue.known =
        queue != NULL && sqs_get_attributes(queue, &s->queue.attributes, &e) == FAIL_NONE;
    sqs_queue_free(queue);
    if (!s->queue.known) {
        line_failed(out, &e);
    }
}

static bool needs_attributes(const struct verify_subject *s, struct verify_line *out)
{
    if (!s->queue.known) {
        line_set(out, VERIFY_SKIP, "the queue's attributes are not known");
    }
    return s->queue.known;
}

static const char of_redrive[] =
    "the queue's redrive policy: a dead-letter queue, with maxReceiveCount 20";

/* Whether the worker may read the dead-letter queue, as it does for the metrics. */
static bool dead_letters_known(const struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct sqs_attributes dead;
    const struct queue_conf *conf = s->customer->queue;
    struct sqs_queue *queue = sqs_queue_new(s->parts->sqs, conf->url, conf->region, &e);
    struct sqs_queue *beside =
        queue != NULL ? sqs_queue_beside(queue, s->queue.attributes.dead_letter_arn, &e) : NULL;
    bool known = beside != NULL && sqs_get_attributes(beside, &dead, &e) == FAIL_NONE;
    sqs_queue_free(beside);
    sqs_queue_free(queue);
    if (!known) {
        line_failed(out, &e);
        out->state = VERIFY_WARN;
    }
    return known;
}

void check_queue_redrive(struct verify_subject *s, struct verify_line *out)
{
    const struct sqs_attributes *a = &s->queue.attributes;
    if (!needs_attributes(s, out)) {
        return;
    }
    if (a->max_receive_count <= 0) {
        line_set(out, VERIFY_FAIL, "the queue has no dead-letter queue");
        out->change = of_redrive;
    } else if (a->max_receive_count < RECEIVES_ADVISED || dead_letters_known(s, out)) {
        out->change = of_redrive;
        line_set(out, a->max_receive_count < RECEIVES_ADVISED ? VERIFY_WARN : VERIFY_OK,
                 "%.250s after %d receives", a->dead_letter_arn, a->max_receive_count);
    }
}

void check_queue_retention(struct verify_subject *s, struct verify_line *out)
{
    int retention_s = s->queue.attributes.retention_s;
    if (needs_attributes(s, out)) {
        line_set(out, retention_s < DAY_S ? VERIFY_FAIL : VERIFY_OK, "%d seconds", retention_s);
    }
}

/* The worker's receives name their own; others, as those of the console, use the queue's. */
void check_queue_visibility(struct verify_subject *s, struct verify_line *out)
{
    int visibility_s = s->queue.attributes.visibility_s;
    if (!needs_attributes(s, out)) {
        return;
    }
    if (visibility_s < 0) {
        line_set(out, VERIFY_WARN, "the response has no VisibilityTimeout");
    } else if (visibility_s > HOUR_S) {
        line_set(out, VERIFY_FAIL,
                 "%d seconds: a message that another program receives is hidden "
                 "from the worker so long",
                 visibility_s);
    } else {
        line_set(out, VERIFY_OK, "%d seconds; the worker's own receives name %d", visibility_s,
                 s->customer->queue->visibility_s);
    }
}
