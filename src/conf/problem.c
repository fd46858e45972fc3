/* SPDX-License-Identifier: Apache-2.0 */
/* Problems, and small functions of all parts of the reader. */
#include "load_priv.h"

#include "base/alloc.h"
#include "base/mask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_PROBLEMS = 1000, GROW_FROM = 8, MAX_PROBLEM_BYTES = 64 * 1024 };

void *conf_alloc(size_t count, size_t size)
{
    return mem_zeros(count, size);
}

void *conf_grow(void *list, size_t count, size_t size)
{
    bool full = count == 0 || (count >= GROW_FROM && (count & (count - 1)) == 0);
    if (!full) {
        return list;
    }
    size_t cap = count < GROW_FROM ? GROW_FROM : count * 2;
    char *grown = realloc(list, cap * size);
    if (grown == NULL) {
        abort();
    }
    memset(grown + count * size, 0, (cap - count) * size);
    return grown;
}

char *conf_copy(struct span text)
{
    char *copy = conf_alloc(text.n + 1, 1);
    if (text.n > 0) {
        memcpy(copy, text.p, text.n);
    }
    return copy;
}

char *conf_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct span folder = slash != NULL ? span_of(path, (size_t)(slash - path) + 1) : SPAN("./");
    struct buf out = BUF_INIT(8192);
    buf_add(&out, folder);
    buf_add(&out, span_str(name));
    char *copy = conf_copy(buf_span(&out));
    buf_done(&out);
    return copy;
}

static const char *hidden_env; /* of conf_hide_env */

void conf_hide_env(const char *name)
{
    hidden_env = name;
}

const char *conf_env(const char *name)
{
    if (hidden_env != NULL && strcmp(name, hidden_env) == 0) {
        return NULL;
    }
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): no thread calls setenv */
    return value != NULL && value[0] != '\0' ? value : NULL;
}

const config_setting_t *conf_at(const config_setting_t *group, const char *key)
{
    const config_setting_t *at = group != NULL && config_setting_is_group(group)
                                     ? config_setting_get_member(group, key)
                                     : NULL;
    return at != NULL ? at : group;
}

void conf_problem_add(struct conf_problems *p, const char *file, int line, bool warning,
                      const char *text)
{
    p->errors += warning ? 0 : 1;
    if (p->count == MAX_PROBLEMS) {
        return;
    }
    struct buf masked = BUF_INIT(MAX_PROBLEM_BYTES);
    mask_add(&masked, span_str(text));
    p->list = conf_grow(p->list, p->count, sizeof(*p->list));
    p->list[p->count++] = (struct conf_problem){conf_copy(span_str(file)), line, warning,
                                                conf_copy(buf_span(&masked))};
    buf_done(&masked);
}

void conf_source_path(const config_setting_t *at, char out[CONF_PATH_BYTES])
{
    const char *file = config_setting_source_file(at);
    const char *folder = config_get_include_dir(at->config);
    out[0] = '\0';
    if (file == NULL) {
        return;
    }
    int n = snprintf(out, CONF_PATH_BYTES, "%s/%s", folder != NULL ? folder : ".", file);
    if (file[0] == '/' || n >= CONF_PATH_BYTES || access(out, F_OK) != 0) {
        (void)snprintf(out, CONF_PATH_BYTES, "%s", file);
    }
}

static void problem_at(struct conf_reader *r, const config_setting_t *at, bool warning,
                       const char *text)
{
    const char *file = at != NULL ? config_setting_source_file(at) : NULL;
    int line = at != NULL ? (int)config_setting_source_line(at) : 0;
    conf_problem_add(r->problems, file != NULL ? file : r->name, line, warning, text);
}

void conf_error(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    problem_at(r, at, false, text);
}

void conf_bad_pattern(struct conf_reader *r, const config_setting_t *at, const char *what,
                      const char *key, const char *text, const char *why)
{
    bool url = strstr(text, "://") != NULL; /* else '?' is one of the pattern */
    size_t n = url ? strcspn(text, "?") : strlen(text);
    struct span mask = text[n] != '\0' ? SPAN("?********") : SPAN("");
    conf_error(r, at, "%s.%s: \"%.*s%.*s\" %s", what, key, (int)n, text, SPAN_FMT(mask), why);
}

void conf_warn(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    problem_at(r, at, true, text);
}

/* Whether x comes after y. */
static bool is_behind(const struct conf_problem *x, const struct conf_problem *y)
{
    int order = strcmp(x->file, y->file);
    return order > 0 || (order == 0 && x->line > y->line);
}

void conf_problems_sort(struct conf_problems *p)
{
    for (size_t i = 1; i < p->count; i++) {
        struct conf_problem one = p->list[i];
        size_t at = i;
        for (; at > 0 && is_behind(&p->list[at - 1], &one); at--) {
            p->list[at] = p->list[at - 1];
        }
        p->list[at] = one;
    }
}

void conf_problems_done(struct conf_problems *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].file);
        free(p->list[i].text);
    }
    free(p->list);
    *p = (struct conf_problems){0};
}
