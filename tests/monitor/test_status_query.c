/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/status_query.h"

static const char *read_one(const char *name, const char *value, enum status_view view)
{
    struct status_query q;
    return status_query_read(&(struct listener_parameter){span_str(name), span_str(value)}, 1, view,
                             &q);
}

static void refuses_other_parameters(void **state UNUSED)
{
    static const char *const bad[][2] = {
        {"state", "bad"},  {"state", ""},    {"limit", "-1"},  {"limit", "1x"},
        {"limit", "1001"}, {"limit", "0"},   {"limit", ""},    {"limit", "9999999999"},
        {"offset", ""},    {"offset", "1 "}, {"foo", "1"},     {"", ""},
        {"plain", "0"},    {"one", ""},      {"columns", "0"}, {"columns", "x"},
    };
    const struct listener_parameter twice[] = {{SPAN_INIT("state"), SPAN_INIT("fresh")},
                                               {SPAN_INIT("customer"), SPAN_INIT("a")},
                                               {SPAN_INIT("state"), SPAN_INIT("fresh")}};
    struct status_query q;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (int view = STATUS_VIEW_PAGE; view <= STATUS_VIEW_TEXT; view++) {
            assert_non_null(read_one(bad[i][0], bad[i][1], (enum status_view)view));
        }
    }
    assert_null(status_query_read(twice, 2, STATUS_VIEW_PAGE, &q));
    assert_int_equal(q.limit, STATUS_LIMIT);
    assert_string_equal(status_query_read(twice, 3, STATUS_VIEW_PAGE, &q),
                        "a parameter is given twice\n");
    assert_null(read_one("customer", "", STATUS_VIEW_PAGE)); /* an empty field of the page */
    assert_null(read_one("offset", "0", STATUS_VIEW_PAGE));
    assert_null(read_one("plain", "1", STATUS_VIEW_JSON));
    assert_non_null(read_one("plain", "1", STATUS_VIEW_TEXT));
    assert_null(read_one("one", "acme", STATUS_VIEW_TEXT));
    assert_non_null(read_one("one", "acme", STATUS_VIEW_PAGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_other_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
