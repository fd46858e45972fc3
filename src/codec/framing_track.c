/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which brackets a text leaves open, and which token may follow it, for texts of any length in
 * pieces of any size: one bit for each open container says whether it is an object. A text that is
 * not JSON is followed as well as possible: a bracket that closes another one than the innermost
 * closes those inside, one that closes nothing is ignored, and a string ends with its line.
 *
 * A colon behind a text outside of all brackets is that of a member whose object begins before the
 * text (the end of a torn record), so that object is open.
 */
#include "framing_priv.h"

static bool in_object(const struct framing_track *t)
{
    uint64_t top = t->depth - 1;
    return t->depth > 0 && t->depth <= FRAMING_TRACK_LEVELS &&
           (t->kinds[top / 64] >> (top % 64) & 1) != 0;
}

static void push(struct framing_track *t, bool object)
{
    if (t->depth < FRAMING_TRACK_LEVELS) {
        uint64_t bit = (uint64_t)1 << (t->depth % 64);
        uint64_t *kinds = &t->kinds[t->depth / 64];
        *kinds = object ? *kinds | bit : *kinds & ~bit;
        t->objects += object ? 1 : 0;
    }
    t->depth++;
}

static void pop(struct framing_track *t)
{
    t->objects -= in_object(t) ? 1 : 0;
    t->depth--;
}

static enum framing_track_next after_value(const struct framing_track *t)
{
    return t->depth == 0 ? TRACK_ANY : TRACK_COMMA_OR_END;
}

static bool begins_value(char c)
{
    return c != '\0' && strchr("{[\"-0123456789tfn", c) != NULL;
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\x1e' ||
           c == '\xef' || c == '\xbb' || c == '\xbf';
}

/* Whether a token that begins with c may follow. A closing bracket always may. */
static bool allows(const struct framing_track *t, char c)
{
    if (c == '}' || c == ']') {
        return true;
    }
    switch (t->next) {
    case TRACK_ANY:
    case TRACK_LOOSE_NAME:
        return begins_value(c) || c == ',' || (c == ':' && t->next == TRACK_LOOSE_NAME);
    case TRACK_VALUE:
    case TRACK_VALUE_OR_END:
        return begins_value(c);
    case TRACK_NAME:
        return c == '"';
    case TRACK_COLON:
        return c == ':';
    case TRACK_COMMA_OR_END:
        break;
    }
    return c == ',';
}

static void open_bracket(struct framing_track *t, bool object)
{
    push(t, object);
    t->next = object ? TRACK_NAME : TRACK_VALUE_OR_END;
}

static void close_bracket(struct framing_track *t, bool object)
{
    bool known = t->depth <= FRAMING_TRACK_LEVELS;
    if (known && (object ? t->objects : t->depth - t->objects) == 0) {
        t->wrong = true;
        return;
    }
    while (known && in_object(t) != object) {
        t->wrong = true;
        pop(t);
    }
    pop(t);
    t->next = after_value(t);
}

static void take_colon(struct framing_track *t)
{
    if (t->next == TRACK_LOOSE_NAME) {
        push(t, true);
    }
    t->next = t->depth > 0 ? TRACK_VALUE : TRACK_ANY;
}

static void string_ends(struct framing_track *t)
{
    t->in_string = false;
    t->escaped = false;
    if (t->next == TRACK_NAME) {
        t->next = TRACK_COLON;
    } else {
        t->next = t->depth == 0 ? TRACK_LOOSE_NAME : TRACK_COMMA_OR_END;
    }
}

/* Take the part of a string that is there. Returns the number of bytes used. */
static size_t take_string(struct framing_track *t, struct span part)
{
    size_t i = 0;
    for (; i < part.n; i++) {
        if (t->escaped) {
            t->escaped = false;
        } else if (part.p[i] == '\\') {
            t->escaped = true;
        } else if (part.p[i] == '"') {
            string_ends(t);
            return i + 1;
        }
    }
    return i;
}

static void take_byte(struct framing_track *t, char c)
{
    bool in_scalar = t->in_scalar;
    t->in_scalar = false;
    if (is_separator(c)) {
        return;
    }
    bool allowed = allows(t, c);
    switch (c) {
    case '"':
        t->in_string = true;
        break;
    case '{':
    case '[':
        open_bracket(t, c == '{');
        break;
    case '}':
    case ']':
        close_bracket(t, c == '}');
        break;
    case ',':
        t->next = t->depth == 0 ? TRACK_ANY : in_object(t) ? TRACK_NAME : TRACK_VALUE;
        break;
    case ':':
        take_colon(t);
        break;
    default:
        allowed = allowed || in_scalar;
        t->in_scalar = true;
        t->next = after_value(t);
    }
    t->wrong = t->wrong || !allowed;
}

void framing_track_part(struct framing_track *t, struct span part)
{
    for (size_t i = 0; i < part.n;) {
        if (t->in_string) {
            i += take_string(t, span_from(part, i));
        } else {
            take_byte(t, part.p[i++]);
        }
    }
}

void framing_track_line_ends(struct framing_track *t)
{
    t->in_scalar = false;
    if (t->in_string) {
        t->wrong = true;
        string_ends(t);
    }
}

bool framing_track_may_decide(struct span line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (!is_separator(line.p[i]) && line.p[i] != ',') {
            return true;
        }
    }
    return false;
}

bool framing_track_in_object(const struct framing_track *t)
{
    return in_object(t);
}

enum framing_continues framing_track_continues(const struct framing_track *before, struct span text,
                                               char *first)
{
    struct framing_track t = *before;
    *first = '\0';
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (is_separator(c)) {
            continue;
        }
        *first = c;
        if (c != ',' || !allows(&t, c)) {
            return allows(&t, c) ? CONTINUES_YES : CONTINUES_NO;
        }
        take_byte(&t, c);
    }
    return CONTINUES_MORE;
}
