/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.h - the lease book: the messages that the worker holds, until when, and the next call to
 * SQS.
 *
 * From its receive to its end a message is held by heartbeats (ChangeMessageVisibility after each
 * third of the visibility timeout), also while it waits in the inbox. A held message ends in one of
 * two ways: it is deleted, or made visible after a delay. The book returns the next call to SQS.
 * Its caller makes the call without a lock and returns the results to the book:
 *
 *     leases_add(b, &m->lease, queue, handle, now);                  // at the receive
 *     leases_end(b, &m->lease, LEASE_DELETE, 0, now);                // all is acknowledged
 *     while ((lost = leases_lost(b, now)) != NULL) ...               // stop its lane
 *     while (leases_next(b, now, &batch)) {
 *         ... call SQS with batch.leases[i]->handle, batch.visibility_s[i] ...
 *         leases_answered(b, &batch, whole, now, rng);               // batch.kinds[i] set
 *         ... free those with batch.over[i] ...
 *     }
 *     sleep at most leases_wait_ms(b, now), or until the next leases_end
 *
 * Pure: times (monotonic, ms) and randomness are arguments; no lock, no I/O. The simulator
 * (tests/sim) and the acker drive the same code.
 *
 * Threads: one at a time. Between leases_next and leases_answered other functions may be called,
 * also for the same leases.
 *
 * Source: research/aws.md §2.4 (12 h in total, batches of 10), failures.md rows 2 to 4.
 */
#ifndef SETTLE_SQS_LEASES_H
#define SETTLE_SQS_LEASES_H

#include "base/err.h"
#include "base/own.h"
#include "base/rng.h"

enum {
    LEASE_BATCH = 10,
    LEASE_LINGER_MS = 50,             /* an end waits this long for others to join its call */
    LEASE_HOLD_MAX_MS = 43200 * 1000, /* SQS: from the receive, regardless of extensions */
    LEASE_REFUSED_MAX = 5,            /* an end refused so often is not tried any more */
};

enum lease_end { LEASE_DELETE, LEASE_CHANGE };

enum lease_loss {
    LEASE_OURS,
    LEASE_LOST,     /* another consumer may have received the message: no further heartbeat */
    LEASE_TOO_LONG, /* valid, but the 12 hours are nearly over: stop the lane and return the message
                     */
};

struct lease_link {
    struct lease_link *prev, *next;
};

/*
 * A held message. The caller's storage, part of its message; the members are private to the book.
 */
struct lease {
    struct lease_link beat; /* in the queue's list, sorted by due_ms */
    struct lease_link end;  /* in one of the queue's two lists of ends */
    const char *handle;     /* borrowed until the lease is over */
    size_t queue;
    int64_t received_ms;
    int64_t until_ms; /* the lease is valid until then, less a margin */
    int64_t due_ms;   /* of the next heartbeat */
    int64_t ended_ms; /* time of leases_end, or of the next retry of the end */
    int delay_s;      /* LEASE_CHANGE: visible again after this time */
    unsigned refused; /* number of failed attempts at the end */
    enum lease_loss loss;
    enum lease_end how;
    bool ending;
    bool in_call;  /* in a batch without a result yet */
    bool reported; /* by leases_lost, or ended by the caller */
};

struct leases;

/* A book for `queues` queues; set each with leases_queue. Never NULL. */
struct leases *leases_new(size_t queues);
void leases_free(struct leases *b); /* the leases belong to the caller */
DEFINE_OWNED(leases);

/*
 * Set the visibility timeout of a queue and the time between heartbeats (0: a third of it). The
 * number of queues adds another one. Leases that are held keep their times until their next
 * heartbeat; before a larger visibility timeout is set, no receive with the smaller one may be in
 * progress.
 */
void leases_queue(struct leases *b, size_t queue, int visibility_s, int heartbeat_s);

/* Hold a message that has just been received. */
void leases_add(struct leases *b, struct lease *l, size_t queue, const char *handle, int64_t now);

/*
 * End a lease. True: it is over without a call to SQS (a lost one that is not to be deleted).
 * False: the result of a batch will report that it is over. For a lost lease that is to be deleted
 * one attempt is made: all its records are delivered, and an unnecessary delete does no harm.
 */
MUST_USE bool leases_end(struct leases *b, struct lease *l, enum lease_end how, int delay_s,
                         int64_t now);

/*
 * The next lease that was found lost, or held too long, since the last call; each is returned once.
 * It stays in the book until leases_end.
 */
MUST_USE struct lease *leases_lost(struct leases *b, int64_t now);

enum lease_call {
    LEASE_CALL_NONE, /* no call: these expired before their change; call leases_answered */
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
    enum err_kind kinds[LEASE_BATCH]; /* set by the caller: the result of each entry */
    bool over[LEASE_BATCH];           /* set by leases_answered: the lease has left the book */
};

/* The next call. False: none is due. Queues are served in round robin, heartbeats first. */
MUST_USE bool leases_next(struct leases *b, int64_t now, struct lease_batch *out);

/*
 * Process a result. whole: FAIL_NONE if batch->kinds has a result for each entry, else the class of
 * the error of the whole call.
 */
void leases_answered(struct leases *b, struct lease_batch *batch, enum err_kind whole, int64_t now,
                     struct rng *rng);

/* A lease that is held, not ending and not in a call; NULL: there is none. To end all of them. */
MUST_USE struct lease *leases_any(struct leases *b);

/* Remove a lease from the book in any state; NULL: there is none. To free all of them. */
MUST_USE struct lease *leases_pop(struct leases *b);

/* At shutdown: ends no longer wait to share a call. */
void leases_hurry(struct leases *b);

/* Time until something is due, 0 to most_ms. */
int leases_wait_ms(const struct leases *b, int64_t now, int most_ms);

/*
 * Whether the queue may be polled. False while its calls fail, since receiving more messages would
 * only cause more failures. True again some time after the last failure, since without a message no
 * call is made.
 */
bool leases_queue_well(const struct leases *b, size_t queue, int64_t now);

size_t leases_count(const struct leases *b); /* held, including ending ones */
size_t leases_queue_count(const struct leases *b, size_t queue);
size_t leases_queue_returning(const struct leases *b, size_t queue); /* of those: to be returned */
size_t leases_queue_deletes(const struct leases *b, size_t queue);   /* of those: to be deleted */

#endif
