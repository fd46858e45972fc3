/* SPDX-License-Identifier: Apache-2.0 */
/*
 * long_lines.h - readers of JSON for long lines: one pair for all normalizers of the program.
 *
 * A reader takes some 40 times the bytes of its longest line. Lines above SHORT_LINE_BYTES are
 * rare, so readers for them exist once: the memory of a lane does not depend on
 * limits.line_bytes.
 *
 *     struct long_lines *l = long_lines_new(line_bytes);       // once
 *     options.long_lines = l;                                  // for each normalizer
 *
 * Why a pair: a text inside a record is read while the record around it is still needed.
 */
#ifndef EVENT_RECORD_LONG_LINES_H
#define EVENT_RECORD_LONG_LINES_H

#include "codec/json.h"

enum {
    SHORT_LINE_BYTES = 64 * 1024,
    READERS = 2,
    READER_BYTES_PER_BYTE = 40, /* memory of a reader per byte of its longest line */
};

struct long_lines;

struct long_lines *long_lines_new(size_t line_bytes); /* never NULL */
void long_lines_free(struct long_lines *l);
DEFINE_OWNED(long_lines);

/*
 * Take the readers for this thread until long_lines_release. Of the threads that wait, the one
 * gets them whose party (the id of its customer) had them the longest time ago; among those of one
 * party, the one that asked first. So a party waits for one turn of each other party at most,
 * however many threads these have. Hold them for a bounded amount of work, and never while waiting
 * for anything (event/README.md, rules 23 and 24).
 *
 * True: no other user took them since `user` released them, so they still hold what it read
 * last. `user` is compared only.
 *
 * Threads: any.
 */
MUST_USE bool long_lines_take(struct long_lines *l, const void *user, struct span party);
void long_lines_release(struct long_lines *l);

/* How many threads wait for the readers. Threads: any. */
size_t long_lines_waiting(struct long_lines *l);

/* Which readers they are: always the same ones. */
struct json_reader *const *long_lines_readers(const struct long_lines *l);

#endif
