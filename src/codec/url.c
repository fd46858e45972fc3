/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names are built from names that anyone may choose (a notification may name any bucket). So
 * the checks here decide which hosts requests can go to.
 */
#include "codec/url.h"

#include "base/ascii.h"

enum { BUCKET_MIN = 3, BUCKET_MAX = 63, REGION_MAX = 32, HOST_MAX = 255, PORT_MAX = 65535 };

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || ascii_is_digit(c);
}

static bool is_unreserved(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

static int hex_value(char c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* ---- Percent-encoding ---- */

static void encode_bytes(struct buf *out, struct span bytes, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0; /* start of the bytes that need no encoding */
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            continue;
        }
        unsigned char u = (unsigned char)c;
        char escape[3] = {'%', digits[u >> 4], digits[u & 15]};
        buf_add(out, span_of(bytes.p + plain, i - plain));
        buf_add(out, span_of(escape, sizeof(escape)));
        plain = i + 1;
    }
    buf_add(out, span_from(bytes, plain));
}

void url_encode(struct buf *out, struct span bytes)
{
    encode_bytes(out, bytes, false);
}

void url_encode_path(struct buf *out, struct span bytes)
{
    encode_bytes(out, bytes, true);
}

static size_t decode_text(struct buf *out, struct span text, bool plus_is_space)
{
    size_t stray = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = text.n - i > 2 ? hex_value(text.p[i + 1]) : -1;
            int low = text.n - i > 2 ? hex_value(text.p[i + 2]) : -1;
            if (high >= 0 && low >= 0) {
                c = (char)(unsigned char)(high * 16 + low);
                i += 2;
            } else {
                stray++;
            }
        }
        buf_add_byte(out, c);
    }
    return stray;
}

size_t url_decode(struct buf *out, struct span text)
{
    return decode_text(out, text, false);
}

size_t url_decode_form(struct buf *out, struct span text)
{
    return decode_text(out, text, true);
}

/* ---- Names ---- */

/* Remove one number of an IPv4 address from *s: 0 to 255, one to three digits. */
static bool take_octet(struct span *s, unsigned *value)
{
    size_t n = 0;
    *value = 0;
    while (n < s->n && n < 3 && ascii_is_digit(s->p[n])) {
        *value = *value * 10 + (unsigned)(s->p[n++] - '0');
    }
    (void)span_take(s, n);
    return n > 0 && *value <= 255;
}

/* Whether s is a.b.c.d; *first is a. */
static bool is_ipv4(struct span s, unsigned *first)
{
    unsigned ignored = 0;
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            if (s.n == 0 || s.p[0] != '.') {
                return false;
            }
            s = span_from(s, 1);
        }
        if (!take_octet(&s, i == 0 ? first : &ignored)) {
            return false;
        }
    }
    return s.n == 0;
}

bool url_bucket_ok(struct span b)
{
    if (b.n < BUCKET_MIN || b.n > BUCKET_MAX || !is_lower_alnum(b.p[0]) ||
        !is_lower_alnum(b.p[b.n - 1])) {
        return false;
    }
    for (size_t i = 0; i < b.n; i++) {
        bool dots = b.p[i] == '.' && b.p[i + 1] == '.'; /* the last byte is not a dot */
        if (dots || !(is_lower_alnum(b.p[i]) || b.p[i] == '-' || b.p[i] == '.')) {
            return false;
        }
    }
    unsigned first = 0;
    return !is_ipv4(b, &first);
}

bool url_region_ok(struct span r)
{
    if (r.n == 0 || r.n > REGION_MAX || !is_lower_alnum(r.p[0]) || !is_lower_alnum(r.p[r.n - 1])) {
        return false;
    }
    for (size_t i = 0; i < r.n; i++) {
        if (!is_lower_alnum(r.p[i]) && r.p[i] != '-') {
            return false;
        }
    }
    return true;
}

/* ---- URLs ---- */

/* Remove the longest beginning of *s that consists of bytes of `set`. */
static struct span take_while(struct span *s, bool (*set)(char))
{
    size_t n = 0;
    while (n < s->n && set(s->p[n])) {
        n++;
    }
    return span_take(s, n);
}

static bool is_host_byte(char c)
{
    return is_unreserved(c) && c != '~';
}

static bool is_ipv6_byte(char c)
{
    return hex_value(c) >= 0 || c == ':' || c == '.';
}

static bool is_path_byte(char c)
{
    return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '\\' && c != '"';
}

static bool is_query_byte(char c)
{
    return is_path_byte(c) || c == '?';
}

static bool take_byte(struct span *s, char c)
{
    if (s->n == 0 || s->p[0] != c) {
        return false;
    }
    *s = span_from(*s, 1);
    return true;
}

static bool take_scheme(struct span *s, struct url *out)
{
    out->tls = span_starts(*s, SPAN("https://"));
    if (!out->tls && !span_starts(*s, SPAN("http://"))) {
        return false;
    }
    (void)span_take(s, out->tls ? 8 : 7);
    out->port = out->tls ? 443 : 80;
    return true;
}

static bool take_host(struct span *s, struct url *out)
{
    out->bracketed = take_byte(s, '[');
    out->host = take_while(s, out->bracketed ? is_ipv6_byte : is_host_byte);
    return out->host.n > 0 && out->host.n <= HOST_MAX && (!out->bracketed || take_byte(s, ']'));
}

static bool take_port(struct span *s, struct url *out)
{
    if (!take_byte(s, ':')) {
        return true;
    }
    struct span digits = take_while(s, ascii_is_digit);
    if (digits.n == 0 || digits.n > 5) {
        return false;
    }
    out->port = 0;
    for (size_t i = 0; i < digits.n; i++) {
        out->port = out->port * 10 + (unsigned)(digits.p[i] - '0');
    }
    return out->port > 0 && out->port <= PORT_MAX;
}

bool url_split(struct span text, struct url *out)
{
    *out = (struct url){.path = SPAN(""), .query = SPAN("")};
    if (!take_scheme(&text, out) || !take_host(&text, out) || !take_port(&text, out)) {
        return false;
    }
    if (text.n > 0 && text.p[0] == '/') {
        out->path = take_while(&text, is_path_byte);
    }
    if (take_byte(&text, '?')) {
        out->query = take_while(&text, is_query_byte);
    }
    return text.n == 0;
}

/* Append the path without encoding, and without slashes at its end. */
static void add_plain_path(struct buf *out, struct span path)
{
    (void)url_decode(out, path);
    while (out->n > 0 && out->p[out->n - 1] == '/') {
        out->n--;
    }
}

/* The parts are separated by bytes that none but the last can have. */
bool url_add_identity(struct buf *out, struct span text)
{
    struct url u;
    if (!url_split(text, &u)) {
        return false;
    }
    struct buf path = BUF_INIT(text.n + 1);
    size_t n = u.host.n - (u.host.p[u.host.n - 1] == '.');
    for (size_t i = 0; i < n; i++) {
        buf_add_byte(out, ascii_lower(u.host.p[i]));
    }
    buf_addf(out, "%s:%u", u.bracketed ? "]" : "", u.port);
    buf_add_byte(out, '\0');
    buf_add(out, u.query);
    buf_add_byte(out, '\0');
    add_plain_path(&path, u.path);
    buf_add(out, buf_span(&path));
    buf_done(&path);
    return true;
}

bool url_same(struct span a, struct span b)
{
    struct buf x = BUF_INIT(URL_IDENTITY_BYTES + a.n);
    struct buf y = BUF_INIT(URL_IDENTITY_BYTES + b.n);
    bool same =
        url_add_identity(&x, a) && url_add_identity(&y, b) && span_eq(buf_span(&x), buf_span(&y));
    buf_done(&x);
    buf_done(&y);
    return same;
}

void url_add_authority(struct buf *out, const struct url *u)
{
    buf_addf(out, u->bracketed ? "[%.*s]" : "%.*s", SPAN_FMT(u->host));
    if (u->port != (u->tls ? 443U : 80U)) {
        buf_addf(out, ":%u", u->port);
    }
}

bool url_is_loopback(const struct url *u)
{
    static const char suffix[] = ".localhost";
    size_t n = sizeof(suffix) - 1;
    unsigned first = 0;
    if (u->bracketed) {
        return span_eq(u->host, SPAN("::1"));
    }
    if (u->host.n > n && memcmp(u->host.p + u->host.n - n, suffix, n) == 0) {
        return true;
    }
    return span_eq(u->host, SPAN("localhost")) || (is_ipv4(u->host, &first) && first == 127);
}
