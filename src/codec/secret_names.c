/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names whose values are secrets, and the ways in which texts assign a value to a name:
 *
 *     DB_PASSWORD=x      password: "x y"      "apiKey" => 'x'      --token x      --token","x"
 *     {"name":"API_KEY","value":"x"}          Cookie: id=x; theme=dark
 *     "password":["x"]                        <password>x</password>
 *     environ["TOKEN"] = "x"                  password%3Dx
 *     damaged JSON: "password":tru "x"        {"password" "x"
 */
#include "secret_priv.h"

enum {
    QUOTED_MAX_BYTES = 1024, /* the search for a closing quote ends here */
    BLANKS_MAX = 64,
    OPTION_BACK_BYTES = 64, /* of an option before the name in it: --some-long-password */
    NAME_TAIL_BYTES = 64,   /* only the end of a name is compared */
    DAMAGE_BYTES = 64,      /* between a name and its value */
};

const char secret_assigned[] = "password, token or key";

/* A longer name may end in one of these: DB_PASSWORD, clientSecret. */
const struct span secret_names[] = {
    SPAN_INIT("password"),
    SPAN_INIT("passwd"),
    SPAN_INIT("secret"),
    SPAN_INIT("token"),
    SPAN_INIT("apikey"),
    SPAN_INIT("authorization"),
    SPAN_INIT("cookie"),
    SPAN_INIT("privatekey"),
    SPAN_INIT("secretkey"),
    SPAN_INIT("accountkey"),
    SPAN_INIT("secretaccesskey"),
    SPAN_INIT("clientkeydata"),
    SPAN_INIT("passphrase"),
    SPAN_INIT("passcode"),
    SPAN_INIT("passwort"),
    SPAN_INIT("contrasena"),
    SPAN_INIT("secretkeybase"),
    SPAN_INIT("sharedaccesskey"),
    SPAN_INIT("sharedkey"),
    SPAN_INIT("encryptionkey"),
    SPAN_INIT("signingkey"),
    SPAN_INIT("masterkey"),
    SPAN_INIT("authkey"),
    SPAN_INIT("subscriptionkey"),
    SPAN_INIT("appkey"),
    SPAN_INIT("licensekey"),
    SPAN_INIT("psk"),
    SPAN_INIT("pass"),
    SPAN_INIT("pwd"),
};
const size_t secret_names_count = sizeof(secret_names) / sizeof(secret_names[0]);

/* Ends of names of counts and durations, whose values are not secrets. */
static const struct span harmless[] = {SPAN_INIT("pertoken"), SPAN_INIT("firsttoken"),
                                       SPAN_INIT("nopassword")};

/* ---- values ---- */

bool secret_redacted(struct span t, size_t i)
{
    return at_word(t, i, SPAN("[REDACTED]")) || at_word(t, i, SPAN("***REDACTED***"));
}

static bool is_plain_word(struct span v)
{
    return span_eq(v, SPAN("null")) || span_eq(v, SPAN("true")) || span_eq(v, SPAN("false")) ||
           span_eq(v, SPAN("none")) || span_eq(v, SPAN("{")) || span_eq(v, SPAN("["));
}

bool secret_value(struct span text)
{
    return text.n > 0 && !secret_redacted(text, 0) && !is_plain_word(text);
}

static bool is_value(char c)
{
    return !is_space(c) && c != ',' && !is_quote(c);
}

size_t secret_blanks_end(struct span t, size_t i)
{
    for (size_t n = 0; n < BLANKS_MAX && i < t.n; n++) {
        bool escape = t.p[i] == '\\' && t.n - i >= 2 && memchr("nrt", t.p[i + 1], 3) != NULL;
        if (!escape && !is_space(t.p[i])) {
            break;
        }
        i += escape ? 2 : 1;
    }
    return i;
}

static size_t slashes_before(struct span t, size_t from, size_t i)
{
    size_t n = 0;
    while (i > from && t.p[i - 1] == '\\') {
        i--;
        n++;
    }
    return n;
}

/* How many of the n backslashes before a quote belong to it. False: it is one of the value. */
static bool closes(size_t n, size_t level, size_t *own)
{
    *own = n < level ? n : level;
    return n < level || n % (2 * (level + 1)) == level;
}

size_t secret_quote_end(struct span text, struct secret_quote q)
{
    for (size_t k = 0; k < text.n; k++) {
        size_t own = 0;
        if (text.p[k] == q.sign && closes(slashes_before(text, 0, k), q.level, &own)) {
            return k - own;
        }
    }
    return text.n;
}

/* The quote before the byte at i. `sign` NUL: there is none. */
static struct secret_quote quote_before(struct span t, size_t i)
{
    bool quoted = i > 0 && is_quote(t.p[i - 1]) && t.p[i - 1] != '\\';
    return quoted ? (struct secret_quote){t.p[i - 1], slashes_before(t, 0, i - 1)}
                  : (struct secret_quote){0};
}

/* The quote of a secret [from, to): before it, or before its scheme, or in damaged JSON within it.
 */
static struct secret_quote quote_of(struct span t, size_t from, size_t to)
{
    struct secret_quote q = quote_before(t, from);
    size_t i = from > 0 && memchr(" :=", t.p[from - 1], 3) != NULL ? from - 1 : 0;
    while (i > 0 && from - i < BLANKS_MAX && is_token(t.p[i - 1])) {
        i--;
    }
    q = q.sign == '\0' ? quote_before(t, i) : q;
    while (q.sign == '\0' && to > from) {
        q = quote_before(t, to--);
    }
    return q;
}

struct secret_quote secret_open_quote(struct span text)
{
    struct secret_quote none = {0};
    struct secret_scan scan;
    struct secret s;
    struct secret last = {0};
    secret_scan_start(&scan, text);
    while (secret_scan_next(&scan, &s)) {
        last = s;
    }
    secret_scan_done(&scan);
    if (last.kind == NULL || last.to < text.n) {
        return none;
    }
    return quote_of(text, last.from, last.to);
}

/*
 * Where the quote before i is closed on the same line; without another quote the end of the line.
 * 0: it is too far, or there is no quote. A quote in a text in a text has as many backslashes at
 * both ends; one with more is part of the value.
 */
static size_t quoted_end(struct span t, size_t i)
{
    char quote = i > 0 ? t.p[i - 1] : '\0';
    if (i == t.n || !is_quote(quote) || quote == '\\') {
        return 0;
    }
    size_t level = slashes_before(t, 0, i - 1);
    struct span line = span_from(t, i);
    line.n = line.n < QUOTED_MAX_BYTES ? line.n : QUOTED_MAX_BYTES;
    const char *end = memchr(line.p, '\n', line.n);
    line.n = end != NULL ? (size_t)(end - line.p) : line.n;
    size_t n = secret_quote_end(line, (struct secret_quote){quote, level});
    if (n < line.n) {
        return i + n;
    }
    return line.n < QUOTED_MAX_BYTES && !is_space(t.p[i]) ? i + line.n : 0;
}

size_t secret_value_end(struct span t, size_t i)
{
    size_t to = quoted_end(t, i);
    if (to != 0) {
        return to;
    }
    to = run_end(t, i, is_value);
    while (to > i && strchr("}])>;&|", t.p[to - 1]) != NULL && t.p[to - 1] != '\0') {
        to--; /* a bracket or separator after the value */
    }
    return to;
}

/* ---- names ---- */

/* NUL is beside each character of UTF-16 that was read as UTF-8. */
static bool is_joint(char c)
{
    return c == '_' || c == '-' || c == '.' || c == '\0';
}

/* Whether the name ends in the folded word. */
static bool name_ends(struct span name, struct span word)
{
    size_t k = word.n;
    for (size_t i = name.n; k > 0 && i > 0; i--) {
        if (is_joint(name.p[i - 1])) {
            continue;
        }
        if (ascii_lower(name.p[i - 1]) != word.p[k - 1]) {
            return false;
        }
        k--;
    }
    return k == 0;
}

static enum secret_name kind_of(struct span word)
{
    return span_eq(word, SPAN("token"))  ? SECRET_NAME_COUNTS
           : span_eq(word, SPAN("pass")) ? SECRET_NAME_PASS
           : span_eq(word, SPAN("pwd"))  ? SECRET_NAME_PWD
                                         : SECRET_NAME_VALUE;
}

enum secret_name secret_name(struct span name)
{
    name = name.n > NAME_TAIL_BYTES ? span_from(name, name.n - NAME_TAIL_BYTES) : name;
    for (size_t i = 0; i < secret_names_count; i++) {
        if (!name_ends(name, secret_names[i])) {
            continue;
        }
        enum secret_name kind = kind_of(secret_names[i]);
        for (size_t k = 0; k < sizeof(harmless) / sizeof(harmless[0]); k++) {
            if (name_ends(name, harmless[k])) {
                return SECRET_NAME_NONE;
            }
        }
        return kind == SECRET_NAME_PASS && !secret_pass_name(name) ? SECRET_NAME_NONE : kind;
    }
    return SECRET_NAME_NONE;
}

/* ---- names in a text ---- */

static const struct span schemes[] = {SPAN_INIT("bearer"), SPAN_INIT("basic"), SPAN_INIT("token"),
                                      SPAN_INIT("digest")};

/* Skip the scheme between "authorization:" and its value. */
static size_t skip_scheme(struct span t, size_t i)
{
    for (size_t k = 0; k < sizeof(schemes) / sizeof(schemes[0]); k++) {
        size_t n = 0;
        while (n < schemes[k].n && i + n < t.n && ascii_lower(t.p[i + n]) == schemes[k].p[n]) {
            n++;
        }
        if (n == schemes[k].n && i + n < t.n && is_space(t.p[i + n])) {
            return run_end(t, i + n, is_space);
        }
    }
    return i;
}

static bool is_opening(char c)
{
    return is_space(c) || c == '[';
}

/* The value that begins at i, or the first text of the list that does. */
static size_t first_text(struct span t, size_t i)
{
    size_t k = i < t.n && t.p[i] == '[' ? run_end(t, i, is_opening) : i;
    size_t text = run_end(t, k, is_quote);
    return text > k ? text : i;
}

/* Find the value after = or : (or =>) and quotes; the name ends at i. False: no such sign. */
static bool after_sign(struct span t, size_t i, size_t *from)
{
    size_t name = i;
    i = run_end(t, i, is_quote);
    i += i > name && i < t.n && t.p[i] == ']' ? 1 : 0; /* environ["TOKEN"] = */
    i = run_end(t, i, is_space);
    if (i == t.n || (t.p[i] != ':' && t.p[i] != '=')) {
        return false;
    }
    bool quoted = is_quote(t.p[name]);
    char sign = t.p[i++];
    if (i < t.n && (t.p[i] == sign || (t.p[i] == '=' && sign == ':'))) {
        i = run_end(t, i + 1, is_space);
        if (!quoted || sign == '=' || i == t.n || !is_quote(t.p[i])) {
            return false; /* ==, :: and := occur in code; "name"::"x" is damaged JSON */
        }
    }
    i += i < t.n && t.p[i] == '>' ? 1 : 0;
    *from = first_text(t, run_end(t, i, is_space));
    return true;
}

/* ---- damaged JSON ---- */

/*
 * The string that is next behind a name, with damage before it. False: there is none, or it is the
 * name of a member. `in`: whether a byte may be part of the damage.
 */
static bool next_string(struct span t, size_t i, bool (*in)(char), size_t *from, size_t *to)
{
    size_t k = i;
    while (k < t.n && k - i < DAMAGE_BYTES && in(t.p[k])) {
        k++;
    }
    *from = run_end(t, k, is_quote);
    if (*from == k || *from == t.n) {
        return false;
    }
    *to = secret_value_end(t, *from);
    size_t after = run_end(t, run_end(t, *to, is_quote), is_space);
    return after == t.n || t.p[after] != ':';
}

static bool is_damaged_value(char c)
{
    return !is_quote(c) && c != ':' && c != '}' && c != ']';
}

static bool is_damaged_sign(char c)
{
    return !is_quote(c) && c != '\0' && strchr(",{}[]\r\n", c) == NULL;
}

/*
 * The value [from, to) of a name that ends at i is followed by a string, which JSON has only after
 * a comma and as a name: "password":tru "x", "password":,"x". Its end, else `to`.
 */
static size_t damaged_value_end(struct span t, size_t i, size_t from, size_t to)
{
    size_t sign = run_end(t, run_end(t, i, is_quote), is_space);
    size_t string = 0;
    size_t end = 0;
    bool member = i < t.n && is_quote(t.p[i]) && sign < t.n && t.p[sign] == ':';
    bool bare = member && !is_quote(t.p[from - 1]);
    return bare && next_string(t, from, is_damaged_value, &string, &end) ? end : to;
}

/* Whether the name with the byte at i is a string after a brace or a comma, as in an object. */
static bool is_member_name(struct span t, size_t i)
{
    size_t last = i > OPTION_BACK_BYTES ? i - OPTION_BACK_BYTES : 0;
    while (i > last && (is_token(t.p[i - 1]) || t.p[i - 1] == '.')) {
        i--;
    }
    bool quoted = i > last && is_quote(t.p[i - 1]);
    while (i > last && (is_quote(t.p[i - 1]) || is_space(t.p[i - 1]))) {
        i--;
    }
    return quoted && i > 0 && (t.p[i - 1] == '{' || t.p[i - 1] == ',');
}

/* Find the value behind a damaged sign or none: {"password" "x", {"password";"x", {"password"x:"x".
 * The name is [begin, i). Words alone between two strings are prose. */
static bool after_damaged_sign(struct span t, size_t begin, size_t i, size_t *from)
{
    size_t name = run_end(t, i, is_quote);
    size_t to = 0;
    if (name == i || !next_string(t, name, is_damaged_sign, from, &to)) {
        return false;
    }
    bool word = false;
    bool sign = false;
    for (size_t k = name; k < *from; k++) {
        word = word || is_alnum(t.p[k]);
        sign = sign || t.p[k] == ':' || t.p[k] == '=';
    }
    return (sign || !word) && *from > name && is_member_name(t, begin);
}

/* ---- other signs ---- */

/* Whether the name at i is part of an option: --db-password. */
static bool in_option(struct span t, size_t i)
{
    size_t last = i > OPTION_BACK_BYTES ? i - OPTION_BACK_BYTES : 0;
    size_t first = i;
    while (first > last && (is_token(t.p[first - 1]) || t.p[first - 1] == '.')) {
        first--;
    }
    bool escape = first < i && secret_after_blank_escape(t, first + 1);
    first += escape ? 1 : 0;
    bool apart = escape || first == 0 || is_space(t.p[first - 1]) || is_quote(t.p[first - 1]) ||
                 memchr(",([=", t.p[first - 1], 4) != NULL;
    return apart && first < i && t.p[first] == '-';
}

/* Find the value after blanks, or after quotes and a comma of a list. False: there is none. */
static bool after_option(struct span t, size_t i, size_t *from)
{
    size_t k = run_end(t, i, is_quote);
    k += k > i && k < t.n && t.p[k] == ',' ? 1 : 0;
    *from = run_end(t, run_end(t, k, is_space), is_quote);
    return *from > i && *from < t.n && t.p[*from] != '-' && t.p[*from] != ',';
}

static const struct span value_name = SPAN_INIT("value");

/* Whether `value` or `Value` with a sign follows. *from: what is assigned to it. */
static bool at_value(struct span t, size_t i, size_t *from)
{
    i = run_end(t, i, is_quote);
    return (at_word(t, i, value_name) || at_word(t, i, SPAN("Value"))) &&
           after_sign(t, i + value_name.n, from);
}

/* Whether the text before i, on the same line, is `name:` or `key:`. */
static bool after_name_word(struct span t, size_t i)
{
    size_t last = i > OPTION_BACK_BYTES ? i - OPTION_BACK_BYTES : 0;
    while (i > last && (is_token(t.p[i - 1]) || t.p[i - 1] == '.' || is_quote(t.p[i - 1]))) {
        i--;
    }
    while (i > last && t.p[i - 1] == ' ') {
        i--;
    }
    return i >= 4 && (at_word(t, i - 4, SPAN("key:")) || at_word(t, i - 4, SPAN("Key:")) ||
                      at_word(t, i - 4, SPAN("ame:")));
}

/*
 * Find the value of the pair that has the name: …password","value":"x", or in YAML `name: password`
 * and `value: x` on the next line. The name is [begin, i).
 */
static bool after_pair(struct span t, size_t begin, size_t i, size_t *from)
{
    size_t k = run_end(t, i, is_quote);
    if (k > i && k < t.n && t.p[k] == ',') {
        return at_value(t, run_end(t, k + 1, is_space), from);
    }
    size_t next = secret_blanks_end(t, k < t.n && k > i && t.p[k - 1] == '\\' ? k - 1 : k);
    return next > k && at_value(t, next, from) && after_name_word(t, begin);
}

/* <password>x</password> */
static bool after_tag(struct span t, size_t begin, size_t i, size_t *from, size_t *to)
{
    size_t last = begin > OPTION_BACK_BYTES ? begin - OPTION_BACK_BYTES : 0;
    while (begin > last && (is_token(t.p[begin - 1]) || memchr(".:", t.p[begin - 1], 2) != NULL)) {
        begin--;
    }
    if (i == t.n || t.p[i] != '>' || begin == 0 || t.p[begin - 1] != '<') {
        return false;
    }
    struct span rest = span_from(t, i + 1);
    rest.n = rest.n < QUOTED_MAX_BYTES ? rest.n : QUOTED_MAX_BYTES;
    const char *end = memchr(rest.p, '<', rest.n);
    *from = i + 1;
    *to = end != NULL ? (size_t)(end - t.p) : t.n;
    return end != NULL || rest.n < QUOTED_MAX_BYTES;
}

bool secret_find_assigned(struct secret_scan *scan, const struct secret_form *f, size_t i,
                          size_t end, struct secret *s)
{
    struct span t = scan->text;
    size_t from = end;
    if (end < t.n && is_token(t.p[end])) {
        return false; /* within a longer word, as most are: tokens, password-file */
    }
    size_t to = 0;
    if (!after_sign(t, end, &from) && !after_pair(t, i, end, &from) &&
        !(in_option(t, i) && after_option(t, end, &from)) && !after_tag(t, i, end, &from, &to) &&
        !secret_after_setting(t, i, end, &from) && !secret_after_coded_sign(t, end, &from, &to) &&
        !after_damaged_sign(t, i, end, &from)) {
        return false;
    }
    size_t value = from;
    from = skip_scheme(t, from);
    if (from == t.n || secret_redacted(t, from)) {
        return false; /* checked before the end is searched, since a text may repeat the name */
    }
    to = to != 0 ? to : damaged_value_end(t, end, value, secret_value_end(t, from));
    return secret_value(span_of(t.p + from, to - from)) && secret_at(s, from, to, f->kind);
}

static bool is_cookie_name(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("!#$%&*+-.^_|~", c) != NULL);
}

static bool in_header(char c)
{
    return c != '\n' && c != '\r' && !is_quote(c);
}

/* Cookie: a=b; c=d up to the end of the line, or of the quoted text that contains it. */
bool secret_find_cookie(struct secret_scan *scan, const struct secret_form *f, size_t i, size_t end,
                        struct secret *s)
{
    struct span t = scan->text;
    size_t from = end;
    if (!after_sign(t, end, &from) && !after_pair(t, i, end, &from) &&
        !(in_option(t, i) && after_option(t, end, &from))) {
        return false;
    }
    size_t name = run_end(t, from, is_cookie_name);
    if (name == from || name == t.n || t.p[name] != '=') {
        return false;
    }
    return secret_at(s, from, run_end(t, name, in_header), f->kind);
}
