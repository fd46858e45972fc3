/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msk.h - Amazon MSK's IAM authentication with the worker's own credentials: what
 * sink_config.token wants.
 *
 *     struct msk msk = {.creds = own, .region = "eu-west-1", .clock = &clock_system};
 *     struct sink_config c = {.token = msk_token_next, .token_context = &msk, ...};
 *
 * Threads: any; `creds` does the locking.
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
    const struct sts *sts; /* knows how wrong our clock is by AWS's; NULL: it is right */
};

/*
 * A fresh token into *token (a buf of MSK_TOKEN_BYTES, wiped by its owner), and until when it is
 * good. context: a struct msk. Fails as creds_get does.
 */
MUST_USE enum err_kind msk_token_next(void *context, struct buf *token, int64_t *expires_ms,
                                      struct err *e);

#endif
