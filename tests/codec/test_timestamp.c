/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "codec/timestamp.h"

#include <string.h>
#include <time.h>

static const int64_t NS = 1000000000;

/* An input and its expected written form; NULL: it is not a time. */
struct form {
    const char *in;
    const char *want;
    enum time_quality quality;
};

static void check(const struct form *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct timestamp t;
        char text[TIMESTAMP_BYTES];
        bool ok = timestamp_parse(span_str(f[i].in), &t);
        if (ok != (f[i].want != NULL)) {
            fail_msg("%s: %s", f[i].in, ok ? "must not be a time" : "must be a time");
        }
        if (ok) {
            assert_span_equal(timestamp_write(&t, text), span_str(f[i].want));
            assert_int_equal(t.quality, f[i].quality);
        }
    }
}
#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

static void reads_rfc_3339(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"2026-05-11T22:20:00Z", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11t22:20:00z", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11 22:20:00Z", "2026-05-11T22:20:00Z", TIME_EXACT},
        {" 2026-05-11T22:20:00Z\t", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11T22:20:00.1Z", "2026-05-11T22:20:00.1Z", TIME_EXACT},
        {"2026-05-11T22:20:00,250Z", "2026-05-11T22:20:00.250Z", TIME_EXACT},
        {"2026-05-11T22:20:00.123456789Z", "2026-05-11T22:20:00.123456789Z", TIME_EXACT},
        {"2026-05-11T22:20:00.1234567899999Z", "2026-05-11T22:20:00.123456789Z", TIME_EXACT},
        {"2026-05-11T22:20:00+02:00", "2026-05-11T20:20:00Z", TIME_EXACT},
        {"2026-05-11T22:20:00-0330", "2026-05-12T01:50:00Z", TIME_EXACT},
        {"2026-05-11T22:20:00+05", "2026-05-11T17:20:00Z", TIME_EXACT},
        {"2026-05-11T22:20:00-00:00", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11 22:20:00 +0000", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11 22:20:00 UTC", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-05-11T22:20:00 GMT", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026-12-31T23:59:60Z", "2026-12-31T23:59:59.999999999Z", TIME_EXACT},
        {"2026-01-01T00:59:60.5+01:00", "2025-12-31T23:59:59.999999999Z", TIME_EXACT},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", TIME_EXACT},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", TIME_EXACT},
    };
    CHECK(forms);
}

static void assumes_utc_without_a_zone(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"2026-05-11T22:20:00", "2026-05-11T22:20:00Z", TIME_ASSUMED_UTC},
        {"2026-05-11 22:20:00.123", "2026-05-11T22:20:00.123Z", TIME_ASSUMED_UTC},
        {"2026-05-11 22:20", "2026-05-11T22:20:00Z", TIME_ASSUMED_UTC},
        {"2026-05-11", "2026-05-11T00:00:00Z", TIME_ASSUMED_UTC},
        {"2026/05/11 22:20:00", "2026-05-11T22:20:00Z", TIME_ASSUMED_UTC},
        {"20260511T222000", "2026-05-11T22:20:00Z", TIME_ASSUMED_UTC},
        {"Mon May 11 22:20:00 2026", "2026-05-11T22:20:00Z", TIME_ASSUMED_UTC},
        {"Mon May  4 22:20:00 2026", "2026-05-04T22:20:00Z", TIME_ASSUMED_UTC},
    };
    CHECK(forms);
}

static void reads_compact_mail_http_and_log_dates(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"20260511T222000Z", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"20260511T222000.25Z", "2026-05-11T22:20:00.25Z", TIME_EXACT},
        {"2026-05-11T22:20Z", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"2026/05/11 22:20:00 +0100", "2026-05-11T21:20:00Z", TIME_EXACT},
        {"Mon, 11 May 2026 22:20:00 GMT", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"Mon, 11 May 2026 22:20:00 +0200", "2026-05-11T20:20:00Z", TIME_EXACT},
        {"11 May 2026 22:20 -0700", "2026-05-12T05:20:00Z", TIME_EXACT},
        {"4 may 2026 22:20:00 EST", "2026-05-05T03:20:00Z", TIME_EXACT},
        {"Monday, 11-May-26 22:20:00 GMT", "2026-05-11T22:20:00Z", TIME_EXACT},
        {"11/May/2026:22:20:00 +0200", "2026-05-11T20:20:00Z", TIME_EXACT},
    };
    CHECK(forms);
}

/*
 * Each named row of tests/vectors/timestamp/forms.txt must have texts that are times and texts that
 * are not.
 */
static void reads_the_forms_of_the_vectors(void **state)
{
    (void)state;
    struct rows rows;
    struct row row;
    char name[64] = "";
    bool any[2] = {true, true};
    rows_open(&rows, TEST_VECTORS "/timestamp/forms.txt");
    while (rows_next(&rows, &row)) {
        struct timestamp t = {0};
        char text[TIMESTAMP_BYTES];
        struct span want = row.column[2];
        bool ok = timestamp_parse(row.column[1], &t);
        struct span got = ok ? timestamp_write(&t, text) : SPAN("-");
        struct span quality = span_str(ok ? time_quality_name(t.quality) : "");
        if (!span_eq(got, want) || !span_eq(quality, row.column[3])) {
            fail_msg("line %zu: %.*s %.*s, want %.*s", row.line, SPAN_FMT(got), SPAN_FMT(quality),
                     SPAN_FMT(want));
        }
        if (!span_eq(row.column[0], span_str(name))) {
            assert_true(any[0] && any[1]);
            any[0] = any[1] = false;
            (void)snprintf(name, sizeof(name), "%.*s", SPAN_FMT(row.column[0]));
        }
        any[ok ? 1 : 0] = true;
    }
    assert_true(rows.line > 100 && any[0] && any[1]);
    rows_close(&rows);
}

static void takes_the_unit_of_a_number_from_its_size(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"1780000000", "2026-05-28T20:26:40Z", TIME_EXACT},
        {"1780000000123", "2026-05-28T20:26:40.123Z", TIME_EXACT},
        {"1780000000123456", "2026-05-28T20:26:40.123456Z", TIME_EXACT},
        {"1780000000123456789", "2026-05-28T20:26:40.123456789Z", TIME_EXACT},
        {"1780000000.5", "2026-05-28T20:26:40.5Z", TIME_EXACT},
        {"1780000000123.25", "2026-05-28T20:26:40.12325Z", TIME_EXACT},
        {"1780000000123456789.75", "2026-05-28T20:26:40.123456789Z", TIME_EXACT},
        {"1.78e9", "2026-05-28T20:26:40Z", TIME_EXACT},
        {"1.780000000123456789E+18", "2026-05-28T20:26:40.123456789Z", TIME_EXACT},
        {"1780000000123e-3", "2026-05-28T20:26:40.123Z", TIME_EXACT},
        {"0001780000000", "2026-05-28T20:26:40Z", TIME_EXACT},
        {"7999999999", "2223-07-06T14:13:19Z", TIME_EXACT},
    };
    CHECK(forms);
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"", NULL, 0},
        {"   ", NULL, 0},
        {"0", NULL, 0},
        {"0.0", NULL, 0},
        {"-1780000000", NULL, 0},
        {"now", NULL, 0},
        {"2026-02-29T00:00:00Z", NULL, 0},
        {"1900-02-29T00:00:00Z", NULL, 0},
        {"2026-13-01T00:00:00Z", NULL, 0},
        {"2026-00-01T00:00:00Z", NULL, 0},
        {"2026-04-31T00:00:00Z", NULL, 0},
        {"2026-05-11T22:60:00Z", NULL, 0},
        {"2026-05-11T22:20:61Z", NULL, 0},
        {"2026-05-11T22:20:00.Z", NULL, 0},
        {"2026-05-11T22:20:00Zulu", NULL, 0},
        {"2026-05-11T22:20:00+24:00", NULL, 0},
        {"2026-05-11T22:20:00+01:60", NULL, 0},
        {"2026-05-11T22:20:00+1", NULL, 0},
        {"2026-05-11T", NULL, 0},
        {"2026-05/11", NULL, 0},
        {"2026-05-28X20:26:40Z", NULL, 0},
        {"2026-05-28T20-26:40Z", NULL, 0},
        {"2026-05-28T20:26-40Z", NULL, 0},
        {"2026-05-2:T20:26:40Z", NULL, 0},
        {"202/-05-28T20:26:40Z", NULL, 0},
        {"2026-05-28T20:26:4", NULL, 0},
        {"11/Foo/2026:22:20:00 +0200", NULL, 0},
        {"9999-12-31T23:59:59Z", NULL, 0},
        {"1780000000.", NULL, 0},
        {"1e", NULL, 0},
        {"1e99999999999999999999", NULL, 0},
        {"99999999999999999999999999", NULL, 0},
        {"9223372036854775807", NULL, 0},
        {"0x10", NULL, 0},
    };
    CHECK(forms);
}

static void a_time_of_otlp_is_always_nanoseconds(void **state)
{
    (void)state;
    struct timestamp t;
    assert_true(timestamp_number(SPAN("1780000000"), TIME_NANOS, &t));
    assert_int_equal(t.ns, 1780000000);
    assert_int_equal(t.digits, 9);
    assert_true(timestamp_number(SPAN("1780000000"), TIME_MILLIS, &t));
    assert_int_equal(t.ns, 1780000000 * (int64_t)1000000);
    assert_false(timestamp_number(SPAN("99999999999999999"), TIME_SECONDS, &t));
}

/* An integer gives the same time as its digits, in every unit, and as the text form of the time. */
static void an_integer_is_as_its_digits(void **state)
{
    (void)state;
    char digits[24];
    uint64_t v = 1;
    for (int i = 0; i < 4000; i++) {
        v = v * 6364136223846793005U + 1442695040888963407U;
        uint64_t n = v >> 1 >> v % 63;
        (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
        for (int unit = TIME_BY_SIZE; unit <= TIME_NANOS; unit++) {
            struct timestamp a = {0};
            struct timestamp b = {0};
            bool good = timestamp_number(span_str(digits), (enum time_unit)unit, &a);
            assert_int_equal(timestamp_integer(n, (enum time_unit)unit, &b), good);
            assert_true(!good || (a.ns == b.ns && a.digits == b.digits));
        }
        struct timestamp text = {0};
        struct timestamp number = {0};
        bool good = timestamp_parse(span_str(digits), &text);
        assert_int_equal(timestamp_integer(n, TIME_BY_SIZE, &number), good);
        assert_true(!good || (text.ns == number.ns && text.digits == number.digits &&
                              text.quality == number.quality));
    }
}

static void joins_seconds_and_nanos(void **state)
{
    (void)state;
    struct timestamp t;
    char text[TIMESTAMP_BYTES];
    int64_t nanos = 0;
    assert_true(timestamp_nanos(SPAN("0"), &nanos) && nanos == 0);
    assert_true(timestamp_nanos(SPAN("999999999"), &nanos) && nanos == 999999999);
    assert_true(timestamp_nanos(SPAN("5e8"), &nanos) && nanos == 500000000);
    assert_false(timestamp_nanos(SPAN("-1"), &nanos));
    assert_false(timestamp_nanos(SPAN("1000000000"), &nanos));
    assert_false(timestamp_nanos(SPAN("x"), &nanos));
    assert_true(timestamp_pair(1780000000, 5000000, &t));
    assert_span_equal(timestamp_write(&t, text), SPAN("2026-05-28T20:26:40.005Z"));
    assert_false(timestamp_pair(0, 1, &t));
    assert_false(timestamp_pair(1780000000, 1000000000, &t));
    assert_false(timestamp_pair(INT64_MAX, 0, &t));
}

static void plain_is_only_the_form_that_may_pass_through(void **state)
{
    (void)state;
    int64_t ns = 0;
    assert_true(timestamp_plain(SPAN("2026-05-28T20:26:40Z"), &ns));
    assert_int_equal(ns, 1780000000 * NS);
    assert_true(timestamp_plain(SPAN("2026-05-28T20:26:40.123456789Z"), &ns));
    assert_int_equal(ns, 1780000000 * NS + 123456789);
    assert_true(timestamp_plain(SPAN("2026-05-28T20:26:40.5Z"), &ns));
    static const char *const others[] = {"2026-05-28T20:26:40",
                                         "2026-05-28 20:26:40Z",
                                         "2026-05-28t20:26:40Z",
                                         "2026-05-28T20:26:40z",
                                         "2026-05-28T20:26:40.Z",
                                         "2026-05-28T20:26:40.1234567890Z",
                                         "2026-05-28T20:26:60Z",
                                         "2026-05-28T24:00:00Z",
                                         "2026-05-28T20:26:40+00:00",
                                         "2026-02-30T20:26:40Z",
                                         " 2026-05-28T20:26:40Z",
                                         "2026-05-28T20:26:40,5Z",
                                         "2026-05-28T20:26:40.5ZZ",
                                         "1780000000",
                                         "",
                                         "9999-05-28T20:26:40Z"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(timestamp_plain(span_str(others[i]), &ns));
    }
}

static void plausible_is_from_2000_to_two_days_past_the_object(void **state)
{
    (void)state;
    int64_t object = 1780000000 * NS;
    assert_true(timestamp_plausible(946684800 * NS, object));
    assert_false(timestamp_plausible(946684800 * NS - 1, object));
    assert_true(timestamp_plausible(object + 172800 * NS, object));
    assert_false(timestamp_plausible(object + 172800 * NS + 1, object));
    assert_true(timestamp_plausible(object, INT64_MAX));
}

static void the_objects_time_shows_what_it_has(void **state)
{
    (void)state;
    char text[TIMESTAMP_BYTES];
    struct timestamp t = timestamp_from_object(1780000000 * NS);
    assert_span_equal(timestamp_write(&t, text), SPAN("2026-05-28T20:26:40Z"));
    t = timestamp_from_object(1780000000 * NS + 120000);
    assert_span_equal(timestamp_write(&t, text), SPAN("2026-05-28T20:26:40.000120Z"));
    assert_string_equal(time_quality_name(t.quality), "from_object");
    assert_string_equal(time_quality_name(TIME_ASSUMED_UTC), "assumed_utc");
}

static void agrees_with_libc_on_every_day(void **state)
{
    (void)state;
    for (int64_t day = -106000; day < 106000; day++) {
        struct timestamp t = {(day * 86400 + 3661) * NS, 0, TIME_EXACT};
        char text[TIMESTAMP_BYTES];
        char want[TIMESTAMP_BYTES];
        time_t s = (time_t)(day * 86400 + 3661);
        struct tm tm;
        assert_non_null(gmtime_r(&s, &tm));
        assert_true(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
        struct span got = timestamp_write(&t, text);
        assert_span_equal(got, span_str(want));
        struct timestamp back;
        assert_true(timestamp_parse(got, &back));
        assert_int_equal(back.ns, t.ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_3339),
        cmocka_unit_test(assumes_utc_without_a_zone),
        cmocka_unit_test(reads_compact_mail_http_and_log_dates),
        cmocka_unit_test(reads_the_forms_of_the_vectors),
        cmocka_unit_test(takes_the_unit_of_a_number_from_its_size),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(a_time_of_otlp_is_always_nanoseconds),
        cmocka_unit_test(an_integer_is_as_its_digits),
        cmocka_unit_test(joins_seconds_and_nanos),
        cmocka_unit_test(plain_is_only_the_form_that_may_pass_through),
        cmocka_unit_test(plausible_is_from_2000_to_two_days_past_the_object),
        cmocka_unit_test(the_objects_time_shows_what_it_has),
        cmocka_unit_test(agrees_with_libc_on_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
