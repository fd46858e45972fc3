/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/http.h"
#include "net/listener.h"
#include "net/unix_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/unix-socket-XXXXXX";
static char path[128];

static int set_up(void **state UNUSED)
{
    memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/control.sock", folder);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    (void)unlink(path);
    return rmdir(folder);
}

static void assert_refused(const char *at, const char *why)
{
    struct err e = {.kind = FAIL_NONE};
    assert_int_equal(unix_socket_listen(at, false, &e), -1);
    assert_int_equal(e.kind, FAIL_CONFIG);
    if (strstr(e.text, why) == NULL) {
        fail_msg("%s", e.text);
    }
}

/* unix_socket_check finds the same. */
static void assert_bad(const char *at, const char *why)
{
    struct err e = {.kind = FAIL_NONE};
    struct err start = {.kind = FAIL_NONE};
    assert_refused(at, why);
    assert_int_equal(unix_socket_listen(at, false, &start), -1);
    assert_int_equal(unix_socket_check(at, &e), FAIL_CONFIG);
    assert_string_equal(e.text, start.text);
}

static void assert_good(const char *at)
{
    struct err e = {.kind = FAIL_NONE};
    if (unix_socket_check(at, &e) != FAIL_NONE) {
        fail_msg("%s", e.text);
    }
    int fd = unix_socket_listen(at, false, &e);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(unlink(at), 0);
}

static unsigned mode_of(const char *at)
{
    struct stat st;
    assert_int_equal(lstat(at, &st), 0);
    return st.st_mode & 07777;
}

static void only_its_user_or_also_the_group_may_use_it(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    mode_t before = umask(0);
    int fd = unix_socket_listen(path, false, &e);
    assert_true(fd >= 0);
    assert_int_equal(mode_of(path), 0600);
    (void)close(fd);
    (void)umask(0077);
    fd = unix_socket_listen(path, true, &e); /* the one before does not answer */
    (void)umask(before);
    assert_true(fd >= 0);
    assert_int_equal(mode_of(path), 0660);
    (void)close(fd);
}

static void a_bad_folder_is_refused_with_the_reason(void **state UNUSED)
{
    assert_bad("control.sock", "not an absolute path");
    assert_bad("/nowhere/at/all.sock", "/nowhere: No such file");
    assert_bad("/etc/hostname/a.sock", "/etc/hostname is not a folder");
    assert_bad("/tmp/unix-socket.sock", "other users may write to folder /tmp");
    static const mode_t modes[] = {0777, 01777, 0770, 0702};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(folder, modes[i]), 0);
        assert_bad(path, "other users may write");
    }
    assert_int_equal(chmod(folder, 0700), 0);
    assert_good(path);
    char longer[200];
    (void)snprintf(longer, sizeof(longer), "%s/%0120d", folder, 1);
    assert_bad(longer, "107 bytes");
}

static void a_folder_above_in_which_others_can_rename_is_refused(void **state UNUSED)
{
    char inner[128];
    char deep[160];
    (void)snprintf(inner, sizeof(inner), "%s/a", folder);
    (void)snprintf(deep, sizeof(deep), "%s//a/../a/control.sock", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_good(deep);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_bad(deep, "other users may rename");
    assert_bad(deep, folder);
    assert_int_equal(chmod(folder, 0770), 0);
    assert_bad(deep, "other users may rename");
    assert_int_equal(chmod(folder, 01777), 0);
    assert_good(deep);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_good(deep);
    assert_int_equal(rmdir(inner), 0);
}

/* One folder has a link to the other, and only the other folder is open. */
static void folders_behind_links_are_checked(void **state UNUSED)
{
    char other[] = "/tmp/unix-socket-other-XXXXXX";
    char inner[128];
    char link[128];
    char deep[160];
    assert_non_null(mkdtemp(other));
    (void)snprintf(inner, sizeof(inner), "%s/a", other);
    (void)snprintf(link, sizeof(link), "%s/link", folder);
    (void)snprintf(deep, sizeof(deep), "%s/control.sock", link);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(symlink(inner, link), 0);
    assert_good(deep);
    assert_int_equal(chmod(other, 0777), 0);
    assert_bad(deep, "other users may rename");
    assert_bad(deep, other);
    assert_int_equal(chmod(other, 0700), 0);
    assert_int_equal(chmod(inner, 01777), 0);
    assert_bad(deep, "other users may write");
    assert_int_equal(unlink(link), 0);
    (void)snprintf(inner, sizeof(inner), "../%s/a", other + strlen("/tmp/"));
    assert_int_equal(symlink(inner, link), 0);
    assert_bad(deep, "other users may write");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("link", link), 0);
    assert_bad(deep, "symbolic links");
    assert_int_equal(unlink(link), 0);
    (void)snprintf(inner, sizeof(inner), "%s/a", other);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(other), 0);
}

/* Only root can give a folder away. */
static void folders_of_other_users_are_refused(void **state UNUSED)
{
    char inner[128];
    char deep[160];
    if (geteuid() != 0) {
        skip();
    }
    (void)snprintf(inner, sizeof(inner), "%s/a", folder);
    (void)snprintf(deep, sizeof(deep), "%s/control.sock", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(chown(inner, 12345, 0), 0);
    assert_bad(deep, "belongs to user 12345");
    assert_int_equal(chown(inner, 0, 0), 0);
    assert_int_equal(chown(folder, 12345, 0), 0);
    assert_bad(deep, "belongs to user 12345");
    assert_int_equal(chown(folder, 0, 0), 0);
    assert_int_equal(rmdir(inner), 0);
}

static void another_file_or_a_socket_in_use_stays(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_bad(path, "is no socket");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_bad(path, "is no socket");
    assert_int_equal(unlink(path), 0);
    int fd = unix_socket_listen(path, false, &e);
    assert_true(fd >= 0);
    assert_int_equal(unix_socket_check(path, &e), FAIL_NONE); /* as beside a running worker */
    assert_refused(path, "used by another process");
    (void)close(fd);
}

static int page(void *ctx UNUSED, const struct listener_request *r, struct listener_answer *a)
{
    buf_addf(&a->body, "%ld %.*s", listener_peer_uid(r), SPAN_FMT(listener_query(r, "q")));
    return 200;
}

static void expect(const char *method, const char *target, int status, const char *body)
{
    struct err e = {.kind = FAIL_NONE};
    struct http *h = http_new(NULL);
    struct http_answer a;
    char url[128];
    (void)snprintf(url, sizeof(url), "http://localhost%s", target);
    http_answer_init(&a, 4096);
    struct http_request r = {.method = method,
                             .url = span_str(url),
                             .connect_timeout_ms = 5000,
                             .total_timeout_ms = 5000,
                             .unix_socket = path};
    assert_int_equal(http_call(h, &r, &a, &e), FAIL_NONE);
    assert_int_equal(a.status, status);
    assert_string_equal(a.body.n != 0 ? a.body.p : "", body);
    http_answer_done(&a);
    http_free(h);
}

static void a_listener_serves_it_and_says_who_asks(void **state UNUSED)
{
    static const struct listener_page pages[] = {{"/see", "text/plain", false, page, false},
                                                 {"/do", "text/plain", false, page, true}};
    struct err e = {.kind = FAIL_NONE};
    char want[64];
    struct listener *l = listener_new(
        &(struct listener_settings){
            .address = path, .pages = pages, .page_count = 2, .page_bytes = 4096},
        &e);
    assert_non_null(l);
    (void)snprintf(want, sizeof(want), "%u a b", (unsigned)getuid());
    expect("GET", "/see?q=a%20b", 200, want);
    expect("POST", "/do?q=a%20b", 200, want);
    expect("POST", "/see", 405, "only GET, HEAD\n");
    expect("GET", "/do", 405, "only POST\n");
    expect("DELETE", "/do", 405, "only POST\n");
    listener_free(l);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_its_user_or_also_the_group_may_use_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_bad_folder_is_refused_with_the_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_above_in_which_others_can_rename_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_behind_links_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_of_other_users_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_file_or_a_socket_in_use_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listener_serves_it_and_says_who_asks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
