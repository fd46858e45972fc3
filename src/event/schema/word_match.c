/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/word_match.h"

#include "base/ascii.h"

bool word_next(struct span *list, struct span *word)
{
    while (list->n > 0 && *list->p == ' ') {
        *list = span_from(*list, 1);
    }
    const char *end = list->n > 0 ? memchr(list->p, ' ', list->n) : NULL;
    *word = span_take(list, end != NULL ? (size_t)(end - list->p) : list->n);
    return word->n > 0;
}

bool word_in(struct span word, const char *list)
{
    if (word.n == 0) {
        return false;
    }
    size_t n = strlen(list);
    const char *p = list;
    while (word.n <= n - (size_t)(p - list) &&
           (p = memchr(p, *word.p, n - (size_t)(p - list) - word.n + 1)) != NULL) {
        char end = p[word.n];
        if ((p == list || p[-1] == ' ') && (end == '\0' || end == ' ') &&
            memcmp(p, word.p, word.n) == 0) {
            return memchr(word.p, ' ', word.n) ==
                   NULL; /* two words of the list are not a word of it */
        }
        p++;
    }
    return false;
}

bool text_has(struct span text, struct span part)
{
    return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n) != NULL);
}

bool text_has_word_of(struct span text, const char *list)
{
    struct span rest = span_str(list);
    struct span w;
    while (word_next(&rest, &w)) {
        if (text_has(text, w)) {
            return true;
        }
    }
    return false;
}

bool text_starts_with_word_of(struct span text, const char *list)
{
    struct span rest = span_str(list);
    struct span w;
    while (word_next(&rest, &w)) {
        if (span_starts(text, w)) {
            return true;
        }
    }
    return false;
}

bool text_starts_low(struct span text, struct span low)
{
    size_t n = 0;
    while (n < low.n && n < text.n && ascii_lower(text.p[n]) == low.p[n]) {
        n++;
    }
    return n == low.n;
}

struct span word_fold(struct span word, char *to, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        bool stays = (c != '_') & (c != '-') & (c != '.') & (c != ' ');
        if (n < cap) {
            to[n] = ascii_lower(c);
            n += stays;
        } else if (stays) {
            return span_of(to, 0);
        }
    }
    return span_of(to, n);
}

bool action_well_formed(struct span action)
{
    size_t dots = 0;
    for (size_t i = 0; i < action.n; i++) {
        if (action.p[i] == '.') {
            dots++;
            if (i == 0 || i + 1 == action.n || action.p[i - 1] == '.') {
                return false;
            }
        } else if (!is_action_char(action.p[i])) {
            return false;
        }
    }
    return dots > 0;
}
