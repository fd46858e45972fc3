/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any lines: outputs are JSON objects of valid UTF-8 without a newline; events end with `ingest`,
 * pass Validate() of event-schema.md §4, and pass through when they are read again; the next line
 * is not affected. Two runs give the same bytes. A third one has its secrets replaced.
 */
#include "base/buf.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "event/normalize.h"
#include "event/record/duplicate_names.h"
#include "event/repair/beacon.h"
#include "event/schema/rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { MOST = 1 << 18, EVENT_BYTES = 1 << 18, SAMPLE = 64, MOST_RECORDS = 4096 };

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k\"\n\xff"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

static struct duplicate_names names;

static void check_event(struct json_reader *reader, const struct output *r)
{
    struct doc d;
    struct beacon b;
    struct span text = r->value;
    CHECK(json_scan(reader, &text, &d, NULL) == FAIL_NONE && text.n == 0 && !d.repaired);
    CHECK(duplicate_names_absent(&names, &d, DOC_ROOT));

    size_t last = 0;
    for (size_t i = doc_first(&d, DOC_ROOT); !doc_at_end(&d, i); i = doc_next(&d, i + 1)) {
        last = i;
    }
    CHECK(last != 0 && span_eq(doc_string(&d, last), SPAN("ingest")));

    /* Nothing to repair except `ingest`, and a category that cannot be derived. */
    const uint32_t all = ((1U << RULE_REQUIRED) - 2) & ~(1U << RULE_CATEGORY);
    beacon_check(&d, DOC_ROOT, source.modified_ns, &b);
    bool from_object = memmem(r->value.p, r->value.n, "from_object", 11) != NULL;
    CHECK((b.seen & all) == all || from_object);
}

/* True: enough records were seen. */
static bool run_piece(struct normalizer *n, struct json_reader *reader, const struct piece *piece,
                      struct buf *out, size_t *records)
{
    struct output r;
    normalizer_piece(n, piece);
    while (*records < MOST_RECORDS && normalizer_next(n, &r)) {
        ++*records;
        CHECK(r.value.n > 0 && r.value.n <= EVENT_BYTES);
        CHECK(utf8_valid(r.value) && memchr(r.value.p, '\n', r.value.n) == NULL);
        buf_add(out, r.value);
        if (reader != NULL && r.kind == OUTPUT_EVENT) {
            check_event(reader, &r);
        }
    }
    return *records == MOST_RECORDS;
}

static void run(struct normalizer *n, struct json_reader *reader, const struct rules *rules,
                struct span text, struct buf *out)
{
    OWNED(framing) struct framing *f = framing_new(MOST, SAMPLE);
    struct piece piece;
    size_t records = 0;
    normalizer_object(n, &source, rules);
    while (framing_next(f, &text, &piece) || framing_last(f, &piece)) {
        if (run_piece(n, reader, &piece, out, &records)) {
            break;
        }
        framing_answer(f, normalizer_answer(n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct normalizer *n;
    static struct json_reader *reader;
    static struct rules *redacting;
    if (n == NULL) {
        const struct normalize_options o = {
            .event_bytes = EVENT_BYTES, .line_bytes = MOST, .sample_bytes = SAMPLE};
        n = normalizer_new(&o);
        reader = json_reader_new(EVENT_BYTES);
        duplicate_names_init(&names);
        redacting = rules_new();
        rules_set_redact(redacting, true);
    }
    char *copy = malloc(size + FRAMING_SLACK);
    CHECK(copy != NULL);
    memcpy(copy, data, size);
    memset(copy + size, '"', FRAMING_SLACK);
    struct buf first = BUF_INIT((size_t)1 << 30);
    struct buf second = BUF_INIT((size_t)1 << 30);
    run(n, reader, NULL, span_of(copy, size), &first);
    run(n, NULL, NULL, span_of(copy, size), &second);
    CHECK(span_eq(buf_span(&first), buf_span(&second)));
    buf_clear(&second);
    run(n, NULL, redacting, span_of(copy, size), &second);
    buf_done(&first);
    buf_done(&second);
    free(copy);
    return 0;
}
