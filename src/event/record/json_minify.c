/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/json_minify.h"

#include "base/ascii.h"
#include "event/record/json_write.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

/* Bytes of the string that begins at s, quotes included. */
static size_t string_bytes(struct span s)
{
    size_t i = 1;
    for (;;) {
        const char *quote = memchr(s.p + i, '"', s.n - i);
        if (quote == NULL) {
            return s.n; /* cannot be: the text is valid JSON */
        }
        size_t at = (size_t)(quote - s.p);
        size_t slashes = 0;
        while (at > slashes + 1 && s.p[at - 1 - slashes] == '\\') {
            slashes++;
        }
        i = at + 1;
        if (slashes % 2 == 0) {
            return i;
        }
    }
}

void json_minify_text(struct span json, struct buf *out)
{
    size_t from = 0;
    size_t i = 0;
    while (i < json.n) {
        if (json.p[i] == '"') {
            i += string_bytes(span_from(json, i));
        } else if (ascii_is_blank(json.p[i])) {
            buf_add(out, span_of(json.p + from, i - from));
            while (i < json.n && ascii_is_blank(json.p[i])) {
                i++;
            }
            from = i;
        } else {
            i++;
        }
    }
    buf_add(out, span_from(json, from));
}

/* The string without the user info of a URL. Prose with an address in it is not a URL. */
static struct span bare_string(struct span s, struct buf *bare)
{
    struct span info = repository_userinfo(s);
    size_t before = (size_t)(info.p - s.p);
    bool url = before >= 3 && memcmp(info.p - 3, "://", 3) == 0;
    if (info.n == 0 || (!url && memchr(info.p, ' ', info.n) != NULL)) {
        return s;
    }
    buf_clear(bare);
    buf_add(bare, span_of(s.p, before));
    buf_add(bare, span_from(s, before + info.n));
    return buf_span(bare);
}

/* A string value: without user info and redacted, or as it is spelled. */
static void filtered_string(const struct doc *d, size_t at, const struct json_minify_filter *f,
                            struct buf *out)
{
    struct span was = doc_string(d, at);
    struct span s = f->bare != NULL ? bare_string(was, f->bare) : was;
    buf_clear(f->scratch);
    if (rules_redact(f->rules, s, f->scratch)) {
        json_write_string(out, buf_span(f->scratch));
    } else if (s.n < was.n) {
        json_write_string(out, s);
    } else {
        buf_add(out, doc_source(d, at));
    }
}

void json_minify_filtered(const struct doc *d, size_t at, const struct json_minify_filter *f,
                          struct buf *out)
{
    char tag = doc_tag(d, at);
    if (tag == '"') {
        filtered_string(d, at, f, out);
        return;
    }
    if (tag != '{' && tag != '[') {
        buf_add(out, doc_source(d, at));
        return;
    }
    bool object = tag == '{';
    buf_add_byte(out, tag);
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (i != doc_first(d, at)) {
            buf_add_byte(out, ',');
        }
        if (object) {
            buf_add(out, doc_source(d, i));
            buf_add_byte(out, ':');
            i++;
        }
        json_minify_filtered(d, i, f, out);
    }
    buf_add_byte(out, object ? '}' : ']');
}
