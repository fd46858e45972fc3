/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the table of checks of a customer, and the line that each check gives.
 *
 *     for (size_t i = 0; i < verify_check_count; i++) ... verify_checks[i].name ...
 *
 * The names are stable: scripts and alerts may use them. docs/verify.md has the table.
 */
#ifndef VERIFY_CHECK_H
#define VERIFY_CHECK_H

#include "base/buf.h"
#include "base/err.h"

enum verify_state {
    VERIFY_OK,
    VERIFY_WARN, /* works, or is not proved for a reason that may be accepted */
    VERIFY_FAIL,
    VERIFY_SKIP, /* cannot be tried, or does not concern this customer */
    VERIFY_STATES
};

/* "ok", "warn", "FAIL", "skip". Never NULL. */
const char *verify_state_name(enum verify_state s);

enum { VERIFY_TRIED_BYTES = 1400, VERIFY_FOUND_BYTES = 400, VERIFY_STATEMENTS = 2 };

struct verify_subject; /* what a check works with (src/verify/verify_priv.h) */
struct verify_check;

/* The result of one check. */
struct verify_line {
    const struct verify_check *check;
    enum verify_state state;
    char tried[VERIFY_TRIED_BYTES]; /* what was tried; "" if nothing */
    char found[VERIFY_FOUND_BYTES]; /* what came of it, or why it was not tried; may be "" */
    const char *change;             /* what to change, in place of the check's; NULL: that */
    bool unneeded;                  /* skipped, because there is nothing that could be tried */
    bool accepted;                  /* a warning that the configuration accepts */
    bool disproved;                 /* what must be denied was allowed */
    struct err err; /* AWS's error with its ids, also of a denial that the check requires */
};

/* A statement that makes a check pass: of a document of etc/aws/ or etc/onboard/. */
struct verify_statement {
    const char *where; /* the policy that it belongs to; NULL: none */
    const char *document;
    size_t at; /* its place in the document */
};

/* A service whose answer a check needs. */
enum verify_service { ASKS_NONE, ASKS_STS, ASKS_S3, ASKS_SQS, VERIFY_SERVICES };

struct verify_check {
    const char *name;         /* "role.assume" */
    const char *proves;       /* one sentence */
    const char *change;       /* what to change, and where, if it fails */
    bool of_worker;           /* made once, not for each customer */
    bool of_canary;           /* made only if it is asked for */
    bool must_fail;           /* it is good if AWS denies what is tried */
    enum verify_service asks; /* it is skipped if that service did not answer an earlier check */
    void (*run)(struct verify_subject *s, struct verify_line *out);
    struct verify_statement statements[VERIFY_STATEMENTS];
};

extern const struct verify_check verify_checks[];
extern const size_t verify_check_count;

/* What to change: of the line, else of its check. Statements belong to that of the check only. */
const char *verify_change(const struct verify_line *l);

/* The table as Markdown, for docs/verify.md. */
void verify_table(struct buf *out);

#endif
