/* SPDX-License-Identifier: Apache-2.0 */
/* `redrive`: what is in a dead-letter queue, and back with what can be read now. */
#include "app/app.h"

#include "app/job.h"
#include "app/options.h"
#include "app/print.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/visible.h"
#include "codec/control.h"
#include "customers/session.h"
#include "jobs/redrive.h"
#include "worker/aws.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    DEFAULT_PER_S = 100,
    URL_BYTES = 1024,
    OUT_BYTES = 4 * 1024 * 1024,
    NAMES = 5, /* of queues in one line */
    NAME_BYTES = 128,
    NAMES_BYTES = NAMES * NAME_BYTES,
};

struct wish {
    struct job_wish usual;
    const char *customer, *class;
    bool dry_run;
};

/* The customers' sessions, made when they are needed. */
struct sessions {
    struct job *job;
    struct creds_source **list; /* by index of the customer */
};

/* ---- Whether an object can be read ---- */

struct first_byte {
    bool there;
};

/* The headers say that the object can be read: its body is not wanted. */
static enum err_kind on_begin(void *ctx, const struct s3_meta *meta UNUSED, struct err *e)
{
    struct first_byte *first = ctx;
    first->there = true;
    return err_set(e, FAIL_STOPPED, "the object can be read");
}

static enum err_kind on_body(void *ctx UNUSED, struct span bytes UNUSED, struct err *e UNUSED)
{
    return FAIL_NONE;
}

/* Read as the worker does: a list after a denial, the current version for one that is gone. */
static enum err_kind read_as_worker(struct s3 *s3, const struct s3_object *o,
                                    struct creds_source *session, struct err *e)
{
    struct first_byte first = {.there = false};
    const struct s3_consumer consumer = {.ctx = &first, .begin = on_begin, .body = on_body};
    enum err_kind kind = s3_get(s3, o, session, &consumer, e);
    if (first.there) {
        err_clear(e);
        return FAIL_NONE;
    }
    return kind;
}

/*
 * Whether the worker may come to another result. S3 denies a key that does not exist, and has no
 * byte 0 of an empty object.
 */
static bool is_unclear(const struct err *e)
{
    return e->kind == FAIL_DENIED || e->kind == FAIL_GONE || e->kind == FAIL_SUPERSEDED ||
           strcmp(e->code, "InvalidRange") == 0;
}

static enum err_kind probe(void *ctx, const struct customer_conf *customer,
                           const struct notification_record *record, struct err *e)
{
    struct s3_peek peek;
    struct sessions *s = ctx;
    struct creds_source **session = &s->list[customer - s->job->conf->customers];
    if (*session == NULL) {
        *session =
            session_new(customer, s->job->own, &s->job->creds_settings, SESSION_RESTRICTED, e);
    }
    if (*session == NULL) {
        return e->kind;
    }
    struct s3_object o = {
        .bucket = span_str(customer->bucket),
        .key = record->key,
        .version_id = customer->versioned ? record->version_id : SPAN(""),
        .region = span_str(customer->region),
        .access_point = span_str(customer->access_point),
        .owner = span_str(customer->account_id),
        .request_payer = customer->request_payer,
    };
    enum err_kind kind = s3_peek(s->job->s3, &o, *session, 1, &peek, e);
    /* the connection of a peek is kept, that of a transfer which is ended is not */
    return kind != FAIL_NONE && is_unclear(e) ? read_as_worker(s->job->s3, &o, *session, e) : kind;
}

/* ---- The queues ---- */

/* Queues of which there is the same to say: of many, one line. */
struct named {
    size_t count;
    struct buf names; /* the first ones */
};

struct queues {
    struct sqs_queue **list;     /* by index of conf->queues */
    char (*arns)[SQS_ARN_BYTES]; /* of their dead-letter queues; "": none */
    struct named without;        /* ... which have none */
    struct named empty;          /* no message was visible in their dead-letter queue */
    bool any;                    /* one had a message */
};

static void named_add(struct named *n, const char *queue)
{
    if (n->count++ < NAMES) {
        buf_addf(&n->names, "%s%s", n->names.n > 0 ? ", " : "", queue);
    }
}

static void named_say(const struct named *n, const char *of_one, const char *of_many,
                      const char *then)
{
    if (n->count == 1) {
        print_line(stderr, "queue %s: %s%s", n->names.p, of_one, then);
    } else if (n->count > 1) {
        print_line(stderr, "%zu queues: %s: %s%s%s", n->count, of_many, n->names.p,
                   n->count > NAMES ? " and others" : "", then);
    }
}

/* Messages of a customer are in the dead-letter queue of its own queue only. */
static bool is_wanted(const struct job *j, const struct wish *w, size_t queue)
{
    const struct customer_conf *c =
        w->customer != NULL ? conf_customer(j->conf, span_str(w->customer)) : NULL;
    return c == NULL || c->queue == &j->conf->queues[queue];
}

static void say_queue_error(const char *name, const struct err *e)
{
    char shown[NAME_BYTES];
    (void)snprintf(shown, sizeof(shown), "queue %s", name);
    job_say_error(shown, e);
}

/* Find the dead-letter queue of each queue. False: one that is wanted did not answer; printed. */
static bool find_dead(struct job *j, const struct wish *w, struct queues *q)
{
    bool good = true;
    for (size_t i = 0; i < j->conf->queue_count; i++) {
        struct err e = {0};
        struct sqs_attributes a;
        bool wanted = is_wanted(j, w, i); /* others may have the same dead-letter queue */
        q->list[i] = job_queue(j, &j->conf->queues[i]);
        if (q->list[i] == NULL || sqs_get_attributes(q->list[i], &a, &e) != FAIL_NONE) {
            if (q->list[i] != NULL && wanted) {
                say_queue_error(j->conf->queues[i].name, &e);
            }
            good = good && !wanted;
            continue;
        }
        memcpy(q->arns[i], a.dead_letter_arn, sizeof(a.dead_letter_arn));
        if (a.dead_letter_arn[0] == '\0' && wanted) {
            named_add(&q->without, j->conf->queues[i].name);
        }
    }
    named_say(&q->without, "has no dead-letter queue", "have no dead-letter queue", "");
    return good;
}

/* ---- One dead-letter queue ---- */

static void add_group(const struct redrive_group *g, bool json, struct buf *out)
{
    const char *id = g->customer != NULL ? g->customer->id : "";
    if (json) {
        buf_add(out, SPAN("{\"customer\":"));
        control_quote(out, span_str(id));
        buf_addf(out, ",\"class\":\"%s\",\"code\":", redrive_class(g->kind));
        control_quote(out, span_str(g->code));
        buf_addf(out, ",\"messages\":%llu,\"sent\":%llu,\"lost\":%llu,\"example\":",
                 (unsigned long long)g->messages, (unsigned long long)g->sent,
                 (unsigned long long)g->lost);
        control_quote(out, span_str(g->example));
        buf_add(out, SPAN("}\n"));
        return;
    }
    buf_addf(out, "%-20s %-10s %-24s %9llu messages, %9llu sent back, such as ",
             g->customer != NULL ? id : "(no customer)", redrive_class(g->kind),
             g->code[0] != '\0' ? g->code : "-", (unsigned long long)g->messages,
             (unsigned long long)g->sent);
    visible_add(out, span_str(g->example));
    buf_add_byte(out, '\n');
}

static void run_to_end(struct redrive *r, enum redrive_state *state, struct err *e)
{
    do {
        *state = redrive_next(r, clock_mono_ms(&clock_system), e);
        if (*state == REDRIVE_WAIT) {
            job_sleep_ms(redrive_wait_ms(r));
        }
    } while (*state == REDRIVE_MORE || *state == REDRIVE_WAIT);
    redrive_end(r);
}

/* *any: it had a message. */
static int redrive_one(struct redrive_settings *s, bool json, bool *any)
{
    struct err e = {0};
    size_t count = 0;
    enum redrive_state state = REDRIVE_MORE;
    struct buf out = BUF_INIT(OUT_BYTES);
    OWNED(redrive) struct redrive *r = redrive_new(s);
    run_to_end(r, &state, &e);
    const struct redrive_group *groups = redrive_groups(r, &count);
    for (size_t i = 0; i < count; i++) {
        add_group(&groups[i], json, &out);
    }
    int status = print_and_free(&out);
    *any = count > 0 || state == REDRIVE_FAILED;
    if (state == REDRIVE_FAILED) {
        job_say_error("redrive", &e);
        return STATUS_FAILED;
    }
    if (redrive_lost(r) > 0) {
        print_line(stderr,
                   "redrive: %llu messages were visible again before they were deleted: they are "
                   "still in the dead-letter queue, and those that were sent may be sent twice",
                   (unsigned long long)redrive_lost(r));
        status = STATUS_FAILED;
    }
    if (redrive_cut(r)) {
        print_line(stderr, "redrive: ended after %d minutes; more may be left: start it again",
                   REDRIVE_RUN_MS / 60000);
        return STATUS_FAILED;
    }
    return status;
}

/* The dead-letter queue with this ARN, and the queues that it is of. */
static int redrive_queue(struct job *j, const struct wish *w, struct queues *q, size_t first)
{
    struct err e = {0};
    struct buf url = BUF_INIT(URL_BYTES);
    struct sessions sessions = {.job = j};
    const struct queue_conf *source = &j->conf->queues[first];
    if (!job_dead_url(source->url, q->arns[first], &url)) {
        print_line(stderr, "queue %s: its dead-letter queue %s has no URL beside it", source->name,
                   q->arns[first]);
        buf_done(&url);
        return STATUS_FAILED;
    }
    struct sqs_queue *dead = sqs_queue_new(&j->sqs, url.p, source->region, &e);
    struct sqs_queue **of = mem_zeros(j->conf->queue_count, sizeof(struct sqs_queue *));
    sessions.list = mem_zeros(j->conf->customer_count, sizeof(struct creds_source *));
    for (size_t i = 0; i < j->conf->queue_count; i++) {
        of[i] = strcmp(q->arns[i], q->arns[first]) == 0 ? q->list[i] : NULL;
    }
    int status = STATUS_FAILED;
    if (dead == NULL) {
        say_queue_error(source->name, &e);
    } else {
        bool any = false;
        struct redrive_settings s = {.conf = j->conf,
                                     .dead = dead,
                                     .queues = of,
                                     .only_customer = w->customer,
                                     .only_class = w->class,
                                     .dry_run = w->dry_run,
                                     .per_s = w->usual.per_s,
                                     .probe = probe,
                                     .ctx = &sessions};
        status = redrive_one(&s, w->usual.json, &any);
        if (!any) {
            named_add(&q->empty, source->name);
        }
        q->any = q->any || any;
    }
    for (size_t i = 0; i < j->conf->customer_count; i++) {
        creds_source_free(sessions.list[i]);
    }
    free((void *)sessions.list);
    free((void *)of);
    sqs_queue_free(dead);
    buf_done(&url);
    return status;
}

static bool is_first_with(const struct queues *q, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(q->arns[i], q->arns[at]) == 0) {
            return false;
        }
    }
    return q->arns[at][0] != '\0';
}

static void say_end(const struct wish *w, const struct queues *q)
{
    bool none_sent = !q->any && !w->dry_run;
    named_say(&q->empty, "no message is visible in its dead-letter queue",
              "no message is visible in their dead-letter queues",
              none_sent ? "; nothing was sent" : "");
    if (w->dry_run && q->any) {
        print_line(stderr, "dry run: nothing was sent. The messages were hidden while they were "
                           "read, so the number of visible ones was lower until now");
    }
}

static int redrive_all(struct job *j, const struct wish *w)
{
    size_t count = j->conf->queue_count;
    struct queues q = {.list = mem_zeros(count, sizeof(struct sqs_queue *)),
                       .arns = mem_zeros(count, sizeof(*q.arns)),
                       .without.names = BUF_INIT(NAMES_BYTES),
                       .empty.names = BUF_INIT(NAMES_BYTES)};
    int status = find_dead(j, w, &q) ? STATUS_OK : STATUS_FAILED;
    for (size_t i = 0; i < count; i++) {
        bool read =
            w->customer != NULL ? is_wanted(j, w, i) && q.arns[i][0] != '\0' : is_first_with(&q, i);
        if (read && redrive_queue(j, w, &q, i) != STATUS_OK) {
            status = STATUS_FAILED;
        }
    }
    say_end(w, &q);
    for (size_t i = 0; i < count; i++) {
        sqs_queue_free(q.list[i]);
    }
    buf_done(&q.without.names);
    buf_done(&q.empty.names);
    free((void *)q.list);
    free(q.arns);
    return status;
}

static bool known_class(const char *name)
{
    for (int k = 0; k < FAIL_KINDS; k++) {
        if (strcmp(redrive_class((enum err_kind)k), name) == 0) {
            return true;
        }
    }
    return false;
}

static const char text[] =
    "Read the dead-letter queues of all queues of the configuration, and try one byte of each\n"
    "message's object as the worker reads it. Print the messages by customer, class and AWS's "
    "code\n"
    "of the result now ('readable' if it can be read), with an example. Messages that belong to a\n"
    "customer, and are chosen, are sent back to their queue and then deleted; others stay.\n"
    "A command that is killed loses nothing, and may send some twice.\n"
    "Exit status: 0 all was read; 1 not; 2 wrong usage.";

int app_redrive(int argc, char **argv)
{
    struct operands rest;
    struct job job;
    struct wish w = {.usual.per_s = DEFAULT_PER_S};
    const struct option options[] = {
        job_option_config(&w.usual),
        {.name = "dry-run",
         .text = "Send nothing back; only show what there is.",
         .flag = &w.dry_run},
        {.name = "customer",
         .value = "ID",
         .text = "Only messages of this customer.",
         .to = &w.customer},
        {.name = "class",
         .value = "CLASS",
         .text = "Only messages of this class: readable, gone, denied, kms, archived, ...",
         .to = &w.class},
        job_option_rate(&w.usual, "Most messages a second (100); 0: no limit."),
        job_option_json(&w.usual, "One JSON object per group."),
    };
    const struct usage usage = {"redrive", "", text, options, sizeof(options) / sizeof(options[0])};
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (w.usual.config == NULL || rest.count != 0) {
        return usage_wrong(&usage, "%s",
                           w.usual.config == NULL ? "needs -c FILE" : "takes no operands");
    }
    if (!job_read_number(w.usual.rate, &w.usual.per_s)) {
        return usage_wrong(&usage, "--rate is a number of messages a second");
    }
    if (w.class != NULL && !known_class(w.class)) {
        return usage_wrong(&usage, "--class: there is no class %s", w.class);
    }
    status = STATUS_FAILED;
    if (job_open(&job, w.usual.config, NULL)) {
        job.shared = s3_shared_new();
        job.s3_settings = aws_s3_settings(job.conf, job.shared);
        job.s3 = s3_new(&job.s3_settings);
        if (w.customer != NULL && conf_customer(job.conf, span_str(w.customer)) == NULL) {
            print_line(stderr, "customer %s is not in the configuration", w.customer);
        } else {
            status = redrive_all(&job, &w);
        }
    }
    job_close(&job);
    return status;
}
