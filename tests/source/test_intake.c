/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "conf/sizes.h"
#include "fakes/captured_log.h"
#include "fakes/fake_sqs.h"
#include "fakes/fake_world.h"
#include "source/intake.h"

enum { QUEUES = 2, POLLS = 256 };

/* ---- A poller whose results the test sets ---- */

struct sqs_poller {
    char unused;
};

struct poll_seen {
    size_t queue;
    int max_messages;
    int wait_s, visibility_s;
    void *tag;
    bool answered;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct poll_seen polls[POLLS];
    size_t count;
    struct sqs_polled answers[8];
    size_t answer_count, taken;
    enum err_kind attributes; /* result of sqs_get_attributes */
    const void *silent;       /* the queue for which it does not return; NULL: none */
    unsigned attributes_asked;
    unsigned dead_asked;
    enum err_kind dead;      /* result of sqs_get_attributes of the dead-letter queue */
    int64_t clock_offset_ms; /* that the next answer shows; 0: none */
    uint64_t visible;        /* number of visible messages that it returns */
    int64_t in_flight;       /* ... and of those that are not visible; 0: 3 */
    int64_t created_s;       /* ... and when the queue was created */
    int64_t max_receives;    /* ... and its maxReceiveCount */
    unsigned receive_count;  /* of the messages; 0: 1 */
    bool woken;
} poller;

static int queue_names[QUEUES];

struct sqs_poller *sqs_poller_new(void)
{
    return calloc(1, sizeof(struct sqs_poller));
}

void sqs_poller_free(struct sqs_poller *p)
{
    free(p);
}

void sqs_poller_start(struct sqs_poller *p UNUSED, struct sqs_queue *q, int max_messages,
                      int wait_s, int visibility_s, void *tag)
{
    (void)pthread_mutex_lock(&poller.lock);
    struct poll_seen *seen = &poller.polls[poller.count++ % POLLS];
    *seen = (struct poll_seen){.queue = (size_t)((int *)(void *)q - queue_names),
                               .max_messages = max_messages,
                               .wait_s = wait_s,
                               .visibility_s = visibility_s,
                               .tag = tag};
    (void)pthread_cond_broadcast(&poller.changed);
    (void)pthread_mutex_unlock(&poller.lock);
}

bool sqs_poller_next(struct sqs_poller *p UNUSED, int timeout_ms, struct sqs_polled *out)
{
    (void)pthread_mutex_lock(&poller.lock);
    if (poller.taken == poller.answer_count && !poller.woken) {
        (void)cond_wait_ms(&poller.changed, &poller.lock, timeout_ms < 20 ? timeout_ms : 20);
    }
    poller.woken = false;
    bool any = poller.taken < poller.answer_count;
    if (any) {
        *out = poller.answers[poller.taken++ % 8];
    }
    (void)pthread_mutex_unlock(&poller.lock);
    return any;
}

void sqs_poller_wake(struct sqs_poller *p UNUSED)
{
    (void)pthread_mutex_lock(&poller.lock);
    poller.woken = true;
    (void)pthread_cond_broadcast(&poller.changed);
    (void)pthread_mutex_unlock(&poller.lock);
}

static int dead_queue;

struct sqs_queue *sqs_queue_beside(const struct sqs_queue *q UNUSED, const char *arn,
                                   struct err *e UNUSED)
{
    assert_string_equal(arn, "arn:aws:sqs:eu-west-1:111122223333:dead");
    return (struct sqs_queue *)(void *)&dead_queue;
}

void sqs_queue_free(struct sqs_queue *q UNUSED)
{
}

static enum err_kind dead_attributes(struct sqs_attributes *out, struct err *e)
{
    (void)pthread_mutex_lock(&poller.lock);
    poller.dead_asked++;
    enum err_kind kind = poller.dead;
    *out = (struct sqs_attributes){.visible = 5};
    (void)pthread_mutex_unlock(&poller.lock);
    return kind == FAIL_NONE ? kind : err_set(e, kind, "sqs: as the test says");
}

enum err_kind sqs_get_attributes(struct sqs_queue *q, struct sqs_attributes *out, struct err *e)
{
    if (q == (struct sqs_queue *)(void *)&dead_queue) {
        return dead_attributes(out, e);
    }
    (void)pthread_mutex_lock(&poller.lock);
    poller.attributes_asked++;
    while (poller.silent == q) {
        (void)cond_wait_ms(&poller.changed, &poller.lock, 10);
    }
    enum err_kind kind = poller.attributes;
    *out = (struct sqs_attributes){.max_receive_count = (int)poller.max_receives,
                                   .retention_s = 345600,
                                   .visible = (int64_t)poller.visible,
                                   .in_flight = poller.in_flight != 0 ? poller.in_flight : 3,
                                   .created_s = poller.created_s,
                                   .dead_letter_arn = "arn:aws:sqs:eu-west-1:111122223333:dead"};
    (void)pthread_mutex_unlock(&poller.lock);
    return kind == FAIL_NONE ? kind : err_set(e, kind, "sqs: as the test says");
}

bool sqs_clock_news(struct sqs_queue *q UNUSED, int64_t *offset_ms)
{
    (void)pthread_mutex_lock(&poller.lock);
    *offset_ms = poller.clock_offset_ms;
    poller.clock_offset_ms = 0;
    (void)pthread_mutex_unlock(&poller.lock);
    return *offset_ms != 0;
}

/* ---- A clock that the test changes while the intake runs ---- */

static struct {
    struct clock clock;
    atomic_int_fast64_t ms;
    atomic_int_fast64_t cpu_us, read_us; /* each look at the CPU time is read_us after the last */
} moved;

static int64_t moved_ms(const struct clock *c UNUSED)
{
    return atomic_load(&moved.ms);
}

static int64_t moved_cpu_us(const struct clock *c UNUSED)
{
    return atomic_fetch_add(&moved.cpu_us, atomic_load(&moved.read_us));
}

/* ---- The intake ---- */

static struct {
    struct conf conf;
    struct queue_conf queue_confs[QUEUES];
    struct customer_conf customers[QUEUES];
    struct sqs_origin origins[QUEUES];
    struct intake_queue queues[QUEUES];
    struct acker_queue acker_queues[QUEUES];
    struct customers *all;
    struct acker *acker;
    struct inbox *inbox;
    struct intake *intake;
} w;

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

/* The customer in this slot; borrowed until its configuration changes. */
static struct customer *at(uint32_t slot)
{
    struct customer *c = NULL;
    do {
        c = customers_next(w.all, c);
        assert_non_null(c);
    } while (c->slot != slot);
    customer_release(c);
    return c;
}

static void setup_conf(size_t queues)
{
    static const char *const ids[QUEUES] = {"a", "b"};
    for (size_t i = 0; i < queues; i++) {
        w.queue_confs[i] = (struct queue_conf){
            .name = text(ids[i]), .visibility_s = 120, .wait_s = 20, .customer_count = 1};
        w.customers[i] = (struct customer_conf){.id = text(ids[i]),
                                                .queue = &w.queue_confs[i],
                                                .bucket = text("bucket"),
                                                .prefix = text("logs"),
                                                .region = text("eu-west-1"),
                                                .topic = text("events")};
        w.origins[i] = (struct sqs_origin){.queue = (struct sqs_queue *)(void *)&queue_names[i],
                                           .name = ids[i]};
        w.queues[i] =
            (struct intake_queue){.origin = &w.origins[i],
                                  .times = {.visibility_s = 120, .heartbeat_s = 40, .wait_s = 20}};
        w.acker_queues[i] = (struct acker_queue){.name = ids[i], .visibility_s = 120};
    }
    w.conf.kafka.key = text("{customer}");
    w.conf.queues = w.queue_confs;
    w.conf.queue_count = queues;
    w.conf.customers = w.customers;
    w.conf.customer_count = queues;
}

static void set_up_queues(size_t queues, size_t places, bool shared)
{
    memset(&w, 0, sizeof(w));
    memset(&poller, 0, sizeof(poller));
    poller.max_receives = 12;
    fake_world_reset();
    fake_sqs_reset();
    (void)pthread_mutex_init(&poller.lock, NULL);
    cond_init(&poller.changed);
    moved.clock =
        (struct clock){.mono_ms = moved_ms, .wall_ms = moved_ms, .thread_us = moved_cpu_us};
    atomic_store(&moved.read_us, 0);
    atomic_store(&moved.ms, 1000);
    setup_conf(queues);
    if (shared) {
        w.queue_confs[0].customer_count = 2;
        w.customers[1] = w.customers[0];
        w.customers[1].id = text("b");
        w.customers[1].prefix = text("other");
        w.conf.customer_count = 2;
    }
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &moved.clock}, &e);
    w.acker = acker_new(w.acker_queues, queues, &moved.clock);
    w.inbox = inbox_new(&(struct inbox_settings){.slots = places,
                                                 .lanes = 8,
                                                 .queues = queues,
                                                 .sched_classes = 2 * queues,
                                                 .bytes = 1 << 20});
    w.intake = intake_new(&(struct intake_parts){.queues = w.queues,
                                                 .queue_count = queues,
                                                 .inbox = w.inbox,
                                                 .acker = w.acker,
                                                 .customers = w.all,
                                                 .clock = &moved.clock});
}

static void setup(size_t queues, size_t places)
{
    set_up_queues(queues, places, false);
}

static void teardown(void)
{
    struct inflight *m = NULL;
    intake_stop(w.intake, 0);
    while ((m = inbox_drain(w.inbox)) != NULL) {
        inflight_return(m);
    }
    acker_stop(w.acker);
    intake_free(w.intake);
    inbox_free(w.inbox);
    acker_free(w.acker);
    customers_free(w.all);
    memset(&w, 0, sizeof(w));
}

/* Also after an assertion that failed. */
static int tear_down(void **state UNUSED)
{
    if (w.all != NULL) {
        teardown();
    }
    return 0;
}

/* Wait for the n-th poll, counted from 0. */
static struct poll_seen poll_at(size_t n)
{
    (void)pthread_mutex_lock(&poller.lock);
    for (int i = 0; i < 1000 && poller.count <= n; i++) {
        (void)cond_wait_ms(&poller.changed, &poller.lock, 10);
    }
    assert_true(poller.count > n);
    struct poll_seen seen = poller.polls[n % POLLS];
    (void)pthread_mutex_unlock(&poller.lock);
    return seen;
}

static size_t polls_so_far(void)
{
    (void)pthread_mutex_lock(&poller.lock);
    size_t n = poller.count;
    (void)pthread_mutex_unlock(&poller.lock);
    return n;
}

/*
 * Wait until the intake has completed several rounds, so that it has started every poll that it
 * would start.
 */
static void let_it_look(void)
{
    for (int i = 0; i < 5; i++) {
        sqs_poller_wake(NULL);
        (void)pthread_mutex_lock(&poller.lock);
        while (poller.woken) {
            (void)cond_wait_ms(&poller.changed, &poller.lock, 1);
        }
        (void)pthread_mutex_unlock(&poller.lock);
    }
}

static void answer_poll_by(struct poll_seen seen, size_t messages, enum err_kind kind,
                           const char *body)
{
    (void)pthread_mutex_lock(&poller.lock);
    struct sqs_polled *p = &poller.answers[poller.answer_count % 8];
    *p = (struct sqs_polled){.tag = seen.tag, .count = messages};
    for (size_t i = 0; i < messages; i++) {
        p->messages[i] = fake_message("h", body);
        p->messages[i]->receive_count = poller.receive_count > 0 ? poller.receive_count : 1;
    }
    if (kind != FAIL_NONE) {
        (void)err_set(&p->err, kind, "sqs: as the test says");
        err_copy(p->err.code, sizeof(p->err.code),
                 kind == FAIL_CONFIG ? SPAN("QueueDoesNotExist") : SPAN(""));
    }
    poller.answer_count++;
    (void)pthread_cond_broadcast(&poller.changed);
    (void)pthread_mutex_unlock(&poller.lock);
}

static void answer_poll(struct poll_seen seen, size_t messages, enum err_kind kind)
{
    answer_poll_by(seen, messages, kind, "{}");
}

static void damage_poll(struct poll_seen seen, unsigned damaged)
{
    (void)pthread_mutex_lock(&poller.lock);
    poller.answers[poller.answer_count++ % 8] =
        (struct sqs_polled){.tag = seen.tag, .damaged = damaged};
    (void)pthread_cond_broadcast(&poller.changed);
    (void)pthread_mutex_unlock(&poller.lock);
}

/* Wait until the counter is at least n. */
static void wait_for_count(const stats_count *c, uint64_t n)
{
    for (int i = 0; i < 10000 && stats_get(c) < n; i++) {
        (void)pthread_mutex_lock(&poller.lock);
        (void)cond_wait_ms(&poller.changed, &poller.lock, 1);
        (void)pthread_mutex_unlock(&poller.lock);
    }
    assert_true(stats_get(c) >= n);
}

static void asks_for_one_when_idle_and_for_more_while_messages_come(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    static const int want[] = {1, 2, 4, 8, 10, 10};
    for (size_t i = 0; i < 6; i++) {
        struct poll_seen seen = poll_at(i);
        assert_int_equal(seen.max_messages, want[i]);
        answer_poll(seen, (size_t)seen.max_messages, FAIL_NONE);
    }
    answer_poll(poll_at(6), 0, FAIL_NONE);
    assert_int_equal(poll_at(7).max_messages, 1);
    assert_int_equal(inbox_waiting(w.inbox), 35);
    assert_int_equal(acker_held(w.acker), 35); /* held from the receive on */
}

static void polls_only_for_what_has_a_slot(void **state UNUSED)
{
    setup(1, 4); /* a half of them, and the queue's own */
    intake_start(w.intake);
    answer_poll(poll_at(0), 1, FAIL_NONE);
    answer_poll(poll_at(1), 2, FAIL_NONE);
    while (inbox_waiting(w.inbox) < 3) {
    }
    let_it_look();
    assert_int_equal(polls_so_far(), 2);
    struct inflight *m = inbox_take(w.inbox, &(struct inbox_use){0});
    intake_wake(w.intake);
    let_it_look();
    assert_int_equal(polls_so_far(), 2); /* one slot is free, and two messages wait */
    inflight_return(m);
    inflight_return(inbox_take(w.inbox, &(struct inbox_use){0}));
    intake_wake(w.intake);
    assert_int_equal(poll_at(2).max_messages, 2);
}

#define NOTIFICATION(key)                                                                          \
    "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\","                          \
    "\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"bucket\"},"                \
    "\"object\":{\"key\":\"" key "\",\"size\":1}}}]}"

/* Its messages go back to the queue, so that those of the other customer behind them are received.
 */
static void refuses_messages_of_a_customer_over_its_share_of_a_shared_queue(void **state UNUSED)
{
    set_up_queues(1, 8, true);
    intake_start(w.intake);
    const struct poll_stats *stats = intake_stats(w.intake, 0);
    size_t polls = 0;
    uint64_t messages = 0;
    assert_int_equal(stats_get(&stats->hidden), 0);
    for (; stats_get(&stats->over_share) < 20; polls++) {
        struct poll_seen seen = poll_at(polls);
        answer_poll_by(seen, (size_t)seen.max_messages, FAIL_NONE, NOTIFICATION("logs/a"));
        messages += (uint64_t)seen.max_messages;
        wait_for_count(&stats->messages, messages);
        assert_true(inbox_waiting(w.inbox) <= 5); /* a half, and the queue's own place */
    }
    wait_for_count(&stats->hidden, stats_get(&stats->over_share)); /* for the backlog */
    answer_poll_by(poll_at(polls), 1, FAIL_NONE, NOTIFICATION("other/b"));
    wait_for_count(&stats->messages, messages + 1);
    (void)poll_at(polls + 1);
    struct inflight *first = inbox_take(w.inbox, &(struct inbox_use){0});
    struct inflight *second = inbox_take(w.inbox, &(struct inbox_use){0});
    assert_int_equal(first->sched_class, at(0)->sched_class);
    assert_int_equal(second->sched_class, at(1)->sched_class);
    assert_int_equal(stats_get(&at(1)->stats->messages_in_flight), 1);
    inflight_return(first);
    inflight_return(second);
}

/* Answer polls with messages of one customer until one of them is returned. */
static void answer_until_returned(size_t *polls, unsigned receive_count)
{
    const struct poll_stats *stats = intake_stats(w.intake, 0);
    uint64_t returned = stats_get(&stats->over_share);
    poller.receive_count = receive_count;
    for (; stats_get(&stats->over_share) == returned; ++*polls) {
        struct poll_seen seen = poll_at(*polls);
        uint64_t messages = stats_get(&stats->messages) + (uint64_t)seen.max_messages;
        answer_poll_by(seen, (size_t)seen.max_messages, FAIL_NONE, NOTIFICATION("logs/a"));
        wait_for_count(&stats->messages, messages);
    }
}

/* Changes of visibility so far with a delay from first_s to last_s. */
static size_t returned_for(int first_s, int last_s)
{
    size_t n = 0;
    for (int s = first_s; s <= last_s; s++) {
        n += fake_sqs_asked(false, NULL, s);
    }
    return n;
}

/* Wait until a message was returned with such a delay. Calls to SQS are collected for a time. */
static void wait_for_return(int first_s, int last_s)
{
    for (int i = 0; i < 1000 && returned_for(first_s, last_s) == 0; i++) {
        (void)atomic_fetch_add(&moved.ms, 10);
        let_it_look();
    }
    assert_true(returned_for(first_s, last_s) != 0);
}

/* A customer may be over its share for a moment only. */
static void
what_is_returned_for_a_share_is_visible_again_at_once_the_first_time(void **state UNUSED)
{
    size_t polls = 0;
    set_up_queues(1, 8, true);
    poller.max_receives = 3;
    acker_start(w.acker);
    intake_start(w.intake);
    answer_until_returned(&polls, 1);
    wait_for_return(0, 0);
    answer_until_returned(&polls, 2); /* each later time as long as ever */
    wait_for_return(15, 20);
    assert_int_equal(returned_for(1, 14), 0);
}

static void what_is_returned_for_a_share_waits_if_its_next_receive_is_the_last(void **state UNUSED)
{
    size_t polls = 0;
    set_up_queues(1, 8, true);
    poller.max_receives = 2;
    acker_start(w.acker);
    intake_start(w.intake);
    answer_until_returned(&polls, 1);
    wait_for_return(8, 10);
    assert_int_equal(returned_for(0, 7), 0);
}

/*
 * One round trip: answer all receives in progress, each with as many messages as it requests, of a
 * backlog of the first customer with `left` messages. True: the backlog is over, and the next
 * message, of the other customer, was received.
 */
static bool answer_round(size_t *answered, size_t *left)
{
    const struct poll_stats *stats = intake_stats(w.intake, 0);
    size_t end = polls_so_far();
    bool found = false;
    assert_in_range(end - *answered, 1, 1 + SEARCHES_MAX / 2);
    for (; *answered < end && !found; ++*answered) {
        uint64_t before = stats_get(&stats->messages);
        struct poll_seen seen = poll_at(*answered);
        size_t want = (size_t)seen.max_messages;
        size_t count = want < *left ? want : *left;
        found = count == 0;
        answer_poll_by(seen, found ? 1 : count, FAIL_NONE,
                       found ? NOTIFICATION("other/b") : NOTIFICATION("logs/a"));
        *left -= count;
        wait_for_count(&stats->messages, before + (found ? 1 : count));
    }
    let_it_look();
    return found;
}

static void finds_a_message_behind_a_backlog_in_few_round_trips(void **state UNUSED)
{
    set_up_queues(1, 20, true);
    intake_start(w.intake);
    size_t answered = 0, left = 1000, rounds = 1;
    (void)poll_at(0);
    while (!answer_round(&answered, &left)) {
        rounds++;
    }
    assert_in_range(rounds, 20, 30); /* 170 by the poll alone */
    assert_int_equal(stats_get(&at(1)->stats->messages_in_flight), 1);
}

static void searches_only_while_messages_are_returned_for_a_share(void **state UNUSED)
{
    set_up_queues(1, 8, true);
    intake_start(w.intake);
    const struct poll_stats *stats = intake_stats(w.intake, 0);
    size_t polls = 0;
    for (uint64_t messages = 0; stats_get(&stats->over_share) == 0; polls++) {
        struct poll_seen seen = poll_at(polls);
        assert_int_equal(seen.wait_s, 20);
        answer_poll_by(seen, (size_t)seen.max_messages, FAIL_NONE, NOTIFICATION("logs/a"));
        messages += (uint64_t)seen.max_messages;
        wait_for_count(&stats->messages, messages);
    }
    let_it_look();
    assert_int_equal(polls_so_far(), polls + 1 + SEARCHES_MAX / 2);
    size_t searches = 0;
    for (; polls < polls_so_far(); polls++) {
        struct poll_seen seen = poll_at(polls);
        searches += seen.max_messages == SQS_BATCH && seen.wait_s == 1;
        if (seen.wait_s == 1) {
            uint64_t before = stats_get(&stats->receives[RECEIVE_EMPTY]);
            answer_poll(seen, 0, FAIL_NONE);
            wait_for_count(&stats->receives[RECEIVE_EMPTY], before + 1);
        }
    }
    assert_int_equal(searches, SEARCHES_MAX / 2);
    let_it_look();
    assert_int_equal(polls_so_far(), polls); /* only the poll is in progress */
}

/* There is no other customer whose messages it could find. */
static void does_not_search_a_queue_of_one_customer(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    struct poll_seen seen = poll_at(0);
    stats_add(&at(0)->stats->messages_in_flight, MESSAGES_HELD_MAX);
    answer_poll_by(seen, 1, FAIL_NONE, NOTIFICATION("logs/a"));
    wait_for_count(&intake_stats(w.intake, 0)->over_share, 1);
    stats_subtract(&at(0)->stats->messages_in_flight, MESSAGES_HELD_MAX);
    intake_wake(w.intake);
    (void)poll_at(1);
    let_it_look();
    assert_int_equal(polls_so_far(), 2);
}

static void a_customer_with_its_share_of_messages_in_flight_is_not_polled(void **state UNUSED)
{
    setup(2, 100);
    stats_add(&at(0)->stats->messages_in_flight, MESSAGES_HELD_MAX);
    intake_start(w.intake);
    assert_int_equal(poll_at(0).queue, 1);
    let_it_look();
    assert_int_equal(polls_so_far(), 1);
    stats_subtract(&at(0)->stats->messages_in_flight, MESSAGES_HELD_MAX);
    intake_wake(w.intake);
    assert_int_equal(poll_at(1).queue, 0);
}

static void learns_of_the_redrive_before_the_first_poll(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    (void)poll_at(0);
    assert_int_equal(w.origins[0].redrive.max_receive_count, 12);
    assert_int_equal(w.origins[0].redrive.retention_ms, 345600000);
}

static unsigned attributes_asked(void)
{
    (void)pthread_mutex_lock(&poller.lock);
    unsigned n = poller.attributes_asked;
    (void)pthread_mutex_unlock(&poller.lock);
    return n;
}

/* In place of the intake of setup(): one that asks for attributes each minute of `moved`. */
static void start_with_moved_clock(void)
{
    intake_free(w.intake);
    w.intake = intake_new(&(struct intake_parts){.queues = w.queues,
                                                 .queue_count = 1,
                                                 .inbox = w.inbox,
                                                 .acker = w.acker,
                                                 .customers = w.all,
                                                 .clock = &moved.clock,
                                                 .attribute_interval_ms = 60000});
    intake_start(w.intake);
}

static void looks_again_and_counts_receives_that_bring_nothing_of_what_is_there(void **state UNUSED)
{
    setup(1, 100);
    start_with_moved_clock();
    const struct poll_stats *s = intake_stats(w.intake, 0);
    answer_poll(poll_at(0), 0, FAIL_NONE);
    wait_for_count(&s->receives[RECEIVE_EMPTY], 1);
    assert_true(atomic_load(&s->attributes_known) && atomic_load(&s->reached));
    assert_int_equal(stats_get(&s->in_flight), 3);
    assert_int_equal(stats_get(&s->starved), 0);
    assert_int_equal(attributes_asked(), 1);

    (void)pthread_mutex_lock(&poller.lock);
    poller.visible = 7;
    poller.max_receives = 8;
    (void)pthread_mutex_unlock(&poller.lock);
    atomic_fetch_add(&moved.ms, 60000);
    wait_for_count(&s->visible, 7);
    assert_int_equal(w.origins[0].redrive.max_receive_count, 8);
    answer_poll(poll_at(1), 0, FAIL_NONE);
    wait_for_count(&s->starved, 1);
    answer_poll(poll_at(2), 1, FAIL_NONE);
    wait_for_count(&s->messages, 1);
    assert_int_equal(stats_get(&s->starved), 1);
    assert_true(pulse_state(intake_pulse(w.intake)) == PULSE_WORK);
}

/* What is hidden and not held was hidden before the start, or is another worker's. */
static void counts_hidden_messages_that_are_not_its_own(void **state UNUSED)
{
    setup(1, 100);
    start_with_moved_clock();
    const struct poll_stats *s = intake_stats(w.intake, 0);
    answer_poll(poll_at(0), 1, FAIL_NONE);
    wait_for_count(&s->messages, 1);
    assert_int_equal(stats_get(&s->not_held), 3); /* when it began it held none */
    uint64_t until_ms = stats_get(&s->not_held_until_ms);
    assert_true(until_ms >= 15 * 60 * 1000);
    (void)pthread_mutex_lock(&poller.lock);
    poller.in_flight = 7;
    (void)pthread_mutex_unlock(&poller.lock);
    atomic_fetch_add(&moved.ms, 60000);
    wait_for_count(&s->in_flight, 7);
    assert_int_equal(acker_held(w.acker), 1);
    assert_int_equal(stats_get(&s->not_held), 6);
    assert_int_equal(stats_get(&s->not_held_until_ms), until_ms);
}

static unsigned dead_asked(void)
{
    (void)pthread_mutex_lock(&poller.lock);
    unsigned n = poller.dead_asked;
    (void)pthread_mutex_unlock(&poller.lock);
    return n;
}

/* Let the interval pass, and wait until the attributes were read again. */
static void pass_an_interval(void)
{
    unsigned before = attributes_asked();
    atomic_fetch_add(&moved.ms, 60000);
    while (attributes_asked() == before) {
        let_it_look();
    }
}

/* dead: the result of the attributes of the dead-letter queue. */
static void start_with_interval(enum err_kind dead)
{
    setup(1, 100);
    poller.dead = dead;
    start_with_moved_clock();
    (void)poll_at(0);
}

static void counts_dead_letters_at_each_fifth_reading(void **state UNUSED)
{
    start_with_interval(FAIL_NONE);
    const struct poll_stats *s = intake_stats(w.intake, 0);
    assert_int_equal(dead_asked(), 0);
    for (int n = 1; n <= 12; n++) {
        pass_an_interval();
    }
    wait_for_count(&s->dead_letters, 5);
    assert_true(atomic_load(&s->dead_known));
    while (dead_asked() < 3) { /* at the intervals 1, 6 and 11 */
        let_it_look();
    }
    let_it_look();
    assert_int_equal(dead_asked(), 3);
    (void)pthread_mutex_lock(&poller.lock);
    poller.attributes = FAIL_AGAIN; /* of the queue itself */
    (void)pthread_mutex_unlock(&poller.lock);
    pass_an_interval();
    while (atomic_load(&s->dead_known)) {
        let_it_look();
    }
    assert_false(atomic_load(&s->attributes_known));
}

static void reads_attributes_once_without_an_interval(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    (void)poll_at(0);
    atomic_fetch_add(&moved.ms, 3600 * 1000);
    let_it_look();
    assert_int_equal(attributes_asked(), 1);
}

static void polls_the_others_while_a_queue_does_not_answer(void **state UNUSED)
{
    setup(2, 100);
    poller.silent = &queue_names[0];
    intake_start(w.intake);
    for (size_t i = 0; i < 3; i++) {
        struct poll_seen seen = poll_at(i);
        assert_int_equal(seen.queue, 1);
        answer_poll(seen, 1, FAIL_NONE);
    }
    assert_int_equal(poll_at(3).queue, 1);
    (void)pthread_mutex_lock(&poller.lock);
    poller.silent = NULL;
    (void)pthread_mutex_unlock(&poller.lock);
    assert_int_equal(poll_at(4).queue, 0);
}

static void does_not_poll_a_queue_without_a_customer(void **state UNUSED)
{
    setup(2, 100);
    customers_free(w.all);
    w.conf.customer_count = 1; /* of the first queue */
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &moved.clock}, &e);
    intake_free(w.intake);
    w.intake = intake_new(&(struct intake_parts){.queues = w.queues,
                                                 .queue_count = 2,
                                                 .inbox = w.inbox,
                                                 .acker = w.acker,
                                                 .customers = w.all,
                                                 .clock = &moved.clock});
    intake_start(w.intake);
    assert_int_equal(poll_at(0).queue, 0);
    let_it_look();
    assert_int_equal(polls_so_far(), 1);
}

static void does_not_poll_before_it_knows_the_queue_but_takes_a_denial(void **state UNUSED)
{
    setup(1, 100);
    poller.attributes = FAIL_AGAIN;
    intake_start(w.intake);
    for (;;) {
        (void)pthread_mutex_lock(&poller.lock);
        bool asked = poller.attributes_asked != 0;
        poller.attributes = asked ? FAIL_DENIED : FAIL_AGAIN;
        (void)pthread_mutex_unlock(&poller.lock);
        if (asked) {
            break;
        }
    }
    let_it_look();
    assert_int_equal(polls_so_far(), 0); /* waits before the next request */
    atomic_fetch_add(&moved.ms, 2000);
    (void)poll_at(0);
    assert_int_equal(w.origins[0].redrive.max_receive_count, 0);
}

/* Wait until the log has such a line. */
static const char *await_line(const char *part)
{
    for (int i = 0; i < 1000 && captured_log_line(part) == NULL; i++) {
        let_it_look();
        (void)usleep(10000);
    }
    assert_non_null(captured_log_line(part));
    return captured_log_line(part);
}

static void set_created(int64_t s, int64_t max_receives)
{
    (void)pthread_mutex_lock(&poller.lock);
    poller.created_s = s;
    poller.max_receives = max_receives;
    (void)pthread_mutex_unlock(&poller.lock);
}

/* The queue does not exist, then answers; the number of polls before. */
static void queue_goes_and_comes(size_t polls)
{
    answer_poll(poll_at(polls), 0, FAIL_CONFIG);
    let_it_look();
    atomic_fetch_add(&moved.ms, 120000);
    answer_poll(poll_at(polls + 1), 0, FAIL_NONE);
}

static void says_whether_a_queue_that_was_gone_is_another_one(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    setup(1, 100);
    poller.created_s = 1795355943;
    intake_start(w.intake);
    assert_non_null(strstr(await_line("msg=\"queue attributes\""), "created=2026-11-22T13:59:03Z"));
    queue_goes_and_comes(0);
    assert_non_null(await_line("level=info msg=\"the queue is the same\" queue=a"));
    set_created(1795355943 + 3600, 5);
    queue_goes_and_comes(2);
    const char *line = await_line("level=warn msg=\"the queue is a new one\" queue=a");
    assert_non_null(strstr(line, "created=2026-11-22T14:59:03Z before=2026-11-22T13:59:03Z next="));
    (void)poll_at(4);
    assert_int_equal(captured_log_count("msg=\"queue attributes\""), 3);
    assert_int_equal(w.origins[0].redrive.max_receive_count, 5);
    captured_log_end();
}

static void a_dead_letter_queue_that_is_denied_is_said_once_and_not_asked_again(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    start_with_interval(FAIL_DENIED);
    for (int n = 0; n < 12; n++) {
        pass_an_interval();
    }
    const char *line = await_line("msg=\"dead-letter queue cannot be read\"");
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "allow sqs:GetQueueAttributes"));
    let_it_look();
    assert_int_equal(dead_asked(), 1);
    assert_int_equal(captured_log_count("msg=\"dead-letter queue cannot be read\""), 1);
    assert_false(atomic_load(&intake_stats(w.intake, 0)->dead_known));
    assert_true(atomic_load(&intake_stats(w.intake, 0)->attributes_known));
    captured_log_end();
}

static void warns_of_attributes_that_it_may_not_read(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    setup(1, 100);
    poller.attributes = FAIL_DENIED;
    intake_start(w.intake);
    const char *line = await_line("msg=\"queue attributes denied\"");
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "error=denied"));
    assert_non_null(strstr(line, "allow sqs:GetQueueAttributes"));
    (void)poll_at(0);
    captured_log_end();
}

static void warns_of_messages_that_were_damaged_on_their_way(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    setup(1, 100);
    intake_start(w.intake);
    damage_poll(poll_at(0), 3);
    const char *line = await_line("msg=\"messages with a wrong checksum\"");
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "messages=3 next=\"dropped;"));
    (void)poll_at(1);
    captured_log_end();
}

static void offset_poll(struct poll_seen seen, int64_t offset_ms)
{
    (void)pthread_mutex_lock(&poller.lock);
    poller.clock_offset_ms = offset_ms;
    (void)pthread_mutex_unlock(&poller.lock);
    answer_poll(seen, 0, FAIL_NONE);
}

static void warns_of_the_clock_when_its_difference_has_changed(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    setup(1, 100);
    intake_start(w.intake);
    offset_poll(poll_at(0), 400000);
    offset_poll(poll_at(1), 410000);
    offset_poll(poll_at(2), -70000);
    (void)poll_at(3);
    assert_non_null(captured_log_line("level=warn msg=\"clock differs\""));
    assert_non_null(captured_log_line("ahead_ms=400000"));
    assert_null(captured_log_line("ahead_ms=410000"));
    assert_non_null(captured_log_line("ahead_ms=-70000"));
    assert_int_equal(captured_log_count("clock differs"), 2);
    captured_log_end();
}

static struct {
    unsigned receives;
} sent = {1};

/* One message that was sent at this time, by SQS's clock. */
static void answer_poll_sent(struct poll_seen seen, int64_t sent_ms)
{
    (void)pthread_mutex_lock(&poller.lock);
    struct sqs_polled *p = &poller.answers[poller.answer_count % 8];
    *p = (struct sqs_polled){.tag = seen.tag, .count = 1};
    p->messages[0] = fake_message("h", "{}");
    p->messages[0]->sent_ms = sent_ms;
    p->messages[0]->receive_count = sent.receives;
    poller.answer_count++;
    (void)pthread_cond_broadcast(&poller.changed);
    (void)pthread_mutex_unlock(&poller.lock);
}

/* For the age of a backlog: messages that were received before have been in back-off. */
static void the_oldest_new_message_of_a_receive_is_kept(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    const struct poll_stats *stats = intake_stats(w.intake, 0);
    answer_poll_sent(poll_at(0), 5000);
    wait_for_count(&stats->messages, 1);
    assert_int_equal(stats_get(&stats->head_ms), 5000);
    sent.receives = 2;
    answer_poll_sent(poll_at(1), 1000);
    wait_for_count(&stats->messages, 2);
    assert_int_equal(stats_get(&stats->head_ms), 5000);
    sent.receives = 1;
    answer_poll_sent(poll_at(2), 7000);
    wait_for_count(&stats->messages, 3);
    assert_int_equal(stats_get(&stats->head_ms), 7000);
    answer_poll(poll_at(3), 0, FAIL_NONE);
    (void)poll_at(4);
    assert_int_equal(stats_get(&stats->head_ms), 7000); /* they wait in the inbox */
    for (int n = 0; n < 3; n++) {
        inflight_return(inbox_take(w.inbox, &(struct inbox_use){0}));
    }
    answer_poll(poll_at(4), 0, FAIL_NONE);
    (void)poll_at(5);
    assert_int_equal(stats_get(&stats->head_ms), atomic_load(&moved.ms));
}

static void warns_of_the_clock_once_when_messages_have_a_later_time(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    setup(1, 100);
    intake_start(w.intake);
    int64_t now = atomic_load(&moved.ms);
    answer_poll_sent(poll_at(0), now + 4000);
    answer_poll_sent(poll_at(1), now + 40000);
    answer_poll_sent(poll_at(2), now + 50000);
    (void)poll_at(3);
    assert_int_equal(captured_log_count("clock differs"), 1);
    const char *line = captured_log_line("level=warn msg=\"clock differs\"");
    assert_non_null(strstr(line, "ahead_ms=40000"));
    assert_non_null(strstr(line, "delivery lag"));
    captured_log_end();
}

static void backs_off_from_a_queue_that_answers_with_errors_and_only_from_that(void **state UNUSED)
{
    setup(2, 100);
    intake_start(w.intake);
    struct poll_seen first = poll_at(0);
    struct poll_seen second = poll_at(1);
    struct poll_seen ill = first.queue == 0 ? first : second;
    struct poll_seen fine = first.queue == 0 ? second : first;
    captured_log_begin(LOG_INFO);
    answer_poll(ill, 0, FAIL_DENIED);
    answer_poll(fine, 0, FAIL_NONE);
    assert_int_equal(poll_at(2).queue, 1);
    let_it_look();
    assert_int_equal(polls_so_far(), 3);
    atomic_fetch_add(&moved.ms, 1000);
    assert_int_equal(poll_at(3).queue, 0);
    for (size_t i = 0; i < 12; i++) { /* up to a minute */
        answer_poll(poll_at(3 + i), 0, FAIL_AGAIN);
        let_it_look();
        assert_int_equal(polls_so_far(), 4 + i);
        atomic_fetch_add(&moved.ms, 60000);
    }
    assert_non_null(strstr(await_line("outage=begins"),
                           "level=error msg=\"queue access denied\" outage=begins queue=a "
                           "customers=1 customer_ids=a call=receive messages_held=0 "
                           "error=denied"));
    assert_non_null(strstr(await_line("outage=changes"), "msg=\"queue does not answer\""));
    assert_in_range(captured_log_count("outage=lasts"), 2, 8);
    assert_non_null(strstr(await_line("outage=lasts"), "customer_ids=a call=receive"));
    assert_true(outage_is_open(acker_outage(w.acker, 0)));
    answer_poll(poll_at(15), 0, FAIL_NONE);
    assert_non_null(strstr(await_line("outage=over"),
                           "msg=\"queue connected\" outage=over queue=a customers=1 "
                           "customer_ids=a calls=receive causes=\"denied again\" outage_s=7"));
    assert_false(outage_is_open(acker_outage(w.acker, 0)));
    captured_log_end();
}

static void
a_queue_whose_bodies_take_long_asks_for_one_and_lets_the_others_pass(void **state UNUSED)
{
    setup(2, 100);
    intake_start(w.intake);
    struct poll_seen first = poll_at(0);
    struct poll_seen second = poll_at(1);
    answer_poll(first, 1, FAIL_NONE);
    struct poll_seen next = poll_at(2);
    assert_int_equal(next.queue, first.queue);
    assert_int_equal(next.max_messages, 2);
    atomic_store(&moved.read_us, 100 * 1000); /* as two bodies with 100,000 values */
    answer_poll(next, 2, FAIL_NONE);
    let_it_look();
    assert_int_equal(polls_so_far(), 3);
    atomic_store(&moved.read_us, 0);
    answer_poll(second, 0, FAIL_NONE);
    assert_int_equal(poll_at(3).queue, second.queue);
    atomic_fetch_add(&moved.ms, 600);
    let_it_look();
    assert_int_equal(polls_so_far(), 4);
    atomic_fetch_add(&moved.ms, 1500);
    assert_int_equal(poll_at(4).queue, first.queue);
    assert_int_equal(poll_at(4).max_messages, 1);
}

/* There the messages of the other customers would wait behind. */
static void a_shared_queue_is_polled_at_once_however_long_its_bodies_take(void **state UNUSED)
{
    set_up_queues(1, 100, true);
    intake_start(w.intake);
    struct poll_seen first = poll_at(0);
    atomic_store(&moved.read_us, 100 * 1000);
    answer_poll_by(first, 1, FAIL_NONE, NOTIFICATION("logs/a"));
    assert_int_equal(poll_at(1).queue, first.queue);
    atomic_store(&moved.read_us, 0);
}

static void does_not_poll_for_a_paused_customer_until_its_probe(void **state UNUSED)
{
    setup(2, 100);
    struct err e = {.kind = FAIL_DENIED};
    customer_refused(
        at(0),
        &(struct customer_refusal){
            .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN(""), .next = "n"},
        &e);
    captured_log_begin(LOG_INFO);
    intake_start(w.intake);
    assert_int_equal(poll_at(0).queue, 1);
    let_it_look();
    assert_int_equal(polls_so_far(), 1);
    assert_non_null(strstr(await_line("polling stopped"), "level=warn"));
    assert_int_equal(captured_log_count("polling stopped"), 1);
    assert_non_null(strstr(captured_log_line("polling stopped"),
                           "queue=a customers=1 customer_ids=a reason=\"all customers"));
    assert_true(atomic_load(&intake_stats(w.intake, 0)->stopped));
    assert_true(atomic_load(&intake_stats(w.intake, 0)->blocked));
    atomic_fetch_add(&moved.ms, BREAKER_FIRST_MS);
    struct poll_seen probe = poll_at(1);
    assert_int_equal(probe.queue, 0);
    assert_int_equal(probe.max_messages, 1);
    assert_non_null(strstr(await_line("polling resumed"),
                           "stopped_because=\"all customers of the queue are paused, or it has "
                           "none\" resumed_to=\"try one object, when a message is visible\" "
                           "stopped_s=30"));
    assert_false(atomic_load(&intake_stats(w.intake, 0)->stopped));
    assert_false(atomic_load(&intake_stats(w.intake, 0)->blocked));
    captured_log_end();
    for (size_t polls = 2; polls < 5; polls++) { /* its result is not known yet: no more at once */
        answer_poll(probe, 1, FAIL_NONE);
        probe = poll_at(polls);
        assert_int_equal(probe.queue, 0);
        assert_int_equal(probe.max_messages, 1);
    }
}

static atomic_bool answering;

/* SQS answers every poll, the first one with a message. */
static void *answer_all_polls(void *arg UNUSED)
{
    for (size_t n = 0; atomic_load(&answering);) {
        if (polls_so_far() > n) {
            answer_poll(poll_at(n), n == 0 ? 1 : 0, FAIL_NONE);
            n++;
        }
    }
    return NULL;
}

static void takes_what_was_on_its_way_when_it_stops(void **state UNUSED)
{
    pthread_t sqs;
    setup(1, 100);
    intake_start(w.intake);
    (void)poll_at(0);
    atomic_store(&answering, true);
    assert_int_equal(pthread_create(&sqs, NULL, answer_all_polls, NULL), 0);
    intake_stop(w.intake, 1000000); /* by the changed clock: until every poll has ended */
    atomic_store(&answering, false);
    assert_int_equal(pthread_join(sqs, NULL), 0);
    assert_int_equal(inbox_waiting(w.inbox), 1);
    assert_int_equal(acker_held(w.acker), 1);
}

/* ---- Queues that change while it runs ---- */

/* The intake is started with the first queue only; the second one is added. */
static void add_second_queue(void)
{
    inbox_add_queue(w.inbox);
    acker_add_queue(w.acker, &w.acker_queues[1]);
    intake_add_queue(w.intake, &w.queues[1]);
}

static void setup_first_queue(void)
{
    setup(2, 100);
    intake_free(w.intake);
    inbox_free(w.inbox);
    acker_free(w.acker);
    w.acker = acker_new(w.acker_queues, 1, &moved.clock);
    w.inbox = inbox_new(
        &(struct inbox_settings){.slots = 100, .lanes = 8, .queues = 1, .bytes = 1 << 20});
    w.intake = intake_new(&(struct intake_parts){.queues = w.queues,
                                                 .queue_count = 1,
                                                 .inbox = w.inbox,
                                                 .acker = w.acker,
                                                 .customers = w.all,
                                                 .clock = &moved.clock});
}

static void polls_a_queue_that_is_added_while_it_runs(void **state UNUSED)
{
    setup_first_queue();
    intake_start(w.intake);
    assert_int_equal(poll_at(0).queue, 0); /* stays without an answer */
    let_it_look();
    add_second_queue();
    struct poll_seen seen = poll_at(1);
    assert_int_equal(seen.queue, 1);
    assert_int_equal(w.origins[1].redrive.max_receive_count, 12);
    answer_poll(seen, 1, FAIL_NONE);
    assert_int_equal(poll_at(2).queue, 1);
    assert_int_equal(inbox_waiting(w.inbox), 1);
    assert_int_equal(intake_queues(w.intake), 2);
    assert_string_equal(intake_queue_name(w.intake, 1), "b");
}

static void returns_what_a_removed_queue_still_brings_and_polls_it_no_more(void **state UNUSED)
{
    setup(2, 100);
    acker_start(w.acker);
    intake_start(w.intake);
    struct poll_seen first = poll_at(0);
    struct poll_seen second = poll_at(1);
    struct poll_seen gone = first.queue == 0 ? first : second;
    intake_remove_queue(w.intake, 0);
    assert_true(intake_removed(w.intake, 0));
    answer_poll(gone, 1, FAIL_NONE);
    wait_for_count(&intake_stats(w.intake, 0)->messages, 1);
    atomic_fetch_add(&moved.ms, 100);             /* the call does not wait for more */
    assert_true(fake_sqs_wait(false, "h", 0, 1)); /* visible again without a delay */
    assert_int_equal(inbox_waiting(w.inbox), 0);
    let_it_look();
    assert_int_equal(polls_so_far(), 2);
    intake_set_queue(w.intake, 0, &w.queues[0].times); /* it is configured again */
    assert_int_equal(poll_at(2).queue, 0);
}

static void a_removed_queue_that_fails_is_no_outage(void **state UNUSED)
{
    setup(2, 100);
    intake_start(w.intake);
    struct poll_seen seen[] = {poll_at(0), poll_at(1)};
    intake_remove_queue(w.intake, seen[0].queue);
    answer_poll(seen[0], 0, FAIL_CONFIG); /* it was deleted after it was removed */
    answer_poll(seen[1], 0, FAIL_CONFIG);
    for (size_t i = 0; i < 2; i++) {
        wait_for_count(&intake_stats(w.intake, i)->receives[RECEIVE_FAILED], 1);
    }
    let_it_look();
    assert_false(outage_is_failing(acker_outage(w.acker, seen[0].queue)));
    assert_true(outage_is_failing(acker_outage(w.acker, seen[1].queue)));
}

static void another_visibility_timeout_begins_with_the_next_poll(void **state UNUSED)
{
    setup(1, 100);
    intake_start(w.intake);
    struct poll_seen seen = poll_at(0);
    assert_int_equal(seen.visibility_s, 120);
    struct intake_times times = w.queues[0].times;
    times.visibility_s = 600;
    times.heartbeat_s = 200;
    times.wait_s = 5;
    intake_set_queue(w.intake, 0, &times);
    answer_poll(seen, 1,
                FAIL_NONE); /* received with 120 s: its first heartbeat is due after 40 s */
    struct poll_seen next = poll_at(1);
    assert_int_equal(next.visibility_s, 600);
    assert_int_equal(next.wait_s, 5);
    atomic_fetch_add(&moved.ms, 41 * 1000);
    acker_start(w.acker);
    assert_true(fake_sqs_wait(false, "h", 600, 1)); /* and asks for the new timeout */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(asks_for_one_when_idle_and_for_more_while_messages_come,
                                  tear_down),
        cmocka_unit_test_teardown(polls_only_for_what_has_a_slot, tear_down),
        cmocka_unit_test_teardown(refuses_messages_of_a_customer_over_its_share_of_a_shared_queue,
                                  tear_down),
        cmocka_unit_test_teardown(
            what_is_returned_for_a_share_is_visible_again_at_once_the_first_time, tear_down),
        cmocka_unit_test_teardown(
            what_is_returned_for_a_share_waits_if_its_next_receive_is_the_last, tear_down),
        cmocka_unit_test_teardown(finds_a_message_behind_a_backlog_in_few_round_trips, tear_down),
        cmocka_unit_test_teardown(searches_only_while_messages_are_returned_for_a_share, tear_down),
        cmocka_unit_test_teardown(does_not_search_a_queue_of_one_customer, tear_down),
        cmocka_unit_test_teardown(a_customer_with_its_share_of_messages_in_flight_is_not_polled,
                                  tear_down),
        cmocka_unit_test_teardown(learns_of_the_redrive_before_the_first_poll, tear_down),
        cmocka_unit_test_teardown(
            looks_again_and_counts_receives_that_bring_nothing_of_what_is_there, tear_down),
        cmocka_unit_test_teardown(counts_dead_letters_at_each_fifth_reading, tear_down),
        cmocka_unit_test_teardown(
            a_dead_letter_queue_that_is_denied_is_said_once_and_not_asked_again, tear_down),
        cmocka_unit_test_teardown(counts_hidden_messages_that_are_not_its_own, tear_down),
        cmocka_unit_test_teardown(reads_attributes_once_without_an_interval, tear_down),
        cmocka_unit_test_teardown(says_whether_a_queue_that_was_gone_is_another_one, tear_down),
        cmocka_unit_test_teardown(warns_of_attributes_that_it_may_not_read, tear_down),
        cmocka_unit_test_teardown(warns_of_messages_that_were_damaged_on_their_way, tear_down),
        cmocka_unit_test_teardown(warns_of_the_clock_when_its_difference_has_changed, tear_down),
        cmocka_unit_test_teardown(warns_of_the_clock_once_when_messages_have_a_later_time,
                                  tear_down),
        cmocka_unit_test_teardown(polls_the_others_while_a_queue_does_not_answer, tear_down),
        cmocka_unit_test_teardown(does_not_poll_a_queue_without_a_customer, tear_down),
        cmocka_unit_test_teardown(does_not_poll_before_it_knows_the_queue_but_takes_a_denial,
                                  tear_down),
        cmocka_unit_test_teardown(
            backs_off_from_a_queue_that_answers_with_errors_and_only_from_that, tear_down),
        cmocka_unit_test_teardown(the_oldest_new_message_of_a_receive_is_kept, tear_down),
        cmocka_unit_test_teardown(
            a_queue_whose_bodies_take_long_asks_for_one_and_lets_the_others_pass, tear_down),
        cmocka_unit_test_teardown(a_shared_queue_is_polled_at_once_however_long_its_bodies_take,
                                  tear_down),
        cmocka_unit_test_teardown(does_not_poll_for_a_paused_customer_until_its_probe, tear_down),
        cmocka_unit_test_teardown(takes_what_was_on_its_way_when_it_stops, tear_down),
        cmocka_unit_test_teardown(polls_a_queue_that_is_added_while_it_runs, tear_down),
        cmocka_unit_test_teardown(returns_what_a_removed_queue_still_brings_and_polls_it_no_more,
                                  tear_down),
        cmocka_unit_test_teardown(a_removed_queue_that_fails_is_no_outage, tear_down),
        cmocka_unit_test_teardown(another_visibility_timeout_begins_with_the_next_poll, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
