/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - how the reading of one object goes: whether events come of it, which rejects wait for
 * that, and, if none come, what the object is and what to do (event-files.md, "Unreadable files").
 *
 *     reading_clear(&r);                                   // each attempt at an object
 *     reading_text(&r, text);                              // each text that is framed
 *     reading_piece(&r, &piece);                           // each piece
 *     if (reading_output(&r, &piece, &output)) {           // each output
 *         ... produce it ...
 *         while (reading_release(&r, normalizer, &output)) { ... produce it ... }
 *     }
 *     if (reading_stops(&r)) ...                           // no events: do not read on
 *     if (reading_unreadable(&r, decode, &err)) ...        // at the stop, or at the object's end
 *
 * Rejects wait until the first event, since an object that has none is read again at each receive
 * of its notification: a reject of it is produced once, at the last receive. READING_HELD of them
 * are kept, the following ones are counted in one reject with their extent.
 *
 * Threads: one at a time.
 */
#ifndef EVENT_READING_H
#define EVENT_READING_H

#include "codec/decode.h"
#include "codec/text_kind.h"
#include "event/normalize.h"

enum {
    READING_RECORDS = 10000,               /* without an event: no more are read */
    READING_TEXT_BYTES = 64 * 1024 * 1024, /* ... or so much text */
    READING_HELD = 16,                     /* rejects that wait for the first event */
    READING_HELD_BYTES = 160 * 1024,       /* ... and their bytes; what does not fit is counted */
    READING_SHARE_FROM = 1000,             /* records, before a share of rejects counts */
};

struct reading {
    uint64_t records; /* pieces, or outputs if these are more */
    uint64_t events, rejects;
    uint64_t text_bytes;
    uint64_t records_before, rejects_before; /* the first event */
    bool json;                               /* a reject was of JSON that is no event */
    uint64_t damaged_at;             /* where a text over several lines is no JSON; 0: nowhere */
    enum framing_kind framing;       /* of the last piece */
    char head[TEXT_KIND_HEAD_BYTES]; /* of the text */
    size_t head_bytes;

    struct buf texts; /* of the held rejects */
    struct output held[READING_HELD];
    size_t held_count, released;
    struct piece rest; /* extent of the rejects that are counted only */
    uint64_t rest_count;
    enum reject_reason rest_reason; /* of the first of them */
};

void reading_init(struct reading *r);
void reading_done(struct reading *r);
void reading_clear(struct reading *r);

void reading_text(struct reading *r, struct span text);
void reading_piece(struct reading *r, const struct piece *piece);

/* Of an output of the piece. False: a reject that waits; it is copied or counted. */
MUST_USE bool reading_output(struct reading *r, const struct piece *piece,
                             const struct output *out);

/*
 * The next reject that waited. False: there is none. Call it after the first event, or if none will
 * come and nothing will read the object again. *out is valid until the next call.
 */
MUST_USE bool reading_release(struct reading *r, struct normalizer *n, struct output *out);

/* No event in READING_RECORDS records or READING_TEXT_BYTES of text. */
MUST_USE bool reading_stops(const struct reading *r);

/*
 * More than this share of the records since the first event are rejects. 0: never. Those before it
 * do not count: an object may begin with garbage.
 */
MUST_USE bool reading_share_passed(const struct reading *r, double share);

/*
 * Is it unreadable: content, but no event? *e is FAIL_NONE, or FAIL_DATA or FAIL_FORMAT of decode,
 * and then becomes FAIL_FORMAT: what was recognised and what to do. False: *e is unchanged.
 */
MUST_USE bool reading_unreadable(const struct reading *r, const struct decode *d, struct err *e);

#endif
