/* SPDX-License-Identifier: Apache-2.0 */
#include "http_priv.h"

#include "base/clock.h"
#include "codec/http_fields.h"

enum { STATUS_DIGITS = 3 };

void http_answer_init(struct http_answer *a, size_t max_body_bytes)
{
    *a = (struct http_answer){.head = BUF_INIT(HTTP_HEAD_BYTES), .body = BUF_INIT(max_body_bytes)};
}

void http_answer_init_secret(struct http_answer *a, size_t max_body_bytes)
{
    http_answer_init(a, max_body_bytes);
    a->body.secret = true;
}

void http_answer_clear(struct http_answer *a)
{
    a->status = 0;
    a->sized = false;
    buf_clear(&a->head);
    buf_clear(&a->body);
}

void http_answer_done(struct http_answer *a)
{
    buf_done(&a->head);
    buf_done(&a->body);
}

struct span http_field(const struct http_answer *a, const char *name)
{
    return http_fields_find(buf_span(&a->head), name);
}

/* "HTTP/1.1 200 OK": begin another head. */
static void on_status_line(struct http_answer *a, struct span line)
{
    const char *space = memchr(line.p, ' ', line.n);
    int64_t status = 0;
    http_answer_clear(a);
    if (space == NULL || line.n - (size_t)(space - line.p) <= STATUS_DIGITS ||
        !http_fields_number(span_of(space + 1, STATUS_DIGITS), &status)) {
        return; /* curl has refused other forms before */
    }
    a->status = (int)status;
}

static bool is_chunked(struct span value)
{
    static const char chunked[] = "chunked";
    size_t n = sizeof(chunked) - 1;
    return value.n >= n && strncasecmp(value.p + value.n - n, chunked, n) == 0;
}

/* The empty line: the head is complete. */
static void on_head_end(struct http_answer *a)
{
    int64_t length = 0;
    a->sized = http_fields_number(http_field(a, "content-length"), &length) ||
               is_chunked(http_field(a, "transfer-encoding"));
}

/* n bytes arrived without a wait. */
static void note_bytes(struct arrival *v, size_t n)
{
    int64_t now = clock_mono_ms(&clock_system);
    patience_busy(&v->patience, now);
    patience_idle(&v->patience, n, now);
}

void arrival_begin(struct arrival *v, const struct http_request *r, struct http_answer *a)
{
    int64_t idle_ms = r->sink != NULL ? r->idle_timeout_ms : 0;
    http_answer_clear(a);
    *v = (struct arrival){.answer = a, .sink = r->sink, .hold = r->hold, .watch = r->watch};
    patience_init(&v->patience, idle_ms, clock_mono_ms(&clock_system));
}

bool arrival_header(struct arrival *v, struct span line)
{
    v->head_bytes += line.n;
    if (v->head_bytes > HTTP_HEAD_BYTES) {
        v->head_too_long = true;
        return false;
    }
    note_bytes(v, line.n);
    if (span_starts(line, SPAN("HTTP/"))) {
        v->head_whole = false;
        on_status_line(v->answer, line);
        return true;
    }
    while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r')) {
        line.n--;
    }
    if (line.n == 0) {
        v->head_whole = true;
        on_head_end(v->answer);
    }
    buf_add(&v->answer->head, line);
    buf_add_byte(&v->answer->head, '\n');
    return true;
}

static bool to_sink(struct arrival *v, struct span bytes)
{
    patience_busy(&v->patience, clock_mono_ms(&clock_system));
    v->refused = v->sink->body(v->sink->ctx, v->answer, bytes, &v->refused_err);
    patience_idle(&v->patience, bytes.n, clock_mono_ms(&clock_system));
    return v->refused == FAIL_NONE;
}

/* Append as much as fits. False: the body is too long, and its rest is not read. */
static bool to_body(struct arrival *v, struct span bytes)
{
    struct buf *body = &v->answer->body;
    size_t room = body->max - body->n;
    note_bytes(v, bytes.n);
    buf_add(body, span_of(bytes.p, bytes.n < room ? bytes.n : room));
    if (bytes.n > room) {
        body->overflowed = true;
        v->body_cut = true;
    }
    return !v->body_cut;
}

bool arrival_holds(const struct arrival *v, struct span bytes)
{
    const struct http_hold *hold = v->hold;
    return hold != NULL && v->answer->body.n + bytes.n > hold->bytes &&
           !hold->may_be_large(hold->ctx);
}

bool arrival_body(struct arrival *v, struct span bytes)
{
    bool good = v->answer->status >= 200 && v->answer->status < 300;
    return v->sink != NULL && good ? to_sink(v, bytes) : to_body(v, bytes);
}

const char *arrival_impatient(struct arrival *v)
{
    switch (patience_check(&v->patience, clock_mono_ms(&clock_system))) {
    case PATIENCE_SILENT:
        return "no byte arrived for too long";
    case PATIENCE_DRIPS:
        return "the bytes arrive too slowly";
    case PATIENCE_GOES_ON:
        break;
    }
    return NULL;
}

enum err_kind arrival_end(const struct arrival *v, struct err *e)
{
    if (v->head_too_long) {
        return err_set(e, FAIL_AGAIN, "http: more than %d bytes of headers", HTTP_HEAD_BYTES);
    }
    if (!v->head_whole) { /* curl also accepts a head that the end of the connection truncated */
        return err_set(e, FAIL_AGAIN, "http: the headers were cut");
    }
    return FAIL_NONE;
}

bool arrival_is_wanted(struct arrival *v)
{
    if (v->watch != NULL && v->refused == FAIL_NONE) {
        v->refused = v->watch->look(v->watch->ctx, &v->refused_err);
    }
    return v->refused == FAIL_NONE;
}
