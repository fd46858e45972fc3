/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens are not cached: a signature costs five hashes, four times an hour. */
#include "net/msk.h"

#include "codec/msk_token.h"

enum err_kind msk_token_next(void *context, struct buf *token, int64_t *expires_ms, struct err *e)
{
    const struct msk *m = context;
    struct creds c;
    if (creds_get(m->creds, &c, e) != FAIL_NONE) {
        return err_wrap(e, "MSK token: AWS credentials");
    }
    int64_t ahead_ms = m->sts != NULL ? sts_clock_offset_ms(m->sts) : 0;
    *expires_ms = msk_token(token, &c, m->region, clock_wall_ms(m->clock) + ahead_ms) - ahead_ms;
    creds_wipe(&c);
    return token->overflowed ? err_set(e, FAIL_LIMIT, "MSK token: the session token is too long")
                             : FAIL_NONE;
}
