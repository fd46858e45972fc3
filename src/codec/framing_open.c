/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value over several lines in an object that is divided into lines. Its lines are fragments, but
 * one of them may be JSON by itself: {"a":1}, in a list. Only a line that is not JSON is examined,
 * so this costs nothing on the usual path.
 *
 * A line that breaks off inside a value is more often the end of a torn record, after which good
 * records follow. So the next line must continue the value, token by token, and must not be a value
 * by itself; and a line that begins with '{' where the value cannot have one is a record again. In
 * a value that is damaged only brackets are counted, and any line that begins with '{' is a record.
 *
 * A line with damage of its own, which leaves brackets open, is a torn record or the beginning of a
 * damaged document. One of a document ends behind a bracket or a comma, and the lines inside are
 * indented deeper, so only those and lines that begin with a closing bracket continue it.
 */
#include "codec/syntax.h"
#include "framing_priv.h"

/*
 * The state after a text: OPEN_NONE or OPEN_MAYBE. Elements of an array of which nothing
 * else is open are records.
 */
static enum framing_open_state state_after(struct framing *f, struct span text)
{
    struct syntax_lines *s = &f->open.syntax;
    enum syntax syntax = SYNTAX_WHOLE;
    const char *first = NULL;
    while (syntax == SYNTAX_WHOLE && (first = framing_first(text)) != NULL) {
        size_t at = 0;
        text = span_from(text, (size_t)(first - text.p));
        *s = (struct syntax_lines){0};
        syntax = syntax_next_line(s, text, &at);
        text = span_from(text, at);
    }
    bool open = syntax == SYNTAX_BEGUN && (s->depth > 1 || syntax_in_object(s));
    return open && !syntax_after_colon(s) ? OPEN_MAYBE : OPEN_NONE;
}

static size_t indent_of(struct span line)
{
    size_t n = 0;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t')) {
        n++;
    }
    return n;
}

/* Brackets that a text without right syntax leaves open. */
struct brackets {
    uint64_t depth;
    uint64_t members; /* bit 1 << level: of an object, or of a member's list; 64 levels */
    bool in_string, escaped, colon;
};

static void take_string_byte(struct brackets *b, char c)
{
    b->in_string = c != '"' || b->escaped;
    b->escaped = c == '\\' && !b->escaped;
}

static void take_bracket(struct brackets *b, char c)
{
    uint64_t level = b->depth < 64 ? (uint64_t)1 << b->depth : 0;
    if (c == '{' || c == '[') {
        b->members = c == '{' || b->colon ? b->members | level : b->members & ~level;
        b->depth++;
    } else if ((c == '}' || c == ']') && b->depth > 0) {
        b->depth--;
    }
}

/* The number of open brackets; 0 if they are only those of arrays around records. */
static uint64_t left_open(struct span text)
{
    struct brackets b = {0};
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (b.in_string) {
            take_string_byte(&b, c);
        } else if (c != ' ' && c != '\t') {
            b.in_string = c == '"';
            take_bracket(&b, c);
            b.colon = c == ':';
        }
    }
    uint64_t open = b.depth < 64 ? ((uint64_t)1 << b.depth) - 1 : ~(uint64_t)0;
    return (b.members & open) != 0 ? b.depth : 0;
}

/* A line of a document that opens brackets ends behind one, a comma or a colon; a torn record
 * anywhere. */
static bool ends_as_of_document(struct span line)
{
    line = framing_trim(line);
    char last = line.n > 0 ? line.p[line.n - 1] : '\0';
    return last == '{' || last == '[' || last == ',' || last == ':';
}

/*
 * A line that is not JSON: an array that is left open by right syntax has its records on the next
 * lines.
 */
void framing_open_begins(struct framing *f, struct span line)
{
    f->open.state = f->kind == FRAMING_LINES ? state_after(f, line) : OPEN_NONE;
    bool candidate = f->open.state == OPEN_NONE && ends_as_of_document(line);
    uint64_t open = candidate ? left_open(line) : 0;
    if (open > 0) {
        f->open.state = OPEN_INDENTED;
        f->open.nesting = (struct nesting){.depth = open};
        f->open.indent = indent_of(line);
    }
}

bool framing_open_takes(const struct framing *f, struct span line)
{
    if (f->open.state != OPEN_INDENTED) {
        return false;
    }
    size_t indent = indent_of(line);
    return indent == line.n || indent > f->open.indent || line.p[indent] == '}' ||
           line.p[indent] == ']';
}

static void open_damaged(struct framing *f, const struct syntax_lines *before)
{
    f->open.state = OPEN_DAMAGED;
    f->open.nesting = (struct nesting){.depth = before->depth};
}

/* The value ends on this line; another one may begin after it. */
static void open_ends(struct framing *f, struct span rest)
{
    f->open.state = state_after(f, rest) == OPEN_MAYBE ? OPEN_SURE : OPEN_OVER;
}

static void count_brackets(struct framing *f, struct span line)
{
    enum nesting_end end = NESTING_MORE;
    size_t used = nesting_scan(&f->open.nesting, line, true, &end);
    if (end == NESTING_CLOSED) {
        open_ends(f, span_from(line, used));
    }
}

static bool begins_record(struct span line)
{
    return line.n > 0 && *line.p == '{';
}

static bool is_value(struct span line)
{
    size_t at = 0;
    return syntax_check(line, &at) == SYNTAX_WHOLE && at == line.n &&
           (*line.p == '{' || *line.p == '[');
}

/* Whether not one token of the line is right. */
static bool first_wrong(struct span line, size_t at)
{
    const char *first = framing_first(line);
    return first != NULL && at <= (size_t)(first - line.p);
}

/* The first line after the one that broke off, or a later one while the syntax is right. */
static bool continues(struct framing *f, struct span line)
{
    size_t at = 0;
    struct syntax_lines before = f->open.syntax;
    enum syntax syntax = syntax_next_line(&f->open.syntax, line, &at);
    bool maybe = f->open.state == OPEN_MAYBE;
    bool wrong = syntax == SYNTAX_WRONG;
    if ((wrong && (begins_record(line) || (maybe && first_wrong(line, at)))) ||
        (maybe && is_value(line))) {
        f->open.state = OPEN_NONE;
        return false;
    }
    f->open.state = OPEN_SURE;
    if (syntax == SYNTAX_WHOLE) {
        open_ends(f, span_from(line, at));
    } else if (wrong) {
        open_damaged(f, &before);
        count_brackets(f, line);
    }
    return true;
}

static bool belongs(struct framing *f, struct span line)
{
    if (f->open.state == OPEN_MAYBE || f->open.state == OPEN_SURE) {
        return continues(f, line);
    }
    bool record = f->open.state == OPEN_INDENTED
                      ? !framing_open_takes(f, line)
                      : f->open.state == OPEN_OVER || begins_record(line);
    if (record) {
        f->open.state = OPEN_NONE;
        return false;
    }
    f->open.nesting.in_string = false;
    f->open.nesting.escaped = false;
    count_brackets(f, line);
    return true;
}

void framing_open_container(struct framing *f)
{
    f->open.state = OPEN_DAMAGED;
    size_t lists = f->request.level + (f->in_list ? 1 : 0);
    f->open.nesting = (struct nesting){.depth = f->nesting.depth + f->levels + 2 * lists +
                                                (f->in_list ? f->list_levels : 0)};
}

bool framing_open_line(struct framing *f, const struct piece *line)
{
    if (!belongs(f, line->text)) {
        return false;
    }
    if (f->run.count == 0) {
        f->run = *line;
        f->run.kind = PIECE_OPEN_LINES;
        f->run.text = SPAN("");
        f->run.count = 0;
    }
    f->run.bytes = line->offset + line->bytes - f->run.offset;
    f->run.count++;
    return true;
}

/* Whether a line too long to be checked continues the value that broke off on the line before. */
static bool head_continues(const struct framing *f, struct span head)
{
    size_t at = 0;
    struct syntax_lines syntax = f->open.syntax;
    bool record = begins_record(head) || (head.n > 0 && *head.p == '[');
    return !record &&
           (syntax_next_line(&syntax, head, &at) != SYNTAX_WRONG || !first_wrong(head, at));
}

bool framing_open_long_line(struct framing *f, struct span head)
{
    bool indented = f->open.state == OPEN_INDENTED;
    if (f->open.state == OPEN_MAYBE && head_continues(f, framing_trim(head))) {
        f->open.state = OPEN_SURE;
    }
    if (f->open.state <= OPEN_MAYBE || (indented && !framing_open_takes(f, framing_trim(head))) ||
        (!indented && begins_record(framing_trim(head)))) {
        f->open.state = OPEN_NONE;
        return false;
    }
    if (f->open.state == OPEN_SURE) {
        open_damaged(f, &f->open.syntax);
    }
    f->open.nesting.in_string = false;
    f->open.nesting.escaped = false;
    return true;
}

void framing_open_part(struct framing *f, struct span part)
{
    enum nesting_end end = NESTING_MORE;
    if (f->open.state == OPEN_DAMAGED || f->open.state == OPEN_INDENTED) {
        size_t used = nesting_scan(&f->open.nesting, part, true, &end);
        f->open.state = used > 0 && end == NESTING_CLOSED ? OPEN_OVER : f->open.state;
    }
}
