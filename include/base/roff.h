/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roff.h - texts in the language of manual pages (man(7)).
 *
 *     roff_head(&out, "ASYMPTOTE-INGEST.CONF", 5, "asymptote-ingest.conf", "configuration");
 *     buf_add(&out, SPAN(".SH DESCRIPTION\n"));
 *     roff_text(&out, "One file, given by `-c FILE`.\n\nAnother paragraph.");
 *
 * Pure. Threads: any.
 */
#ifndef BASE_ROFF_H
#define BASE_ROFF_H

#include "base/buf.h"

/* The title line and the section NAME: "name - text". */
void roff_head(struct buf *out, const char *title, int section, const char *name, const char *text);

/*
 * Append a text, so that none of its characters is a request or an escape. `Backquotes` and
 * **asterisks** become bold, an empty line a new paragraph. It ends with a line end.
 */
void roff_text(struct buf *out, const char *text);

/* As roff_text, without a line end, paragraphs or bold: for a part of a line. */
void roff_word(struct buf *out, const char *text);

#endif
