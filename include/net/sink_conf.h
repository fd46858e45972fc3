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

#include "net/sink.h"

#include <librdkafka/rdkafka.h>

/* Owned by the caller: rd_kafka_conf_destroy. NULL: FAIL_CONFIG in *e, without any value. */
MUST_USE rd_kafka_conf_t *sink_conf_new(const struct sink_config *c, struct err *e);

/* The value of a size property, 0 if it cannot be read. */
size_t sink_conf_size(const rd_kafka_conf_t *conf, const char *name);

/* True if SASL with SCRAM is asked for: librdkafka before 2.6.1 cannot do that with Kafka 4. */
bool sink_conf_is_scram(const rd_kafka_conf_t *conf);

#endif
