/* SPDX-License-Identifier: Apache-2.0 */
/*
 * produce.h - makes a Kafka record of an output: topic, key, headers, timestamp, delivery
 * (kafka-contract.md §1, §2, §4).
 *
 * Threads: one at a time per struct produce; produce_delivered any.
 */
#ifndef FLOW_PRODUCE_H
#define FLOW_PRODUCE_H

#include "customers/customers.h"
#include "flow/delivery.h"
#include "ops/tap.h"

enum { PRODUCE_KEY_BYTES = 1024 }; /* a longer key is truncated at a character */

struct produce_parts {
    const struct conf *conf;
    struct customers *customers;
    struct sink *sink;
    struct sink_topic *rejects;
    struct tap *tap;     /* NULL: none */
    struct stats *stats; /* of rejects without a customer */
    const struct clock *clock;
    struct pulse *pulse; /* of the thread that produces */
};

struct produce {
    struct produce_parts parts;
    struct buf key;
    struct span object;
    uint64_t events; /* of events produced since produce_count: shared counters are too slow per
                        record */
    uint64_t forgotten;
    uint64_t without_time;
    uint64_t replaced, duplicate, dropped, skipped;
};

void produce_init(struct produce *p, const struct produce_parts *parts);
void produce_done(struct produce *p);

/* Set the object of the next records, "s3://bucket/key"; borrowed. */
void produce_object(struct produce *p, struct span object);

/*
 * Give an output to the sink, as one more pending record of the delivery and of its customer. Only
 * a reject may have no customer. On failure it is not pending.
 *
 * full: NULL: wait for the customer's share and for room in the queue. Else it does not wait: if it
 * would have to, *full is set and nothing is done.
 */
MUST_USE enum err_kind produce_record(struct produce *p, struct delivery *d,
                                      const struct output *record, bool *full, struct err *e);

/* Add the events since the last call to the customer's counters. */
void produce_count(struct produce *p, struct customer *c);

/* Process a delivery report for the customer's share and breaker. Before delivery_reported. */
void produce_delivered(struct customer *c, size_t bytes, const struct err *e);

#endif
