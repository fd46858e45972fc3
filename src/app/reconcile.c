/* SPDX-License-Identifier: Apache-2.0 */
/* `reconcile`: which objects of a customer's bucket were not delivered? */
#include "app/app.h"

#include "app/job.h"
#include "app/options.h"
#include "app/print.h"
#include "app/progress.h"
#include "app/reconcile_print.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "jobs/delivered_events.h"
#include "jobs/redrive.h"
#include "net/msk.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_MISSING = 3,
    PREFIX_BYTES = 1024,
    URL_BYTES = 1024,
    QUERY_MS = 30 * 1000,
    OUT_BYTES = 256 * 1024,
    AHEAD_KIB = 4096,
};

static const int64_t default_from_ns = INT64_C(48) * 3600 * 1000000000;
static const int64_t default_to_ns = INT64_C(1000000000) * RECONCILE_DELAY_S;

struct wish {
    struct job_wish usual;
    bool enqueue, list, other_versions, no_dead_letters;
    struct buf below;
};

/* One run of the command. */
struct run {
    struct job *job;
    const struct wish *wish;
    struct reconcile found;
    struct delivered *delivered;
    struct delivered_events events;
    struct checkpoint at;
    struct missing_keys missing; /* some of them */
};

/* ---- What was delivered ---- */

static enum events_state read_to_end(struct run *r, struct tail *tail, struct err *e)
{
    struct progress p;
    enum events_state state = EVENTS_MORE;
    progress_init(&p, "ops events", 0, 0, isatty(STDERR_FILENO) == 1, clock_mono_ms(&clock_system));
    while (state == EVENTS_MORE) {
        state = delivered_events_next(&r->events, tail, clock_mono_ms(&clock_system), e);
        progress_show(&p, r->events.read, "", clock_mono_ms(&clock_system));
    }
    progress_end(&p, r->events.read, clock_mono_ms(&clock_system));
    return state;
}

static bool read_events(struct run *r)
{
    struct err e = {0};
    const struct conf *conf = r->job->conf;
    bool token = conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM;
    struct msk msk = {.creds = r->job->own, .region = conf->aws.region, .clock = &clock_system};
    const struct tail_config kafka = {
        .properties = (const char *const *)conf->kafka.properties,
        .client_id = "asymptote-ingest-reconcile",
        .token = token ? msk_token_next : NULL,
        .token_context = &msk,
        .timeout_ms = QUERY_MS,
        .since_ms = r->found.range.from_ns / 1000000 - RECONCILE_CLOCKS_MS,
        .ahead_kib = AHEAD_KIB,
    };
    const char *topics[] = {conf->kafka.ops_topic};
    OWNED(tail) struct tail *tail = tail_new(&kafka, topics, 1, &e);
    enum events_state state = tail != NULL ? read_to_end(r, tail, &e) : EVENTS_FAILED;
    if (state == EVENTS_FULL) {
        print_line(stderr,
                   "reconcile: more than %d objects were delivered in this time: compare a shorter "
                   "one (--from, --to), or a part (--prefix)",
                   (int)DELIVERED_MAX);
    } else if (state == EVENTS_FAILED) {
        job_say_error("reconcile", &e);
    }
    return state == EVENTS_END;
}

/*
 * Objects of a time of which the topic has no events are not compared, unless the time was given.
 * The topic begins with the start of a worker, before its first delivery.
 */
static void limit_to_events(struct run *r)
{
    char text[32];
    struct range *range = &r->found.range;
    int64_t begin_ms = r->events.begin_ms;
    if (begin_ms <= range->from_ns / 1000000) {
        return;
    }
    time_t s = begin_ms / 1000;
    struct tm utc;
    bool any = begin_ms != INT64_MAX && gmtime_r(&s, &utc) != NULL &&
               strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) != 0;
    if (r->wish->usual.from != NULL) {
        print_line(
            stderr,
            "reconcile: the ops topic %s%s: what was delivered before is reported as missing",
            any ? "begins at " : "has no event", any ? text : "");
        return;
    }
    (void)reconcile_limit(range, begin_ms);
    print_line(stderr, "reconcile: the ops topic %s%s: objects before that are not compared",
               any ? "begins at " : "has no event", any ? text : "");
}

/* ---- The queues ---- */

/* attributes: from before the events were read. */
static void judge_queue(struct run *r, const struct sqs_attributes *a)
{
    r->found.queue =
        reconcile_judge_queue(&(struct reconcile_waiting){.visible = a->visible,
                                                          .in_flight = a->in_flight,
                                                          .lag_ms = r->events.lag_ms,
                                                          .recent_ms = r->events.wanted.recent_ms});
}

/* A message of the dead-letter queue: no object is read. */
static enum err_kind note_dead(void *ctx, const struct customer_conf *customer,
                               const struct notification_record *record, struct err *e)
{
    struct run *r = ctx;
    const struct delivered_object o = {span_str(customer->id), record->key, SPAN("")};
    if (customer == r->job->customer && !delivered_add(r->delivered, &o, DELIVERED_DEAD)) {
        return err_set(e, FAIL_LIMIT, "too many objects");
    }
    return FAIL_NONE;
}

static bool read_dead(struct run *r, struct sqs_queue *dead, struct sqs_queue *of, struct err *e)
{
    struct conf *conf = r->job->conf;
    struct sqs_queue **queues = mem_zeros(conf->queue_count, sizeof(struct sqs_queue *));
    queues[r->job->customer->queue - conf->queues] = of;
    struct redrive_settings s = {.conf = conf,
                                 .dead = dead,
                                 .queues = queues,
                                 .dry_run = true,
                                 .probe = note_dead,
                                 .ctx = r};
    enum redrive_state state = REDRIVE_MORE;
    OWNED(redrive) struct redrive *redrive = redrive_new(&s);
    do {
        state = redrive_next(redrive, clock_mono_ms(&clock_system), e);
        if (state == REDRIVE_WAIT) {
            job_sleep_ms(redrive_wait_ms(redrive));
        }
    } while (state == REDRIVE_MORE || state == REDRIVE_WAIT);
    redrive_end(redrive);
    free((void *)queues);
    return state == REDRIVE_DONE && !redrive_cut(redrive);
}

/* A message that was received here is hidden for the time of the comparison. */
static bool read_dead_letters(struct run *r, struct sqs_queue *queue, const char *arn)
{
    struct err e = {0};
    struct sqs_attributes a;
    struct buf url = BUF_INIT(URL_BYTES);
    const struct queue_conf *conf = r->job->customer->queue;
    bool known = arn[0] != '\0' && job_dead_url(conf->url, arn, &url);
    OWNED(sqs_queue)
    struct sqs_queue *dead = known ? sqs_queue_new(&r->job->sqs, url.p, conf->region, &e) : NULL;
    bool good = dead != NULL && sqs_get_attributes(dead, &a, &e) == FAIL_NONE;
    bool empty = good && a.visible + a.in_flight == 0;
    good = good && (empty || read_dead(r, dead, queue, &e));
    buf_done(&url);
    if (good) {
        r->found.queue.dead_letters_read = true;
    } else if (arn[0] != '\0') {
        job_say_error("reconcile: the dead-letter queue cannot be read; --no-dead-letters leaves "
                      "it out",
                      &e);
    }
    return good || arn[0] == '\0';
}

/* ---- The comparison ---- */

static bool wants(void *ctx, const struct s3_entry *entry)
{
    struct run *r = ctx;
    if (!reconcile_wants(&r->found, entry)) {
        return false;
    }
    if (r->wish->list && memchr(entry->key.p, '\n', entry->key.n) == NULL) {
        (void)fwrite(entry->key.p, 1, entry->key.n, stdout);
        (void)fputc('\n', stdout);
    }
    missing_keys_add(&r->missing, entry->key);
    return true;
}

static bool compare(struct run *r, struct sqs_queue *queue)
{
    struct buf outside = BUF_INIT(PREFIX_BYTES);
    struct keys *all = keys_of_list(r->job->s3, r->job->customer, buf_span(&r->wish->below),
                                    r->job->reader, SPAN(""));
    OWNED(keys) struct keys *keys = keys_of_some(all, wants, r);
    struct backfill_settings s = {.customer = r->job->customer,
                                  .range = r->found.range,
                                  .queue = r->wish->enqueue ? queue : NULL,
                                  .per_s = r->wish->usual.per_s,
                                  .queue_room = r->wish->usual.queue_room,
                                  .at = &r->at};
    bool good = job_pass("reconcile", "missing objects", &s, keys, &outside);
    buf_done(&outside);
    return good;
}

static int report(const struct run *r)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    struct span missing[MISSING_KEYS];
    size_t missing_count = missing_keys_list(&r->missing, missing);
    const struct reconcile_report report = {
        .found = &r->found,
        .covered_ms = r->events.begin_ms != INT64_MAX ? r->events.begin_ms : 0,
        .events = r->events.used,
        .enqueue = r->wish->enqueue,
        .enqueued = r->wish->enqueue ? r->at.done.objects[CHOICE_TAKEN] : 0,
        .job = r->at.job,
        .missing = missing,
        .missing_count = r->wish->list ? 0 : missing_count,
        .listed = r->wish->list,
        .to_usual = r->wish->usual.to == NULL,
    };
    reconcile_text(&report, r->wish->usual.json, &out);
    if (r->wish->list) {
        (void)fwrite(out.p, 1, out.n, stderr);
        buf_done(&out);
        return fflush(stdout) == 0 ? STATUS_OK : STATUS_FAILED;
    }
    return print_and_free(&out);
}

static int run_all(struct run *r)
{
    struct err e = {0};
    struct sqs_attributes a;
    OWNED(sqs_queue) struct sqs_queue *queue = job_queue(r->job, r->job->customer->queue);
    if (queue == NULL) {
        return STATUS_FAILED;
    }
    if (sqs_get_attributes(queue, &a, &e) != FAIL_NONE) {
        job_say_error("reconcile: the queue", &e);
        return STATUS_FAILED;
    }
    if (!read_events(r)) {
        return STATUS_FAILED;
    }
    limit_to_events(r);
    judge_queue(r, &a);
    if (!r->wish->no_dead_letters && !read_dead_letters(r, queue, a.dead_letter_arn)) {
        return STATUS_FAILED;
    }
    if (!compare(r, queue)) {
        return STATUS_FAILED;
    }
    int status = report(r);
    if (status == STATUS_OK && reconcile_is_empty(&r->found.range)) {
        status = STATUS_FAILED;
    }
    return status == STATUS_OK && r->found.objects[FATE_MISSING] > 0 ? STATUS_MISSING : status;
}

static int reconcile_customer(struct job *j, const struct wish *w, const struct range *range)
{
    int64_t now_ms = clock_wall_ms(&clock_system);
    struct run *r = mem_zeros(1, sizeof(*r));
    r->job = j;
    r->wish = w;
    r->found = (struct reconcile){
        .customer = j->customer, .range = *range, .other_versions = w->other_versions};
    r->delivered = delivered_new(DELIVERED_MAX);
    r->found.delivered = r->delivered;
    r->missing = (struct missing_keys)MISSING_KEYS_INIT;
    job_new_id(r->at.job);
    delivered_events_init(&r->events,
                          &(struct events_wanted){.customer = span_str(j->customer->id),
                                                  .below = range->below,
                                                  .recent_ms = now_ms - EVENTS_RECENT_MS},
                          r->delivered);
    int status = run_all(r);
    delivered_free(r->delivered);
    missing_keys_done(&r->missing);
    free(r);
    return status;
}

/* ---- The command ---- */

static const char *check(struct wish *w, struct range *range)
{
    int64_t now_ns = clock_wall_ms(&clock_system) * 1000000;
    *range = (struct range){.from_ns = now_ns - default_from_ns, .to_ns = now_ns - default_to_ns};
    const char *wrong = job_check_wish(&w->usual, range);
    if (wrong != NULL) {
        return wrong;
    }
    if (w->usual.json && w->list) {
        return "only one of --json and --list";
    }
    return range->from_ns < range->to_ns ? NULL : "--from is not before --to";
}

static const char text[] =
    "Compare the objects of a customer with the ops events of the worker (kafka.ops_topic), by "
    "key\n"
    "and ETag: delivered, in another version, in flight, in the dead-letter queue, ignored, or\n"
    "missing. The customer's bucket is only listed, by its role. With --enqueue a message for "
    "each\n"
    "missing object is sent to the customer's queue, as backfill does. Messages of the "
    "dead-letter\n"
    "queue are hidden while they are compared.\n"
    "Objects of the last 15 minutes may be on their way: they are compared with --to now only.\n"
    "Exit status: 0 nothing of the range is missing; 1 it could not be compared, or no time is "
    "left\n"
    "of the range of which there are ops events; 2 wrong usage; 3 something is missing, also if "
    "it\n"
    "was sent.";

static int run_command(struct job *job, struct wish *w, struct range *range)
{
    if (job->conf->kafka.ops_topic == NULL) {
        print_line(stderr, "reconcile: kafka.ops_topic is not set: what was delivered is known by "
                           "the ops events only (docs/ops-events.md)");
        return STATUS_FAILED;
    }
    if (!job_prefix(job->customer, w->usual.prefix, &w->below)) {
        print_line(stderr, "reconcile: --prefix is not below %s/", job->customer->prefix);
        return 2;
    }
    range->below = buf_span(&w->below);
    return reconcile_customer(job, w, range);
}

int app_reconcile(int argc, char **argv)
{
    struct operands rest;
    struct job job;
    struct range range;
    struct wish w = {.below = BUF_INIT(PREFIX_BYTES)};
    const struct option options[] = {
        job_option_config(&w.usual),
        job_option_from(&w.usual, "Objects modified then or later (48 hours ago)."),
        job_option_to(&w.usual, "Objects modified before (15 minutes ago)."),
        job_option_prefix(&w.usual),
        {.name = "enqueue", .text = "Send a message for each missing object.", .flag = &w.enqueue},
        {.name = "other-versions",
         .text = "An object of which another version was delivered is missing, too.",
         .flag = &w.other_versions},
        {.name = "no-dead-letters",
         .text = "Do not receive from the dead-letter queue.",
         .flag = &w.no_dead_letters},
        job_option_rate(&w.usual, "Most messages a second (1000); 0: no limit."),
        job_option_room(&w.usual),
        {.name = "list", .text = "Missing keys on standard output, one a line.", .flag = &w.list},
        job_option_json(&w.usual, "The result as a JSON object."),
    };
    const struct usage usage = {"reconcile", "CUSTOMER", text, options,
                                sizeof(options) / sizeof(options[0])};
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    const char *wrong = check(&w, &range);
    wrong = wrong != NULL ? wrong : job_check_operands(&w.usual, &rest);
    if (wrong != NULL) {
        return usage_wrong(&usage, "%s", wrong);
    }
    status = job_open(&job, w.usual.config, rest.list[0]) ? run_command(&job, &w, &range)
                                                          : STATUS_FAILED;
    job_close(&job);
    buf_done(&w.below);
    return status;
}
