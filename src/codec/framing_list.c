/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object above the limit whose list is expanded: {"Records":[ 100 MB ]}. The names of such lists
 * are those of known envelopes. The object before the list is stored, since it may have the time
 * and the host of the events. The text after the list is stored for its piece, if it is short.
 */
#include "framing_priv.h"

#include "base/ascii.h"
#include "codec/list_names.h"
#include "codec/syntax.h"

/* ---- finding the list ---- */

static void skip_blanks(struct span *s)
{
    while (s->n > 0 && ascii_is_blank(*s->p)) {
        (void)span_take(s, 1);
    }
}

static bool take_byte(struct span *s, char c)
{
    skip_blanks(s);
    if (s->n == 0 || *s->p != c) {
        return false;
    }
    (void)span_take(s, 1);
    return true;
}

/* Take a string without its quotes, with its escapes unchanged. False: it does not end. */
static bool take_string(struct span *s, struct span *text)
{
    if (!take_byte(s, '"')) {
        return false;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->p[i] == '"') {
            *text = span_take(s, i);
            (void)span_take(s, 1);
            return true;
        }
        i += s->p[i] == '\\' ? 1 : 0;
    }
    return false;
}

/* Take an object or array. False: it is not closed. */
static bool take_container(struct span *s)
{
    struct nesting n = {.depth = 1};
    enum nesting_end end = NESTING_MORE;
    size_t used = nesting_scan(&n, span_from(*s, 1), false, &end);
    (void)span_take(s, 1 + used);
    return end == NESTING_CLOSED;
}

/* Take a text, a number or a word. False: it is a text that does not end. */
static bool take_scalar(struct span *s)
{
    struct span text;
    if (*s->p == '"') {
        return take_string(s, &text);
    }
    while (s->n > 0 && *s->p != ',' && *s->p != '}' && !ascii_is_blank(*s->p)) {
        (void)span_take(s, 1);
    }
    return true;
}

/* Whether a list that begins here, or a list in it, has an object in the part that is there. */
static bool has_object(struct span s)
{
    struct span text;
    size_t depth = 0;
    do {
        skip_blanks(&s);
        if (s.n == 0 || *s.p == '{') {
            return s.n > 0;
        }
        if (*s.p == '"') {
            if (!take_string(&s, &text)) {
                return false;
            }
        } else {
            depth += *s.p == '[' ? 1 : 0;
            depth -= *s.p == ']' ? 1 : 0;
            (void)span_take(&s, 1);
        }
    } while (depth > 0);
    return false;
}

static bool is_empty_container(struct span s)
{
    char closing = *s.p == '[' ? ']' : '}';
    s = span_from(s, 1);
    return take_byte(&s, closing);
}

/* The value of the member *list is closed. Is it a list of a request or an envelope? */
static void note_closed(struct span value, struct framing_open_list *list,
                        struct framing_lists *out)
{
    bool request = framing_request_is_list(list->name);
    bool envelope = list_names_have(&list_names[LIST_NAMES_ENVELOPE], list->name);
    bool has = (request || envelope) && *value.p == '[' && has_object(value);
    if (request && has && out->request.from == 0) {
        out->request = *list;
    }
    if (envelope && has && out->envelope.from == 0) {
        out->envelope = *list;
    }
    list->others_before = list->others_before || (request && !is_empty_container(value));
}

/* Take the name of a member and its colon. False: nothing of its value is there. */
static bool take_name(struct span *s, struct span *name)
{
    bool taken = take_string(s, name) && take_byte(s, ':');
    skip_blanks(s);
    return taken && s->n > 0;
}

/* Take the value of the member *list. False: it does not end. */
static bool take_value(struct span head, struct span *s, struct framing_open_list *list,
                       struct framing_lists *out)
{
    struct span value = *s;
    if (*value.p != '{' && *value.p != '[') {
        return take_scalar(s);
    }
    list->from = (size_t)(value.p - head.p) + 1;
    bool closed = take_container(s);
    if (closed) {
        note_closed(value, list, out);
    } else if (*value.p == '[' && has_object(value)) {
        out->open = *list;
    }
    return closed;
}

void framing_find_lists(struct span head, struct framing_lists *out)
{
    struct framing_open_list list = {.first = true};
    struct span rest = span_from(head, 1);
    *out = (struct framing_lists){0};
    bool more = *head.p == '{';
    while (more) {
        more = take_name(&rest, &list.name) && take_value(head, &rest, &list, out) &&
               take_byte(&rest, ',');
        list.first = false;
    }
}

/* ---- before and after the elements ---- */

/* The stored part of the object, with FRAMING_SLACK; "" if it was too long to be stored. */
static struct span list_text(struct framing *f)
{
    return buf_room(&f->list, FRAMING_SLACK) != NULL ? buf_span(&f->list) : SPAN("");
}

/* False: no elements are read of such a list, or there is too much before it. */
static bool envelope_opens(struct framing *f, const struct framing_open_list *list,
                           struct span head, struct span *text)
{
    size_t at = 0;
    buf_clear(&f->list);
    if (f->in_list || f->request.level > 0 || list->from > FRAMING_LIST_HEAD_BYTES ||
        !list_names_have(&list_names[LIST_NAMES_ENVELOPE], list->name)) {
        return false;
    }
    buf_add(&f->list, span_of(head.p, list->from));
    framing_blank_line_ends(f->list.p, list->from);
    buf_add(&f->list, SPAN("]}"));
    if (syntax_check(buf_span(&f->list), &at) != SYNTAX_WHOLE) {
        return false;
    }
    *text = list_text(f);
    return true;
}

static uint64_t count_lines(struct span text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text.n; i++) {
        count += text.p[i] == '\n' ? 1 : 0;
    }
    return count;
}

bool framing_passes_limit(struct framing *f, struct source *s, struct piece *out)
{
    const char *from = f->part;
    struct span head = framing_value_join(f, s);
    bool joined = !s->kept && f->carry.n > 0;
    struct framing_lists lists;
    struct span text = SPAN("");
    framing_find_lists(head, &lists);
    const struct framing_open_list *list = &lists.open;
    bool request = framing_request_opens(f, list, head, &text);
    bool opens = request || envelope_opens(f, list, head, &text);
    if (!opens) { /* the limit may be behind the list */
        list = &lists.request;
        request = framing_request_opens(f, list, head, &text);
        opens = request;
    }
    if (!opens) {
        list = &lists.envelope;
        opens = envelope_opens(f, list, head, &text);
    }
    if (!opens) {
        f->value.too_long = true;
        f->value.keep = f->head_bytes;
        f->carry.n = joined ? f->head_bytes : f->carry.n;
        return false;
    }
    f->state = FRAMING_GAP;
    f->list_levels = request ? f->list_levels : 0;
    f->list_next = LIST_VALUE_OR_END;
    f->fresh = false;
    f->offset = f->value.offset + list->from;
    f->line = f->value.line + count_lines(span_of(head.p, list->from));
    f->value.bytes = list->from;
    if (joined) {
        f->at = list->from;
        f->replay = true;
    } else {
        s->p = from + list->from;
    }
    struct piece piece = framing_piece(f, PIECE_LIST);
    piece.text = text;
    f->in_list = f->in_list || !request;
    return framing_give(f, &piece, out);
}

void framing_skip_list(struct framing *f)
{
    f->state = FRAMING_CONTAINER;
    f->in_list = false;
    f->nesting = (struct nesting){.depth = 2};
    f->value.too_long = true;
    f->value.keep = 0;
    f->value.head_in_list = true;
    f->list.n -= sizeof("]}") - 1;
}

/*
 * Between the elements of a list in an object, where JSON is as strict as in an object below the
 * limit. True: the next byte is allowed.
 */
static bool list_allows(struct framing *f, struct source *s, const char **wrong)
{
    enum framing_list_next next = f->list_next;
    switch (*s->p) {
    case '\n':
        return true;
    case ',':
        f->list_next = LIST_VALUE;
        *wrong = "a comma without a value";
        return next == LIST_COMMA_OR_END;
    case ']':
        *wrong = "no value after a comma";
        return next != LIST_VALUE;
    case '\0':
    case '\x1e':
        *wrong = "no JSON value";
        return false;
    default:
        f->list_next = LIST_COMMA_OR_END;
        *wrong = "a comma is missing";
        return next != LIST_COMMA_OR_END;
    }
}

bool framing_list_gap(struct framing *f, struct source *s, struct piece *out)
{
    const char *wrong = NULL;
    while (s->p < s->end) {
        const char *p = s->p;
        while (p < s->end && ascii_is_blank(*p) && *p != '\n') {
            p++;
        }
        framing_advance(f, s, p);
        if (p < s->end && !list_allows(f, s, &wrong)) {
            (void)framing_damage_between(f, wrong, out);
            return false;
        }
        if (p == s->end || *p != ',') {
            return true;
        }
        framing_advance(f, s, p + 1);
    }
    return true;
}

void framing_tail_begins(struct framing *f, struct source *s)
{
    f->state = FRAMING_LIST_TAIL;
    framing_request_flush(f);
    f->tail_offset = f->offset;
    f->tail_line = f->line;
    f->nesting = (struct nesting){.depth = 1};
    buf_clear(&f->list);
    buf_add(&f->list, SPAN(FRAMING_REST_BEGINS));
    framing_advance(f, s, s->p + 1);
}

bool framing_tail_damaged(struct framing *f, const char *wrong, uint64_t at, struct piece *out)
{
    f->value = (struct framing_value){
        .offset = f->tail_offset, .line = f->tail_line, .bytes = f->offset - f->tail_offset};
    return framing_damage(f, SPAN(""), wrong, at, out);
}

static bool tail_ends(struct framing *f, struct piece *out)
{
    size_t at = 0;
    if (!f->list.overflowed && syntax_check(buf_span(&f->list), &at) != SYNTAX_WHOLE) {
        return framing_tail_damaged(f, "no JSON after the list",
                                    f->tail_offset + at - (sizeof(FRAMING_REST_BEGINS) - 2), out);
    }
    struct piece piece = framing_piece(f, PIECE_LIST_END);
    piece.text = list_text(f);
    piece.offset = f->tail_offset;
    piece.line = f->tail_line;
    piece.bytes = f->offset - f->tail_offset;
    f->list_next = LIST_COMMA_OR_END;
    if (f->request.level > 0) {
        framing_request_closes(f);
    } else {
        f->in_list = false;
    }
    bool outermost = f->request.level == 0 && !f->in_list;
    f->state = f->tentative && outermost ? FRAMING_AFTER_LONG : FRAMING_GAP;
    return framing_give(f, &piece, out);
}

bool framing_step_tail(struct framing *f, struct source *s, struct piece *out)
{
    enum nesting_end end = NESTING_MORE;
    uint64_t lines = f->nesting.lines;
    struct span rest = span_of(s->p, (size_t)(s->end - s->p));
    size_t used = nesting_scan(&f->nesting, rest, f->one_line, &end);
    buf_add(&f->list, span_of(s->p, used));
    f->line += f->nesting.lines - lines;
    framing_advance(f, s, s->p + used);
    switch (end) {
    case NESTING_MORE:
        break;
    case NESTING_CLOSED:
        return tail_ends(f, out);
    case NESTING_LINE:
        return framing_tail_damaged(f, "a line end after the list", f->offset, out);
    }
    return false;
}
