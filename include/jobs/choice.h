/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choice.h - whether a job about a customer's objects takes an object of a list, and the counts of
 * it.
 *
 *     enum choice c = choose(customer, &range, &entry);
 *     tally_add(&tally, c, &entry);
 *     if (c == CHOICE_TAKEN) ...
 *
 * Pure. Threads: any.
 */
#ifndef JOBS_CHOICE_H
#define JOBS_CHOICE_H

#include "codec/s3_page.h"
#include "conf/conf.h"

enum choice {
    CHOICE_TAKEN,
    CHOICE_ARCHIVED,   /* in an archive: it cannot be read before it is restored */
    CHOICE_IGNORED,    /* by `only` and `ignore` of the customer */
    CHOICE_FOLDER,     /* an empty object with the name of a folder */
    CHOICE_RANGE,      /* not of the requested time */
    CHOICE_OUTSIDE,    /* not below the prefix: it is never sent */
    CHOICE_UNREADABLE, /* the key is not UTF-8, or longer than S3 allows */
    CHOICES
};

/* "archived", as in texts and JSON. */
extern const char *const choice_names[CHOICES];

struct range {
    struct span below; /* the customer's prefix, or one below it, with a slash at its end */
    int64_t from_ns;   /* LastModified at this time or later; 0: no limit */
    int64_t to_ns;     /* ... and before this time; 0: no limit */
};

enum choice choose(const struct customer_conf *customer, const struct range *range,
                   const struct s3_entry *entry);

struct tally {
    uint64_t objects[CHOICES];
    uint64_t bytes; /* of those that are taken; unknown sizes count as 0 */
};

void tally_add(struct tally *t, enum choice c, const struct s3_entry *entry);
uint64_t tally_all(const struct tally *t);

/* ---- What a backfill costs ---- */

/*
 * The requests that a backfill of these objects needs, from the list to the delete, and AWS's price
 * for them in US dollars (us-east-1, list price of November 2026, without the free tier). Retries,
 * decryption by KMS, and data that leaves the region are not in it.
 */
struct estimate {
    uint64_t lists, sends, asks, receives, deletes, gets; /* asks: for the room in the queue */
    double dollars;
};

/* listed: the objects are from ListObjectsV2, not from a file. */
struct estimate estimate_of(const struct tally *t, bool listed);

#endif
