/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt.h - one notification in flight: what it names, and what is still owed for it.
 *
 * It owes one for the lane that works on it, and one for each record given to the sink. A
 * delivery report pays one, whether it is good or bad, and a bad one turns the outcome into
 * `later`. Who pays the last one gets `true`: the receipt is settled, exactly once, and goes to
 * the acker.
 *
 *     receipt_owe(r); record.receipt = receipt_account(r, customer);
 *     if (sink_produce(...) != FAIL_NONE && receipt_pay(r, &err)) -> never: the lane still owes
 *     ... sink's thread: if (receipt_pay(account->receipt, report)) acker_settled(a, r);
 *     ... lane, at the end: if (receipt_pay(r, NULL)) acker_settled(a, r);
 *
 * Threads: receipt_owe, receipt_account, receipt_worsen: the lane that has it; receipt_pay,
 * receipt_lose, receipt_loss: any; the rest: who has it alone.
 */
#ifndef SETTLE_RECEIPT_H
#define SETTLE_RECEIPT_H

#include "codec/notification.h"
#include "net/sqs.h"
#include "settle/outcome.h"
#include "settle/sqs/leases.h"

#include <stdatomic.h>

struct customer;
struct acker;

/* What a delivery report is about: a notification may name objects of several customers. */
struct account {
    struct receipt *receipt;
    struct customer *customer; /* NULL: nobody's */
    struct account *next;      /* of the same receipt */
};

struct receipt {
    struct receipt *next; /* of the list it is in: the inbox's or the acker's */
    struct acker *acker;  /* who holds its lease; this and the next three are its own */
    struct lease lease;
    bool settled;
    bool lease_over;
    struct account account; /* of its first record's customer, and the others' behind it */
    struct notification
        *notification; /* NULL: a body that nobody understands; gone after the lane */
    struct err unread; /* ... and why */
    size_t queue;
    size_t party;
    size_t body_bytes;
    char *id; /* MessageId */
    char *handle;
    unsigned receive_count;
    int64_t sent_ms;      /* wall clock */
    int64_t received_ms;  /* monotonic */
    bool begun;           /* a lane has started it */
    enum outcome outcome; /* the worst of its objects so far; the lane's */
    int delay_s;          /* the longest of those */
    atomic_uint_fast64_t owed;
    atomic_int failed; /* enum err_kind: class of the first bad delivery report */
    atomic_int loss;   /* enum lease_loss */
};

/* Takes the message over. Reads its notification. Owes one, the lane's. Never NULL. */
struct receipt *receipt_new(struct sqs_message *m, size_t queue, int64_t now);
void receipt_free(struct receipt *r);
DEFINE_OWNED(receipt);

/* Where this customer's records count; lives as long as the receipt. */
struct account *receipt_account(struct receipt *r, struct customer *c);

/* One more record is on its way. */
void receipt_owe(struct receipt *r);

/* One less; e: the report, NULL or FAIL_NONE if good. True: it was the last, settle it. */
MUST_USE bool receipt_pay(struct receipt *r, const struct err *e);

/* An object of it ended so. */
void receipt_worsen(struct receipt *r, enum outcome o, int delay_s);

/* The lane is done with what the notification names: its memory goes. Before the lane pays. */
void receipt_slim(struct receipt *r);

/* The lease is not ours any more, or not for long. */
void receipt_lose(struct receipt *r, enum lease_loss loss);
enum lease_loss receipt_loss(const struct receipt *r);

struct settlement {
    enum lease_end how;
    int delay_s;
    enum outcome outcome;
    enum err_kind failed; /* why it is `later` although its objects were not */
};

/* What the queue shall hear. Only when all is paid. */
struct settlement receipt_settlement(const struct receipt *r, struct rng *rng);

#endif
