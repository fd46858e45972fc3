/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/expected.h"

#include "conf/value.h"
#include "onboard/refuse.h"

#include <ctype.h>

enum { WORD_BYTES = 16, DIGITS = 9, HOURS_OF_A_DAY = 24 };

struct unit {
    const char *word;
    int64_t factor;
};

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* In lower case, without the s of a plural. */
static const struct unit times[] = {
    {"s", SECOND},      {"sec", SECOND},      {"second", SECOND},
    {"m", 60 * SECOND}, {"min", 60 * SECOND}, {"minute", 60 * SECOND},
    {"h", HOUR},        {"hour", HOUR},       {"hourly", HOUR},
    {"d", DAY},         {"day", DAY},         {"daily", DAY},
    {"week", 7 * DAY},  {"weekly", 7 * DAY},  {NULL, 0},
};

static const struct unit sizes[] = {
    {"b", 1},
    {"byte", 1},
    {"kb", 1000},
    {"mb", 1000000},
    {"gb", 1000000000},
    {"tb", 1000000000000},
    {"kib", INT64_C(1) << 10},
    {"mib", INT64_C(1) << 20},
    {"gib", INT64_C(1) << 30},
    {"tib", INT64_C(1) << 40},
    {NULL, 0},
};

static void skip_blanks(const char **p)
{
    while (**p == ' ') {
        (*p)++;
    }
}

/* The next word in lower case; "" if there is none, or it is too long. */
static void next_word(const char **p, char out[WORD_BYTES])
{
    size_t n = 0;
    skip_blanks(p);
    while (isalpha((unsigned char)**p) && n < WORD_BYTES - 1) {
        out[n++] = (char)tolower((unsigned char)*(*p)++);
    }
    out[n] = '\0';
}

/* In thousandths: "5", "1.5". A text without a number is one: "hourly". */
static bool next_number(const char **p, int64_t *thousandths)
{
    int64_t n = 0;
    int digits = 0;
    int64_t part = 1000;
    skip_blanks(p);
    for (; isdigit((unsigned char)**p) && digits < DIGITS; (*p)++, digits++) {
        n = n * 10 + (**p - '0');
    }
    n *= 1000;
    if (digits > 0 && **p == '.') {
        for ((*p)++; isdigit((unsigned char)**p) && part > 1; (*p)++) {
            part /= 10;
            n += (**p - '0') * part;
        }
        if (part == 1000) {
            return false;
        }
    }
    *thousandths = digits > 0 ? n : 1000;
    return n > 0 || digits == 0;
}

/* 0: there is no such unit. */
static int64_t factor_of(const struct unit *units, char *word)
{
    size_t n = strlen(word);
    for (int plural = 0; plural < 2; plural++) {
        for (const struct unit *u = units; u->word != NULL; u++) {
            if (strcmp(u->word, word) == 0) {
                return u->factor;
            }
        }
        if (n < 2 || word[n - 1] != 's') {
            break;
        }
        word[n - 1] = '\0';
    }
    return 0;
}

/* A number and its unit; the result is rounded down. */
static bool next_quantity(const char **p, const struct unit *units, int64_t *out)
{
    char word[WORD_BYTES];
    int64_t thousandths = 0;
    if (!next_number(p, &thousandths)) {
        return false;
    }
    next_word(p, word);
    int64_t factor = factor_of(units, word);
    if (factor == 0 || thousandths > INT64_MAX / factor) {
        return false;
    }
    *out = thousandths * factor / 1000;
    return true;
}

bool expected_cadence(const char *text, int64_t *ms)
{
    char word[WORD_BYTES];
    const char *p = text;
    next_word(&p, word);
    if (strcmp(word, "every") != 0) {
        p = text;
    }
    if (!next_quantity(&p, times, ms)) {
        return false;
    }
    skip_blanks(&p);
    return *p == '\0' && *ms >= SECOND && *ms <= 31 * DAY;
}

/* "/day", "per hour", "a day", or nothing: how often it is in a day; 0: something else. */
static int64_t next_times(const char **p)
{
    char word[WORD_BYTES];
    skip_blanks(p);
    if (**p == '\0') {
        return 1;
    }
    bool slash = **p == '/';
    *p += slash;
    next_word(p, word);
    if (!slash && strcmp(word, "per") != 0 && strcmp(word, "a") != 0) {
        return 0;
    }
    if (!slash) {
        next_word(p, word);
    }
    skip_blanks(p);
    switch (factor_of(times, word)) {
    case DAY:
        return 1;
    case HOUR:
        return HOURS_OF_A_DAY;
    default:
        return 0;
    }
}

bool expected_volume(const char *text, int64_t *bytes)
{
    static const int64_t most = INT64_C(1000000) * 1000000 * 1000000;
    const char *p = text;
    skip_blanks(&p);
    if (!isdigit((unsigned char)*p) || !next_quantity(&p, sizes, bytes)) {
        return false;
    }
    int64_t often = next_times(&p);
    if (*p != '\0' || often == 0 || *bytes < 1 || *bytes > most / often) {
        return false;
    }
    *bytes *= often;
    return true;
}

const char *model_refuse_cadence(const char *text)
{
    int64_t ms = 0;
    return expected_cadence(text, &ms) ? NULL
                                       : "is not a time such as every 5 minutes, 1h or daily";
}

const char *model_refuse_volume(const char *text)
{
    int64_t bytes = 0;
    return expected_volume(text, &bytes) ? NULL : "is not a volume such as 2 GB/day or 50 MiB/hour";
}

/* "2GB" rather than "1953125KiB". */
static void write_size(int64_t bytes, struct buf *out)
{
    static const struct unit decimal[] = {
        {"TB", 1000000000000}, {"GB", 1000000000}, {"MB", 1000000}, {"kB", 1000}, {NULL, 0}};
    for (const struct unit *u = decimal; u->word != NULL; u++) {
        if (bytes % u->factor == 0) {
            buf_addf(out, "%lld%s", (long long)(bytes / u->factor), u->word);
            return;
        }
    }
    conf_size_write(out, bytes);
}

void expected_write(bool cadence, const char *text, struct buf *out)
{
    int64_t value = 0;
    buf_add_byte(out, '"');
    if (cadence && expected_cadence(text, &value)) {
        conf_time_write(out, value);
    } else if (!cadence && expected_volume(text, &value)) {
        write_size(value, out);
    }
    buf_add_byte(out, '"');
}
