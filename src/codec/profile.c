/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is kept as one text, and entries point into it. A lookup is linear: files have some
 * dozen lines and are read only when credentials are renewed.
 */
#include "codec/profile.h"

#include "base/alloc.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <strings.h>

struct entry {
    struct span profile;
    struct span key; /* "": the entry is the section itself */
    struct span value;
    bool strong; /* in "[profile default]", which has priority over "[default]" */
};

struct profile_file {
    char *text;
    size_t text_bytes;
    struct entry *entries;
    size_t count, cap;
};

/* State of the reader. */
struct reading {
    struct profile_file *f;
    enum profile_kind kind;
    struct span profile; /* of the current section; p NULL: the section is no profile */
    bool in_section;
    bool strong;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim_blanks(struct span s)
{
    return span_trim(s, SPAN(" \t\r"));
}

/* The value without a comment, which is a '#' or ';' after a blank, and all that follows. */
static struct span without_comment(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if ((s.p[i] == '#' || s.p[i] == ';') && is_blank(s.p[i - 1])) {
            return trim_blanks(span_of(s.p, i));
        }
    }
    return s;
}

static struct span without_quotes(struct span s)
{
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? span_of(s.p + 1, s.n - 2) : s;
}

static void add_entry(struct reading *r, struct span key, struct span value)
{
    struct profile_file *f = r->f;
    if (f->count == f->cap) {
        f->cap = f->cap != 0 ? f->cap * 2 : 32;
        f->entries = mem_grow(f->entries, f->cap, sizeof(*f->entries));
    }
    f->entries[f->count++] = (struct entry){r->profile, key, value, r->strong};
}

/* Read a section's name. False: the closing bracket is missing. */
static bool read_section(struct reading *r, struct span line)
{
    const char *end = memchr(line.p, ']', line.n);
    if (end == NULL) {
        return false;
    }
    struct span name = trim_blanks(span_of(line.p + 1, (size_t)(end - line.p) - 1));
    bool prefixed = span_starts(name, SPAN("profile ")) || span_starts(name, SPAN("profile\t"));
    r->in_section = true;
    r->strong = false;
    r->profile = name;
    if (r->kind == PROFILE_CONFIG) {
        bool is_default = span_eq(name, SPAN("default"));
        r->profile = prefixed ? without_quotes(trim_blanks(span_from(name, 8))) : name;
        r->strong = prefixed && span_eq(r->profile, SPAN("default"));
        if (!prefixed && !is_default) {
            r->profile = span_of(NULL, 0); /* sso-session, services, plugins, ... */
        }
    }
    if (r->profile.p != NULL) {
        add_entry(r, SPAN(""), SPAN(""));
    }
    return true;
}

/* Read "key = value". */
static bool read_pair(struct reading *r, struct span line)
{
    const char *equals = memchr(line.p, '=', line.n);
    if (equals == NULL || equals == line.p || !r->in_section) {
        return false;
    }
    size_t at = (size_t)(equals - line.p);
    if (r->profile.p != NULL) {
        add_entry(r, trim_blanks(span_of(line.p, at)),
                  without_comment(trim_blanks(span_of(line.p + at + 1, line.n - at - 1))));
    }
    return true;
}

static bool read_line(struct reading *r, struct span line)
{
    bool indented = line.n > 0 && is_blank(line.p[0]);
    struct span s = trim_blanks(line);
    if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';' || (indented && r->in_section)) {
        return true;
    }
    return s.p[0] == '[' ? read_section(r, s) : read_pair(r, s);
}

static struct profile_file *file_new(struct span text)
{
    struct profile_file *f = mem_zeros(1, sizeof(*f));
    f->text = mem_alloc(text.n + 1);
    if (text.n > 0) {
        memcpy(f->text, text.p, text.n);
    }
    f->text_bytes = text.n;
    return f;
}

struct profile_file *profile_read(struct span text, enum profile_kind kind, struct err *e)
{
    if (text.n > PROFILE_FILE_BYTES) {
        (void)err_set(e, FAIL_CONFIG, "profiles: more than %d bytes", (int)PROFILE_FILE_BYTES);
        return NULL;
    }
    OWNED(profile_file) struct profile_file *f = file_new(text);
    struct reading r = {.f = f, .kind = kind, .profile = {NULL, 0}};
    struct span rest = span_of(f->text, f->text_bytes);
    for (unsigned number = 1; rest.n > 0; number++) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;
        struct span line = span_take(&rest, n);
        if (end != NULL) {
            (void)span_take(&rest, 1);
        }
        if (!read_line(&r, line)) {
            (void)err_set(e, FAIL_CONFIG, "profiles: line %u is no section, key or comment",
                          number);
            return NULL;
        }
    }
    return take(&f);
}

void profile_file_free(struct profile_file *f)
{
    if (f == NULL) {
        return;
    }
    OPENSSL_cleanse(f->text, f->text_bytes);
    free(f->text);
    free(f->entries);
    free(f);
}

/* Whether there is a "[profile default]", so that "[default]" is ignored. */
static bool has_strong(const struct profile_file *f, struct span name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->entries[i].strong && span_eq(f->entries[i].profile, name)) {
            return true;
        }
    }
    return false;
}

bool profile_exists(const struct profile_file *f, struct span name)
{
    for (size_t i = 0; f != NULL && i < f->count; i++) {
        if (span_eq(f->entries[i].profile, name)) {
            return true;
        }
    }
    return false;
}

static bool same_key(struct span have, const char *want)
{
    return have.n == strlen(want) && strncasecmp(have.p, want, have.n) == 0;
}

struct span profile_value(const struct profile_file *f, struct span name, const char *key)
{
    struct span value = SPAN("");
    if (f == NULL) {
        return value;
    }
    bool only_strong = has_strong(f, name);
    for (size_t i = 0; i < f->count; i++) {
        const struct entry *entry = &f->entries[i];
        if (span_eq(entry->profile, name) && (entry->strong || !only_strong) &&
            same_key(entry->key, key)) {
            value = entry->value;
        }
    }
    return value;
}

/* Remove the first word of *s and append it without its quotes. False: a quote is not closed. */
static bool take_word(struct buf *out, struct span *s)
{
    char quote = '\0';
    while (s->n > 0) {
        char c = *span_take(s, 1).p;
        if (quote == '\0' && is_blank(c)) {
            break;
        }
        if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        } else if (quote != '\0' && c == quote) {
            quote = '\0';
        } else if (c == '\\' && quote != '\'' && s->n > 0) {
            char next = *span_take(s, 1).p;
            if (quote == '"' && next != '"' && next != '\\') {
                buf_add_byte(out, c); /* inside "..." a backslash escapes only these two */
            }
            buf_add_byte(out, next);
        } else {
            buf_add_byte(out, c);
        }
    }
    buf_add_byte(out, '\0');
    return quote == '\0';
}

size_t profile_split_command(struct buf *out, struct span command, struct err *e)
{
    size_t words = 0;
    struct span rest = trim_blanks(command);
    while (rest.n > 0) {
        if (!take_word(out, &rest)) {
            (void)err_set(e, FAIL_CONFIG, "command: a quote does not end");
            return 0;
        }
        words++;
        rest = trim_blanks(rest);
    }
    if (words == 0 || words > PROFILE_WORDS || out->overflowed) {
        (void)err_set(e, FAIL_CONFIG, "command: no words, or too many");
        return 0;
    }
    return words;
}
