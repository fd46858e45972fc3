/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simdjson's tape does not say where a value stands. Its first stage has left the place of each
 * token behind, though, and tokens and tape have the same order: a walk of both at once finds the
 * extents without a look at most of the text. It goes only as far as somebody has asked.
 */
#include "codec/json_parts.h"

#include <stdlib.h>

/* Behind the last byte, which is no blank, of the scalar in front of `to`. */
static inline uint32_t scalar_end(const char *text, uint32_t to)
{
    while ((unsigned char)text[to - 1] <= ' ') {
        to--;
    }
    return to;
}

/* Where the next token begins; the end of the text behind the last. */
static inline uint32_t token_at(const struct json_places *p)
{
    return p->token < p->count ? p->tokens[p->token] : (uint32_t)p->bytes;
}

/* Find the next word of the tape, and go behind the comma or colon that follows it. */
static inline void place_next(struct json_places *p, const struct doc *d)
{
    struct extent *extents = p->store->extents;
    size_t i = p->word++;
    char tag = doc_tag(d, i);
    uint32_t from = p->tokens[p->token++];
    extents[i].from = from;
    if (tag == '{' || tag == '[') {
        return;
    }
    uint32_t next = token_at(p);
    if (tag == '}' || tag == ']') {
        extents[i].to = from + 1;
        extents[doc_payload(d, i)].to = from + 1;
    } else {
        extents[i].to = scalar_end(d->text, next);
        p->word += tag == 'l' || tag == 'u' || tag == 'd' ? 1 : 0; /* the number itself */
    }
    p->token += p->token < p->count && (d->text[next] == ',' || d->text[next] == ':') ? 1 : 0;
}

/* The tokens do not fit the tape, which must not be: ask the strict reader, whose tape is the same.
 */
static void place_all(struct json_places *p, const struct doc *d)
{
    struct doc again;
    struct span text = span_of(d->text, p->bytes);
    if (json_scan_text(p->store, &text, &again, NULL) != FAIL_NONE) {
        abort();
    }
    p->word = (size_t)doc_payload(d, 0);
}

struct extent json_place(const struct doc *d, size_t at)
{
    struct json_places *p = d->places;
    size_t words = (size_t)doc_payload(d, 0);
    size_t end = doc_next(d, at);
    if (at == DOC_ROOT) { /* needs no walk */
        return (struct extent){p->tokens[0], scalar_end(d->text, (uint32_t)p->bytes)};
    }
    if (words > p->store->words_cap) {
        json_store_grow_words(p->store, words);
    }
    while (p->word < end) {
        if (p->token == p->count) {
            place_all(p, d);
            break;
        }
        place_next(p, d);
    }
    return p->store->extents[at];
}

bool doc_is_compact(const struct doc *d)
{
    struct json_places *p = d->places;
    if (p == NULL) {
        return false;
    }
    if (p->blanks == BLANKS_UNKNOWN) {
        bool compact = true;
        for (size_t i = 1; i < p->count; i++) { /* a blank stands in front of a token */
            compact &= (unsigned char)d->text[p->tokens[i] - 1] > ' ';
        }
        p->blanks = compact ? BLANKS_NONE : BLANKS_SOME;
    }
    return p->blanks == BLANKS_NONE;
}
