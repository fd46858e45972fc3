/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The elements are stored in one array in the order of their start tags, each with the index after
 * its last descendant. So a subtree is a range, and the next sibling is one step.
 */
#include "codec/xml.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/wipe.h"

#include <expat.h>
#include <stdlib.h>

struct node {
    size_t name_at, name_n; /* in strings */
    size_t text_at, text_n;
    size_t end;   /* index after the last element inside */
    size_t depth; /* 0: the root */
};

struct xml {
    struct node *nodes;
    size_t count, cap;
    struct buf strings;
};

struct reader {
    XML_Parser parser;
    struct xml *x;
    size_t open[XML_MAX_DEPTH];
    size_t depth;
    const char *refused; /* why parsing stopped; NULL: it did not */
};

static void refuse_text(struct reader *r, const char *why)
{
    if (r->refused == NULL) {
        r->refused = why;
        (void)XML_StopParser(r->parser, XML_FALSE);
    }
}

static struct node *node_add(struct xml *x)
{
    if (x->count == x->cap) {
        x->cap = x->cap != 0 ? x->cap * 2 : 16;
        struct node *grown = mem_grow(x->nodes, x->cap, sizeof(*grown));
        x->nodes = grown;
    }
    return &x->nodes[x->count++];
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes UNUSED)
{
    struct reader *r = user;
    if (r->refused != NULL) {
        return;
    }
    if (r->depth == XML_MAX_DEPTH || r->x->count == XML_MAX_NODES) {
        refuse_text(r, r->depth == XML_MAX_DEPTH ? "too deep" : "too many elements");
        return;
    }
    const char *colon = strchr(name, ':');
    struct span local = span_str(colon != NULL ? colon + 1 : name);
    struct node *n = node_add(r->x);
    *n = (struct node){.name_at = r->x->strings.n, .name_n = local.n, .depth = r->depth};
    buf_add(&r->x->strings, local);
    n->text_at = r->x->strings.n;
    r->open[r->depth++] = r->x->count - 1;
}

static void on_end(void *user, const XML_Char *name UNUSED)
{
    struct reader *r = user;
    if (r->refused != NULL || r->depth == 0) {
        return;
    }
    size_t at = r->open[--r->depth];
    struct node *n = &r->x->nodes[at];
    n->end = r->x->count;
    if (n->end == at + 1) { /* no element inside: only the text was added since its start */
        n->text_n = r->x->strings.n - n->text_at;
    }
}

static void on_text(void *user, const XML_Char *text, int n)
{
    struct reader *r = user;
    if (r->refused == NULL) {
        buf_add(&r->x->strings, span_of(text, (size_t)n));
    }
}

static void on_doctype(void *user, const XML_Char *name UNUSED, const XML_Char *system_id UNUSED,
                       const XML_Char *public_id UNUSED, int internal UNUSED)
{
    refuse_text(user, "a document type is not allowed");
}

static struct xml *xml_new(size_t text_bytes)
{
    struct xml *x = mem_zeros(1, sizeof(*x));
    /*
     * Names and texts together are never longer than their document. It may contain credentials of
     * STS.
     */
    x->strings = (struct buf)BUF_SECRET(text_bytes);
    (void)!buf_room(&x->strings, text_bytes);
    return x;
}

void xml_free(struct xml *x)
{
    if (x == NULL) {
        return;
    }
    free(x->nodes);
    buf_done(&x->strings);
    free(x);
}

static const XML_Memory_Handling_Suite memory = {malloc, wipe_realloc, wipe_free};

static void parser_setup(struct reader *r)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
}

struct xml *xml_parse(struct span text, struct err *e)
{
    if (text.n == 0 || text.n > XML_MAX_BYTES) {
        err_set(e, FAIL_DATA, "xml: %s", text.n == 0 ? "empty" : "too long");
        return NULL;
    }
    OWNED(xml) struct xml *x = xml_new(text.n);
    struct reader r = {.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL), .x = x};
    if (r.parser == NULL) {
        abort();
    }
    parser_setup(&r);
    bool good = XML_Parse(r.parser, text.p, (int)text.n, XML_TRUE) == XML_STATUS_OK;
    enum XML_Error code = XML_GetErrorCode(r.parser);
    XML_ParserFree(r.parser);

    if (!good || r.refused != NULL || x->strings.overflowed) {
        const char *why = r.refused != NULL ? r.refused : XML_ErrorString(code);
        err_set(e, FAIL_DATA, "xml: %s", why != NULL ? why : "too long");
        return NULL;
    }
    return take(&x);
}

/* ---- Lookup ---- */

struct span xml_name(const struct xml *x, size_t element)
{
    const struct node *n = &x->nodes[element];
    return n->name_n != 0 ? span_of(x->strings.p + n->name_at, n->name_n) : SPAN("");
}

struct span xml_text(const struct xml *x, size_t element)
{
    const struct node *n = &x->nodes[element];
    return n->text_n != 0 ? span_of(x->strings.p + n->text_at, n->text_n) : SPAN("");
}

/* The first element named so at or after `at`, among siblings that end before `end`. */
static size_t find_named(const struct xml *x, size_t at, size_t end, struct span name)
{
    while (at < end && !span_eq(xml_name(x, at), name)) {
        at = x->nodes[at].end;
    }
    return at < end ? at : XML_NONE;
}

static size_t child_span(const struct xml *x, size_t element, struct span name)
{
    return find_named(x, element + 1, x->nodes[element].end, name);
}

size_t xml_child(const struct xml *x, size_t element, const char *name)
{
    return child_span(x, element, span_str(name));
}

size_t xml_next(const struct xml *x, size_t element)
{
    size_t depth = x->nodes[element].depth;
    size_t at = x->nodes[element].end;
    while (at < x->count && x->nodes[at].depth == depth) {
        if (span_eq(xml_name(x, at), xml_name(x, element))) {
            return at;
        }
        at = x->nodes[at].end;
    }
    return XML_NONE;
}

struct span xml_child_text(const struct xml *x, size_t element, const char *name)
{
    size_t child = xml_child(x, element, name);
    return child != XML_NONE ? xml_text(x, child) : SPAN("");
}

struct span xml_find(const struct xml *x, const char *path)
{
    const char *slash = strchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) : strlen(path);
    size_t at = span_eq(xml_name(x, XML_ROOT), span_of(path, n)) ? XML_ROOT : XML_NONE;
    while (at != XML_NONE && slash != NULL) {
        const char *name = slash + 1;
        slash = strchr(name, '/');
        n = slash != NULL ? (size_t)(slash - name) : strlen(name);
        at = child_span(x, at, span_of(name, n));
    }
    return at != XML_NONE ? xml_text(x, at) : SPAN("");
}
