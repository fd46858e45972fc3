/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/customers.h"
#include "fakes/fake_settler.h"

static int teardown(void **state UNUSED)
{
    fake_settler_reset();
    return 0;
}

static struct fake_message *receive(void)
{
    struct fake_message *f = fake_settler_message("{}", 1);
    inflight_begin(&f->inflight, &fake_settler);
    return f;
}

static void release(struct fake_message *f, enum err_kind kind)
{
    struct err e = {.kind = kind};
    if (inflight_release(&f->inflight, &e)) {
        inflight_settle(&f->inflight);
    }
}

static void is_settled_by_the_release_that_leaves_nothing_pending(void **state UNUSED)
{
    struct fake_message *f = receive();
    assert_int_equal(f->begun, 1);
    inflight_hold(&f->inflight);
    inflight_hold(&f->inflight);
    release(f, FAIL_NONE);
    release(f, FAIL_NONE);
    assert_int_equal(f->settled, 0);
    release(f, FAIL_NONE);
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->settlement.outcome, OUTCOME_DONE);
}

static void takes_the_worst_of_its_objects_and_the_longest_of_their_delays(void **state UNUSED)
{
    struct fake_message *f = receive();
    inflight_worsen(&f->inflight, OUTCOME_LEAVE, 800);
    inflight_worsen(&f->inflight, OUTCOME_LATER, 20);
    inflight_worsen(&f->inflight, OUTCOME_LEAVE, 900);
    inflight_worsen(&f->inflight, OUTCOME_LATER, 30);
    inflight_worsen(&f->inflight, OUTCOME_DONE, 0);
    release(f, FAIL_NONE);
    assert_int_equal(f->settlement.outcome, OUTCOME_LATER);
    assert_int_equal(f->settlement.delay_s, 30);
    assert_int_equal(f->settlement.failed, FAIL_NONE);
}

static void is_delivered_again_after_one_bad_report(void **state UNUSED)
{
    static const enum outcome outcomes[] = {OUTCOME_DONE, OUTCOME_LEAVE};
    for (size_t i = 0; i < 2; i++) {
        struct fake_message *f = receive();
        inflight_worsen(&f->inflight, outcomes[i], 0);
        inflight_hold(&f->inflight);
        inflight_hold(&f->inflight);
        release(f, FAIL_NONE);
        release(f, FAIL_CONFIG);
        release(f, FAIL_NONE);
        assert_int_equal(f->settlement.outcome, OUTCOME_LATER);
        assert_int_equal(f->settlement.failed, FAIL_CONFIG);
        assert_in_range(f->settlement.delay_s, 675, 900);
    }
}

static void is_returned_immediately_when_no_lane_has_started_it(void **state UNUSED)
{
    struct fake_message *f = receive();
    inflight_return(&f->inflight);
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->settlement.outcome, OUTCOME_LATER);
    assert_int_equal(f->settlement.delay_s, 0);
}

static void says_why_it_is_not_ours_any_more(void **state UNUSED)
{
    struct fake_message *f = receive();
    assert_null(inflight_lost(&f->inflight));
    inflight_lose(&f->inflight, "taken over");
    assert_string_equal(inflight_lost(&f->inflight), "taken over");
}

static void asks_its_settler_whether_it_comes_again(void **state UNUSED)
{
    struct fake_message *f = receive();
    assert_false(inflight_last_delivery(&f->inflight));
    f->last = true;
    assert_true(inflight_last_delivery(&f->inflight));
}

static void holds_each_of_its_customers_once(void **state UNUSED)
{
    static struct stats stats[2];
    static struct customer a = {.stats = &stats[0]};
    static struct customer b = {.stats = &stats[1]};
    struct fake_message *f = receive();
    struct inflight *m = &f->inflight;
    m->first.customer = customer_hold(&a);
    struct customer *customers[] = {&b, &a, NULL, &b};
    for (size_t i = 0; i < sizeof(customers) / sizeof(customers[0]); i++) {
        inflight_add_customer(m, customers[i]);
    }
    assert_ptr_equal(m->first.next->customer, &b);
    assert_null(m->first.next->next);
    struct clock_manual clock;
    clock_manual_init(&clock, 100, 1400);
    m->received_ms = 50;
    m->sent_ms = 1000;
    inflight_delivered(m, &clock.clock);
    assert_int_equal(stats_get(&stats[0].lag.sum_ms), 400);
    assert_int_equal(stats_get(&stats[1].lag.sum_ms), 400);
    assert_int_equal(stats_get(&stats[1].delivered_ms), 1400);
}

/* It is the time for which the backfill had to wait. */
static void counts_no_lag_of_a_backfill(void **state UNUSED)
{
    static struct stats stats;
    static struct customer a = {.stats = &stats};
    struct clock_manual clock;
    clock_manual_init(&clock, 100, 1400);
    struct fake_message *f = receive();
    struct inflight *m = &f->inflight;
    m->first.customer = customer_hold(&a);
    m->received_ms = 50;
    m->sent_ms = 1000;
    m->lower = true;
    inflight_delivered(m, &clock.clock);
    assert_int_equal(stats_get(&stats.lag.sum_ms) + stats_get(&stats.lag_ms), 0);
    assert_int_not_equal(stats_get(&stats.backfill_ms), 0);
    assert_int_not_equal(stats_get(&stats.delivered_ms), 0);
}

static void counts_no_lag_that_the_clocks_do_not_show(void **state UNUSED)
{
    static struct stats stats;
    static struct customer a = {.stats = &stats};
    struct clock_manual clock;
    clock_manual_init(&clock, 100000, 1000000);
    struct fake_message *f = receive();
    struct inflight *m = &f->inflight;
    int64_t lag_ms = 0, least_ms = 0;
    m->first.customer = customer_hold(&a);
    m->received_ms = 90000;
    m->sent_ms = 1060000; /* this host's clock is a minute behind or more */
    assert_false(inflight_lag(m, &clock.clock, &lag_ms, &least_ms));
    assert_int_equal(least_ms, 10000);
    inflight_delivered(m, &clock.clock);
    for (size_t i = 0; i <= LAG_BOUNDS; i++) {
        assert_int_equal(stats_get(&stats.lag.counts[i]), 0);
    }
    assert_int_equal(stats_get(&stats.delivered_ms), 1000000);
    m->again.first_ms = 30000; /* received before */
    m->sent_ms = 1001000;      /* a second is no contradiction */
    assert_true(inflight_lag(m, &clock.clock, &lag_ms, &least_ms));
    assert_int_equal(lag_ms, 70000);
    m->sent_ms = 0;
    assert_false(inflight_lag(m, &clock.clock, &lag_ms, &least_ms));
    release(f, FAIL_NONE);
}

/* ---- A settler that wraps another one and commits first ---- */

static struct {
    const struct settler *inner;
    struct inflight *open; /* done, but not committed */
} transaction;

static void transaction_begin(void *context UNUSED, struct inflight *m)
{
    transaction.inner->begin(transaction.inner->context, m);
}

static void transaction_settle(void *context UNUSED, struct inflight *m, const struct settlement *s)
{
    if (s->outcome != OUTCOME_DONE) {
        transaction.inner->settle(transaction.inner->context, m, s);
        return;
    }
    m->next = transaction.open;
    transaction.open = m;
}

static bool transaction_last(void *context UNUSED, const struct inflight *m)
{
    return transaction.inner->last_delivery(transaction.inner->context, m);
}

static void transaction_end(struct settlement s)
{
    while (transaction.open != NULL) {
        struct inflight *m = transaction.open;
        transaction.open = m->next;
        transaction.inner->settle(transaction.inner->context, m, &s);
    }
}

static void may_be_kept_by_a_settler_that_commits_first(void **state UNUSED)
{
    const struct settler around = {NULL, transaction_begin, transaction_settle, transaction_last};
    struct fake_message *f[3];
    transaction.inner = &fake_settler;
    for (size_t i = 0; i < 3; i++) {
        f[i] = fake_settler_message("{}", 1);
        inflight_begin(&f[i]->inflight, &around);
        assert_int_equal(f[i]->begun, 1);
    }
    inflight_worsen(&f[1]->inflight, OUTCOME_LATER, 10);
    for (size_t i = 0; i < 3; i++) {
        release(f[i], FAIL_NONE);
    }
    assert_int_equal(f[0]->settled, 0);
    assert_int_equal(f[1]->settled, 1);
    assert_int_equal(f[2]->settled, 0);
    transaction_end((struct settlement){.outcome = OUTCOME_DONE});
    assert_int_equal(f[0]->settlement.outcome, OUTCOME_DONE);
    assert_int_equal(f[1]->settlement.outcome, OUTCOME_LATER);
    assert_int_equal(f[2]->settlement.outcome, OUTCOME_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_no_lag_of_a_backfill),
        cmocka_unit_test(counts_no_lag_that_the_clocks_do_not_show),
        cmocka_unit_test(is_settled_by_the_release_that_leaves_nothing_pending),
        cmocka_unit_test(takes_the_worst_of_its_objects_and_the_longest_of_their_delays),
        cmocka_unit_test(is_delivered_again_after_one_bad_report),
        cmocka_unit_test(is_returned_immediately_when_no_lane_has_started_it),
        cmocka_unit_test(says_why_it_is_not_ours_any_more),
        cmocka_unit_test(asks_its_settler_whether_it_comes_again),
        cmocka_unit_test(holds_each_of_its_customers_once),
        cmocka_unit_test(may_be_kept_by_a_settler_that_commits_first),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
