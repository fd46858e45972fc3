/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "settle/sqs/leases.h"

enum { SECOND = 1000, VISIBILITY_S = 120, BEAT = 40 * SECOND };

static struct rng rng;

static struct leases *book(size_t queues)
{
    rng_init(&rng, 1);
    struct leases *b = leases_new(queues);
    for (size_t i = 0; i < queues; i++) {
        leases_queue(b, i, VISIBILITY_S, 0);
    }
    return b;
}

static void answer_all(struct leases *b, struct lease_batch *batch, enum err_kind kind, int64_t now)
{
    for (size_t i = 0; i < batch->count; i++) {
        batch->kinds[i] = kind;
    }
    leases_answered(b, batch, FAIL_NONE, now, &rng);
}

static void extends_from_the_receive_at_a_third_of_the_visibility(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    int64_t now = 0;
    for (int n = 0; n < 100; n++) {
        assert_false(leases_next(b, now + BEAT - 1, &batch));
        assert_int_equal(leases_wait_ms(b, now, 1000 * SECOND), BEAT);
        now += BEAT;
        assert_true(leases_next(b, now, &batch));
        assert_int_equal(batch.call, LEASE_CALL_BEAT);
        assert_int_equal(batch.count, 1);
        assert_ptr_equal(batch.leases[0], &l);
        assert_int_equal(batch.visibility_s[0], VISIBILITY_S);
        answer_all(b, &batch, FAIL_NONE, now + 20);
        assert_false(batch.over[0]);
        assert_null(leases_lost(b, now));
    }
}

static void fills_a_heartbeat_with_those_due_soon_and_no_more_than_ten(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l[13];
    struct lease_batch batch;
    for (int i = 0; i < 12; i++) {
        leases_add(b, &l[i], 0, "h", i * 100);
    }
    leases_add(b, &l[12], 0, "h", 20 * SECOND);
    assert_true(leases_next(b, BEAT, &batch));
    assert_int_equal(batch.count, 10);
    answer_all(b, &batch, FAIL_NONE, BEAT);
    assert_false(leases_next(b, BEAT, &batch));
    assert_true(leases_next(b, BEAT + 1000, &batch));
    assert_int_equal(batch.count, 2);
    assert_ptr_equal(batch.leases[1], &l[11]);
}

static void keeps_the_calls_of_queues_apart_and_gives_them_turns(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(2);
    struct lease l[24];
    struct lease_batch batch;
    for (size_t i = 0; i < 24; i++) {
        leases_add(b, &l[i], i == 0 ? 1 : 0, "h", 0);
    }
    size_t seen[4];
    for (size_t i = 0; i < 4; i++) {
        assert_true(leases_next(b, BEAT, &batch));
        seen[i] = batch.queue;
        for (size_t k = 0; k < batch.count; k++) {
            assert_int_equal(batch.leases[k]->queue, batch.queue);
        }
        answer_all(b, &batch, FAIL_NONE, BEAT);
    }
    assert_int_equal(seen[0] + seen[1], 1); /* each had one turn before one had two */
    assert_int_equal(seen[2] + seen[3], 0);
}

static void deletes_in_a_batch_of_ten_at_once_or_after_a_short_wait(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l[11];
    struct lease_batch batch;
    for (int i = 0; i < 11; i++) {
        leases_add(b, &l[i], 0, "h", 0);
        assert_false(leases_end(b, &l[i], LEASE_DELETE, 0, 10));
    }
    assert_true(leases_next(b, 10, &batch));
    assert_int_equal(batch.call, LEASE_CALL_DELETE);
    assert_int_equal(batch.count, 10);
    answer_all(b, &batch, FAIL_NONE, 30);
    assert_true(batch.over[0] && batch.over[9]);
    assert_false(leases_next(b, 10 + LEASE_LINGER_MS - 1, &batch));
    assert_true(leases_next(b, 10 + LEASE_LINGER_MS, &batch));
    assert_int_equal(batch.count, 1);
    answer_all(b, &batch, FAIL_NONE, 100);
    assert_int_equal(leases_count(b), 0);
    assert_false(leases_next(b, 1000 * SECOND, &batch));
}

static void extends_what_could_not_be_deleted_and_tries_again(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    leases_hurry(b);
    assert_false(leases_end(b, &l, LEASE_DELETE, 0, 0));
    int beats = 0;
    int deletes = 0;
    for (int64_t now = 0; now < 600 * SECOND; now += 100) {
        while (leases_next(b, now, &batch)) {
            beats += batch.call == LEASE_CALL_BEAT;
            deletes += batch.call == LEASE_CALL_DELETE;
            answer_all(b, &batch, batch.call == LEASE_CALL_BEAT ? FAIL_NONE : FAIL_AGAIN, now);
            assert_false(batch.over[0]);
        }
        assert_null(leases_lost(b, now));
    }
    assert_int_equal(beats, 14);
    assert_true(deletes > 100);
    do {
        assert_true(leases_next(b, 601 * SECOND, &batch));
        answer_all(b, &batch, FAIL_NONE, 601 * SECOND);
    } while (batch.call == LEASE_CALL_BEAT);
    assert_true(batch.over[0]);
}

static void gives_up_an_end_that_is_refused_five_times(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    assert_false(leases_end(b, &l, LEASE_DELETE, 0, 0));
    int64_t now = 0;
    for (int i = 1; i <= LEASE_REFUSED_MAX; i++) {
        now += SECOND;
        assert_true(leases_next(b, now, &batch));
        answer_all(b, &batch, FAIL_DENIED, now);
        assert_int_equal(batch.over[0], i == LEASE_REFUSED_MAX);
    }
    assert_int_equal(leases_count(b), 0);
}

static void reports_once_that_a_lease_is_lost_and_extends_it_no_more(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    assert_true(leases_next(b, BEAT, &batch));
    answer_all(b, &batch, FAIL_LOST, BEAT);
    assert_false(batch.over[0]);
    assert_int_equal(leases_wait_ms(b, BEAT, 1000), 0);
    assert_ptr_equal(leases_lost(b, BEAT), &l);
    assert_null(leases_lost(b, BEAT));
    assert_int_equal(l.loss, LEASE_LOST);
    assert_false(leases_next(b, 1000 * SECOND, &batch));
    assert_true(leases_end(b, &l, LEASE_CHANGE, 10, 1000 * SECOND)); /* no call to SQS is needed */
    assert_int_equal(leases_count(b), 0);
}

static void loses_by_its_own_clock_what_it_could_not_extend_in_time(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l[2];
    struct lease_batch batch;
    leases_add(b, &l[0], 0, "h", 0);
    assert_null(leases_lost(b, 115 * SECOND - 1));
    assert_ptr_equal(leases_lost(b, 115 * SECOND), &l[0]); /* as after SIGSTOP */
    assert_false(leases_next(b, 115 * SECOND, &batch));

    leases_add(b, &l[1], 0, "h", 200 * SECOND);
    int calls = 0;
    int64_t now = 200 * SECOND;
    for (; leases_lost(b, now) == NULL; now += 100) {
        while (leases_next(b, now, &batch)) {
            leases_answered(b, &batch, FAIL_AGAIN, now, &rng);
            calls++;
        }
    }
    assert_int_equal(now, 315 * SECOND);
    assert_in_range(calls, 8, 40); /* retried with increasing delays */
}

static void deletes_a_lost_one_once_if_all_of_it_is_delivered(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    assert_ptr_equal(leases_lost(b, 115 * SECOND), &l);
    assert_false(leases_end(b, &l, LEASE_DELETE, 0, 120 * SECOND));
    assert_true(leases_next(b, 121 * SECOND, &batch));
    assert_int_equal(batch.call, LEASE_CALL_DELETE);
    answer_all(b, &batch, FAIL_AGAIN, 121 * SECOND);
    assert_true(batch.over[0]);
    assert_int_equal(leases_count(b), 0);
}

static void returns_a_message_after_its_delay(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l[2];
    struct lease_batch batch;
    leases_add(b, &l[0], 0, "h", 0);
    leases_add(b, &l[1], 0, "h", 0);
    assert_false(leases_end(b, &l[0], LEASE_CHANGE, 900, 1000));
    assert_false(leases_end(b, &l[1], LEASE_CHANGE, 0, 1000));
    leases_hurry(b);
    assert_true(leases_next(b, 1000, &batch));
    assert_int_equal(batch.call, LEASE_CALL_CHANGE);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.visibility_s[0], 900);
    assert_int_equal(batch.visibility_s[1], 0);
    answer_all(b, &batch, FAIL_NONE, 1000);
    assert_true(batch.over[0] && batch.over[1]);
}

static void counts_what_is_on_its_way_back_until_the_queue_has_it(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(2);
    struct lease l[4];
    struct lease_batch batch;
    for (int i = 0; i < 4; i++) {
        leases_add(b, &l[i], i == 3 ? 1 : 0, "h", 0);
    }
    assert_false(leases_end(b, &l[0], LEASE_DELETE, 0, 1));
    assert_false(leases_end(b, &l[1], LEASE_CHANGE, 5, 1));
    assert_false(leases_end(b, &l[3], LEASE_CHANGE, 5, 1));
    assert_int_equal(leases_queue_returning(b, 0), 1);
    assert_int_equal(leases_queue_returning(b, 1), 1);
    while (leases_next(b, 1 + LEASE_LINGER_MS, &batch)) {
        bool returned = batch.call == LEASE_CALL_CHANGE;
        size_t before = leases_queue_returning(b, batch.queue);
        answer_all(b, &batch, FAIL_NONE, 1 + LEASE_LINGER_MS);
        assert_int_equal(leases_queue_returning(b, batch.queue), returned ? 0 : before);
    }
    assert_int_equal(leases_queue_returning(b, 0) + leases_queue_returning(b, 1), 0);
    assert_int_equal(leases_count(b), 1);
}

static void never_changes_what_expired_before_its_change(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    assert_false(leases_end(b, &l, LEASE_CHANGE, 900, 1000));
    assert_true(leases_next(b, 115 * SECOND, &batch));
    assert_int_equal(batch.call, LEASE_CALL_NONE);
    leases_answered(b, &batch, FAIL_NONE, 115 * SECOND, &rng);
    assert_true(batch.over[0]);
    assert_int_equal(leases_count(b), 0);
}

static void an_end_that_comes_during_a_heartbeat_waits_for_its_answer(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch beat;
    struct lease_batch batch;
    leases_hurry(b);
    leases_add(b, &l, 0, "h", 0);
    assert_true(leases_next(b, BEAT, &beat));
    assert_false(leases_end(b, &l, LEASE_DELETE, 0, BEAT));
    assert_false(leases_next(b, BEAT, &batch));
    answer_all(b, &beat, FAIL_NONE, BEAT + 5);
    assert_false(beat.over[0]);
    assert_true(leases_next(b, BEAT + 5, &batch));
    assert_int_equal(batch.call, LEASE_CALL_DELETE);
    answer_all(b, &batch, FAIL_NONE, BEAT + 9);
    assert_true(batch.over[0]);

    leases_add(b, &l, 0, "h", 0);
    assert_true(leases_next(b, BEAT, &beat));
    assert_false(leases_end(b, &l, LEASE_CHANGE, 10, BEAT));
    answer_all(b, &beat, FAIL_LOST, BEAT + 5);
    assert_true(beat.over[0]); /* lost, so it is not changed any more */
    assert_int_equal(leases_count(b), 0);
}

static void stops_before_the_twelve_hours_and_gives_the_message_back(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    int64_t now = 0;
    struct lease *found = NULL;
    for (; (found = leases_lost(b, now)) == NULL; now += SECOND) {
        assert_true(now < LEASE_HOLD_MAX_MS);
        while (leases_next(b, now, &batch)) {
            assert_true(now + batch.visibility_s[0] * SECOND < LEASE_HOLD_MAX_MS);
            answer_all(b, &batch, FAIL_NONE, now);
        }
    }
    assert_ptr_equal(found, &l);
    assert_int_equal(l.loss, LEASE_TOO_LONG);
    assert_in_range(now, LEASE_HOLD_MAX_MS - 250 * SECOND, LEASE_HOLD_MAX_MS - 150 * SECOND);
    assert_false(leases_end(b, &l, LEASE_CHANGE, 900, now));
    assert_true(leases_next(b, now + SECOND, &batch));
    assert_int_equal(batch.call, LEASE_CALL_CHANGE);
    assert_true(now + SECOND + batch.visibility_s[0] * SECOND < LEASE_HOLD_MAX_MS);
}

static void backs_off_from_a_queue_that_fails_and_says_it_is_ill(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(2);
    struct lease l[2];
    struct lease_batch batch;
    leases_add(b, &l[0], 0, "h", 0);
    leases_add(b, &l[1], 1, "h", 0);
    for (int i = 0; i < 2; i++) {
        assert_true(leases_next(b, BEAT, &batch));
        leases_answered(b, &batch, batch.queue == 0 ? FAIL_AGAIN : FAIL_NONE, BEAT, &rng);
    }
    assert_false(leases_next(b, BEAT, &batch));
    assert_true(leases_queue_well(b, 0, BEAT));
    for (int64_t now = BEAT; now < BEAT + 15 * SECOND; now += 100) {
        while (leases_next(b, now, &batch)) {
            assert_int_equal(batch.queue, 0);
            leases_answered(b, &batch, FAIL_AGAIN, now, &rng);
        }
    }
    assert_false(leases_queue_well(b, 0, BEAT + 15 * SECOND));
    assert_true(leases_queue_well(b, 1, BEAT + 15 * SECOND));
    assert_true(leases_queue_well(b, 0, BEAT + 60 * SECOND)); /* no call was made since then */
}

static void asks_a_queue_that_fails_more_and_more_rarely(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    int calls = 0;
    leases_add(b, &l, 0, "h", 0);
    assert_false(leases_end(b, &l, LEASE_DELETE, 0, 0));
    for (int64_t now = 0; now < 35 * SECOND; now += 100) { /* before a heartbeat is due */
        while (calls < 100 && leases_next(b, now, &batch)) {
            calls++;
            leases_answered(b, &batch, FAIL_AGAIN, now, &rng);
        }
    }
    assert_in_range(calls, 3, 8);
}

static void a_heartbeat_counts_with_the_timeout_that_it_asked_for(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l;
    struct lease_batch batch;
    leases_add(b, &l, 0, "h", 0);
    assert_true(leases_next(b, BEAT, &batch)); /* asks for 120 s ... */
    leases_queue(b, 0, 900, 0);                /* ... and is answered after the change */
    answer_all(b, &batch, FAIL_NONE, BEAT + 20);
    assert_null(leases_lost(b, BEAT + 110 * SECOND));
    assert_ptr_equal(leases_lost(b, BEAT + 301 * SECOND), &l); /* it was due and did not come */
}

static void queues_are_added_while_messages_are_held(void **state UNUSED)
{
    OWNED(leases) struct leases *b = book(1);
    struct lease l[100];
    struct lease_batch batch;
    leases_add(b, &l[0], 0, "h", 0);
    for (size_t q = 1; q < 100; q++) {
        leases_queue(b, q, VISIBILITY_S, 0);
        leases_add(b, &l[q], q, "h", 0);
    }
    for (size_t n = 0; n < 100; n++) {
        assert_true(leases_next(b, BEAT, &batch));
        assert_int_equal(batch.count, 1);
        answer_all(b, &batch, FAIL_NONE, BEAT);
    }
    assert_false(leases_next(b, BEAT, &batch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extends_from_the_receive_at_a_third_of_the_visibility),
        cmocka_unit_test(fills_a_heartbeat_with_those_due_soon_and_no_more_than_ten),
        cmocka_unit_test(keeps_the_calls_of_queues_apart_and_gives_them_turns),
        cmocka_unit_test(deletes_in_a_batch_of_ten_at_once_or_after_a_short_wait),
        cmocka_unit_test(extends_what_could_not_be_deleted_and_tries_again),
        cmocka_unit_test(gives_up_an_end_that_is_refused_five_times),
        cmocka_unit_test(reports_once_that_a_lease_is_lost_and_extends_it_no_more),
        cmocka_unit_test(loses_by_its_own_clock_what_it_could_not_extend_in_time),
        cmocka_unit_test(deletes_a_lost_one_once_if_all_of_it_is_delivered),
        cmocka_unit_test(returns_a_message_after_its_delay),
        cmocka_unit_test(counts_what_is_on_its_way_back_until_the_queue_has_it),
        cmocka_unit_test(never_changes_what_expired_before_its_change),
        cmocka_unit_test(an_end_that_comes_during_a_heartbeat_waits_for_its_answer),
        cmocka_unit_test(stops_before_the_twelve_hours_and_gives_the_message_back),
        cmocka_unit_test(asks_a_queue_that_fails_more_and_more_rarely),
        cmocka_unit_test(backs_off_from_a_queue_that_fails_and_says_it_is_ill),
        cmocka_unit_test(a_heartbeat_counts_with_the_timeout_that_it_asked_for),
        cmocka_unit_test(queues_are_added_while_messages_are_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
