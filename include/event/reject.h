/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reject.h - the reject of a line, a record or an object that did not become an event
 * (kafka-contract.md §4).
 *
 *     struct reject r = {.reason = REJECT_BAD_JSON, .detail = SPAN("..."), .piece = &piece};
 *     reject_write(&out, origin, &r);
 *
 * A name (of the object, a version) that takes more than REJECT_NAME_BYTES is cut, with a hash of
 * all of it. A sample may contain a customer's secret. It is written into the reject and nowhere
 * else.
 */
#ifndef EVENT_REJECT_H
#define EVENT_REJECT_H

#include "base/buf.h"
#include "codec/framing.h"
#include "codec/secret.h"
#include "event/record/origin.h"

struct rules;

enum {
    REJECT_NAME_BYTES = 1024, /* of a name, escaped */
    REJECT_CONTEXT_BYTES =
        256, /* of the rejects before, which are searched for the name of a secret */
    REJECT_BEFORE_BYTES = REJECT_CONTEXT_BYTES + 1,
};

/*
 * The beginning of a piece without its secrets, for which all of the piece is searched: it is made
 * once for all rejects of the piece. Of a piece of which only the head is kept, the last word of
 * the head is left out, since it may be the beginning of a secret. A secret may be divided: its
 * name on one line, its value on the next; a value in quotes, or a private key, of several lines.
 */
struct reject_sample {
    bool made;
    struct buf text;   /* at most sample_bytes; empty: the piece is no text */
    struct buf before; /* the end of the piece before, if that was a reject, too */
    struct buf after;  /* ... of this one */
    struct secret_quote open_before, open_after; /* the secret at the end goes on behind it */
};

struct reject {
    enum reject_reason reason;
    struct span detail;             /* a text of the worker */
    const struct piece *piece;      /* NULL: the reject is of the object as a whole */
    uint64_t item;                  /* 0: the only record of its line */
    uint64_t offset;                /* without a piece: the offset in the text */
    uint64_t count;                 /* it stands for so many, one after another; 0: for itself */
    const struct reject_rest *rest; /* the rejects that it stands for; NULL: itself alone */
    size_t sample_bytes;            /* 0: no sample */
    struct reject_sample *sample;   /* of the piece, if there may be one */
    const struct rules *rules;
};

/* Rejects of one reason that are only counted. */
struct reject_rest {
    struct piece extent; /* begins as the first of them, and its bytes reach the end of the last */
    uint64_t last_line;  /* the line on which the last of them begins */
    uint64_t count;
    bool begun; /* false: there are none; also with one, the count may be 0 */
};

/* Another piece begins. */
void reject_sample_next(struct reject_sample *s);

/* Append the record's value. */
void reject_write(struct buf *out, const struct object_origin *o, const struct reject *r);

#endif
