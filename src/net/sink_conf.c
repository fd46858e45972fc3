/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any property of librdkafka may be set, except those on which delivery without loss depends.
 */
#include "net/sink_conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_CAP = 128, VALUE_CAP = 64 };

/* A property with a required value. `also`: another spelling that a user may write. */
static const struct forced {
    const char *name;
    const char *value; /* NULL: must not be set */
    const char *also;
    const char *why;
} forced[] = {
    {"acks", "all", "-1", "a record is done when all in-sync replicas have it"},
    {"request.required.acks", "all", "-1", "a record is done when all in-sync replicas have it"},
    {"enable.idempotence", "true", "true", "retries of the producer must not double or reorder"},
    {"message.timeout.ms", "0", "0", "records wait for the brokers as long as it takes"},
    {"delivery.timeout.ms", "0", "0", "records wait for the brokers as long as it takes"},
    {"delivery.report.only.error", "false", "false", "notifications are settled by the reports"},
    {"queuing.strategy", "fifo", "fifo", "records of one object keep their order"},
    {"queue.buffering.max.messages", NULL, "", "set kafka.queue_bytes instead"},
    {"queue.buffering.max.kbytes", NULL, "", "set kafka.queue_bytes instead"},
    {"transactional.id", NULL, "", "the worker does not use transactions"},
};

/* Set first, so that the user's properties replace them. */
static const char *const preferred[][2] = {
    {"compression.type", "lz4"},
    /*
     * For full batches: a batch that does not fill within this time is sent as it is. librdkafka's
     * thread uses a whole core while batches wait for requests in flight. batch.size keeps its
     * default of a million bytes, slightly below Kafka's default of max.message.bytes.
     */
    {"linger.ms", "100"},
    /* Full throughput soon after the brokers are reachable again. */
    {"reconnect.backoff.max.ms", "2000"},
    /* The events report what librdkafka would write to standard error. */
    {"log_level", "0"},
    /* For `diagnose`. */
    {"statistics.interval.ms", "60000"},
};

/*
 * For the worker's own tokens; also set first. check_token verifies that the user has not changed
 * them.
 */
static const char *const for_token[][2] = {
    {"security.protocol", "sasl_ssl"},
    {"sasl.mechanism", "OAUTHBEARER"},
};

/*
 * Set last. librdkafka's own queue limits are set to their maximum, since the budget limits the
 * bytes.
 */
static const char *const fixed[][2] = {
    {"acks", "all"},
    {"enable.idempotence", "true"},
    {"message.timeout.ms", "0"},
    {"queue.buffering.max.messages", "2147483647"},
    {"queue.buffering.max.kbytes", "2147483647"},
};

static const struct forced *forced_find(const char *name)
{
    for (size_t i = 0; i < sizeof(forced) / sizeof(forced[0]); i++) {
        if (strcmp(forced[i].name, name) == 0) {
            return &forced[i];
        }
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim_blanks(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

/* librdkafka's error texts are not used, since they contain the value, which may be a secret. */
static enum err_kind set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                                  struct err *e)
{
    char text[8];
    switch (rd_kafka_conf_set(conf, name, value, text, sizeof(text))) {
    case RD_KAFKA_CONF_OK:
        return FAIL_NONE;
    case RD_KAFKA_CONF_UNKNOWN:
        return err_set(e, FAIL_CONFIG, "kafka property %s: unknown to librdkafka %s", name,
                       rd_kafka_version_str());
    case RD_KAFKA_CONF_INVALID:
    default:
        return err_set(e, FAIL_CONFIG,
                       "kafka property %s: librdkafka %s refuses this value, or was built without",
                       name, rd_kafka_version_str());
    }
}

static enum err_kind check_forced(const char *name, const char *value, struct err *e)
{
    const struct forced *f = forced_find(name);
    if (f == NULL) {
        return FAIL_NONE;
    }
    if (f->value == NULL) {
        return err_set(e, FAIL_CONFIG, "kafka property %s: %s", name, f->why);
    }
    if (strcmp(value, f->value) == 0 || strcmp(value, f->also) == 0) {
        return FAIL_NONE;
    }
    return err_set(e, FAIL_CONFIG, "kafka property %s: must be %s: %s", name, f->value, f->why);
}

static enum err_kind set_user(rd_kafka_conf_t *conf, const char *property, struct err *e)
{
    const char *eq = strchr(property, '=');
    struct span name =
        eq != NULL ? trim_blanks(span_of(property, (size_t)(eq - property))) : SPAN("");
    if (eq == NULL || name.n == 0 || name.n >= NAME_CAP) {
        return err_set(e, FAIL_CONFIG, "kafka properties: each must be \"name=value\"");
    }

    char key[NAME_CAP];
    memcpy(key, name.p, name.n);
    key[name.n] = '\0';
    const char *value = eq + 1;
    while (is_blank(*value)) {
        value++;
    }
    enum err_kind kind = check_forced(key, value, e);
    return kind != FAIL_NONE ? kind : set_property(conf, key, value, e);
}

static enum err_kind set_all(rd_kafka_conf_t *conf, const char *const (*list)[2], size_t count,
                             struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (set_property(conf, list[i][0], list[i][1], e) != FAIL_NONE) {
            return FAIL_CONFIG;
        }
    }
    return FAIL_NONE;
}

static enum err_kind fill_conf(rd_kafka_conf_t *conf, const struct sink_properties *p,
                               struct err *e)
{
    if (p->client_id != NULL && set_property(conf, "client.id", p->client_id, e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    if (set_all(conf, preferred, sizeof(preferred) / sizeof(preferred[0]), e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    if (p->token &&
        set_all(conf, for_token, sizeof(for_token) / sizeof(for_token[0]), e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    for (size_t i = 0; p->list != NULL && p->list[i] != NULL; i++) {
        if (set_user(conf, p->list[i], e) != FAIL_NONE) {
            return FAIL_CONFIG;
        }
    }
    return set_all(conf, fixed, sizeof(fixed) / sizeof(fixed[0]), e);
}

static bool get_property(const rd_kafka_conf_t *conf, const char *name, char *value, size_t cap)
{
    size_t n = cap;
    return rd_kafka_conf_get(conf, name, value, &n) == RD_KAFKA_CONF_OK && n <= cap;
}

static bool begins_with(const rd_kafka_conf_t *conf, const char *name, const char *word)
{
    char value[VALUE_CAP];
    return get_property(conf, name, value, sizeof(value)) &&
           strncasecmp(value, word, strlen(word)) == 0;
}

static enum err_kind check_token(const rd_kafka_conf_t *conf, struct err *e)
{
    if (!begins_with(conf, "security.protocol", "sasl")) {
        return err_set(e, FAIL_CONFIG, "kafka property security.protocol: tokens need sasl_ssl");
    }
    if (!begins_with(conf, "sasl.mechanism", "OAUTHBEARER")) {
        return err_set(e, FAIL_CONFIG, "kafka property sasl.mechanism: tokens need OAUTHBEARER");
    }
    return FAIL_NONE;
}

rd_kafka_conf_t *sink_conf_new(const struct sink_properties *p, struct err *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (fill_conf(conf, p, e) != FAIL_NONE || (p->token && check_token(conf, e) != FAIL_NONE)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    return conf;
}

static bool asks_others(const rd_kafka_conf_t *conf)
{
    return begins_with(conf, "security.protocol", "sasl") &&
           (begins_with(conf, "sasl.mechanism", "OAUTHBEARER") ||
            begins_with(conf, "sasl.mechanism", "GSSAPI"));
}

enum err_kind sink_conf_check(const struct sink_properties *p, struct err *e)
{
    char text[256];
    rd_kafka_conf_t *conf = sink_conf_new(p, e);
    if (conf == NULL) {
        return e->kind;
    }
    struct err
        unknown; /* before librdkafka 2.5; later versions wait for the last push at the end */
    (void)set_property(conf, "enable.metrics.push", "false", &unknown);
    enum err_kind kind = set_property(conf, "bootstrap.servers", "", e); /* contacts no broker */
    if (kind != FAIL_NONE || asks_others(conf)) {
        rd_kafka_conf_destroy(conf);
        return kind;
    }
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(e, FAIL_CONFIG, "%s", text);
    }
    rd_kafka_destroy(handle);
    return FAIL_NONE;
}

size_t sink_conf_size(const rd_kafka_conf_t *conf, const char *name)
{
    char value[VALUE_CAP];
    return get_property(conf, name, value, sizeof(value)) ? strtoul(value, NULL, 10) : 0;
}

bool sink_conf_is_scram(const rd_kafka_conf_t *conf)
{
    return begins_with(conf, "sasl.mechanism", "SCRAM");
}
