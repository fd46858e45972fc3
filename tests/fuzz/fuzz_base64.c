/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: what is decoded is compared with OpenSSL's decoder, for texts without blanks. */
#include "codec/base64.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 4096 };

/* With padding, in the first alphabet. */
static size_t normal_form(struct span text, unsigned char *out)
{
    size_t n = 0;
    for (; n < text.n && text.p[n] != '='; n++) {
        char c = text.p[n];
        out[n] = (unsigned char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (n % 4 != 0) {
        out[n++] = '=';
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct buf out = BUF_INIT(MAX_BYTES);
    unsigned char want[MAX_BYTES];
    unsigned char full[MAX_BYTES];
    if (size > MAX_BYTES - 4) {
        return 0;
    }
    bool good = base64_decode(text, &out);
    bool blanks = false;
    for (size_t i = 0; i < size; i++) {
        blanks = blanks || strchr(" \t\r\n", (char)data[i]) != NULL;
    }
    if (good && !blanks) {
        size_t n = normal_form(text, full);
        int got = EVP_DecodeBlock(want, full, (int)n);
        if (got != (int)(n / 4 * 3) || out.n > (size_t)got || (size_t)got - out.n > 2 ||
            (out.n > 0 && memcmp(want, out.p, out.n) != 0)) {
            abort();
        }
    }
    buf_done(&out);
    return 0;
}
