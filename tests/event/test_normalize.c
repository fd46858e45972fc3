/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties that vectors cannot test: memory, limits, long lines, damage between lines, two
 * threads.
 */
#include "testing.h"

#include "base/buf.h"
#include "cpu_time.h"
#include "event/normalize.h"
#include "event/record/long_lines.h"
#include "event/reject.h"
#include "event/schema/rules.h"
#include "pieces.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 1 << 20, EVENT_BYTES = 1 << 20, SAMPLE_BYTES = 100 };

#define USUAL                                                                                      \
    "{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"beacon\",\"product\":\"endpoint-"        \
    "agent\","                                                                                     \
    "\"schema_version\":\"1.0\",\"event\":{\"kind\":\"agent_runtime\",\"action\":\"file.read\","   \
    "\"category\":\"file\"},\"severity\":\"info\",\"endpoint\":{\"hostname\":\"h1\",\"os\":"       \
    "\"linux\"},\"user\":{\"name\":\"ana\"},\"harness\":{\"name\":\"cursor\"},\"session\":{"       \
    "\"id\":"                                                                                      \
    "\"s-1\"},\"repository\":\"https://github.com/a/b.git\""

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v1"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

static struct normalizer *start(size_t event_bytes, struct long_lines *shared)
{
    const struct normalize_options o = {.event_bytes = event_bytes,
                                        .line_bytes = LINE_BYTES,
                                        .sample_bytes = SAMPLE_BYTES,
                                        .long_lines = shared};
    struct normalizer *n = normalizer_new(&o);
    normalizer_object(n, &source, NULL);
    return n;
}

/* Set the text, with readable bytes after it as lines have. */
static void set_text(struct buf *to, const char *head, char fill, size_t bytes, const char *tail)
{
    buf_clear(to);
    buf_add(to, span_str(head));
    for (size_t i = 0; i < bytes; i++) {
        buf_add_byte(to, fill);
    }
    buf_add(to, span_str(tail));
    assert_non_null(buf_room(to, FRAMING_SLACK));
}

/* The only output of a line. */
static struct output only(struct normalizer *n, const struct buf *text)
{
    struct output r;
    struct output other;
    struct piece piece = line_piece(buf_span(text), 1);
    normalizer_piece(n, &piece);
    assert_true(normalizer_next(n, &r));
    struct output copy = r;
    assert_false(normalizer_next(n, &other));
    return copy;
}

/* ---- Memory ---- */

static _Atomic size_t allocations;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#ifdef SANITIZED
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *p UNUSED, size_t n UNUSED)
{
    allocations++;
}

static void on_free(const volatile void *p UNUSED)
{
}

static void count_allocations(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
}
#else
/* The C library's functions, under the names that all code calls, including C++'s new. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    allocations++;
    return __libc_realloc(p, n);
}

static void count_allocations(void)
{
}
#endif

static void allocates_nothing_for_a_line_that_passes_through(void **state UNUSED)
{
    count_allocations();
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct buf text = BUF_INIT(LINE_BYTES);
    struct output r;
    set_text(&text, USUAL ",\"message\":\"", 'm', 2000, "\",\"a\":[{\"b\":1.5,\"c\":[true]}]}");
    assert_true(only(n, &text).passed_through); /* buffers grow on the first line */
    size_t before = allocations;
    assert_true(before > 0); /* allocations are counted */
    for (uint64_t i = 0; i < 1000; i++) {
        struct piece piece = line_piece(buf_span(&text), i);
        normalizer_piece(n, &piece);
        assert_true(normalizer_next(n, &r));
        assert_true(r.passed_through);
        assert_false(normalizer_next(n, &r));
    }
    assert_int_equal(allocations, before);
    buf_done(&text);
}

/* One record of each other shape, and one to repair. */
static void allocates_nothing_for_a_line_that_is_built_or_repaired(void **state UNUSED)
{
    static const char *const lines[] = {
        "{\"ts\":1778538000,\"user_name\":\"ana\",\"action\":\"bash\",\"cmd\":[\"make\",\"check\"],"
        "\"repo_url\":\"https://me:x@h/o/n.git\",\"tokens_in\":\"12\",\"deep\":[{\"a\":1.50}]}",
        "{\"@timestamp\":\"2026-05-11T22:20:00Z\",\"event\":{\"category\":[\"file\"],\"type\":["
        "\"access\"]},"
        "\"host\":{\"name\":\"h\",\"os\":{\"family\":\"debian\"}},\"file\":{\"path\":\"/a\"}}",
        "{\"timeUnixNano\":\"1778538000000000000\",\"attributes\":[{\"key\":\"gen_ai.prompt.0."
        "content\","
        "\"value\":{\"stringValue\":\"hi\"}},{\"key\":\"service.name\",\"value\":{\"stringValue\":"
        "\"claude-code\"}}]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"codex."
        "tool_result\"},"
        "\"attributes\":[{\"key\":\"arguments\",\"value\":{\"stringValue\":\"{\\\"cmd\\\":"
        "\\\"ls\\\"}\"}}]}]}]}]}",
        "{\"hook_event_name\":\"PostToolUse\",\"transcript_path\":\"/"
        "s.jsonl\",\"tool_name\":\"Bash\","
        "\"tool_input\":{\"command\":\"ls\"},\"tool_response\":\"{\\\"exit_code\\\":0}\"}",
        USUAL ",\"message\":5,\"ingest\":{\"a\":1},\"message\":\"\xff\"}",
    };
    count_allocations();
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct buf text = BUF_INIT(LINE_BYTES);
    size_t warm = 0;
    for (size_t round = 0; round < 1000; round++) {
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
            set_text(&text, lines[i], 'x', 0, "");
            assert_int_equal(only(n, &text).kind, OUTPUT_EVENT);
        }
        warm = round == 1 ? allocations : warm; /* buffers grow on the first line */
    }
    assert_true(warm > 0);
    assert_int_equal(allocations, warm);
    buf_done(&text);
}

static void keeps_its_memory_small_for_short_lines(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    size_t before = mallinfo2().uordblks;
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    set_text(&text, USUAL ",\"message\":\"", 'm', 60000, "\"}");
    assert_true(only(n, &text).passed_through);
    assert_true(mallinfo2().uordblks - before < 4 << 20);
    buf_done(&text);
}

/* ---- Limits ---- */

static void takes_an_event_of_the_limit_and_none_of_one_byte_more(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    set_text(&text, USUAL ",\"message\":\"", 'm', 5000, "\"}");
    OWNED(normalizer) struct normalizer *any = start(EVENT_BYTES, NULL);
    size_t bytes = only(any, &text).value.n;

    OWNED(normalizer) struct normalizer *fits = start(bytes, NULL);
    assert_int_equal(only(fits, &text).kind, OUTPUT_EVENT);
    OWNED(normalizer) struct normalizer *less = start(bytes - 1, NULL);
    struct output r = only(less, &text);
    assert_int_equal(r.kind, OUTPUT_REJECT);
    assert_int_equal(r.reason, REJECT_EVENT_TOO_LARGE);
    buf_done(&text);
}

static void leaves_the_record_out_of_a_built_event_that_is_too_large(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    set_text(&text, "{\"user\":\"ana\",\"action\":\"file.read\",\"x\":\"", 'm', 5000, "\"}");
    OWNED(normalizer) struct normalizer *n = start(2000, NULL);
    struct output r = only(n, &text);
    assert_int_equal(r.kind, OUTPUT_EVENT);
    assert_non_null(memmem(r.value.p, r.value.n, "\"field_truncated\":true", 22));
    assert_null(memmem(r.value.p, r.value.n, "mmmm", 4));
    OWNED(normalizer) struct normalizer *less = start(100, NULL);
    assert_int_equal(only(less, &text).reason, REJECT_EVENT_TOO_LARGE);
    buf_done(&text);
}

static void gives_a_reject_without_sample_where_a_sample_does_not_fit(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    set_text(&text, "", 'x', 500, "");
    OWNED(normalizer) struct normalizer *n = start(200, NULL);
    struct output r = only(n, &text);
    assert_int_equal(r.reason, REJECT_BAD_JSON);
    assert_true(r.value.n > 0);
    assert_null(memmem(r.value.p, r.value.n, "sample", 6));
    buf_done(&text);
}

/* Ends like "…#0123456789abcdef". */
static void cuts_a_long_name_with_a_hash_of_all_of_it(void **state UNUSED)
{
    static char name[REJECT_NAME_BYTES];
    struct object_origin origin = {.customer = SPAN("acme"), .object = {name, 172}};
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct output r;
    memset(name, '\x01', sizeof(name)); /* "\u0001" */
    normalizer_object(n, &origin, NULL);
    normalizer_reject_object(n, REJECT_OBJECT, SPAN(""), 0, &r);
    const char *at = strstr(r.value.p, "\"object\":\"") + 10;
    const char *end = strstr(at, "\"}");
    assert_non_null(end);
    assert_true(end - at <= REJECT_NAME_BYTES && end - at > REJECT_NAME_BYTES - 6);
    assert_memory_equal(end - 20, "\xe2\x80\xa6#", 4);
    char before[17] = "";
    memcpy(before, end - 16, 16);
    name[171] = 'a'; /* behind the cut */
    normalizer_reject_object(n, REJECT_OBJECT, SPAN(""), 0, &r);
    assert_null(strstr(r.value.p, before));
    origin.object.n = 170;
    normalizer_reject_object(n, REJECT_OBJECT, SPAN(""), 0, &r);
    assert_null(strstr(r.value.p, "\xe2\x80\xa6"));
}

static void says_how_long_a_line_may_be(void **state UNUSED)
{
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct piece piece = {.kind = PIECE_TOO_LONG,
                          .framing = FRAMING_LINES,
                          .text = SPAN("{\"a\":\"\xe2\x82"),
                          .line = 7,
                          .offset = 70,
                          .bytes = 5000000};
    struct output r;
    normalizer_piece(n, &piece);
    assert_true(normalizer_next(n, &r));
    assert_span_equal(r.value,
                      SPAN("{\"reason\":\"line_too_long\",\"detail\":\"5000000 bytes; "
                           "limits.line_bytes is 1048576\","
                           "\"customer\":\"acme\",\"object\":\"s3://b/k\",\"version\":\"v1\","
                           "\"line\":7,\"offset\":70,\"bytes\":5000000,"
                           "\"sample\":\"{\\\"a\\\":\\\"\"}"));
    assert_false(normalizer_next(n, &r));
}

static void rejects_an_object_as_a_whole(void **state UNUSED)
{
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct output r;
    normalizer_reject_object(n, REJECT_TRUNCATED_OBJECT, SPAN("the gzip ends early"), 123, &r);
    assert_span_equal(r.value,
                      SPAN("{\"reason\":\"truncated_object\",\"detail\":\"the gzip ends early\","
                           "\"customer\":\"acme\",\"object\":\"s3://b/k\",\"version\":\"v1\","
                           "\"offset\":123}"));
}

/* ---- Hostile lines ---- */

static void repeat(struct buf *out, const char *s, size_t bytes)
{
    size_t n = strlen(s);
    for (size_t i = 0; i + n < bytes; i += n) {
        buf_add(out, span_of(s, n));
    }
}

/*
 * A megabyte of each kind, followed by a good line: time and output are bounded, and the good line
 * is not affected.
 */
static void survives_a_megabyte_of_anything(void **state UNUSED)
{
    static const struct {
        const char *head, *middle, *tail;
    } rows[] = {
        {"", "[", ""},
        {"", "{\"a\":", ""},
        {"", "1 ", ""},
        {"[", "1,", "{\"user\":\"a\"}]"},
        {"[", "{},", "{\"user\":\"a\"}]"},
        {"", "{\"user\":\"a\"}", ""},
        {"{\"vendor\":\"beacon\"", ",\"a\":1", "}"},
        {"{\"vendor\":\"beacon\",\"raw\":[", "{\"a\":1,\"a\":2},", "0]}"},
        {"{\"vendor\":\"beacon\",\"x\":\"", "\xff", "\"}"},
        {"{\"vendor\":\"beacon\",\"x\":\"", "\\ud800", "\"}"},
        {"{\"vendor\":\"beacon\",\"severity\":", "9", "}"},
        {"{\"message\":\"", "{\\\"message\\\":", "\"}"},
        {"{\"vendor\":\"beacon\",\"command\":{\"command\":[", "\"x\",", "\"y\"]}}"},
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[", "{\"body\":1},", "{}]}]}]}"},
        {"{\"vendor\":\"beacon\",\"event\":{\"id\":\"", "i", "\"}}"},
    };
    struct buf good = BUF_INIT(LINE_BYTES);
    struct buf text = BUF_INIT(LINE_BYTES * 2);
    set_text(&good, USUAL, 'x', 0, "}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
        struct output r;
        size_t out = 0;
        buf_clear(&text);
        buf_add(&text, span_str(rows[i].head));
        repeat(&text, rows[i].middle, LINE_BYTES - 200);
        buf_add(&text, span_str(rows[i].tail));
        assert_non_null(buf_room(&text, FRAMING_SLACK));
        struct piece piece = line_piece(buf_span(&text), 1);
        double before = cpu_seconds();
        normalizer_piece(n, &piece);
        while (normalizer_next(n, &r)) {
            out += r.value.n;
        }
        double took = cpu_seconds() - before;
        if (took > 10 || out == 0 || out > (size_t)64 << 20) {
            fail_msg("row %zu: %.1f s, %zu bytes", i, took, out);
        }
        assert_true(only(n, &good).passed_through);
    }
    buf_done(&good);
    buf_done(&text);
}

/* ---- Long lines ---- */

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

/*
 * A record whose attributes are a list is read twice, with the readers that all normalizers share.
 */
static void reads_a_long_record_again_with_the_shared_readers(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    OWNED(normalizer) struct normalizer *first = start(EVENT_BYTES, shared);
    OWNED(normalizer) struct normalizer *second = start(EVENT_BYTES, shared);
    struct buf text = BUF_INIT(LINE_BYTES + FRAMING_SLACK);
    buf_add(&text, SPAN("{\"user\":\"a\",\"attributes\":["));
    repeat(&text, "{\"key\":\"k\",\"value\":[0,0,0,0,0,0,0,0]},", LINE_BYTES - 200);
    buf_add(&text, SPAN("{\"key\":\"session.id\",\"value\":\"s\"}]}"));
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    assert_int_equal(only(first, &text).kind, OUTPUT_EVENT);
    size_t before = in_use();
    struct output r = only(second, &text);
    assert_span_equal(r.key.session, SPAN("s"));
    assert_true(in_use() - before < (size_t)8 * LINE_BYTES);
    buf_done(&text);
}

struct worker {
    pthread_t thread;
    struct long_lines *shared;
    size_t passed_through;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, w->shared);
    struct buf text = BUF_INIT(LINE_BYTES);
    set_text(&text, USUAL ",\"message\":\"", 'm', 100000, "\"}");
    for (int i = 0; i < 50; i++) {
        struct output r;
        struct piece piece = line_piece(buf_span(&text), 1);
        normalizer_piece(n, &piece);
        if (normalizer_next(n, &r)) {
            w->passed_through += r.passed_through && span_eq(r.key.session, SPAN("s-1"));
        } /* the next line begins before all outputs of this one were taken */
    }
    buf_done(&text);
    return NULL;
}

static void shares_readers_of_long_lines_between_threads(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    struct worker workers[3] = {{.shared = shared}, {.shared = shared}, {.shared = shared}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].passed_through, 50);
    }
}

static void holds_no_shared_readers_between_two_lines(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    OWNED(normalizer) struct normalizer *a = start(EVENT_BYTES, shared);
    OWNED(normalizer) struct normalizer *b = start(EVENT_BYTES, shared);
    struct buf text = BUF_INIT(LINE_BYTES);
    struct output r;
    struct output s;
    set_text(&text, USUAL ",\"message\":\"", 'm', 100000, "\"}");
    struct piece piece = line_piece(buf_span(&text), 1);
    normalizer_piece(a, &piece);
    assert_true(normalizer_next(a, &r));
    normalizer_piece(b, &piece);
    assert_true(normalizer_next(b, &s)); /* would otherwise wait indefinitely */
    assert_span_equal(r.key.user, SPAN("ana"));
    assert_span_equal(r.key.session, SPAN("s-1"));
    assert_span_equal(r.value, s.value);
    buf_done(&text);
}

/* Values and an OTLP request, each of several records, above SHORT_LINE_BYTES. */
static const char *const long_of_several[] = {
    /* an array */
    "[{\"user\":\"u1\",\"message\":\"%s\"},{\"user\":\"u2\",\"message\":\"b\"},{\""
    "user\":\"u3\"}]",
    /* values one after another */
    "{\"user\":\"u1\",\"message\":\"%s\"} {\"user\":\"u2\"} 7 {\"user\":\"u3\"}",
    /* OTLP */
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[]},\"scopeLogs\":["
    "{\"logRecords\":[{\"body\":{\"stringValue\":\"%s\"},\"attributes\":[{\""
    "key\":\"user.name\",\"value\":{\"stringValue\":\"u1\"}}]},{\"body\":{\"s"
    "tringValue\":\"b\"},\"attributes\":[{\"key\":\"user.name\",\"value\":{\""
    "stringValue\":\"u2\"}}]},{\"body\":{\"stringValue\":\"c\"},\"attribute"
    "s\":[{\"key\":\"user.name\",\"value\":{\"stringValue\":\"u3\"}}]}]}]}]}",
    /* OTLP that must be sanitized */
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[]},\"scopeLogs\":["
    "{\"logRecords\":[{\"body\":{\"stringValue\":\"\xff"
    "%s\"},\"attributes\":[{"
    "\"key\":\"user.name\",\"value\":{\"stringValue\":\"u1\"}}]},{\"body\":{\""
    "stringValue\":\"b\"},\"body\":{\"stringValue\":\"BB\"},\"attributes\":["
    "{\"key\":\"user.name\",\"value\":{\"stringValue\":\"u2\"}}]},{\"body\":{"
    "\"stringValue\":\"c\"},\"attributes\":[{\"key\":\"user.name\",\"value\":"
    "{\"stringValue\":\"u3\"}}]}]}]}]}",
    /* OTLP in a text */
    "{\"file\":\"f\",\"source_type\":\"s\",\"message\":\"{\\\"resourceLogs\\\":[{\\\"resource\\\":{"
    "\\\"attributes\\\""
    ":[]},\\\"scopeLogs\\\":[{\\\"logRecords\\\":[{\\\"body\\\":{\\\"stringValu"
    "e\\\":\\\"%s\\\"},\\\"attributes\\\":[{\\\"key\\\":\\\"user.name\\\",\\\"value\\\""
    ":{\\\"stringValue\\\":\\\"u1\\\"}}]},{\\\"body\\\":{\\\"stringValue\\\":\\\"b\\"
    "\"},\\\"attributes\\\":[{\\\"key\\\":\\\"user.name\\\",\\\"value\\\":{\\\"strin"
    "gValue\\\":\\\"u2\\\"}}]},{\\\"body\\\":{\\\"stringValue\\\":\\\"c\\\"},\\\"attr"
    "ibutes\\\":[{\\\"key\\\":\\\"user.name\\\",\\\"value\\\":{\\\"stringValue\\\":"
    "\\\"u3\\\"}}]}]}]}]}\"}",
};

enum { SEVERAL = sizeof(long_of_several) / sizeof(long_of_several[0]) };

static void set_long(struct buf *to, const char *pattern)
{
    const char *place = strstr(pattern, "%s");
    char head[256];
    (void)snprintf(head, sizeof(head), "%.*s", (int)(place - pattern), pattern);
    set_text(to, head, 'm', 100000, place + 2);
}

/* Read all of them, so that the shared readers contain data of another normalizer. */
static void read_all(struct normalizer *n, struct buf *text)
{
    struct output r;
    for (size_t i = 0; i < SEVERAL; i++) {
        set_long(text, long_of_several[i]);
        struct piece piece = line_piece(buf_span(text), 1);
        normalizer_piece(n, &piece);
        while (normalizer_next(n, &r)) {
        }
    }
}

/* The values of the records, concatenated. `other` reads its own lines between them. */
static size_t read_between(struct normalizer *n, struct normalizer *other, const char *pattern,
                           struct buf *out)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    struct buf others = BUF_INIT(LINE_BYTES);
    struct output r;
    size_t count = 0;
    set_long(&text, pattern);
    struct piece piece = line_piece(buf_span(&text), 1);
    normalizer_object(n, &source, NULL);
    normalizer_piece(n, &piece);
    while (normalizer_next(n, &r)) {
        count++;
        if (other != NULL) {
            read_all(other, &others); /* would wait indefinitely if n held the readers */
        }
        buf_add(out, r.value);
        buf_add(out, r.key.user);
        buf_add(out, r.key.session);
    }
    buf_done(&text);
    buf_done(&others);
    return count;
}

static void lets_others_read_between_the_records_of_a_long_line(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    OWNED(normalizer) struct normalizer *a = start(EVENT_BYTES, shared);
    OWNED(normalizer) struct normalizer *b = start(EVENT_BYTES, shared);
    struct buf alone = BUF_INIT(4 * EVENT_BYTES);
    struct buf shared_out = BUF_INIT(4 * EVENT_BYTES);
    for (size_t i = 0; i < SEVERAL; i++) {
        buf_clear(&alone);
        buf_clear(&shared_out);
        size_t want = read_between(a, NULL, long_of_several[i], &alone);
        assert_true(want > 1);
        assert_int_equal(read_between(a, b, long_of_several[i], &shared_out), want);
        assert_span_equal(buf_span(&shared_out), buf_span(&alone));
    }
    buf_done(&alone);
    buf_done(&shared_out);
}

/* A long request of more records than a batch can contain: it is read in parts. */
static void set_request(struct buf *to, int records)
{
    buf_clear(to);
    buf_add(to, SPAN("{\"resourceLogs\":[{\"resource\":{\"attributes\":[]},\"scopeLogs\":[{"
                     "\"logRecords\":["));
    for (int i = 0; i < records; i++) {
        buf_addf(to,
                 "%s{\"body\":{\"stringValue\":\"%0200d\"},\"attributes\":[{\"key\":\"user.name\","
                 "\"value\":{\"stringValue\":\"u%d\"}}]}",
                 i > 0 ? "," : "", i, i);
    }
    buf_add(to, SPAN("]}]}]}"));
    assert_non_null(buf_room(to, FRAMING_SLACK));
}

static void reads_a_long_request_again_if_others_used_the_readers(void **state UNUSED)
{
    enum { RECORDS = 700 };
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    OWNED(normalizer) struct normalizer *alone = start(EVENT_BYTES, NULL);
    OWNED(normalizer) struct normalizer *a = start(EVENT_BYTES, shared);
    OWNED(normalizer) struct normalizer *b = start(EVENT_BYTES, shared);
    struct buf text = BUF_INIT(LINE_BYTES);
    struct buf others = BUF_INIT(LINE_BYTES);
    struct output want;
    struct output got;
    set_request(&text, RECORDS);
    assert_true(text.n > SHORT_LINE_BYTES);
    struct piece piece = line_piece(buf_span(&text), 1);
    normalizer_piece(alone, &piece);
    normalizer_piece(a, &piece);
    for (int i = 0; i < RECORDS; i++) {
        char user[16];
        (void)snprintf(user, sizeof(user), "u%d", i);
        assert_true(normalizer_next(alone, &want));
        assert_true(normalizer_next(a, &got));
        assert_span_equal(got.value, want.value);
        assert_span_equal(got.key.user, span_str(user));
        assert_span_equal(got.key.action, want.key.action);
        assert_string_equal(got.key.id, want.key.id);
        if (i % 100 == 0) {
            read_all(b, &others);
        }
    }
    assert_false(normalizer_next(alone, &want));
    assert_false(normalizer_next(a, &got));
    assert_false(normalizer_next(a, &got));
    buf_done(&text);
    buf_done(&others);
}

static void may_be_given_another_line_before_a_long_one_is_done(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *shared = long_lines_new(LINE_BYTES);
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, shared);
    struct buf text = BUF_INIT(LINE_BYTES);
    struct output r;
    for (size_t i = 0; i < SEVERAL; i++) {
        set_long(&text, long_of_several[i]);
        struct piece piece = line_piece(buf_span(&text), 1);
        normalizer_piece(n, &piece);
        assert_true(normalizer_next(n, &r));
        set_text(&text, USUAL, 'x', 0, "}");
        piece = line_piece(buf_span(&text), 2);
        normalizer_piece(n, &piece);
        assert_true(normalizer_next(n, &r));
        assert_true(r.passed_through);
        assert_false(normalizer_next(n, &r));
    }
    buf_done(&text);
}

/* ---- Keys and redaction ---- */

static void tells_what_a_key_may_be_made_of(void **state UNUSED)
{
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct buf text = BUF_INIT(LINE_BYTES);
    for (int repaired = 0; repaired < 2; repaired++) {
        set_text(&text, USUAL, 'x', 0, repaired ? ",\"ingest\":1}" : "}");
        struct output r = only(n, &text);
        assert_int_equal(r.passed_through, !repaired);
        assert_span_equal(r.key.category, SPAN("file"));
        assert_span_equal(r.key.action, SPAN("file.read"));
        assert_span_equal(r.key.harness, SPAN("cursor"));
        assert_span_equal(r.key.session, SPAN("s-1"));
        assert_span_equal(r.key.user, SPAN("ana"));
        assert_span_equal(r.key.hostname, SPAN("h1"));
        assert_int_equal(r.key.time_ns, INT64_C(1778538000) * 1000000000);
        assert_int_equal(strlen(r.key.id), 36);
        assert_non_null(memmem(r.value.p, r.value.n, r.key.id, 36));
    }
    buf_done(&text);
}

static void redacts_secrets_if_the_customer_asks_for_it(void **state UNUSED)
{
    OWNED(rules) struct rules *rules = rules_new();
    OWNED(normalizer) struct normalizer *n = start(EVENT_BYTES, NULL);
    struct buf text = BUF_INIT(LINE_BYTES);
    rules_set_redact(rules, true);
    set_text(&text, USUAL ",\"message\":\"use password=hunter22 here\",\"n\":1.50", 'x', 0, "}");
    struct output plain = only(n, &text);
    assert_true(plain.passed_through);
    assert_non_null(memmem(plain.value.p, plain.value.n, "hunter22", 8));
    char id[37];
    memcpy(id, plain.key.id, sizeof(id));

    normalizer_object(n, &source, rules);
    struct output r = only(n, &text);
    assert_false(r.passed_through);
    assert_null(memmem(r.value.p, r.value.n, "hunter22", 8));
    assert_non_null(memmem(r.value.p, r.value.n, "[REDACTED]", 10));
    assert_non_null(memmem(r.value.p, r.value.n, "\"n\":1.50", 8));
    assert_string_equal(r.key.id, id); /* of the event before redaction */

    /* also in a key and in `ingest` */
    set_text(&text, "{\"user\":\"token=hunter22\",\"action\":\"token=hunter22\"}", 'x', 0, "");
    r = only(n, &text);
    assert_int_equal(r.kind, OUTPUT_EVENT);
    assert_span_equal(r.key.user, SPAN("token=[REDACTED]"));
    assert_null(memmem(r.value.p, r.value.n, "hunter22", 8));

    set_text(&text, "{\"password=hunter22 ", 'x', 0, "");
    r = only(n, &text);
    assert_int_equal(r.kind, OUTPUT_REJECT);
    assert_null(memmem(r.value.p, r.value.n, "hunter22", 8));

    set_text(&text, USUAL, 'x', 0, "}");
    assert_true(only(n, &text).passed_through);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocates_nothing_for_a_line_that_passes_through),
        cmocka_unit_test(allocates_nothing_for_a_line_that_is_built_or_repaired),
        cmocka_unit_test(keeps_its_memory_small_for_short_lines),
        cmocka_unit_test(takes_an_event_of_the_limit_and_none_of_one_byte_more),
        cmocka_unit_test(leaves_the_record_out_of_a_built_event_that_is_too_large),
        cmocka_unit_test(gives_a_reject_without_sample_where_a_sample_does_not_fit),
        cmocka_unit_test(cuts_a_long_name_with_a_hash_of_all_of_it),
        cmocka_unit_test(says_how_long_a_line_may_be),
        cmocka_unit_test(rejects_an_object_as_a_whole),
        cmocka_unit_test(survives_a_megabyte_of_anything),
        cmocka_unit_test(reads_a_long_record_again_with_the_shared_readers),
        cmocka_unit_test(shares_readers_of_long_lines_between_threads),
        cmocka_unit_test(holds_no_shared_readers_between_two_lines),
        cmocka_unit_test(lets_others_read_between_the_records_of_a_long_line),
        cmocka_unit_test(reads_a_long_request_again_if_others_used_the_readers),
        cmocka_unit_test(may_be_given_another_line_before_a_long_one_is_done),
        cmocka_unit_test(tells_what_a_key_may_be_made_of),
        cmocka_unit_test(redacts_secrets_if_the_customer_asks_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
