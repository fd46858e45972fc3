/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

struct unit {
    const char *name;
    int64_t factor;
    bool written; /* used when values are printed */
};

static const struct unit size_units[] = {
    {"TiB", INT64_C(1) << 40, true},
    {"GiB", INT64_C(1) << 30, true},
    {"MiB", INT64_C(1) << 20, true},
    {"KiB", INT64_C(1) << 10, true},
    {"B", 1, true},
    {"kB", 1000, false},
    {"MB", 1000000, false},
    {"GB", 1000000000, false},
    {"TB", 1000000000000, false},
    {NULL, 0, false},
};

static const struct unit time_units[] = {
    {"d", 86400000, true}, {"h", 3600000, true}, {"m", 60000, true},
    {"s", 1000, true},     {"ms", 1, true},      {NULL, 0, false},
};

/* Read decimal digits at *p, which moves after them. */
static bool digits_read(const char **p, int64_t *number)
{
    const char *from = *p;
    *number = 0;
    for (; isdigit((unsigned char)**p); (*p)++) {
        int digit = **p - '0';
        if (*number > (INT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    return *p != from;
}

/* Read digits, an optional blank, a unit, and nothing else. */
static bool quantity_read(const char *text, const struct unit *units, int64_t *out)
{
    int64_t number = 0;
    if (!digits_read(&text, &number)) {
        return false;
    }
    if (*text == ' ') {
        text++;
    }
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (strcmp(text, u->name) == 0) {
            *out = number * (number <= INT64_MAX / u->factor ? u->factor : 0);
            return number <= INT64_MAX / u->factor;
        }
    }
    return false;
}

static void quantity_write(struct buf *out, const struct unit *units, int64_t value)
{
    for (const struct unit *u = units; u->name != NULL; u++) {
        bool exact = u->written && value % u->factor == 0 && (value != 0 || u->factor == 1);
        if (exact) {
            buf_addf(out, "%" PRId64 "%s", value / u->factor, u->name);
            return;
        }
    }
}

bool conf_size_read(const char *text, int64_t *bytes)
{
    return quantity_read(text, size_units, bytes);
}

bool conf_time_read(const char *text, int64_t *ms)
{
    return quantity_read(text, time_units, ms);
}

void conf_size_write(struct buf *out, int64_t bytes)
{
    quantity_write(out, size_units, bytes);
}

void conf_time_write(struct buf *out, int64_t ms)
{
    quantity_write(out, time_units, ms);
}

enum { NAME_MAX_BYTES = 40 };

static size_t least_of(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static int fold_case(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same_letter(char a, char b)
{
    return fold_case(a) == fold_case(b);
}

/*
 * Optimal string alignment distance: an inserted, omitted or changed letter and two swapped
 * neighbours each count one. Case is ignored.
 */
static size_t edit_distance(struct span a, struct span b)
{
    size_t rows[3][NAME_MAX_BYTES + 1] = {0};
    for (size_t j = 0; j <= b.n; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = same_letter(a.p[i - 1], b.p[j - 1]) ? 0 : 1;
            now[j] = least_of(last[j] + 1, now[j - 1] + 1, last[j - 1] + change);
            bool swapped = i > 1 && j > 1 && same_letter(a.p[i - 1], b.p[j - 2]) &&
                           same_letter(a.p[i - 2], b.p[j - 1]);
            if (swapped) {
                now[j] = least_of(now[j], before[j - 2] + 1, now[j]);
            }
        }
    }
    return rows[a.n % 3][b.n];
}

const char *conf_nearest(const char *wrong, const char *const *names)
{
    struct span w = span_str(wrong);
    if (w.n > NAME_MAX_BYTES) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = w.n / 3 + 2; /* never reached */
    for (; *names != NULL; names++) {
        struct span name = span_str(*names);
        size_t d = name.n <= NAME_MAX_BYTES ? edit_distance(w, name) : SIZE_MAX;
        if (d < best_distance && d < name.n) {
            best = *names;
            best_distance = d;
        }
    }
    return best;
}
