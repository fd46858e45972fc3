/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/envelope.h"

enum { ENVELOPE_BYTES = 4096 };

void envelope_init(struct envelope *e)
{
    *e = (struct envelope){.text = BUF_INIT(ENVELOPE_BYTES)};
}

void envelope_done(struct envelope *e)
{
    buf_done(&e->text);
}

void envelope_clear(struct envelope *e)
{
    buf_clear(&e->text);
    e->time_bytes = 0;
}

void envelope_copy(struct envelope *to, const struct envelope *from)
{
    buf_clear(&to->text);
    buf_add(&to->text, buf_span(&from->text));
    to->time_bytes = from->time_bytes;
}

static void add_text(struct buf *to, const struct doc *d, size_t at)
{
    char tag = at != 0 ? doc_tag(d, at) : 'n';
    if (tag == '"') {
        buf_add(to, doc_string(d, at));
    } else if (tag == 'l' || tag == 'u' || tag == 'd') {
        buf_add(to, doc_source(d, at));
    }
}

void envelope_set(struct envelope *e, const struct doc *d, size_t time, size_t host)
{
    buf_clear(&e->text);
    add_text(&e->text, d, time);
    e->time_bytes = e->text.n;
    add_text(&e->text, d, host);
}

struct span envelope_time(const struct envelope *e)
{
    return span_of(e->text.p, e->time_bytes);
}

struct span envelope_host(const struct envelope *e)
{
    return span_from(buf_span(&e->text), e->time_bytes);
}
