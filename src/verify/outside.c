/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what the role itself must not allow: the worker's session policy does not apply here.
 *
 * No key outside of the prefix is known, so outside.read requests one that does not exist. S3
 * answers AccessDenied in both cases, if s3:GetObject is denied and if only the existence is
 * hidden; but it names the missing permission, and in the second case that is s3:ListBucket
 * (decision 92).
 */
#include "verify_priv.h"

#include "base/rng.h"

#include <stdio.h>

enum { OUTSIDE_BYTES = 1100 };

/*
 * A path beside the prefix that begins with its characters: "logs" becomes
 * "logs-asymptote-verify-RANDOM". A policy for "logs*" instead of "logs/" followed by '*' allows
 * it, too.
 */
static void outside_path(const struct customer_conf *c, char out[OUTSIDE_BYTES])
{
    struct rng rng;
    rng_init_random(&rng);
    (void)snprintf(out, OUTSIDE_BYTES, "%.980s-asymptote-verify-%016llx", c->prefix,
                   (unsigned long long)rng_next(&rng));
}

/* Whether the role may list this prefix. FAIL_NONE: it may. */
static enum err_kind try_list(struct verify_subject *s, const char *prefix, struct err *e)
{
    struct s3_entry entry;
    struct s3_object where = subject_object(s, span_str(prefix));
    OWNED(s3_list) struct s3_list *list = s3_list_new(s->s3, &where, s->role, SPAN(""));
    (void)!s3_list_next(list, &entry, e);
    return e->kind;
}

void check_outside_list(struct verify_subject *s, struct verify_line *out)
{
    char beside[OUTSIDE_BYTES];
    if (!line_needs_role(s, out)) {
        return;
    }
    outside_path(s->customer, beside);
    const char *const prefixes[] = {"", beside};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct err e = {0};
        line_tried(out, "ListObjectsV2 of s3://%s/%s by the role itself", s->customer->bucket,
                   prefixes[i]);
        enum err_kind kind = try_list(s, prefixes[i], &e);
        out->err = e;
        if (kind == FAIL_NONE) {
            out->disproved = true;
            line_set(out, VERIFY_FAIL, "the role can list outside of the prefix");
            return;
        }
        if (kind != FAIL_DENIED) {
            line_unproved(out, &e);
            return;
        }
    }
    line_set(out, VERIFY_OK, "denied, as it must be");
}

static void judge_denial(struct verify_line *out, const char *denied)
{
    if (span_starts(span_str(denied), SPAN("s3:GetObject"))) {
        line_set(out, VERIFY_OK, "denied, as it must be");
    } else if (denied[0] != '\0') {
        out->disproved = true;
        line_set(out, VERIFY_FAIL,
                 "the role can read outside of the prefix: S3 denies only %s, since the key does "
                 "not exist",
                 denied);
    } else {
        line_set(out, VERIFY_WARN,
                 "denied, but the answer does not name s3:GetObject: a key that does not exist is "
                 "denied, too");
    }
}

void check_outside_read(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct s3_peek peek;
    char path[OUTSIDE_BYTES];
    char key[OUTSIDE_BYTES];
    if (!line_needs_role(s, out)) {
        return;
    }
    outside_path(s->customer, path);
    (void)snprintf(key, sizeof(key), "%.1020s/x", path);
    line_tried(out, "GET of s3://%s/%s, which does not exist, by the role itself",
               s->customer->bucket, key);
    struct s3_object o = subject_object(s, span_str(key));
    enum err_kind kind = s3_peek(s->s3, &o, s->role, 1, &peek, &e);
    out->err = e;
    if (kind == FAIL_NONE || kind == FAIL_GONE) {
        out->disproved = true;
        line_set(out, VERIFY_FAIL, "the role can read outside of the prefix");
    } else if (kind == FAIL_DENIED) {
        judge_denial(out, peek.denied);
    } else {
        line_unproved(out, &e);
    }
}
