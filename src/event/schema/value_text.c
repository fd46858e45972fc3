/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/value_text.h"

#include "base/ascii.h"

struct span text_trim(struct span s)
{
    if (text_is_trimmed(s)) {
        return s;
    }
    while (s.n > 0 && ascii_is_blank(*s.p)) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && ascii_is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

const bool text_absent_first[256] = {['<'] = true, ['n'] = true, ['u'] = true, ['-'] = true};

bool text_is_present(struct span s)
{
    s = text_trim(s);
    return s.n > 0 && !(s.n <= 9 && (span_eq(s, SPAN("<nil>")) || span_eq(s, SPAN("null")) ||
                                     span_eq(s, SPAN("undefined")) || span_eq(s, SPAN("-"))));
}

static bool scalar_text(const struct doc *d, size_t at, struct span *text)
{
    switch (doc_tag(d, at)) {
    case '"':
        *text = doc_string(d, at);
        return text_counts(*text);
    case 'l':
    case 'u':
    case 'd':
    case '#':
        *text = doc_source(d, at);
        return true;
    case 't':
        *text = SPAN("true");
        return true;
    case 'f':
        *text = SPAN("false");
        return true;
    default:
        return false;
    }
}

bool value_text_other(const struct doc *d, size_t at, struct span *text)
{
    if (doc_tag(d, at) != '[') {
        return scalar_text(d, at, text);
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (scalar_text(d, i, text)) {
            return true;
        }
    }
    return false;
}
