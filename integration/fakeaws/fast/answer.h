/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - a whole request becomes an answer in the connection's `out`. */
#ifndef FAST_ANSWER_H
#define FAST_ANSWER_H

#include "conn.h"

struct options {
    int latency_ms; /* of every S3 answer */
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

/* True if in holds a whole request; *r points into it. r->method empty: it is no HTTP. */
bool request_parse(struct span in, struct request *r);

/* Answer it, or make it a long poll (c->poll.queue set, nothing in out). */
void request_answer(struct conn *c, const struct request *r, struct store *s,
                    const struct options *o, int64_t now_ms);

/* Header and body of a small answer. */
void answer_text(struct conn *c, int status, const char *type, struct span body);

/* sqs.c */
void sqs_answer(struct conn *c, const struct request *r, struct store *s, const struct options *o,
                int64_t now_ms);
/* Messages for the long poll of c, if there are any or its time is over. True: answered. */
bool sqs_poll(struct conn *c, struct store *s, const struct options *o, int64_t now_ms);

#endif
