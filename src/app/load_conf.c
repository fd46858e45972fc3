/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include <stdio.h>

static void print_problems(const struct conf_problems *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct conf_problem *one = &p->list[i];
        if (one->line > 0) {
            (void)fprintf(stderr, "%s:%d: ", one->file, one->line);
        } else {
            (void)fprintf(stderr, "%s: ", one->file);
        }
        (void)fprintf(stderr, "%s: %s\n", one->warning ? "warning" : "error", one->text);
    }
}

struct conf *app_load_conf(const char *path, bool sum_up)
{
    struct conf_problems problems = {0};
    struct conf *c = conf_load(path, &problems);
    print_problems(&problems);
    if (sum_up) {
        (void)fprintf(stderr, "%s: %zu errors, %zu warnings\n", path, problems.errors,
                      problems.count - problems.errors);
    }
    conf_problems_done(&problems);
    return c;
}
