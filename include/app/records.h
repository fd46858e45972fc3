/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - reads a local event file on the worker's path from bytes to events and rejects
 * (decode, framing, normalize), from a file descriptor.
 *
 *     records_open(r, fd, &origin, rules);
 *     while (records_next(r, &record)) {
 *         ... record.value, records_piece(r)->line ...
 *     }
 *     if (records_error(r)->kind != FAIL_NONE) -> the file could not be read to its end;
 *                                                 FAIL_FORMAT: it is unreadable, FAIL_LIMIT: a
 *                                                 decompression bomb, FAIL_DATA: it gives more
 *                                                 than an object may, or too many rejects; the text
 *                                                 says what it is
 *
 * The last record of a FAIL_DATA is a reject of the object. Damaged compression after an event is
 * not such an error: as in the worker, the last record is a reject of the object as a whole, as it
 * is of a bomb. Of an unreadable file the records are those that the worker produces at the last
 * receive: a few rejects, then one of the object; only that one if such files are accepted.
 * Threads: one at a time.
 */
#ifndef APP_RECORDS_H
#define APP_RECORDS_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/decode.h"
#include "event/reading.h"

struct records_options {
    struct normalize_options normalize;
    struct decode_limits decode;
    struct reading_limits output;
    double reject_share; /* 0: no limit */
    /*
     * Rejects before the first event are returned after it, or at the end, as the worker produces
     * them. Else each is returned with its piece.
     */
    bool rejects_wait;
    bool accept_unreadable; /* with rejects_wait: the customer's `unreadable` is "accept" */
};

/* The default limits (kafka-contract.md). */
struct records_options records_defaults(void);

struct records;

struct records *records_new(const struct records_options *o);
void records_free(struct records *r);
DEFINE_OWNED(records);

/* Begin a file. fd, *origin and rules are borrowed until the next call. */
void records_open(struct records *r, int fd, const struct object_origin *origin,
                  const struct rules *rules);

/*
 * The file is only the beginning of a longer one, so what breaks off at its end is no record and no
 * damage. After records_open.
 */
void records_cut(struct records *r);

/* The next record, valid until the next call. False: the end of the file. */
MUST_USE bool records_next(struct records *r, struct output *out);

/*
 * The piece of the last record, and its text. For a reject of the object, or one that waited: the
 * last piece that was read.
 */
const struct piece *records_piece(const struct records *r);

/* Events so far of which it became known later that members were dropped (event/normalize.h). */
uint64_t records_dropped_behind(const struct records *r);

/* Records so far that hold nothing (event/normalize.h). */
uint64_t records_skipped(const struct records *r);

/* Number of lines so far, including blank ones. */
uint64_t records_line_count(const struct records *r);

/* The framing that was detected. */
enum framing_kind records_framing(const struct records *r);

/* Append the formats that were detected, in words: "UTF-16LE in gzip" (codec/decode.h). */
void records_format(const struct records *r, struct buf *out);

/*
 * Append, in words, what was not read of a file with which the worker is done: text after damaged
 * JSON, and what damaged compression hides. Nothing: all was read, or records_error says more.
 */
void records_unread(const struct records *r, struct buf *out);

const struct err *records_error(const struct records *r);

#endif
