/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a model: each value by itself, then those that two values must pass together. */
#include "onboard/model.h"

#include "codec/url.h"
#include "codec/utf8.h"
#include "conf/placeholder.h"
#include "conf/prefix.h"
#include "onboard/refuse.h"

#include <stdio.h>

enum { WORDS_BYTES = 200 };

/* ---- One value ---- */

const char *model_refuse_prefix(const char *text)
{
    struct span path = span_str(text);
    if (prefix_split(path).bucket.n >
        0) { /* model_finish removes the bucket that is the customer's */
        return "names another bucket";
    }
    const char *why = prefix_refuse(path);
    return why != NULL ? why : prefix_doubt(path);
}

/* The configuration takes more names, since stores that are compatible with S3 have others. */
const char *model_refuse_region(const char *text)
{
    static const char why[] = "is not a region of AWS (like eu-west-1)";
    struct span name = span_str(text);
    size_t digits = 0;
    while (digits < name.n && name.p[name.n - digits - 1] >= '0' &&
           name.p[name.n - digits - 1] <= '9') {
        digits++;
    }
    bool ends = digits > 0 && name.n > digits && name.p[name.n - digits - 1] == '-';
    return refuse_region(text) != NULL || !ends ? why : NULL;
}

const char *model_refuse_bool(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? NULL : "is not true or false";
}

const char *model_refuse_via(const char *text)
{
    bool known =
        strcmp(text, "s3") == 0 || strcmp(text, "sns") == 0 || strcmp(text, "eventbridge") == 0;
    return known ? NULL : "is not s3, sns or eventbridge";
}

const char *model_refuse_words(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return "has a control character";
        }
    }
    struct span s = span_str(text);
    return s.n <= WORDS_BYTES && utf8_valid(s) ? NULL : "is not UTF-8, or longer than 200 bytes";
}

const char *model_refuse_queue_arn(const char *text)
{
    struct span name = arn_part(text, 5);
    if (!span_eq(arn_part(text, 2), SPAN("sqs")) || !url_region_ok(arn_part(text, 3)) ||
        name.n == 0) {
        return "is not the ARN of a queue";
    }
    bool fifo = name.n > 5 && memcmp(name.p + name.n - 5, ".fifo", 5) == 0;
    return fifo ? "is a FIFO queue, which S3 does not notify; use a standard queue" : NULL;
}

/* ---- Values together ---- */

static void say(struct buf *problems, enum model_field f, const char *why)
{
    buf_addf(problems, "%s: %s\n", model_rows[f].name, why);
}

/* The name by which a value is given: the queue's ARN is that of the queue named by `queue`. */
static const char *name_of(enum model_field f)
{
    return model_rows[f == MODEL_QUEUE_ARN ? MODEL_QUEUE : f].name;
}

/* The part of an ARN has to be the value of another field, unless one of them is not known. */
static void check_part(const struct model *m, enum model_field arn, int part,
                       enum model_field other, struct buf *problems)
{
    struct span found = arn_part(model_get(m, arn), part);
    if (model_has(m, arn) && model_has(m, other) &&
        !span_eq(found, span_str(model_get(m, other)))) {
        buf_addf(problems, "%s: is of %s %.*s, but %s is %s\n", name_of(arn),
                 part == 3 ? "region" : "account", SPAN_FMT(found), model_rows[other].name,
                 model_get(m, other));
    }
}

static void check_partition(const struct model *m, enum model_field arn, struct buf *problems)
{
    struct span found = arn_part(model_get(m, arn), 1);
    const char *want = model_partition(m);
    if (model_has(m, arn) && model_has(m, MODEL_REGION) && !span_eq(found, span_str(want))) {
        buf_addf(problems, "%s: is of partition %.*s, but region %s is in %s\n", name_of(arn),
                 SPAN_FMT(found), model_get(m, MODEL_REGION), want);
    }
}

static void check_together(const struct model *m, struct buf *problems)
{
    static const enum model_field arns[] = {MODEL_KMS_KEY, MODEL_WORKER_ROLE, MODEL_ROLE,
                                            MODEL_QUEUE_ARN, MODEL_ACCESS_POINT};
    for (size_t i = 0; i < sizeof(arns) / sizeof(arns[0]); i++) {
        check_partition(m, arns[i], problems);
    }
    check_part(m, MODEL_KMS_KEY, 3, MODEL_REGION, problems);
    check_part(m, MODEL_ROLE, 4, MODEL_ACCOUNT, problems);
    check_part(m, MODEL_QUEUE_ARN, 3, MODEL_REGION, problems);
    check_part(m, MODEL_ACCESS_POINT, 3, MODEL_REGION, problems);
    check_part(m, MODEL_ACCESS_POINT, 4, MODEL_ACCOUNT, problems);
}

bool model_check(const struct model *m, struct buf *problems)
{
    size_t before = problems->n;
    for (size_t i = 0; i < MODEL_FIELDS; i++) {
        const struct model_row *row = &model_rows[i];
        if (m->values[i][0] == '\0') {
            /* what is derived is missing because of an error above */
            if (row->required && (row->question != NULL || problems->n == before)) {
                say(problems, (enum model_field)i, "is missing");
            }
            continue;
        }
        struct span left = conf_placeholder(span_str(m->values[i]));
        const char *why = row->refuse(m->values[i]);
        if (left.n > 0) { /* the configuration refuses it too */
            buf_addf(problems, "%s: the placeholder %.*s was not replaced. For example: %s\n",
                     row->name, SPAN_FMT(left), row->example != NULL ? row->example : "");
        } else if (why != NULL) {
            say(problems, (enum model_field)i, why);
        }
    }
    if (problems->n == before) { /* the parts of ARNs are there */
        check_together(m, problems);
    }
    return problems->n == before;
}
