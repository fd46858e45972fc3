/* SPDX-License-Identifier: Apache-2.0 */
/* Parses HTTP requests and writes responses of S3 and STS. Signatures are not checked. */
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct span span_cut(struct span *in, const char *until)
{
    const char *end = memmem(in->p, in->n, until, strlen(until));
    struct span cut = {in->p, end == NULL ? in->n : (size_t)(end - in->p)};
    size_t skip = end == NULL ? in->n : cut.n + strlen(until);
    in->p += skip;
    in->n -= skip;
    return cut;
}

static bool named(struct span line, const char *name, struct span *value)
{
    size_t n = strlen(name);
    if (line.n < n || strncasecmp(line.p, name, n) != 0) {
        return false;
    }
    value->p = line.p + n;
    value->n = line.n - n;
    while (value->n > 0 && *value->p == ' ') {
        value->p++;
        value->n--;
    }
    return true;
}

static size_t number(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && n < (1U << 30); i++) {
        n = n * 10 + (size_t)(text.p[i] - '0');
    }
    return n;
}

static bool is(struct span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

static bool begins(struct span s, const char *text)
{
    return s.n >= strlen(text) && memcmp(s.p, text, strlen(text)) == 0;
}

bool request_parse(struct span in, struct request *r)
{
    const char *end = memmem(in.p, in.n, "\r\n\r\n", 4);
    if (end == NULL) {
        return false;
    }
    *r = (struct request){.bytes = (size_t)(end - in.p) + 4};
    struct span head = {in.p, (size_t)(end - in.p)};
    struct span line = span_cut(&head, "\r\n");
    r->method = span_cut(&line, " ");
    r->path = span_cut(&line, " ");
    r->query = r->path;
    r->path = span_cut(&r->query, "?");
    size_t length = 0;
    while (head.n > 0) {
        line = span_cut(&head, "\r\n");
        struct span value;
        if (named(line, "content-length:", &value)) {
            length = number(value);
        } else if (named(line, "connection:", &value)) {
            r->close = is(value, "close");
        } else if (!named(line, "range:", &r->range) && !named(line, "x-amz-target:", &r->target) &&
                   !named(line, "host:", &r->host)) {
            (void)named(line, "authorization:", &r->authorization);
        }
    }
    r->body = (struct span){in.p + r->bytes, length};
    r->bytes += length;
    return in.n >= r->bytes;
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 206:
        return "Partial Content";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    default:
        return "Bad Request";
    }
}

void answer_text(struct conn *c, int status, const char *type, struct span body)
{
    buf_addf(&c->out,
             "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nx-amzn-RequestId: "
             "00000000-0000-4000-8000-000000000001\r\nContent-Length: %zu\r\n\r\n",
             status, reason(status), type, body.n);
    buf_add(&c->out, body);
}

/* --- S3 ------------------------------------------------------------------------------------ */

static size_t path_decode(struct span path, char *out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n && n < max; i++) {
        char hex[3] = {0};
        if (path.p[i] == '%' && i + 2 < path.n) {
            memcpy(hex, path.p + i + 1, 2);
            out[n++] = (char)strtoul(hex, NULL, 16);
            i += 2;
        } else {
            out[n++] = path.p[i];
        }
    }
    return n;
}

static void base64_of(uint64_t value, char out[13])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char raw[9] = {0};
    for (int i = 0; i < 8; i++) {
        raw[i] = (unsigned char)(value >> (56 - 8 * i));
    }
    for (int i = 0; i < 3; i++) {
        unsigned three =
            (unsigned)raw[3 * i] << 16 | (unsigned)raw[3 * i + 1] << 8 | raw[3 * i + 2];
        for (int k = 0; k < 4; k++) {
            out[4 * i + k] = digits[three >> (18 - 6 * k) & 63];
        }
    }
    out[11] = '=';
    out[12] = '\0';
}

static void object_head(struct conn *c, const struct request *r, struct store *s, struct object *o,
                        const struct options *options)
{
    uint64_t from = 0;
    bool ranged = begins(r->range, "bytes=") && r->range.n > 7 && r->range.p[6] != '-';
    if (ranged) {
        from = strtoull(r->range.p + 6, NULL, 10);
        ranged = from < o->size;
        from = ranged ? from : 0;
    }
    buf_addf(&c->out,
             "HTTP/1.1 %s\r\nx-amz-id-2: fast\r\nx-amz-request-id: 0000000000000001\r\n"
             "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
             "Last-Modified: Thu, 31 Dec 2026 00:00:00 GMT\r\n"
             "ETag: \"%016llx%016llx\"\r\nx-amz-server-side-encryption: AES256\r\n"
             "Accept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n"
             "Server: AmazonS3\r\nContent-Length: %llu\r\n",
             ranged ? "206 Partial Content" : "200 OK", (unsigned long long)o->offset,
             (unsigned long long)o->size, (unsigned long long)(o->size - from));
    if (ranged) {
        buf_addf(&c->out, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)from,
                 (unsigned long long)(o->size - 1), (unsigned long long)o->size);
    } else if (options->checksums) {
        char text[13];
        base64_of(object_checksum(s, o), text);
        buf_addf(&c->out, "x-amz-checksum-crc64nvme: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
                 text);
    }
    buf_add(&c->out, SPAN("\r\n"));
    if (!is(r->method, "HEAD") && from < o->size) {
        c->body.object = o;
        c->body.at = from;
        c->body.end = o->size;
    }
}

static void s3_answer(struct conn *c, const struct request *r, struct store *s,
                      const struct options *o, int64_t now_ms)
{
    if (listing_answer(c, r, s)) {
        return;
    }
    char text[4096];
    struct span path = {text, path_decode(r->path, text, sizeof text)};
    if (path.n > 0) {
        path.p++;
        path.n--;
    }
    struct span host = r->host, bucket;
    const char *virtual = memmem(host.p, host.n, ".s3.", 4);
    if (virtual != NULL) {
        bucket = (struct span){host.p, (size_t)(virtual - host.p)};
    } else {
        bucket = span_cut(&path, "/");
    }
    struct object *found = store_find(s, bucket, path);
    if (found == NULL) {
        answer_text(c, 404, "application/xml",
                    SPAN("<Error><Code>NoSuchKey</Code><Message>The specified key does not "
                         "exist.</Message></Error>"));
    } else {
        object_head(c, r, s, found, o);
        s->counters.gets++;
        s->counters.bytes += c->body.object == NULL ? 0 : c->body.end - c->body.at;
    }
    c->not_before_ms = o->latency_ms > 0 ? now_ms + o->latency_ms : 0;
}

/* --- STS ----------------------------------------------------------------------------------- */

static void sts_identity(struct conn *c, const struct request *r, const struct options *o)
{
    struct buf text = BUF_INIT(4096);
    const char *mark = memmem(r->authorization.p, r->authorization.n, "Credential=ASIAFAST", 19);
    const char *account = mark != NULL ? mark + 19 : o->account;
    buf_addf(&text,
             "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
             "<GetCallerIdentityResult><Arn>arn:aws:sts::%.12s:assumed-role/fast/session</Arn>"
             "<UserId>AROAFAST:session</UserId><Account>%.12s</Account></GetCallerIdentityResult>"
             "</GetCallerIdentityResponse>",
             account, account);
    answer_text(c, 200, "text/xml", buf_span(&text));
    buf_done(&text);
}

static void sts_answer(struct conn *c, const struct request *r, const struct options *o)
{
    if (memmem(r->body.p, r->body.n, "Action=AssumeRole", 17) == NULL) {
        sts_identity(c, r, o);
        return;
    }
    const char *arn = memmem(r->body.p, r->body.n, "iam%3A%3A", 9);
    if (arn == NULL || memmem(r->body.p, r->body.n, "ExternalId=bench", 16) == NULL) {
        answer_text(c, 403, "text/xml",
                    SPAN("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                         "<Message>User is not authorized to perform: sts:AssumeRole</Message>"
                         "</Error></ErrorResponse>"));
        return;
    }
    struct buf text = BUF_INIT(4096);
    buf_addf(&text,
             "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
             "<AssumeRoleResult><Credentials><AccessKeyId>ASIAFAST%.12s</AccessKeyId>"
             "<SecretAccessKey>fast-secret</SecretAccessKey><SessionToken>fast-token</SessionToken>"
             "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>"
             "<AssumedRoleId>AROAFAST:session</AssumedRoleId>"
             "<Arn>arn:aws:sts::%.12s:assumed-role/fast/session</Arn></AssumedRoleUser>"
             "</AssumeRoleResult></AssumeRoleResponse>",
             arn + 9, arn + 9);
    answer_text(c, 200, "text/xml", buf_span(&text));
    buf_done(&text);
}

/*
 * For each deleted object: milliseconds from the time when its notification was due until the
 * delete.
 */

/* Of every object that is deleted: milliseconds from when it was to be told of until then. */
static void lags_answer(struct conn *c, const struct store *s)
{
    struct buf text = BUF_INIT(16 << 20);
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->messages[i].state == MESSAGE_DELETED) {
            buf_addf(&text, "%c%lld", text.n == 0 ? '[' : ',',
                     (long long)(s->messages[i].deleted_ms - message_due_ms(s, i)));
        }
    }
    buf_add(&text, text.n == 0 ? SPAN("[]\n") : SPAN("]\n"));
    answer_text(c, 200, "application/json", buf_span(&text));
    buf_done(&text);
}

static void admin_answer(struct conn *c, const struct request *r, struct store *s, int64_t now_ms)
{
    if (is(r->path, "/_admin/start") && s->start_ms == 0) {
        s->start_ms = now_ms;
        store_tick(s, now_ms);
    }
    if (is(r->path, "/_admin/lags")) {
        lags_answer(c, s);
        return;
    }
    struct listing_counts listing = listing_count(s);
    uint64_t ready = 0, held = 0;
    for (uint32_t i = 0; i < s->queue_count; i++) {
        ready += s->queues[i].ready;
        held += s->queues[i].held;
    }
    const struct {
        const char *name;
        uint64_t value;
    } told[] = {
        {"objects", s->count},
        {"listed_pages", listing.pages},
        {"listed_sent", listing.messages},
        {"listed_keys", listing.keys},
        {"listed_most", listing.most},
        {"sent", s->sent},
        {"ready", ready},
        {"held", held},
        {"polls", s->counters.polls},
        {"gets", s->counters.gets},
        {"bytes", s->counters.bytes},
        {"received", s->counters.received},
        {"deleted", s->counters.deleted},
        {"changed", s->counters.changed},
        {"expired", s->counters.expired},
        {"waited_ms", s->counters.waited_ms},
        {"started_ms", (uint64_t)s->start_ms},
        {"last_deleted_ms", (uint64_t)s->last_deleted_ms},
    };
    struct buf text = BUF_INIT(4096);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        buf_addf(&text, "%s\"%s\": %llu", i == 0 ? "{" : ", ", told[i].name,
                 (unsigned long long)told[i].value);
    }
    buf_add(&text, SPAN("}\n"));
    answer_text(c, 200, "application/json", buf_span(&text));
    buf_done(&text);
}

void request_answer(struct conn *c, const struct request *r, struct store *s,
                    const struct options *o, int64_t now_ms)
{
    c->close_after = r->close;
    if (r->method.n == 0 || r->path.n == 0 || *r->path.p != '/') {
        c->close_after = true;
        answer_text(c, 400, "text/plain", SPAN("not HTTP\n"));
    } else if (begins(r->path, "/_admin/")) {
        admin_answer(c, r, s, now_ms);
    } else if (begins(r->target, "AmazonSQS.")) {
        sqs_answer(c, r, s, o, now_ms);
    } else if (is(r->method, "POST")) {
        sts_answer(c, r, o);
    } else {
        s3_answer(c, r, s, o, now_ms);
    }
}
