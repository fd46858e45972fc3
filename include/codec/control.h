/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - small JSON documents of control: notifications, answers of SQS, credentials.
 *
 * json-c behind four functions, because each caller needs the same care: a bound on
 * what a hostile document may cost, no bytes after it, strings with their length. Event
 * records do not come this way (codec/json.h).
 *
 *     OWNED(control) struct control *doc = control_read(body, &(struct control_limits){...}, e);
 *     struct span key;
 *     if (!control_text(control_at(control_root(doc), "key"), &key)) ...
 *
 * Ownership: spans and values live as long as the document. Threads: one at a time.
 */
#ifndef CODEC_CONTROL_H
#define CODEC_CONTROL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

/* json-c spends up to 800 bytes on an empty object or list: their number is the bound. */
struct control_limits {
    size_t bytes;
    size_t containers; /* objects and lists together */
};

struct control;
struct json_object; /* of json-c; NULL is "not there" for all functions below */

enum { CONTROL_DEPTH = 32 };

/* NULL and FAIL_DATA if it is not one whole object or list in valid UTF-8, or too large. */
MUST_USE struct control *control_read(struct span text, const struct control_limits *limits,
                                      struct err *e);
void control_free(struct control *c);
DEFINE_OWNED(control);

struct json_object *control_root(const struct control *c);

/* The member of an object; NULL if it is absent or null, or `object` is none. */
struct json_object *control_at(struct json_object *object, const char *name);

/* The elements of a list; 0 and NULL if it is none. */
size_t control_count(struct json_object *list);
struct json_object *control_item(struct json_object *list, size_t i);

/* The bytes of a string. False, and *out empty, if the value is none. */
bool control_text(struct json_object *value, struct span *out);

/* A whole number, also written as a string of digits ("5"). False if it is none. */
bool control_int(struct json_object *value, int64_t *out);

/* Append `text` as a JSON string with its quotes. Invalid UTF-8 is passed on as it is. */
void control_quote(struct buf *out, struct span text);

#endif
