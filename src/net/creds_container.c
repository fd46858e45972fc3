/* SPDX-License-Identifier: Apache-2.0 */
/* ECS and EKS Pod Identity (research/aws.md §5.5). */
#include "base/alloc.h"
#include "codec/fault.h"
#include "codec/url.h"
#include "net/creds_origins.h"
#include "net/endpoint_env.h"
#include "net/file.h"
#include "net/http.h"

#include <stdlib.h>

enum { CONTAINER_MS = 2000, ATTEMPTS = 3 };

struct container {
    struct buf url;
    struct http *http;
};

bool creds_container_present(void)
{
    return env_text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL ||
           env_text("AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL;
}

static void container_stop(void *ctx)
{
    struct container *c = ctx;
    http_stop(c->http);
}

static void container_free(void *ctx)
{
    struct container *c = ctx;
    http_free(c->http);
    buf_done(&c->url);
    free(c);
}

/* Plain http is allowed only to loopback and to the addresses of ECS and EKS. */
static bool url_allowed(const struct url *u)
{
    static const char *const agents[] = {"169.254.170.2", "169.254.170.23"};
    if (u->tls || url_is_loopback(u)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++) {
        if (span_eq(u->host, span_str(agents[i]))) {
            return true;
        }
    }
    return u->bracketed && span_eq(u->host, SPAN("fd00:ec2::23"));
}

/* The relative URI has priority. */
static enum err_kind find_url(struct buf *out, struct err *e)
{
    const char *relative = env_text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = env_text("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct url u;
    if (relative != NULL) {
        buf_addf(out, "http://169.254.170.2%s%s", relative[0] == '/' ? "" : "/", relative);
    } else {
        buf_add(out, span_str(full));
    }
    if (out->overflowed || !url_split(buf_span(out), &u)) {
        return err_set(e, FAIL_CONFIG, "container credentials: not a URL that can be used");
    }
    if (!url_allowed(&u)) {
        return err_set(e, FAIL_CONFIG,
                       "container credentials: http only to this machine, 169.254.170.2, "
                       "169.254.170.23 or fd00:ec2::23, else https");
    }
    return FAIL_NONE;
}

/*
 * The token: from the file, which has priority and is read each time, else from the variable; "" if
 * there is none.
 */
static enum err_kind find_token(struct buf *out, struct err *e)
{
    const char *file = env_text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = env_text("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (file != NULL) {
        return file_read_token(file, out, e);
    }
    buf_add(out, span_str(token));
    if (out->overflowed || (token != NULL && strpbrk(token, "\r\n") != NULL)) {
        return err_set(e, FAIL_CONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN: a line end in it");
    }
    return FAIL_NONE;
}

/* Interpret the response. FAIL_AGAIN: a retry may succeed. */
static enum err_kind judge_answer(const struct http_answer *a, struct creds *out, struct err *e)
{
    if (a->status == 200) {
        return credentials_read(buf_span(&a->body), CREDENTIALS_CONTAINER, out, e);
    }
    struct fault f;
    fault_read(&f, a->status, buf_span(&a->head), buf_span(&a->body));
    bool again = a->status >= 500 || a->status == 429;
    return fault_set(e, again ? FAIL_AGAIN : FAIL_DENIED, &f);
}

static enum err_kind request_creds(struct container *c, struct span token, struct creds *out,
                                   struct err *e)
{
    const struct http_header headers[] = {
        {SPAN("Accept"), SPAN("application/json")},
        {SPAN("Authorization"), token},
    };
    struct http_request r = {
        .method = "GET",
        .url = buf_span(&c->url),
        .headers = headers,
        .header_count = token.n > 0 ? 2 : 1,
        .connect_timeout_ms = CONTAINER_MS,
        .total_timeout_ms = CONTAINER_MS,
        .allow_http = true, /* url_allowed has checked it */
        .no_proxy = true,
    };
    struct http_answer a;
    http_answer_init_secret(&a, CREDENTIALS_JSON_BYTES);
    enum err_kind kind = FAIL_AGAIN;
    for (int i = 0; i < ATTEMPTS && kind == FAIL_AGAIN; i++) {
        http_answer_clear(&a);
        kind = http_call(c->http, &r, &a, e);
        kind = kind == FAIL_NONE ? judge_answer(&a, out, e) : kind;
    }
    http_answer_done(&a);
    return kind;
}

static enum err_kind container_fetch(void *ctx, struct creds *out, struct err *e)
{
    struct container *c = ctx;
    struct buf token = BUF_SECRET(FILE_TOKEN_BYTES);
    enum err_kind kind = find_token(&token, e);
    if (kind == FAIL_NONE) {
        kind = request_creds(c, buf_span(&token), out, e);
    }
    buf_done(&token);
    if (kind != FAIL_NONE) {
        (void)err_wrap(e, "container credentials");
    }
    return kind;
}

struct creds_source *creds_source_container(const struct creds_settings *s, struct err *e)
{
    struct container *c = mem_zeros(1, sizeof(*c));
    c->url = (struct buf)BUF_INIT(HTTP_URL_BYTES);
    c->http = http_new(NULL);
    if (find_url(&c->url, e) != FAIL_NONE) {
        container_free(c);
        return NULL;
    }
    struct creds_origin origin = {
        .ctx = c, .fetch = container_fetch, .stop = container_stop, .free = container_free};
    return creds_source_new(&origin, "container", s);
}
