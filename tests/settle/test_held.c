/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "sample_message.h"
#include "settle/sqs/held.h"

#include <stdio.h>

static void finds_another_receive_of_the_same_message(void **state UNUSED)
{
    static struct held h;
    struct sqs_inflight first = message(id_a, 0);
    struct sqs_inflight second = message(id_a, 0);
    assert_null(held_find(&h, &second));
    held_add(&h, &first);
    assert_ptr_equal(held_find(&h, &second), &first);
    held_add(&h, &second);
    assert_ptr_equal(held_find(&h, &first), &second); /* not itself */
    assert_ptr_equal(held_find(&h, &second), &first);
    held_remove(&h, &first);
    assert_null(held_find(&h, &second));
    held_remove(&h, &second);
}

static void an_id_of_another_queue_is_another_message(void **state UNUSED)
{
    static struct held h;
    struct sqs_inflight here = message(id_a, 0);
    struct sqs_inflight other = message(id_b, 0);
    held_add(&h, &here);
    for (size_t queue = 1; queue < (size_t)4 * HELD_BUCKETS; queue++) { /* some in its chain */
        struct sqs_inflight there = message(id_a, queue);
        assert_null(held_find(&h, &there));
    }
    assert_null(held_find(&h, &other));
    held_remove(&h, &here);
}

static void a_message_that_is_returned_may_be_received_again(void **state UNUSED)
{
    static struct held h;
    struct sqs_inflight first = message(id_a, 0);
    struct sqs_inflight second = message(id_a, 0);
    held_add(&h, &first);
    first.lease.how = LEASE_CHANGE;
    assert_ptr_equal(held_find(&h, &second), &first); /* records are pending */
    first.settled = true;
    assert_null(held_find(&h, &second));
    first.lease.how = LEASE_DELETE; /* SQS has not confirmed it yet */
    assert_ptr_equal(held_find(&h, &second), &first);
    held_remove(&h, &first);
}

/* Several in each chain, removed in another order than added: the others stay. */
static void keeps_the_others_when_one_is_removed(void **state UNUSED)
{
    enum { COUNT = 4 * HELD_BUCKETS, STEP = 1597 }; /* without a common divisor */
    static struct held h;
    static struct sqs_inflight all[COUNT];
    static char ids[COUNT][16];
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "id-%zu", i);
        all[i] = message(ids[i], 0);
        held_add(&h, &all[i]);
    }
    for (size_t n = 0, i = 0; n < COUNT; n++, i = (i + STEP) % COUNT) {
        struct sqs_inflight again = message(ids[i], 0);
        assert_ptr_equal(held_find(&h, &again), &all[i]);
        held_remove(&h, &all[i]);
        assert_null(held_find(&h, &again));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_another_receive_of_the_same_message),
        cmocka_unit_test(an_id_of_another_queue_is_another_message),
        cmocka_unit_test(a_message_that_is_returned_may_be_received_again),
        cmocka_unit_test(keeps_the_others_when_one_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
