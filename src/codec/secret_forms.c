/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the heads of secrets, with a function or a rule for the bytes after each head. A key
 * begins only where no letter, digit, '_' or '-' is before it. So a run of such bytes is read only
 * a few times, and the time is linear for any text.
 */
#include "secret_priv.h"

enum {
    NETRC_WORD_BYTES = 256,
    NETRC_PAIRS = 3, /* words before the password: login, account */
};

static bool is_upper_digit(char c)
{
    return ascii_is_digit(c) || ascii_is_upper(c);
}

static bool is_bearer(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("._~+/=-", c) != NULL);
}

static bool is_path(char c)
{
    return is_token(c) || c == '/';
}

static bool is_query(char c)
{
    return is_alnum(c) || (c != '\0' && strchr("%+/=_-", c) != NULL);
}

static bool is_not_space(char c)
{
    return !is_space(c);
}

static bool is_not_quote(char c)
{
    return !is_quote(c);
}

/* ---- after a head ---- */

/* A token includes the parts that are joined to it by dots. */
static size_t dotted_end(struct span t, size_t to)
{
    while (t.n - to >= 2 && t.p[to] == '.' && is_token(t.p[to + 1])) {
        to = run_end(t, to + 1, is_token);
    }
    return to;
}

static bool find_key(struct secret_scan *scan, const struct secret_form *f, size_t i, size_t end,
                     struct secret *s)
{
    size_t to = run_end(scan->text, end, f->is);
    return to - end >= f->min && (f->max == 0 || to - end <= f->max) &&
           secret_at(s, i + f->keep, dotted_end(scan->text, to), f->kind);
}

/* eyJ….….… : header, payload, signature in base64url. An encrypted token has more parts. */
static bool find_jwt(struct secret_scan *scan, const struct secret_form *f, size_t i,
                     size_t end UNUSED, struct secret *s)
{
    struct span t = scan->text;
    size_t header = run_end(t, i, is_token);
    if (header - i < f->min || header == t.n || t.p[header] != '.') {
        return false;
    }
    size_t payload = run_end(t, header + 1, is_token);
    if (payload - header < f->min || payload == t.n || t.p[payload] != '.') {
        return false;
    }
    return secret_at(s, i, dotted_end(t, run_end(t, payload + 1, is_token)), f->kind);
}

/* From -----BEGIN … PRIVATE KEY----- to the end of its END line, or of the text. */
static bool find_private_key(struct secret_scan *scan, const struct secret_form *f, size_t i,
                             size_t end, struct secret *s)
{
    static const struct span key = SPAN_INIT("PRIVATE KEY-----");
    struct span t = scan->text;
    size_t k = end;
    while (k < t.n && (is_upper_digit(t.p[k]) || t.p[k] == ' ') && !at_word(t, k, key)) {
        k++;
    }
    if (k == t.n || !at_word(t, k, key)) {
        return false;
    }
    struct span rest = span_from(t, k + key.n);
    const char *last = memmem(rest.p, rest.n, key.p, key.n);
    return secret_at(s, i, last != NULL ? (size_t)(last - t.p) + key.n : t.n, f->kind);
}

/* bearer <token> */
static bool find_bearer(struct secret_scan *scan, const struct secret_form *f, size_t i UNUSED,
                        size_t end, struct secret *s)
{
    size_t from = run_end(scan->text, end, is_space);
    if (from == end) {
        return false; /* checked before its value is read, since a text may repeat this word */
    }
    size_t to = run_end(scan->text, from, is_bearer);
    return to > from && secret_at(s, from, to, f->kind);
}

static bool is_userinfo(char c)
{
    return !is_space(c) && c != '/' && c != '?' && c != '#' && c != '@' && c != '"' && c != '<' &&
           c != '>' && c != '\'' && c != '`' && c != '\\';
}

static bool ends_in(struct span t, size_t end, struct span word)
{
    for (size_t k = 0; end >= word.n && k < word.n; k++) {
        if (ascii_lower(t.p[end - word.n + k]) != word.p[k]) {
            return false;
        }
    }
    return end >= word.n;
}

/* scheme://user:password@host; for http and https also scheme://token@host */
static bool find_url(struct secret_scan *scan, const struct secret_form *f, size_t i, size_t end,
                     struct secret *s)
{
    struct span t = scan->text;
    if (i == 0 || !is_alnum(t.p[i - 1])) {
        return false;
    }
    size_t at = end; /* the last @, since passwords are written with one, too */
    size_t k = run_end(t, end, is_userinfo);
    while (k < t.n && t.p[k] == '@') {
        at = k;
        k = run_end(t, k + 1, is_userinfo);
    }
    if (at == end) {
        return false;
    }
    const char *colon = memchr(t.p + end, ':', at - end);
    if (colon == NULL && !ends_in(t, i, SPAN("http")) && !ends_in(t, i, SPAN("https"))) {
        return false;
    }
    size_t from = colon != NULL ? (size_t)(colon - t.p) + 1 : end;
    return from < at && !secret_redacted(t, from) && secret_at(s, from, at, f->kind);
}

/*
 * The next word of a netrc entry, of limited length. *at moves after it. Empty: there is no word.
 */
static struct span netrc_word(struct span t, size_t *at)
{
    size_t from = secret_blanks_end(t, *at);
    if (from == *at) {
        return span_of("", 0);
    }
    struct span rest = span_from(t, from);
    rest.n = rest.n < NETRC_WORD_BYTES ? rest.n : NETRC_WORD_BYTES;
    size_t n = run_end(rest, 0, is_not_space);
    const char *escape = memchr(rest.p, '\\', n);
    n = escape != NULL ? (size_t)(escape - rest.p) : n;
    *at = from + n;
    return span_of(rest.p, n);
}

/* machine <host> login <user> password <password>, on one line or several (netrc(5)) */
static bool find_netrc(struct secret_scan *scan, const struct secret_form *f, size_t i UNUSED,
                       size_t end, struct secret *s)
{
    struct span t = scan->text;
    size_t at = end;
    if (*f->head.p == 'm' && netrc_word(t, &at).n == 0) {
        return false;
    }
    for (int pairs = 0; pairs < NETRC_PAIRS; pairs++) {
        struct span key = netrc_word(t, &at);
        bool password = span_eq(key, SPAN("password"));
        if (!password && !span_eq(key, SPAN("login")) && !span_eq(key, SPAN("account"))) {
            return false;
        }
        struct span value = netrc_word(t, &at);
        if (password) {
            size_t to = run_end(span_of(t.p, at), at - value.n, is_not_quote);
            return to > at - value.n && !secret_redacted(t, at - value.n) &&
                   secret_at(s, at - value.n, to, f->kind);
        }
    }
    return false;
}

/* ---- the table ---- */

/* clang-format off: one row per form */

#define KEY(head, is, min, max, kind)                                                              \
    {                                                                                              \
        SPAN_INIT(head), HEAD_EXACT, find_key, is, min, max, 0, kind                               \
    }
#define KEPT(head, is, min, kind)                                                                  \
    {                                                                                              \
        SPAN_INIT(head), HEAD_EXACT, find_key, is, min, 0, sizeof(head) - 1, kind                  \
    }
#define HEAD(head, match, find, min, kind)                                                         \
    {                                                                                              \
        SPAN_INIT(head), match, find, NULL, min, 0, 0, kind                                        \
    }
#define NAME(head) HEAD(head, HEAD_NAME, secret_find_assigned, 0, secret_assigned)
#define LAST(head) HEAD(head, HEAD_NAME, secret_find_named, 0, secret_assigned)
#define CLIENT(head) HEAD(head, HEAD_EXACT, secret_find_client, 0, "")
#define COMMAND_END(head)                                                                          \
    {                                                                                              \
        NULL, (const struct secret_form[])                                                         \
        {                                                                                          \
            HEAD(head, HEAD_EXACT, secret_find_command_end, 0, ""), END                            \
        }                                                                                          \
    }
#define LIST (const struct secret_form[])
#define END                                                                                        \
    {                                                                                              \
        {NULL, 0}, HEAD_EXACT, NULL, NULL, 0, 0, 0, NULL                                           \
    }

const struct secret_group secret_groups[SECRET_GROUPS] = {
    ['7'] = {LIST{CLIENT("7z"), END}, NULL},
    ['_'] = {LIST{HEAD("_auth", HEAD_EXACT, secret_find_assigned, 0, secret_assigned), END}, NULL},
    [':'] = {NULL, LIST{HEAD("://", HEAD_EXACT, find_url, 0, "password in a URL"), END}},
    ['-'] = {NULL,
             LIST{HEAD("-----BEGIN ", HEAD_EXACT, find_private_key, 0, "private key"),
                  HEAD("-", HEAD_EXACT, secret_find_option, 0, "password of a command"), END}},
    [';'] = COMMAND_END(";"),
    ['|'] = COMMAND_END("|"),
    ['&'] = COMMAND_END("&"),
    ['\n'] = COMMAND_END("\n"),
    ['"'] = {NULL, LIST{HEAD("\"", HEAD_EXACT, secret_find_quote, 0, ""), END}},
    ['\''] = {NULL, LIST{HEAD("'", HEAD_EXACT, secret_find_quote, 0, ""), END}},
    ['a'] = {LIST{KEY("AKIA", is_upper_digit, 16, 16, "AWS access key"),
                  KEY("ASIA", is_upper_digit, 16, 16, "AWS access key"),
                  KEY("AIza", is_token, 35, 35, "Google API key"), CLIENT("az"), END},
             LIST{NAME("apikey"), NAME("authorization"), NAME("accountkey"), /* of Azure */
                  END}},
    ['b'] = {LIST{CLIENT("buildah"), CLIENT("bcp"), END},
             LIST{HEAD("bearer", HEAD_ANY_CASE, find_bearer, 0, "bearer token"), END}},
    ['c'] = {LIST{CLIENT("curl"), CLIENT("cqlsh"), CLIENT("cf"), END},
             LIST{NAME("clientkeydata"), /* of kubeconfig */
                  NAME("contrasena"), HEAD("cookie", HEAD_NAME, secret_find_cookie, 0, "cookie"),
                  END}},
    ['d'] = {LIST{KEY("dckr_pat_", is_token, 20, 0, "Docker token"),
                  KEY("dop_v1_", is_alnum, 40, 0, "DigitalOcean token"), CLIENT("docker"),
                  HEAD("default", HEAD_EXACT, find_netrc, 0, "password in a netrc"), END},
             NULL},
    ['e'] = {LIST{HEAD("eyJ", HEAD_EXACT, find_jwt, 10, "JSON web token"), END}, NULL},
    ['g'] = {LIST{KEY("ghp_", is_alnum, 36, 0, "GitHub token"),
                  KEY("gho_", is_alnum, 36, 0, "GitHub token"),
                  KEY("ghu_", is_alnum, 36, 0, "GitHub token"),
                  KEY("ghs_", is_alnum, 36, 0, "GitHub token"),
                  KEY("ghr_", is_alnum, 36, 0, "GitHub token"),
                  KEY("github_pat_", is_token, 22, 0, "GitHub token"),
                  KEY("glpat-", is_token, 20, 0, "GitLab token"),
                  KEY("gsk_", is_alnum, 30, 0, "Groq key"),
                  KEY("GOCSPX-", is_token, 20, 0, "Google client secret"), END},
             NULL},
    ['h'] = {LIST{KEY("hf_", is_alnum, 30, 0, "Hugging Face token"),
                  KEY("hvs.", is_token, 20, 0, "Vault token"),
                  KEY("hvb.", is_token, 20, 0, "Vault token"),
                  KEY("hvr.", is_token, 20, 0, "Vault token"),
                  KEPT("hooks.slack.com/services/", is_path, 20, "Slack webhook"), CLIENT("helm"),
                  END},
             NULL},
    ['i'] = {LIST{CLIENT("ipmitool"), END}, NULL},
    ['k'] = {NULL, LIST{LAST("key"), END}},
    ['l'] = {LIST{HEAD("login", HEAD_EXACT, secret_find_command, 0, ""), CLIENT("ldap"), END},
             NULL},
    ['m'] = {LIST{HEAD("machine", HEAD_EXACT, find_netrc, 0, "password in a netrc"),
                  CLIENT("mysql"), CLIENT("mariadb"), CLIENT("mongo"), CLIENT("mosquitto"), END},
             NULL},
    ['n'] = {LIST{KEY("npm_", is_alnum, 36, 0, "npm token"),
                  KEY("nvapi-", is_token, 30, 0, "NVIDIA key"), CLIENT("nerdctl"), END},
             NULL},
    ['o'] = {LIST{CLIENT("oras"), CLIENT("oc"), END}, NULL},
    ['p'] = {LIST{KEY("pplx-", is_alnum, 30, 0, "Perplexity key"),
                  KEY("pypi-", is_token, 50, 0, "PyPI token"), CLIENT("podman"), END},
             LIST{NAME("password"), NAME("passwd"), NAME("privatekey"), NAME("passphrase"),
                  NAME("passcode"), NAME("passwort"), LAST("pass"), LAST("pwd"), LAST("psk"), END}},
    ['r'] = {LIST{KEY("rk_live_", is_alnum, 16, 0, "Stripe key"),
                  KEY("rk_test_", is_alnum, 16, 0, "Stripe key"), CLIENT("redis-cli"),
                  CLIENT("rar"), END},
             NULL},
    ['s'] = {LIST{KEY("sk_live_", is_alnum, 16, 0, "Stripe key"),
                  KEY("sk_test_", is_alnum, 16, 0, "Stripe key"),
                  KEY("sk-ant-", is_token, 20, 0, "Anthropic key"),
                  KEY("sk-proj-", is_token, 20, 0, "OpenAI key"),
                  KEY("sk-svcacct-", is_token, 20, 0, "OpenAI key"),
                  KEY("sk-or-v1-", is_alnum, 20, 0, "OpenRouter key"),
                  KEY("sk-", is_alnum, 20, 0, "API key"),
                  KEY("SG.", is_token, 16, 0, "SendGrid key"),
                  KEPT("sig=", is_query, 20, "Azure signature"), CLIENT("sshpass"),
                  CLIENT("sqlcmd"), CLIENT("skopeo"), CLIENT("ssh-keygen"), END},
             LIST{NAME("secretaccesskey"), NAME("secretkeybase"), NAME("secretkey"), NAME("secret"),
                  END}},
    ['t'] = {LIST{CLIENT("twine"), END}, LIST{NAME("token"), END}},
    ['u'] = {LIST{CLIENT("unzip"), CLIENT("unrar"),
                  HEAD("upload", HEAD_EXACT, secret_find_command, 0, ""), END},
             NULL},
    ['x'] = {LIST{KEY("xoxa-", is_token, 10, 0, "Slack token"),
                  KEY("xoxb-", is_token, 10, 0, "Slack token"),
                  KEY("xoxe-", is_token, 10, 0, "Slack token"),
                  KEY("xoxe.xox", is_token, 10, 0, "Slack token"),
                  KEY("xoxp-", is_token, 10, 0, "Slack token"),
                  KEY("xoxr-", is_token, 10, 0, "Slack token"),
                  KEY("xoxs-", is_token, 10, 0, "Slack token"),
                  KEY("xapp-", is_token, 10, 0, "Slack token"),
                  KEY("xai-", is_alnum, 30, 0, "xAI key"), END},
             NULL},
    ['y'] = {LIST{KEY("ya29.", is_token, 20, 0, "Google OAuth token"), END}, NULL},
    ['z'] = {LIST{CLIENT("zip"), END}, NULL},
};
/* clang-format on */
