/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalize_priv.h - the files of the normalizer: normalize.c (the order of the steps),
 * normalize_otlp.c (requests of OTLP), normalize_parts.c (what a normalizer and a converter consist
 * of), normalize_memory.c (their most memory), normalize_reject.c (rejects), normalize_joined.c
 * (rejects of data of another kind after text).
 *
 * What must stay from one output to the next, and from one piece of an object to the next, belongs
 * to the normalizer. What is used within one call of normalizer_next belongs to the converter.
 */
#ifndef EVENT_NORMALIZE_PRIV_H
#define EVENT_NORMALIZE_PRIV_H

#include "event/event_maker.h"
#include "event/normalize.h"
#include "event/output_batch.h"
#include "event/record/ingest_member.h"
#include "event/record/long_lines.h"
#include "event/record/ordinals.h"
#include "event/record/otlp.h"
#include "event/record/sanitizer.h"
#include "event/record/steps.h"
#include "event/reject.h"
#include "event/unwrapper.h"

enum {
    NORMALIZE_DETAIL_BYTES = 160,
    NORMALIZE_INGEST_BYTES = 64 * 1024, /* a key has at most 1 KiB, six times that when escaped */
    NORMALIZE_REJECT_BYTES = 64 * 1024, /* of the object: its name and a detail of the worker */
};

struct converter {
    struct json_reader *readers[READERS]; /* NULL: of long pieces, which the shared ones read */
    struct event_maker *maker;
    struct record_index index; /* of the current record */
    struct duplicate_names request_names;
    struct buf otlp_text;
    struct buf out;
    const struct normalizer *user; /* the last one; compared only */
};

struct normalizer {
    struct normalize_options options;
    const struct object_origin *origin;
    const struct rules *rules;
    struct ordinals *ordinals; /* of the object */
    struct buf ingest;         /* the origin, as every `ingest` of the object has it */

    struct converter *converter;                /* attached; NULL: none now */
    const struct converter *last_converter;     /* the one before; compared only */
    struct converter *own_converter;            /* NULL if converters are attached */
    struct converter *own_long_converter;       /* made when it is needed; NULL if it is shared */
    struct long_lines *own_long_lines;          /* NULL if they are shared */
    struct json_reader *short_readers[READERS]; /* those of the converter */
    struct output_batch batch;                  /* outputs of a long piece, or one that is kept */
    bool is_long;                               /* the piece */
    bool has_readers;                           /* the shared ones, ... */
    bool same_readers;  /* ... which no other normalizer has used meanwhile */
    struct steps steps; /* of a call with them */
    bool piece_done;    /* no output of the piece is left but those of batch */

    struct piece piece;
    struct unwrapper unwrapper; /* gives the records of the piece */
    bool reject_piece;          /* the piece is not to be read: it becomes a reject of its kind */
    uint64_t item;              /* outputs of the line so far */
    /* Of each list that the framing divides, an envelope's first and then those of a request: its
     * events without dropped members. */
    uint64_t list_events[1 + FRAMING_REQUEST_LEVELS];
    uint64_t dropped_behind; /* after the end of a list: those that had some after the list */
    bool no_record;          /* the last envelope before a list above the limit has none ... */
    uint64_t no_record_at;   /* ... it begins there; unwrapper.detail says why */
    uint64_t skipped;        /* values of the piece that need neither an event nor a reject */
    unsigned rejects;
    bool joined; /* of the object: data of another kind were named */
    enum framing_answer answer;

    bool in_otlp;
    struct otlp otlp;
    size_t otlp_others;                 /* of the request: elements that gave no record */
    size_t otlp_bytes;                  /* of all records of the line's requests so far */
    struct value request;               /* the request that otlp walks */
    struct sanitizer request_sanitizer; /* of the request's text */

    struct reject_sample sample; /* of the piece */
    struct buf object_reject;    /* of the object as a whole */
    size_t event_bytes;          /* most bytes of an output of this object */
    char detail[NORMALIZE_DETAIL_BYTES];
};

/*
 * Whether records of the piece have a number in their line: there are others, or may be. Of a line
 * that is too long only values after the first piece of it have one.
 */
bool normalize_is_numbered(const struct normalizer *n);

/* The event of a record, or its reject. True. */
bool normalize_make_event(struct normalizer *n, struct value *v, enum shape shape,
                          struct output *out);

/* ---- normalize_otlp.c ---- */

/*
 * Begin an OTLP request. True: it is rejected, *out is the reject. False: normalize_otlp_next
 * returns its records.
 */
bool normalize_otlp_start(struct normalizer *n, const struct value *v, struct output *out);

/* The next record. False: no more. */
bool normalize_otlp_next(struct normalizer *n, struct output *out);

/* After the records: the reject of elements without one. False: there are none. */
bool normalize_otlp_others(struct normalizer *n, struct output *out);

/* Whether the piece begins or ends a list of a request that is divided. */
bool normalize_otlp_part(struct normalizer *n);

/* ---- normalize_parts.c ---- */

/* Make the converter the attached one, with the limits of the object. */
void normalize_use(struct normalizer *n, struct converter *c);

/* The converter of long pieces; the shared readers are held. */
struct converter *normalize_long_converter(struct normalizer *n);

/* ---- normalize_reject.c ---- */

/* Make a reject of the piece, with a number and perhaps a sample. True. */
bool normalize_reject(struct normalizer *n, enum reject_reason reason, const char *detail,
                      struct output *out);

/* The same for one that stands for `count` values, lines or elements. True. */
bool normalize_reject_several(struct normalizer *n, enum reject_reason reason, const char *detail,
                              uint64_t count, struct output *out);

/* No JSON at a byte of the object. `rest`: there is more of it, or of the line, which is not read.
 * True. */
bool normalize_reject_rest(struct normalizer *n, const char *wrong, uint64_t at, bool rest,
                           struct output *out);

/*
 * No JSON in a line, or in a request composed of elements. If there are values before the damaged
 * one, the reject says which part of the line was not read. True.
 */
bool normalize_reject_line(struct normalizer *n, const struct record_splitter *v,
                           struct output *out);

/* ---- normalize_joined.c ---- */

/*
 * The piece is no JSON from one of these bytes of its text on. True: compressed data or another
 * encoding begin there, *out is the reject that says so.
 */
bool normalize_joined(struct normalizer *n, size_t from, size_t wrong_at, struct output *out);

/* ---- normalize_reject.c ---- */

/* The piece is not to be read: its reject. True. */
bool normalize_reject_piece(struct normalizer *n, struct output *out);

#endif
