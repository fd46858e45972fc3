/* SPDX-License-Identifier: Apache-2.0 */
#include "app/job.h"

#include "app/app.h"
#include "app/harden.h"
#include "app/print.h"
#include "app/progress.h"
#include "base/clock.h"
#include "base/rng.h"
#include "codec/timestamp.h"
#include "customers/session.h"
#include "net/http.h"
#include "worker/aws.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_MS = 200, NOTE_BYTES = 400, DEFAULT_PER_S = 1000, DEFAULT_ROOM = 10 };

static bool open_customer(struct job *j, const char *customer)
{
    struct err e = {0};
    j->customer = conf_customer(j->conf, span_str(customer));
    if (j->customer == NULL) {
        print_line(stderr, "customer %s is not in the configuration", customer);
        return false;
    }
    j->reader = session_new(j->customer, j->own, &j->creds_settings, SESSION_RESTRICTED, &e);
    if (j->reader == NULL) {
        job_say_error("role", &e);
        return false;
    }
    j->shared = s3_shared_new();
    j->s3_settings = aws_s3_settings(j->conf, j->shared);
    j->s3 = s3_new(&j->s3_settings);
    return true;
}

bool job_open(struct job *j, const char *config, const char *customer)
{
    struct err e = {0};
    *j = (struct job){.conf = NULL};
    (void)signal(SIGPIPE, SIG_IGN);
    harden_process();
    http_init();
    j->conf = app_load_conf(config);
    if (j->conf == NULL) {
        return false;
    }
    aws_use_ca_bundle(j->conf);
    j->creds_settings = aws_creds_settings(j->conf);
    j->own = creds_source_default(&j->creds_settings, &e);
    if (j->own == NULL) {
        job_say_error("credentials", &e);
        return false;
    }
    j->sqs = aws_sqs_settings(j->conf, j->own, NULL);
    return customer == NULL || open_customer(j, customer);
}

void job_close(struct job *j)
{
    s3_free(j->s3);
    s3_shared_free(j->shared);
    creds_source_free(j->reader);
    creds_source_free(j->own);
    conf_free(j->conf);
}

struct sqs_queue *job_queue(struct job *j, const struct queue_conf *queue)
{
    struct err e = {0};
    struct sqs_queue *q = sqs_queue_new(&j->sqs, queue->url, queue->region, &e);
    if (q == NULL) {
        job_say_error(queue->name, &e);
    }
    return q;
}

bool job_dead_url(const char *url, const char *arn, struct buf *out)
{
    const char *slash = strrchr(url, '/');
    const char *colon = strrchr(arn, ':');
    if (slash == NULL || colon == NULL || colon[1] == '\0' || strchr(colon, '/') != NULL) {
        return false;
    }
    buf_add(out, span_of(url, (size_t)(slash - url) + 1));
    buf_add(out, span_str(colon + 1));
    return !out->overflowed;
}

/* ---- A pass over the objects ---- */

/* SIGTERM or SIGINT. A second one ends the process as usual. */
static volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
    stop_signal = signal;
}

static void catch_stop(void)
{
    struct sigaction a = {.sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGTERM, &a, NULL);
    (void)sigaction(SIGINT, &a, NULL);
}

static void show_progress(const struct backfill *b, struct progress *p)
{
    char note[NOTE_BYTES] = "";
    const struct err *trouble = backfill_trouble(b);
    if (trouble->kind != FAIL_NONE) {
        (void)snprintf(note, sizeof(note), "waits: %.*s", NOTE_BYTES - 8, trouble->text);
    } else if (backfill_crowd(b) > 0) {
        (void)snprintf(note, sizeof(note),
                       "waits for room: %llu messages are in the queue, see --queue-room",
                       (unsigned long long)backfill_crowd(b));
    }
    progress_show(p, backfill_done(b)->objects[CHOICE_TAKEN], note, clock_mono_ms(&clock_system));
}

static void sleep_with_progress(const struct backfill *b, struct progress *p)
{
    for (int64_t left = backfill_wait_ms(b); left > 0 && stop_signal == 0; left -= SLICE_MS) {
        job_sleep_ms(left < SLICE_MS ? left : SLICE_MS);
        show_progress(b, p);
    }
}

/* A signal ended the pass: what SQS confirmed is in the checkpoint. */
static void say_stopped(const char *command, struct backfill *b)
{
    struct err e = {0};
    print_line(stderr, "%s: ended by signal %d", command, (int)stop_signal);
    if (!backfill_stop(b, &e)) {
        job_say_error(command, &e);
    }
}

bool job_pass(const char *command, const char *what, const struct backfill_settings *s,
              struct keys *keys, struct buf *outside)
{
    struct err e = {0};
    struct progress p;
    enum backfill_state state = BACKFILL_MORE;
    OWNED(backfill) struct backfill *b = backfill_new(s, keys);
    progress_init(&p, what, s->at->done.objects[CHOICE_TAKEN],
                  s->at->counted ? s->at->total.objects[CHOICE_TAKEN] : 0,
                  isatty(STDERR_FILENO) == 1, clock_mono_ms(&clock_system));
    catch_stop();
    while (state != BACKFILL_DONE && state != BACKFILL_FAILED && stop_signal == 0) {
        state = backfill_next(b, clock_mono_ms(&clock_system), &e);
        if (state == BACKFILL_WAIT) {
            sleep_with_progress(b, &p);
        }
        show_progress(b, &p);
    }
    progress_end(&p, backfill_done(b)->objects[CHOICE_TAKEN], clock_mono_ms(&clock_system));
    buf_add(outside, backfill_outside(b));
    if (state == BACKFILL_FAILED) {
        job_say_error(command, &e);
    } else if (state != BACKFILL_DONE) {
        say_stopped(command, b);
    }
    return state == BACKFILL_DONE;
}

/* ---- Options ---- */

void job_new_id(char out[JOB_ID_BYTES + 1])
{
    struct rng rng;
    rng_init_random(&rng);
    (void)snprintf(out, JOB_ID_BYTES + 1, "%016llx", (unsigned long long)rng_next(&rng));
}

/* RFC 3339, or seconds. */
static bool read_time(const char *text, int64_t *ns)
{
    struct timestamp t;
    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "now") == 0) {
        *ns = clock_wall_ms(&clock_system) * 1000000;
        return true;
    }
    if (!timestamp_parse(span_str(text), &t) || t.ns <= 0) {
        return false;
    }
    *ns = t.ns;
    return true;
}

bool job_read_number(const char *text, uint64_t *out)
{
    enum { DIGITS_MAX = 12 };
    if (text == NULL) {
        return true;
    }
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    if (digits == 0 || digits > DIGITS_MAX || (*rest != '\0' && strcmp(rest, "/s") != 0)) {
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return true;
}

struct option job_option_config(struct job_wish *w)
{
    return (struct option){.name = "config",
                           .letter = 'c',
                           .value = "FILE",
                           .text = "The configuration.",
                           .to = &w->config};
}

struct option job_option_from(struct job_wish *w, const char *text)
{
    return (struct option){.name = "from", .value = "TIME", .text = text, .to = &w->from};
}

struct option job_option_to(struct job_wish *w, const char *text)
{
    return (struct option){.name = "to", .value = "TIME", .text = text, .to = &w->to};
}

struct option job_option_prefix(struct job_wish *w)
{
    return (struct option){.name = "prefix",
                           .value = "PREFIX",
                           .text = "Only keys below it; below the customer's.",
                           .to = &w->prefix};
}

struct option job_option_rate(struct job_wish *w, const char *text)
{
    return (struct option){.name = "rate", .value = "N", .text = text, .to = &w->rate};
}

struct option job_option_room(struct job_wish *w)
{
    return (struct option){.name = "queue-room",
                           .value = "N",
                           .text = "Wait while this many messages are in the queue (10); 0: never.",
                           .to = &w->room};
}

struct option job_option_json(struct job_wish *w, const char *text)
{
    return (struct option){.name = "json", .text = text, .flag = &w->json};
}

const char *job_check_wish(struct job_wish *w, struct range *range)
{
    w->per_s = DEFAULT_PER_S;
    w->queue_room = DEFAULT_ROOM;
    if (!job_read_number(w->rate, &w->per_s)) {
        return "--rate is a number of messages a second";
    }
    if (!job_read_number(w->room, &w->queue_room)) {
        return "--queue-room is a number of messages";
    }
    if (!read_time(w->from, &range->from_ns) || !read_time(w->to, &range->to_ns)) {
        return "--from and --to are times such as 2026-11-30T07:00:00Z, or now";
    }
    return NULL;
}

const char *job_check_operands(const struct job_wish *w, const struct operands *rest)
{
    if (w->config == NULL) {
        return "needs -c FILE";
    }
    return rest->count == 1 ? NULL : "needs one customer";
}

bool job_prefix(const struct customer_conf *c, const char *below, struct buf *out)
{
    buf_addf(out, "%s/", c->prefix);
    if (below == NULL) {
        return true;
    }
    bool good = span_starts(span_str(below), buf_span(out));
    buf_clear(out);
    buf_add(out, span_str(below));
    return good && !out->overflowed;
}

void job_say_error(const char *command, const struct err *e)
{
    print_line(stderr, "%s: %s%s%s%s%s", command, e->text, e->code[0] != '\0' ? ", code " : "",
               e->code, e->request_id[0] != '\0' ? ", request " : "", e->request_id);
}

void job_sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000 * 1000};
    (void)nanosleep(&t, NULL);
}
