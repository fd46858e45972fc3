/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_priv.h"

#include <stdarg.h>
#include <stdio.h>

void line_tried(struct verify_line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(l->tried, sizeof(l->tried), fmt, args);
    va_end(args);
}

void line_set(struct verify_line *l, enum verify_state state, const char *fmt, ...)
{
    va_list args;
    l->state = state;
    va_start(args, fmt);
    (void)vsnprintf(l->found, sizeof(l->found), fmt, args);
    va_end(args);
}

void line_failed(struct verify_line *l, const struct err *e)
{
    l->err = *e;
    line_set(l, VERIFY_FAIL, "%s", e->text);
}

void line_unproved(struct verify_line *l, const struct err *e)
{
    l->err = *e;
    line_set(l, VERIFY_FAIL, "not proved, verify again: %s", e->text);
}

bool line_needs_role(const struct verify_subject *s, struct verify_line *l)
{
    if (!s->assumed) {
        line_set(l, VERIFY_SKIP, "the role cannot be assumed");
    }
    return s->assumed;
}

struct s3_object subject_object(const struct verify_subject *s, struct span key)
{
    return (struct s3_object){
        .bucket = span_str(s->customer->bucket),
        .key = key,
        .version_id = SPAN(""),
        .region = span_str(s->customer->region),
        .access_point = span_str(s->customer->access_point),
        .owner = span_str(s->customer->account_id),
        .request_payer = s->customer->request_payer,
    };
}
