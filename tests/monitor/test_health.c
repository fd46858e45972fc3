/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/health.h"

enum { LIMIT_MS = 5000, NOW = 100000 };

static struct {
    struct pulse pulses[3];
    struct health_thread threads[3];
    struct health health;
    struct buf out;
} w;

/* An intake and two lanes, all of them with progress just now. */
static int set_up(void **state UNUSED)
{
    static const char *const kinds[] = {"intake", "lane", "lane"};
    memset(&w, 0, sizeof(w));
    for (size_t i = 0; i < 3; i++) {
        w.threads[i] = (struct health_thread){kinds[i], i == 0 ? 1 : i, &w.pulses[i], NULL};
        pulse_set(&w.pulses[i], PULSE_WORK, NOW);
    }
    w.health = (struct health){w.threads, 3, LIMIT_MS};
    w.out = (struct buf)BUF_INIT(4096);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    buf_done(&w.out);
    return 0;
}

static void assert_says(bool well, int64_t now, const char *text)
{
    buf_clear(&w.out);
    assert_int_equal(health_write(&w.health, now, &w.out), well);
    assert_span_equal(buf_span(&w.out), span_str(text));
}

static void reports_each_stalled_thread_until_it_makes_progress(void **state UNUSED)
{
    w.threads[2].whose = "acme";
    assert_says(true, NOW + LIMIT_MS - 1, "ok\n");
    assert_int_equal(health_stalled(&w.health, NOW + LIMIT_MS - 1), 0);
    pulse_beat(&w.pulses[0], NOW + LIMIT_MS);
    assert_says(false, NOW + LIMIT_MS,
                "lane 1: no progress for 5 s\nlane 2: no progress for 5 s, customer acme\n");
    assert_int_equal(health_stalled(&w.health, NOW + LIMIT_MS), 2);
    assert_int_equal(health_still_ms(&w.health, NOW + LIMIT_MS), LIMIT_MS);
    pulse_beat(&w.pulses[1], NOW + LIMIT_MS);
    pulse_set(&w.pulses[2], PULSE_IDLE, NOW + LIMIT_MS);
    assert_says(true, NOW + LIMIT_MS + 10, "ok\n");
    assert_int_equal(health_still_ms(&w.health, NOW + LIMIT_MS + 10), 10);
}

static void waiting_for_room_in_kafka_is_well(void **state UNUSED)
{
    pulse_set(&w.pulses[0], PULSE_IDLE, NOW);
    pulse_set(&w.pulses[1], PULSE_WAIT, NOW);
    pulse_set(&w.pulses[2], PULSE_IDLE, NOW);
    assert_says(true, NOW + 1000 * LIMIT_MS, "ok\n");
}

/* A minute is the time to hold: at each second s, from `from`, whether the party counts. */
static void samples(struct reachable *r, bool answers, int from, int to, bool counts)
{
    for (int s = from; s < to; s++) {
        reachable_sample(r, answers, NOW + 1000 * s);
        if (r->counts != counts) {
            fail_msg("at %d s", s);
        }
    }
}

static void a_party_that_never_answered_does_not_count_and_its_first_answer_does(void **s UNUSED)
{
    struct reachable r = {.hold_ms = 60000};
    samples(&r, false, 0, 1000, false);
    samples(&r, true, 1000, 1001, true);
}

static void a_party_counts_until_it_was_away_for_a_minute(void **state UNUSED)
{
    struct reachable r = {.hold_ms = 60000};
    samples(&r, true, 0, 1, true);
    samples(&r, false, 1, 61, true);
    samples(&r, true, 61, 62, true);
    samples(&r, false, 62, 122, true);
    samples(&r, false, 122, 500, false);
}

static void a_party_counts_again_after_a_sixth_of_it(void **state UNUSED)
{
    struct reachable r = {.hold_ms = 60000};
    samples(&r, true, 0, 1, true);
    samples(&r, false, 1, 61, true);
    samples(&r, false, 61, 100, false);
    for (int s = 100; s < 400; s += 10) { /* comes and goes */
        samples(&r, true, s, s + 9, false);
        samples(&r, false, s + 9, s + 10, false);
    }
    samples(&r, true, 400, 410, false);
    samples(&r, true, 410, 500, true);
}

static void without_a_time_to_hold_each_sample_counts(void **state UNUSED)
{
    struct reachable r = {.hold_ms = 0};
    samples(&r, false, 0, 1, false);
    samples(&r, true, 1, 2, true);
    samples(&r, false, 2, 3, false);
    samples(&r, true, 3, 4, true);
}

static void is_ready_when_nothing_is_missing(void **state UNUSED)
{
    static const struct reachable ok = {60000, true, true, true, NOW, NOW + 9000};
    static const struct reachable never = {60000, false, false, false, NOW, NOW + 9000};
    static const struct reachable away = {60000, true, true, false, NOW, NOW + 12345};
    static const struct reachable gone = {60000, false, true, false, NOW, NOW + 73000};
    static const struct reachable back = {60000, false, true, true, NOW, NOW + 4000};
    const struct {
        struct readiness r;
        const char *text;
    } cases[] = {
        {{true, false, false, ok, ok}, "ready\n"},
        {{true, false, false, away, ok}, "ready\nKafka: no broker answers for 12 s\n"},
        {{true, false, false, ok, away}, "ready\nSQS: no queue answers for 12 s\n"},
        {{false, false, false, ok, ok}, "it is starting\n"},
        {{false, false, false, never, never},
         "it is starting\nKafka: no broker has answered yet\n"},
        {{true, true, false, ok, ok}, "it is stopping\n"},
        {{true, false, true, ok, ok}, "it receives nothing: drained by an operator\n"},
        {{true, false, false, gone, ok}, "Kafka: no broker answers for 73 s\n"},
        {{true, false, false, back, ok}, "Kafka: a broker answers again for 4 s\n"},
        {{true, false, false, ok, never}, "SQS: no queue has answered yet\n"},
        {{true, false, false, ok, gone}, "SQS: no queue answers for 73 s\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&w.out);
        assert_int_equal(ready_write(&cases[i].r, &w.out), i < 3);
        assert_int_equal(ready_is(&cases[i].r), i < 3);
        assert_span_equal(buf_span(&w.out), span_str(cases[i].text));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reports_each_stalled_thread_until_it_makes_progress),
        TEST(waiting_for_room_in_kafka_is_well),
        TEST(a_party_that_never_answered_does_not_count_and_its_first_answer_does),
        TEST(a_party_counts_until_it_was_away_for_a_minute),
        TEST(a_party_counts_again_after_a_sixth_of_it),
        TEST(without_a_time_to_hold_each_sample_counts),
        TEST(is_ready_when_nothing_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
