/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISA-L can read these headers, too. But if a piece ends inside a header, it continues with the
 * earlier content of its buffers for optional parts, and refuses a correct FHCRC. So ISA-L is given
 * only the deflate data.
 */
#include "codec/gzip_header.h"

#include <isa-l/crc.h>

enum {
    FHCRC = 0x02,
    FEXTRA = 0x04,
    FNAME = 0x08,
    FCOMMENT = 0x10,
    RESERVED = 0xe0,
    METHOD_DEFLATE = 8,
    FIXED_BYTES = 10,
};

enum part { PART_FIXED, PART_XLEN, PART_EXTRA, PART_NAME, PART_COMMENT, PART_HCRC, PART_END };

void gzip_header_init(struct gzip_header *h)
{
    *h = (struct gzip_header){.part = PART_FIXED};
}

/* Take n bytes from *in and add them to the checksum. */
static struct span header_take(struct gzip_header *h, struct span *in, size_t n)
{
    struct span s = span_take(in, n);
    h->crc = crc32_gzip_refl(h->crc, (const unsigned char *)s.p, s.n);
    return s;
}

/*
 * Read magic, method and flags. Time, extra flags and system may have any value. True: the part is
 * complete.
 */
static bool fixed_part(struct gzip_header *h, struct span *in, const char **why)
{
    while (h->seen < FIXED_BYTES && in->n > 0 && *why == NULL) {
        uint8_t c = (uint8_t)header_take(h, in, 1).p[0];
        if ((h->seen == 0 && c != 0x1f) || (h->seen == 1 && c != 0x8b)) {
            *why = "no gzip member";
        } else if (h->seen == 2 && c != METHOD_DEFLATE) {
            *why = "a compression method other than deflate";
        } else if (h->seen == 3) {
            h->flags = c;
            *why = (c & RESERVED) != 0 ? "a reserved flag in the header of a member" : NULL;
        }
        h->seen++;
    }
    return h->seen == FIXED_BYTES;
}

/* Read two bytes, the low one first, into h->number. */
static bool number_part(struct gzip_header *h, struct span *in)
{
    while (h->seen < 2 && in->n > 0) {
        unsigned c = (uint8_t)header_take(h, in, 1).p[0];
        h->number = (uint16_t)(h->number | c << (8 * h->seen));
        h->seen++;
    }
    return h->seen == 2;
}

static bool extra_part(struct gzip_header *h, struct span *in)
{
    size_t n = in->n < h->number ? in->n : h->number;
    (void)header_take(h, in, n);
    h->number = (uint16_t)(h->number - n);
    return h->number == 0;
}

/* Read a text with its NUL. */
static bool text_part(struct gzip_header *h, struct span *in)
{
    const char *nul = in->n > 0 ? memchr(in->p, 0, in->n) : NULL;
    (void)header_take(h, in, nul != NULL ? (size_t)(nul - in->p) + 1 : in->n);
    return nul != NULL;
}

static bool hcrc_part(struct gzip_header *h, struct span *in, const char **why)
{
    uint32_t crc = h->crc;
    bool whole = number_part(h, in);
    h->crc = crc; /* FHCRC is not part of its checksum */
    if (whole && h->number != (crc & 0xffff)) {
        *why = "wrong checksum of the header of a member";
    }
    return whole;
}

static bool part_read(struct gzip_header *h, struct span *in, const char **why)
{
    switch (h->part) {
    case PART_FIXED:
        return fixed_part(h, in, why);
    case PART_XLEN:
        return number_part(h, in);
    case PART_EXTRA:
        return extra_part(h, in);
    case PART_NAME:
    case PART_COMMENT:
        return text_part(h, in);
    default:
        return hcrc_part(h, in, why);
    }
}

/* Start the part after the one that is complete. */
static void part_next(struct gzip_header *h)
{
    static const uint8_t flag_of[PART_END] = {
        [PART_XLEN] = FEXTRA,      [PART_EXTRA] = FEXTRA, [PART_NAME] = FNAME,
        [PART_COMMENT] = FCOMMENT, [PART_HCRC] = FHCRC,
    };
    do {
        h->part++;
    } while (h->part < PART_END && (h->flags & flag_of[h->part]) == 0);
    h->seen = 0;
    h->number = h->part == PART_EXTRA ? h->number : 0;
}

enum gzip_header_state gzip_header_next(struct gzip_header *h, struct span *in, const char **why)
{
    *why = NULL;
    while (h->part != PART_END) {
        bool whole = part_read(h, in, why);
        if (*why != NULL) {
            return GZIP_HEADER_BAD;
        }
        if (!whole) {
            return GZIP_HEADER_MORE;
        }
        part_next(h);
    }
    return GZIP_HEADER_DONE;
}
