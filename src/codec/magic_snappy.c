/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw snappy (format_description.txt of snappy) has no magic: it begins with the length of the
 * text, followed by literals and copies. The head is taken for raw snappy if it is valid to its
 * end, and the first literal could be the beginning of JSON.
 */
#include "codec/magic.h"

enum { LENGTH_MAX_BYTES = 5, LITERAL_SHORT = 60, LEAST_BYTES = 8 };

/* Take a number in groups of seven bits, the low ones first. */
static bool length_take(struct span *s, uint64_t *length)
{
    *length = 0;
    for (unsigned i = 0; i < LENGTH_MAX_BYTES && s->n > 0; i++) {
        uint8_t c = (uint8_t)span_take(s, 1).p[0];
        *length |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            return *length <= UINT32_MAX;
        }
    }
    return false;
}

struct element {
    uint64_t text;   /* bytes of text that it gives */
    uint64_t offset; /* distance of a copy; 0: a literal */
    uint64_t data;   /* bytes that follow the tag and its numbers */
};

static uint64_t little_endian(struct span s, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number |= (uint64_t)(uint8_t)s.p[i] << (8 * i);
    }
    return number;
}

/* Take the next tag with its numbers. False: the head ends inside it. */
static bool element_take(struct span *s, struct element *e)
{
    static const uint8_t copy_bytes[] = {0, 1, 2, 4};
    uint8_t tag = (uint8_t)s->p[0];
    size_t more = copy_bytes[tag & 3];
    unsigned six = tag >> 2;
    if ((tag & 3) == 0 && six >= LITERAL_SHORT) {
        more = six - LITERAL_SHORT + 1;
    }
    if (s->n < 1 + more) {
        return false;
    }
    uint64_t number = little_endian(span_from(*s, 1), more);
    *s = span_from(*s, 1 + more);
    switch (tag & 3) {
    case 0:
        e->text = (more > 0 ? number : six) + 1;
        e->offset = 0;
        e->data = e->text;
        return true;
    case 1:
        e->text = (six & 7) + 4;
        e->offset = (uint64_t)(tag >> 5) << 8 | number;
        break;
    default:
        e->text = (uint64_t)six + 1;
        e->offset = number;
        break;
    }
    e->data = 0;
    return true;
}

static bool begins_json(struct span literal)
{
    static const char first[] = "{[\"";
    size_t i = 0;
    while (i < literal.n && strchr(" \t\r\n", literal.p[i]) != NULL && literal.p[i] != 0) {
        i++;
    }
    return i < literal.n && literal.p[i] != 0 && strchr(first, literal.p[i]) != NULL;
}

bool magic_raw_snappy(struct span head, bool whole)
{
    uint64_t length = 0;
    uint64_t text = 0;
    struct span s = head;
    if (head.n < LEAST_BYTES || !length_take(&s, &length) || s.n == 0 || (s.p[0] & 3) != 0) {
        return false;
    }
    struct element e;
    bool first = true;
    while (s.n > 0) {
        bool complete = element_take(&s, &e);
        if (!complete) {
            return !whole && !first;
        }
        if (e.text > length - text || (e.data == 0 && (e.offset == 0 || e.offset > text))) {
            return false;
        }
        if (first && !begins_json(s)) {
            return false;
        }
        first = false;
        text += e.text;
        if (e.data > s.n) {
            return !whole;
        }
        s = span_from(s, (size_t)e.data);
    }
    return !whole || text == length;
}
