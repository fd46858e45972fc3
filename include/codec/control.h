/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - small JSON documents: notifications, responses of SQS, credentials.
 *
 * A layer over json-c, because every caller needs the same care: a limit on what a hostile document
 * costs, no bytes after it, strings with their length. Records of event files are read with
 * codec/json.h instead.
 *
 *     OWNED(control) struct control *doc = control_read(body, &(struct control_limits){...}, e);
 *     struct span key;
 *     if (!control_text(control_at(control_root(doc), "key"), &key)) ...
 *
 * Ownership: spans and values are valid as long as the document. Threads: one at a time.
 */
#ifndef CODEC_CONTROL_H
#define CODEC_CONTROL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

/*
 * Limits of a document. json-c allocates up to 800 bytes for an empty object or list, so their
 * number bounds the memory.
 */
struct control_limits {
    size_t bytes;
    size_t containers; /* objects plus lists */
};

struct control;
struct json_object; /* of json-c; all functions below take NULL as an absent value */

enum { CONTROL_DEPTH = 32 };

/*
 * Parse a document. NULL and FAIL_DATA: the text is not one complete object or list, not valid
 * UTF-8, or exceeds a limit.
 */
MUST_USE struct control *control_read(struct span text, const struct control_limits *limits,
                                      struct err *e);
void control_free(struct control *c);
DEFINE_OWNED(control);

struct json_object *control_root(const struct control *c);

/* The member of an object. NULL: it is absent or null, or `object` is not an object. */
struct json_object *control_at(struct json_object *object, const char *name);

/* The elements of a list. 0 and NULL if the value is not a list. */
size_t control_count(struct json_object *list);
struct json_object *control_item(struct json_object *list, size_t i);

/* The bytes of a string. False, with *out empty, if the value is not a string. */
bool control_text(struct json_object *value, struct span *out);

/* A whole number, also one written as a string of digits ("5"). False if it is neither. */
bool control_int(struct json_object *value, int64_t *out);

/* Append `text` as a JSON string with quotes. Invalid UTF-8 is copied unchanged. */
void control_quote(struct buf *out, struct span text);

#endif
