/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/identity.h"

#include "base/alloc.h"

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
    struct ordinals *ordinals;
    XXH3_state_t *state;
};

struct identity *identity_new(void)
{
    struct identity *id = mem_alloc(sizeof(*id));
    XXH3_state_t *state = XXH3_createState();
    if (id == NULL || state == NULL) {
        abort();
    }
    *id = (struct identity){
        .record_hash = record_hash_new(), .ordinals = ordinals_new(), .state = state};
    return id;
}

void identity_free(struct identity *id)
{
    if (id == NULL) {
        return;
    }
    record_hash_free(id->record_hash);
    ordinals_free(id->ordinals);
    (void)XXH3_freeState(id->state);
    free(id);
}

void identity_object(struct identity *id)
{
    ordinals_clear(id->ordinals);
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

/* An event.id may be of any length. */
static XXH128_hash_t hash_long(XXH3_state_t *state, const struct span *parts, size_t count)
{
    (void)XXH3_128bits_reset(state);
    for (size_t i = 0; i < count; i++) {
        (void)XXH3_128bits_update(state, parts[i].p, parts[i].n);
    }
    return XXH3_128bits_digest(state);
}

static void hash_identity(struct identity *id, struct span customer, char tag, struct span rest,
                          char text[IDENTITY_BYTES])
{
    const char mark[] = {UNIT_SEPARATOR, tag, UNIT_SEPARATOR};
    const struct span parts[] = {customer, span_of(mark, sizeof(mark)), rest};
    char all[SHORT_BYTES];
    size_t n = 0;
    if (customer.n + sizeof(mark) + rest.n > sizeof(all)) {
        write_uuid(hash_long(id->state, parts, 3), text);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        memcpy(all + n, parts[i].p, parts[i].n);
        n += parts[i].n;
    }
    write_uuid(XXH3_128bits(all, n), text);
}

void identity_of(struct identity *id, const struct identity_record *r, char text[IDENTITY_BYTES],
                 bool *forgot)
{
    *forgot = false;
    struct span own = r->record.beacon ? event_id_of(&r->record) : SPAN("");
    if (own.n > 0) {
        hash_identity(id, r->customer, 'e', own, text);
        return;
    }
    struct hash128 h = record_hash_sum(id->record_hash, &r->record);
    uint32_t ordinal = htobe32(ordinals_next(id->ordinals, h, forgot));
    char rest[sizeof(h) + sizeof(ordinal)];
    h = (struct hash128){htobe64(h.high), htobe64(h.low)};
    memcpy(rest, &h.high, sizeof(h.high));
    memcpy(rest + sizeof(h.high), &h.low, sizeof(h.low));
    memcpy(rest + sizeof(h), &ordinal, sizeof(ordinal));
    hash_identity(id, r->customer, 'h', span_of(rest, sizeof(rest)), text);
}
