/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass, a few readers at each place. A reader of a key's format begins only where no
 * letter, digit, '_' or '-' stands before it, or where an escape ends (of a JSON text in the text:
 * \\nghp_...), so no run of such bytes is read more than a few times: linear, whatever the text.
 */
#include "codec/secret.h"

enum {
    REMEMBERED_MAX = 8,   /* assigned values that are replaced wherever they stand again */
    REMEMBERED_BYTES = 8, /* shorter ones are not */
};

static const struct span redacted = SPAN_INIT("[REDACTED]");

/* ---- bytes ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_token(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

static bool is_upper_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool is_bearer(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("._~+/=-", c) != NULL);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_value(char c)
{
    return !is_space(c) && c != '"' && c != '\'' && c != ',' && c != '`' && c != '\\';
}

/* First byte at or behind i for which `is` does not hold. */
static size_t run_end(struct span t, size_t i, bool (*is)(char))
{
    while (i < t.n && is(t.p[i])) {
        i++;
    }
    return i;
}

static bool at_word(struct span t, size_t i, struct span word)
{
    return t.n - i >= word.n && memcmp(t.p + i, word.p, word.n) == 0;
}

/* The same in any case; the word is lower case. */
static bool at_word_any_case(struct span t, size_t i, struct span word)
{
    if (t.n - i < word.n) {
        return false;
    }
    for (size_t k = 0; k < word.n; k++) {
        if (lower(t.p[i + k]) != word.p[k]) {
            return false;
        }
    }
    return true;
}

static bool found(struct secret *s, size_t from, size_t to, const char *kind)
{
    *s = (struct secret){from, to, kind};
    return true;
}

/* ---- keys that are known by their form ---- */

/* clang-format off: one row a format */
static const struct {
    struct span prefix;
    bool (*is)(char); /* what follows */
    size_t min, max;  /* how many of it; max 0: no limit */
    const char *kind;
} formats[] = {
    {SPAN_INIT("AKIA"), is_upper_digit, 16, 16, "AWS access key"},
    {SPAN_INIT("ASIA"), is_upper_digit, 16, 16, "AWS access key"},
    {SPAN_INIT("ghp_"), is_alnum, 36, 0, "GitHub token"},
    {SPAN_INIT("gho_"), is_alnum, 36, 0, "GitHub token"},
    {SPAN_INIT("ghu_"), is_alnum, 36, 0, "GitHub token"},
    {SPAN_INIT("ghs_"), is_alnum, 36, 0, "GitHub token"},
    {SPAN_INIT("ghr_"), is_alnum, 36, 0, "GitHub token"},
    {SPAN_INIT("github_pat_"), is_token, 22, 0, "GitHub token"},
    {SPAN_INIT("glpat-"), is_token, 20, 0, "GitLab token"},
    {SPAN_INIT("xoxa-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xoxb-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xoxe-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xoxp-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xoxr-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xoxs-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("xapp-"), is_token, 10, 0, "Slack token"},
    {SPAN_INIT("AIza"), is_token, 35, 35, "Google API key"},
    {SPAN_INIT("ya29."), is_token, 20, 0, "Google OAuth token"},
    {SPAN_INIT("sk_live_"), is_alnum, 16, 0, "Stripe key"},
    {SPAN_INIT("rk_live_"), is_alnum, 16, 0, "Stripe key"},
    {SPAN_INIT("sk_test_"), is_alnum, 16, 0, "Stripe key"},
    {SPAN_INIT("sk-ant-"), is_token, 20, 0, "Anthropic key"},
    {SPAN_INIT("sk-proj-"), is_token, 20, 0, "OpenAI key"},
    {SPAN_INIT("sk-svcacct-"), is_token, 20, 0, "OpenAI key"},
    {SPAN_INIT("sk-or-v1-"), is_alnum, 20, 0, "OpenRouter key"},
    {SPAN_INIT("sk-"), is_alnum, 20, 0, "API key"},
    {SPAN_INIT("npm_"), is_alnum, 36, 0, "npm token"},
    {SPAN_INIT("hf_"), is_alnum, 30, 0, "Hugging Face token"},
    {SPAN_INIT("gsk_"), is_alnum, 30, 0, "Groq key"},
    {SPAN_INIT("xai-"), is_alnum, 30, 0, "xAI key"},
    {SPAN_INIT("pplx-"), is_alnum, 30, 0, "Perplexity key"},
    {SPAN_INIT("nvapi-"), is_token, 30, 0, "NVIDIA key"},
    {SPAN_INIT("GOCSPX-"), is_token, 20, 0, "Google client secret"},
    {SPAN_INIT("rk_test_"), is_alnum, 16, 0, "Stripe key"},
    {SPAN_INIT("pypi-"), is_token, 50, 0, "PyPI token"},
    {SPAN_INIT("dckr_pat_"), is_token, 20, 0, "Docker token"},
    {SPAN_INIT("dop_v1_"), is_alnum, 40, 0, "DigitalOcean token"},
    {SPAN_INIT("SG."), is_token, 16, 0, "SendGrid key"},
};

/* event-schema.md §11: what stands before '=' or ':'; and the keys of AWS, S3's kin and
 * Azure, which have no form of their own. A longer one stands before its head. */
static const struct span labels[] = {
    SPAN_INIT("api_key"),
    SPAN_INIT("api-key"),
    SPAN_INIT("apikey"),
    SPAN_INIT("token"),
    SPAN_INIT("secret_key"),
    SPAN_INIT("secret-key"),
    SPAN_INIT("secret_access_key"),
    SPAN_INIT("secretaccesskey"),
    SPAN_INIT("secretkey"),
    SPAN_INIT("secret"),
    SPAN_INIT("password"),
    SPAN_INIT("authorization"),
    SPAN_INIT("accountkey"),
};

static const struct span auth_schemes[] = {SPAN_INIT("bearer"), SPAN_INIT("basic"),
                                           SPAN_INIT("token"), SPAN_INIT("digest")};
/* clang-format on */

static bool find_format(struct span t, size_t i, struct secret *s)
{
    for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
        if (!at_word(t, i, formats[k].prefix)) {
            continue;
        }
        size_t from = i + formats[k].prefix.n;
        size_t to = run_end(t, from, formats[k].is);
        if (to - from >= formats[k].min && (formats[k].max == 0 || to - from <= formats[k].max)) {
            return found(s, i, to, formats[k].kind);
        }
    }
    return false;
}

/* eyJ….….… : header, payload, signature in base64url */
static bool find_jwt(struct span t, size_t i, struct secret *s)
{
    if (!at_word(t, i, SPAN("eyJ"))) {
        return false;
    }
    size_t header = run_end(t, i, is_token);
    if (header - i < 10 || header == t.n || t.p[header] != '.') {
        return false;
    }
    size_t payload = run_end(t, header + 1, is_token);
    if (payload - header < 10 || payload == t.n || t.p[payload] != '.') {
        return false;
    }
    return found(s, i, run_end(t, payload + 1, is_token), "JSON web token");
}

/* From -----BEGIN … PRIVATE KEY----- to the end of its END line, or of the text. */
static bool find_private_key(struct span t, size_t i, struct secret *s)
{
    static const struct span begin = SPAN_INIT("-----BEGIN ");
    static const struct span key = SPAN_INIT("PRIVATE KEY-----");
    if (!at_word(t, i, begin)) {
        return false;
    }
    size_t k = i + begin.n;
    while (k < t.n && (is_upper_digit(t.p[k]) || t.p[k] == ' ') && !at_word(t, k, key)) {
        k++;
    }
    if (k == t.n || !at_word(t, k, key)) {
        return false;
    }
    struct span rest = span_from(t, k + key.n);
    const char *end = memmem(rest.p, rest.n, key.p, key.n);
    size_t to = end != NULL ? (size_t)(end - t.p) + key.n : t.n;
    return found(s, i, to, "private key");
}

/* ---- what is known by its place ---- */

static bool already_redacted(struct span t, size_t i)
{
    return at_word(t, i, redacted) || at_word(t, i, SPAN("***REDACTED***"));
}

/* bearer <token> */
static bool find_bearer(struct span t, size_t i, struct secret *s)
{
    if (!at_word_any_case(t, i, SPAN("bearer"))) {
        return false;
    }
    size_t blanks = i + 6;
    size_t from = run_end(t, blanks, is_space);
    size_t to = run_end(t, from, is_bearer);
    return from > blanks && to > from && found(s, from, to, "bearer token");
}

/* The scheme's word between "authorization:" and its value. */
static size_t skip_scheme(struct span t, size_t i)
{
    for (size_t k = 0; k < sizeof(auth_schemes) / sizeof(auth_schemes[0]); k++) {
        size_t end = i + auth_schemes[k].n;
        if (at_word_any_case(t, i, auth_schemes[k]) && end < t.n && is_space(t.p[end])) {
            return run_end(t, end, is_space);
        }
    }
    return i;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`' || c == '\\';
}

static bool is_plain_word(struct span v)
{
    return span_eq(v, SPAN("null")) || span_eq(v, SPAN("true")) || span_eq(v, SPAN("false")) ||
           span_eq(v, SPAN("none")) || span_eq(v, SPAN("{")) || span_eq(v, SPAN("["));
}

/* The value behind a label that ends at `i`; quotes around label and value are none of it. */
static bool find_assigned(struct span t, size_t i, struct secret *s)
{
    i = run_end(t, run_end(t, i, is_quote), is_space);
    if (i == t.n || (t.p[i] != ':' && t.p[i] != '=')) {
        return false;
    }
    char sign = t.p[i++];
    if (i < t.n && (t.p[i] == sign || (t.p[i] == '=' && sign == ':'))) {
        return false; /* ==, :: and := are code */
    }
    i += i < t.n && t.p[i] == '>' ? 1 : 0;
    i = run_end(t, run_end(t, i, is_space), is_quote);
    i = skip_scheme(t, i);
    size_t to = run_end(t, i, is_value);
    while (to > i && strchr("}])>;&", t.p[to - 1]) != NULL && t.p[to - 1] != '\0') {
        to--; /* what closes around the value */
    }
    if (to == i || already_redacted(t, i) || is_plain_word(span_of(t.p + i, to - i))) {
        return false;
    }
    return found(s, i, to, "password, token or key");
}

static bool find_labelled(struct span t, size_t i, struct secret *s)
{
    for (size_t k = 0; k < sizeof(labels) / sizeof(labels[0]); k++) {
        if (at_word_any_case(t, i, labels[k])) {
            return find_assigned(t, i + labels[k].n, s);
        }
    }
    return false;
}

static bool is_userinfo(char c)
{
    return !is_space(c) && c != '/' && c != '?' && c != '#' && c != '@' && c != '"' && c != '<' &&
           c != '>' && c != '\'' && c != '`' && c != '\\';
}

static bool web_scheme(struct span t, size_t colon)
{
    return (colon >= 4 && at_word_any_case(t, colon - 4, SPAN("http"))) ||
           (colon >= 5 && at_word_any_case(t, colon - 5, SPAN("https")));
}

/* scheme://user:password@host, and for the web also scheme://token@host */
static bool find_url(struct span t, size_t i, struct secret *s)
{
    if (i == 0 || !is_alnum(t.p[i - 1]) || !at_word(t, i, SPAN("://"))) {
        return false;
    }
    size_t from = i + 3;
    size_t at = run_end(t, from, is_userinfo);
    if (at == t.n || t.p[at] != '@' || at == from) {
        return false;
    }
    const char *colon = memchr(t.p + from, ':', at - from);
    if (colon == NULL && !web_scheme(t, i)) {
        return false;
    }
    size_t secret = colon != NULL ? (size_t)(colon - t.p) + 1 : from;
    return secret < at && !already_redacted(t, secret) && found(s, secret, at, "password in a URL");
}

/* ---- the pass ---- */

/* Whether a key may begin at i. */
static bool may_begin(struct span t, size_t i)
{
    return i == 0 || !is_token(t.p[i - 1]) ||
           (i >= 2 && t.p[i - 2] == '\\' && memchr("bfnrt", t.p[i - 1], 5) != NULL);
}

static bool find_at(struct span t, size_t i, struct secret *s)
{
    bool begins = may_begin(t, i);
    switch (lower(t.p[i])) {
    case ':':
        return find_url(t, i, s);
    case '-':
        return find_private_key(t, i, s);
    case 'e':
        return begins && find_jwt(t, i, s);
    case 'b':
        return find_bearer(t, i, s);
    case 'a':
    case 'p':
    case 's':
        return (begins && find_format(t, i, s)) || find_labelled(t, i, s);
    case 't':
        return find_labelled(t, i, s);
    case 'd':
    case 'g':
    case 'h':
    case 'n':
    case 'r':
    case 'x':
    case 'y':
        return begins && find_format(t, i, s);
    default:
        return false;
    }
}

bool secret_find(struct span text, size_t from, struct secret *s)
{
    for (size_t i = from; i < text.n; i++) {
        if (find_at(text, i, s) && s->from >= from) {
            return true;
        }
    }
    return false;
}

/* ---- redaction ---- */

struct remembered {
    struct span value[REMEMBERED_MAX];
    size_t next[REMEMBERED_MAX];   /* where it stands again */
    size_t looked[REMEMBERED_MAX]; /* no other place before this one: no byte is looked at twice */
    int count;
};

static void remember(struct remembered *r, struct span value)
{
    for (int i = 0; i < r->count; i++) {
        if (span_eq(r->value[i], value)) {
            return;
        }
    }
    if (value.n >= REMEMBERED_BYTES && r->count < REMEMBERED_MAX) {
        r->value[r->count++] = value;
    }
}

/* Look for a remembered value in [from, before). */
static void look_again(struct remembered *r, int i, struct span t, size_t from, size_t before)
{
    size_t start = from > r->looked[i] ? from : r->looked[i];
    if (start >= before) {
        return;
    }
    size_t end = before + r->value[i].n - 1 < t.n ? before + r->value[i].n - 1 : t.n;
    const char *p = memmem(t.p + start, end - start, r->value[i].p, r->value[i].n);
    r->next[i] = p != NULL ? (size_t)(p - t.p) : t.n;
    r->looked[i] = p != NULL ? r->next[i] + 1 : before;
}

/* The nearest further occurrence of a remembered value, if it begins before *s. */
static void find_again(struct remembered *r, struct span t, size_t from, struct secret *s)
{
    for (int i = 0; i < r->count; i++) {
        if (r->next[i] < from || r->next[i] == t.n) {
            r->next[i] = t.n;
            look_again(r, i, t, from, s->from);
        }
        if (r->next[i] < s->from) {
            *s = (struct secret){r->next[i], r->next[i] + r->value[i].n, "repeated"};
        }
    }
}

/* Values that were assigned somewhere in the text. False: it holds no secret at all. */
static bool remember_all(struct span t, struct remembered *r)
{
    struct secret s;
    bool any = false;
    for (size_t from = 0; secret_find(t, from, &s); from = s.to) {
        any = true;
        if (strcmp(s.kind, "password, token or key") == 0) {
            remember(r, span_of(t.p + s.from, s.to - s.from));
        }
    }
    return any;
}

bool secret_redact(struct span text, struct buf *out)
{
    struct remembered r = {.count = 0};
    if (!remember_all(text, &r)) {
        return false;
    }
    size_t from = 0;
    struct secret s;
    bool more = secret_find(text, 0, &s);
    for (int i = 0; i < r.count; i++) {
        r.next[i] = text.n;
    }
    for (;;) {
        struct secret best = more ? s : (struct secret){text.n, text.n, ""};
        find_again(&r, text, from, &best);
        if (best.from == text.n) {
            break;
        }
        buf_add(out, span_of(text.p + from, best.from - from));
        buf_add(out, redacted);
        from = best.to;
        if (more && s.from < from) {
            more = secret_find(text, from, &s);
        }
    }
    buf_add(out, span_from(text, from));
    return true;
}
