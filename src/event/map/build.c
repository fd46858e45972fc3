/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the rebuild path. What each step does is in the module that it calls. */
#include "event/map/build.h"

#include "base/alloc.h"
#include "event/map/action.h"
#include "event/map/category.h"
#include "event/map/derived_fields.h"
#include "event/map/event_time.h"
#include "event/map/event_writer.h"
#include "event/map/map_fields.h"
#include "event/map/messages.h"
#include "event/record/otlp.h"
#include "event/schema/action_words.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <stdlib.h>

enum { PLAIN_BYTES = 4 << 20 }; /* largest record whose lists of attributes become maps */

struct builder {
    struct lookup *lookup;
    struct arena arena;
    struct draft draft;
    struct event_writer writer;
    struct action_words *words;
    struct json_reader *reader; /* of plain records, if the caller has none */
    struct buf plain;
    struct repository_cache repositories;
    struct buf redacted; /* scratch for one text */
};

struct builder *builder_new(void)
{
    struct builder *b = mem_zeros(1, sizeof(*b));
    b->lookup = lookup_new();
    b->words = action_words_new();
    b->plain = (struct buf)BUF_INIT(PLAIN_BYTES);
    repository_cache_init(&b->repositories);
    b->redacted = (struct buf)BUF_INIT(PLAIN_BYTES);
    event_writer_init(&b->writer);
    return b;
}

void builder_free(struct builder *b)
{
    if (b == NULL) {
        return;
    }
    lookup_free(b->lookup);
    action_words_free(b->words);
    json_reader_free(b->reader);
    arena_done(&b->arena);
    event_writer_done(&b->writer);
    buf_done(&b->plain);
    repository_cache_done(&b->repositories);
    buf_done(&b->redacted);
    free(b);
}

struct pathset *builder_names(struct builder *b)
{
    return lookup_names(b->lookup);
}

/* Look up the record, or the same record with maps in place of lists of attributes. */
static bool look_up_record(struct builder *b, const struct build_input *in, struct doc *plain)
{
    const struct doc *doc = in->doc;
    const struct record_index *index = in->index;
    size_t at = in->at;
    if (in->shape == SHAPE_OTEL && otlp_plain(in->doc, in->at, &b->plain) && !b->plain.overflowed) {
        struct span text = buf_span(&b->plain);
        if (in->reader == NULL && b->reader == NULL) {
            b->reader = json_reader_new(PLAIN_BYTES);
        }
        struct json_reader *reader = in->reader != NULL ? in->reader : b->reader;
        if (json_scan(reader, &text, plain, NULL) == FAIL_NONE) {
            doc = plain;
            index = NULL;
            at = DOC_ROOT;
        }
    }
    return lookup_record(b->lookup, doc, at, index, in->shape, in->rules);
}

static struct span redact_text(struct builder *b, struct span text)
{
    buf_clear(&b->redacted);
    if (!rules_redact(b->draft.in->rules, text, &b->redacted)) {
        return text;
    }
    struct span kept = buf_span(&b->redacted);
    return arena_join(&b->arena, &kept, 1);
}

/* Redaction applies to all that is produced, so to the key and `ingest` (event/README.md, rule 10).
 */
static void redact_facts(struct builder *b, struct event_facts *facts)
{
    struct span *const texts[] = {&facts->key.category, &facts->key.harness,  &facts->key.session,
                                  &facts->key.user,     &facts->key.hostname, &facts->key.action,
                                  &facts->action,       &facts->repository};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = redact_text(b, *texts[i]);
    }
}

static void fill_facts(struct builder *b, struct event_facts *facts)
{
    const struct draft *d = &b->draft;
    struct output_key *key = &facts->key;
    key->category = draft_text(d, FIELD_EVENT_CATEGORY);
    key->harness = draft_text(d, FIELD_HARNESS_NAME);
    key->session = draft_text(d, FIELD_SESSION_ID);
    key->user = draft_text(d, FIELD_USER_NAME);
    key->hostname = draft_text(d, FIELD_ENDPOINT_HOSTNAME);
    key->action = draft_text(d, FIELD_EVENT_ACTION);
    key->time_ns = d->time.ns;
    facts->time = d->time.quality;
    facts->time_from_envelope = d->time_from_envelope;
    facts->time_unread = d->time_unread;
    facts->action = d->word;
    facts->repository = draft_text(d, FIELD_REPOSITORY);
    facts->actor = span_of("", 0);
    if (rules_redacts(d->in->rules)) {
        redact_facts(b, facts);
    }
    facts->repository = repository_recall(&b->repositories, facts->repository);
}

/* Fields that the worker alone decides on. */
static void draft_set_reserved(struct draft *d)
{
    draft_set(d, FIELD_RAW_SOURCE_SHAPE, span_str(shape_name(d->in->shape)));
    bool without = d->in->without_record;
    draft_slot(d, FIELD_RAW_RECORD)->kind = without ? VALUE_NONE : VALUE_DOC; /* by event_writer */
    *draft_slot(d, FIELD_FIELD_TRUNCATED) = (struct field_value){
        without ? VALUE_LITERAL : VALUE_NONE, SPAN("true"), NULL, 0, NULL, false};
}

/* Each step reads only fields that an earlier step has decided (event/README.md, rule 9). */
static void decide_fields(struct draft *d)
{
    draft_clear(d);
    draft_map_fields(d);
    draft_list_messages(d);
    draft_derive(d);
    draft_set_reserved(d);
    draft_decide_time(d);
    draft_decide_action(d);
    draft_derive_by_action(d);
    draft_decide_category(d);
    draft_decide_severity(d);
}

/* Whether the word for the action stands where schema 1.0 has it. ECS has that name, too. */
static bool is_of_schema(const struct draft *d, const struct hit *action)
{
    return d->in->shape == SHAPE_FLAT && (span_eq(*action->path, SPAN("event.action")) ||
                                          span_eq(*action->path, SPAN("beacon.event.action")));
}

/* Whether a field of this row is one that records of any service have. */
static bool is_of_any_service(struct draft *d, int row, const struct hit *hit)
{
    switch (row) {
    case FIELD_TIMESTAMP:
    case FIELD_SEVERITY:
    case FIELD_COMMAND_DURATION_MS:
    case FIELD_TRACE_ID:
    case FIELD_TRACE_SPAN_ID:
    case FIELD_TRACE_PARENT_SPAN_ID:
        return true;
    case FIELD_EVENT_ACTION: /* a word that no table knows: the action is the default */
        return !is_of_schema(d, hit);
    case FIELD_EVENT_CATEGORY:
        return !category_is_known(category_explicit(d));
    default:
        return row >= FIELDS && row != FACT_CI;
    }
}

static bool has_constants(const struct rules *rules)
{
    struct span value;
    bool found = false;
    for (int f = 0; rules != NULL && !found && f < FIELDS; f++) {
        found = rules_constant(rules, (enum field)f, &value);
    }
    return found;
}

/*
 * Whether nothing of a record without a known action is of an endpoint event: neither who, where,
 * which program nor a text (normalization.md §2, rule 8).
 */
static bool is_of_another_service(struct builder *b, struct draft *d)
{
    struct hit hit;
    size_t count = 0;
    const int16_t *rows = lookup_rows(b->lookup, &count);
    bool other = (d->in->shape == SHAPE_FLAT || d->in->shape == SHAPE_ECS) &&
                 !lookup_met_custom(b->lookup) && !has_constants(d->in->rules);
    for (size_t i = 0; other && i < count; i++) {
        other = !lookup_first(b->lookup, rows[i], &hit) || is_of_any_service(d, rows[i], &hit);
    }
    return other;
}

enum build_result build_event(struct builder *b, const struct build_input *in, struct buf *out,
                              struct event_facts *facts)
{
    struct draft *d = &b->draft;
    struct doc plain = {0};
    if (!look_up_record(b, in, &plain) && in->shape == SHAPE_FLAT) {
        return BUILD_NO_FIELD; /* normalization.md §2, rule 9; a record of another shape is an event
                                  by its shape */
    }
    arena_clear(&b->arena);
    d->in = in;
    d->lookup = b->lookup;
    d->arena = &b->arena;
    d->words = b->words;
    d->word = span_of("", 0);
    d->tool_decision = false;
    d->action_by_default = false;
    decide_fields(d);
    if (d->action_by_default && is_of_another_service(b, d)) {
        return BUILD_NO_EVENT;
    }
    event_writer_write(&b->writer, d, out);
    fill_facts(b, facts);
    return BUILD_EVENT;
}

/* What the field says of an event. Forwarders write context beside the text that they forward. */
static enum record_states row_states(int row, const struct hit *hit)
{
    switch (row) {
    case FIELD_TIMESTAMP:
    case FIELD_MESSAGE:
    case FIELD_ENDPOINT_HOSTNAME:
    case FIELD_ENDPOINT_OS:
    case FIELD_ENDPOINT_AGENT_VERSION:
    case FIELD_HARNESS_NAME:
    case FIELD_HARNESS_VERSION:
    case FIELD_SEVERITY:
    case FIELD_FILE_PATH:
        return STATES_CONTEXT;
    case FIELD_EVENT_ACTION: /* Logstash's and others' type of a log */
        return span_eq(*hit->path, SPAN("type")) ? STATES_CONTEXT : STATES_EVENT;
    case FIELD_EVENT_CATEGORY:
    case FIELD_TRACE_ID:
    case FIELD_TRACE_SPAN_ID:
    case FIELD_TRACE_PARENT_SPAN_ID:
        return STATES_LINK;
    case FIELD_USER_NAME:
    case FIELD_USER_UID:
    case FIELD_SESSION_ID:
    case FIELD_SESSION_WORKING_DIRECTORY:
    case FIELD_REPOSITORY:
    case FIELD_BRANCH:
    case FIELD_ORIGIN:
        return STATES_SUBJECT;
    default:
        return row >= FIELDS                                             ? STATES_CONTEXT
               : row >= FIELD_RUN_PROVIDER && row <= FIELD_RUN_EPHEMERAL ? STATES_SUBJECT
                                                                         : STATES_EVENT;
    }
}

struct record_stated builder_states(struct builder *b, const struct doc *doc, size_t at,
                                    const struct record_index *index, const struct rules *rules)
{
    struct hit hit;
    size_t count = 0;
    bool known = lookup_record(b->lookup, doc, at, index, SHAPE_FLAT, rules);
    const int16_t *rows = lookup_rows(b->lookup, &count);
    struct record_stated s = {known ? STATES_CONTEXT : STATES_NOTHING, SPAN(""), false};
    for (size_t i = 0; known && i < count; i++) {
        enum record_states says =
            lookup_first(b->lookup, rows[i], &hit) ? row_states(rows[i], &hit) : STATES_NOTHING;
        s.path = says > s.what ? hit_name(&hit) : s.path;
        s.what = says > s.what ? says : s.what;
        s.time = s.time || (rows[i] == FIELD_TIMESTAMP && says != STATES_NOTHING);
    }
    if (lookup_met_custom(b->lookup)) {
        s.what = STATES_EVENT;
        s.time = s.time || lookup_first(b->lookup, FIELD_TIMESTAMP, &hit);
    }
    return s;
}

struct span builder_source(const struct builder *b, enum field f)
{
    return b->draft.values[f].kind != VALUE_NONE ? value_source(&b->draft.values[f])
                                                 : span_of("", 0);
}
