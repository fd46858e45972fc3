/* SPDX-License-Identifier: Apache-2.0 */
/*
 * long_lines.h - readers of JSON: a pair of its own for each normalizer, and one pair that all
 * normalizers of the program share for long lines.
 *
 * A reader takes some 40 times the bytes of its longest line. Lines above SHORT_LINE_BYTES are
 * rare, so readers for them exist once, under a lock: the memory of a lane does not depend on
 * limits.line_bytes.
 *
 *     struct long_lines *l = long_lines_new(line_bytes);       // once
 *     options.long_lines = l;                                  // for each normalizer
 *
 * Why two readers: a text inside a record is read while the record around it is still needed.
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
 * The readers, for this thread alone until long_lines_release. Waits until they are free: who has
 * them waits for nothing else meanwhile.
 *
 * Threads: any.
 */
struct json_reader *const *long_lines_take(struct long_lines *l);
void long_lines_release(struct long_lines *l);

/* Which they will be: always the same. */
struct json_reader *const *long_lines_readers(const struct long_lines *l);

#endif
