/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding and decoding are inverse. Accepted names and URLs contain only allowed bytes. */
#include "codec/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_split(struct span in)
{
    struct url u;
    if (!url_split(in, &u)) {
        return;
    }
    check(u.host.n > 0 && u.port > 0 && u.port < 65536);
    check(memchr(u.host.p, '@', u.host.n) == NULL && memchr(u.host.p, '/', u.host.n) == NULL);
    struct buf again = BUF_INIT(4096);
    buf_add(&again, u.tls ? SPAN("https://") : SPAN("http://"));
    url_add_authority(&again, &u);
    struct url second;
    check(again.overflowed || (url_split(buf_span(&again), &second) && second.port == u.port &&
                               span_eq(second.host, u.host)));
    check(!url_is_loopback(&u) || u.host.n >= 3);
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    struct buf encoded = BUF_INIT(1 << 20);
    struct buf back = BUF_INIT(1 << 20);

    url_encode(&encoded, in);
    check(url_decode(&back, buf_span(&encoded)) == 0);
    check(encoded.overflowed || span_eq(buf_span(&back), in));
    buf_clear(&back);
    check(url_decode_form(&back, in) <= size && back.n <= size);
    buf_clear(&back);
    (void)url_decode(&back, in); /* canonical: encoding a decoded text is stable */
    buf_clear(&encoded);
    url_encode_path(&encoded, buf_span(&back));

    check_split(in);
    if (url_bucket_ok(in)) {
        check(size <= 63 && memchr(data, '/', size) == NULL && memchr(data, '@', size) == NULL);
    }
    check(!url_region_ok(in) || memchr(data, '.', size) == NULL);
    buf_done(&encoded);
    buf_done(&back);
    return 0;
}
