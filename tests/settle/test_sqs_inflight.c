/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "fakes/fake_sqs.h"
#include "settle/sqs/sqs_inflight.h"

enum { NOW = 1000, VISIBILITY_S = 120 };

static struct leases *book;
static struct rng rng;
static struct sqs_origin origin;

static int setup(void **state UNUSED)
{
    fake_sqs_reset();
    rng_init(&rng, 7);
    origin = (struct sqs_origin){.redrive = {.max_receive_count = 10}};
    book = leases_new(1);
    leases_queue(book, 0, VISIBILITY_S, 0);
    return 0;
}

static int teardown(void **state UNUSED)
{
    leases_free(book);
    return 0;
}

static struct sqs_inflight *receive(void)
{
    struct sqs_inflight *m = sqs_inflight_new(fake_message("h1", "{}"), &origin, 0, NOW);
    sqs_inflight_begin(book, m, NOW);
    return m;
}

/* Answer the one call that is due with success. True: the caller frees the message. */
static bool answer(enum lease_call call, int64_t now)
{
    struct lease_batch batch;
    assert_true(leases_next(book, now, &batch));
    assert_int_equal(batch.call, call);
    assert_int_equal(batch.count, 1);
    batch.kinds[0] = FAIL_NONE;
    leases_answered(book, &batch, FAIL_NONE, now, &rng);
    return batch.over[0] && sqs_inflight_lease_over(sqs_inflight_of_lease(batch.leases[0]));
}

static void deletes_what_is_done_and_returns_the_rest(void **state UNUSED)
{
    static const struct {
        enum outcome outcome;
        enum lease_end how;
    } cases[] = {
        {OUTCOME_DONE, LEASE_DELETE}, {OUTCOME_LATER, LEASE_CHANGE}, {OUTCOME_LEAVE, LEASE_CHANGE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sqs_inflight *m = receive();
        struct settlement s = {.outcome = cases[i].outcome, .delay_s = 30};
        assert_false(sqs_inflight_settle(book, m, &s, NOW));
        assert_int_equal(m->lease.how, cases[i].how);
        assert_int_equal(m->lease.delay_s, 30);
        assert_true(answer(cases[i].how == LEASE_DELETE ? LEASE_CALL_DELETE : LEASE_CALL_CHANGE,
                           NOW + 1000));
        sqs_inflight_free(m);
    }
}

static void is_freed_by_its_settlement_when_it_was_given_up_before(void **state UNUSED)
{
    struct settlement done = {.outcome = OUTCOME_DONE};
    struct sqs_inflight *m = receive();
    sqs_inflight_give_up(book, m, 2, NOW);
    assert_false(answer(LEASE_CALL_CHANGE, NOW + 1000)); /* delivery reports still arrive */
    assert_true(sqs_inflight_settle(book, m, &done, NOW + 2000));
    sqs_inflight_free(m);
}

static void is_freed_by_the_answer_when_it_was_settled_meanwhile(void **state UNUSED)
{
    struct settlement done = {.outcome = OUTCOME_DONE};
    struct sqs_inflight *m = receive();
    sqs_inflight_give_up(book, m, 2, NOW);
    assert_false(sqs_inflight_settle(book, m, &done, NOW));
    assert_int_equal(m->lease.how, LEASE_CHANGE); /* what was abandoned is not deleted any more */
    assert_true(answer(LEASE_CALL_CHANGE, NOW + 1000));
    sqs_inflight_free(m);
}

static void is_freed_at_once_when_its_lease_was_lost_and_it_is_not_done(void **state UNUSED)
{
    struct sqs_inflight *m = receive();
    int64_t late = NOW + (int64_t)VISIBILITY_S * 1000;
    struct lease *l = leases_lost(book, late);
    assert_ptr_equal(sqs_inflight_of_lease(l), m);
    struct settlement later = {.outcome = OUTCOME_LATER, .delay_s = 10};
    assert_true(sqs_inflight_settle(book, m, &later, late));
    sqs_inflight_free(m);
}

static void knows_the_last_receive_by_count_and_by_age(void **state UNUSED)
{
    struct redrive r = {.max_receive_count = 10, .retention_ms = (int64_t)4 * 86400 * 1000};
    assert_false(redrive_last(&r, 9, 0));
    assert_true(redrive_last(&r, 10, 0));
    assert_true(redrive_last(&r, 11, 0));
    assert_false(redrive_last(&r, 1, r.retention_ms - 3600 * 1000));
    assert_true(redrive_last(&r, 1, r.retention_ms - 3600 * 1000 + 1));
    struct redrive none = {0};
    assert_false(redrive_last(&none, 1000, INT64_MAX));
}

static void measures_the_age_by_the_clock_of_the_queue(void **state UNUSED)
{
    struct sqs_inflight *m = receive();
    origin.redrive = (struct redrive){.retention_ms = 7200 * 1000};
    m->inflight.sent_ms = 100000000;
    fake_sqs.wall_ms = m->inflight.sent_ms + 3600 * 1000;
    assert_false(sqs_inflight_last(m));
    fake_sqs.wall_ms++;
    assert_true(sqs_inflight_last(m));
    m->inflight.sent_ms = 0; /* not known, so there is no age */
    assert_false(sqs_inflight_last(m));
    assert_ptr_equal(leases_pop(book), &m->lease);
    sqs_inflight_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deletes_what_is_done_and_returns_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(is_freed_by_its_settlement_when_it_was_given_up_before,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(is_freed_by_the_answer_when_it_was_settled_meanwhile, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(is_freed_at_once_when_its_lease_was_lost_and_it_is_not_done,
                                        setup, teardown),
        cmocka_unit_test(knows_the_last_receive_by_count_and_by_age),
        cmocka_unit_test_setup_teardown(measures_the_age_by_the_clock_of_the_queue, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
