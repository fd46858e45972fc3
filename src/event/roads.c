/* SPDX-License-Identifier: Apache-2.0 */
#include "event/roads.h"

#include "base/alloc.h"
#include "event/map/build.h"
#include "event/record/clean.h"
#include "event/record/emit.h"
#include "event/record/identity.h"
#include "event/repair/beacon.h"
#include "event/repair/repair.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <stdlib.h>

enum { SOURCE_BYTES = 64 * 1024 }; /* a key has 1 KiB at most, escaped six times that */

struct roads {
    struct identity *identity;
    struct names names;
    struct clean clean;
    struct repair *repair;
    struct builder *builder;
    struct repository_memo repositories; /* of Beacon-shaped records */
    struct buf source;                   /* of the object, as emit_source writes it */
};

struct roads *roads_new(size_t line_bytes)
{
    struct roads *r = mem_zeros(1, sizeof(*r));
    r->identity = identity_new();
    names_init(&r->names);
    clean_init(&r->clean, line_bytes);
    r->repair = repair_new(line_bytes);
    r->builder = builder_new();
    repository_memo_init(&r->repositories);
    r->source = (struct buf)BUF_INIT(SOURCE_BYTES);
    return r;
}

void roads_free(struct roads *r)
{
    if (r == NULL) {
        return;
    }
    identity_free(r->identity);
    names_done(&r->names);
    clean_done(&r->clean);
    repair_free(r->repair);
    builder_free(r->builder);
    repository_memo_done(&r->repositories);
    buf_done(&r->source);
    free(r);
}

struct pathset *roads_names(struct roads *r)
{
    return builder_names(r->builder);
}

void roads_object(struct roads *r, const struct source *s)
{
    buf_clear(&r->source);
    emit_source(&r->source, s);
    identity_object(r->identity);
}

/* The id, of the record as it came: before anything in it is changed. */
static void identify(struct roads *r, const struct road_input *in, struct record *rec)
{
    struct value *v = in->value;
    names_unique_by(&r->names, &v->doc, v->at, in->outline);
    struct identity_record i = {.doc = &v->doc,
                                .at = v->at,
                                .names = &r->names,
                                .beacon = in->shape == SHAPE_BEACON,
                                .customer = in->source->customer};
    rec->kind = RECORD_EVENT;
    rec->spliced = false;
    identity_of(r->identity, &i, rec->key.id, &rec->ordinal_forgotten);
}

/* Close the event in *out. False: it has become too large. */
static bool finish(const struct roads *r, const struct road_input *in, const struct built *b,
                   struct buf *out, struct record *rec)
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
    emit_ingest(out, buf_span(&r->source), &i);
    rec->value = buf_span(out);
    return !out->overflowed;
}

/* The whole record but its last brace, as it came. False: something is wrong with it. */
static bool splice(struct roads *r, const struct road_input *in, struct buf *out,
                   struct built *facts)
{
    const struct value *v = in->value;
    struct beacon b;
    if (in->never_splice || !v->whole || v->doc.repaired || !r->names.unique ||
        (rules_redacts(in->rules) && clean_has_secret(&v->doc, v->at))) {
        return false;
    }
    beacon_check(&v->doc, v->at, in->source->modified_ns, &b);
    if (!b.right) {
        return false;
    }
    buf_add(out, span_of(v->text.p, v->text.n - 1));
    facts->key = b.key;
    facts->time = TIME_EXACT;
    facts->action = span_of("", 0);
    facts->repository = repository_recall(&r->repositories, b.repository);
    facts->actor = b.actor;
    return true;
}

static bool beacon_event(struct roads *r, const struct road_input *in, struct buf *out,
                         struct record *rec, enum reject_reason *why)
{
    struct built facts;
    *why = REJECT_EVENT_TOO_LARGE;
    rec->spliced = splice(r, in, out, &facts);
    if (!rec->spliced) {
        if (!clean_value(&r->clean, in->readers, &r->names, in->value) ||
            (rules_redacts(in->rules) && !clean_redact(&r->clean, in->readers, in->value))) {
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

static bool built_event(struct roads *r, const struct road_input *in, struct buf *out,
                        struct record *rec, enum reject_reason *why)
{
    struct built facts;
    bool as_it_is = r->names.unique && !in->value->doc.repaired;
    *why = REJECT_EVENT_TOO_LARGE;
    if (!clean_value(&r->clean, in->readers, &r->names, in->value)) {
        return false;
    }
    struct build_input build = {.doc = &in->value->doc,
                                .at = in->value->at,
                                .outline = as_it_is ? in->outline : NULL,
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

bool road_event(struct roads *r, const struct road_input *in, struct buf *out, struct record *rec,
                enum reject_reason *why)
{
    buf_clear(out);
    identify(r, in, rec);
    return in->shape == SHAPE_BEACON ? beacon_event(r, in, out, rec, why)
                                     : built_event(r, in, out, rec, why);
}
