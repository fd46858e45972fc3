/* SPDX-License-Identifier: Apache-2.0 */
#include "net/signed.h"

#include "codec/http_fields.h"
#include "codec/url.h"

enum { OWN_HEADERS = 5, HOST_BYTES = 512, AUTHORIZATION_BYTES = 4096 };

/* ---- Clock skew ---- */

int64_t skew_now_ms(const struct skew *k, const struct clock *c)
{
    return clock_wall_ms(c) + atomic_load(&k->offset_ms);
}

bool skew_news(struct skew *k, int64_t *offset_ms)
{
    *offset_ms = atomic_load(&k->offset_ms);
    return atomic_exchange(&k->news, false);
}

/* Set the offset by the Date header. False: there is none, or the difference is too small. */
static bool skew_correct(struct skew *k, const struct clock *c, const struct http_answer *a)
{
    int64_t date_s = 0;
    if (!http_fields_date(http_field(a, "date"), &date_s)) {
        return false;
    }
    int64_t off = date_s * 1000 - clock_wall_ms(c);
    int64_t change = off - atomic_load(&k->offset_ms);
    if (change > -SKEW_TOLERANCE_MS && change < SKEW_TOLERANCE_MS) {
        return false;
    }
    atomic_store(&k->offset_ms, off);
    atomic_store(&k->news, true);
    return true;
}

/* ---- Signing ---- */

void signed_try_init(struct signed_try *t)
{
    t->creds.access_key_id[0] = '\0';
    t->creds.secret_access_key[0] = '\0';
    t->creds.session_token[0] = '\0';
    t->clock_corrected = false;
    t->creds_corrected = false;
    t->creds_missing = false;
    t->creds_due = false;
    t->host = (struct buf)BUF_INIT(HOST_BYTES);
    t->authorization = (struct buf)BUF_SECRET(AUTHORIZATION_BYTES);
}

void signed_try_done(struct signed_try *t)
{
    creds_wipe(&t->creds);
    buf_done(&t->host);
    buf_done(&t->authorization);
}

static void add_header(struct signed_try *t, struct http_request *out, const char *name,
                       struct span value)
{
    t->headers[out->header_count++] = (struct http_header){span_str(name), value};
}

/* Add the headers that are signed in addition to the request's own. Host is first. */
static void add_signed(struct signed_try *t, const struct signer *s, struct http_request *out)
{
    add_header(t, out, "Host", buf_span(&t->host));
    add_header(t, out, "X-Amz-Date", span_str(t->date));
    if (strcmp(s->service, "s3") == 0) {
        add_header(t, out, "X-Amz-Content-SHA256", span_str(t->hash));
    }
    if (t->creds.session_token[0] != '\0') {
        add_header(t, out, "X-Amz-Security-Token", span_str(t->creds.session_token));
    }
}

static void sign_with(struct signed_try *t, struct signer *s, const struct http_request *out,
                      const struct url *u)
{
    bool s3 = strcmp(s->service, "s3") == 0;
    struct sigv4_request request = {
        .method = span_str(out->method),
        .path = u->path,
        .query = u->query,
        .headers = out->headers,
        .header_count = out->header_count,
        .payload_hash = span_str(t->hash),
        .path_normalize = !s3,
        .path_encode = !s3,
    };
    struct sigv4_scope scope = {t->creds.access_key_id, t->date, s->region, s->service};
    const uint8_t *key = sigv4_key_get(&s->cache, t->creds.secret_access_key, &scope);
    buf_clear(&t->authorization);
    sigv4_authorization(&t->authorization, &request, &scope, key);
}

static enum err_kind take_creds(struct signed_try *t, const struct signer *s, struct err *e)
{
    enum err_kind kind = FAIL_NONE;
    if (!s->at_hand) {
        return creds_get(s->creds, &t->creds, e);
    }
    t->creds_missing = !creds_at_hand(s->creds, &t->creds, &kind, &t->creds_due, e);
    return t->creds_missing ? err_set(e, FAIL_AGAIN, "%s: no credentials yet", s->service) : kind;
}

static enum err_kind sign_with_creds(struct signed_try *t, struct signer *s,
                                     struct http_request *out, const struct url *u, struct err *e)
{
    enum err_kind kind = take_creds(t, s, e);
    if (kind != FAIL_NONE) {
        return kind;
    }
    buf_clear(&t->host);
    url_add_authority(&t->host, u);
    sigv4_date(t->date, skew_now_ms(s->skew, s->clock));
    if (out->body.n > 0) {
        sigv4_hash(t->hash, out->body);
    } else {
        memcpy(t->hash, SIGV4_EMPTY_HASH, sizeof(t->hash));
    }

    size_t own = out->header_count;
    add_signed(t, s, out);
    sign_with(t, s, out, u);
    if (t->host.overflowed || t->authorization.overflowed) {
        return err_set(e, FAIL_LIMIT, "%s: the request is too large to be signed", s->service);
    }
    t->headers[own] = t->headers[--out->header_count]; /* curl derives Host from the URL */
    add_header(t, out, "Authorization", buf_span(&t->authorization));
    return FAIL_NONE;
}

enum err_kind signed_sign(struct signed_try *t, struct signer *s, const struct http_request *r,
                          struct http_request *out, struct err *e)
{
    struct url u;
    if (!url_split(r->url, &u)) {
        return err_set(e, FAIL_CONFIG, "%s: not a URL that can be used", s->service);
    }
    if (r->header_count > SIGNED_HEADERS - OWN_HEADERS) {
        return err_set(e, FAIL_LIMIT, "%s: too many headers", s->service);
    }
    t->creds_missing = t->creds_due = false;
    *out = *r;
    out->headers = t->headers;
    for (size_t i = 0; i < r->header_count; i++) {
        t->headers[i] = r->headers[i];
    }
    return s->creds != NULL ? sign_with_creds(t, s, out, &u, e) : FAIL_NONE;
}

/* ---- Results ---- */

/* Correct clock or credentials, each once per call. */
static bool correct_cause(struct signed_try *t, struct signer *s, const struct http_answer *a,
                          const struct fault_rule *rule)
{
    if (s->creds == NULL || a->status < 400 || a->status >= 500) {
        return false;
    }
    if ((rule->flags & (FAULT_SKEW | FAULT_MAYBE_SKEW)) != 0 && !t->clock_corrected &&
        skew_correct(s->skew, s->clock, a)) {
        t->clock_corrected = true;
        return true;
    }
    if ((rule->flags & FAULT_CREDS) != 0 && !t->creds_corrected) {
        t->creds_corrected = true;
        creds_reject(s->creds, &t->creds);
        return true;
    }
    return false;
}

enum signed_verdict signed_judge(struct signed_try *t, struct signer *s,
                                 const struct http_answer *a, struct fault *f, struct err *e)
{
    struct fault own;
    struct fault *fault = f != NULL ? f : &own;
    if (a->status >= 200 && a->status < 300) {
        *fault = (struct fault){.status = a->status};
        return SIGNED_GOOD;
    }
    fault_read(fault, a->status, buf_span(&a->head), buf_span(&a->body));
    const struct fault_rule *rule = fault_find(fault, s->rules, s->rule_count);
    if (correct_cause(t, s, a, rule)) {
        return SIGNED_AGAIN;
    }
    (void)fault_set(e, rule->kind, fault);
    (void)err_wrap(e, "%s", s->service);
    return SIGNED_BAD;
}

enum err_kind signed_call(struct signer *s, struct http *h, const struct http_request *r,
                          struct http_answer *a, struct fault *f, struct err *e)
{
    struct signed_try t;
    struct http_request out;
    enum err_kind kind = FAIL_NONE;
    enum signed_verdict verdict = SIGNED_AGAIN;

    signed_try_init(&t);
    while (kind == FAIL_NONE && verdict == SIGNED_AGAIN) {
        if (f != NULL) {
            *f = (struct fault){.status = 0}; /* the corrected error is not reported */
        }
        kind = signed_sign(&t, s, r, &out, e);
        kind = kind == FAIL_NONE ? http_call(h, &out, a, e) : kind;
        verdict = kind == FAIL_NONE ? signed_judge(&t, s, a, f, e) : verdict;
    }
    signed_try_done(&t);
    return verdict == SIGNED_BAD ? e->kind : kind;
}
