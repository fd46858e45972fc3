/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - how far a job has come: a bar with rate and time left on a terminal, else a line
 * each ten seconds, on standard error.
 *
 *     progress_init(&p, "backfill acme", total, isatty(STDERR_FILENO) == 1, now_ms);
 *     progress_show(&p, done, note, now_ms);        as often as you like
 *     progress_end(&p, done, now_ms);
 *
 * progress_text is pure. Threads: one at a time.
 */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include "base/buf.h"

struct progress {
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t first; /* done before this process began */
    bool terminal;
    int64_t start_ms, shown_ms;
    bool shown;
};

/* first: what an earlier run of the job did. */
void progress_init(struct progress *p, const char *what, uint64_t first, uint64_t total,
                   bool terminal, int64_t now_ms);

/* note: why it waits; "": it does not. */
void progress_show(struct progress *p, uint64_t done, const char *note, int64_t now_ms);
void progress_end(struct progress *p, uint64_t done, int64_t now_ms);

/* The text of a line or a bar. */
void progress_text(const struct progress *p, uint64_t done, const char *note, int64_t now_ms,
                   struct buf *out);

/* 1234567 as "1,234,567". */
void number_add(struct buf *out, uint64_t n);

/* "12.3 GB" */
void bytes_add(struct buf *out, uint64_t n);

#endif
