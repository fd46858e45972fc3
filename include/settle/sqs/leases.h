/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.h - the lease book: which messages we hold, until when, and what SQS must hear next.
 *
 * From its receive to its end a message is held by heartbeats (ChangeMessageVisibility at a
 * third of the visibility), the prefetched ones too. A held message ends in one of two ways:
 * deleted, or made visible after a delay. The book says what the next call to SQS is; who
 * asks makes the call, without any lock, and brings the answers back:
 *
 *     leases_add(b, &m->lease, queue, handle, now);                  // at the receive
 *     leases_end(b, &m->lease, LEASE_DELETE, 0, now);                // all is acknowledged
 *     while ((lost = leases_lost(b, now)) != NULL) ...               // tell who works on it
 *     while (leases_next(b, now, &batch)) {
 *         ... call SQS with batch.leases[i]->handle, batch.visibility_s[i] ...
 *         leases_answered(b, &batch, whole, now, rng);               // batch.kinds[i] filled
 *         ... free those with batch.over[i] ...
 *     }
 *     sleep at most leases_wait_ms(b, now), or until the next leases_end
 *
 * Pure: times (monotonic ms) and randomness are arguments; no lock, no I/O. The simulator
 * (tests/sim) and the acker drive the same code. Threads: one at a time; between
 * leases_next and leases_answered other calls may come, also for the same leases.
 *
 * Source: research/aws.md §2.4 (12 h in all, batches of 10), failures.md rows 2 to 4.
 */
#ifndef SETTLE_SQS_LEASES_H
#define SETTLE_SQS_LEASES_H

#include "base/err.h"
#include "base/own.h"
#include "base/rng.h"

enum {
    LEASE_BATCH = 10,
    LEASE_LINGER_MS = 50,             /* an end waits so long for others to share its call */
    LEASE_HOLD_MAX_MS = 43200 * 1000, /* SQS: from the receive on, whatever is prolonged */
    LEASE_REFUSED_MAX = 5,            /* an end refused so often is not tried any more */
};

enum lease_end { LEASE_DELETE, LEASE_CHANGE };

enum lease_loss {
    LEASE_OURS,
    LEASE_LOST,     /* another receive may have the message: no heartbeat any more */
    LEASE_TOO_LONG, /* still ours, but the 12 hours are nearly over: stop and give it back */
};

struct lease_link {
    struct lease_link *prev, *next;
};

/* A held message. The caller's storage (part of its message); members are the book's. */
struct lease {
    struct lease_link beat; /* in the queue's list by due_ms */
    struct lease_link end;  /* in one of the queue's two lists of ends */
    const char *handle;     /* borrowed: lives until the lease is over */
    size_t queue;
    int64_t received_ms;
    int64_t until_ms; /* ours until then, cautiously */
    int64_t due_ms;   /* of the next heartbeat */
    int64_t ended_ms; /* leases_end, or when the next try of the end is due */
    int delay_s;      /* LEASE_CHANGE: visible again after so long */
    unsigned refused; /* ends answered with an error */
    enum lease_loss loss;
    enum lease_end how;
    bool ending;
    bool in_call;  /* in a batch whose answer is not known yet */
    bool reported; /* by leases_lost, or ended by its caller */
};

struct leases;

/* A book for so many queues, each to be set by leases_queue. Never NULL. */
struct leases *leases_new(size_t queues);
void leases_free(struct leases *b); /* the leases are the caller's */
DEFINE_OWNED(leases);

/* What a receive and a heartbeat ask for, and how often to ask; heartbeat_s 0: a third of it. */
void leases_queue(struct leases *b, size_t queue, int visibility_s, int heartbeat_s);

/* Hold a message that was received just now. */
void leases_add(struct leases *b, struct lease *l, size_t queue, const char *handle, int64_t now);

/*
 * End it. True: it is over already, no call to SQS is needed (a lost one that is not to
 * be deleted). False: a batch will say when it is over. A lost one that is to be deleted gets one
 * try: everything of it is delivered, and a delete too many is no harm.
 */
MUST_USE bool leases_end(struct leases *b, struct lease *l, enum lease_end how, int delay_s,
                         int64_t now);

/*
 * The next lease that was found lost, or held too long, since the last call; each once.
 * It stays in the book until leases_end.
 */
MUST_USE struct lease *leases_lost(struct leases *b, int64_t now);

enum lease_call {
    LEASE_CALL_NONE, /* nothing to call: these ran out before their change; only leases_answered */
    LEASE_CALL_BEAT,
    LEASE_CALL_DELETE,
    LEASE_CALL_CHANGE,
};

/* One call to SQS. */
struct lease_batch {
    enum lease_call call;
    size_t queue;
    size_t count;
    int64_t asked_ms;
    struct lease *leases[LEASE_BATCH];
    int visibility_s[LEASE_BATCH];    /* not for deletes */
    enum err_kind kinds[LEASE_BATCH]; /* in: what became of each entry */
    bool over[LEASE_BATCH];           /* out of leases_answered: it left the book */
};

/* The next call to make. False: none is due. Queues take turns; heartbeats go first. */
MUST_USE bool leases_next(struct leases *b, int64_t now, struct lease_batch *out);

/*
 * The answer. whole: FAIL_NONE if batch->kinds hold an answer each, else the class of error
 * of the whole call.
 */
void leases_answered(struct leases *b, struct lease_batch *batch, enum err_kind whole, int64_t now,
                     struct rng *rng);

/* One that is held and not ending, NULL if there is none but those in a call: to end them all. */
MUST_USE struct lease *leases_any(struct leases *b);

/* Take one out of the book, whatever its state, NULL if there is none: to free them at the end. */
MUST_USE struct lease *leases_pop(struct leases *b);

/* Stopping: ends do not wait for others to share their call. */
void leases_hurry(struct leases *b);

/* How long there is nothing to do, 0..most_ms. */
int leases_wait_ms(const struct leases *b, int64_t now, int most_ms);

/*
 * False while the queue answers with errors: receiving more would only add to them. True again
 * some time after the last error, since without a message there is no call to learn from.
 */
bool leases_queue_well(const struct leases *b, size_t queue, int64_t now);

size_t leases_count(const struct leases *b); /* held, ending ones too */
size_t leases_queue_count(const struct leases *b, size_t queue);
size_t leases_queue_deletes(const struct leases *b, size_t queue); /* of those: to be deleted */

#endif
