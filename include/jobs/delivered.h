/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivered.h - what became of objects, by customer, key and ETag, from the ops events.
 *
 *     OWNED(delivered) struct delivered *d = delivered_new(DELIVERED_MAX);
 *     delivered_add(d, &object, DELIVERED_DONE);
 *     switch (delivered_find(d, &object)) ...
 *
 * It has 16 bytes for each version of an object that is done and for each object that is not, in a
 * table that is at most three quarters full: about 21 to 43 bytes for each. Keys are kept as hashes
 * with a random seed: two of a million objects are confused with a probability of 1 in 18 millions,
 * and the object is then taken for delivered. Of a key the last DELIVERED_VERSIONS versions count.
 *
 * Threads: one at a time; delivered_find of a set that is not changed any more: any.
 */
#ifndef JOBS_DELIVERED_H
#define JOBS_DELIVERED_H

#include "base/buf.h"
#include "base/own.h"

enum {
    DELIVERED_VERSIONS = 8,
    DELIVERED_MAX =
        12 * 1024 * 1024, /* entries: a table of 256 MiB, and half of it while it grows */
};

enum delivered_state {
    DELIVERED_NOT,   /* nothing is known */
    DELIVERED_OTHER, /* another version is done */
    DELIVERED_DONE,
    DELIVERED_LATER, /* its message is received again after a delay */
    DELIVERED_LEFT,  /* its message stays for the dead-letter queue */
    DELIVERED_DEAD,  /* its message is in the dead-letter queue */
};

struct delivered_object { /* etag: without quotes; "": not known */
    struct span customer, key, etag;
};

struct delivered;

/* The most entries of a table that needs at most so many bytes, also while it grows. */
size_t delivered_max_of(size_t bytes);

struct delivered *delivered_new(size_t max); /* never NULL */
void delivered_free(struct delivered *d);
DEFINE_OWNED(delivered);

/*
 * In the order of the events: one that is done is not later or left any more. state: not
 * DELIVERED_NOT and DELIVERED_OTHER. False: it has `max` entries.
 */
MUST_USE bool delivered_add(struct delivered *d, const struct delivered_object *o,
                            enum delivered_state state);

enum delivered_state delivered_find(const struct delivered *d, const struct delivered_object *o);

size_t delivered_count(const struct delivered *d);

#endif
