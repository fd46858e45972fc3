/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors.h - the error tables as texts for people: the class of each AWS error code (codec/fault.h
 * and the tables of the services), and the outcome of each class (settle/outcome.h).
 */
#ifndef APP_ERRORS_H
#define APP_ERRORS_H

#include "base/buf.h"

enum errors_form {
    ERRORS_TEXT,     /* columns for a terminal */
    ERRORS_MARKDOWN, /* docs/errors.md */
    ERRORS_MAN,      /* a section of docs/asymptote-ingest.1 */
};

/* Both tables; ERRORS_MAN: only the second. */
void errors_text(struct buf *out, enum errors_form form);

/* The class of each AWS error code. */
void error_codes_text(struct buf *out, enum errors_form form);

#endif
