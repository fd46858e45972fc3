/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msk.h - IAM authentication for Amazon MSK with the worker's own credentials, for
 * sink_config.token.
 *
 *     struct msk msk = {.creds = own, .region = "eu-west-1", .clock = &clock_system};
 *     struct sink_config c = {.token = msk_token_next, .token_context = &msk, ...};
 *
 * Threads: any; `creds` has its own lock.
 */
#ifndef NET_MSK_H
#define NET_MSK_H

#include "base/buf.h"
#include "net/creds.h"
#include "net/sts.h"

struct msk {
    struct creds_source *creds;
    const char *region; /* of the cluster */
    const struct clock *clock;
    const struct sts *sts; /* knows the clock skew; NULL: no correction */
};

/*
 * Append a new token to *token (a buffer of MSK_TOKEN_BYTES that its owner wipes), and set its
 * expiration time (wall clock, ms). context: a struct msk. Errors: those of creds_get.
 */
MUST_USE enum err_kind msk_token_next(void *context, struct buf *token, int64_t *expires_ms,
                                      struct err *e);

#endif
