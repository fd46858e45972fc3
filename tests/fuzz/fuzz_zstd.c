/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd frames, compared with libzstd in one call. The first byte determines the rest: frames as
 * they are, or a text that is compressed with some settings.
 */
#include "decoding.h"

#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 22 };

static void packed_add(struct buf *b, unsigned how, struct span s)
{
    static ZSTD_CCtx *c;
    size_t cap = ZSTD_compressBound(s.n) + 64;
    char *to = buf_room(b, cap);
    c = c != NULL ? c : ZSTD_createCCtx();
    must(to != NULL && c != NULL);
    (void)ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, (int)(how % 8) * 3 - 3);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, how / 8 % 2 != 0);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, how / 16 % 2 != 0);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 10 + (int)(how / 32));
    size_t n = ZSTD_compress2(c, to, cap, s.p, s.n);
    must(!ZSTD_isError(n));
    b->n += n;
}

/* Frame after frame, with padding between them. True: the whole input is that. */
static bool theirs(struct span s, char *text, size_t *n)
{
    *n = 0;
    while (s.n > 0) {
        char c = s.p[0];
        if (c == 0 || c == ' ' || c == '\r' || c == '\n') {
            s = span_from(s, 1);
            continue;
        }
        size_t size = ZSTD_findFrameCompressedSize(s.p, s.n);
        size_t got =
            ZSTD_isError(size) ? size : ZSTD_decompress(text + *n, TEXT_MAX - *n, s.p, size);
        if (ZSTD_isError(got)) {
            return false;
        }
        *n += got;
        s = span_from(s, size);
    }
    return true;
}

/*
 * Whether libzstd reads the object byte by byte, and to the text given. It differs from one call:
 * compressed blocks of no bytes are skipped, which one call refuses; blocks that are longer than
 * the window allows are refused, which one call accepts.
 */
static bool streams_to(struct span s, struct span text)
{
    static ZSTD_DStream *z;
    static char out[TEXT_MAX];
    ZSTD_outBuffer to = {out, sizeof(out), 0};
    ZSTD_inBuffer from = {s.p, 0, 0};
    size_t left = 0; /* 0: between two frames */
    z = z != NULL ? z : ZSTD_createDStream();
    must(z != NULL);
    while (from.pos < s.n) {
        char c = s.p[from.pos];
        if (left == 0 && (c == 0 || c == ' ' || c == '\r' || c == '\n')) {
            from.pos++;
            continue;
        }
        if (left == 0) {
            (void)ZSTD_initDStream(z);
        }
        from.size = from.pos + 1;
        left = ZSTD_decompressStream(z, &to, &from);
        if (ZSTD_isError(left)) {
            return false;
        }
    }
    return left == 0 && span_eq(span_of(out, to.pos), text);
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
    decoding(buf_span(&object), 0, &d);
    size_t n = 0;
    bool good = theirs(buf_span(&object), text, &n);
    if (decoded_only(&d, " in zstd") && d.err.kind != FAIL_LIMIT) {
        bool read = d.err.kind == FAIL_NONE;
        must(!read || !good || span_eq(buf_span(&d.text), span_of(text, n)));
        must(!read || good || streams_to(buf_span(&object), buf_span(&d.text)));
        must(read || !good || !streams_to(buf_span(&object), span_of(text, n)));
    }
    must(data[0] % 2 == 0 || good);
    decoded_done(&d);
    buf_done(&object);
    return 0;
}
