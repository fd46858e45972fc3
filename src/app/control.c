/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - what an operator changes in a running worker, over its control socket. */
#include "monitor/operator.h"

#include "app/app.h"
#include "app/job.h"
#include "app/options.h"
#include "app/print.h"
#include "app/reach.h"
#include "base/visible.h"
#include "monitor/html.h"

#include <stdlib.h>
#include <string.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    HTTP_OK = 200,
    ANSWER_BYTES = 64 * 1024,
    TARGET_BYTES = 4096,
    RELOAD_LOOKS = 300, /* for the result of a reload */
    RELOAD_LOOK_MS = 100,
};

static void add_target(struct buf *out, const char *command, const char *operand, bool off)
{
    bool level = strcmp(command, operator_name(OPERATOR_LOG_LEVEL)) == 0;
    buf_add(out, SPAN("/control?command="));
    html_query(out, span_str(command));
    if (operand != NULL) {
        buf_add(out, level ? SPAN("&level=") : SPAN("&customer="));
        html_query(out, span_str(operand));
    }
    buf_add(out, off ? SPAN("&off=1") : SPAN(""));
}

/*
 * Number of reloads so far, and whether the last one was applied; then *a has in its second line
 * why it was not. False: not known.
 */
static bool read_reloads(struct reach *r, struct http_answer *a, unsigned long *count,
                         bool *applied)
{
    if (!reach_call(r, "GET", "/reloads", a) || a->status != HTTP_OK || a->body.n == 0) {
        return false;
    }
    *count = strtoul(a->body.p, NULL, 10);
    struct span first = span_of(a->body.p, strcspn(a->body.p, "\n"));
    *applied = memmem(first.p, first.n, "applied", strlen("applied")) != NULL;
    return true;
}

/* Why the reload was refused, by the worker's answer, whose texts come from the files. */
static void print_refused(struct span answer)
{
    const char *end = memchr(answer.p, '\n', answer.n);
    struct span why = span_from(answer, end != NULL ? (size_t)(end - answer.p) + 1 : answer.n);
    struct buf shown = BUF_INIT(ANSWER_BYTES);
    why.n -= why.n != 0 && why.p[why.n - 1] == '\n';
    visible_add(&shown, why);
    print_line(stderr, "refused: the configuration in use stays: %.*s", SPAN_FMT(buf_span(&shown)));
    buf_done(&shown);
}

/* The worker reads the configuration in its own time. */
static int wait_for_reload(struct reach *r, struct http_answer *a, unsigned long before)
{
    unsigned long count = before;
    bool applied = false;
    for (int i = 0; i < RELOAD_LOOKS && count == before; i++) {
        job_sleep_ms(RELOAD_LOOK_MS);
        if (!read_reloads(r, a, &count, &applied)) {
            return STATUS_FAILED;
        }
    }
    if (count == before) {
        print_line(stderr, "asymptote-ingest control: no result within 30 s; see the log");
        return STATUS_FAILED;
    }
    if (applied) {
        print_line(stdout, "applied");
    } else {
        print_refused(buf_span(&a->body));
    }
    return applied ? STATUS_OK : STATUS_FAILED;
}

static int call(struct reach *r, const char *command, const char *operand, bool off)
{
    struct http_answer a;
    struct buf target = BUF_INIT(TARGET_BYTES);
    unsigned long reloads = 0;
    bool applied = false;
    bool reload = strcmp(command, operator_name(OPERATOR_RELOAD)) == 0;
    int status = STATUS_FAILED;
    http_answer_init(&a, ANSWER_BYTES);
    add_target(&target, command, operand, off);
    bool answered =
        (!reload || read_reloads(r, &a, &reloads, &applied)) && reach_call(r, "POST", target.p, &a);
    if (answered && a.status != HTTP_OK) {
        reach_say_refused("control", &a);
    } else if (answered) {
        struct span text = buf_span(&a.body);
        print_line(stdout, "%.*s", (int)(text.n != 0 ? text.n - 1 : 0), text.p);
        status = reload ? wait_for_reload(r, &a, reloads) : STATUS_OK;
    }
    buf_done(&target);
    http_answer_done(&a);
    return status;
}

int app_control(int argc, char **argv)
{
    struct reach_options where = {.socket = NULL};
    bool off = false;
    const struct option options[] = {
        REACH_OPTION_SOCKET(where),
        REACH_OPTION_CONFIG(where),
        {.name = "off", .text = "With debug and drain: undo it.", .flag = &off},
    };
    const struct usage usage = {
        "control", "COMMAND [OPERAND]",
        "Change a running worker over its control socket. Nothing of it outlives the process, and\n"
        "each command has a line in the log.\n\n"
        "pause CUSTOMER: its messages are returned unread. resume CUSTOMER: they are read again.\n"
        "log-level LEVEL: debug, info, warn or error. debug CUSTOMER: all lines of its objects.\n"
        "reload: as SIGHUP, and prints the result. drain: receive nothing, finish what is held.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    struct reach r;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count < 1 || rest.count > 2) {
        return usage_wrong(&usage, "needs a command, and a customer or level if it takes one");
    }
    status = STATUS_FAILED;
    if (reach_init(&r, &where)) {
        if (r.socket == NULL) {
            print_line(stderr, "control.socket is not set in this configuration");
        } else {
            status = call(&r, rest.list[0], rest.count > 1 ? rest.list[1] : NULL, off);
        }
    }
    reach_done(&r);
    return status;
}
