/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session policy of any prefix, read as IAM reads it: it is JSON, within its size, with one
 * wildcard at the end. The text before the wildcard is the prefix; it is shorter only if
 * policy_write reports that.
 */
#include "codec/json.h"
#include "codec/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREFIX_BYTES = 1100 };

static struct json_reader *reader; /* one for all runs */

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

/* Read a pattern up to its wildcard; ${*} ${?} ${$} are literal characters. */
static void read_pattern(struct span pattern, struct buf *out)
{
    check(pattern.n > 0 && pattern.p[pattern.n - 1] == '*');
    pattern.n--;
    while (pattern.n > 0) {
        char c = *span_take(&pattern, 1).p;
        if (c == '$') {
            check(pattern.n >= 3 && pattern.p[0] == '{' && pattern.p[2] == '}');
            c = pattern.p[1];
            check(c == '*' || c == '?' || c == '$');
            (void)span_take(&pattern, 3);
        } else {
            check(c != '*' && c != '?');
        }
        buf_add_byte(out, c);
    }
}

static size_t characters(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return n;
}

/* After `start`, `found` must be the prefix and a slash, or if not exact, a beginning of them. */
static void check_reach(struct span found, struct span start, struct span prefix, bool exact)
{
    struct buf want = BUF_INIT(1 << 20);
    check(span_starts(found, start));
    found = span_from(found, start.n);
    buf_add(&want, prefix);
    buf_add(&want, prefix.n > 0 ? SPAN("/") : SPAN(""));
    check(exact ? span_eq(found, buf_span(&want)) : span_starts(buf_span(&want), found));
    buf_done(&want);
}

static size_t at(const struct doc *d, size_t object, const char *name)
{
    size_t found = doc_member(d, object, span_str(name));
    check(found != 0);
    return found;
}

static void check_statements(const struct doc *d, struct span prefix, bool exact)
{
    struct buf text = BUF_INIT(1 << 20);
    size_t read = doc_first(d, at(d, DOC_ROOT, "Statement"));
    read_pattern(doc_string(d, at(d, read, "Resource")), &text);
    check_reach(buf_span(&text), SPAN("arn:aws:s3:::b-1/"), prefix, exact);

    size_t list = doc_next(d, read);
    check(span_eq(doc_string(d, at(d, list, "Resource")), SPAN("arn:aws:s3:::b-1")));
    size_t like = at(d, at(d, at(d, list, "Condition"), "StringLike"), "s3:prefix");
    size_t last = doc_first(d, like);
    while (!doc_at_end(d, doc_next(d, last))) {
        last = doc_next(d, last);
    }
    buf_clear(&text);
    read_pattern(doc_string(d, last), &text);
    check_reach(buf_span(&text), SPAN(""), prefix, exact);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span prefix = span_of((const char *)data, size);
    if (size > PREFIX_BYTES) {
        return 0;
    }
    struct policy_scope scope = {.partition = partition_of(SPAN("eu-west-1")),
                                 .bucket = SPAN("b-1"),
                                 .prefix = prefix,
                                 .kms = size % 2 == 0};
    struct buf out = BUF_INIT(1 << 20);
    struct doc doc;
    struct err e = {0};
    bool exact = policy_write(&out, &scope);
    struct span text = buf_span(&out);
    check(!out.overflowed && characters(text) <= POLICY_CHARACTERS);
    if (reader == NULL) {
        reader = json_reader_new(1 << 20);
    }
    check(json_scan(reader, &text, &doc, &e) == FAIL_NONE && text.n == 0 && !doc.repaired);
    check_statements(&doc, prefix, exact);
    buf_done(&out);
    return 0;
}
