/* SPDX-License-Identifier: Apache-2.0 */
/* The statements are those of the policies that onboarding renders, filled with the same values. */
#include "verify_priv.h"

#include "codec/endpoint.h"
#include "codec/policy.h"
#include "onboard/data.h"
#include "onboard/tree.h"

#include <string.h>

enum { TEXT_BYTES = 8 * 1024 };

/*
 * The worker as a principal: the role of a session, without its path, which the session's ARN does
 * not have.
 */
static void add_principal(struct buf *out, const struct sts_identity *who)
{
    struct arn arn;
    struct span text = span_str(who->arn);
    const struct span session = SPAN("assumed-role/");
    if (!arn_split(text, &arn) || !span_starts(arn.resource, session)) {
        buf_add(out, text);
        return;
    }
    struct span name = span_from(arn.resource, session.n);
    const char *slash = memchr(name.p, '/', name.n);
    name.n = slash != NULL ? (size_t)(slash - name.p) : name.n;
    buf_addf(out, "arn:%.*s:iam::%.*s:role/%.*s", SPAN_FMT(arn.partition), SPAN_FMT(arn.account),
             SPAN_FMT(name));
}

static const char *or_unknown(const char *text, const char *name)
{
    return text != NULL && text[0] != '\0' ? text : name;
}

/* The policy of a queue has another statement for each way that notifications take. */
static const char *document_of(const struct verify_statement *st, const struct customer_conf *c)
{
    static const char *const queue_policies[] = {
        [NOTIFICATION_S3] = "queue-policy.json",
        [NOTIFICATION_SNS] = "queue-policy-sns.json",
        [NOTIFICATION_EVENTBRIDGE] = "queue-policy-eventbridge.json",
    };
    return strcmp(st->document, queue_policies[NOTIFICATION_S3]) == 0 ? queue_policies[c->via]
                                                                      : st->document;
}

/* The ARN that the attributes of the queue have, else that of its URL: .../ACCOUNT/NAME. */
static void add_queue_arn(struct buf *out, const struct queue_conf *q, const char *known)
{
    const char *name = q->url != NULL ? strrchr(q->url, '/') : NULL;
    const char *account = name;
    while (account != NULL && account > q->url && account[-1] != '/') {
        account--;
    }
    if (known != NULL && known[0] != '\0') {
        buf_addf(out, "%s", known);
    } else if (name != NULL && name - account == 12 && q->region != NULL) {
        buf_addf(out, "arn:%s:sqs:%s:%.12s:%s", partition_of(span_str(q->region))->name, q->region,
                 account, name + 1);
    } else {
        buf_add(out, SPAN("QUEUE_ARN"));
    }
}

void statement_write(const struct verify_statement *st, const struct customer_conf *c,
                     const struct verify_worker *worker, const struct verify_arns *arns,
                     struct buf *out)
{
    const char *partition = partition_of(span_str(c->region))->name;
    struct buf prefix = BUF_INIT(TEXT_BYTES);
    struct buf principal = BUF_INIT(TEXT_BYTES);
    struct buf topic = BUF_INIT(TEXT_BYTES);
    struct buf role = BUF_INIT(TEXT_BYTES);
    struct buf queue = BUF_INIT(TEXT_BYTES);
    struct buf dead = BUF_INIT(TEXT_BYTES);
    add_queue_arn(&queue, c->queue, arns->queue);
    buf_addf(&dead, "%s", or_unknown(arns->dead, "DEAD_LETTER_QUEUE_ARN"));
    if (c->sender_arn != NULL) {
        buf_addf(c->via == NOTIFICATION_SNS ? &topic : &role, "%s", c->sender_arn);
    }
    if (topic.n == 0) {
        buf_addf(&topic, "arn:%s:sns:%s:%s:asymptote-events-%s", partition, c->region,
                 c->account_id, c->id);
    }
    if (role.n == 0) {
        buf_addf(&role, "arn:%s:iam::%s:role/asymptote/asymptote-events-%s", partition,
                 c->account_id, c->id);
    }
    policy_add_literal(&prefix, span_str(c->prefix));
    if (worker->known) {
        add_principal(&principal, &worker->identity);
    }
    const struct tree_value values[] = {
        {.name = "PREFIX", .text = prefix.p},
        {.name = "BUCKET", .text = c->bucket},
        {.name = "CUSTOMER_ROLE_ARN", .text = c->role_arn},
        {.name = "KMS_KEY_ARN", .text = or_unknown(c->kms_key_arn, "KMS_KEY_ARN")},
        {.name = "WORKER_ROLE_ARN", .text = or_unknown(principal.p, "WORKER_ROLE_ARN")},
        {.name = "QUEUE_ARN", .text = queue.p},
        {.name = "DEAD_LETTER_QUEUE_ARN", .text = dead.p},
        {.name = "CUSTOMER", .text = c->id},
        {.name = "CUSTOMER_ACCOUNT", .text = c->account_id},
        {.name = "TOPIC_ARN", .text = topic.p},
        {.name = "EVENTS_ROLE_ARN", .text = role.p},
        {.name = "EXTERNAL_ID", .text = or_unknown(c->external_id, "EXTERNAL_ID")},
        {.name = NULL},
    };
    OWNED(tree)
    struct json_object *document = tree_fill(data_text(document_of(st, c)), values, partition);
    struct json_object *list = NULL;
    struct json_object *one = document;
    if (json_object_object_get_ex(document, "Statement", &list)) {
        one = json_object_array_get_idx(list, st->at);
    }
    tree_print_compact(one, out);
    buf_done(&prefix);
    buf_done(&principal);
    buf_done(&topic);
    buf_done(&role);
    buf_done(&queue);
    buf_done(&dead);
}
