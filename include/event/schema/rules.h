/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - what one customer adds to the built-in normalization: paths of fields, constants,
 * words for actions, redaction.
 *
 *     struct rules *r = rules_new();
 *     rules_add_alias(r, SPAN("repository"), SPAN("project.git.url"), &err);
 *     rules_add_constant(r, SPAN("harness.name"), SPAN("acme_bot"), &err);
 *     rules_add_action(r, SPAN("RunTool"), SPAN("tool.invoked"), &err);
 *     rules_set_redact(r, true);
 *     rules_add_unwrap(r, SPAN("jsonPayload"), &err);
 *
 * They apply to records on the rebuild path; a Beacon-shaped record keeps its own fields and
 * only redaction applies to it. A constant is preferred to paths, paths to the built-in rows, each
 * in the order of adding.
 *
 * Threads: built by the configuration, then read by any number.
 */
#ifndef EVENT_SCHEMA_RULES_H
#define EVENT_SCHEMA_RULES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "event/schema/schema_fields.h"

enum {
    RULES_PATHS_MAX = 256,
    RULES_WORDS_MAX = 256,
    RULES_TEXT_BYTES = 256, /* longest constant, word or action */
    RULES_UNWRAP_MAX = 16,
};

struct rules;
struct pathset;

struct rules *rules_new(void);
void rules_free(struct rules *r);
DEFINE_OWNED(rules);

/*
 * Add a path for a field, tried after those that were added before. FAIL_CONFIG: the field is
 * unknown, the path is bad, or the table is full. The caller adds file and line to the text.
 */
MUST_USE enum err_kind rules_add_alias(struct rules *r, struct span field, struct span path,
                                       struct err *e);

/* The same for each path of `from`, in their order. */
MUST_USE enum err_kind rules_add_field(struct rules *r, struct span field, const struct span *from,
                                       size_t count, struct err *e);

/* Set a field's value, whatever the record says. Only for text fields. */
MUST_USE enum err_kind rules_add_constant(struct rules *r, struct span field, struct span value,
                                          struct err *e);

/*
 * Add the action for a source's word. Words are compared without case, '_', '-', '.' and blanks.
 * The action is in dotted lower case: "tool.invoked".
 */
MUST_USE enum err_kind rules_add_action(struct rules *r, struct span word, struct span action,
                                        struct err *e);

void rules_set_redact(struct rules *r, bool on);

/*
 * Add a path at which the customer's envelopes have the record, tried after those that were added
 * before. FAIL_CONFIG: the path is bad, or there are RULES_UNWRAP_MAX.
 */
MUST_USE enum err_kind rules_add_unwrap(struct rules *r, struct span path, struct err *e);

/* ---- read by normalization; NULL stands for no rules ---- */

MUST_USE bool rules_redacts(const struct rules *r);

/*
 * Append `text` to *out with its secrets replaced and return true. False, and nothing is
 * appended: redaction is off or there is no secret in it.
 */
bool rules_redact(const struct rules *r, struct span text, struct buf *out);

/* The set of all paths; NULL if there are none. */
MUST_USE const struct pathset *rules_paths(const struct rules *r);

/* Number in rules_paths of the n-th path of a field, PATH_NONE after the last. */
MUST_USE int rules_path(const struct rules *r, int field, size_t n);

/* The field's constant. False: it has none. */
MUST_USE bool rules_constant(const struct rules *r, enum field field, struct span *value);

/* The n-th path of the customer's envelopes. False: there are no more. */
MUST_USE bool rules_unwrap(const struct rules *r, size_t n, struct span *path);

/* The action for a word that word_fold (word_match.h) has folded. False: the rules have none. */
MUST_USE bool rules_action(const struct rules *r, struct span folded, struct span *action);

#endif
