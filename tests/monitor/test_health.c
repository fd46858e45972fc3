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

static void is_ready_when_nothing_is_missing(void **state UNUSED)
{
    static const struct {
        struct readiness r;
        const char *text;
    } cases[] = {
        {{true, false, false, true, true}, "ready\n"},
        {{false, false, false, true, true}, "it is starting\n"},
        {{false, false, false, false, false}, "it is starting\nKafka: no broker answers\n"},
        {{true, true, false, true, true}, "it is stopping\n"},
        {{true, false, false, false, true}, "Kafka: no broker answers\n"},
        {{true, false, true, true, true}, "it receives nothing: drained by an operator\n"},
        {{true, false, false, true, false}, "SQS: no queue answers now\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&w.out);
        assert_int_equal(ready_write(&cases[i].r, &w.out), i == 0);
        assert_int_equal(ready_is(&cases[i].r), i == 0);
        assert_span_equal(buf_span(&w.out), span_str(cases[i].text));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reports_each_stalled_thread_until_it_makes_progress),
        TEST(waiting_for_room_in_kafka_is_well),
        TEST(is_ready_when_nothing_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
