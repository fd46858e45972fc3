/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

#include "base/ascii.h"

int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Remove the padding and the blanks at the end. */
static struct span without_padding(struct span s, size_t *padding)
{
    *padding = 0;
    while (s.n > 0 && (s.p[s.n - 1] == '=' || ascii_is_blank(s.p[s.n - 1]))) {
        *padding += s.p[s.n - 1] == '=' ? 1 : 0;
        s.n--;
    }
    return s;
}

bool base64_decode(struct span text, struct buf *out)
{
    size_t padding = 0;
    size_t digits = 0;
    unsigned bits = 0;
    unsigned have = 0; /* number of bits that belong to the next byte */
    text = without_padding(text, &padding);
    for (size_t i = 0; i < text.n; i++) {
        int v = base64_digit(text.p[i]);
        if (v < 0 && !ascii_is_blank(text.p[i])) {
            return false;
        }
        if (v >= 0) {
            digits++;
            bits = bits << 6 | (unsigned)v;
            have += 6;
        }
        if (have >= 8) {
            have -= 8;
            buf_add_byte(out, (char)(unsigned char)(bits >> have));
            bits &= (1U << have) - 1;
        }
    }
    bool padded = padding == 0 || (padding <= 2 && (digits + padding) % 4 == 0);
    return padded && bits == 0 && have < 6 && !out->overflowed;
}
