/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "fakes/fake_parts.h"

enum { START_MS = 1000000, MINUTE_MS = 60 * 1000, UNTIL_MS = START_MS + 15 * MINUTE_MS };

static struct {
    struct conf conf;
    struct clock_manual clock;
    struct outage kafka;
    struct stats nobodys;
    struct snapshot *s;
    struct lane *lanes[1];
} w;

/* A started worker: all answers, and queue 0 and 1 have a customer each. */
static int set_up(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    memset(&fake_parts, 0, sizeof(fake_parts));
    clock_manual_init(&w.clock, START_MS, INT64_C(1790000000000));
    w.conf.limits.lanes = 1;
    w.conf.metrics.stalled_after_ms = 300000;
    w.conf.metrics.unready_after_ms = MINUTE_MS;
    for (size_t i = 0; i < FAKE_QUEUES; i++) {
        fake_parts.customers[i].id = span_str(i == 0 ? "acme" : "globex");
        fake_parts.customers[i].conf = &fake_parts.entries[i];
        fake_parts.customers[i].stats = &fake_parts.stats[i];
        fake_parts.customers[i].queue = i;
        atomic_store(&fake_parts.polls[i].reached, true);
        atomic_store(&fake_parts.polls[i].attributes_known, true);
        stats_set(&fake_parts.polls[i].not_held_until_ms, UNTIL_MS);
    }
    fake_parts.kafka = true;
    w.s = snapshot_new(&(struct snapshot_parts){
        .conf = &w.conf, .kafka_outage = &w.kafka, .nobodys = &w.nobodys, .clock = &w.clock.clock});
    return 0;
}

static int tear_down(void **state UNUSED)
{
    snapshot_free(w.s);
    return 0;
}

static void fill(void)
{
    snapshot_fill(w.s, &(struct snapshot_run){.lanes = w.lanes, .lane_count = 1});
}

static void assert_not_held(uint64_t all, uint64_t acme, uint64_t globex)
{
    fill();
    assert_int_equal(w.s->not_held, all);
    assert_int_equal(w.s->customer_count, 2);
    assert_int_equal(w.s->customers[0].not_held, acme);
    assert_int_equal(w.s->customers[1].not_held, globex);
}

static void hidden_messages_count_at_their_queue_and_in_the_sum(void **state UNUSED)
{
    assert_not_held(0, 0, 0);
    stats_set(&fake_parts.polls[0].not_held, 16);
    stats_set(&fake_parts.polls[1].not_held, 4);
    assert_not_held(20, 16, 4);
    assert_not_held(20, 16, 4); /* nothing is added to the snapshot before */
}

static void hidden_messages_count_until_they_must_be_visible(void **state UNUSED)
{
    stats_set(&fake_parts.polls[0].not_held, 16);
    w.clock.mono = UNTIL_MS - 1;
    assert_not_held(16, 16, 0);
    w.clock.mono = UNTIL_MS;
    assert_not_held(0, 0, 0);
}

static void of_a_queue_whose_attributes_are_not_known_none_counts(void **state UNUSED)
{
    stats_set(&fake_parts.polls[0].not_held, 16);
    stats_set(&fake_parts.polls[1].not_held, 4);
    atomic_store(&fake_parts.polls[0].attributes_known, false);
    assert_not_held(4, 0, 4);
}

static void of_a_removed_queue_they_count_while_messages_of_it_are_held(void **state UNUSED)
{
    stats_set(&fake_parts.polls[1].not_held, 4);
    fake_parts.removed[1] = true;
    fake_parts.held[1] = 1;
    fill();
    assert_int_equal(w.s->not_held, 4);
    fake_parts.held[1] = 0;
    fill();
    assert_int_equal(w.s->not_held, 0);
}

static void it_says_whether_a_queue_has_several_customers(void **state UNUSED)
{
    fill();
    assert_false(w.s->queues_shared);
    fake_parts.customers[1].queue = 0;
    fill();
    assert_true(w.s->queues_shared);
    fake_parts.customers[1].queue = 1;
    fill();
    assert_false(w.s->queues_shared);
}

/* The raw state is in kafka_up at once. */
static void a_short_outage_of_kafka_leaves_it_ready(void **state UNUSED)
{
    fill();
    assert_true(ready_is(&w.s->ready) && w.s->kafka.reached);
    fake_parts.kafka = false;
    fill();
    assert_true(ready_is(&w.s->ready) && !w.s->kafka.reached);
    w.clock.mono += MINUTE_MS - 1;
    fill();
    assert_true(ready_is(&w.s->ready));
    w.clock.mono += 1;
    snapshot_fill_health(w.s, &(struct snapshot_run){.lanes = w.lanes, .lane_count = 1});
    assert_false(ready_is(&w.s->ready));
}

/* One queue that answers is enough, but not one that was removed. */
static void queues_that_fail_make_it_not_ready_after_a_minute(void **state UNUSED)
{
    fill();
    atomic_store(&fake_parts.polls[0].reached, false);
    w.clock.mono += 10 * MINUTE_MS;
    fill();
    assert_true(ready_is(&w.s->ready));
    fake_parts.removed[1] = true;
    fill();
    assert_true(ready_is(&w.s->ready));
    w.clock.mono += MINUTE_MS;
    fill();
    assert_false(ready_is(&w.s->ready));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hidden_messages_count_at_their_queue_and_in_the_sum),
        TEST(hidden_messages_count_until_they_must_be_visible),
        TEST(of_a_queue_whose_attributes_are_not_known_none_counts),
        TEST(of_a_removed_queue_they_count_while_messages_of_it_are_held),
        TEST(it_says_whether_a_queue_has_several_customers),
        TEST(a_short_outage_of_kafka_leaves_it_ready),
        TEST(queues_that_fail_make_it_not_ready_after_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
