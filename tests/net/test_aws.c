/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the fixture of the other tests: nothing that one test sets remains for the next one. */
#include "environment.h"
#include "net/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void an_environment_is_as_it_was_before(void **state UNUSED)
{
    struct aws a;
    assert_int_equal(setenv("AWS_PROFILE", "of the caller", 1), 0);
    assert_int_equal(setenv("TEST_AWS_OTHER", "a=b", 1), 0);
    aws_init(&a);
    const char *during = getenv("AWS_PROFILE");
    (void)setenv("AWS_PROFILE", "of a test", 1);
    (void)setenv("http_proxy", a.endpoint, 1);
    (void)unsetenv("TEST_AWS_OTHER");
    aws_done(&a);
    assert_null(during);
    assert_string_equal(getenv("AWS_PROFILE"), "of the caller");
    assert_string_equal(getenv("TEST_AWS_OTHER"), "a=b");
    assert_null(getenv("http_proxy"));
}

static void files_end_with_the_fixture(void **state UNUSED)
{
    struct aws a;
    char path[256];
    aws_init(&a);
    (void)snprintf(path, sizeof(path), "%s", aws_write_file("credentials", "x"));
    int before = access(path, R_OK);
    aws_done(&a);
    assert_int_equal(before, 0);
    assert_int_equal(access(path, F_OK), -1);
    *strrchr(path, '/') = '\0';
    assert_int_equal(access(path, F_OK), -1); /* its directory */
}

static int setup(void **state)
{
    *state = environment_save();
    (void)unsetenv("http_proxy");
    return 0;
}

static int teardown(void **state)
{
    environment_restore(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_environment_is_as_it_was_before),
        TEST(files_end_with_the_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
