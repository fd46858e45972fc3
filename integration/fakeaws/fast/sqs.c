/* SPDX-License-Identifier: Apache-2.0 */
/* SQS in AWS JSON 1.0: receive, delete, change visibility, attributes. */
#include "answer.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/x-amz-json-1.0"

static int64_t member_int(struct json_object *o, const char *name, int64_t otherwise)
{
    struct json_object *v;
    return json_object_object_get_ex(o, name, &v) ? json_object_get_int64(v) : otherwise;
}

static const char *member_text(struct json_object *o, const char *name)
{
    struct json_object *v;
    return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : "";
}

static struct queue *queue_of(struct store *s, struct json_object *request)
{
    const char *url = member_text(request, "QueueUrl");
    const char *slash = strrchr(url, '/');
    return store_queue(s, span_str(slash != NULL ? slash + 1 : url));
}

/* --- receive ------------------------------------------------------------------------------- */

static void md5_add(struct buf *out, struct span text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(text.p, text.n, digest, &n, EVP_md5(), NULL) != 1) {
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        buf_addf(out, "%02x", digest[i]);
    }
}

/* Append the notification as part of the response's JSON string: with \" for ". */
static void body_add(struct buf *out, const struct object *o, uint32_t i, const char *region)
{
    buf_addf(out,
             "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":"
             "\"%s\",\"eventTime\":\"2026-01-01T00:00:00.000Z\",\"eventName\":"
             "\"ObjectCreated:Put\",\"userIdentity\":{\"principalId\":\"AWS:AIDAFAST\"},"
             "\"requestParameters\":{\"sourceIPAddress\":\"127.0.0.1\"},\"responseElements\":"
             "{\"x-amz-request-id\":\"B86806D8E85F4A5F\",\"x-amz-id-2\":\"fast\"},\"s3\":"
             "{\"s3SchemaVersion\":\"1.0\",\"configurationId\":\"ingest\",\"bucket\":{\"name\":"
             "\"%.*s\",\"ownerIdentity\":{\"principalId\":\"A2FAST\"},\"arn\":"
             "\"arn:aws:s3:::%.*s\"},\"object\":{\"key\":\"%.*s\",\"size\":%llu,\"eTag\":"
             "\"%016llx%016llx\",\"sequencer\":\"00%016X\"}}}]}",
             region, SPAN_FMT(o->bucket), SPAN_FMT(o->bucket), SPAN_FMT(o->encoded),
             (unsigned long long)o->size, (unsigned long long)o->offset,
             (unsigned long long)o->size, i);
}

static void message_add(struct buf *out, struct buf *body, struct store *s, uint32_t i,
                        const char *region)
{
    const struct message *m = &s->messages[i];
    buf_clear(body);
    body_add(body, &s->objects[i], i, region);
    buf_addf(out,
             "{\"MessageId\":\"00000000-0000-4000-8000-%012x\",\"ReceiptHandle\":\"fast-%u-%u\","
             "\"MD5OfBody\":\"",
             i, i, m->receives);
    md5_add(out, buf_span(body));
    buf_add(out, SPAN("\",\"Body\":\""));
    struct span left = buf_span(body);
    while (left.n > 0) {
        const char *quote = memchr(left.p, '"', left.n);
        buf_add(out, span_take(&left, quote != NULL ? (size_t)(quote - left.p) : left.n));
        if (left.n > 0) {
            buf_add(out, SPAN("\\\""));
            left = span_from(left, 1);
        }
    }
    buf_addf(out,
             "\",\"Attributes\":{\"SenderId\":\"AIDAFAST\",\"SentTimestamp\":\"%lld\","
             "\"ApproximateReceiveCount\":\"%u\",\"ApproximateFirstReceiveTimestamp\":\"%lld\"}}",
             (long long)m->sent_ms, m->receives, (long long)m->first_ms);
}

bool sqs_poll(struct conn *c, struct store *s, const struct options *o, int64_t now_ms)
{
    struct queue *q = c->poll.queue;
    if (q->ready == 0 && now_ms < c->poll.until_ms) {
        return false;
    }
    struct buf out = BUF_INIT(1 << 20), body = BUF_INIT(1 << 16);
    for (int n = 0; n < c->poll.count; n++) {
        uint32_t i = queue_take(s, q, now_ms, now_ms + c->poll.hold_ms);
        if (i == NO_MESSAGE) {
            break;
        }
        buf_add(&out, n == 0 ? SPAN("{\"Messages\":[") : SPAN(","));
        message_add(&out, &body, s, i, o->region);
    }
    buf_add(&out, out.n > 0 ? SPAN("]}") : SPAN("{}"));
    answer_text(c, 200, JSON_TYPE, buf_span(&out));
    buf_done(&out);
    buf_done(&body);
    c->poll.queue = NULL;
    return true;
}

static void receive(struct conn *c, struct queue *q, struct json_object *request, struct store *s,
                    const struct options *o, int64_t now_ms)
{
    int64_t count = member_int(request, "MaxNumberOfMessages", 1);
    c->poll.queue = q;
    c->poll.count = (int)(count < 1 || count > 10 ? 10 : count);
    c->poll.until_ms = now_ms + 1000 * member_int(request, "WaitTimeSeconds", 0);
    c->poll.hold_ms = 1000 * member_int(request, "VisibilityTimeout", 30);
    (void)sqs_poll(c, s, o, now_ms);
}

/* --- batches ------------------------------------------------------------------------------- */

static bool entry_do(struct store *s, struct json_object *entry, bool change, int64_t now_ms)
{
    unsigned i, receives;
    if (sscanf(member_text(entry, "ReceiptHandle"), "fast-%u-%u", &i, &receives) != 2) {
        return false;
    }
    if (!change) {
        return message_delete(s, i, receives, now_ms);
    }
    return message_hold(s, i, receives, now_ms + 1000 * member_int(entry, "VisibilityTimeout", 0));
}

static void batch(struct conn *c, struct json_object *request, struct store *s, bool change,
                  int64_t now_ms)
{
    struct json_object *entries;
    struct buf good = BUF_INIT(1 << 16), bad = BUF_INIT(1 << 16);
    size_t count = json_object_object_get_ex(request, "Entries", &entries)
                       ? json_object_array_length(entries)
                       : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(entries, i);
        bool done = entry_do(s, entry, change, now_ms);
        struct buf *out = done ? &good : &bad;
        buf_addf(out, "%s{\"Id\":\"%.80s\"", out->n > 0 ? "," : "", member_text(entry, "Id"));
        buf_addf(out, done ? "}"
                           : ",\"SenderFault\":true,\"Code\":\"ReceiptHandleIsInvalid\","
                             "\"Message\":\"The input receipt handle is invalid.\"}");
    }
    struct buf all = BUF_INIT(1 << 17);
    buf_add(&all, SPAN("{\"Successful\":["));
    buf_add(&all, buf_span(&good));
    buf_add(&all, SPAN("],\"Failed\":["));
    buf_add(&all, buf_span(&bad));
    buf_add(&all, SPAN("]}"));
    answer_text(c, 200, JSON_TYPE, buf_span(&all));
    buf_done(&all);
    buf_done(&good);
    buf_done(&bad);
}

/* --- all ------------------------------------------------------------------------------------ */

static void attributes(struct conn *c, const struct queue *q, const struct options *o)
{
    struct buf out = BUF_INIT(4096);
    buf_addf(
        &out,
        "{\"Attributes\":{\"QueueArn\":\"arn:aws:sqs:%s:%s:%.*s\",\"VisibilityTimeout\":\"30\","
        "\"MessageRetentionPeriod\":\"345600\",\"ApproximateNumberOfMessages\":\"%llu\","
        "\"ApproximateNumberOfMessagesNotVisible\":\"%llu\",\"RedrivePolicy\":"
        "\"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:%s:%s:dead\\\","
        "\\\"maxReceiveCount\\\":10}\"}}",
        o->region, o->account, SPAN_FMT(q->name), (unsigned long long)q->ready,
        (unsigned long long)q->held, o->region, o->account);
    answer_text(c, 200, JSON_TYPE, buf_span(&out));
    buf_done(&out);
}

static void operation(struct conn *c, struct span name, struct json_object *request,
                      struct store *s, const struct options *o, int64_t now_ms)
{
    struct queue *q = queue_of(s, request);
    if (q == NULL) {
        answer_text(c, 400, JSON_TYPE,
                    SPAN("{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"The "
                         "specified queue does not exist.\"}"));
    } else if (span_eq(name, SPAN("ReceiveMessage"))) {
        s->counters.polls++;
        receive(c, q, request, s, o, now_ms);
    } else if (span_eq(name, SPAN("DeleteMessageBatch"))) {
        batch(c, request, s, false, now_ms);
    } else if (span_eq(name, SPAN("ChangeMessageVisibilityBatch"))) {
        batch(c, request, s, true, now_ms);
    } else if (span_eq(name, SPAN("SendMessageBatch"))) {
        listing_send(c, request, s);
    } else if (span_eq(name, SPAN("GetQueueAttributes"))) {
        attributes(c, q, o);
    } else {
        answer_text(c, 400, JSON_TYPE,
                    SPAN("{\"__type\":\"com.amazonaws.sqs#UnsupportedOperation\"}"));
    }
}

void sqs_answer(struct conn *c, const struct request *r, struct store *s, const struct options *o,
                int64_t now_ms)
{
    struct json_tokener *parser = json_tokener_new();
    struct json_object *request = json_tokener_parse_ex(parser, r->body.p, (int)r->body.n);
    if (json_object_is_type(request, json_type_object)) {
        operation(c, span_from(r->target, strlen("AmazonSQS.")), request, s, o, now_ms);
    } else {
        answer_text(c, 400, JSON_TYPE, SPAN("{\"__type\":\"#SerializationException\"}"));
    }
    json_object_put(request);
    json_tokener_free(parser);
}
