/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - what the commands backfill, redrive and reconcile share: the customer, its session, its
 * queue, a pass over its objects, and texts of options.
 *
 *     struct job job;
 *     if (!job_open(&job, path, "acme")) ... the reason was printed; job_close(&job) ...
 */
#ifndef APP_JOB_H
#define APP_JOB_H

#include "app/options.h"
#include "conf/conf.h"
#include "jobs/backfill.h"
#include "jobs/choice.h"
#include "net/creds.h"
#include "net/s3.h"
#include "net/sqs.h"

struct job {
    struct conf *conf;
    const struct customer_conf *customer;
    struct creds_settings creds_settings;
    struct creds_source *own;    /* the worker's credentials */
    struct creds_source *reader; /* the customer's role, as the worker assumes it */
    struct s3_shared *shared;
    struct s3_settings s3_settings;
    struct s3 *s3;
    struct sqs_settings sqs;
};

/*
 * Read the configuration, and find the customer (NULL: the job is about none). False: the reason
 * was printed. In both cases job_close is called at the end.
 */
MUST_USE bool job_open(struct job *j, const char *config, const char *customer);
void job_close(struct job *j);

/* A queue of the configuration. NULL: the reason was printed. */
MUST_USE struct sqs_queue *job_queue(struct job *j, const struct queue_conf *queue);

/* The URL of a dead-letter queue: it is in the account and the region of its source queue. */
MUST_USE bool job_dead_url(const char *url, const char *arn, struct buf *out);

/*
 * Count the objects of a source, or send them, to its end, with a progress on standard error.
 * outside: gets the first key that was not below the prefix. False: the reason was printed.
 */
MUST_USE bool job_pass(const char *command, const char *what, const struct backfill_settings *s,
                       struct keys *keys, struct buf *outside);

/* ---- Options ---- */

/* Texts of the options that several of these commands have, and their values. */
struct job_wish {
    const char *config, *from, *to, *prefix, *rate, *room;
    bool json;
    uint64_t per_s, queue_room; /* by job_check_wish */
};

/* The rows of these options. text: what is the default of the time. */
struct option job_option_config(struct job_wish *w);
struct option job_option_from(struct job_wish *w, const char *text);
struct option job_option_to(struct job_wish *w, const char *text);
struct option job_option_prefix(struct job_wish *w);
struct option job_option_rate(struct job_wish *w, const char *text);
struct option job_option_room(struct job_wish *w);
struct option job_option_json(struct job_wish *w, const char *text);

/*
 * Read their texts; what is not given leaves the range as it is, and per_s and queue_room at
 * their defaults.
 * NULL: they are valid; else what is wrong.
 */
MUST_USE const char *job_check_wish(struct job_wish *w, struct range *range);

/* Why a command that needs a configuration and one customer cannot run; NULL: it can. */
MUST_USE const char *job_check_operands(const struct job_wish *w, const struct operands *rest);

/* "500", "500/s". NULL as text leaves *out unchanged. */
MUST_USE bool job_read_number(const char *text, uint64_t *out);

/* An id for what the job sends, in hexadecimal. */
void job_new_id(char out[JOB_ID_BYTES + 1]);

/*
 * The prefix with a slash at its end: the customer's, or `below`, which must be below it. False: it
 * is not.
 */
MUST_USE bool job_prefix(const struct customer_conf *c, const char *below, struct buf *out);

/* Print an error with AWS's code and request id. */
void job_say_error(const char *command, const struct err *e);

void job_sleep_ms(int64_t ms);

#endif
