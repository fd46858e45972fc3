/* SPDX-License-Identifier: Apache-2.0 */
/* The usual mode: the customer's folder and its entry. And the merge of notifications. */
#include "onboard_priv.h"

#include "app/print.h"
#include "onboard/merge.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, OUTPUT_BYTES = 8 << 20 };

static bool plan_folder(const struct onboarding *o, struct plan *p)
{
    char path[ONBOARD_PATH_BYTES];
    struct buf record = BUF_INIT(ONBOARD_FILE_BYTES);
    const char *id = model_get(o->model, MODEL_ID);
    OWNED(render) struct render *r = render_new(o->model, o->conf);
    struct render_file file;
    model_write(o->model, &record);
    (void)snprintf(path, sizeof(path), "%s/%s/customer.json", o->out, id);
    bool ok = plan_add(p, path, buf_span(&record), false);
    while (ok && render_next(r, &file)) {
        (void)snprintf(path, sizeof(path), "%s/%s/%s", o->out, id, file.path);
        ok = plan_add(p, path, file.text, file.script);
    }
    buf_done(&record);
    return ok;
}

/* The entry: ID.conf if the customer is complete, else ID.pending. */
static bool plan_entry(const struct onboarding *o, struct plan *p)
{
    char path[ONBOARD_PATH_BYTES];
    struct buf text = BUF_INIT(ONBOARD_FILE_BYTES);
    const char *id = model_get(o->model, MODEL_ID);
    onboard_entry_path(o, id, ".conf", path);
    if (!onboard_exists(path)) {
        onboard_entry_path(o, id, ".pending", path);
    }
    if (!onboard_exists(path) && conf_customer(o->conf, span_str(id)) != NULL) {
        (void)onboard_fail(
            "customer %s is in %s itself; move its keys to customers.d/%s.conf first", id,
            o->config, id);
        return false;
    }
    size_t n = 0;
    char *before = onboard_exists(path) ? onboard_read_file(path, &n) : NULL;
    render_entry(o->model, before != NULL ? span_of(before, n) : SPAN(""), &text);
    free(before);
    bool ok = plan_add(p, path, buf_span(&text), false);
    buf_done(&text);
    return ok;
}

/* ---- What is printed ---- */

static int print_json(const struct onboarding *o, const struct plan *p, const char *result)
{
    struct buf out = BUF_INIT(OUTPUT_BYTES);
    OWNED(tree) struct json_object *root = json_object_new_object();
    struct json_object *files = json_object_new_array();
    static const enum model_field shown[] = {MODEL_ID, MODEL_EXTERNAL_ID, MODEL_ROLE,
                                             MODEL_QUEUE_ARN};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        (void)json_object_object_add(root, model_rows[shown[i]].name,
                                     json_object_new_string(model_get(o->model, shown[i])));
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct planned *f = &p->files[i];
        struct json_object *one = json_object_new_object();
        const char *change = f->before == NULL ? "new" : plan_changes(f) ? "changed" : "same";
        (void)json_object_object_add(one, "path", json_object_new_string(f->path));
        (void)json_object_object_add(one, "change", json_object_new_string(change));
        (void)json_object_array_add(files, one);
    }
    (void)json_object_object_add(root, "result", json_object_new_string(result));
    (void)json_object_object_add(root, "files", files);
    tree_print(root, &out);
    return print_and_free(&out);
}

static void print_next(const struct onboarding *o, const struct plan *p)
{
    const char *id = model_get(o->model, MODEL_ID);
    const struct planned *entry = &p->files[p->count - 1];
    print_line(stdout, "customer %s: %s and %zu files in %s/%s/", id, entry->path, p->count - 1,
               o->out, id);
    if (strstr(entry->path, ".pending") == NULL) {
        return;
    }
    print_line(stdout, "Next:");
    print_line(stdout,
               "1. in your account run %s/%s/operator/commands.sh (or use its template.json or "
               "main.tf)",
               o->out, id);
    print_line(stdout, "2. send %s/%s/letter.md and the folder customer/ to the customer", o->out,
               id);
    print_line(stdout,
               "3. with the role's ARN: asymptote-ingest onboard -c %s --out %s --complete %s "
               "--role-arn ARN",
               o->config, o->out, id);
}

/* Whether the files that are there may be replaced. */
static bool may_replace(const struct onboarding *o, const struct plan *p)
{
    struct buf text = BUF_INIT(OUTPUT_BYTES);
    char answer[16] = "";
    plan_difference(p, &text);
    if (text.n == 0) {
        return true;
    }
    (void)fputs(text.p, stderr);
    buf_done(&text);
    if (o->yes) {
        return true;
    }
    if (isatty(STDIN_FILENO) != 1) {
        (void)onboard_fail("files that are there would change, see above; nothing was written. "
                           "With --yes they are replaced");
        return false;
    }
    (void)fputs("Replace them? [no] ", stderr);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool changes_any(const struct plan *p)
{
    bool any = false;
    for (size_t i = 0; i < p->count; i++) {
        any = any || plan_changes(&p->files[i]);
    }
    return any;
}

static int carry_out(const struct onboarding *o, const struct plan *p)
{
    const char *result = "unchanged";
    int status = STATUS_OK;
    if (changes_any(p)) {
        bool allowed = may_replace(o, p);
        bool ok = allowed && plan_write(p);
        result = ok ? "written" : allowed ? "failed" : "refused";
        status = ok ? STATUS_OK : STATUS_FAILED;
    }
    if (o->json) {
        int printed = print_json(o, p, result);
        status = status == STATUS_OK ? printed : status;
    } else if (status == STATUS_OK && changes_any(p)) {
        print_next(o, p);
    } else if (status == STATUS_OK) {
        print_line(stdout, "customer %s: nothing changes", model_get(o->model, MODEL_ID));
    }
    return status;
}

/* On standard error, so that --json stays one document. */
static void say_notes(const struct onboarding *o)
{
    struct buf notes = BUF_INIT(OUTPUT_BYTES);
    model_add_notes(o->model, &notes);
    for (struct span rest = buf_span(&notes); rest.n > 0;) {
        struct span line = span_take(&rest, strcspn(rest.p, "\n"));
        rest = span_from(rest, 1);
        print_line(stderr, "asymptote-ingest onboard: warning: %.*s", SPAN_FMT(line));
    }
    buf_done(&notes);
}

int onboard_plan(struct onboarding *o)
{
    struct plan plan = {.count = 0};
    if (!onboard_read_model(o)) {
        return STATUS_FAILED;
    }
    say_notes(o);
    int status =
        plan_folder(o, &plan) && plan_entry(o, &plan) ? carry_out(o, &plan) : STATUS_FAILED;
    plan_done(&plan);
    return status;
}

int onboard_merge(struct onboarding *o)
{
    struct err e = {.kind = FAIL_NONE};
    struct buf out = BUF_INIT(OUTPUT_BYTES);
    size_t n = 0;
    const char *id = o->given[MODEL_ID];
    if (id == NULL) {
        return onboard_fail("--merge-notifications needs --id of the customer");
    }
    char *current = onboard_read_file(o->merge, &n);
    if (current == NULL) {
        return onboard_fail("%s: cannot be read", o->merge);
    }
    int status = STATUS_FAILED;
    if (onboard_read_known(o, id)) {
        OWNED(render) struct render *r = render_new(o->model, o->conf);
        struct span entry = span_str(render_notification_id(r));
        if (merge_notifications(span_of(current, n), render_notification(r), entry, &out, &e) ==
            FAIL_NONE) {
            status = print_and_free(&out);
        } else {
            (void)onboard_fail("%s: %s", o->merge, e.text);
        }
    }
    free(current);
    buf_done(&out);
    return status;
}
