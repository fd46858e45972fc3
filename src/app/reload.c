/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - reads the configuration again and applies it, and logs the result. */
#include "app/app.h"

#include "base/buf.h"
#include "base/log.h"
#include "conf/load.h"
#include "worker/worker.h"

enum { REASON_BYTES = 2048 };

#define STAYS "the configuration in use stays; "

static const struct conf_problem *first_error(const struct conf_problems *p)
{
    size_t i = 0;
    while (i + 1 < p->count && p->list[i].warning) {
        i++;
    }
    return &p->list[i];
}

static void log_problems(const struct conf_problems *p)
{
    const struct conf_problem *first = first_error(p);
    log_write(LOG_ERROR, "configuration not reloaded", KV_STR("file", first->file),
              KV_KNOWN("line", first->line > 0 ? first->line : -1), KV_STR("error", "config"),
              KV_STR("detail", first->text), KV_INT("errors", p->errors),
              KV_STR("next", STAYS "correct the file and reload again; asymptote-ingest "
                                   "check-config shows all errors"));
}

static void log_refused(const char *path, const struct err *e)
{
    log_write(LOG_ERROR, "configuration not reloaded", KV_STR("file", path), KV_ERR(e),
              KV_STR("next", STAYS "undo the change and reload again, or restart the worker"));
}

static void log_reloaded(const struct worker_changes *c, size_t warnings)
{
    log_write(LOG_INFO, "reloaded", KV_INT("customers_added", c->customers.added),
              KV_INT("customers_removed", c->customers.removed),
              KV_INT("customers_changed", c->customers.changed),
              KV_INT("queues_added", c->queues.added), KV_INT("queues_removed", c->queues.removed),
              KV_INT("queues_changed", c->queues.changed), KV_INT("other_keys_changed", c->keys),
              KV_KNOWN("warnings", warnings != 0 ? (int64_t)warnings : -1));
}

/* The same for the control socket, where `control reload` waits for it. */
static void tell_problems(struct worker *w, const struct conf_problems *p)
{
    const struct conf_problem *first = first_error(p);
    struct buf why = BUF_INIT(REASON_BYTES);
    buf_add(&why, span_str(first->file));
    if (first->line > 0) {
        buf_addf(&why, ":%d", first->line);
    }
    buf_addf(&why, ": %s", first->text);
    if (p->errors > 1) {
        buf_addf(&why, "; and %zu more: asymptote-ingest check-config shows all", p->errors - 1);
    }
    worker_reload_failed(w, why.p);
    buf_done(&why);
}

void app_reload(struct worker *w, const char *path)
{
    struct err e = {.kind = FAIL_NONE};
    struct worker_changes changes;
    struct conf_problems problems = {0};
    OWNED(conf) struct conf *conf = conf_load(path, &problems);
    if (conf == NULL) {
        log_problems(&problems);
        tell_problems(w, &problems);
    } else if (worker_reload(w, conf, &changes, &e) != FAIL_NONE) {
        log_refused(path, &e);
        worker_reload_failed(w, e.text);
    } else {
        log_reloaded(&changes, problems.count - problems.errors);
    }
    conf_problems_done(&problems);
}
