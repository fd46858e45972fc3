/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both readers of JSON. If simdjson accepts a text, the strict reader accepts it with the same
 * tape. If the strict reader accepts a text, its extents are nested, its strings are UTF-8, and
 * simdjson reads its cleaned text with the same tape.
 */
#include "codec/json.h"
#include "codec/utf8.h"
#include "event/record/json_minify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { MOST = 1 << 20 };

static void same(const struct doc *a, const struct doc *b)
{
    size_t words = (size_t)doc_payload(a, 0);
    CHECK(words == (size_t)doc_payload(b, 0));
    for (size_t i = 0; i < words; i++) {
        CHECK(a->tape[i] == b->tape[i]);
        if (doc_tag(a, i) == '"') {
            CHECK(span_eq(doc_string(a, i), doc_string(b, i)));
        } else if (doc_next(a, i) == i + 2) {
            i++;
            CHECK(a->tape[i] == b->tape[i]);
        }
    }
}

/* Extents are requested out of order, so that others are computed on the way. */
static void same_places(const struct doc *a, const struct doc *b)
{
    for (size_t i = DOC_ROOT; i < (size_t)doc_payload(b, 0) - 1; i++) {
        CHECK(doc_extent(a, i).from == doc_extent(b, i).from);
        CHECK(doc_extent(a, i).to == doc_extent(b, i).to);
        char tag = doc_tag(b, i);
        i += tag == 'l' || tag == 'u' || tag == 'd';
    }
    struct buf compact = BUF_INIT(MOST);
    json_minify_text(doc_source(b, DOC_ROOT), &compact);
    CHECK(doc_is_compact(a) == (compact.n == doc_source(b, DOC_ROOT).n));
    buf_done(&compact);
}

static void well_formed(const struct doc *d, struct span text)
{
    size_t words = (size_t)doc_payload(d, 0) - 1;
    for (size_t i = DOC_ROOT; i < words; i++) {
        char tag = doc_tag(d, i);
        CHECK(doc_extent(d, i).from < doc_extent(d, i).to && doc_extent(d, i).to <= text.n);
        if (tag == '"') {
            CHECK(utf8_valid(doc_string(d, i)));
        }
        i += tag == 'l' || tag == 'u' || tag == 'd';
    }
}

static void clean_is_the_same(struct json_reader *other, const struct doc *d)
{
    struct buf clean = BUF_INIT((size_t)MOST * 8);
    struct doc again;
    json_clean(doc_source(d, DOC_ROOT), &clean);
    struct span text = buf_span(&clean);
    CHECK(json_scan(other, &text, &again, NULL) == FAIL_NONE);
    CHECK(text.n == 0 && !again.repaired);
    same(d, &again);
    buf_done(&clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_reader *fast;
    static struct json_reader *strict;
    static struct json_reader *third;
    if (fast == NULL) {
        fast = json_reader_new(MOST);
        strict = json_reader_new(MOST);
        third = json_reader_new(MOST);
    }
    char *copy = malloc(size + JSON_SLACK);
    CHECK(copy != NULL);
    memcpy(copy, data, size);
    memset(copy + size, 'e', JSON_SLACK);

    struct span text = span_of(copy, size);
    struct doc a;
    struct doc b;
    bool read = json_read(fast, text, &a);
    struct span rest = text;
    enum err_kind kind = json_scan(strict, &rest, &b, NULL);
    CHECK(!read || (kind == FAIL_NONE && rest.n == 0 && !b.repaired));
    if (read) {
        same(&a, &b);
        same_places(&a, &b);
    }
    for (size_t n = 0; kind == FAIL_NONE && n < 100; n++) {
        well_formed(&b, span_of(b.text, (size_t)(rest.p - b.text)));
        clean_is_the_same(third, &b);
        if (rest.n == 0) {
            break;
        }
        kind = json_scan(strict, &rest, &b, NULL);
    }
    free(copy);
    return 0;
}
