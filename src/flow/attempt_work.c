/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_work.c - what an attempt has only for a time: a core, with the converter that belongs to
 * it, while it works; a place, with the memory of a large object, until the object ends; and the
 * lane, until the worker stops, the lease is lost, or the inbox wants the message back.
 */
#include "attempt_priv.h"

enum {
    LOOK_MS = 1000, /* interval at which a waiting lane checks whether to go on */
    STEPS = 64,     /* a text of 64 KiB may be 32,768 lines, and a line as many outputs */
};

void attempt_work_begins(struct attempt *a)
{
    turns_begin(a->parts->turns, a->parts->turn);
    normalizer_attach(a->normalizer, a->parts->converters[a->parts->turn->core]);
    a->working = true;
}

void attempt_work_ends(struct attempt *a)
{
    if (a->working) {
        a->working = false;
        normalizer_detach(a->normalizer);
        turns_pause(a->parts->turns, a->parts->turn);
    }
}

void attempt_work_yields(struct attempt *a)
{
    if (turns_contended(a->parts->turns)) {
        normalizer_detach(a->normalizer);
        turns_yield(a->parts->turns, a->parts->turn);
        normalizer_attach(a->normalizer, a->parts->converters[a->parts->turn->core]);
    }
}

void attempt_work_steps(struct attempt *a)
{
    if (++a->steps % STEPS == 0) {
        attempt_work_yields(a);
    }
}

enum err_kind attempt_wanted(struct attempt *a, struct err *e)
{
    const struct attempt_parts *p = a->parts;
    const char *lost = inflight_lost(a->inflight);
    if (lost != NULL) {
        return err_set(e, FAIL_LOST, "%s", lost);
    }
    if (atomic_load(&a->stopped)) {
        return err_set(e, FAIL_STOPPED, "the worker is stopping");
    }
    a->put_back = a->put_back || (p->wants_back != NULL && p->wants_back(p->ctx));
    return a->put_back ? err_set(e, FAIL_LOST, "the message waits again") : FAIL_NONE;
}

enum err_kind attempt_watch(void *ctx, struct err *e)
{
    return attempt_wanted(ctx, e);
}

void attempt_stop(struct attempt *a)
{
    atomic_store(&a->stopped, true);
    s3_stop(a->s3);
}

/* Within a long line: what attempt_text and attempt_work_yields do between two texts. */
static bool on_step(void *ctx)
{
    struct attempt *a = ctx;
    pulse_beat(a->parts->produce.pulse, clock_mono_ms(a->parts->produce.clock));
    turns_yield(a->parts->turns, a->parts->turn);
    return attempt_wanted(a, NULL) == FAIL_NONE;
}

bool attempt_next_output(struct attempt *a, struct output *out)
{
    if (!normalizer_needs_readers(a->normalizer)) {
        return normalizer_next(a->normalizer, out);
    }
    attempt_work_ends(a);
    int64_t began_us = clock_mono_us(a->parts->produce.clock);
    normalizer_take_readers(a->normalizer, on_step, a);
    a->readers_us += clock_mono_us(a->parts->produce.clock) - began_us;
    turns_begin(a->parts->turns, a->parts->turn);
    bool more = normalizer_next(a->normalizer, out);
    normalizer_release_readers(a->normalizer);
    attempt_work_begins(a);
    return more;
}

bool attempt_may_be_large(struct attempt *a)
{
    a->large =
        a->large || places_take(a->parts->places, a->parts->place, a->inflight->sched_class, 0);
    if (!a->large) {
        places_release(a->parts->places, a->parts->place);
    }
    return a->large;
}

static enum err_kind wait_for_place(struct attempt *a, struct err *e)
{
    const struct attempt_parts *p = a->parts;
    while (!places_take(p->places, p->place, a->inflight->sched_class, LOOK_MS)) {
        if (attempt_wanted(a, e) != FAIL_NONE) {
            return e->kind;
        }
    }
    return FAIL_NONE;
}

enum err_kind attempt_be_large(struct attempt *a, struct err *e)
{
    if (a->large || attempt_may_be_large(a)) {
        return FAIL_NONE;
    }
    struct pulse *pulse = a->parts->produce.pulse;
    const struct clock *clock = a->parts->produce.clock;
    attempt_work_ends(a);
    pulse_set(pulse, PULSE_WAIT, clock_mono_ms(clock));
    enum err_kind kind = wait_for_place(a, e);
    pulse_set(pulse, PULSE_WORK, clock_mono_ms(clock));
    a->large = kind == FAIL_NONE;
    if (a->large) {
        attempt_work_begins(a);
    }
    return kind;
}

void attempt_be_small(struct attempt *a)
{
    decode_trim(a->decode);
    framing_reset(a->framing);
    normalizer_trim(a->normalizer);
    places_release(a->parts->places, a->parts->place);
    a->large = false;
}
