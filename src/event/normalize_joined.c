/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that were joined from files of different kinds: compressed data or text of another
 * encoding after text. Nothing of it is read, so its reject says what it is and where it begins.
 * Only the first such place is named: what follows it are lines of the same data.
 */
#include "codec/magic.h"
#include "codec/text_encoding.h"
#include "codec/utf8.h"
#include "normalize_priv.h"

#include <stdio.h>

enum {
    MAGIC_BYTES_MIN = 3, /* shorter ones are not trusted within a text */
    PAIRS_BEFORE = 2,    /* a byte order mark may be there */
    PAIRS = 16,          /* that are examined after these; fewer than half of them prove nothing */
};

static const struct span mark = SPAN_INIT("\xef\xbb\xbf");

static bool is_ascii(uint32_t byte)
{
    return (byte >= ' ' && byte < 0x7f) || (byte >= '\t' && byte <= '\r');
}

/*
 * Text of an object in UTF-16 that was not UTF-16 in this order of bytes: each character is two of
 * ASCII, or one whose bytes are exchanged. Of Chinese characters about one in five looks like two
 * of ASCII, so eight in a row are not expected in a text.
 */
static const char *name_of_pairs(struct span text)
{
    uint32_t c = 0;
    size_t count = 0, two = 0, exchanged = 0;
    for (int i = 0; i < PAIRS_BEFORE + PAIRS && utf8_next(&text, &c); i++) {
        if (i >= PAIRS_BEFORE) {
            count++;
            two += c <= 0xffff && is_ascii(c >> 8) && is_ascii(c & 0xff);
            exchanged += c <= 0xffff && is_ascii(c >> 8) && (c & 0xff) == 0;
        }
    }
    if (count < PAIRS / 2) {
        return NULL;
    }
    return two == count ? "UTF-8" : exchanged == count ? "UTF-16 in the other byte order" : NULL;
}

/*
 * What begins with the text, which is no JSON. NULL: it is not known.
 *
 * Behind a line break, UTF-16 that seems to begin with the high byte of its first character may as
 * well have begun in lines before, as the low byte of the line break: its order is not named then.
 */
static const char *name_of(struct span text)
{
    if (span_starts(text, mark)) {
        return "another byte order mark";
    }
    const struct magic *m = magic_find(text, false);
    if (m != NULL && (m->what != MAGIC_NAMED || m->bytes.n >= MAGIC_BYTES_MIN)) {
        return m->name;
    }
    size_t bom = 0;
    enum text_encoding e = text_encoding_find(text, &bom); /* two bytes alone prove nothing */
    bool marked = bom > 0;
    if (marked && text_encoding_find(span_from(text, bom), &bom) != e) {
        e = TEXT_UTF8;
    }
    if (e == TEXT_UTF16BE && !marked) {
        return "UTF-16";
    }
    return e != TEXT_UTF8 ? text_encoding_name(e) : name_of_pairs(text);
}

/* Bytes of the piece before its text: a byte order mark. */
static size_t trimmed(const struct piece *p)
{
    return p->bytes >= p->text.n + mark.n ? mark.n : 0;
}

bool normalize_joined(struct normalizer *n, size_t from, size_t wrong_at, struct output *out)
{
    const struct piece *p = &n->piece;
    const char *name = NULL;
    size_t at = from;
    if (n->joined || p->framing != FRAMING_LINES) {
        return false;
    }
    for (int i = 0; i < 2 && name == NULL; i++) {
        at = i == 0 ? from : wrong_at;
        at -= at > 0 && at <= p->text.n && p->text.p[at - 1] == '\0' ? 1 : 0; /* of UTF-16BE */
        name = at < p->text.n ? name_of(span_from(p->text, at)) : NULL;
    }
    size_t before = p->kind == PIECE_LINE ? trimmed(p) : 0;
    uint64_t place = p->offset + before + at;
    if (name == NULL || place == 0) {
        return false;
    }
    n->joined = true;
    (void)snprintf(n->detail, sizeof(n->detail), "%s at byte %llu of the object, after other text",
                   name, (unsigned long long)place);
    bool part = p->kind == PIECE_LINE;
    (void)normalize_reject(n, part ? REJECT_BAD_JSON : REJECT_LINE_TOO_LONG, n->detail, out);
    out->joined = name;
    out->joined_at = place;
    out->unread_bytes = p->bytes - before - at;
    return true;
}
