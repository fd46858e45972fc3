/* SPDX-License-Identifier: Apache-2.0 */
/* errors.h - the outcome table (flow/outcome.h) as a text for people. */
#ifndef APP_ERRORS_H
#define APP_ERRORS_H

#include "base/buf.h"

/* Columns for a terminal, or docs/errors.md. */
void errors_text(struct buf *out, bool markdown);

#endif
