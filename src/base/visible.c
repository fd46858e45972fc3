/* SPDX-License-Identifier: Apache-2.0 */
#include "base/visible.h"

size_t visible_step(struct span s, uint32_t *point)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    unsigned char first = s.n > 0 ? (unsigned char)s.p[0] : 0xff;
    for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
        if ((first & forms[n].mask) != forms[n].lead) {
            continue;
        }
        if (n >= s.n) {
            return 0;
        }
        uint32_t c = first & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            unsigned char next = (unsigned char)s.p[i];
            if ((next & 0xc0U) != 0x80) {
                return 0;
            }
            c = c << 6 | (next & 0x3fU);
        }
        *point = c;
        bool surrogate = c >= 0xd800 && c <= 0xdfff;
        return c < forms[n].least || surrogate || c > 0x10ffff ? 0 : n + 1;
    }
    return 0;
}

bool visible_is_control(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

void visible_add(struct buf *out, struct span text)
{
    while (text.n > 0) {
        uint32_t c = 0;
        size_t n = visible_step(text, &c);
        struct span one = span_take(&text, n > 0 ? n : 1);
        buf_add(out, n > 0 && !visible_is_control(c) ? one : SPAN("?"));
    }
}

void visible_add_json(struct buf *out, struct span json)
{
    while (json.n > 0) {
        uint32_t c = 0;
        size_t n = visible_step(json, &c);
        struct span one = span_take(&json, n > 0 ? n : 1);
        if (n == 0) {
            buf_add(out, SPAN("\xef\xbf\xbd"));
        } else if (visible_is_control(c) && c != '\n') {
            buf_addf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_add(out, one);
        }
    }
}
