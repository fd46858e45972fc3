/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrapper.h - removes the wrappers around a record and expands lists of records (normalization.md
 * §2, rules 1 to 2).
 *
 *     unwrapper_start(&u, &in);                             // each piece
 *     while ((kind = record_splitter_next(unwrapper_values(&u), &value)) ...) {
 *         VALUES_END:    if (!unwrapper_leave(&u)) { the piece is done }
 *         VALUES_OBJECT: switch (unwrapper_open(&u, &value, &index)) ...
 *     }
 *
 * A text or a list is copied if the reader that contains it is needed to read its content. Threads:
 * one at a time per object.
 */
#ifndef EVENT_UNWRAPPER_H
#define EVENT_UNWRAPPER_H

#include "codec/framing.h"
#include "event/event_maker.h"
#include "event/record/envelope.h"
#include "event/record/long_lines.h"
#include "event/record/unwrap.h"

/* A list of records, whose elements are read one after another. */
struct unwrapper_list {
    struct record_splitter elements;
    struct envelope envelope; /* around its elements */
    struct buf text;          /* a copy of the list, unless it is in the piece */
    bool messages;            /* its elements are log events */
    bool dropped;             /* envelopes around its elements have members that are dropped */
    int level;                /* number of wrappers around an element */
};

enum {
    /* Of an object around a list that the framing divides: before the list, and after it. */
    UNWRAPPER_HEAD_BYTES = 2 * (FRAMING_LIST_HEAD_BYTES + FRAMING_SLACK) + JSON_SLACK,
};

struct unwrapper {
    struct event_maker *maker; /* borrowed; set before each use */
    struct json_reader *const *readers;
    const struct rules *rules;
    struct steps *steps; /* of the piece; counted */

    struct record_splitter values; /* of the piece */
    struct span piece;
    struct unwrapper_list lists[UNWRAP_LEVELS];
    size_t depth; /* number of open lists */

    struct envelope outer;     /* of a list that the framing divides into pieces */
    bool outer_open;           /* there is one */
    bool outer_messages;       /* ... its elements are log events */
    bool outer_dropped;        /* ... has members that are dropped */
    struct buf outer_head;     /* ... its text up to the list */
    struct envelope envelope;  /* around the record that was opened last */
    bool dropped;              /* ... envelopes around it have members that are dropped */
    struct buf inner[READERS]; /* unwrapped texts, by the reader of their value */
    struct buf decoded;        /* the bytes of a text in base64 */

    bool second; /* a wrapper has another record; `other` names its member */
    bool several_others;
    char other[160];
    char detail[160]; /* the reason why there is no record */
};

/* max_bytes: longest text of a piece. steps: borrowed. */
void unwrapper_init(struct unwrapper *u, size_t max_bytes, struct steps *steps);
void unwrapper_done(struct unwrapper *u);

/* Release the copies, which are made of wrapped texts and lists. Ends the piece. */
void unwrapper_trim(struct unwrapper *u);

/* Start a piece, which must be valid until the next one. rules: NULL: none. */
void unwrapper_start(struct unwrapper *u, struct json_reader *const *readers,
                     const struct rules *rules, struct span piece);

/*
 * The framing divides a list into pieces: *v is the object up to the list, which is empty here and
 * its last member.
 */
enum outer_begins {
    OUTER_OPEN,      /* its elements are records; `second`: other members have records, too */
    OUTER_NO_RECORD, /* an envelope without a record, see detail */
    OUTER_NO_LIST,   /* its record is not in the list, or it is an event itself */
};
MUST_USE enum outer_begins unwrapper_enter_outer(struct unwrapper *u, const struct value *v);

/*
 * After the list: the members behind it, `rest` is the text from ']' on. `second`: some have
 * records.
 */
enum outer_rest {
    OUTER_REST_NOTHING,
    OUTER_REST_DROPPED, /* members that are dropped */
    OUTER_REST_RECORDS,
    OUTER_REST_UNREAD, /* too many members */
};
MUST_USE enum outer_rest unwrapper_outer_rest(struct unwrapper *u, struct span rest);

/* Whether members of *v have records, or are those of an event. */
MUST_USE bool unwrapper_has_records(struct unwrapper *u, const struct value *v);

/* No list is divided. */
void unwrapper_leave_outer(struct unwrapper *u);

/* The values to read next: those of the innermost open list, or of the piece. */
struct record_splitter *unwrapper_values(struct unwrapper *u);

/* Close the innermost list after its last element. False: no list is open. */
MUST_USE bool unwrapper_leave(struct unwrapper *u);

enum unwrapped {
    UNWRAPPED_RECORD,  /* *v is the record and *index its index */
    UNWRAPPED_LIST,    /* its elements are next */
    UNWRAPPED_NOTHING, /* a wrapper without a record, see detail */
    UNWRAPPED_SKIPPED  /* the same of what its platform sends itself: no reject is needed */
};

/* Remove the wrappers around the object *v, at most UNWRAP_LEVELS of them. */
MUST_USE enum unwrapped unwrapper_open(struct unwrapper *u, struct value *v,
                                       struct record_index *index);

/*
 * *v is an OTLP request, of which the lists are read: notes a record in another member of it, or an
 * event that its other members are.
 */
void unwrapper_beside_request(struct unwrapper *u, const struct value *v,
                              const struct record_index *index);

/* Part of the record that was opened is not read: why. The text follows as a reject. */
void unwrapper_note(struct unwrapper *u, const char *why);

/* Whether the piece has several records, which then have a number. */
static inline bool unwrapper_several(const struct unwrapper *u)
{
    return u->values.several;
}

#endif
