/* SPDX-License-Identifier: Apache-2.0 */
/* tap.c - records of a customer as they pass, over the control socket only. */
#include "app/app.h"

#include "app/job.h"
#include "app/options.h"
#include "app/print.h"
#include "app/reach.h"
#include "base/visible.h"
#include "monitor/html.h"
#include "ops/tap.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    HTTP_OK = 200,
    ANSWER_BYTES = 4 * TAP_BYTES,
    TARGET_BYTES = 4096,
    EVERY_MS = 200,
};

static volatile sig_atomic_t ended;

static void on_end(int number UNUSED)
{
    ended = 1;
}

struct show {
    const char *where, *rate, *count_text;
    bool rejects;
    uint64_t count; /* of records to show; 0: all */
    uint64_t shown, dropped;
};

static void add_parameter(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_addf(out, "&%s=", name);
        html_query(out, span_str(value));
    }
}

/* The first line has the number of dropped records. False: standard output is closed. */
static bool print_records(struct show *s, struct span text)
{
    struct buf line = BUF_INIT(ANSWER_BYTES);
    bool good = true;
    for (size_t i = 0; text.n != 0 && good; i++) {
        const char *end = memchr(text.p, '\n', text.n);
        struct span one = span_take(&text, end != NULL ? (size_t)(end - text.p) : text.n);
        (void)span_take(&text, text.n != 0);
        if (i == 0) {
            s->dropped = one.n > 8 ? strtoull(one.p + 8, NULL, 10) : s->dropped;
        } else if (s->count == 0 || s->shown < s->count) {
            buf_clear(&line);
            visible_add_json(&line, one);
            buf_add_byte(&line, '\n');
            good = fwrite(line.p, 1, line.n, stdout) == line.n;
            s->shown++;
        }
    }
    good = fflush(stdout) == 0 && good;
    buf_done(&line);
    return good;
}

/* Until a signal, the number of records, or the end of the worker. */
static int follow(struct reach *r, const char *id, struct show *s, struct http_answer *a)
{
    char target[64];
    (void)snprintf(target, sizeof(target), "/tap?id=%s", id);
    while (!ended) {
        if (!reach_call(r, "GET", target, a)) {
            return STATUS_FAILED;
        }
        if (a->status != HTTP_OK) {
            print_line(stderr, "asymptote-ingest tap: the worker ended the tap");
            return STATUS_FAILED;
        }
        if (!print_records(s, buf_span(&a->body)) || (s->count != 0 && s->shown >= s->count)) {
            break;
        }
        job_sleep_ms(EVERY_MS);
    }
    return STATUS_OK;
}

static int tap(struct reach *r, const char *customer, struct show *s)
{
    struct http_answer a;
    struct buf target = BUF_INIT(TARGET_BYTES);
    struct sigaction action = {.sa_handler = on_end};
    char id[32] = "";
    int status = STATUS_FAILED;
    http_answer_init(&a, ANSWER_BYTES);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    buf_add(&target, SPAN("/tap-start?customer="));
    html_query(&target, span_str(customer));
    add_parameter(&target, "where", s->where);
    add_parameter(&target, "rate", s->rate);
    add_parameter(&target, "rejects", s->rejects ? "1" : NULL);
    bool answered = reach_call(r, "POST", target.p, &a);
    if (answered && a.status != HTTP_OK) {
        reach_say_refused("tap", &a);
    } else if (answered && a.body.n != 0) {
        (void)snprintf(id, sizeof(id), "%.*s", (int)strspn(a.body.p, "0123456789"), a.body.p);
        status = follow(r, id, s, &a);
        struct err e = {.kind = FAIL_NONE};
        buf_clear(&target);
        buf_addf(&target, "/tap-end?id=%s", id);
        (void)!reach_try(r, "POST", target.p, &a, &e);
        print_line(stderr, "%" PRIu64 " shown, %" PRIu64 " dropped", s->shown, s->dropped);
    }
    buf_done(&target);
    http_answer_done(&a);
    return status;
}

int app_tap(int argc, char **argv)
{
    struct reach_options where = {.socket = NULL};
    struct show s = {.where = NULL};
    const struct option options[] = {
        REACH_OPTION_SOCKET(where),
        REACH_OPTION_CONFIG(where),
        {.name = "rejects", .text = "Rejects instead of events.", .flag = &s.rejects},
        {.name = "where",
         .value = "MEMBER=VALUE",
         .text = "Only records with this value; a.b is a member of a member.",
         .to = &s.where},
        {.name = "rate",
         .value = "N/s",
         .text = "Records in a second, 5 if not given, 1000 at most.",
         .to = &s.rate},
        {.name = "count", .value = "N", .text = "End after so many.", .to = &s.count_text},
    };
    const struct usage usage = {
        "tap", "CUSTOMER",
        "Show records of a customer as a running worker produces them: some of them, with secrets\n"
        "replaced by [REDACTED]. Delivery is not delayed: what does not fit is dropped and "
        "counted.\n"
        "Only over the control socket; the log says that it was done, and by which user.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    struct reach r;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count != 1 || !job_read_number(s.count_text, &s.count)) {
        return usage_wrong(&usage, "%s",
                           rest.count != 1 ? "needs a CUSTOMER" : "--count is a number");
    }
    status = STATUS_FAILED;
    if (reach_init(&r, &where)) {
        if (r.socket == NULL) {
            print_line(stderr, "control.socket is not set in this configuration");
        } else {
            status = tap(&r, rest.list[0], &s);
        }
    }
    reach_done(&r);
    return status;
}
