/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Method, path, query and headers of any bytes, one per line. A canonical query is its own
 * canonical form, and headers within the limits are signed without overflow.
 */
#include "codec/sigv4.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span cut(struct span *rest, char at)
{
    const char *end = rest->n > 0 ? memchr(rest->p, at, rest->n) : NULL;
    struct span part = span_take(rest, end != NULL ? (size_t)(end - rest->p) : rest->n);
    *rest = rest->n > 0 ? span_from(*rest, 1) : *rest;
    return part;
}

/* The third line of a canonical request. Only the path can contain a line feed. */
static struct span canonical_query(struct buf *out, struct span query)
{
    struct sigv4_request r = {.method = SPAN("G"), .query = query};
    buf_clear(out);
    sigv4_canonical_request(out, &r);
    struct span rest = buf_span(out);
    (void)cut(&rest, '\n');
    (void)cut(&rest, '\n');
    return cut(&rest, '\n');
}

static void check_stable(struct span query)
{
    struct buf once = BUF_INIT(1 << 20);
    struct buf twice = BUF_INIT(1 << 20);
    struct span first = canonical_query(&once, query);
    struct span second = canonical_query(&twice, first);
    if (!once.overflowed && !span_eq(first, second)) {
        abort();
    }
    buf_done(&once);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of((const char *)data, size);
    struct http_header headers[SIGV4_MAX_HEADERS + 1];
    struct sigv4_request r = {.headers = headers, .payload_hash = SPAN(SIGV4_EMPTY_HASH)};
    r.path_normalize = size % 2 != 0;
    r.path_encode = size % 3 != 0;
    r.method = cut(&rest, '\n');
    r.path = cut(&rest, '\n');
    r.query = cut(&rest, '\n');
    while (rest.n > 0 && r.header_count < SIGV4_MAX_HEADERS + 1) {
        struct span line = cut(&rest, '\n');
        headers[r.header_count].name = cut(&line, ':');
        headers[r.header_count++].value = line;
    }

    struct sigv4_scope scope = {"AKIDEXAMPLE", "20260102T030405Z", "eu-west-1", "s3"};
    struct sigv4_presign presign = {900, r.path};
    struct buf out = BUF_INIT(1 << 20);
    uint8_t key[SIGV4_KEY_BYTES];
    sigv4_key(key, "secret", &scope);
    sigv4_authorization(&out, &r, &scope, key);
    if (r.header_count > SIGV4_MAX_HEADERS && !out.overflowed) {
        abort();
    }
    buf_clear(&out);
    sigv4_presign(&out, &r, &scope, &presign, key);
    buf_done(&out);
    check_stable(r.query);
    return 0;
}
