/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OTLP request above the limit: {"resourceLogs":[{"scopeLogs":[{"logRecords":[ 100 MB ]}]}]}.
 * Its records need what is around them, the resource and the scope. So the parts of the objects
 * before the lists are stored, and elements of the innermost list are composed with them to
 * requests that can be read alone. A list is divided only if its object is above the limit: a
 * resource of usual size is an element as it is.
 *
 * Since each composed request repeats the stored parts, these are short beside the elements: a
 * request has several elements, and what it repeats is at most a quarter of it. An element that
 * does not fit in the group makes a request of its own, before which the group is returned. So two
 * requests in a row have at least a quarter of new text, and reading is never more than a few times
 * the work of the same text in lines (isolation.md §2).
 */
#include "framing_priv.h"

#include "codec/list_names.h"

enum { FULL_NUM = 3, FULL_DEN = 4, HEADS_DEN = 4 };

/* ---- the lists ---- */

_Static_assert((int)FRAMING_REQUEST_LEVELS == (int)LIST_NAMES_OTLP_LEVELS, "a list for each level");

bool framing_request_is_list(struct span name)
{
    bool is = false;
    for (size_t i = 0; i < FRAMING_REQUEST_LEVELS && !is; i++) {
        is = list_names_have(&list_names[i], name);
    }
    return is;
}

void framing_request_init(struct framing *f)
{
    size_t text = f->line_bytes + FRAMING_REQUEST_BYTES;
    f->request.heads = (struct buf)BUF_INIT(FRAMING_LIST_HEAD_BYTES + 2 * FRAMING_SLACK);
    f->request.text = (struct buf)BUF_INIT(text + 4 * FRAMING_SLACK);
}

void framing_request_done(struct framing *f)
{
    buf_done(&f->request.heads);
    buf_done(&f->request.text);
}

/* Most bytes of a request of several elements. */
static size_t group_bytes(const struct framing *f)
{
    return f->line_bytes < FRAMING_REQUEST_BYTES ? f->line_bytes : FRAMING_REQUEST_BYTES;
}

static size_t closing_bytes(const struct framing *f)
{
    return (sizeof("]}") - 1) * f->request.level;
}

size_t framing_request_room(const struct framing *f)
{
    return f->request.level == 0 ? f->line_bytes
                                 : f->line_bytes - f->request.heads.n - closing_bytes(f);
}

bool framing_request_opens(struct framing *f, const struct framing_open_list *list,
                           struct span head, struct span *text)
{
    struct framing_request *r = &f->request;
    size_t at = 0;
    size_t from = r->heads.n;
    size_t most = group_bytes(f) / HEADS_DEN;
    if (r->level == FRAMING_REQUEST_LEVELS || list->from > most || from > most - list->from ||
        (r->level == 0 && !list->first) || list->others_before ||
        !list_names_have(&list_names[r->level], list->name)) {
        return false;
    }
    framing_request_flush(f);
    buf_add(&r->heads, span_of(head.p, list->from));
    framing_blank_line_ends(r->heads.p + from, list->from);
    buf_add(&r->heads, SPAN("]}"));
    bool room = buf_room(&r->heads, FRAMING_SLACK) != NULL;
    *text = span_from(buf_span(&r->heads), from);
    bool whole = room && syntax_check(*text, &at) == SYNTAX_WHOLE;
    r->heads.n = from + (whole ? list->from : 0);
    if (whole) {
        r->head_ends[r->level++] = r->heads.n;
    }
    return whole;
}

void framing_request_closes(struct framing *f)
{
    struct framing_request *r = &f->request;
    r->level--;
    r->heads.n = r->level > 0 ? r->head_ends[r->level - 1] : 0;
}

void framing_request_clear(struct framing *f)
{
    f->request.level = 0;
    f->request.heads.n = 0;
    f->request.group.count = 0;
}

/* ---- the elements ---- */

/* Close the request that begins at `from`. Its text, which moves with the buffer. */
static struct span close_request(struct framing *f, size_t from)
{
    struct buf *text = &f->request.text;
    for (unsigned i = 0; i < f->request.level; i++) {
        buf_add(text, SPAN("]}"));
    }
    bool room = buf_room(text, FRAMING_SLACK) != NULL;
    return room ? span_from(buf_span(text), from) : SPAN("");
}

void framing_request_flush(struct framing *f)
{
    struct framing_request *r = &f->request;
    if (r->group.count > 0) {
        f->run = r->group;
        f->run.text = close_request(f, 0);
        r->group.count = 0;
    }
}

/* Return a request of this element only, after the group. Both are in the same buffer. */
static bool give_alone(struct framing *f, const struct piece *element, struct piece *out)
{
    struct buf *text = &f->request.text;
    struct piece piece = *element;
    framing_request_flush(f);
    size_t group = f->run.text.n;
    size_t from = 0;
    if (f->run.count > 0) {
        text->n += FRAMING_SLACK; /* there is room for it */
        from = text->n;
    } else {
        buf_clear(text);
    }
    buf_add(text, buf_span(&f->request.heads));
    buf_add(text, element->text);
    piece.text = close_request(f, from);
    f->run.text = span_of(text->p, group);
    return framing_give(f, &piece, out);
}

static void add_to_group(struct framing *f, const struct piece *element)
{
    struct framing_request *r = &f->request;
    if (r->group.count == 0) {
        r->group = *element;
        buf_clear(&r->text);
        buf_add(&r->text, buf_span(&r->heads));
    } else {
        buf_add_byte(&r->text, ',');
    }
    buf_add(&r->text, element->text);
    r->group.bytes = element->offset + element->bytes - r->group.offset;
}

bool framing_request_add(struct framing *f, const struct piece *element, const struct source *s,
                         struct piece *out)
{
    struct framing_request *r = &f->request;
    size_t at = 0;
    enum syntax syntax = syntax_check(element->text, &at);
    if (syntax == SYNTAX_WRONG || (syntax == SYNTAX_WHOLE && at < element->text.n)) {
        return framing_damage(f, element->text, "no JSON value", element->offset + at, out);
    }
    size_t most = group_bytes(f);
    size_t used = (r->group.count > 0 ? r->text.n + 1 : r->heads.n) + closing_bytes(f);
    if (element->text.n > most - used) {
        return give_alone(f, element, out);
    }
    add_to_group(f, element);
    if (r->text.n >= most / FULL_DEN * FULL_NUM) {
        return framing_flush_run(f, out);
    }
    framing_value_drop(f, s);
    return false;
}
