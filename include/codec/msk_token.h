/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msk_token.h - the token that authenticates an AWS identity to Amazon MSK's brokers.
 *
 *     struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
 *     int64_t expires_ms = msk_token(&token, &creds, "eu-west-1", now_ms);
 *
 * It is a presigned URL of https://kafka.REGION.amazonaws.com/?Action=kafka-cluster:Connect in
 * base64url without padding (research/aws.md §1.6), for SASL OAUTHBEARER. It grants the worker's
 * access to the brokers for 15 minutes, so it must not be logged.
 *
 * Threads: no state.
 */
#ifndef CODEC_MSK_TOKEN_H
#define CODEC_MSK_TOKEN_H

#include "base/buf.h"
#include "codec/credentials.h"

enum {
    MSK_TOKEN_LIFE_S = 900,
    /* A session token may triple in size when it is percent-encoded, and base64 adds a third. */
    MSK_TOKEN_BYTES = CREDS_TOKEN_BYTES * 4 + 4096,
};

/*
 * Append the token. Returns the time at which it expires (wall clock, ms): MSK_TOKEN_LIFE_S after
 * its X-Amz-Date, or when the credentials expire if that is earlier. If `out` has no room, it is
 * marked overflowed.
 */
int64_t msk_token(struct buf *out, const struct creds *c, const char *region, int64_t wall_ms);

#endif
