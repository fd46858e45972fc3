/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalize.h - a line of a customer's object becomes schema 1.0 events and rejects.
 *
 * The one door into event/: shapes, look-ups, identity, the three paths of kafka-contract.md §1
 * are behind it. Pure: the same object, metadata and rules give the same bytes.
 *
 *     normalizer_object(n, &source);                   // each attempt at an object
 *     while (lines_next(&lines, &text, &line)) {
 *         normalizer_line(n, &line);
 *         while (normalizer_next(n, &record)) {
 *             ... produce record.value under a key made of record.key ...
 *         }
 *     }
 *
 * No allocation per line on the pass-through path. Threads: one at a time per normalizer.
 */
#ifndef EVENT_NORMALIZE_H
#define EVENT_NORMALIZE_H

#include "base/own.h"
#include "base/span.h"
#include "codec/lines.h"
#include "event/output.h"

struct rules; /* a customer's own names, word maps, redaction: event/schema/rules.h. NULL: built-in
                 only */

struct long_lines; /* readers for long lines that all normalizers share: event/record/long_lines.h
                    */

struct normalize_options {
    size_t event_bytes;            /* most bytes of a record's value (limits.event_bytes) */
    size_t line_bytes;             /* longest line there will be (limits.line_bytes) */
    size_t sample_bytes;           /* rejects.sample_bytes, 0 = no samples */
    struct long_lines *long_lines; /* borrowed; NULL: the normalizer makes its own */
    bool never_splice; /* right records take the repair path too, to compare the two paths */
};

struct normalizer;

/* Never NULL (aborts when out of memory). */
struct normalizer *normalizer_new(const struct normalize_options *o);
void normalizer_free(struct normalizer *n);
DEFINE_OWNED(normalizer);

/* Begin an attempt at an object: ordinals start empty. *s is borrowed until the next one. */
void normalizer_object(struct normalizer *n, const struct object_origin *s,
                       const struct rules *rules);

/*
 * Lower the limit of a record's value for the object that was begun, to at most
 * options.event_bytes: a customer's topic may take less than the others'.
 */
void normalizer_limit(struct normalizer *n, size_t event_bytes);

/* Give it a line (blank ones give no records). The line's bytes stay the caller's. */
void normalizer_line(struct normalizer *n, const struct line *line);

/*
 * The next output of the line, in document order. False: the line is done.
 *
 * Nothing that other normalizers need is held between two calls: the caller may wait as long as it
 * likes, or give the next line before this one is done. In a call a line above 64 KiB may wait
 * for its turn at the shared readers, behind a bounded amount of work of each other normalizer.
 */
MUST_USE bool normalizer_next(struct normalizer *n, struct output *out);

/*
 * A reject for the object as a whole (truncated_object, bomb, object, not_ours) into *out;
 * needs no line. `detail` is our own text.
 */
void normalizer_reject_object(struct normalizer *n, enum reject_reason reason, struct span detail,
                              uint64_t offset, struct output *out);

#endif
