/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity: a record's id does not change if the members of every object are reversed, numbers and
 * strings are written differently, duplicate members that do not count are removed, and absent
 * values are added.
 */
#include "base/buf.h"
#include "codec/json.h"
#include "event/record/identity.h"
#include "event/record/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { MOST = 1 << 20, MOST_MEMBERS = 4096 };

static struct duplicate_names names;

static void write_value(const struct doc *d, size_t at, struct buf *out);

/* An integer beyond 64 bits counts with all its digits, which a double may not have. */
static bool is_integer_text(struct span text)
{
    return strspn(text.p, "-0123456789") >= text.n;
}

static void write_number(const struct doc *d, size_t at, struct buf *out)
{
    struct span text = doc_source(d, at);
    if (doc_tag(d, at) == 'd' && is_integer_text(text)) {
        buf_add(out, text);
    } else if (doc_tag(d, at) == 'l') {
        int64_t v = doc_int64(d, at);
        bool small = v < 1000000 && v > -1000000;
        buf_addf(out, small ? "%lld.0e0" : "%lld", (long long)v);
    } else if (doc_tag(d, at) == 'u') {
        buf_addf(out, "%llu", (unsigned long long)doc_uint64(d, at));
    } else {
        buf_addf(out, "%.17e", doc_double(d, at));
    }
}

/*
 * Write members in reverse order, without those that do not count, and with absent ones between
 * them.
 */
static void write_object(const struct doc *d, size_t at, struct buf *out)
{
    static size_t members[MOST_MEMBERS];
    size_t first = 0;
    size_t *mine = NULL;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        first++;
    }
    mine = first <= MOST_MEMBERS ? malloc((first + 1) * sizeof(*members)) : NULL;
    CHECK(mine != NULL || first > MOST_MEMBERS);
    if (mine == NULL) {
        buf_add(out, doc_source(d, at));
        return;
    }
    size_t count = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        mine[count++] = i;
    }
    bool comma = false;
    buf_add_byte(out, '{');
    for (size_t i = count; i-- > 0;) {
        if (duplicate_names_shadowed(&names, mine[i])) {
            continue;
        }
        if (comma) {
            buf_add(out, SPAN(", "));
        }
        comma = true;
        json_write_string(out, doc_string(d, mine[i]));
        buf_add(out, SPAN(" : "));
        write_value(d, mine[i] + 1, out);
    }
    buf_add_byte(out, '}');
    free(mine);
}

static void write_value(const struct doc *d, size_t at, struct buf *out)
{
    switch (doc_tag(d, at)) {
    case '{':
        write_object(d, at, out);
        break;
    case '[':
        buf_add_byte(out, '[');
        for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
            write_value(d, i, out);
            buf_add_byte(out, ',');
        }
        buf_add(out, SPAN("null]")); /* counts as absent */
        break;
    case '"':
        json_write_string(out, doc_string(d, at));
        break;
    case 'l':
    case 'u':
    case 'd':
        write_number(d, at, out);
        break;
    default:
        buf_add(out, doc_source(d, at));
    }
}

static struct ordinals *ordinals;

static void identify(struct identity *id, const struct doc *d, bool beacon, bool own_time,
                     char *text)
{
    static const struct object_origin origin = {
        .customer = SPAN_INIT("acme"), .object = SPAN_INIT("s3://b/k"), .version = SPAN_INIT("v")};
    bool forgot = false;
    struct event_facts facts;
    struct hashed_record r = {d, DOC_ROOT, &names, beacon};
    event_facts_clear(&facts);
    facts.time = own_time ? TIME_EXACT : TIME_FROM_OBJECT;
    ordinals_clear(ordinals);
    identity_object(id, &origin, ordinals);
    duplicate_names_absent(&names, d, DOC_ROOT);
    identity_read(id, &r);
    identity_write(id, &facts, text, &forgot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_reader *reader;
    static struct json_reader *other;
    static struct identity *id;
    if (reader == NULL) {
        reader = json_reader_new(MOST);
        other = json_reader_new(MOST);
        id = identity_new();
        ordinals = ordinals_new();
        duplicate_names_init(&names);
    }
    struct doc a;
    struct doc b;
    struct span text = span_of((const char *)data, size);
    if (json_scan(reader, &text, &a, NULL) != FAIL_NONE || doc_tag(&a, DOC_ROOT) != '{') {
        return 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        bool beacon = (i & 1) != 0;
        bool own_time = (i & 2) != 0;
        char x[IDENTITY_BYTES];
        char y[IDENTITY_BYTES];
        struct buf respelled = BUF_INIT((size_t)MOST * 16);
        identify(id, &a, beacon, own_time, x);
        write_value(&a, DOC_ROOT, &respelled);
        struct span again = buf_span(&respelled);
        CHECK(json_scan(other, &again, &b, NULL) == FAIL_NONE);
        identify(id, &b, beacon, own_time, y);
        CHECK(strcmp(x, y) == 0);
        buf_done(&respelled);
    }
    return 0;
}
