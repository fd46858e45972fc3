/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_priv.h - shared by the files of the module json.
 */
#ifndef CODEC_JSON_PRIV_H
#define CODEC_JSON_PRIV_H

#include "codec/json.h"

/* ---- The tape that json_scan writes ---- */

struct json_store {
    uint64_t *tape;
    struct extent *extents; /* one per tape word */
    size_t words, words_cap;
    uint32_t *tokens; /* json_place: number of the token of each tape word */
    size_t tokens_cap;
    uint8_t *strings;
    size_t bytes, bytes_cap; /* JSON_SLACK bytes are allocated after them */
    const char *wrong;       /* reason why the last text was refused */
    size_t wrong_byte;
};

/* Make room for `more` elements. */
void json_store_grow_words(struct json_store *s, size_t more);
void json_store_grow_bytes(struct json_store *s, size_t more);
void json_store_grow_tokens(struct json_store *s, size_t words);

static inline void json_store_word(struct json_store *s, uint64_t word, uint32_t from, uint32_t to)
{
    if (s->words == s->words_cap) {
        json_store_grow_words(s, 1);
    }
    s->extents[s->words] = (struct extent){from, to};
    s->tape[s->words++] = word;
}

static inline uint8_t *json_store_room(struct json_store *s, size_t more)
{
    if (s->bytes + more + JSON_SLACK > s->bytes_cap) {
        json_store_grow_bytes(s, more);
    }
    return s->strings + s->bytes;
}

static inline uint64_t json_word(char tag, uint64_t payload)
{
    return ((uint64_t)(uint8_t)tag << 56) | payload;
}

/* json_scan with a given store. */
enum err_kind json_scan_text(struct json_store *store, struct span *text, struct doc *doc,
                             struct err *e);

/* ---- json_locate.c: extents of a tape that simdjson wrote ---- */

/* State of the computation of extents for the text last read. */
struct json_places {
    struct json_store *store; /* its `tokens` are computed for words before `word` */
    const uint32_t *tokens;   /* offset of each token, see json_simd_tokens */
    size_t count;             /* number of tokens */
    size_t bytes;             /* length of the text */
    size_t word;              /* the next word that is not counted yet */
    uint32_t token;           /* number of its token */
    enum { BLANKS_UNKNOWN, BLANKS_NONE, BLANKS_SOME } blanks; /* between tokens */
};

/* ---- json_string.c, json_number.c: one token each ---- */

/* State of a scan. */
struct json_scan {
    struct json_store *store;
    const char *text; /* beginning of the whole text */
    const char *p;    /* next byte to read */
    const char *end;
    bool repaired;
    const char *wrong; /* what is wrong at p; NULL: nothing so far */
};

/* Before: p is at the opening quote. After: behind the closing one. False: see `wrong`. */
MUST_USE bool json_scan_string(struct json_scan *s);

/* Before: p is at a digit or a minus. After: behind the number. False: see `wrong`. */
MUST_USE bool json_scan_number(struct json_scan *s);

#endif
