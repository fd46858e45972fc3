/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each character of the prefix is converted to policy text. The largest number of characters with
 * which the policy fits is found by bisection, since more characters never make it shorter.
 */
#include "codec/policy.h"

#include "codec/utf8.h"

enum { PREFIX_MAX = 1024, TEXT_MAX = 16 * 1024 };

/* Whether IAM allows the character in a session policy (U+0009, A, D, U+0020 to U+00FF). */
static bool is_writable(uint32_t c)
{
    return (c >= 0x20 && c <= 0xff) || c == 0x09 || c == 0x0a || c == 0x0d;
}

void policy_add_literal(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '*' || text.p[i] == '?' || text.p[i] == '$') {
            buf_addf(out, "${%c}", text.p[i]);
        } else {
            buf_add_byte(out, text.p[i]);
        }
    }
}

/* Append one character as policy text within a JSON string. */
static void add_character(struct buf *out, uint32_t c, struct span as_it_is)
{
    if (c == '*' || c == '?' || c == '$') { /* wildcards and variables of IAM */
        buf_addf(out, "${%c}", (int)c);
    } else if (c < 0x20) {
        buf_addf(out, "\\u%04x", (unsigned)c);
    } else if (c == '"' || c == '\\') {
        buf_addf(out, "\\%c", (int)c);
    } else {
        buf_add(out, as_it_is);
    }
}

/* Append the first `most` characters of the prefix. True: that is the whole prefix. */
static bool add_prefix(struct buf *out, struct span prefix, size_t most)
{
    for (size_t i = 0; i < most && prefix.n > 0; i++) {
        struct span before = prefix;
        uint32_t c = 0;
        if (!utf8_next(&prefix, &c) || !is_writable(c)) {
            return false;
        }
        add_character(out, c, span_of(before.p, before.n - prefix.n));
    }
    return prefix.n == 0;
}

static void add_statements(struct buf *out, const struct policy_scope *s, struct span prefix,
                           bool exact)
{
    const char *slash = exact && prefix.n > 0 ? "/" : "";
    struct span point = s->access_point;
    const char *open = point.n > 0 ? "[" : "";
    buf_addf(
        out,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
        "\"s3:GetObject\",\"s3:GetObjectVersion\"],\"Resource\":%s\"arn:%s:s3:::%.*s/%.*s%s*\"",
        open, s->partition->name, SPAN_FMT(s->bucket), SPAN_FMT(prefix), slash);
    if (point.n > 0) {
        buf_addf(out, ",\"%.*s/object/%.*s%s*\"]", SPAN_FMT(point), SPAN_FMT(prefix), slash);
    }
    buf_addf(
        out,
        "},{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":%s\"arn:%s:s3:::%.*s\"",
        open, s->partition->name, SPAN_FMT(s->bucket));
    if (point.n > 0) {
        buf_addf(out, ",\"%.*s\"]", SPAN_FMT(point));
    }
    buf_add(out, SPAN(",\"Condition\":{\"StringLike\":{\"s3:prefix\":["));
    if (exact && prefix.n > 0) {
        buf_addf(out, "\"%.*s\",", SPAN_FMT(prefix));
    }
    buf_addf(out, "\"%.*s%s*\"]}}}", SPAN_FMT(prefix), slash);
    if (s->kms) {
        buf_addf(out,
                 ",{\"Effect\":\"Allow\",\"Action\":\"kms:Decrypt\",\"Resource\":\"*\","
                 "\"Condition\":{\"StringLike\":{\"kms:ViaService\":\"s3.*.%s\"}}}",
                 s->partition->dns_suffix);
    }
    buf_add(out, SPAN("]}"));
}

static size_t count_characters(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80; /* all except continuation bytes */
    }
    return n;
}

/* Write the policy with the first `most` characters of the prefix. True: it fits. */
static bool write_some(struct buf *text, const struct policy_scope *s, size_t most, bool *exact)
{
    struct buf prefix = BUF_INIT(TEXT_MAX);
    buf_clear(text);
    *exact = add_prefix(&prefix, s->prefix, most);
    add_statements(text, s, buf_span(&prefix), *exact);
    buf_done(&prefix);
    return !text->overflowed && count_characters(buf_span(text)) <= POLICY_CHARACTERS;
}

bool policy_write(struct buf *out, const struct policy_scope *s)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    bool exact = false;
    size_t fits = 0;
    size_t over = (s->prefix.n < PREFIX_MAX ? s->prefix.n : PREFIX_MAX) + 1;
    if (write_some(&text, s, over - 1, &exact)) {
        fits = over - 1;
    } else {
        while (over - fits > 1) {
            size_t half = fits + (over - fits) / 2;
            *(write_some(&text, s, half, &exact) ? &fits : &over) = half;
        }
        (void)write_some(&text, s, fits, &exact);
    }
    buf_add(out, buf_span(&text));
    buf_done(&text);
    return exact;
}
