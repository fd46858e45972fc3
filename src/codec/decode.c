/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISA-L inflates; this file finds the members, watches the limits, and keeps the order
 * "good text first, then the damage". RFC 1952: members follow one another with nothing
 * between them; zeros behind the last one are padding (as gzip(1) has it), anything else is
 * damage.
 */
#include "codec/decode.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

enum {
    MAGIC_1 = 0x1f,
    MAGIC_2 = 0x8b,
    /*
     * ISA-L detects damage sooner or later depending on how much input it was given, so it
     * always gets the same: chunks of this size, counted from the first byte.
     */
    CHUNK_BYTES = 16 * 1024,
};

enum decode_state {
    AT_START, /* nothing seen */
    AT_MAGIC, /* first byte was 1f: gzip only if 8b follows */
    IN_PLAIN,
    IN_MEMBER,
    BETWEEN, /* a member has ended */
    IN_PADDING,
    AT_FAULT /* damaged or a bomb: no more text */
};

struct decode {
    struct decode_limits limits;
    enum decode_state state;
    bool first_member;
    bool ending;       /* no more input will come */
    size_t chunk_from; /* compressed bytes gathered and not yet used: */
    size_t chunk_to;   /* chunk[chunk_from .. chunk_to) */
    uint64_t in_bytes;
    uint64_t out_bytes;
    struct err fault; /* why AT_FAULT */
    struct inflate_state z;
    char chunk[CHUNK_BYTES];
    char block[DECODE_BLOCK_BYTES + DECODE_SLACK];
};

struct decode *decode_new(const struct decode_limits *limits)
{
    struct decode *d = mem_zeros(1, sizeof(*d));
    d->limits = *limits;
    decode_reset(d);
    return d;
}

void decode_free(struct decode *d)
{
    free(d);
}

void decode_reset(struct decode *d)
{
    d->state = AT_START;
    d->first_member = true;
    d->ending = false;
    d->chunk_from = 0;
    d->chunk_to = 0;
    d->in_bytes = 0;
    d->out_bytes = 0;
    err_clear(&d->fault);
}

uint64_t decode_bytes(const struct decode *d)
{
    return d->out_bytes;
}

static void fail(struct decode *d, enum err_kind kind, const char *what)
{
    d->state = AT_FAULT;
    (void)err_set(&d->fault, kind, "%s at byte %llu of the object", what,
                  (unsigned long long)d->in_bytes);
}

static struct span take_in(struct decode *d, struct span *in, size_t n)
{
    d->in_bytes += n;
    return span_take(in, n);
}

static const char *inflate_text(int rc)
{
    switch (rc) {
    case ISAL_INCORRECT_CHECKSUM:
        return "gzip: wrong checksum or length of a member";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
        return "gzip: damaged header of a member";
    default:
        return "gzip: damaged data";
    }
}

/* With ISAL_GZIP, header and trailer of the member are ISA-L's work. */
static void member_begin(struct decode *d)
{
    isal_inflate_init(&d->z);
    d->z.crc_flag = ISAL_GZIP;
    d->state = IN_MEMBER;
}

/* One call of inflate: moves *in, gives text, goes to BETWEEN at a member's end. */
static struct span inflate_step(struct decode *d, struct span *in)
{
    uint32_t given = in->n < UINT_MAX ? (uint32_t)in->n : UINT_MAX;
    d->z.next_in = (uint8_t *)(uintptr_t)in->p; /* only read, whatever ISA-L's type says */
    d->z.avail_in = given;
    d->z.next_out = (uint8_t *)d->block;
    d->z.avail_out = DECODE_BLOCK_BYTES;

    int rc = isal_inflate(&d->z);
    (void)take_in(d, in, given - d->z.avail_in);
    if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT && rc != ISAL_OUT_OVERFLOW) {
        fail(d, FAIL_DATA, inflate_text(rc));
    } else if (d->z.block_state == ISAL_BLOCK_FINISH) {
        d->state = BETWEEN;
        d->first_member = false;
    }
    return span_of(d->block, DECODE_BLOCK_BYTES - d->z.avail_out);
}

/* The byte after 1f. Both may have come in different pieces, so 1f is fed to ISA-L from here. */
static struct span after_magic(struct decode *d, struct span *in)
{
    static const char first = MAGIC_1;
    struct span magic = span_of(&first, 1);
    if ((unsigned char)in->p[0] == MAGIC_2) {
        member_begin(d);
        d->in_bytes--; /* it was counted when it was seen */
        return inflate_step(d, &magic);
    }
    if (!d->first_member) {
        fail(d, FAIL_DATA, "gzip: garbage behind a member");
        return span_of(d->block, 0);
    }
    d->state = IN_PLAIN;
    d->block[0] = first;
    return span_of(d->block, 1);
}

/* Where no member is open: what the next byte means. It is taken unless it starts plain text. */
static void outside(struct decode *d, struct span *in)
{
    unsigned char c = (unsigned char)in->p[0];
    if (c == MAGIC_1 && d->state != IN_PADDING) {
        d->state = AT_MAGIC;
    } else if (d->state == AT_START) {
        d->state = IN_PLAIN;
        return;
    } else if (c == 0) {
        d->state = IN_PADDING;
    } else {
        fail(d, FAIL_DATA, "gzip: garbage behind a member");
        return;
    }
    (void)take_in(d, in, 1);
}

static struct span plain_step(struct decode *d, struct span *in)
{
    struct span piece = take_in(d, in, in->n < DECODE_BLOCK_BYTES ? in->n : DECODE_BLOCK_BYTES);
    memcpy(d->block, piece.p, piece.n);
    return span_of(d->block, piece.n);
}

/* One step of whatever state there is; the text may be empty. */
static struct span step(struct decode *d, struct span *in)
{
    switch (d->state) {
    case AT_START:
    case BETWEEN:
    case IN_PADDING:
        outside(d, in);
        break;
    case AT_MAGIC:
        return after_magic(d, in);
    case IN_PLAIN:
        return plain_step(d, in);
    case IN_MEMBER:
        return inflate_step(d, in);
    case AT_FAULT:
        break;
    }
    return span_of(d->block, 0);
}

/* Count the text; true if it may be handed out. */
static bool within_limits(struct decode *d, struct span text)
{
    const struct decode_limits *l = &d->limits;
    d->out_bytes += text.n;
    if (l->object_bytes != 0 && d->out_bytes > l->object_bytes) {
        fail(d, FAIL_LIMIT, "more text than limits.object_bytes allows");
        return false;
    }
    if (l->ratio != 0 && d->out_bytes >= l->ratio_from && d->out_bytes / l->ratio > d->in_bytes) {
        fail(d, FAIL_LIMIT, "compressed beyond limits.ratio");
        return false;
    }
    return true;
}

/* Gather *in into the chunk. True: it is full, or the last one, and not used up. */
static bool gather(struct decode *d, struct span *in)
{
    bool full = d->chunk_to == CHUNK_BYTES;
    if (full && d->chunk_from == d->chunk_to) {
        d->chunk_from = 0;
        d->chunk_to = 0;
        full = false;
    }
    if (!full) {
        size_t room = CHUNK_BYTES - d->chunk_to;
        struct span piece = span_take(in, in->n < room ? in->n : room);
        memcpy(d->chunk + d->chunk_to, piece.p, piece.n);
        d->chunk_to += piece.n;
    }
    return (d->chunk_to == CHUNK_BYTES || d->ending) && d->chunk_from < d->chunk_to;
}

/* One step from the chunk. False: nothing can be done before there is more input. */
static bool step_chunk(struct decode *d, struct span *in, struct span *out)
{
    bool held = d->state == IN_MEMBER && d->z.avail_out == 0; /* ISA-L may have more output */
    if (!held && !gather(d, in)) {
        return false;
    }
    struct span chunk = span_of(d->chunk + d->chunk_from, d->chunk_to - d->chunk_from);
    *out = step(d, &chunk);
    d->chunk_from = d->chunk_to - chunk.n;
    return true;
}

/* Plain text goes straight from the input to the block, compressed text by way of the chunk. */
static bool step_any(struct decode *d, struct span *in, struct span *out)
{
    bool nothing_gathered = d->chunk_from == d->chunk_to;
    if (d->state == IN_PLAIN && nothing_gathered) {
        *out = in->n > 0 ? plain_step(d, in) : span_of(d->block, 0);
        return out->n > 0;
    }
    return step_chunk(d, in, out);
}

bool decode_next(struct decode *d, struct span *in, struct span *out, struct err *e)
{
    while (d->state != AT_FAULT && step_any(d, in, out)) {
        if (!within_limits(d, *out)) {
            break;
        }
        if (out->n > 0) {
            err_clear(e); /* damage behind this text is for the next call to tell */
            return true;
        }
    }
    *e = d->fault;
    return false;
}

bool decode_last(struct decode *d, struct span *out, struct err *e)
{
    struct span nothing = SPAN("");
    d->ending = true;
    if (decode_next(d, &nothing, out, e)) {
        return true;
    }
    if (d->state == AT_MAGIC || d->state == IN_MEMBER) {
        fail(d, FAIL_DATA, "gzip: the object ends inside a member,");
        *e = d->fault;
    }
    return false;
}
