/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors.h - the tables of errors as texts for people: which class an error of AWS has
 * (codec/fault.h and the services' own), and what becomes of it (settle/outcome.h).
 */
#ifndef APP_ERRORS_H
#define APP_ERRORS_H

#include "base/buf.h"

enum errors_form {
    ERRORS_TEXT,     /* columns for a terminal */
    ERRORS_MARKDOWN, /* docs/errors.md */
    ERRORS_MAN,      /* a part of docs/asymptote-ingest.1 */
};

/* Both tables; of the manual's part only the second. */
void errors_text(struct buf *out, enum errors_form form);

/* Which class an error of AWS has. */
void error_codes_text(struct buf *out, enum errors_form form);

#endif
