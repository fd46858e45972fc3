/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip (RFC 1952) and zlib (RFC 1950) by ISA-L. It decompresses the deflate data and checks the
 * trailer. The headers are read here; gzip_header.c has the reason.
 */
#include "codec/gzip_header.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "unpack_priv.h"

enum {
    ZLIB_HEADER_BYTES = 2,
    COPY_MAX_BYTES = 258, /* longest copy of deflate */
};

struct deflate {
    bool gzip; /* else zlib */
    bool in_header;
    struct gzip_header header;
    size_t zlib_seen; /* bytes of zlib's header read so far */
    struct inflate_state z;
};

static void *deflate_make(void)
{
    return mem_zeros(1, sizeof(struct deflate));
}

static void gzip_begin(void *state, struct unpack_windows *windows UNUSED)
{
    struct deflate *d = state;
    d->gzip = true;
    d->in_header = true;
    gzip_header_init(&d->header);
    isal_inflate_init(&d->z);
    d->z.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

static void zlib_begin(void *state, struct unpack_windows *windows UNUSED)
{
    struct deflate *d = state;
    d->gzip = false;
    d->in_header = true;
    d->zlib_seen = 0;
    isal_inflate_init(&d->z);
    d->z.crc_flag = ISAL_ZLIB_NO_HDR_VER;
}

/* UNPACK_END: the header is complete. zlib_match has checked that of zlib. */
static enum unpack_state header_step(struct deflate *d, struct span *in, struct err *e)
{
    if (!d->gzip) {
        size_t left = ZLIB_HEADER_BYTES - d->zlib_seen;
        d->zlib_seen += span_take(in, in->n < left ? in->n : left).n;
        return d->zlib_seen == ZLIB_HEADER_BYTES ? UNPACK_END : UNPACK_ON;
    }
    const char *why = NULL;
    switch (gzip_header_next(&d->header, in, &why)) {
    case GZIP_HEADER_BAD:
        (void)err_set(e, FAIL_DATA, "gzip: %s", why);
        return UNPACK_BAD;
    case GZIP_HEADER_DONE:
        return UNPACK_END;
    case GZIP_HEADER_MORE:
        break;
    }
    return UNPACK_ON;
}

/*
 * ISA-L advances its output by the length of a copy before it checks the distance. If the distance
 * is invalid, these bytes of the output have the earlier content of the memory: text of another
 * object, possibly of another customer. They must not be returned.
 */
static void copy_withdraw(int rc, size_t had, struct unpack_out *out)
{
    if (rc == ISAL_INVALID_LOOKBACK || rc == ISAL_INVALID_SYMBOL) {
        size_t given = out->n - had;
        out->n -= given < COPY_MAX_BYTES ? given : COPY_MAX_BYTES;
    }
}

static const char *inflate_text(int rc)
{
    return rc == ISAL_INCORRECT_CHECKSUM ? "wrong checksum or length of a member" : "damaged data";
}

/*
 * ISA-L reads up to 8 bytes ahead. After the trailer of gzip (8 bytes) none is left over, after
 * that of zlib (4 bytes) some may be. They are the last bytes that were taken from *in, in this
 * call or, if there was no room for the text, in the one before with the same input.
 */
static void give_back(struct deflate *d, struct span *in)
{
    size_t ahead = d->z.read_in_length > 0 ? (size_t)d->z.read_in_length / 8 : 0;
    in->p -= ahead;
    in->n += ahead;
    d->z.read_in_length = 0;
}

static enum unpack_state deflate_step(void *state, struct span *in, struct unpack_out *out,
                                      struct err *e)
{
    struct deflate *d = state;
    if (d->in_header) {
        enum unpack_state header = header_step(d, in, e);
        if (header != UNPACK_END) {
            return header;
        }
        d->in_header = false;
    }
    uint32_t given = in->n < UINT_MAX ? (uint32_t)in->n : UINT_MAX;
    uint32_t room = (uint32_t)unpack_room(out);
    size_t had = out->n;
    d->z.next_in = (uint8_t *)(uintptr_t)in->p; /* not written; ISA-L's type lacks the const */
    d->z.avail_in = given;
    d->z.next_out = (uint8_t *)out->p + out->n;
    d->z.avail_out = room;

    int rc = isal_inflate(&d->z);
    (void)span_take(in, given - d->z.avail_in);
    out->n += room - d->z.avail_out;
    if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT && rc != ISAL_OUT_OVERFLOW) {
        copy_withdraw(rc, had, out);
        (void)err_set(e, FAIL_DATA, "%s: %s", d->gzip ? "gzip" : "zlib", inflate_text(rc));
        return UNPACK_BAD;
    }
    if (d->z.block_state != ISAL_BLOCK_FINISH) {
        return UNPACK_ON;
    }
    give_back(d, in);
    return UNPACK_END;
}

static enum unpack_match gzip_match(const uint8_t *seen, size_t n)
{
    return unpack_magic(SPAN("\x1f\x8b"), seen, n);
}

/* RFC 1950 §2.2: deflate, a window of at most 32 KiB, no dictionary, the check of the header. */
static enum unpack_match zlib_match(const uint8_t *seen, size_t n)
{
    if ((seen[0] & 0xf) != 8 || seen[0] >> 4 > 7) {
        return MATCH_NO;
    }
    if (n == 1) {
        return MATCH_MORE;
    }
    bool header = (seen[0] << 8 | seen[1]) % 31 == 0 && (seen[1] & 0x20) == 0;
    return header ? MATCH_YES : MATCH_NO;
}

const struct unpack_type unpack_gzip = {
    .name = "gzip",
    .piece = "member",
    .memory_bytes = sizeof(struct deflate),
    .match = gzip_match,
    .make = deflate_make,
    .release = free,
    .begin = gzip_begin,
    .step = deflate_step,
};

const struct unpack_type unpack_zlib = {
    .name = "zlib",
    .piece = "stream",
    .memory_bytes = sizeof(struct deflate),
    .match = zlib_match,
    .make = deflate_make,
    .release = free,
    .begin = zlib_begin,
    .step = deflate_step,
};
