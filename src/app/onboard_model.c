/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a customer's values come from; later ones replace earlier ones: customer.json of the last
 * run, the entry in customers.d/, --file, the options, answers. The entry comes after the file of
 * the last run, since it is what the worker reads, and operators change it.
 */
#include "onboard_priv.h"

#include "base/alloc.h"
#include "base/visible.h"
#include "codec/endpoint.h"
#include "codec/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, PROBLEM_BYTES = 16 * 1024 };

/* ---- Files and the entry ---- */

static bool read_customer_file(struct onboarding *o, const char *path)
{
    struct err e = {.kind = FAIL_NONE};
    size_t n = 0;
    char *text = onboard_read_file(path, &n);
    if (text == NULL) {
        (void)onboard_fail("%s: cannot be read", path);
        return false;
    }
    bool ok = model_read(o->model, span_of(text, n), &e) == FAIL_NONE;
    free(text);
    if (!ok) {
        (void)onboard_fail("%s: %s", path, e.text);
    }
    return ok;
}

static void set_text(struct onboarding *o, enum model_field f, const char *text)
{
    model_set(o->model, f, span_str(text));
}

static void take_entry(struct onboarding *o, const struct customer_conf *c)
{
    static const char *const ways[] = {
        [NOTIFICATION_S3] = "s3",
        [NOTIFICATION_SNS] = "sns",
        [NOTIFICATION_EVENTBRIDGE] = "eventbridge",
    };
    set_text(o, MODEL_ID, c->id);
    set_text(o, MODEL_ACCOUNT, c->account_id);
    set_text(o, MODEL_BUCKET, c->bucket);
    set_text(o, MODEL_PREFIX, c->prefix);
    set_text(o, MODEL_REGION, c->region);
    set_text(o, MODEL_KMS_KEY, c->kms_key_arn);
    set_text(o, MODEL_VERSIONED, c->versioned ? "true" : "false");
    set_text(o, MODEL_VIA, ways[c->via]);
    set_text(o, MODEL_ACCESS_POINT, c->access_point);
    set_text(o, MODEL_QUEUE, c->queue_name);
    set_text(o, MODEL_EXTERNAL_ID, c->external_id);
    set_text(o, MODEL_ROLE, c->role_arn);
}

/* The files of the last run, if there was one. False: they cannot be read. */
static bool take_known(struct onboarding *o, const char *id)
{
    char path[ONBOARD_PATH_BYTES];
    const struct customer_conf *c = conf_customer(o->conf, span_str(id));
    (void)snprintf(path, sizeof(path), "%s/%s/customer.json", o->out, id);
    if (onboard_exists(path) && !read_customer_file(o, path)) {
        return false;
    }
    if (c != NULL) {
        take_entry(o, c);
    }
    return true;
}

/* ---- Questions ---- */

/* Read a line from standard input. False: its end. */
static bool read_answer(char answer[ANSWER_BYTES])
{
    if (fgets(answer, ANSWER_BYTES, stdin) == NULL) {
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    return true;
}

/* Why the answer is refused, as the whole model does it; the prefix may also be a URL. */
static const char *refuse_answer(const struct onboarding *o, enum model_field f, const char *answer)
{
    const struct model_row *row = &model_rows[f];
    if (answer[0] == '\0') {
        return row->required ? "is needed" : NULL;
    }
    OWNED(model) struct model *trial = model_new();
    model_set(trial, MODEL_BUCKET, span_str(model_get(o->model, MODEL_BUCKET)));
    model_set(trial, f, span_str(answer));
    model_finish(trial);
    return row->refuse(model_get(trial, f));
}

static bool ask_one(struct onboarding *o, enum model_field f)
{
    const struct model_row *row = &model_rows[f];
    char answer[ANSWER_BYTES];
    for (;;) {
        const char *known = model_get(o->model, f);
        const char *standard =
            known[0] != '\0' ? known : (row->standard != NULL ? row->standard : "");
        (void)fprintf(stderr, "%s\n  %s%s%s%s [%s]: ", row->question, row->reason,
                      " For example: ", row->example, ".", standard);
        if (!read_answer(answer)) {
            (void)fprintf(stderr, "\n");
            return false;
        }
        const char *value = answer[0] != '\0' ? answer : standard;
        const char *why = refuse_answer(o, f, value);
        if (why == NULL) {
            set_text(o, f, value);
            return true;
        }
        (void)fprintf(stderr, "  %s\n", why);
    }
}

static void set_standards(struct onboarding *o);

static bool ask_all(struct onboarding *o)
{
    for (int f = 0; f < MODEL_FIELDS; f++) {
        set_standards(o);
        if (model_rows[f].question != NULL && o->given[f] == NULL &&
            !ask_one(o, (enum model_field)f)) {
            (void)onboard_fail("the answers end too early; nothing was written");
            return false;
        }
    }
    return true;
}

static bool misses_something(const struct onboarding *o)
{
    for (int f = 0; f < MODEL_FIELDS; f++) {
        const struct model_row *row = &model_rows[f];
        if (row->question != NULL && row->required && !model_has(o->model, (enum model_field)f)) {
            return true;
        }
    }
    return false;
}

/* Each value that is missing, with its option. */
static bool say_missing(const struct onboarding *o)
{
    for (int f = 0; f < MODEL_FIELDS; f++) {
        const struct model_row *row = &model_rows[f];
        if (row->question != NULL && row->required && !model_has(o->model, (enum model_field)f)) {
            (void)onboard_fail("%s: is missing. %s For example: %s", row->name, row->reason,
                               row->example);
        }
    }
    (void)onboard_fail("give them as options (--help), in --file, or run it on a terminal");
    return false;
}

/* ---- The queue ---- */

static const struct queue_conf *queue_of(const struct onboarding *o, const char *name)
{
    for (size_t i = 0; i < o->conf->queue_count; i++) {
        if (strcmp(o->conf->queues[i].name, name) == 0) {
            return &o->conf->queues[i];
        }
    }
    return NULL;
}

/* The region of the configuration; a queue with the customer's id as its name, else the only one.
 */
static void set_standards(struct onboarding *o)
{
    const char *id = model_get(o->model, MODEL_ID);
    if (!model_has(o->model, MODEL_REGION)) {
        set_text(o, MODEL_REGION, o->conf->aws.region);
    }
    if (model_has(o->model, MODEL_QUEUE)) {
        return;
    }
    if (queue_of(o, id) != NULL) {
        set_text(o, MODEL_QUEUE, id);
    } else if (o->conf->queue_count == 1) {
        set_text(o, MODEL_QUEUE, o->conf->queues[0].name);
    }
}

static bool say_no_queue(const struct onboarding *o)
{
    const char *worker = model_get(o->model, MODEL_WORKER_ROLE);
    const char *colon = strstr(worker, "::");
    struct span account = span_str(colon != NULL ? colon + 2 : "ACCOUNT");
    account.n = strcspn(account.p, ":");
    (void)onboard_fail("queue: no queue of %s is named \"%s\"; add to its queues, for example:\n"
                       "    { name = \"%s\"; url = "
                       "\"https://sqs.%s.amazonaws.com/%.*s/asymptote-ingest-%s\"; }",
                       o->config, model_get(o->model, MODEL_QUEUE), model_get(o->model, MODEL_ID),
                       model_get(o->model, MODEL_REGION), SPAN_FMT(account),
                       model_get(o->model, MODEL_ID));
    return false;
}

/* URL and ARN of the queue: the URL's path is /ACCOUNT/NAME. */
static bool take_queue(struct onboarding *o)
{
    const struct queue_conf *q = queue_of(o, model_get(o->model, MODEL_QUEUE));
    struct buf arn = BUF_INIT(ONBOARD_PATH_BYTES);
    struct url u;
    if (q == NULL) {
        return say_no_queue(o);
    }
    if (!url_split(span_str(q->url), &u) || u.path.n < 2 || q->region == NULL) {
        (void)onboard_fail("queue %s: its URL has no account and name", q->name);
        return false;
    }
    struct span path = span_from(u.path, 1);
    struct span account = span_take(&path, strcspn(path.p, "/"));
    struct span name = span_from(path, path.n > 0 ? 1 : 0);
    name.n -= name.n > 0 && name.p[name.n - 1] == '/' ? 1 : 0;
    buf_addf(&arn, "arn:%s:sqs:%s:%.*s:%.*s", partition_of(span_str(q->region))->name, q->region,
             SPAN_FMT(account), SPAN_FMT(name));
    set_text(o, MODEL_QUEUE_URL, q->url);
    model_set(o->model, MODEL_QUEUE_ARN, buf_span(&arn));
    buf_done(&arn);
    return true;
}

/* ---- Other customers ---- */

static bool contains(const char *outer, const char *inner)
{
    size_t n = strlen(outer);
    return strncmp(outer, inner, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
}

static bool check_other(const struct onboarding *o, const struct customer_conf *other)
{
    const char *prefix = model_get(o->model, MODEL_PREFIX);
    if (strcmp(other->bucket, model_get(o->model, MODEL_BUCKET)) == 0 &&
        (contains(other->prefix, prefix) || contains(prefix, other->prefix))) {
        (void)onboard_fail(
            "prefix: %s overlaps \"%s\" of customer %s in the same bucket of account "
            "%s; an object belongs to one customer",
            prefix, other->prefix, other->id, other->account_id);
        return false;
    }
    if (other->external_id != NULL &&
        strcmp(other->external_id, model_get(o->model, MODEL_EXTERNAL_ID)) == 0) {
        (void)onboard_fail(
            "external_id: is that of customer %s too; leave it out, and a random one "
            "is made",
            other->id);
        return false;
    }
    return true;
}

/* The external id belongs to the account for which it was made. */
static bool check_account(const struct onboarding *o)
{
    const struct customer_conf *c = conf_customer(o->conf, span_str(model_get(o->model, MODEL_ID)));
    if (c == NULL || strcmp(c->account_id, model_get(o->model, MODEL_ACCOUNT)) == 0) {
        return true;
    }
    char pending[ONBOARD_PATH_BYTES];
    onboard_entry_path(o, c->id, ".pending", pending);
    (void)onboard_fail(
        "account_id: customer %s is of account %s, to which its external id belongs; "
        "choose another id",
        c->id, c->account_id);
    if (onboard_exists(pending)) {
        (void)onboard_fail("or, if the account was wrong and no file was sent yet, remove %s and "
                           "%s/%s/, and begin again: the customer then gets another external id",
                           pending, o->out, c->id);
    }
    return false;
}

static bool check_others(const struct onboarding *o)
{
    size_t n = render_queue_customers(o->model, o->conf);
    const char *id = model_get(o->model, MODEL_ID);
    for (size_t i = 0; i < o->conf->customer_count; i++) {
        const struct customer_conf *c = &o->conf->customers[i];
        if (strcmp(c->id, id) != 0 && !check_other(o, c)) {
            return false;
        }
    }
    if (n > 1 && strcmp(model_get(o->model, MODEL_VIA), "s3") != 0) {
        (void)onboard_fail("via: through SNS or EventBridge only with a queue of its own; queue %s "
                           "has %zu other customers",
                           model_get(o->model, MODEL_QUEUE), n - 1);
        return false;
    }
    if (n > QUEUE_POLICY_STATEMENTS) {
        (void)onboard_fail("queue: %s would have %zu customers, but a queue's policy has at most "
                           "%d statements; use another queue",
                           model_get(o->model, MODEL_QUEUE), n, QUEUE_POLICY_STATEMENTS);
        return false;
    }
    return true;
}

/* ---- All of it ---- */

static bool check_model(struct onboarding *o)
{
    struct buf problems = BUF_INIT(PROBLEM_BYTES);
    bool ok = model_check(o->model, &problems);
    for (struct span rest = buf_span(&problems); rest.n > 0;) {
        struct span line = span_take(&rest, strcspn(rest.p, "\n"));
        rest = span_from(rest, rest.n > 0 ? 1 : 0);
        (void)onboard_fail("%.*s", SPAN_FMT(line));
    }
    buf_done(&problems);
    return ok;
}

static bool finish(struct onboarding *o)
{
    if (!model_has(o->model, MODEL_EXTERNAL_ID)) {
        model_new_external_id(o->model);
    }
    set_standards(o);
    model_finish(o->model);
    return check_account(o) && take_queue(o) && check_model(o) && check_others(o);
}

static void take_options(struct onboarding *o)
{
    for (int f = 0; f < MODEL_FIELDS; f++) {
        if (o->given[f] != NULL) {
            set_text(o, (enum model_field)f, o->given[f]);
        }
    }
    model_finish_place(o->model); /* s3://BUCKET/PATH names the bucket too */
}

bool onboard_read_model(struct onboarding *o)
{
    if (o->file != NULL && !read_customer_file(o, o->file)) {
        return false;
    }
    take_options(o);
    char *id = mem_text(model_get(o->model, MODEL_ID));
    bool ok = id[0] == '\0' || model_rows[MODEL_ID].refuse(id) != NULL || take_known(o, id);
    free(id);
    if (!ok || (o->file != NULL && !read_customer_file(o, o->file))) {
        return false;
    }
    take_options(o);
    set_standards(o);
    if (misses_something(o)) {
        if (isatty(STDIN_FILENO) != 1) {
            return say_missing(o);
        }
        if (!ask_all(o)) {
            return false;
        }
    }
    return finish(o);
}

bool onboard_read_known(struct onboarding *o, const char *id)
{
    if (model_rows[MODEL_ID].refuse(id) != NULL || conf_customer(o->conf, span_str(id)) == NULL) {
        (void)onboard_fail("%s: is not a customer of %s and its customers.d/", id, o->config);
        return false;
    }
    if (!take_known(o, id)) {
        return false;
    }
    take_options(o);
    return finish(o);
}
