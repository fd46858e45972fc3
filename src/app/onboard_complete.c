/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard --complete: the role is there. It must be possible to assume it with the external id, and
 * impossible without it and with another one; then the entry becomes ID.conf, which the worker
 * reads, and all checks of `verify` are made. A role that was just created is not known everywhere
 * for some seconds, and a denial looks the same, so it is repeated for a time.
 */
#include "onboard_priv.h"

#include "app/app.h"
#include "app/print.h"
#include "app/verify_run.h"
#include "codec/endpoint.h"
#include "conf/refuse.h"
#include "net/http.h"
#include "net/sts.h"
#include "onboard/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, WAIT_S = 60, PAUSE_S = 2 };

/* ---- The ARN ---- */

static bool take_outputs(struct onboarding *o, struct outputs *outputs)
{
    struct err e = {.kind = FAIL_NONE};
    size_t n = 0;
    char *text = onboard_read_file(o->outputs, &n);
    if (text == NULL) {
        (void)onboard_fail("%s: cannot be read", o->outputs);
        return false;
    }
    bool ok = outputs_read(span_of(text, n), outputs, &e) == FAIL_NONE;
    free(text);
    if (!ok) {
        (void)onboard_fail("%s: %s", o->outputs, e.text);
    }
    return ok;
}

static bool check_external_id(const struct onboarding *o, const struct outputs *outputs)
{
    const struct customer_conf *c = conf_customer(o->conf, span_str(o->complete));
    if (outputs->external_id[0] == '\0' || c == NULL || c->external_id == NULL ||
        strcmp(outputs->external_id, c->external_id) == 0) {
        return true;
    }
    (void)onboard_fail(
        "%s: the stack's external id %s is not that of the customer, %s; it was made "
        "from older files",
        o->outputs, outputs->external_id, c->external_id);
    return false;
}

/* ---- The role ---- */

struct trial {
    const struct onboarding *o;
    const struct customer_conf *customer;
    struct creds_settings settings;
    struct creds_source *own;
    struct role_request request;
};

static void pause_for(int seconds)
{
    struct timespec t = {.tv_sec = seconds};
    (void)nanosleep(&t, NULL);
}

static int64_t seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec;
}

static bool is_temporary(enum err_kind kind)
{
    return kind == FAIL_DENIED || kind == FAIL_AGAIN || kind == FAIL_THROTTLED;
}

/* Assume the role, again while it may be too new. */
static enum err_kind assume(const struct trial *t, int wait_s, struct err *e)
{
    int64_t begin = seconds_now();
    for (;;) {
        struct creds creds;
        err_clear(e);
        enum err_kind kind =
            sts_assume_role(creds_source_sts(t->own), t->own, &t->request, &creds, e);
        creds_wipe(&creds);
        int64_t elapsed = seconds_now() - begin;
        if (!is_temporary(kind) || elapsed >= wait_s) {
            return kind;
        }
        (void)fprintf(stderr,
                      "%s: %s; a new role is known everywhere after some seconds (%lld of %d s)\n",
                      t->request.role_arn, e->code[0] != '\0' ? e->code : err_kind_name(kind),
                      (long long)elapsed, wait_s);
        pause_for(PAUSE_S);
    }
}

static int say_denied(const struct trial *t, const struct err *e)
{
    return onboard_fail(
        "the role cannot be assumed: %s%s%s\n"
        "  role: %s\n"
        "  external id: %s\n"
        "  Check that the role exists, that its trust policy is customer/trust-policy.json, and\n"
        "  that the worker's role has operator/worker-policy.json. The entry stays pending.",
        e->text, e->request_id[0] != '\0' ? ", request " : "", e->request_id, t->request.role_arn,
        t->request.external_id);
}

static int check_role(const struct trial *t, int wait_s)
{
    struct err e = {.kind = FAIL_NONE};
    if (assume(t, wait_s, &e) != FAIL_NONE) {
        return say_denied(t, &e);
    }
    (void)fprintf(stderr, "ok    the role can be assumed with the external id\n");
    if (t->customer->accept_role_without_external_id) {
        (void)fprintf(stderr, "skip  the external id is not checked: "
                              "accept_role_without_external_id\n");
        return STATUS_OK;
    }
    if (sts_probe_external_id(creds_source_sts(t->own), t->own, &t->request, &e) != FAIL_NONE) {
        return onboard_fail("%s\n  The entry stays pending.", e.text);
    }
    (void)fprintf(stderr,
                  "ok    the role cannot be assumed without the external id or with another\n");
    return STATUS_OK;
}

static int try_role(struct onboarding *o, int wait_s)
{
    struct err e = {.kind = FAIL_NONE};
    const struct conf *c = o->conf;
    struct trial t = {
        .o = o,
        .customer = conf_customer(c, span_str(o->complete)),
        .settings = {.profile = c->aws.profile,
                     .region = c->aws.region,
                     .endpoint_sts = c->aws.endpoint_sts,
                     .variant = (c->aws.use_fips ? (unsigned)ENDPOINT_FIPS : 0U) |
                                (c->aws.use_dualstack ? (unsigned)ENDPOINT_DUAL_STACK : 0U),
                     .allow_http = c->aws.allow_http,
                     .clock = &clock_system},
        .request = {.role_arn = model_get(o->model, MODEL_ROLE),
                    .external_id = model_get(o->model, MODEL_EXTERNAL_ID),
                    .account = model_get(o->model, MODEL_ACCOUNT),
                    .accept_unnamed = false},
    };
    t.request.accept_unnamed = t.customer->accept_role_without_external_id;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    if (c->aws.ca_bundle != NULL && setenv("AWS_CA_BUNDLE", c->aws.ca_bundle, 1) != 0) {
        abort();
    }
    http_init();
    OWNED(creds_source) struct creds_source *own = creds_source_default(&t.settings, &e);
    if (own == NULL) {
        return onboard_fail("AWS credentials: %s", e.text);
    }
    t.own = own;
    return check_role(&t, wait_s);
}

/* ---- The entry ---- */

/* ID.pending is written, then becomes ID.conf, so that the customer is never in both. */
static int finish_entry(const struct onboarding *o)
{
    char pending[ONBOARD_PATH_BYTES];
    char complete[ONBOARD_PATH_BYTES];
    struct buf text = BUF_INIT(ONBOARD_FILE_BYTES);
    size_t n = 0;
    onboard_entry_path(o, o->complete, ".pending", pending);
    onboard_entry_path(o, o->complete, ".conf", complete);
    const char *there = onboard_exists(complete) ? complete : pending;
    char *before = onboard_read_file(there, &n);
    render_entry(o->model, before != NULL ? span_of(before, n) : SPAN(""), &text);
    bool same = before != NULL && span_eq(span_of(before, n), buf_span(&text));
    free(before);
    bool ok = same || onboard_write_file(there, buf_span(&text), false);
    ok = ok && (there == complete || rename(pending, complete) == 0);
    buf_done(&text);
    if (!ok) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
        return onboard_fail("%s: cannot be written: %s", complete, strerror(errno));
    }
    print_line(stdout, "customer %s: complete, %s", o->complete, complete);
    print_line(stdout,
               "The worker reads it when it starts or gets SIGHUP; check the configuration with");
    print_line(stdout, "    asymptote-ingest check-config -c %s", o->config);
    return STATUS_OK;
}

static bool read_wait(const char *text, int *wait_s)
{
    char *end = NULL;
    errno = 0;
    long n = text != NULL ? strtol(text, &end, 10) : WAIT_S;
    *wait_s = (int)n;
    return text == NULL || (errno == 0 && end != text && *end == '\0' && n >= 0 && n <= 3600);
}

static bool is_entry_there(const struct onboarding *o)
{
    char path[ONBOARD_PATH_BYTES];
    onboard_entry_path(o, o->complete, ".conf", path);
    bool there = onboard_exists(path);
    onboard_entry_path(o, o->complete, ".pending", path);
    return there || onboard_exists(path);
}

/* ---- The checks ---- */

/*
 * Make all checks of the completed customer. The policies of a new role are not known everywhere in
 * AWS at once, and a denial looks the same, so the checks are repeated for a time.
 */
static int verify_complete(const struct onboarding *o, int wait_s)
{
    OWNED(conf) struct conf *conf = app_load_conf(o->config);
    const struct customer_conf *c =
        conf != NULL ? conf_customer(conf, span_str(o->complete)) : NULL;
    if (c == NULL) {
        return onboard_fail("the configuration with the new entry has an error");
    }
    int64_t begin = seconds_now();
    for (;;) {
        struct buf report = BUF_INIT(ONBOARD_FILE_BYTES);
        struct verify_wish wish = {.keep = &report, .style = {.statements = true}};
        int status = verify_run(conf, &c, 1, &wish);
        int64_t elapsed = seconds_now() - begin;
        if (wish.denied == NULL || elapsed >= wait_s) {
            bool printed = print_and_free(&report) == STATUS_OK;
            return printed ? status : STATUS_FAILED;
        }
        buf_done(&report);
        (void)fprintf(stderr,
                      "%s: denied; new policies are known everywhere after some seconds (%lld of "
                      "%d s)\n",
                      wish.denied->name, (long long)elapsed, wait_s);
        pause_for(PAUSE_S);
    }
}

static int finish_and_verify(const struct onboarding *o, int wait_s)
{
    if (finish_entry(o) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (o->skip_verify) {
        return STATUS_OK;
    }
    int status = verify_complete(o, wait_s);
    if (status != STATUS_OK) {
        (void)onboard_fail("the entry is complete, but not all checks passed; correct what failed, "
                           "then repeat them:\n    asymptote-ingest verify -c %s %s",
                           o->config, o->complete);
    }
    return status;
}

int onboard_complete(struct onboarding *o)
{
    struct outputs outputs = {.role_arn = ""};
    int wait_s = 0;
    if (!read_wait(o->wait, &wait_s)) {
        return onboard_fail("--wait must be 0 to 3600 seconds");
    }
    if (refuse_customer_id(o->complete) != NULL || !is_entry_there(o)) {
        return onboard_fail(
            "%s: there is no customers.d/%s.pending beside %s; onboard the customer "
            "first",
            o->complete, o->complete, o->config);
    }
    if (o->outputs != NULL && !(take_outputs(o, &outputs) && check_external_id(o, &outputs))) {
        return STATUS_FAILED;
    }
    if (o->outputs != NULL && o->given[MODEL_ROLE] == NULL) {
        o->given[MODEL_ROLE] = outputs.role_arn;
    }
    if (!onboard_read_known(o, o->complete)) {
        return STATUS_FAILED;
    }
    int status = try_role(o, wait_s);
    return status == STATUS_OK ? finish_and_verify(o, wait_s) : status;
}
