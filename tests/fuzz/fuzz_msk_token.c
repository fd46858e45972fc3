/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of any accepted credentials consist of base64url characters and contain a complete URL. */
#include "codec/credentials.h"
#include "codec/msk_token.h"
#include "codec/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static struct span cut(struct span *rest)
{
    const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span part = span_take(rest, end != NULL ? (size_t)(end - rest->p) : rest->n);
    *rest = rest->n > 0 ? span_from(*rest, 1) : *rest;
    return part;
}

/* base64url without padding. */
static void decode(struct span in, struct buf *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < in.n; i++) {
        const char *found = memchr(letters, in.p[i], 64);
        check(found != NULL);
        bits = bits << 6 | (uint32_t)(found - letters);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_add_byte(out, (char)(uint8_t)(bits >> count));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of((const char *)data, size);
    char region[64];
    struct span name = cut(&rest);
    struct credentials_text t = {.access_key_id = cut(&rest), .secret_access_key = cut(&rest)};
    t.session_token = cut(&rest);
    struct creds c;
    struct err e;
    if (!url_region_ok(name) || name.n >= sizeof(region) ||
        credentials_set(&c, &t, &e) != FAIL_NONE) {
        return 0;
    }
    memcpy(region, name.p, name.n);
    region[name.n] = '\0';
    struct buf token = BUF_INIT(1 << 20);
    struct buf text = BUF_INIT(1 << 20);
    struct url u;
    check(msk_token(&token, &c, region, INT64_C(1795355945000)) == INT64_C(1795356845000));
    check(!token.overflowed);
    decode(buf_span(&token), &text);
    check(span_starts(buf_span(&text), SPAN("https://kafka.")));
    check(memchr(text.p, ' ', text.n) == NULL && memchr(text.p, '\n', text.n) == NULL);
    check(text.n > 4096 || url_split(buf_span(&text), &u));
    check(memmem(text.p, text.n, "&X-Amz-Signature=", 17) != NULL);
    buf_done(&token);
    buf_done(&text);
    return 0;
}
