/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "sample_message.h"
#include "settle/sqs/delays.h"

#include <stdio.h>

static const struct again returned = {.cause = AGAIN_SETTLED};
static struct again why;

static void says_once_how_early_a_message_is_received(void **state UNUSED)
{
    static struct delays d;
    struct sqs_inflight a = message(id_a, 0);
    assert_int_equal(delays_early_ms(&d, &a, 5000, &why), 0);
    delays_add(&d, &a, &returned, 65000);
    assert_int_equal(delays_early_ms(&d, &a, 25000, &why), 40000);
    assert_int_equal(delays_early_ms(&d, &a, 25000, &why), 0);
}

static void says_why_a_message_is_received_again(void **state UNUSED)
{
    static struct delays d;
    char text[AGAIN_BYTES];
    struct sqs_inflight a = message(id_a, 0);
    a.inflight.receive_count = 2;
    delays_add(
        &d, &a,
        &(struct again){.cause = AGAIN_SETTLED, .rule = outcome_rule(ABOUT_DELIVERY, FAIL_AGAIN)},
        65000);
    assert_int_equal(delays_early_ms(&d, &a, 70000, &why), 0);
    again_write(&why, text);
    assert_string_equal(text, "records not delivered, error=again");
    delays_add(&d, &a, &(struct again){.cause = AGAIN_LOST}, 0);
    assert_int_equal(delays_early_ms(&d, &a, 1000, &why), 0);
    assert_int_equal(why.cause, AGAIN_LOST);
}

static void what_this_process_did_not_have_was_elsewhere(void **state UNUSED)
{
    static struct delays d;
    struct sqs_inflight a = message(id_a, 0);
    a.inflight.receive_count = 1;
    assert_int_equal(delays_early_ms(&d, &a, 0, &why), 0);
    assert_int_equal(why.cause, AGAIN_UNKNOWN);
    a.inflight.receive_count = 2;
    assert_int_equal(delays_early_ms(&d, &a, 0, &why), 0);
    assert_int_equal(why.cause, AGAIN_ELSEWHERE);
    for (size_t queue = 1; queue < (size_t)4 * DELAY_SLOTS; queue++) {
        struct sqs_inflight there = message(id_a, queue);
        delays_add(&d, &there, &returned, 0);
    }
    assert_int_equal(delays_early_ms(&d, &a, 0, &why), 0);
    assert_int_equal(why.cause, AGAIN_UNKNOWN); /* it may have been replaced */
}

static void a_message_after_its_delay_is_not_early(void **state UNUSED)
{
    static struct delays d;
    struct sqs_inflight a = message(id_a, 0);
    delays_add(&d, &a, &returned, 65000);
    assert_int_equal(delays_early_ms(&d, &a, 66000, &why), 0);
    delays_add(&d, &a, &returned, 65000);
    assert_int_equal(delays_early_ms(&d, &a, 65000 - DELAY_MARGIN_MS, &why), 0);
    delays_add(&d, &a, &returned, 65000);
    assert_int_equal(delays_early_ms(&d, &a, 64999 - DELAY_MARGIN_MS, &why), DELAY_MARGIN_MS + 1);
}

static void another_message_is_not_early(void **state UNUSED)
{
    static struct delays d;
    struct sqs_inflight a = message(id_a, 0);
    struct sqs_inflight b = message(id_b, 0);
    delays_add(&d, &a, &returned, 65000);
    assert_int_equal(delays_early_ms(&d, &b, 0, &why), 0);
    for (size_t queue = 1; queue < (size_t)4 * DELAY_SLOTS; queue++) { /* some in its slot */
        struct sqs_inflight there = message(id_a, queue);
        assert_int_equal(delays_early_ms(&d, &there, 0, &why), 0);
    }
    assert_int_equal(delays_early_ms(&d, &a, 0, &why), 65000);
}

static void the_newest_messages_replace_older_ones(void **state UNUSED)
{
    static struct delays d;
    static char ids[4 * DELAY_SLOTS][16];
    size_t known = 0;
    for (size_t i = 0; i < (size_t)4 * DELAY_SLOTS; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "id-%zu", i);
        struct sqs_inflight m = message(ids[i], 0);
        delays_add(&d, &m, &returned, 65000 + (int64_t)i);
    }
    for (size_t i = 0; i < (size_t)4 * DELAY_SLOTS; i++) {
        struct sqs_inflight m = message(ids[i], 0);
        int64_t early_ms = delays_early_ms(&d, &m, 0, &why);
        assert_true(early_ms == 0 || early_ms == 65000 + (int64_t)i);
        known += early_ms != 0;
    }
    assert_in_range(known, DELAY_SLOTS / 2, DELAY_SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_once_how_early_a_message_is_received),
        cmocka_unit_test(says_why_a_message_is_received_again),
        cmocka_unit_test(what_this_process_did_not_have_was_elsewhere),
        cmocka_unit_test(a_message_after_its_delay_is_not_early),
        cmocka_unit_test(another_message_is_not_early),
        cmocka_unit_test(the_newest_messages_replace_older_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
