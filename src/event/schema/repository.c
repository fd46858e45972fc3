/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/repository.h"

#include "base/ascii.h"
#include "event/schema/string_map.h"

static size_t find_byte(struct span s, char c)
{
    const char *p = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    return p != NULL ? (size_t)(p - s.p) : s.n;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_byte(char c)
{
    return is_letter(c) || ascii_is_digit(c) || c == '+' || c == '-' || c == '.' || c == ':';
}

/* Bytes of `scheme://` at the head of s, 0 if none (RFC 3986 §3.1; scm:git:https:// too). */
static size_t scheme_bytes(struct span s)
{
    size_t n = 0;
    bool ends = false;
    while (n < s.n && !ends && is_scheme_byte(s.p[n])) {
        ends = s.p[n] == ':' && span_starts(span_from(s, n), SPAN("://"));
        n += ends ? 3 : 1;
    }
    return ends && is_letter(s.p[0]) ? n : 0;
}

/* The head of s before a '/', '?' or '#': the authority of a URL, or an scp form's host. */
static struct span before_path(struct span s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#') {
        n++;
    }
    return span_of(s.p, n);
}

/* Bytes up to and with the last '@', 0 if there is none. */
static size_t userinfo_bytes(struct span authority)
{
    size_t n = authority.n;
    while (n > 0 && authority.p[n - 1] != '@') {
        n--;
    }
    return n;
}

/* What stays before the user info: blanks, a scheme, the login name of git@host:path. */
static size_t kept_bytes(struct span text)
{
    size_t n = 0;
    while (n < text.n && (uint8_t)text.p[n] <= ' ') {
        n++;
    }
    struct span rest = span_from(text, n);
    size_t scheme = scheme_bytes(rest);
    struct span login = span_of(rest.p, userinfo_bytes(before_path(rest)));
    if (scheme > 0 || find_byte(login, ':') < login.n) {
        return n + scheme;
    }
    return n + login.n + scheme_bytes(span_from(rest, login.n));
}

/* No '@', or only that of a login name as in git@host:path, which has no colon before it. */
static bool has_no_userinfo(struct span text)
{
    size_t at = find_byte(text, '@');
    return at == text.n || (find_byte(span_of(text.p, at), ':') == at &&
                            memchr(text.p + at + 1, '@', text.n - at - 1) == NULL);
}

struct span repository_userinfo(struct span text)
{
    if (has_no_userinfo(text)) {
        return span_of(text.p, 0);
    }
    size_t from = kept_bytes(text);
    size_t to = from;
    size_t more = userinfo_bytes(before_path(span_from(text, from)));
    while (more > 0) {
        to += more; /* what follows may be another URL with user info */
        size_t scheme = scheme_bytes(span_from(text, to));
        size_t user = userinfo_bytes(before_path(span_from(text, to + scheme)));
        more = user > 0 ? scheme + user : 0;
    }
    return span_of(text.p + from, to - from);
}

static struct span trim_text(struct span s)
{
    while (s.n > 0 && (uint8_t)s.p[0] <= ' ') {
        s = span_from(s, 1);
    }
    while (s.n > 0 && (uint8_t)s.p[s.n - 1] <= ' ') {
        s.n--;
    }
    return s;
}

/* Without slashes around it, and without `.git` at its end. */
static struct span bare_path(struct span s)
{
    while (s.n > 0 && s.p[0] == '/') {
        s = span_from(s, 1);
    }
    while (s.n > 0 && s.p[s.n - 1] == '/') {
        s.n--;
    }
    struct span git = SPAN(".git");
    if (s.n > git.n && memcmp(s.p + s.n - git.n, git.p, git.n) == 0) {
        s.n -= git.n;
    }
    return s;
}

static void add_lower(struct buf *out, struct span s)
{
    char *to = buf_room(out, s.n);
    if (to == NULL) {
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out->n += s.n;
    out->p[out->n] = '\0';
}

static bool add_name(struct buf *out, struct span host, struct span path)
{
    path = bare_path(path);
    if (path.n == 0) {
        return false;
    }
    if (host.n > 0) {
        add_lower(out, host);
        buf_add_byte(out, '/');
    }
    add_lower(out, path);
    return true;
}

static bool is_file(struct span text)
{
    char head[7];
    for (size_t i = 0; i < sizeof(head) && i < text.n; i++) {
        head[i] = (char)(text.p[i] | 0x20);
    }
    return text.n >= sizeof(head) && memcmp(head, "file://", sizeof(head)) == 0;
}

/* Without user info and port. */
static struct span host_of(struct span authority)
{
    struct span host = span_from(authority, userinfo_bytes(authority));
    size_t end = host.n;
    while (end > 0 && ascii_is_digit(host.p[end - 1])) {
        end--;
    }
    if (end > 0 && end <= host.n && host.p[end - 1] == ':') {
        host.n = end - 1;
    }
    return host;
}

static bool url_name(struct span text, size_t scheme, struct buf *out)
{
    struct span rest = span_from(text, scheme);
    struct span authority = before_path(rest);
    struct span host = host_of(authority);
    struct span path = span_from(rest, authority.n);
    path.n = find_byte(path, '?');
    path.n = find_byte(path, '#');
    return host.n > 0 && !is_file(text) && add_name(out, host, path);
}

/* [user@]host:path, where the host is no drive letter. */
static bool scp_name(struct span text, struct buf *out)
{
    size_t start = userinfo_bytes(before_path(text));
    struct span rest = span_from(text, start);
    size_t colon = find_byte(rest, ':');
    if (colon == rest.n || colon > before_path(rest).n || colon < 2) {
        return false;
    }
    if (start == 0 && find_byte(rest, '/') == rest.n) {
        return false; /* "note:text" */
    }
    return add_name(out, span_of(rest.p, colon), span_from(rest, colon + 1));
}

static bool is_name_byte(char c)
{
    return is_letter(c) || ascii_is_digit(c) || c == '_' || c == '-' || c == '.';
}

/* owner/name: two plain words, and not a relative path. */
static bool pair_name(struct span text, struct buf *out)
{
    size_t slash = find_byte(text, '/');
    if (slash == 0 || slash + 1 >= text.n || text.p[0] == '.' || text.p[0] == '~') {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (i != slash && !is_name_byte(text.p[i])) {
            return false;
        }
    }
    return add_name(out, SPAN(""), text);
}

static bool has_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)s.p[i] <= ' ') {
            return true;
        }
    }
    return false;
}

bool repository_name(struct span text, struct buf *out)
{
    text = trim_text(text);
    if (text.n == 0 || text.n > REPOSITORY_MAX_BYTES || has_blank(text)) {
        return false;
    }
    size_t scheme = scheme_bytes(text);
    return scheme > 0 ? url_name(text, scheme, out) : scp_name(text, out) || pair_name(text, out);
}

/* ---- the cache ---- */

void repository_cache_init(struct repository_cache *c)
{
    *c = (struct repository_cache){.name = BUF_INIT(REPOSITORY_MAX_BYTES)};
}

void repository_cache_done(struct repository_cache *c)
{
    buf_done(&c->name);
}

struct span repository_recall(struct repository_cache *c, struct span text)
{
    if (text.n > 0 && *text.p == '/') {
        return span_of("", 0); /* a path has no name of a repository; most texts are paths */
    }
    struct repository_row *r = &c->rows[word_hash(text) % REPOSITORY_ROWS];
    if (text.n > 0 && text.n == r->text_n && memcmp(text.p, r->text, text.n) == 0) {
        return span_of(r->name, r->name_n);
    }
    buf_clear(&c->name);
    (void)repository_name(text, &c->name);
    struct span name = buf_span(&c->name);
    if (text.n > 0 && text.n <= sizeof(r->text) && name.n <= sizeof(r->name)) {
        *r = (struct repository_row){.text_n = (uint8_t)text.n, .name_n = (uint8_t)name.n};
        memcpy(r->text, text.p, text.n);
        if (name.n > 0) {
            memcpy(r->name, name.p, name.n);
        }
    }
    return name;
}
