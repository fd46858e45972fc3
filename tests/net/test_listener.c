/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/http.h"
#include "net/listener.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE_BYTES = 8 * 1024 * 1024, ANSWER_BYTES = 64 * 1024, SOON_MS = 20000 };

static atomic_int asked;

static int small(void *ctx, const struct listener_request *r UNUSED, struct listener_answer *a)
{
    atomic_fetch_add(&asked, 1);
    buf_add(&a->body, span_str(ctx));
    return 200;
}

static int ill(void *ctx UNUSED, const struct listener_request *r UNUSED, struct listener_answer *a)
{
    buf_add(&a->body, SPAN("no\n"));
    return 503;
}

static int empty(void *ctx UNUSED, const struct listener_request *r UNUSED,
                 struct listener_answer *a UNUSED)
{
    return 200;
}

static int large(void *ctx UNUSED, const struct listener_request *r UNUSED,
                 struct listener_answer *a)
{
    for (int i = 0; i < 7 * 1024; i++) {
        buf_addf(&a->body, "%1023d\n", i);
    }
    return 200;
}

static int too_large(void *ctx UNUSED, const struct listener_request *r, struct listener_answer *a)
{
    while (!a->body.overflowed) {
        (void)large(NULL, r, a);
    }
    return 200;
}

/* A page that prints its request. */
static int mirror(void *ctx UNUSED, const struct listener_request *r, struct listener_answer *a)
{
    a->type = "application/json";
    listener_answer_header(a, "Content-Security-Policy", "default-src 'none'");
    struct span q = listener_query(r, "q");
    buf_addf(&a->body, "%.*s q=%.*s", SPAN_FMT(r->path), SPAN_FMT(q));
    return 200;
}

static const struct listener_page pages[] = {
    {"/small", "text/plain; version=0.0.4", false, small, false},
    {"/ill", "text/plain", false, ill, false},
    {"/empty", "text/plain", false, empty, false},
    {"/large", "text/plain", false, large, false},
    {"/too-large", "text/plain", false, too_large, false},
    {"/below/", "text/plain", true, mirror, false},
};

static char hello[] = "hello\n";

static struct listener *serve(const char *address, struct err *e)
{
    return listener_new(&(struct listener_settings){.address = address,
                                                    .pages = pages,
                                                    .page_count = sizeof(pages) / sizeof(pages[0]),
                                                    .page_bytes = PAGE_BYTES,
                                                    .ctx = hello},
                        e);
}

static void ask(const struct listener *l, const char *method, const char *path,
                struct http_answer *a)
{
    char url[128];
    struct err e = {.kind = FAIL_NONE};
    OWNED(http) struct http *h = http_new(NULL);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", listener_port(l), path);
    struct http_request r = {.method = method,
                             .url = span_str(url),
                             .connect_timeout_ms = SOON_MS,
                             .total_timeout_ms = SOON_MS};
    http_answer_init(a, ANSWER_BYTES);
    if (http_call(h, &r, a, &e) != FAIL_NONE) {
        fail_msg("%s %s: %s", method, path, e.text);
    }
}

static void expect(const struct listener *l, const char *method, const char *path, int status,
                   const char *body)
{
    struct http_answer a;
    ask(l, method, path, &a);
    assert_int_equal(a.status, status);
    assert_span_equal(buf_span(&a.body), span_str(body));
    http_answer_done(&a);
}

static void answers_its_pages_and_nothing_else(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    assert_non_null(l);
    expect(l, "GET", "/small", 200, "hello\n");
    expect(l, "GET", "/small?x=1&y", 200, "hello\n");
    expect(l, "GET", "/ill", 503, "no\n");
    expect(l, "GET", "/empty", 200, "");
    expect(l, "GET", "/", 404, "there is only /small /ill /empty /large /too-large /below/\n");
    expect(l, "GET", "/small/", 404,
           "there is only /small /ill /empty /large /too-large /below/\n");
    expect(l, "POST", "/small", 405, "only GET, HEAD\n");
    expect(l, "DELETE", "/nothing", 405, "only GET, HEAD\n");
    expect(l, "GET", "/too-large", 500, "the page is too long\n");
}

static void tells_type_and_allowed_methods(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    struct http_answer a;
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    ask(l, "GET", "/small", &a);
    assert_span_equal(http_field(&a, "content-type"), SPAN("text/plain; version=0.0.4"));
    assert_span_equal(http_field(&a, "content-length"), SPAN("6"));
    http_answer_done(&a);
    ask(l, "PUT", "/small", &a);
    assert_span_equal(http_field(&a, "allow"), SPAN("GET, HEAD"));
    http_answer_done(&a);
}

static void a_page_sees_path_and_query_and_sets_headers(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    struct http_answer a;
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    ask(l, "GET", "/below/a%20b/c?q=1%2B1&r", &a);
    assert_int_equal(a.status, 200);
    assert_span_equal(buf_span(&a.body), SPAN("/below/a b/c q=1+1"));
    assert_span_equal(http_field(&a, "content-type"), SPAN("application/json"));
    assert_span_equal(http_field(&a, "content-security-policy"), SPAN("default-src 'none'"));
    assert_span_equal(http_field(&a, "cache-control"), SPAN("no-store"));
    http_answer_done(&a);
    expect(l, "GET", "/below/", 200, "/below/ q=");
    expect(l, "GET", "/below", 404, "there is only /small /ill /empty /large /too-large /below/\n");
}

/* ---- Connections ---- */

static int dial(const struct listener *l)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)listener_port(l)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void say(int fd, struct span text)
{
    assert_int_equal(send(fd, text.p, text.n, MSG_NOSIGNAL), (int)text.n);
}

/* Read until the other side closes. */
static void hear(int fd, struct buf *out)
{
    char piece[4096];
    ssize_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, SOON_MS) == 1 && (n = recv(fd, piece, sizeof(piece), 0)) > 0) {
        buf_add(out, span_of(piece, (size_t)n));
    }
}

static void head_has_headers_and_no_body(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    struct buf got = BUF_INIT(ANSWER_BYTES);
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int fd = dial(l);
    say(fd, SPAN("HEAD /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    hear(fd, &got);
    assert_true(span_starts(buf_span(&got), SPAN("HTTP/1.1 200 OK\r\n")));
    assert_non_null(strstr(got.p, "Content-Length: 6"));
    assert_null(strstr(got.p, "hello"));
    buf_done(&got);
    (void)close(fd);
}

static void a_head_without_end_is_cut(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    struct buf got = BUF_INIT(ANSWER_BYTES);
    char line[1025];
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int fd = dial(l);
    say(fd, SPAN("GET /small HTTP/1.1\r\nHost: localhost\r\n"));
    memset(line, 'a', sizeof(line));
    size_t sent = 0;
    while (send(fd, line, sizeof(line), MSG_NOSIGNAL) > 0) {
        sent += sizeof(line);
        assert_true(sent < 64U * 1024 * 1024);
    }
    hear(fd, &got);
    assert_int_equal(got.overflowed, false);
    buf_done(&got);
    (void)close(fd);
    expect(l, "GET", "/small", 200, "hello\n");
}

static int status_with_host(const struct listener *l, const char *head)
{
    struct buf got = BUF_INIT(ANSWER_BYTES);
    int status = 0;
    int fd = dial(l);
    say(fd, span_str(head));
    hear(fd, &got);
    buf_add_byte(&got, '\0');
    (void)sscanf(got.p, "HTTP/1.%*c %d ", &status);
    buf_done(&got);
    (void)close(fd);
    return status;
}

#define GET_SMALL "GET /small HTTP/1.1\r\nConnection: close\r\n"

/* DNS rebinding: a page of the Internet may not read what is for this machine. */
static void on_loopback_a_foreign_name_is_refused(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int before = atomic_load(&asked);
    assert_int_equal(status_with_host(l, GET_SMALL "Host: attacker.example:9464\r\n\r\n"), 421);
    assert_int_equal(status_with_host(l, GET_SMALL "Host: ingest.example.com\r\n\r\n"), 421);
    assert_int_equal(atomic_load(&asked), before);
    assert_int_equal(status_with_host(l, GET_SMALL "Host: localhost\r\n\r\n"), 200);
    assert_int_equal(status_with_host(l, GET_SMALL "Host: [::1]:9464\r\n\r\n"), 200);
    assert_int_equal(status_with_host(l, "GET /small HTTP/1.0\r\n\r\n"), 200);
}

static void elsewhere_any_name_is_served_unless_names_are_given(void **state UNUSED)
{
    static const char *const hosts[] = {"ingest.example.com", NULL};
    struct err e = {.kind = FAIL_NONE};
    struct listener_settings s = {.address = ":0",
                                  .pages = pages,
                                  .page_count = sizeof(pages) / sizeof(pages[0]),
                                  .page_bytes = PAGE_BYTES,
                                  .ctx = hello};
    OWNED(listener) struct listener *any = listener_new(&s, &e);
    assert_int_equal(status_with_host(any, GET_SMALL "Host: ingest.monitoring.svc\r\n\r\n"), 200);
    s.hosts = hosts;
    OWNED(listener) struct listener *named = listener_new(&s, &e);
    assert_int_equal(status_with_host(named, GET_SMALL "Host: ingest.monitoring.svc\r\n\r\n"), 421);
    assert_int_equal(status_with_host(named, GET_SMALL "Host: Ingest.Example.com:80\r\n\r\n"), 200);
    assert_int_equal(status_with_host(named, GET_SMALL "Host: 10.0.0.7:9464\r\n\r\n"), 200);
}

enum { SLOW = 7 }; /* fewer than an address may have: the oldest of more would be closed */

static void a_slow_client_delays_no_other(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int slow[SLOW];
    for (size_t i = 0; i < SLOW; i++) {
        slow[i] = dial(l);
        say(slow[i],
            i == 0 ? SPAN("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n") : SPAN("GET /lar"));
    }
    for (int i = 0; i < 20; i++) {
        expect(l, "GET", "/small", 200, "hello\n");
    }
    for (size_t i = 0; i < SLOW; i++) {
        (void)close(slow[i]);
    }
}

/* Each connection needs memory for a whole page; the limit is twice page_bytes. */
static void pages_that_no_client_reads_are_bounded(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int slow[SLOW];
    for (size_t i = 0; i < SLOW; i++) {
        slow[i] = dial(l);
        say(slow[i], SPAN("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    struct http_answer a;
    do {
        ask(l, "GET", "/small", &a);
        http_answer_done(&a);
    } while (a.status == 200);
    assert_int_equal(a.status, 503);
    for (size_t i = 0; i < SLOW; i++) {
        (void)close(slow[i]);
    }
    do {
        ask(l, "GET", "/small", &a);
        http_answer_done(&a);
    } while (a.status == 503);
    assert_int_equal(a.status, 200);
}

/* More than there may be: each sends a head without end, and none of them is idle. */
static void clients_that_send_no_whole_request_keep_no_other_out(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve("127.0.0.1:0", &e);
    int slow[2 * LISTENER_CONNECTIONS];
    for (size_t i = 0; i < 2 * LISTENER_CONNECTIONS; i++) {
        slow[i] = dial(l);
        say(slow[i], SPAN("GET /lar"));
    }
    for (int i = 0; i < 20; i++) {
        for (size_t k = 0; k < 2 * LISTENER_CONNECTIONS; k++) {
            (void)send(slow[k], "g", 1, MSG_NOSIGNAL);
        }
        expect(l, "GET", "/small", 200, "hello\n");
    }
    for (size_t i = 0; i < 2 * LISTENER_CONNECTIONS; i++) {
        (void)close(slow[i]);
    }
}

static void says_why_it_cannot_listen(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    char address[64];
    OWNED(listener) struct listener *first = serve("127.0.0.1:0", &e);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", listener_port(first));
    assert_null(serve(address, &e));
    assert_int_equal(e.kind, FAIL_CONFIG);
    assert_non_null(strstr(e.text, address));
    assert_non_null(strstr(e.text, "Address already in use"));
    assert_null(serve("192.0.2.1:9464", &e)); /* an address of no host (RFC 5737) */
    assert_non_null(strstr(e.text, "192.0.2.1:9464"));
    assert_null(serve("9464", &e));
    assert_string_equal(e.text, "9464 is not HOST:PORT");
}

static void all_addresses_are_both_families(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    OWNED(listener) struct listener *l = serve(":0", &e);
    assert_non_null(l);
    expect(l, "GET", "/small", 200, "hello\n");
}

static void knows_addresses_by_their_form(void **state UNUSED)
{
    static const char *const good[] = {"127.0.0.1:9464", ":9464",       "[::1]:9464",
                                       "[::]:0",         "localhost:1", "a:65535"};
    static const char *const bad[] = {
        "",     "127.0.0.1", "9464",  "::1:9464", "a:",      "a:http", "a:65536",
        "a:-1", "a:0000080", "[::1]", "a: 1",     "[::1:80", "::1]:80"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(listener_address_ok(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (listener_address_ok(bad[i])) {
            fail_msg("%s is an address", bad[i]);
        }
    }
}

static void asks_for_no_page_once_it_is_freed(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    struct listener *l = serve("127.0.0.1:0", &e);
    int fd = dial(l);
    say(fd, SPAN("GET /small HTT"));
    int before = atomic_load(&asked);
    listener_free(l);
    (void)send(fd, "P/1.1\r\nHost: localhost\r\n\r\n", 27, MSG_NOSIGNAL);
    assert_int_equal(atomic_load(&asked), before);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_its_pages_and_nothing_else),
        cmocka_unit_test(tells_type_and_allowed_methods),
        cmocka_unit_test(a_page_sees_path_and_query_and_sets_headers),
        cmocka_unit_test(head_has_headers_and_no_body),
        cmocka_unit_test(a_head_without_end_is_cut),
        cmocka_unit_test(on_loopback_a_foreign_name_is_refused),
        cmocka_unit_test(elsewhere_any_name_is_served_unless_names_are_given),
        cmocka_unit_test(a_slow_client_delays_no_other),
        cmocka_unit_test(pages_that_no_client_reads_are_bounded),
        cmocka_unit_test(clients_that_send_no_whole_request_keep_no_other_out),
        cmocka_unit_test(says_why_it_cannot_listen),
        cmocka_unit_test(all_addresses_are_both_families),
        cmocka_unit_test(knows_addresses_by_their_form),
        cmocka_unit_test(asks_for_no_page_once_it_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
