/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include "app/print.h"

void app_print_problems(const struct conf_problems *p, bool only_errors)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct conf_problem *one = &p->list[i];
        const char *kind = one->warning ? "warning" : "error";
        if (one->warning && only_errors) {
            continue;
        }
        if (one->line > 0) {
            print_line(stderr, "%s:%d: %s: %s", one->file, one->line, kind, one->text);
        } else {
            print_line(stderr, "%s: %s: %s", one->file, kind, one->text);
        }
    }
}

struct conf *app_load_conf(const char *path)
{
    struct conf_problems problems = {0};
    struct conf *c = conf_load(path, &problems);
    app_print_problems(&problems, false);
    conf_problems_done(&problems);
    return c;
}
