/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the configuration: a file (libconfig), customers.d/, the environment; checked
 * against one table (conf_table.c) and then constant.
 *
 * Only the table knows names, units, defaults and ranges. From it come parsing, errors with
 * file and line, `check-config --print`, the sample file's test and the reference page.
 *
 * Ownership: a struct conf owns every string in it. Threads: read-only after conf_load.
 */
#ifndef FLOW_CONF_H
#define FLOW_CONF_H

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"

struct rules; /* event/rules.h: a customer's own mapping, words, redaction */

struct queue_conf {
    char *name; /* how customers refer to it; unique */
    char *url;
    char *region; /* default: aws.region */
    int visibility_s;
    int wait_s;
};

enum absent_policy { ABSENT_LEAVE, ABSENT_ACCEPT }; /* gone and archived objects */

struct customer_conf {
    char *id; /* [a-z0-9][a-z0-9-]{0,39} */
    const struct queue_conf *queue;
    char *bucket;
    char *prefix; /* without leading and trailing slash, never empty */
    char *region;
    char *account_id; /* 12 digits */
    char *role_arn;
    char *external_id;
    char *kms_key_arn; /* NULL if not SSE-KMS; for texts only */
    bool accept_role_without_external_id;
    bool request_payer;
    bool versioned; /* the role may s3:GetObjectVersion */
    char *via;      /* "s3", "sns" or "eventbridge" */
    char *topic;    /* NULL: kafka.topic */
    int max_lanes;  /* most lanes at work for this customer, 0 = no limit of its own */
    enum absent_policy gone, archived;
    struct rules *rules; /* NULL: built-in rules only */
};

struct conf {
    struct {
        char *region;
        char *endpoint_sqs, *endpoint_s3, *endpoint_sts; /* NULL: AWS's */
        bool path_style;
        bool allow_http;
        char *profile; /* NULL: AWS_PROFILE, else "default" */
    } aws;

    struct {
        char **properties; /* NULL-terminated "name=value"; secrets already resolved */
        char *topic;       /* template, output.md §2 */
        char *rejects_topic;
        char *key; /* template */
        size_t queue_bytes;
        bool cloudevents;     /* kafka.headers = "cloudevents" */
        bool event_timestamp; /* kafka.timestamp = "event" */
    } kafka;

    struct {
        int lanes;
        size_t line_bytes;
        size_t event_bytes; /* 0: what the producer takes less 1 KiB */
        uint64_t object_bytes;
        uint32_t ratio;
        size_t memory;       /* 0: not checked */
        double reject_share; /* 0: off */
        size_t sample_bytes;
        int shutdown_grace_ms;
        int idle_timeout_ms;
    } limits;

    struct {
        enum log_level level;
        enum log_format format;
    } log;

    struct queue_conf *queues;
    size_t queue_count;
    struct customer_conf *customers;
    size_t customer_count;
};

/* One complaint of the checker. */
struct conf_problem {
    char *file;
    int line; /* 0 if it belongs to no line */
    bool warning;
    char *text;
};

/* Everything that was found: errors and warnings, in order. Free with conf_problems_done. */
struct conf_problems {
    struct conf_problem *list;
    size_t count;
    size_t errors;
};
void conf_problems_done(struct conf_problems *p);

/*
 * Read and check a file, what it includes, and customers.d/ beside it. NULL if there was any
 * error; *problems holds them all (not only the first), with file and line.
 */
MUST_USE struct conf *conf_load(const char *path, struct conf_problems *problems);
void conf_free(struct conf *c);
DEFINE_OWNED(conf);

#endif
