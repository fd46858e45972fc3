/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in a row are separated by their brackets. The bytes between them are checked: a byte that
 * is neither a separator nor the start of a value is damage, and no boundary after it is reliable.
 */
#include "framing_priv.h"

#include "base/ascii.h"
#include "codec/syntax.h"

static const char in_value[] = "the text ends inside a value";

/* Whether the values are elements of a list that is expanded. */
static bool in_list(const struct framing *f)
{
    return f->in_list || f->request.level > 0;
}

/* ---- pieces ---- */

void framing_stop_reading(struct framing *f)
{
    if (framing_on_first_line(f)) { /* this costs only its line, as in an object of lines */
        f->kind = FRAMING_LINES;
        f->one_line = true;
    }
    f->tentative = false;
    f->state = f->one_line ? FRAMING_LINE_REST : FRAMING_STOPPED;
}

bool framing_damage(struct framing *f, struct span text, const char *wrong, uint64_t at,
                    struct piece *out)
{
    struct piece piece = framing_piece(f, PIECE_DAMAGE);
    piece.text = text;
    piece.wrong = wrong;
    piece.wrong_at = at;
    piece.rest = !f->all_read;
    framing_stop_reading(f);
    return framing_give(f, &piece, out);
}

/*
 * The next byte, which is between values, is not JSON; or the torn byte order mark before it is
 * not.
 */
bool framing_damage_between(struct framing *f, const char *wrong, struct piece *out)
{
    f->value =
        (struct framing_value){.offset = f->offset - f->bom, .line = f->line, .bytes = f->bom};
    return framing_damage(f, SPAN(""), wrong, f->value.offset, out);
}

static bool give_too_long(struct framing *f, const struct source *s, struct piece *out)
{
    struct piece piece = framing_piece(f, PIECE_TOO_LONG);
    piece.text = framing_value_text(f, s);
    f->state = f->tentative && !in_list(f) ? FRAMING_AFTER_LONG : FRAMING_GAP;
    return framing_give(f, &piece, out);
}

/*
 * Return a value without content. The first few are pieces of their own, the further ones make one
 * piece.
 */
static bool give_empty(struct framing *f, const struct source *s, struct piece *piece,
                       struct piece *out)
{
    if (f->empty < FRAMING_SINGLE) {
        f->empty++;
        return framing_give(f, piece, out);
    }
    if (f->run.count == 0) {
        f->run = *piece;
        f->run.kind = PIECE_RUN;
        f->run.text = SPAN("");
        f->run.count = 0;
    }
    f->run.bytes = piece->offset + piece->bytes - f->run.offset;
    f->run.count++;
    framing_value_drop(f, s);
    return f->run.count == FRAMING_RUN && framing_flush_run(f, out);
}

static bool is_empty(struct span container)
{
    for (size_t i = 1; i + 1 < container.n; i++) {
        if (container.p[i] != ' ' && container.p[i] != '\t' && container.p[i] != '\r') {
            return false;
        }
    }
    return true;
}

static bool value_ends(struct framing *f, const struct source *s, bool scalar, struct piece *out)
{
    if (f->value.too_long) {
        return give_too_long(f, s, out);
    }
    f->tentative = f->tentative && in_list(f);
    struct piece piece = framing_piece(f, PIECE_VALUE);
    size_t at = 0;
    piece.text = framing_value_text(f, s);
    f->state = FRAMING_GAP;
    if (f->request.level > 0) {
        return framing_request_add(f, &piece, s, out);
    }
    if (scalar && (syntax_check(piece.text, &at) != SYNTAX_WHOLE || at < piece.text.n)) {
        return framing_damage(f, piece.text, "no JSON value", f->value.offset + at, out);
    }
    return scalar || is_empty(piece.text) ? give_empty(f, s, &piece, out)
                                          : framing_give(f, &piece, out);
}

/* ---- inside a value ---- */

static void value_begins(struct framing *f, struct source *s, enum framing_state state)
{
    f->state = state;
    f->fresh = false;
    f->value = (struct framing_value){
        .offset = f->offset, .line = f->line, .bytes = 1, .keep = framing_request_room(f)};
    f->nesting = (struct nesting){.depth = 1};
    f->part = s->p;
    framing_advance(f, s, s->p + 1);
    if (s->p == s->end) {
        framing_suspend(f, s);
    }
}

/* The value continues to `to`, without a '\n' between. */
static void value_advance(struct framing *f, struct source *s, const char *to)
{
    f->value.bytes += (uint64_t)(to - s->p);
    framing_advance(f, s, to);
}

/* The end of the bytes that may be read before the value is too long. */
static const char *value_limit(const struct framing *f, const struct source *s)
{
    size_t left = (size_t)(s->end - s->p);
    uint64_t most = f->value.too_long ? left : f->value.keep - f->value.bytes;
    return s->p + (left < most ? left : most);
}

/* The bytes so far do not end the value: it is too long now, or continues in the next input. */
static bool value_goes_on(struct framing *f, struct source *s, struct piece *out)
{
    bool passes = !f->value.too_long && f->value.bytes == f->value.keep;
    if (passes && framing_passes_limit(f, s, out)) {
        return true;
    }
    if (s->p == s->end) {
        framing_suspend(f, s);
    }
    return false;
}

/* The value is cut off, since the next byte is a '\n' or there is none. */
static bool value_breaks(struct framing *f, const struct source *s, const char *wrong,
                         struct piece *out)
{
    if (f->tentative && !in_list(f) && s->p < s->end) { /* the line was torn, and not a value */
        f->tentative = false;
        f->kind = FRAMING_NONE;
        f->one_line = true;
        f->value.too_long = true;
    }
    if (f->one_line && f->value.too_long) {
        (void)give_too_long(f, s, out);
        f->state = FRAMING_LINE_REST;
        return true;
    }
    f->all_read = f->all_read || f->one_line || framing_on_first_line(f);
    return framing_damage(f, framing_value_text(f, s), wrong, f->offset, out);
}

static bool step_container(struct framing *f, struct source *s, struct piece *out)
{
    enum nesting_end end = NESTING_MORE;
    uint64_t lines = f->nesting.lines;
    struct span rest = span_of(s->p, (size_t)(value_limit(f, s) - s->p));
    bool line = f->one_line || (framing_on_first_line(f) && !in_list(f));
    size_t used = nesting_scan(&f->nesting, rest, line, &end);
    f->line += f->nesting.lines - lines;
    value_advance(f, s, s->p + used);
    switch (end) {
    case NESTING_MORE:
        break;
    case NESTING_CLOSED:
        return value_ends(f, s, false, out);
    case NESTING_LINE:
        return value_breaks(f, s,
                            f->nesting.in_string ? "a line end inside a string"
                                                 : "the line ends inside a value",
                            out);
    }
    return value_goes_on(f, s, out);
}

static bool step_string(struct framing *f, struct source *s, struct piece *out)
{
    const char *end = value_limit(f, s);
    const char *p = s->p;
    while (p < end && *p != '\n' && (*p != '"' || f->value.escaped)) {
        f->value.escaped = *p == '\\' && !f->value.escaped;
        p++;
    }
    bool closed = p < end && *p == '"';
    value_advance(f, s, closed ? p + 1 : p);
    if (closed) {
        return value_ends(f, s, true, out);
    }
    return p < end ? value_breaks(f, s, "a line end inside a string", out)
                   : value_goes_on(f, s, out);
}

static bool is_scalar_byte(char c)
{
    return ascii_is_digit(c) || ascii_is_lower(c) || ascii_is_upper(c) || c == '+' || c == '-' ||
           c == '.' || c == '_' || c == ':';
}

static bool step_scalar(struct framing *f, struct source *s, struct piece *out)
{
    const char *end = value_limit(f, s);
    const char *p = s->p;
    while (p < end && is_scalar_byte(*p)) {
        p++;
    }
    value_advance(f, s, p);
    if (p < s->end && !is_scalar_byte(*p)) {
        return value_ends(f, s, true, out);
    }
    if (s->p == s->end) { /* also at the limit: the next byte determines the end */
        framing_suspend(f, s);
        return false;
    }
    return value_goes_on(f, s, out);
}

/*
 * After a '[' among elements. Brackets of arrays in an array are punctuation, whatever the layout;
 * only an array without elements is an element.
 */
static bool step_bracket(struct framing *f, struct source *s, struct piece *out)
{
    const char *end = value_limit(f, s);
    const char *p = s->p;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
    }
    value_advance(f, s, p);
    if (p < end && *p == ']') {
        value_advance(f, s, p + 1);
        return value_ends(f, s, false, out);
    }
    if (p < end || f->value.bytes == f->value.keep) {
        framing_value_drop(f, s);
        f->state = FRAMING_GAP;
        f->levels += f->in_list ? 0 : 1;
        f->list_levels += f->in_list ? 1 : 0;
        f->list_next = LIST_VALUE_OR_END;
        return false;
    }
    return value_goes_on(f, s, out);
}

/* ---- between values ---- */

static bool line_ends(struct framing *f, struct source *s, struct piece *out)
{
    if (f->one_line && (f->levels > 0 || in_list(f))) {
        f->all_read = true;
        return framing_damage_between(f, "the array is not closed on its line", out);
    }
    framing_pass_line_end(f, s);
    f->fresh = true;
    if (f->one_line) {
        framing_line_begins(f);
        return framing_flush_run(f, out);
    }
    return false;
}

static bool array_opens(struct framing *f, struct source *s)
{
    if (f->levels == 0 && !in_list(f)) {
        f->levels = 1;
        f->fresh = false;
        framing_advance(f, s, s->p + 1);
    } else {
        value_begins(f, s, f->request.level > 0 ? FRAMING_CONTAINER : FRAMING_BRACKET);
    }
    return false;
}

static bool array_closes(struct framing *f, struct source *s, struct piece *out)
{
    if (in_list(f) && (f->request.level > 0 || f->list_levels == 0)) {
        framing_tail_begins(f, s);
        return false;
    }
    if (f->in_list) {
        f->list_levels--;
        f->list_next = LIST_COMMA_OR_END;
        framing_advance(f, s, s->p + 1);
        return false;
    }
    if (f->levels == 0 && f->kind != FRAMING_ARRAY) {
        return framing_damage_between(f, "a bracket that closes nothing", out);
    }
    f->levels -= f->levels > 0 ? 1 : 0;
    f->fresh = false;
    framing_advance(f, s, s->p + 1);
    return false;
}

/* A byte order mark is allowed at the start of a line. */
static bool is_bom_byte(struct framing *f, char c)
{
    static const char bom[] = "\xef\xbb\xbf";
    bool is =
        (f->fresh || f->bom > 0) && !in_list(f) && f->bom < sizeof(bom) - 1 && c == bom[f->bom];
    f->bom = is ? (f->bom + 1) % (sizeof(bom) - 1) : f->bom;
    return is;
}

static bool other_byte(struct framing *f, struct source *s, struct piece *out)
{
    char c = *s->p;
    if (is_bom_byte(f, c)) {
        framing_advance(f, s, s->p + 1);
        return false;
    }
    if (f->bom == 0 && (c == '-' || ascii_is_digit(c) || c == 't' || c == 'f' || c == 'n')) {
        value_begins(f, s, FRAMING_SCALAR);
        return false;
    }
    return framing_damage_between(f, "no JSON value", out);
}

static void skip_filler(struct framing *f, struct source *s)
{
    const char *p = s->p;
    while (p < s->end && framing_is_filler(*p)) {
        p++;
    }
    framing_advance(f, s, p);
}

static bool step_gap(struct framing *f, struct source *s, struct piece *out)
{
    if (in_list(f) && !framing_list_gap(f, s, out)) {
        return true;
    }
    if (f->bom == 0 && !in_list(f)) {
        skip_filler(f, s);
    }
    if (s->p == s->end) {
        return false;
    }
    if (f->bom != 0) {
        return other_byte(f, s, out);
    }
    switch (*s->p) {
    case '\n':
        return line_ends(f, s, out);
    case '[':
        return array_opens(f, s);
    case ']':
        return array_closes(f, s, out);
    case '{':
        value_begins(f, s, FRAMING_CONTAINER);
        return false;
    case '"':
        value_begins(f, s, FRAMING_STRING);
        return false;
    default:
        return other_byte(f, s, out);
    }
}

/* After the first value, which was too long: if it is alone on its line, the framing is lines. */
static bool step_after_long(struct framing *f, struct source *s)
{
    skip_filler(f, s);
    if (s->p == s->end) {
        return false;
    }
    bool alone = *s->p == '\n' && framing_on_first_line(f);
    f->tentative = false;
    f->state = FRAMING_GAP;
    if (alone) {
        f->kind = FRAMING_LINES;
        framing_pass_line_end(f, s);
        framing_line_begins(f);
    }
    return false;
}

bool framing_values_step(struct framing *f, struct source *s, struct piece *out)
{
    switch (f->state) {
    case FRAMING_GAP:
        return step_gap(f, s, out);
    case FRAMING_BRACKET:
        return step_bracket(f, s, out);
    case FRAMING_CONTAINER:
        return step_container(f, s, out);
    case FRAMING_STRING:
        return step_string(f, s, out);
    case FRAMING_SCALAR:
        return step_scalar(f, s, out);
    case FRAMING_LIST_TAIL:
        return framing_step_tail(f, s, out);
    case FRAMING_AFTER_LONG:
        return step_after_long(f, s);
    case FRAMING_UNDECIDED:
    case FRAMING_HOLE:
    case FRAMING_CUT_LINES:
    case FRAMING_LONG_LINE:
    case FRAMING_LINE_REST:
    case FRAMING_STOPPED:
        break;
    }
    return false;
}

/* ---- the end of the text ---- */

bool framing_values_end(struct framing *f, struct piece *out)
{
    static const char nothing[1];
    const struct source s = {nothing, nothing, false};
    f->part = nothing;
    f->all_read = true;
    switch (f->state) {
    case FRAMING_SCALAR:
        return value_ends(f, &s, true, out);
    case FRAMING_BRACKET:
    case FRAMING_CONTAINER:
    case FRAMING_STRING:
        return value_breaks(f, &s, in_value, out);
    case FRAMING_LIST_TAIL:
        return framing_tail_damaged(f, in_value, f->offset, out);
    case FRAMING_GAP:
        if (f->levels > 0 || in_list(f) || f->bom > 0) {
            return framing_damage_between(f, "the text ends inside an array", out);
        }
        break;
    case FRAMING_AFTER_LONG:
        f->kind = framing_on_first_line(f) ? FRAMING_LINES : f->kind;
        break;
    case FRAMING_UNDECIDED:
    case FRAMING_HOLE:
    case FRAMING_CUT_LINES:
    case FRAMING_LONG_LINE:
    case FRAMING_LINE_REST:
    case FRAMING_STOPPED:
        break;
    }
    f->state = FRAMING_STOPPED;
    return framing_flush_run(f, out);
}
