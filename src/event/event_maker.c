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

enum { SOURCE_BYTES = 64 * 1024 }; /* a key has 1 KiB at most, escaped six times that */

struct event_maker {
    struct identity *identity;
    struct duplicate_names names;
    struct sanitizer clean;
    struct repair *repair;
    struct builder *builder;
    struct repository_cache repositories; /* of Beacon-shaped records */
    struct buf source;                    /* of the object, as ingest_member_origin writes it */
};

struct event_maker *event_maker_new(size_t line_bytes)
{
    struct event_maker *r = mem_zeros(1, sizeof(*r));
    r->identity = identity_new();
    duplicate_names_init(&r->names);
    sanitizer_init(&r->clean, line_bytes);
    r->repair = repair_new(line_bytes);
    r->builder = builder_new();
    repository_cache_init(&r->repositories);
    r->source = (struct buf)BUF_INIT(SOURCE_BYTES);
    return r;
}

void event_maker_free(struct event_maker *r)
{
    if (r == NULL) {
        return;
    }
    identity_free(r->identity);
    duplicate_names_done(&r->names);
    sanitizer_done(&r->clean);
    repair_free(r->repair);
    builder_free(r->builder);
    repository_cache_done(&r->repositories);
    buf_done(&r->source);
    free(r);
}

struct pathset *event_maker_names(struct event_maker *r)
{
    return builder_names(r->builder);
}

void event_maker_object(struct event_maker *r, const struct object_origin *s)
{
    buf_clear(&r->source);
    ingest_member_origin(&r->source, s);
    identity_object(r->identity);
}

/* The id, of the record as it came: before anything in it is changed. */
static void identify(struct event_maker *r, const struct event_maker_input *in, struct output *rec)
{
    struct value *v = in->value;
    duplicate_names_absent_indexed(&r->names, &v->doc, v->at, in->index);
    struct identity_record i = {.record = {.doc = &v->doc,
                                           .at = v->at,
                                           .names = &r->names,
                                           .beacon = in->shape == SHAPE_BEACON},
                                .customer = in->source->customer};
    rec->kind = OUTPUT_EVENT;
    rec->spliced = false;
    identity_of(r->identity, &i, rec->key.id, &rec->ordinal_forgotten);
}

/* Close the event in *out. False: it has become too large. */
static bool finish(const struct event_maker *r, const struct event_maker_input *in,
                   const struct event_facts *b, struct buf *out, struct output *rec)
{
    char id[sizeof(rec->key.id)];
    memcpy(id, rec->key.id, sizeof(id));
    rec->key = b->key;
    memcpy(rec->key.id, id, sizeof(id));
    struct ingest i = {.id = id,
                       .line = in->line,
                       .item = in->item,
                       .shape = in->shape,
                       .time = b->time,
                       .action = b->action,
                       .repository = b->repository,
                       .actor = b->actor};
    ingest_member_write(out, buf_span(&r->source), &i);
    rec->time_from_object = b->time == TIME_FROM_OBJECT;
    rec->time_unread = b->time_unread;
    rec->value = buf_span(out);
    return !out->overflowed;
}

/* The whole record but its last brace, as it came. False: something is wrong with it. */
static bool splice(struct event_maker *r, const struct event_maker_input *in, struct buf *out,
                   struct event_facts *facts)
{
    const struct value *v = in->value;
    struct beacon b;
    if (in->never_splice || !v->whole || v->doc.repaired || !r->names.unique ||
        (rules_redacts(in->rules) && sanitizer_has_secret(&v->doc, v->at))) {
        return false;
    }
    beacon_check(&v->doc, v->at, in->source->modified_ns, &b);
    if (!b.right) {
        return false;
    }
    buf_add(out, span_of(v->text.p, v->text.n - 1));
    *facts = b.facts;
    facts->repository = repository_recall(&r->repositories, b.facts.repository);
    return true;
}

static bool beacon_event(struct event_maker *r, const struct event_maker_input *in, struct buf *out,
                         struct output *rec, enum reject_reason *why)
{
    struct event_facts facts;
    *why = REJECT_EVENT_TOO_LARGE;
    rec->spliced = splice(r, in, out, &facts);
    if (!rec->spliced) {
        if (!sanitizer_value(&r->clean, in->readers, &r->names, in->value) ||
            (rules_redacts(in->rules) && !sanitizer_redact(&r->clean, in->readers, in->value))) {
            return false;
        }
        struct repair_input repair = {.doc = &in->value->doc,
                                      .at = in->value->at,
                                      .modified_ns = in->source->modified_ns,
                                      .envelope_time = in->envelope_time};
        repair_event(r->repair, &repair, out, &facts);
        facts.repository = repository_recall(&r->repositories, facts.repository);
    }
    return finish(r, in, &facts, out, rec);
}

static bool built_event(struct event_maker *r, const struct event_maker_input *in, struct buf *out,
                        struct output *rec, enum reject_reason *why)
{
    struct event_facts facts;
    bool as_it_is = r->names.unique && !in->value->doc.repaired;
    *why = REJECT_EVENT_TOO_LARGE;
    if (!sanitizer_value(&r->clean, in->readers, &r->names, in->value)) {
        return false;
    }
    struct build_input build = {.doc = &in->value->doc,
                                .at = in->value->at,
                                .index = as_it_is ? in->index : NULL,
                                .shape = in->shape,
                                .source = in->source,
                                .rules = in->rules,
                                .reader = in->readers[1 - in->value->reader],
                                .envelope_time = in->envelope_time,
                                .envelope_host = in->envelope_host};
    for (int attempt = 0; attempt < 2; attempt++) {
        buf_clear(out);
        build.without_record = attempt > 0;
        if (!build_event(r->builder, &build, out, &facts)) {
            *why = REJECT_NO_KNOWN_FIELD;
            return false;
        }
        if (finish(r, in, &facts, out, rec)) {
            return true;
        }
    }
    return false;
}

bool event_maker_make(struct event_maker *r, const struct event_maker_input *in, struct buf *out,
                      struct output *rec, enum reject_reason *why)
{
    buf_clear(out);
    identify(r, in, rec);
    return in->shape == SHAPE_BEACON ? beacon_event(r, in, out, rec, why)
                                     : built_event(r, in, out, rec, why);
}
