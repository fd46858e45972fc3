/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.h - the small XML responses of S3 and STS as a tree.
 *
 *     OWNED(xml) struct xml *x = xml_parse(body, &err);
 *     if (x == NULL) ...                                     not XML: FAIL_DATA
 *     struct span code = xml_find(x, "Error/Code");          "" if absent
 *     for (size_t c = xml_child(x, XML_ROOT, "Contents"); c != XML_NONE; c = xml_next(x, c)) {
 *         struct span key = xml_child_text(x, c, "Key");
 *
 * Names have no namespace prefix. Only an element without child elements has a text; entities and
 * CDATA are resolved. expat parses the input, always as UTF-8.
 *
 * Limits: a document type is refused (so there are no own entities and no expansion), and so are
 * more than XML_MAX_NODES elements, XML_MAX_DEPTH levels and XML_MAX_BYTES bytes.
 *
 * Ownership: the tree owns all its spans. Threads: read-only after xml_parse.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"
#include "base/own.h"

enum {
    XML_MAX_BYTES = 8 * 1024 * 1024, /* a list page of 1,000 long keys has nearly 4 MB */
    XML_MAX_NODES = 32768,
    XML_MAX_DEPTH = 32,
    XML_ROOT = 0, /* the outermost element */
};
#define XML_NONE SIZE_MAX

struct xml;

/* Parse a document. NULL and FAIL_DATA: the text is not well-formed or exceeds a limit. */
MUST_USE struct xml *xml_parse(struct span text, struct err *e);
void xml_free(struct xml *x);
DEFINE_OWNED(xml);

/* Text of the first element at this path from the root ("Error/Code"). "": absent. */
struct span xml_find(const struct xml *x, const char *path);

struct span xml_name(const struct xml *x, size_t element);
struct span xml_text(const struct xml *x, size_t element);

/* The first element with this name directly inside `element`. XML_NONE: there is none. */
size_t xml_child(const struct xml *x, size_t element, const char *name);

/* The next element with the same name and parent. XML_NONE: there is none. */
size_t xml_next(const struct xml *x, size_t element);

/* The text of xml_child. "": absent. */
struct span xml_child_text(const struct xml *x, size_t element, const char *name);

#endif
