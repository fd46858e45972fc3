/* SPDX-License-Identifier: Apache-2.0 */
/* What a normalizer and a converter consist of. */
#include "normalize_priv.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    OTLP_GROWTH = 4, /* an OTLP record repeats the attributes of its resource */
};

/* ---- converters ---- */

static struct converter *make_converter(const struct normalize_options *o, size_t piece_bytes)
{
    struct converter *c = mem_zeros(1, sizeof(*c));
    c->maker = event_maker_new(piece_bytes);
    duplicate_names_init(&c->request_names);
    c->otlp_text = (struct buf)BUF_INIT(piece_bytes * OTLP_GROWTH + JSON_SLACK);
    c->out = (struct buf)BUF_INIT(o->event_bytes);
    return c;
}

struct converter *converter_new(const struct normalize_options *o)
{
    struct converter *c = make_converter(o, SHORT_LINE_BYTES);
    for (size_t i = 0; i < READERS; i++) {
        c->readers[i] = json_reader_new(SHORT_LINE_BYTES);
    }
    return c;
}

struct converter *converter_new_long(const struct normalize_options *o)
{
    return make_converter(o, o->line_bytes);
}

void converter_free(struct converter *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        json_reader_free(c->readers[i]);
    }
    event_maker_free(c->maker);
    duplicate_names_done(&c->request_names);
    buf_done(&c->otlp_text);
    buf_done(&c->out);
    free(c);
}

/* ---- normalizers ---- */

struct normalizer *normalizer_new(const struct normalize_options *o)
{
    struct normalizer *n = mem_zeros(1, sizeof(*n));
    n->options = *o;
    n->event_bytes = o->event_bytes;
    n->ordinals = ordinals_new();
    n->ingest = (struct buf)BUF_INIT(NORMALIZE_INGEST_BYTES);
    n->object_reject = (struct buf)BUF_INIT(NORMALIZE_REJECT_BYTES);
    unwrapper_init(&n->unwrapper, o->line_bytes, &n->steps);
    sanitizer_init(&n->request_sanitizer, o->line_bytes);
    output_batch_init(&n->batch, o->event_bytes);
    n->sample.text = (struct buf)BUF_INIT(o->sample_bytes);
    n->sample.before = (struct buf)BUF_INIT(REJECT_BEFORE_BYTES);
    n->sample.after = (struct buf)BUF_INIT(REJECT_BEFORE_BYTES);
    if (o->long_lines == NULL) {
        n->own_long_lines = long_lines_new(o->line_bytes);
        n->options.long_lines = n->own_long_lines;
    }
    if (!o->attached) {
        n->own_converter = converter_new(o);
        normalize_use(n, n->own_converter);
    }
    return n;
}

void normalizer_free(struct normalizer *n)
{
    if (n == NULL) {
        return;
    }
    sanitizer_done(&n->request_sanitizer);
    unwrapper_done(&n->unwrapper);
    output_batch_done(&n->batch);
    buf_done(&n->sample.text);
    buf_done(&n->sample.before);
    buf_done(&n->sample.after);
    buf_done(&n->object_reject);
    buf_done(&n->ingest);
    ordinals_free(n->ordinals);
    converter_free(n->own_converter);
    converter_free(n->own_long_converter);
    long_lines_free(n->own_long_lines);
    free(n);
}

/* A limit below what another object needed: what is allocated would be larger. Rare. */
static void limit_output(struct buf *out, size_t bytes)
{
    if (out->cap > bytes + 1) {
        buf_done(out);
    }
    out->max = bytes;
}

void normalizer_limit(struct normalizer *n, size_t event_bytes)
{
    n->event_bytes = event_bytes < n->options.event_bytes ? event_bytes : n->options.event_bytes;
    if (n->converter != NULL) {
        normalize_use(n, n->converter);
    }
}

void normalizer_trim(struct normalizer *n)
{
    output_batch_done(&n->batch);
    buf_done(&n->sample.text);
    sanitizer_trim(&n->request_sanitizer);
    unwrapper_trim(&n->unwrapper);
}

struct converter *normalize_long_converter(struct normalizer *n)
{
    if (n->options.long_converter != NULL) {
        return n->options.long_converter;
    }
    if (n->own_long_converter == NULL) {
        n->own_long_converter = converter_new_long(&n->options);
    }
    return n->own_long_converter;
}

void normalize_use(struct normalizer *n, struct converter *c)
{
    n->converter = c;
    c->user = n;
    n->unwrapper.maker = c->maker;
    limit_output(&c->out, n->event_bytes);
    for (size_t i = 0; i < READERS && c->readers[0] != NULL; i++) {
        n->short_readers[i] = c->readers[i];
    }
}
