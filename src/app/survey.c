/* SPDX-License-Identifier: Apache-2.0 */
#include "app/survey.h"

#include "base/alloc.h"
#include "codec/secret.h"
#include "codec/utf8.h"
#include "event/map/build.h"
#include "event/record/redactor.h"
#include "event/schema/rules.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENT_BYTES = 64 << 20 };

/* clang-format off: one row a field */
static const struct {
    const char *name;
    const char *object, *member; /* in the event; object "" is the top level */
    enum field field;
    const char *nothing; /* a value that counts as absent */
} contract[CONTRACTS] = {
    [CONTRACT_TIME] = {"timestamp", "", "timestamp", FIELD_TIMESTAMP, ""},
    [CONTRACT_USER] = {"user", "user", "name", FIELD_USER_NAME, ""},
    [CONTRACT_HOST] = {"host", "endpoint", "hostname", FIELD_ENDPOINT_HOSTNAME, ""},
    [CONTRACT_REPOSITORY] = {"repository", "", "repository", FIELD_REPOSITORY, ""},
    [CONTRACT_BRANCH] = {"branch", "", "branch", FIELD_BRANCH, ""},
    [CONTRACT_RUNTIME] = {"agent runtime", "harness", "name", FIELD_HARNESS_NAME, "unknown"},
    [CONTRACT_ACTION] = {"action", "event", "action", FIELD_EVENT_ACTION, ""},
    [CONTRACT_CATEGORY] = {"category", "event", "category", FIELD_EVENT_CATEGORY, ""},
};
/* clang-format on */

const char *contract_name(enum contract c)
{
    return contract[c].name;
}

struct survey *survey_new(const struct object_origin *origin, const struct rules *rules)
{
    struct survey *s = mem_zeros(1, sizeof(*s));
    s->origin = origin;
    s->rules = rules;
    s->before = (struct buf)BUF_INIT(SURVEY_EXAMPLE_BYTES);
    s->after = (struct buf)BUF_INIT(SURVEY_EXAMPLE_BYTES);
    s->reader = json_reader_new(EVENT_BYTES);
    s->builder = builder_new();
    return s;
}

void survey_free(struct survey *s)
{
    if (s != NULL) {
        buf_done(&s->before);
        buf_done(&s->after);
        json_reader_free(s->reader);
        builder_free(s->builder);
        free(s);
    }
}

/* ---- Secrets ---- */

/* The path of a value, "a.b[3]"; truncated if it is too long. */
struct place {
    char text[SURVEY_MEMBER_BYTES];
    size_t n;
};

static void place_add(struct place *p, struct span name, bool index)
{
    size_t room = sizeof(p->text) - 1 - p->n;
    int n = snprintf(p->text + p->n, room + 1,
                     index      ? "[%.*s]"
                     : p->n > 0 ? ".%.*s"
                                : "%.*s",
                     SPAN_FMT(name));
    p->n += n > 0 && (size_t)n < room ? (size_t)n : room;
}

static void note_secret(struct survey *s, uint64_t line, const char *member, const char *kind)
{
    if (s->secret_count < SURVEY_SECRETS) {
        struct survey_secret *to = &s->secrets[s->secret_count];
        to->line = line;
        to->kind = kind;
        err_copy(to->member, sizeof(to->member), span_str(member));
    }
    s->secret_count++;
}

/* Note at most one secret per text. */
static void search_text(struct survey *s, uint64_t line, const char *member, struct span text)
{
    struct secret found;
    if (secret_find(text, &found)) {
        note_secret(s, line, member, found.kind);
    }
}

/* A name may itself contain a secret. */
static void place_add_name(struct place *p, struct span name)
{
    struct buf safe = BUF_INIT(EVENT_BYTES);
    place_add(p, secret_redact(name, &safe) ? buf_span(&safe) : name, false);
    buf_done(&safe);
}

/* Move *at to the child that is or contains `target`. False: `target` is the name of the child. */
static bool place_down(const struct doc *d, size_t *at, size_t target, struct place *p)
{
    bool object = doc_tag(d, *at) == '{';
    size_t index = 0;
    size_t i = doc_first(d, *at);
    while (doc_next(d, i + (object ? 1 : 0)) <= target) {
        i = doc_next(d, i + (object ? 1 : 0));
        index++;
    }
    if (object) {
        place_add_name(p, doc_string(d, i));
    } else {
        char number[24];
        (void)snprintf(number, sizeof(number), "%zu", index);
        place_add(p, span_str(number), true);
    }
    *at = i + (object ? 1 : 0);
    return *at <= target;
}

static struct place place_of(const struct doc *d, size_t target)
{
    struct place p = {.n = 0};
    size_t at = DOC_ROOT;
    while (at != target && place_down(d, &at, target, &p)) {
    }
    return p;
}

static void search_value(struct survey *s, uint64_t line, const struct doc *d)
{
    struct redactor r;
    struct redaction hit;
    redactor_start(&r, d, DOC_ROOT);
    while (redactor_next(&r, &hit)) {
        struct place p = {.n = 0};
        if (s->secret_count < SURVEY_SECRETS) { /* the others are only counted */
            p = place_of(d, hit.at);
        }
        note_secret(s, line, p.text, hit.kind);
    }
}

static void search_piece(struct survey *s, const struct piece *piece)
{
    struct span rest = piece->text;
    struct doc doc;
    if (piece->offset + 1 == s->searched) {
        return;
    }
    s->searched = piece->offset + 1;
    uint64_t before = s->secret_count;
    while (rest.n > 0 && json_scan(s->reader, &rest, &doc, NULL) == FAIL_NONE) {
        search_value(s, piece->line, &doc);
    }
    search_text(s, piece->line, "", rest);
    s->clean = s->secret_count == before;
}

/* ---- Fields ---- */

static void field_from(struct survey_field *f, struct span member)
{
    size_t i = 0;
    while (i < f->source_count && !span_eq(span_str(f->sources[i].member), member)) {
        i++;
    }
    if (i == SURVEY_SOURCES) {
        return; /* too many to count separately; `present` still counts */
    }
    if (i == f->source_count) {
        err_copy(f->sources[i].member, sizeof(f->sources[i].member), member);
        f->source_count++;
    }
    f->sources[i].count++;
}

static size_t object_of(const struct doc *d, const char *object)
{
    if (*object == '\0') {
        return DOC_ROOT;
    }
    size_t at = doc_member(d, DOC_ROOT, span_str(object));
    return at != 0 && doc_tag(d, at) == '{' ? at : 0;
}

/* Whether the event has the field with a value that does not count as absent. */
static bool field_present(const struct doc *event, enum contract c)
{
    size_t object = object_of(event, contract[c].object);
    size_t at = object != 0 ? doc_member(event, object, span_str(contract[c].member)) : 0;
    return at != 0 && doc_tag(event, at) == '"' && doc_string(event, at).n > 0 &&
           !span_eq(doc_string(event, at), span_str(contract[c].nothing));
}

static enum shape shape_of_event(const struct doc *event)
{
    size_t ingest = doc_member(event, DOC_ROOT, SPAN("ingest"));
    size_t shape = ingest != 0 ? doc_member(event, ingest, SPAN("shape")) : 0;
    for (int s = SHAPE_BEACON; shape != 0 && s < SHAPES; s++) {
        if (span_eq(doc_string(event, shape), span_str(shape_name((enum shape)s)))) {
            return (enum shape)s;
        }
    }
    return SHAPE_NONE;
}

/* Build the event of a foreign record a second time, to get the sources of its fields. */
static bool ask_builder(struct survey *s, const struct doc *event, enum shape shape)
{
    struct buf out = BUF_INIT(EVENT_BYTES);
    struct event_facts built;
    size_t raw = doc_member(event, DOC_ROOT, SPAN("raw"));
    size_t record =
        raw != 0 && doc_tag(event, raw) == '{' ? doc_member(event, raw, SPAN("record")) : 0;
    struct build_input in = {
        .doc = event, .at = record, .shape = shape, .origin = s->origin, .rules = s->rules};
    bool ok = shape != SHAPE_BEACON && record != 0 && doc_tag(event, record) == '{' &&
              build_event(s->builder, &in, &out, &built) == BUILD_EVENT;
    buf_done(&out);
    return ok;
}

static struct span source_of(const struct survey *s, enum contract c, bool built, enum shape shape)
{
    struct span member = built ? builder_source(s->builder, contract[c].field) : span_of("", 0);
    if (member.n > 0) {
        return member;
    }
    if (shape == SHAPE_BEACON) {
        return span_str(fields[contract[c].field].path);
    }
    if (rules_constant(s->rules, contract[c].field, &member)) {
        return SPAN("(the configuration)");
    }
    return c == CONTRACT_CATEGORY ? SPAN("(the action)") : SPAN("(derived)");
}

static void survey_fields(struct survey *s, const struct output *record, const struct doc *event,
                          enum shape shape)
{
    bool built = ask_builder(s, event, shape);
    for (int i = 0; i < CONTRACTS; i++) {
        enum contract c = (enum contract)i;
        if (field_present(event, c) && !(c == CONTRACT_TIME && record->time_from_object)) {
            s->fields[c].present++;
            field_from(&s->fields[c], source_of(s, c, built, shape));
        }
    }
}

/* Note the first time that cannot be read; not of a line with a secret. */
static void survey_time(struct survey *s, const struct output *record, const struct piece *piece)
{
    s->times_from_object += record->time_from_object ? 1 : 0;
    if (s->unread_line == 0 && record->time_unread.n > 0 && s->clean) {
        s->unread_line = piece->line;
        err_copy(s->unread, sizeof(s->unread), record->time_unread);
    }
}

/* ---- Records ---- */

/*
 * Store an example, truncated at a character. It is searched for secrets again, since it is shown.
 */
static void keep_example(struct buf *to, struct span text)
{
    struct buf safe = BUF_INIT(EVENT_BYTES);
    if (secret_redact(text, &safe)) {
        text = buf_span(&safe);
    }
    buf_add(to, utf8_cut(text, SURVEY_EXAMPLE_BYTES));
    buf_done(&safe);
}

static void survey_event(struct survey *s, const struct output *record, const struct piece *piece)
{
    struct span rest = record->value;
    struct doc event;
    s->events++;
    s->passed_through += record->passed_through ? 1 : 0;
    s->texts_replaced += record->text_replaced ? 1 : 0;
    s->names_duplicate += record->names_duplicate ? 1 : 0;
    s->members_dropped += record->members_dropped ? 1 : 0;
    survey_time(s, record, piece);
    if (json_scan(s->reader, &rest, &event, NULL) != FAIL_NONE) {
        return;
    }
    enum shape shape = shape_of_event(&event);
    s->shapes[shape]++;
    survey_fields(s, record, &event, shape);
    if (s->example_line == 0 && s->clean) {
        s->example_line = piece->line;
        keep_example(&s->before, piece->text);
        keep_example(&s->after, record->value);
    }
}

static void survey_reject(struct survey *s, const struct output *record, const struct piece *piece)
{
    struct survey_reject *r = &s->rejects[record->reason];
    struct span rest = record->value;
    struct doc reject;
    bool first = r->count == 0;
    r->count += record->count;
    s->unread_bytes += record->unread_bytes;
    if (!first || json_scan(s->reader, &rest, &reject, NULL) != FAIL_NONE) {
        return;
    }
    r->line = piece->line;
    size_t detail = doc_member(&reject, DOC_ROOT, SPAN("detail"));
    if (detail != 0 && doc_tag(&reject, detail) == '"') {
        err_copy(r->detail, sizeof(r->detail), doc_string(&reject, detail));
    }
}

void survey_add(struct survey *s, const struct output *record, const struct piece *piece)
{
    s->records++;
    search_piece(s, piece);
    if (record->kind == OUTPUT_EVENT) {
        survey_event(s, record, piece);
    } else {
        survey_reject(s, record, piece);
    }
}

uint64_t survey_rejects(const struct survey *s)
{
    uint64_t n = 0;
    for (int i = 0; i < REJECT_REASONS; i++) {
        n += s->rejects[i].count;
    }
    return n;
}

void survey_end(struct survey *s, const struct err *e, struct span unread, bool accepts)
{
    if (e->kind == FAIL_FORMAT || e->kind == FAIL_DATA || e->kind == FAIL_LIMIT) {
        (void)snprintf(s->unreadable, sizeof(s->unreadable), "%s", e->text);
        s->left = e->kind != FAIL_FORMAT || !accepts;
    }
    err_copy(s->unread_words, sizeof(s->unread_words), unread);
}

bool survey_is_empty(const struct survey *s)
{
    return s->records == 0 && s->unreadable[0] == '\0';
}

const char *survey_refusal(const struct survey *s)
{
    const struct survey_reject *damage = &s->rejects[REJECT_TRUNCATED_OBJECT];
    if (s->left_out) {
        return s->left_out_words;
    }
    if (s->unreadable[0] != '\0') {
        return s->unreadable;
    }
    if (s->unread_words[0] != '\0') {
        return s->unread_words;
    }
    if (damage->count > 0) {
        return damage->detail;
    }
    return survey_rejects(s) > s->events ? "it has more rejects than events" : NULL;
}

enum survey_verdict survey_verdict(const struct survey *s)
{
    return s->left && !s->left_out     ? SURVEY_LEFT
           : survey_refusal(s) != NULL ? SURVEY_IN_PART
                                       : SURVEY_ACCEPTED;
}
