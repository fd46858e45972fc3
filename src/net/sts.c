/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sts.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "codec/url.h"
#include "net/endpoint_env.h"
#include "net/http_pool.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

static const char default_session[] = "asymptote-ingest";

struct sts {
    const struct creds_settings *settings;
    struct buf url;
    struct http_pool *pool;
    struct skew skew;
};

struct sts *sts_new(const struct creds_settings *settings, struct err *e)
{
    OWNED(sts) struct sts *s = mem_zeros(1, sizeof(*s));
    s->settings = settings;
    s->url = (struct buf)BUF_INIT(HTTP_URL_BYTES);
    s->pool = http_pool_new(STS_ANSWER_BYTES);
    struct endpoint_wish wish = {ENDPOINT_STS, settings->endpoint_sts, settings->region,
                                 settings->variant};
    return endpoint_url(&s->url, &wish, e) == FAIL_NONE ? take(&s) : NULL;
}

void sts_free(struct sts *s)
{
    if (s == NULL) {
        return;
    }
    http_pool_free(s->pool);
    buf_done(&s->url);
    free(s);
}

void sts_stop(struct sts *s)
{
    http_pool_stop(s->pool);
}

int64_t sts_clock_offset_ms(const struct sts *s)
{
    return atomic_load(&s->skew.offset_ms);
}

bool sts_clock_news(struct sts *s, int64_t *offset_ms)
{
    return skew_news(&s->skew, offset_ms);
}

/* Send a form. The response is in seat->answer. */
static enum err_kind send_form(struct sts *s, struct http_seat *seat, struct creds_source *caller,
                               struct span form, struct err *e)
{
    static const struct http_header headers[] = {
        {SPAN_INIT("Content-Type"), SPAN_INIT("application/x-www-form-urlencoded; charset=utf-8")},
    };
    struct http_request r = {
        .method = "POST",
        .url = buf_span(&s->url),
        .headers = headers,
        .header_count = 1,
        .body = form,
        .connect_timeout_ms = STS_CONNECT_MS,
        .total_timeout_ms = STS_TOTAL_MS,
        .allow_http = s->settings->allow_http,
    };
    struct signer how = {
        .clock = s->settings->clock,
        .skew = &s->skew,
        .creds = caller,
        .service = "sts",
        .region = s->settings->region,
        .rules = sts_rules,
        .rule_count = sts_rule_count,
    };
    return http_pool_call(seat, &how, &r, e);
}

static struct sts_assume add_parameters(const struct role_request *r)
{
    return (struct sts_assume){
        .role_arn = span_str(r->role_arn),
        .session_name = span_str(r->session_name != NULL ? r->session_name : default_session),
        .external_id = span_str(r->external_id),
        .source_identity = span_str(r->source_identity),
        .policy = span_str(r->policy),
        .duration_s = r->duration_s != 0 ? r->duration_s : STS_DURATION_S,
    };
}

enum err_kind sts_check_role(const char *role_arn, const char *region, struct span *account,
                             struct err *e)
{
    struct arn arn;
    const struct partition *p = partition_of(span_str(region));
    if (!arn_split(span_str(role_arn), &arn) || !span_eq(arn.service, SPAN("iam")) ||
        !arn_account_ok(arn.account) || !span_starts(arn.resource, SPAN("role/"))) {
        return err_set(e, FAIL_CONFIG, "sts: not the ARN of a role");
    }
    if (!span_eq(arn.partition, span_str(p->name))) {
        return err_set(e, FAIL_CONFIG,
                       "sts: role of partition %.*s, but region %s is in %s: a role cannot be "
                       "assumed across partitions",
                       SPAN_FMT(arn.partition), region, p->name);
    }
    *account = arn.account;
    return FAIL_NONE;
}

/* Check that the session belongs to the expected account. */
static enum err_kind check_account(const struct role_request *r, const char *region,
                                   const struct sts_identity *who, struct err *e)
{
    struct span want = SPAN("");
    if (sts_check_role(r->role_arn, region, &want, e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    if (r->account != NULL) {
        want = span_str(r->account);
    }
    if (who->account[0] == '\0') {
        return r->accept_unnamed
                   ? FAIL_NONE
                   : err_set(e, FAIL_CONFIG,
                             "sts: the answer does not name the account of the session, so it is "
                             "not known to be %.*s's",
                             SPAN_FMT(want));
    }
    if (!span_eq(want, span_str(who->account))) {
        return err_set(e, FAIL_CONFIG, "sts: the session is of account %s, not of %.*s",
                       who->account, SPAN_FMT(want));
    }
    return FAIL_NONE;
}

/* Send the form of an AssumeRole call and read the response. */
static enum err_kind assume_role(struct sts *s, struct creds_source *caller, struct buf *form,
                                 const struct role_request *r, struct creds *out, struct err *e)
{
    struct sts_identity who;
    if (form->overflowed) {
        return err_set(e, FAIL_CONFIG, "sts: the request is too long");
    }
    struct http_seat *seat = http_pool_take(s->pool);
    enum err_kind kind = send_form(s, seat, caller, buf_span(form), e);
    if (kind == FAIL_NONE) {
        kind = sts_read_credentials(buf_span(&seat->answer.body), out, &who, e);
    }
    http_pool_give(s->pool, seat);
    if (kind == FAIL_NONE) {
        kind = check_account(r, s->settings->region, &who, e);
    }
    if (kind != FAIL_NONE) {
        creds_wipe(out);
    }
    return kind;
}

enum err_kind sts_assume_role(struct sts *s, struct creds_source *caller,
                              const struct role_request *r, struct creds *out, struct err *e)
{
    struct buf form = BUF_INIT(STS_REQUEST_BYTES);
    struct sts_assume a = add_parameters(r);
    sts_write_assume_role(&form, &a);
    enum err_kind kind = assume_role(s, caller, &form, r, out, e);
    buf_done(&form);
    return kind;
}

enum err_kind sts_assume_role_with_web_identity(struct sts *s, const struct role_request *r,
                                                struct span web_token, struct creds *out,
                                                struct err *e)
{
    struct buf form = BUF_SECRET(STS_REQUEST_BYTES);
    struct sts_assume a = add_parameters(r);
    a.web_token = web_token;
    sts_write_web_identity(&form, &a);
    enum err_kind kind = assume_role(s, NULL, &form, r, out, e);
    buf_done(&form);
    return kind;
}

enum err_kind sts_get_caller_identity(struct sts *s, struct creds_source *caller,
                                      struct sts_identity *who, struct err *e)
{
    struct buf form = BUF_INIT(STS_REQUEST_BYTES);
    sts_write_get_caller_identity(&form);
    struct http_seat *seat = http_pool_take(s->pool);
    enum err_kind kind = send_form(s, seat, caller, buf_span(&form), e);
    if (kind == FAIL_NONE) {
        kind = sts_read_identity(buf_span(&seat->answer.body), who, e);
    }
    http_pool_give(s->pool, seat);
    buf_done(&form);
    return kind;
}

/* ---- The external id ---- */

enum err_kind sts_try_external_id(struct sts *s, struct creds_source *caller,
                                  const struct role_request *r, const char *external_id,
                                  bool *let_in, struct err *e)
{
    struct role_request other = *r;
    struct creds c;
    err_clear(e);
    other.external_id = external_id;
    other.duration_s = 900;
    other.policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\","
                   "\"Action\":\"*\",\"Resource\":\"*\"}]}";
    enum err_kind kind = sts_assume_role(s, caller, &other, &c, e);
    *let_in = kind == FAIL_NONE;
    creds_wipe(&c);
    /*
     * Only AccessDenied is a denial by the role; InvalidClientTokenId, for example, concerns the
     * worker's credentials.
     */
    return strcmp(e->code, "AccessDenied") == 0 ? FAIL_NONE : kind;
}

void sts_wrong_external_id(char out[STS_WRONG_ID_BYTES])
{
    struct rng rng;
    rng_init_random(&rng);
    (void)snprintf(out, STS_WRONG_ID_BYTES, "not-the-external-id-%016llx",
                   (unsigned long long)rng_next(&rng));
}

enum err_kind sts_probe_external_id(struct sts *s, struct creds_source *caller,
                                    const struct role_request *r, struct err *e)
{
    char wrong_id[STS_WRONG_ID_BYTES];
    struct err why = {0};
    bool let_in = false;
    sts_wrong_external_id(wrong_id);
    const char *const ids[] = {NULL, wrong_id};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        enum err_kind kind = sts_try_external_id(s, caller, r, ids[i], &let_in, &why);
        if (let_in) {
            return err_set(e, FAIL_CONFIG,
                           "sts: the role can be assumed %s external id; its trust policy must "
                           "demand sts:ExternalId",
                           ids[i] == NULL ? "without an" : "with a wrong");
        }
        if (kind != FAIL_NONE) {
            *e = why;
            return kind;
        }
    }
    return FAIL_NONE;
}
