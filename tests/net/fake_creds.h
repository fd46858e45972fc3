/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_creds.h - a source of credentials whose access key counts its renewals: AKID0, after
 * creds_reject AKID1, ... Replaces net/creds.c.
 */
#ifndef TESTS_NET_FAKE_CREDS_H
#define TESTS_NET_FAKE_CREDS_H

#include "net/creds.h"

#include <stdio.h>

struct creds_source {
    int rejected;
    enum err_kind fails;
};

enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e)
{
    *out = (struct creds){.secret_access_key = "secret", .expires_ms = INT64_MAX};
    (void)snprintf(out->access_key_id, sizeof(out->access_key_id), "AKID%d", s->rejected);
    (void)snprintf(out->session_token, sizeof(out->session_token), "token%d", s->rejected);
    return s->fails == FAIL_NONE ? FAIL_NONE : err_set(e, s->fails, "no credentials");
}

bool creds_at_hand(struct creds_source *s, struct creds *out, enum err_kind *kind, bool *due,
                   struct err *e)
{
    *due = false;
    *kind = creds_get(s, out, e);
    return true;
}

void creds_reject(struct creds_source *s, const struct creds *used)
{
    char now[32];
    (void)snprintf(now, sizeof(now), "AKID%d", s->rejected);
    s->rejected += strcmp(now, used->access_key_id) == 0 ? 1 : 0;
}

void creds_wipe(struct creds *c)
{
    memset(c, 0, sizeof(*c));
}

#endif
