/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct checkpoint sample(void)
{
    return (struct checkpoint){
        .job = "5f0c2d1e",
        .what = "customer acme, s3://b/p/",
        .counted = true,
        .total = {.bytes = 99, .objects = {10, 2, 3}},
        .done = {.bytes = 44, .objects = {4, 1}},
        .position = 5,
        .last = "p/\xd0\xba \"\\\n%41",
        .last_bytes = 12,
        .finished = true,
    };
}

static void assert_same(const struct checkpoint *a, const struct checkpoint *b)
{
    assert_string_equal(a->job, b->job);
    assert_string_equal(a->what, b->what);
    assert_int_equal(a->counted, b->counted);
    assert_memory_equal(&a->total, &b->total, sizeof(a->total));
    assert_memory_equal(&a->done, &b->done, sizeof(a->done));
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->finished, b->finished);
    assert_span_equal(span_of(a->last, a->last_bytes), span_of(b->last, b->last_bytes));
}

static void what_is_written_is_read_again(void **state UNUSED)
{
    struct checkpoint c = sample(), got;
    struct buf text = BUF_INIT(CHECKPOINT_BYTES);
    checkpoint_write(&text, &c);
    assert_true(checkpoint_read(buf_span(&text), &got));
    assert_same(&c, &got);
    buf_done(&text);
}

static void a_truncated_or_changed_one_is_refused(void **state UNUSED)
{
    struct checkpoint c = sample(), got;
    struct buf text = BUF_INIT(CHECKPOINT_BYTES);
    checkpoint_write(&text, &c);
    for (size_t n = 0; n + 2 < text.n; n++) {
        assert_false(checkpoint_read(span_of(text.p, n), &got));
    }
    buf_done(&text);
    assert_false(checkpoint_read(SPAN("{\"version\":1,\"job\":\"\",\"what\":\"x\"}"), &got));
    assert_false(checkpoint_read(SPAN("[]"), &got));
}

static void a_file_is_replaced_and_read_again(void **state UNUSED)
{
    struct err e = {0};
    struct checkpoint c = sample(), got;
    char folder[] = "/tmp/checkpointXXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/c.json", folder);
    assert_int_equal(checkpoint_load(path, &got, &e), FAIL_GONE);
    c.position = 1;
    assert_int_equal(checkpoint_save(path, &c, &e), FAIL_NONE);
    c.position = 2;
    assert_int_equal(checkpoint_save(path, &c, &e), FAIL_NONE);
    assert_int_equal(checkpoint_load(path, &got, &e), FAIL_NONE);
    assert_same(&c, &got);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left in it */
    assert_int_equal(checkpoint_save(path, &c, &e), FAIL_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_truncated_or_changed_one_is_refused),
        cmocka_unit_test(a_file_is_replaced_and_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
