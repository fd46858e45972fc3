/* SPDX-License-Identifier: Apache-2.0 */
/* `backfill`: objects that exist already, as messages to the customer's queue. */
#include "app/app.h"

#include "app/backfill_print.h"
#include "app/job.h"
#include "app/options.h"
#include "app/print.h"
#include "jobs/backfill.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    PREFIX_BYTES = 1024,
};

struct wish {
    struct job_wish usual;
    const char *start_after, *inventory, *keys, *path;
    bool dry_run;
    struct range range; /* .below: of `below` */
    struct buf below;
};

/* ---- The source ---- */

static bool skip(struct keys *k, uint64_t entries, struct err *e)
{
    struct s3_entry entry;
    for (uint64_t i = 0; i < entries; i++) {
        if (!keys_next(k, &entry, e)) {
            return false;
        }
    }
    return true;
}

/* The source from the checkpoint on. NULL: the reason was printed. */
static struct keys *open_keys(struct job *j, const struct wish *w, const struct checkpoint *at)
{
    struct err e = {0};
    struct keys *k = NULL;
    bool list = w->inventory == NULL && w->keys == NULL;
    if (list) {
        struct span after = span_of(at->last, at->last_bytes);
        if (after.n == 0 && w->start_after != NULL) {
            after = span_str(w->start_after);
        }
        return keys_of_list(j->s3, j->customer, buf_span(&w->below), j->reader, after);
    }
    k = w->inventory != NULL ? keys_of_inventory(w->inventory, span_str(j->customer->bucket), &e)
                             : keys_of_text(stdin);
    if (k == NULL || !skip(k, at->position, &e)) {
        if (e.kind == FAIL_NONE) {
            (void)err_set(&e, FAIL_CONFIG, "the source is shorter than at the checkpoint");
        }
        job_say_error("backfill", &e);
        keys_free(k);
        return NULL;
    }
    return k;
}

/* ---- A pass over it ---- */

/* Count what there is to send, in a pass of its own. */
static bool count_all(struct job *j, const struct wish *w, struct checkpoint *at)
{
    struct checkpoint counted = {.counted = false};
    struct buf outside = BUF_INIT(PREFIX_BYTES);
    OWNED(keys) struct keys *keys = open_keys(j, w, &counted);
    struct backfill_settings s = {.customer = j->customer, .range = w->range, .at = &counted};
    bool good = keys != NULL && job_pass("backfill", "counting", &s, keys, &outside);
    at->total = counted.done;
    at->counted = good;
    buf_done(&outside);
    return good;
}

static bool send_all(struct job *j, const struct wish *w, struct checkpoint *at,
                     struct buf *outside)
{
    OWNED(sqs_queue) struct sqs_queue *queue = job_queue(j, j->customer->queue);
    OWNED(keys) struct keys *keys = queue != NULL ? open_keys(j, w, at) : NULL;
    struct backfill_settings s = {.customer = j->customer,
                                  .range = w->range,
                                  .queue = queue,
                                  .per_s = w->usual.per_s,
                                  .queue_room = w->usual.queue_room,
                                  .path = w->path,
                                  .at = at};
    if (keys == NULL || job_pass("backfill", "sending", &s, keys, outside)) {
        return keys != NULL;
    }
    print_line(stderr,
               w->path != NULL ? "backfill: start the same command again to go on from %s"
                               : "backfill: without --checkpoint it begins again%s",
               w->path != NULL ? w->path : "");
    return false;
}

/* ---- The checkpoint ---- */

/* What distinguishes this job from another one. */
static void describe(const struct job *j, const struct wish *w, char out[JOB_WHAT_BYTES + 1])
{
    const char *source = w->inventory != NULL ? w->inventory : w->keys != NULL ? "keys" : "list";
    (void)snprintf(out, JOB_WHAT_BYTES + 1,
                   "customer %s, s3://%s/%.1024s, from %lld, to %lld, after %.1024s, %.1024s",
                   j->customer->id, j->customer->bucket, w->below.p, (long long)w->range.from_ns,
                   (long long)w->range.to_ns, w->start_after != NULL ? w->start_after : "", source);
}

/* Load the checkpoint, or begin one. False: the reason was printed. */
static bool begin(const struct job *j, const struct wish *w, struct checkpoint *at)
{
    struct err e = {0};
    char what[JOB_WHAT_BYTES + 1];
    describe(j, w, what);
    enum err_kind kind = w->path != NULL ? checkpoint_load(w->path, at, &e) : FAIL_GONE;
    if (kind == FAIL_GONE) {
        *at = (struct checkpoint){.counted = false};
        job_new_id(at->job);
        memcpy(at->what, what, sizeof(what));
        return true;
    }
    if (kind == FAIL_NONE && strcmp(at->what, what) == 0) {
        return true;
    }
    if (kind == FAIL_NONE) {
        print_line(stderr, "backfill: %s is the checkpoint of another job: %s", w->path, at->what);
    } else {
        job_say_error("backfill", &e);
    }
    return false;
}

/* ---- The command ---- */

static int finish(const struct job *j, const struct wish *w, const struct checkpoint *at,
                  struct buf *outside)
{
    const struct tally *t = w->dry_run ? &at->total : &at->done;
    struct backfill_report r = {.customer = j->customer,
                                .below = buf_span(&w->below),
                                .job = at->job,
                                .dry_run = w->dry_run,
                                .tally = t,
                                .estimate =
                                    estimate_of(t, w->inventory == NULL && w->keys == NULL)};
    int status = backfill_print(&r, w->usual.json);
    uint64_t refused = t->objects[CHOICE_OUTSIDE] + t->objects[CHOICE_UNREADABLE];
    if (refused > 0) {
        print_line(stderr, "backfill: %llu keys refused: not below %s, or not readable%s%.200s",
                   (unsigned long long)refused, w->below.p, outside->n > 0 ? "; first: " : "",
                   outside->n > 0 ? outside->p : "");
    }
    return refused > 0 ? STATUS_FAILED : status;
}

static int backfill_customer(struct job *j, const struct wish *w)
{
    struct checkpoint at;
    struct buf outside = BUF_INIT(PREFIX_BYTES);
    if (!begin(j, w, &at)) {
        return STATUS_FAILED;
    }
    if (at.finished) {
        print_line(stderr,
                   "backfill: this job is finished according to %s: nothing is sent now, and what "
                   "was sent then is shown. To send all again, remove the file",
                   w->path);
    }
    bool can_count = w->keys == NULL || w->dry_run; /* standard input is read once */
    bool good = at.counted || !can_count || count_all(j, w, &at);
    if (good && !w->dry_run && !at.finished) {
        good = send_all(j, w, &at, &outside);
    }
    int status = good ? finish(j, w, &at, &outside) : STATUS_FAILED;
    buf_done(&outside);
    return status;
}

/* NULL: the options are valid. */
static const char *check(struct wish *w)
{
    const char *wrong = job_check_wish(&w->usual, &w->range);
    if (wrong != NULL) {
        return wrong;
    }
    if (w->keys != NULL && strcmp(w->keys, "-") != 0) {
        return "--keys takes only -, standard input";
    }
    if ((w->keys != NULL) + (w->inventory != NULL) + (w->start_after != NULL) > 1) {
        return "only one of --keys, --inventory and --start-after";
    }
    if (w->keys != NULL && (w->usual.from != NULL || w->usual.to != NULL)) {
        return "--from and --to need times, which --keys has not";
    }
    return NULL;
}

static const char text[] =
    "Send messages for objects that exist already to the customer's queue, as S3 would have sent\n"
    "them, so that the worker reads them. Archived and ignored objects are skipped. Of the\n"
    "customer's bucket only keys are listed, by its role. First the objects are counted. With\n"
    "--checkpoint, a command that was ended by SIGTERM or SIGINT goes on where it was, and\n"
    "repeats at most 10 objects; one that was killed repeats at most 1,000. Objects that were "
    "delivered before are delivered again.\n"
    "Exit status: 0 all were sent; 1 not, or keys were refused; 2 wrong usage.";

int app_backfill(int argc, char **argv)
{
    struct operands rest;
    struct job job;
    struct wish w = {.below = BUF_INIT(PREFIX_BYTES)};
    const struct option options[] = {
        job_option_config(&w.usual),
        {.name = "dry-run", .text = "Only count; print requests and costs.", .flag = &w.dry_run},
        job_option_from(&w.usual, "Only objects modified then or later."),
        job_option_to(&w.usual, "Only objects modified before."),
        job_option_prefix(&w.usual),
        {.name = "start-after",
         .value = "KEY",
         .text = "List from the key after this one on.",
         .to = &w.start_after},
        {.name = "inventory",
         .value = "MANIFEST",
         .text = "Keys from an S3 Inventory (CSV): its manifest.json, with the data files by it.",
         .to = &w.inventory},
        {.name = "keys",
         .value = "-",
         .text = "Keys from standard input, one a line.",
         .to = &w.keys},
        job_option_rate(&w.usual, "Most messages a second (1000); 0: no limit."),
        job_option_room(&w.usual),
        {.name = "checkpoint",
         .value = "FILE",
         .text = "Keep there how far it has come.",
         .to = &w.path},
        job_option_json(&w.usual, "The result as a JSON object."),
    };
    const struct usage usage = {"backfill", "CUSTOMER", text, options,
                                sizeof(options) / sizeof(options[0])};
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    const char *wrong = check(&w);
    wrong = wrong != NULL ? wrong : job_check_operands(&w.usual, &rest);
    if (wrong != NULL) {
        return usage_wrong(&usage, "%s", wrong);
    }
    status = STATUS_FAILED;
    if (job_open(&job, w.usual.config, rest.list[0])) {
        if (job_prefix(job.customer, w.usual.prefix, &w.below)) {
            w.range.below = buf_span(&w.below);
            status = backfill_customer(&job, &w);
        } else {
            status = usage_wrong(&usage, "--prefix is not below %s/", job.customer->prefix);
        }
    }
    job_close(&job);
    buf_done(&w.below);
    return status;
}
