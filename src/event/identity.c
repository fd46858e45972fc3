/* SPDX-License-Identifier: Apache-2.0 */
#include "event/identity.h"

#include "event/leaves.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { UNIT_SEPARATOR = 0x1f, UUID_VERSION = 8 };

struct identity {
    struct leaves *leaves;
    struct ordinals *ordinals;
    XXH3_state_t *state;
};

struct identity *identity_new(void)
{
    struct identity *id = malloc(sizeof(*id));
    XXH3_state_t *state = XXH3_createState();
    if (id == NULL || state == NULL) {
        abort();
    }
    *id = (struct identity){leaves_new(), ordinals_new(), state};
    return id;
}

void identity_free(struct identity *id)
{
    if (id == NULL) {
        return;
    }
    leaves_free(id->leaves);
    ordinals_free(id->ordinals);
    (void)XXH3_freeState(id->state);
    free(id);
}

void identity_object(struct identity *id)
{
    ordinals_clear(id->ordinals);
}

/* event.id, if it is a string with something in it. */
static struct span own_id(const struct identity_record *r)
{
    size_t event = doc_member(r->doc, r->at, SPAN("event"));
    if (event == 0 || doc_tag(r->doc, event) != '{') {
        return SPAN("");
    }
    size_t id = doc_member(r->doc, event, SPAN("id"));
    return id != 0 && doc_tag(r->doc, id) == '"' ? doc_string(r->doc, id) : SPAN("");
}

static void put_big_endian(uint8_t *to, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    }
}

/* The last hex digits of v. */
static char *put_hex(char *to, uint64_t v, int count)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = count - 1; i >= 0; i--) {
        *to++ = digits[v >> 4 * i & 0x0f];
    }
    return to;
}

static void uuid(XXH128_hash_t h, char text[IDENTITY_BYTES])
{
    uint64_t high = (h.high64 & ~(uint64_t)0xf000) | UUID_VERSION << 12;
    uint64_t low = h.low64 << 2 >> 2 | (uint64_t)1 << 63;
    text = put_hex(text, high >> 32, 8);
    *text++ = '-';
    text = put_hex(text, high >> 16, 4);
    *text++ = '-';
    text = put_hex(text, high, 4);
    *text++ = '-';
    text = put_hex(text, low >> 48, 4);
    *text++ = '-';
    *put_hex(text, low, 12) = '\0';
}

static void finish(struct identity *id, struct span customer, char tag, struct span rest,
                   char text[IDENTITY_BYTES])
{
    const char mark[] = {UNIT_SEPARATOR, tag, UNIT_SEPARATOR};
    (void)XXH3_128bits_reset(id->state);
    (void)XXH3_128bits_update(id->state, customer.p, customer.n);
    (void)XXH3_128bits_update(id->state, mark, sizeof(mark));
    (void)XXH3_128bits_update(id->state, rest.p, rest.n);
    uuid(XXH3_128bits_digest(id->state), text);
}

void identity_of(struct identity *id, const struct identity_record *r, char text[IDENTITY_BYTES],
                 bool *forgot)
{
    *forgot = false;
    struct span own = r->beacon ? own_id(r) : SPAN("");
    if (own.n > 0) {
        finish(id, r->customer, 'e', own, text);
        return;
    }
    struct hash128 h = leaves_sum(id->leaves, r);
    uint8_t rest[20];
    put_big_endian(rest, h.high, 8);
    put_big_endian(rest + 8, h.low, 8);
    put_big_endian(rest + 16, ordinals_next(id->ordinals, h, forgot), 4);
    finish(id, r->customer, 'h', span_of((const char *)rest, sizeof(rest)), text);
}
