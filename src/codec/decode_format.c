/* SPDX-License-Identifier: Apache-2.0 */
/* What the bytes inside the layers are: another layer, text, or a format that is not read; and the
 * words for it. */
#include "decode_priv.h"

#include "codec/magic.h"

static void put_layers(const struct decode *d, struct buf *out)
{
    for (size_t i = d->found.layer_count; i > 0; i--) {
        buf_add(out, SPAN(" in "));
        buf_add(out, span_str(d->found.layers[i - 1]));
    }
}

/* The format inside the layers is not read; `d->found` has its name. */
static void not_read(struct decode *d)
{
    struct buf words = BUF_INIT(DECODE_WORDS_BYTES);
    struct err e = {.kind = FAIL_NONE};
    buf_add(&words, span_str(d->found.format));
    put_layers(d, &words);
    err_copy(d->words, sizeof(d->words), buf_span(&words));
    buf_done(&words);
    (void)err_set(&e, FAIL_FORMAT, "%s is not read", d->words);
    decode_judge(d, &e);
    d->text = TEXT_OVER;
}

/* The decompressor. NULL: skippable frames come first, so the type is not yet known. */
static const struct unpack_type *type_of(enum magic_what what)
{
    static const struct unpack_type *const types[] = {
        [MAGIC_GZIP] = &unpack_gzip, [MAGIC_ZLIB] = &unpack_zlib,     [MAGIC_ZSTD] = &unpack_zstd,
        [MAGIC_LZ4] = &unpack_lz4,   [MAGIC_SNAPPY] = &unpack_snappy, [MAGIC_SKIPPABLE] = NULL,
    };
    return types[what];
}

static void layer_add(struct decode *d, const struct magic *m, struct span head)
{
    if (d->layers[d->depth] == NULL) {
        d->layers[d->depth] = layer_new();
    }
    struct layer *l = d->layers[d->depth];
    layer_begin(l, type_of(m->what));
    l->in = head;
    d->found.layers[d->depth] = layer_name(l);
    d->depth++;
    d->found.layer_count = d->depth;
}

void decode_recognize(struct decode *d, struct span head, bool whole)
{
    const struct magic *m = magic_find(head, whole);
    if (m != NULL && m->what != MAGIC_NAMED && d->depth < DECODE_LAYERS) {
        layer_add(d, m, head);
        return;
    }
    d->found.known = true;
    if (m != NULL) {
        d->found.format = m->name;
        not_read(d);
        return;
    }
    d->found.encoding = text_encoding_find(head, &d->found.bom_bytes);
    switch (d->found.encoding) {
    case TEXT_UTF32LE:
    case TEXT_UTF32BE:
        d->found.format = text_encoding_name(d->found.encoding);
        not_read(d);
        break;
    case TEXT_UTF16LE:
    case TEXT_UTF16BE:
        utf16_init(&d->utf16, d->found.encoding == TEXT_UTF16BE);
        d->text = TEXT_WIDE;
        break;
    case TEXT_UTF8:
        d->found.binary = magic_binary(head);
        d->text = TEXT_PASS;
        break;
    }
}

const struct decode_found *decode_found(const struct decode *d)
{
    return &d->found;
}

void decode_words(const struct decode *d, struct buf *out)
{
    if (d->words[0] != '\0') {
        buf_add(out, span_str(d->words));
        return;
    }
    bool binary = d->found.binary && d->found.encoding == TEXT_UTF8;
    const char *inside = binary           ? "binary data"
                         : d->found.known ? text_encoding_name(d->found.encoding)
                                          : "nothing";
    buf_add(out, span_str(inside));
    put_layers(d, out);
}
