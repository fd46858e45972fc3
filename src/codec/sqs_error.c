/* SPDX-License-Identifier: Apache-2.0 */
/* What SQS says went wrong, as a class (spec aws.md §2.3): one table, both spellings. */
#include "codec/control.h"
#include "codec/sqs_json.h"
#include "codec/xml.h"

enum { ERROR_BYTES = 256 * 1024, ERROR_CONTAINERS = 1000 };

/* A '*' at the end stands for any end. The first row that fits counts. */
static const struct sqs_code codes[] = {
    {"QueueDoesNotExist", FAIL_CONFIG},
    {"AWS.SimpleQueueService.NonExistentQueue", FAIL_CONFIG},

    {"ReceiptHandleIsInvalid", FAIL_LOST},
    {"MessageNotInflight", FAIL_LOST},
    {"AWS.SimpleQueueService.MessageNotInflight", FAIL_LOST},

    {"OverLimit", FAIL_THROTTLED},
    {"RequestThrottled*", FAIL_THROTTLED},
    {"Throttl*", FAIL_THROTTLED}, /* Throttling, ThrottlingException, ThrottledException */
    {"TooManyRequestsException", FAIL_THROTTLED},
    {"RequestLimitExceeded", FAIL_THROTTLED},
    {"BandwidthLimitExceeded", FAIL_THROTTLED},
    {"SlowDown", FAIL_THROTTLED},

    {"KmsThrottled", FAIL_THROTTLED},
    {"KMS.ThrottlingException", FAIL_THROTTLED},
    {"Kms*", FAIL_KMS}, /* AccessDenied, Disabled, InvalidState, NotFound, InvalidKeyUsage, ... */
    {"KMS.*", FAIL_KMS},

    {"RequestTimeTooSkewed", FAIL_SKEW},
    {"RequestExpired", FAIL_SKEW},
    {"RequestInTheFuture", FAIL_SKEW},

    {"ExpiredToken*", FAIL_DENIED},
    {"AccessDenied*", FAIL_DENIED},
    {"InvalidClientTokenId*", FAIL_DENIED},
    {"InvalidAccessKeyId", FAIL_DENIED},
    {"InvalidToken", FAIL_DENIED},
    {"UnrecognizedClient*", FAIL_DENIED},
    {"SignatureDoesNotMatch*", FAIL_DENIED},
    {"InvalidSignature*", FAIL_DENIED},
    {"IncompleteSignature*", FAIL_DENIED},
    {"MissingAuthenticationToken*", FAIL_DENIED},
    {"NotAuthorized*", FAIL_DENIED},
    {"OptInRequired", FAIL_DENIED},

    {"InternalError", FAIL_AGAIN},
    {"InternalFailure", FAIL_AGAIN},
    {"ServiceUnavailable*", FAIL_AGAIN},
    {"RequestTimeout*", FAIL_AGAIN},
    {"PriorRequestNotComplete", FAIL_AGAIN},

    {"InvalidParameterValue*", FAIL_CONFIG}, /* but see below */
    {"MissingParameter*", FAIL_CONFIG},
    {"AWS.SimpleQueueService.*", FAIL_CONFIG}, /* TooManyEntriesInBatchRequest, ... */
    {"TooManyEntriesInBatchRequest", FAIL_CONFIG},
    {"EmptyBatchRequest", FAIL_CONFIG},
    {"BatchEntryIdsNotDistinct", FAIL_CONFIG},
    {"InvalidBatchEntryId", FAIL_CONFIG},
    {"BatchRequestTooLong", FAIL_CONFIG},
    {"PurgeQueueInProgress", FAIL_CONFIG},
    {"UnsupportedOperation", FAIL_CONFIG},
    {"InvalidAddress", FAIL_CONFIG},
    {"InvalidSecurity", FAIL_CONFIG},
    {"InvalidMessageContents", FAIL_CONFIG},
    {"InvalidAction*", FAIL_CONFIG},
    {"UnknownOperation*", FAIL_CONFIG},
};

const struct sqs_code *sqs_code_at(size_t i)
{
    return i < sizeof(codes) / sizeof(codes[0]) ? &codes[i] : NULL;
}

static bool code_fits(const char *pattern, struct span code)
{
    struct span p = span_str(pattern);
    if (p.n > 0 && p.p[p.n - 1] == '*') {
        return span_starts(code, span_of(p.p, p.n - 1));
    }
    return span_eq(p, code);
}

static bool contains(struct span text, struct span word)
{
    return text.n >= word.n && memmem(text.p, text.n, word.p, word.n) != NULL;
}

static enum err_kind by_status(int status)
{
    if (status == 429) {
        return FAIL_THROTTLED;
    }
    if (status == 401 || status == 403) {
        return FAIL_DENIED;
    }
    return status == 400 || status == 404 || status == 405 ? FAIL_CONFIG : FAIL_AGAIN;
}

/* InvalidParameterValue says three things; which one stands only in its text (aws.md §2.3). */
static enum err_kind invalid_parameter(struct span message)
{
    if (contains(message, SPAN("receipt handle has expired"))) {
        return FAIL_LOST;
    }
    if (contains(message, SPAN("Total VisibilityTimeout"))) {
        return FAIL_LIMIT; /* 12 hours since the receive: still ours, but not for longer */
    }
    return FAIL_CONFIG;
}

enum err_kind sqs_classify(struct span code, struct span message, int status)
{
    if (span_starts(code, SPAN("InvalidParameterValue"))) {
        return invalid_parameter(message);
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (code_fits(codes[i].code, code)) {
            return codes[i].kind;
        }
    }
    return by_status(status);
}

/* "com.amazonaws.sqs#QueueDoesNotExist:http://..." : what is between '#' and ':'. */
static struct span bare_code(struct span s)
{
    const char *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
    if (colon != NULL) {
        s.n = (size_t)(colon - s.p);
    }
    const char *hash = s.n > 0 ? memrchr(s.p, '#', s.n) : NULL;
    return hash != NULL ? span_from(s, (size_t)(hash - s.p) + 1) : s;
}

/* "AWS.SimpleQueueService.NonExistentQueue;Sender" */
static struct span query_code(struct span header)
{
    const char *semicolon = header.n > 0 ? memchr(header.p, ';', header.n) : NULL;
    return semicolon != NULL ? span_of(header.p, (size_t)(semicolon - header.p)) : header;
}

/* Class and texts into *e. The JSON's own code counts if the table knows it. */
static enum err_kind report(int status, struct span code, struct span query, struct span message,
                            struct err *e)
{
    bool known = code.n > 0 && sqs_classify(code, message, 0) != FAIL_AGAIN;
    struct span used = known || query.n == 0 ? code : query;
    enum err_kind kind = sqs_classify(used, message, status);
    if (e != NULL) {
        e->status = status;
        err_copy(e->code, sizeof(e->code), used);
    }
    char text[256];
    err_copy(text, sizeof(text), message);
    return err_set(e, kind, "sqs: HTTP %d %s", status, text);
}

/* Front ends and emulators answer in XML even to JSON requests. */
static bool report_xml(int status, struct span answer, struct span query, struct err *e)
{
    OWNED(xml) struct xml *x = xml_parse(answer, NULL);
    if (x == NULL) {
        return false;
    }
    struct span code = xml_find(x, "ErrorResponse/Error/Code");
    struct span message = xml_find(x, "ErrorResponse/Error/Message");
    if (code.n == 0) {
        code = xml_find(x, "Error/Code");
        message = xml_find(x, "Error/Message");
    }
    (void)report(status, code, query, message, e);
    return true;
}

static bool report_json(int status, struct span answer, struct span type, struct span query,
                        struct err *e)
{
    static const struct control_limits limits = {ERROR_BYTES, ERROR_CONTAINERS};
    OWNED(control) struct control *doc = control_read(answer, &limits, NULL);
    if (doc == NULL) {
        return false;
    }
    struct span code;
    struct span message;
    struct json_object *root = control_root(doc);
    if (!control_text(control_at(root, "__type"), &code)) {
        code = type;
    }
    if (!control_text(control_at(root, "message"), &message)) {
        (void)control_text(control_at(root, "Message"), &message);
    }
    (void)report(status, bare_code(code), query, message, e);
    return true;
}

enum err_kind sqs_read_error(int status, struct span answer, struct span query_error,
                             struct span error_type, struct err *e)
{
    struct err own = {0};
    struct err *to = e != NULL ? e : &own;
    struct span query = query_code(query_error);
    bool markup = answer.n > 0 && answer.n <= ERROR_BYTES && answer.p[0] == '<';

    if ((markup && report_xml(status, answer, query, to)) ||
        report_json(status, answer, error_type, query, to)) {
        return to->kind;
    }
    return report(status, bare_code(error_type), query, SPAN("and an answer nobody can read"), to);
}
