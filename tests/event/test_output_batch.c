/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/output_batch.h"

#include <stdio.h>

enum { OUTPUT_BYTES = 1 << 20 };

/* Add an output, and overwrite its texts afterwards. */
static void add(struct output_batch *b, const char *value, const char *user)
{
    char texts[2][64];
    (void)snprintf(texts[0], sizeof(texts[0]), "%s", value);
    (void)snprintf(texts[1], sizeof(texts[1]), "%s", user);
    struct output o = {.kind = OUTPUT_EVENT,
                       .value = span_str(texts[0]),
                       .key = {.user = span_str(texts[1]), .action = SPAN("file.read")},
                       .passed_through = true};
    assert_true(output_batch_has_room(b));
    output_batch_add(b, &o);
    memset(texts, '#', sizeof(texts));
}

static void gives_copies_in_their_order(void **state UNUSED)
{
    struct output_batch b;
    struct output o;
    output_batch_init(&b, OUTPUT_BYTES);
    for (int round = 0; round < 2; round++) {
        output_batch_clear(&b);
        assert_false(output_batch_next(&b, &o));
        add(&b, "{\"a\":1}", "ana");
        add(&b, "{\"b\":2}", "");
        assert_true(output_batch_next(&b, &o));
        assert_span_equal(o.value, SPAN("{\"a\":1}"));
        assert_span_equal(o.key.user, SPAN("ana"));
        assert_span_equal(o.key.action, SPAN("file.read"));
        assert_int_equal(o.key.session.n, 0);
        assert_true(o.passed_through);
        assert_true(output_batch_next(&b, &o));
        assert_span_equal(o.value, SPAN("{\"b\":2}"));
        assert_int_equal(o.key.user.n, 0);
        assert_false(output_batch_next(&b, &o));
    }
    output_batch_done(&b);
}

static void is_full_by_number_and_by_bytes(void **state UNUSED)
{
    static char big[OUTPUT_BYTES];
    struct output_batch b;
    struct output o = {.kind = OUTPUT_REJECT, .value = SPAN("{}")};
    output_batch_init(&b, OUTPUT_BYTES);
    for (int i = 0; i < BATCH_OUTPUTS; i++) {
        assert_true(output_batch_has_room(&b));
        output_batch_add(&b, &o);
    }
    assert_false(output_batch_has_room(&b));
    output_batch_clear(&b);
    memset(big, 'x', sizeof(big));
    o.value = span_of(big, BATCH_BYTES - 1);
    output_batch_add(&b, &o);
    assert_true(output_batch_has_room(&b));
    o.value = span_of(big, sizeof(big)); /* the largest output fits after it, with its key */
    o.key.user = span_of(big, sizeof(big));
    output_batch_add(&b, &o);
    assert_false(output_batch_has_room(&b));
    output_batch_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_copies_in_their_order),
        cmocka_unit_test(is_full_by_number_and_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
