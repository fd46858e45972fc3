/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time that was read is written and read again as the same time. Texts of the plain form are a
 * subset of all forms.
 */
#include "codec/timestamp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    struct timestamp t;
    struct timestamp again;
    char text[TIMESTAMP_BYTES];
    int64_t ns = 0;
    bool plain = timestamp_plain(in, &ns);
    bool any = timestamp_parse(in, &t);
    expect(any || !plain);
    expect(!plain || (t.ns == ns && t.quality == TIME_EXACT));
    if (any) {
        struct span out = timestamp_write(&t, text);
        expect(timestamp_plain(out, &ns) && timestamp_parse(out, &again));
        expect(again.ns == ns && again.digits == t.digits);
        expect(plain ? span_eq(in, out) : true);
        /* no digits beyond those of the text */
        expect(t.digits == TIMESTAMP_DIGITS || ns == t.ns);
    }
    return 0;
}
