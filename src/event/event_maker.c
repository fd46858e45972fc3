/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event_maker.h"

#include "base/alloc.h"
#include "event/map/build.h"
#include "event/record/identity.h"
#include "event/record/ingest_member.h"
#include "event/record/sanitizer.h"
#include "event/repair/beacon.h"
#include "event/repair/repair.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <stdlib.h>

const struct reject_why event_maker_too_large = {REJECT_EVENT_TOO_LARGE,
                                                 "the event is larger than limits.event_bytes"};
const struct reject_why event_maker_no_field = {REJECT_NO_KNOWN_FIELD,
                                                "no member that the schema or an alias knows"};
static const struct reject_why no_event = {
    REJECT_NO_KNOWN_FIELD, "no member says who, where, with which program or what happened"};

struct event_maker {
    struct identity *identity;
    struct duplicate_names names;
    struct sanitizer sanitizer;
    struct repair *repair;
    struct builder *builder;
    struct repository_cache repositories; /* of Beacon-shaped records */
};

struct event_maker *event_maker_new(size_t line_bytes)
{
    struct event_maker *m = mem_zeros(1, sizeof(*m));
    m->identity = identity_new();
    duplicate_names_init(&m->names);
    sanitizer_init(&m->sanitizer, line_bytes);
    m->repair = repair_new(line_bytes);
    m->builder = builder_new();
    repository_cache_init(&m->repositories);
    return m;
}

void event_maker_free(struct event_maker *m)
{
    if (m == NULL) {
        return;
    }
    identity_free(m->identity);
    duplicate_names_done(&m->names);
    sanitizer_done(&m->sanitizer);
    repair_free(m->repair);
    builder_free(m->builder);
    repository_cache_done(&m->repositories);
    free(m);
}

struct pathset *event_maker_names(struct event_maker *m)
{
    return builder_names(m->builder);
}

struct record_stated event_maker_states(struct event_maker *m, const struct doc *doc, size_t at,
                                        const struct record_index *index, const struct rules *rules)
{
    bool is_event = shape_is_beacon(doc, index) || (index->signs & (SIGN_OTLP | SIGN_HOOK)) != 0;
    return is_event ? (struct record_stated){STATES_EVENT, SPAN(""), true}
                    : builder_states(m->builder, doc, at, index, rules);
}

/* The record is read before any change of it (event/README.md, rule 7). */
static void identify_record(struct event_maker *m, const struct event_maker_input *in)
{
    struct value *v = in->value;
    identity_object(m->identity, in->origin, in->ordinals);
    duplicate_names_absent_indexed(&m->names, &v->doc, v->at, in->index);
    struct hashed_record r = {
        .doc = &v->doc, .at = v->at, .names = &m->names, .beacon = in->shape == SHAPE_BEACON};
    identity_read(m->identity, &r);
}

/* The id, when the event's time is decided; what else is known of the event. */
static void set_output(struct event_maker *m, const struct event_facts *facts, struct output *o)
{
    o->key = facts->key;
    identity_write(m->identity, facts, o->key.id, &o->ordinal_forgotten);
    o->time_from_object = facts->time == TIME_FROM_OBJECT;
    o->time_unread = facts->time_unread;
}

/* Append `ingest` to the event in *out and close it. False: it is too large. */
static bool finish_event(const struct event_maker_input *in, const struct event_facts *b,
                         struct buf *out, struct output *o)
{
    struct ingest i = {.id = o->key.id,
                       .line = in->line,
                       .item = in->item,
                       .framing = in->framing,
                       .shape = in->shape,
                       .time = b->time,
                       .text_replaced = o->text_replaced,
                       .names_duplicate = o->names_duplicate,
                       .action = b->action,
                       .repository = b->repository,
                       .actor = b->actor};
    ingest_member_write(out, in->ingest, &i);
    o->value = buf_span(out);
    return !out->overflowed;
}

/* Copy the record without its last brace. False: it must be repaired. */
static bool pass_through(struct event_maker *m, const struct event_maker_input *in, struct buf *out,
                         struct event_facts *facts)
{
    const struct value *v = in->value;
    struct beacon b;
    if (in->never_pass_through || !v->whole || v->doc.repaired || !m->names.unique ||
        (rules_redacts(in->rules) && sanitizer_has_secret(&v->doc, v->at))) {
        return false;
    }
    beacon_check(&v->doc, v->at, in->origin->modified_ns, &b);
    if (!b.right) {
        return false;
    }
    buf_add(out, span_of(v->text.p, v->text.n - 1));
    *facts = b.facts;
    facts->repository = repository_recall(&m->repositories, b.facts.repository);
    return true;
}

/* Replace the secrets of the record, before anything is made of it. */
static bool redact(struct event_maker *m, const struct event_maker_input *in)
{
    struct value *v = in->value;
    return !sanitizer_has_secret(&v->doc, v->at) ||
           sanitizer_redact(&m->sanitizer, in->readers, &m->names, v);
}

/* A step for each of the parts of the work on a record. */
static void step(const struct event_maker_input *in)
{
    steps_count(in->steps, in->value->text.n);
}

static bool clean(struct event_maker *m, const struct event_maker_input *in)
{
    if (!sanitizer_value(&m->sanitizer, in->readers, &m->names, in->value)) {
        return false;
    }
    step(in);
    if (rules_redacts(in->rules) && !redact(m, in)) {
        return false;
    }
    step(in);
    return true;
}

static bool beacon_event(struct event_maker *m, const struct event_maker_input *in, struct buf *out,
                         struct output *o, struct reject_why *why)
{
    struct event_facts facts;
    *why = event_maker_too_large;
    o->passed_through = pass_through(m, in, out, &facts);
    if (!o->passed_through) {
        if (!clean(m, in)) {
            return false;
        }
        struct repair_input repair = {.doc = &in->value->doc,
                                      .at = in->value->at,
                                      .modified_ns = in->origin->modified_ns,
                                      .envelope_time = in->envelope_time};
        repair_event(m->repair, &repair, out, &facts);
        facts.repository = repository_recall(&m->repositories, facts.repository);
    }
    set_output(m, &facts, o);
    return finish_event(in, &facts, out, o);
}

static bool built_event(struct event_maker *m, const struct event_maker_input *in, struct buf *out,
                        struct output *o, struct reject_why *why)
{
    struct event_facts facts;
    const char *text = in->value->text.p;
    bool as_it_is = m->names.unique && !in->value->doc.repaired;
    *why = event_maker_too_large;
    if (!clean(m, in)) {
        return false;
    }
    as_it_is = as_it_is && in->value->text.p == text;
    struct build_input build = {.doc = &in->value->doc,
                                .at = in->value->at,
                                .index = as_it_is ? in->index : NULL,
                                .shape = in->shape,
                                .origin = in->origin,
                                .rules = in->rules,
                                .reader = in->readers[1 - in->value->reader],
                                .envelope_time = in->envelope_time,
                                .envelope_host = in->envelope_host};
    for (int attempt = 0; attempt < 2; attempt++) {
        buf_clear(out);
        build.without_record = attempt > 0;
        enum build_result result = build_event(m->builder, &build, out, &facts);
        if (result != BUILD_EVENT) {
            *why = result == BUILD_NO_EVENT ? no_event : event_maker_no_field;
            return false;
        }
        if (attempt == 0) {
            set_output(m, &facts, o);
        }
        if (finish_event(in, &facts, out, o)) {
            return true;
        }
    }
    return false;
}

bool event_maker_make(struct event_maker *m, const struct event_maker_input *in, struct buf *out,
                      struct output *o, struct reject_why *why)
{
    buf_clear(out);
    o->kind = OUTPUT_EVENT;
    o->passed_through = false;
    step(in);
    identify_record(m, in);
    step(in);
    o->text_replaced = in->value->replaced || in->value->doc.repaired;
    o->names_duplicate = !m->names.unique;
    return in->shape == SHAPE_BEACON ? beacon_event(m, in, out, o, why)
                                     : built_event(m, in, out, o, why);
}
