/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outline.h - what stands in an object, as far as its wrappers and its shape depend on it: one
 * pass over its members answers all questions of unwrap.h and shape.h.
 *
 *     struct outline o;
 *     outline_of(&doc, at, &o);
 *     if (o.at[OUTLINE_VENDOR] != 0 && ...
 */
#ifndef EVENT_OUTLINE_H
#define EVENT_OUTLINE_H

#include "codec/json.h"

/* Members that are asked for one by one. */
enum outline_member {
    OUTLINE_VENDOR,
    OUTLINE_SCHEMA_VERSION,
    OUTLINE_EVENT,
    OUTLINE_HARNESS,
    OUTLINE_TYPE,
    OUTLINE_MESSAGE,
    OUTLINE_SOURCE_TYPE,
    OUTLINE_FILE,
    OUTLINE_LOG,
    OUTLINE_EVENT_ORIGINAL,
    OUTLINE_BODY,
    OUTLINE_TIME,
    OUTLINE_HOST,
    OUTLINE_MEMBERS
};

/* Signs of a shape: any member of several names will do. Bits. */
enum outline_sign {
    SIGN_OTLP = 1,   /* schema.md §14.2 rule 3, an array */
    SIGN_ECS = 2,    /* rule 5 */
    SIGN_OTEL = 4,   /* rule 6 */
    SIGN_HOOK = 8,   /* rule 7, a string */
    SIGN_BESIDE = 16 /* rule 7, what stands beside one of opencode's types */
};

struct outline {
    size_t at[OUTLINE_MEMBERS]; /* the value, of several the last; 0 if there is none */
    unsigned signs;
};

/* Of the object at `at`. */
void outline_of(const struct doc *d, size_t at, struct outline *o);

#endif
