/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Released memory is overwritten. Checked by a replacement of free that inspects the blocks. Not
 * under a sanitizer, which replaces free too.
 */
#include "testing.h"

#include "base/buf.h"
#include "base/wipe.h"
#include "watch.h"

#include <stdlib.h>

#define SECRET "a secret of the test"

static void overwrites_what_it_releases(void **state UNUSED)
{
    char *p = malloc(100);
    memcpy(p, SECRET, sizeof(SECRET));
    watch_begin(SECRET);
    wipe_free(p);
    wipe_free(NULL);
    assert_int_equal(watch_end(), 0);
}

static void overwrites_what_it_outgrows(void **state UNUSED)
{
    char *p = wipe_realloc(NULL, sizeof(SECRET));
    memcpy(p, SECRET, sizeof(SECRET));
    watch_begin(SECRET);
    p = wipe_realloc(p, 100000);
    assert_int_equal(watch_end(), 0);
    assert_string_equal(p, SECRET);
    p = wipe_realloc(p, 2);
    assert_memory_equal(p, SECRET, 2);
    wipe_free(p);
}

static void fill(struct buf *b)
{
    for (int i = 0; i < 100; i++) {
        buf_add(b, SPAN(SECRET));
    }
}

static void secret_buffers_leave_nothing_behind(void **state UNUSED)
{
    struct buf b = BUF_SECRET(10000);
    watch_begin(SECRET);
    for (int again = 0; again < 2; again++) { /* it stays secret when it is reused */
        fill(&b);
        buf_done(&b);
    }
    assert_int_equal(watch_end(), 0);
}

static void the_watch_sees_what_is_left_behind(void **state UNUSED)
{
    struct buf b = BUF_INIT(10000);
    watch_begin(SECRET);
    fill(&b);
    buf_done(&b);
    size_t seen = watch_end();
    assert_true(seen > 0 || !WATCH_WORKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overwrites_what_it_releases),
        cmocka_unit_test(overwrites_what_it_outgrows),
        cmocka_unit_test(secret_buffers_leave_nothing_behind),
        cmocka_unit_test(the_watch_sees_what_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
