/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is searched in one pass. At each byte the forms that begin with it are checked
 * (secret_forms.c). After a secret, the pass continues at its end. Escapes of JSON are first
 * resolved in a copy, and positions in the copy are converted to positions in the source.
 */
#include "secret_priv.h"

enum {
    REMEMBERED_MAX = 8,   /* assigned values that are replaced wherever they occur */
    REMEMBERED_BYTES = 8, /* shorter values are not remembered */
    /* longer ones are not remembered either: each possible position of one costs a comparison */
    REMEMBERED_LONGEST_BYTES = 256,
    ESCAPE_BYTES = 6, /* \u0041 */
};

static const struct span redacted = SPAN_INIT("[REDACTED]");

/* ---- escapes ---- */

/* From byte `plain` of the copy on, which is byte `source` of the source, until the next shift. */
struct shift {
    size_t plain, source;
};

static int hex_digit(char c)
{
    char low = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/*
 * The escape of a printable ASCII character or of NUL, after its backslash. Returns its length; 0:
 * there is none.
 */
static size_t escape_at(struct span s, char *c)
{
    if (s.n >= 1 && *s.p == '/') {
        *c = '/';
        return 1;
    }
    if (s.n < ESCAPE_BYTES - 1 || memcmp(s.p, "u00", 3) != 0) {
        return 0;
    }
    int high = hex_digit(s.p[3]);
    int low = hex_digit(s.p[4]);
    bool printable = high >= 2 && high <= 7 && low >= 0 && (high != 7 || low != 15);
    *c = (char)(high * 16 + low);
    return printable || (high == 0 && low == 0) ? ESCAPE_BYTES - 1 : 0;
}

static bool needs_copy(struct span text)
{
    if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
        return true;
    }
    const char *p = text.n > 0 ? memchr(text.p, '\\', text.n) : NULL;
    char c = 0;
    while (p != NULL) {
        struct span rest = span_from(text, (size_t)(p - text.p) + 1);
        if (escape_at(rest, &c) > 0) {
            return true;
        }
        p = rest.n > 0 ? memchr(rest.p, '\\', rest.n) : NULL;
    }
    return false;
}

static void add_shift(struct secret_scan *scan, size_t source)
{
    struct shift s = {scan->plain.n, source};
    buf_add(&scan->shifts, span_of((const char *)&s, sizeof(s)));
}

static size_t without_code(struct span text, size_t i)
{
    while (i < text.n && text.p[i] != '\\' && text.p[i] != '\0') {
        i++;
    }
    return i;
}

/*
 * Make the copy: \u0041 and \/ are resolved, however many backslashes are before them. NUL is left
 * out: in UTF-16 that was read as UTF-8 it is beside each ASCII character.
 */
static void unescape(struct secret_scan *scan, struct span text)
{
    size_t i = 0;
    while (i < text.n) {
        if (text.p[i] == '\0') {
            add_shift(scan, ++i);
            continue;
        }
        size_t slashes = i;
        char c = 0;
        while (slashes < text.n && text.p[slashes] == '\\') {
            slashes++;
        }
        size_t n = slashes > i ? escape_at(span_from(text, slashes), &c) : 0;
        if (n > 0) {
            if (c != '\0') {
                add_shift(scan, i);
                buf_add_byte(&scan->plain, c);
            }
            i = slashes + n;
            add_shift(scan, i);
            continue;
        }
        size_t to = without_code(text, slashes);
        buf_add(&scan->plain, span_of(text.p + i, to - i));
        i = to;
    }
}

static struct shift shift_of(const struct secret_scan *scan, size_t k)
{
    struct shift s;
    memcpy(&s, scan->shifts.p + k * sizeof(s), sizeof(s));
    return s;
}

/* Convert a position to one in the source. `at` must not decrease from call to call. */
static size_t source_of(struct secret_scan *scan, size_t at)
{
    size_t count = scan->shifts.n / sizeof(struct shift);
    if (count == 0) {
        return at;
    }
    while (scan->shift + 1 < count && shift_of(scan, scan->shift + 1).plain <= at) {
        scan->shift++;
    }
    struct shift s = shift_of(scan, scan->shift);
    return s.plain <= at ? s.source + (at - s.plain) : at;
}

/* ---- the pass ---- */

void secret_scan_start(struct secret_scan *scan, struct span text)
{
    *scan = (struct secret_scan){.text = text,
                                 .plain = BUF_INIT(text.n + 1),
                                 .shifts = BUF_INIT((text.n + 1) * sizeof(struct shift))};
    if (needs_copy(text)) {
        unescape(scan, text);
        scan->text = buf_span(&scan->plain);
    }
}

void secret_scan_done(struct secret_scan *scan)
{
    buf_done(&scan->plain);
    buf_done(&scan->shifts);
}

/* Whether the n bytes before i are hexadecimal digits. */
static bool hex_before(struct span t, size_t i, size_t n)
{
    while (n > 0 && hex_digit(t.p[i - n]) >= 0) {
        n--;
    }
    return n == 0;
}

/* Whether the code of a character ends before i: \u2014, \x0a, \033, %3D. */
static bool after_code(struct span t, size_t i)
{
    return (i >= 6 && t.p[i - 5] == 'u' && t.p[i - 6] == '\\' && hex_before(t, i, 4)) ||
           (i >= 4 && t.p[i - 4] == '\\' && (t.p[i - 3] == 'x' || ascii_is_digit(t.p[i - 3])) &&
            hex_before(t, i, 2)) ||
           (i >= 3 && t.p[i - 3] == '%' && hex_before(t, i, 2));
}

static bool in_colour(char c)
{
    return ascii_is_digit(c) || c == ';' || c == ':';
}

/* Whether a sequence of a terminal ends before i: \x1b[1;31m, also without its first byte. */
static bool after_colour(struct span t, size_t i)
{
    enum { LONGEST = 24 };
    size_t least = i > LONGEST ? i - LONGEST : 1;
    size_t k = i - 1;
    while (k > least && in_colour(t.p[k - 1])) {
        k--;
    }
    bool parameters = k < i - 1;
    return t.p[k - 1] == '[' &&
           (parameters || (k >= 2 && memchr("\033bB3e", t.p[k - 2], 5) != NULL));
}

/*
 * Whether a key may begin at i: it is not within a word, except after an escape of a text in the
 * text, or after a sequence of a terminal.
 */
static bool may_begin(struct span t, size_t i)
{
    return i == 0 || !is_token(t.p[i - 1]) ||
           (i >= 2 && (t.p[i - 2] == '\\' ? memchr("0abefnrtv", t.p[i - 1], 9) != NULL
                                          : after_code(t, i) || after_colour(t, i)));
}

static size_t any_case_end(struct span t, size_t i, struct span head)
{
    if (t.n - i < head.n) {
        return 0;
    }
    for (size_t k = 0; k < head.n; k++) {
        if (ascii_lower(t.p[i + k]) != head.p[k]) {
            return 0;
        }
    }
    return i + head.n;
}

static size_t name_end(struct span t, size_t i, struct span head)
{
    size_t k = 0;
    while (k < head.n && i < t.n && ascii_lower(t.p[i]) == head.p[k]) {
        k++;
        i++;
        bool joint = k < head.n && i + 1 < t.n && memchr("_-.", t.p[i], 3) != NULL;
        i += joint && ascii_lower(t.p[i + 1]) == head.p[k] ? 1 : 0;
    }
    return k == head.n ? i : 0;
}

/* The end of the form's head at i; 0: the head is not there. */
static size_t head_end(const struct secret_form *f, struct span t, size_t i)
{
    switch (f->match) {
    case HEAD_EXACT:
        return at_word(t, i, f->head) ? i + f->head.n : 0;
    case HEAD_ANY_CASE:
        return any_case_end(t, i, f->head);
    case HEAD_NAME:
        return name_end(t, i, f->head);
    }
    return 0;
}

static bool find_one(struct secret_scan *scan, const struct secret_form *f, size_t i,
                     struct secret *s)
{
    for (; f != NULL && f->head.n > 0; f++) {
        size_t end = head_end(f, scan->text, i);
        if (end != 0 && f->find(scan, f, i, end, s)) {
            return true;
        }
    }
    return false;
}

/* The quotes from the head of a secret to its end, which the pass does not come to. */
static void note_quotes(struct secret_scan *scan, size_t from, size_t to)
{
    for (size_t i = from; i < to && scan->client != NULL; i++) {
        if (scan->text.p[i] == '"' || scan->text.p[i] == '\'') {
            secret_note_quote(scan, i);
        }
    }
}

/* Find the next secret of scan->text. */
static bool find_next(struct secret_scan *scan, struct secret *s)
{
    struct span t = scan->text;
    for (size_t i = scan->at; i < t.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(t.p[i]);
        if (c >= SECRET_GROUPS) {
            continue;
        }
        const struct secret_group *g = &secret_groups[c];
        if ((g->begins != NULL && may_begin(t, i) && find_one(scan, g->begins, i, s)) ||
            (g->anywhere != NULL && find_one(scan, g->anywhere, i, s))) {
            note_quotes(scan, i, s->to);
            scan->at = s->to;
            return true;
        }
    }
    scan->at = t.n;
    return false;
}

bool secret_scan_next(struct secret_scan *scan, struct secret *s)
{
    if (!find_next(scan, s)) {
        return false;
    }
    s->from = source_of(scan, s->from);
    s->to = source_of(scan, s->to);
    return true;
}

bool secret_find(struct span text, struct secret *s)
{
    struct secret_scan scan;
    secret_scan_start(&scan, text);
    bool found = secret_scan_next(&scan, s);
    secret_scan_done(&scan);
    return found;
}

/* ---- redaction ---- */

struct remembered {
    struct span value[REMEMBERED_MAX]; /* in the text that is scanned */
    int count;
};

static void remember(struct remembered *r, struct span value)
{
    for (int i = 0; i < r->count; i++) {
        if (span_eq(r->value[i], value)) {
            return;
        }
    }
    if (value.n >= REMEMBERED_BYTES && value.n <= REMEMBERED_LONGEST_BYTES &&
        r->count < REMEMBERED_MAX) {
        r->value[r->count++] = value;
    }
}

/* Remember the values that the text assigns to names. False: the text has no secret. */
static bool remember_all(struct secret_scan *scan, struct remembered *r)
{
    struct secret s;
    bool any = false;
    while (find_next(scan, &s)) {
        any = true;
        if (s.kind == secret_assigned) {
            remember(r, span_of(scan->text.p + s.from, s.to - s.from));
        }
    }
    scan->at = 0;
    scan->client = NULL;
    return any;
}

/* Find the first occurrence of a remembered value in [from, s->from). False: none. */
static bool find_again(const struct remembered *r, struct span t, size_t from, struct secret *s)
{
    for (size_t i = from; i < s->from && r->count > 0; i++) {
        for (int k = 0; k < r->count; k++) {
            if (t.p[i] == *r->value[k].p && at_word(t, i, r->value[k])) {
                return secret_at(s, i, i + r->value[k].n, "repeated");
            }
        }
    }
    return false;
}

/* Append the source from byte `done` on with the secrets of the text replaced. */
static void replace_all(struct secret_scan *scan, const struct remembered *r, struct span source,
                        size_t done, struct buf *out)
{
    size_t from = 0; /* in the text */
    struct secret next;
    struct secret s;
    bool more = find_next(scan, &next);
    for (;;) {
        s = more ? next : (struct secret){scan->text.n, scan->text.n, ""};
        if (!find_again(r, scan->text, from, &s) && !more) {
            break;
        }
        size_t begin = source_of(scan, s.from);
        size_t end = source_of(scan, s.to);
        if (end > done) {
            buf_add(out, span_of(source.p + done, begin > done ? begin - done : 0));
            buf_add(out, redacted);
            done = end;
        }
        from = s.to;
        if (more && next.to <= from) { /* it is within a secret that was replaced */
            scan->at = from;
            more = find_next(scan, &next);
        } else if (more && next.from < from) {
            next.from = from;
        }
    }
    buf_add(out, span_from(source, done));
}

bool secret_redact(struct span text, struct buf *out)
{
    return secret_redact_from(text, 0, out);
}

bool secret_redact_from(struct span text, size_t from, struct buf *out)
{
    struct remembered r = {.count = 0};
    struct secret_scan scan;
    secret_scan_start(&scan, text);
    bool any = remember_all(&scan, &r);
    if (any) {
        replace_all(&scan, &r, text, from, out);
    }
    secret_scan_done(&scan);
    return any;
}
