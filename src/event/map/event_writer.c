/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/event_writer.h"

#include "event/record/json_minify.h"
#include "event/record/json_write.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <assert.h>

enum {
    STRING_BYTES = 512 << 20, /* a redacted string of the longest line */
    JSON_BYTES = 64 * 1024,   /* a longer JSON text stays a text */
    EVENT_GROUP = 0,
    LEAD_BYTES = 32, /* always copied: one move instead of a call */
};

/* Fields that are the same in every event. They follow the time, which is the first field. */
static const struct {
    enum field field;
    struct span text;
} constants[] = {
    {FIELD_VENDOR, SPAN_INIT("beacon")},
    {FIELD_PRODUCT, SPAN_INIT("endpoint-agent")},
    {FIELD_SCHEMA_VERSION, SPAN_INIT("1.0")},
    {FIELD_EVENT_KIND, SPAN_INIT("agent_runtime")},
};

/* ---- texts between two values ---- */

/* A text of write.parts or write.bridges: LEAD_BYTES of it may be read. */
static inline void add_lead(struct buf *out, struct span lead)
{
    if (lead.n <= LEAD_BYTES && !out->overflowed && out->cap - out->n > LEAD_BYTES) {
        char *to = out->p + out->n;
        memcpy(to, lead.p, LEAD_BYTES);
        to[lead.n] = '\0';
        out->n += lead.n;
    } else {
        buf_add(out, lead);
    }
}

/* Close and open objects to get to those around the field. False: they are open. */
static inline bool change_group(const struct event_writer *w, size_t *open, enum field f,
                                struct buf *out)
{
    size_t group = w->parts[f].group;
    if (group == *open) {
        return false;
    }
    add_lead(out, w->bridges[*open][group]);
    *open = group;
    return true;
}

static inline void write_name(const struct event_writer *w, size_t *open, enum field f,
                              struct buf *out)
{
    add_lead(out, change_group(w, open, f, out) ? w->parts[f].first : w->parts[f].next);
}

/* ---- these texts, made once ---- */

/* Bytes of the names, with dots, that both groups begin with. */
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

static void open_group(struct span names, struct buf *out)
{
    while (names.n > 0) {
        if (*names.p == '.') { /* after the common names */
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
    for (size_t i = 0; i < names.n; i++) {
        if (i == 0 || names.p[i] == '.') {
            buf_add_byte(out, '}');
        }
    }
}

/* A copy of which LEAD_BYTES may be read. */
static struct span copy_lead(struct event_writer *w, struct span text)
{
    char *p = arena_room(&w->texts, text.n + LEAD_BYTES);
    memcpy(p, text.p, text.n);
    memset(p + text.n, 0, LEAD_BYTES);
    return span_of(p, text.n);
}

static void make_bridges(struct event_writer *w, const struct span *groups, size_t count)
{
    for (size_t from = 0; from < count; from++) {
        for (size_t to = 0; to < count; to++) {
            size_t common = common_names(groups[from], groups[to]);
            buf_clear(&w->scratch);
            close_group(span_from(groups[from], common), &w->scratch);
            buf_add_byte(&w->scratch, ',');
            open_group(span_from(groups[to], common), &w->scratch);
            w->bridges[from][to] = copy_lead(w, buf_span(&w->scratch));
        }
    }
}

static void make_constants(struct event_writer *w)
{
    w->constants_group = EVENT_GROUP;
    buf_clear(&w->scratch);
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        write_name(w, &w->constants_group, constants[i].field, &w->scratch);
        json_write_string(&w->scratch, constants[i].text);
    }
    w->constants = copy_lead(w, buf_span(&w->scratch));
}

/* Take the paths apart once: the objects around a field, and its own name. */
void event_writer_init(struct event_writer *w)
{
    struct span groups[WRITE_GROUPS] = {[EVENT_GROUP] = {"", 0}};
    size_t count = 1;
    *w = (struct event_writer){.scratch = BUF_INIT(STRING_BYTES), .json = BUF_INIT(STRING_BYTES)};
    duplicate_names_init(&w->unique);
    for (int f = 0; f < FIELDS; f++) {
        struct span path = span_str(fields[f].path);
        const char *dot = memrchr(path.p, '.', path.n);
        struct span group = span_of(path.p, dot != NULL ? (size_t)(dot - path.p) : 0);
        size_t n = 0;
        while (n < count && !span_eq(groups[n], group)) {
            n++;
        }
        assert(n < WRITE_GROUPS);
        groups[n] = group;
        count = n == count ? count + 1 : count;
        buf_clear(&w->scratch);
        buf_add(&w->scratch, SPAN(",\""));
        buf_add(&w->scratch, span_from(path, dot != NULL ? group.n + 1 : 0));
        buf_add(&w->scratch, SPAN("\":"));
        struct span key = copy_lead(w, buf_span(&w->scratch));
        w->parts[f] = (struct write_part){n, key, span_from(key, 1)};
    }
    make_bridges(w, groups, count);
    make_constants(w);
}

void event_writer_done(struct event_writer *w)
{
    buf_done(&w->scratch);
    buf_done(&w->json);
    arena_done(&w->texts);
    duplicate_names_done(&w->unique);
    json_reader_free(w->reader);
}

/* ---- values ---- */

/* A value as it is spelled, without the blanks between its tokens. */
static void write_source(const struct doc *doc, size_t at, struct buf *out)
{
    if (doc_is_compact(doc)) {
        buf_add(out, doc_source(doc, at));
    } else {
        json_minify_text(doc_source(doc, at), out);
    }
}

static void write_doc(struct event_writer *w, const struct draft *d, const struct doc *doc,
                      size_t at, struct buf *out)
{
    if (w->redacts && doc != d->in->doc) { /* a text of the record, read: not redacted yet */
        struct json_minify_filter f = {d->in->rules, NULL, &w->scratch};
        json_minify_filtered(doc, at, &f, out);
    } else {
        write_source(doc, at, out);
    }
}

static void write_text(struct event_writer *w, const struct draft *d, struct span text,
                       struct buf *out)
{
    if (w->redacts) {
        buf_clear(&w->scratch);
        text = rules_redact(d->in->rules, text, &w->scratch) ? buf_span(&w->scratch) : text;
    }
    json_write_string(out, text);
}

static bool scan_json(struct event_writer *w, struct span text, struct doc *doc)
{
    if (text.n < 2 || text.n > JSON_BYTES || *text.p == '\0' || strchr("{[\"", *text.p) == NULL) {
        return false;
    }
    if (w->reader == NULL) {
        w->reader = json_reader_new(JSON_BYTES);
    }
    return json_scan(w->reader, &text, doc, NULL) == FAIL_NONE && text.n == 0;
}

/*
 * Read a text that is one JSON value, valid and without duplicate names, so that it may be a value
 * of the event. The look-up may have read it before.
 */
static bool read_json(struct event_writer *w, const struct draft *d, struct span text,
                      struct doc *doc)
{
    text = text_trim(text);
    const struct doc *known = lookup_read(d->lookup, text);
    if (known != NULL) {
        *doc = *known;
    } else if (!scan_json(w, text, doc)) {
        return false;
    }
    return !doc->repaired && duplicate_names_absent(&w->unique, doc, DOC_ROOT);
}

/*
 * A text that is JSON is written as a value (event-schema.md §10.1). Secrets are searched in the
 * text, because in the value a label is no longer beside its secret.
 */
static void write_json(struct event_writer *w, const struct draft *d, struct span text,
                       struct buf *out)
{
    struct doc doc;
    buf_clear(&w->json);
    if (w->redacts && rules_redact(d->in->rules, text, &w->json)) {
        text = buf_span(&w->json);
    }
    if (read_json(w, d, text, &doc)) {
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

/* "a, b" as ["a","b"]. A JSON text of an array of strings is written as it is. */
static void write_list(struct event_writer *w, const struct draft *d, struct span text,
                       struct buf *out)
{
    struct doc doc;
    if (read_json(w, d, text, &doc) && texts_only(&doc)) {
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

static void write_value(struct event_writer *w, const struct draft *d, const struct field_value *v,
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

/* Whether any value of a repository field has a URL with credentials. */
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

static void write_record(struct event_writer *w, const struct draft *d, struct buf *out)
{
    bool urls =
        holds_credentials(d, FIELD_REPOSITORY) || holds_credentials(d, FIELD_RUN_REPOSITORY);
    if (urls) {
        struct json_minify_filter f = {NULL, &w->json, &w->scratch};
        json_minify_filtered(d->in->doc, d->in->at, &f, out);
    } else {
        write_source(d->in->doc, d->in->at, out);
    }
}

/* ---- the event ---- */

static void write_field(struct event_writer *w, const struct draft *d, enum field f, size_t *open,
                        struct buf *out)
{
    write_name(w, open, f, out);
    const struct field_value *v = &d->values[f];
    if (v->kind == VALUE_TEXT && !w->redacts) { /* most of them */
        json_write_string(out, v->text);
    } else if (f == FIELD_RAW_RECORD) {
        write_record(w, d, out);
    } else {
        write_value(w, d, v, out);
    }
}

void event_writer_write(struct event_writer *w, const struct draft *d, struct buf *out)
{
    size_t open = w->constants_group;
    uint64_t left[FIELDS / 64 + 1];
    memcpy(left, d->touched, sizeof(left));
    left[FIELD_TIMESTAMP / 64] &= ~((uint64_t)1 << FIELD_TIMESTAMP % 64);
    left[FIELD_USER_UID / 64] |= (uint64_t)1 << FIELD_USER_UID % 64;
    w->redacts = rules_redacts(d->in->rules);
    buf_add_byte(out, '{');
    add_lead(out, w->parts[FIELD_TIMESTAMP].first);
    write_value(w, d, &d->values[FIELD_TIMESTAMP], out);
    buf_add(out, w->constants);
    for (int i = 0; i <= FIELDS / 64; i++) {
        for (uint64_t bits = left[i]; bits != 0 && !out->overflowed; bits &= bits - 1) {
            enum field f = (enum field)(i * 64 + __builtin_ctzll(bits));
            if (draft_has(d, f)) {
                write_field(w, d, f, &open, out);
            } else if (f == FIELD_USER_UID) { /* the event always has user, if only {} */
                (void)change_group(w, &open, f, out);
            }
        }
    }
    struct span end = w->bridges[open][EVENT_GROUP];
    add_lead(out, span_of(end.p, end.n - 1)); /* without its comma */
}
