/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_brokers.h - the brokers that could not be connected to, and whether none answers.
 *
 *     if (sink_brokers_parse(text, &broker) && sink_brokers_down(b, &broker)) ...  a new one
 *     if (b->count != 0 && sink_brokers_up(b, id, &broker)) ...    it acknowledged a record
 *
 * Pure. Threads: one at a time.
 */
#ifndef NET_SINK_BROKERS_H
#define NET_SINK_BROKERS_H

#include "base/err.h"

enum {
    SINK_BROKERS = 16, /* kept at a time; others are reported as failed requests only */
    SINK_QUIET_MS = 10 * 1000,
};

struct sink_broker {
    int32_t id;
    char name[100]; /* "host:port" */
};

struct sink_brokers {
    struct sink_broker list[SINK_BROKERS];
    unsigned count;
};

/*
 * Since when no broker has answered: the later of the last delivery report and the last query with
 * a response. 0: not for SINK_QUIET_MS, so it is no outage yet.
 */
MUST_USE int64_t sink_brokers_silent_since(int64_t report_ms, int64_t answered_ms, int64_t now_ms);

/* Read librdkafka's "host:port/2: Connect to ...". False: it names no broker with an id. */
MUST_USE bool sink_brokers_parse(const char *text, struct sink_broker *out);

/* It cannot be reached. True: that is new. */
MUST_USE bool sink_brokers_down(struct sink_brokers *b, const struct sink_broker *broker);

/* It answers. True: it could not be reached before. */
MUST_USE bool sink_brokers_up(struct sink_brokers *b, int32_t id, struct sink_broker *out);

#endif
