/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the effective values in the syntax of the file, which can be read again. */
#include "load_priv.h"

#include "base/mask.h"
#include "base/visible.h"
#include "conf/value.h"

#include <inttypes.h>

enum { MAX_TEXT_BYTES = 1024 * 1024 };

/*
 * Append a text in libconfig's quotes. The bytes of a control character, and those that are no
 * UTF-8, are escaped.
 */
static void print_span(struct buf *out, struct span text)
{
    buf_add_byte(out, '"');
    while (text.n > 0) {
        uint32_t c = 0;
        size_t n = visible_step(text, &c);
        struct span one = span_take(&text, n > 0 ? n : 1);
        if (c == '"' || c == '\\') {
            buf_addf(out, "\\%c", (char)c);
        } else if (n > 0 && !visible_is_control(c)) {
            buf_add(out, one);
        } else {
            for (size_t i = 0; i < one.n; i++) {
                buf_addf(out, "\\x%02x", (unsigned char)one.p[i]);
            }
        }
    }
    buf_add_byte(out, '"');
}

void conf_quote(struct buf *out, const char *text)
{
    print_span(out, span_str(text));
}

/* As print_span, with the user information of URLs masked. */
static void print_text(struct buf *out, const char *text)
{
    struct buf masked = BUF_INIT(MAX_TEXT_BYTES);
    mask_add(&masked, span_str(text));
    print_span(out, buf_span(&masked));
    buf_done(&masked);
}

static int64_t integer_of(const struct conf_row *row, const void *member)
{
    if (row->width == sizeof(bool)) {
        return *(const bool *)member;
    }
    return row->width == sizeof(int32_t) ? *(const int32_t *)member : *(const int64_t *)member;
}

static void print_properties(struct buf *out, char *const *list)
{
    buf_add(out, SPAN("("));
    for (; list != NULL && *list != NULL; list++) {
        struct span name = span_of(*list, strcspn(*list, "="));
        buf_add(out, SPAN("\n    "));
        if (conf_property_is_secret(name)) {
            struct buf masked = BUF_INIT(MAX_TEXT_BYTES);
            buf_add(&masked, name);
            buf_add_byte(&masked, '=');
            buf_add(&masked, MASK);
            print_span(out, buf_span(&masked));
            buf_done(&masked);
        } else {
            print_text(out, *list);
        }
        buf_add(out, list[1] != NULL ? SPAN(",") : SPAN("\n  "));
    }
    buf_add(out, SPAN(")"));
}

/* At least one. */
static void print_texts(struct buf *out, char *const *list)
{
    for (char *const *p = list; *p != NULL; p++) {
        buf_add(out, p == list ? SPAN("[ ") : SPAN(", "));
        print_text(out, *p);
    }
    buf_add(out, SPAN(" ]"));
}

static void print_mapping(struct buf *out, const struct customer_conf *c)
{
    buf_add(out, SPAN("("));
    for (size_t i = 0; i < c->mapping_count; i++) {
        const struct mapping_conf *m = &c->mapping[i];
        buf_add(out, i == 0 ? SPAN("\n    { field = ") : SPAN(",\n    { field = "));
        print_text(out, m->field);
        if (m->value != NULL) {
            buf_add(out, SPAN("; value = "));
            print_text(out, m->value);
        }
        if (m->from != NULL) {
            buf_add(out, SPAN("; from = "));
            print_texts(out, m->from);
        }
        buf_add(out, SPAN("; }"));
    }
    buf_add(out, SPAN(" )"));
}

static void print_actions(struct buf *out, const struct customer_conf *c)
{
    buf_add(out, SPAN("("));
    for (size_t i = 0; i < c->action_count; i++) {
        buf_add(out, i == 0 ? SPAN("\n    { word = ") : SPAN(",\n    { word = "));
        print_text(out, c->actions[i].word);
        buf_add(out, SPAN("; action = "));
        print_text(out, c->actions[i].action);
        buf_add(out, SPAN("; }"));
    }
    buf_add(out, SPAN(" )"));
}

bool conf_value_absent(const struct conf_row *row, const void *from)
{
    const void *member = (const char *)from + row->offset;
    switch (row->type) {
    case CONF_TEXT:
        return *(char *const *)member == NULL;
    case CONF_TEXTS:
        return *(char **const *)member == NULL;
    case CONF_SIZE:
    case CONF_TIME:
    case CONF_COUNT:
        return row->standard == NULL && integer_of(row, member) == 0;
    case CONF_SHARE:
        return *(const double *)member == 0;
    case CONF_BOOL:
    case CONF_WORD:
    case CONF_PROPERTIES:
    case CONF_MAPPING:
    case CONF_ACTIONS:
        break;
    }
    return false;
}

void conf_value_print(struct buf *out, const struct conf_row *row, const void *from)
{
    const void *member = (const char *)from + row->offset;
    switch (row->type) {
    case CONF_TEXT:
        print_text(out, *(char *const *)member);
        break;
    case CONF_SIZE:
        buf_add_byte(out, '"');
        conf_size_write(out, integer_of(row, member));
        buf_add_byte(out, '"');
        break;
    case CONF_TIME:
        buf_add_byte(out, '"');
        conf_time_write(out, integer_of(row, member) * row->unit_ms);
        buf_add_byte(out, '"');
        break;
    case CONF_COUNT:
        buf_addf(out, "%" PRId64, integer_of(row, member));
        break;
    case CONF_SHARE:
        buf_addf(out, "%#.6g", *(const double *)member);
        break;
    case CONF_BOOL:
        buf_add(out, *(const bool *)member ? SPAN("true") : SPAN("false"));
        break;
    case CONF_WORD:
        print_text(out, row->words[integer_of(row, member)]);
        break;
    case CONF_TEXTS:
        print_texts(out, *(char **const *)member);
        break;
    case CONF_PROPERTIES:
        print_properties(out, *(char **const *)member);
        break;
    case CONF_MAPPING:
        print_mapping(out, from);
        break;
    case CONF_ACTIONS:
        print_actions(out, from);
        break;
    }
}

static void print_rows(struct buf *out, const struct conf_section *s, const void *from)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct conf_row *row = &s->rows[i];
        if (conf_value_absent(row, from)) {
            buf_addf(out, "  # %s: %s\n", row->name, row->derived != NULL ? row->derived : "none");
        } else {
            buf_addf(out, "  %s = ", row->name);
            conf_value_print(out, row, from);
            buf_add(out, SPAN(";\n"));
        }
    }
}

static void print_list(struct buf *out, const struct conf_section *s, const void *list,
                       size_t count, size_t size)
{
    buf_addf(out, "%s = (", s->name);
    for (size_t i = 0; i < count; i++) {
        buf_add(out, i == 0 ? SPAN("{\n") : SPAN(", {\n"));
        print_rows(out, s, (const char *)list + i * size);
        buf_add(out, SPAN("}"));
    }
    buf_add(out, SPAN(");\n"));
}

void conf_print(const struct conf *c, struct buf *out)
{
    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *s = conf_sections[i];
        if (!s->list) {
            buf_addf(out, "%s = {\n", s->name);
            print_rows(out, s, c);
            buf_add(out, SPAN("};\n"));
        }
    }
    print_list(out, conf_sections[SECTION_QUEUES], c->queues, c->queue_count, sizeof(*c->queues));
    print_list(out, conf_sections[SECTION_CUSTOMERS], c->customers, c->customer_count,
               sizeof(*c->customers));
}
