/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_encoding.h - which encoding a text is in, and UTF-16 to UTF-8 as a stream.
 *
 *     enum text_encoding encoding = text_encoding_find(head, &bom_bytes);
 *
 *     utf16_init(&u, encoding == TEXT_UTF16BE);
 *     while (in.n > 0) {
 *         n = utf16_next(&u, &in, out, sizeof(out));           for every piece
 *     }
 *     n = utf16_last(&u, out, &whole);
 *
 * Not iconv(3): its UTF-16 is a module that is loaded from files, which small containers lack.
 *
 * A surrogate without its other half becomes the byte ff, which no UTF-8 has: so it is replaced
 * and marked where all other invalid text is. Threads: one at a time per object.
 */
#ifndef CODEC_TEXT_ENCODING_H
#define CODEC_TEXT_ENCODING_H

#include "base/span.h"

enum text_encoding {
    TEXT_UTF8, /* or what else has no NUL bytes: it shows in its lines */
    TEXT_UTF16LE,
    TEXT_UTF16BE,
    TEXT_UTF32LE,
    TEXT_UTF32BE,
};

enum {
    TEXT_HEAD_BYTES = 64, /* what text_encoding_find looks at */
    UTF16_OUT_BYTES = 4,  /* most that a code unit becomes */
};

/*
 * By the byte order mark, or by the NULs in the first TEXT_HEAD_BYTES bytes: in every second for
 * UTF-16, in three of four for UTF-32. *bom_bytes is the mark's length, 0 without one.
 */
enum text_encoding text_encoding_find(struct span head, size_t *bom_bytes);

/* "UTF-16LE". Never NULL. */
const char *text_encoding_name(enum text_encoding encoding);

struct utf16 {
    bool big_endian;
    bool half; /* `first` is the first byte of a code unit */
    uint8_t first;
    uint16_t high; /* a high surrogate that waits for its low one; 0: none */
};

void utf16_init(struct utf16 *u, bool big_endian);

/*
 * Turn some of *in into at most cap (at least 2 * UTF16_OUT_BYTES) bytes at out, and return how
 * many. All of *in is used up unless there was no more room.
 */
MUST_USE size_t utf16_next(struct utf16 *u, struct span *in, char *out, size_t cap);

/* At the end: at most one byte more. *whole is false if the last code unit is cut. */
MUST_USE size_t utf16_last(struct utf16 *u, char *out, bool *whole);

#endif
