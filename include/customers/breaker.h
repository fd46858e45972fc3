/* SPDX-License-Identifier: Apache-2.0 */
/*
 * breaker.h - the circuit breaker of a customer: it pauses a customer whose role, bucket or topic
 * denies access.
 *
 * Closed: attempts are allowed. A mark BREAKER_OPEN opens it immediately. BREAKER_COUNT opens it
 * after five consecutive ones on different keys without a success between them; a single one may be
 * a deleted key, which is also a 403 for a role that may list only a prefix. Open: no attempt is
 * allowed until the pause is over. Then one attempt, the probe, decides: success closes the
 * breaker, failure doubles the pause (30 s to 15 min, with jitter).
 *
 * Pure: time and randomness are arguments. Threads: one at a time.
 */
#ifndef CUSTOMERS_BREAKER_H
#define CUSTOMERS_BREAKER_H

#include "base/rng.h"

enum {
    BREAKER_IN_A_ROW = 5,
    BREAKER_FIRST_MS = 30 * 1000,
    BREAKER_MAX_MS = 15 * 60 * 1000,
    BREAKER_PROBE_MS = 5 * 60 * 1000, /* a probe without a result is abandoned after this */
};

/* The effect of an outcome on the breaker: the column `mark` of settle/outcome.h. */
enum breaker_mark {
    BREAKER_NONE,  /* none */
    BREAKER_COUNT, /* opens after several consecutive ones on different keys */
    BREAKER_OPEN,  /* opens immediately */
};

struct breaker {
    uint64_t keys[BREAKER_IN_A_ROW]; /* hashes of the keys of consecutive refusals */
    unsigned in_a_row;
    unsigned level; /* number of consecutive pauses, the exponent of the next */
    bool open;
    bool probing;
    int64_t until_ms; /* if open: end of the pause, monotonic ms */
    int64_t probe_ms; /* when the probe started */
};

/* A zeroed breaker is closed. */

/* Whether an attempt may start now. If it is open, a caller that gets true makes the probe. */
MUST_USE bool breaker_allow(struct breaker *b, int64_t now);

/* As breaker_allow, without starting a probe. */
MUST_USE bool breaker_would_allow(const struct breaker *b, int64_t now);

/* An attempt succeeded. True: this closed the breaker. */
bool breaker_ok(struct breaker *b, int64_t now);

/* An attempt was refused. key: a hash of the object's key. True: this opened the breaker. */
bool breaker_refused(struct breaker *b, enum breaker_mark mark, uint64_t key, int64_t now,
                     struct rng *rng);

/*
 * An attempt ended without a result for the breaker (broken connection, shutdown): another probe
 * may start.
 */
void breaker_unsure(struct breaker *b);

#endif
