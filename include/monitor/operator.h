/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator.h - what an operator changes in a running worker over the control socket
 * (docs/status.md): pages that only POST, which the monitor serves there and nowhere else.
 *
 *     POST /control?command=pause&customer=acme
 *
 * Each command has a log line with the user at the other end of the socket.
 *
 * Threads: the thread of the control socket.
 */
#ifndef MONITOR_OPERATOR_H
#define MONITOR_OPERATOR_H

#include "monitor/snapshot.h"
#include "net/listener.h"

enum operator_command {
    OPERATOR_PAUSE,
    OPERATOR_RESUME,
    OPERATOR_LOG_LEVEL,
    OPERATOR_DEBUG,
    OPERATOR_RELOAD,
    OPERATOR_DRAIN,
    OPERATOR_COMMANDS
};

struct operator_request {
    enum operator_command command;
    struct span customer; /* "": none */
    enum log_level level;
    bool off; /* debug, drain: undo it */
};

/* "pause", "resume", "log-level", "debug", "reload", "drain". */
const char *operator_name(enum operator_command c);

/* Whether the command is about a customer. */
MUST_USE bool operator_has_customer(enum operator_command c);

/* Read the parameters of a request. NULL: they are valid; else what is wrong, for people. */
const char *operator_read(struct span command, struct span customer, struct span level,
                          struct span off, struct operator_request *out);

/* Do it, log it, and write the answer for people. Returns the HTTP status. */
int operator_do(const struct snapshot_parts *parts, const struct operator_request *c, long uid,
                struct buf *out);

/* Start a tap, log it, and answer with its id. Returns the HTTP status. */
int operator_tap(const struct snapshot_parts *parts, const struct tap_wish *w, long uid,
                 struct buf *out);

#endif
