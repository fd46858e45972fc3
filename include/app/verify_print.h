/* SPDX-License-Identifier: Apache-2.0 */
/* verify_print.h - prints a report of verify/verify.h for people, or as lines of JSON. */
#ifndef APP_VERIFY_PRINT_H
#define APP_VERIFY_PRINT_H

#include "verify/verify.h"

struct verify_style {
    bool json;
    bool statements; /* for people: also the statements to add */
    bool colour;     /* use escape sequences of a terminal */
};

void verify_print(const struct verify *v, const struct verify_report *r,
                  const struct verify_style *style, struct buf *out);

/* Number of lines by state, as the last line for people. */
void verify_print_counts(const size_t counts[VERIFY_STATES], struct buf *out);

#endif
