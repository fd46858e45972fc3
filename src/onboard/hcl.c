/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/writers.h"

static const char indentation[] = "  ";

static void indent(struct buf *out, int depth)
{
    for (int i = 0; i < depth; i++) {
        buf_add(out, SPAN(indentation));
    }
}

/* "${" and "%{" begin a template in a quoted text; a doubled first character is itself. */
void hcl_quote(struct buf *out, struct span text)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool opens = (c == '$' || c == '%') && i + 1 < text.n && text.p[i + 1] == '{';
        if (c == '"' || c == '\\') {
            buf_addf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            buf_addf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_add_byte(out, (char)c);
            if (opens) {
                buf_add_byte(out, (char)c);
            }
        }
    }
    buf_add_byte(out, '"');
}

static struct span text_of(struct json_object *string)
{
    return span_of(json_object_get_string(string), (size_t)json_object_get_string_len(string));
}

static void write_value(struct buf *out, struct json_object *v, int depth);

static void write_object(struct buf *out, struct json_object *v, int depth)
{
    struct json_object_iterator at = json_object_iter_begin(v);
    struct json_object_iterator end = json_object_iter_end(v);
    buf_add(out, SPAN("{\n"));
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        indent(out, depth + 1);
        hcl_quote(out, span_str(json_object_iter_peek_name(&at)));
        buf_add(out, SPAN(" = "));
        write_value(out, json_object_iter_peek_value(&at), depth + 1);
        buf_add(out, SPAN("\n"));
    }
    indent(out, depth);
    buf_add(out, SPAN("}"));
}

static void write_list(struct buf *out, struct json_object *v, int depth)
{
    buf_add(out, SPAN("["));
    for (size_t i = 0; i < json_object_array_length(v); i++) {
        buf_add(out, i > 0 ? SPAN(", ") : SPAN(""));
        write_value(out, json_object_array_get_idx(v, i), depth);
    }
    buf_add(out, SPAN("]"));
}

static void write_value(struct buf *out, struct json_object *v, int depth)
{
    struct json_object *inner = NULL;
    if (json_object_is_type(v, json_type_string)) {
        hcl_quote(out, text_of(v));
    } else if (json_object_is_type(v, json_type_array)) {
        write_list(out, v, depth);
    } else if (!json_object_is_type(v, json_type_object)) {
        buf_add(out, span_str(json_object_to_json_string(v)));
    } else if (json_object_object_get_ex(v, "$ref", &inner)) {
        buf_add(out, text_of(inner));
    } else if (json_object_object_get_ex(v, "$json", &inner)) {
        buf_add(out, SPAN("jsonencode("));
        write_value(out, inner, depth);
        buf_add(out, SPAN(")"));
    } else {
        write_object(out, v, depth);
    }
}

static void write_block(struct buf *out, struct json_object *block)
{
    struct json_object *labels = json_object_object_get(block, "block");
    struct json_object *body = json_object_object_get(block, "body");
    buf_add(out, text_of(json_object_array_get_idx(labels, 0)));
    for (size_t i = 1; i < json_object_array_length(labels); i++) {
        buf_add_byte(out, ' ');
        hcl_quote(out, text_of(json_object_array_get_idx(labels, i)));
    }
    buf_add(out, SPAN(" {\n"));
    struct json_object_iterator at = json_object_iter_begin(body);
    struct json_object_iterator end = json_object_iter_end(body);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        buf_addf(out, "%s%s = ", indentation, json_object_iter_peek_name(&at));
        write_value(out, json_object_iter_peek_value(&at), 1);
        buf_add(out, SPAN("\n"));
    }
    buf_add(out, SPAN("}\n"));
}

void hcl_write(struct json_object *blocks, struct buf *out)
{
    for (size_t i = 0; i < json_object_array_length(blocks); i++) {
        buf_add(out, i > 0 ? SPAN("\n") : SPAN(""));
        write_block(out, json_object_array_get_idx(blocks, i));
    }
}
