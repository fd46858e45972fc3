/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/utf8.h"

/* The bytes that may follow a lead byte: their number, and the range of the first of them. */
struct lead {
    uint8_t more;
    uint8_t low;
    uint8_t high;
};

static struct lead lead_of(uint8_t c)
{
    if (c >= 0xc2 && c <= 0xdf) {
        return (struct lead){1, 0x80, 0xbf};
    }
    if (c >= 0xe0 && c <= 0xef) {
        return (struct lead){2, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf};
    }
    if (c >= 0xf0 && c <= 0xf4) {
        return (struct lead){3, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf};
    }
    return (struct lead){0, 0, 0};
}

size_t utf8_step(struct span s, bool *good)
{
    uint8_t c = (uint8_t)s.p[0];
    if (c < 0x80) {
        *good = true;
        return 1;
    }
    struct lead lead = lead_of(c);
    size_t n = 1;
    while (n <= lead.more && n < s.n) {
        uint8_t next = (uint8_t)s.p[n];
        if (next < (n == 1 ? lead.low : 0x80) || next > (n == 1 ? lead.high : 0xbf)) {
            break;
        }
        n++;
    }
    *good = lead.more != 0 && n == (size_t)lead.more + 1;
    return n;
}

bool utf8_next(struct span *s, uint32_t *character)
{
    static const uint8_t payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07}; /* of the first byte, by length */
    bool good = false;
    size_t n = s->n > 0 ? utf8_step(*s, &good) : 0;
    if (!good) {
        return false;
    }
    uint32_t c = (uint8_t)s->p[0] & payload[n];
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | ((uint8_t)s->p[i] & 0x3fU);
    }
    *character = c;
    *s = span_from(*s, n);
    return true;
}

bool utf8_valid(struct span s)
{
    while (s.n > 0) {
        uint64_t eight = 0;
        if (s.n >= sizeof(eight)) {
            memcpy(&eight, s.p, sizeof(eight));
            if ((eight & 0x8080808080808080U) == 0) {
                s = span_from(s, sizeof(eight));
                continue;
            }
        }
        bool good = false;
        s = span_from(s, utf8_step(s, &good));
        if (!good) {
            return false;
        }
    }
    return true;
}

struct span utf8_cut(struct span s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    size_t n = max;
    while (n > 0 && max - n < 3 && ((uint8_t)s.p[n] & 0xc0) == 0x80) {
        n--;
    }
    return span_of(s.p, n);
}
