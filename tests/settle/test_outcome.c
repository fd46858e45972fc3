/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "settle/outcome.h"

static struct outcome_action decide(struct outcome_case c)
{
    struct rng rng;
    rng_init(&rng, 7);
    struct outcome_action a;
    outcome_decide(&c, &rng, &a);
    return a;
}

static void doubles_the_delay_from_ten_seconds_to_fifteen_minutes(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 1);
    const struct outcome_rule *rule = outcome_rule(ABOUT_OBJECT, FAIL_AGAIN);
    int want[] = {10, 20, 40, 80, 160, 320, 640, 900, 900};
    for (unsigned n = 1; n <= 9; n++) {
        int least = 1000;
        int most = 0;
        for (int i = 0; i < 2000; i++) {
            int s = outcome_delay_s(rule, n, &rng);
            least = s < least ? s : least;
            most = s > most ? s : most;
        }
        assert_int_equal(most, want[n - 1]);
        assert_int_equal(least, want[n - 1] - want[n - 1] / 4);
    }
    assert_in_range(outcome_delay_s(rule, 4000000000U, &rng), 675, 900);
}

static void advises_by_the_code_where_it_says_more_than_the_class(void **state UNUSED)
{
    const struct outcome_rule *rule = outcome_rule(ABOUT_OBJECT, FAIL_KMS);
    struct err e = {.kind = FAIL_KMS, .code = "KMS.DisabledException"};
    assert_non_null(strstr(outcome_next(rule, &e), "enable the KMS key"));
    assert_null(strstr(outcome_next(rule, &e), "allow"));
    e = (struct err){.kind = FAIL_KMS, .code = "AccessDenied"};
    assert_ptr_equal(outcome_next(rule, &e), rule->next);
    e = (struct err){.kind = FAIL_KMS, .code = "KMS.NotFoundException"};
    assert_non_null(strstr(outcome_next(rule, &e), "upload them again under another key"));
    assert_non_null(strstr(rule->next, "allow the role to decrypt"));
    assert_null(strstr(rule->next, "enable"));
}

static void waits_long_from_the_first_receive_for_what_a_person_must_fix(void **state UNUSED)
{
    enum err_kind kinds[] = {FAIL_DENIED, FAIL_KMS, FAIL_CONFIG};
    for (size_t i = 0; i < 3; i++) {
        struct outcome_action a = decide(
            (struct outcome_case){.subject = ABOUT_OBJECT, .kind = kinds[i], .receive_count = 1});
        assert_int_equal(a.outcome, OUTCOME_LATER);
        assert_in_range(a.delay_s, 675, 900);
        assert_false(a.again_now);
    }
}

static void never_returns_without_delay_what_will_fail_again(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 3);
    for (int s = 0; s < OUTCOME_SUBJECTS; s++) {
        for (int k = FAIL_NONE + 1; k < FAIL_STOPPED; k++) {
            for (unsigned n = 1; n < 40; n++) {
                struct outcome_case c = {.subject = (enum outcome_subject)s,
                                         .kind = (enum err_kind)k,
                                         .receive_count = n,
                                         .tries = 9};
                struct outcome_action a;
                outcome_decide(&c, &rng, &a);
                assert_int_not_equal(a.outcome, OUTCOME_DONE);
                assert_true(a.delay_s >= 7 && a.delay_s <= DELAY_MAX_S);
            }
        }
    }
}

static void tries_again_now_only_before_the_first_record(void **state UNUSED)
{
    struct outcome_case c = {.subject = ABOUT_OBJECT, .kind = FAIL_AGAIN, .receive_count = 1};
    assert_true(decide(c).again_now);
    assert_in_range(decide(c).pause_ms, 100, 200);
    c.tries = 1;
    assert_true(decide(c).again_now);
    assert_in_range(decide(c).pause_ms, 200, 400);
    c.tries = 2;
    assert_false(decide(c).again_now);
    c.tries = 0;
    c.produced = true;
    assert_false(decide(c).again_now);
    assert_int_equal(decide(c).outcome, OUTCOME_LATER);
}

static void rejects_the_object_at_its_last_receive_only(void **state UNUSED)
{
    struct outcome_case c = {
        .subject = ABOUT_OBJECT, .kind = FAIL_DENIED, .receive_count = 10, .last = true};
    assert_true(decide(c).reject);
    assert_int_equal(decide(c).outcome, OUTCOME_LATER);
    c.last = false;
    assert_false(decide(c).reject);
    c.last = true;
    c.kind = FAIL_STOPPED;
    assert_false(decide(c).reject);
    c.kind = FAIL_LOST;
    assert_false(decide(c).reject);
}

static void leaves_gone_and_archived_objects_or_accepts_them(void **state UNUSED)
{
    enum err_kind kinds[] = {FAIL_GONE, FAIL_ARCHIVED};
    for (size_t i = 0; i < 2; i++) {
        struct outcome_case c = {.subject = ABOUT_OBJECT, .kind = kinds[i], .receive_count = 1};
        assert_int_equal(decide(c).outcome, OUTCOME_LEAVE);
        assert_in_range(decide(c).delay_s, 675, 900);
        c.accept = true;
        assert_int_equal(decide(c).outcome, OUTCOME_DONE);
        c.kind = FAIL_DENIED; /* the policy applies to absent objects only */
        assert_int_equal(decide(c).outcome, OUTCOME_LATER);
    }
}

static void leaves_an_object_of_a_format_that_is_not_read(void **state UNUSED)
{
    struct outcome_case c = {.subject = ABOUT_OBJECT, .kind = FAIL_FORMAT, .receive_count = 1};
    assert_int_equal(decide(c).outcome, OUTCOME_LEAVE);
    assert_in_range(decide(c).delay_s, 675, 900);
    assert_false(decide(c).again_now);
    assert_false(decide(c).reject);
    c.last = true;
    assert_true(decide(c).reject);
    assert_int_equal(outcome_rule(ABOUT_OBJECT, FAIL_FORMAT)->mark, BREAKER_NONE);
}

static void opens_the_breaker_at_once_for_a_denied_role_only(void **state UNUSED)
{
    assert_int_equal(outcome_rule(ABOUT_ROLE, FAIL_DENIED)->mark, BREAKER_OPEN);
    assert_int_equal(outcome_rule(ABOUT_OBJECT, FAIL_DENIED)->mark, BREAKER_COUNT);
    assert_int_equal(outcome_rule(ABOUT_OBJECT, FAIL_AGAIN)->mark, BREAKER_NONE);
}

static void has_one_row_for_every_subject_and_class(void **state UNUSED)
{
    size_t count = 0;
    const struct outcome_rule *rows = outcome_rules(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(outcome_rule(rows[i].subject, rows[i].kind), &rows[i]);
        assert_true(rows[i].first_s <= rows[i].max_s);
        assert_non_null(rows[i].next);
    }
    for (int s = ABOUT_OBJECT; s < ABOUT_NOTIFICATION; s++) {
        for (int k = FAIL_NONE + 1; k < FAIL_KINDS; k++) {
            assert_int_equal(outcome_rule((enum outcome_subject)s, (enum err_kind)k)->kind, k);
        }
    }
}

/* Not what is left for its last receive, and not what waits for a share or another worker. */
static void counts_as_back_off_what_failed_and_is_read_again(void **state UNUSED)
{
    static const struct {
        enum outcome_subject subject;
        enum err_kind kind;
    } not_failed[] = {
        {ABOUT_OBJECT, FAIL_LOST},
        {ABOUT_OBJECT, FAIL_STOPPED},
        {ABOUT_ROLE, FAIL_LOST},
        {ABOUT_ROLE, FAIL_STOPPED},
        {ABOUT_DELIVERY, FAIL_LOST},
        {ABOUT_DELIVERY, FAIL_STOPPED},
        {ABOUT_NOTIFICATION, FAIL_LOST},
        {ABOUT_NOTIFICATION, FAIL_STOPPED},
        {ABOUT_NOTIFICATION, FAIL_THROTTLED}, /* its customer has its share */
    };
    size_t count = 0;
    const struct outcome_rule *rows = outcome_rules(&count);
    for (size_t i = 0; i < count; i++) {
        bool failed = rows[i].outcome == OUTCOME_LATER;
        for (size_t k = 0; k < sizeof(not_failed) / sizeof(not_failed[0]); k++) {
            failed = failed && (not_failed[k].subject != rows[i].subject ||
                                not_failed[k].kind != rows[i].kind);
        }
        assert_int_equal(rows[i].back_off, failed);
    }
}

/* The operator acts on LEAVE, a paused customer, and on what does not pass by itself. */
static void says_what_happens_next_and_what_to_do(void **state UNUSED)
{
    size_t count = 0;
    const struct outcome_rule *rows = outcome_rules(&count);
    for (size_t i = 0; i < count; i++) {
        const char *next = rows[i].next;
        bool person = rows[i].first_s == DELAY_MAX_S || rows[i].kind == FAIL_SKEW;
        bool told = rows[i].subject == ABOUT_NOTIFICATION && rows[i].kind != FAIL_DATA;
        assert_null(strstr(next, "minutes"));
        assert_int_equal(strncmp(next, "customer paused", 15) == 0, rows[i].mark == BREAKER_OPEN);
        assert_true(!person || told || rows[i].subject == ABOUT_DELIVERY || strchr(next, ';'));
        assert_true(rows[i].outcome != OUTCOME_LEAVE || strstr(next, "left in the queue") == next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_the_delay_from_ten_seconds_to_fifteen_minutes),
        cmocka_unit_test(advises_by_the_code_where_it_says_more_than_the_class),
        cmocka_unit_test(waits_long_from_the_first_receive_for_what_a_person_must_fix),
        cmocka_unit_test(never_returns_without_delay_what_will_fail_again),
        cmocka_unit_test(tries_again_now_only_before_the_first_record),
        cmocka_unit_test(rejects_the_object_at_its_last_receive_only),
        cmocka_unit_test(leaves_gone_and_archived_objects_or_accepts_them),
        cmocka_unit_test(leaves_an_object_of_a_format_that_is_not_read),
        cmocka_unit_test(opens_the_breaker_at_once_for_a_denied_role_only),
        cmocka_unit_test(has_one_row_for_every_subject_and_class),
        cmocka_unit_test(counts_as_back_off_what_failed_and_is_read_again),
        cmocka_unit_test(says_what_happens_next_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
