/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_priv.h"

#define TRUST                                                                                      \
    {                                                                                              \
        {                                                                                          \
            "the role's trust policy", "trust-policy.json", 0                                      \
        }                                                                                          \
    }
#define ROLE(at)                                                                                   \
    {                                                                                              \
        {                                                                                          \
            "the role's policy", "role-policy.json", at                                            \
        }                                                                                          \
    }

/* In the order in which they are made: a later one may use what an earlier one found. */
/* clang-format off */
const struct verify_check verify_checks[] = {
    {.name = "worker.identity",
     .proves = "the worker has credentials, and whose they are",
     .change = "the worker's own credentials: its role, profile or environment (docs/aws.md)",
     .of_worker = true, .run = check_worker_identity},
    {.name = "role.assume",
     .proves = "the role trusts the worker with the customer's external id",
     .change = "the role's trust policy must allow the worker's role sts:AssumeRole with this "
               "sts:ExternalId, and the worker's policy must allow sts:AssumeRole of this role; or "
               "external_id, role_arn or account_id of the customer's entry is wrong",
     .asks = ASKS_STS, .run = check_role_assume,
     .statements = {{"the role's trust policy", "trust-policy.json", 0},
                    {"the policy of the worker's role", "worker-policy.json", 1}}},
    {.name = "role.no_id",
     .proves = "the role cannot be assumed without an external id",
     .change = "the role's trust policy must require sts:ExternalId, by StringEquals and in every "
               "statement that allows sts:AssumeRole",
     .must_fail = true, .asks = ASKS_STS, .run = check_role_no_id, .statements = TRUST},
    {.name = "role.wrong_id",
     .proves = "the role cannot be assumed with a random external id",
     .change = "the role's trust policy must compare sts:ExternalId by StringEquals, with this "
               "customer's value only",
     .must_fail = true, .asks = ASKS_STS, .run = check_role_wrong_id, .statements = TRUST},
    {.name = "role.other_id",
     .proves = "the role cannot be assumed with the external id of another customer",
     .change = "the role's trust policy must compare sts:ExternalId by StringEquals, with this "
               "customer's value only",
     .must_fail = true, .asks = ASKS_STS, .run = check_role_other_id, .statements = TRUST},
    {.name = "role.account",
     .proves = "the session of the role belongs to the customer's account",
     .change = "account_id or role_arn of the customer's entry: one of them is wrong",
     .asks = ASKS_STS, .run = check_role_account},
    {.name = "prefix.list",
     .proves = "the prefix can be listed",
     .change = "the role's policy must allow s3:ListBucket for the prefix; or bucket, prefix, "
               "region or account_id of the customer's entry is not what the customer gave",
     .asks = ASKS_S3, .run = check_prefix_list, .statements = ROLE(0)},
    {.name = "object.read",
     .proves = "the newest object can be read",
     .change = "the role's policy must allow s3:GetObject below the prefix, and a policy of the "
               "bucket must not deny it",
     .asks = ASKS_S3, .run = check_object_read, .statements = ROLE(1)},
    {.name = "object.kms",
     .proves = "the newest object is decrypted, and is encrypted as kms_key_arn declares",
     .change = "the role's policy and the key's policy must both allow the role kms:Decrypt, and "
               "kms_key_arn must be the key of new objects",
     .run = check_object_kms,
     .statements = {{"the role's policy", "kms-policy.json", 0},
                    {"the key's policy", "key-statement.json", 0}}},
    {.name = "object.version",
     .proves = "with versioned = true, a version of the newest object can be read by its id",
     .change = "the role's policy must allow s3:GetObjectVersion below the prefix",
     .asks = ASKS_S3, .run = check_object_version,
     .statements = {{"the role's policy", "versions-policy.json", 0}}},
    {.name = "outside.list",
     .proves = "the role itself cannot list the bucket outside of the prefix",
     .change = "the role's policy must allow s3:ListBucket only with the condition s3:prefix, in "
               "place of what allows more",
     .must_fail = true, .asks = ASKS_S3, .run = check_outside_list, .statements = ROLE(0)},
    {.name = "outside.read",
     .proves = "the role itself cannot read objects outside of the prefix",
     .change = "the role's policy must allow s3:GetObject only below the prefix, in place of what "
               "allows more",
     .must_fail = true, .asks = ASKS_S3, .run = check_outside_read, .statements = ROLE(1)},
    {.name = "object.public",
     .proves = "the newest object cannot be read without credentials",
     .change = "the bucket must not be public: set all four settings of S3 Block Public Access, "
               "and remove what the bucket's policy or ACLs allow any principal",
     .must_fail = true, .asks = ASKS_S3, .run = check_object_public},
    {.name = "queue.exists",
     .proves = "the customer's queue exists, and the worker may read its attributes",
     .change = "the queue's url and region in the configuration, or the policy of the worker's "
               "role: it must allow sqs:GetQueueAttributes",
     .asks = ASKS_SQS, .run = check_queue_exists,
     .statements = {{"the policy of the worker's role", "worker-policy.json", 0}}},
    {.name = "queue.redrive",
     .proves = "the queue has a dead-letter queue, after 20 receives or more, and the worker may read "
               "its number of messages",
     .change = "the queue's redrive policy: a dead-letter queue, with maxReceiveCount 20. After a "
               "denial: the policy of the worker's role must allow sqs:GetQueueAttributes on it",
     .asks = ASKS_SQS, .run = check_queue_redrive,
     .statements = {{"the policy of the worker's role", "worker-policy.json", 2}}},
    {.name = "queue.retention",
     .proves = "the queue keeps messages for a day or longer",
     .change = "the queue's MessageRetentionPeriod: 1209600 (14 days)",
     .asks = ASKS_SQS, .run = check_queue_retention},
    {.name = "queue.visibility",
     .proves = "another program that receives a message hides it from the worker for an hour at most",
     .change = "the queue's VisibilityTimeout: 30; the worker's receives name their own",
     .asks = ASKS_SQS, .run = check_queue_visibility},
    {.name = "queue.policy",
     .proves = "the customer's bucket, topic or rule may send to the queue, and other parties may not",
     .change = "the queue's policy must allow sqs:SendMessage to this sender only, by its ARN and "
               "account; replace what allows more",
     .asks = ASKS_SQS, .run = check_queue_policy,
     .statements = {{"the queue's policy", "queue-policy.json", 0}}},
    {.name = "topic.exists",
     .proves = "the topics of the customer's events and of rejects exist, and the worker sees them",
     .change = "kafka in the configuration, or create the topic, or the worker's ACL: it must allow "
               "Describe and Write of the topic",
     .run = check_topic_exists},
    {.name = "topic.leader",
     .proves = "each partition of these topics has a leader, and all of its replicas are in sync",
     .change = "start the broker that has the partition's replicas, or move them to another one: "
               "records wait for their leader",
     .run = check_topic_leader},
    {.name = "topic.size",
     .proves = "the topics of events take the largest event",
     .change = "the topic's max.message.bytes, or limits.event_bytes; a warning: the ACL of the "
               "worker must allow DescribeConfigs of the topic",
     .run = check_topic_size},
    {.name = "topic.policy",
     .proves = "no topic is compacted: many records share a key",
     .change = "the topic's cleanup.policy: delete",
     .run = check_topic_policy},
    {.name = "format.sample",
     .proves = "the beginning of the newest object reads as events, without secrets",
     .change = "what the customer writes (docs/event-files.md); `sample` says more of a file. Against "
               "secrets: redact = \"secrets\" in the customer's entry",
     .asks = ASKS_S3, .run = check_format_sample},
    {.name = "notification.seen",
     .proves = "notifications of the customer come to the running worker, and are delivered",
     .change = "the bucket's notifications, the queue's policy, or bucket and prefix of the "
               "customer's entry; the log of the worker says more",
     .run = check_notification_seen},
    {.name = "canary",
     .proves = "with --canary: an object that the customer puts now is in Kafka, and after how long",
     .change = "what is found says where the object is now; the log of the worker names it",
     .of_canary = true, .run = check_canary},
};
/* clang-format on */

const size_t verify_check_count = sizeof(verify_checks) / sizeof(verify_checks[0]);
_Static_assert(sizeof(verify_checks) / sizeof(verify_checks[0]) <= VERIFY_LINES,
               "a report has a line for each check");

const char *verify_change(const struct verify_line *l)
{
    return l->change != NULL ? l->change : l->check->change;
}

const char *verify_state_name(enum verify_state s)
{
    static const char *const names[VERIFY_STATES] = {
        [VERIFY_OK] = "ok", [VERIFY_WARN] = "warn", [VERIFY_FAIL] = "FAIL", [VERIFY_SKIP] = "skip"};
    return names[s];
}

void verify_table(struct buf *out)
{
    buf_add(out, SPAN("| Check | Proves | If it fails |\n|---|---|---|\n"));
    for (size_t i = 0; i < verify_check_count; i++) {
        const struct verify_check *c = &verify_checks[i];
        buf_addf(out, "| `%s`%s | %s | %s |\n", c->name, c->must_fail ? " (must be denied)" : "",
                 c->proves, c->change);
    }
}
