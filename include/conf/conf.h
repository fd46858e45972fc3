/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the configuration: the values of the file (libconfig), customers.d/ and the environment,
 * checked (conf/load.h) and constant.
 *
 * Only the table (conf/table.h) knows names, units, defaults and ranges. Values that are not set
 * are filled in when the configuration is read (regions, endpoints, lanes, a customer's topic). A
 * member is NULL or 0 only where this header says so.
 *
 * Ownership: a struct conf owns all its strings. It is freed with its last reference; a part that
 * works with a configuration holds a reference, so that a reload does not wait for it. Threads:
 * read-only after conf_load; conf_hold and conf_release any.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/refs.h"
#include "codec/notification.h"

struct rules; /* event/schema/rules.h: mapping, action words and redaction of a customer */

/* Placeholders of templates (kafka-contract.md §2); topics may have only the first two. */
enum placeholder {
    PLACE_CUSTOMER,
    PLACE_STREAM,
    PLACE_CATEGORY,
    PLACE_HARNESS,
    PLACE_SESSION,
    PLACE_USER,
    PLACE_HOSTNAME,
    PLACEHOLDERS,
    TOPIC_PLACEHOLDERS = PLACE_STREAM + 1,
};
extern const struct span placeholder_names[PLACEHOLDERS]; /* "customer", "event.category" */

/* Values of {stream}; each has a topic. */
enum stream { STREAM_RUNTIME, STREAM_INVENTORY, STREAMS };
extern const struct span stream_names[STREAMS];

struct queue_conf {
    char *name; /* unique; customers refer to it */
    char *url;
    char *region; /* default: that of the URL, else aws.region */
    int visibility_s;
    int heartbeat_s; /* default: a third of visibility_s */
    int wait_s;
    size_t customer_count; /* number of its customers; above 1 only S3's own notification form is
                              accepted */
};

/*
 * Append what identifies a queue beyond one configuration: name, URL and region, each ended by a
 * line feed. The same name with another URL is another queue, since messages of the first one may
 * be held.
 */
enum { QUEUE_IDENTITY_BYTES = 16 * 1024 };
struct buf;
void queue_conf_identity(const struct queue_conf *q, struct buf *out);

enum kafka_auth { KAFKA_AUTH_PROPERTIES, KAFKA_AUTH_AWS_MSK_IAM }; /* how to authenticate */

/* The session policy of a customer: codec/policy.h, without KMS, or none. */
enum session_policy { SESSION_POLICY_FULL, SESSION_POLICY_NO_KMS, SESSION_POLICY_NONE };

enum absent_policy { ABSENT_LEAVE, ABSENT_ACCEPT }; /* missing, archived, unreadable objects */

/* An entry of a customer's mapping: aliases `from` (NULL-terminated), or a constant `value`. */
struct mapping_conf {
    char *field;
    char **from;
    char *value;
};

/* An entry of a customer's action words. */
struct word_conf {
    char *word;
    char *action;
};

struct customer_conf {
    char *id; /* [a-z0-9][a-z0-9-]{0,39} */
    char *queue_name;
    const struct queue_conf *queue;
    enum notification_form via; /* NOTIFICATION_SNS: wrapped or raw */
    char *
        sender_arn; /* via SNS or EventBridge: the topic, rule or role; NULL: as onboard names it */
    char *bucket;
    char *prefix;       /* without leading and trailing slash, never empty */
    char *access_point; /* ARN; NULL: objects are read from the bucket itself */
    char **only;   /* globs over the key below the prefix, NULL-terminated; NULL: all objects */
    char **ignore; /* NULL: none */
    char *region;
    char *account_id; /* 12 digits */
    char *role_arn;
    char *external_id;     /* NULL only with accept_role_without_external_id */
    char *session_name;    /* default: "asymptote-ingest-" and the id */
    char *source_identity; /* NULL: none */
    char *kms_key_arn;     /* NULL: no SSE-KMS; only for texts */
    bool accept_role_without_external_id;
    enum session_policy session_policy; /* default: FULL with kms_key_arn, else NO_KMS */
    bool request_payer;
    bool versioned;       /* the role allows s3:GetObjectVersion */
    char *topic;          /* template; default: kafka.topic */
    bool allow_compacted; /* its topics may be compacted */
    int max_lanes;        /* maximum of lanes for this customer; 0: no limit */
    enum absent_policy gone, archived, unreadable;
    uint32_t output_ratio;      /* bytes of records for each byte of text; 0: no limit */
    size_t output_record_bytes; /* of text for each record; 0: no limit */
    int64_t cadence_ms;         /* how often it writes files; 0: not known */
    uint64_t daily_volume;      /* bytes that it writes on a day; 0: not known */

    struct mapping_conf *mapping;
    size_t mapping_count;
    struct word_conf *actions;
    size_t action_count;
    char **unwrap;       /* paths of the record in envelopes, NULL-terminated */
    bool redact_secrets; /* redact = "secrets" */
    struct rules *rules; /* made of the members above; NULL: built-in rules only */
};

struct conf {
    char *file; /* where it was read from, absolute; NULL: not known */
    struct {
        char *region;
        char *endpoint_sqs, *endpoint_s3, *endpoint_sts; /* NULL: AWS's endpoints */
        bool path_style;
        bool allow_http;
        bool use_fips;
        bool use_dualstack;
        char *profile;   /* NULL: AWS_PROFILE, else "default" */
        char *ca_bundle; /* path of a file; NULL: the system's */
    } aws;

    struct {
        char **properties; /* "name=value", NULL-terminated; secrets are resolved */
        char *topic;       /* template */
        char *rejects_topic;
        char *ops_topic; /* NULL: no ops events */
        char *key;       /* template */
        enum kafka_auth auth;
        size_t queue_bytes;
        bool cloudevents;     /* kafka.headers = "cloudevents" */
        bool event_timestamp; /* kafka.timestamp = "event" */
    } kafka;

    struct {
        int lanes;
        int cores; /* lanes that process text at the same time */
        size_t line_bytes;
        size_t event_bytes; /* 0: what the producer allows less 1 KiB */
        uint64_t object_bytes;
        uint32_t ratio;
        uint64_t zstd_window_bytes; /* 0: DECODE_ZSTD_WINDOW_BYTES */
        size_t memory;              /* 0: no limit */
        double reject_share;        /* 0: no limit */
        int shutdown_grace_ms;
        int connect_timeout_ms;
        int idle_timeout_ms;
    } limits;

    struct {
        size_t sample_bytes; /* 0: no samples */
    } rejects;
    struct {
        double share; /* of the lanes, while live messages wait */
    } backfill;
    struct {
        int64_t interval_ms; /* 0: the worker does not compare */
        int64_t range_ms, delay_ms;
        size_t memory;
    } reconcile;
    struct {
        int64_t interval_ms;     /* of the checks of external ids; 0: only the first one */
        char *state_dir;         /* folder of the stored proofs; NULL: none are stored */
        bool require_verified;   /* take only customers with a proof that is ... */
        int64_t max_age_ms;      /* ... not older */
        bool required_by_option; /* run --require-verified; not in the file */
    } verify;

    struct {
        enum log_level level;
        enum log_format format;
    } log;

    struct {
        char *listen; /* NULL: no listener */
        char **hosts; /* names in Host; NULL: none given */
        int stalled_after_ms;
        int unready_after_ms;
        int queue_interval_ms;
        char *runbook; /* address of docs/runbook.md; NULL: its name is shown */
    } metrics;

    struct {
        char *socket; /* path; NULL: no control socket */
        bool group;   /* the group may use it, too */
    } control;

    struct queue_conf *queues;
    size_t queue_count;
    struct customer_conf *customers;
    size_t customer_count;

    struct refs refs;
};

/* Take a reference, or release one. Both accept NULL. */
const struct conf *conf_hold(const struct conf *c);
void conf_release(const struct conf *c);

/* As conf_release, for the reference from conf_load. */
void conf_free(struct conf *c);
DEFINE_OWNED(conf);

/* The customer with this id. NULL: there is none. */
const struct customer_conf *conf_customer(const struct conf *c, struct span id);

#endif
