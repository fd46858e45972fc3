/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template is parsed once, so that expanding it for a record does not search for braces.
 */
#include "codec/template.h"

#include "base/alloc.h"

#include <stdlib.h>

static int name_find(struct span name, const struct span *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(name, names[i])) {
            return (int)i;
        }
    }
    return TEMPLATE_LITERAL;
}

/* Number of bytes before the first brace. */
static size_t literal_bytes(struct span s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '{' && s.p[n] != '}') {
        n++;
    }
    return n;
}

/* Remove "{name}" from the beginning of *rest. */
static enum err_kind placeholder_take(struct span *rest, const struct span *names, size_t count,
                                      struct template_part *part, struct err *e)
{
    const char *end = memchr(rest->p, '}', rest->n);
    if (rest->p[0] == '}' || end == NULL) {
        return err_set(e, FAIL_CONFIG, "has a lone '%c'", rest->p[0]);
    }
    struct span name = span_of(rest->p + 1, (size_t)(end - rest->p) - 1);
    *part = (struct template_part){.name = name_find(name, names, count)};
    if (part->name == TEMPLATE_LITERAL) {
        return err_set(e, FAIL_CONFIG, "has an unknown placeholder {%.*s}",
                       name.n < 64 ? (int)name.n : 64, name.p);
    }
    *rest = span_from(*rest, name.n + 2);
    return FAIL_NONE;
}

static enum err_kind parts_read(struct template *t, struct span rest, const struct span *names,
                                size_t count, struct err *e)
{
    while (rest.n > 0) {
        struct template_part *part = &t->parts[t->count];
        size_t n = literal_bytes(rest);
        if (n > 0) {
            *part = (struct template_part){TEMPLATE_LITERAL, span_take(&rest, n)};
        } else if (placeholder_take(&rest, names, count, part, e) != FAIL_NONE) {
            return e != NULL ? e->kind : FAIL_CONFIG;
        }
        t->count++;
    }
    return FAIL_NONE;
}

struct template *template_new(struct span text, const struct span *names, size_t count,
                              struct err *e)
{
    if (text.n == 0 || text.n > TEMPLATE_MAX_BYTES) {
        (void)err_set(e, FAIL_CONFIG, text.n == 0 ? "is empty" : "is longer than 1,024 bytes");
        return NULL;
    }
    OWNED(template) struct template *t = mem_zeros(1, sizeof(*t));
    t->text = mem_alloc(text.n);
    t->parts = mem_zeros(text.n, sizeof(*t->parts));
    memcpy(t->text, text.p, text.n);
    if (parts_read(t, span_of(t->text, text.n), names, count, e) != FAIL_NONE) {
        return NULL;
    }
    return take(&t);
}

void template_free(struct template *t)
{
    if (t != NULL) {
        free(t->text);
        free(t->parts);
        free(t);
    }
}

bool template_uses(const struct template *t, int name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].name == name) {
            return true;
        }
    }
    return false;
}

void template_expand(const struct template *t, const struct span *values, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        int name = t->parts[i].name;
        buf_add(out, name == TEMPLATE_LITERAL ? t->parts[i].literal : values[name]);
    }
}
