/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two paths, one result (kafka-contract.md §1). Every line is normalized twice: once as usual, and
 * once on the repair path, even if its records could pass through. For each record:
 *
 *   - both give the same bytes, id and key;
 *   - all members of a Beacon-shaped record are still there, except those that violate the schema;
 * they are compared value by value, numbers as written;
 *   - the event without `ingest`, read again as a line of its own, is unchanged on both paths (it
 * passes through if its category could be derived), with the same id on both;
 *   - that id is the id of the original record, if only its text had changed.
 *
 * An odd first byte enables the customer's redaction.
 */
#include "event/normalize.h"
#include "event/repair/beacon.h"
#include "event/schema/repository.h"
#include "event/schema/rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { LINE_BYTES = 1 << 16, EVENT_BYTES = 1 << 20, MOST_RECORDS = 64 };

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

enum path { USUAL, REPAIR, ROADS };

static struct normalizer *normalizers[ROADS]; /* of the line */
static struct normalizer *again[ROADS];       /* of its events */
static struct rules *rules;                   /* NULL, or with redaction */
static struct json_reader *readers[2];

static struct normalizer *make(enum path path)
{
    const struct normalize_options o = {.event_bytes = EVENT_BYTES,
                                        .line_bytes = LINE_BYTES,
                                        .sample_bytes = 64,
                                        .never_pass_through = path == REPAIR};
    return normalizer_new(&o);
}

static void scan(unsigned reader, struct span text, struct doc *d)
{
    CHECK(json_scan(readers[reader], &text, d, NULL) == FAIL_NONE && text.n == 0);
}

/* ---- Values ---- */

static bool is_number(char tag)
{
    return tag == 'l' || tag == 'u' || tag == 'd' || tag == '#';
}

static bool same_value(const struct doc *a, size_t i, const struct doc *b, size_t k);

/* Of duplicate names the last one counts; b has no duplicates. */
static bool same_members(const struct doc *a, size_t i, const struct doc *b, size_t k)
{
    for (size_t m = doc_first(a, i); !doc_at_end(a, m); m = doc_next(a, m + 1)) {
        if (doc_member(b, k, doc_string(a, m)) == 0) {
            return false;
        }
    }
    for (size_t m = doc_first(b, k); !doc_at_end(b, m); m = doc_next(b, m + 1)) {
        size_t there = doc_member(a, i, doc_string(b, m));
        if (there == 0 || !same_value(a, there, b, m + 1)) {
            return false;
        }
    }
    return true;
}

static bool same_elements(const struct doc *a, size_t i, const struct doc *b, size_t k)
{
    size_t m = doc_first(a, i);
    size_t n = doc_first(b, k);
    for (; !doc_at_end(a, m) && !doc_at_end(b, n); m = doc_next(a, m), n = doc_next(b, n)) {
        if (!same_value(a, m, b, n)) {
            return false;
        }
    }
    return doc_at_end(a, m) && doc_at_end(b, n);
}

static bool same_value(const struct doc *a, size_t i, const struct doc *b, size_t k)
{
    char tag = doc_tag(a, i);
    if (tag != doc_tag(b, k)) {
        return false;
    }
    if (tag == '{') {
        return same_members(a, i, b, k);
    }
    if (tag == '[') {
        return same_elements(a, i, b, k);
    }
    return tag == '"' ? span_eq(doc_string(a, i), doc_string(b, k))
                      : !is_number(tag) || span_eq(doc_source(a, i), doc_source(b, k));
}

/* ---- Members of a Beacon-shaped record ---- */

struct kept {
    const struct doc *from, *to;
    bool bare; /* user info was removed from URLs, also in `raw` */
};

static void check_kept(const struct kept *c, size_t i, size_t k, enum member_group group);

/* `raw` may have additional members. */
static void check_raw_kept(const struct kept *c, size_t i, size_t k)
{
    for (size_t m = doc_first(c->from, i); !c->bare && !doc_at_end(c->from, m);
         m = doc_next(c->from, m + 1)) {
        struct span name = doc_string(c->from, m);
        size_t there = doc_member(c->to, k, name);
        CHECK(there != 0 && same_value(c->from, doc_member(c->from, i, name), c->to, there));
    }
}

/* The customer's own `ingest` is in raw, as raw.ingest, raw.ingest_2 and so on. */
static void check_ingest_kept(const struct kept *c, size_t i)
{
    bool found = c->bare;
    size_t raw = doc_member(c->to, DOC_ROOT, SPAN("raw"));
    CHECK(raw != 0 && doc_tag(c->to, raw) == '{');
    for (size_t m = doc_first(c->to, raw); !doc_at_end(c->to, m); m = doc_next(c->to, m + 1)) {
        found = found || (span_starts(doc_string(c->to, m), SPAN("ingest")) &&
                          same_value(c->from, i, c->to, m + 1));
    }
    CHECK(found);
}

/* m: the schema's row of the member; NULL: there is none. */
static void check_member_kept(const struct kept *c, const struct member *m, size_t i, size_t there)
{
    enum member_rule rule = m != NULL ? m->rule : RULE_NONE;
    bool object = m != NULL && m->type == MEMBER_OBJECT && doc_tag(c->from, i) == '{';
    if (rule == RULE_INGEST) {
        check_ingest_kept(c, i);
    } else if (object) {
        CHECK(there != 0 && doc_tag(c->to, there) == '{');
        if (rule == RULE_RAW) {
            check_raw_kept(c, i, there);
        } else {
            check_kept(c, i, there, m->group);
        }
    } else if (m == NULL || (rule == RULE_NONE && m->type != MEMBER_OBJECT &&
                             beacon_type_fits(c->from, i, m->type))) {
        CHECK(there != 0 && same_value(c->from, i, c->to, there));
    }
}

static void check_kept(const struct kept *c, size_t i, size_t k, enum member_group group)
{
    for (size_t m = doc_first(c->from, i); !doc_at_end(c->from, m); m = doc_next(c->from, m + 1)) {
        struct span name = doc_string(c->from, m);
        size_t value = doc_member(c->from, i, name); /* the last of duplicates */
        check_member_kept(c, member_find(group, name), value, doc_member(c->to, k, name));
    }
}

static bool text_has_userinfo(const struct doc *d, size_t at)
{
    return at != 0 && doc_tag(d, at) == '"' && repository_userinfo(doc_string(d, at)).n > 0;
}

/* If so, it is also removed from copies in `raw`. */
static bool has_userinfo(const struct doc *d)
{
    size_t run = doc_member(d, DOC_ROOT, SPAN("run"));
    bool object = run != 0 && doc_tag(d, run) == '{';
    return text_has_userinfo(d, doc_member(d, DOC_ROOT, SPAN("repository"))) ||
           (object && text_has_userinfo(d, doc_member(d, run, SPAN("repository"))));
}

/* Whether the line is one record that names Beacon itself, so that nothing was unwrapped. */
static bool is_bare_beacon(struct span line, struct doc *d)
{
    struct span rest = line;
    if (json_scan(readers[0], &rest, d, NULL) != FAIL_NONE || rest.n > 0 ||
        doc_tag(d, DOC_ROOT) != '{') {
        return false;
    }
    size_t vendor = doc_member(d, DOC_ROOT, SPAN("vendor"));
    return vendor != 0 && doc_tag(d, vendor) == '"' &&
           span_eq(doc_string(d, vendor), SPAN("beacon"));
}

/* ---- Events ---- */

/* Copy an event without its last member and the comma before it; readable bytes follow. */
static void strip_ingest(struct span event, struct buf *out)
{
    struct doc d;
    size_t last = 0;
    scan(1, event, &d);
    for (size_t i = doc_first(&d, DOC_ROOT); !doc_at_end(&d, i); i = doc_next(&d, i + 1)) {
        last = i;
    }
    CHECK(last != 0 && span_eq(doc_string(&d, last), SPAN("ingest")));
    buf_clear(out);
    buf_add(out, span_of(event.p, doc_extent(&d, last).from - 1));
    buf_add_byte(out, '}');
    CHECK(buf_room(out, FRAMING_SLACK) != NULL);
}

/* Normalize a text that is one record on one of the paths. */
static struct output only_record(enum path path, struct span text)
{
    struct output r;
    const struct piece piece = {
        .kind = PIECE_LINE, .framing = FRAMING_LINES, .text = text, .line = 1, .bytes = text.n};
    normalizer_object(again[path], &source, rules);
    normalizer_piece(again[path], &piece);
    CHECK(normalizer_next(again[path], &r) && r.kind == OUTPUT_EVENT);
    return r;
}

static bool has_category(struct span event)
{
    struct doc d;
    struct beacon b;
    scan(1, event, &d);
    beacon_check(&d, DOC_ROOT, source.modified_ns, &b);
    return (b.seen >> RULE_CATEGORY & 1) != 0;
}

/* Check that the event has nothing to repair. Returns its id when it is read again. */
static void check_again(struct span event, char id[37])
{
    struct buf stripped = BUF_INIT(EVENT_BYTES + FRAMING_SLACK);
    struct buf twice = BUF_INIT(EVENT_BYTES + FRAMING_SLACK);
    strip_ingest(event, &stripped);
    for (enum path path = USUAL; path < ROADS && stripped.n <= LINE_BYTES; path++) {
        struct output r = only_record(path, buf_span(&stripped));
        strip_ingest(r.value, &twice);
        CHECK(span_eq(buf_span(&stripped), buf_span(&twice)));
        CHECK(path == REPAIR || r.passed_through || !has_category(r.value));
        CHECK(path == USUAL || strcmp(id, r.key.id) == 0);
        memcpy(id, r.key.id, sizeof(r.key.id));
    }
    buf_done(&stripped);
    buf_done(&twice);
}

static bool same_key(const struct output_key *a, const struct output_key *b)
{
    return span_eq(a->category, b->category) && span_eq(a->harness, b->harness) &&
           span_eq(a->session, b->session) && span_eq(a->user, b->user) &&
           span_eq(a->hostname, b->hostname) && span_eq(a->action, b->action) &&
           strcmp(a->id, b->id) == 0 && a->time_ns == b->time_ns;
}

static void check_beacon(struct span line, const struct output *r, const char *id_again)
{
    struct doc from;
    struct doc to;
    if (rules != NULL || !is_bare_beacon(line, &from)) {
        return;
    }
    scan(1, r->value, &to);
    const struct kept c = {&from, &to, has_userinfo(&from)};
    check_kept(&c, DOC_ROOT, DOC_ROOT, GROUP_EVENT_OBJECT);

    struct buf stripped = BUF_INIT(EVENT_BYTES + FRAMING_SLACK);
    strip_ingest(r->value, &stripped);
    scan(1, buf_span(&stripped), &to);
    if (stripped.n <= LINE_BYTES && same_value(&from, DOC_ROOT, &to, DOC_ROOT)) {
        CHECK(strcmp(r->key.id, id_again) == 0);
    }
    buf_done(&stripped);
}

/* The next output of the line on both paths. False: there is none. */
static bool next_of_both(struct span line)
{
    struct output a;
    struct output b;
    bool more = normalizer_next(normalizers[USUAL], &a);
    CHECK(normalizer_next(normalizers[REPAIR], &b) == more);
    if (!more) {
        return false;
    }
    CHECK(a.kind == b.kind && span_eq(a.value, b.value));
    if (a.kind == OUTPUT_REJECT) {
        CHECK(a.reason == b.reason);
        return true;
    }
    CHECK(!b.passed_through && same_key(&a.key, &b.key));
    char id[sizeof(a.key.id)] = "";
    check_again(a.value, id);
    check_beacon(line, &a, id);
    return true;
}

/* Each line is an object of its own, so that ids without ordinals can be compared. */
static void run_piece(const struct piece *piece)
{
    for (enum path path = USUAL; path < ROADS; path++) {
        normalizer_object(normalizers[path], &source, rules);
        normalizer_piece(normalizers[path], piece);
    }
    for (int records = 0; records < MOST_RECORDS && next_of_both(piece->text); records++) {
    }
}

static void start(void)
{
    for (enum path path = USUAL; path < ROADS; path++) {
        normalizers[path] = make(path);
        again[path] = make(path);
    }
    for (size_t i = 0; i < 2; i++) {
        readers[i] = json_reader_new(EVENT_BYTES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rules *redacting;
    if (redacting == NULL) {
        start();
        redacting = rules_new();
        rules_set_redact(redacting, true);
    }
    if (size == 0 || size > LINE_BYTES) {
        return 0;
    }
    rules = (data[0] & 1) != 0 ? redacting : NULL;
    char *copy = malloc(size - 1 + FRAMING_SLACK);
    CHECK(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    memset(copy + size - 1, '"', FRAMING_SLACK);
    struct span text = span_of(copy, size - 1);
    OWNED(framing) struct framing *f = framing_new(LINE_BYTES, 64);
    struct piece piece;
    while (framing_next(f, &text, &piece) || framing_last(f, &piece)) {
        run_piece(&piece);
    }
    free(copy);
    return 0;
}
