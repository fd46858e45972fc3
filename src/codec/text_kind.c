/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table; the first match counts. A test examines only the beginning. The result is a guess that
 * helps the reader of a message, and nothing else depends on it.
 */
#include "codec/text_kind.h"

#include <strings.h>

enum {
    LINES_COMPARED = 4,
    COLUMNS_MIN = 3, /* of commas: many times of day have one */
};

static bool begins_with(struct span s, struct span word)
{
    return s.n >= word.n && strncasecmp(s.p, word.p, word.n) == 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Take a line without its end. */
static struct span take_line(struct span *s)
{
    const char *end = memchr(s->p, '\n', s->n);
    struct span line = span_take(s, end != NULL ? (size_t)(end - s->p) : s->n);
    if (s->n > 0) {
        *s = span_from(*s, 1);
    }
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    return line;
}

static bool is_html(struct span s)
{
    return begins_with(s, SPAN("<!doctype html")) || begins_with(s, SPAN("<html"));
}

static bool is_xml(struct span s)
{
    return s.n > 1 && s.p[0] == '<' && (s.p[1] == '?' || s.p[1] == '!' || is_letter(s.p[1]));
}

/* RFC 5424 and 3164 begin with a priority. */
static bool is_syslog(struct span s)
{
    size_t i = 1;
    while (i < s.n && i < 5 && is_digit(s.p[i])) {
        i++;
    }
    return s.n > i && s.p[0] == '<' && i > 1 && s.p[i] == '>';
}

static bool is_cef(struct span s)
{
    return begins_with(s, SPAN("CEF:")) || begins_with(s, SPAN("LEEF:"));
}

static bool is_w3c(struct span s)
{
    return begins_with(s, SPAN("#Version:")) || begins_with(s, SPAN("#Fields:")) ||
           begins_with(s, SPAN("#Software:"));
}

static bool is_pem(struct span s)
{
    return begins_with(s, SPAN("-----BEGIN "));
}

/*
 * Whether the line is a word, then a colon and a blank or the end: "name: value", "- name: value".
 */
static bool is_yaml_member(struct span line)
{
    size_t i = line.n > 2 && line.p[0] == '-' && line.p[1] == ' ' ? 2 : 0;
    size_t first = i;
    while (i < line.n &&
           (is_letter(line.p[i]) || is_digit(line.p[i]) || line.p[i] == '-' || line.p[i] == '.')) {
        i++;
    }
    return i > first && i < line.n && line.p[i] == ':' && (i + 1 == line.n || line.p[i + 1] == ' ');
}

static bool is_yaml(struct span s)
{
    if (begins_with(s, SPAN("%YAML")) || begins_with(s, SPAN("---\n")) ||
        begins_with(s, SPAN("---\r\n"))) {
        return true;
    }
    struct span first = take_line(&s);
    return is_yaml_member(first) && s.n > 0;
}

static bool is_ini(struct span s)
{
    struct span line = take_line(&s);
    return line.n > 2 && line.p[0] == '[' && is_letter(line.p[1]) && line.p[line.n - 1] == ']';
}

/* "level=info msg=...": the line begins with a name, '=' and a value, and has another such pair. */
static bool is_logfmt(struct span s)
{
    struct span line = take_line(&s);
    size_t name = 0;
    while (name < line.n && is_letter(line.p[name])) {
        name++;
    }
    if (name == 0 || name == line.n || line.p[name] != '=') {
        return false;
    }
    line = span_from(line, name + 1);
    return memchr(line.p, '=', line.n) != NULL;
}

/* "event: a" and "data: b", as a server sends events to browsers (the HTML standard, 9.2). */
static bool is_sse(struct span s)
{
    static const struct span fields[] = {SPAN_INIT("event:"), SPAN_INIT("data:"), SPAN_INIT("id:"),
                                         SPAN_INIT("retry:")};
    bool data = false;
    for (int lines = 0; s.n > 0 && lines < LINES_COMPARED; lines++) {
        struct span line = take_line(&s);
        bool known = line.n == 0 || *line.p == ':'; /* the end of an event, a comment */
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            known = known || span_starts(line, fields[i]);
        }
        if (!known) {
            return false;
        }
        data = data || span_starts(line, SPAN("data:"));
    }
    return data;
}

/*
 * "2026-05-11T22:20:00.000Z host text", "2026-05-11 22:20:00,123 INFO text": commas of its text are
 * no separators.
 */
static bool is_log_line(struct span s)
{
    static const char form[] = "0000-00-00T00:00:00";
    struct span line = take_line(&s);
    size_t i = 0;
    while (i < sizeof(form) - 1 && i < line.n &&
           (form[i] == '0'   ? is_digit(line.p[i])
            : form[i] == 'T' ? line.p[i] == 'T' || line.p[i] == ' '
                             : line.p[i] == form[i])) {
        i++;
    }
    bool time = i == sizeof(form) - 1;
    bool fraction = time && line.n - i >= 2 && line.p[i] == ',' && is_digit(line.p[i + 1]);
    for (i += fraction ? 1 : 0; fraction && i < line.n && is_digit(line.p[i]);) {
        i++;
    }
    while (i < line.n && line.p[i] != ' ' && line.p[i] != ',' && line.p[i] != ';' &&
           line.p[i] != '\t') {
        i++;
    }
    return time && i < line.n && line.p[i] == ' ';
}

/* Number of separators outside of quotes. */
static size_t columns_of(struct span line, char separator)
{
    size_t columns = 1;
    bool quoted = false;
    for (size_t i = 0; i < line.n; i++) {
        quoted = quoted != (line.p[i] == '"');
        columns += line.p[i] == separator && !quoted;
    }
    return columns;
}

/* Whether the first lines have the same number of columns. The last line may be cut. */
static bool has_columns(struct span s, char separator, size_t least)
{
    size_t columns = 0;
    int lines = 0;
    while (s.n > 0 && lines < LINES_COMPARED) {
        struct span line = take_line(&s);
        size_t here = columns_of(line, separator);
        if (s.n == 0 && lines >= 2) {
            break;
        }
        if (lines > 0 && here != columns) {
            return false;
        }
        columns = here;
        lines++;
    }
    return lines > 1 && columns >= least;
}

static bool is_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
}

/* Whether the cell is quoted, or all of it are bytes that `is` accepts. */
static bool is_cell(struct span cell, bool (*is)(char))
{
    bool good = cell.n > 0;
    if (cell.n > 1 && *cell.p == '"' && cell.p[cell.n - 1] == '"') {
        return true;
    }
    for (size_t i = 0; good && i < cell.n; i++) {
        good = is(cell.p[i]);
    }
    return good;
}

static bool is_no_blank(char c)
{
    return c != ' ';
}

/* The first column of the line; the rest, without the separator, becomes *rest. */
static struct span first_cell(struct span line, char separator, struct span *rest)
{
    size_t i = 0;
    bool quoted = false;
    while (i < line.n && (quoted || line.p[i] != separator)) {
        quoted = quoted != (line.p[i] == '"');
        i++;
    }
    *rest = span_from(line, i < line.n ? i + 1 : i);
    return span_of(line.p, i);
}

/*
 * A table of two columns: what prose and times of day ("22:20:00,123 INFO") are not. Its first line
 * has two names, or no line has a blank outside of quotes or a number on both sides.
 */
static bool has_two_columns(struct span s, char separator)
{
    if (!has_columns(s, separator, 2)) {
        return false;
    }
    bool table = true;
    for (int lines = 0; s.n > 0 && lines < LINES_COMPARED; lines++) {
        struct span second;
        struct span line = take_line(&s);
        if (s.n == 0 && lines >= 2) {
            break;
        }
        struct span first = first_cell(line, separator, &second);
        if (lines == 0 && is_cell(first, is_name) && is_cell(second, is_name) &&
            !is_digit(*first.p) && !is_digit(*second.p)) {
            return true;
        }
        table = table && is_cell(first, is_no_blank) && is_cell(second, is_no_blank) &&
                !(is_digit(first.p[first.n - 1]) && is_digit(*second.p));
    }
    return table;
}

static bool is_csv(struct span s)
{
    return has_columns(s, ',', COLUMNS_MIN) || has_columns(s, ';', COLUMNS_MIN) ||
           has_two_columns(s, ',') || has_two_columns(s, ';');
}

static bool is_tsv(struct span s)
{
    return has_columns(s, '\t', 2);
}

static bool is_json(struct span s)
{
    return s.p[0] == '{' || s.p[0] == '[';
}

static const struct {
    const char *name;
    bool (*is)(struct span head);
} kinds[] = {
    {"HTML", is_html},
    {"XML", is_xml},
    {"syslog", is_syslog},
    {"CEF or LEEF", is_cef},
    {"a W3C extended log", is_w3c},
    {"PEM", is_pem},
    {"INI or TOML", is_ini},
    {"damaged JSON", is_json},
    {"server-sent events", is_sse},
    {"YAML", is_yaml},
    {"logfmt or plain text", is_logfmt},
    {"logfmt or plain text", is_log_line},
    {"tab-separated values", is_tsv},
    {"CSV", is_csv},
};

const char *text_kind_name(struct span head)
{
    if (span_starts(head, SPAN("\xef\xbb\xbf"))) {
        head = span_from(head, 3);
    }
    while (head.n > 0 && (unsigned char)*head.p <= ' ') {
        head = span_from(head, 1);
    }
    for (size_t i = 0; head.n > 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].is(head)) {
            return kinds[i].name;
        }
    }
    return "logfmt or plain text";
}
