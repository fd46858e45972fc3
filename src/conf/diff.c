/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two values are equal if they are written in the same way. Secrets are masked when written, so
 * properties and texts are compared as they are.
 */
#include "conf/diff.h"

#include "base/alloc.h"
#include "load_priv.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 1024 * 1024 };

static char *write_value(const struct conf_row *row, const void *from)
{
    struct buf out = BUF_INIT(VALUE_BYTES);
    if (!conf_value_absent(row, from)) {
        conf_value_print(&out, row, from);
    }
    char *text = mem_text_of(buf_span(&out));
    buf_done(&out);
    return text;
}

static bool same_properties(char *const *a, char *const *b)
{
    size_t i = 0;
    while (a != NULL && b != NULL && a[i] != NULL && b[i] != NULL && strcmp(a[i], b[i]) == 0) {
        i++;
    }
    return (a == NULL || a[i] == NULL) && (b == NULL || b[i] == NULL);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_value(const struct conf_row *row, const void *a, const void *b, const char *before,
                       const char *after)
{
    if (row->type == CONF_PROPERTIES) {
        return same_properties(*(char **const *)(const void *)((const char *)a + row->offset),
                               *(char **const *)(const void *)((const char *)b + row->offset));
    }
    if (row->type == CONF_TEXT) {
        return same_text(*(char *const *)(const void *)((const char *)a + row->offset),
                         *(char *const *)(const void *)((const char *)b + row->offset));
    }
    return strcmp(before, after) == 0;
}

static struct conf_change *add_change(struct conf_diff *d, enum conf_change_kind kind,
                                      const struct conf_section *section, const char *name)
{
    d->list = mem_grow(d->list, d->count + 1, sizeof(*d->list));
    struct conf_change *c = &d->list[d->count++];
    *c = (struct conf_change){.kind = kind, .section = section, .name = name};
    return c;
}

/* Compare two structs of a section, row by row. */
static void compare_rows(struct conf_diff *d, const struct conf_section *section, const char *name,
                         const void *a, const void *b)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct conf_row *row = &section->rows[i];
        char *before = write_value(row, a);
        char *after = write_value(row, b);
        if (same_value(row, a, b, before, after)) {
            free(before);
            free(after);
            continue;
        }
        struct conf_change *c = add_change(d, CONF_CHANGED, section, name);
        c->row = row;
        c->before = before;
        c->after = after;
        d->fixed_count += row->fixed;
    }
}

/* A list of queues or customers, sorted by name. */
struct entries {
    const void **list;
    size_t count;
};

/* Name and id are the first members of their structs. */
static const char *name_of(const void *entry)
{
    return *(char *const *)entry;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(name_of(*(const void *const *)x), name_of(*(const void *const *)y));
}

static struct entries sort_entries(const void *list, size_t count, size_t size)
{
    struct entries e = {.list = mem_zeros(count, sizeof(const void *)), .count = count};
    for (size_t i = 0; i < count; i++) {
        e.list[i] = (const char *)list + i * size;
    }
    if (count != 0) {
        qsort(e.list, count, sizeof(const void *), by_name);
    }
    return e;
}

static const void *find_entry(const struct entries *e, const void *like)
{
    const void **found =
        e->count != 0 ? bsearch(&like, e->list, e->count, sizeof(const void *), by_name) : NULL;
    return found != NULL ? *found : NULL;
}

/* Add the entries that only one list has. */
static void compare_presence(struct conf_diff *d, enum conf_change_kind kind,
                             const struct conf_section *section, const struct entries *in,
                             const struct entries *not_in)
{
    for (size_t i = 0; i < in->count; i++) {
        if (find_entry(not_in, in->list[i]) == NULL) {
            (void)add_change(d, kind, section, name_of(in->list[i]));
        }
    }
}

static void compare_entries(struct conf_diff *d, const struct conf_section *section,
                            const struct entries *before, const struct entries *after)
{
    compare_presence(d, CONF_REMOVED, section, before, after);
    compare_presence(d, CONF_ADDED, section, after, before);
    for (size_t i = 0; i < after->count; i++) {
        const void *was = find_entry(before, after->list[i]);
        if (was != NULL) {
            compare_rows(d, section, name_of(after->list[i]), was, after->list[i]);
        }
    }
    free(before->list);
    free(after->list);
}

_Static_assert(offsetof(struct queue_conf, name) == 0, "name_of");
_Static_assert(offsetof(struct customer_conf, id) == 0, "name_of");

struct conf_diff *conf_diff(const struct conf *before, const struct conf *after)
{
    struct conf_diff *d = mem_zeros(1, sizeof(*d));
    for (int i = 0; i < CONF_SECTIONS; i++) {
        if (!conf_sections[i]->list) {
            compare_rows(d, conf_sections[i], NULL, before, after);
        }
    }
    struct entries was =
        sort_entries(before->queues, before->queue_count, sizeof(struct queue_conf));
    struct entries is = sort_entries(after->queues, after->queue_count, sizeof(struct queue_conf));
    compare_entries(d, conf_sections[SECTION_QUEUES], &was, &is);
    was = sort_entries(before->customers, before->customer_count, sizeof(struct customer_conf));
    is = sort_entries(after->customers, after->customer_count, sizeof(struct customer_conf));
    compare_entries(d, conf_sections[SECTION_CUSTOMERS], &was, &is);
    return d;
}

void conf_diff_free(struct conf_diff *d)
{
    if (d == NULL) {
        return;
    }
    for (size_t i = 0; i < d->count; i++) {
        free(d->list[i].before);
        free(d->list[i].after);
    }
    free(d->list);
    free(d);
}
