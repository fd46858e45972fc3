/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/buf.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static const int64_t at_ms = INT64_C(1795428672345); /* 2026-11-23T10:11:12.345Z */

static struct span line_of(struct buf *b, enum log_format format, const struct log_kv *kv, size_t n)
{
    buf_clear(b);
    log_line(b, format, at_ms, &(struct log_event){LOG_WARN, "object read failed", kv, n});
    return buf_span(b);
}

static void writes_logfmt_with_utc_milliseconds(void **state UNUSED)
{
    struct buf b = BUF_INIT(4096);
    struct log_kv kv[] = {KV_STR("customer", "acme"), KV_INT("receive_count", 3),
                          KV_STR("next", "again in 40 s")};
    assert_span_equal(line_of(&b, LOG_LOGFMT, kv, 3),
                      SPAN("time=2026-11-23T10:11:12.345Z level=warn msg=\"object read failed\" "
                           "customer=acme receive_count=3 next=\"again in 40 s\"\n"));
    buf_done(&b);
}

static void writes_json_with_the_same_keys(void **state UNUSED)
{
    struct buf b = BUF_INIT(4096);
    struct log_kv kv[] = {KV_STR("customer", "acme"), KV_INT("receive_count", -3)};
    assert_span_equal(line_of(&b, LOG_JSON, kv, 2),
                      SPAN("{\"time\":\"2026-11-23T10:11:12.345Z\",\"level\":\"warn\",\"msg\":"
                           "\"object read failed\",\"customer\":\"acme\",\"receive_count\":-3}\n"));
    buf_done(&b);
}

static void an_error_becomes_its_keys_without_the_empty_ones(void **state UNUSED)
{
    struct err e = {.status = 403, .code = "AccessDenied"};
    (void)err_set(&e, FAIL_DENIED, "s3: HTTP %d", 403);
    struct buf b = BUF_INIT(4096);
    struct log_kv kv[] = {KV_ERR(&e)};
    struct span line = line_of(&b, LOG_LOGFMT, kv, 1);
    struct span want = SPAN(" error=denied code=AccessDenied status=403 detail=\"s3: HTTP 403\"\n");
    assert_span_equal(span_from(line, line.n - want.n), want);
    buf_done(&b);
}

static void leaves_out_what_is_not_known(void **state UNUSED)
{
    struct buf b = BUF_INIT(4096);
    struct log_kv kv[] = {KV_KNOWN("size", -1), KV_KNOWN("count", 0), KV_SET("customer", ""),
                          KV_SET("queue", "q")};
    struct span line = line_of(&b, LOG_LOGFMT, kv, 4);
    struct span want = SPAN("\" count=0 queue=q\n");
    assert_span_equal(span_from(line, line.n - want.n), want);
    line = line_of(&b, LOG_JSON, kv, 4);
    want = SPAN("\",\"count\":0,\"queue\":\"q\"}\n");
    assert_span_equal(span_from(line, line.n - want.n), want);
    buf_done(&b);
}

static void quotes_what_is_not_plain(void **state UNUSED)
{
    static const struct {
        struct span text, want;
    } cases[] = {
        {SPAN_INIT("plain/key-1_2.gz"), SPAN_INIT("plain/key-1_2.gz")},
        {SPAN_INIT(""), SPAN_INIT("\"\"")},
        {SPAN_INIT("a b"), SPAN_INIT("\"a b\"")},
        {SPAN_INIT("a=b"), SPAN_INIT("\"a=b\"")},
        {SPAN_INIT("say \"x\" \\"), SPAN_INIT("\"say \\\"x\\\" \\\\\"")},
        {SPAN_INIT("a\nlevel=error\r\t"), SPAN_INIT("\"a\\nlevel=error\\r\\t\"")},
        {SPAN_INIT("\033[31m\177"), SPAN_INIT("\"\\u001b[31m\\u007f\"")},
        {SPAN_INIT("nul\0nul"), SPAN_INIT("\"nul\\u0000nul\"")},
        {SPAN_INIT("gr\xc3\xbc\xc3\x9f"), SPAN_INIT("\"gr\xc3\xbc\xc3\x9f\"")},
        {SPAN_INIT("\xe2\x80\xae\x65"), SPAN_INIT("\"\\u202ee\"")},         /* right-to-left */
        {SPAN_INIT("\xc2\x9b"), SPAN_INIT("\"\\u009b\"")},                  /* C1 control */
        {SPAN_INIT("a\xff\x62"), SPAN_INIT("\"a\xef\xbf\xbd\x62\"")},       /* never UTF-8 */
        {SPAN_INIT("\xc0\x80"), SPAN_INIT("\"\xef\xbf\xbd\xef\xbf\xbd\"")}, /* overlong */
        {SPAN_INIT("\xed\xa0\x80"),
         SPAN_INIT("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"")}, /* surrogate */
        {SPAN_INIT("\xf0\x9f\x98\x80"), SPAN_INIT("\"\xf0\x9f\x98\x80\"")},
        {SPAN_INIT("end\xe2\x82"), SPAN_INIT("\"end\xef\xbf\xbd\xef\xbf\xbd\"")}, /* cut inside */
    };
    struct buf b = BUF_INIT(4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&b);
        log_quote(&b, cases[i].text);
        assert_span_equal(buf_span(&b), cases[i].want);
    }
    buf_done(&b);
}

static void cuts_a_long_text_between_characters(void **state UNUSED)
{
    char text[1100];
    memset(text, 'x', sizeof(text));
    text[1003] = '\xc3'; /* the limit divides this character */
    text[1004] = '\xbc';
    struct buf b = BUF_INIT(4096);
    log_quote(&b, span_of(text, sizeof(text)));
    assert_int_equal(b.n, 1 + 1003 + 4 + 16 + 1);
    assert_memory_equal(b.p + b.n - 23, "xx...#", 6);
    char before[17];
    memcpy(before, b.p + b.n - 17, 16);
    text[1099] = 'y'; /* two texts that begin with the same bytes are told apart */
    buf_clear(&b);
    log_quote(&b, span_of(text, sizeof(text)));
    assert_memory_not_equal(b.p + b.n - 17, before, 16);
    buf_done(&b);
}

static void limits_a_text_as_it_is_escaped(void **state UNUSED)
{
    char text[1024];
    memset(text, '\x01', sizeof(text));
    struct buf b = BUF_INIT(4096);
    log_quote(&b, span_of(text, 170));
    assert_int_equal(b.n, 1 + 170 * 6 + 1);
    buf_clear(&b);
    log_quote(&b, span_of(text, sizeof(text)));
    assert_int_equal(b.n, 1 + 167 * 6 + 4 + 16 + 1);
    buf_done(&b);
}

static void a_full_line_says_so_and_stays_whole(void **state UNUSED)
{
    char text[1000];
    memset(text, '\n', sizeof(text)); /* its size doubles when it is escaped */
    struct log_kv kv[] = {KV_SPAN("a", span_of(text, sizeof(text))),
                          KV_SPAN("b", span_of(text, sizeof(text))),
                          KV_SPAN("c", span_of(text, sizeof(text))),
                          KV_SPAN("d", span_of(text, sizeof(text))), KV_INT("n", 7)};
    struct buf b = BUF_INIT(4096);
    struct span line = line_of(&b, LOG_JSON, kv, 5);
    assert_true(line.n <= 4096);

    assert_non_null(strstr(line.p, ",\"a\":\"\\n\\n"));
    assert_null(strstr(line.p, ",\"d\":"));
    struct span want = SPAN("\",\"n\":7,\"cut\":true}\n");
    assert_span_equal(span_from(line, line.n - want.n), want);
    buf_done(&b);
}

/* Run `write_lines` with standard error redirected to a pipe. Returns the pipe's read end. */
static int captured(void (*write_lines)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int was = dup(STDERR_FILENO);
    assert_true(was >= 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    write_lines();
    assert_int_equal(dup2(was, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(was), 0);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static void write_three_levels(void)
{
    log_text(LOG_DEBUG, "quiet");
    log_text(LOG_INFO, "said");
    log_write(LOG_ERROR, "said too", KV_INT("n", 1));
}

static void leaves_out_lines_below_the_level(void **state UNUSED)
{
    log_setup(LOG_INFO, LOG_LOGFMT);
    int from = captured(write_three_levels);
    char got[4096];
    ssize_t n = read(from, got, sizeof(got) - 1);
    assert_true(n > 0);
    got[n] = '\0';
    assert_null(strstr(got, "quiet"));
    assert_non_null(strstr(got, " level=info msg=said\n"));
    assert_non_null(strstr(got, " level=error msg=\"said too\" n=1\n"));
    assert_int_equal(close(from), 0);
}

static void write_many_of_an_operator(void)
{
    log_write(LOG_ERROR, "first trouble", KV_STR("queue", "q"), KV_STR("detail", "text"));
    for (int i = 0; i < LOG_RECENT + 10; i++) {
        log_operator("changed",
                     (const struct log_kv[]){KV_INT("i", i), KV_STR("to_level", "debug"),
                                             KV_STR("member", "text")},
                     3);
    }
    log_text(LOG_WARN, "last trouble");
}

/* A dozen taps do not push out the error that is looked for. */
static void the_last_lines_keep_trouble_beside_what_operators_did(void **state UNUSED)
{
    struct buf got = BUF_INIT(1024 * 1024);
    int from = captured(write_many_of_an_operator);
    log_recent(&got);
    const char *first = strstr(got.p, "level=error msg=\"first trouble\" queue=q\n");
    const char *last = strstr(got.p, "level=warn msg=\"last trouble\"\n");
    assert_non_null(first);
    assert_non_null(last);
    assert_null(strstr(got.p, "i=9 ")); /* of the operators' lines, the last LOG_RECENT */
    const char *done = strstr(got.p, "level=warn msg=changed i=10 to_level=debug\n");
    assert_true(done > first && last > done);
    assert_non_null(strstr(got.p, "i=73 to_level=debug\n"));
    buf_done(&got);
    assert_int_equal(close(from), 0);
}

enum { THREADS = 4, LINES = 40 };

static void *write_many(void *arg)
{
    for (int i = 0; i < LINES; i++) {
        log_write(LOG_INFO, "line", KV_STR("from", arg), KV_INT("i", i));
    }
    return NULL;
}

static void write_from_threads(void)
{
    pthread_t t[THREADS];
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, write_many, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(t[i], NULL), 0);
    }
}

static void lines_of_threads_do_not_mix(void **state UNUSED)
{
    int from = captured(write_from_threads);
    FILE *f = fdopen(from, "r");
    assert_non_null(f);
    char line[4096];
    int count = 0;
    while (fgets(line, sizeof(line), f) != NULL) {
        assert_memory_equal(line, "time=", 5);
        assert_non_null(strstr(line, " msg=line from="));
        assert_null(strstr(line + 1, "time="));
        count++;
    }
    assert_int_equal(count, THREADS * LINES);
    assert_int_equal(fclose(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_logfmt_with_utc_milliseconds),
        cmocka_unit_test(writes_json_with_the_same_keys),
        cmocka_unit_test(an_error_becomes_its_keys_without_the_empty_ones),
        cmocka_unit_test(leaves_out_what_is_not_known),
        cmocka_unit_test(quotes_what_is_not_plain),
        cmocka_unit_test(cuts_a_long_text_between_characters),
        cmocka_unit_test(limits_a_text_as_it_is_escaped),
        cmocka_unit_test(a_full_line_says_so_and_stays_whole),
        cmocka_unit_test(leaves_out_lines_below_the_level),
        cmocka_unit_test(the_last_lines_keep_trouble_beside_what_operators_did),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
