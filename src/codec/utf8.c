/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/utf8.h"

/* Bytes after the first, 4 if it cannot be a first byte. */
static size_t bytes_after(unsigned char first)
{
    if (first < 0x80) {
        return 0;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 4;
    }
    return first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
}

bool utf8_next(struct span *s, uint32_t *character)
{
    static const unsigned char bits_of_first[] = {0x7f, 0x1f, 0x0f, 0x07};
    if (s->n == 0) {
        return false;
    }
    const unsigned char *p = (const unsigned char *)s->p;
    size_t more = bytes_after(p[0]);
    if (more > 3 || s->n - 1 < more) {
        return false;
    }

    /* The second byte is narrower after four of the first bytes. */
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    uint32_t c = p[0] & bits_of_first[more];
    for (size_t i = 1; i <= more; i++) {
        if (p[i] < low || p[i] > high) {
            return false;
        }
        c = (c << 6) | (p[i] & 0x3fU);
        low = 0x80;
        high = 0xbf;
    }
    *character = c;
    (void)span_take(s, more + 1);
    return true;
}

bool utf8_valid(struct span s)
{
    uint32_t character = 0;
    while (s.n > 0) {
        if (!utf8_next(&s, &character)) {
            return false;
        }
    }
    return true;
}
