/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simdjson's tape does not say where a value stands. Its first stage has left the place of each
 * token behind, though, and tokens and tape have the same order: a walk of both at once finds the
 * extents without a look at most of the text.
 */
#include "codec/json_parts.h"

struct walk {
    const struct json_tokens *tokens;
    size_t next;  /* token */
    size_t bytes; /* of the tokens so far */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static uint32_t take_bracket(struct walk *w)
{
    w->bytes++;
    return w->tokens->at[w->next++];
}

/* A string, number or word: it ends before the blanks that the next token may have before it. */
static struct extent take_scalar(struct walk *w)
{
    const struct json_tokens *t = w->tokens;
    struct extent e = {.from = t->at[w->next++]};
    e.to = w->next < t->count ? t->at[w->next] : (uint32_t)t->text.n;
    while (is_blank(t->text.p[e.to - 1])) {
        e.to--;
    }
    w->bytes += e.to - e.from;
    return e;
}

/* The comma or colon behind a name or a value, if there is one. */
static void skip_punctuation(struct walk *w)
{
    const struct json_tokens *t = w->tokens;
    if (w->next < t->count) {
        char c = t->text.p[t->at[w->next]];
        size_t one = c == ',' || c == ':' ? 1 : 0;
        w->next += one;
        w->bytes += one;
    }
}

bool json_locate_tokens(const struct json_tokens *t, struct extent *extents, struct doc *doc)
{
    struct walk w = {t, 0, 0};
    size_t end = (size_t)doc_payload(doc, 0) - 1;
    for (size_t i = DOC_ROOT; i < end; i++) {
        if (w.next == t->count) {
            return false;
        }
        char tag = doc_tag(doc, i);
        if (tag == '{' || tag == '[') {
            extents[i].from = take_bracket(&w);
            continue;
        }
        if (tag == '}' || tag == ']') {
            uint32_t from = take_bracket(&w);
            extents[i] = (struct extent){from, from + 1};
            extents[doc_payload(doc, i)].to = from + 1;
        } else {
            extents[i] = take_scalar(&w);
            i += tag == 'l' || tag == 'u' || tag == 'd' ? 1 : 0;
        }
        skip_punctuation(&w);
    }
    doc->extents = extents;
    doc->compact = w.bytes == extents[DOC_ROOT].to - extents[DOC_ROOT].from;
    return w.next == t->count;
}
