/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outage_text.c - the texts of outages, of all external parties. What happens next is the failure's
 * own text; what to do follows from the class and the code of the error.
 */
#include "outage_priv.h"

#include <stdio.h>
#include <string.h>

const struct outage_words outage_words[OUTAGE_PARTIES] = {
    [OUTAGE_KAFKA] = {"kafka unreachable", "kafka authentication failed", "kafka requests fail",
                      "kafka connected", NULL, LOG_ERROR},
    [OUTAGE_QUEUE] = {"queue does not answer", "queue access denied", "queue calls fail",
                      "queue connected", "queue call failed", LOG_ERROR},
    [OUTAGE_S3] = {"S3 does not answer", "S3 access denied", "S3 requests fail", "S3 connected",
                   NULL, LOG_ERROR},
    [OUTAGE_ROLE] = {"STS does not answer", "role denied", "role not assumed", "role assumed", NULL,
                     LOG_ERROR},
    [OUTAGE_TOPIC] = {"records not acknowledged", "topic access denied", "topic cannot be used",
                      "records acknowledged", NULL, LOG_ERROR},
    [OUTAGE_CREDENTIALS] = {"credentials not renewed", "credentials not renewed",
                            "credentials not renewed", "credentials renewed", NULL, LOG_WARN},
};

const char *const outage_failure_keys[OUTAGE_PARTIES] = {
    [OUTAGE_KAFKA] = "failed_checks",     [OUTAGE_QUEUE] = "failed_calls",
    [OUTAGE_S3] = "failed_reads",         [OUTAGE_ROLE] = "failed_sessions",
    [OUTAGE_TOPIC] = "failed_deliveries", [OUTAGE_CREDENTIALS] = "failed_renewals",
};

const char *const outage_call_names[OUTAGE_CALLS] = {"receive", "attributes", "heartbeat", "delete",
                                                     "return"};

const char outage_held_gone[] =
    "if the queue was deleted, they are gone with it: copy the objects that are not done onto "
    "themselves, so that S3 notifies again; if it appears again with its messages, they are "
    "received again";
const char outage_held_done[] =
    "no held message is lost; if the queue is another one, the messages in the one before are "
    "gone: that is logged next, if its attributes may be read";
const char outage_held_not_done[] =
    "held messages that are not deleted are received again, unless the queue is another one: that "
    "is logged next, if its attributes may be read";

static bool is_one_of(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(code, codes[i]) == 0) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(code, codes) is_one_of((code), (codes), sizeof(codes) / sizeof((codes)[0]))

bool outage_is_gone(enum outage_party party, const struct err *cause)
{
    static const char *const codes[] = {"QueueDoesNotExist",
                                        "AWS.SimpleQueueService.NonExistentQueue"};
    return party == OUTAGE_QUEUE && IS_ONE_OF(cause->code, codes);
}

/* Whether there is a response, and whether it denies access. */
enum manner { SILENT, DENIED, FAILING };

static enum manner manner_of(const struct err *e)
{
    if (e->kind == FAIL_DENIED || e->kind == FAIL_KMS) {
        return DENIED;
    }
    return e->kind == FAIL_AGAIN && e->status == 0 ? SILENT : FAILING;
}

const char *outage_word(enum outage_party party, const struct err *cause)
{
    static const char *const disabled[] = {"KMS.DisabledException", "KMS.KMSInvalidStateException"};
    const struct outage_words *w = &outage_words[party];
    if (cause->kind == FAIL_KMS && party == OUTAGE_S3) {
        return IS_ONE_OF(cause->code, disabled) ? "KMS key disabled" : "KMS access denied";
    }
    const char *of[] = {[SILENT] = w->silent, [DENIED] = w->denied, [FAILING] = w->failing};
    return of[manner_of(cause)];
}

const char *outage_over_word(enum outage_party party, const struct err *cause)
{
    if (party == OUTAGE_S3 && cause->kind == FAIL_KMS) {
        return "KMS access restored";
    }
    return party == OUTAGE_S3 && cause->kind == FAIL_DENIED ? "S3 access restored"
                                                            : outage_words[party].over;
}

/* What to do about a call to a queue; of the other parties, the failure says it. */
static const char *queue_todo(const struct err *e)
{
    switch ((int)e->kind) {
    case FAIL_AGAIN:
        return e->status == 0
                   ? "if it lasts, check the network, proxies and endpoint between this host and "
                     "SQS; if other queues answer, ask the owner of this one"
                   : "the fault is in SQS or before it: if it lasts, check the health page of AWS, "
                     "or the endpoint";
    case FAIL_THROTTLED:
        return strstr(e->code, "OverLimit") != NULL
                   ? "too many messages are in flight: find the consumer that receives and does "
                     "not delete"
                   : "requests are limited: if it lasts, run fewer workers, or ask for a higher "
                     "limit";
    case FAIL_KMS:
        return "the queue is encrypted: check its KMS key, and allow the worker kms:Decrypt with "
               "it";
    case FAIL_DENIED:
        return "allow the call in the worker's policy and the queue's, or correct the worker's "
               "credentials";
    case FAIL_SKEW:
        return "correct this host's clock";
    default:
        return "if it lasts, do what the error says";
    }
}

const char *outage_next(enum outage_party party, const struct err *cause, const char *next,
                        char out[OUTAGE_NEXT_BYTES])
{
    if (party != OUTAGE_QUEUE) {
        return next;
    }
    if (outage_is_gone(party, cause)) {
        return "check whether the queue was deleted or the URL is wrong; the messages of a deleted "
               "queue are gone";
    }
    (void)snprintf(out, OUTAGE_NEXT_BYTES, "%s; %s", next, queue_todo(cause));
    return out;
}
