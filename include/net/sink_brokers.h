/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_brokers.h - the brokers that could not be connected to, and whether none answers.
 *
 *     if (sink_brokers_parse(text, &broker) && sink_brokers_down(b, &broker)) ...  a new one
 *     if (b->count != 0 && sink_brokers_up(b, id, &broker)) ...    it acknowledged a record
 *
 *     if (sink_contact_asks(c, pending, now)) ...             query the brokers
 *     if ((since = sink_contact_unanswered(c, now)) != 0) ... none answers, since then
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
    char name[100];    /* "host:port" */
    int64_t failed_ms; /* the last failed connection that librdkafka reported, monotonic */
};

struct sink_brokers {
    struct sink_broker list[SINK_BROKERS];
    unsigned count;
};

/*
 * Copy librdkafka's text of an error, without its guess at the cause ("probably due to broker
 * version < 0.10", of brokers that are connected and do not answer), and cut at a word.
 */
void sink_error_text(const char *text, char *out, size_t cap);

/* Read librdkafka's "host:port/2: Connect to ...". False: it names no broker with an id. */
MUST_USE bool sink_brokers_parse(const char *text, struct sink_broker *out);

/* It cannot be reached, at its failed_ms. True: that is new. */
MUST_USE bool sink_brokers_down(struct sink_brokers *b, const struct sink_broker *broker);

/* It answers. True: it could not be reached before. */
MUST_USE bool sink_brokers_up(struct sink_brokers *b, int32_t id, struct sink_broker *out);

/* ---- All brokers together ---- */

/*
 * Two queries in a row without a response, and another sign: librdkafka reported that all brokers
 * are down, or records are pending and none was reported for SINK_QUIET_MS. One query that fails is
 * nothing: a host may be busy, and the broker that was asked the only one that is down.
 */
enum { SINK_UNANSWERED = 2 };

struct sink_contact {
    int64_t report_ms;   /* when reports came last, or nothing was pending */
    int64_t answered_ms; /* time of the last query with a response */
    int64_t doubt_ms; /* librdkafka reported that all brokers are down; 0: not since a response */
    unsigned unanswered; /* queries in a row without a response */
};

/* Whether the brokers are to be queried. pending: there are records without a report. */
MUST_USE bool sink_contact_asks(struct sink_contact *c, bool pending, int64_t now_ms);

/* librdkafka reports that all brokers are down. */
void sink_contact_doubted(struct sink_contact *c, int64_t now_ms);

/* A broker answered: a query, or with an acknowledgement. */
void sink_contact_answered(struct sink_contact *c, int64_t now_ms);

/* A query failed. Since when no broker answers; 0: that is not known yet. */
MUST_USE int64_t sink_contact_unanswered(struct sink_contact *c, int64_t now_ms);

#endif
