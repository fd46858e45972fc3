/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a model: each value by itself, then those that two values must pass together. */
#include "onboard/model.h"

#include "codec/url.h"
#include "codec/utf8.h"
#include "onboard/refuse.h"

#include <stdio.h>
#include <strings.h>

enum { WORDS_BYTES = 200, PREFIX_BYTES = 900 /* of 1,024 of a key */ };

/* ---- One value ---- */

static const char *refuse_character(uint32_t c)
{
    if (c == '*' || c == '?') {
        return "has a wildcard; a prefix is read as it is written";
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        return "has a control character";
    }
    return c > 0xff ? "has a character that a policy of IAM cannot have (above U+00FF); choose a "
                      "prefix without it"
                    : NULL;
}

static bool is_dots(struct span part)
{
    return span_eq(part, SPAN(".")) || span_eq(part, SPAN(".."));
}

/* A URL of a browser or of another client, or an ARN: as a prefix it would match no key. */
static bool is_address(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0 ||
           strncasecmp(text, "s3://", 5) == 0 || strncmp(text, "arn:", 4) == 0;
}

const char *model_refuse_prefix(const char *text)
{
    if (text[0] == '\0') {
        return "is empty; a whole bucket is never read";
    }
    if (strncmp(text, "s3://", 5) == 0) {
        return "names another bucket";
    }
    if (is_address(text)) {
        return "is an address; give the path within the bucket, or s3://BUCKET/PATH";
    }
    if (strlen(text) > PREFIX_BYTES) {
        return "is longer than 900 bytes";
    }
    if (text[0] == '/' || text[strlen(text) - 1] == '/') {
        return "begins or ends with more than one slash, which would be part of the keys";
    }
    for (struct span rest = span_str(text); rest.n > 0;) {
        struct span part = span_take(&rest, strcspn(rest.p, "/"));
        rest = span_from(rest, rest.n > 0 ? 1 : 0);
        if (is_dots(part)) {
            return "has '.' or '..' as a part, which clients of S3 remove from a path";
        }
    }
    for (struct span rest = span_str(text); rest.n > 0;) {
        uint32_t c = 0;
        const char *why = utf8_next(&rest, &c) ? refuse_character(c) : "is not UTF-8";
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
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

/* The part of an ARN has to be the value of another field, unless one of them is not known. */
static void check_part(const struct model *m, enum model_field arn, int part,
                       enum model_field other, struct buf *problems)
{
    struct span found = arn_part(model_get(m, arn), part);
    if (model_has(m, arn) && model_has(m, other) &&
        !span_eq(found, span_str(model_get(m, other)))) {
        buf_addf(problems, "%s: is of %s %.*s, but %s is %s\n", model_rows[arn].name,
                 part == 3 ? "region" : "account", SPAN_FMT(found), model_rows[other].name,
                 model_get(m, other));
    }
}

static void check_partition(const struct model *m, enum model_field arn, struct buf *problems)
{
    struct span found = arn_part(model_get(m, arn), 1);
    const char *want = model_partition(m);
    if (model_has(m, arn) && model_has(m, MODEL_REGION) && !span_eq(found, span_str(want))) {
        buf_addf(problems, "%s: is of partition %.*s, but region %s is in %s\n",
                 model_rows[arn].name, SPAN_FMT(found), model_get(m, MODEL_REGION), want);
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
            if (row->required) {
                say(problems, (enum model_field)i, "is missing");
            }
            continue;
        }
        const char *why = row->refuse(m->values[i]);
        if (why != NULL) {
            say(problems, (enum model_field)i, why);
        }
    }
    if (problems->n == before) { /* the parts of ARNs are there */
        check_together(m, problems);
    }
    return problems->n == before;
}
