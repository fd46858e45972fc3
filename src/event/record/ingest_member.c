/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/ingest_member.h"

#include "event/record/identity.h"
#include "event/record/json_write.h"

/* Append ,"name":"s" unless s is empty. */
static void write_member(struct buf *out, struct span name, struct span s)
{
    if (s.n > 0) {
        buf_add(out, name);
        json_write_string(out, s);
    }
}

void ingest_member_origin(struct buf *out, const struct object_origin *o)
{
    buf_add_byte(out, '"');
    write_member(out, SPAN(",\"customer\":"), o->customer);
    write_member(out, SPAN(",\"object\":"), o->object);
    write_member(out, SPAN(",\"version\":"), o->version);
    buf_add(out, SPAN(",\"line\":"));
}

void ingest_member_write(struct buf *out, struct span origin, const struct ingest *i)
{
    buf_add(out, SPAN(",\"ingest\":{\"id\":\""));
    buf_add(out, span_of(i->id, IDENTITY_BYTES - 1));
    buf_add(out, origin);
    json_write_number(out, i->line);
    if (i->item > 0) {
        buf_add(out, SPAN(",\"item\":"));
        json_write_number(out, i->item);
    }
    write_member(out, SPAN(",\"framing\":"), i->framing);
    write_member(out, SPAN(",\"shape\":"), span_str(shape_name(i->shape)));
    buf_add(out, SPAN(",\"rules\":"));
    json_write_number(out, INGEST_RULES);
    write_member(out, SPAN(",\"time\":"), span_str(time_quality_name(i->time)));
    if (i->text_replaced) {
        buf_add(out, SPAN(",\"text\":\"replaced\""));
    }
    if (i->names_duplicate) {
        buf_add(out, SPAN(",\"names\":\"duplicate\""));
    }
    write_member(out, SPAN(",\"action\":"), i->action);
    write_member(out, SPAN(",\"repository\":"), i->repository);
    write_member(out, SPAN(",\"actor\":"), i->actor);
    buf_add(out, SPAN("}}"));
}
