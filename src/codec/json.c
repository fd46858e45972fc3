/* SPDX-License-Identifier: Apache-2.0 */
/* The reader: owns simdjson's parser, and the tape that json_scan writes. */
#include "codec/json.h"

#include "base/wipe.h"
#include "codec/json_simd.h"
#include "json_priv.h"

#include <stdlib.h>

enum { FIRST_WORDS = 512, FIRST_BYTES = 4096 };

struct json_reader {
    struct json_simd *simd;
    struct json_store store;
    struct json_places places; /* of the last text of json_read */
};

const char *json_scan_wrong(const struct json_reader *r, size_t *byte)
{
    *byte = r->store.wrong_byte;
    return r->store.wrong;
}

static void *grow_array(void *p, size_t count, size_t size)
{
    void *q = reallocarray(p, count, size);
    if (q == NULL) {
        abort();
    }
    return q;
}

/* The next capacity that holds `need` elements. */
static size_t next_capacity(size_t now, size_t first, size_t need)
{
    size_t cap = now != 0 ? now : first;
    while (cap < need) {
        cap += cap / 2;
    }
    return cap;
}

void json_store_grow_words(struct json_store *s, size_t more)
{
    s->words_cap = next_capacity(s->words_cap, FIRST_WORDS, s->words + more);
    s->tape = grow_array(s->tape, s->words_cap, sizeof(*s->tape));
    s->extents = grow_array(s->extents, s->words_cap, sizeof(*s->extents));
}

void json_store_grow_tokens(struct json_store *s, size_t words)
{
    s->tokens_cap = next_capacity(s->tokens_cap, FIRST_WORDS, words);
    s->tokens = grow_array(s->tokens, s->tokens_cap, sizeof(*s->tokens));
}

void json_store_grow_bytes(struct json_store *s, size_t more)
{
    /* Strings may be passed to json_read, which requires slack after them. */
    s->bytes_cap = next_capacity(s->bytes_cap, FIRST_BYTES, s->bytes + more + JSON_SLACK);
    s->strings = wipe_realloc(s->strings, s->bytes_cap); /* also reads credentials */
    if (s->strings == NULL) {
        abort();
    }
}

struct json_reader *json_reader_new(size_t max_bytes)
{
    struct json_reader *r = grow_array(NULL, 1, sizeof(*r));
    memset(r, 0, sizeof(*r));
    /*
     * simdjson allows one level less than its limit, and does not count an empty container. So both
     * readers accept the same depth.
     */
    r->simd = json_simd_new(max_bytes, JSON_MAX_DEPTH);
    return r;
}

void json_reader_free(struct json_reader *r)
{
    if (r == NULL) {
        return;
    }
    json_simd_free(r->simd);
    free(r->store.tape);
    free(r->store.extents);
    free(r->store.tokens);
    wipe_free(r->store.strings);
    free(r);
}

bool json_read(struct json_reader *r, struct span text, struct doc *doc)
{
    *doc = (struct doc){0};
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
        return false; /* a BOM: newer versions of simdjson skip it; RFC 8259 forbids it */
    }
    if (!json_simd_read(r->simd, text.p, text.n, &doc->tape, &doc->strings)) {
        return false;
    }
    r->places = (struct json_places){.store = &r->store, .bytes = text.n, .word = DOC_ROOT};
    r->places.tokens = json_simd_tokens(r->simd, &r->places.count);
    doc->text = text.p;
    doc->places = &r->places;
    return true;
}

enum err_kind json_scan(struct json_reader *r, struct span *text, struct doc *doc, struct err *e)
{
    return json_scan_text(&r->store, text, doc, e);
}

size_t doc_member(const struct doc *d, size_t at, struct span name)
{
    size_t found = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        if (span_eq(doc_string(d, i), name)) {
            found = i + 1;
        }
    }
    return found;
}

bool doc_same(const struct doc *a, size_t at, const struct doc *b, size_t other)
{
    char tag = doc_tag(a, at);
    if (tag != doc_tag(b, other)) {
        return false;
    }
    if (!doc_is_container(a, at)) {
        return tag == '"' ? span_eq(doc_string(a, at), doc_string(b, other))
                          : span_eq(doc_source(a, at), doc_source(b, other));
    }
    bool same = doc_count(a, at) == doc_count(b, other) && doc_count(a, at) <= DOC_SAME_MEMBERS_MAX;
    size_t k = doc_first(b, other);
    for (size_t i = doc_first(a, at); same && !doc_at_end(a, i); i = doc_next(a, i)) {
        if (tag == '[') {
            same = doc_same(a, i, b, k);
            k = doc_next(b, k);
        } else {
            size_t member = doc_member(b, other, doc_string(a, i));
            i++;
            same = member != 0 && doc_same(a, i, b, member);
        }
    }
    return same;
}

const char *json_engine(void)
{
    return json_simd_name();
}
