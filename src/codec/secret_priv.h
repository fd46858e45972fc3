/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_priv.h - declarations shared by the files of secret.c: the table of the heads of secrets,
 * the names and the clients. A run of bytes is read only after a head, and only up to a byte before
 * which no other head can be. So no text makes a run be read repeatedly.
 */
#ifndef CODEC_SECRET_PRIV_H
#define CODEC_SECRET_PRIV_H

#include "base/ascii.h"
#include "codec/secret.h"

struct secret_form;

/* Check the bytes after the head [i, end). True: *s is a secret. False: it is not a secret. */
typedef bool secret_find_fn(struct secret_scan *scan, const struct secret_form *f, size_t i,
                            size_t end, struct secret *s);

enum secret_head {
    HEAD_EXACT,
    HEAD_ANY_CASE,
    HEAD_NAME, /* as a folded name: in any case, at most one of "_-." between letters */
};

struct secret_form {
    struct span head; /* in lower case, except for HEAD_EXACT */
    enum secret_head match;
    secret_find_fn *find;
    bool (*is)(char); /* of a key: the bytes that may follow the head */
    size_t min, max;  /* ... their number; max 0: no limit */
    size_t keep;      /* ... bytes of the head that are not part of the secret */
    const char *kind;
};

/* Forms by the lower case of their first byte. A row without a head ends each list. */
struct secret_group {
    const struct secret_form *begins;   /* only where a word may begin */
    const struct secret_form *anywhere; /* also within words */
};
enum { SECRET_GROUPS = 128 };
extern const struct secret_group secret_groups[SECRET_GROUPS];

/* Commands whose short options take a password. */
struct secret_client {
    struct span name;
    struct span command; /* must be before the option; "": no condition */
    const char *options; /* their letters */
    bool pair;           /* the value is user:password; also in combined letters, and as --user */
};
extern const struct secret_client secret_clients[];
extern const size_t secret_clients_count;

/* The words of secret_name, folded. */
extern const struct span secret_names[];
extern const size_t secret_names_count;

extern const char secret_assigned[]; /* the kind of a value assigned to a name */

secret_find_fn secret_find_assigned, secret_find_named, secret_find_cookie, secret_find_client,
    secret_find_command, secret_find_command_end, secret_find_option, secret_find_quote;

/* Whether a name that ends in `pass` is a password's: db_pass, not compass. */
bool secret_pass_name(struct span name);

/* Find the value of a name [i, end) that a command or function before it sets. */
bool secret_after_setting(struct span t, size_t i, size_t end, size_t *from);

/* Find the value [*from, *to) after a percent-encoded sign: password%3Dx. */
bool secret_after_coded_sign(struct span t, size_t end, size_t *from, size_t *to);

/* A quote at i after scan->client. */
void secret_note_quote(struct secret_scan *scan, size_t i);

/* ---- bytes ---- */

static inline bool is_alnum(char c)
{
    return ascii_is_digit(c) || ascii_is_lower(ascii_lower(c));
}

static inline bool is_token(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`' || c == '\\';
}

/* The first byte at or after i for which `is` is false. */
static inline size_t run_end(struct span t, size_t i, bool (*is)(char))
{
    while (i < t.n && is(t.p[i])) {
        i++;
    }
    return i;
}

static inline bool at_word(struct span t, size_t i, struct span word)
{
    return t.n - i >= word.n && memcmp(t.p + i, word.p, word.n) == 0;
}

static inline bool secret_at(struct secret *s, size_t from, size_t to, const char *kind)
{
    *s = (struct secret){from, to, kind};
    return true;
}

/* Whether \\n, \\r or \\t as an escape of a text in the text ends before i. */
static inline bool secret_after_blank_escape(struct span t, size_t i)
{
    return i >= 2 && t.p[i - 2] == '\\' && memchr("nrt", t.p[i - 1], 3) != NULL;
}

/* The end of blanks and line ends, also of JSON escapes such as \n. At most 64 of them. */
size_t secret_blanks_end(struct span t, size_t i);

/* The end of the value that begins at i: its closing quote, or the end of its word. */
size_t secret_value_end(struct span t, size_t i);

bool secret_redacted(struct span t, size_t i);

#endif
