/* SPDX-License-Identifier: Apache-2.0 */
/* `verify`: live checks of customers, for their onboarding and afterwards. */
#include "app/app.h"

#include "app/harden.h"
#include "app/options.h"
#include "app/print.h"
#include "app/verify_print.h"
#include "app/verify_sample.h"
#include "base/alloc.h"
#include "net/http.h"
#include "net/msk.h"
#include "net/sink.h"
#include "net/sink_budget.h"
#include "worker/aws.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, OUT_BYTES = 4 * 1024 * 1024 };

struct wish {
    bool all;
    bool table;
    struct operands customers;
    struct verify_style style;
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

/* Print a report, or the counts. False: standard output does not take it. */
static bool print_text(struct buf *out)
{
    return print_and_free(out) == STATUS_OK;
}

static int check_all(struct verify *v, const struct verify_style *style)
{
    struct verify_report r;
    size_t counts[VERIFY_STATES] = {0};
    struct buf out = BUF_INIT(OUT_BYTES);
    bool written = true;
    while (written && verify_next(v, &r)) {
        verify_print(v, &r, style, &out);
        for (size_t i = 0; i < r.count; i++) {
            counts[r.lines[i].state]++;
        }
        written = print_text(&out);
    }
    if (!style->json) {
        verify_print_counts(counts, &out);
        written = print_text(&out) && written;
    }
    return written && counts[VERIFY_FAIL] == 0 ? STATUS_OK : STATUS_FAILED;
}

/* Nothing is produced. */
static void none_delivered(const struct sink_report *r UNUSED)
{
}

/* The worker's producer, for queries about topics. NULL, and an error: it cannot be created. */
static struct sink *make_sink(const struct conf *conf, struct msk *msk, struct sink_budget *budget,
                              struct err *e)
{
    bool token = conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM;
    if (token && msk->creds == NULL) {
        (void)err_set(e, FAIL_CONFIG, "kafka: the worker has no credentials for tokens");
        return NULL;
    }
    struct sink_config config = {
        .properties = (const char *const *)conf->kafka.properties,
        .budget = budget,
        .client_id = "asymptote-ingest-verify",
        .delivered = none_delivered,
        .token = token ? msk_token_next : NULL,
        .token_context = msk,
    };
    return sink_new(&config, e);
}

static int verify_list(const struct conf *conf, const struct customer_conf *const *list,
                       size_t count, const struct verify_style *style)
{
    struct err e = {0};
    aws_use_ca_bundle(conf);
    struct creds_settings settings = aws_creds_settings(conf);
    OWNED(creds_source) struct creds_source *own = creds_source_default(&settings, &e);
    OWNED(s3_shared) struct s3_shared *shared = s3_shared_new();
    struct s3_settings s3 = aws_s3_settings(conf, shared);
    struct sqs_settings sqs = aws_sqs_settings(conf, own, NULL);
    struct err sink_err = {0};
    struct msk msk = {own, conf->aws.region, &clock_system,
                      own != NULL ? creds_source_sts(own) : NULL};
    OWNED(sink_budget)
    struct sink_budget *budget = sink_budget_new(conf->kafka.queue_bytes);
    OWNED(sink) struct sink *sink = make_sink(conf, &msk, budget, &sink_err);
    OWNED(verify)
    struct verify *v = verify_new(
        &(struct verify_parts){conf, &settings, own, &e, &s3, &sqs, verify_sample, sink, &sink_err},
        list, count);
    return check_all(v, style);
}

static int verify_customers(const char *path, const struct wish *w)
{
    OWNED(conf) struct conf *conf = app_load_conf(path, false);
    size_t count = 0;
    if (conf == NULL) {
        return STATUS_FAILED;
    }
    const struct customer_conf **list = make_list(conf, w, &count);
    if (list == NULL) {
        return STATUS_FAILED;
    }
    int status = verify_list(conf, list, count, &w->style);
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
        {.name = "json", .text = "One JSON object per check, for machines.", .flag = &w.style.json},
        {.name = "fix-hints",
         .text = "Show also the exact statements to add to policies.",
         .flag = &w.style.statements},
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
    (void)signal(SIGPIPE, SIG_IGN);
    harden_process();
    http_init();
    w.style.colour = wants_colour();
    return verify_customers(path, &w);
}
