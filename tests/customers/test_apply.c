/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/alloc.h"
#include "cpu_time.h"
#include "customers_priv.h"
#include "fakes/fake_world.h"

enum { START_MS = 1000 };

static struct clock fixed_clock;
static int64_t now_ms;

static int64_t fixed_ms(const struct clock *c UNUSED)
{
    return now_ms;
}

/*
 * A configuration with a customer for each letter. A capital letter has the same id as the small
 * one, and another topic.
 */
static struct conf *conf_of(const char *letters)
{
    struct conf *c = mem_zeros(1, sizeof(*c));
    c->kafka.key = mem_text("{customer}/{session.id}");
    c->kafka.queue_bytes = 4000;
    c->queue_count = 2;
    c->queues = mem_zeros(2, sizeof(*c->queues));
    for (size_t q = 0; q < 2; q++) {
        c->queues[q].name = mem_text(q == 0 ? "q0" : "q1");
    }
    c->customer_count = strlen(letters);
    c->customers = mem_zeros(c->customer_count, sizeof(*c->customers));
    for (size_t i = 0; i < c->customer_count; i++) {
        bool other = letters[i] < 'a';
        char id[2] = {(char)(other ? letters[i] - 'A' + 'a' : letters[i])};
        c->queues[0].customer_count++;
        c->customers[i] = (struct customer_conf){.id = mem_text(id),
                                                 .queue = &c->queues[0],
                                                 .bucket = mem_text("bucket"),
                                                 .prefix = mem_text(id),
                                                 .region = mem_text("eu-west-1"),
                                                 .role_arn = mem_text("arn:1"),
                                                 .topic = mem_text(other ? "other" : "events")};
    }
    return c;
}

static struct customers *start_with(struct conf *conf)
{
    struct err e = {.kind = FAIL_NONE};
    fake_world_reset();
    now_ms = START_MS;
    fixed_clock = (struct clock){.mono_ms = fixed_ms, .wall_ms = fixed_ms};
    struct customers *all =
        customers_new(&(struct customers_parts){.conf = conf, .clock = &fixed_clock}, &e);
    assert_non_null(all);
    conf_free(conf);
    return all;
}

static struct customers *start(const char *letters)
{
    return start_with(conf_of(letters));
}

static void apply_conf(struct customers *all, struct conf *conf)
{
    struct err e = {.kind = FAIL_NONE};
    assert_int_equal(customers_apply(all, conf, &e), FAIL_NONE);
    conf_free(conf);
}

static void apply(struct customers *all, const char *letters)
{
    apply_conf(all, conf_of(letters));
}

/* The customer with this id, with a reference for the caller; NULL: there is none. */
static struct customer *find_in(struct customers *all, size_t queue, const char *id)
{
    char key[] = "?/2026/x";
    key[0] = id[0];
    return customers_find(all, queue, SPAN("bucket"), span_str(key), NOTIFICATION_S3);
}

static struct customer *find(struct customers *all, const char *id)
{
    return find_in(all, 0, id);
}

static void a_customer_stays_the_same_when_its_configuration_changes(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("ab");
    struct err e = {.kind = FAIL_DENIED};
    struct customer *old = find(all, "b");
    stats_add(&old->stats->lines, 7);
    assert_int_equal(customer_reserve(old, 900, NULL, &e), FAIL_NONE);
    customer_refused(
        old,
        &(struct customer_refusal){
            .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN("k"), .next = "n"},
        &e);
    apply(all, "Ba");
    struct customer *new = find(all, "b");
    assert_ptr_not_equal(new, old);
    assert_string_equal(new->topic_names[STREAM_RUNTIME], "other");
    assert_string_equal(old->topic_names[STREAM_RUNTIME], "events"); /* the old configuration */
    assert_string_equal(old->conf->topic, "events");
    assert_int_equal(new->slot, old->slot);
    assert_int_equal(new->generation, old->generation);
    assert_int_equal(stats_get(&new->stats->lines), 7);
    assert_false(customer_allowed(new));
    customer_unreserve(old, 400); /* a delivery report of a record produced before the change */
    struct customer_state s;
    customer_state(new, &s);
    assert_int_equal(s.unacked_bytes, 500);
    customer_unreserve(new, 500);
    customer_release(old);
    customer_release(new);
}

static void refuse(struct customer *c, enum customer_party party)
{
    const struct err denied = {.kind = FAIL_DENIED};
    (void)customer_refused(
        c,
        &(struct customer_refusal){
            .party = party, .mark = BREAKER_OPEN, .about = SPAN("k"), .next = "n"},
        &denied);
}

static struct customer_state state_of(struct customer *c)
{
    struct customer_state s;
    customer_state(c, &s);
    return s;
}

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = mem_text(text);
}

/* Pause customer a by this party, change its entry, and return its state. */
static struct customer_state pause_and_change(enum customer_party party, const char *letters,
                                              size_t member)
{
    OWNED(customers) struct customers *all = start("ab");
    struct customer *c = find(all, "a");
    struct customer *b = find(all, "b");
    refuse(c, party);
    refuse(b, party);
    assert_int_equal(state_of(c).paused, 1);
    assert_int_equal(state_of(c).outages, 1);
    struct conf *conf = conf_of(letters);
    if (member != 0) {
        set_text((char **)(void *)((char *)&conf->customers[0] + member), "another");
    }
    apply_conf(all, conf);
    struct customer *after = customers_by_id(all, SPAN("a"));
    struct customer_state s = state_of(after);
    assert_int_equal(state_of(b).paused, 1); /* it was not changed */
    customer_release(after);
    customer_release(b);
    customer_release(c);
    return s;
}

static void a_change_of_what_refused_the_customer_ends_its_pause(void **state UNUSED)
{
    static const size_t members[] = {
        offsetof(struct customer_conf, role_arn),    offsetof(struct customer_conf, external_id),
        offsetof(struct customer_conf, account_id),  offsetof(struct customer_conf, bucket),
        offsetof(struct customer_conf, prefix),      offsetof(struct customer_conf, region),
        offsetof(struct customer_conf, kms_key_arn), offsetof(struct customer_conf, access_point)};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct customer_state s = pause_and_change(CUSTOMER_ROLE, "ab", members[i]);
        assert_int_equal(s.paused, 0);
        assert_int_equal(s.outages, 0);
        s = pause_and_change(CUSTOMER_TOPIC, "ab", members[i]);
        assert_int_equal(s.paused, 1);
        assert_int_equal(s.outages, 1);
    }
    assert_int_equal(pause_and_change(CUSTOMER_S3, "ab", members[0]).paused, 0);
    assert_int_equal(pause_and_change(CUSTOMER_TOPIC, "Ab", 0).paused, 0); /* another topic */
    assert_int_equal(pause_and_change(CUSTOMER_ROLE, "Ab", 0).paused, 1);
    assert_int_equal(pause_and_change(CUSTOMER_ROLE, "ab", 0).paused, 1); /* no change */
}

static void a_refusal_of_the_entry_before_pauses_no_more(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("a");
    struct customer *old = find(all, "a");
    struct conf *conf = conf_of("a");
    set_text(&conf->customers[0].role_arn, "arn:2");
    apply_conf(all, conf);
    struct customer *new = find(all, "a");
    refuse(old, CUSTOMER_ROLE); /* an attempt that was in flight */
    assert_true(customer_allowed(new));
    assert_int_equal(state_of(new).outages, 0);
    refuse(old, CUSTOMER_TOPIC); /* which is the same */
    assert_false(customer_allowed(new));
    customer_release(old);
    customer_release(new);
}

static void a_removed_customer_lives_until_its_work_is_over(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("ab");
    struct err e;
    struct customer *c = find(all, "a");
    assert_int_equal(customer_reserve(c, 100, NULL, &e), FAIL_NONE);
    apply(all, "b");
    assert_null(find(all, "a"));
    assert_int_equal(customers_count(all), 1);
    assert_string_equal(c->conf->id, "a");
    stats_add(&c->stats->records_acked, 1);
    customer_unreserve(c, 100);
    assert_int_equal(atomic_load(&all->alive), 2);
    customer_release(c);
    assert_int_equal(atomic_load(&all->alive), 1);
}

static void the_customers_of_a_queue_are_counted_and_the_first_ones_named(void **state UNUSED)
{
    char ids[CUSTOMERS_IDS_BYTES];
    OWNED(customers) struct customers *all = start("abc");
    assert_int_equal(customers_queue_ids(all, 0, ids), 3);
    assert_int_equal(strlen(ids), strlen("a b c"));
    for (const char *id = "abc"; *id != '\0'; id++) {
        assert_non_null(strchr(ids, *id));
    }
    apply(all, "abcdefg");
    assert_int_equal(customers_queue_ids(all, 0, ids), 7);
    assert_int_equal(strlen(ids), strlen("a b c d e ..."));
    apply(all, "g");
    assert_int_equal(customers_queue_ids(all, 0, ids), 1);
    assert_string_equal(ids, "g");
    assert_int_equal(customers_queue_ids(all, 9, ids), 0);
    assert_string_equal(ids, "");
}

static void a_free_slot_is_used_again_with_another_generation(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("abc");
    struct customer *b = find(all, "b");
    assert_int_equal(b->slot, 1);
    apply(all, "ac");
    apply(all, "xca");
    struct customer *x = find(all, "x");
    struct customer *c = find(all, "c");
    assert_int_equal(x->slot, b->slot);
    assert_int_not_equal(x->generation, b->generation);
    assert_int_equal(c->slot, 2);
    assert_int_equal(c->generation, 1);
    apply(all, "xcab"); /* the same id, but a different customer without the earlier state */
    struct customer *again = find(all, "b");
    assert_int_equal(again->slot, 3);
    assert_ptr_not_equal(again->stats, b->stats);
    customer_release(b);
    customer_release(x);
    customer_release(c);
    customer_release(again);
}

static void goes_through_all_customers_whatever_is_removed_meanwhile(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("abcd");
    char seen[8] = "";
    size_t n = 0;
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        seen[n++] = c->id.p[0];
        if (n == 2) {
            apply(all, "acd"); /* removes b, which was returned last */
        }
    }
    assert_string_equal(seen, "abcd");
}

static void assume(struct customers *all, const char *id)
{
    struct err e;
    struct creds_source *creds = NULL;
    struct customer *c = find(all, id);
    assert_int_equal(customer_creds(c, &creds, &e), FAIL_NONE);
    customer_release(c);
}

static void a_role_is_assumed_again_only_if_it_or_its_bucket_changed(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("ab");
    assume(all, "a");
    assert_int_equal(fake_creds.roles, 1);
    struct customer *c = find(all, "a");
    assert_true(customer_warn_once(c, CUSTOMER_REGION));
    customer_release(c);
    apply(all, "AB");
    assume(all, "a");
    c = find(all, "a");
    assert_false(customer_warn_once(c, CUSTOMER_REGION));
    customer_release(c);
    assert_int_equal(fake_creds.roles, 1);
    assert_int_equal(fake_creds.probes, 1);
    struct conf *conf = conf_of("ab");
    free(conf->customers[0].role_arn);
    conf->customers[0].role_arn = mem_text("arn:2");
    apply_conf(all, conf);
    assume(all, "a");
    assert_int_equal(fake_creds.roles, 2);
    assert_int_equal(fake_creds.probes, 2);
}

static void a_configuration_that_cannot_be_changes_nothing(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("ab");
    struct customer *before = find(all, "a");
    struct conf *conf = conf_of("aBc");
    free(conf->customers[2].topic);
    conf->customers[2].topic = mem_text("{nothing}");
    struct err e = {.kind = FAIL_NONE};
    assert_int_equal(customers_apply(all, conf, &e), FAIL_CONFIG);
    conf_free(conf);
    struct customer *after = find(all, "a");
    assert_ptr_equal(after, before);
    assert_null(find(all, "c"));
    assert_int_equal(atomic_load(&all->alive), 2);
    customer_release(before);
    customer_release(after);
}

static void queues_keep_their_numbers(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("a");
    struct conf *conf = conf_of("a");
    free(conf->queues[0].name);
    free(conf->queues[1].name);
    conf->queues[0].name = mem_text("new");
    conf->queues[1].name = mem_text("q0");
    conf->queues[1].customer_count = 1;
    conf->customers[0].queue = &conf->queues[1];
    apply_conf(all, conf);
    struct customer *c = find_in(all, 0, "a");
    assert_non_null(c);
    assert_int_equal(c->queue, 0);
    customer_release(c);
    assert_true(customers_queue_paused(all, 2));
    conf = conf_of("a");
    free(conf->queues[1].name);
    conf->queues[1].name = mem_text("new");
    conf->customers[0].queue = &conf->queues[1];
    apply_conf(all, conf);
    assert_null(find_in(all, 0, "a"));
    assert_null(find_in(all, 1, "a"));
    assert_false(customers_queue_paused(all, 2));
    assert_true(customers_queue_paused(all, 0));
    c = find_in(all, 2, "a");
    assert_non_null(c);
    customer_release(c);
}

/* A configuration with this number of customers, all on the first queue. */
static struct conf *conf_of_many(size_t count)
{
    struct conf *c = conf_of("");
    free(c->customers);
    c->customer_count = c->queues[0].customer_count = count;
    c->customers = mem_zeros(count, sizeof(*c->customers));
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "c%zu", i);
        c->customers[i] = (struct customer_conf){.id = mem_text(id),
                                                 .queue = &c->queues[0],
                                                 .bucket = mem_text("bucket"),
                                                 .prefix = mem_text(id),
                                                 .region = mem_text("eu-west-1"),
                                                 .role_arn = mem_text("arn:1"),
                                                 .topic = mem_text("events")};
    }
    return c;
}

typedef bool (*queue_question)(struct customers *all, size_t queue);

/* Number of calls until the answer is this one, which it stays; at most MOST. */
static size_t calls_until(struct customers *all, queue_question ask, bool answer)
{
    enum { MOST = 1000 };
    size_t calls = 1;
    while (ask(all, 0) != answer && calls < MOST) {
        calls++;
    }
    for (size_t i = 0; i < MOST; i++) {
        assert_int_equal(ask(all, 0), answer);
    }
    return calls;
}

static void pause_customer(struct customer *c)
{
    const struct err denied = {.kind = FAIL_DENIED};
    (void)customer_refused(c, &(struct customer_refusal){.mark = BREAKER_OPEN, .next = "waits"},
                           &denied);
}

static void pause_all_but(struct customers *all, const struct customer *open)
{
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        if (c != open) {
            pause_customer(c);
        }
    }
}

static void a_queue_of_many_customers_is_paused_when_all_are(void **state UNUSED)
{
    enum { MANY = 3000 };
    OWNED(customers) struct customers *all = start_with(conf_of_many(MANY));
    struct customer *middle =
        customers_find(all, 0, SPAN("bucket"), SPAN("c1500/x"), NOTIFICATION_S3);
    assert_non_null(middle);
    pause_all_but(all, middle);
    assert_in_range(calls_until(all, customers_queue_paused, false), 1, MANY / 100);
    assert_in_range(calls_until(all, customers_queue_closed, false), 1, MANY / 100);
    assert_true(customers_queue_any_open(all, 0));
    pause_customer(middle);
    assert_in_range(calls_until(all, customers_queue_paused, true), 2, MANY / 100);
    assert_in_range(calls_until(all, customers_queue_closed, true), 2, MANY / 100);
    now_ms += BREAKER_FIRST_MS; /* all may be probed */
    assert_int_equal(calls_until(all, customers_queue_paused, false), 1);
    assert_int_equal(calls_until(all, customers_queue_closed, true), 1);
    assert_false(customers_queue_any_open(all, 0));
    assert_true(customer_allowed(middle));
    customer_went_well(middle); /* the probe */
    assert_in_range(calls_until(all, customers_queue_closed, false), 1, MANY / 100);
    customer_release(middle);
}

static void ask_about_the_queue(void *all)
{
    for (size_t i = 0; i < 1000; i++) {
        (void)!customers_queue_paused(all, 0);
        (void)!customers_queue_closed(all, 0);
    }
}

/* CPU time of what the intake asks about a queue of which one customer is not paused. */
static int64_t questions_us(size_t customers)
{
    OWNED(customers) struct customers *all = start_with(conf_of_many(customers));
    struct customer *one = customers_find(all, 0, SPAN("bucket"), SPAN("c0/x"), NOTIFICATION_S3);
    pause_all_but(all, one);
    customer_release(one);
    return cpu_least_us(ask_about_the_queue, all);
}

/* Each check ends by a timeout, and the one of the first customer is due again at each call. */
static void checks_that_hang_do_not_keep_the_timer_from_other_customers(void **state UNUSED)
{
    struct conf *conf = conf_of("abc");
    conf->verify.interval_ms = 1000;
    OWNED(customers) struct customers *all = start_with(conf);
    fake_creds.unguarded = FAIL_AGAIN;
    for (int i = 0; i < 3; i++) {
        now_ms += 24 * 3600 * 1000;
        assert_true(customers_check_role(all) > 0);
    }
    for (const char *id = "abc"; *id != '\0'; id++) {
        struct customer *c = find(all, (char[]){*id, '\0'});
        assert_int_equal(entry_of(c)->role->shared.result, ROLE_NOT_CHECKED);
        customer_release(c);
    }
}

static void name_customers(void *all)
{
    char ids[CUSTOMERS_IDS_BYTES];
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(customers_queue_ids(all, 0, ids), customers_count(all));
    }
}

/* CPU time of the names for 1,000 failed calls of a queue. */
static int64_t names_us(size_t customers)
{
    OWNED(customers) struct customers *all = start_with(conf_of_many(customers));
    return cpu_least_us(name_customers, all);
}

static void the_names_of_a_queue_cost_the_same_with_many_customers(void **state UNUSED)
{
    enum { MANY = 10000 };
    int64_t few_us = names_us(CUSTOMERS_IDS);
    int64_t many_us = names_us(MANY);
    print_message("1,000 failed calls: %lld us with %d customers, %lld us with %d\n",
                  (long long)few_us, (int)CUSTOMERS_IDS, (long long)many_us, (int)MANY);
    assert_true(many_us < 5 * few_us + 5000);
}

static void the_pauses_of_a_queue_cost_the_same_with_many_customers(void **state UNUSED)
{
    enum { MANY = 10000 };
    int64_t few_us = questions_us(3);
    int64_t many_us = questions_us(MANY);
    print_message("1,000 receives: %lld us with 3 customers, %lld us with %d\n", (long long)few_us,
                  (long long)many_us, (int)MANY);
    assert_true(many_us < 20 * few_us + 20000);
}

static void scheduling_classes_belong_to_slots_and_queues_for_ever(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("ab");
    struct customer *a = find(all, "a");
    assert_int_equal(customers_classes(all), 4); /* two queues, two customers */
    assert_int_equal(customers_queue_class(all, 1), 1);
    assert_int_equal(a->sched_class, 2);
    apply(all, "bcd");
    struct customer *c = find(all, "c"); /* in the slot of a */
    struct customer *d = find(all, "d");
    assert_int_equal(c->sched_class, 2);
    assert_int_equal(d->sched_class, 4);
    struct conf *conf = conf_of("a");
    conf->queues[1].url = mem_text("https://elsewhere");
    size_t number = 0;
    apply_conf(all, (conf_hold(conf), conf));
    number = customers_queue_number(all, &conf->queues[1]);
    assert_int_equal(number, 2); /* the same name, and another queue */
    assert_int_equal(customers_queue_class(all, 2), 5);
    assert_int_equal(customers_queue_class(all, 1), 1);
    conf_release(conf);
    customer_release(a);
    customer_release(c);
    customer_release(d);
}

static void knows_whether_an_object_is_of_a_customer_that_is_held(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("a");
    struct customer *c = find(all, "a");
    apply(all, "b");
    assert_true(customer_has(c, 0, SPAN("bucket"), SPAN("a/x")));
    assert_false(customer_has(c, 1, SPAN("bucket"), SPAN("a/x")));
    assert_false(customer_has(c, 0, SPAN("other"), SPAN("a/x")));
    assert_false(customer_has(c, 0, SPAN("bucket"), SPAN("a/")));
    assert_false(customer_has(c, 0, SPAN("bucket"), SPAN("ab/x")));
    assert_false(customer_has(c, 0, SPAN("bucket"), SPAN("")));
    customer_release(c);
}

static void what_is_unacknowledged_counts_after_a_change_too(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("a");
    struct err e;
    struct customer *alone = find(all, "a");
    assert_int_equal(customer_reserve(alone, 3000, NULL, &e), FAIL_NONE);
    apply(all, "ab");
    struct customer *c = find(all, "a");
    customers_stop(all);
    assert_int_equal(customer_reserve(c, 1, NULL, &e), FAIL_STOPPED); /* it would wait */
    customer_unreserve(alone, 3000);
    assert_int_equal(customer_reserve(c, 1, NULL, &e), FAIL_NONE);
    customer_unreserve(c, 1);
    customer_release(alone);
    customer_release(c);
}

static void a_limit_learnt_of_a_topic_is_kept_with_the_topic(void **state UNUSED)
{
    OWNED(customers) struct customers *all = start("a");
    struct customer *c = find(all, "a");
    customer_topic_takes(c, 50000);
    customer_release(c);
    apply(all, "ab");
    c = find(all, "a");
    assert_int_equal(atomic_load(&c->event_bytes), 50000 - 1024);
    customer_release(c);
    apply(all, "Ab");
    c = find(all, "a");
    assert_int_equal(atomic_load(&c->event_bytes), customers_event_bytes(all));
    customer_release(c);
}

/* ---- Look-ups, records and reports while configurations change ---- */

enum { ROUNDS = 300, CARRIERS = 3 };

static struct {
    struct customers *all;
    atomic_bool over;
    atomic_size_t carried;
} busy;

static void carry_one(const char *id)
{
    struct err e;
    struct creds_source *creds = NULL;
    struct customer *c = find(busy.all, id);
    if (c == NULL) {
        return;
    }
    struct customer *tag = customer_hold(c); /* as a delivery tag does */
    if (customer_allowed(c) && customer_creds(c, &creds, &e) == FAIL_NONE &&
        customer_reserve(c, 10, NULL, &e) == FAIL_NONE) {
        assert_int_equal(c->conf->id[0], id[0]);
        customer_release(c);
        stats_add(&tag->stats->events, 1);
        customer_topic_takes(tag, 50000);
        customer_went_well(tag);
        customer_unreserve(tag, 10);
        (void)atomic_fetch_add(&busy.carried, 1);
    } else {
        customer_release(c);
    }
    customer_release(tag);
}

static void *carry(void *arg UNUSED)
{
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (size_t i = 0; !atomic_load(&busy.over); i++) {
        carry_one(ids[i % 4]);
    }
    return NULL;
}

static void *show(void *arg UNUSED)
{
    while (!atomic_load(&busy.over)) {
        for (struct customer *c = NULL; (c = customers_next(busy.all, c)) != NULL;) {
            struct customer_state s;
            struct stats copy;
            customer_state(c, &s);
            stats_copy(&copy, c->stats);
        }
        (void)!customers_queue_paused(busy.all, 0);
        customers_watch(busy.all);
    }
    return NULL;
}

static void configurations_change_under_look_ups_and_deliveries(void **state UNUSED)
{
    static const char *const letters[] = {"abc", "aBc", "bc", "abcd", "d", "dcba", ""};
    pthread_t threads[CARRIERS + 1];
    busy.all = start("abc");
    atomic_store(&busy.over, false);
    for (size_t i = 0; i <= CARRIERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, i != 0 ? carry : show, NULL), 0);
    }
    for (size_t i = 0; i < ROUNDS || atomic_load(&busy.carried) == 0; i++) {
        apply(busy.all, letters[i % (sizeof(letters) / sizeof(letters[0]))]);
    }
    apply(busy.all, "a");
    atomic_store(&busy.over, true);
    for (size_t i = 0; i <= CARRIERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    struct customer *c = find(busy.all, "a");
    struct customer_state s;
    customer_state(c, &s);
    assert_int_equal(s.unacked_bytes, 0);
    customer_release(c);
    assert_int_equal(atomic_load(&busy.all->alive), 1);
    customers_free(busy.all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customer_stays_the_same_when_its_configuration_changes),
        cmocka_unit_test(a_change_of_what_refused_the_customer_ends_its_pause),
        cmocka_unit_test(a_refusal_of_the_entry_before_pauses_no_more),
        cmocka_unit_test(a_removed_customer_lives_until_its_work_is_over),
        cmocka_unit_test(the_customers_of_a_queue_are_counted_and_the_first_ones_named),
        cmocka_unit_test(a_free_slot_is_used_again_with_another_generation),
        cmocka_unit_test(goes_through_all_customers_whatever_is_removed_meanwhile),
        cmocka_unit_test(a_role_is_assumed_again_only_if_it_or_its_bucket_changed),
        cmocka_unit_test(a_configuration_that_cannot_be_changes_nothing),
        cmocka_unit_test(queues_keep_their_numbers),
        cmocka_unit_test(a_queue_of_many_customers_is_paused_when_all_are),
        cmocka_unit_test(checks_that_hang_do_not_keep_the_timer_from_other_customers),
        cmocka_unit_test(the_names_of_a_queue_cost_the_same_with_many_customers),
        cmocka_unit_test(the_pauses_of_a_queue_cost_the_same_with_many_customers),
        cmocka_unit_test(scheduling_classes_belong_to_slots_and_queues_for_ever),
        cmocka_unit_test(knows_whether_an_object_is_of_a_customer_that_is_held),
        cmocka_unit_test(what_is_unacknowledged_counts_after_a_change_too),
        cmocka_unit_test(a_limit_learnt_of_a_topic_is_kept_with_the_topic),
        cmocka_unit_test(configurations_change_under_look_ups_and_deliveries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
