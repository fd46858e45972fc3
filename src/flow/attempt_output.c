/* SPDX-License-Identifier: Apache-2.0 */
/* attempt_output.c - produces the outputs of an attempt, within what its object may produce. */
#include "attempt_priv.h"

/* Wait for Kafka without a core and a converter. */
static enum err_kind produce_later(struct attempt *a, const struct output *output, struct err *e)
{
    struct output kept = *output;
    if (output->value.n > ATTEMPT_SMALL_BYTES && !attempt_may_be_large(a)) {
        return err_set(e, FAIL_AGAIN,
                       "kafka: no room for a record of %zu bytes, and no memory in "
                       "which it can wait",
                       output->value.n);
    }
    normalizer_keep(a->normalizer, &kept);
    attempt_work_ends(a);
    int64_t began_us = clock_mono_us(a->parts->produce.clock);
    enum err_kind kind = produce_record(&a->produce, a->delivery, &kept, NULL, e);
    a->kafka_us += clock_mono_us(a->parts->produce.clock) - began_us;
    if (kind == FAIL_NONE) {
        attempt_work_begins(a);
    }
    return kind;
}

enum err_kind attempt_produce(struct attempt *a, const struct output *output, struct err *e)
{
    bool full = false;
    enum err_kind kind =
        produce_record(&a->produce, a->delivery, output, a->working ? &full : NULL, e);
    if (full) {
        kind = produce_later(a, output, e);
    }
    if (kind != FAIL_NONE) {
        a->subject = ABOUT_DELIVERY;
        return kind;
    }
    reading_produced(&a->reading, output);
    a->events += output->kind == OUTPUT_EVENT;
    a->rejects += output->kind == OUTPUT_REJECT ? output->count : 0;
    return FAIL_NONE;
}

/* Produce the rejects that waited for the first event. */
static enum err_kind release_held(struct attempt *a, struct err *e)
{
    struct output output;
    enum err_kind kind = FAIL_NONE;
    while (kind == FAIL_NONE && reading_release(&a->reading, &output)) {
        kind = attempt_produce(a, &output, e);
    }
    return kind;
}

enum err_kind attempt_release(struct attempt *a, struct err *e)
{
    struct output output;
    enum err_kind kind = FAIL_NONE;
    struct span before = buf_span(&a->before.waiting);
    while (kind == FAIL_NONE && reading_unpack(&before, &output)) {
        kind = attempt_produce(a, &output, e);
    }
    if (a->ready && kind == FAIL_NONE) {
        kind = release_held(a, e);
    }
    while (a->ready && kind == FAIL_NONE && reading_rest(&a->reading, a->normalizer, &output)) {
        kind = attempt_produce(a, &output, e);
    }
    return kind;
}

enum err_kind attempt_release_rest(struct attempt *a, struct err *e)
{
    return a->reading.events > 0 ? attempt_release(a, e) : FAIL_NONE;
}

enum err_kind attempt_produce_piece(struct attempt *a, const struct output *output, struct err *e)
{
    const struct customer_conf *conf = a->customer->conf;
    struct reading_limits limits = {conf->output_ratio, conf->output_record_bytes};
    if (!reading_exceeds(&a->reading, &limits, output)) {
        return attempt_produce(a, output, e) != FAIL_NONE ? e->kind : release_held(a, e);
    }
    /* of the records before the rejects that end the reading, as in app/records.c */
    struct err why = {.kind = FAIL_NONE};
    (void)reading_excess(&a->reading, &why);
    if (attempt_release_rest(a, e) == FAIL_NONE) {
        *e = why;
    }
    return e->kind;
}
