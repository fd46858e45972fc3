/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/map/build.h"
#include "event/schema/rules.h"

#include <stdio.h>

static const struct object_origin source = {.customer = SPAN_INIT("c"),
                                            .object = SPAN_INIT("o"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1780272000000000000};

struct bench {
    struct json_reader *reader, *again;
    struct builder *builder;
    struct rules *rules;
    struct buf out;
    struct event_facts built;
    struct doc event;
    struct err err;
};

static int set_up(void **state)
{
    static struct bench b;
    b = (struct bench){.reader = json_reader_new(1 << 16),
                       .again = json_reader_new(1 << 16),
                       .builder = builder_new(),
                       .rules = rules_new(),
                       .out = BUF_INIT(1 << 16)};
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    json_reader_free(b->reader);
    json_reader_free(b->again);
    builder_free(b->builder);
    rules_free(b->rules);
    buf_done(&b->out);
    return 0;
}

static bool build(struct bench *b, const char *record)
{
    struct doc d;
    struct record_index o;
    struct span rest = span_str(record);
    assert_int_equal(json_scan(b->reader, &rest, &d, NULL), FAIL_NONE);
    record_index_of(builder_names(b->builder), &d, DOC_ROOT, &o);
    struct build_input in = {.doc = &d,
                             .at = DOC_ROOT,
                             .index = &o,
                             .shape = shape_of(&d, &o),
                             .origin = &source,
                             .rules = b->rules};
    buf_clear(&b->out);
    if (build_event(b->builder, &in, &b->out, &b->built) != BUILD_EVENT) {
        return false;
    }
    buf_add_byte(&b->out, '}');
    rest = buf_span(&b->out);
    assert_int_equal(json_scan(b->again, &rest, &b->event, NULL), FAIL_NONE);
    return true;
}

static struct span text(const struct bench *b, const char *object, const char *member)
{
    size_t at = *object != '\0' ? doc_member(&b->event, DOC_ROOT, span_str(object)) : DOC_ROOT;
    at = at != 0 ? doc_member(&b->event, at, span_str(member)) : 0;
    return at != 0 && doc_tag(&b->event, at) == '"' ? doc_string(&b->event, at) : SPAN("(none)");
}

static void alias(struct bench *b, const char *field, const char *path)
{
    assert_int_equal(rules_add_alias(b->rules, span_str(field), span_str(path), &b->err),
                     FAIL_NONE);
}

static void own_names_are_tried_before_the_built_in_ones(void **state)
{
    struct bench *b = *state;
    alias(b, "repository", "project.git.url");
    alias(b, "repository", "project.mirror");
    alias(b, "timestamp", "when");
    assert_true(
        build(b, "{\"project\":{\"git\":{\"url\":\"a/b\"},\"mirror\":\"c/d\"},\"repo\":\"e/f\","
                 "\"when\":\"2026-05-11T22:20:00Z\",\"ts\":1778538999,\"action\":\"read\"}"));
    assert_span_equal(text(b, "", "repository"), SPAN("a/b"));
    assert_span_equal(b->built.repository, SPAN("a/b"));
    assert_span_equal(text(b, "", "timestamp"), SPAN("2026-05-11T22:20:00Z"));
    assert_true(build(b, "{\"project.mirror\":\"c/d\",\"repo\":\"e/f\",\"action\":\"read\"}"));
    assert_span_equal(text(b, "", "repository"), SPAN("c/d"));
    assert_true(build(b, "{\"repo\":\"e/f\",\"action\":\"read\"}"));
    assert_span_equal(text(b, "", "repository"), SPAN("e/f"));
}

static void an_own_name_makes_a_record_known(void **state)
{
    struct bench *b = *state;
    assert_false(build(b, "{\"zz\":\"x\"}"));
    alias(b, "user.name", "zz");
    assert_true(build(b, "{\"ZZ\":\"x\"}"));
    assert_span_equal(text(b, "user", "name"), SPAN("x"));
}

static void an_own_name_is_converted_like_any_other(void **state)
{
    struct bench *b = *state;
    alias(b, "harness.name", "bot");
    alias(b, "endpoint.os", "system");
    assert_true(build(b, "{\"bot\":\"Claude Code\",\"system\":\"Ubuntu\"}"));
    assert_span_equal(text(b, "harness", "name"), SPAN("claude_code"));
    assert_span_equal(text(b, "endpoint", "os"), SPAN("linux"));
}

static void a_constant_wins_over_everything(void **state)
{
    struct bench *b = *state;
    alias(b, "harness.name", "bot");
    assert_int_equal(rules_add_constant(b->rules, SPAN("harness.name"), SPAN("acme_bot"), &b->err),
                     FAIL_NONE);
    assert_int_equal(rules_add_constant(b->rules, SPAN("event.action"), SPAN("acme.ran"), &b->err),
                     FAIL_NONE);
    assert_int_equal(rules_add_constant(b->rules, SPAN("severity"), SPAN("low"), &b->err),
                     FAIL_NONE);
    assert_int_equal(rules_add_constant(b->rules, SPAN("event.category"), SPAN("acme"), &b->err),
                     FAIL_NONE);
    assert_true(build(b, "{\"bot\":\"codex\",\"action\":\"read\",\"severity\":\"high\"}"));
    assert_span_equal(text(b, "harness", "name"), SPAN("acme_bot"));
    assert_span_equal(text(b, "event", "action"), SPAN("acme.ran"));
    assert_span_equal(text(b, "event", "category"), SPAN("acme"));
    assert_span_equal(text(b, "", "severity"), SPAN("low"));
}

static void own_words_come_before_the_built_in_ones(void **state)
{
    struct bench *b = *state;
    assert_int_equal(rules_add_action(b->rules, SPAN("Run-Tool"), SPAN("tool.invoked"), &b->err),
                     FAIL_NONE);
    assert_int_equal(rules_add_action(b->rules, SPAN("stop"), SPAN("session.ended"), &b->err),
                     FAIL_NONE);
    assert_true(build(b, "{\"action\":\"RUN_TOOL\"}"));
    assert_span_equal(text(b, "event", "action"), SPAN("tool.invoked"));
    assert_span_equal(b->built.action, SPAN("RUN_TOOL"));
    assert_true(build(b, "{\"action\":\"Stop\"}"));
    assert_span_equal(text(b, "event", "action"), SPAN("session.ended"));
    assert_true(build(b, "{\"action\":\"shell\"}"));
    assert_span_equal(text(b, "event", "action"), SPAN("command.executed"));
}

/* The record is redacted before the event is built (event_maker.c), and joined texts once more. */
static void redaction_reaches_what_is_put_together(void **state)
{
    struct bench *b = *state;
    static const char record[] =
        "{\"action\":\"exec\",\"command\":[\"x\",\"token\",\"=\",\"abcdefgh1\"]}";
    assert_true(build(b, record));
    assert_span_equal(text(b, "command", "command"), SPAN("x token = abcdefgh1"));
    rules_set_redact(b->rules, true);
    assert_true(build(b, record));
    assert_span_equal(text(b, "command", "command"), SPAN("x token = [REDACTED]"));
}

static void credentials_of_a_repository_go_without_being_asked(void **state)
{
    struct bench *b = *state;
    assert_true(build(b, "{\"repo_url\":\"https://me:hunter2@h/o/n.git\",\"git_remote\":"
                         "\"https://me:hunter2@h/o/n\",\"action\":\"read\"}"));
    assert_span_equal(text(b, "", "repository"), SPAN("https://h/o/n.git"));
    assert_null(memmem(b->out.p, b->out.n, "hunter2", 7));
}

static void errors_say_what_is_wrong(void **state)
{
    struct bench *b = *state;
    struct rules *r = b->rules;
    assert_int_equal(rules_add_alias(r, SPAN("user.nmae"), SPAN("x"), &b->err), FAIL_CONFIG);
    assert_string_equal(b->err.text, "mapping: no field \"user.nmae\"");
    assert_int_equal(rules_add_alias(r, SPAN("vendor"), SPAN("x"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_alias(r, SPAN("model"), SPAN(""), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_alias(r, SPAN("model"), SPAN("a..b"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_alias(r, SPAN("model"), SPAN(".a"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_field(r, SPAN("model"), NULL, 0, &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_constant(r, SPAN("timestamp"), SPAN("x"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_constant(r, SPAN("server.port"), SPAN("1"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_constant(r, SPAN("origin"), SPAN("moon"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_constant(r, SPAN("severity"), SPAN("bad"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_constant(r, SPAN("model"), SPAN("m"), &b->err), FAIL_NONE);
    assert_int_equal(rules_add_constant(r, SPAN("model"), SPAN("n"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_action(r, SPAN("--"), SPAN("a.b"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_action(r, SPAN("w"), SPAN("Tool.x"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_action(r, SPAN("w"), SPAN("tool"), &b->err), FAIL_CONFIG);
    assert_int_equal(rules_add_action(r, SPAN("w"), SPAN("a.b"), &b->err), FAIL_NONE);
    assert_int_equal(rules_add_action(r, SPAN("W_"), SPAN("a.c"), &b->err), FAIL_CONFIG);
}

static void the_table_has_an_end(void **state)
{
    struct bench *b = *state;
    enum err_kind last = FAIL_NONE;
    int added = 0;
    for (; last == FAIL_NONE && added < 1000; added++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "name%d.sub", added);
        last = rules_add_alias(b->rules, SPAN("model"), span_str(path), &b->err);
    }
    assert_int_equal(last, FAIL_CONFIG);
    assert_int_equal(added, RULES_PATHS_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(own_names_are_tried_before_the_built_in_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_own_name_makes_a_record_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_own_name_is_converted_like_any_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_constant_wins_over_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_words_come_before_the_built_in_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redaction_reaches_what_is_put_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(credentials_of_a_repository_go_without_being_asked, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(errors_say_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_table_has_an_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
