/* SPDX-License-Identifier: Apache-2.0 */
/*
 * breaker.h - a customer whose role, bucket or topic denies access is paused.
 *
 * Closed: work goes on. A mark BREAKER_OPEN opens it at once, BREAKER_COUNT after five in a
 * row on different keys without a success between (one deleted key is a 403 too, for a role
 * whose list right is bound to a prefix). Open: nothing is started until the pause is over,
 * then one attempt, the probe, decides: success closes, failure opens for twice as long
 * (30 s to 15 min, with jitter).
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
    BREAKER_PROBE_MS = 5 * 60 * 1000, /* a probe not heard of for so long is forgotten */
};

/* What an outcome says about the customer: the column `mark` of settle/outcome.h. */
enum breaker_mark {
    BREAKER_NONE,  /* says nothing about the customer */
    BREAKER_COUNT, /* opens after several in a row on different keys */
    BREAKER_OPEN,  /* opens at once */
};

struct breaker {
    uint64_t keys[BREAKER_IN_A_ROW]; /* hashes of the keys that were refused in a row */
    unsigned in_a_row;
    unsigned level; /* pauses in a row, the exponent of the next */
    bool open;
    bool probing;
    int64_t until_ms; /* open: nothing before */
    int64_t probe_ms; /* since when the probe is under way */
};

/* All zero is a closed breaker. */

/* May an attempt begin now? Takes the probe if this is the one. */
MUST_USE bool breaker_allow(struct breaker *b, int64_t now);

/* Would breaker_allow say yes? Takes nothing. */
MUST_USE bool breaker_would_allow(const struct breaker *b, int64_t now);

/* An attempt went well. True: this closed it. */
bool breaker_ok(struct breaker *b, int64_t now);

/* An attempt was refused; key: a hash of what it was about. True: this opened it. */
bool breaker_refused(struct breaker *b, enum breaker_mark mark, uint64_t key, int64_t now,
                     struct rng *rng);

/* An attempt ended and says nothing (cut connection, shutdown): another may probe. */
void breaker_unsure(struct breaker *b);

#endif
