/* SPDX-License-Identifier: Apache-2.0 */
#include "base/roff.h"

#include <string.h>

/* A hyphen would become a typographical one, and could not be copied from the page. */
static void add_char(struct buf *out, char c)
{
    if (c == '\\') {
        buf_add(out, SPAN("\\e"));
    } else if (c == '-') {
        buf_add(out, SPAN("\\-"));
    } else {
        buf_add_byte(out, c);
    }
}

static bool begins_line(const struct buf *out)
{
    return out->n == 0 || out->p[out->n - 1] == '\n';
}

/* The length of what marks bold here; 0: nothing does. */
static size_t mark_bytes(const char *text)
{
    if (text[0] == '`') {
        return 1;
    }
    return text[0] == '*' && text[1] == '*' ? 2 : 0;
}

void roff_text(struct buf *out, const char *text)
{
    bool bold = false;
    while (*text != '\0') {
        size_t mark = mark_bytes(text);
        if (mark != 0) {
            buf_add(out, bold ? SPAN("\\fR") : SPAN("\\fB"));
            bold = !bold;
            text += mark;
        } else if (text[0] == '\n' && text[1] == '\n') {
            buf_add(out, SPAN("\n.PP\n"));
            text += strspn(text, "\n");
        } else {
            if (begins_line(out) && (*text == '.' || *text == '\'')) {
                buf_add(out, SPAN("\\&"));
            }
            add_char(out, *text++);
        }
    }
    if (!begins_line(out)) {
        buf_add_byte(out, '\n');
    }
}

void roff_word(struct buf *out, const char *text)
{
    if (begins_line(out) && (*text == '.' || *text == '\'')) {
        buf_add(out, SPAN("\\&"));
    }
    while (*text != '\0') {
        add_char(out, *text++);
    }
}

void roff_head(struct buf *out, const char *title, int section, const char *name, const char *text)
{
    buf_addf(out, ".TH %s %d \"\" \"asymptote-ingest\" \"asymptote-ingest\"\n.SH NAME\n", title,
             section);
    roff_word(out, name);
    buf_add(out, SPAN(" \\- "));
    roff_word(out, text);
    buf_add_byte(out, '\n');
}
