/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path of the current container is in one buffer, names joined by 0x00. A leaf is appended to
 * it, `name 0x1F type value`, and hashed in one call, which is fastest for short texts. With a long
 * path that would take quadratic time for a hostile record. So from LONG_PATH bytes on the state of
 * the hash over the path is kept, and copied for each leaf (event/README.md, rule 26).
 */
#include "event/record/record_hash.h"

#include "base/alloc.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    LONG_PATH = 1024,
    FIRST_BYTES = 4096,
    LEAF_MARK = 0x1f,
    POSITION_DIGITS = 20,
    PIECE = 32,
    MOST_EXACT_SHIFT = 53, /* integers to 2^53 are exact as doubles */
    INT64_SHIFT = 63,
    INTEGER_BYTES = 310, /* of an integer that does not overflow a double, with its sign */
};

struct record_hash {
    char *path;
    size_t cap;
    XXH3_state_t *states[JSON_MAX_DEPTH + 1]; /* allocated on first use */
    const struct hashed_record *record;
    struct hash128 sum;
    char digits[POSITION_DIGITS + PIECE]; /* of a position in an array */
};

/* The current container. */
struct place {
    size_t path; /* bytes of its path, with 0x00 at the end */
    size_t kept; /* bytes of them that are in states[state - 1] */
    size_t state;
};

struct record_hash *record_hash_new(void)
{
    struct record_hash *h = mem_zeros(1, sizeof(*h));
    return h;
}

void record_hash_free(struct record_hash *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i <= JSON_MAX_DEPTH; i++) {
        (void)XXH3_freeState(h->states[i]);
    }
    free(h->path);
    free(h);
}

static void ensure_path(struct record_hash *h, size_t bytes)
{
    if (bytes <= h->cap) {
        return;
    }
    h->cap = bytes + bytes / 2 + FIRST_BYTES;
    h->path = mem_grow(h->path, h->cap, 1);
}

/*
 * Copy a text. Its length cannot be predicted, so a whole piece is copied without a branch, which
 * is enough for most texts. PIECE bytes of every span are readable: it is of a document, or has a
 * piece after it.
 */
static inline char *put_piece(char *to, struct span s)
{
    memcpy(to, s.p, PIECE);
    if (s.n > PIECE) {
        memcpy(to + PIECE, s.p + PIECE, s.n - PIECE);
    }
    return to + s.n;
}

static void add_leaf_hash(struct record_hash *h, XXH128_hash_t leaf)
{
    uint64_t low = h->sum.low + leaf.low64;
    h->sum.high += leaf.high64 + (low < leaf.low64 ? 1 : 0);
    h->sum.low = low;
}

/* Make the state over the whole path of `in` from the state before it. */
static struct place hash_path(struct record_hash *h, const struct place *in)
{
    XXH3_state_t **s = &h->states[in->state];
    if (*s == NULL) {
        *s = XXH3_createState();
        if (*s == NULL) {
            abort();
        }
    }
    if (in->state == 0) {
        (void)XXH3_128bits_reset(*s);
    } else {
        XXH3_copyState(*s, h->states[in->state - 1]);
    }
    (void)XXH3_128bits_update(*s, h->path + in->kept, in->path - in->kept);
    return (struct place){in->path, in->path, in->state + 1};
}

static XXH128_hash_t hash_after_path(struct record_hash *h, const struct place *in, size_t end)
{
    XXH3_state_t s;
    XXH3_copyState(&s, h->states[in->state - 1]);
    (void)XXH3_128bits_update(&s, h->path + in->kept, end - in->kept);
    return XXH3_128bits_digest(&s);
}

static void hash_leaf(struct record_hash *h, const struct place *in, struct span name, char type,
                      struct span value)
{
    ensure_path(h, in->path + name.n + 2 + value.n + PIECE);
    char *p = put_piece(h->path + in->path, name);
    *p++ = LEAF_MARK;
    *p++ = type;
    p = put_piece(p, value);
    size_t end = (size_t)(p - h->path);
    add_leaf_hash(h, in->state > 0 ? hash_after_path(h, in, end) : XXH3_128bits(h->path, end));
}

/* Eight bytes, the most significant first. */
static void hash_leaf_bits(struct record_hash *h, const struct place *in, struct span name,
                           char type, uint64_t bits)
{
    char b[PIECE] = {0};
    bits = htobe64(bits);
    memcpy(b, &bits, sizeof(bits));
    hash_leaf(h, in, name, type, span_of(b, sizeof(bits)));
}

static void hash_leaf_double(struct record_hash *h, const struct place *in, struct span name,
                             double v)
{
    const double most = (double)((int64_t)1 << MOST_EXACT_SHIFT);
    if (v >= -most && v <= most && v == (double)(int64_t)v) {
        hash_leaf_bits(h, in, name, 'i', (uint64_t)(int64_t)v);
        return;
    }
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    hash_leaf_bits(h, in, name, 'd', bits);
}

/*
 * The text of an integer beyond 64 bits signed, if no double has its value; "" if one has, or if it
 * is no integer. Such a text is at most INTEGER_BYTES long.
 */
static struct span inexact_integer(const struct doc *d, size_t at, double v)
{
    const double least = (double)((uint64_t)1 << INT64_SHIFT);
    char exact[INTEGER_BYTES + 1];
    struct span text = v >= least || v <= -least ? doc_source(d, at) : SPAN("");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' || text.p[i] == 'e' || text.p[i] == 'E') {
            return SPAN("");
        }
    }
    int n = text.n > 0 ? snprintf(exact, sizeof(exact), "%.0f", v) : 0;
    return span_eq(text, span_of(exact, (size_t)n)) ? SPAN("") : text;
}

/* An integer beyond 64 bits signed counts as its digits unless a double has its value, so that two
 * such integers never count as the same. */
static void hash_leaf_large(struct record_hash *h, size_t at, const struct place *in,
                            struct span name, double v)
{
    struct span text = inexact_integer(h->record->doc, at, v);
    if (text.n == 0) {
        hash_leaf_double(h, in, name, v);
        return;
    }
    char digits[INTEGER_BYTES + PIECE] = {0};
    assert(text.n <= INTEGER_BYTES);
    memcpy(digits, text.p, text.n);
    hash_leaf(h, in, name, 'n', span_of(digits, text.n));
}

static void hash_container(struct record_hash *h, size_t at, const struct place *in,
                           struct span name);

static struct place enter_container(struct record_hash *h, const struct place *in, struct span name)
{
    ensure_path(h, in->path + name.n + 1 + PIECE);
    char *p = put_piece(h->path + in->path, name);
    *p++ = '\0';
    struct place inside = {(size_t)(p - h->path), in->kept, in->state};
    return inside.path - inside.kept >= LONG_PATH ? hash_path(h, &inside) : inside;
}

static const char nothing[PIECE];

/* A null is absent. {} and [] have no leaves. */
static void hash_other_value(struct record_hash *h, size_t at, const struct place *in,
                             struct span name)
{
    const struct doc *d = h->record->doc;
    switch (doc_tag(d, at)) {
    case '{':
    case '[':
        hash_container(h, at, in, name);
        return;
    case 't':
        hash_leaf(h, in, name, 't', span_of(nothing, 0));
        return;
    case 'f':
        hash_leaf(h, in, name, 'f', span_of(nothing, 0));
        return;
    case 'l':
        hash_leaf_bits(h, in, name, 'i', (uint64_t)doc_int64(d, at));
        return;
    case 'u':
        hash_leaf_large(h, at, in, name, (double)doc_uint64(d, at));
        return;
    case 'd':
        hash_leaf_large(h, at, in, name, doc_double(d, at));
        return;
    case '#':
        hash_leaf(h, in, name, 'n', doc_string(d, at));
        return;
    default:
        return;
    }
}

/* Most values are strings. An empty string is absent. */
static inline void hash_value(struct record_hash *h, size_t at, const struct place *in,
                              struct span name)
{
    if (doc_tag(h->record->doc, at) != '"') {
        hash_other_value(h, at, in, name);
        return;
    }
    struct span text = doc_string(h->record->doc, at);
    if (text.n > 0) {
        hash_leaf(h, in, name, 's', text);
    }
}

static void hash_members(struct record_hash *h, size_t at, const struct place *in)
{
    const struct doc *d = h->record->doc;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        if (!duplicate_names_shadowed(h->record->names, i)) {
            hash_value(h, i + 1, in, doc_string(d, i));
        }
    }
}

/* The digits of n, PIECE bytes before the end of the array. */
static struct span decimal_text(size_t n, char digits[POSITION_DIGITS + PIECE])
{
    size_t at = POSITION_DIGITS;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return span_of(digits + at, POSITION_DIGITS - at);
}

static void hash_elements(struct record_hash *h, size_t at, const struct place *in)
{
    const struct doc *d = h->record->doc;
    size_t position = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        hash_value(h, i, in, decimal_text(position++, h->digits));
    }
}

static void hash_container(struct record_hash *h, size_t at, const struct place *in,
                           struct span name)
{
    struct place inside = enter_container(h, in, name);
    if (doc_tag(h->record->doc, at) == '{') {
        hash_members(h, at, &inside);
    } else {
        hash_elements(h, at, &inside);
    }
}

/* ---- members of a Beacon-shaped record ---- */

static bool has_usage(const struct doc *d, size_t at)
{
    size_t gen_ai = doc_member(d, at, SPAN("gen_ai"));
    return gen_ai != 0 && doc_tag(d, gen_ai) == '{' && doc_member(d, gen_ai, SPAN("usage")) != 0;
}

/* Whether a name is a literal of the same length: two compares of machine words. */
#define IS(name, lit) (memcmp((name).p, (lit), sizeof(lit) - 1) == 0)

/* Members that forwarders add to a Beacon event. */
static bool is_forwarders(struct span name)
{
    switch (name.n) {
    case 3:
        return IS(name, "log") || IS(name, "ecs");
    case 4:
        return IS(name, "host");
    case 5:
        return IS(name, "agent") || IS(name, "input");
    case 6:
        return IS(name, "ingest");
    case 8:
        return IS(name, "@version");
    case 10:
        return IS(name, "@timestamp");
    default:
        return false;
    }
}

/* Members that a forwarder copies from gen_ai.usage. */
static bool is_copied_usage(struct span name)
{
    switch (name.n) {
    case 8:
        return IS(name, "cost_usd");
    case 12:
        return IS(name, "input_tokens");
    case 13:
        return IS(name, "output_tokens");
    case 23:
        return IS(name, "cache_read_input_tokens") || IS(name, "reasoning_output_tokens");
    case 27:
        return IS(name, "cache_creation_input_tokens");
    default:
        return false;
    }
}

static void hash_beacon_members(struct record_hash *h)
{
    const struct hashed_record *r = h->record;
    const struct doc *d = r->doc;
    for (size_t i = doc_first(d, r->at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        bool left_out = duplicate_names_shadowed(r->names, i) || is_forwarders(name) ||
                        (is_copied_usage(name) && has_usage(d, r->at));
        if (!left_out) {
            hash_value(h, i + 1, &(struct place){0}, name);
        }
    }
}

struct hash128 record_hash_sum(struct record_hash *h, const struct hashed_record *r)
{
    h->record = r;
    h->sum = (struct hash128){0, 0};
    if (r->beacon) {
        hash_beacon_members(h);
    } else {
        hash_members(h, r->at, &(struct place){0});
    }
    return h->sum;
}
