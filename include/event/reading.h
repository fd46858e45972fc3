/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - the state of reading one object: whether it has events, the rejects that wait for the
 * first event, and, if it has no event, its kind and the advice for it (event-files.md, "Unreadable
 * files").
 *
 *     reading_clear(&r);                                   // each attempt at an object
 *     part = reading_text(&r, &text);                      // of each text, before it is framed
 *     reading_piece(&r, &piece);                           // each piece
 *     if (reading_output(&r, &piece, &output) == READING_PRODUCE) {    // each output
 *         ... produce it ...
 *         while (reading_release(&r, &output)) { ... produce it ... }
 *     }
 *     if (reading_stops(&r)) ...                           // no events: do not read on
 *     while (reading_rest(&r, normalizer, &output)) { ... produce it ... }    // at the end
 *     if (reading_unreadable(&r, decode, &err)) ...        // at the stop, or at the object's end
 *
 * Rejects wait until the first event. The notification of an object without events is received
 * several times, and its rejects must be produced only once, at the last receive. READING_HELD
 * rejects are stored. A receive that is not the last one packs them for the last one, which need
 * not read the object then:
 *
 *     reading_pack(&r, normalizer, &packed);
 *     while (reading_unpack(&rest, &output)) { ... produce it ... }    // rest: of packed
 *
 * Of each reason READING_SINGLE rejects are produced one by one. The further ones, and those for
 * which there is no room before the first event, are counted in one reject with their extent: a few
 * stored bytes must not become many rejects.
 *
 * Threads: one at a time.
 */
#ifndef EVENT_READING_H
#define EVENT_READING_H

#include "codec/decode.h"
#include "codec/text_kind.h"
#include "event/normalize.h"
#include "event/reject.h"

enum {
    READING_RECORDS = 10000,               /* without an event: the object is read no further */
    READING_TEXT_BYTES = 64 * 1024 * 1024, /* ... or this much text */
    READING_SINGLE = 16,                   /* rejects of a reason before they are only counted */
    READING_HELD = 16,                     /* rejects that wait for the first event */
    READING_HELD_BYTES = 160 * 1024,  /* ... and their bytes; rejects beyond that are counted */
    READING_SHARE_FROM = 1000,        /* records, before the share of rejects is checked */
    READING_FREE_BYTES = 1024 * 1024, /* of output, for any object */
    READING_FREE_RECORDS = 1024,      /* ... and records */
    READING_PACKED_BYTES = READING_HELD_BYTES + 32 * 1024, /* with the rejects that count others */
};

/* What the text of an object may produce, in addition to READING_FREE_*. 0: no limit. */
struct reading_limits {
    uint64_t ratio;        /* bytes of output for each byte of text */
    uint64_t record_bytes; /* of text for each record */
};

/* What becomes of an output. */
enum reading_answer {
    READING_PRODUCE, /* now */
    READING_HOLD,    /* a reject that waits for the first event; it was copied */
    READING_COUNT,   /* a reject that is only counted */
};

struct reading {
    uint64_t records;                        /* pieces, or outputs if these are more */
    uint64_t skipped;                        /* of them: they need no event and no reject */
    uint64_t events, rejects;                /* a reject counts for all that it stands for */
    uint64_t text_bytes;                     /* given to framing */
    uint64_t read_bytes;                     /* up to the end of the last piece */
    uint64_t out_bytes, out_records;         /* produced; see reading_produced */
    uint64_t records_before, rejects_before; /* at the first event */
    uint64_t reasons[REJECT_REASONS];        /* rejects, also those that are only counted */
    uint64_t unread_bytes;                   /* of text behind damaged JSON */
    const char *joined;              /* data of another kind after the text: "gzip"; NULL: none */
    uint64_t joined_at;              /* ... byte of the text at which they begin */
    uint64_t broken_from, broken_to; /* the last line that is no JSON and begins as JSON does */
    uint64_t rejects_whole; /* before the last, unfinished line or value of a damaged object */
    bool torn;              /* reading_torn was called */
    uint64_t plain_texts;   /* no_known_field around a text that is no JSON */
    uint64_t with_objects;  /* no_known_field around an object */
    uint64_t too_long;      /* bytes of the longest value that was too long */
    bool text_over;         /* READING_TEXT_BYTES were framed without an event, and there is more */
    bool otlp_too_long;     /* one of them is an OTLP request */
    uint64_t damaged_at;    /* offset from which the rest is no JSON; 0: none */
    enum framing_kind damaged_framing; /* of the piece with the damage */
    enum framing_kind framing;         /* of the last piece */
    char head[TEXT_KIND_HEAD_BYTES];   /* of the text */
    size_t head_bytes;

    struct buf texts; /* of the stored rejects */
    struct output held[READING_HELD];
    size_t held_count, released;
    unsigned single[REJECT_REASONS]; /* rejects that are not only counted */
    struct reject_rest rest[REJECT_REASONS];
};

void reading_init(struct reading *r);
void reading_done(struct reading *r);
void reading_clear(struct reading *r);

/*
 * Take what may be framed out of *text: all of it, or what READING_TEXT_BYTES allow before the
 * first event. Frame it before the next call. "": nothing may, and the reading stops.
 */
MUST_USE struct span reading_text(struct reading *r, struct span *text);

void reading_piece(struct reading *r, const struct piece *piece);

/*
 * The object is damaged and no more of it could be decoded: the further pieces are the unfinished
 * ones. If the object has no event, their rejects are not what it is.
 */
void reading_torn(struct reading *r);

/*
 * Append to the words of the damage how many events came of the object: they have been produced
 * before it was known that the text of the damaged part is not what was written.
 */
void reading_unverified(const struct reading *r, struct err *damage);

/* Of the piece, once it is done: values that need neither an event nor a reject. */
void reading_skipped(struct reading *r, uint64_t count);

/* Add an output of the piece. */
MUST_USE enum reading_answer reading_output(struct reading *r, const struct piece *piece,
                                            const struct output *out);

/*
 * The next reject that waited. False: there is none. Call it after the first event, or if there
 * will be no event and the object will not be read again. *out is valid until the next call.
 */
MUST_USE bool reading_release(struct reading *r, struct output *out);

/*
 * The reject of the next reason of which rejects were only counted. False: there is none. Call it
 * when nothing more of the object will be read.
 */
MUST_USE bool reading_rest(struct reading *r, struct normalizer *n, struct output *out);

/*
 * Whether the object would produce more than it may with this output, too. What it may produce is a
 * function of its text up to the end of the last piece, not of the text that has arrived: the stop
 * is the same however the object is cut.
 */
MUST_USE bool reading_exceeds(const struct reading *r, const struct reading_limits *limits,
                              const struct output *out);

/*
 * Append what of an object with events was not read, and why; nothing if all was. damage: of
 * decode, or no error.
 */
void reading_unread(const struct reading *r, const struct decode *d, const struct err *damage,
                    struct buf *out);

/* FAIL_DATA, with the reason, for an object that exceeds its limits. */
enum err_kind reading_excess(const struct reading *r, struct err *e);

/* Count an output that is produced. */
void reading_produced(struct reading *r, const struct output *out);

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

/* FAIL_DATA, with the reason, for such an object. */
enum err_kind reading_share_err(const struct reading *r, struct err *e);

/*
 * Whether the object is unreadable: it has content, but no event. On entry *e is FAIL_NONE, or
 * FAIL_DATA or FAIL_FORMAT of decode. True: *e is FAIL_FORMAT with the detected format and the
 * advice. False: *e is unchanged.
 */
MUST_USE bool reading_unreadable(const struct reading *r, const struct decode *d, struct err *e);

#endif
