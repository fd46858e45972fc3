/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msk_token.h - the token by which Amazon MSK's brokers know an AWS identity.
 *
 *     struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
 *     int64_t expires_ms = msk_token(&token, &creds, "eu-west-1", now_ms);
 *
 * A presigned URL of https://kafka.REGION.amazonaws.com/?Action=kafka-cluster:Connect in
 * base64url without padding (research/aws.md §1.6), for SASL OAUTHBEARER. Its holder is the worker
 * for a quarter of an hour: it must not be logged.
 *
 * Threads: no state.
 */
#ifndef CODEC_MSK_TOKEN_H
#define CODEC_MSK_TOKEN_H

#include "base/buf.h"
#include "codec/credentials.h"

enum {
    MSK_TOKEN_LIFE_S = 900,
    /* A session token may triple when it is percent-encoded, and base64 adds a third. */
    MSK_TOKEN_BYTES = CREDS_TOKEN_BYTES * 4 + 4096,
};

/*
 * Append the token; until when it is good (wall clock): MSK_TOKEN_LIFE_S from its X-Amz-Date,
 * and never longer than the credentials. `out` is marked overflowed when it has no room.
 */
int64_t msk_token(struct buf *out, const struct creds *c, const char *region, int64_t wall_ms);

#endif
