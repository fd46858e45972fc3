/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/writers.h"

#include "base/visible.h"

#include <stdlib.h>

static struct span take_line(struct span *text)
{
    const char *end = memchr(text->p, '\n', text->n);
    struct span line = span_take(text, end != NULL ? (size_t)(end - text->p) : text->n);
    *text = span_from(*text, text->n > 0 ? 1 : 0);
    return line;
}

/* The longest run of backticks in a text. */
static size_t longest_run(struct span text)
{
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = 0; i < text.n; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

void markdown_code(struct buf *out, struct span text)
{
    size_t ticks = longest_run(text) + 1;
    bool padded = text.n == 0 || text.p[0] == '`' || text.p[text.n - 1] == '`' ||
                  (text.p[0] == ' ' && text.p[text.n - 1] == ' ');
    for (size_t i = 0; i < ticks; i++) {
        buf_add_byte(out, '`');
    }
    buf_add(out, padded ? SPAN(" ") : SPAN(""));
    visible_add(out, text); /* a line end would end the paragraph, and with it the span */
    buf_add(out, padded ? SPAN(" ") : SPAN(""));
    for (size_t i = 0; i < ticks; i++) {
        buf_add_byte(out, '`');
    }
}

/* Append a document, each line indented: a code block of Markdown whatever it contains. */
static void show(struct buf *out, struct span name, const struct letter_style *how)
{
    struct buf text = BUF_INIT(1 << 20);
    for (const struct tree_value *v = how->values; v->name != NULL; v++) {
        if (span_eq(span_str(v->name), name)) {
            tree_print(v->tree, &text);
        }
    }
    if (text.n == 0) {
        abort(); /* the letter shows what its caller does not give */
    }
    for (struct span rest = buf_span(&text); rest.n > 0;) {
        struct span line = take_line(&rest);
        buf_addf(out, "    %.*s\n", SPAN_FMT(line));
    }
    buf_done(&text);
}

static void underline(struct buf *out, struct span line)
{
    size_t level = line.p[1] == '#' ? 2 : 1;
    struct span title = span_from(line, level + 1);
    buf_addf(out, "%.*s\n", SPAN_FMT(title));
    for (size_t i = 0; i < title.n; i++) {
        buf_add_byte(out, level == 1 ? '=' : '-');
    }
    buf_add(out, SPAN("\n"));
}

static void write_line(struct buf *out, struct span line, const struct letter_style *how)
{
    struct buf filled = BUF_INIT(1 << 16);
    tree_fill_text(&filled, line, how->values, how->markdown ? markdown_code : visible_add);
    if (!how->markdown && span_starts(line, SPAN("#"))) {
        underline(out, buf_span(&filled));
    } else {
        buf_add(out, buf_span(&filled));
        buf_add(out, SPAN("\n"));
    }
    buf_done(&filled);
}

void letter_write(const char *text, const struct letter_style *how, struct buf *out)
{
    bool shown = true;
    for (struct span rest = span_str(text); rest.n > 0;) {
        struct span line = take_line(&rest);
        if (span_starts(line, SPAN("%if "))) {
            shown = tree_holds(span_from(line, 4), how->values);
        } else if (span_eq(line, SPAN("%end"))) {
            shown = true;
        } else if (shown && span_starts(line, SPAN("%show "))) {
            show(out, span_from(line, 6), how);
        } else if (shown) {
            write_line(out, line, how);
        }
    }
}
