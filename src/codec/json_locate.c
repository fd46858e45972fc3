/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simdjson's tape does not say where a value stands. Its first stage has left the place of each
 * token behind, though, and tokens and tape have the same order: a walk of both at once finds the
 * extents without a look at most of the text.
 */
#include "codec/json_parts.h"

/* Behind the last byte, which is no blank, of the scalar in front of `to`. */
static inline uint32_t scalar_end(const char *text, uint32_t to)
{
    while ((unsigned char)text[to - 1] <= ' ') {
        to--;
    }
    return to;
}

bool json_locate_tokens(const struct json_tokens *t, struct extent *extents, struct doc *doc)
{
    const char *text = t->text.p;
    size_t end = (size_t)doc_payload(doc, 0) - 1;
    size_t bytes = 0; /* of all tokens */
    size_t n = 0;     /* token */
    for (size_t i = DOC_ROOT; i < end; i++) {
        if (n == t->count) {
            return false;
        }
        uint32_t from = t->at[n++];
        uint32_t next = n < t->count ? t->at[n] : (uint32_t)t->text.n;
        uint32_t to = from + 1;
        char tag = doc_tag(doc, i);
        extents[i].from = from;
        if (tag == '{' || tag == '[') {
            bytes++;
            continue;
        }
        if (tag == '"') {
            to = scalar_end(text, next);
            extents[i].to = to;
        } else if (tag == '}' || tag == ']') {
            extents[doc_payload(doc, i)].to = to;
            extents[i].to = to;
        } else {
            to = scalar_end(text, next);
            extents[i].to = to;
            i += tag == 'l' || tag == 'u' || tag == 'd' ? 1 : 0; /* the number itself */
        }
        bool punctuated = n < t->count && (text[next] == ',' || text[next] == ':');
        bytes += to - from + punctuated;
        n += punctuated;
    }
    doc->extents = extents;
    doc->compact = bytes == extents[DOC_ROOT].to - extents[DOC_ROOT].from;
    return n == t->count;
}
