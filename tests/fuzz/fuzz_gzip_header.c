/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a gzip member, divided in any way, compared with zlib. */
#include "codec/gzip_header.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* used: length of the header, if it is complete. */
static enum gzip_header_state ours(struct span in, size_t piece, size_t *used)
{
    struct gzip_header h;
    const char *why = NULL;
    enum gzip_header_state state = GZIP_HEADER_MORE;
    size_t all = in.n;
    gzip_header_init(&h);
    while (state == GZIP_HEADER_MORE && in.n > 0) {
        struct span part = span_of(in.p, piece < in.n ? piece : in.n);
        size_t n = part.n;
        state = gzip_header_next(&h, &part, &why);
        in = span_from(in, n - part.n);
    }
    if ((state == GZIP_HEADER_BAD) != (why != NULL)) {
        abort();
    }
    *used = all - in.n;
    return state;
}

static enum gzip_header_state zlibs(const uint8_t *data, size_t size, size_t *used)
{
    gz_header header = {.done = 0};
    uint8_t out[1];
    z_stream z = {
        .next_in = data, .avail_in = (uInt)size, .next_out = out, .avail_out = sizeof(out)};
    if (inflateInit2(&z, 31) != Z_OK || inflateGetHeader(&z, &header) != Z_OK) {
        abort();
    }
    int rc = inflate(&z, Z_BLOCK); /* stops after the header */
    *used = size - z.avail_in;
    (void)inflateEnd(&z);
    return header.done == 1     ? GZIP_HEADER_DONE
           : rc == Z_DATA_ERROR ? GZIP_HEADER_BAD
                                : GZIP_HEADER_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    size_t want_used = 0;
    enum gzip_header_state want = zlibs(data, size, &want_used);
    for (size_t piece = 1; piece <= 5; piece++) {
        size_t used = 0;
        enum gzip_header_state got = ours(in, piece < 5 ? piece : size + 1, &used);
        bool early = got == GZIP_HEADER_BAD && want == GZIP_HEADER_MORE; /* zlib needs pairs */
        if ((got != want && !early) || (got == GZIP_HEADER_DONE && used != want_used)) {
            abort();
        }
    }
    return 0;
}
