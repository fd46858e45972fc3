/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that mean a secret only at certain places: `pass` and `pwd`, which are ordinary words, and
 * names without a sign before their value, because of the command before them:
 *
 *     db_pass=x        aws configure set aws_secret_access_key x        setx TOKEN x
 *     Set-Item env:TOKEN x        [Environment]::SetEnvironmentVariable("TOKEN", "x")
 */
#include "secret_priv.h"

enum {
    NAME_BACK_BYTES = 64, /* of a name before the word in it */
    WORD_BYTES = 64,      /* of a word before a name */
    APART_BYTES = 8,      /* between two words */
    COUNT_BYTES = 8,      /* a number of tests or passes has fewer digits */
    SCHEME_BYTES = 16,
};

static bool is_name(char c)
{
    return is_token(c) || c == '.';
}

static bool same(struct span a, const char *lower)
{
    struct span b = span_str(lower);
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != b.p[i]) {
            return false;
        }
    }
    return true;
}

static bool is_one_of(struct span word, const char *const *list)
{
    while (*list != NULL && !same(word, *list)) {
        list++;
    }
    return *list != NULL;
}

/* ---- pass and pwd ---- */

/* Names that end in `pass` without a sign or a capital before it. */
static const char *const joined[] = {"db",   "ssh",  "key",     "store", "user", "root", "admin",
                                     "ftp",  "smtp", "mail",    "sql",   "my",   "http", "proxy",
                                     "imap", "ldap", "require", "redis", "net",  NULL};
/* ... and names with one whose values are no secrets. */
static const char *const other[] = {
    "render", "first",  "second", "last",  "single",   "multi", "two",    "one",  "by",
    "low",    "high",   "band",   "all",   "boarding", "com",   "encom",  "tres", "sur",
    "over",   "under",  "test",   "tests", "did",      "must",  "should", "will", "not",
    "can",    "cannot", "next",   "per",   "each",     "num",   "render", NULL};

/* The part of a name before its last word, up to the sign before that: `a_db` becomes `db`. */
static struct span last_part(struct span name)
{
    size_t from = name.n;
    while (from > 0 && is_alnum(name.p[from - 1])) {
        from--;
    }
    return span_from(name, from);
}

bool secret_pass_name(struct span name)
{
    static const struct span word = SPAN_INIT("pass");
    if (name.n < word.n || !same(span_from(name, name.n - word.n), word.p)) {
        return false; /* p_ass */
    }
    struct span head = span_of(name.p, name.n - word.n);
    bool sign = head.n > 0 && !is_alnum(head.p[head.n - 1]);
    bool capital =
        head.n > 0 && ascii_is_lower(head.p[head.n - 1]) && ascii_is_upper(name.p[head.n]);
    head.n -= sign ? 1 : 0;
    struct span part = last_part(head);
    if (part.n == 0) {
        return true; /* pass, --pass */
    }
    return sign || capital ? !is_one_of(part, other) : is_one_of(part, joined);
}

static bool is_variable(struct span v)
{
    size_t k = 1;
    if (v.n >= 2 && *v.p == '$' && (v.p[1] == '{' || v.p[1] == '(')) {
        return true;
    }
    while (k < v.n && (ascii_is_upper(v.p[k]) || ascii_is_digit(v.p[k]) || v.p[k] == '_')) {
        k++;
    }
    return (*v.p == '$' && k == v.n) || (*v.p == '%' && v.n > 2 && k + 1 == v.n && v.p[k] == '%');
}

static bool is_path(struct span v)
{
    bool drive = v.n >= 2 && is_alnum(*v.p) && v.p[1] == ':' &&
                 (v.n == 2 || memchr("/\\", v.p[2], 2) != NULL);
    bool here = *v.p == '.' && (v.n == 1 || memchr("./\\", v.p[1], 3) != NULL);
    return drive || here || memchr("/~$", *v.p, 3) != NULL;
}

static bool is_url(struct span v)
{
    struct span head = span_of(v.p, v.n < SCHEME_BYTES ? v.n : SCHEME_BYTES);
    return memmem(head.p, head.n, "://", 3) != NULL;
}

/* Whether a value under `pass` or `pwd` may be a secret. */
static bool word_value(enum secret_name name, struct span v)
{
    static const char *const words[] = {"ok",   "yes",   "no",   "pass",    "fail",    "passed",
                                        "true", "false", "none", "skip",    "failed",  "skipped",
                                        "null", "nil",   "n/a",  "success", "warning", NULL};
    return !is_variable(v) && !is_url(v) && !is_one_of(v, words) &&
           !(name == SECRET_NAME_PWD && is_path(v));
}

static bool is_count(struct span v)
{
    return v.n < COUNT_BYTES && run_end(v, 0, ascii_is_digit) == v.n;
}

bool secret_value_of(enum secret_name name, struct span v)
{
    switch (name) {
    case SECRET_NAME_COUNTS:
        return secret_value(v) && !is_count(v);
    case SECRET_NAME_PASS:
    case SECRET_NAME_PWD:
        return secret_value(v) && !is_count(v) && word_value(name, v);
    case SECRET_NAME_NONE:
    case SECRET_NAME_VALUE:
        break;
    }
    return secret_value(v);
}

/*
 * Whether the text before an unquoted `pass: ` makes it a name: nothing else is on its line or in
 * its list, or a value is before it: `user: ana pass: x`, not `the first pass: x`.
 */
static bool is_entry(struct span t, size_t i)
{
    size_t last = i > NAME_BACK_BYTES ? i - NAME_BACK_BYTES : 0;
    while (i > last && (t.p[i - 1] == ' ' || t.p[i - 1] == '\t')) {
        i--;
    }
    if (i == 0 || memchr("\n\r,;|/{[(\"'", t.p[i - 1], 11) != NULL ||
        secret_after_blank_escape(t, i)) {
        return true;
    }
    while (i > last && !is_space(t.p[i - 1]) && t.p[i - 1] != '=') {
        i--;
    }
    while (i > last && is_space(t.p[i - 1])) {
        i--;
    }
    return i > last && (t.p[i - 1] == ':' || t.p[i - 1] == '=');
}

/* The name that ends in the word at i. */
static struct span name_of(struct span t, size_t i, size_t end)
{
    size_t last = i > NAME_BACK_BYTES ? i - NAME_BACK_BYTES : 0;
    size_t begin = i;
    while (begin > last && is_name(t.p[begin - 1])) {
        begin--;
    }
    begin += begin < i && secret_after_blank_escape(t, begin + 1) ? 1 : 0;
    return span_of(t.p + begin, end - begin);
}

/*
 * A name that secret_name decides about: the head is only its last word. `pass: ` in prose is no
 * name.
 */
bool secret_find_named(struct secret_scan *scan, const struct secret_form *f, size_t i, size_t end,
                       struct secret *s)
{
    struct span t = scan->text;
    if (end < t.n && is_token(t.p[end])) {
        return false;
    }
    struct span name = name_of(t, i, end);
    enum secret_name kind = secret_name(name);
    if (kind == SECRET_NAME_NONE || !secret_find_assigned(scan, f, i, end, s)) {
        return false;
    }
    bool prose = kind == SECRET_NAME_PASS && name.n == end - i && t.n - end >= 2 &&
                 t.p[end] == ':' && is_space(t.p[end + 1]) &&
                 (ascii_is_upper(t.p[end - 1]) || !is_entry(t, i));
    return !prose && secret_value_of(kind, span_of(t.p + s->from, s->to - s->from));
}

/* ---- names without a sign ---- */

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '(' || c == '[' || is_quote(c);
}

/* The word before *i, which becomes its beginning. Empty: there is none nearby. */
static struct span word_before(struct span t, size_t *i)
{
    size_t last = *i > APART_BYTES ? *i - APART_BYTES : 0;
    size_t to = *i;
    while (to > last && is_between(t.p[to - 1])) {
        to--;
    }
    last = to > WORD_BYTES ? to - WORD_BYTES : 0;
    size_t from = to;
    while (from > last && !is_between(t.p[from - 1]) && !is_space(t.p[from - 1])) {
        from--;
    }
    *i = from;
    return span_of(t.p + from, to - from);
}

/* Whether the words before i, the last of them `word`, set the name that follows. */
static bool is_setting(struct span t, struct span word, size_t i)
{
    static const char *const alone[] = {"setx", "setenv", NULL};
    static const char *const configures[] = {"configure", "config", "npm", "yarn", "pnpm", NULL};
    static const char *const exports[] = {"-x",  "-gx", "-xg",      "-ux",
                                          "-xu", "-lx", "--export", NULL};
    static const char *const scopes[] = {"--global", "--local", "--system", "--add", NULL};
    if (is_one_of(word, alone)) {
        return true;
    }
    struct span before = word_before(t, &i);
    if (same(word, "set")) {
        return is_one_of(before, configures);
    }
    if (same(word, "/m")) {
        return same(before, "setx");
    }
    if (is_one_of(word, exports)) {
        return same(before, "set");
    }
    if (is_one_of(word, scopes)) {
        word = before;
        before = word_before(t, &i);
    }
    return same(word, "config") && same(before, "git");
}

/* Set-Item env:NAME, Set-Item -Path Env:\NAME; i is the beginning of `env:`. */
static bool is_item(struct span t, size_t i)
{
    static const char *const items[] = {"set-item", "new-item",    "si", "ni",
                                        "-path",    "set-content", "sc", NULL};
    return is_one_of(word_before(t, &i), items);
}

/* The function in [.., i) sets a variable: setenv, os.Setenv, SetEnvironmentVariable. */
static bool is_setter(struct span word)
{
    static const char *const setters[] = {"setenv", "setenvironmentvariable", "setdefault", NULL};
    size_t from = word.n;
    while (from > 0 && is_alnum(word.p[from - 1])) {
        from--;
    }
    return is_one_of(span_from(word, from), setters);
}

static size_t env_begin(struct span t, size_t i)
{
    i -= i > 0 && (t.p[i - 1] == '\\' || t.p[i - 1] == '/') ? 1 : 0;
    i -= i > 0 && (t.p[i - 1] == '\\' || t.p[i - 1] == '/') ? 1 : 0;
    return i >= 4 && same(span_of(t.p + i - 4, 4), "env:") ? i - 4 : 0;
}

/* The value after quotes, a comma, blanks and -Value; `end` ends the name. t.n: there is none. */
static size_t apart(struct span t, size_t end)
{
    size_t k = run_end(t, end, is_quote);
    k += k > end && k < t.n && t.p[k] == ',' ? 1 : 0;
    size_t from = k;
    while (from < t.n && from - k < APART_BYTES && (t.p[from] == ' ' || t.p[from] == '\t')) {
        from++;
    }
    if (from == end || (from == k && t.p[k - 1] != ',')) {
        return t.n;
    }
    if (t.n - from > 7 && same(span_of(t.p + from, 6), "-value") && t.p[from + 6] == ' ') {
        from += 7;
    }
    from = run_end(t, from, is_quote);
    return from < t.n && t.p[from] != '-' && !is_space(t.p[from]) ? from : t.n;
}

bool secret_after_setting(struct span t, size_t i, size_t end, size_t *from)
{
    size_t value = apart(t, end);
    if (value == t.n) {
        return false;
    }
    size_t last = i > NAME_BACK_BYTES ? i - NAME_BACK_BYTES : 0;
    while (i > last && (is_name(t.p[i - 1]))) {
        i--;
    }
    size_t env = env_begin(t, i);
    if (env != 0 && is_item(t, env)) {
        *from = value;
        return true;
    }
    while (i > last && (is_name(t.p[i - 1]) || memchr(":/@", t.p[i - 1], 3) != NULL)) {
        i--;
    }
    bool call = i >= 2 && is_quote(t.p[i - 1]) && t.p[i - 2] == '(';
    struct span word = word_before(t, &i);
    *from = value;
    return word.n > 0 && ((call && is_setter(word)) || is_setting(t, word, i));
}

/* ---- percent-encoding ---- */

/* The printable character that is encoded at i, also repeatedly (%253D). *n: its bytes; 0: none. */
static char coded(struct span t, size_t i, size_t *n)
{
    size_t k = i;
    *n = 0;
    if (k == t.n || t.p[k] != '%') {
        return '\0';
    }
    k++;
    for (int again = 0; again < 3 && at_word(t, k, SPAN("25")); again++) {
        k += 2;
    }
    static const struct {
        const char *code;
        char c;
    } codes[] = {{"3d", '='}, {"3a", ':'}, {"22", '"'},  {"27", '\''}, {"26", '&'}, {"20", ' '},
                 {"2c", ','}, {"7d", '}'}, {"0a", '\n'}, {"0d", '\n'}, {"5c", '\\'}};
    for (size_t c = 0; t.n - k >= 2 && c < sizeof(codes) / sizeof(codes[0]); c++) {
        if (same(span_of(t.p + k, 2), codes[c].code)) {
            *n = k + 2 - i;
            return codes[c].c;
        }
    }
    return '\0';
}

/* Skip encoded quotes and blanks. Returns whether a quote was among them. */
static bool skip_coded(struct span t, size_t *i)
{
    bool quote = false;
    size_t n = 0;
    for (int k = 0; k < 8; k++) {
        char c = coded(t, *i, &n);
        if (c != '"' && c != '\'' && c != '\\' && c != ' ') {
            break;
        }
        quote |= c != ' ';
        *i += n;
    }
    return quote;
}

bool secret_after_coded_sign(struct span t, size_t end, size_t *from, size_t *to)
{
    size_t i = end;
    size_t n = 0;
    (void)skip_coded(t, &i);
    char sign = coded(t, i, &n);
    if (sign != '=' && sign != ':') {
        return false;
    }
    i += n;
    if (coded(t, i, &n) == '=' || coded(t, i, &n) == sign) {
        return false;
    }
    bool quote = skip_coded(t, &i);
    *from = i;
    for (; i < t.n && !is_space(t.p[i]) && t.p[i] != '&' && t.p[i] != '"'; i++) {
        char c = coded(t, i, &n);
        if (c == '"' || c == '\n' || (!quote && memchr("'& ,}", c, 5) != NULL && c != '\0')) {
            break;
        }
    }
    *to = i;
    return true;
}
