/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - the state of reading one object: whether it has events, the rejects that wait for the
 * first event, and, if it has no event, its kind and the advice for it (event-files.md, "Unreadable
 * files").
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
 * Rejects wait until the first event. The notification of an object without events is received
 * several times, and its rejects must be produced only once, at the last receive. READING_HELD
 * rejects are stored; the further ones are counted in one reject with their extent. A receive that
 * is not the last one packs them for the last one, which need not read the object then:
 *
 *     reading_pack(&r, normalizer, &packed);
 *     while (reading_unpack(&rest, &output)) { ... produce it ... }    // rest: of packed
 *
 * Threads: one at a time.
 */
#ifndef EVENT_READING_H
#define EVENT_READING_H

#include "codec/decode.h"
#include "codec/text_kind.h"
#include "event/normalize.h"

enum {
    READING_RECORDS = 10000,               /* without an event: the object is read no further */
    READING_TEXT_BYTES = 64 * 1024 * 1024, /* ... or this much text */
    READING_HELD = 16,                     /* rejects that wait for the first event */
    READING_HELD_BYTES = 160 * 1024, /* ... and their bytes; rejects beyond that are counted */
    READING_SHARE_FROM = 1000,       /* records, before the share of rejects is checked */
    READING_PACKED_BYTES = READING_HELD_BYTES + 16 * 1024, /* with the reject of those counted */
};

struct reading {
    uint64_t records; /* pieces, or outputs if these are more */
    uint64_t events, rejects;
    uint64_t text_bytes;
    uint64_t records_before, rejects_before; /* at the first event */
    bool json;                               /* a reject was of JSON that is not an event */
    uint64_t damaged_at;                     /* offset at which a document is not JSON; 0: none */
    enum framing_kind framing;               /* of the last piece */
    char head[TEXT_KIND_HEAD_BYTES];         /* of the text */
    size_t head_bytes;

    struct buf texts; /* of the stored rejects */
    struct output held[READING_HELD];
    size_t held_count, released;
    struct piece rest; /* extent of the rejects that are only counted */
    uint64_t rest_count;
    enum reject_reason rest_reason; /* of the first of them */
};

void reading_init(struct reading *r);
void reading_done(struct reading *r);
void reading_clear(struct reading *r);

void reading_text(struct reading *r, struct span text);
void reading_piece(struct reading *r, const struct piece *piece);

/*
 * Add an output of the piece. True: produce it now. False: it is a reject that waits; it was copied
 * or counted.
 */
MUST_USE bool reading_output(struct reading *r, const struct piece *piece,
                             const struct output *out);

/*
 * The next reject that waited. False: there is none. Call it after the first event, or if there
 * will be no event and the object will not be read again. *out is valid until the next call.
 */
MUST_USE bool reading_release(struct reading *r, struct normalizer *n, struct output *out);

/* Append all rejects that wait to *out, of READING_PACKED_BYTES, which may overflow. */
void reading_pack(struct reading *r, struct normalizer *n, struct buf *out);

/* The next of the packed rejects, borrowed from *packed. False: there is none. */
MUST_USE bool reading_unpack(struct span *packed, struct output *out);

/* Whether there was no event in READING_RECORDS records or READING_TEXT_BYTES of text. */
MUST_USE bool reading_stops(const struct reading *r);

/*
 * Whether more than this share of the records since the first event are rejects. 0: never. Rejects
 * before the first event do not count, since an object may begin with garbage.
 */
MUST_USE bool reading_share_passed(const struct reading *r, double share);

/*
 * Whether the object is unreadable: it has content, but no event. On entry *e is FAIL_NONE, or
 * FAIL_DATA or FAIL_FORMAT of decode. True: *e is FAIL_FORMAT with the detected format and the
 * advice. False: *e is unchanged.
 */
MUST_USE bool reading_unreadable(const struct reading *r, const struct decode *d, struct err *e);

#endif
