/* SPDX-License-Identifier: Apache-2.0 */
#include "net/aws.h"

#include "net/http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BODY_MAX = 4096, NEVER_MS = 60000 };

/* One server, one client, one response. */
struct fixture {
    struct aws aws;
    struct http *http;
    struct http_answer answer;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    f->http = http_new(NULL);
    http_answer_init(&f->answer, BODY_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_free(f->http);
    http_answer_done(&f->answer);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static struct http_request get(const char *url)
{
    return (struct http_request){.method = "GET",
                                 .url = span_str(url),
                                 .connect_timeout_ms = NEVER_MS,
                                 .total_timeout_ms = NEVER_MS};
}

static enum err_kind call(struct fixture *f, const struct http_request *r)
{
    return http_call(f->http, r, &f->answer, &f->err);
}

static void gives_status_head_and_body(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "404 Not Found", "ETag:  \"x\" \r\nDate: d\r\n",
                      SPAN("hello"));
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_int_equal(f->answer.status, 404);
    assert_span_equal(http_field(&f->answer, "etag"), SPAN("\"x\""));
    assert_span_equal(http_field(&f->answer, "x-none"), SPAN(""));
    assert_span_equal(buf_span(&f->answer.body), SPAN("hello"));
    assert_true(f->answer.sized);
}

static void sends_only_what_it_is_told(void **state)
{
    struct fixture *f = *state;
    char url[256];
    (void)snprintf(url, sizeof(url), "%s//a/../b/./c%%2F?q=%%20", f->aws.endpoint);
    struct http_header headers[] = {{SPAN("X-Amz-A"), SPAN("1")}, {SPAN("X-Empty"), SPAN("")}};
    struct http_request r = get(url);
    r.headers = headers;
    r.header_count = 2;
    server_add_answer(f->aws.server, "200 OK", "", SPAN(""));
    assert_int_equal(call(f, &r), FAIL_NONE);

    char want[512];
    (void)snprintf(want, sizeof(want),
                   "GET //a/../b/./c%%2F?q=%%20 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: "
                   "asymptote-ingest/" INGEST_VERSION "\r\nX-Amz-A: 1\r\nX-Empty:\r\n\r\n",
                   server_port(f->aws.server));
    struct buf got = BUF_INIT(BODY_MAX);
    server_copy(f->aws.server, 0, &got);
    assert_span_equal(buf_span(&got), span_str(want));
    buf_done(&got);
}

static void posts_and_puts_bodies(void **state)
{
    struct fixture *f = *state;
    struct http_header type = {SPAN("Content-Type"), SPAN("application/x-amz-json-1.0")};
    struct http_request r = get(f->aws.endpoint);
    r.method = "POST";
    r.body = SPAN("{\"a\":1}");
    r.headers = &type;
    r.header_count = 1;
    server_add_answer(f->aws.server, "200 OK", "", SPAN(""));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("token"));
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "POST / HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\nContent-Type: application/x-amz-json-1.0\r\n"));
    assert_true(server_got(f->aws.server, 0, "\r\n\r\n{\"a\":1}"));

    struct http_request put = get(f->aws.endpoint);
    put.method = "PUT";
    assert_int_equal(call(f, &put), FAIL_NONE);
    assert_true(server_got(f->aws.server, 1, "PUT / HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 1, "\r\nContent-Length: 0\r\n"));
    assert_span_equal(buf_span(&f->answer.body), SPAN("token"));
    assert_int_equal(server_connections(f->aws.server), 1);
}

static void does_not_follow_redirects(void **state)
{
    struct fixture *f = *state;
    char headers[256];
    (void)snprintf(headers, sizeof(headers), "Location: %s/elsewhere\r\n", f->aws.endpoint);
    server_add_answer(f->aws.server, "301 Moved", headers, SPAN("x"));
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_int_equal(f->answer.status, 301);
    assert_int_equal(server_requests(f->aws.server), 1);
}

static void reads_the_answer_behind_interim_ones(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 100 Continue\r\nA: 1\r\n\r\n"
                                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_int_equal(f->answer.status, 200);
    assert_span_equal(http_field(&f->answer, "a"), SPAN(""));
}

static void refuses_urls_and_headers_that_could_be_a_trick(void **state)
{
    struct fixture *f = *state;
    struct http_header bad[] = {{SPAN("X-A"), SPAN("1\r\nX-B: 2")}, {SPAN(""), SPAN("1")}};
    struct http_request r = get("http://example.com/");
    assert_int_equal(call(f, &r), FAIL_CONFIG);
    assert_non_null(strstr(f->err.text, "allow_http"));
    r = get("ftp://127.0.0.1/");
    assert_int_equal(call(f, &r), FAIL_CONFIG);
    for (size_t i = 0; i < 2; i++) {
        r = get(f->aws.endpoint);
        r.headers = &bad[i];
        r.header_count = 1;
        assert_int_equal(call(f, &r), FAIL_CONFIG);
    }
    assert_int_equal(server_connections(f->aws.server), 0);
}

static void cuts_a_body_that_is_too_long(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 500 Oops\r\nContent-Length: "
                                                          "1073741824\r\n\r\n0123456789abcdef"),
                                             .tail = 16,
                                             .repeat = 1 << 26,
                                             .end = REPLY_CLOSE});
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_int_equal(f->answer.status, 500);
    assert_int_equal(f->answer.body.n, BODY_MAX);
    assert_true(f->answer.body.overflowed);
}

static void ends_endless_headers(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nX-A: 0123456789\r\n"),
                                             .tail = 17,
                                             .repeat = 1 << 26});
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(call(f, &r), FAIL_AGAIN);
    assert_non_null(strstr(f->err.text, "more than 65536 bytes of headers"));

    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 100 Continue\r\n\r\n"),
                                             .tail = 25,
                                             .repeat = 1 << 26});
    assert_int_equal(call(f, &r), FAIL_AGAIN);
    assert_non_null(strstr(f->err.text, "more than 65536 bytes of headers"));
}

static void classes_broken_connections(void **state)
{
    struct fixture *f = *state;
    struct http_request r = get(f->aws.endpoint);
    const struct reply broken[] = {
        {.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), .end = REPLY_CLOSE},
        {.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), .end = REPLY_RESET},
        {.text = SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345"),
         .end = REPLY_CLOSE},
        {.text = SPAN("SSH-2.0-x\r\n"), .end = REPLY_CLOSE},
        {.text = SPAN(""), .end = REPLY_CLOSE},
        {.text = SPAN("HTTP/1.1 200 OK\r\nContent-"), .end = REPLY_CLOSE},
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        server_add(f->aws.server, broken[i]);
        err_clear(&f->err);
        assert_int_equal(call(f, &r), FAIL_AGAIN);
        assert_true(strncmp(f->err.text, "http: ", 6) == 0 && strlen(f->err.text) > 10);
    }
    r = get("http://127.0.0.1:1/");
    assert_int_equal(call(f, &r), FAIL_AGAIN);
    assert_string_equal(f->err.host, "127.0.0.1:1");
}

static void ends_in_time(void **state)
{
    struct fixture *f = *state;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n"), .end = REPLY_STALL});
    struct http_request r = get(f->aws.endpoint);
    r.total_timeout_ms = 100;
    assert_int_equal(call(f, &r), FAIL_AGAIN);
}

/* ---- Sinks ---- */

struct taken {
    struct buf body;
    enum err_kind refuse; /* at the first byte */
};

static enum err_kind take_body(void *ctx, const struct http_answer *a, struct span bytes,
                               struct err *e)
{
    struct taken *t = ctx;
    assert_int_equal(a->status, 200);
    assert_span_equal(http_field(a, "x-a"), SPAN("1"));
    buf_add(&t->body, bytes);
    return t->refuse == FAIL_NONE ? FAIL_NONE : err_set(e, t->refuse, "no thanks");
}

static void hands_good_bodies_to_the_sink_and_keeps_bad_ones(void **state)
{
    struct fixture *f = *state;
    struct taken t = {.body = BUF_INIT(BODY_MAX)};
    struct http_sink sink = {&t, take_body};
    struct http_request r = get(f->aws.endpoint);
    r.sink = &sink;
    r.idle_timeout_ms = NEVER_MS;
    server_add_answer(f->aws.server, "403 Forbidden", "X-A: 1\r\n", SPAN("<Error/>"));
    server_add_answer(f->aws.server, "200 OK", "X-A: 1\r\n", SPAN("data"));
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_span_equal(buf_span(&f->answer.body), SPAN("<Error/>"));
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_span_equal(buf_span(&t.body), SPAN("data"));
    assert_int_equal(f->answer.body.n, 0);
    buf_done(&t.body);
}

static void returns_what_the_sink_refused_with(void **state)
{
    struct fixture *f = *state;
    struct taken t = {.body = BUF_INIT(BODY_MAX), .refuse = FAIL_LIMIT};
    struct http_sink sink = {&t, take_body};
    struct http_request r = get(f->aws.endpoint);
    r.sink = &sink;
    server_add_answer(f->aws.server, "200 OK", "X-A: 1\r\n", SPAN("data"));
    assert_int_equal(call(f, &r), FAIL_LIMIT);
    assert_string_equal(f->err.text, "no thanks");
    buf_done(&t.body);
}

static void ends_when_no_byte_arrives(void **state)
{
    struct fixture *f = *state;
    struct taken t = {.body = BUF_INIT(BODY_MAX)};
    struct http_sink sink = {&t, take_body};
    struct http_request r = get(f->aws.endpoint);
    r.sink = &sink;
    r.idle_timeout_ms = 2000; /* more than a busy machine takes for an answer */
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: "
                                           "10\r\n\r\n12345"),
                              .end = REPLY_STALL});
    assert_int_equal(call(f, &r), FAIL_AGAIN);
    assert_non_null(strstr(f->err.text, "no byte"));
    assert_span_equal(buf_span(&t.body), SPAN("12345"));
    buf_done(&t.body);
}

static enum err_kind look_three_times(void *ctx, struct err *e)
{
    int *looks = ctx;
    return ++*looks == 3 ? err_set(e, FAIL_LOST, "no longer wanted") : FAIL_NONE;
}

static void ends_what_hangs_when_its_watch_says_so(void **state)
{
    struct fixture *f = *state;
    int looks = 0;
    struct taken t = {.body = BUF_INIT(BODY_MAX)};
    struct http_sink sink = {&t, take_body};
    struct http_watch watch = {&looks, look_three_times};
    struct http_request r = get(f->aws.endpoint);
    r.sink = &sink;
    r.watch = &watch;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: "
                                           "10\r\n\r\n12345"),
                              .end = REPLY_STALL});
    assert_int_equal(call(f, &r), FAIL_LOST);
    assert_string_equal(f->err.text, "no longer wanted");
    assert_int_equal(looks, 3);
    r.watch = NULL;
    server_add_answer(f->aws.server, "200 OK", "X-A: 1\r\n", SPAN("data"));
    assert_int_equal(call(f, &r), FAIL_NONE); /* the next call is another one */
    buf_done(&t.body);
}

static enum err_kind take_slowly(void *ctx, const struct http_answer *a UNUSED, struct span bytes,
                                 struct err *e UNUSED)
{
    struct taken *t = ctx;
    struct timespec pause = {2, 200 * 1000000L};
    buf_add(&t->body, bytes);
    (void)nanosleep(&pause, NULL);
    return FAIL_NONE;
}

/* The sink takes longer than the timeout; then the client waits some ms for the second piece. */
static void does_not_count_the_time_of_the_sink(void **state)
{
    struct fixture *f = *state;
    struct taken t = {.body = BUF_INIT(BODY_MAX)};
    struct http_sink sink = {&t, take_slowly};
    struct http_request r = get(f->aws.endpoint);
    r.sink = &sink;
    r.idle_timeout_ms = 2000;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
                                           "\r\n12345"),
                              .tail = 5,
                              .repeat = 1,
                              .pause_ms = 2300});
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_span_equal(buf_span(&t.body), SPAN("1234512345"));
    buf_done(&t.body);
}

static void *stop_after_request(void *arg)
{
    struct fixture *f = arg;
    server_await(f->aws.server, 1);
    http_stop(f->http);
    return NULL;
}

static void stops_at_once_and_for_good(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    server_add(f->aws.server,
               (struct reply){.text = SPAN("HTTP/1.1 200 OK\r\n"), .end = REPLY_STALL});
    struct http_request r = get(f->aws.endpoint);
    assert_int_equal(pthread_create(&thread, NULL, stop_after_request, f), 0);
    assert_int_equal(call(f, &r), FAIL_STOPPED);
    (void)pthread_join(thread, NULL);
    assert_int_equal(call(f, &r), FAIL_STOPPED);
    assert_false(http_wait(f->http, NEVER_MS));
    assert_int_equal(server_requests(f->aws.server), 1);
}

static void uses_proxies_but_not_for_this_machine(void **state)
{
    struct fixture *f = *state;
    char proxy[64];
    (void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server_port(f->aws.server));
    assert_int_equal(setenv("http_proxy", proxy, 1), 0);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("by proxy"));
    struct http_request r = get("http://bucket.invalid/k");
    r.allow_http = true;
    assert_int_equal(call(f, &r), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "GET http://bucket.invalid/k HTTP/1.1\r\n"));

    r.no_proxy = true;
    assert_int_equal(call(f, &r), FAIL_AGAIN); /* the name of the proxy does not exist */
    r = get("http://127.0.0.1:1/");
    assert_int_equal(call(f, &r), FAIL_AGAIN); /* no proxy listens at this address */
    assert_int_equal(server_requests(f->aws.server), 1);
}

static void no_proxy_stands_before_metadata(void **state)
{
    static const char *const urls[] = {"http://169.254.169.254/latest/", "http://169.254.170.2/v2/",
                                       "http://[fd00:ec2::254]/latest/"};
    struct fixture *f = *state;
    char proxy[64];
    (void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server_port(f->aws.server));
    assert_int_equal(setenv("http_proxy", proxy, 1), 0);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        server_add_answer(f->aws.server, "200 OK", "", SPAN("by proxy"));
        struct http_request r = get(urls[i]);
        r.allow_http = true;
        r.connect_timeout_ms = 50;
        r.total_timeout_ms = 50;
        if (call(f, &r) == FAIL_NONE) { /* an instance of AWS: its metadata service answered */
            assert_false(span_eq(buf_span(&f->answer.body), SPAN("by proxy")));
        }
    }
    assert_int_equal(server_connections(f->aws.server), 0);
}

static void a_proxy_that_cannot_be_found_may_be_found_later(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("http_proxy", "http://proxy.invalid:1", 1), 0);
    struct http_request r = get("http://bucket.invalid/k");
    r.allow_http = true;
    assert_int_equal(call(f, &r), FAIL_AGAIN);
    assert_non_null(strstr(f->err.text, "proxy.invalid"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_status_head_and_body),
        TEST(sends_only_what_it_is_told),
        TEST(posts_and_puts_bodies),
        TEST(does_not_follow_redirects),
        TEST(reads_the_answer_behind_interim_ones),
        TEST(refuses_urls_and_headers_that_could_be_a_trick),
        TEST(cuts_a_body_that_is_too_long),
        TEST(ends_endless_headers),
        TEST(classes_broken_connections),
        TEST(ends_in_time),
        TEST(hands_good_bodies_to_the_sink_and_keeps_bad_ones),
        TEST(returns_what_the_sink_refused_with),
        TEST(ends_when_no_byte_arrives),
        TEST(ends_what_hangs_when_its_watch_says_so),
        TEST(does_not_count_the_time_of_the_sink),
        TEST(stops_at_once_and_for_good),
        TEST(uses_proxies_but_not_for_this_machine),
        TEST(no_proxy_stands_before_metadata),
        TEST(a_proxy_that_cannot_be_found_may_be_found_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
