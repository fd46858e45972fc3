/* SPDX-License-Identifier: Apache-2.0 */
#include "event/write.h"

#include "event/compact.h"
#include "event/emit.h"
#include "event/repository.h"
#include "event/rules.h"

enum {
    STRING_BYTES = 16 << 20, /* a string of the longest line, redacted */
    JSON_BYTES = 64 * 1024,  /* longer JSON texts stay texts */
};

void write_init(struct write *w)
{
    *w = (struct write){.scratch = BUF_INIT(STRING_BYTES)};
}

void write_done(struct write *w)
{
    buf_done(&w->scratch);
    json_reader_free(w->reader);
}

/* ---- values ---- */

static struct compact_filter filter_of(struct write *w, const struct draft *d, bool urls)
{
    return (struct compact_filter){d->in->rules, urls, &w->scratch};
}

static void write_doc(struct write *w, const struct draft *d, const struct doc *doc, size_t at,
                      struct buf *out)
{
    if (rules_redacts(d->in->rules)) {
        struct compact_filter f = filter_of(w, d, false);
        compact_filtered(doc, at, &f, out);
    } else {
        compact_text(doc_source(doc, at), out);
    }
}

static void write_text(struct write *w, const struct draft *d, struct span text, struct buf *out)
{
    buf_clear(&w->scratch);
    emit_string(out, rules_redact(d->in->rules, text, &w->scratch) ? buf_span(&w->scratch) : text);
}

/* Text that is JSON itself is written as what it says (schema.md §10.1). */
static void write_json(struct write *w, const struct draft *d, struct span text, struct buf *out)
{
    struct doc doc;
    struct span rest = text_trim(text);
    bool like_json =
        rest.n > 1 && rest.n <= JSON_BYTES && strchr("{[\"", *rest.p) != NULL && *rest.p != '\0';
    if (like_json && w->reader == NULL) {
        w->reader = json_reader_new(JSON_BYTES);
    }
    if (like_json && json_scan(w->reader, &rest, &doc, NULL) == FAIL_NONE && rest.n == 0 &&
        !doc.repaired) {
        write_doc(w, d, &doc, DOC_ROOT, out);
    } else {
        write_text(w, d, text, out);
    }
}

static bool texts_only(const struct doc *d)
{
    for (size_t i = doc_first(d, DOC_ROOT); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (doc_tag(d, i) != '"') {
            return false;
        }
    }
    return true;
}

/* "a, b" as ["a","b"]; a JSON text of an array as that. */
static void write_list(struct write *w, const struct draft *d, struct span text, struct buf *out)
{
    text = text_trim(text);
    if (text.n > 1 && *text.p == '[' && text.p[text.n - 1] == ']') {
        struct doc doc;
        struct span rest = text;
        if (w->reader == NULL) {
            w->reader = json_reader_new(JSON_BYTES);
        }
        if (rest.n <= JSON_BYTES && json_scan(w->reader, &rest, &doc, NULL) == FAIL_NONE &&
            rest.n == 0 && !doc.repaired && texts_only(&doc)) {
            write_doc(w, d, &doc, DOC_ROOT, out);
            return;
        }
    }
    bool first = true;
    buf_add_byte(out, '[');
    while (text.n > 0) {
        const char *comma = memchr(text.p, ',', text.n);
        struct span word = span_take(&text, comma != NULL ? (size_t)(comma - text.p) : text.n);
        text = comma != NULL ? span_from(text, 1) : text;
        word = text_trim(word);
        if (word.n > 0) {
            buf_add(out, first ? SPAN("") : SPAN(","));
            first = false;
            write_text(w, d, word, out);
        }
    }
    buf_add_byte(out, ']');
}

static void write_value(struct write *w, const struct draft *d, const struct field_value *v,
                        struct buf *out)
{
    switch (v->kind) {
    case VALUE_TEXT:
        write_text(w, d, v->text, out);
        break;
    case VALUE_LITERAL:
        buf_add(out, v->text);
        break;
    case VALUE_DOC:
        write_doc(w, d, v->doc, v->at, out);
        break;
    case VALUE_JSON:
        write_json(w, d, v->text, out);
        break;
    case VALUE_LIST:
        write_list(w, d, v->text, out);
        break;
    case VALUE_NONE:
    default:
        break;
    }
}

/* ---- the record itself ---- */

/* Whether any place of a repository holds a URL with credentials. */
static bool holds_credentials(const struct draft *d, int row)
{
    struct search s = lookup_search(row);
    struct hit hit;
    struct span text;
    while (lookup_next(d->lookup, &s, &hit)) {
        if (value_text(hit.doc, hit.at, &text) && repository_userinfo(text).n > 0) {
            return true;
        }
    }
    return false;
}

static void write_record(struct write *w, const struct draft *d, struct buf *out)
{
    bool urls =
        holds_credentials(d, FIELD_REPOSITORY) || holds_credentials(d, FIELD_RUN_REPOSITORY);
    if (urls || rules_redacts(d->in->rules)) {
        struct compact_filter f = filter_of(w, d, urls);
        compact_filtered(d->in->doc, d->in->at, &f, out);
    } else {
        compact_text(doc_source(d->in->doc, d->in->at), out);
    }
}

/* ---- the event ---- */

/* Bytes of the names, dots included, that both paths begin with. */
static size_t common_names(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '.') {
            common = i + 1;
        }
    }
    return common;
}

/* Close what `last` has open beyond the common names, open what `path` needs. */
static void write_path(const char *last, const char *path, struct buf *out)
{
    size_t common = common_names(last, path);
    for (const char *p = strchr(last + common, '.'); p != NULL; p = strchr(p + 1, '.')) {
        buf_add_byte(out, '}');
    }
    if (*last != '\0') {
        buf_add_byte(out, ',');
    }
    const char *name = path + common;
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(name, '.')) {
        buf_add_byte(out, '"');
        buf_add(out, span_of(name, (size_t)(dot - name)));
        buf_add(out, SPAN("\":{"));
        name = dot + 1;
    }
    buf_add_byte(out, '"');
    buf_add(out, span_str(name));
    buf_add(out, SPAN("\":"));
}

static void write_close(const char *last, struct buf *out)
{
    for (const char *p = strchr(last, '.'); p != NULL; p = strchr(p + 1, '.')) {
        buf_add_byte(out, '}');
    }
}

/* Fields whose value is the same for every event, or about the record as a whole. */
static bool write_ours(struct write *w, const struct draft *d, enum field f, const char **last,
                       struct buf *out)
{
    struct span text = {"", 0};
    switch ((int)f) {
    case FIELD_VENDOR:
        text = SPAN("\"beacon\"");
        break;
    case FIELD_PRODUCT:
        text = SPAN("\"endpoint-agent\"");
        break;
    case FIELD_SCHEMA_VERSION:
        text = SPAN("\"1.0\"");
        break;
    case FIELD_EVENT_KIND:
        text = SPAN("\"agent_runtime\"");
        break;
    case FIELD_RAW_SOURCE_SHAPE:
        write_path(*last, fields[f].path, out);
        *last = fields[f].path;
        emit_string(out, span_str(shape_name(d->in->shape)));
        return true;
    case FIELD_RAW_RECORD:
        if (!d->in->without_record) {
            write_path(*last, fields[f].path, out);
            *last = fields[f].path;
            write_record(w, d, out);
        }
        return true;
    case FIELD_FIELD_TRUNCATED:
        text = d->in->without_record ? SPAN("true") : text;
        break;
    default:
        return false;
    }
    if (text.n > 0) {
        write_path(*last, fields[f].path, out);
        *last = fields[f].path;
        buf_add(out, text);
    }
    return true;
}

/* `user` is always there, if only as {}. */
static bool no_user(const struct draft *d, enum field f)
{
    return f == FIELD_USER_NAME && !draft_has(d, FIELD_USER_NAME) && !draft_has(d, FIELD_USER_UID);
}

void write_event(struct write *w, const struct draft *d, struct buf *out)
{
    const char *last = "";
    buf_add_byte(out, '{');
    for (int i = 0; i < FIELDS && !out->overflowed; i++) {
        enum field f = (enum field)i;
        if (no_user(d, f)) {
            write_path(last, "user", out);
            buf_add(out, SPAN("{}"));
            last = "user";
        } else if (!write_ours(w, d, f, &last, out) && draft_has(d, f)) {
            write_path(last, fields[f].path, out);
            write_value(w, d, &d->values[f], out);
            last = fields[f].path;
        }
    }
    write_close(last, out);
}
