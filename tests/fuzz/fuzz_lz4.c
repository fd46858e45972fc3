/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz4 frames, compared with liblz4's own reader of frames: the input as it is, or made from a text.
 */
#include "decoding.h"

#include <lz4frame.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 22 };

static void packed_add(struct buf *b, unsigned how, struct span s)
{
    LZ4F_preferences_t p = {
        .frameInfo = {.blockSizeID = (LZ4F_blockSizeID_t)(4 + how % 2),
                      .blockMode = (LZ4F_blockMode_t)(how / 2 % 2),
                      .contentChecksumFlag = (LZ4F_contentChecksum_t)(how / 4 % 2),
                      .blockChecksumFlag = (LZ4F_blockChecksum_t)(how / 8 % 2),
                      .contentSize = how / 16 % 2 != 0 ? s.n : 0},
        .compressionLevel = (int)(how / 32)};
    size_t cap = LZ4F_compressFrameBound(s.n, &p);
    char *to = buf_room(b, cap);
    must(to != NULL);
    size_t n = LZ4F_compressFrame(to, cap, s.p, s.n, &p);
    must(!LZ4F_isError(n));
    b->n += n;
}

/* True: the whole input is frames, with `*n` bytes of text. */
static bool theirs(struct span s, char *text, size_t *n)
{
    LZ4F_dctx *c = NULL;
    size_t hint = 1;
    must(!LZ4F_isError(LZ4F_createDecompressionContext(&c, LZ4F_VERSION)));
    *n = 0;
    while (s.n > 0 || hint != 0) {
        size_t out = TEXT_MAX - *n;
        size_t in = s.n;
        hint = LZ4F_decompress(c, text + *n, &out, s.p, &in, NULL);
        if (LZ4F_isError(hint) || (in == 0 && out == 0)) {
            hint = 1;
            break;
        }
        s = span_from(s, in);
        *n += out;
    }
    (void)LZ4F_freeDecompressionContext(c);
    return hint == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT_MAX];
    if (size < 2) {
        return 0;
    }
    struct span s = span_of((const char *)data + 1, size - 1);
    struct buf object = BUF_INIT(1 << 26);
    if (data[0] % 2 == 0) {
        buf_add(&object, s);
    } else {
        packed_add(&object, data[0] / 2, s);
        packed_add(&object, data[0] / 2 + 77U, s);
    }
    struct decoded d;
    size_t n = 0;
    decoding(buf_span(&object), 0, &d);
    bool good = theirs(buf_span(&object), text, &n);
    if (good && decoded_only(&d, " in lz4")) {
        must(d.err.kind == FAIL_NONE);
        must(span_eq(buf_span(&d.text), span_of(text, n)));
    }
    if (d.err.kind == FAIL_NONE && decoded_only(&d, " in lz4")) {
        must(d.text.n <= TEXT_MAX && n <= d.text.n);
        must(memcmp(d.text.p, text, n) == 0);
    }
    must(data[0] % 2 == 0 || good);
    decoded_done(&d);
    buf_done(&object);
    return 0;
}
