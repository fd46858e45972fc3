/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err_kind err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    if (e == NULL) {
        return kind;
    }

    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);
    e->kind = kind;
    return kind;
}

enum err_kind err_wrap(struct err *e, const char *fmt, ...)
{
    char was[sizeof(e->text)];
    memcpy(was, e->text, sizeof(was));

    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);

    if (n >= 0 && (size_t)n < sizeof(e->text)) {
        size_t room = sizeof(e->text) - (size_t)n;
        if (snprintf(e->text + n, room, ": %s", was) < 0) {
            e->text[n] = '\0';
        }
    }
    return e->kind;
}

struct err err_brief(const struct err *e)
{
    struct err brief = *e;
    if (brief.code[0] != '\0') {
        brief.text[0] = '\0';
    }
    return brief;
}

void err_clear(struct err *e)
{
    *e = (struct err){.kind = FAIL_NONE};
}

const char *err_kind_name(enum err_kind kind)
{
    static const char *const names[FAIL_KINDS] = {
        [FAIL_NONE] = "none",
        [FAIL_AGAIN] = "again",
        [FAIL_THROTTLED] = "throttled",
        [FAIL_DENIED] = "denied",
        [FAIL_KMS] = "kms",
        [FAIL_GONE] = "gone",
        [FAIL_SUPERSEDED] = "superseded",
        [FAIL_ARCHIVED] = "archived",
        [FAIL_DATA] = "data",
        [FAIL_FORMAT] = "format",
        [FAIL_LIMIT] = "limit",
        [FAIL_CONFIG] = "config",
        [FAIL_SKEW] = "skew",
        [FAIL_LOST] = "lost",
        [FAIL_STOPPED] = "stopped",
    };
    return (size_t)kind < FAIL_KINDS ? names[kind] : "unknown";
}

void err_copy(char *to, size_t cap, struct span from)
{
    size_t n = from.n < cap - 1 ? from.n : cap - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from.p[i];
        to[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    to[n] = '\0';
}
