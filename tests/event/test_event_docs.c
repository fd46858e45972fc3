/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/event-files.md and docs/event.schema.json have the content of the program's tables. To write
 * them after a change:
 *
 *     event_test_event_docs --accept
 *
 * In the Markdown file only the text between `<!-- table: NAME -->` and `<!-- end -->` is
 * generated.
 */
#include "testing.h"

#include "base/buf.h"
#include "event/map/category.h"
#include "event/schema/action_words.h"
#include "event/schema/aliases.h"
#include "event/schema/runtimes.h"
#include "event/schema/word_match.h"

#include <stdio.h>
#include <stdlib.h>

#define DOCS TEST_VECTORS "/../../docs/"

enum { FILE_BYTES = 1 << 20 };

static bool accept_all;

/* ---- Tables ---- */

/* "a b" as `a`, `b` */
static void put_words(struct buf *out, const char *list, const char *end)
{
    struct span rest = span_str(list);
    struct span word;
    bool first = true;
    while (word_next(&rest, &word)) {
        buf_addf(out, "%s`%.*s%s`", first ? "" : ", ", SPAN_FMT(word), end);
        first = false;
    }
}

static void put_fields(struct buf *out)
{
    buf_add(out, SPAN("| Field | Type | Accepted names, first one wins |\n|---|---|---|\n"));
    for (int f = 0; f < FIELDS; f++) {
        if (field_is_reserved((enum field)f)) {
            continue;
        }
        struct span row = span_str(alias_row_of(f).paths);
        buf_addf(out, "| `%s` | %s | ", fields[f].path, field_type_name(fields[f].type));
        struct alias a;
        for (bool first = true; alias_next(&row, &a); first = false) {
            buf_addf(out, "%s`%.*s`", first ? "" : ", ", SPAN_FMT(a.path));
            if (a.when != 0) {
                const char *end = row.p;
                while (*--end != ')') {
                }
                const char *begin = end;
                while (*begin != '(') {
                    begin--;
                }
                buf_addf(out, " %.*s", (int)(end - begin) + 1, begin);
            }
        }
        buf_add(out, SPAN(" |\n"));
    }
}

static void put_actions(struct buf *out)
{
    static const char *const by_rule[] = {
        [ACTION_BY_TOOL] = "what the tool did",
        [ACTION_BY_DECISION] = "by the decision",
        [ACTION_BY_PART] = "by the part's type",
    };
    const struct action_row *row = NULL;
    buf_add(out, SPAN("| Words | `event.action` |\n|---|---|\n"));
    for (size_t i = 0; (row = action_row(i)) != NULL; i++) {
        buf_add(out, SPAN("| "));
        put_words(out, row->words, "");
        if (*row->action != '\0') {
            buf_addf(out, " | `%s` |\n", row->action);
        } else {
            buf_addf(out, " | %s |\n", by_rule[row->rule]);
        }
    }
}

static void put_known(struct buf *out)
{
    put_words(out, action_known_list(), "");
    buf_add_byte(out, '\n');
}

static void put_runtimes(struct buf *out)
{
    bool has = false;
    const char *const *row = NULL;
    const char *name = NULL;
    buf_add(out, SPAN("| The name | becomes |\n|---|---|\n"));
    for (size_t i = 0; runtime_row(i, &has, &row, &name); i++) {
        buf_addf(out, "| %s ", has ? "contains" : "is");
        for (size_t w = 0; w < 8 && row[w] != NULL; w++) {
            buf_addf(out, "%s`%s`", w > 0 ? ", " : "", row[w]);
        }
        buf_addf(out, " | `%s` |\n", name);
    }
}

static void put_severities(struct buf *out)
{
    const char *list = NULL;
    const char *prefixes = NULL;
    struct span severity;
    buf_add(out, SPAN("| Words | `severity` |\n|---|---|\n"));
    for (size_t i = 0; severity_row(i, &list, &prefixes, &severity); i++) {
        buf_add(out, SPAN("| "));
        put_words(out, list, "");
        buf_add(out, *prefixes != '\0' && *list != '\0' ? SPAN(", ") : SPAN(""));
        put_words(out, prefixes, "…");
        buf_addf(out, " | `%.*s` |\n", SPAN_FMT(severity));
    }
}

static const struct {
    const char *name;
    void (*put)(struct buf *);
} tables[] = {
    {"fields", put_fields},     {"actions", put_actions},       {"known", put_known},
    {"runtimes", put_runtimes}, {"severities", put_severities},
};

/* ---- The schema ---- */

static const char *json_type(enum field_type t)
{
    static const char *const types[] = {
        "\"type\":[\"string\",\"null\"]",
        "\"type\":[\"integer\",\"null\"]",
        "\"type\":[\"number\",\"null\"]",
        "\"type\":[\"boolean\",\"null\"]",
        "\"type\":[\"array\",\"null\"],\"items\":{\"type\":[\"string\",\"null\"]}",
        "\"description\":\"any value\""};
    return types[t];
}

/* The rule of a field in addition to its type. */
static const char *json_rule(enum field f)
{
    switch ((int)f) {
    case FIELD_TIMESTAMP:
        return "\"type\":\"string\",\"pattern\":\"^\\\\d{4}-\\\\d\\\\d-\\\\d\\\\dT\\\\d\\\\d:"
               "\\\\d\\\\d:\\\\d\\\\d(\\\\.\\\\d{1,9})?Z$\"";
    case FIELD_VENDOR:
        return "\"const\":\"beacon\"";
    case FIELD_PRODUCT:
        return "\"const\":\"endpoint-agent\"";
    case FIELD_SCHEMA_VERSION:
    case FIELD_EVENT_KIND:
    case FIELD_EVENT_ACTION:
    case FIELD_SEVERITY:
    case FIELD_ENDPOINT_OS:
    case FIELD_HARNESS_NAME:
        return "\"type\":\"string\",\"minLength\":1";
    case FIELD_ORIGIN:
        return "\"enum\":[\"\",\"local\",\"cloud\",\"ci\",null]";
    case FIELD_CONTENT_RETENTION:
        return "\"enum\":[\"\",\"metadata\",\"redacted\",\"full\",null]";
    case FIELD_RAW_SOURCE_SHAPE:
        return "\"description\":\"any value: raw of Beacon's own events is theirs\"";
    default:
        return json_type(fields[f].type);
    }
}

static const char *json_required(struct span group)
{
    static const struct {
        const char *group, *required;
    } rows[] = {
        {"", "\"timestamp\",\"vendor\",\"product\",\"schema_version\",\"event\",\"severity\","
             "\"endpoint\",\"harness\",\"ingest\""},
        {"event", "\"kind\",\"action\""},
        {"endpoint", "\"os\""},
        {"harness", "\"name\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_eq(group, span_str(rows[i].group))) {
            return rows[i].required;
        }
    }
    return NULL;
}

static void put_indent(struct buf *out, size_t depth)
{
    buf_add_byte(out, '\n');
    for (size_t i = 0; i < depth; i++) {
        buf_add_byte(out, ' ');
    }
}

/* Write the fields that begin with `group` and a dot, from *f on. */
static void put_properties(struct buf *out, struct span group, int *f, size_t depth)
{
    size_t skip = group.n > 0 ? group.n + 1 : 0;
    bool first = true;
    buf_add(out, SPAN("\"properties\":{"));
    while (*f < FIELDS) {
        struct span path = span_str(fields[*f].path);
        assert_non_null(path.p);
        if (!span_starts(path, group) || (skip > 0 && (path.n <= skip || path.p[group.n] != '.'))) {
            break;
        }
        struct span rest = span_from(path, skip);
        const char *dot = rest.n > 0 ? memchr(rest.p, '.', rest.n) : NULL;
        struct span name = span_of(rest.p, dot != NULL ? (size_t)(dot - rest.p) : rest.n);
        buf_add(out, first ? SPAN("") : SPAN(","));
        put_indent(out, depth);
        first = false;
        buf_addf(out, "\"%.*s\":{", SPAN_FMT(name));
        if (dot == NULL) {
            buf_add(out, span_str(json_rule((enum field) * f)));
            ++*f;
        } else {
            struct span inner = span_of(path.p, skip + name.n);
            const char *required = json_required(inner);
            buf_addf(out, "\"type\":%s,",
                     required != NULL ? "\"object\"" : "[\"object\",\"null\"]");
            if (required != NULL) {
                buf_addf(out, "\"required\":[%s],", required);
            }
            put_properties(out, inner, f, depth + 1);
        }
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, '}');
}

static void put_schema(struct buf *out)
{
    int f = 0;
    struct buf inner = BUF_INIT(FILE_BYTES);
    put_properties(&inner, span_of("", 0), &f, 2);
    assert_int_equal(f, FIELDS);
    buf_addf(out,
             "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
             " \"title\":\"Endpoint event, schema 1.0, as the worker produces it\",\n"
             " \"description\":\"Members that are not named here may be there: they are "
             "carried.\",\n"
             " \"type\":\"object\",\n \"required\":[%s],\n ",
             json_required(span_of("", 0)));
    buf_add(out, span_of(inner.p, inner.n - 1));
    buf_add(
        out,
        SPAN(",\n  \"ingest\":{\"type\":\"object\",\"additionalProperties\":false,\n"
             "   \"required\":[\"id\",\"customer\",\"object\",\"line\",\"shape\",\"rules\"],\n"
             "   \"properties\":{\n"
             "   \"id\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]"
             "{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$\"},\n"
             "   \"customer\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9-]{0,39}$\"},\n"
             "   \"object\":{\"type\":\"string\",\"minLength\":1},\n"
             "   \"version\":{\"type\":\"string\",\"minLength\":1},\n"
             "   \"line\":{\"type\":\"integer\",\"minimum\":1},\n"
             "   \"item\":{\"type\":\"integer\",\"minimum\":1},\n"
             "   \"framing\":{\"enum\":[\"values\",\"array\",\"document\"]},\n"
             "   \"shape\":{\"enum\":[\"beacon\",\"ecs\",\"otel\",\"otlp\",\"hook\",\"flat\"]},\n"
             "   \"rules\":{\"type\":\"integer\",\"minimum\":1},\n"
             "   \"time\":{\"enum\":[\"assumed_utc\",\"assumed\",\"from_object\"]},\n"
             "   \"text\":{\"const\":\"replaced\"},\n"
             "   \"names\":{\"const\":\"duplicate\"},\n"
             "   \"action\":{\"type\":\"string\",\"minLength\":1},\n"
             "   \"repository\":{\"type\":\"string\",\"minLength\":1},\n"
             "   \"actor\":{\"type\":\"string\",\"minLength\":1}}}}}\n"));
    buf_done(&inner);
}

/* ---- Files ---- */

static void file_read(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return;
    }
    char piece[65536];
    size_t n = 0;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
        buf_add(out, span_of(piece, n));
    }
    (void)fclose(f);
}

static void file_is(const char *path, struct buf *have, const struct buf *want)
{
    if (accept_all) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(want->p, 1, want->n, f), want->n);
        assert_int_equal(fclose(f), 0);
    } else if (!span_eq(buf_span(have), buf_span(want))) {
        fail_msg("%s is out of date: run this program with --accept", path);
    }
}

/* Copy the text with each table between its marks replaced. */
static size_t put_tables(struct span text, struct buf *out)
{
    size_t found = 0;
    while (text.n > 0) {
        const char *newline = memchr(text.p, '\n', text.n);
        struct span line =
            span_take(&text, newline != NULL ? (size_t)(newline - text.p) + 1 : text.n);
        buf_add(out, line);
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
            char mark[64];
            (void)snprintf(mark, sizeof(mark), "<!-- table: %s -->\n", tables[i].name);
            if (span_eq(line, span_str(mark))) {
                const char *end = memmem(text.p, text.n, "<!-- end -->", 12);
                assert_non_null(end);
                tables[i].put(out);
                text = span_from(text, (size_t)(end - text.p));
                found++;
            }
        }
    }
    return found;
}

static void the_tables_of_the_document_are_those_of_the_program(void **state UNUSED)
{
    struct buf have = BUF_INIT(FILE_BYTES);
    struct buf want = BUF_INIT(FILE_BYTES);
    file_read(DOCS "event-files.md", &have);
    assert_int_equal(put_tables(buf_span(&have), &want), sizeof(tables) / sizeof(tables[0]));
    file_is(DOCS "event-files.md", &have, &want);
    buf_done(&have);
    buf_done(&want);
}

static void the_published_schema_has_every_field(void **state UNUSED)
{
    struct buf have = BUF_INIT(FILE_BYTES);
    struct buf want = BUF_INIT(FILE_BYTES);
    file_read(DOCS "event.schema.json", &have);
    put_schema(&want);
    file_is(DOCS "event.schema.json", &have, &want);
    buf_done(&have);
    buf_done(&want);
}

int main(int argc, char **argv)
{
    accept_all = argc == 2 && strcmp(argv[1], "--accept") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_of_the_document_are_those_of_the_program),
        cmocka_unit_test(the_published_schema_has_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
