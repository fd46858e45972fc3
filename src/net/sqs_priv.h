/* SPDX-License-Identifier: Apache-2.0 */
/* sqs_priv.h - shared by calls and polls of net/sqs. */
#ifndef NET_SQS_PRIV_H
#define NET_SQS_PRIV_H

#include "net/sqs.h"

struct sqs_queue {
    const struct sqs_settings *settings;
    char *url;
    char *region;
    struct buf endpoint;
    struct http_pool *pool;
    bool own_pool;
    struct skew skew;
};

/* Two headers of every request; the second names the action. */
enum { SQS_HEADERS = 2 };

void sqs_headers(struct http_header headers[SQS_HEADERS], const char *target);

/* Parameters for signing a queue's requests and classifying their errors. */
struct signer sqs_signer(struct sqs_queue *q);

#endif
