/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Found secrets advance and stay within the text. A redacted text has no secret. Names and
 * arguments of any bytes are accepted.
 */
#include "codec/secret.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_arguments(struct span in)
{
    struct secret_args args = {0};
    while (in.n > 0) {
        const char *end = memchr(in.p, '\n', in.n);
        struct span arg = span_take(&in, end != NULL ? (size_t)(end - in.p) : in.n);
        size_t from = 0;
        expect(!secret_args_next(&args, arg, &from) || from < arg.n);
        (void)secret_name(arg);
        in = span_from(in, in.n > 0 ? 1 : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    struct secret_scan scan;
    struct secret s;
    size_t from = 0;
    bool any = false;
    secret_scan_start(&scan, in);
    while (secret_scan_next(&scan, &s)) {
        expect(s.from >= from && s.to > s.from && s.to <= size && s.kind != NULL);
        from = s.to;
        any = true;
    }
    secret_scan_done(&scan);
    struct buf out = BUF_INIT(size * 12 + 64);
    expect(secret_redact(in, &out) == any);
    expect(!out.overflowed && (any || out.n == 0));
    expect(!any || memmem(out.p, out.n, "[REDACTED]", 10) != NULL);
    buf_done(&out);
    check_arguments(in);
    return 0;
}
