/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any object, taken as each shape: the event is one JSON object, equal in two runs, passes the
 * checks of event-schema.md §4, and stays within its limit.
 */
#include "event/map/build.h"
#include "event/map/category.h"
#include "event/record/otlp.h"
#include "event/schema/rules.h"
#include "event/schema/word_match.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENT_BYTES = 1 << 20 };

static const struct object_origin source = {.customer = SPAN_INIT("c"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1800000000000000000};

static void expect(bool ok)
{
    if (!ok) {
        abort();
    }
}

static struct span text_at(const struct doc *d, size_t object, const char *name)
{
    size_t at = doc_member(d, object, span_str(name));
    return at != 0 && doc_tag(d, at) == '"' ? doc_string(d, at) : span_of("", 0);
}

static size_t object_at(const struct doc *d, const char *name)
{
    size_t at = doc_member(d, DOC_ROOT, span_str(name));
    expect(at != 0 && doc_tag(d, at) == '{');
    return at;
}

/* event-schema.md §4, and the schema's rules for the other members of the envelope. */
static void check_event(const struct doc *d)
{
    int64_t ns = 0;
    expect(span_eq(text_at(d, DOC_ROOT, "vendor"), SPAN("beacon")));
    expect(span_eq(text_at(d, DOC_ROOT, "product"), SPAN("endpoint-agent")));
    expect(span_eq(text_at(d, DOC_ROOT, "schema_version"), SPAN("1.0")));
    expect(timestamp_plain(text_at(d, DOC_ROOT, "timestamp"), &ns));
    expect(timestamp_plausible(ns, source.modified_ns));
    size_t event = object_at(d, "event");
    expect(span_eq(text_at(d, event, "kind"), SPAN("agent_runtime")));
    expect(text_at(d, event, "action").n > 0);
    expect(word_in(text_at(d, DOC_ROOT, "severity"), "info low medium high critical"));
    expect(text_at(d, object_at(d, "endpoint"), "os").n > 0);
    expect(text_at(d, object_at(d, "harness"), "name").n > 0);
    (void)object_at(d, "user");
    size_t origin = doc_member(d, DOC_ROOT, SPAN("origin"));
    expect(origin == 0 || word_in(text_at(d, DOC_ROOT, "origin"), "local cloud ci"));
    size_t content = doc_member(d, DOC_ROOT, SPAN("content"));
    size_t retention = content != 0 ? doc_member(d, content, SPAN("retention")) : 0;
    expect(retention == 0 || word_in(text_at(d, content, "retention"), "metadata redacted full"));
}

static void build(struct builder *b, struct json_reader *reader, const struct build_input *in)
{
    struct buf out = BUF_INIT(EVENT_BYTES);
    struct buf again = BUF_INIT(EVENT_BYTES);
    struct event_facts built;
    if (build_event(b, in, &out, &built) == BUILD_EVENT) {
        expect(build_event(b, in, &again, &built) == BUILD_EVENT);
        expect(out.overflowed == again.overflowed);
        buf_add_byte(&out, '}');
    } else {
        expect(out.n == 0);
    }
    if (out.n > 0 && !out.overflowed) {
        struct span text = buf_span(&out);
        struct doc doc;
        expect(span_eq(buf_span(&again), span_of(out.p, out.n - 1)));
        expect(json_scan(reader, &text, &doc, NULL) == FAIL_NONE && text.n == 0 && !doc.repaired);
        check_event(&doc);
    }
    buf_done(&out);
    buf_done(&again);
}

/*
 * A repaired text is read again, since extents of a repaired document must not be used for copying.
 */
static bool clean(struct json_reader *r, struct span in, struct buf *text, struct doc *doc)
{
    struct span rest = in;
    if (json_scan(r, &rest, doc, NULL) != FAIL_NONE) {
        return false;
    }
    if (doc->repaired) {
        json_clean(span_of(in.p, in.n - rest.n), text);
        rest = buf_span(text);
        expect(json_scan(r, &rest, doc, NULL) == FAIL_NONE);
    }
    return doc_tag(doc, DOC_ROOT) == '{';
}

static void build_all(struct builder *b, const struct doc *doc, const struct rules *rules)
{
    static struct json_reader *reader;
    reader = reader != NULL ? reader : json_reader_new(EVENT_BYTES * 2);
    struct build_input in = {.doc = doc, .at = DOC_ROOT, .origin = &source, .rules = rules};
    for (int s = SHAPE_ECS; s < SHAPES; s++) {
        in.shape = (enum shape)s;
        in.without_record = s == SHAPE_HOOK;
        build(b, reader, &in);
    }
}

static void build_otlp(struct builder *b, const struct doc *doc)
{
    static struct json_reader *inner;
    static struct json_reader *reader;
    inner = inner != NULL ? inner : json_reader_new(EVENT_BYTES);
    reader = reader != NULL ? reader : json_reader_new(EVENT_BYTES * 2);
    struct buf text = BUF_INIT(EVENT_BYTES);
    struct otlp o;
    size_t count = 0;
    otlp_start(&o, doc, DOC_ROOT, 0);
    while (otlp_next(&o, &text)) {
        struct doc record;
        struct span rest = buf_span(&text);
        count++;
        expect(json_scan(inner, &rest, &record, NULL) == FAIL_NONE && rest.n == 0);
        struct build_input in = {
            .doc = &record, .at = DOC_ROOT, .shape = SHAPE_OTLP, .origin = &source};
        build(b, reader, &in);
    }
    struct otlp_missed missed;
    expect(count == otlp_count(doc, DOC_ROOT, 0, &missed));
    expect(missed.others == o.missed.others && missed.unread == o.missed.unread);
    buf_done(&text);
}

static struct rules *some_rules(void)
{
    struct rules *r = rules_new();
    expect(rules_add_alias(r, SPAN("repository"), SPAN("a.b"), NULL) == FAIL_NONE);
    expect(rules_add_alias(r, SPAN("timestamp"), SPAN("t"), NULL) == FAIL_NONE);
    expect(rules_add_alias(r, SPAN("command.command"), SPAN("c"), NULL) == FAIL_NONE);
    expect(rules_add_constant(r, SPAN("user.name"), SPAN("u"), NULL) == FAIL_NONE);
    expect(rules_add_action(r, SPAN("Go"), SPAN("tool.invoked"), NULL) == FAIL_NONE);
    rules_set_redact(r, true);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 64 * 1024) {
        return 0;
    }
    static struct json_reader *r; /* kept: creating them takes longer than a run */
    static struct builder *b;
    static struct rules *rules;
    if (r == NULL) {
        r = json_reader_new(EVENT_BYTES);
        b = builder_new();
        rules = some_rules();
    }
    struct buf text = BUF_INIT(EVENT_BYTES);
    struct doc doc;
    if (clean(r, span_of((const char *)data, size), &text, &doc)) {
        build_all(b, &doc, NULL);
        build_all(b, &doc, rules);
        build_otlp(b, &doc);
    }
    buf_done(&text);
    return 0;
}
