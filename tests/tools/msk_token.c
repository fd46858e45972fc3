/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msk_token - prints the MSK token of given keys at a given time, for
 * tests/reference/test_msk_token.py. Each input line: access key, secret, session token (may be
 * empty), region, wall clock in ms, separated by tabs. Each output line: token, a tab, expiration
 * time.
 */
#include "codec/msk_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 * 1024, FIELDS = 5 };

static bool split(char *line, char *field[FIELDS])
{
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < FIELDS; i++) {
        field[i] = line;
        line += strcspn(line, "\t");
        if ((*line == '\0') != (i + 1 == FIELDS)) {
            return false;
        }
        *line++ = '\0';
    }
    return true;
}

int main(void)
{
    static char line[LINE_BYTES];
    static struct creds c;
    char *field[FIELDS];
    c.expires_ms = INT64_MAX;
    while (fgets(line, sizeof(line), stdin) != NULL && split(line, field)) {
        (void)snprintf(c.access_key_id, sizeof(c.access_key_id), "%.*s",
                       (int)sizeof(c.access_key_id) - 1, field[0]);
        (void)snprintf(c.secret_access_key, sizeof(c.secret_access_key), "%.*s",
                       (int)sizeof(c.secret_access_key) - 1, field[1]);
        (void)snprintf(c.session_token, sizeof(c.session_token), "%.*s",
                       (int)sizeof(c.session_token) - 1, field[2]);
        struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
        int64_t until = msk_token(&token, &c, field[3], strtoll(field[4], NULL, 10));
        (void)printf("%s\t%lld\n", token.overflowed ? "" : token.p, (long long)until);
        buf_done(&token);
    }
    return 0;
}
