/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_priv.h - what the files behind json.h share. No other file includes it.
 */
#ifndef CODEC_JSON_PRIV_H
#define CODEC_JSON_PRIV_H

#include "codec/json.h"

/* ---- the tape that json_scan writes ---- */

struct json_store {
    uint64_t *tape;
    struct extent *extents; /* as many as tape words */
    size_t words, words_cap;
    uint32_t *tokens; /* json_place: which token of the text a tape word is */
    size_t tokens_cap;
    uint8_t *strings;
    size_t bytes, bytes_cap; /* JSON_SLACK more are always there */
    const char *wrong;       /* of the last text that was not taken */
    size_t wrong_byte;
};

/* Make room for so many more. */
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

/* json_scan on a store of its own. */
enum err_kind json_scan_text(struct json_store *store, struct span *text, struct doc *doc,
                             struct err *e);

/* ---- json_locate.c: places of a tape that simdjson wrote ---- */

/* How far the search for the places of the text last read has come. */
struct json_places {
    struct json_store *store; /* its tokens: for the words before `word` */
    const uint32_t *tokens;   /* where each begins; see json_simd_tokens */
    size_t count;             /* of them */
    size_t bytes;             /* of the text */
    size_t word;              /* the next that is not yet counted */
    uint32_t token;           /* which token it is */
    enum { BLANKS_UNKNOWN, BLANKS_NONE, BLANKS_SOME } blanks; /* between tokens */
};

/* ---- json_string.c, json_number.c: one token each ---- */

/* What a scan is about. */
struct json_scan {
    struct json_store *store;
    const char *text; /* the whole text */
    const char *p;    /* where we are */
    const char *end;
    bool repaired;
    const char *wrong; /* what is wrong at p, NULL so far */
};

/* p is at the opening quote, then behind the closing one. False: see `wrong`. */
MUST_USE bool json_scan_string(struct json_scan *s);

/* p is at a digit or a minus, then behind the number. False: see `wrong`. */
MUST_USE bool json_scan_number(struct json_scan *s);

#endif
