/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/json.h"
#include "ops/tap.h"

static struct {
    struct tap *t;
    struct buf out;
} w;

static int set_up(void **state UNUSED)
{
    w.t = tap_new();
    w.out = (struct buf)BUF_INIT(4 * TAP_BYTES);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    tap_free(w.t);
    buf_done(&w.out);
    return 0;
}

static void offer(const char *customer, const char *text, int64_t now)
{
    tap_offer(w.t, &(struct tap_record){span_str(customer), span_str(text), false}, now);
}

static const char *take_all(uint64_t id, int64_t now)
{
    buf_clear(&w.out);
    assert_true(tap_take(w.t, id, now, &w.out));
    return w.out.p;
}

static uint64_t start(const char *where, const char *rate)
{
    struct tap_wish wish;
    assert_null(tap_read(SPAN("acme"), SPAN(""), span_str(where), span_str(rate), &wish));
    return tap_start(w.t, &wish, 0);
}

static void shows_records_of_its_customer_only(void **state UNUSED)
{
    assert_false(tap_is_on(w.t));
    assert_false(tap_is_on(NULL));
    uint64_t id = start("", "");
    assert_true(tap_is_on(w.t));
    offer("acme", "{\"a\":1}", 0);
    offer("other", "{\"a\":2}", 0);
    tap_offer(w.t, &(struct tap_record){SPAN("acme"), SPAN("{\"r\":1}"), true}, 0);
    assert_string_equal(take_all(id, 0), "dropped 0\n{\"a\":1}\n");
    assert_string_equal(take_all(id, 0), "dropped 0\n");
    assert_true(tap_end(w.t, id));
    assert_false(tap_end(w.t, id));
    assert_false(tap_is_on(w.t));
    assert_false(tap_take(w.t, id, 0, &w.out));
}

static void drops_what_exceeds_rate_or_room(void **state UNUSED)
{
    static char large[TAP_BYTES];
    uint64_t id = start("", "2/s");
    offer("acme", "{\"a\":1}", 0);
    offer("acme", "{\"a\":2}", 1);
    offer("acme", "{\"a\":3}", 999);
    offer("acme", "{\"a\":4}", 1000);
    memset(large, ' ', sizeof(large) - 1);
    offer("acme", large, 1001);
    assert_string_equal(take_all(id, 1001), "dropped 2\n{\"a\":1}\n{\"a\":2}\n{\"a\":4}\n");
    uint64_t all = start("", "1000");
    for (int i = 0; i < 10; i++) {
        tap_offer(w.t, &(struct tap_record){SPAN("acme"), span_of(large, 60 * 1024), false}, 0);
    }
    (void)take_all(all, 0);
    assert_int_equal(strncmp(w.out.p, "dropped 6\n", 10), 0);
}

static void secrets_are_redacted(void **state UNUSED)
{
    uint64_t id = start("", "");
    offer("acme", "{\"key\":\"AKIAIOSFODNN7EXAMPLE\",\"cmd\":\"mysql --password=hunter2secret\"}",
          0);
    const char *text = take_all(id, 0);
    assert_null(strstr(text, "AKIAIOSFODNN7EXAMPLE"));
    assert_null(strstr(text, "hunter2secret"));
    assert_non_null(strstr(text, "[REDACTED]"));
}

static void a_condition_selects_by_value(void **state UNUSED)
{
    static const char text[] =
        "{\"user\":{\"name\":\"b\\u006fb\"},\"n\":7,\"big\":18446744073709551615,"
        "\"yes\":true,\"no\":false,\"nil\":null,\"list\":[1],\"e\":\"\"}";
    static const struct {
        const char *member, *value;
        bool match;
    } cases[] = {{"user.name", "bob", true},
                 {"user.name", "bo", false},
                 {"n", "7", true},
                 {"n", "70", false},
                 {"yes", "true", true},
                 {"no", "false", true},
                 {"nil", "null", true},
                 {"list", "1", false},
                 {"user", "bob", false},
                 {"user.name.x", "b", false},
                 {"other", "", false},
                 {"e", "", true},
                 {"big", "18446744073709551615", true}};
    OWNED(json_reader) struct json_reader *r = json_reader_new(4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tap_wish wish = {.member = span_str(cases[i].member),
                                .value = span_str(cases[i].value)};
        assert_int_equal(tap_matches(r, &wish, span_str(text)), cases[i].match);
        assert_false(tap_matches(r, &wish, SPAN("no json")));
    }
}

static void rare_records_are_found_among_many(void **state UNUSED)
{
    uint64_t id = start("user=eve", "1");
    for (int i = 0; i < 100000; i++) {
        offer("acme", i == 77777 ? "{\"user\":\"eve\"}" : "{\"user\":\"bob\"}", 0);
    }
    assert_string_equal(take_all(id, 0), "dropped 0\n{\"user\":\"eve\"}\n");
    offer("acme", "{\"user\":\"eve\",\"n\":1}", 0);
    offer("acme", "{\"user\":\"eve\",\"n\":2}", 0);
    assert_string_equal(take_all(id, 0), "dropped 1\n{\"user\":\"eve\",\"n\":1}\n");
}

static void ends_when_it_is_not_taken_from(void **state UNUSED)
{
    uint64_t id = start("", "");
    tap_tick(w.t, TAP_IDLE_MS);
    (void)take_all(id, TAP_IDLE_MS);
    tap_tick(w.t, 2 * TAP_IDLE_MS);
    assert_true(tap_is_on(w.t));
    tap_tick(w.t, 2 * TAP_IDLE_MS + 1);
    assert_false(tap_is_on(w.t));
}

static void a_few_taps_are_possible(void **state UNUSED)
{
    for (int i = 0; i < TAPS; i++) {
        assert_int_not_equal(start("", ""), 0);
    }
    assert_int_equal(start("", ""), 0);
}

static void wrong_parameters_are_refused(void **state UNUSED)
{
    struct tap_wish wish;
    static char longer[400];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[3] = '=';
    assert_non_null(tap_read(SPAN(""), SPAN(""), SPAN(""), SPAN(""), &wish));
    assert_non_null(tap_read(SPAN("a"), SPAN(""), SPAN("b"), SPAN(""), &wish));
    assert_non_null(tap_read(SPAN("a"), SPAN(""), SPAN("=b"), SPAN(""), &wish));
    assert_non_null(tap_read(SPAN("a"), SPAN(""), span_str(longer), SPAN(""), &wish));
    static const char *const rates[] = {"0", "1001", "-1", "5/m", "99999", "/s", "5 "};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        assert_non_null(tap_read(SPAN("a"), SPAN(""), SPAN(""), span_str(rates[i]), &wish));
    }
    assert_null(tap_read(SPAN("a"), SPAN("1"), SPAN("a.b=c=d"), SPAN("7/s"), &wish));
    assert_true(wish.rejects && wish.rate == 7 && span_eq(wish.value, SPAN("c=d")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_records_of_its_customer_only),
        TEST(drops_what_exceeds_rate_or_room),
        TEST(secrets_are_redacted),
        TEST(a_condition_selects_by_value),
        TEST(rare_records_are_found_among_many),
        TEST(ends_when_it_is_not_taken_from),
        TEST(a_few_taps_are_possible),
        TEST(wrong_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
