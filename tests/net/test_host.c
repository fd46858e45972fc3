/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/host.h"

static const char *const names[] = {"ingest.example.com", "Other.", NULL};

static void expect(const char *host, bool ours)
{
    if (host_is_ours(span_str(host), "node-7", names) != ours) {
        fail_msg("%s: want %d", host, ours);
    }
}

static void addresses_localhost_and_given_names_are_ours(void **state UNUSED)
{
    static const char *const ours[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:9464",
        "10.1.2.3:9464",
        "[::1]",
        "[::1]:9464",
        "[2001:db8::1]:80",
        "localhost",
        "LocalHost:9464",
        "localhost.:9464",
        "node-7:9464",
        "NODE-7.",
        "ingest.example.com",
        "INGEST.example.com.:9464",
        "other",
        "localhost:", /* RFC 3986: a port may be empty */
    };
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        expect(ours[i], true);
    }
}

static void other_names_are_not(void **state UNUSED)
{
    static const char *const others[] = {
        "attacker.example",
        "attacker.example:9464",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example:9464",
        "attacker.example:localhost",
        "localhost:80:80",
        "127.0.0.1:x",
        "[::1",
        "[::1]x",
        "[::1]:x",
        "[localhost]",
        "[]",
        "::1",
        ":9464",
        ".",
        "example.com",
        "ingest.example.comx",
        "node-77",
        "2130706433",
        "0x7f.1",
        "user@localhost",
        "localhost ",
        "[000000000000000000000000000000000000000000000000000000000000000000000000::1]",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        expect(others[i], false);
    }
    assert_false(host_is_ours(SPAN("127.0.0.1\0.attacker.example"), "node-7", NULL));
    assert_false(host_is_ours(SPAN("ingest.example.com"), "node-7", NULL));
    assert_false(host_is_ours(SPAN("."), "", NULL));
    assert_false(host_is_ours(SPAN("x"), "", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_localhost_and_given_names_are_ours),
        cmocka_unit_test(other_names_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
