/* SPDX-License-Identifier: Apache-2.0 */
#include "shares.h"

#include "base/lock.h"
#include "base/pulse.h"
#include "fibers.h"
#include "flow/inbox.h"
#include "flow/turns.h"
#include "shares_leases.h"
#include "shares_objects.h"
#include "shares_seen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW_LANES = 8,
    MAX_LANES = 16, /* of these one may be late */
    MAX_CLASSES = 5,
    MAX_MESSAGES = 24,
    QUEUES = 2, /* the first one is of all customers, the second one of the last customer */
    POLL_MOST = 4,
    ROUND_TRIP_US = 1000,
    SMALL_BODY_BYTES = 500,
    LONGEST_BODY_BYTES = 3000,
    RETURNED_S = 1,           /* what is above a share is visible again after this time */
    RECHECK_US = 500 * 1000,  /* of source/intake.c: of a queue that may not be polled */
    LONG_POLL_US = 50 * 1000, /* an empty queue is polled again after this time */
    CALL_US = 20 * 1000,      /* most of a call for leases */
    SLOW_KAFKA_US = 3000 * 1000,
    RECEIVED_MOST_US = RECHECK_US + LONG_POLL_US + 2 * ROUND_TRIP_US,
    LANE_LOOK_MS = 100, /* of lane.c */
    UNUSED_MOST_US = PAUSED_US + 2 * LOOK_US,
    SECOND_US = 1000 * 1000,
};

const char *const shares_bug_names[SHARES_BUGS] = {
    "none",         "lost-signal", "lane-stays-busy", "not-told",        "slot-stays",
    "keeps-core",   "no-pause",    "two-on-a-core",   "refused-is-lost", "no-heartbeats",
    "all-are-held", "hold-stays",  "keeps-lane"};

struct sent {
    struct inflight m; /* first */
    struct object object;
    int64_t visible_us;
    size_t next_class; /* of its second record; MAX_CLASSES: it has one record */
    struct hold hold;
    int64_t ack_us;
    bool was_put_back;
    enum { AT_QUEUE, RECEIVED, DONE } state;
};

static struct {
    struct inbox *inbox;
    struct turns *turns;
    enum shares_bug bug;
    bool trace;
    size_t lanes, cores, classes;
    struct sent sent[MAX_MESSAGES];
    size_t count, done;
    size_t working, want; /* lanes that have a core and use it, and that wait for one */
    int64_t unused_us, noted_us;
    struct seen_bounds bounds;
    unsigned hanging; /* percent of the heavy objects */
    unsigned held_up; /* percent of all, by Kafka */
    struct holds_settings holds;
    bool freed[QUEUES]; /* a slot, since the poll of the queue was refused one */
    pthread_cond_t freed_come;
    pthread_mutex_t lock;
    struct lane_seen {
        struct turn turn;
        struct pulse pulse;
        struct inbox_use use;
        int64_t began_us;
        int64_t waited_us, kafka_us; /* waits until then, for cores and Kafka */
    } lane[MAX_LANES];
    const char *failed;
} w;

static void fail(const char *what)
{
    w.failed = w.failed != NULL ? w.failed : what;
}

static void say(const char *what, size_t sched_class)
{
    if (w.trace) {
        (void)printf("%10" PRId64 " us: %s, class %zu\n", fibers_now_us(), what, sched_class);
    }
}

/* ---- polls ---- */

static void tell_polls(void)
{
    for (size_t q = 0; q < QUEUES; q++) {
        w.freed[q] = true;
    }
    cond_broadcast(&w.freed_come);
}

static void slot_freed(void *ctx UNUSED)
{
    if (w.bug != SHARES_BUG_NOT_TOLD) {
        tell_polls();
    }
}

/* A message of the queue that is visible; NULL: none. *next_us: when one may be. */
static struct sent *any_visible(size_t queue, int64_t *next_us)
{
    struct sent *found = NULL;
    size_t seen = 0;
    *next_us = INT64_MAX;
    for (size_t i = 0; i < w.count; i++) {
        struct sent *s = &w.sent[i];
        if (s->state != AT_QUEUE || s->m.queue != queue) {
            continue;
        }
        if (s->visible_us > fibers_now_us()) {
            *next_us = s->visible_us < *next_us ? s->visible_us : *next_us;
        } else if (rng_below(fibers_rng(), ++seen) == 0) {
            found = s;
        }
    }
    return found;
}

/* The first message of a class with a queue of its own, and none in flight. */
static void check_received(const struct sent *s)
{
    size_t sched_class = s->m.sched_class;
    int64_t since_us = holds_none_since_us(sched_class);
    int64_t visible_us = INT64_MAX;
    for (size_t i = 0; i < w.count; i++) {
        const struct sent *x = &w.sent[i];
        if (x->state == AT_QUEUE && x->m.queue == s->m.queue && x->visible_us < visible_us) {
            visible_us = x->visible_us;
        }
    }
    since_us = since_us > visible_us ? since_us : visible_us;
    if (s->m.queue != 0 && holds_of(sched_class) == 0 &&
        fibers_now_us() - since_us > RECEIVED_MOST_US) {
        fail("a queue of a class without a message in flight was not polled within the bound");
    }
}

/* True: it waits. As in source/intake.c. */
static bool keep(struct sent *s)
{
    size_t sched_class = s->m.sched_class;
    if (s->m.queue == 0 && !holds_keep(&s->hold)) {
        inbox_unreserve(w.inbox, s->m.queue, 1);
        return false;
    }
    say("is received", sched_class);
    seen_waits(sched_class);
    bool kept = inbox_put(w.inbox, &s->m, false);
    if (!kept) {
        seen_refused(sched_class);
    }
    return kept;
}

static void put_message(struct sent *s)
{
    check_received(s);
    s->state = RECEIVED;
    holds_begin(&s->hold, s->m.queue, s->m.sched_class);
    if (!keep(s)) {
        say("is returned", s->m.sched_class);
        if (w.bug != SHARES_BUG_REFUSED_IS_LOST) {
            holds_end(&s->hold, RETURNED_S);
        }
    }
}

static void end_all(void)
{
    inbox_stop(w.inbox);
    tell_polls();
    holds_stop();
}

static void hold_over(struct hold *h, bool deleted)
{
    struct sent *s = (struct sent *)(void *)((char *)h - offsetof(struct sent, hold));
    s->state = deleted ? DONE : AT_QUEUE;
    s->visible_us = h->hidden_us;
    w.done += deleted;
    if (w.done == w.count) {
        end_all();
    }
}

/* One poll. False: the queue has no message that is visible. */
static bool poll_once(size_t queue, size_t only, size_t want, int64_t *next_us)
{
    w.freed[queue] = false;
    size_t granted = inbox_reserve(w.inbox, queue, only, want);
    if (granted == 0) {
        while (!w.freed[queue]) {
            cond_wait(&w.freed_come, &w.lock);
        }
        return true;
    }
    fiber_sleep(ROUND_TRIP_US);
    struct sent *s = NULL;
    size_t got = 0;
    for (; got < granted && (s = any_visible(queue, next_us)) != NULL; got++) {
        put_message(s);
    }
    if (w.bug != SHARES_BUG_SLOT_STAYS) {
        inbox_unreserve(w.inbox, queue, granted - got);
    }
    return got != 0;
}

static void poll_run(void *arg)
{
    size_t queue = (size_t)(uintptr_t)arg;
    size_t only = queue == 0 ? INBOX_MIXED : w.classes - 1;
    while (w.done < w.count) {
        int64_t next_us = INT64_MAX;
        size_t want = holds_room(queue == 0 ? HOLDS_ANY : only, POLL_MOST);
        if (want == 0) {
            fiber_sleep(RECHECK_US);
        } else if (!poll_once(queue, only, want, &next_us)) {
            int64_t wait_us = next_us == INT64_MAX ? LONG_POLL_US : next_us - fibers_now_us();
            fiber_sleep(wait_us < LONG_POLL_US ? wait_us : LONG_POLL_US);
        }
    }
}

/* ---- lanes ---- */

/* Called before the numbers of lanes that work, or wait for a core, change. */
static void note_cores(void)
{
    int64_t now = fibers_now_us();
    bool unused = w.want != 0 && w.working < w.cores;
    w.unused_us = unused ? w.unused_us + now - w.noted_us : 0;
    w.noted_us = now;
    if (w.unused_us > UNUSED_MOST_US) {
        fail("a core has no work, and a lane waits for one");
    }
}

static void work_block(int64_t us)
{
    note_cores();
    if (++w.working > w.cores) {
        fail("more lanes at work than cores");
    }
    fiber_work(us);
    note_cores();
    w.working--;
}

/*
 * A lane that yields after its last block gets a core for nothing, and pauses with it. So each lane
 * that gets one begins the time in which an unused core must be found.
 */
static void get_core(void (*turns_call)(struct turns *, struct turn *), struct turn *turn)
{
    note_cores();
    w.want++;
    int64_t before_us = fibers_now_us();
    turns_call(w.turns, turn);
    note_cores();
    w.unused_us = fibers_now_us() != before_us ? 0 : w.unused_us;
    w.want--;
}

static void read_buffer(struct turn *turn, const struct object *o)
{
    bool without = w.bug == SHARES_BUG_TWO_ON_A_CORE && chance(50);
    if (!without) {
        get_core(turns_begin, turn);
    }
    for (unsigned i = 0; i < o->blocks; i++) {
        work_block(o->block_us);
        if (!without) {
            get_core(turns_yield, turn);
        }
    }
    if (!without && w.bug != SHARES_BUG_NO_PAUSE) {
        turns_pause(w.turns, turn);
    }
}

/* As own_ms of lane.c. */
static int64_t lane_ms(struct lane_seen *lane)
{
    int64_t waited_us = turn_waited_us(&lane->turn) - lane->waited_us;
    lane->use.kafka_ms = lane->kafka_us / 1000;
    return (fibers_now_us() - lane->began_us - waited_us - lane->kafka_us) / 1000;
}

static void wait_for_kafka(struct lane_seen *lane, int64_t us)
{
    pulse_set(&lane->pulse, PULSE_WAIT, 0);
    fiber_sleep(us);
    pulse_set(&lane->pulse, PULSE_WORK, 0);
    lane->kafka_us += us;
}

/* False: the inbox wants the message back. */
static bool await_buffer(struct lane_seen *lane, const struct object *o)
{
    for (int64_t left_us = o->arrive_us; left_us > 0; left_us -= LANE_LOOK_MS * 1000) {
        fiber_sleep(left_us < LANE_LOOK_MS * 1000 ? left_us : LANE_LOOK_MS * 1000);
        if (inbox_wants_back(w.inbox, &lane->use, lane_ms(lane)) &&
            w.bug != SHARES_BUG_KEEPS_LANE) {
            return false;
        }
    }
    return true;
}

/* False: it was not read to its end. */
static bool read_object(struct lane_seen *lane, const struct object *o)
{
    bool goes_on = true;
    turns_start(w.turns, &lane->turn, lane->use.sched_class);
    for (unsigned i = 0; i < o->buffers && (goes_on = await_buffer(lane, o)); i++) {
        read_buffer(&lane->turn, o);
        if (o->kafka_us != 0) {
            wait_for_kafka(lane, o->kafka_us);
        }
    }
    if (w.bug == SHARES_BUG_KEEPS_CORE) {
        get_core(turns_begin, &lane->turn);
        fiber_sleep(SECOND_US);
    }
    turns_end(w.turns, &lane->turn);
    return goes_on;
}

/* The lane is taken back. False: the worker stops. */
static bool put_back(struct sent *s, struct lane_seen *lane)
{
    say("is put back", lane->use.sched_class);
    if (s->was_put_back) {
        fail("a message was put back twice");
    }
    s->was_put_back = true;
    seen_put_back(lane->use.sched_class);
    return inbox_put_back(w.inbox, &s->m, &lane->use, lane_ms(lane));
}

/* The message has a second record of another class: it waits again. */
static bool goes_on(struct sent *s, struct inbox_use *use, int64_t ms)
{
    if (s->next_class == MAX_CLASSES) {
        return false;
    }
    say("ends", use->sched_class);
    seen_ends(use->sched_class, ms);
    s->m.sched_class = s->next_class;
    s->was_put_back = false;
    s->next_class = MAX_CLASSES;
    seen_waits(s->m.sched_class);
    return inbox_put_back(w.inbox, &s->m, use, ms);
}

static void finish(struct sent *s, const struct inbox_use *use, int64_t ms)
{
    say("ends", use->sched_class);
    seen_ends(use->sched_class, ms);
    if (w.bug != SHARES_BUG_LANE_STAYS_BUSY || !chance(30)) {
        inbox_finished(w.inbox, use, ms);
    }
    holds_ack(&s->hold, s->ack_us);
}

/* After an object: to the next lane, or its end. */
static void end_turn(struct sent *s, struct lane_seen *lane, bool whole)
{
    int64_t ms = lane_ms(lane);
    if (whole ? !goes_on(s, &lane->use, ms) : !put_back(s, lane)) {
        finish(s, &lane->use, ms);
    }
}

static void lane_run(void *arg)
{
    struct lane_seen *lane = arg;
    struct inflight *m = NULL;
    while ((m = inbox_take(w.inbox, &lane->use)) != NULL) {
        struct sent *s = (struct sent *)(void *)m;
        lane->began_us = fibers_now_us();
        lane->waited_us = turn_waited_us(&lane->turn);
        lane->kafka_us = 0;
        pulse_set(&lane->pulse, PULSE_WORK, 0);
        say("begins", lane->use.sched_class);
        seen_begins(lane->use.sched_class);
        bool whole = read_object(lane, &s->object);
        pulse_set(&lane->pulse, PULSE_IDLE, 0);
        end_turn(s, lane, whole);
    }
}

/* ---- a world ---- */

/* Of the classes and objects that there are. */
static void set_bounds(void)
{
    const struct object *objects[MAX_MESSAGES];
    size_t classes = 0;
    for (size_t c = 0; c < w.classes; c++) {
        bool any = false;
        for (size_t i = 0; i < w.count; i++) {
            any = any || w.sent[i].m.sched_class == c || w.sent[i].next_class == c;
        }
        classes += any;
    }
    for (size_t i = 0; i < w.count; i++) {
        objects[i] = &w.sent[i].object;
    }
    w.bounds = objects_bounds(
        objects, w.count,
        &(struct machine){
            .classes = classes, .lanes = w.lanes, .cores = w.cores, .look_ms = LANE_LOOK_MS});
}

static void make_messages(void)
{
    int64_t hostile_ack_us = chance(50) ? SLOW_KAFKA_US : 50000; /* most of its acknowledgements */
    w.count = (size_t)between(4, MAX_MESSAGES);
    for (size_t i = 0; i < w.count; i++) {
        struct sent *s = &w.sent[i];
        bool hostile = chance(70); /* the first class sends most of them, and long objects */
        size_t sched_class = hostile ? 0 : (size_t)between(0, (int64_t)w.classes - 1);
        bool own = sched_class == w.classes - 1 && chance(50);
        s->m.sched_class = sched_class;
        s->m.queue = own ? 1 : 0;
        bool large = hostile || (own && chance(30));
        s->m.body_bytes = (size_t)between(100, large ? LONGEST_BODY_BYTES : SMALL_BODY_BYTES);
        s->object =
            any_object(chance(sched_class == 0 ? 90 : (w.hanging != 0 ? 60 : 20)), w.hanging);
        object_waits_for_kafka(&s->object, w.held_up);
        s->visible_us = fibers_now_us() + (chance(50) ? 0 : between(0, SECOND_US));
        int64_t last_class = (int64_t)w.classes - 1 - large; /* its room would be that class's */
        s->next_class = chance(15) ? (size_t)between(0, last_class) : MAX_CLASSES;
        s->ack_us = sched_class == 0 ? between(0, hostile_ack_us) : between(0, 50000);
    }
    set_bounds();
    seen_init(w.lanes, w.classes, &w.bounds, fail);
}

static void make_world(uint64_t seed, enum shares_bug bug, bool trace)
{
    memset(&w, 0, sizeof(w));
    fibers_init(seed);
    fibers_lose_signals(bug == SHARES_BUG_LOST_SIGNAL ? 30 : 0);
    w.bug = bug;
    w.trace = trace;
    w.lanes = (size_t)(chance(90) ? between(1, FEW_LANES) : between(FEW_LANES, MAX_LANES));
    w.hanging = chance(50) ? (unsigned)between(20, 100) : 0;
    w.held_up = chance(30) ? (unsigned)between(10, 100) : 0;
    w.cores = (size_t)between(1, 2);
    w.classes = (size_t)between(2, MAX_CLASSES);
    cond_init(&w.freed_come);
    mutex_init(&w.lock);
    w.inbox = inbox_new(&(struct inbox_settings){.slots = (size_t)between(2, 12),
                                                 .lanes = w.lanes,
                                                 .queues = QUEUES,
                                                 .sched_classes = w.classes,
                                                 .bytes = (size_t)between(4000, 20000),
                                                 .rooms = chance(50) ? (size_t)between(2, 6) : 0,
                                                 .room_bytes = LONGEST_BODY_BYTES,
                                                 .small_bytes = SMALL_BODY_BYTES,
                                                 .freed = slot_freed});
    w.turns = turns_new(w.cores, &fiber_clock);
    make_messages();
    static const enum holds_bug bugs[SHARES_BUGS] = {[SHARES_BUG_NO_HEARTBEATS] = HOLDS_NO_BEATS,
                                                     [SHARES_BUG_ALL_ARE_HELD] = HOLDS_BY_ONE,
                                                     [SHARES_BUG_HOLD_STAYS] = HOLDS_STAY};
    w.holds = (struct holds_settings){.bug = bugs[bug],
                                      .queues = QUEUES,
                                      .capacity = (size_t)between(12, MAX_MESSAGES),
                                      .visibility_s = (int)between(1, 4),
                                      .call_us = CALL_US,
                                      .over = hold_over,
                                      .fail = fail};
}

static void start_fibers(void)
{
    for (size_t i = 0; i < w.lanes; i++) {
        turn_init(&w.lane[i].turn, &w.lane[i].pulse);
        fiber_start(lane_run, &w.lane[i]);
    }
    for (size_t q = 0; q < QUEUES; q++) {
        fiber_start(poll_run, (void *)(uintptr_t)q);
    }
    holds_start(&w.holds);
}

/* Only after a schedule without a violation: else lanes may have turns, and messages may wait. */
static void end_world(void)
{
    for (size_t i = 0; i < w.lanes; i++) {
        turn_done(&w.lane[i].turn);
    }
    turns_free(w.turns);
    inbox_free(w.inbox);
    holds_done();
}

const char *shares_run(uint64_t seed, enum shares_bug bug, bool trace)
{
    make_world(seed, bug, trace);
    start_fibers();
    /* Each message waits for its receive behind all others, and is begun within the bound. */
    int64_t most_us = (int64_t)(w.count + 1) *
                      (w.bounds.any_us + RETURNED_S * SECOND_US + SLOW_KAFKA_US + SECOND_US);
    if (!fibers_run(fibers_now_us() + most_us)) {
        fail("messages are left, and no lane takes them");
    } else {
        end_world();
    }
    fibers_done();
    return w.failed;
}
