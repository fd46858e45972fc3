/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instance metadata service, version 2 (research/aws.md §5.4): the token, then the name of the
 * role, then its credentials. Version 1 is never used: a refused token is an error.
 */
#include "base/alloc.h"
#include "codec/fault.h"
#include "codec/url.h"
#include "net/creds_origins.h"
#include "net/endpoint_env.h"
#include "net/file.h"
#include "net/http.h"

#include <stdlib.h>
#include <strings.h>

enum { IMDS_MS = 1000, TOKEN_BYTES = 1024, ROLE_BYTES = 256 };

#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"

struct imds {
    struct buf endpoint;
    struct buf token; /* "" before the first request */
    struct http *http;
    struct http_answer answer;
};

bool creds_imds_disabled(void)
{
    return env_true("AWS_EC2_METADATA_DISABLED");
}

static void imds_stop(void *ctx)
{
    struct imds *m = ctx;
    http_stop(m->http);
}

static void imds_free(void *ctx)
{
    struct imds *m = ctx;
    buf_done(&m->token);
    http_answer_done(&m->answer);
    http_free(m->http);
    buf_done(&m->endpoint);
    free(m);
}

/* Send one request. m->answer is the response, of any status. */
static enum err_kind send_request(struct imds *m, const char *method, struct span path,
                                  struct http_header header, struct err *e)
{
    struct buf url = BUF_INIT(HTTP_URL_BYTES);
    buf_addf(&url, "%.*s%.*s", SPAN_FMT(buf_span(&m->endpoint)), SPAN_FMT(path));
    struct http_request r = {
        .method = method,
        .url = buf_span(&url),
        .headers = &header,
        .header_count = 1,
        .connect_timeout_ms = IMDS_MS,
        .total_timeout_ms = IMDS_MS,
        .allow_http = true,
        .no_proxy = true,
    };
    http_answer_clear(&m->answer);
    enum err_kind kind = http_call(m->http, &r, &m->answer, e);
    buf_done(&url);
    return kind;
}

static enum err_kind refuse_answer(const struct imds *m, const char *what, struct err *e)
{
    struct fault f;
    int status = m->answer.status;
    fault_read(&f, status, buf_span(&m->answer.head), buf_span(&m->answer.body));
    (void)fault_set(e, status >= 500 || status == 429 ? FAIL_AGAIN : FAIL_DENIED, &f);
    return err_wrap(e, "%s", what);
}

static bool take_line(const struct http_answer *a, struct buf *out)
{
    struct span line;
    buf_clear(out);
    if (!credentials_line(buf_span(&a->body), &line)) {
        return false;
    }
    buf_add(out, line);
    return !out->overflowed;
}

static enum err_kind get_token(struct imds *m, struct err *e)
{
    struct http_header ttl = {SPAN("x-aws-ec2-metadata-token-ttl-seconds"), SPAN("21600")};
    buf_clear(&m->token);
    enum err_kind kind = send_request(m, "PUT", SPAN(TOKEN_PATH), ttl, e);
    if (kind != FAIL_NONE) {
        return err_wrap(e, "no token (in a container: is the hop limit 1?)");
    }
    if (m->answer.status != 200) {
        return refuse_answer(m, "no token, and version 1 is not used", e);
    }
    return take_line(&m->answer, &m->token) ? FAIL_NONE
                                            : err_set(e, FAIL_AGAIN, "a token that is none");
}

/* GET with the token. A token that has expired (401) is renewed once. */
static enum err_kind get_path(struct imds *m, struct span path, struct err *e)
{
    enum err_kind kind = FAIL_NONE;
    bool renewed = m->token.n == 0;
    if (renewed) {
        kind = get_token(m, e);
    }
    for (;;) {
        if (kind != FAIL_NONE) {
            return kind;
        }
        struct http_header token = {SPAN("x-aws-ec2-metadata-token"), buf_span(&m->token)};
        kind = send_request(m, "GET", path, token, e);
        if (kind != FAIL_NONE || m->answer.status != 401 || renewed) {
            return kind;
        }
        renewed = true;
        kind = get_token(m, e);
    }
}

static enum err_kind get_role(struct imds *m, struct buf *path, struct err *e)
{
    struct buf role = BUF_INIT(ROLE_BYTES);
    enum err_kind kind = get_path(m, SPAN(ROLE_PATH), e);
    if (kind == FAIL_NONE && m->answer.status == 404) {
        kind = err_set(e, FAIL_CONFIG, "the instance has no role");
    } else if (kind == FAIL_NONE && m->answer.status != 200) {
        kind = refuse_answer(m, "no role", e);
    } else if (kind == FAIL_NONE && !take_line(&m->answer, &role)) {
        kind = err_set(e, FAIL_AGAIN, "the name of a role that is none");
    }
    buf_add(path, SPAN(ROLE_PATH));
    url_encode(path, buf_span(&role));
    buf_done(&role);
    return kind;
}

static enum err_kind get_credentials(struct imds *m, struct creds *out, struct err *e)
{
    struct buf path = BUF_INIT(1024);
    enum err_kind kind = get_role(m, &path, e);
    if (kind == FAIL_NONE) {
        kind = get_path(m, buf_span(&path), e);
        if (kind == FAIL_NONE && m->answer.status != 200) {
            kind = refuse_answer(m, "no credentials", e);
        } else if (kind == FAIL_NONE) {
            kind = credentials_read(buf_span(&m->answer.body), CREDENTIALS_IMDS, out, e);
        }
    }
    buf_done(&path);
    return kind;
}

static enum err_kind imds_fetch(void *ctx, struct creds *out, struct err *e)
{
    struct imds *m = ctx;
    enum err_kind kind = get_credentials(m, out, e);
    buf_done(&m->answer.body);
    if (kind != FAIL_NONE) {
        (void)err_wrap(e, "instance metadata");
    }
    return kind;
}

static enum err_kind find_endpoint(struct buf *out, struct err *e)
{
    const char *given = env_text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = env_text("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    struct url u;
    if (given != NULL) {
        struct span text = span_str(given);
        while (text.n > 0 && text.p[text.n - 1] == '/') {
            text.n--;
        }
        buf_add(out, text);
    } else if (mode == NULL || strcasecmp(mode, "IPv4") == 0) {
        buf_add(out, SPAN("http://169.254.169.254"));
    } else if (strcasecmp(mode, "IPv6") == 0) {
        buf_add(out, SPAN("http://[fd00:ec2::254]"));
    } else {
        return err_set(e, FAIL_CONFIG,
                       "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is not IPv4 or IPv6");
    }
    if (out->overflowed || !url_split(buf_span(out), &u) || u.query.n > 0) {
        return err_set(e, FAIL_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT: not a URL");
    }
    return FAIL_NONE;
}

struct creds_source *creds_source_imds(const struct creds_settings *s, struct err *e)
{
    struct imds *m = mem_zeros(1, sizeof(*m));
    m->endpoint = (struct buf)BUF_INIT(HTTP_URL_BYTES / 2);
    m->token = (struct buf)BUF_SECRET(TOKEN_BYTES);
    m->http = http_new(NULL);
    http_answer_init_secret(&m->answer, CREDENTIALS_JSON_BYTES);
    if (find_endpoint(&m->endpoint, e) != FAIL_NONE) {
        imds_free(m);
        return NULL;
    }
    struct creds_origin origin = {
        .ctx = m, .fetch = imds_fetch, .stop = imds_stop, .free = imds_free, .stable = true};
    return creds_source_new(&origin, "instance metadata", s);
}
