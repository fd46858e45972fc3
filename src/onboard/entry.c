/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The customer's entry in customers.d/, one key a line. An operator may have added other keys by
 * hand, so an entry that is there is changed line by line.
 */
#include "onboard/render.h"

#include "conf/load.h"
#include "onboard/expected.h"

static const char heading[] =
    "# Written by asymptote-ingest onboard, which replaces the lines of its own keys.\n";

/* The key that a line sets; "" if it begins with something else. */
static struct span key_of(struct span line)
{
    size_t blanks = 0;
    while (blanks < line.n && (line.p[blanks] == ' ' || line.p[blanks] == '\t')) {
        blanks++;
    }
    struct span rest = span_from(line, blanks);
    size_t n = 0;
    while (n < rest.n && strchr("abcdefghijklmnopqrstuvwxyz_", rest.p[n]) != NULL &&
           rest.p[n] != '\0') {
        n++;
    }
    struct span key = span_take(&rest, n);
    while (rest.n > 0 && rest.p[0] == ' ') {
        rest = span_from(rest, 1);
    }
    return rest.n > 0 && (rest.p[0] == '=' || rest.p[0] == ':') ? key : SPAN("");
}

static int field_of(struct span key)
{
    for (int f = 0; f < MODEL_FIELDS; f++) {
        if (model_rows[f].key != NULL && span_eq(span_str(model_rows[f].key), key)) {
            return f;
        }
    }
    return MODEL_FIELDS;
}

static void add_line(const struct model *m, enum model_field f, struct buf *out)
{
    const char *value = model_get(m, f);
    const char *standard = model_rows[f].standard;
    if (value[0] == '\0' || (standard != NULL && strcmp(value, standard) == 0)) {
        return;
    }
    buf_addf(out, "%s = ", model_rows[f].key);
    if (f == MODEL_VERSIONED) {
        buf_add(out, span_str(value));
    } else if (f == MODEL_CADENCE || f == MODEL_VOLUME) {
        expected_write(f == MODEL_CADENCE, value, out);
    } else {
        conf_quote(out, value);
    }
    buf_add(out, SPAN(";\n"));
}

void render_entry(const struct model *m, struct span before, struct buf *out)
{
    bool written[MODEL_FIELDS] = {false};
    buf_add(out, before.n == 0 ? SPAN(heading) : SPAN(""));
    while (before.n > 0) {
        const char *end = memchr(before.p, '\n', before.n);
        struct span line = span_take(&before, end != NULL ? (size_t)(end - before.p) : before.n);
        before = span_from(before, before.n > 0 ? 1 : 0);
        int f = field_of(key_of(line));
        if (f == MODEL_FIELDS) {
            buf_addf(out, "%.*s\n", SPAN_FMT(line));
        } else if (!written[f]) {
            add_line(m, (enum model_field)f, out);
            written[f] = true;
        }
    }
    for (int f = 0; f < MODEL_FIELDS; f++) {
        if (model_rows[f].key != NULL && !written[f]) {
            add_line(m, (enum model_field)f, out);
        }
    }
}
