/* SPDX-License-Identifier: Apache-2.0 */
/* The inbox with lanes that are threads; its rules are tested in test_inbox.c. */
#include "testing.h"

#include "base/clock.h"
#include "flow/inbox.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 3 };

static bool put(struct inbox *i, size_t sched_class)
{
    if (inbox_reserve(i, 0, INBOX_MIXED, 1) == 0) {
        return false;
    }
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->sched_class = sched_class;
    m->body_bytes = 100;
    bool waits = inbox_put(i, m, false);
    if (!waits) {
        free(m);
    }
    return waits;
}

static void drain(struct inbox *i)
{
    struct inflight *m = NULL;
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
    }
}

static atomic_size_t finished;

static void *taker(void *ctx)
{
    struct inbox *i = ctx;
    struct inflight *m = NULL;
    struct inbox_use use;
    while ((m = inbox_take(i, &use)) != NULL) {
        size_t sched_class = m->sched_class;
        if (m->receive_count++ == 0) { /* a second record, of another class */
            m->sched_class = (sched_class + 1) % CLASSES;
            assert_true(inbox_put_back(i, m, &use, 0));
            continue;
        }
        free(m);
        inbox_finished(i, &use, 0);
        (void)atomic_fetch_add(&finished, 1);
    }
    return NULL;
}

static void hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop(void **state UNUSED)
{
    unsigned limits[] = {1, 1, 0};
    struct inbox_settings s = {.slots = 8,
                               .lanes = 4,
                               .queues = 1,
                               .sched_classes = CLASSES,
                               .limits = limits,
                               .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    pthread_t lanes[4];
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(pthread_create(&lanes[n], NULL, taker, i), 0);
    }
    for (size_t n = 0; n < 3000; n++) {
        while (!put(i, n % CLASSES)) {
        }
    }
    int64_t end = clock_mono_ms(&clock_system) + 60000;
    while (atomic_load(&finished) != 3000 && clock_mono_ms(&clock_system) < end) {
        (void)sched_yield();
    }
    assert_int_equal(inbox_waiting(i), 0);
    inbox_stop(i);
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(pthread_join(lanes[n], NULL), 0);
    }
    drain(i);
    assert_int_equal(atomic_load(&finished), 3000);
}

static void *take_one(void *ctx)
{
    struct inbox_use use;
    free(inbox_take(ctx, &use));
    return NULL;
}

/* The threads of this process that wait, without the caller. */
static size_t threads_asleep(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *d = NULL; (d = readdir(tasks)) != NULL;) {
        char path[300];
        char state = '?';
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/stat", d->d_name);
        FILE *f = fopen(path, "r");
        if (f != NULL) {
            count += fscanf(f, "%*d (%*[^)]) %c", &state) == 1 && state == 'S';
            (void)fclose(f);
        }
    }
    (void)closedir(tasks);
    return count;
}

static void wait_for_lanes(struct inbox *i, size_t sched_class, size_t count)
{
    int64_t end = clock_mono_ms(&clock_system) + 10000;
    while (inbox_at_work(i, sched_class) != count && clock_mono_ms(&clock_system) < end) {
        (void)sched_yield();
    }
    assert_int_equal(inbox_at_work(i, sched_class), count);
}

/*
 * Sixteen lanes. A class with long objects has six of the twelve for these; with short ones it may
 * have eight of all.
 */
static void wakes_all_lanes_that_a_class_may_have_after_a_short_object(void **state UNUSED)
{
    struct inbox_settings s = {
        .slots = 64, .lanes = 16, .queues = 1, .sched_classes = 1, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    for (int n = 0; n < 10; n++) {
        assert_true(put(i, 0));
    }
    struct inbox_use use;
    for (int n = 0; n < 6; n++) {
        free(inbox_take(i, &use));
    }
    pthread_t lanes[2];
    for (size_t n = 0; n < 2; n++) {
        assert_int_equal(pthread_create(&lanes[n], NULL, take_one, i), 0);
    }
    while (threads_asleep() < 2) {
        (void)sched_yield();
    }
    inbox_finished(i, &use, 0);
    free(inbox_take(i, &use));
    wait_for_lanes(i, 0, 8);
    inbox_stop(i);
    for (size_t n = 0; n < 2; n++) {
        assert_int_equal(pthread_join(lanes[n], NULL), 0);
    }
    drain(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop),
        cmocka_unit_test(wakes_all_lanes_that_a_class_may_have_after_a_short_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
