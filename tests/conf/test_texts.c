/* SPDX-License-Identifier: Apache-2.0 */
/* The texts made from the table are correct, and the generated files in the tree are current. */
#include "slurp.h"
#include "testing.h"

#include "conf/without_aws.h"

#include "base/buf.h"
#include "conf/load.h"
#include "conf/table.h"
#include "conf/value.h"
#include "load_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 1024 * 1024 };

static struct conf *loaded(const char *text)
{
    struct conf_problems p = {0};
    struct conf *c = conf_load_text(text, "text", &p);
    for (size_t i = 0; i < p.count; i++) {
        print_error("%d: %s\n", p.list[i].line, p.list[i].text);
    }
    assert_int_equal(p.count, 0);
    conf_problems_done(&p);
    return c;
}

/* The sample with a valid external id. */
static void sample_filled_in(struct buf *sample)
{
    conf_sample(sample);
    char *id = strstr(sample->p, "external_id = \"");
    assert_non_null(id);
    id[strlen("external_id = \"")] = 'x';
}

static void the_sample_lacks_only_an_external_id(void **state UNUSED)
{
    struct buf sample = BUF_INIT(TEXT_BYTES);
    struct conf_problems p = {0};
    conf_sample(&sample);
    assert_null(conf_load_text(sample.p, "text", &p));
    assert_int_equal(p.count, 1);
    assert_non_null(strstr(p.list[0].text, "external_id: is that of the sample file"));
    conf_problems_done(&p);
    buf_done(&sample);
}

static void the_sample_filled_in_is_a_configuration(void **state UNUSED)
{
    struct buf sample = BUF_INIT(TEXT_BYTES);
    sample_filled_in(&sample);
    OWNED(conf) struct conf *c = loaded(sample.p);
    assert_non_null(c);
    buf_done(&sample);
}

/* A key that is not set is '#' and a letter, after blanks. */
static void set_all_keys(struct buf *b)
{
    for (size_t i = 1; i + 1 < b->n; i++) {
        if (b->p[i] == '#' && (b->p[i - 1] == ' ' || b->p[i - 1] == '\n') && b->p[i + 1] != ' ') {
            b->p[i] = ' ';
        }
    }
}

static void every_example_and_default_of_the_sample_is_right(void **state UNUSED)
{
    struct buf sample = BUF_INIT(TEXT_BYTES);
    sample_filled_in(&sample);
    set_all_keys(&sample);
    OWNED(conf) struct conf *c = loaded(sample.p);
    assert_non_null(c);
    assert_int_equal(c->customers[0].mapping_count, 1);
    assert_int_equal(c->limits.lanes, 16);
    buf_done(&sample);
}

static void printed_values_read_the_same_again(void **state UNUSED)
{
    struct buf sample = BUF_INIT(TEXT_BYTES);
    struct buf first = BUF_INIT(TEXT_BYTES);
    struct buf second = BUF_INIT(TEXT_BYTES);
    sample_filled_in(&sample);
    set_all_keys(&sample);
    OWNED(conf) struct conf *c = loaded(sample.p);
    assert_non_null(c);
    conf_print(c, &first);
    OWNED(conf) struct conf *again = loaded(first.p);
    assert_non_null(again);
    conf_print(again, &second);
    assert_span_equal(buf_span(&second), buf_span(&first));
    buf_done(&sample);
    buf_done(&first);
    buf_done(&second);
}

static void printing_masks_secrets_and_escapes_texts(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c =
        loaded("aws = { region = \"eu-west-1\"; profile = \"a\\\"b\\\\c\\x01\"; };\n"
               "kafka = { properties = ( \"bootstrap.servers=x\", \"sasl.password=hunter2\","
               " \"ssl.key.password=hunter3\", \"sasl.username=me\" ); };\n"
               "queues = ( { name = \"main\"; url = \"http://127.0.0.1:1/1/q\"; } );\n"
               "customers = ( { id = \"acme\"; queue = \"main\"; prefix = \"s3://a-b/p\";"
               " account_id = \"444455556666\"; external_id = \"x-1\";"
               " role_arn = \"arn:aws:iam::444455556666:role/r\"; } );\n");
    assert_non_null(c);
    struct buf out = BUF_INIT(TEXT_BYTES);
    conf_print(c, &out);
    assert_null(strstr(out.p, "hunter"));
    assert_non_null(strstr(out.p, "\"sasl.password=********\""));
    assert_non_null(strstr(out.p, "\"sasl.username=me\""));
    assert_non_null(strstr(out.p, "profile = \"a\\\"b\\\\c\\x01\";"));
    assert_non_null(strstr(out.p, "external_id = \"x-1\";"));
    assert_non_null(strstr(out.p, "# max_lanes: no limit of its own"));
    buf_done(&out);
}

static void printing_masks_user_information_and_command_lines(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c =
        loaded("aws = { region = \"eu-west-1\"; profile = \"https://ana:hunter1@h/\"; };\n"
               "kafka = { properties = ( \"bootstrap.servers=x\","
               " \"sasl.kerberos.kinit.cmd=kinit --password=hunter2\","
               " \"client.rack=http://me:hunter3@proxy:1/\" ); };\n"
               "queues = ( { name = \"main\"; url = \"http://127.0.0.1:1/1/q\"; } );\n"
               "customers = ( { id = \"acme\"; queue = \"main\"; prefix = \"s3://a-b/p\";"
               " account_id = \"444455556666\"; external_id = \"x-1\";"
               " role_arn = \"arn:aws:iam::444455556666:role/r\"; } );\n");
    assert_non_null(c);
    struct buf out = BUF_INIT(TEXT_BYTES);
    conf_print(c, &out);
    assert_null(strstr(out.p, "hunter"));
    assert_non_null(strstr(out.p, "\"sasl.kerberos.kinit.cmd=********\""));
    assert_non_null(strstr(out.p, "\"client.rack=http://********@proxy:1/\""));
    assert_non_null(strstr(out.p, "profile = \"https://********@h/\";"));
    buf_done(&out);
}

/* What is printed can be read again, and shows no control character to a terminal. */
static void printing_escapes_control_characters_of_any_kind(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c =
        loaded("aws = { region = \"eu-west-1\";"
               " profile = \"a\xc2\x9b"
               "b\xe2\x80\xae"
               "c\xff\xc3\xa9\"; };\n"
               "kafka = { properties = ( \"bootstrap.servers=x\" ); };\n"
               "queues = ( { name = \"main\"; url = \"http://127.0.0.1:1/1/q\"; } );\n"
               "customers = ( { id = \"acme\"; queue = \"main\"; prefix = \"s3://a-b/p\";"
               " account_id = \"444455556666\"; external_id = \"x-1\";"
               " role_arn = \"arn:aws:iam::444455556666:role/r\"; } );\n");
    assert_non_null(c);
    struct buf out = BUF_INIT(TEXT_BYTES);
    conf_print(c, &out);
    assert_non_null(strstr(out.p, "profile = \"a\\xc2\\x9bb\\xe2\\x80\\xaec\\xff\xc3\xa9\";"));
    OWNED(conf) struct conf *again = loaded(out.p);
    assert_non_null(again);
    assert_string_equal(again->aws.profile, c->aws.profile);
    buf_done(&out);
}

static void errors_show_no_user_information(void **state UNUSED)
{
    struct conf_problems p = {0};
    conf_problem_add(&p, "f", 1, false, "url http://ana:hunter2@h/ is no queue");
    assert_string_equal(p.list[0].text, "url http://********@h/ is no queue");
    conf_problems_done(&p);
}

static void assert_file_is(const char *path, const struct buf *want)
{
    FILE *f = fopen(path, "re");
    struct buf got = BUF_INIT(TEXT_BYTES);
    char *room = buf_room(&got, TEXT_BYTES / 2);
    got.n = f != NULL ? fread(room, 1, TEXT_BYTES / 2, f) : 0;
    if (f != NULL) {
        assert_int_equal(fclose(f), 0);
    }
    if (!span_eq(buf_span(&got), buf_span(want))) {
        fail_msg("%s is out of date: scripts/pages", path);
    }
    buf_done(&got);
}

static void the_files_in_the_tree_are_current(void **state UNUSED)
{
    struct buf want = BUF_INIT(TEXT_BYTES);
    conf_sample(&want);
    assert_file_is(PROJECT_SOURCE "/etc/asymptote-ingest.conf", &want);
    buf_clear(&want);
    conf_reference(&want);
    assert_file_is(PROJECT_SOURCE "/docs/configuration.md", &want);
    buf_done(&want);
}

static void the_manual_has_every_key(void **state UNUSED)
{
    struct buf page = BUF_INIT(1024 * 1024);
    conf_manual(&page);
    assert_false(page.overflowed);
    for (int i = 0; i < CONF_SECTIONS; i++) {
        for (size_t k = 0; k < conf_sections[i]->count; k++) {
            char want[128];
            (void)snprintf(want, sizeof(want), "\n.TP\n.B %s\n", conf_sections[i]->rows[k].name);
            if (strstr(page.p, want) == NULL) {
                fail_msg("no entry: %s", want);
            }
        }
    }
    assert_non_null(strstr(page.p, "For example \\fB\"eu\\-west\\-1\"\\fR."));
    buf_done(&page);
}

static void every_row_is_said_in_words(void **state UNUSED)
{
    for (int i = 0; i < CONF_SECTIONS; i++) {
        for (size_t k = 0; k < conf_sections[i]->count; k++) {
            const struct conf_row *row = &conf_sections[i]->rows[k];
            assert_non_null(row->name);
            assert_non_null(row->text);
            assert_non_null(row->example);
            assert_true(row->type != CONF_TIME || row->unit_ms > 0);
            assert_true(row->type != CONF_WORD || row->words != NULL);
        }
    }
}

static void sizes_and_times_have_units(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } sizes[] = {
        {"0B", 0},
        {"1KiB", 1024},
        {"64MiB", 67108864},
        {"10 kB", 10000},
        {"50GiB", INT64_C(53687091200)},
        {"1024", -1},
        {"", -1},
        {"MiB", -1},
        {"-1B", -1},
        {"1.5MiB", -1},
        {"1mib", -1},
        {"1  B", -1},
        {"9223372036854775807B", INT64_MAX},
        {"9223372036854775808B", -1},
        {"9007199254740992TiB", -1},
        {"99999999999999999999999B", -1},
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int64_t got = 0;
        bool ok = conf_size_read(sizes[i].text, &got);
        assert_int_equal(ok, sizes[i].want >= 0);
        assert_true(!ok || got == sizes[i].want);
    }
    int64_t ms = 0;
    assert_true(conf_time_read("250ms", &ms) && ms == 250);
    assert_true(conf_time_read("15m", &ms) && ms == 900000);
    assert_true(conf_time_read("14d", &ms) && ms == 1209600000);
    assert_false(conf_time_read("120", &ms));
    assert_false(conf_time_read("1min", &ms));
}

static void finds_what_was_meant(void **state UNUSED)
{
    static const char *const names[] = {"region", "endpoint_s3", "visibility", "url", NULL};
    assert_string_equal(conf_nearest("regoin", names), "region");
    assert_string_equal(conf_nearest("Region", names), "region");
    assert_string_equal(conf_nearest("visibilty", names), "visibility");
    assert_string_equal(conf_nearest("uri", names), "url");
    assert_null(conf_nearest("password", names));
    assert_null(conf_nearest("xyz", names));
    assert_null(conf_nearest("", names));
}

/* The fenced block of README.md that begins with "aws =". */
static void the_configuration_of_the_readme_is_one(void **state UNUSED)
{
    struct buf page = BUF_INIT(TEXT_BYTES);
    slurp(PROJECT_SOURCE "/README.md", &page);
    char *from = strstr(page.p, "```\naws = ");
    assert_non_null(from);
    char *to = strstr(from + 4, "```");
    assert_non_null(to);
    *to = '\0';
    OWNED(conf) struct conf *c = loaded(from + 4);
    assert_non_null(c);
    assert_int_equal(c->customer_count, 1);
    size_t lines = 0;
    for (const char *p = from + 4; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    assert_in_range(lines, 8, 12);
    buf_done(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_configuration_of_the_readme_is_one),
        cmocka_unit_test(the_sample_lacks_only_an_external_id),
        cmocka_unit_test(the_sample_filled_in_is_a_configuration),
        cmocka_unit_test(every_example_and_default_of_the_sample_is_right),
        cmocka_unit_test(printed_values_read_the_same_again),
        cmocka_unit_test(printing_masks_secrets_and_escapes_texts),
        cmocka_unit_test(printing_masks_user_information_and_command_lines),
        cmocka_unit_test(printing_escapes_control_characters_of_any_kind),
        cmocka_unit_test(errors_show_no_user_information),
        cmocka_unit_test(the_files_in_the_tree_are_current),
        cmocka_unit_test(the_manual_has_every_key),
        cmocka_unit_test(every_row_is_said_in_words),
        cmocka_unit_test(sizes_and_times_have_units),
        cmocka_unit_test(finds_what_was_meant),
    };
    return cmocka_run_group_tests(tests, forget_aws, restore_environment);
}
