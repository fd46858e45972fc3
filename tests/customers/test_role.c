/* SPDX-License-Identifier: Apache-2.0 */
/* The check that a role demands its external id, and its repetition. */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/one_customer.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    w.conf.verify.interval_ms = DAY_MS;
    one_customer_start(&w);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    one_customer_done(&w);
    return 0;
}

static enum err_kind use_role(void)
{
    struct creds_source *creds = NULL;
    struct err e;
    return customer_creds(w.c, &creds, &e);
}

/* Use the role each minute for this time. */
static void use_for(int64_t ms)
{
    for (int64_t end = w.clock.mono + ms; w.clock.mono < end; w.clock.mono += 60 * 1000) {
        assert_int_equal(use_role(), FAIL_NONE);
    }
}

static void is_checked_again_once_in_each_interval(void **state UNUSED)
{
    assert_int_equal(use_role(), FAIL_NONE);
    assert_int_equal(fake_creds.probes, 1);
    use_for(DAY_MS); /* the first repetition is anywhere within it */
    assert_int_equal(fake_creds.probes, 2);
    for (int day = 1; day <= 5; day++) {
        use_for(DAY_MS);
        assert_in_range(fake_creds.probes, 1 + day, 2 + day);
    }
}

static void a_role_that_was_not_used_is_checked_at_its_next_use(void **state UNUSED)
{
    assert_int_equal(use_role(), FAIL_NONE);
    w.clock.mono += 10LL * DAY_MS;
    assert_int_equal(use_role(), FAIL_NONE);
    assert_int_equal(use_role(), FAIL_NONE);
    assert_int_equal(fake_creds.probes, 2);
}

static void a_role_that_begins_to_accept_a_wrong_id_is_not_used(void **state UNUSED)
{
    assert_int_equal(use_role(), FAIL_NONE);
    fake_creds.unguarded = FAIL_CONFIG;
    w.clock.mono += DAY_MS;
    assert_int_equal(use_role(), FAIL_CONFIG);
    assert_int_equal(use_role(), FAIL_CONFIG);
    fake_creds.unguarded = FAIL_NONE;
    assert_int_equal(use_role(), FAIL_NONE);
}

static void a_check_that_cannot_be_made_changes_nothing_and_is_made_soon(void **state UNUSED)
{
    assert_int_equal(use_role(), FAIL_NONE);
    fake_creds.unguarded = FAIL_AGAIN;
    w.clock.mono += DAY_MS;
    assert_int_equal(use_role(), FAIL_NONE);
    assert_int_equal(use_role(), FAIL_NONE);
    assert_int_equal(fake_creds.probes, 2);
    fake_creds.unguarded = FAIL_CONFIG;
    w.clock.mono += HOUR_MS;
    assert_int_equal(use_role(), FAIL_CONFIG);
    assert_int_equal(fake_creds.probes, 3);
}

static void a_customer_for_whom_it_is_accepted_is_never_checked(void **state UNUSED)
{
    w.customers[0].accept_role_without_external_id = true;
    use_for(2LL * DAY_MS);
    assert_int_equal(fake_creds.probes, 0);
}

/* The timer looks each minute for this time, and at its end. */
static void let_pass(int64_t ms)
{
    for (int64_t end = w.clock.mono + ms; w.clock.mono < end; w.clock.mono += 60 * 1000) {
        assert_true(customers_check_role(w.all) > 0);
    }
    assert_true(customers_check_role(w.all) > 0);
}

static void an_idle_role_is_checked_by_the_timer_once_in_each_interval(void **state UNUSED)
{
    let_pass(DAY_MS);
    assert_int_equal(fake_creds.probes, 1);
    for (int day = 1; day <= 5; day++) {
        let_pass(DAY_MS);
        assert_in_range(fake_creds.probes, day, 1 + day);
    }
    assert_true(customers_check_role(w.all) > 0);
    int before = (int)fake_creds.probes;
    assert_int_equal(use_role(), FAIL_NONE); /* what is proved is not proved again by its use */
    assert_int_equal(fake_creds.probes, before);
}

static void a_role_in_use_is_not_checked_twice(void **state UNUSED)
{
    for (int64_t end = w.clock.mono + 5LL * DAY_MS; w.clock.mono < end; w.clock.mono += 60 * 1000) {
        assert_int_equal(use_role(), FAIL_NONE);
        assert_true(customers_check_role(w.all) > 0);
    }
    assert_in_range(fake_creds.probes, 5, 7);
}

static void an_idle_role_that_begins_to_accept_a_wrong_id_pauses_its_customer(void **state UNUSED)
{
    struct role_checks_counts counts;
    let_pass(DAY_MS);
    fake_creds.unguarded = FAIL_CONFIG;
    let_pass(DAY_MS + HOUR_MS); /* its next check is at the last minute of the day at the latest */
    assert_true(customer_paused(w.c));
    assert_in_range(fake_creds.probes, 4, 110); /* again each 15 minutes */
    fake_creds.unguarded = FAIL_NONE;
    let_pass(HOUR_MS);
    customers_role_checks(w.all, &counts);
    assert_true(counts.disproved > 0 && counts.proved >= 2);
    assert_int_equal(fake_ops.verify_changes, 3); /* proved, disproved, proved */
    assert_string_equal(fake_ops.verify_result, "proved");
    assert_int_equal(counts.not_checked, 0);
    assert_int_equal(use_role(), FAIL_NONE);
}

static void of_a_role_that_cannot_be_assumed_a_denial_proves_nothing(void **state UNUSED)
{
    struct role_checks_counts counts;
    fake_creds.kind = FAIL_DENIED;
    let_pass(DAY_MS);
    customers_role_checks(w.all, &counts);
    assert_int_equal(fake_creds.probes, 0);
    assert_int_equal(counts.proved, 0);
    assert_in_range(counts.not_checked, 1, 97); /* again each 15 minutes */
    assert_false(customer_paused(w.c));         /* its next object is what pauses it */
}

static void a_shorter_interval_counts_from_the_last_check(void **state UNUSED)
{
    let_pass(2LL * DAY_MS);
    int before = (int)fake_creds.probes;
    w.conf.verify.interval_ms = HOUR_MS; /* as after a reload, which keeps the role */
    let_pass(2LL * HOUR_MS);
    assert_in_range(fake_creds.probes - before, 1, 3);
}

static void without_an_interval_there_is_no_check_by_the_timer(void **state UNUSED)
{
    w.conf.verify.interval_ms = 0;
    let_pass(3LL * DAY_MS);
    w.conf.verify.interval_ms = DAY_MS;
    w.customers[0].accept_role_without_external_id = true;
    let_pass(3LL * DAY_MS);
    assert_int_equal(fake_creds.probes, 0);
}

static void the_checks_of_many_roles_are_spread_over_the_interval(void **state UNUSED)
{
    enum { MANY = 200, HOURS = 24 };
    struct customer_conf many[MANY];
    char ids[MANY][8];
    unsigned most = 0;
    customer_release(w.c);
    customers_free(w.all);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "c%d", i);
        many[i] = w.customers[0];
        many[i].id = many[i].prefix = ids[i];
    }
    w.queue.customer_count = MANY;
    w.conf.customers = many;
    w.conf.customer_count = MANY;
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &w.clock.clock}, &e);
    w.c = customers_next(w.all, NULL);
    for (int hour = 0; hour < HOURS; hour++) {
        unsigned before = (unsigned)fake_creds.probes;
        for (int64_t end = w.clock.mono + HOUR_MS; w.clock.mono < end; w.clock.mono += 5000) {
            assert_true(customers_check_role(w.all) > 0);
        }
        unsigned now = (unsigned)fake_creds.probes - before;
        most = now > most ? now : most;
    }
    for (int i = 0; i < 4; i++) { /* for those of the last 5 s */
        assert_true(customers_check_role(w.all) > 0);
    }
    assert_int_equal(fake_creds.probes, MANY);
    assert_in_range(most, MANY / HOURS, 3 * MANY / HOURS);
    tear_down(NULL);
    assert_int_equal(setup(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_checked_again_once_in_each_interval, setup, tear_down),
        cmocka_unit_test_setup_teardown(a_role_that_was_not_used_is_checked_at_its_next_use, setup,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_role_that_begins_to_accept_a_wrong_id_is_not_used, setup,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_check_that_cannot_be_made_changes_nothing_and_is_made_soon, setup, tear_down),
        cmocka_unit_test_setup_teardown(a_customer_for_whom_it_is_accepted_is_never_checked, setup,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_idle_role_is_checked_by_the_timer_once_in_each_interval,
                                        setup, tear_down),
        cmocka_unit_test_setup_teardown(a_role_in_use_is_not_checked_twice, setup, tear_down),
        cmocka_unit_test_setup_teardown(
            an_idle_role_that_begins_to_accept_a_wrong_id_pauses_its_customer, setup, tear_down),
        cmocka_unit_test_setup_teardown(of_a_role_that_cannot_be_assumed_a_denial_proves_nothing,
                                        setup, tear_down),
        cmocka_unit_test_setup_teardown(a_shorter_interval_counts_from_the_last_check, setup,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_an_interval_there_is_no_check_by_the_timer, setup,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_checks_of_many_roles_are_spread_over_the_interval,
                                        setup, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
