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

/* Take the paths apart once: the objects around a field, and its own name. */
void write_init(struct write *w)
{
    *w = (struct write){.scratch = BUF_INIT(STRING_BYTES), .json = BUF_INIT(STRING_BYTES)};
    names_init(&w->unique);
    for (int f = 0; f < FIELDS; f++) {
        struct span path = span_str(fields[f].path);
        const char *dot = memrchr(path.p, '.', path.n);
        size_t group = dot != NULL ? (size_t)(dot - path.p) : 0;
        struct span name = dot != NULL ? span_from(path, group + 1) : path;
        const struct span key[] = {SPAN(",\""), name, SPAN("\":")};
        w->parts[f] = (struct write_part){span_of(path.p, group), arena_join(&w->names, key, 3)};
    }
}

void write_done(struct write *w)
{
    buf_done(&w->scratch);
    buf_done(&w->json);
    arena_done(&w->names);
    names_done(&w->unique);
    json_reader_free(w->reader);
}

/* ---- values ---- */

static struct compact_filter filter_of(struct write *w, const struct draft *d, bool urls)
{
    return (struct compact_filter){d->in->rules, urls ? &w->json : NULL, &w->scratch};
}

/* A value as it stands, less the blanks between its tokens. */
static void write_source(const struct doc *doc, size_t at, struct buf *out)
{
    if (doc->compact) {
        buf_add(out, doc_source(doc, at));
    } else {
        compact_text(doc_source(doc, at), out);
    }
}

static void write_doc(struct write *w, const struct draft *d, const struct doc *doc, size_t at,
                      struct buf *out)
{
    if (rules_redacts(d->in->rules)) {
        struct compact_filter f = filter_of(w, d, false);
        compact_filtered(doc, at, &f, out);
    } else {
        write_source(doc, at, out);
    }
}

static void write_text(struct write *w, const struct draft *d, struct span text, struct buf *out)
{
    buf_clear(&w->scratch);
    emit_string(out, rules_redact(d->in->rules, text, &w->scratch) ? buf_span(&w->scratch) : text);
}

/*
 * A text that is one JSON value, clean and without a name twice in any object, so that it may
 * stand in the event as what it says.
 */
static bool read_json(struct write *w, struct span text, struct doc *doc)
{
    text = text_trim(text);
    if (text.n < 2 || text.n > JSON_BYTES || *text.p == '\0' || strchr("{[\"", *text.p) == NULL) {
        return false;
    }
    if (w->reader == NULL) {
        w->reader = json_reader_new(JSON_BYTES);
    }
    return json_scan(w->reader, &text, doc, NULL) == FAIL_NONE && text.n == 0 && !doc->repaired &&
           names_unique(&w->unique, doc, DOC_ROOT);
}

/*
 * Text that is JSON itself is written as what it says (schema.md §10.1). Secrets are looked for
 * in the text first: a label and its value are no longer beside each other in what it says.
 */
static void write_json(struct write *w, const struct draft *d, struct span text, struct buf *out)
{
    struct doc doc;
    buf_clear(&w->json);
    if (rules_redact(d->in->rules, text, &w->json)) {
        text = buf_span(&w->json);
    }
    if (read_json(w, text, &doc)) {
        write_doc(w, d, &doc, DOC_ROOT, out);
    } else {
        write_text(w, d, text, out);
    }
}

static bool texts_only(const struct doc *d)
{
    if (doc_tag(d, DOC_ROOT) != '[') {
        return false;
    }
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
    struct doc doc;
    if (read_json(w, text, &doc) && texts_only(&doc)) {
        write_doc(w, d, &doc, DOC_ROOT, out);
        return;
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
        write_source(d->in->doc, d->in->at, out);
    }
}

/* ---- the event ---- */

/* Bytes of the names, dots included, that both groups begin with. */
static size_t common_names(struct span a, struct span b)
{
    size_t common = 0;
    size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    for (; i < n && a.p[i] == b.p[i]; i++) {
        common = a.p[i] == '.' ? i + 1 : common;
    }
    bool a_ends = i == a.n;
    bool b_ends = i == b.n;
    bool whole = (a_ends || a.p[i] == '.') && (b_ends || b.p[i] == '.');
    return whole && i > 0 ? i : common;
}

static size_t names_in(struct span s)
{
    size_t n = s.n > 0 ? 1 : 0;
    for (size_t i = 1; i < s.n; i++) { /* a dot at the start joins to what is common */
        n += s.p[i] == '.' ? 1 : 0;
    }
    return n;
}

static void open_group(struct span names, struct buf *out)
{
    while (names.n > 0) {
        if (*names.p == '.') {
            names = span_from(names, 1);
        }
        const char *dot = memchr(names.p, '.', names.n);
        buf_add_byte(out, '"');
        buf_add(out, span_take(&names, dot != NULL ? (size_t)(dot - names.p) : names.n));
        buf_add(out, SPAN("\":{"));
    }
}

static void close_group(struct span names, struct buf *out)
{
    for (size_t n = names_in(names); n > 0; n--) {
        buf_add_byte(out, '}');
    }
}

/* From the objects that are open to those of the next field. */
static void change_group(struct span *open, struct span next, struct buf *out)
{
    size_t common = common_names(*open, next);
    close_group(span_from(*open, common), out);
    if (out->p[out->n - 1] != '{') {
        buf_add_byte(out, ',');
    }
    open_group(span_from(next, common), out);
    *open = next;
}

static void write_field(struct write *w, const struct draft *d, enum field f, struct span *open,
                        struct buf *out)
{
    const struct write_part *part = &w->parts[f];
    if (part->group.n == open->n && span_eq(part->group, *open)) {
        buf_add(out, span_from(part->key, out->p[out->n - 1] == '{' ? 1 : 0));
    } else {
        change_group(open, part->group, out);
        buf_add(out, span_from(part->key, 1));
    }
    write_value(w, d, &d->values[f], out);
}

/* `user` is always there, if only as {}. */
static void write_no_user(struct span *open, struct buf *out)
{
    change_group(open, SPAN("user"), out);
}

void write_event(struct write *w, const struct draft *d, struct buf *out)
{
    struct span open = {"", 0};
    buf_add_byte(out, '{');
    for (int f = 0; f < FIELDS && !out->overflowed; f++) {
        if (f == FIELD_RAW_RECORD && draft_has(d, FIELD_RAW_RECORD)) {
            buf_add(out, SPAN(",\"record\":"));
            write_record(w, d, out);
        } else if (draft_has(d, (enum field)f)) {
            write_field(w, d, (enum field)f, &open, out);
        } else if (f == FIELD_USER_UID && !draft_has(d, FIELD_USER_NAME)) {
            write_no_user(&open, out);
        }
    }
    if (!out->overflowed) {
        close_group(open, out);
    }
}
