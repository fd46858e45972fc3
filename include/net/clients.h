/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clients.h - which connections of a server have to end, so that none of them keeps others out.
 *
 *     clients_add(&c, fd, &address, now_ms);          // accepted
 *     clients_asked(&c, fd, now_ms);                  // its request was read
 *     clients_answered(&c, fd, now_ms);               // ... and the answer is sent
 *     while ((fd = clients_next_late(&c, now_ms)) >= 0) ... end it ...    // every second
 *     clients_remove(&c, fd);                         // closed
 *
 * A client has CLIENTS_HEAD_MS from its connection, or its last answer, to the end of the head of
 * its request, and CLIENTS_ANSWER_MS to take the answer, however steadily it sends or takes single
 * bytes. Beyond CLIENTS_PER_ADDRESS connections of an address, or CLIENTS_ROOM of all, the oldest
 * ones end: first those that wait for a request.
 *
 * Pure. Threads: one at a time.
 */
#ifndef NET_CLIENTS_H
#define NET_CLIENTS_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    CLIENTS_MAX = 32,
    CLIENTS_ROOM = 24, /* the others are free for new ones, until an ended one is closed */
    CLIENTS_PER_ADDRESS = 8,
    CLIENTS_HEAD_MS = 10 * 1000,
    CLIENTS_ANSWER_MS = 30 * 1000,
};

struct client {
    int fd; /* -1: free */
    int64_t since_ms;
    uint64_t order; /* of the connections */
    unsigned char address[16];
    bool answering;
    bool ended; /* returned by clients_next_late */
};

struct clients {
    struct client list[CLIENTS_MAX];
    uint64_t order;
};

void clients_init(struct clients *c);

/* More than CLIENTS_MAX are not accepted by the server; they are ignored here. */
void clients_add(struct clients *c, int fd, const struct sockaddr *address, int64_t now_ms);
void clients_remove(struct clients *c, int fd);

void clients_asked(struct clients *c, int fd, int64_t now_ms);
void clients_answered(struct clients *c, int fd, int64_t now_ms);

/* The next connection that has to end now, once. -1: none. */
MUST_USE int clients_next_late(struct clients *c, int64_t now_ms);

#endif
