/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions between values (kafka-contract.md §2 and §6): a message belongs to at most one
 * customer, and no customer can write under another customer's key.
 */
#include "load_priv.h"

#include "codec/endpoint.h"
#include "codec/url.h"
#include "conf/memory.h"
#include "conf/refuse.h"
#include "net/sink_conf.h"
#include "net/sqs.h"

#include <stdlib.h>

/*
 * A value that could not be read is NULL. It is not checked, since the error is reported already.
 */

/* Whether a key under the prefix `inner` is also under `outer`. */
static bool prefix_contains(const char *outer, const char *inner)
{
    size_t n = strlen(outer);
    return strncmp(outer, inner, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
}

static void check_queue_of(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    if (c->queue_name == NULL || c->id == NULL) {
        return;
    }
    if (c->queue == NULL) {
        conf_error(r, conf_at(r->customer_at[at], "queue"),
                   "customer %s.queue: no queue is named %s", c->id, c->queue_name);
    } else if (c->via != NOTIFICATION_S3 && c->queue->customer_count > 1) {
        conf_error(r, conf_at(r->customer_at[at], "via"),
                   "customer %s.via: through SNS or EventBridge only with a queue of their own; "
                   "%s has %zu customers",
                   c->id, c->queue_name, c->queue->customer_count);
    }
}

static void check_role(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *group = r->customer_at[at];
    if (c->id == NULL) {
        return;
    }
    if (c->role_arn != NULL && c->account_id != NULL &&
        !span_eq(arn_part(c->role_arn, 4), span_str(c->account_id))) {
        conf_error(r, conf_at(group, "role_arn"), "customer %s.role_arn: is not of the account %s",
                   c->id, c->account_id);
    }
    bool has_key = config_setting_get_member(group, "external_id") != NULL;
    if (c->external_id == NULL && !has_key && !c->accept_role_without_external_id) {
        conf_error(r, group,
                   "customer %s.external_id: is missing (without one only with "
                   "accept_role_without_external_id = true;)",
                   c->id);
    }
}

static void check_key_arn(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *where = conf_at(r->customer_at[at], "kms_key_arn");
    if (c->kms_key_arn == NULL || c->id == NULL || c->region == NULL || c->account_id == NULL) {
        return;
    }
    if (!span_eq(arn_part(c->kms_key_arn, 3), span_str(c->region))) {
        conf_error(r, where, "customer %s.kms_key_arn: is not in the bucket's region %s", c->id,
                   c->region);
    }
    if (!span_eq(arn_part(c->kms_key_arn, 4), span_str(c->account_id))) {
        conf_warn(r, where,
                  "customer %s.kms_key_arn: is not of the account %s; the key's policy must allow "
                  "the role from there",
                  c->id, c->account_id);
    }
}

static void check_access_point(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *where = conf_at(r->customer_at[at], "access_point");
    if (c->access_point == NULL || c->id == NULL || c->region == NULL || c->account_id == NULL) {
        return;
    }
    if (!span_eq(arn_part(c->access_point, 3), span_str(c->region))) {
        conf_error(r, where, "customer %s.access_point: is not in the bucket's region %s", c->id,
                   c->region);
    }
    if (!span_eq(arn_part(c->access_point, 4), span_str(c->account_id))) {
        conf_error(r, where, "customer %s.access_point: is not of the account %s", c->id,
                   c->account_id);
    }
}

/* A role can be assumed, and a key used, only within its partition of AWS. */
static void check_partitions(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *group = r->customer_at[at];
    if (c->id == NULL || c->region == NULL || r->conf->aws.region == NULL) {
        return;
    }
    struct span home = span_str(partition_of(span_str(r->conf->aws.region))->name);
    const struct {
        const char *key, *arn, *region;
    } parts[] = {
        {"region", NULL, c->region},
        {"queue", NULL, c->queue != NULL ? c->queue->region : NULL},
        {"role_arn", c->role_arn, NULL},
        {"kms_key_arn", c->kms_key_arn, NULL},
        {"access_point", c->access_point, NULL},
        {"sender_arn", c->sender_arn, NULL},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct span is = parts[i].arn != NULL ? arn_part(parts[i].arn, 1) : home;
        is = parts[i].region != NULL ? span_str(partition_of(span_str(parts[i].region))->name) : is;
        if (!span_eq(is, home)) {
            conf_error(r, conf_at(group, parts[i].key),
                       "customer %s.%s: is in the partition %.*s, but aws.region in %.*s", c->id,
                       parts[i].key, SPAN_FMT(is), SPAN_FMT(home));
        }
    }
}

static void check_sender(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *where = conf_at(r->customer_at[at], "sender_arn");
    if (c->id == NULL || c->sender_arn == NULL || c->account_id == NULL) {
        return;
    }
    bool topic = span_eq(arn_part(c->sender_arn, 2), SPAN("sns"));
    if (c->via != NOTIFICATION_S3 && topic != (c->via == NOTIFICATION_SNS)) {
        conf_error(r, where, "customer %s.sender_arn: does not fit via", c->id);
    }
    if (!span_eq(arn_part(c->sender_arn, 4), span_str(c->account_id))) {
        conf_error(r, where, "customer %s.sender_arn: is not of the account %s", c->id,
                   c->account_id);
    }
}

static void check_session_policy(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    if (c->id != NULL && c->kms_key_arn != NULL && c->session_policy == SESSION_POLICY_NO_KMS) {
        conf_error(r, conf_at(r->customer_at[at], "session_policy"),
                   "customer %s.session_policy: \"no-kms\" cannot read objects under kms_key_arn; "
                   "use \"full\", or remove one of the two",
                   c->id);
    }
}

/* Warn of a pattern that contains the prefix or matches everything, and so ignores too much. */
static void check_filter(struct conf_reader *r, size_t at, const char *key, char *const *patterns)
{
    const struct customer_conf *c = &r->conf->customers[at];
    const config_setting_t *where = conf_at(r->customer_at[at], key);
    bool ignores = patterns == c->ignore;
    char what[128];
    (void)snprintf(what, sizeof(what), "customer %s", c->id);
    for (char *const *p = patterns; p != NULL && *p != NULL; p++) {
        const char *bare = *p + (**p == '/');
        if (prefix_contains(c->prefix, bare) || strncmp(*p, "s3://", 5) == 0) {
            conf_bad_pattern(r, where, what, key, *p,
                             "has the prefix in it: patterns are for the key below the prefix");
        } else if (ignores && strspn(*p, "*") == strlen(*p)) {
            conf_bad_pattern(r, where, what, key, *p, "ignores every object");
        }
    }
}

static void check_filters(struct conf_reader *r, size_t at)
{
    const struct customer_conf *c = &r->conf->customers[at];
    if (c->prefix != NULL && c->id != NULL) {
        check_filter(r, at, "only", c->only);
        check_filter(r, at, "ignore", c->ignore);
    }
}

static void check_queue(struct conf_reader *r, size_t at)
{
    const struct queue_conf *q = &r->conf->queues[at];
    const config_setting_t *group = r->queue_at[at];
    if (q->name == NULL) {
        return;
    }
    if (q->heartbeat_s > q->visibility_s / 2) {
        conf_error(r, conf_at(group, "heartbeat"),
                   "queue %s.heartbeat: must be at most half of visibility", q->name);
    }
    if (q->customer_count == 0) {
        conf_warn(r, group, "queue %s: no customer uses it; it is not polled", q->name);
    }
}

/* Create the queue as the worker will: its URL may name another region. */
static void check_queue_place(struct conf_reader *r, size_t at)
{
    const struct queue_conf *q = &r->conf->queues[at];
    struct sqs_settings settings = {.endpoint = r->conf->aws.endpoint_sqs,
                                    .allow_http = r->conf->aws.allow_http};
    struct err e = {.kind = FAIL_NONE};
    if (q->name == NULL || q->url == NULL || q->region == NULL) {
        return;
    }
    OWNED(sqs_queue) struct sqs_queue *queue = sqs_queue_new(&settings, q->url, q->region, &e);
    if (queue == NULL) {
        conf_error(r, conf_at(r->queue_at[at], "region"), "queue %s: %s", q->name, e.text);
    }
}

/* Warn of plain http to a host that is not loopback. */
static void check_http(struct conf_reader *r, const char *url, const char *what,
                       const config_setting_t *at)
{
    struct url u;
    if (url == NULL || r->conf->aws.allow_http || !url_split(span_str(url), &u)) {
        return;
    }
    if (!u.tls && !url_is_loopback(&u)) {
        conf_error(r, at, "%s: plain http to another host only with aws.allow_http = true;", what);
    }
}

/* Only if all values are valid, because the plan would otherwise be wrong. */
static void check_memory(struct conf_reader *r, const config_setting_t *root)
{
    struct memory_plan plan;
    struct err e = {.kind = FAIL_NONE};
    if (r->problems->errors > 0) {
        return;
    }
    memory_plan(r->conf, &plan);
    if (memory_check(r->conf, &plan, &e) != FAIL_NONE) {
        conf_error(r, conf_at(config_setting_get_member(root, "limits"), "memory"), "%s", e.text);
    }
}

/*
 * Each property is valid, but some combinations are not. Only if all are valid, because errors
 * would be reported twice.
 */
static void check_kafka(struct conf_reader *r, const config_setting_t *kafka)
{
    const struct conf *c = r->conf;
    struct err e = {.kind = FAIL_NONE};
    struct sink_properties properties = {
        .list = (const char *const *)c->kafka.properties,
        .token = c->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM,
    };
    rd_kafka_conf_t *conf = sink_conf_new(&properties, &e);
    if (conf == NULL) {
        conf_error(r, conf_at(kafka, "auth"), "kafka.auth: %s", e.text);
        return;
    }
    rd_kafka_conf_destroy(conf);
    if (r->problems->errors == 0 && sink_conf_check(&properties, &e) != FAIL_NONE) {
        conf_error(r, conf_at(kafka, "properties"), "kafka.properties: %s", e.text);
    }
}

void conf_check(struct conf_reader *r, const config_setting_t *root)
{
    struct conf *c = r->conf;
    const config_setting_t *aws = config_setting_get_member(root, "aws");
    check_http(r, c->aws.endpoint_sqs, "aws.endpoint_sqs", conf_at(aws, "endpoint_sqs"));
    check_http(r, c->aws.endpoint_s3, "aws.endpoint_s3", conf_at(aws, "endpoint_s3"));
    check_http(r, c->aws.endpoint_sts, "aws.endpoint_sts", conf_at(aws, "endpoint_sts"));
    check_kafka(r, config_setting_get_member(root, "kafka"));
    conf_check_queue_conflicts(
        r); /* two queues with one URL would each get a part of the messages */
    for (size_t i = 0; i < c->queue_count; i++) {
        check_queue(r, i);
        check_queue_place(r, i);
        if (c->aws.endpoint_sqs == NULL) { /* else the URL's host is not contacted */
            check_http(r, c->queues[i].url, "queue url", conf_at(r->queue_at[i], "url"));
        }
    }
    conf_check_customer_conflicts(r);
    for (size_t i = 0; i < c->customer_count; i++) {
        check_queue_of(r, i);
        check_role(r, i);
        check_key_arn(r, i);
        check_access_point(r, i);
        check_partitions(r, i);
        check_sender(r, i);
        check_session_policy(r, i);
        check_filters(r, i);
    }
    if (c->verify.require_verified && c->verify.state_dir == NULL) {
        conf_error(r, conf_at(config_setting_get_member(root, "verify"), "require_verified"),
                   "verify.require_verified: needs verify.state_dir, where `verify` stores proofs");
    }
    if (c->reconcile.interval_ms != 0 && c->kafka.ops_topic == NULL) {
        conf_error(r, conf_at(config_setting_get_member(root, "reconcile"), "interval"),
                   "reconcile.interval: needs kafka.ops_topic, which has what was delivered");
    }
    if (c->queue_count == 0) {
        conf_error(r, NULL, "queues: there is none");
    }
    if (c->customer_count == 0) {
        conf_warn(r, NULL, "customers: there is none; no queue is polled");
    }
    conf_check_topics(r, root);
    check_memory(r, root);
}
