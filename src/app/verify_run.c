/* SPDX-License-Identifier: Apache-2.0 */
/* verify_run.c - the clients that the checks use, as the worker has them, and what is printed. */
#include "app/verify_run.h"

#include "app/print.h"
#include "app/verify_sample.h"
#include "base/clock.h"
#include "base/visible.h"
#include "customers/proof.h"
#include "event/record/json_write.h"
#include "net/msk.h"
#include "net/sink.h"
#include "net/sink_budget.h"
#include "worker/aws.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, OUT_BYTES = 4 * 1024 * 1024, URL_BYTES = 512 };
enum { CANARY_KAFKA_MS = 10 * 1000 };

/* Print or keep a report, or the counts. False: standard output does not take it. */
static bool put_text(struct buf *text, struct buf *keep)
{
    if (keep == NULL) {
        return print_and_free(text) == STATUS_OK;
    }
    buf_add(keep, buf_span(text));
    buf_done(text);
    return true;
}

/* Store that what must be denied was denied, or that it was not. False: it cannot be stored. */
static bool store_proof(const struct conf *conf, const struct verify_report *r)
{
    struct err e = {0};
    const struct verify_check *disproved = NULL;
    struct proof p = {.proved_ms = 0};
    if (conf->verify.state_dir == NULL || r->customer == NULL) {
        return true;
    }
    bool proved = verify_proved(r, &disproved);
    if (proved) {
        p.proved_ms = clock_wall_ms(&clock_system);
    } else if (disproved != NULL) {
        (void)snprintf(p.disproved, sizeof(p.disproved), "%s", disproved->name);
    } else {
        return true; /* nothing new is known: an earlier proof still counts */
    }
    if (proof_write(conf->verify.state_dir, r->customer, &p, &e) != FAIL_NONE) {
        print_line(stderr, "customer %s: the proof is not stored: %s", r->customer->id, e.text);
        return false;
    }
    return true;
}

static bool is_denied(const struct verify_line *l)
{
    return l->state == VERIFY_FAIL && !l->check->must_fail && l->err.kind == FAIL_DENIED;
}

static int check_all(struct verify *v, const struct conf *conf, struct verify_wish *w)
{
    struct verify_report r;
    size_t counts[VERIFY_STATES] = {0};
    struct buf out = BUF_INIT(OUT_BYTES);
    bool written = true;
    bool stored = true;
    w->denied = NULL;
    while (written && verify_next(v, &r)) {
        verify_print(v, &r, &w->style, &out);
        for (size_t i = 0; i < r.count; i++) {
            counts[r.lines[i].state]++;
            w->denied = w->denied == NULL && is_denied(&r.lines[i]) ? r.lines[i].check : w->denied;
        }
        stored = store_proof(conf, &r) && stored;
        written = put_text(&out, w->keep);
    }
    if (!w->style.json) {
        verify_print_counts(counts, &out);
        written = put_text(&out, w->keep) && written;
    }
    return written && stored && counts[VERIFY_FAIL] == 0 ? STATUS_OK : STATUS_FAILED;
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

/*
 * A key below the prefix may be given without it; nor is the bucket needed. A URL is whole, so that
 * one of another bucket or prefix is refused instead of waited for.
 */
static const char *canary_key(const struct customer_conf *c, const char *given, struct buf *out)
{
    struct buf bucket = BUF_INIT(OUT_BYTES);
    buf_addf(&bucket, "s3://%s/", c->bucket);
    struct span key = span_str(given);
    bool whole = span_starts(key, SPAN("s3://"));
    key = span_starts(key, buf_span(&bucket)) ? span_from(key, bucket.n) : key;
    buf_done(&bucket);
    size_t n = strlen(c->prefix);
    whole = whole || (span_starts(key, span_str(c->prefix)) && key.n > n && key.p[n] == '/');
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

int verify_run(const struct conf *conf, const struct customer_conf *const *list, size_t count,
               struct verify_wish *w)
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
    int status = check_all(v, conf, w);
    verify_free(v);
    buf_done(&key);
    buf_done(&mark);
    return status;
}
