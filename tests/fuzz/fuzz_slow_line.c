/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for texts of 64 KiB that take too long. An input is a head, a unit and a tail: the unit is
 * repeated until the text is long enough, so that an input of a few bytes shows whether something
 * is quadratic. A byte 1 in the unit becomes its number, which makes names and values different.
 *
 * The limit is CPU time of this thread with the sanitizers of the preset fuzz, under which a plain
 * text of 64 KiB takes some 10 ms. Found again it is a crash like any other; its line belongs into
 * tests/worst/cases, which counts instructions.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "event/normalize.h"
#include "event/schema/rules.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_BYTES = 64 * 1024,
    MOST_RECORDS = TEXT_BYTES / 16 + 1024, /* as output_record_bytes and output_ratio */
    MOST_OUTPUT = TEXT_BYTES * 16 + (1 << 20),
    EVENT_BYTES = 1 << 20,
    LIMIT_US = 1000 * 1000,
    NUMBER = 1,
};

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

static void add_unit(struct buf *text, struct span unit, unsigned number)
{
    for (size_t i = 0; i < unit.n; i++) {
        if (unit.p[i] == NUMBER) {
            buf_addf(text, "%u", number);
        } else {
            buf_add_byte(text, unit.p[i]);
        }
    }
}

/* The lengths of head and unit are the first two bytes. */
static void make_text(struct span in, struct buf *text)
{
    size_t head = (unsigned char)in.p[0];
    size_t unit = (unsigned char)in.p[1];
    in = span_from(in, 2);
    buf_add(text, span_take(&in, head < in.n ? head : in.n));
    struct span one = span_take(&in, unit < in.n ? unit : in.n);
    for (unsigned n = 0; one.n != 0 && text->n + in.n + 4 * one.n < TEXT_BYTES; n++) {
        add_unit(text, one, n);
    }
    buf_add(text, in);
}

static int64_t normalize_us(struct normalizer *n, const struct rules *rules, struct span text)
{
    int64_t began = clock_thread_us(&clock_system);
    OWNED(framing) struct framing *f = framing_new(TEXT_BYTES, 64);
    struct piece piece;
    struct output r;
    size_t records = 0;
    size_t bytes = 0;
    normalizer_object(n, &source, rules);
    while (records < MOST_RECORDS && bytes < MOST_OUTPUT &&
           (framing_next(f, &text, &piece) || framing_last(f, &piece))) {
        normalizer_piece(n, &piece);
        while (records < MOST_RECORDS && bytes < MOST_OUTPUT && normalizer_next(n, &r)) {
            records++;
            bytes += r.value.n;
        }
        framing_answer(f, normalizer_answer(n));
    }
    return clock_thread_us(&clock_system) - began;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct normalizer *n;
    static struct rules *rules;
    if (n == NULL) {
        n = normalizer_new(&(struct normalize_options){
            .event_bytes = EVENT_BYTES, .line_bytes = TEXT_BYTES, .sample_bytes = 64});
        rules = rules_new();
        rules_set_redact(rules, true);
    }
    if (size < 2) {
        return 0;
    }
    struct buf text = BUF_INIT(TEXT_BYTES + FRAMING_SLACK);
    make_text(span_of((const char *)data, size), &text);
    if (text.n != 0 && !text.overflowed && buf_room(&text, FRAMING_SLACK) != NULL) {
        int64_t us = normalize_us(n, rules, buf_span(&text));
        if (us > LIMIT_US) { /* once more: another process may have taken the caches */
            us = normalize_us(n, rules, buf_span(&text));
        }
        if (us > LIMIT_US) {
            (void)fprintf(stderr, "%zu bytes took %lld us of CPU time\n", text.n, (long long)us);
            abort();
        }
    }
    buf_done(&text);
    return 0;
}
