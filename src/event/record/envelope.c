/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/envelope.h"

enum { ENVELOPE_BYTES = 4096 };

void envelope_init(struct envelope *e)
{
    *e = (struct envelope){.time = BUF_INIT(ENVELOPE_BYTES), .host = BUF_INIT(ENVELOPE_BYTES)};
}

void envelope_done(struct envelope *e)
{
    buf_done(&e->time);
    buf_done(&e->host);
}

void envelope_clear(struct envelope *e)
{
    buf_clear(&e->time);
    buf_clear(&e->host);
}

static void copy_text(struct buf *to, struct span text)
{
    buf_clear(to);
    buf_add(to, text);
}

void envelope_copy(struct envelope *to, const struct envelope *from)
{
    copy_text(&to->time, envelope_time(from));
    copy_text(&to->host, envelope_host(from));
}

static void set_text(struct buf *to, const struct doc *d, size_t at)
{
    char tag = at != 0 ? doc_tag(d, at) : 'n';
    if (tag == '"') {
        copy_text(to, doc_string(d, at));
    } else if (tag == 'l' || tag == 'u' || tag == 'd') {
        copy_text(to, doc_source(d, at));
    }
}

void envelope_add(struct envelope *e, const struct doc *d, size_t time, size_t host)
{
    set_text(&e->time, d, time);
    set_text(&e->host, d, host);
}

void envelope_set(struct envelope *e, const struct doc *d, size_t time, size_t host)
{
    envelope_clear(e);
    envelope_add(e, d, time, host);
}

struct span envelope_time(const struct envelope *e)
{
    return buf_span(&e->time);
}

struct span envelope_host(const struct envelope *e)
{
    return buf_span(&e->host);
}
