/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes extents of values on demand. simdjson's tape does not contain them, but simdjson keeps
 * the offset of each token. Tokens and tape have the same order. Each word of the tape is one
 * token, followed by the token of a colon or a comma unless a container has just begun or ends
 * next. So the number of a word's token follows from the tape, and only the last byte of a scalar
 * is searched for in the text. Tokens are counted only up to the word that is asked for.
 */
#include "json_priv.h"

/* Offset after the last nonblank byte of the scalar that ends before `to`. */
static inline uint32_t scalar_end(const char *text, uint32_t to)
{
    while ((unsigned char)text[to - 1] <= ' ') {
        to--;
    }
    return to;
}

/* Compute the token number of each word before `end`. */
static void count_tokens(struct json_places *p, const struct doc *d, size_t end)
{
    const uint64_t numbers = TAG_BIT('l') | TAG_BIT('u') | TAG_BIT('d');
    const uint64_t openers = TAG_BIT('{') | TAG_BIT('[');
    const uint64_t closers = TAG_BIT('}') | TAG_BIT(']');
    uint32_t *tokens = p->store->tokens;
    size_t i = p->word;
    uint32_t token = p->token;
    while (i < end) {
        char tag = doc_tag(d, i);
        tokens[i] = token;
        i += 1 + (size_t)tag_in(tag, numbers);
        token += 2U - ((unsigned)tag_in(tag, openers) | (unsigned)tag_in(doc_tag(d, i), closers));
    }
    p->word = i;
    p->token = token;
}

struct extent json_place(const struct doc *d, size_t at)
{
    struct json_places *p = d->places;
    size_t words = (size_t)doc_payload(d, 0);
    size_t end = doc_next(d, at);
    if (at == DOC_ROOT) { /* needs no counting */
        return (struct extent){p->tokens[0], scalar_end(d->text, (uint32_t)p->bytes)};
    }
    if (words > p->store->tokens_cap) {
        json_store_grow_tokens(p->store, words);
    }
    count_tokens(p, d, end);
    const uint32_t *tokens = p->store->tokens;
    uint32_t from = p->tokens[tokens[at]];
    if (doc_is_container(d, at)) {
        return (struct extent){from, p->tokens[tokens[end - 1]] + 1};
    }
    if (doc_at_end(d, at)) {
        return (struct extent){from, from + 1};
    }
    return (struct extent){from, scalar_end(d->text, p->tokens[tokens[at] + 1])};
}

bool doc_is_compact(const struct doc *d)
{
    struct json_places *p = d->places;
    if (p == NULL || p->blanks == BLANKS_SOME) {
        return false;
    }
    for (size_t i = 1; i < p->count && p->blanks == BLANKS_UNKNOWN; i++) {
        if ((unsigned char)d->text[p->tokens[i] - 1] <= ' ') { /* the byte before a token */
            p->blanks = BLANKS_SOME;
            return false;
        }
    }
    p->blanks = BLANKS_NONE;
    return true;
}
