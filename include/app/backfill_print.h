/* SPDX-License-Identifier: Apache-2.0 */
/* backfill_print.h - the result of a backfill, for a person or as JSON. */
#ifndef APP_BACKFILL_PRINT_H
#define APP_BACKFILL_PRINT_H

#include "jobs/choice.h"

struct backfill_report {
    const struct customer_conf *customer;
    struct span below;
    const char *job;
    bool dry_run;
    const struct tally *tally;
    struct estimate estimate;
};

/* Print to standard output. Returns the exit status. */
MUST_USE int backfill_print(const struct backfill_report *r, bool json);

/* The text. */
void backfill_text(const struct backfill_report *r, bool json, struct buf *out);

#endif
