/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/operator.h"

static struct operator_request r;

static const char *read(const char *command, const char *customer, const char *level,
                        const char *off)
{
    return operator_read(span_str(command), span_str(customer), span_str(level), span_str(off), &r);
}

static void each_command_is_read(void **state UNUSED)
{
    for (int i = 0; i < OPERATOR_COMMANDS; i++) {
        enum operator_command c = (enum operator_command)i;
        assert_null(read(operator_name(c), operator_has_customer(c) ? "acme" : "",
                         c == OPERATOR_LOG_LEVEL ? "debug" : "", ""));
        assert_int_equal(r.command, c);
        assert_false(r.off);
    }
    assert_null(read("log-level", "", "warn", ""));
    assert_int_equal(r.level, LOG_WARN);
    assert_null(read("debug", "acme", "", "1"));
    assert_true(r.off);
    assert_null(read("drain", "", "", "1"));
    assert_true(r.off);
}

static void what_does_not_belong_to_a_command_is_refused(void **state UNUSED)
{
    assert_non_null(read("", "", "", ""));
    assert_non_null(read("stop", "", "", ""));
    assert_non_null(read("Pause", "acme", "", ""));
    assert_non_null(read("pause", "", "", ""));
    assert_non_null(read("pause", "acme", "", "1"));
    assert_non_null(read("pause", "acme", "debug", ""));
    assert_non_null(read("reload", "acme", "", ""));
    assert_non_null(read("reload", "", "", "1"));
    assert_non_null(read("log-level", "", "", ""));
    assert_non_null(read("log-level", "", "verbose", ""));
    assert_non_null(read("log-level", "acme", "debug", ""));
    assert_non_null(read("drain", "", "", "0"));
    assert_non_null(read("drain", "", "", "11"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_is_read),
        cmocka_unit_test(what_does_not_belong_to_a_command_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
