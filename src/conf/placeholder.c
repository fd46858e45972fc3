/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/placeholder.h"

#include <strings.h>

/* Matched exactly. */
static const char *const capitals[] = {
    "EXTERNAL_ID", "ACCOUNT_ID", "BUCKET_NAME", "QUEUE_NAME",  "QUEUE_URL", "ROLE_NAME",
    "ROLE_ARN",    "KEY_ID",     "KEY_ARN",     "KMS_KEY_ARN", "REGION_ID", "TOPIC_NAME",
};

/* Matched in any case; '-' also matches '_'. */
static const char *const any_case[] = {
    "placeholder",      "changeme",      "change-me",   "replaceme",   "replace-me",
    "your-bucket",      "your-queue",    "your-prefix", "your-region", "your-account",
    "your-bucket-name", "your-role",     "your-topic",  "your-key",    "your-account-id",
    "your-queue-name",  "your-password", "your-id",     "your-broker", "your-external-id",
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_capital(c) || (c >= 'a' && c <= 'z');
}

static bool is_word_byte(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool same_word(struct span word, const char *name)
{
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i] == '_' ? '-' : word.p[i];
        c = (char)(is_capital(c) ? c - 'A' + 'a' : c);
        if (c != name[i]) { /* also at the end of the name */
            return false;
        }
    }
    return name[word.n] == '\0';
}

static bool is_placeholder(struct span word)
{
    for (size_t i = 0; i < COUNT_OF(capitals); i++) {
        if (span_eq(word, span_str(capitals[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(any_case); i++) {
        if (same_word(word, any_case[i])) {
            return true;
        }
    }
    size_t crosses = 0;
    while (crosses < word.n && word.p[crosses] == 'X') {
        crosses++;
    }
    return (crosses == word.n && crosses >= 3) || span_starts(word, SPAN("YOUR_")) ||
           span_starts(word, SPAN("YOUR-")) || span_starts(word, SPAN("your_"));
}

/* "<account>" at the start of s. "": there is none. */
static struct span bracketed_name(struct span s)
{
    const char *end = s.n > 2 && is_letter(s.p[1]) ? memchr(s.p, '>', s.n) : NULL;
    return end != NULL ? span_of(s.p, (size_t)(end - s.p) + 1) : SPAN("");
}

/* "$BUCKET" or "${BUCKET}" at the start of s. "": there is none. */
static struct span shell_variable(struct span s)
{
    bool braces = s.n > 1 && s.p[1] == '{';
    size_t from = braces ? 2 : 1;
    size_t n = from;
    while (n < s.n && (is_capital(s.p[n]) || (n > from && s.p[n] == '_'))) {
        n++;
    }
    bool closed = !braces || (n < s.n && s.p[n] == '}');
    return n > from + 1 && closed ? span_of(s.p, n + braces) : SPAN("");
}

static struct span word_at(struct span s)
{
    size_t n = 0;
    while (n < s.n && is_word_byte(s.p[n])) {
        n++;
    }
    return span_of(s.p, n);
}

struct span conf_placeholder(struct span value)
{
    while (value.n > 0) {
        struct span word = word_at(value);
        struct span found = SPAN("");
        if (word.n > 0) {
            found = is_placeholder(word) ? word : SPAN("");
        } else if (value.p[0] == '<') {
            found = bracketed_name(value);
        } else if (value.p[0] == '$') {
            found = shell_variable(value);
        }
        if (found.n > 0) {
            return found;
        }
        value = span_from(value, word.n > 0 ? word.n : 1);
    }
    return SPAN("");
}
