/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h - all documents of a customer, rendered from the model.
 *
 *     OWNED(render) struct render *r = render_new(model, conf);
 *     struct render_file file;
 *     while (render_next(r, &file)) {
 *         ... write file.text to file.path in the customer's folder ...
 *     }
 *
 * The policies are the files of etc/aws/, which docs/aws.md shows; the others are in etc/onboard/.
 * The same model and configuration always give the same bytes.
 *
 * Ownership: the render borrows model and configuration. Threads: one at a time per object.
 */
#ifndef ONBOARD_RENDER_H
#define ONBOARD_RENDER_H

#include "conf/conf.h"
#include "onboard/model.h"
#include "onboard/tree.h"

enum { QUEUE_POLICY_STATEMENTS = 20 /* limit of SQS */ };

struct render_file {
    const char *path; /* below the customer's folder: "customer/role-policy.json" */
    struct span text; /* valid until the next call */
    bool script;      /* to be executable */
};

struct render;

/*
 * The model has passed model_check. conf has the other customers of the queue, for the queue's
 * policy; it may have an older entry of the same customer, which is not used. NULL: there are no
 * others.
 */
struct render *render_new(const struct model *m, const struct conf *conf);
void render_free(struct render *r);
DEFINE_OWNED(render);

/* The next file. False: there are no more. */
MUST_USE bool render_next(struct render *r, struct render_file *out);

/* Number of customers of the queue, including this one. */
size_t render_queue_customers(const struct model *m, const struct conf *conf);

/* The entry that the customer's bucket gets (etc/aws/notification.json or its alternatives). */
struct json_object *render_notification(const struct render *r);

/* The id of that entry, unique for each customer. */
const char *render_notification_id(const struct render *r);

/*
 * Append the customer's entry for customers.d/. `before` is its text so far, "" if there is none:
 * lines of keys that are not part of the model are kept.
 */
void render_entry(const struct model *m, struct span before, struct buf *out);

/* Append a prefix as a filter of notifications requires it: a space is '+', others are %XX. */
void render_filter(struct buf *out, struct span prefix);

#endif
