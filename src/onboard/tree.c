/* SPDX-License-Identifier: Apache-2.0 */
/* Filling makes a new document: the skeleton's values are copied, each string through fill_string.
 */
#include "onboard/tree.h"

#include "base/base.h"

#include <stdlib.h>

enum { TEXT_BYTES = 1 << 20 };

static const char condition_name[] = "$if";
static const char arn_start[] = "arn:aws:";

static const struct tree_value *value_of(struct span name, const struct tree_value *values)
{
    for (const struct tree_value *v = values; v->name != NULL; v++) {
        if (span_eq(span_str(v->name), name)) {
            return v;
        }
    }
    abort(); /* a skeleton names what its caller does not give */
}

bool tree_holds(struct span condition, const struct tree_value *values)
{
    bool negated = span_starts(condition, SPAN("!"));
    const struct tree_value *v = value_of(span_from(condition, negated ? 1 : 0), values);
    bool set = v->tree != NULL || (v->text != NULL && v->text[0] != '\0');
    return set != negated;
}

/* Take a "${NAME}" from the beginning of *text. False: it does not begin with one. */
static bool take_name(struct span *text, struct span *name)
{
    const char *end = span_starts(*text, SPAN("${")) ? memchr(text->p, '}', text->n) : NULL;
    if (end == NULL) {
        return false;
    }
    *name = span_of(text->p + 2, (size_t)(end - text->p) - 2);
    (void)span_take(text, (size_t)(end - text->p) + 1);
    return true;
}

void tree_fill_text(struct buf *out, struct span text, const struct tree_value *values,
                    void (*add)(struct buf *out, struct span value))
{
    while (text.n > 0) {
        struct span name;
        if (take_name(&text, &name)) {
            add(out, span_str(value_of(name, values)->text));
        } else {
            buf_add(out, span_take(&text, 1));
        }
    }
}

/* Append the skeleton's own text with the partition in its ARNs. */
static void add_literal(struct buf *out, struct span text, const char *partition)
{
    while (text.n > 0) {
        if (span_starts(text, SPAN(arn_start))) {
            buf_addf(out, "arn:%s:", partition);
            text = span_from(text, sizeof(arn_start) - 1);
        } else {
            buf_add(out, span_take(&text, 1));
        }
    }
}

struct filling {
    const struct tree_value *values;
    const char *partition;
};

static struct json_object *fill_string(const struct filling *f, struct span text)
{
    struct span rest = text;
    struct span name;
    if (take_name(&rest, &name) && rest.n == 0 && value_of(name, f->values)->tree != NULL) {
        return json_object_get(value_of(name, f->values)->tree);
    }
    struct buf literal = BUF_INIT(TEXT_BYTES);
    struct buf out = BUF_INIT(TEXT_BYTES);
    add_literal(&literal, text, f->partition);
    tree_fill_text(&out, buf_span(&literal), f->values, buf_add);
    struct json_object *s = json_object_new_string_len(out.n > 0 ? out.p : "", (int)out.n);
    buf_done(&literal);
    buf_done(&out);
    return s;
}

static struct json_object *fill(const struct filling *f, struct json_object *from);

/* Whether the object is left out. */
static bool is_dropped(const struct filling *f, struct json_object *from)
{
    struct json_object *condition = NULL;
    if (!json_object_is_type(from, json_type_object) ||
        !json_object_object_get_ex(from, condition_name, &condition)) {
        return false;
    }
    return !tree_holds(span_str(json_object_get_string(condition)), f->values);
}

static struct json_object *fill_object(const struct filling *f, struct json_object *from)
{
    struct json_object *to = json_object_new_object();
    struct json_object_iterator at = json_object_iter_begin(from);
    struct json_object_iterator end = json_object_iter_end(from);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        if (strcmp(name, condition_name) != 0 && !is_dropped(f, value)) {
            (void)json_object_object_add(to, name, fill(f, value));
        }
    }
    return to;
}

static void add_elements(struct json_object *to, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        (void)json_object_array_add(to, json_object_get(json_object_array_get_idx(list, i)));
    }
}

static struct json_object *fill_list(const struct filling *f, struct json_object *from)
{
    struct json_object *to = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(from); i++) {
        struct json_object *value = json_object_array_get_idx(from, i);
        if (is_dropped(f, value)) {
            continue;
        }
        struct json_object *filled = fill(f, value);
        if (json_object_is_type(value, json_type_string) &&
            json_object_is_type(filled, json_type_array)) {
            add_elements(to, filled);
            (void)json_object_put(filled);
        } else {
            (void)json_object_array_add(to, filled);
        }
    }
    return to;
}

static struct json_object *fill(const struct filling *f, struct json_object *from)
{
    if (json_object_is_type(from, json_type_object)) {
        return fill_object(f, from);
    }
    if (json_object_is_type(from, json_type_array)) {
        return fill_list(f, from);
    }
    if (json_object_is_type(from, json_type_string)) {
        return fill_string(
            f, span_of(json_object_get_string(from), (size_t)json_object_get_string_len(from)));
    }
    return json_object_get(from); /* numbers and booleans are not changed */
}

struct json_object *tree_fill(const char *skeleton, const struct tree_value *values,
                              const char *partition)
{
    struct filling f = {values, partition};
    OWNED(tree) struct json_object *from = json_tokener_parse(skeleton);
    if (from == NULL) {
        abort();
    }
    return fill(&f, from);
}

static void print(struct json_object *t, int flags, struct buf *out)
{
    buf_add(out,
            span_str(json_object_to_json_string_ext(t, flags | JSON_C_TO_STRING_NOSLASHESCAPE)));
}

void tree_print(struct json_object *t, struct buf *out)
{
    print(t, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, out);
    buf_add(out, SPAN("\n"));
}

void tree_print_compact(struct json_object *t, struct buf *out)
{
    print(t, JSON_C_TO_STRING_PLAIN, out);
}
