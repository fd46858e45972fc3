/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/schema/repository.h"

#include <stdio.h>

static void names_what_a_repository_is_called(void **state UNUSED)
{
    static const struct {
        const char *text, *want; /* "": not a repository */
    } rows[] = {
        {"https://github.com/Acme/Web.git", "github.com/acme/web"},
        {"https://user:token@GitHub.com/Acme/Web", "github.com/acme/web"},
        {"http://host:8080/a/b/", "host/a/b"},
        {"ssh://git@host:22/a/b.git", "host/a/b"},
        {"git://host/a/b#main", "host/a/b"},
        {"https://host/a/b?x=1", "host/a/b"},
        {"https://host/group/sub/name.git", "host/group/sub/name"},
        {"git@github.com:Acme/Web.git", "github.com/acme/web"},
        {"git@host:name.git", "host/name"},
        {"scm:git:https://host/a/b.git", "host/a/b"},
        {"host.example:a/b", "host.example/a/b"},
        {"Acme/Web", "acme/web"},
        {"acme/web.git", "acme/web"},
        {" acme/web ", "acme/web"},
        {"/home/x/app", ""},
        {"./a", ""},
        {"../a", ""},
        {"~/a", ""},
        {"C:\\Users\\x", ""},
        {"C:/Users/x", ""},
        {"file:///Users/x/app", ""},
        {"FILE:///x", ""},
        {"file://host/x", ""},
        {"https://host", ""},
        {"https://host/", ""},
        {"https:///a/b", ""},
        {"a/b/c", ""},
        {"name", ""},
        {"note: some text/x", ""},
        {"note:text", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = BUF_INIT(100);
        bool named = repository_name(span_str(rows[i].text), &out);
        assert_int_equal(named, rows[i].want[0] != '\0');
        assert_span_equal(buf_span(&out), span_str(rows[i].want));
        buf_done(&out);
    }
}

static void finds_credentials_where_they_can_stand(void **state UNUSED)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"https://user:token@host/a/b", "user:token@"},
        {"https://token@host/a", "token@"},
        {"https://u:p@ss@host/a", "u:p@ss@"},
        {"ssh://git@host/a", "git@"},
        {"u:p@host:a/b", "u:p@"},
        {" https://u:p@host/a", "u:p@"},
        {"scm:git:https://u:p@host/a", "u:p@"},
        {"git@https://u:p@host/a", "u:p@"},
        {"u:p@https://v:q@host/a", "u:p@https://v:q@"},
        {"https://u:p@ssh://v@host/a", "u:p@ssh://v@"},
        {":@v://@", ":@v://@"},
        {"git@host:a/b", ""},
        {"https://host/a@b", ""},
        {"https://host/a?x=u:p@h", ""},
        {"https://host", ""},
        {"a/b", ""},
        {"@", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_span_equal(repository_userinfo(span_str(rows[i].text)), span_str(rows[i].want));
    }
}

/* More texts of the same length than the cache holds: each twice in succession, then all again. */
static void recalls_each_text_as_itself(void **state UNUSED)
{
    struct repository_cache m;
    repository_cache_init(&m);
    for (int i = 0; i < 8 * REPOSITORY_ROWS; i++) {
        char text[32];
        char want[32];
        (void)snprintf(text, sizeof(text), "Acme/Web-%02d", i / 2 % (2 * REPOSITORY_ROWS));
        (void)snprintf(want, sizeof(want), "acme/web-%02d", i / 2 % (2 * REPOSITORY_ROWS));
        assert_span_equal(repository_recall(&m, span_str(text)), span_str(want));
        assert_span_equal(repository_recall(&m, SPAN("/home/x/app")), SPAN(""));
        assert_span_equal(repository_recall(&m, SPAN("")), SPAN(""));
    }
    char text[REPOSITORY_ROW_BYTES + 8] = "host.example:a/";
    memset(text + 15, 'b', sizeof(text) - 16); /* one that is too long for the cache */
    assert_span_equal(repository_recall(&m, span_str(text)), repository_recall(&m, span_str(text)));
    assert_int_equal(repository_recall(&m, span_str(text)).n, sizeof(text) - 1);
    repository_cache_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_a_repository_is_called),
        cmocka_unit_test(finds_credentials_where_they_can_stand),
        cmocka_unit_test(recalls_each_text_as_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
