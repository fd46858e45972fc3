/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample file and the reference page, made from the rows, so that both contain every key. In
 * the sample a line that begins with "#" and no blank is a key that is not set.
 */
#include "load_priv.h"

#include "conf/value.h"

#include <inttypes.h>

enum { WIDTH = 96 };

/* Append a text as comment lines of at most WIDTH characters. */
static void add_comment(struct buf *out, const char *indent, const char *text)
{
    size_t room = WIDTH - strlen(indent) - 2;
    while (*text != '\0') {
        size_t n = strlen(text);
        if (n > room) {
            for (n = room; n > 0 && text[n] != ' '; n--) {
            }
            n = n > 0 ? n : room;
        }
        buf_addf(out, "%s# %.*s\n", indent, (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

static void sample_rows(struct buf *out, const struct conf_section *s, const char *indent)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct conf_row *row = &s->rows[i];
        add_comment(out, indent, row->text);
        const char *value = row->standard != NULL ? row->standard : row->example;
        buf_addf(out, "%s%s%s = %s;", indent, row->required || row->shown ? "" : "#", row->name,
                 value);
        if (row->standard == NULL && row->derived != NULL) {
            buf_addf(out, " # if not given: %s", row->derived);
        }
        buf_add(out, i + 1 < s->count ? SPAN("\n\n") : SPAN("\n"));
    }
}

void conf_sample(struct buf *out)
{
    add_comment(
        out, "",
        "asymptote-ingest: every key, with its default or an example. A key that begins with "
        "'#' is not set. Sizes and times are texts with a unit. What keys mean in full: "
        "docs/configuration.md; is this file right: asymptote-ingest check-config -c FILE");
    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *s = conf_sections[i];
        buf_add_byte(out, '\n');
        add_comment(out, "", s->text);
        buf_addf(out, "%s = %s\n", s->name, s->list ? "(\n  {" : "{");
        sample_rows(out, s, s->list ? "    " : "  ");
        buf_add(out, s->list ? SPAN("  }\n);\n") : SPAN("};\n"));
    }
}

static const char *type_text(const struct conf_row *row)
{
    switch (row->type) {
    case CONF_TEXT:
        return "text";
    case CONF_SIZE:
        return "size";
    case CONF_TIME:
        return "time";
    case CONF_COUNT:
        return "number";
    case CONF_SHARE:
        return "number, 0 to 1";
    case CONF_BOOL:
        return "`true` or `false`";
    case CONF_WORD:
        return NULL;
    case CONF_TEXTS:
    case CONF_PROPERTIES:
        return "list of texts";
    case CONF_MAPPING:
    case CONF_ACTIONS:
        return "list of groups";
    }
    return NULL;
}

static void add_quantity(struct buf *out, const struct conf_row *row, int64_t value)
{
    if (row->type == CONF_SIZE) {
        conf_size_write(out, value);
    } else if (row->type == CONF_TIME) {
        conf_time_write(out, value * row->unit_ms);
    } else {
        buf_addf(out, "%" PRId64, value);
    }
}

void conf_row_type(struct buf *out, const struct conf_row *row)
{
    const char *text = type_text(row);
    if (text != NULL) {
        buf_add(out, span_str(text));
    }
    for (const char *const *w = row->words; w != NULL && *w != NULL; w++) {
        buf_addf(out, "%s`\"%s\"`", w == row->words ? "" : ", ", *w);
    }
    if (row->most == INT64_MAX) {
        buf_add(out, SPAN(", from "));
        add_quantity(out, row, row->least);
    } else if (row->most != 0) {
        buf_add(out, SPAN(", "));
        add_quantity(out, row, row->least);
        buf_add(out, SPAN(" to "));
        add_quantity(out, row, row->most);
    }
}

void conf_row_default(struct buf *out, const struct conf_row *row)
{
    if (row->required) {
        buf_add(out, SPAN("**must be given**"));
    } else if (row->standard != NULL) {
        buf_addf(out, "`%s`", row->standard);
    } else {
        buf_add(out, span_str(row->derived != NULL ? row->derived : "none"));
    }
    for (size_t i = 0; i < 2 && row->env[i] != NULL; i++) {
        buf_addf(out, "%s`%s`", i == 0 ? "; environment: " : ", ", row->env[i]);
    }
}

static void reference_rows(struct buf *out, const struct conf_section *s)
{
    buf_add(out,
            SPAN("\n| Key | Holds | If not given | Change | Meaning |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < s->count; i++) {
        const struct conf_row *row = &s->rows[i];
        buf_addf(out, "| `%s` | ", row->name);
        conf_row_type(out, row);
        buf_add(out, SPAN(" | "));
        conf_row_default(out, row);
        buf_addf(out, " | %s | %s For example `%s`. |\n", row->fixed ? "restart" : "reload",
                 row->text, row->example);
    }
}

static const char intro[] =
    "# Configuration\n"
    "\n"
    "<!-- Made by `asymptote-ingest check-config --reference`: change src/conf/table.c "
    "instead. -->\n"
    "\n"
    "One file in [libconfig](https://hyperrealm.github.io/libconfig/)'s syntax, given by `-c "
    "FILE`, and "
    "one file for each customer in `customers.d/` beside it. `etc/asymptote-ingest.conf` is a "
    "sample "
    "with every key. Try a file with `asymptote-ingest check-config -c FILE`: it tells every "
    "mistake "
    "with file and line, `--print` shows every value, defaults included, with secrets masked.\n"
    "\n"
    "**Reload.** `systemctl reload asymptote-ingest`, or SIGHUP, reads all files again in the "
    "running "
    "worker; with `run --watch` a change of a file in `customers.d/` does so, too. Customers and "
    "queues may be added, removed and changed, and so may each key with "
    "`reload` in the column *Change*. Removed customers finish the messages that the worker holds; "
    "a removed queue is not polled any more (on a queue that other customers use, too, end the "
    "removed "
    "customer's notifications first: what is received for it later is left, as any object of no "
    "customer). Objects in progress end under the configuration that "
    "they began with; everything that is received later has the new one. If a file has a mistake, "
    "or "
    "a key with `restart` differs, nothing changes: the log line `configuration not reloaded` says "
    "why, and the metric `config_last_reload_successful` is 0. A customer is known by its `id`; "
    "with "
    "the same id it keeps its counters, its pause and the leases of its messages. A queue is known "
    "by "
    "`name`, `url` and `region`. Environment variables are those of the start.\n"
    "\n"
    "- **Sizes and times** are texts with a unit: `\"64MiB\"` (B, KiB, MiB, GiB, TiB; kB, MB, GB, "
    "TB "
    "are powers of 1000), `\"120s\"` (ms, s, m, h, d).\n"
    "- **Secrets** need not stand in the file: in `kafka.properties` a value `env:NAME` is taken "
    "from "
    "the environment, `file:PATH` (or the name with `_file`) from a file. A secret in a file that "
    "others "
    "may read is a warning.\n"
    "- **Environment**: where a variable is named below, the file wins over it, and of two "
    "variables "
    "the first one wins, as with AWS's own tools. The worker's own AWS credentials come from where "
    "AWS's tools look for them.\n"
    "- **Parts**: `@include \"other.conf\"` reads another file of the same folder.\n"
    "- Unknown keys are errors. So are prefixes of one bucket of which one contains the other.\n";

void conf_reference(struct buf *out)
{
    buf_add(out, SPAN(intro));
    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *s = conf_sections[i];
        buf_addf(out, "\n## %s\n\n%s%s\n", s->name, s->list ? "A list of groups. " : "", s->text);
        reference_rows(out, s);
    }
    buf_add(out, SPAN("\n### mapping\n\nAn entry of a customer's `mapping`:\n"));
    reference_rows(out, &conf_mapping_section);
    buf_add(out, SPAN("\n### actions\n\nAn entry of a customer's `actions`:\n"));
    reference_rows(out, &conf_actions_section);
}
