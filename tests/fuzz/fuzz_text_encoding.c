/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16 divided in any way, compared with iconv; a lone surrogate, which iconv refuses, becomes a
 * byte ff.
 */
#include "codec/text_encoding.h"

#include <iconv.h>
#include <stdlib.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ours(struct span in, size_t piece, bool big_endian, struct buf *out)
{
    struct utf16 u;
    char text[16];
    bool whole = false;
    utf16_init(&u, big_endian);
    while (in.n > 0) {
        struct span part = span_take(&in, piece < in.n ? piece : in.n);
        while (part.n > 0) {
            size_t n = utf16_next(&u, &part, text, sizeof(text));
            buf_add(out, span_of(text, n));
        }
    }
    buf_add(out, span_of(text, utf16_last(&u, text, &whole)));
    return whole;
}

static iconv_t converter(bool big_endian)
{
    static iconv_t all[2];
    if (all[0] == NULL) {
        all[0] = iconv_open("UTF-8", "UTF-16LE");
        all[1] = iconv_open("UTF-8", "UTF-16BE");
    }
    return all[big_endian ? 1 : 0];
}

/* iconv stops at a surrogate without its other half. */
static void iconvs(struct span s, bool big_endian, struct buf *out)
{
    iconv_t c = converter(big_endian);
    char *in = (char *)(uintptr_t)s.p;
    size_t left = s.n / 2 * 2;
    (void)iconv(c, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char text[64];
        char *p = text;
        size_t room = sizeof(text);
        size_t had = left;
        size_t rc = iconv(c, &in, &left, &p, &room);
        buf_add(out, span_of(text, sizeof(text) - room));
        if (rc == (size_t)-1 && room >= 8 && (had == left || left > 0)) {
            buf_add_byte(out, '\xff');
            in += 2;
            left -= 2;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct span in = span_of((const char *)data + 1, size - 1);
    bool big_endian = data[0] % 2 != 0;
    size_t bom = 0;
    (void)text_encoding_name(text_encoding_find(in, &bom));
    if (bom > in.n) {
        abort();
    }
    struct buf want = BUF_INIT(1 << 24);
    iconvs(in, big_endian, &want);
    for (size_t piece = 1; piece < 5; piece++) {
        struct buf got = BUF_INIT(1 << 24);
        bool whole = ours(in, piece < 4 ? piece : size, big_endian, &got);
        if (whole != (in.n % 2 == 0) || !span_eq(buf_span(&got), buf_span(&want))) {
            abort();
        }
        buf_done(&got);
    }
    buf_done(&want);
    return 0;
}
