/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows. A new key is a member in conf.h and a row here. Then scripts/pages writes the sample
 * file and the reference page; a test checks them.
 */
#include "conf/table.h"

#include "conf/conf.h"
#include "conf/refuse.h"

#include <string.h>

#define KIB(n) (INT64_C(1024) * (n))
#define MIB(n) (INT64_C(1048576) * (n))
#define GIB(n) (INT64_C(1073741824) * (n))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const auth_words[] = {"properties", "aws-msk-iam", NULL};
static const char *const header_words[] = {"none", "cloudevents", NULL};
static const char *const timestamp_words[] = {"produce", "event", NULL};
static const char *const level_words[] = {"debug", "info", "warn", "error", NULL};
static const char *const format_words[] = {"logfmt", "json", NULL};

static const struct conf_row aws_rows[] = {
    {.name = "region",
     .type = CONF_TEXT,
     MEMBER(conf, aws.region),
     .required = true,
     .fixed = true,
     .env = {"AWS_REGION", "AWS_DEFAULT_REGION"},
     .refuse = refuse_region,
     .example = "\"eu-west-1\"",
     .text = "Region of the worker: for STS, and for queues and buckets without a region of their "
             "own."},
    {.name = "endpoint_sqs",
     .type = CONF_TEXT,
     MEMBER(conf, aws.endpoint_sqs),
     .fixed = true,
     .derived = "AWS's own",
     .env = {"AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"},
     .refuse = refuse_url,
     .example = "\"http://127.0.0.1:5000\"",
     .text = "Endpoint URL of SQS, for emulators and private endpoints."},
    {.name = "endpoint_s3",
     .type = CONF_TEXT,
     MEMBER(conf, aws.endpoint_s3),
     .fixed = true,
     .derived = "AWS's own",
     .env = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"},
     .refuse = refuse_s3_url,
     .example = "\"http://127.0.0.1:5000\"",
     .text = "Endpoint URL of S3, for emulators and private endpoints; {bucket} in the host is "
             "replaced."},
    {.name = "endpoint_sts",
     .type = CONF_TEXT,
     MEMBER(conf, aws.endpoint_sts),
     .fixed = true,
     .derived = "AWS's own",
     .env = {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"},
     .refuse = refuse_url,
     .example = "\"http://127.0.0.1:5000\"",
     .text = "Endpoint URL of STS, for emulators and private endpoints."},
    {.name = "path_style",
     .type = CONF_BOOL,
     MEMBER(conf, aws.path_style),
     .fixed = true,
     .standard = "false",
     .example = "true",
     .text = "Put the bucket's name into the path of S3 requests, not into the host."},
    {.name = "allow_http",
     .type = CONF_BOOL,
     MEMBER(conf, aws.allow_http),
     .fixed = true,
     .standard = "false",
     .example = "true",
     .text = "Allow plain http to hosts other than this one. Events, and credentials from STS, are "
             "then "
             "sent unencrypted."},
    {.name = "use_fips",
     .type = CONF_BOOL,
     MEMBER(conf, aws.use_fips),
     .fixed = true,
     .standard = "false",
     .env = {"AWS_USE_FIPS_ENDPOINT"},
     .example = "true",
     .text = "Use AWS's FIPS endpoints."},
    {.name = "use_dualstack",
     .type = CONF_BOOL,
     MEMBER(conf, aws.use_dualstack),
     .fixed = true,
     .standard = "false",
     .env = {"AWS_USE_DUALSTACK_ENDPOINT"},
     .example = "true",
     .text = "Use AWS's dual-stack endpoints (IPv4 and IPv6)."},
    {.name = "profile",
     .type = CONF_TEXT,
     MEMBER(conf, aws.profile),
     .fixed = true,
     .derived = "AWS_PROFILE, else default",
     .example = "\"ingest\"",
     .text = "Profile in the AWS configuration files with the worker's own credentials."},
    {.name = "ca_bundle",
     .type = CONF_TEXT,
     MEMBER(conf, aws.ca_bundle),
     .fixed = true,
     .derived = "the system's",
     .env = {"AWS_CA_BUNDLE"},
     .example = "\"/etc/ssl/certs/proxy.pem\"",
     .text = "File with the CA certificates that AWS's server certificates are verified against."},
};

static const struct conf_row kafka_rows[] = {
    {.name = "properties",
     .type = CONF_PROPERTIES,
     MEMBER(conf, kafka.properties),
     .required = true,
     .fixed = true,
     .example = "( \"bootstrap.servers=broker1:9092,broker2:9092\" )",
     .text =
         "Properties of librdkafka, each a text \"name=value\". A value env:NAME is taken from the "
         "environment and file:PATH from a file; so is NAME_file=PATH. bootstrap.servers must be "
         "given."},
    {.name = "auth",
     .type = CONF_WORD,
     MEMBER(conf, kafka.auth),
     .standard = "\"properties\"",
     .fixed = true,
     .words = auth_words,
     .example = "\"aws-msk-iam\"",
     .text = "How the worker authenticates to the brokers: as the properties say, or to Amazon MSK "
             "by IAM with its own AWS credentials in aws.region (SASL_SSL and OAUTHBEARER are set "
             "by themselves)."},
    {.name = "topic",
     .type = CONF_TEXT,
     MEMBER(conf, kafka.topic),
     .standard = "\"asymptote-events\"",
     .example = "\"events.{customer}\"",
     .text = "Topic of the events; may hold {customer} and {stream} (runtime or inventory)."},
    {.name = "rejects_topic",
     .type = CONF_TEXT,
     MEMBER(conf, kafka.rejects_topic),
     .standard = "\"asymptote-rejects\"",
     .fixed = true,
     .refuse = refuse_topic,
     .example = "\"asymptote-rejects\"",
     .text = "Topic of the rejects: what could not become an event."},
    {.name = "ops_topic",
     .type = CONF_TEXT,
     MEMBER(conf, kafka.ops_topic),
     .fixed = true,
     .derived = "no ops events",
     .refuse = refuse_topic,
     .example = "\"asymptote-ops\"",
     .text = "Topic of the ops events: a CloudEvent for each object that is done or left, and for "
             "each pause of a customer (ops-events.md)."},
    {.name = "key",
     .type = CONF_TEXT,
     MEMBER(conf, kafka.key),
     .standard = "\"{customer}\"",
     .fixed = true,
     .example = "\"{customer}/{session.id}\"",
     .text = "Key of an event; may hold {customer}, {stream}, {event.category}, {harness.name}, "
             "{session.id}, {user.name}, {endpoint.hostname}. Begins with {customer} unless the "
             "topic holds it."},
    {.name = "queue_bytes",
     .type = CONF_SIZE,
     MEMBER(conf, kafka.queue_bytes),
     .standard = "\"64MiB\"",
     .fixed = true,
     .least = MIB(1),
     .most = GIB(2) - KIB(1),
     .example = "\"256MiB\"",
     .text =
         "Maximum bytes of records that wait for the brokers' acknowledgement. Lanes wait while "
         "it is reached."},
    {.name = "headers",
     .type = CONF_WORD,
     MEMBER(conf, kafka.cloudevents),
     .standard = "\"none\"",
     .fixed = true,
     .words = header_words,
     .example = "\"cloudevents\"",
     .text = "Headers of the records: none, or those of CloudEvents 1.0 (binary mode)."},
    {.name = "timestamp",
     .type = CONF_WORD,
     MEMBER(conf, kafka.event_timestamp),
     .standard = "\"produce\"",
     .fixed = true,
     .words = timestamp_words,
     .example = "\"event\"",
     .text = "Timestamp of the records: the time of producing, or the event's own."},
};

static const struct conf_row limits_rows[] = {
    {.name = "lanes",
     .type = CONF_COUNT,
     MEMBER(conf, limits.lanes),
     .fixed = true,
     .derived = "8 for each CPU",
     .least = 1,
     .most = 1024,
     .example = "16",
     .text =
         "Objects that are read at the same time; one thread each. A lane takes little memory. "
         "CPU time is shared equally by as many customers as there are lanes. A customer that is "
         "alone has half of them, since as many stay free for others."},
    {.name = "cores",
     .type = CONF_COUNT,
     MEMBER(conf, limits.cores),
     .fixed = true,
     .derived = "the CPUs of this process",
     .least = 1,
     .most = 1024,
     .example = "2",
     .text =
         "Lanes that process text at the same time. They are given to customers in fair turns."},
    {.name = "line_bytes",
     .type = CONF_SIZE,
     MEMBER(conf, limits.line_bytes),
     .standard = "\"1MiB\"",
     .fixed = true,
     .least = KIB(4),
     .most = MIB(64),
     .example = "\"4MiB\"",
     .text = "Longest line or JSON value that is read; longer ones are rejected (line_too_long)."},
    {.name = "event_bytes",
     .type = CONF_SIZE,
     MEMBER(conf, limits.event_bytes),
     .fixed = true,
     .derived = "what the producer takes, less 1 KiB",
     .least = KIB(1),
     .most = MIB(64),
     .example = "\"900KiB\"",
     .text = "Largest event; larger ones lose raw.record or are rejected (event_too_large)."},
    {.name = "object_bytes",
     .type = CONF_SIZE,
     MEMBER(conf, limits.object_bytes),
     .standard = "\"50GiB\"",
     .least = MIB(1),
     .most = INT64_MAX,
     .example = "\"200GiB\"",
     .text = "Maximum decompressed bytes of an object; more is a decompression bomb."},
    {.name = "ratio",
     .type = CONF_COUNT,
     MEMBER(conf, limits.ratio),
     .standard = "1000",
     .least = 2,
     .most = 1000000,
     .example = "2000",
     .text = "Maximum decompressed bytes for each byte of the object, checked from 64 MiB on; more "
             "is a decompression bomb."},
    {.name = "zstd_window",
     .type = CONF_SIZE,
     MEMBER(conf, limits.zstd_window_bytes),
     .standard = "\"8MiB\"",
     .fixed = true,
     .least = KIB(64),
     .most = GIB(2),
     .example = "\"128MiB\"",
     .text = "Maximum window of a zstd frame; each large object may need this much memory "
             "(`memory`). An object with a larger window is left. zstd(1) uses up to 8 MiB, and "
             "more with --ultra or --long."},
    {.name = "memory",
     .type = CONF_SIZE,
     MEMBER(conf, limits.memory),
     .fixed = true,
     .derived = "not checked",
     .least = MIB(32),
     .most = GIB(1024),
     .example = "\"1GiB\"",
     .text =
         "Memory the worker may take. A configuration that could need more is refused at start. "
         "The line `memory plan` has the parts of the sum: each lane, each core, the large "
         "objects (lines above 64 KiB, zstd, lz4) that are read at the same time, of which there "
         "are 4 and one more for 16 lanes, long lines once, notifications, Kafka's queue."},
    {.name = "reject_share",
     .type = CONF_SHARE,
     MEMBER(conf, limits.reject_share),
     .standard = "0.9",
     .example = "0.5",
     .text =
         "An object with a larger share of rejects, counted from its first event on and checked "
         "from 1,000 records on, is left for the dead-letter queue: it is not the agreed "
         "format. 0: never."},
    {.name = "shutdown_grace",
     .type = CONF_TIME,
     MEMBER(conf, limits.shutdown_grace_ms),
     .standard = "\"25s\"",
     .least = 1000,
     .most = 3600000,
     .unit_ms = 1,
     .example = "\"60s\"",
     .text =
         "After SIGTERM: time to finish objects in progress; the rest is returned to the queue."},
    {.name = "connect_timeout",
     .type = CONF_TIME,
     MEMBER(conf, limits.connect_timeout_ms),
     .standard = "\"5s\"",
     .fixed = true,
     .least = 100,
     .most = 300000,
     .unit_ms = 1,
     .example = "\"10s\"",
     .text = "Longest wait for a connection to AWS."},
    {.name = "idle_timeout",
     .type = CONF_TIME,
     MEMBER(conf, limits.idle_timeout_ms),
     .standard = "\"30s\"",
     .fixed = true,
     .least = 1000,
     .most = 3600000,
     .unit_ms = 1,
     .example = "\"60s\"",
     .text = "Maximum time without a byte of an object; then the transfer is retried."},
};

static const struct conf_row rejects_rows[] = {
    {.name = "sample_bytes",
     .type = CONF_SIZE,
     MEMBER(conf, rejects.sample_bytes),
     .standard = "\"4096B\"",
     .fixed = true,
     .least = 0,
     .most = MIB(1),
     .example = "\"0B\"",
     .text = "Maximum bytes of a rejected line that its reject contains; 0B: none."},
};

static const struct conf_row log_rows[] = {
    {.name = "level",
     .type = CONF_WORD,
     MEMBER(conf, log.level),
     .standard = "\"info\"",
     .words = level_words,
     .example = "\"debug\"",
     .text = "Minimum severity of the lines that are logged."},
    {.name = "format",
     .type = CONF_WORD,
     MEMBER(conf, log.format),
     .standard = "\"logfmt\"",
     .words = format_words,
     .example = "\"json\"",
     .text = "Form of the lines on standard error."},
};

static const struct conf_row queue_rows[] = {
    {.name = "name",
     .type = CONF_TEXT,
     MEMBER(queue_conf, name),
     .required = true,
     .refuse = refuse_name,
     .example = "\"main\"",
     .text = "How customers and the log refer to it."},
    {.name = "url",
     .type = CONF_TEXT,
     MEMBER(queue_conf, url),
     .required = true,
     .fixed = true, /* another URL is another queue, with another name */
     .refuse = refuse_queue_url,
     .example = "\"https://sqs.eu-west-1.amazonaws.com/111122223333/asymptote-ingest\"",
     .text = "The queue's URL."},
    {.name = "region",
     .type = CONF_TEXT,
     MEMBER(queue_conf, region),
     .fixed = true,
     .derived = "that of the URL",
     .refuse = refuse_region,
     .example = "\"eu-west-1\"",
     .text =
         "The queue's region. Needed if the host of the URL does not tell it; for loopback, and "
         "with aws.endpoint_sqs, it is aws.region then."},
    {.name = "visibility",
     .type = CONF_TIME,
     MEMBER(queue_conf, visibility_s),
     .standard = "\"120s\"",
     .least = 10,
     .most = 43200,
     .unit_ms = 1000,
     .example = "\"300s\"",
     .text = "How long a received message is hidden from others; sent with every receive."},
    {.name = "heartbeat",
     .type = CONF_TIME,
     MEMBER(queue_conf, heartbeat_s),
     .derived = "a third of visibility",
     .least = 1,
     .most = 21600,
     .unit_ms = 1000,
     .example = "\"40s\"",
     .text = "How often the visibility timeout is extended while a message is in progress."},
    {.name = "wait",
     .type = CONF_TIME,
     MEMBER(queue_conf, wait_s),
     .standard = "\"20s\"",
     .least = 0,
     .most = 20,
     .unit_ms = 1000,
     .example = "\"5s\"",
     .text = "Longest time a receive waits for a message."},
};

static const struct conf_row verify_rows[] = {
    {.name = "interval",
     .type = CONF_TIME,
     MEMBER(conf, verify.interval_ms),
     .standard = "\"24h\"",
     .least = 60 * 1000,
     .most = 30LL * 24 * 3600 * 1000,
     .unit_ms = 1,
     .example = "\"6h\"",
     .text =
         "How often it is checked that a customer's role cannot be assumed without its external "
         "id, or with a wrong one. A role that can be pauses its customer. Idle customers are "
         "checked, too. The first check comes at the customer's first object, or at a random time "
         "within the interval, so that those of many customers are spread."},
    {.name = "state_dir",
     .type = CONF_TEXT,
     MEMBER(conf, verify.state_dir),
     .derived = "none",
     .example = "\"/var/lib/asymptote-ingest/verified\"",
     .text = "Folder in which `verify` stores, in a file for each customer, when all that must be "
             "denied was denied. The worker reads it, and writes there if a role accepts a wrong "
             "external id."},
    {.name = "require_verified",
     .type = CONF_BOOL,
     MEMBER(conf, verify.require_verified),
     .standard = "false",
     .example = "true",
     .text =
         "Take only customers for which `verify` has proved within max_age what must be denied. "
         "The messages of others stay in their queues. Needs state_dir."},
    {.name = "max_age",
     .type = CONF_TIME,
     MEMBER(conf, verify.max_age_ms),
     .standard = "\"720h\"",
     .least = 3600 * 1000,
     .most = 366LL * 24 * 3600 * 1000,
     .unit_ms = 1,
     .example = "\"168h\"",
     .text = "How long a proof counts for require_verified."},
};

static const struct conf_row backfill_rows[] = {
    {.name = "share",
     .type = CONF_SHARE,
     .fixed = true,
     MEMBER(conf, backfill.share),
     .standard = "0.25",
     .example = "0.1",
     .text = "Largest share of the lanes that read objects of a backfill while live notifications "
             "wait for a lane; at least one lane."},
};

/* A section whose rows are in this file. */
#define SECTION(name, list, rows, text)                                                            \
    &(const struct conf_section)                                                                   \
    {                                                                                              \
        name, list, rows, COUNT_OF(rows), text                                                     \
    }

const struct conf_section *const conf_sections[CONF_SECTIONS] = {
    [SECTION_AWS] = SECTION("aws", false, aws_rows, "How to reach AWS."),
    [SECTION_KAFKA] = SECTION("kafka", false, kafka_rows, "Where records go."),
    [SECTION_LIMITS] =
        SECTION("limits", false, limits_rows, "What the worker may take and how long it waits."),
    [SECTION_REJECTS] = SECTION("rejects", false, rejects_rows,
                                "What is kept of lines that could not become an event."),
    [SECTION_LOG] = SECTION("log", false, log_rows, "What is logged, and how."),
    [SECTION_METRICS] = &conf_metrics_section,
    [SECTION_CONTROL] = &conf_control_section,
    [SECTION_VERIFY] = SECTION("verify", false, verify_rows,
                               "What the worker proves about customers' roles, again and again."),
    [SECTION_RECONCILE] = &conf_reconcile_section,
    [SECTION_BACKFILL] = SECTION("backfill", false, backfill_rows,
                                 "Objects that the command backfill sent to a queue."),
    [SECTION_QUEUES] =
        SECTION("queues", true, queue_rows, "The queues that notifications come from."),
    [SECTION_CUSTOMERS] = &conf_customers_section,
};

const struct conf_row *conf_row_find(const struct conf_section *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->rows[i].name, name) == 0) {
            return &s->rows[i];
        }
    }
    return NULL;
}

const struct span placeholder_names[PLACEHOLDERS] = {
    [PLACE_CUSTOMER] = SPAN_INIT("customer"),          [PLACE_STREAM] = SPAN_INIT("stream"),
    [PLACE_CATEGORY] = SPAN_INIT("event.category"),    [PLACE_HARNESS] = SPAN_INIT("harness.name"),
    [PLACE_SESSION] = SPAN_INIT("session.id"),         [PLACE_USER] = SPAN_INIT("user.name"),
    [PLACE_HOSTNAME] = SPAN_INIT("endpoint.hostname"),
};

const struct span stream_names[STREAMS] = {
    [STREAM_RUNTIME] = SPAN_INIT("runtime"),
    [STREAM_INVENTORY] = SPAN_INIT("inventory"),
};
