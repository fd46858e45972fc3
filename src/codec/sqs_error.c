/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The class of an error of SQS (research/aws.md §2.3). Codes of all services are in codec/fault.c.
 */
#include "codec/sqs_json.h"

/* clang-format off */
const struct fault_rule sqs_rules[] = {
    {"QueueDoesNotExist",                           0, FAIL_CONFIG,    0},
    {"AWS.SimpleQueueService.NonExistentQueue",     0, FAIL_CONFIG,    0},
    {"ReceiptHandleIsInvalid",                      0, FAIL_LOST,      0},
    {"MessageNotInflight",                          0, FAIL_LOST,      0},
    {"AWS.SimpleQueueService.MessageNotInflight",   0, FAIL_LOST,      0},
    {"OverLimit",                                   0, FAIL_THROTTLED, 0}, /* too many messages in flight */
    {"AWS.SimpleQueueService.OverLimit",            0, FAIL_THROTTLED, 0},
    {"KmsThrottled",                                0, FAIL_THROTTLED, 0},
    {"KMS.ThrottlingException",                     0, FAIL_THROTTLED, 0},
    {"Kms*",                                        0, FAIL_KMS,       0}, /* the KMS key of the queue */
    {"KMS.*",                                       0, FAIL_KMS,       0},
    {"InvalidParameterValue*",                      0, FAIL_CONFIG,    0}, /* see sqs_refine */
    {"MissingParameter*",                           0, FAIL_CONFIG,    0},
    {"TooManyEntriesInBatchRequest",                0, FAIL_CONFIG,    0},
    {"EmptyBatchRequest",                           0, FAIL_CONFIG,    0},
    {"BatchEntryIdsNotDistinct",                    0, FAIL_CONFIG,    0},
    {"InvalidBatchEntryId",                         0, FAIL_CONFIG,    0},
    {"BatchRequestTooLong",                         0, FAIL_CONFIG,    0},
    {"PurgeQueueInProgress",                        0, FAIL_CONFIG,    0},
    {"UnsupportedOperation",                        0, FAIL_CONFIG,    0},
    {"InvalidAddress",                              0, FAIL_CONFIG,    0},
    {"InvalidSecurity",                             0, FAIL_CONFIG,    0},
    {"InvalidMessageContents",                      0, FAIL_CONFIG,    0},
    {"InvalidAction*",                              0, FAIL_CONFIG,    0},
    {"UnknownOperation*",                           0, FAIL_CONFIG,    0},
    {"AWS.SimpleQueueService.*",                    0, FAIL_CONFIG,    0},
};
/* clang-format on */
const size_t sqs_rule_count = sizeof(sqs_rules) / sizeof(sqs_rules[0]);

enum err_kind sqs_refine(enum err_kind kind, const char *code, const char *text)
{
    if (strncmp(code, "InvalidParameterValue", strlen("InvalidParameterValue")) != 0) {
        return kind;
    }
    if (strstr(text, "receipt handle has expired") != NULL ||
        strstr(text, "Message does not exist or is not available") != NULL) {
        return FAIL_LOST; /* visible again, received by another consumer, or deleted */
    }
    return strstr(text, "Total VisibilityTimeout") != NULL ? FAIL_LIMIT : kind;
}

enum err_kind sqs_classify_entry(struct span code, struct span message)
{
    struct fault f = {.status = 0};
    err_copy(f.code, sizeof(f.code), code);
    err_copy(f.message, sizeof(f.message), message);
    return sqs_refine(fault_find(&f, sqs_rules, sqs_rule_count)->kind, f.code, f.message);
}
