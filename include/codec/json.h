/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON text to a tape that can be walked without allocation.
 *
 * One tape, two readers:
 *
 *   json_read   simdjson (json_simd.cpp): the usual record at full speed. Gives up,
 *               without a reason, on anything that is not one plain value.
 *   json_scan   our own strict reader (json_scan.c), RFC 8259: several values in one text,
 *               repair of invalid UTF-8 and of lone surrogate escapes, numbers beyond 64
 *               bits and beyond doubles, errors with their byte. For all that json_read
 *               accepts both give the same tape and the same places in the text.
 *
 *     if (json_read(r, line, &doc) || json_scan(r, &rest, &doc, &err) == FAIL_NONE) {
 *         for (size_t i = doc_first(&doc, root); !doc_at_end(&doc, i); i = doc_next(&doc, i + 1)) {
 *             struct span name = doc_string(&doc, i);
 *             size_t value = i + 1;
 *
 * The tape is simdjson's (its doc/tape.md): 64-bit words, the tag in the top byte.
 *   'r'  first word: the number of words; also the last one
 *   '{' '['  low 32 bits: index behind the closing word; above them the count of members
 *   '}' ']'  low 32 bits: index of the opener    '"'  low 56 bits: offset into `strings`
 *   'l' int64, 'u' uint64 above INT64_MAX, 'd' double: the next word holds it
 *   't' 'f' 'n'
 *   '#'  ours: a number that overflows a double; low 56 bits: offset of its text in `strings`
 * An entry of `strings` is a native uint32 length, the unescaped UTF-8 bytes, a NUL.
 * A member is its name (a string) followed by its value. An integer beyond 64 bits is 'd'.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum {
    JSON_MAX_DEPTH = 256, /* containers inside each other, the outermost is 1 */
    JSON_SLACK = 64,      /* readable bytes there must be behind a text given to json_read */
};

/* Where a value (or a name) stands in the text, with its quotes or brackets. Byte offsets. */
struct extent {
    uint32_t from;
    uint32_t to;
};

/* A parsed value. Borrowed from its reader: valid until the next json_read or json_scan. */
struct doc {
    const uint64_t *tape;
    const uint8_t *strings;
    const struct extent *extents; /* by tape index; NULL: found when first asked for */
    struct json_places *places;   /* of the reader, for those that are not found yet */
    const char *text;             /* what the extents count from, or a copy of it */
    bool repaired;                /* invalid UTF-8 or a lone surrogate became U+FFFD */
};

enum { DOC_ROOT = 1 }; /* tape index of the value itself */

static inline char doc_tag(const struct doc *d, size_t at)
{
    return (char)(d->tape[at] >> 56);
}

static inline uint64_t doc_payload(const struct doc *d, size_t at)
{
    return d->tape[at] & 0x00ffffffffffffffU;
}

/*
 * Sets of tags, a bit for each by its low six bits, in which all tags differ. A test of one is no
 * branch: which kinds of value a record holds cannot be predicted.
 */
#define TAG_BIT(tag) ((uint64_t)1 << (63 & (tag)))

static inline bool tag_in(char tag, uint64_t set)
{
    return (set >> ((unsigned char)tag & 63) & 1) != 0;
}

static inline bool doc_is_container(const struct doc *d, size_t at)
{
    return tag_in(doc_tag(d, at), TAG_BIT('{') | TAG_BIT('['));
}

/* Index behind the value at `at`: its next sibling or its parent's closing word. */
static inline size_t doc_next(const struct doc *d, size_t at)
{
    size_t next = at + 1 + tag_in(doc_tag(d, at), TAG_BIT('l') | TAG_BIT('u') | TAG_BIT('d'));
    return doc_is_container(d, at) ? (size_t)(uint32_t)d->tape[at] : next;
}

/* First member name or element of the container at `at`. */
static inline size_t doc_first(const struct doc *d UNUSED, size_t at)
{
    return at + 1;
}

/* True at a container's closing word. */
static inline bool doc_at_end(const struct doc *d, size_t at)
{
    return tag_in(doc_tag(d, at), TAG_BIT('}') | TAG_BIT(']'));
}

/* Bytes of a string, a name, or of the text of a '#'. JSON_SLACK more may be read behind them. */
static inline struct span doc_string(const struct doc *d, size_t at)
{
    const uint8_t *p = d->strings + doc_payload(d, at);
    uint32_t n = 0;
    memcpy(&n, p, sizeof(n));
    return span_of((const char *)p + sizeof(n), n);
}

static inline int64_t doc_int64(const struct doc *d, size_t at)
{
    int64_t v = 0;
    memcpy(&v, &d->tape[at + 1], sizeof(v));
    return v;
}

static inline uint64_t doc_uint64(const struct doc *d, size_t at)
{
    return d->tape[at + 1];
}

static inline double doc_double(const struct doc *d, size_t at)
{
    double v = 0;
    memcpy(&v, &d->tape[at + 1], sizeof(v));
    return v;
}

/* json_read does not look where anything stands: find the value, or the name, at `at`. */
struct extent json_place(const struct doc *d, size_t at);

/* Where the value, or the name, at `at` stands. */
static inline struct extent doc_extent(const struct doc *d, size_t at)
{
    return d->extents != NULL ? d->extents[at] : json_place(d, at);
}

/* The text of the value at `at` as it stands in the source. */
static inline struct span doc_source(const struct doc *d, size_t at)
{
    struct extent e = doc_extent(d, at);
    return span_of(d->text + e.from, e.to - e.from);
}

/* Known to have no blank between its tokens. */
MUST_USE bool doc_is_compact(const struct doc *d);

/* Value of the member `name` of the object at `at`, 0 if it has none. Of several the last. */
MUST_USE size_t doc_member(const struct doc *d, size_t at, struct span name);

struct json_reader; /* opaque: simdjson's parser, our tape, string and extent buffers */

/*
 * A reader for texts of at most max_bytes. Its memory grows with the longest text seen, to
 * about 12 bytes a byte for json_read and 40 for json_scan. Never NULL (aborts when out of memory).
 */
struct json_reader *json_reader_new(size_t max_bytes);
void json_reader_free(struct json_reader *r);
DEFINE_OWNED(json_reader);

/*
 * One value that fills the whole text (blanks around it allowed). JSON_SLACK bytes behind
 * text must be readable, whatever they hold. True: *doc holds it, complete and valid by
 * RFC 8259, no repair was needed. False: use json_scan.
 *
 * Threads: one at a time per reader.
 */
MUST_USE bool json_read(struct json_reader *r, struct span text, struct doc *doc);

/*
 * The next value of *text, which moves behind it and the blanks that follow. FAIL_NONE:
 * *doc holds it. FAIL_DATA: no JSON there; the text of *e says what and at which byte of
 * *text as it was given, and *text does not move. FAIL_LIMIT: nested deeper than JSON_MAX_DEPTH.
 */
MUST_USE enum err_kind json_scan(struct json_reader *r, struct span *text, struct doc *doc,
                                 struct err *e);

/* Which parser json_read is, for people: "simdjson 3.0.1 (haswell)". */
const char *json_engine(void);

/* What was wrong with the last text that json_scan did not take, and the byte of it. */
const char *json_scan_wrong(const struct json_reader *r, size_t *byte);

/*
 * Append the text of a value that json_scan took, with what it repaired repaired in the text:
 * U+FFFD for each maximal subpart of invalid UTF-8, \ufffd for each lone surrogate escape.
 */
void json_clean(struct span text, struct buf *out);

#endif
