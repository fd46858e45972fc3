/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path of the place we are at stands in one buffer, names joined by 0x00. A leaf is put
 * behind it, `name 0x1F type value`, and hashed in one go, which is fastest for short texts.
 * Behind a long path that would be quadratic for a hostile record, so from LONG_PATH bytes on
 * the state of the hash over the path is kept, and copied for each leaf.
 */
#include "event/record/record_hash.h"

#include "base/alloc.h"

#include <endian.h>
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
};

struct record_hash {
    char *path;
    size_t cap;
    XXH3_state_t *states[JSON_MAX_DEPTH + 1]; /* allocated when first needed */
    const struct hashed_record *record;
    struct hash128 sum;
    char digits[POSITION_DIGITS + PIECE]; /* of a position in an array */
};

/* The container we are in. */
struct place {
    size_t path; /* bytes of its path, with the 0x00 behind it */
    size_t kept; /* bytes of them that states[state - 1] has taken in */
    size_t state;
};

struct record_hash *record_hash_new(void)
{
    struct record_hash *l = mem_zeros(1, sizeof(*l));
    return l;
}

void record_hash_free(struct record_hash *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i <= JSON_MAX_DEPTH; i++) {
        (void)XXH3_freeState(l->states[i]);
    }
    free(l->path);
    free(l);
}

static void need(struct record_hash *l, size_t bytes)
{
    if (bytes <= l->cap) {
        return;
    }
    l->cap = bytes + bytes / 2 + FIRST_BYTES;
    l->path = mem_grow(l->path, l->cap, 1);
}

/*
 * The length of a text cannot be predicted, so the usual one is copied without a question: a piece,
 * whatever of it belongs to the text. Spans are of a document, or have a piece behind them.
 */
static inline char *put(char *to, struct span s)
{
    memcpy(to, s.p, PIECE);
    if (s.n > PIECE) {
        memcpy(to + PIECE, s.p + PIECE, s.n - PIECE);
    }
    return to + s.n;
}

static void add(struct record_hash *l, XXH128_hash_t h)
{
    uint64_t low = l->sum.low + h.low64;
    l->sum.high += h.high64 + (low < h.low64 ? 1 : 0);
    l->sum.low = low;
}

/* The state that has taken in the whole path of `in`, made from the one before it. */
static struct place keep_state(struct record_hash *l, const struct place *in)
{
    XXH3_state_t **s = &l->states[in->state];
    if (*s == NULL) {
        *s = XXH3_createState();
        if (*s == NULL) {
            abort();
        }
    }
    if (in->state == 0) {
        (void)XXH3_128bits_reset(*s);
    } else {
        XXH3_copyState(*s, l->states[in->state - 1]);
    }
    (void)XXH3_128bits_update(*s, l->path + in->kept, in->path - in->kept);
    return (struct place){in->path, in->path, in->state + 1};
}

static XXH128_hash_t hash_behind_state(struct record_hash *l, const struct place *in, size_t end)
{
    XXH3_state_t s;
    XXH3_copyState(&s, l->states[in->state - 1]);
    (void)XXH3_128bits_update(&s, l->path + in->kept, end - in->kept);
    return XXH3_128bits_digest(&s);
}

static void leaf(struct record_hash *l, const struct place *in, struct span name, char type,
                 struct span value)
{
    need(l, in->path + name.n + 2 + value.n + PIECE);
    char *p = put(l->path + in->path, name);
    *p++ = LEAF_MARK;
    *p++ = type;
    p = put(p, value);
    size_t end = (size_t)(p - l->path);
    add(l, in->state > 0 ? hash_behind_state(l, in, end) : XXH3_128bits(l->path, end));
}

/* Eight bytes, the most significant first. */
static void leaf_bits(struct record_hash *l, const struct place *in, struct span name, char type,
                      uint64_t bits)
{
    char b[PIECE] = {0};
    bits = htobe64(bits);
    memcpy(b, &bits, sizeof(bits));
    leaf(l, in, name, type, span_of(b, sizeof(bits)));
}

static void leaf_double(struct record_hash *l, const struct place *in, struct span name, double v)
{
    const double most = (double)((int64_t)1 << MOST_EXACT_SHIFT);
    if (v >= -most && v <= most && v == (double)(int64_t)v) {
        leaf_bits(l, in, name, 'i', (uint64_t)(int64_t)v);
        return;
    }
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    leaf_bits(l, in, name, 'd', bits);
}

static void container(struct record_hash *l, size_t at, const struct place *in, struct span name);

static struct place enter(struct record_hash *l, const struct place *in, struct span name)
{
    need(l, in->path + name.n + 1 + PIECE);
    char *p = put(l->path + in->path, name);
    *p++ = '\0';
    struct place inside = {(size_t)(p - l->path), in->kept, in->state};
    return inside.path - inside.kept >= LONG_PATH ? keep_state(l, &inside) : inside;
}

static const char nothing[PIECE];

/* Null counts as absent; so do {} and [], which have no leaves. */
static void value_other(struct record_hash *l, size_t at, const struct place *in, struct span name)
{
    const struct doc *d = l->record->doc;
    switch (doc_tag(d, at)) {
    case '{':
    case '[':
        container(l, at, in, name);
        return;
    case 't':
        leaf(l, in, name, 't', span_of(nothing, 0));
        return;
    case 'f':
        leaf(l, in, name, 'f', span_of(nothing, 0));
        return;
    case 'l':
        leaf_bits(l, in, name, 'i', (uint64_t)doc_int64(d, at));
        return;
    case 'u':
        leaf_double(l, in, name, (double)doc_uint64(d, at));
        return;
    case 'd':
        leaf_double(l, in, name, doc_double(d, at));
        return;
    case '#':
        leaf(l, in, name, 'n', doc_string(d, at));
        return;
    default:
        return;
    }
}

/* A string, as most are; "" counts as absent. Or another value. */
static inline void value(struct record_hash *l, size_t at, const struct place *in, struct span name)
{
    if (doc_tag(l->record->doc, at) != '"') {
        value_other(l, at, in, name);
        return;
    }
    struct span text = doc_string(l->record->doc, at);
    if (text.n > 0) {
        leaf(l, in, name, 's', text);
    }
}

static void members(struct record_hash *l, size_t at, const struct place *in)
{
    const struct doc *d = l->record->doc;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        if (!duplicate_names_shadowed(l->record->names, i)) {
            value(l, i + 1, in, doc_string(d, i));
        }
    }
}

/* At the end of `digits`, a piece before the end of its room. */
static struct span decimal(size_t n, char digits[POSITION_DIGITS + PIECE])
{
    size_t at = POSITION_DIGITS;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return span_of(digits + at, POSITION_DIGITS - at);
}

static void elements(struct record_hash *l, size_t at, const struct place *in)
{
    const struct doc *d = l->record->doc;
    size_t position = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        value(l, i, in, decimal(position++, l->digits));
    }
}

static void container(struct record_hash *l, size_t at, const struct place *in, struct span name)
{
    struct place inside = enter(l, in, name);
    if (doc_tag(l->record->doc, at) == '{') {
        members(l, at, &inside);
    } else {
        elements(l, at, &inside);
    }
}

/* ---- the record's own members ---- */

static bool has_usage(const struct doc *d, size_t at)
{
    size_t gen_ai = doc_member(d, at, SPAN("gen_ai"));
    return gen_ai != 0 && doc_tag(d, gen_ai) == '{' && doc_member(d, gen_ai, SPAN("usage")) != 0;
}

/* Is it this literal? For a length that is known to fit, two compares of machine words. */
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

/* Columns that a forwarder copies out of gen_ai.usage. */
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

static void beacon_members(struct record_hash *l)
{
    const struct hashed_record *r = l->record;
    const struct doc *d = r->doc;
    for (size_t i = doc_first(d, r->at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        bool left_out = duplicate_names_shadowed(r->names, i) || is_forwarders(name) ||
                        (is_copied_usage(name) && has_usage(d, r->at));
        if (!left_out) {
            value(l, i + 1, &(struct place){0}, name);
        }
    }
}

struct hash128 record_hash_sum(struct record_hash *l, const struct hashed_record *r)
{
    l->record = r;
    l->sum = (struct hash128){0, 0};
    if (r->beacon) {
        beacon_members(l);
    } else {
        members(l, r->at, &(struct place){0});
    }
    return l->sum;
}
