/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blocking call drives its own curl_multi instead of curl_easy_perform: curl_multi_wakeup ends a
 * wait immediately when the program stops, and struct patience is checked between two steps.
 */
#include "net/http.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "codec/url.h"
#include "http_priv.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_MS = 100, /* maximum wait between two checks */
    RECEIVE_BYTES = 64 * 1024,
};

struct http {
    CURL *easy;
    CURLM *multi;
    char *ca_bundle; /* NULL: curl's default */
    atomic_bool stopped;
    char cause[CURL_ERROR_SIZE];

    /* Of the call in progress. */
    struct curl_slist *headers;
    struct buf url;
    struct arrival arrival;
};

/* ---- Life ---- */

static void init_curl(void)
{
    /* Requests contain session tokens and responses credentials, and curl copies both. */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
                             calloc) != CURLE_OK) {
        abort();
    }
}

static const char *env_ca_bundle(void)
{
    const char *path = getenv("AWS_CA_BUNDLE"); /* NOLINT(concurrency-mt-unsafe): never set here */
    return path != NULL && path[0] != '\0' ? path : NULL;
}

void http_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_curl);
}

static struct http *new_http(const char *ca_bundle, bool has_multi)
{
    http_init();
    struct http *h = mem_zeros(1, sizeof(*h));
    const char *bundle = ca_bundle != NULL ? ca_bundle : env_ca_bundle();
    h->easy = curl_easy_init();
    h->multi = has_multi ? curl_multi_init() : NULL;
    h->ca_bundle = bundle != NULL ? mem_text(bundle) : NULL;
    if (h->easy == NULL || (has_multi && h->multi == NULL)) {
        abort();
    }
    h->url = (struct buf)BUF_INIT(HTTP_URL_BYTES);
    atomic_init(&h->stopped, false);
    return h;
}

struct http *http_new(const char *ca_bundle)
{
    return new_http(ca_bundle, true);
}

struct http *http_new_for_multi(const char *ca_bundle)
{
    return new_http(ca_bundle, false);
}

/* Headers are not kept between calls, so that a replaced token does not stay in memory. */
static void drop_headers(struct http *h)
{
    curl_slist_free_all(h->headers); /* by wipe_free */
    h->headers = NULL;
}

void http_free(struct http *h)
{
    if (h == NULL) {
        return;
    }
    curl_easy_cleanup(h->easy);
    (void)curl_multi_cleanup(h->multi);
    drop_headers(h);
    buf_done(&h->url);
    free(h->ca_bundle);
    free(h);
}

void http_stop(struct http *h)
{
    atomic_store(&h->stopped, true);
    if (h->multi != NULL) {
        (void)curl_multi_wakeup(h->multi);
    }
}

bool http_stopped(const struct http *h)
{
    return atomic_load(&h->stopped);
}

bool http_wait(struct http *h, int64_t ms)
{
    int64_t end = clock_mono_ms(&clock_system) + ms;
    for (int64_t left = ms; left > 0 && !http_stopped(h);
         left = end - clock_mono_ms(&clock_system)) {
        (void)curl_multi_poll(h->multi, NULL, 0, (int)(left < STEP_MS ? left : STEP_MS), NULL);
    }
    return !http_stopped(h);
}

/* ---- The response ---- */

static size_t on_header(char *text, size_t size, size_t count, void *user)
{
    struct http *h = user;
    return arrival_header(&h->arrival, span_of(text, size * count)) ? size * count : 0;
}

static size_t on_body(char *text, size_t size, size_t count, void *user)
{
    struct http *h = user;
    if (arrival_holds(&h->arrival, span_of(text, size * count))) {
        return CURL_WRITEFUNC_PAUSE; /* curl keeps the bytes */
    }
    bool taken = arrival_body(&h->arrival, span_of(text, size * count)) && !http_stopped(h);
    return taken ? size * count : CURL_WRITEFUNC_ERROR;
}

/* ---- The request ---- */

static bool is_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static void add_line(struct http *h, const char *line)
{
    struct curl_slist *longer = curl_slist_append(h->headers, line);
    if (longer == NULL) {
        abort();
    }
    h->headers = longer;
}

static enum err_kind add_headers(struct http *h, const struct http_request *r, struct err *e)
{
    struct buf line = BUF_SECRET(HTTP_HEAD_BYTES);
    bool clean = true;
    drop_headers(h);
    add_line(h, "Expect:");
    add_line(h, "Accept:");
    add_line(h, "Content-Type:"); /* not curl's default; the request's follows */
    for (size_t i = 0; i < r->header_count && clean; i++) {
        const struct http_header *header = &r->headers[i];
        clean = header->name.n > 0 && is_clean(header->name) && is_clean(header->value);
        buf_clear(&line);
        /* curl sends an empty value only for "Name;". */
        buf_addf(&line, header->value.n > 0 ? "%.*s: " : "%.*s;", SPAN_FMT(header->name));
        buf_add(&line, header->value);
        clean = clean && !line.overflowed;
        if (clean) {
            add_line(h, line.p);
        }
    }
    buf_done(&line);
    return clean ? FAIL_NONE
                 : err_set(e, FAIL_CONFIG, "http: a header of the request cannot be sent");
}

/* Addresses that return credentials: never through a proxy. */
static bool is_metadata(const struct url *u)
{
    return u->bracketed ? span_starts(u->host, SPAN("fd00:ec2:"))
                        : span_starts(u->host, SPAN("169.254."));
}

static enum err_kind check_url(struct http *h, const struct http_request *r, bool *direct,
                               struct err *e)
{
    struct url u;
    buf_clear(&h->url);
    buf_add(&h->url, r->url);
    if (h->url.overflowed || !url_split(r->url, &u)) {
        return err_set(e, FAIL_CONFIG, "http: not a URL that can be used");
    }
    bool near = url_is_loopback(&u);
    if (!u.tls && !near && !r->allow_http) {
        return err_set(e, FAIL_CONFIG, "http: %.*s is neither https nor this machine (allow_http)",
                       SPAN_FMT(u.host));
    }
    *direct = r->no_proxy || near || is_metadata(&u);
    return FAIL_NONE;
}

#define SET(option, value) must_set(curl_easy_setopt(h->easy, option, value))

/* Every option exists in the oldest supported curl, so an error is lack of memory. */
static void must_set(CURLcode code)
{
    if (code != CURLE_OK) {
        abort();
    }
}

static void set_rules(struct http *h)
{
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name lookup in progress does not delay shutdown */
    SET(CURLOPT_USERAGENT, "asymptote-ingest/" INGEST_VERSION);
    /* Optional: curl refuses it while it still holds the buffer of a call that failed early. */
    (void)curl_easy_setopt(h->easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    if (h->ca_bundle != NULL) {
        SET(CURLOPT_CAINFO, h->ca_bundle);
    }
}

static void set_method(struct http *h, const struct http_request *r)
{
    if (strcmp(r->method, "GET") == 0) {
        SET(CURLOPT_HTTPGET, 1L);
    } else if (strcmp(r->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_CUSTOMREQUEST, r->method);
        SET(CURLOPT_POSTFIELDS, r->body.n > 0 ? r->body.p : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
    }
}

static void set_callbacks(struct http *h)
{
    SET(CURLOPT_ERRORBUFFER, h->cause);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, h);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, h);
    SET(CURLOPT_PRIVATE, h);
}

void *http_begin(struct http *h, const struct http_request *r, struct http_answer *a, struct err *e)
{
    bool direct = false;
    if (check_url(h, r, &direct, e) != FAIL_NONE || add_headers(h, r, e) != FAIL_NONE) {
        return NULL;
    }
    h->cause[0] = '\0';
    arrival_begin(&h->arrival, r, a);

    curl_easy_reset(h->easy); /* keeps connections */
    set_rules(h);
    set_method(h, r);
    set_callbacks(h);
    SET(CURLOPT_URL, h->url.p);
    SET(CURLOPT_HTTPHEADER, h->headers);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, r->sink != NULL ? 0L : (long)r->total_timeout_ms);
    if (r->unix_socket != NULL) {
        SET(CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
    }
    if (direct) {
        SET(CURLOPT_NOPROXY, "*");
    }
    return h->easy;
}

/* ---- Results ---- */

static enum err_kind kind_of(CURLcode code)
{
    switch ((int)code) { /* all others are failures of network or server */
    case CURLE_OUT_OF_MEMORY:
        abort();
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_URL_MALFORMAT:
        return FAIL_CONFIG;
    default:
        return FAIL_AGAIN;
    }
}

/* Name the host of a transfer that had no answer, with the port unless it is the usual one. */
static void name_host(const struct http *h, struct err *e)
{
    struct url u;
    struct buf name = BUF_INIT(HTTP_URL_BYTES);
    if (e != NULL && url_split(buf_span(&h->url), &u)) {
        url_add_authority(&name, &u);
        err_copy(e->host, sizeof(e->host), buf_span(&name));
    }
    buf_done(&name);
}

void http_resume(struct http *h)
{
    (void)curl_easy_pause(h->easy, CURLPAUSE_CONT); /* an error ends the transfer with it */
}

enum err_kind http_finish(struct http *h, int curl_code, struct err *e)
{
    CURLcode code = (CURLcode)curl_code;
    drop_headers(h);
    if (h->arrival.refused != FAIL_NONE) {
        if (e != NULL) {
            *e = h->arrival.refused_err;
        }
        return h->arrival.refused;
    }
    if (http_stopped(h)) {
        return err_set(e, FAIL_STOPPED, "http: stopped");
    }
    if (code == CURLE_OK || h->arrival.head_too_long || h->arrival.body_cut) {
        return arrival_end(&h->arrival, e);
    }
    const char *cause = h->cause[0] != '\0' ? h->cause : curl_easy_strerror(code);
    name_host(h, e);
    bool old_tls = code == CURLE_SSL_CONNECT_ERROR && strstr(cause, "protocol") != NULL;
    return err_set(e, kind_of(code), "http: %s%s", cause,
                   old_tls ? " (the server must know TLS 1.2 or newer)" : "");
}

/* ---- The blocking call ---- */

/* One step of the transfer. True: it has ended with *code. */
static bool run_step(struct http *h, CURLcode *code)
{
    int running = 0;
    int queued = 0;
    if (curl_multi_perform(h->multi, &running) != CURLM_OK) {
        *code = CURLE_FAILED_INIT;
        return true;
    }
    CURLMsg *m = curl_multi_info_read(h->multi, &queued);
    if (m != NULL && m->msg == CURLMSG_DONE) {
        *code = m->data.result;
        return true;
    }
    (void)curl_multi_poll(h->multi, NULL, 0, STEP_MS, NULL);
    return false;
}

enum err_kind http_call(struct http *h, const struct http_request *r, struct http_answer *a,
                        struct err *e)
{
    CURL *easy = http_begin(h, r, a, e);
    if (easy == NULL) {
        return FAIL_CONFIG;
    }
    if (http_stopped(h)) {
        return err_set(e, FAIL_STOPPED, "http: stopped");
    }
    if (curl_multi_add_handle(h->multi, easy) != CURLM_OK) {
        abort();
    }
    CURLcode code = CURLE_OK;
    const char *impatient = NULL;
    while (!http_stopped(h) && impatient == NULL && !run_step(h, &code) &&
           arrival_is_wanted(&h->arrival)) {
        impatient = arrival_impatient(&h->arrival);
    }
    (void)curl_multi_remove_handle(h->multi, easy);
    if (impatient != NULL && h->arrival.refused == FAIL_NONE) {
        drop_headers(h);
        name_host(h, e);
        return err_set(e, FAIL_AGAIN, "http: %s", impatient);
    }
    return http_finish(h, (int)code, e);
}
