/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket with --listing N numbered keys that nothing stores, as ListObjectsV2 shows it, and how
 * often each of them was sent to a queue. Messages that are sent are counted and not kept.
 */
#include "answer.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, SENT_MAX = 255 };

#define PREFIX "logs/"

void listing_make(struct store *s, uint32_t count)
{
    s->listing.count = count;
    s->listing.sent = calloc(count + 1, 1);
    if (s->listing.sent == NULL) {
        abort();
    }
}

/* The number in the value of a parameter that ends like a key, plus one; 0: there is none. */
static uint32_t after(struct span query, const char *name)
{
    const char *at = memmem(query.p, query.n, name, strlen(name));
    const char *end = query.p + query.n;
    while (at != NULL && at < end && *at != '=') {
        at++;
    }
    uint32_t n = 0;
    bool any = false;
    for (; at != NULL && at < end && *at != '&'; at++) {
        if (*at == '%' && end - at > 2) { /* %2F */
            at += 2;
        } else if (*at >= '0' && *at <= '9') {
            n = n * 10 + (uint32_t)(*at - '0');
            any = true;
        }
    }
    return any ? n + 1 : 0;
}

bool listing_answer(struct conn *c, const struct request *r, struct store *s)
{
    if (s->listing.count == 0 || memmem(r->query.p, r->query.n, "list-type=2", 11) == NULL) {
        return false;
    }
    uint32_t from = after(r->query, "continuation-token");
    from = from != 0 ? from : after(r->query, "start-after");
    uint32_t to = from + PAGE < s->listing.count ? from + PAGE : s->listing.count;
    struct buf text = BUF_INIT(1 << 20);
    buf_addf(&text, "<ListBucketResult><IsTruncated>%s</IsTruncated><KeyCount>%u</KeyCount>",
             to < s->listing.count ? "true" : "false", to > from ? to - from : 0);
    if (to < s->listing.count) {
        buf_addf(&text, "<NextContinuationToken>%09u</NextContinuationToken>", to - 1);
    }
    for (uint32_t i = from; i < to; i++) {
        buf_addf(&text,
                 "<Contents><Key>" PREFIX "%09u</Key><LastModified>2026-11-30T07:00:00.000Z"
                 "</LastModified><ETag>&quot;%032x&quot;</ETag><Size>1000</Size><StorageClass>"
                 "STANDARD</StorageClass></Contents>",
                 i, i);
    }
    buf_add(&text, SPAN("</ListBucketResult>"));
    answer_text(c, 200, "application/xml", buf_span(&text));
    buf_done(&text);
    s->listing.pages++;
    return true;
}

static void count_message(struct store *s, const char *body)
{
    const char *key = strstr(body, "\"key\":\"" PREFIX);
    unsigned long i =
        key != NULL ? strtoul(key + strlen("\"key\":\"" PREFIX), NULL, 10) : ULONG_MAX;
    if (i < s->listing.count && s->listing.sent[i] < SENT_MAX) {
        s->listing.sent[i]++;
    }
    s->listing.messages++;
}

void listing_send(struct conn *c, struct json_object *request, struct store *s)
{
    struct json_object *entries, *value;
    struct buf out = BUF_INIT(1 << 16);
    size_t count = json_object_object_get_ex(request, "Entries", &entries)
                       ? json_object_array_length(entries)
                       : 0;
    buf_add(&out, SPAN("{\"Successful\":["));
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(entries, i);
        if (json_object_object_get_ex(entry, "MessageBody", &value)) {
            count_message(s, json_object_get_string(value));
        }
        (void)json_object_object_get_ex(entry, "Id", &value);
        buf_addf(&out, "%s{\"Id\":\"%.80s\",\"MessageId\":\"m\"}", i > 0 ? "," : "",
                 json_object_get_string(value));
    }
    buf_add(&out, SPAN("],\"Failed\":[]}"));
    answer_text(c, 200, "application/x-amz-json-1.0", buf_span(&out));
    buf_done(&out);
}

struct listing_counts listing_count(const struct store *s)
{
    struct listing_counts n = {.pages = s->listing.pages, .messages = s->listing.messages};
    for (uint32_t i = 0; i < s->listing.count; i++) {
        n.keys += s->listing.sent[i] > 0;
        n.most = s->listing.sent[i] > n.most ? s->listing.sent[i] : n.most;
    }
    return n;
}
