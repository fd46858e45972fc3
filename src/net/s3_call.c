/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_priv.h"

#include "base/alloc.h"
#include "codec/endpoint.h"
#include "codec/url.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ERROR_BODY_BYTES = 64 * 1024,
    OWNER_DIGITS = 12,
    LABEL_BYTES = 128,
    CALL_TIMEOUT_MS = 60 * 1000, /* of calls without a sink */
};

#define PLACE "{bucket}"
#define ACCESS_POINT "accesspoint/"

/* ---- Life cycle ---- */

struct s3_shared *s3_shared_new(void)
{
    struct s3_shared *s = mem_zeros(1, sizeof(*s));
    s->regions = s3_regions_new();
    return s;
}

void s3_shared_free(struct s3_shared *s)
{
    if (s == NULL) {
        return;
    }
    s3_regions_free(s->regions);
    free(s);
}

bool s3_shared_skew_news(struct s3_shared *s, int64_t *offset_ms)
{
    return skew_news(&s->skew, offset_ms);
}

struct s3 *s3_new(const struct s3_settings *settings)
{
    struct s3 *s = mem_zeros(1, sizeof(*s));
    s->settings = settings;
    s->own = settings->shared == NULL ? s3_shared_new() : NULL;
    s->shared = s->own != NULL ? s->own : settings->shared;
    s->http = http_new(settings->ca_bundle);
    s->url = (struct buf)BUF_INIT(HTTP_URL_BYTES);
    s->signer = (struct signer){.clock = settings->clock,
                                .skew = &s->shared->skew,
                                .service = "s3",
                                .rules = s3_rules,
                                .rule_count = s3_rule_count};
    http_answer_init(&s->answer, ERROR_BODY_BYTES);
    rng_init_random(&s->rng);
    return s;
}

void s3_free(struct s3 *s)
{
    if (s == NULL) {
        return;
    }
    http_free(s->http);
    http_answer_done(&s->answer);
    buf_done(&s->url);
    checksum_done(&s->checksum);
    sigv4_cache_wipe(&s->signer.cache);
    s3_shared_free(s->own);
    free(s);
}

void s3_stop(struct s3 *s)
{
    http_stop(s->http);
}

/* ---- The request ---- */

static bool is_account(struct span owner)
{
    for (size_t i = 0; i < owner.n; i++) {
        if (owner.p[i] < '0' || owner.p[i] > '9') {
            return false;
        }
    }
    return owner.n == OWNER_DIGITS || owner.n == 0;
}

/* Take the bytes up to the next colon, and the colon. */
static struct span take_part(struct span *rest)
{
    const char *colon = rest->n > 0 ? memchr(rest->p, ':', rest->n) : NULL;
    struct span part = span_take(rest, colon != NULL ? (size_t)(colon - rest->p) : rest->n);
    *rest = span_from(*rest, rest->n > 0 ? 1 : 0);
    return part;
}

/*
 * Append the bucket's name, or what stands for it in the host of an access point: its name, a dash
 * and its account. False: the ARN is not that of an access point.
 */
static bool add_label(struct buf *out, const struct s3_object *o)
{
    struct span rest = o->access_point;
    if (rest.n == 0) {
        buf_add(out, o->bucket);
        return true;
    }
    (void)take_part(&rest); /* arn:aws:s3:eu-west-1:444455556666:accesspoint/events */
    (void)take_part(&rest);
    (void)take_part(&rest);
    (void)take_part(&rest);
    struct span account = take_part(&rest);
    if (!span_starts(rest, SPAN(ACCESS_POINT)) || account.n != OWNER_DIGITS) {
        return false;
    }
    buf_add(out, span_from(rest, sizeof(ACCESS_POINT) - 1));
    buf_addf(out, "-%.*s", SPAN_FMT(account));
    return !out->overflowed && url_bucket_ok(buf_span(out));
}

enum err_kind s3_object_check(const struct s3_object *o, struct err *e)
{
    if (!url_bucket_ok(o->bucket)) {
        return err_set(e, FAIL_DATA, "s3: no bucket can have this name");
    }
    if (!url_region_ok(o->region)) {
        return err_set(e, FAIL_CONFIG, "s3: no region can have this name");
    }
    struct buf name = BUF_INIT(LABEL_BYTES);
    bool named = o->access_point.n == 0 || add_label(&name, o);
    buf_done(&name);
    if (!named) {
        return err_set(e, FAIL_CONFIG, "s3: not the ARN of an access point");
    }
    if (!is_account(o->owner)) {
        return err_set(e, FAIL_CONFIG, "s3: the expected bucket owner must be 12 digits");
    }
    return FAIL_NONE;
}

static bool has_dot(struct span bucket)
{
    return bucket.n > 0 && memchr(bucket.p, '.', bucket.n) != NULL;
}

/* Append the configured endpoint without a final slash, with {bucket} replaced. */
static void add_endpoint(struct buf *url, const char *endpoint, struct span bucket)
{
    struct span text = span_str(endpoint);
    const char *place = strstr(endpoint, PLACE);
    while (text.n > 0 && text.p[text.n - 1] == '/') {
        text.n--;
    }
    if (place != NULL) {
        buf_add(url, span_take(&text, (size_t)(place - endpoint)));
        buf_add(url, bucket);
        buf_add(url, span_from(text, sizeof(PLACE) - 1));
        return;
    }
    buf_add(url, text);
    buf_add_byte(url, '/');
    buf_add(url, bucket);
}

static void add_aws(struct buf *url, const struct s3_settings *set, enum endpoint_service service,
                    struct span label, struct span region)
{
    /* the certificate matches one label only; an access point is in the host always */
    bool in_path = service == ENDPOINT_S3 && (set->path_style || has_dot(label));
    buf_add(url, SPAN("https://"));
    if (!in_path) {
        buf_add(url, label);
        buf_add_byte(url, '.');
    }
    endpoint_add_host(url, service, region, set->variant);
    if (in_path) {
        buf_add_byte(url, '/');
        buf_add(url, label);
    }
}

static void build_url(struct s3 *s, const struct s3_call *c, struct span region)
{
    const struct s3_settings *set = s->settings;
    struct buf label = BUF_INIT(LABEL_BYTES);
    bool through = c->object->access_point.n > 0;
    (void)!add_label(&label, c->object); /* s3_object_check has accepted it */
    buf_clear(&s->url);
    if (set->endpoint != NULL) {
        add_endpoint(&s->url, set->endpoint, buf_span(&label));
    } else {
        add_aws(&s->url, set, through ? ENDPOINT_S3_ACCESS_POINT : ENDPOINT_S3, buf_span(&label),
                region);
    }
    buf_done(&label);
    buf_add_byte(&s->url, '/');
    url_encode_path(&s->url, c->key);
    if (c->query.n > 0) {
        buf_add_byte(&s->url, '?');
        buf_add(&s->url, c->query);
    }
}

static size_t build_headers(struct http_header *to, const struct s3_call *c)
{
    size_t n = 0;
    for (; n < c->header_count; n++) {
        to[n] = c->headers[n];
    }
    if (c->object->owner.n > 0) {
        to[n++] = (struct http_header){SPAN("x-amz-expected-bucket-owner"), c->object->owner};
    }
    if (c->object->request_payer) {
        to[n++] = (struct http_header){SPAN("x-amz-request-payer"), SPAN("requester")};
    }
    return n;
}

static enum err_kind send_to(struct s3 *s, const struct s3_call *c, const char *region,
                             struct fault *f, struct err *e)
{
    struct http_header headers[S3_CALL_HEADERS + 2];
    build_url(s, c, span_str(region));
    struct http_request r = {
        .method = c->method,
        .url = buf_span(&s->url),
        .headers = headers,
        .header_count = build_headers(headers, c),
        .connect_timeout_ms = s->settings->connect_timeout_ms,
        .total_timeout_ms = CALL_TIMEOUT_MS,
        .idle_timeout_ms = s->settings->idle_timeout_ms,
        .allow_http = s->settings->allow_http,
        .sink = c->sink,
        .watch = s->watch.look != NULL ? &s->watch : NULL,
    };
    *f = (struct fault){.status = 0};
    if (s->url.overflowed) {
        return err_set(e, FAIL_DATA, "s3: the key is too long");
    }
    s->signer.creds = c->creds;
    s->signer.region = region;
    enum err_kind kind =
        signed_call(&s->signer, s->http, &r, c->answer != NULL ? c->answer : &s->answer, f, e);
    if (kind != FAIL_NONE && f->status != 0) {
        kind = s3_fault_set(e, f);
        (void)err_wrap(e, "s3");
    }
    return kind;
}

/* ---- Regions ---- */

/*
 * Get the region by HEAD, which returns it even with a denial, if neither header nor body named it.
 */
static void ask_region(struct s3 *s, const struct s3_call *c, const char *region, struct fault *f)
{
    struct s3_call head = {.method = "HEAD", .object = c->object, .creds = c->creds};
    struct fault said;
    struct err ignored = {0};
    (void)!send_to(s, &head, region, &said, &ignored);
    struct span found = http_field(&s->answer, "x-amz-bucket-region");
    if (url_region_ok(found)) {
        err_copy(f->region, sizeof(f->region), found);
    }
}

/* Whether the region that S3 named may be tried: it differs and is in the configured partition. */
static bool may_go(const struct fault *f, const char *tried, struct span configured)
{
    struct span region = span_str(f->region);
    return region.n > 0 && strcmp(f->region, tried) != 0 &&
           partition_of(region) == partition_of(configured);
}

/* Whether the region's host answered. One that did not is not cached, since it may not exist. */
static bool region_answered(const struct s3 *s, const struct s3_call *c, const struct fault *f)
{
    int status = c->answer != NULL ? c->answer->status : s->answer.status;
    return f->status != 0 || (status >= 200 && status < 300);
}

enum err_kind s3_send(struct s3 *s, const struct s3_call *c, struct fault *f, struct err *e)
{
    char region[S3_REGION_BYTES];
    const struct s3_object *o = c->object;
    bool through = o->access_point.n > 0; /* it is in one region, which its ARN names */
    if (through || !s3_regions_find(s->shared->regions, o->bucket, region)) {
        err_copy(region, sizeof(region), o->region);
    }
    enum err_kind kind = send_to(s, c, region, f, e);
    if (kind == FAIL_NONE || f->status == 0 || !s3_fault_is_region(f) || through) {
        return kind;
    }
    if (f->region[0] == '\0') {
        ask_region(s, c, region, f);
    }
    if (!may_go(f, region, o->region)) {
        return err_wrap(e, "bucket is not in region %s, and %s cannot be tried", region,
                        f->region[0] != '\0' ? f->region : "where it is");
    }
    err_copy(region, sizeof(region), span_str(f->region));
    err_clear(e);
    kind = send_to(s, c, region, f, e);
    if (region_answered(s, c, f)) {
        s3_regions_set(s->shared->regions, o->bucket, region);
    }
    return kind;
}
