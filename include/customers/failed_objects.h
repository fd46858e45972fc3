/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failed_objects.h - the objects of a customer that can never be delivered as they are: unreadable
 * objects, decompression bombs, and objects above limits.reject_share. Their messages are received
 * several times before the dead-letter queue has them. A version that is remembered here is not
 * read again, and its events are not produced again.
 *
 *     failed_objects_add(customer, &object);                  // its records are acknowledged
 *     ...
 *     if (failed_objects_know(customer, name) && ... HEAD gives the current version ...
 *         && failed_objects_recall(customer, name, version, last, &before)) ... do not read ...
 *
 * All customers together have FAILED_OBJECTS_BYTES (conf/sizes.h), shared by the rule of
 * base/share.h; a customer remembers at most FAILED_OBJECTS objects. Its oldest one is forgotten
 * first, and then read again. Another configuration of the customer remembers nothing, since it may
 * read what failed before. Other processes do not know what this one remembers.
 *
 * Threads: any.
 */
#ifndef CUSTOMERS_FAILED_OBJECTS_H
#define CUSTOMERS_FAILED_OBJECTS_H

#include "base/buf.h"
#include "customers/customers.h"

enum {
    FAILED_OBJECTS = 1024,
};

/* The result of reading one version of an object. */
struct failed_read {
    struct err err; /* kind and text are kept */
    uint64_t lines, events, rejects, bytes;
    struct buf waiting; /* packed rejects that the last receive produces (event/reading.h) */
};

/* Remember a copy. name: "s3://bucket/key". Takes the memory of read->waiting. */
void failed_objects_add(struct customer *c, struct span name, struct span version,
                        struct failed_read *read);

/* Whether a version of the object is remembered. */
MUST_USE bool failed_objects_know(struct customer *c, struct span name);

/*
 * The result of this version. last: *out also gets the rejects that wait, which the caller releases
 * with buf_done; they are not remembered any longer. False: it is not remembered.
 */
MUST_USE bool failed_objects_recall(struct customer *c, struct span name, struct span version,
                                    bool last, struct failed_read *out);

#endif
