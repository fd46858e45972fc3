/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_conf.h - librdkafka's configuration for the sink: required properties, defaults, and the
 * properties of the user.
 *
 * A user's property that contradicts a required one (acks=all, ...) is refused with the reason. It
 * replaces a default (lz4, linger, ...).
 */
#ifndef NET_SINK_CONF_H
#define NET_SINK_CONF_H

#include "base/err.h"

#include <librdkafka/rdkafka.h>

struct sink_properties {
    const char *const *list; /* "name=value", librdkafka's names, NULL-terminated; NULL: none */
    const char *client_id;   /* NULL: librdkafka's default */
    bool token;              /* the worker provides SASL/OAUTHBEARER tokens */
};

/*
 * The caller owns the result: rd_kafka_conf_destroy. NULL: FAIL_CONFIG; *e never contains a value.
 */
MUST_USE rd_kafka_conf_t *sink_conf_new(const struct sink_properties *p, struct err *e);

/*
 * Check that librdkafka creates a producer with the properties: valid ones may contradict each
 * other, and files may be missing. Does not contact a broker. With SASL by tokens or Kerberos
 * nothing is checked, since creating a producer sends requests there.
 */
MUST_USE enum err_kind sink_conf_check(const struct sink_properties *p, struct err *e);

/* The value of a property that is a size. 0: it cannot be read. */
size_t sink_conf_size(const rd_kafka_conf_t *conf, const char *name);

/* Whether SASL uses SCRAM, which librdkafka before 2.6.1 cannot use with Kafka 4. */
bool sink_conf_is_scram(const rd_kafka_conf_t *conf);

#endif
