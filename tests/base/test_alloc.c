/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void gives_memory_for_nothing_too(void **state UNUSED)
{
    free(mem_alloc(0));
    char *zeros = mem_zeros(0, 8);
    free(zeros);
    char *many = mem_zeros(4, 3);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(many[i], 0);
    }
    many = mem_grow(many, 100, 3);
    many[299] = 1;
    free(many);
}

static void copies_texts_with_a_nul_behind(void **state UNUSED)
{
    char *none = mem_text(NULL);
    char *part = mem_text_of(span_of("abcdef", 3));
    assert_string_equal(none, "");
    assert_string_equal(part, "abc");
    free(none);
    free(part);
}

/* The signal that killed the child process; 0: it ended without one. */
static int died_of(void (*act)(void))
{
    pid_t child = fork();
    if (child == 0) {
        act();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void grow_too_much(void)
{
    free(mem_grow(NULL, SIZE_MAX / 2, 16));
}

static void unlock_what_is_not_locked(void)
{
    pthread_mutex_t m;
    pthread_mutexattr_t attr;
    (void)pthread_mutexattr_init(&attr);
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    (void)pthread_mutex_init(&m, &attr);
    mutex_unlock(&m);
}

static void aborts_when_a_size_overflows(void **state UNUSED)
{
    assert_int_equal(died_of(grow_too_much), SIGABRT);
}

static void aborts_on_an_error_of_a_lock(void **state UNUSED)
{
    assert_int_equal(died_of(unlock_what_is_not_locked), SIGABRT);
}

static void ends_a_timed_wait(void **state UNUSED)
{
    pthread_mutex_t m;
    pthread_cond_t c;
    mutex_init(&m);
    cond_init(&c);
    mutex_lock(&m);
    assert_false(cond_wait_ms(&c, &m, 1));
    assert_false(cond_wait_ms(&c, &m, -5));
    mutex_unlock(&m);
    cond_done(&c);
    mutex_done(&m);
}

static void *wait_for_name(void *gate)
{
    mutex_lock(gate); /* until the parent has named this thread */
    mutex_unlock(gate);
    return NULL;
}

static void names_its_threads(void **state UNUSED)
{
    char name[16] = "";
    pthread_t t;
    pthread_mutex_t gate;
    mutex_init(&gate);
    mutex_lock(&gate);
    thread_start(&t, "lane", wait_for_name, &gate);
    assert_int_equal(pthread_getname_np(t, name, sizeof(name)), 0);
    assert_string_equal(name, "lane");
    mutex_unlock(&gate);
    thread_join(t);
    mutex_done(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_memory_for_nothing_too),
        cmocka_unit_test(copies_texts_with_a_nul_behind),
        cmocka_unit_test(aborts_when_a_size_overflows),
        cmocka_unit_test(aborts_on_an_error_of_a_lock),
        cmocka_unit_test(ends_a_timed_wait),
        cmocka_unit_test(names_its_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
