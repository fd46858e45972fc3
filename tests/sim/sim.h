/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - the simulator: model queue, model Kafka, model S3 and several model replicas around the
 * worker's own lease book, in-flight messages, outcome table and breaker, on a clock that jumps
 * from event to event.
 *
 * A schedule is all that happens in one world: which answers are lost, who pauses or crashes
 * when, how late acknowledgements are. Its seed alone decides it, so a failing one can be
 * run again: `sim --seed S --schedules 1 --trace`.
 *
 * Checked is what may never be (sim_check in the code) and that the queue drains once
 * the faults have stopped.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "customers/breaker.h"
#include "settle/sqs/sqs_inflight.h"

enum {
    MESSAGES = 6,
    OBJECTS = 3,
    RECORDS = 4,
    REPLICAS = 3,
    LANES = 2,
    QUEUES = 2,
    CALLS = 64, /* of a replica, under way at a time */
    ACKER_CALLS = 2,
    VISIBILITY_S = 120,
};

/* Bugs planted on purpose, to see that the checks find them. */
enum bug {
    BUG_NONE,
    BUG_DELETE_EARLY, /* the lane's end settles, whatever is pending */
    BUG_FORGET,       /* a prefetched message is not held until a lane takes it */
    BUG_PROLONG_LOST, /* an answer "no longer yours" is not heard */
    BUG_DOUBLE_COUNT, /* a delivery report pays twice */
    BUG_ZERO_LOOP,    /* what failed is visible again at once */
    BUGS
};
extern const char *const bug_names[BUGS];

struct message {
    size_t queue;
    size_t objects;
    size_t records;        /* of each object */
    enum err_kind trouble; /* reading it fails so ... */
    int64_t repaired_ms;   /* ... until then; INT64_MAX: no end */
    bool in_kafka[OBJECTS][RECORDS];
    unsigned max_receives; /* of its queue, 0: no dead-letter queue */
    unsigned receives;
    unsigned handle; /* of the newest receive */
    int64_t visible_ms;
    int64_t given_ms;
    bool deleted;
    bool dead;
};

/* A message in flight and what the checks know of it. */
struct held {
    struct sqs_inflight m;
    struct held *next_all, *next_waiting;
    size_t message;
    unsigned handle;
    unsigned produced, acked, bad; /* records */
    unsigned good_objects;
    unsigned reports_due;
    size_t object; /* the lane's */
    unsigned tries;
    bool lane_done;
    bool in_book;
    bool told_lost;   /* SQS said it is no longer ours */
    bool undisturbed; /* no fault has touched its replica or its calls */
    bool begun_badly; /* a lane has failed on it */
};

struct lane_model {
    struct held *held;
    bool busy;
    unsigned given; /* records of this attempt */
};

struct replica {
    bool alive;
    unsigned life; /* events for an earlier one are dropped */
    int64_t frozen_until;
    struct leases *book;
    struct breaker breaker;
    struct held *all;
    struct held *waiting_first, **waiting_last;
    size_t waiting;
    struct lane_model lanes[LANES];
    unsigned calls;
    bool polling[QUEUES];
    int64_t wake_at;
    int64_t poll_at;
    bool draining; /* graceful stop: no more polls */
};

enum event_kind {
    EVENT_VISIBLE, /* a message may be received again */
    EVENT_POLL,    /* a replica asks */
    EVENT_RECEIVED,
    EVENT_WAKE,   /* the acker looks at its book */
    EVENT_CALL,   /* SQS gets a call */
    EVENT_ANSWER, /* the acker gets its answer */
    EVENT_LANE,
    EVENT_BROKER, /* Kafka gets a record */
    EVENT_REPORT,
    EVENT_FREEZE,
    EVENT_CRASH,
    EVENT_START,
    EVENT_STOP,
};

struct call;
struct event {
    int64_t at;
    uint64_t order;
    enum event_kind kind;
    unsigned life;
    size_t replica;
    size_t index; /* queue, lane, message ... */
    unsigned extra;
    struct held *held;
    struct call *call;
};

struct world {
    uint64_t seed;
    enum bug bug;
    bool trace;
    const char *failed; /* what was violated, NULL: nothing */
    struct rng rng;
    int64_t now;
    int64_t calm_ms; /* no new faults from here on */
    uint64_t order;
    struct event *heap;
    size_t events, room;
    uint64_t steps;
    struct message messages[MESSAGES];
    size_t message_count;
    struct replica replicas[REPLICAS];
    size_t replica_count;
    size_t lanes;
    unsigned fault; /* percent of calls, answers, reports and reads that go wrong */
};

/* world.c: clock, events, dice, checks */
void world_init(struct world *w, uint64_t seed, enum bug bug, bool trace);
void world_done(struct world *w);
void world_run(struct world *w);
void world_fail(struct world *w, const char *what);
void world_say(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct event *world_at(struct world *w, int64_t at, enum event_kind kind, size_t replica);
bool world_faulty(const struct world *w);
bool world_chance(struct world *w, unsigned percent);
int64_t world_between(struct world *w, int64_t least, int64_t most);

/* queue.c: the model of SQS */
struct call {
    enum lease_call call;
    size_t count;
    size_t messages[LEASE_BATCH];
    unsigned handles[LEASE_BATCH];
    int visibility_s[LEASE_BATCH];
    enum err_kind kinds[LEASE_BATCH];
    enum err_kind whole;
    bool answer_lost;
    struct lease_batch batch; /* the replica's; its leases are dead after a crash */
};
void queue_poll(struct world *w, size_t replica, size_t queue);
void queue_visible(struct world *w, size_t message);
void queue_call(struct world *w, struct event *e);
void queue_look(struct world *w, size_t message); /* it is visible again at visible_ms */

/* replica.c, replica_acker.c, replica_lanes.c: the model of a worker around the real structures */
void replica_start(struct world *w, size_t at);
void replica_crash(struct world *w, size_t at);
void replica_stop(struct world *w, size_t at);
void replica_done(struct replica *r);
void replica_poll(struct world *w, size_t at);
void replica_received(struct world *w, const struct event *e);
void replica_wake(struct world *w, size_t at);
void replica_answer(struct world *w, struct event *e);
void replica_lane(struct world *w, const struct event *e);
void replica_broker(struct world *w, const struct event *e);
void replica_report(struct world *w, const struct event *e);
void replica_disturbed(struct replica *r);

/* ... and what its files need of each other */
void replica_soon(struct world *w, size_t at, int64_t when); /* the acker looks at its book then */
void replica_hold(struct world *w, size_t at, struct held *h);
void replica_lanes_take(struct world *w, size_t at); /* free lanes take what waits */
void replica_pay(struct world *w, size_t at, struct held *h, enum err_kind kind);
void replica_settle(struct world *w, size_t at, struct held *h, const struct settlement *s);
void replica_forget(struct world *w, size_t at, struct held *h);

#endif
