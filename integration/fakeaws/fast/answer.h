/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - writes the response to a complete request into the connection's `out`. */
#ifndef FAST_ANSWER_H
#define FAST_ANSWER_H

#include "conn.h"

struct options {
    int latency_ms; /* of every S3 response */
    bool checksums;
    const char *region;
    const char *account; /* of the queues */
    char base_url[64];
};

struct request {
    struct span method, path, query, body;
    struct span range, target, host, authorization;
    bool close;
    size_t bytes; /* of the whole request */
};

/* True: `in` has a complete request, and *r points into it. r->method empty: it is not HTTP. */
bool request_parse(struct span in, struct request *r);

/* Write the response, or make the request a long poll (c->poll.queue is set, `out` is empty). */
void request_answer(struct conn *c, const struct request *r, struct store *s,
                    const struct options *o, int64_t now_ms);

/* Write the head and the body of a small response. */
void answer_text(struct conn *c, int status, const char *type, struct span body);

/* listing.c */
struct json_object;
struct listing_counts {
    uint64_t pages, messages, keys, most;
};
void listing_make(struct store *s, uint32_t count);
/* True: it was a list, and is answered. */
bool listing_answer(struct conn *c, const struct request *r, struct store *s);
/* SendMessageBatch. */
void listing_send(struct conn *c, struct json_object *request, struct store *s);
struct listing_counts listing_count(const struct store *s);

/* sqs.c */
void sqs_answer(struct conn *c, const struct request *r, struct store *s, const struct options *o,
                int64_t now_ms);
/* Write messages to the long poll of c if there are any, or if its time is over. True: answered. */
bool sqs_poll(struct conn *c, struct store *s, const struct options *o, int64_t now_ms);

#endif
