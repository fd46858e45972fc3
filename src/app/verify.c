/* SPDX-License-Identifier: Apache-2.0 */
/* `verify`: live checks of customers, for their onboarding and afterwards. */
#include "app/app.h"

#include "app/harden.h"
#include "app/options.h"
#include "app/print.h"
#include "app/verify_run.h"
#include "base/alloc.h"
#include "conf/refuse.h"
#include "net/http.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, CANARY_WAIT_S = 300, OUT_BYTES = 64 * 1024 };

struct wish {
    bool all;
    bool table;
    const char *wait; /* for the canary, in seconds */
    struct operands customers;
    struct verify_wish verify;
};

/* The customers to check; the caller frees the list. NULL: one is not in the configuration. */
static const struct customer_conf **make_list(const struct conf *conf, const struct wish *w,
                                              size_t *count)
{
    bool good = true;
    *count = w->all ? conf->customer_count : (size_t)w->customers.count;
    const struct customer_conf **list = mem_zeros(*count, sizeof(struct customer_conf *));
    for (size_t i = 0; i < *count; i++) {
        list[i] =
            w->all ? &conf->customers[i] : conf_customer(conf, span_str(w->customers.list[i]));
        if (list[i] == NULL) {
            print_line(stderr, "customer %s is not in the configuration", w->customers.list[i]);
            good = false;
        }
    }
    if (!good) {
        free(list);
        return NULL;
    }
    return list;
}

static int verify_customers(const char *path, struct wish *w)
{
    OWNED(conf) struct conf *conf = app_load_conf(path);
    size_t count = 0;
    if (conf == NULL) {
        return STATUS_FAILED;
    }
    const struct customer_conf **list = make_list(conf, w, &count);
    if (list == NULL) {
        return STATUS_FAILED;
    }
    int status = verify_run(conf, list, count, &w->verify);
    free(list);
    return status;
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe): never set here */
    return isatty(STDOUT_FILENO) == 1 && no == NULL;
}

static int print_table(void)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    verify_table(&out);
    return print_and_free(&out);
}

static bool read_wait(const char *text, int *wait_s)
{
    char *end = NULL;
    errno = 0;
    long n = text != NULL ? strtol(text, &end, 10) : CANARY_WAIT_S;
    *wait_s = (int)n;
    return text == NULL || (errno == 0 && end != text && *end == '\0' && n >= 1 && n <= 86400);
}

int app_verify(int argc, char **argv)
{
    struct wish w = {0};
    const char *path = NULL;
    const struct option options[] = {
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "The configuration.",
         .to = &path},
        {.name = "all", .text = "Check all customers of the configuration.", .flag = &w.all},
        {.name = "json",
         .text = "One JSON object per check, for machines.",
         .flag = &w.verify.style.json},
        {.name = "fix-hints",
         .text = "Show also the exact statements to add to policies.",
         .flag = &w.verify.style.statements},
        {.name = "worker",
         .value = "HOST:PORT",
         .text = "Where the running worker listens (default: metrics.listen).",
         .to = &w.verify.worker},
        {.name = "canary",
         .value = "KEY",
         .text = "Wait for this object, which the customer puts now, from upload to Kafka.",
         .to = &w.verify.canary},
        {.name = "wait",
         .value = "SECONDS",
         .text = "How long to wait for the canary (default: 300).",
         .to = &w.wait},
        {.name = "table",
         .text = "Print the checks as a table in Markdown; no -c is needed.",
         .flag = &w.table},
    };
    const struct usage usage = {
        "verify", "CUSTOMER...",
        "Check live whether customers are set up: the role can be assumed with its external id\n"
        "and not otherwise, the prefix can be listed and its newest object read, and nothing\n"
        "outside of the prefix can. Each check is a line: its name, 'ok', 'warn', 'FAIL' or\n"
        "'skip', what was tried, AWS's answer with its request id, and what to change. Nothing is\n"
        "written in AWS or Kafka.\n"
        "Exit status: 0 no check failed; 1 one failed, or could not be made.",
        options, sizeof(options) / sizeof(options[0])};
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &w.customers, &status)) {
        return status;
    }
    if (w.table) {
        return print_table();
    }
    if (path == NULL || w.all == (w.customers.count > 0)) {
        return usage_wrong(&usage, "%s",
                           path == NULL ? "needs -c FILE" : "needs customers, or --all");
    }
    if (!read_wait(w.wait, &w.verify.wait_s)) {
        return usage_wrong(&usage, "--wait must be 1 to 86400 seconds");
    }
    if (w.verify.canary != NULL &&
        (w.all || w.customers.count != 1 || w.verify.canary[0] == '\0')) {
        return usage_wrong(&usage, "--canary KEY needs one customer");
    }
    if (w.verify.worker != NULL && refuse_listen(w.verify.worker) != NULL) {
        return usage_wrong(&usage, "--worker %s", refuse_listen(w.verify.worker));
    }
    (void)signal(SIGPIPE, SIG_IGN);
    harden_process();
    http_init();
    w.verify.style.colour = wants_colour();
    return verify_customers(path, &w);
}
