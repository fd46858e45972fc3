/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sqs.h"

#include "base/alloc.h"
#include "codec/url.h"
#include "net/endpoint_env.h"
#include "sqs_priv.h"

#include <stdlib.h>

enum { CALL_CONNECT_MS = 5000, CALL_TOTAL_MS = 10000 }; /* at most three attempts: 30 s */

/* ---- The address of the queue ---- */

static bool ends_with(struct span s, struct span end)
{
    return s.n >= end.n && span_eq(span_from(s, s.n - end.n), end);
}

/* A public endpoint of AWS: "sqs.REGION.SUFFIX" or the older "REGION.queue.SUFFIX". */
static bool is_public(const struct url *u, const struct partition *p)
{
    bool aws = ends_with(u->host, span_str(p->dns_suffix)) ||
               ends_with(u->host, span_str(p->dual_stack_suffix));
    return aws && memmem(u->host.p, u->host.n, ".vpce.", 6) == NULL;
}

/* FIPS and dual-stack, by the name of a public host. */
static unsigned variant_of(struct span host, const struct partition *p)
{
    bool fips = span_starts(host, SPAN("sqs-fips."));
    bool dual_stack = ends_with(host, span_str(p->dual_stack_suffix));
    return (fips ? ENDPOINT_FIPS : 0U) | (dual_stack ? ENDPOINT_DUAL_STACK : 0U);
}

static enum err_kind find_endpoint(struct sqs_queue *q, struct err *e)
{
    struct url u;
    struct span region = span_str(q->region);
    struct endpoint_wish wish = {ENDPOINT_SQS, q->settings->endpoint, q->region,
                                 q->settings->variant};
    if (!url_split(span_str(q->url), &u) || u.path.n < 2) {
        return err_set(e, FAIL_CONFIG, "sqs: not the URL of a queue");
    }
    struct span told = endpoint_sqs_region(u.host);
    if (told.n > 0 && !span_eq(told, region)) {
        return err_set(e, FAIL_CONFIG, "sqs: the queue's URL is of region %.*s, not %s",
                       SPAN_FMT(told), q->region);
    }
    if (!is_public(&u, partition_of(region))) {
        buf_addf(&q->endpoint, "%s://", u.tls ? "https" : "http");
        url_add_authority(&q->endpoint, &u);
        wish.endpoint = endpoint_given(&wish) != NULL ? wish.endpoint : q->endpoint.p;
    } else {
        wish.variant |= variant_of(u.host, partition_of(region));
    }
    struct buf url = BUF_INIT(HTTP_URL_BYTES);
    enum err_kind kind = endpoint_url(&url, &wish, e);
    buf_clear(&q->endpoint);
    buf_add(&q->endpoint, buf_span(&url));
    buf_done(&url);
    return kind == FAIL_NONE ? FAIL_NONE : err_wrap(e, "sqs");
}

/* ---- Life cycle ---- */

struct sqs_queue *sqs_queue_new(const struct sqs_settings *s, const char *url, const char *region,
                                struct err *e)
{
    OWNED(sqs_queue) struct sqs_queue *q = mem_zeros(1, sizeof(*q));
    q->url = mem_text(url);
    q->region = mem_text(region);
    q->settings = s;
    q->endpoint = (struct buf)BUF_INIT(HTTP_URL_BYTES);
    q->own_pool = s->pool == NULL;
    q->pool = q->own_pool ? http_pool_new(SQS_ANSWER_BYTES) : s->pool;
    return find_endpoint(q, e) == FAIL_NONE ? take(&q) : NULL;
}

struct sqs_queue *sqs_queue_beside(const struct sqs_queue *q, const char *arn, struct err *e)
{
    const char *slash = strrchr(q->url, '/');
    const char *colon = strrchr(arn, ':');
    if (slash == NULL || colon == NULL || colon[1] == '\0' || strchr(colon, '/') != NULL) {
        (void)err_set(e, FAIL_CONFIG, "sqs: not the ARN of a queue: %.200s", arn);
        return NULL;
    }
    struct buf url = BUF_INIT(HTTP_URL_BYTES);
    buf_add(&url, span_of(q->url, (size_t)(slash - q->url) + 1));
    buf_add(&url, span_str(colon + 1));
    struct sqs_queue *beside = sqs_queue_new(q->settings, url.p, q->region, e);
    buf_done(&url);
    return beside;
}

void sqs_queue_free(struct sqs_queue *q)
{
    if (q == NULL) {
        return;
    }
    if (q->own_pool) {
        http_pool_free(q->pool);
    }
    buf_done(&q->endpoint);
    free(q->url);
    free(q->region);
    free(q);
}

const char *sqs_queue_url(const struct sqs_queue *q)
{
    return q->url;
}

const char *sqs_queue_endpoint(const struct sqs_queue *q)
{
    return q->endpoint.p;
}

int64_t sqs_clock_ms(const struct sqs_queue *q)
{
    return skew_now_ms(&q->skew, q->settings->clock);
}

bool sqs_clock_news(struct sqs_queue *q, int64_t *offset_ms)
{
    return skew_news(&q->skew, offset_ms);
}

void sqs_queue_stop(struct sqs_queue *q)
{
    http_pool_stop(q->pool);
}

/* ---- Calls ---- */

void sqs_headers(struct http_header headers[SQS_HEADERS], const char *target)
{
    headers[0] = (struct http_header){SPAN("Content-Type"), SPAN("application/x-amz-json-1.0")};
    headers[1] = (struct http_header){SPAN("X-Amz-Target"), span_str(target)};
}

struct signer sqs_signer(struct sqs_queue *q)
{
    return (struct signer){
        .clock = q->settings->clock,
        .skew = &q->skew,
        .creds = q->settings->creds,
        .service = "sqs",
        .region = q->region,
        .rules = sqs_rules,
        .rule_count = sqs_rule_count,
    };
}

/* Send a body. A 2xx response is in seat->answer. */
static enum err_kind send_call(struct sqs_queue *q, struct http_seat *seat, const char *target,
                               struct buf *body, struct err *e)
{
    struct http_header headers[SQS_HEADERS];
    sqs_headers(headers, target);
    struct http_request r = {
        .method = "POST",
        .url = buf_span(&q->endpoint),
        .headers = headers,
        .header_count = SQS_HEADERS,
        .body = buf_span(body),
        .connect_timeout_ms = CALL_CONNECT_MS,
        .total_timeout_ms = CALL_TOTAL_MS,
        .allow_http = q->settings->allow_http,
    };
    if (body->overflowed) {
        return err_set(e, FAIL_CONFIG, "sqs: the request is too long");
    }
    struct signer how = sqs_signer(q);
    enum err_kind kind = http_pool_call(seat, &how, &r, e);
    if (kind != FAIL_NONE) {
        kind = e->kind = sqs_refine(kind, e->code, e->text);
    }
    return kind;
}

enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out, struct err *e)
{
    struct buf body = BUF_INIT(SQS_REQUEST_BYTES);
    struct http_seat *seat = http_pool_take(q->pool);
    sqs_write_get_attributes(&body, q->url);
    enum err_kind kind = send_call(q, seat, "AmazonSQS.GetQueueAttributes", &body, e);
    if (kind == FAIL_NONE) {
        kind = sqs_read_attributes(buf_span(&seat->answer.body), out, e);
    }
    http_pool_give(q->pool, seat);
    buf_done(&body);
    return kind;
}

static enum err_kind send_batch(struct sqs_queue *q, const char *target, struct buf *body,
                                struct sqs_entry *entries, size_t count, struct err *e)
{
    struct http_seat *seat = http_pool_take(q->pool);
    enum err_kind kind = send_call(q, seat, target, body, e);
    if (kind == FAIL_NONE) {
        kind = sqs_read_batch(buf_span(&seat->answer.body), entries, count, e);
        if (e != NULL && e->kind != FAIL_NONE) { /* or of one of the entries */
            err_copy(e->request_id, sizeof(e->request_id),
                     http_field(&seat->answer, "x-amzn-requestid"));
        }
    }
    http_pool_give(q->pool, seat);
    return kind;
}

enum err_kind sqs_delete(struct sqs_queue *q, struct sqs_entry *entries, size_t count,
                         struct err *e)
{
    struct buf body = BUF_INIT(SQS_REQUEST_BYTES);
    sqs_write_delete(&body, q->url, entries, count);
    enum err_kind kind = send_batch(q, "AmazonSQS.DeleteMessageBatch", &body, entries, count, e);
    buf_done(&body);
    return kind;
}

enum err_kind sqs_change_visibility(struct sqs_queue *q, struct sqs_entry *entries, size_t count,
                                    struct err *e)
{
    struct buf body = BUF_INIT(SQS_REQUEST_BYTES);
    sqs_write_visibility(&body, q->url, entries, count);
    enum err_kind kind =
        send_batch(q, "AmazonSQS.ChangeMessageVisibilityBatch", &body, entries, count, e);
    buf_done(&body);
    return kind;
}

enum err_kind sqs_send(struct sqs_queue *q, struct sqs_outgoing *messages, size_t count,
                       struct err *e)
{
    struct buf body = BUF_INIT(SQS_REQUEST_BYTES);
    struct http_seat *seat = http_pool_take(q->pool);
    sqs_write_send(&body, q->url, messages, count);
    enum err_kind kind = send_call(q, seat, "AmazonSQS.SendMessageBatch", &body, e);
    if (kind == FAIL_NONE) {
        kind = sqs_read_send(buf_span(&seat->answer.body), messages, count, e);
    }
    http_pool_give(q->pool, seat);
    buf_done(&body);
    return kind;
}
