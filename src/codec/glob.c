/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only the last `*` before the current position is retried, one character further each time. This
 * is sufficient: if the rest of the pattern matches after an earlier `*`, it also matches after the
 * last one. So each byte of the text is compared at most once with each element of the pattern.
 */
#include "codec/glob.h"

#include "codec/utf8.h"

#include <string.h>

/* An element of a pattern: a set, or one byte that may be escaped. */
struct element {
    size_t bytes; /* in the pattern */
    char first;   /* '?', '[', or '\0' for a literal */
    char literal;
};

/*
 * Number of bytes of a set with its brackets; 0: it is not closed. A `]` at its beginning is a
 * member.
 */
static size_t set_bytes(struct span p)
{
    size_t first = p.n > 1 && (p.p[1] == '!' || p.p[1] == '^') ? 2 : 1;
    for (size_t i = first + 1; i < p.n; i++) {
        if (p.p[i] == ']') {
            return i + 1;
        }
    }
    return 0;
}

static struct element element_at(struct span p)
{
    if (p.p[0] == '\\' && p.n > 1) {
        return (struct element){2, '\0', p.p[1]};
    }
    size_t set = p.p[0] == '[' ? set_bytes(p) : 0;
    if (set != 0) {
        return (struct element){set, '[', '\0'};
    }
    return (struct element){1, p.p[0] == '?' ? '?' : '\0', p.p[0]};
}

/* The text between the brackets. *negated: it begins with `!`. */
static struct span set_inside(struct span set, bool *negated)
{
    *negated = set.p[1] == '!' || set.p[1] == '^';
    size_t from = *negated ? 2 : 1;
    return span_of(set.p + from, set.n - from - 1);
}

static bool set_has(struct span set, char c)
{
    bool negated = false;
    bool found = false;
    struct span in = set_inside(set, &negated);
    for (size_t i = 0; i < in.n; i++) {
        bool range = i + 2 < in.n && in.p[i + 1] == '-';
        char last = range ? in.p[i + 2] : in.p[i];
        found = found || (c >= in.p[i] && c <= last);
        i += range ? 2 : 0;
    }
    return found != negated;
}

static bool is_ascii(char c)
{
    return ((unsigned char)c & 0x80) == 0;
}

static bool is_negated(struct span set)
{
    bool negated = false;
    (void)set_inside(set, &negated);
    return negated;
}

/* Length of the first character of the text. */
static size_t character_bytes(struct span text)
{
    size_t n = 1;
    while (!is_ascii(text.p[0]) && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80) {
        n++;
    }
    return n;
}

/* Number of bytes of the text that the element matches; 0: none. */
static size_t element_takes(const struct element *e, struct span pattern, struct span text)
{
    if (e->first == '?') {
        return character_bytes(text);
    }
    if (e->first == '[') {
        struct span set = span_of(pattern.p, e->bytes);
        bool fits = is_ascii(text.p[0]) ? set_has(set, text.p[0]) : is_negated(set);
        return fits ? character_bytes(text) : 0;
    }
    return e->literal == text.p[0] ? 1 : 0;
}

bool glob_matches(struct span pattern, struct span text)
{
    const size_t none = SIZE_MAX;
    size_t p = 0;
    size_t t = 0;
    size_t star = none; /* after the last `*`, and the position in the text after its match */
    size_t star_text = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        size_t taken = 0;
        if (p < pattern.n) {
            struct span rest = span_from(pattern, p);
            struct element e = element_at(rest);
            taken = element_takes(&e, rest, span_from(text, t));
            p += e.bytes;
            t += taken;
        }
        if (taken == 0) {
            if (star == none) {
                return false;
            }
            p = star;
            star_text += character_bytes(span_from(text, star_text));
            t = star_text;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*') {
        p++;
    }
    return p == pattern.n;
}

/* ---- Patterns of operators ---- */

static const char *refuse_set(struct span set)
{
    bool negated = false;
    struct span in = set_inside(set, &negated);
    for (size_t i = 0; i < in.n; i++) {
        bool range = i + 2 < in.n && in.p[i + 1] == '-';
        if (!is_ascii(in.p[i]) || in.p[i] == '\\') {
            return "has a set [...] with something else than plain ASCII characters";
        }
        if (range && in.p[i] > in.p[i + 2]) {
            return "has a range in [...] that ends before it begins";
        }
        i += range ? 1 : 0; /* the end of a range is checked, too */
    }
    return NULL;
}

static const char *refuse_element(struct span rest)
{
    if (rest.p[0] == '\\' && rest.n == 1) {
        return "ends with a backslash, which takes the next character as itself";
    }
    if (rest.p[0] == '{' || rest.p[0] == '}') {
        return "has braces, which are not supported: write one pattern for each alternative "
               "(\\{ is the character)";
    }
    if (rest.p[0] != '[') {
        return NULL;
    }
    size_t n = set_bytes(rest);
    return n == 0 ? "has a '[' without ']' (\\[ is the character)" : refuse_set(span_of(rest.p, n));
}

const char *glob_refuse(const char *pattern)
{
    struct span rest = span_str(pattern);
    if (rest.n == 0) {
        return "is empty";
    }
    if (rest.n > GLOB_BYTES) {
        return "is longer than 128 bytes";
    }
    if (!utf8_valid(rest)) {
        return "is not UTF-8";
    }
    if (rest.p[0] == '!') {
        return "begins with '!', which negates nothing here: use the other list "
               "(\\! is the character)";
    }
    while (rest.n > 0) {
        const char *why = (unsigned char)rest.p[0] < 0x20 || rest.p[0] == 0x7f
                              ? "has a control character"
                              : refuse_element(rest);
        if (why != NULL) {
            return why;
        }
        rest = span_from(rest, element_at(rest).bytes);
    }
    return NULL;
}
