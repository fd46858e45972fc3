/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/identity.h"

#include "base/alloc.h"
#include "event/record/own_id.h"

#include <endian.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    UNIT_SEPARATOR = 0x1f,
    UUID_VERSION = 8,
    SHORT_BYTES = 192, /* hashed in one call: XXH3 is fastest up to 240 bytes */
};

struct identity {
    struct record_hash *record_hash;
    struct ordinals *ordinals; /* of the object, borrowed */
    XXH3_state_t *state;
    const struct object_origin *origin;
    bool own;                  /* of the last record: event.id alone is its identity */
    struct hash128 hash;       /* else: of its content */
    char text[IDENTITY_BYTES]; /* with `own`: the id */
};

struct identity *identity_new(void)
{
    struct identity *id = mem_alloc(sizeof(*id));
    XXH3_state_t *state = XXH3_createState();
    if (id == NULL || state == NULL) {
        abort();
    }
    *id = (struct identity){.record_hash = record_hash_new(), .state = state};
    return id;
}

void identity_free(struct identity *id)
{
    if (id == NULL) {
        return;
    }
    record_hash_free(id->record_hash);
    (void)XXH3_freeState(id->state);
    free(id);
}

void identity_object(struct identity *id, const struct object_origin *origin,
                     struct ordinals *ordinals)
{
    id->origin = origin;
    id->ordinals = ordinals;
}

/* event.id if it is a string, "" if it is not. */
static struct span event_id_of(const struct hashed_record *r)
{
    size_t event = doc_member(r->doc, r->at, SPAN("event"));
    if (event == 0 || doc_tag(r->doc, event) != '{') {
        return SPAN("");
    }
    size_t id = doc_member(r->doc, event, SPAN("id"));
    return id != 0 && doc_tag(r->doc, id) == '"' ? doc_string(r->doc, id) : SPAN("");
}

/* Eight hex digits: each nibble gets a byte, then all bytes are converted together. */
static void write_hex(char *to, uint64_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    v = (v << 16 | v) & 0x0000ffff0000ffffU;
    v = (v << 8 | v) & 0x00ff00ff00ff00ffU;
    v = (v << 4 | v) & 0x0f0f0f0f0f0f0f0fU;
    uint64_t letters = (v + 6 * ones) >> 4 & ones; /* 1 where the nibble is above 9 */
    v = htobe64(v + '0' * ones + ('a' - '0' - 10) * letters);
    memcpy(to, &v, sizeof(v));
}

static void write_uuid(XXH128_hash_t h, char text[IDENTITY_BYTES])
{
    uint64_t high = (h.high64 & ~(uint64_t)0xf000) | UUID_VERSION << 12;
    uint64_t low = h.low64 << 2 >> 2 | (uint64_t)1 << 63;
    char hex[32];
    write_hex(hex, high >> 32);
    write_hex(hex + 8, high & UINT32_MAX);
    write_hex(hex + 16, low >> 32);
    write_hex(hex + 24, low & UINT32_MAX);
    memcpy(text, "00000000-0000-0000-0000-000000000000", IDENTITY_BYTES);
    memcpy(text, hex, 8);
    memcpy(text + 9, hex + 8, 4);
    memcpy(text + 14, hex + 12, 4);
    memcpy(text + 19, hex + 16, 4);
    memcpy(text + 24, hex + 20, 12);
}

/* An event.id and a key may be long. */
static XXH128_hash_t hash_long(XXH3_state_t *state, const struct span *parts, size_t count)
{
    (void)XXH3_128bits_reset(state);
    for (size_t i = 0; i < count; i++) {
        (void)XXH3_128bits_update(state, parts[i].p, parts[i].n);
    }
    return XXH3_128bits_digest(state);
}

static XXH128_hash_t hash_parts(struct identity *id, const struct span *parts, size_t count)
{
    char all[SHORT_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].n > sizeof(all) - n) {
            return hash_long(id->state, parts, count);
        }
        if (parts[i].n != 0) { /* else p may be NULL, which memcpy must not get */
            memcpy(all + n, parts[i].p, parts[i].n);
        }
        n += parts[i].n;
    }
    return XXH3_128bits(all, n);
}

static char *put_number(char *to, uint64_t n)
{
    n = htobe64(n);
    memcpy(to, &n, sizeof(n));
    return to + sizeof(n);
}

/* The envelope's time counts like a member without a name, of a type that no member has. */
static void add_envelope_time(struct hash128 *sum, int64_t ns)
{
    char text[2 + sizeof(ns)] = {UNIT_SEPARATOR, 'e'};
    (void)put_number(text + 2, (uint64_t)ns);
    XXH128_hash_t leaf = XXH3_128bits(text, sizeof(text));
    uint64_t low = sum->low + leaf.low64;
    sum->high += leaf.high64 + (low < leaf.low64 ? 1 : 0);
    sum->low = low;
}

/*
 * An ETag is that of the bytes, so an upload of equal bytes to the same key differs in its time
 * alone. The time of a version is not needed, and a copy of a bucket may have another.
 */
static void hash_with_object(struct identity *id, struct span content, char text[IDENTITY_BYTES])
{
    const char mark[] = {UNIT_SEPARATOR, 'o', UNIT_SEPARATOR};
    const struct object_origin *o = id->origin;
    char time[sizeof(uint64_t)];
    (void)put_number(time, o->version_is_etag ? (uint64_t)o->modified_ns : 0);
    const struct span parts[] = {o->customer, span_of(mark, sizeof(mark)),
                                 content,     span_of(time, sizeof(time)),
                                 o->version,  span_of(mark, 1),
                                 o->object};
    write_uuid(hash_parts(id, parts, sizeof(parts) / sizeof(parts[0])), text);
}

static void hash_without_object(struct identity *id, char tag, struct span rest,
                                char text[IDENTITY_BYTES])
{
    const char mark[] = {UNIT_SEPARATOR, tag, UNIT_SEPARATOR};
    const struct span parts[] = {id->origin->customer, span_of(mark, sizeof(mark)), rest};
    write_uuid(hash_parts(id, parts, sizeof(parts) / sizeof(parts[0])), text);
}

void identity_read(struct identity *id, const struct hashed_record *r)
{
    struct span own = r->beacon ? event_id_of(r) : SPAN("");
    id->own = own_id_is_unique(own);
    if (id->own) {
        hash_without_object(id, 'e', own, id->text);
        return;
    }
    id->hash = record_hash_sum(id->record_hash, r);
}

void identity_write(struct identity *id, const struct event_facts *facts, char text[IDENTITY_BYTES],
                    bool *forgot)
{
    *forgot = false;
    if (id->own) {
        memcpy(text, id->text, IDENTITY_BYTES);
        return;
    }
    if (facts->time_from_envelope) {
        add_envelope_time(&id->hash, facts->key.time_ns);
    }
    uint32_t ordinal = htobe32(ordinals_next(id->ordinals, id->hash, forgot));
    char content[sizeof(id->hash) + sizeof(ordinal)];
    char *p = put_number(put_number(content, id->hash.high), id->hash.low);
    memcpy(p, &ordinal, sizeof(ordinal));
    if (facts->time == TIME_FROM_OBJECT) {
        hash_with_object(id, span_of(content, sizeof(content)), text);
    } else {
        hash_without_object(id, 'h', span_of(content, sizeof(content)), text);
    }
}
