/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-c limits the depth of a document, but not its number of values. So the cost of a document is
 * counted before it is parsed, in one pass that distinguishes only strings from structure.
 */
#include "codec/control.h"

#include "base/alloc.h"
#include "codec/utf8.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>

enum { ESCAPE_GROWTH = 3 }; /* a character of two bytes of UTF-8 becomes six */

struct control {
    struct json_object *root;
};

static size_t count_containers(struct span text)
{
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\\' && quoted) {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '{' || c == '[')) {
            n++;
        }
    }
    return n;
}

static size_t count_blanks(struct span s)
{
    size_t n = 0;
    while (n < s.n && memchr(" \t\r\n", s.p[n], 4) != NULL) {
        n++;
    }
    return n;
}

static bool starts_container(struct span s)
{
    size_t n = count_blanks(s);
    return n < s.n && (s.p[n] == '{' || s.p[n] == '[');
}

/* Texts of the project, since json-c's differ between versions. */
static const char *parse_reason(enum json_tokener_error rc)
{
    if (rc == json_tokener_continue) {
        return "ends too early";
    }
    if (rc == json_tokener_error_depth) {
        return "nested too deeply";
    }
    return "malformed";
}

static bool is_ascii(struct span s)
{
    unsigned char all = 0;
    for (size_t i = 0; i < s.n; i++) {
        all |= (unsigned char)s.p[i];
    }
    return all < 0x80;
}

static void add_escape(struct buf *out, uint32_t c)
{
    if (c > 0xffff) {
        c -= 0x10000;
        buf_addf(out, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
    } else {
        buf_addf(out, "\\u%04x", c);
    }
}

/*
 * Append the document in ASCII, with \u escapes: json-c 0.18 in strict mode refuses bytes from 0x80
 * on as control characters. False: it is not UTF-8, or a backslash precedes a character that must
 * be escaped.
 */
static bool to_ascii(struct span text, struct buf *out, struct err *e)
{
    bool escaped = false;
    while (text.n > 0) {
        uint32_t c = 0;
        if (!utf8_next(&text, &c)) {
            return err_set(e, FAIL_DATA, "JSON: not UTF-8") == FAIL_NONE;
        }
        if (c >= 0x80 && escaped) {
            return err_set(e, FAIL_DATA, "JSON: malformed") == FAIL_NONE;
        }
        if (c >= 0x80) {
            add_escape(out, c);
        } else {
            buf_add_byte(out, (char)c);
        }
        escaped = c == '\\' && !escaped;
    }
    return true;
}

static struct json_object *parse_document(struct span text, struct err *e)
{
    struct json_tokener *t = json_tokener_new_ex(CONTROL_DEPTH);
    if (t == NULL) {
        abort();
    }
    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    struct json_object *root = json_tokener_parse_ex(t, text.p, (int)text.n);
    enum json_tokener_error rc = json_tokener_get_error(t);
    size_t end = json_tokener_get_parse_end(t);
    json_tokener_free(t);

    if (rc != json_tokener_success) {
        (void)err_set(e, FAIL_DATA, "JSON: %s", parse_reason(rc));
        return NULL;
    }
    if (count_blanks(span_from(text, end)) != text.n - end) {
        json_object_put(root);
        (void)err_set(e, FAIL_DATA, "JSON: bytes after its end");
        return NULL;
    }
    return root;
}

struct control *control_read(struct span text, const struct control_limits *limits, struct err *e)
{
    if (!starts_container(text)) {
        (void)err_set(e, FAIL_DATA, "JSON: no object or list");
        return NULL;
    }
    if (text.n > limits->bytes || text.n > INT_MAX) {
        (void)err_set(e, FAIL_DATA, "JSON: %zu bytes are too many", text.n);
        return NULL;
    }
    if (count_containers(text) > limits->containers) {
        (void)err_set(e, FAIL_DATA, "JSON: more than %zu objects and lists", limits->containers);
        return NULL;
    }

    struct buf ascii = BUF_INIT(text.n * ESCAPE_GROWTH);
    ascii.secret = true; /* the document may contain credentials */
    struct json_object *root = NULL;
    if (is_ascii(text)) {
        root = parse_document(text, e);
    } else if (to_ascii(text, &ascii, e)) {
        root = parse_document(buf_span(&ascii), e);
    }
    buf_done(&ascii);
    if (root == NULL) {
        return NULL;
    }
    struct control *c = mem_alloc(sizeof(*c));
    c->root = root;
    return c;
}

void control_free(struct control *c)
{
    if (c == NULL) {
        return;
    }
    json_object_put(c->root);
    free(c);
}

struct json_object *control_root(const struct control *c)
{
    return c->root;
}

struct json_object *control_at(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object)) {
        (void)json_object_object_get_ex(object, name, &value);
    }
    return value;
}

size_t control_count(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

struct json_object *control_item(struct json_object *list, size_t i)
{
    return i < control_count(list) ? json_object_array_get_idx(list, i) : NULL;
}

bool control_text(struct json_object *value, struct span *out)
{
    if (!json_object_is_type(value, json_type_string)) {
        *out = SPAN("");
        return false;
    }
    *out = span_of(json_object_get_string(value), (size_t)json_object_get_string_len(value));
    return true;
}

static bool digits_to_int(struct span s, int64_t *out)
{
    int64_t n = 0;
    if (s.n == 0 || s.n > 18) { /* 18 digits always fit int64_t */
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        n = n * 10 + (s.p[i] - '0');
    }
    *out = n;
    return true;
}

bool control_int(struct json_object *value, int64_t *out)
{
    struct span s;
    if (control_text(value, &s)) {
        return digits_to_int(s, out);
    }
    if (!json_object_is_type(value, json_type_int)) {
        return false;
    }
    *out = json_object_get_int64(value);
    return true;
}

void control_quote(struct buf *out, struct span text)
{
    buf_add_byte(out, '"');
    size_t done = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        buf_add(out, span_of(text.p + done, i - done));
        done = i + 1;
        if (c < 0x20) {
            buf_addf(out, "\\u%04x", c);
        } else {
            buf_addf(out, "\\%c", c);
        }
    }
    buf_add(out, span_from(text, done));
    buf_add_byte(out, '"');
}
