/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_encoding.h - detects the encoding of a text, and converts UTF-16 to UTF-8 as a stream.
 *
 *     enum text_encoding encoding = text_encoding_find(head, &bom_bytes);
 *
 *     utf16_init(&u, encoding == TEXT_UTF16BE);
 *     while (in.n > 0) {
 *         n = utf16_next(&u, &in, out, sizeof(out));           for every piece
 *     }
 *     n = utf16_last(&u, out, &whole);
 *
 * iconv(3) is not used: it loads its UTF-16 module from a file, which small containers lack.
 *
 * A lone surrogate becomes the byte ff, which is invalid in UTF-8. So the sanitizer replaces and
 * marks it as any other invalid text. Threads: one at a time per object.
 */
#ifndef CODEC_TEXT_ENCODING_H
#define CODEC_TEXT_ENCODING_H

#include "base/span.h"

enum text_encoding {
    TEXT_UTF8, /* or another encoding without NUL bytes, which the reader of the lines detects */
    TEXT_UTF16LE,
    TEXT_UTF16BE,
    TEXT_UTF32LE,
    TEXT_UTF32BE,
};

enum {
    TEXT_HEAD_BYTES = 64, /* the head that text_encoding_find examines */
    UTF16_OUT_BYTES = 4,  /* most bytes of one code unit */
};

/*
 * Detect the encoding by the byte order mark, or by the NULs in the first TEXT_HEAD_BYTES bytes:
 * beside the first two characters, or each one, are one for UTF-16, three for UTF-32. *bom_bytes is
 * the mark's length, 0 without one.
 */
enum text_encoding text_encoding_find(struct span head, size_t *bom_bytes);

/* "UTF-16LE". Never NULL. */
const char *text_encoding_name(enum text_encoding encoding);

struct utf16 {
    bool big_endian;
    bool half; /* `first` is the first byte of a code unit */
    uint8_t first;
    uint16_t high; /* a high surrogate whose low one has not arrived; 0: none */
};

void utf16_init(struct utf16 *u, bool big_endian);

/*
 * Convert a part of *in into at most cap (at least 2 * UTF16_OUT_BYTES) bytes at out, and return
 * their number. All of *in is used up unless `out` is full.
 */
MUST_USE size_t utf16_next(struct utf16 *u, struct span *in, char *out, size_t cap);

/* At the end: returns at most one byte more. *whole is false if the last code unit is cut off. */
MUST_USE size_t utf16_last(struct utf16 *u, char *out, bool *whole);

#endif
