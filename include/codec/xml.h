/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.h - the small XML answers of S3 and STS, as a tree to look things up in.
 *
 *     OWNED(xml) struct xml *x = xml_parse(body, &err);
 *     if (x == NULL) ...                                     garbage: FAIL_DATA
 *     struct span code = xml_find(x, "Error/Code");          "" if there is none
 *
 *     for (size_t c = xml_child(x, XML_ROOT, "Contents"); c != XML_NONE; c = xml_next(x, c)) {
 *         struct span key = xml_child_text(x, c, "Key");
 *
 * Names are given without their namespace prefix. An element's text is there if it has no
 * elements inside, with entities and CDATA resolved, as UTF-8. Parsed by expat, always as UTF-8.
 *
 * Limits: a document type is refused (no entity of its own, so no expansion), as are more
 * than XML_MAX_NODES elements, XML_MAX_DEPTH levels and XML_MAX_BYTES bytes.
 *
 * Ownership: the tree owns all its spans. Threads: read by any once parsed.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/err.h"
#include "base/own.h"

enum {
    XML_MAX_BYTES = 8 * 1024 * 1024, /* a list page of 1,000 long keys is near 4 MB */
    XML_MAX_NODES = 32768,
    XML_MAX_DEPTH = 32,
    XML_ROOT = 0, /* the outermost element */
};
#define XML_NONE SIZE_MAX

struct xml;

/* NULL: FAIL_DATA, not well-formed or beyond a limit. */
MUST_USE struct xml *xml_parse(struct span text, struct err *e);
void xml_free(struct xml *x);
DEFINE_OWNED(xml);

/* Text of the first element at this path from the root ("Error/Code"), "" if there is none. */
struct span xml_find(const struct xml *x, const char *path);

struct span xml_name(const struct xml *x, size_t element);
struct span xml_text(const struct xml *x, size_t element);

/* First element of that name directly inside `element`; XML_NONE if there is none. */
size_t xml_child(const struct xml *x, size_t element, const char *name);

/* The next one with the same name and parent; XML_NONE if there is none. */
size_t xml_next(const struct xml *x, size_t element);

/* Text of xml_child, "" if there is none. */
struct span xml_child_text(const struct xml *x, size_t element, const char *name);

#endif
