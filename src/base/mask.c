/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

#include "base/ascii.h"

/* Whether s ends in ":" and digits, or has no ':'. */
static bool is_host_and_port(struct span s)
{
    size_t n = s.n;
    while (n > 0 && ascii_is_digit(s.p[n - 1])) {
        n--;
    }
    if (n > 0 && s.p[n - 1] == ':') {
        n--;
    }
    return memchr(s.p, ':', n) == NULL;
}

/* The length of the user information that rest begins with, without '@'. 0: there is none. */
static size_t user_info(struct span rest)
{
    size_t end = 0;
    size_t slash = rest.n;
    size_t at = 0;
    for (; end < rest.n && rest.p[end] > ' ' && rest.p[end] != '"' && rest.p[end] != '\''; end++) {
        if (rest.p[end] == '@') {
            at = end;
        } else if (slash == rest.n && memchr("/?#", rest.p[end], 3) != NULL) {
            slash = end;
        }
    }
    return at < slash || !is_host_and_port(span_of(rest.p, slash)) ? at : 0;
}

void mask_add(struct buf *out, struct span text)
{
    const char *colon = NULL;
    while (text.n > 0 && (colon = memmem(text.p, text.n, "://", 3)) != NULL) {
        buf_add(out, span_take(&text, (size_t)(colon - text.p) + 3));
        size_t n = user_info(text);
        if (n > 0) {
            buf_add(out, MASK);
            (void)span_take(&text, n);
        }
    }
    buf_add(out, text);
}
