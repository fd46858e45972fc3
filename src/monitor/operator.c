/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/operator.h"

#include "base/log.h"
#include "monitor/html.h"
#include "source/intake.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

enum { HTTP_OK = 200, HTTP_NOT_FOUND = 404, HTTP_NOT_NOW = 503 };

static const char *const names[OPERATOR_COMMANDS] = {
    [OPERATOR_PAUSE] = "pause", [OPERATOR_RESUME] = "resume", [OPERATOR_LOG_LEVEL] = "log-level",
    [OPERATOR_DEBUG] = "debug", [OPERATOR_RELOAD] = "reload", [OPERATOR_DRAIN] = "drain"};

const char *operator_name(enum operator_command c)
{
    return names[c];
}

bool operator_has_customer(enum operator_command c)
{
    return c == OPERATOR_PAUSE || c == OPERATOR_RESUME || c == OPERATOR_DEBUG;
}

static bool read_level(struct span text, enum log_level *out)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        if (span_eq(text, span_str(log_level_name((enum log_level)i)))) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *operator_read(struct span command, struct span customer, struct span level,
                          struct span off, struct operator_request *out)
{
    int i = 0;
    while (i < OPERATOR_COMMANDS && !span_eq(command, span_str(names[i]))) {
        i++;
    }
    if (i == OPERATOR_COMMANDS) {
        return "the command is pause, resume, log-level, debug, reload or drain\n";
    }
    *out = (struct operator_request){
        .command = (enum operator_command)i, .customer = customer, .off = span_eq(off, SPAN("1"))};
    if (operator_has_customer(out->command) != (customer.n != 0)) {
        return "pause, resume and debug need a customer, the others take none\n";
    }
    if (out->command == OPERATOR_LOG_LEVEL ? !read_level(level, &out->level) : level.n != 0) {
        return "log-level needs debug, info, warn or error, the others take no level\n";
    }
    bool may_be_off = out->command == OPERATOR_DEBUG || out->command == OPERATOR_DRAIN;
    if (off.n != 0 && (!out->off || !may_be_off)) {
        return "only debug and drain can be off\n";
    }
    return NULL;
}

static const char *what_follows(const struct operator_request *c)
{
    switch (c->command) {
    case OPERATOR_PAUSE:
        return "its messages are returned unread until control resume, or a restart";
    case OPERATOR_RESUME:
        return "its messages are read again";
    case OPERATOR_LOG_LEVEL:
        return "until the next reload, or a restart";
    case OPERATOR_DEBUG:
        return c->off ? "its lines are written by the log's level"
                      : "all lines of its objects are written until debug --off, or a restart";
    case OPERATOR_RELOAD:
        return "the configuration is read again";
    case OPERATOR_DRAIN:
        return c->off ? "messages are received again"
                      : "no message is received; those that are held are finished";
    case OPERATOR_COMMANDS:
        break;
    }
    return "";
}

/* False: there is no such customer. */
static bool apply(const struct snapshot_parts *parts, const struct operator_request *c)
{
    switch (c->command) {
    case OPERATOR_PAUSE:
    case OPERATOR_RESUME: {
        bool found =
            customers_set_held(parts->customers, c->customer, c->command == OPERATOR_PAUSE);
        intake_wake(parts->intake);
        return found;
    }
    case OPERATOR_DEBUG:
        return customers_set_debug(parts->customers, c->customer, !c->off);
    case OPERATOR_LOG_LEVEL:
        log_set_level(c->level);
        return true;
    case OPERATOR_RELOAD:
        return kill(getpid(), SIGHUP) == 0;
    case OPERATOR_DRAIN:
        intake_drain(parts->intake, !c->off);
        return true;
    case OPERATOR_COMMANDS:
        break;
    }
    return false;
}

/* What the worker returned during the pause is hidden in SQS, so the customer's events wait on. */
static void add_hidden(const struct snapshot_parts *parts, struct span customer, struct buf *out)
{
    struct customer_trouble t = {.back_off = {.count = 0}};
    struct customer *c = customers_by_id(parts->customers, customer);
    if (c != NULL) {
        customer_trouble(c, &t);
        customer_release(c);
    }
    buf_addf(out, "; returned by this worker and still hidden: %" PRIu64, t.back_off.count);
    if (t.back_off.count != 0) {
        buf_add(out, SPAN(", the last one for "));
        html_duration(out, t.back_off.last_in_ms);
    }
}

int operator_do(const struct snapshot_parts *parts, const struct operator_request *c, long uid,
                struct buf *out)
{
    if (!apply(parts, c)) {
        buf_add(out, SPAN("no customer of the configuration has this id\n"));
        return HTTP_NOT_FOUND;
    }
    buf_add(out, span_str(what_follows(c)));
    if (c->command == OPERATOR_RESUME) {
        add_hidden(parts, c->customer, out);
    }
    log_operator(
        "changed by an operator",
        (const struct log_kv[]){
            KV_STR("command", names[c->command]),
            KV_SET_SPAN("customer", c->customer),
            KV_SET("to_level", c->command == OPERATOR_LOG_LEVEL ? log_level_name(c->level) : ""),
            KV_SET("off", c->off ? "true" : ""),
            KV_KNOWN("uid", uid),
            KV_SPAN("next", buf_span(out)),
        },
        6);
    buf_add_byte(out, '\n');
    return HTTP_OK;
}

int operator_tap(const struct snapshot_parts *parts, const struct tap_wish *w, long uid,
                 struct buf *out)
{
    struct customer *c = customers_by_id(parts->customers, w->customer);
    if (c == NULL) {
        buf_add(out, SPAN("no customer of the configuration has this id\n"));
        return HTTP_NOT_FOUND;
    }
    customer_release(c);
    uint64_t id = tap_start(parts->tap, w, clock_mono_ms(parts->clock));
    if (id == 0) {
        buf_add(out, SPAN("other taps are open: end one of them\n"));
        return HTTP_NOT_NOW;
    }
    log_operator("tapped by an operator",
                 (const struct log_kv[]){
                     KV_SPAN("customer", w->customer),
                     KV_STR("records", w->rejects ? "rejects" : "events"),
                     KV_SET_SPAN("member", w->member),
                     KV_INT("rate", w->rate),
                     KV_KNOWN("uid", uid),
                     KV_STR("next", "copies of some records are shown, redacted; delivery goes on"),
                 },
                 6);
    buf_addf(out, "%" PRIu64 "\n", id);
    return HTTP_OK;
}
