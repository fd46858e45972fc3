/* SPDX-License-Identifier: Apache-2.0 */
/* No recursion: one bit for each open container stores whether it is an object. */
#include "codec/syntax.h"

#include "base/ascii.h"

/* The tokens that are allowed next. */
enum expect { VALUE, VALUE_OR_END, NAME, NAME_OR_END, COLON, COMMA_OR_END, NOTHING };

struct check {
    const char *p, *end;
    struct syntax_lines s;
};

bool syntax_in_object(const struct syntax_lines *s)
{
    return (s->objects[(s->depth - 1) / 64] >> ((s->depth - 1) % 64) & 1) != 0;
}

static bool in_object(const struct check *c)
{
    return syntax_in_object(&c->s);
}

bool syntax_after_colon(const struct syntax_lines *s)
{
    return s->next == VALUE && s->depth > 0 && syntax_in_object(s);
}

static void skip_blanks(struct check *c)
{
    while (c->p < c->end && ascii_is_blank(*c->p)) {
        c->p++;
    }
}

static enum syntax check_word(struct check *c, struct span word)
{
    for (size_t i = 0; i < word.n; i++) {
        if (c->p == c->end) {
            return SYNTAX_BEGUN;
        }
        if (*c->p != word.p[i]) {
            return SYNTAX_WRONG;
        }
        c->p++;
    }
    return SYNTAX_WHOLE;
}

/* Check one or more digits. */
static enum syntax check_digits(struct check *c)
{
    if (c->p == c->end) {
        return SYNTAX_BEGUN;
    }
    if (!ascii_is_digit(*c->p)) {
        return SYNTAX_WRONG;
    }
    while (c->p < c->end && ascii_is_digit(*c->p)) {
        c->p++;
    }
    return SYNTAX_WHOLE;
}

static bool take_if(struct check *c, char a, char b)
{
    bool there = c->p < c->end && (*c->p == a || *c->p == b);
    c->p += there ? 1 : 0;
    return there;
}

static enum syntax check_number(struct check *c)
{
    (void)take_if(c, '-', '-');
    enum syntax s = take_if(c, '0', '0') ? SYNTAX_WHOLE : check_digits(c);
    if (s == SYNTAX_WHOLE && take_if(c, '.', '.')) {
        s = check_digits(c);
    }
    if (s == SYNTAX_WHOLE && take_if(c, 'e', 'E')) {
        (void)take_if(c, '+', '-');
        s = check_digits(c);
    }
    return s;
}

static bool is_hex(char c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Check the rest of an escape, after the backslash. */
static enum syntax check_escape(struct check *c)
{
    if (c->p == c->end) {
        return SYNTAX_BEGUN;
    }
    if (*c->p == '\0' || strchr("\"\\/bfnrtu", *c->p) == NULL) {
        return SYNTAX_WRONG;
    }
    for (int digits = *c->p++ == 'u' ? 4 : 0; digits > 0; digits--) {
        if (c->p == c->end) {
            return SYNTAX_BEGUN;
        }
        if (!is_hex(*c->p)) {
            return SYNTAX_WRONG;
        }
        c->p++;
    }
    return SYNTAX_WHOLE;
}

/* Whether any of eight bytes may be a control byte, '"' or '\\', without a branch for each. */
static bool any_special(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t tops = 0x8080808080808080U;
    uint64_t quote = v ^ ones * '"';
    uint64_t slash = v ^ ones * '\\';
    uint64_t below =
        ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return (below & tops) != 0;
}

/* Skip bytes of a string that are neither its end nor an escape nor wrong. */
static void skip_plain(struct check *c)
{
    uint64_t eight = 0;
    while (c->end - c->p >= (ptrdiff_t)sizeof(eight)) {
        memcpy(&eight, c->p, sizeof(eight));
        if (any_special(eight)) {
            return;
        }
        c->p += sizeof(eight);
    }
}

static enum syntax check_string(struct check *c)
{
    c->p++;
    skip_plain(c);
    while (c->p < c->end) {
        if ((unsigned char)*c->p < 0x20) {
            return SYNTAX_WRONG;
        }
        char byte = *c->p++;
        if (byte == '"') {
            return SYNTAX_WHOLE;
        }
        if (byte == '\\') {
            enum syntax s = check_escape(c);
            if (s != SYNTAX_WHOLE) {
                return s;
            }
            skip_plain(c);
        }
    }
    return SYNTAX_BEGUN;
}

static enum syntax check_open(struct check *c, enum expect *next)
{
    if (c->s.depth == SYNTAX_DEPTH) {
        return SYNTAX_BEGUN;
    }
    uint64_t bit = (uint64_t)1 << (c->s.depth % 64);
    uint64_t *word = &c->s.objects[c->s.depth / 64];
    c->s.depth++;
    *word = *c->p == '{' ? *word | bit : *word & ~bit;
    *next = *c->p++ == '{' ? NAME_OR_END : VALUE_OR_END;
    return SYNTAX_WHOLE;
}

static enum syntax check_value(struct check *c, enum expect *next)
{
    if (*c->p == '{' || *c->p == '[') {
        return check_open(c, next);
    }
    *next = c->s.depth == 0 ? NOTHING : COMMA_OR_END;
    switch (*c->p) {
    case '"':
        return check_string(c);
    case 't':
        return check_word(c, SPAN("true"));
    case 'f':
        return check_word(c, SPAN("false"));
    case 'n':
        return check_word(c, SPAN("null"));
    default:
        return *c->p == '-' || ascii_is_digit(*c->p) ? check_number(c) : SYNTAX_WRONG;
    }
}

static bool try_close(const struct check *c, enum expect next)
{
    return (next == VALUE_OR_END || next == NAME_OR_END || next == COMMA_OR_END) &&
           *c->p == (in_object(c) ? '}' : ']');
}

/* Check one token. */
static enum syntax check_step(struct check *c, enum expect *next)
{
    if (try_close(c, *next)) {
        c->p++;
        c->s.depth--;
        *next = c->s.depth == 0 ? NOTHING : COMMA_OR_END;
        return SYNTAX_WHOLE;
    }
    switch (*next) {
    case NAME:
    case NAME_OR_END:
        *next = COLON;
        return *c->p == '"' ? check_string(c) : SYNTAX_WRONG;
    case COLON:
        *next = VALUE;
        return take_if(c, ':', ':') ? SYNTAX_WHOLE : SYNTAX_WRONG;
    case COMMA_OR_END:
        *next = in_object(c) ? NAME : VALUE;
        return take_if(c, ',', ',') ? SYNTAX_WHOLE : SYNTAX_WRONG;
    case VALUE:
    case VALUE_OR_END:
    case NOTHING:
        break;
    }
    return check_value(c, next);
}

enum syntax syntax_check(struct span text, size_t *at)
{
    struct check c = {.p = text.p, .end = text.p + text.n};
    enum expect next = VALUE;
    enum syntax s = SYNTAX_WHOLE;
    while (s == SYNTAX_WHOLE && next != NOTHING) {
        skip_blanks(&c);
        s = c.p < c.end ? check_step(&c, &next) : SYNTAX_BEGUN;
    }
    *at = (size_t)(c.p - text.p);
    return s;
}

enum syntax syntax_next_line(struct syntax_lines *lines, struct span line, size_t *at)
{
    struct check c = {.p = line.p, .end = line.p + line.n, .s = *lines};
    enum expect next = (enum expect)lines->next;
    enum syntax s = SYNTAX_WHOLE;
    skip_blanks(&c);
    while (s == SYNTAX_WHOLE && next != NOTHING && c.p < c.end) {
        s = check_step(&c, &next);
        skip_blanks(&c);
    }
    *at = (size_t)(c.p - line.p);
    *lines = c.s;
    lines->next = (unsigned char)next;
    if (s != SYNTAX_WHOLE) {
        return SYNTAX_WRONG;
    }
    return next == NOTHING ? SYNTAX_WHOLE : SYNTAX_BEGUN;
}
