/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.h - how far a backfill has come, in a file that survives the end of the process.
 *
 *     struct checkpoint c = {0};
 *     kind = checkpoint_load(path, &c, &e);       FAIL_GONE: there is none yet
 *     ...
 *     kind = checkpoint_save(path, &c, &e);       after each page
 *
 * The file is replaced as a whole (written beside it, synchronised, renamed), so that it is never
 * half written. It is JSON. Threads: one at a time.
 */
#ifndef JOBS_CHECKPOINT_H
#define JOBS_CHECKPOINT_H

#include "base/err.h"
#include "jobs/choice.h"

enum {
    JOB_ID_BYTES = 32,
    JOB_WHAT_BYTES = 4096, /* most of the text that says what the job is */
    CHECKPOINT_KEY_BYTES = 1024,
    CHECKPOINT_BYTES = 64 * 1024, /* maximum of the file */
};

struct checkpoint {
    char job[JOB_ID_BYTES + 1];
    char what[JOB_WHAT_BYTES + 1]; /* customer, source and range: only the same job continues */
    bool counted;                  /* total is known */
    struct tally total;            /* of the whole range, counted before the first was sent */
    struct tally done;             /* so far */
    uint64_t position;             /* number of entries of the source that are done */
    char last[CHECKPOINT_KEY_BYTES + 1]; /* the last key that is done */
    size_t last_bytes;
    bool finished;
};

/* FAIL_GONE: there is no such file. FAIL_CONFIG: it cannot be read, or is no checkpoint. */
MUST_USE enum err_kind checkpoint_load(const char *path, struct checkpoint *out, struct err *e);
MUST_USE enum err_kind checkpoint_save(const char *path, const struct checkpoint *c, struct err *e);

/* The content of the file. False: it is no checkpoint. */
void checkpoint_write(struct buf *out, const struct checkpoint *c);
MUST_USE bool checkpoint_read(struct span text, struct checkpoint *out);

#endif
