/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.policy: the policy is asked about the sender of the customer's notifications, who must be
 * allowed, and about others, who must not be. A topic, a rule or a role is that of sender_arn, or
 * has the name that `onboard` gives.
 */
#include "verify_priv.h"

#include "codec/control.h"
#include "codec/endpoint.h"
#include "codec/sqs_json.h"
#include "codec/sts_xml.h"

#include <stdio.h>
#include <string.h>

enum { POLICY_CONTAINERS = 2000, ARN_BYTES = 512 };

#define FOREIGN_ACCOUNT "000000000000"

/* A policy that is asked, and what the requests are made of. */
struct asked {
    struct json_object *policy;
    const char *queue_arn;
    const char *partition;
    const struct customer_conf *customer;
};

static bool asked_allows(const struct asked *a, const char *service, const char *arn,
                         const char *account)
{
    return policy_allows(a->policy, a->queue_arn, &(struct send_request){service, arn, account}) ==
           POLICY_ALLOWS;
}

/* ---- The sender ---- */

/* The sender that the configuration names, or else as `onboard` names it. */
static void sender_arn(const struct asked *a, const char *service, const char *resource,
                       char out[ARN_BYTES])
{
    const struct customer_conf *c = a->customer;
    bool global = strcmp(service, "iam") == 0;
    if (c->sender_arn != NULL) {
        (void)snprintf(out, ARN_BYTES, "%s", c->sender_arn);
    } else {
        (void)snprintf(out, ARN_BYTES, "arn:%s:%s:%s:%s:%sasymptote-events-%s", a->partition,
                       service, global ? "" : c->region, c->account_id, resource, c->id);
    }
}

static void bucket_arn(const struct asked *a, const char *bucket, char out[ARN_BYTES])
{
    (void)snprintf(out, ARN_BYTES, "arn:%s:s3:::%s", a->partition, bucket);
}

/* Whether the sender of the customer's notifications is allowed; *arn is its source or role. */
static enum policy_answer sender_allowed(const struct asked *a, char arn[ARN_BYTES])
{
    const struct customer_conf *c = a->customer;
    struct send_request r = {"s3.amazonaws.com", arn, c->account_id};
    bucket_arn(a, c->bucket, arn);
    if (c->via == NOTIFICATION_SNS) {
        r.service = "sns.amazonaws.com";
        sender_arn(a, "sns", "", arn);
    } else if (c->via == NOTIFICATION_EVENTBRIDGE) { /* by a role, or by the rule itself */
        sender_arn(a, "iam", "role/asymptote/", arn);
        r.service = strstr(arn, ":events:") != NULL ? "events.amazonaws.com" : NULL;
    }
    return policy_allows(a->policy, a->queue_arn, &r);
}

/* ---- Others ---- */

/* The others that may send. NULL: none do. */
static const char *others_allowed(const struct asked *a)
{
    static const char *const services[][2] = {{"s3.amazonaws.com", "s3:::"},
                                              {"sns.amazonaws.com", "sns:"},
                                              {"events.amazonaws.com", "events:"}};
    char arn[ARN_BYTES];
    (void)snprintf(arn, sizeof(arn), "arn:%s:iam::%s:role/x", a->partition, FOREIGN_ACCOUNT);
    if (asked_allows(a, NULL, arn, FOREIGN_ACCOUNT)) {
        return "any party may send";
    }
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (i == 0) {
            bucket_arn(a, "asymptote-verify-other", arn);
        } else {
            (void)snprintf(arn, sizeof(arn), "arn:%s:%s%s:%s:x", a->partition, services[i][1],
                           a->customer->region, FOREIGN_ACCOUNT);
        }
        if (asked_allows(a, services[i][0], arn, FOREIGN_ACCOUNT)) {
            return "any account may send, through S3, SNS or EventBridge: aws:SourceArn and "
                   "aws:SourceAccount are missing";
        }
    }
    return NULL;
}

/* What may send in the place of the customer's bucket. NULL: nothing. */
static const char *near_allowed(const struct asked *a)
{
    const struct customer_conf *c = a->customer;
    char arn[ARN_BYTES];
    if (c->via != NOTIFICATION_S3) {
        return NULL;
    }
    bucket_arn(a, c->bucket, arn);
    if (asked_allows(a, "s3.amazonaws.com", arn, FOREIGN_ACCOUNT)) {
        return "a bucket of this name in another account may send, too: aws:SourceAccount is "
               "missing";
    }
    bucket_arn(a, "asymptote-verify-other", arn);
    return asked_allows(a, "s3.amazonaws.com", arn, c->account_id)
               ? "any bucket of the customer's account may send: aws:SourceArn is missing"
               : NULL;
}

static void judge_policy(const struct asked *a, struct verify_line *out)
{
    char arn[ARN_BYTES];
    enum policy_answer answer = sender_allowed(a, arn);
    const char *others = others_allowed(a);
    const char *near = near_allowed(a);
    if (others != NULL) {
        line_set(out, VERIFY_FAIL, "%s", others);
    } else if (answer == POLICY_DENIES) {
        bool named = a->customer->sender_arn != NULL || a->customer->via == NOTIFICATION_S3;
        line_set(out, VERIFY_FAIL, "sqs:SendMessage is not allowed for %.260s%s", arn,
                 named ? "" : " (sender_arn of the entry names another sender)");
    } else if (answer == POLICY_UNKNOWN) {
        line_set(out, VERIFY_WARN,
                 "not proved: %.200s is allowed only with a condition that is not evaluated here",
                 arn);
    } else if (near != NULL) {
        line_set(out, VERIFY_WARN, "%s", near);
    } else {
        line_set(out, VERIFY_OK, "%.300s may send, others may not", arn);
    }
}

void check_queue_policy(struct verify_subject *s, struct verify_line *out)
{
    const struct sqs_attributes *q = &s->queue.attributes;
    const struct control_limits limits = {SQS_POLICY_BYTES, POLICY_CONTAINERS};
    if (!s->queue.known) {
        line_set(out, VERIFY_SKIP, "the queue's attributes are not known");
        return;
    }
    if (q->policy[0] == '\0') {
        line_set(out, VERIFY_FAIL, "the queue has no policy, so only its own account may send");
        return;
    }
    OWNED(control) struct control *doc = control_read(span_str(q->policy), &limits, NULL);
    if (doc == NULL) {
        line_set(out, VERIFY_FAIL, "the queue's policy is not JSON of at most %d bytes",
                 SQS_POLICY_BYTES);
        return;
    }
    struct asked a = {control_root(doc), q->arn, partition_of(span_str(s->customer->region))->name,
                      s->customer};
    judge_policy(&a, out);
}
