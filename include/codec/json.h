/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON text as a tape that is walked without allocation.
 *
 * Two readers write the same kind of tape:
 *
 *   json_read   simdjson (json_simd.cpp), for the usual record at full speed. It refuses, without a
 *               reason, any text that is not one valid value.
 *   json_scan   the project's strict reader (json_scan.c), RFC 8259: several values in one text,
 *               repair of invalid UTF-8 and of lone surrogate escapes, numbers beyond 64 bits and
 *               beyond the range of doubles, errors with their position.
 *
 * If json_read accepts a text, both give the same tape and the same extents.
 *
 *     if (json_read(r, line, &doc) || json_scan(r, &rest, &doc, &err) == FAIL_NONE) {
 *         for (size_t i = doc_first(&doc, root); !doc_at_end(&doc, i); i = doc_next(&doc, i + 1)) {
 *             struct span name = doc_string(&doc, i);
 *             size_t value = i + 1;
 *
 * The tape is simdjson's (its doc/tape.md): 64-bit words with a tag in the highest byte.
 *
 *   'r'  first word: the number of words; also the last word
 *   '{' '['  low 32 bits: index after the closing word; above them the number of members
 *   '}' ']'  low 32 bits: index of the opening word    '"'  low 56 bits: offset into `strings`
 *   'l' int64, 'u' uint64 above INT64_MAX, 'd' double: the value is the next word
 *   't' 'f' 'n'
 *   '#'  not in simdjson: a number that overflows a double; low 56 bits: offset of its text in
 *        `strings`
 *
 * An entry of `strings` is a uint32 length in native byte order, the unescaped UTF-8 bytes, and a
 * NUL. A member is its name (a string) followed by its value. An integer beyond 64 bits is 'd'.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum {
    JSON_MAX_DEPTH = 256, /* maximum nesting of containers; the outermost counts as 1 */
    JSON_SLACK = 64,      /* number of bytes after a text of json_read that must be readable */
};

/* Byte offsets of a value or a name in the text, including its quotes or brackets. */
struct extent {
    uint32_t from;
    uint32_t to;
};

/*
 * A parsed value. Borrowed from its reader: valid until the reader's next json_read or json_scan.
 */
struct doc {
    const uint64_t *tape;
    const uint8_t *strings;
    const struct extent *extents; /* by tape index; NULL: doc_extent computes them */
    struct json_places *places;   /* of the reader; where computed extents are stored */
    const char *text;             /* the text that the extents refer to, or a copy of it */
    bool repaired;                /* invalid UTF-8 or a lone surrogate was replaced by U+FFFD */
};

enum { DOC_ROOT = 1 }; /* tape index of the outermost value */

static inline char doc_tag(const struct doc *d, size_t at)
{
    return (char)(d->tape[at] >> 56);
}

static inline uint64_t doc_payload(const struct doc *d, size_t at)
{
    return d->tape[at] & 0x00ffffffffffffffU;
}

/*
 * A set of tags: the low six bits of a tag select its bit, since all tags differ in them. The test
 * of a set compiles without a branch, because the kinds of value in a record cannot be predicted.
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

/* Index after the value at `at`: its next sibling, or the closing word of its parent. */
static inline size_t doc_next(const struct doc *d, size_t at)
{
    size_t next = at + 1 + tag_in(doc_tag(d, at), TAG_BIT('l') | TAG_BIT('u') | TAG_BIT('d'));
    return doc_is_container(d, at) ? (size_t)(uint32_t)d->tape[at] : next;
}

/* Number of members or elements of the container at `at`, at most 2^24 - 1. */
static inline size_t doc_count(const struct doc *d, size_t at)
{
    return (size_t)(doc_payload(d, at) >> 32);
}

/* Index of the first member name or element of the container at `at`. */
static inline size_t doc_first(const struct doc *d UNUSED, size_t at)
{
    return at + 1;
}

/* Whether `at` is the closing word of a container. */
static inline bool doc_at_end(const struct doc *d, size_t at)
{
    return tag_in(doc_tag(d, at), TAG_BIT('}') | TAG_BIT(']'));
}

/* Bytes of a string, a name, or the text of a '#'. JSON_SLACK bytes after them are readable. */
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

/* Compute the extent of the value or name at `at`, for a document of json_read. */
struct extent json_place(const struct doc *d, size_t at);

/* The extent of the value or name at `at`. */
static inline struct extent doc_extent(const struct doc *d, size_t at)
{
    return d->extents != NULL ? d->extents[at] : json_place(d, at);
}

/* The text of the value at `at`, as written in the source. */
static inline struct span doc_source(const struct doc *d, size_t at)
{
    struct extent e = doc_extent(d, at);
    return span_of(d->text + e.from, e.to - e.from);
}

/* Whether the text is known to have no blanks between its tokens. */
MUST_USE bool doc_is_compact(const struct doc *d);

/* Value of the member `name` of the object at `at`; of duplicates, the last. 0: there is none. */
MUST_USE size_t doc_member(const struct doc *d, size_t at, struct span name);

enum { DOC_SAME_MEMBERS_MAX = 64 };

/*
 * Whether two values are equal, whatever the order of their members; numbers as they are written.
 * Containers with more members or elements than DOC_SAME_MEMBERS_MAX count as different, so the
 * time is linear in their length.
 */
MUST_USE bool doc_same(const struct doc *a, size_t at, const struct doc *b, size_t other);

struct json_reader; /* opaque: simdjson's parser and the buffers of tape, strings and extents */

/*
 * A reader for texts of at most max_bytes. Its memory grows with the longest text read: about 12
 * times its size for json_read, 40 times for json_scan. Never NULL (out of memory aborts).
 */
struct json_reader *json_reader_new(size_t max_bytes);
void json_reader_free(struct json_reader *r);
DEFINE_OWNED(json_reader);

/*
 * Read a text that is one value, with optional blanks around it. JSON_SLACK bytes after the text
 * must be readable; their content does not matter. True: *doc is the value; it is valid by RFC
 * 8259, without a repair. False: use json_scan.
 *
 * Threads: one at a time per reader.
 */
MUST_USE bool json_read(struct json_reader *r, struct span text, struct doc *doc);

/*
 * Read the next value of *text. FAIL_NONE: *doc is the value, and *text begins after it and the
 * blanks that follow. FAIL_DATA: the text is not JSON; *e has the reason and the offset in *text,
 * which is unchanged. FAIL_LIMIT: nested deeper than JSON_MAX_DEPTH.
 */
MUST_USE enum err_kind json_scan(struct json_reader *r, struct span *text, struct doc *doc,
                                 struct err *e);

/* The parser of json_read, for people: "simdjson 3.0.1 (haswell)". */
const char *json_engine(void);

/* The reason why json_scan refused its last text, and the offset of the byte. */
const char *json_scan_wrong(const struct json_reader *r, size_t *byte);

/*
 * Append the text of a value that json_scan accepted, with its repairs: U+FFFD for each maximal
 * subpart of invalid UTF-8, \ufffd for each lone surrogate escape.
 */
void json_clean(struct span text, struct buf *out);

#endif
