/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - JSON documents made of skeletons: a JSON text with ${NAME} where a value goes.
 *
 *     const struct tree_value values[] = {{.name = "BUCKET", .text = bucket}, {.name = NULL}};
 *     OWNED(tree) struct json_object *t = tree_fill(data_text("role-policy.json"), values, "aws");
 *     tree_print(t, &out);
 *
 * The skeleton is parsed first and filled then, so no value can change the structure. A string that
 * is nothing but ${NAME} may be replaced by a document; if that is a list and the string is an
 * element of a list, by its elements. An object with a member "$if" is left out if the value of
 * that name is empty, or if that name begins with '!' and the value is not; else the member is.
 * "arn:aws:" in a string of the skeleton becomes the partition's.
 *
 * A skeleton is part of the program: one that is not JSON, or names a value that is not given,
 * aborts. Ownership: the caller's, by json-c's reference count. Threads: one at a time.
 */
#ifndef ONBOARD_TREE_H
#define ONBOARD_TREE_H

#include "base/buf.h"
#include "base/own.h"

#include <json-c/json.h>

/* OWNED(tree): releases one reference. */
UNUSED static inline void tree_freep(struct json_object **t)
{
    (void)json_object_put(*t);
}

struct tree_value {
    const char *name;         /* NULL: the end of the list */
    const char *text;         /* NULL: counts as "" */
    struct json_object *tree; /* instead of text; borrowed, but the result may share it */
};

/* Returns a new reference. */
MUST_USE struct json_object *tree_fill(const char *skeleton, const struct tree_value *values,
                                       const char *partition);

/* Replace each ${NAME} in a text by the value's text; for the letter. `add` quotes a value. */
void tree_fill_text(struct buf *out, struct span text, const struct tree_value *values,
                    void (*add)(struct buf *out, struct span value));

/* Whether a condition holds: NAME has a value, or "!NAME" has none. */
MUST_USE bool tree_holds(struct span condition, const struct tree_value *values);

/* Append a document, in lines with two spaces of indentation, with a newline at its end. */
void tree_print(struct json_object *t, struct buf *out);

/* As tree_print, in one line without a newline. */
void tree_print_compact(struct json_object *t, struct buf *out);

#endif
