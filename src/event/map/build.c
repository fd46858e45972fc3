/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the rebuild path; what each step does is in the module it calls. */
#include "event/map/build.h"

#include "base/alloc.h"
#include "event/map/actions.h"
#include "event/map/category.h"
#include "event/map/draft.h"
#include "event/map/event_writer.h"
#include "event/record/otlp.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <stdlib.h>

enum { PLAIN_BYTES = 4 << 20 }; /* largest record whose attribute lists become maps */

struct builder {
    struct lookup *lookup;
    struct arena arena;
    struct draft draft;
    struct event_writer write;
    struct action_words *words;
    struct json_reader *reader; /* of records made plain, if none is lent */
    struct buf plain;
    struct repository_cache repositories;
    struct buf redacted; /* one text of the key */
};

struct builder *builder_new(void)
{
    struct builder *b = mem_zeros(1, sizeof(*b));
    b->lookup = lookup_new();
    b->words = action_words_new();
    b->plain = (struct buf)BUF_INIT(PLAIN_BYTES);
    repository_memo_init(&b->repositories);
    b->redacted = (struct buf)BUF_INIT(PLAIN_BYTES);
    event_writer_init(&b->write);
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
    event_writer_done(&b->write);
    buf_done(&b->plain);
    repository_memo_done(&b->repositories);
    buf_done(&b->redacted);
    free(b);
}

struct pathset *builder_names(struct builder *b)
{
    return lookup_names(b->lookup);
}

/* What look-ups are done in: the record, or its reading with attribute lists as maps. */
static bool builder_look(struct builder *b, const struct build_input *in, struct doc *plain)
{
    const struct doc *doc = in->doc;
    const struct record_index *record_index = in->record_index;
    size_t at = in->at;
    if (in->shape == SHAPE_OTEL && otlp_plain(in->doc, in->at, &b->plain) && !b->plain.overflowed) {
        struct span text = buf_span(&b->plain);
        if (in->reader == NULL && b->reader == NULL) {
            b->reader = json_reader_new(PLAIN_BYTES);
        }
        struct json_reader *reader = in->reader != NULL ? in->reader : b->reader;
        if (json_scan(reader, &text, plain, NULL) == FAIL_NONE) {
            doc = plain;
            record_index = NULL;
            at = DOC_ROOT;
        }
    }
    return lookup_record(b->lookup, doc, at, record_index, in->shape, in->rules);
}

static struct span redacted(struct builder *b, struct span text)
{
    buf_clear(&b->redacted);
    if (!rules_redact(b->draft.in->rules, text, &b->redacted)) {
        return text;
    }
    struct span kept = buf_span(&b->redacted);
    return arena_join(&b->arena, &kept, 1);
}

/* The key and `ingest` leave, too: what is taken out of the event is not in them. */
static void redact_built(struct builder *b, struct built *built)
{
    struct span *const texts[] = {&built->key.category, &built->key.harness,  &built->key.session,
                                  &built->key.user,     &built->key.hostname, &built->key.action,
                                  &built->action,       &built->repository};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = redacted(b, *texts[i]);
    }
}

static void builder_say(struct builder *b, struct built *built)
{
    const struct draft *d = &b->draft;
    struct output_key *key = &built->key;
    key->category = draft_text(d, FIELD_EVENT_CATEGORY);
    key->harness = draft_text(d, FIELD_HARNESS_NAME);
    key->session = draft_text(d, FIELD_SESSION_ID);
    key->user = draft_text(d, FIELD_USER_NAME);
    key->hostname = draft_text(d, FIELD_ENDPOINT_HOSTNAME);
    key->action = draft_text(d, FIELD_EVENT_ACTION);
    key->time_ns = d->time.ns;
    built->time = d->time.quality;
    built->time_unread = d->time_unread;
    built->action = d->word;
    built->repository = draft_text(d, FIELD_REPOSITORY);
    built->actor = span_of("", 0);
    if (rules_redacts(d->in->rules)) {
        redact_built(b, built);
    }
    built->repository = repository_recall(&b->repositories, built->repository);
}

/* Fields that are about the record as a whole. */
static void draft_ours(struct draft *d)
{
    draft_set(d, FIELD_RAW_SOURCE_SHAPE, span_str(shape_name(d->in->shape)));
    bool without = d->in->without_record;
    draft_slot(d, FIELD_RAW_RECORD)->kind =
        without ? VALUE_NONE : VALUE_DOC; /* written by itself */
    *draft_slot(d, FIELD_FIELD_TRUNCATED) = (struct field_value){
        without ? VALUE_LITERAL : VALUE_NONE, SPAN("true"), NULL, 0, NULL, false};
}

bool build_event(struct builder *b, const struct build_input *in, struct buf *out,
                 struct built *built)
{
    struct draft *d = &b->draft;
    struct doc plain = {0};
    if (!builder_look(b, in, &plain) && in->shape == SHAPE_FLAT) {
        return false; /* §14.2 rule 9; a record of another shape is known by that */
    }
    arena_clear(&b->arena);
    d->in = in;
    d->lookup = b->lookup;
    d->arena = &b->arena;
    d->words = b->words;
    d->word = span_of("", 0);
    d->tool_decision = false;
    draft_collect_first(d);
    draft_ours(d);
    draft_time(d);
    draft_action(d);
    draft_collect_second(d);
    draft_category(d);
    draft_severity(d);
    event_writer_write(&b->write, d, out);
    builder_say(b, built);
    return true;
}

struct span builder_source(const struct builder *b, enum field f)
{
    return b->draft.values[f].kind != VALUE_NONE ? value_source(&b->draft.values[f])
                                                 : span_of("", 0);
}
