/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of records: AnyValues become plain values, lists of keys and values become maps. What is
 * neither is kept as it is. */
#include "base/ascii.h"

#include "otlp_priv.h"

enum { SIGNS_MAX = 16 /* before the number of an element without a key */ };

/* ---- AnyValue ---- */

static void write_any(const struct doc *d, size_t at, struct buf *out);

/* -?(0|[1-9][0-9]*), a JSON integer. */
static bool is_integer(struct span s)
{
    size_t i = s.n > 0 && *s.p == '-' ? 1 : 0;
    if (i == s.n || (s.p[i] == '0' && s.n > i + 1)) {
        return false;
    }
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return true;
}

/* The members of {"key":k,"value":v}, 0 if missing. */
struct entry {
    size_t key, value;
    bool more; /* it has others */
};

static struct entry find_entry(const struct doc *d, size_t at)
{
    struct entry e = {0};
    if (doc_tag(d, at) != '{') {
        return e;
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (name.n == 3 && memcmp(name.p, "key", 3) == 0) {
            e.key = i + 1;
        } else if (name.n == 5 && memcmp(name.p, "value", 5) == 0) {
            e.value = i + 1;
        } else {
            e.more = e.more || !otlp_is_empty(d, i + 1);
        }
    }
    return e;
}

/* The number of '#' with which a key like "#7" begins; 0: it has another form. */
static size_t signs_of(struct span key)
{
    size_t signs = 0;
    while (signs < key.n && key.p[signs] == '#') {
        signs++;
    }
    struct span digits = span_from(key, signs);
    for (size_t i = 0; i < digits.n; i++) {
        if (!ascii_is_digit(digits.p[i])) {
            return 0;
        }
    }
    return digits.n > 0 ? signs : 0;
}

/* The fewest '#' that no key of such a form in the list has. */
static size_t free_signs(const struct doc *d, size_t list)
{
    bool used[SIGNS_MAX + 1] = {false};
    for (size_t i = doc_first(d, list); !doc_at_end(d, i); i = doc_next(d, i)) {
        struct entry e = find_entry(d, i);
        bool named = e.key != 0 && doc_tag(d, e.key) == '"';
        size_t signs = named ? signs_of(doc_string(d, e.key)) : 0;
        used[signs < SIGNS_MAX ? signs : SIGNS_MAX] = true;
    }
    size_t signs = 1;
    while (signs < SIGNS_MAX && used[signs]) {
        signs++;
    }
    return signs;
}

/* The elements of a list that are kept under their numbers. */
struct numbered {
    size_t list;
    size_t signs; /* before the numbers; 0: not yet determined */
};

/* "#7":the element as it is. */
static void write_numbered(const struct doc *d, size_t at, size_t number, struct numbered *n,
                           struct buf *out)
{
    n->signs = n->signs != 0 ? n->signs : free_signs(d, n->list);
    buf_add_byte(out, '"');
    for (size_t i = 0; i < n->signs; i++) {
        buf_add_byte(out, '#');
    }
    buf_add_number(out, number);
    buf_add(out, SPAN("\":"));
    buf_add(out, doc_source(d, at));
}

/* [{"key":k,"value":v},...] as {k:v,...}; an element without a key gets its number: "#0", or "##0"
 * if a key of the list is of the form "#0". One with other members besides is there under both. */
static void write_map(const struct doc *d, size_t list, struct buf *out)
{
    bool first = true;
    size_t number = 0;
    struct numbered numbered = {.list = list};
    buf_add_byte(out, '{');
    for (size_t i = doc_first(d, list); !doc_at_end(d, i); i = doc_next(d, i), number++) {
        struct entry e = find_entry(d, i);
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        if (e.key == 0 || doc_tag(d, e.key) != '"') {
            write_numbered(d, i, number, &numbered, out);
            continue;
        }
        buf_add(out, doc_source(d, e.key));
        buf_add_byte(out, ':');
        if (e.value != 0) {
            write_any(d, e.value, out);
        } else {
            buf_add(out, SPAN("null"));
        }
        if (e.more) {
            buf_add_byte(out, ',');
            write_numbered(d, i, number, &numbered, out);
        }
    }
    buf_add_byte(out, '}');
}

static void write_array(const struct doc *d, size_t list, struct buf *out)
{
    bool first = true;
    buf_add_byte(out, '[');
    for (size_t i = doc_first(d, list); !doc_at_end(d, i); i = doc_next(d, i)) {
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        write_any(d, i, out);
    }
    buf_add_byte(out, ']');
}

/* Whether it is {"values":[...]}, or has nothing in it. */
static bool is_values(const struct doc *d, size_t at)
{
    size_t values = doc_tag(d, at) == '{' ? doc_member(d, at, SPAN("values")) : 0;
    return otlp_is_empty(d, at) || (values != 0 && doc_count(d, at) == 1 &&
                                    (doc_tag(d, values) == '[' || doc_tag(d, values) == 'n'));
}

/* {"values":[...]} as a list or a map, which is empty without values. */
static void write_values(const struct doc *d, size_t at, bool map, struct buf *out)
{
    size_t values = doc_tag(d, at) == '{' ? doc_member(d, at, SPAN("values")) : 0;
    if (values == 0 || doc_tag(d, values) != '[') {
        buf_add(out, map ? SPAN("{}") : SPAN("[]"));
    } else if (map) {
        write_map(d, values, out);
    } else {
        write_array(d, values, out);
    }
}

/* The name in an AnyValue, which has one member; 0 if the value is not an AnyValue. */
static size_t any_member(const struct doc *d, size_t at)
{
    static const struct span kinds[] = {
        SPAN_INIT("stringValue"),  SPAN_INIT("intValue"),     SPAN_INIT("doubleValue"),
        SPAN_INIT("boolValue"),    SPAN_INIT("arrayValue"),   SPAN_INIT("kvlistValue"),
        SPAN_INIT("bytesValue"),   SPAN_INIT("string_value"), SPAN_INIT("int_value"),
        SPAN_INIT("double_value"), SPAN_INIT("bool_value"),   SPAN_INIT("array_value"),
        SPAN_INIT("kvlist_value"), SPAN_INIT("bytes_value")};
    if (doc_tag(d, at) != '{' || doc_payload(d, at) >> 32 != 1) {
        return 0;
    }
    size_t name = doc_first(d, at);
    struct span kind = doc_string(d, name);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kind.n == kinds[i].n && *kind.p == *kinds[i].p && span_eq(kind, kinds[i])) {
            return name;
        }
    }
    return 0;
}

static void write_any(const struct doc *d, size_t at, struct buf *out)
{
    size_t name = any_member(d, at);
    if (name == 0) {
        bool empty = doc_tag(d, at) == '{' && doc_at_end(d, doc_first(d, at));
        buf_add(out, empty ? SPAN("null") : doc_source(d, at));
        return;
    }
    char kind = *doc_string(d, name).p;
    size_t value = name + 1;
    bool values = kind == 'a' || kind == 'k'; /* arrayValue, kvlistValue */
    if (values && !is_values(d, value)) {
        buf_add(out, doc_source(d, at));
    } else if (values) {
        write_values(d, value, kind == 'k', out);
    } else if (kind == 'i' && doc_tag(d, value) == '"' && /* intValue */
               is_integer(doc_string(d, value))) {
        buf_add(out, doc_string(d, value));
    } else {
        buf_add(out, doc_source(d, value));
    }
}

/* ---- records ---- */

/* Attributes as a map, which are a list or a map. */
void otlp_write_attributes(const struct doc *d, size_t at, struct buf *out)
{
    if (doc_tag(d, at) == '[') {
        write_map(d, at, out);
    } else {
        buf_add(out, doc_source(d, at));
    }
}

static bool is_attributes(struct span name)
{
    return span_eq(name, SPAN("attributes")) || span_eq(name, SPAN("Attributes")) ||
           span_eq(name, SPAN("LogAttributes")) || span_eq(name, SPAN("SpanAttributes")) ||
           span_eq(name, SPAN("ResourceAttributes"));
}

static bool is_body(struct span name)
{
    return span_eq(name, SPAN("body")) || span_eq(name, SPAN("Body"));
}

/* The resource, with its attributes as a map. */
static void write_resource(const struct doc *d, size_t at, struct buf *out)
{
    bool first = true;
    buf_add_byte(out, '{');
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        buf_add(out, doc_source(d, i));
        buf_add_byte(out, ':');
        if (span_eq(doc_string(d, i), SPAN("attributes"))) {
            otlp_write_attributes(d, i + 1, out);
        } else {
            buf_add(out, doc_source(d, i + 1));
        }
    }
    buf_add_byte(out, '}');
}

/* The members of a record. AnyValues and lists of them become plain values. */
void otlp_write_members(const struct doc *d, size_t at, bool first, struct buf *out)
{
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        buf_add(out, doc_source(d, i));
        buf_add_byte(out, ':');
        if (is_attributes(name)) {
            otlp_write_attributes(d, i + 1, out);
        } else if (is_body(name)) {
            write_any(d, i + 1, out);
        } else if (span_eq(name, SPAN("resource")) && doc_tag(d, i + 1) == '{') {
            write_resource(d, i + 1, out);
        } else {
            buf_add(out, doc_source(d, i + 1));
        }
    }
}

/* ,"name":value, or nothing if `at` is 0. */
void otlp_write_copy(const struct doc *d, size_t at, struct span name, struct buf *out)
{
    if (at != 0) {
        buf_add(out, SPAN(",\""));
        buf_add(out, name);
        buf_add(out, SPAN("\":"));
        buf_add(out, doc_source(d, at));
    }
}

static bool needs_plain(const struct doc *d, size_t at)
{
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        size_t inner = span_eq(name, SPAN("resource")) && doc_tag(d, i + 1) == '{'
                           ? doc_member(d, i + 1, SPAN("attributes"))
                           : 0;
        if ((is_attributes(name) && doc_tag(d, i + 1) == '[') ||
            (inner != 0 && doc_tag(d, inner) == '[') ||
            (is_body(name) && any_member(d, i + 1) != 0)) {
            return true;
        }
    }
    return false;
}

bool otlp_plain(const struct doc *doc, size_t at, struct buf *text)
{
    buf_clear(text);
    if (!needs_plain(doc, at)) {
        return false;
    }
    buf_add_byte(text, '{');
    otlp_write_members(doc, at, true, text);
    buf_add_byte(text, '}');
    return true;
}
