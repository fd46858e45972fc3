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

void framing_open_begins(struct framing *f, struct span line)
{
    f->open.state = state_after(f, line);
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
    if (f->open.state == OPEN_OVER || begins_record(line)) {
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
    f->open.nesting = (struct nesting){.depth = f->nesting.depth + f->levels + 2 * lists};
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

bool framing_open_long_line(struct framing *f, struct span head)
{
    if (f->open.state <= OPEN_MAYBE || begins_record(framing_trim(head))) {
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
    if (f->open.state == OPEN_DAMAGED) {
        size_t used = nesting_scan(&f->open.nesting, part, true, &end);
        f->open.state = used > 0 && end == NESTING_CLOSED ? OPEN_OVER : OPEN_DAMAGED;
    }
}
