/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_conf.h - librdkafka's configuration for the sink: what must be, what we prefer, and the
 * user's properties between them.
 *
 * Must be (acks=all, ...): a property that says otherwise is refused with the reason.
 * Preferred (lz4, linger, ...): a property replaces it.
 */
#ifndef NET_SINK_CONF_H
#define NET_SINK_CONF_H

#include "base/err.h"

#include <librdkafka/rdkafka.h>

struct sink_properties {
    const char *const *list; /* "name=value", librdkafka's names, NULL-terminated; NULL: none */
    const char *client_id;   /* NULL: librdkafka's own */
    bool token;              /* the worker gives SASL/OAUTHBEARER tokens */
};

/* Owned by the caller: rd_kafka_conf_destroy. NULL: FAIL_CONFIG in *e, without any value. */
MUST_USE rd_kafka_conf_t *sink_conf_new(const struct sink_properties *p, struct err *e);

/*
 * Whether librdkafka makes a producer of it: properties that are right each can contradict the
 * others, and files they name can be missing. No broker is contacted; with SASL by tokens or
 * Kerberos, where making one asks others, nothing is tried.
 */
MUST_USE enum err_kind sink_conf_check(const struct sink_properties *p, struct err *e);

/* The value of a size property, 0 if it cannot be read. */
size_t sink_conf_size(const rd_kafka_conf_t *conf, const char *name);

/* True if SASL with SCRAM is asked for: librdkafka before 2.6.1 cannot do that with Kafka 4. */
bool sink_conf_is_scram(const rd_kafka_conf_t *conf);

#endif
