/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_batch.h - some outputs of one long line, copied out of the readers.
 *
 * A long line is read with readers that all normalizers share, and may give many outputs. The
 * caller may wait for Kafka between two of them. So the normalizer makes a bounded number of
 * outputs while it holds the readers, and returns them without (event/README.md, rules 23 and 24).
 *
 *     output_batch_clear(&b);
 *     while (output_batch_has_room(&b) && make(&output)) {    // with the readers
 *         output_batch_add(&b, &output);
 *     }
 *     while (output_batch_next(&b, &output)) { ... }          // without them
 *
 * Memory: nothing until the first output is added, then up to output_batch_max_bytes. Threads: one
 * at a time.
 */
#ifndef EVENT_OUTPUT_BATCH_H
#define EVENT_OUTPUT_BATCH_H

#include "base/buf.h"
#include "event/output.h"

enum {
    BATCH_OUTPUTS = 256,
    BATCH_BYTES = 256 * 1024, /* of text; the output that reaches it is the last */
};

struct output_batch {
    struct output *outputs;
    size_t count;
    size_t next; /* the one to be returned */
    struct buf texts;
    size_t text_at; /* in texts, of the next one */
};

/* Most memory of a batch. output_bytes: most bytes of an output's value. */
size_t output_batch_max_bytes(size_t output_bytes);

void output_batch_init(struct output_batch *b, size_t output_bytes);
void output_batch_done(struct output_batch *b);
void output_batch_clear(struct output_batch *b);

MUST_USE bool output_batch_has_room(const struct output_batch *b);

/* Copy it with all its texts. There must be room. */
void output_batch_add(struct output_batch *b, const struct output *o);

/* The next one, valid until output_batch_clear. False: no more. */
MUST_USE bool output_batch_next(struct output_batch *b, struct output *out);

static inline bool output_batch_has_next(const struct output_batch *b)
{
    return b->next < b->count;
}

#endif
