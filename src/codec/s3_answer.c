/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/s3_answer.h"

#include "codec/http_fields.h"

#include <stdio.h>

static const int64_t ns_per_s = 1000000000;

void s3_head_read(struct s3_head *h, struct span head)
{
    struct span etag = http_fields_find(head, "etag");
    struct span version = http_fields_find(head, "x-amz-version-id");
    int64_t modified_s = 0;

    *h = (struct s3_head){.length = -1};
    if (etag.n > 2 && etag.n < S3_ETAG_BYTES && etag.p[0] == '"' && etag.p[etag.n - 1] == '"') {
        err_copy(h->etag, sizeof(h->etag), etag);
    }
    if (!span_eq(version, SPAN("null"))) {
        err_copy(h->version, sizeof(h->version), version);
    }
    if (http_fields_date(http_fields_find(head, "last-modified"), &modified_s) &&
        modified_s < INT64_MAX / ns_per_s) {
        h->modified_ns = modified_s * ns_per_s;
    }
    if (!http_fields_number(http_fields_find(head, "content-length"), &h->length)) {
        h->length = -1;
    }
    checksum_find(&h->checksum, head);
}

void s3_head_etag(const struct s3_head *h, char out[S3_ETAG_BYTES])
{
    size_t n = strlen(h->etag);
    (void)snprintf(out, S3_ETAG_BYTES, "%.*s", n > 2 ? (int)n - 2 : 0, h->etag + (n > 2));
}

void s3_head_name(const struct s3_head *h, char out[S3_VERSION_BYTES])
{
    if (h->version[0] != '\0') {
        (void)snprintf(out, S3_VERSION_BYTES, "%s", h->version);
    } else {
        s3_head_etag(h, out);
    }
}

/* clang-format off */
const struct fault_rule s3_rules[] = {
    {"NoSuchKey",                           0, FAIL_GONE,       0},
    {"NoSuchVersion",                       0, FAIL_SUPERSEDED, 0},
    {"PreconditionFailed",                  0, FAIL_SUPERSEDED, 0},
    {"MethodNotAllowed",                  405, FAIL_SUPERSEDED, 0}, /* a delete marker */
    {"NoSuchBucket",                        0, FAIL_CONFIG,     0},
    {"InvalidObjectState",                  0, FAIL_ARCHIVED,   0},
    {"KMS.ThrottlingException",             0, FAIL_THROTTLED,  0},
    {"KMS.*",                               0, FAIL_KMS,        0},
    {"InvalidRange",                        0, FAIL_AGAIN,      0},
    {"InvalidArgument",                     0, FAIL_DATA,       0}, /* an invalid version id */
    {"KeyTooLongError",                     0, FAIL_DATA,       0},
    {"InvalidURI",                          0, FAIL_DATA,       0},
    {"InvalidRequest",                      0, FAIL_DATA,       0}, /* SSE-C, for which the worker has no key */
    {"InvalidBucketName",                   0, FAIL_CONFIG,     0},
    {"InvalidBucketOwnerAWSAccountID",      0, FAIL_CONFIG,     0},
    {"PermanentRedirect",                   0, FAIL_CONFIG,     0},
    {"AuthorizationHeaderMalformed",        0, FAIL_CONFIG,     0},
    {"IllegalLocationConstraintException",  0, FAIL_CONFIG,     0},
    {"TemporaryRedirect",                   0, FAIL_AGAIN,      0},
    {"Redirect",                            0, FAIL_AGAIN,      0},
    {"AllAccessDisabled",                   0, FAIL_DENIED,     0},
    {"AccountProblem",                      0, FAIL_DENIED,     0},
    {"InvalidPayer",                        0, FAIL_DENIED,     0},
    {"OperationAborted",                    0, FAIL_AGAIN,      0},
    {"XAmzContentSHA256Mismatch",           0, FAIL_AGAIN,      0},
    {"",                                  404, FAIL_GONE,       0}, /* HEAD has no body and therefore no code */
    {"",                                  405, FAIL_SUPERSEDED, 0},
    {"",                                  412, FAIL_SUPERSEDED, 0},
    {"",                                  304, FAIL_AGAIN,      0},
    {"",                                  307, FAIL_AGAIN,      0},
    {"",                                  416, FAIL_AGAIN,      0},
};
/* clang-format on */
const size_t s3_rule_count = sizeof(s3_rules) / sizeof(s3_rules[0]);

/* The ARN of a KMS key in the message, else a placeholder for the text. */
static struct span find_key(const struct fault *f)
{
    for (const char *arn = strstr(f->message, "arn:"); arn != NULL; arn = strstr(arn + 1, "arn:")) {
        struct span s = span_of(arn, strcspn(arn, " \"',;)"));
        if (memmem(s.p, s.n, ":kms:", 5) != NULL) {
            return s;
        }
    }
    return SPAN("of the object");
}

/*
 * Whether the response is from S3, which sends an id with each response, and a code with all but
 * HEAD.
 */
static bool is_s3(const struct fault *f)
{
    return f->code[0] != '\0' || f->request_id[0] != '\0';
}

static enum err_kind kind_of(const struct fault *f)
{
    enum err_kind kind = fault_find(f, s3_rules, s3_rule_count)->kind;
    bool absent = kind == FAIL_GONE || kind == FAIL_SUPERSEDED;
    return absent && !is_s3(f) ? FAIL_AGAIN : kind;
}

#define DECRYPT_DENIED                                                                             \
    "; look at the key policy of that key, and at kms:Decrypt in the policy of the customer's "    \
    "role"

enum err_kind s3_fault_set(struct err *e, const struct fault *f)
{
    enum err_kind kind = kind_of(f);
    if (kind != FAIL_KMS && (kind != FAIL_DENIED || !f->kms)) {
        return fault_set(e, kind, f);
    }
    struct span key = find_key(f);
    (void)fault_set(e, FAIL_KMS, f);
    return err_set(e, FAIL_KMS, "KMS key %.*s refused%s: HTTP %d %s" FAULT_TEXT "%s", SPAN_FMT(key),
                   kind == FAIL_DENIED ? DECRYPT_DENIED : "", f->status, f->code, f->message);
}

bool s3_fault_is_region(const struct fault *f)
{
    static const char *const codes[] = {"PermanentRedirect", "TemporaryRedirect", "Redirect",
                                        "IllegalLocationConstraintException"};
    if (f->status == 301 || f->status == 302 || f->status == 307 || f->status == 308) {
        return true;
    }
    if (strcmp(f->code, "AuthorizationHeaderMalformed") == 0) {
        return f->region[0] != '\0' || strstr(f->message, "region") != NULL;
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(f->code, codes[i]) == 0) {
            return true;
        }
    }
    return f->status == 400 && f->code[0] == '\0' && f->region[0] != '\0'; /* HEAD */
}

bool s3_fault_hides(const struct fault *f)
{
    return f->status == 403 && strcmp(f->code, "AccessDenied") == 0 && !f->kms;
}

enum s3_part s3_part_check(int status, struct span head, int64_t from, int64_t total)
{
    struct content_range r;
    int64_t length = 0;
    if (!http_fields_content_range(http_fields_find(head, "content-range"), &r)) {
        return S3_PART_WRONG;
    }
    if (status == 416) {
        bool fits = r.total == from && (total < 0 || total == from);
        return r.first < 0 && fits ? S3_PART_COMPLETE : S3_PART_WRONG;
    }
    bool last_of_all = r.total >= 0 && r.last == r.total - 1 && (total < 0 || r.total == total);
    bool told_twice = http_fields_number(http_fields_find(head, "content-length"), &length);
    return r.first == from && last_of_all && (!told_twice || length == r.last - r.first + 1)
               ? S3_PART_RIGHT
               : S3_PART_WRONG;
}
