/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h - a text with {placeholders}, for topics and keys (kafka-contract.md §2).
 *
 *     static const struct span names[] = {SPAN_INIT("customer"), SPAN_INIT("stream")};
 *     OWNED(template) struct template *t = template_new(SPAN("events.{customer}"), names, 2, &err);
 *     struct span values[] = {SPAN("acme"), SPAN("runtime")};
 *     template_expand(t, values, &out);                            events.acme
 *
 * A brace always begins or ends a placeholder. There is no escape for it, since neither topics nor
 * keys contain braces. Threads: read-only after template_new.
 */
#ifndef CODEC_TEMPLATE_H
#define CODEC_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum {
    TEMPLATE_MAX_BYTES = 1024,
    TEMPLATE_LITERAL = -1,
};

struct template_part {
    int name;            /* index of the placeholder; TEMPLATE_LITERAL for a literal */
    struct span literal; /* the text; "" for a placeholder */
};

struct template
{
    char *text; /* a copy of the template; the literals point into it */
    struct template_part *parts;
    size_t count;
};

/*
 * Parse a template with these placeholder names. NULL and FAIL_CONFIG with the reason: unknown
 * name, lone brace, empty or too long. `names` is not kept.
 */
MUST_USE struct template *template_new(struct span text, const struct span *names, size_t count,
                                       struct err *e);
void template_free(struct template *t);
DEFINE_OWNED(template);

/* Whether the placeholder with this index occurs. */
MUST_USE bool template_uses(const struct template *t, int name);

/* Append the text, with values[i] for the placeholder of index i. */
void template_expand(const struct template *t, const struct span *values, struct buf *out);

#endif
