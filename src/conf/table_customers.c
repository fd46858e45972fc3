/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a customer. */
#include "codec/glob.h"
#include "conf/conf.h"
#include "conf/refuse.h"
#include "conf/table.h"
#include "event/schema/rules.h"

enum { FILTERS_MAX = 32 };

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const via_words[] = {"s3", "sns", "eventbridge", NULL};
static const char *const absent_words[] = {"leave", "accept", NULL};
static const char *const session_policy_words[] = {"full", "no-kms", "none", NULL};
static const char *const redact_words[] = {"off", "secrets", NULL};

static const struct conf_row customer_rows[] = {
    {.name = "id",
     .type = CONF_TEXT,
     MEMBER(customer_conf, id),
     .required = true,
     .refuse = refuse_customer_id,
     .example = "\"acme\"",
     .text =
         "Name of the customer in topics, keys, events and logs: a-z, 0-9 and dashes, at most 40."},
    {.name = "queue",
     .type = CONF_TEXT,
     MEMBER(customer_conf, queue_name),
     .required = true,
     .example = "\"main\"",
     .text = "Name of the queue that receives this customer's notifications."},
    {.name = "via",
     .type = CONF_WORD,
     MEMBER(customer_conf, via),
     .standard = "\"s3\"",
     .words = via_words,
     .example = "\"sns\"",
     .text = "How notifications reach the queue: from S3 itself, through SNS (wrapped or raw) or "
             "through "
             "EventBridge. With the last two the customer has a queue of their own."},
    {.name = "sender_arn",
     .type = CONF_TEXT,
     MEMBER(customer_conf, sender_arn),
     .derived = "as onboard names it",
     .refuse = refuse_sender,
     .example = "\"arn:aws:sns:eu-west-1:444455556666:events\"",
     .text =
         "With via: the topic of SNS, or the rule of EventBridge or the role with which it sends, "
         "that the queue's policy must allow. For `verify` only."},
    {.name = "bucket",
     .type = CONF_TEXT,
     MEMBER(customer_conf, bucket),
     .derived = "that of the prefix, if it is a URL",
     .refuse = refuse_bucket,
     .example = "\"acme-agent-events\"",
     .text = "The customer's bucket."},
    {.name = "prefix",
     .type = CONF_TEXT,
     MEMBER(customer_conf, prefix),
     .required = true,
     .example = "\"asymptote/events\"",
     .text = "Only keys under it are read: a path, or a URL s3://bucket/path/. Never empty. One "
             "slash at its beginning and at its end does not count."},
    {.name = "access_point",
     .type = CONF_TEXT,
     MEMBER(customer_conf, access_point),
     .derived = "none",
     .refuse = refuse_access_point,
     .example = "\"arn:aws:s3:eu-west-1:444455556666:accesspoint/events\"",
     .text = "Access point through which objects are read and listed. Notifications still name the "
             "bucket. Its region is the bucket's, and its account the customer's."},
    {.name = "only",
     .type = CONF_TEXTS,
     MEMBER(customer_conf, only),
     .derived = "all objects",
     .least = 1,
     .most = FILTERS_MAX,
     .refuse = glob_refuse,
     .example = "[ \"*.jsonl.gz\" ]",
     .text = "Read only objects whose key below the prefix matches one of these patterns. An "
             "asterisk is any characters, slashes included; a question mark one character; [a-z] "
             "and [!a-z] one character in a set or not in it; a backslash takes the next character "
             "as itself. A slash before the key is part of the match if the pattern needs one. "
             "Other objects are done without a request."},
    {.name = "ignore",
     .type = CONF_TEXTS,
     MEMBER(customer_conf, ignore),
     .derived = "none",
     .least = 1,
     .most = FILTERS_MAX,
     .refuse = glob_refuse,
     .example = "[ \"*/_temporary/*\", \"*_SUCCESS\", \"*.md\" ]",
     .text = "Do not read objects whose key below the prefix matches one of these patterns, which "
             "are as in only. They are done without a request, also if only has them."},
    {.name = "region",
     .type = CONF_TEXT,
     MEMBER(customer_conf, region),
     .derived = "aws.region",
     .refuse = refuse_region,
     .example = "\"eu-west-1\"",
     .text = "The bucket's region."},
    {.name = "account_id",
     .type = CONF_TEXT,
     MEMBER(customer_conf, account_id),
     .required = true,
     .refuse = refuse_account,
     .example = "\"444455556666\"",
     .text = "The customer's AWS account; sent as the expected bucket owner with every request."},
    {.name = "role_arn",
     .type = CONF_TEXT,
     MEMBER(customer_conf, role_arn),
     .required = true,
     .refuse = refuse_role,
     .example = "\"arn:aws:iam::444455556666:role/asymptote-s3-read\"",
     .text = "The role that may read the bucket. Its account is the customer's."},
    {.name = "external_id",
     .type = CONF_TEXT,
     MEMBER(customer_conf, external_id),
     .shown = true,
     .hidden = true,
     .unique = true,
     .refuse = refuse_external_id,
     .example = "\"3f0c6b0e-8d5a-4f7e-9c51-0d3e6a2b7f14\"",
     .text = "External id that the role's trust policy requires: random, chosen by the operator, "
             "one for each "
             "customer (uuidgen makes one)."},
    {.name = "session_name",
     .type = CONF_TEXT,
     MEMBER(customer_conf, session_name),
     .derived = "\"asymptote-ingest-\" and the id",
     .refuse = refuse_session_name,
     .example = "\"asymptote-ingest-prod\"",
     .text = "Name of the role's sessions, by which the customer finds the worker's requests in "
             "CloudTrail (userIdentity.arn ends in it)."},
    {.name = "source_identity",
     .type = CONF_TEXT,
     MEMBER(customer_conf, source_identity),
     .derived = "none",
     .refuse = refuse_session_name,
     .example = "\"asymptote\"",
     .text = "Source identity of the role's sessions, which CloudTrail shows and which cannot be "
             "changed within a session. The role's trust policy must allow sts:SetSourceIdentity."},
    {.name = "accept_role_without_external_id",
     .type = CONF_BOOL,
     MEMBER(customer_conf, accept_role_without_external_id),
     .standard = "false",
     .example = "true",
     .text = "Accept a role that does not require the external id, and an STS that does not report "
             "whose session it returns. For emulators and S3-compatible stores only."},
    {.name = "session_policy",
     .type = CONF_WORD,
     MEMBER(customer_conf, session_policy),
     .derived = "\"full\" with kms_key_arn, else \"no-kms\"",
     .words = session_policy_words,
     .example = "\"full\"",
     .text = "What narrows the worker's session beyond the role's own policy. full: read and list "
             "the prefix, and kms:Decrypt through S3. no-kms: the same without kms:Decrypt, so "
             "objects under SSE-KMS are denied. none: no session policy; what the role allows "
             "beyond the prefix is then limited by the role alone."},
    {.name = "kms_key_arn",
     .type = CONF_TEXT,
     MEMBER(customer_conf, kms_key_arn),
     .derived = "none",
     .refuse = refuse_kms_key,
     .example = "\"arn:aws:kms:eu-west-1:444455556666:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\"",
     .text = "Key of SSE-KMS. The session policy then allows kms:Decrypt (session_policy); the key "
             "itself is used in messages only."},
    {.name = "request_payer",
     .type = CONF_BOOL,
     MEMBER(customer_conf, request_payer),
     .standard = "false",
     .example = "true",
     .text = "The bucket is a requester-pays bucket, and the worker's account pays."},
    {.name = "versioned",
     .type = CONF_BOOL,
     MEMBER(customer_conf, versioned),
     .standard = "false",
     .example = "true",
     .text = "The role may read versions (s3:GetObjectVersion): objects are read by version id."},
    {.name = "topic",
     .type = CONF_TEXT,
     MEMBER(customer_conf, topic),
     .derived = "kafka.topic",
     .example = "\"acme-events\"",
     .text = "A topic of the customer's own, as kafka.topic."},
    {.name = "allow_compacted",
     .type = CONF_BOOL,
     MEMBER(customer_conf, allow_compacted),
     .standard = "false",
     .example = "true",
     .text =
         "Produce to topics whose cleanup.policy has compact. Many events have the same key, of "
         "which Kafka then keeps only the last: the others are lost. Without it the customer is "
         "not taken while one of its topics is compacted."},
    {.name = "max_lanes",
     .type = CONF_COUNT,
     MEMBER(customer_conf, max_lanes),
     .derived = "no limit of its own",
     .least = 1,
     .most = 1024,
     .example = "4",
     .text = "Maximum number of lanes that process this customer's objects at the same time."},
    {.name = "gone",
     .type = CONF_WORD,
     MEMBER(customer_conf, gone),
     .standard = "\"leave\"",
     .words = absent_words,
     .example = "\"accept\"",
     .text = "Objects that no longer exist: leave the message for the dead-letter queue, or "
             "accept it as done."},
    {.name = "archived",
     .type = CONF_WORD,
     MEMBER(customer_conf, archived),
     .standard = "\"leave\"",
     .words = absent_words,
     .example = "\"accept\"",
     .text = "Objects in an archive class: the same choice."},
    {.name = "unreadable",
     .type = CONF_WORD,
     MEMBER(customer_conf, unreadable),
     .standard = "\"leave\"",
     .words = absent_words,
     .example = "\"accept\"",
     .text =
         "Objects of which no event comes, since they are of a format that is not read, or hold "
         "nothing that is an event: leave the message for the dead-letter queue, or accept it as "
         "done, with one reject."},
    {.name = "output_ratio",
     .type = CONF_COUNT,
     MEMBER(customer_conf, output_ratio),
     .standard = "16",
     .most = 1000000,
     .example = "64",
     .text = "Maximum bytes of records for each byte of an object's decompressed text, with 1 MiB "
             "for any object. An object that gives more is read no further and left for the "
             "dead-letter queue. 0: no limit."},
    {.name = "output_record_bytes",
     .type = CONF_SIZE,
     MEMBER(customer_conf, output_record_bytes),
     .standard = "\"16B\"",
     .most = 1 << 20,
     .example = "\"8B\"",
     .text = "Minimum of an object's text for each record, with 1,024 records for any object; the "
             "same happens with an object that gives more. \"0B\": no limit."},
    {.name = "cadence",
     .type = CONF_TIME,
     MEMBER(customer_conf, cadence_ms),
     .derived = "not known",
     .least = 1000,
     .most = 31 * DAY_MS,
     .unit_ms = 1,
     .example = "\"5m\"",
     .text = "How often the customer writes files. Without a notification for three times as long "
             "the customer is silent (monitoring.md)."},
    {.name = "daily_volume",
     .type = CONF_SIZE,
     MEMBER(customer_conf, daily_volume),
     .derived = "not known",
     .least = 1,
     .most = INT64_MAX,
     .example = "\"2GB\"",
     .text = "How many bytes of objects the customer writes on a day, as stored. More than three "
             "times as many in the last day are far above what is expected (monitoring.md)."},
    {.name = "mapping",
     .type = CONF_MAPPING,
     .offset = offsetof(struct customer_conf, mapping),
     .derived = "none",
     .example = "( { field = \"repository\"; from = [ \"project.git.url\" ]; } )",
     .text =
         "The customer's own names, tried before the built-in ones: a field of the event and the "
         "members it is taken from, or a constant value."},
    {.name = "actions",
     .type = CONF_ACTIONS,
     .offset = offsetof(struct customer_conf, actions),
     .derived = "none",
     .example = "( { word = \"RunTool\"; action = \"tool.invoked\"; } )",
     .text = "The customer's own words for actions."},
    {.name = "unwrap",
     .type = CONF_TEXTS,
     MEMBER(customer_conf, unwrap),
     .derived = "none",
     .least = 1,
     .most = RULES_UNWRAP_MAX,
     .example = "[ \"jsonPayload\", \"payload.after\" ]",
     .text = "Paths of the member that has the record, if the customer's files have envelopes that "
             "are not known. The first path with an object is taken; the members beside it are "
             "not used, but for time and host."},
    {.name = "redact",
     .type = CONF_WORD,
     MEMBER(customer_conf, redact_secrets),
     .standard = "\"off\"",
     .words = redact_words,
     .example = "\"secrets\"",
     .text =
         "Replace secrets in an event: well-known key formats, tokens, private keys, credentials "
         "in URLs and commands, and values of members with a name like password."},
};

static const struct conf_row mapping_rows[] = {
    {.name = "field",
     .type = CONF_TEXT,
     MEMBER(mapping_conf, field),
     .required = true,
     .example = "\"repository\"",
     .text = "Field of the event."},
    {.name = "from",
     .type = CONF_TEXT,
     MEMBER(mapping_conf, from),
     .example = "[ \"project.git.url\" ]",
     .text = "Members of the record, by path; the first one present is taken."},
    {.name = "value",
     .type = CONF_TEXT,
     MEMBER(mapping_conf, value),
     .example = "\"acme_bot\"",
     .text = "A constant, instead of from."},
};

static const struct conf_row actions_rows[] = {
    {.name = "word",
     .type = CONF_TEXT,
     MEMBER(word_conf, word),
     .required = true,
     .example = "\"RunTool\"",
     .text = "The customer's word."},
    {.name = "action",
     .type = CONF_TEXT,
     MEMBER(word_conf, action),
     .required = true,
     .example = "\"tool.invoked\"",
     .text = "The action it stands for."},
};

const struct conf_section conf_customers_section = {
    "customers", true, customer_rows, COUNT_OF(customer_rows),
    "Who sends events. A customer may also have a file of their own in customers.d/, beside this "
    "file: NAME.conf with these keys at its top."};

const struct conf_section conf_mapping_section = {"mapping", true, mapping_rows,
                                                  COUNT_OF(mapping_rows), ""};
const struct conf_section conf_actions_section = {"actions", true, actions_rows,
                                                  COUNT_OF(actions_rows), ""};
