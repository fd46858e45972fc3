/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.h - shows records that pass to an operator (docs/status.md): copies of them, redacted, some
 * of them.
 *
 *     uint64_t id = tap_start(t, &(struct tap_wish){.customer = SPAN("acme"), .rate = 5}, now_ms);
 *     tap_take(t, id, now_ms, &out);     a few times a second
 *     tap_end(t, id);
 *
 *     if (tap_is_on(t)) {                for each record that is produced
 *         tap_offer(t, &record, now_ms);
 *     }
 *
 * While no tap is open a record costs one relaxed load. A record is never delayed: what does not
 * fit into the buffer of a tap, exceeds its rate or comes while the buffer is in use, is dropped
 * and counted. A tap that is not taken from for TAP_IDLE_MS ends.
 *
 * Threads: any, except for new and free.
 */
#ifndef OPS_TAP_H
#define OPS_TAP_H

#include "base/buf.h"

#include <stdatomic.h>

enum {
    TAPS = 4, /* at the same time */
    TAP_BYTES = 256 * 1024,
    TAP_IDLE_MS = 5000,
    TAP_RATE_MAX = 1000,
    TAP_TEXT_BYTES = 256, /* maximum of customer, member and value */
};

struct tap_wish {
    struct span customer;
    bool rejects; /* rejects instead of events */
    struct span member,
        value;     /* only records with this value; a member of a member: a.b; "": all */
    unsigned rate; /* records in a second */
};

struct tap_record {
    struct span customer, value;
    bool reject;
};

struct tap {
    atomic_uint open; /* number of taps */
    struct tap_slot *slots;
};

struct tap *tap_new(void); /* never NULL */
void tap_free(struct tap *t);

static inline bool tap_is_on(const struct tap *t)
{
    return t != NULL && atomic_load_explicit(&t->open, memory_order_relaxed) != 0;
}

void tap_offer(struct tap *t, const struct tap_record *r, int64_t now_ms);

/*
 * Read the parameters of a request. NULL: they are valid; else what is wrong, for people. where:
 * "member=value" or "".
 */
const char *tap_read(struct span customer, struct span rejects, struct span where, struct span rate,
                     struct tap_wish *out);

/* The texts are copied. 0: TAPS are open. */
MUST_USE uint64_t tap_start(struct tap *t, const struct tap_wish *w, int64_t now_ms);

/*
 * Append a line "dropped N", the number since the start, and the records since the last call, one
 * on each line. False: there is no such tap; it has ended.
 */
MUST_USE bool tap_take(struct tap *t, uint64_t id, int64_t now_ms, struct buf *out);

/* False: there is no such tap. */
bool tap_end(struct tap *t, uint64_t id);

/* End taps that are not taken from. */
void tap_tick(struct tap *t, int64_t now_ms);

/* Whether a record has the value of the wish. */
struct json_reader;
MUST_USE bool tap_matches(struct json_reader *r, const struct tap_wish *w, struct span record);

#endif
