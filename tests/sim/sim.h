/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - the simulator: models of the queue, Kafka, S3 and several replicas around the worker's
 * own lease book, in-flight messages, outcome table and breaker. The clock jumps from event to
 * event.
 *
 * A schedule is the sequence of events in one world: which responses are lost, when a replica
 * pauses or crashes, how late acknowledgements are. It depends only on its seed, so that a failed
 * schedule can be repeated: `sim --seed S --schedules 1 --trace`.
 *
 * Checked are the invariants (sim_check in the code), and that the queue is drained after the
 * faults have ended.
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
    CALLS = 64, /* of a replica, at the same time */
    ACKER_CALLS = 2,
    VISIBILITY_S = 120,
};

/* Bugs that are injected to verify that the checks find them. */
enum bug {
    BUG_NONE,
    BUG_DELETE_EARLY, /* the end of a lane settles, regardless of pending records */
    BUG_FORGET,       /* a prefetched message is not held until a lane takes it */
    BUG_EXTEND_LOST,  /* the result "lease lost" is ignored */
    BUG_DOUBLE_COUNT, /* a delivery report releases two pending records */
    BUG_ZERO_LOOP,    /* a failed message becomes visible without a delay */
    BUGS
};
extern const char *const bug_names[BUGS];

struct message {
    size_t queue;
    size_t objects;
    size_t records;        /* of each object */
    enum err_kind trouble; /* reading it fails with this ... */
    int64_t repaired_ms;   /* ... until then; INT64_MAX: always */
    bool in_kafka[OBJECTS][RECORDS];
    unsigned max_receives; /* of its queue; 0: no dead-letter queue */
    unsigned receives;
    unsigned handle; /* of the latest receive */
    int64_t visible_ms;
    int64_t given_ms;
    bool deleted;
    bool dead;
};

/* A message in flight and the state for the checks. */
struct held {
    struct sqs_inflight m;
    struct held *next_all, *next_waiting;
    size_t message;
    unsigned handle;
    unsigned produced, acked, bad; /* number of records */
    unsigned good_objects;
    unsigned reports_due;
    size_t object; /* used by the lane */
    unsigned tries;
    bool lane_done;
    bool in_book;
    bool told_lost;   /* SQS reported that the lease is lost */
    bool undisturbed; /* no fault has affected its replica or its calls */
    bool begun_badly; /* a lane failed on it */
};

struct lane_model {
    struct held *held;
    bool busy;
    unsigned given; /* number of records of this attempt */
};

struct replica {
    bool alive;
    unsigned life; /* events of an earlier life are ignored */
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
    bool draining; /* graceful shutdown: no more polls */
};

enum event_kind {
    EVENT_VISIBLE, /* a message may be received again */
    EVENT_POLL,    /* a replica polls */
    EVENT_RECEIVED,
    EVENT_WAKE,   /* the acker checks its lease book */
    EVENT_CALL,   /* SQS receives a call */
    EVENT_ANSWER, /* the acker receives the response */
    EVENT_LANE,
    EVENT_BROKER, /* Kafka receives a record */
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
    const char *failed; /* the violated invariant; NULL: none */
    struct rng rng;
    int64_t now;
    int64_t calm_ms; /* no further faults after this */
    uint64_t order;
    struct event *heap;
    size_t events, room;
    uint64_t steps;
    struct message messages[MESSAGES];
    size_t message_count;
    struct replica replicas[REPLICAS];
    size_t replica_count;
    size_t lanes;
    unsigned fault; /* percentage of calls, responses, reports and reads that fail */
};

/* world.c: clock, events, random decisions, checks */
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
    struct lease_batch batch; /* the replica's; its leases are invalid after a crash */
};
void queue_poll(struct world *w, size_t replica, size_t queue);
void queue_visible(struct world *w, size_t message);
void queue_call(struct world *w, struct event *e);
void queue_look(struct world *w, size_t message); /* it becomes visible at visible_ms */

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

/* shared by its files */
void replica_soon(struct world *w, size_t at, int64_t when); /* the acker checks its book then */
void replica_hold(struct world *w, size_t at, struct held *h);
void replica_lanes_take(struct world *w, size_t at); /* free lanes take waiting messages */
void replica_pay(struct world *w, size_t at, struct held *h, enum err_kind kind);
void replica_settle(struct world *w, size_t at, struct held *h, const struct settlement *s);
void replica_forget(struct world *w, size_t at, struct held *h);

#endif
