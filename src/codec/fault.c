/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/fault.h"

#include "codec/http_fields.h"
#include "codec/url.h"
#include "codec/utf8.h"
#include "codec/xml.h"

#include <json-c/json.h>
#include <stdio.h>

enum { JSON_DEPTH = 16 };

/* ---- Reading ---- */

/*
 * Error code without namespace and URL: QueueDoesNotExist of
 * "com.amazonaws.sqs#QueueDoesNotExist:http://...".
 */
static struct span bare_code(struct span code)
{
    const char *colon = code.n > 0 ? memchr(code.p, ':', code.n) : NULL;
    code.n = colon != NULL ? (size_t)(colon - code.p) : code.n;
    const char *hash = code.n > 0 ? memrchr(code.p, '#', code.n) : NULL;
    return hash != NULL ? span_from(code, (size_t)(hash - code.p) + 1) : code;
}

/* Copy `from` if `to` is still empty. */
static void fill_empty(char *to, size_t cap, struct span from)
{
    if (to[0] == '\0' && from.n > 0) {
        err_copy(to, cap, from);
    }
}

static struct span first_of(const struct xml *x, const char *a, const char *b)
{
    struct span found = xml_find(x, a);
    return found.n > 0 ? found : xml_find(x, b);
}

static void read_xml(struct fault *f, struct span body, char *region, size_t region_cap)
{
    OWNED(xml) struct xml *x = xml_parse(body, NULL);
    if (x == NULL) {
        return;
    }
    fill_empty(f->code, sizeof(f->code), first_of(x, "Error/Code", "ErrorResponse/Error/Code"));
    fill_empty(f->message, sizeof(f->message),
               first_of(x, "Error/Message", "ErrorResponse/Error/Message"));
    fill_empty(f->request_id, sizeof(f->request_id),
               first_of(x, "Error/RequestId", "ErrorResponse/RequestId"));
    fill_empty(f->host_id, sizeof(f->host_id), xml_find(x, "Error/HostId"));
    fill_empty(region, region_cap, xml_find(x, "Error/Region"));
}

static struct span member_text(struct json_object *o, const char *name)
{
    struct json_object *v = NULL;
    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, name, &v) ||
        !json_object_is_type(v, json_type_string)) {
        return SPAN("");
    }
    return span_of(json_object_get_string(v), (size_t)json_object_get_string_len(v));
}

static void read_members(struct fault *f, struct json_object *o)
{
    static const char *const codes[] = {"__type", "code", "Code"};
    static const char *const messages[] = {"message", "Message"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        fill_empty(f->code, sizeof(f->code), bare_code(member_text(o, codes[i])));
    }
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        fill_empty(f->message, sizeof(f->message), member_text(o, messages[i]));
    }
}

static void read_json(struct fault *f, struct span body)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
    if (tokener == NULL) {
        return;
    }
    struct json_object *o = json_tokener_parse_ex(tokener, body.p, (int)body.n);
    struct json_object *inner = NULL;
    if (json_object_is_type(o, json_type_object)) {
        read_members(f, json_object_object_get_ex(o, "Error", &inner) ? inner : o);
    }
    json_object_put(o);
    json_tokener_free(tokener);
}

/*
 * The text of an error page that is not AWS's, but of a proxy or an emulator: without tags, on one
 * line.
 */
static void read_page(struct fault *f, struct span body)
{
    char text[sizeof(f->message)];
    size_t n = 0;
    bool tag = false;
    for (size_t i = 0; i < body.n && n + 1 < sizeof(text); i++) {
        char c = body.p[i];
        bool blank = tag || c == '<' || (unsigned char)c <= ' ';
        tag = c == '<' || (tag && c != '>');
        if (!blank) {
            text[n++] = c;
        } else if (n > 0 && text[n - 1] != ' ') {
            text[n++] = ' ';
        }
    }
    while (n > 0 && text[n - 1] == ' ') {
        n--;
    }
    if (!utf8_valid(span_of(text, n))) {
        for (size_t i = 0; i < n; i++) {
            text[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
        }
    }
    fill_empty(f->message, sizeof(f->message), span_of(text, n));
}

static void read_body(struct fault *f, struct span body, char *region, size_t region_cap)
{
    body.n = body.n < FAULT_BODY_BYTES ? body.n : FAULT_BODY_BYTES;
    while (body.n > 0 && (unsigned char)body.p[0] <= ' ') {
        body = span_from(body, 1);
    }
    if (body.n > 0 && body.p[0] == '<') {
        read_xml(f, body, region, region_cap);
    } else if (body.n > 0 && body.p[0] == '{') {
        read_json(f, body);
    }
    if (f->code[0] == '\0' && f->message[0] == '\0') {
        read_page(f, body);
    }
}

/* Read "AWS.SimpleQueueService.NonExistentQueue;Sender" up to the semicolon. */
static void read_query_code(struct fault *f, struct span value)
{
    const char *semicolon = value.n > 0 ? memchr(value.p, ';', value.n) : NULL;
    value.n = semicolon != NULL ? (size_t)(semicolon - value.p) : value.n;
    fill_empty(f->query_code, sizeof(f->query_code), value);
}

/* "User: ARN is not authorized to perform: s3:GetObject on resource: ..." */
static void read_action(struct fault *f)
{
    static const char before[] = "is not authorized to perform: ";
    const char *at = strstr(f->message, before);
    if (at != NULL) {
        at += sizeof(before) - 1;
        err_copy(f->action, sizeof(f->action), span_of(at, strcspn(at, " ")));
    }
}

void fault_read(struct fault *f, int status, struct span head, struct span body)
{
    char region[sizeof(f->region) + 1] = "";
    *f = (struct fault){.status = status};

    fill_empty(f->request_id, sizeof(f->request_id), http_fields_find(head, "x-amz-request-id"));
    fill_empty(f->request_id, sizeof(f->request_id), http_fields_find(head, "x-amzn-requestid"));
    fill_empty(f->host_id, sizeof(f->host_id), http_fields_find(head, "x-amz-id-2"));
    fill_empty(region, sizeof(region), http_fields_find(head, "x-amz-bucket-region"));
    read_query_code(f, http_fields_find(head, "x-amzn-query-error"));
    read_body(f, body, region, sizeof(region));
    fill_empty(f->code, sizeof(f->code), bare_code(http_fields_find(head, "x-amzn-errortype")));
    fill_empty(f->code, sizeof(f->code), span_str(f->query_code));

    if (url_region_ok(span_str(region))) {
        err_copy(f->region, sizeof(f->region), span_str(region));
    }
    f->kms = strstr(f->message, "kms:") != NULL;
    read_action(f);
}

/* ---- Classes ---- */

/* clang-format off */
const struct fault_rule fault_common[] = {
    {"ExpiredToken*",               0, FAIL_AGAIN,     FAULT_CREDS},
    {"TokenRefreshRequired",        0, FAIL_AGAIN,     FAULT_CREDS},
    {"InvalidToken*",               0, FAIL_DENIED,    FAULT_CREDS},
    {"InvalidAccessKeyId",          0, FAIL_DENIED,    FAULT_CREDS},
    {"InvalidClientTokenId",        0, FAIL_DENIED,    FAULT_CREDS},
    {"UnrecognizedClient*",         0, FAIL_DENIED,    FAULT_CREDS},
    {"RequestTimeTooSkewed",        0, FAIL_SKEW,      FAULT_SKEW},
    {"RequestExpired",              0, FAIL_SKEW,      FAULT_SKEW},
    {"RequestInTheFuture",          0, FAIL_SKEW,      FAULT_SKEW},
    {"SignatureDoesNotMatch",       0, FAIL_DENIED,    FAULT_CREDS | FAULT_MAYBE_SKEW},
    {"InvalidSignature*",           0, FAIL_DENIED,    FAULT_CREDS | FAULT_MAYBE_SKEW},
    {"AuthFailure",                 0, FAIL_DENIED,    FAULT_CREDS | FAULT_MAYBE_SKEW},
    {"IncompleteSignature*",        0, FAIL_CONFIG,    0},
    {"MissingAuthenticationToken*", 0, FAIL_CONFIG,    0},
    {"MissingSecurityHeader",       0, FAIL_CONFIG,    0},
    {"OptInRequired",               0, FAIL_CONFIG,    0},
    {"NotSignedUp",                 0, FAIL_DENIED,    0},
    {"AccessDenied*",               0, FAIL_DENIED,    0},
    {"UnauthorizedOperation",       0, FAIL_DENIED,    0},
    {"Throttl*",                    0, FAIL_THROTTLED, 0},
    {"RequestThrottled*",           0, FAIL_THROTTLED, 0},
    {"TooManyRequests*",            0, FAIL_THROTTLED, 0},
    {"RequestLimitExceeded",        0, FAIL_THROTTLED, 0},
    {"BandwidthLimitExceeded",      0, FAIL_THROTTLED, 0},
    {"LimitExceededException",      0, FAIL_THROTTLED, 0},
    {"ProvisionedThroughputExceeded*", 0, FAIL_THROTTLED, 0},
    {"PriorRequestNotComplete",     0, FAIL_THROTTLED, 0},
    {"TransactionInProgress*",      0, FAIL_THROTTLED, 0},
    {"SlowDown",                    0, FAIL_THROTTLED, 0},
    {"EC2ThrottledException",       0, FAIL_THROTTLED, 0},
    {"RequestTimeout*",             0, FAIL_AGAIN,     0},
    {"InternalError",               0, FAIL_AGAIN,     0},
    {"InternalFailure",             0, FAIL_AGAIN,     0},
    {"ServiceUnavailable*",         0, FAIL_AGAIN,     0},
    {"ValidationError",             0, FAIL_CONFIG,    0},
};
/* clang-format on */
const size_t fault_common_count = sizeof(fault_common) / sizeof(fault_common[0]);

const struct fault_rule fault_statuses[] = {
    {NULL, 401, FAIL_DENIED, FAULT_CREDS},
    {NULL, 403, FAIL_DENIED, 0},
    {NULL, 407, FAIL_CONFIG, 0},
    {NULL, 408, FAIL_AGAIN, 0},
    {NULL, 409, FAIL_AGAIN, 0},
    {NULL, 425, FAIL_AGAIN, 0},
    {NULL, 429, FAIL_THROTTLED, 0},
};
const size_t fault_status_count = sizeof(fault_statuses) / sizeof(fault_statuses[0]);

static const struct fault_rule is_client = {NULL, 0, FAIL_CONFIG, 0}; /* all other 3xx and 4xx */
static const struct fault_rule is_server = {NULL, 0, FAIL_AGAIN, 0};  /* 5xx and invalid statuses */

static bool code_fits(const char *pattern, const char *code)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*') {
        return strncmp(pattern, code, n - 1) == 0;
    }
    return strcmp(pattern, code) == 0;
}

static bool rule_fits(const struct fault_rule *r, const struct fault *f)
{
    if (r->status != 0 && r->status != f->status) {
        return false;
    }
    return r->code == NULL || code_fits(r->code, f->code) ||
           (f->query_code[0] != '\0' && code_fits(r->code, f->query_code));
}

static const struct fault_rule *find_in(const struct fault_rule *rules, size_t count,
                                        const struct fault *f)
{
    for (size_t i = 0; i < count; i++) {
        if (rule_fits(&rules[i], f)) {
            return &rules[i];
        }
    }
    return NULL;
}

const struct fault_rule *fault_find(const struct fault *f, const struct fault_rule *rules,
                                    size_t count)
{
    const struct fault_rule *r = find_in(rules, count, f);
    if (r == NULL) {
        r = find_in(fault_common, fault_common_count, f);
    }
    if (r == NULL) {
        r = find_in(fault_statuses, fault_status_count, f);
    }
    if (r != NULL) {
        return r;
    }
    return f->status >= 300 && f->status < 500 ? &is_client : &is_server;
}

enum err_kind fault_set(struct err *e, enum err_kind kind, const struct fault *f)
{
    if (e == NULL) {
        return kind;
    }
    *e = (struct err){.kind = kind, .status = f->status};
    (void)snprintf(e->code, sizeof(e->code), "%s", f->code);
    (void)snprintf(e->request_id, sizeof(e->request_id), "%s", f->request_id);
    (void)snprintf(e->host_id, sizeof(e->host_id), "%s", f->host_id);
    return err_set(e, kind, "HTTP %d%s%s%s%s", f->status, f->code[0] != '\0' ? " " : "", f->code,
                   f->message[0] != '\0' ? FAULT_TEXT : "", f->message);
}
