/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/clients.h"

#include <netinet/in.h>

static void add(struct clients *c, int fd, uint32_t address, int64_t now_ms)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    clients_add(c, fd, (const struct sockaddr *)&at, now_ms);
}

static void ends_a_head_that_does_not_end_in_time(void **state UNUSED)
{
    struct clients c;
    clients_init(&c);
    add(&c, 5, 1, 0);
    add(&c, 6, 1, 5000);
    assert_int_equal(clients_next_late(&c, CLIENTS_HEAD_MS - 1), -1);
    assert_int_equal(clients_next_late(&c, CLIENTS_HEAD_MS), 5);
    assert_int_equal(clients_next_late(&c, CLIENTS_HEAD_MS), -1);
    clients_remove(&c, 5);
    clients_asked(&c, 6, CLIENTS_HEAD_MS);
    assert_int_equal(clients_next_late(&c, CLIENTS_HEAD_MS + 5000), -1);
    clients_answered(&c, 6, CLIENTS_HEAD_MS + 5000);
    assert_int_equal(clients_next_late(&c, 2 * CLIENTS_HEAD_MS + 4999), -1);
    assert_int_equal(clients_next_late(&c, 2 * CLIENTS_HEAD_MS + 5000), 6);
}

static void ends_an_answer_that_is_not_taken(void **state UNUSED)
{
    struct clients c;
    clients_init(&c);
    add(&c, 5, 1, 0);
    clients_asked(&c, 5, 1);
    assert_int_equal(clients_next_late(&c, CLIENTS_ANSWER_MS), -1);
    assert_int_equal(clients_next_late(&c, CLIENTS_ANSWER_MS + 1), 5);
}

static void an_address_has_so_many_and_its_oldest_ends(void **state UNUSED)
{
    struct clients c;
    clients_init(&c);
    add(&c, 1, 9, 0);
    for (int fd = 10; fd < 10 + CLIENTS_PER_ADDRESS; fd++) {
        add(&c, fd, 1, 0);
    }
    clients_asked(&c, 10, 0);
    assert_int_equal(clients_next_late(&c, 0), -1);
    add(&c, 30, 1, 0);
    assert_int_equal(clients_next_late(&c, 0), 11); /* 10 is being answered */
    assert_int_equal(clients_next_late(&c, 0), -1);
    add(&c, 31, 1, 0);
    assert_int_equal(clients_next_late(&c, 0), 12);
}

static void new_ones_find_room_whatever_the_others_do(void **state UNUSED)
{
    struct clients c;
    clients_init(&c);
    for (int fd = 10; fd < 10 + CLIENTS_ROOM; fd++) {
        add(&c, fd, (uint32_t)fd, 0);
        clients_asked(&c, fd, 0);
    }
    assert_int_equal(clients_next_late(&c, 0), -1);
    add(&c, 100, 100, 0);
    clients_asked(&c, 100, 0);
    assert_int_equal(clients_next_late(&c, 0), 10);
    clients_remove(&c, 10);
    assert_int_equal(clients_next_late(&c, 0), -1);
    for (int fd = 200; fd < 300; fd++) { /* more than there are */
        add(&c, fd, (uint32_t)fd, 0);
    }
    assert_int_not_equal(clients_next_late(&c, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_a_head_that_does_not_end_in_time),
        cmocka_unit_test(ends_an_answer_that_is_not_taken),
        cmocka_unit_test(an_address_has_so_many_and_its_oldest_ends),
        cmocka_unit_test(new_ones_find_room_whatever_the_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
