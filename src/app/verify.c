/* SPDX-License-Identifier: Apache-2.0 */
/* `verify`: live checks of customers, for their onboarding and afterwards. */
#include "app/app.h"

#include "app/harden.h"
#include "app/options.h"
#include "app/print.h"
#include "app/verify_print.h"
#include "app/verify_sample.h"
#include "base/alloc.h"
#include "base/visible.h"
#include "conf/refuse.h"
#include "event/record/json_write.h"
#include "net/http.h"
#include "net/msk.h"
#include "net/sink.h"
#include "net/sink_budget.h"
#include "worker/aws.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, OUT_BYTES = 4 * 1024 * 1024, URL_BYTES = 512 };
enum { CANARY_WAIT_S = 300, CANARY_KAFKA_MS = 10 * 1000 };

struct wish {
    bool all;
    bool table;
    const char *worker; /* HOST:PORT of the running worker's metrics */
    const char *canary; /* a key */
    const char *wait;   /* for the canary, in seconds */
    int wait_s;
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

/* The URL of the running worker's metrics. False: no address is known. */
static bool worker_url(const struct conf *conf, const char *worker, char out[URL_BYTES])
{
    const char *address = worker != NULL ? worker : conf->metrics.listen;
    const char *port = address != NULL ? strrchr(address, ':') : NULL;
    if (port == NULL) {
        return false;
    }
    struct span host = span_of(address, (size_t)(port - address));
    bool any = host.n == 0 || span_eq(host, SPAN("0.0.0.0")) || span_eq(host, SPAN("[::]"));
    host = any ? SPAN("127.0.0.1") : host;
    return snprintf(out, URL_BYTES, "http://%.*s%s/metrics", SPAN_FMT(host), port) < URL_BYTES;
}

/* ---- The canary ---- */

/* On standard error: the report is on standard output. */
static void canary_waiting(const char *bucket, const char *key, int wait_ms)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    buf_addf(&out, "canary: waiting for %d s; now let the customer put s3://%s/", wait_ms / 1000,
             bucket);
    visible_add(&out, span_str(key));
    print_line(stderr, "%s", out.p);
    buf_done(&out);
}

/* The member that each event and each reject of the object has. */
static void canary_mark(const struct customer_conf *c, const char *key, struct buf *out)
{
    struct buf object = BUF_INIT(OUT_BYTES);
    buf_addf(&object, "s3://%s/%s", c->bucket, key);
    buf_add(out, SPAN("\"object\":"));
    json_write_string(out, buf_span(&object));
    buf_done(&object);
}

/* A key below the prefix may be given without it; nor is the bucket needed. */
static const char *canary_key(const struct customer_conf *c, const char *given, struct buf *out)
{
    struct buf bucket = BUF_INIT(OUT_BYTES);
    buf_addf(&bucket, "s3://%s/", c->bucket);
    struct span key = span_str(given);
    key = span_starts(key, buf_span(&bucket)) ? span_from(key, bucket.n) : key;
    buf_done(&bucket);
    size_t n = strlen(c->prefix);
    bool whole = span_starts(key, span_str(c->prefix)) && key.n > n && key.p[n] == '/';
    buf_addf(out, "%s%s%.*s", whole ? "" : c->prefix, whole ? "" : "/", SPAN_FMT(key));
    return out->p;
}

static struct tail_config canary_kafka(const struct conf *conf, struct msk *msk)
{
    bool token = conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM;
    return (struct tail_config){
        .properties = (const char *const *)conf->kafka.properties,
        .client_id = "asymptote-ingest-verify",
        .token = token ? msk_token_next : NULL,
        .token_context = msk,
        .timeout_ms = CANARY_KAFKA_MS,
    };
}

static int verify_list(const struct conf *conf, const struct customer_conf *const *list,
                       size_t count, const struct wish *w)
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
    struct buf key = BUF_INIT(OUT_BYTES);
    struct buf mark = BUF_INIT(OUT_BYTES);
    struct verify_canary canary = {.wait_ms = 1000 * w->wait_s, .waiting = canary_waiting};
    if (w->canary != NULL) {
        canary.key = canary_key(list[0], w->canary, &key);
        canary_mark(list[0], canary.key, &mark);
        canary.mark = buf_span(&mark);
        canary.kafka = canary_kafka(conf, &msk);
    }
    char url[URL_BYTES];
    bool has_url = worker_url(conf, w->worker, url);
    struct verify_parts parts = {
        .conf = conf,
        .creds_settings = &settings,
        .own = own,
        .own_err = &e,
        .s3 = &s3,
        .sqs = &sqs,
        .sample = verify_sample,
        .sink = sink,
        .sink_err = &sink_err,
        .status_url = has_url ? url : NULL,
        .canary = w->canary != NULL ? &canary : NULL,
    };
    struct verify *v = verify_new(&parts, list, count);
    int status = check_all(v, &w->style);
    verify_free(v);
    buf_done(&key);
    buf_done(&mark);
    return status;
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
    int status = verify_list(conf, list, count, w);
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
        {.name = "json", .text = "One JSON object per check, for machines.", .flag = &w.style.json},
        {.name = "fix-hints",
         .text = "Show also the exact statements to add to policies.",
         .flag = &w.style.statements},
        {.name = "worker",
         .value = "HOST:PORT",
         .text = "Where the running worker listens (default: metrics.listen).",
         .to = &w.worker},
        {.name = "canary",
         .value = "KEY",
         .text = "Wait for this object, which the customer puts now, from upload to Kafka.",
         .to = &w.canary},
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
    if (!read_wait(w.wait, &w.wait_s)) {
        return usage_wrong(&usage, "--wait must be 1 to 86400 seconds");
    }
    if (w.canary != NULL && (w.all || w.customers.count != 1 || w.canary[0] == '\0')) {
        return usage_wrong(&usage, "--canary KEY needs one customer");
    }
    if (w.worker != NULL && refuse_listen(w.worker) != NULL) {
        return usage_wrong(&usage, "--worker %s", refuse_listen(w.worker));
    }
    (void)signal(SIGPIPE, SIG_IGN);
    harden_process();
    http_init();
    w.style.colour = wants_colour();
    return verify_customers(path, &w);
}
