/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what is known of a customer that is brought in (docs/reference/onboarding.md §1). All
 * documents are rendered from it (onboard/render.h).
 *
 *     OWNED(model) struct model *m = model_new();
 *     model_set(m, MODEL_BUCKET, SPAN("acme-agent-events"));
 *     ...
 *     model_finish(m);                           // a prefix that is a URL, defaults, derived
 * values if (!model_check(m, &problems)) ...        // one line for each value that cannot work
 *
 * Every value is a text. The table of the fields is the only place with their names: as options,
 * as members of customer.json, as questions and as keys of the customer's entry.
 *
 * Threads: one at a time per object.
 */
#ifndef ONBOARD_MODEL_H
#define ONBOARD_MODEL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum model_field {
    MODEL_ID,
    MODEL_ACCOUNT,
    MODEL_BUCKET,
    MODEL_PREFIX,
    MODEL_REGION,
    MODEL_KMS_KEY,
    MODEL_VERSIONED, /* "true" or "false" */
    MODEL_VIA,       /* "s3", "sns" or "eventbridge" */
    MODEL_ACCESS_POINT,
    MODEL_QUEUE, /* name of a queue of the configuration */
    MODEL_WORKER_ROLE,
    MODEL_FORMAT,
    MODEL_CADENCE,
    MODEL_VOLUME,
    MODEL_EXTERNAL_ID,
    MODEL_ROLE,      /* the customer's role */
    MODEL_QUEUE_URL, /* of MODEL_QUEUE, from the configuration */
    MODEL_QUEUE_ARN, /* derived from the URL and the region of the queue */
    MODEL_FIELDS
};

struct model_row {
    const char *name;     /* in customer.json; as an option with dashes */
    const char *key;      /* in the customer's entry; NULL: none */
    const char *standard; /* the default; NULL: none */
    const char *question; /* NULL: is not a question, nor an option */
    const char *reason;   /* why it is needed */
    const char *example;
    bool required;
    const char *(*refuse)(const char *text); /* why a text is refused, or NULL */
};
extern const struct model_row model_rows[MODEL_FIELDS];

struct model {
    char *values[MODEL_FIELDS]; /* never NULL; "": not known */
    char *prefix_written;       /* as it was given last, before model_finish_place */
};

struct model *model_new(void);
void model_free(struct model *m);
DEFINE_OWNED(model);

const char *model_get(const struct model *m, enum model_field f);
void model_set(struct model *m, enum model_field f, struct span text);
bool model_has(const struct model *m, enum model_field f); /* it is not "" */

/*
 * Set what is derived: bucket and path of a prefix that is a URL, defaults, the ARN of the
 * customer's role unless it is known.
 */
void model_finish(struct model *m);

/* Of these, bucket and prefix only: s3://BUCKET/PATH as the prefix gives the bucket too. */
void model_finish_place(struct model *m);

/* 128 random bits in hexadecimal, as the external id. */
void model_new_external_id(struct model *m);

/*
 * Check each value, and the values with each other. False: one cannot work; a line "NAME: reason"
 * is appended for each.
 */
MUST_USE bool model_check(const struct model *m, struct buf *problems);

/* Append a line "NAME: note" for each value that can work and may not be what was meant. */
void model_add_notes(const struct model *m, struct buf *out);

/* Name of the customer's role: with the beginning of the external id, without its path. */
void model_add_role_name(const struct model *m, struct buf *out);

/* The partition of the customer's region, as in ARNs: "aws-cn". */
const char *model_partition(const struct model *m);

/*
 * Read customer.json: texts and true or false. Members that are there replace values. FAIL_DATA: it
 * is not such an object, or has a member that is not known; the model may be changed in part.
 */
MUST_USE enum err_kind model_read(struct model *m, struct span text, struct err *e);

/* Append customer.json: the values that are known. */
void model_write(const struct model *m, struct buf *out);

#endif
