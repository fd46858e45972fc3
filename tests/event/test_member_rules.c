/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the table of member rules with the schema's members, and its checks with its repairs. */
#include "testing.h"

#include "event/repair/beacon.h"
#include "repair/member_rules_priv.h"

#include <stdio.h>

static const int64_t modified_ns = 1780272000 * INT64_C(1000000000);

/* The member of a rule, and the object that contains it. NULL: none. */
static const struct member *member_of(enum member_rule rule, enum member_group *group)
{
    for (int g = 0; g < GROUPS; g++) {
        size_t count = 0;
        const struct member *rows = member_rows((enum member_group)g, &count);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].rule == rule) {
                *group = (enum member_group)g;
                return &rows[i];
            }
        }
    }
    return NULL;
}

static void each_rule_has_a_member(void **state UNUSED)
{
    for (enum member_rule rule = RULE_NONE + 1; rule < RULES; rule++) {
        enum member_group group = GROUP_NONE;
        const struct member *m = member_of(rule, &group);
        if (rule == RULE_REQUIRED) {
            continue;
        }
        assert_non_null(m);
        if (member_rule_is_required(rule)) { /* in the object of the table */
            assert_int_equal(member_rules[rule].group, group);
            assert_span_equal(member_rules[rule].name, m->name);
        }
    }
}

/* A repair in progress, of a record with one member. */
struct bench {
    struct json_reader *reader;
    struct doc doc;
    struct event_facts facts;
    struct arena arena;
    struct edits edits;
    struct buf replaced;
    struct buf texts[2];
    struct repair_state r;
};

static void start(struct bench *b, const char *text)
{
    struct span rest = span_str(text);
    assert_int_equal(json_scan(b->reader, &rest, &b->doc, NULL), FAIL_NONE);
    event_facts_clear(&b->facts);
    arena_clear(&b->arena);
    buf_clear(&b->replaced);
    b->r = (struct repair_state){.doc = &b->doc,
                                 .at = DOC_ROOT,
                                 .modified_ns = modified_ns,
                                 .envelope_time = SPAN(""),
                                 .facts = &b->facts,
                                 .arena = &b->arena,
                                 .edits = &b->edits,
                                 .replaced = &b->replaced,
                                 .bare = {.bare = &b->texts[0], .scratch = &b->texts[1]},
                                 .path = BUF_INIT(16),
                                 .action = SPAN("tool.invoked")};
}

static int set_up(void **state)
{
    static struct bench b;
    b = (struct bench){.reader = json_reader_new(1 << 12),
                       .replaced = BUF_INIT(1 << 12),
                       .texts = {BUF_INIT(1 << 12), BUF_INIT(1 << 12)}};
    edits_init(&b.edits, 1 << 12);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    json_reader_free(b->reader);
    arena_done(&b->arena);
    edits_done(&b->edits);
    buf_done(&b->replaced);
    buf_done(&b->texts[0]);
    buf_done(&b->texts[1]);
    return 0;
}

static bool passes(enum member_rule rule, struct span text)
{
    const struct member_rule_row *row = &member_rules[rule];
    struct event_facts facts;
    event_facts_clear(&facts);
    return row->check != NULL ? row->check(row, text, modified_ns, &facts)
                              : text.n > 0 || !member_rule_is_required(rule);
}

/* Without the quotes. */
static struct span inside(struct span json)
{
    assert_true(json.n >= 2);
    return span_of(json.p + 1, json.n - 2);
}

static const char *const texts[] = {
    "",
    "x",
    "beacon",
    "endpoint-agent",
    "1.0",
    "local",
    "ci",
    "full",
    "claude",
    "unknown",
    "codex",
    "https://u:p@h/a/b",
    "2026-05-11",
    "2026-05-11T22:20:00Z",
    "1999-01-01T00:00:00Z",
};

/* A value that a repair keeps or writes passes the check. A value that passes the check is kept. */
static void a_repair_leaves_what_the_check_accepts(void **state)
{
    struct bench *b = *state;
    for (enum member_rule rule = RULE_NONE + 1; rule < RULES; rule++) {
        const struct member_rule_row *row = &member_rules[rule];
        for (size_t i = 0; row->repair != NULL && i < sizeof(texts) / sizeof(texts[0]); i++) {
            char record[64];
            struct span json = SPAN("");
            struct span text = span_str(texts[i]);
            const struct member m = {SPAN("m"), MEMBER_TEXT, rule, GROUP_NONE};
            (void)snprintf(record, sizeof(record), "{\"m\":\"%s\"}", texts[i]);
            start(b, record);
            enum repair_outcome outcome =
                row->repair(&b->r, &m, doc_member(&b->doc, DOC_ROOT, SPAN("m")), text, &json);
            if (passes(rule, text)) {
                assert_int_equal(outcome, REPAIR_KEEP);
            } else if (outcome == REPAIR_REPLACE) {
                assert_true(passes(rule, inside(json)));
            } else {
                assert_int_equal(outcome, REPAIR_DROP);
                assert_false(member_rule_is_required(rule));
            }
        }
    }
}

static void what_stands_for_a_missing_member_passes_its_check(void **state)
{
    struct bench *b = *state;
    start(b, "{}");
    for (enum member_rule rule = RULE_NONE + 1; rule < RULE_REQUIRED; rule++) {
        assert_true(passes(rule, member_rule_missing(&b->r, rule)));
    }
    assert_span_equal(b->facts.key.action, SPAN("tool.invoked"));
    assert_span_equal(b->facts.key.category, SPAN("tool"));
    assert_span_equal(b->facts.key.harness, SPAN("unknown"));
    assert_int_equal(b->facts.key.time_ns, modified_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_a_member),
        cmocka_unit_test(a_repair_leaves_what_the_check_accepts),
        cmocka_unit_test(what_stands_for_a_missing_member_passes_its_check),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
