/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zlib (RFC 1950) with a window below 32 KiB. Its first byte may be a letter or a digit, and one in
 * 31 of the second bytes fits, so the header is no proof: the head must also be deflate data.
 */
#include "codec/magic.h"

#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "codec/utf8.h"

enum {
    HEADER_BYTES = 2,
    METHOD_DEFLATE = 8, /* the low half of the first byte; the other is the window */
    WINDOW_32_KIB = 7,
    DICTIONARY = 0x20, /* in the second byte */
    TEXT_BYTES = 64,   /* of the text, which are looked at */
    TEXT_LEAST_BYTES = 8,
    ROOM_BYTES = 1024,
};

static bool has_header(struct span head)
{
    if (head.n <= HEADER_BYTES) {
        return false;
    }
    unsigned first = (uint8_t)head.p[0];
    unsigned second = (uint8_t)head.p[1];
    return (first & 0xf) == METHOD_DEFLATE && first >> 4 < WINDOW_32_KIB &&
           (first << 8 | second) % 31 == 0 && (second & DICTIONARY) == 0;
}

/* Whether a text that may be cut begins with these bytes. */
static bool is_text(struct span s)
{
    bool text = !magic_binary(s) && memchr(s.p, '\0', s.n) == NULL;
    while (text && s.n > 0) {
        size_t n = utf8_step(s, &text);
        text = text || n == s.n;
        s = span_from(s, n);
    }
    return text;
}

enum deflated {
    DEFLATED_NOT,
    DEFLATED_SO_FAR, /* no damage before its end, or only a wrong checksum there */
    DEFLATED_WHOLE,  /* its checksum is right */
};

/* Inflate the data. text: its first TEXT_BYTES bytes. */
static enum deflated inflate_head(struct inflate_state *z, struct span data, struct buf *text)
{
    uint8_t room[ROOM_BYTES];
    int rc = ISAL_DECOMP_OK;
    bool full = true;
    isal_inflate_init(z);
    z->crc_flag = ISAL_ZLIB_NO_HDR_VER;
    z->next_in = (uint8_t *)(uintptr_t)data.p; /* not written; ISA-L's type lacks the const */
    z->avail_in = (uint32_t)data.n;
    while (full && rc >= 0 && z->block_state != ISAL_BLOCK_FINISH) {
        z->next_out = room;
        z->avail_out = sizeof(room);
        rc = isal_inflate(z);
        full = z->avail_out == 0;
        size_t n = sizeof(room) - z->avail_out;
        size_t left = TEXT_BYTES - text->n;
        buf_add(text, span_of((const char *)room, n < left ? n : left));
    }
    if (rc < 0) {
        return rc == ISAL_INCORRECT_CHECKSUM ? DEFLATED_SO_FAR : DEFLATED_NOT;
    }
    return z->block_state == ISAL_BLOCK_FINISH ? DEFLATED_WHOLE : DEFLATED_SO_FAR;
}

bool magic_small_zlib(struct span head, bool whole)
{
    if (!has_header(head)) {
        return false;
    }
    struct span data = span_from(head, HEADER_BYTES);
    if (data.n > MAGIC_HEAD_BYTES) {
        data.n = MAGIC_HEAD_BYTES;
        whole = false;
    }
    char room[TEXT_BYTES + 1];
    struct buf text = {.p = room, .cap = sizeof(room), .max = TEXT_BYTES};
    struct inflate_state *z = mem_alloc(sizeof(*z)); /* too large for the stack */
    enum deflated d = inflate_head(z, data, &text);
    free(z);
    /* of a short object that is cut or damaged, few bytes prove nothing: they must be text */
    bool proved = text.n >= TEXT_LEAST_BYTES && is_text(buf_span(&text));
    return d == DEFLATED_WHOLE || (d == DEFLATED_SO_FAR && (!whole || proved));
}
