/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/alloc.h"
#include "conf/diff.h"
#include "conf/load.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "aws = { region = \"eu-west-1\"; };\n"                                                         \
    "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\", \"sasl.password=%s\" ); };\n"
#define QUEUE(name)                                                                                \
    "{ name = \"" name "\"; url = \"https://sqs.eu-west-1.amazonaws.com/111122223333/" name "\"; " \
    "}"
#define CUSTOMER(id, more)                                                                         \
    "{ id = \"" id "\"; queue = \"main\"; prefix = \"s3://" id "-events/a/\";"                     \
    " account_id = \"444455556666\"; role_arn = \"arn:aws:iam::444455556666:role/read\";"          \
    " external_id = \"x-" id "\"; " more " }"
#define QUEUES(list) "queues = ( " list " );\n"
#define CUSTOMERS(list) "customers = ( " list " );\n"

static struct conf *loaded(const char *password, const char *rest)
{
    char text[8192];
    struct conf_problems p = {0};
    int n = snprintf(text, sizeof(text), HEAD, password);
    (void)snprintf(text + n, sizeof(text) - (size_t)n, "%s", rest);
    struct conf *c = conf_load_text(text, "test.conf", &p);
    for (size_t i = 0; c == NULL && i < p.count; i++) {
        print_error("%d: %s\n", p.list[i].line, p.list[i].text);
    }
    conf_problems_done(&p);
    assert_non_null(c);
    return c;
}

static struct conf *usual(void)
{
    return loaded("one", QUEUES(QUEUE("main")) CUSTOMERS(CUSTOMER("acme", "")));
}

static void finds_nothing_between_equal_ones(void **state UNUSED)
{
    OWNED(conf) struct conf *a = usual();
    OWNED(conf) struct conf *b = usual();
    OWNED(conf_diff) struct conf_diff *d = conf_diff(a, b);
    assert_int_equal(d->count, 0);
    assert_int_equal(d->fixed_count, 0);
}

/* Set the row's member to another value. */
static void change(const struct conf_row *row, void *in)
{
    static char text[] = "bootstrap.servers=127.0.0.1:1";
    static char *others[] = {text, NULL};
    static struct mapping_conf mapping = {.field = text, .value = text};
    static struct word_conf word = {.word = text, .action = text};
    void *member = (char *)in + row->offset;
    struct customer_conf *customer = in;
    switch (row->type) {
    case CONF_TEXT:
        *(char **)member = mem_text("another-value");
        break;
    case CONF_SHARE:
        *(double *)member += 0.01;
        break;
    case CONF_TEXTS:
    case CONF_PROPERTIES:
        *(char ***)member = others;
        break;
    case CONF_MAPPING:
        customer->mapping = &mapping;
        customer->mapping_count = 1;
        break;
    case CONF_ACTIONS:
        customer->actions = &word;
        customer->action_count = 1;
        break;
    case CONF_SIZE:
    case CONF_TIME:
    case CONF_COUNT:
    case CONF_BOOL:
    case CONF_WORD:
        if (row->width == sizeof(bool)) {
            *(bool *)member = !*(bool *)member;
        } else if (row->width == sizeof(int32_t)) {
            *(int32_t *)member += row->type == CONF_WORD && *(int32_t *)member > 0 ? -1 : 1;
        } else {
            *(int64_t *)member += 1;
        }
        break;
    }
}

static void expect_one(const struct conf *a, const struct conf *b, const struct conf_row *row,
                       const char *name)
{
    OWNED(conf_diff) struct conf_diff *d = conf_diff(a, b);
    if (d->count != 1 || d->list[0].row != row) {
        fail_msg("%s: %zu changes", row->name, d->count);
    }
    assert_int_equal(d->list[0].kind, CONF_CHANGED);
    assert_int_equal(d->fixed_count, row->fixed);
    assert_string_not_equal(d->list[0].before, d->list[0].after);
    assert_true((name == NULL) == (d->list[0].name == NULL));
    if (name != NULL) {
        assert_string_equal(d->list[0].name, name);
    }
}

/* Iterates over the table, so that each added key is covered. */
static void sees_a_change_of_every_key(void **state UNUSED)
{
    OWNED(conf) struct conf *a = usual();
    for (int s = 0; s < CONF_SECTIONS; s++) {
        const struct conf_section *section = conf_sections[s];
        for (size_t i = 0; i < section->count; i++) {
            const struct conf_row *row = &section->rows[i];
            struct conf b = *a;
            struct queue_conf queue = a->queues[0];
            struct customer_conf customer = a->customers[0];
            b.queues = &queue;
            b.customers = &customer;
            void *in = s == SECTION_QUEUES ? (void *)&queue
                                           : (s == SECTION_CUSTOMERS ? (void *)&customer : &b);
            bool names = section->list && row->offset == 0;
            change(row, in);
            if (!names) {
                expect_one(a, &b, row,
                           section->list ? (s == SECTION_QUEUES ? "main" : "acme") : NULL);
            }
            if (row->type == CONF_TEXT) {
                free(*(char **)(void *)((char *)in + row->offset));
            }
        }
    }
}

static void names_what_is_added_and_removed_in_any_order(void **state UNUSED)
{
    OWNED(conf)
    struct conf *a =
        loaded("one", QUEUES(QUEUE("main") "," QUEUE("old")) CUSTOMERS(
                          CUSTOMER("acme", "") "," CUSTOMER("bolt", "") "," CUSTOMER("cord", "")));
    OWNED(conf)
    struct conf *b = loaded("one", QUEUES(QUEUE("new") "," QUEUE("main"))
                                       CUSTOMERS(CUSTOMER("dime", "") "," CUSTOMER(
                                           "cord", "max_lanes = 2;") "," CUSTOMER("acme", "")));
    OWNED(conf_diff) struct conf_diff *d = conf_diff(a, b);
    static const struct {
        enum conf_change_kind kind;
        const char *section, *name, *key;
    } want[] = {
        {CONF_REMOVED, "queues", "old", NULL},
        {CONF_ADDED, "queues", "new", NULL},
        {CONF_REMOVED, "customers", "bolt", NULL},
        {CONF_ADDED, "customers", "dime", NULL},
        {CONF_CHANGED, "customers", "cord", "max_lanes"},
    };
    assert_int_equal(d->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(d->list[i].kind, want[i].kind);
        assert_string_equal(d->list[i].section->name, want[i].section);
        assert_string_equal(d->list[i].name, want[i].name);
        assert_true((d->list[i].row == NULL) == (want[i].key == NULL));
    }
    assert_string_equal(d->list[4].row->name, "max_lanes");
    assert_string_equal(d->list[4].after, "2");
    assert_int_equal(d->fixed_count, 0);
}

static void sees_a_changed_secret_and_shows_none(void **state UNUSED)
{
    OWNED(conf)
    struct conf *a = loaded("tiger-one", QUEUES(QUEUE("main")) CUSTOMERS(CUSTOMER("acme", "")));
    OWNED(conf)
    struct conf *b = loaded("tiger-two", QUEUES(QUEUE("main")) CUSTOMERS(CUSTOMER("acme", "")));
    OWNED(conf_diff) struct conf_diff *d = conf_diff(a, b);
    assert_int_equal(d->count, 1);
    assert_string_equal(d->list[0].row->name, "properties");
    assert_null(strstr(d->list[0].before, "tiger"));
    assert_null(strstr(d->list[0].after, "tiger"));
    assert_int_equal(d->fixed_count, 1);
}

static void a_queue_with_another_url_is_not_the_same_queue(void **state UNUSED)
{
    OWNED(conf) struct conf *a = usual();
    OWNED(conf)
    struct conf *b = loaded(
        "one", "queues = ( { name = \"main\"; url = "
               "\"https://sqs.eu-west-1.amazonaws.com/111122223333/other\"; } );\n" CUSTOMERS(
                   CUSTOMER("acme", "")));
    OWNED(conf_diff) struct conf_diff *d = conf_diff(a, b);
    assert_int_equal(d->count, 1);
    assert_int_equal(d->fixed_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_between_equal_ones),
        cmocka_unit_test(sees_a_change_of_every_key),
        cmocka_unit_test(names_what_is_added_and_removed_in_any_order),
        cmocka_unit_test(sees_a_changed_secret_and_shows_none),
        cmocka_unit_test(a_queue_with_another_url_is_not_the_same_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
