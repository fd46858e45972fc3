/* SPDX-License-Identifier: Apache-2.0 */
/* Both tables of the schema's members agree: schema_tree.c by object, schema_fields.c by path. */
#include "testing.h"

#include "event/schema/schema_fields.h"
#include "event/schema/schema_tree.h"

#include <stdio.h>

static const struct member *find_path(struct span path)
{
    enum member_group group = GROUP_EVENT_OBJECT;
    for (;;) {
        const char *dot = memchr(path.p, '.', path.n);
        struct span name = span_of(path.p, dot != NULL ? (size_t)(dot - path.p) : path.n);
        const struct member *m = member_find(group, name);
        if (m == NULL || dot == NULL) {
            return m;
        }
        assert_int_equal(m->type, MEMBER_OBJECT);
        group = m->group;
        path = span_from(path, name.n + 1);
    }
}

static enum member_type type_of(enum field_type t)
{
    static const enum member_type types[] = {
        [TYPE_TEXT] = MEMBER_TEXT, [TYPE_INT] = MEMBER_INT,     [TYPE_FLOAT] = MEMBER_FLOAT,
        [TYPE_BOOL] = MEMBER_BOOL, [TYPE_TEXTS] = MEMBER_TEXTS, [TYPE_ANY] = MEMBER_ANY,
    };
    return types[t];
}

static void knows_every_field_with_its_type(void **state UNUSED)
{
    for (int f = 0; f < FIELDS; f++) {
        struct span path = span_str(fields[f].path);
        if (span_starts(path, SPAN("raw."))) {
            continue; /* the content of raw belongs to the source */
        }
        const struct member *m = find_path(path);
        if (m == NULL || m->type != type_of(fields[f].type)) {
            fail_msg("%s", fields[f].path);
        }
    }
}

/* Number of fields below a group; each is found by its full path. */
static size_t count_below(enum member_group group, char *path, size_t n)
{
    size_t count = 0;
    size_t found = 0;
    const struct member *rows = member_rows(group, &count);
    for (size_t i = 0; i < count; i++) {
        size_t end = n + (size_t)snprintf(path + n, 256 - n, "%s%.*s", n > 0 ? "." : "",
                                          SPAN_FMT(rows[i].name));
        assert_ptr_equal(member_find(group, rows[i].name), &rows[i]);
        if (rows[i].type == MEMBER_OBJECT) {
            found += count_below(rows[i].group, path, end);
        } else if (rows[i].rule != RULE_INGEST) {
            if (field_find(span_of(path, end)) == FIELD_NONE) {
                fail_msg("%s", path);
            }
            found++;
        }
    }
    return found;
}

static void knows_no_other_field(void **state UNUSED)
{
    char path[256];
    size_t raw = 0;
    for (int f = 0; f < FIELDS; f++) {
        raw += span_starts(span_str(fields[f].path), SPAN("raw."));
    }
    assert_int_equal(count_below(GROUP_EVENT_OBJECT, path, 0), FIELDS - raw);
}

static void finds_nothing_for_other_names(void **state UNUSED)
{
    assert_null(member_find(GROUP_EVENT_OBJECT, SPAN("")));
    assert_null(member_find(GROUP_EVENT_OBJECT, SPAN("timestamq")));
    assert_null(member_find(GROUP_EVENT, SPAN("kind ")));
    assert_null(member_find(GROUP_RAW, SPAN("a")));
    assert_null(member_find(GROUP_EVENT, SPAN("a name that is far longer than any of the schema")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_field_with_its_type),
        cmocka_unit_test(knows_no_other_field),
        cmocka_unit_test(finds_nothing_for_other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
