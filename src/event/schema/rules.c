/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/rules.h"

#include "base/alloc.h"
#include "codec/secret.h"
#include "event/schema/pathset.h"
#include "event/schema/word_match.h"

#include <stdlib.h>

struct rule_path {
    enum field field;
    int path; /* in paths */
};

struct rule_action {
    char word[RULES_TEXT_BYTES]; /* folded */
    char action[RULES_TEXT_BYTES];
};

struct rules {
    struct pathset paths;
    struct rule_path path[RULES_PATHS_MAX];
    size_t path_count;
    char *constant[FIELDS]; /* NULL: none */
    struct rule_action *action;
    size_t action_count;
    bool redact;
    char unwrap[RULES_UNWRAP_MAX][PATH_MAX_BYTES + 1];
    size_t unwrap_count;
};

struct rules *rules_new(void)
{
    struct rules *r = mem_zeros(1, sizeof(*r));
    pathset_init(&r->paths, RULES_PATHS_MAX);
    return r;
}

void rules_free(struct rules *r)
{
    if (r == NULL) {
        return;
    }
    pathset_done(&r->paths);
    for (int f = 0; f < FIELDS; f++) {
        free(r->constant[f]);
    }
    free(r->action);
    free(r);
}

/* A field that a customer may set. */
static enum err_kind rules_field(struct span name, enum field *f, struct err *e)
{
    *f = field_find(name);
    if (*f == FIELD_NONE) {
        (void)err_set(e, FAIL_CONFIG, "mapping: no field \"%.*s\"", SPAN_FMT(name));
        return FAIL_CONFIG; /* returned here, or gcc -O3 takes FIELD_NONE for an index */
    }
    if (field_is_reserved(*f)) {
        (void)err_set(e, FAIL_CONFIG, "mapping: \"%.*s\" is always written by the worker",
                      SPAN_FMT(name));
        return FAIL_CONFIG;
    }
    return FAIL_NONE;
}

enum err_kind rules_add_alias(struct rules *r, struct span field, struct span path, struct err *e)
{
    enum field f = FIELD_NONE;
    if (rules_field(field, &f, e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    if (r->path_count == RULES_PATHS_MAX) {
        return err_set(e, FAIL_CONFIG, "mapping: more than %d names", (int)RULES_PATHS_MAX);
    }
    int id = pathset_add(&r->paths, path);
    if (id == PATH_NONE) {
        return err_set(e, FAIL_CONFIG, "mapping: \"%.*s\" is no member path of 1 to %d bytes",
                       SPAN_FMT(path), (int)PATH_MAX_BYTES);
    }
    r->path[r->path_count++] = (struct rule_path){f, id};
    return FAIL_NONE;
}

enum err_kind rules_add_field(struct rules *r, struct span field, const struct span *from,
                              size_t count, struct err *e)
{
    if (count == 0) {
        return err_set(e, FAIL_CONFIG, "mapping: \"%.*s\" has no names", SPAN_FMT(field));
    }
    for (size_t i = 0; i < count; i++) {
        if (rules_add_alias(r, field, from[i], e) != FAIL_NONE) {
            return FAIL_CONFIG;
        }
    }
    return FAIL_NONE;
}

enum err_kind rules_add_unwrap(struct rules *r, struct span path, struct err *e)
{
    bool empty = path.n == 0 || path.p[0] == '.' || path.p[path.n - 1] == '.' ||
                 memmem(path.p, path.n, "..", 2) != NULL;
    if (empty || path.n > PATH_MAX_BYTES) {
        return err_set(e, FAIL_CONFIG, "unwrap: \"%.*s\" is no member path of 1 to %d bytes",
                       SPAN_FMT(path), (int)PATH_MAX_BYTES);
    }
    if (r->unwrap_count == RULES_UNWRAP_MAX) {
        return err_set(e, FAIL_CONFIG, "unwrap: more than %d paths", (int)RULES_UNWRAP_MAX);
    }
    memcpy(r->unwrap[r->unwrap_count++], path.p, path.n); /* the rest is zero */
    return FAIL_NONE;
}

bool rules_unwrap(const struct rules *r, size_t n, struct span *path)
{
    if (r == NULL || n >= r->unwrap_count) {
        return false;
    }
    *path = span_str(r->unwrap[n]);
    return true;
}

static bool is_one_of(struct span s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_eq(s, span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

/* Some fields have a set of values: an event with another value would violate the schema. */
static bool constant_allowed(enum field f, struct span value)
{
    static const char *const origins[] = {"local", "cloud", "ci"};
    static const char *const severities[] = {"info", "low", "medium", "high", "critical"};
    static const char *const retentions[] = {"metadata", "redacted", "full"};
    if (f == FIELD_ORIGIN) {
        return is_one_of(value, origins, sizeof(origins) / sizeof(origins[0]));
    }
    if (f == FIELD_SEVERITY) {
        return is_one_of(value, severities, sizeof(severities) / sizeof(severities[0]));
    }
    if (f == FIELD_CONTENT_RETENTION) {
        return is_one_of(value, retentions, sizeof(retentions) / sizeof(retentions[0]));
    }
    return f != FIELD_EVENT_ACTION || action_well_formed(value);
}

enum err_kind rules_add_constant(struct rules *r, struct span field, struct span value,
                                 struct err *e)
{
    enum field f = FIELD_NONE;
    if (rules_field(field, &f, e) != FAIL_NONE) {
        return FAIL_CONFIG;
    }
    if (fields[f].type != TYPE_TEXT || f == FIELD_TIMESTAMP) {
        return err_set(e, FAIL_CONFIG, "mapping: \"%.*s\" takes no constant", SPAN_FMT(field));
    }
    if (value.n == 0 || value.n >= RULES_TEXT_BYTES || !constant_allowed(f, value)) {
        return err_set(e, FAIL_CONFIG, "mapping: \"%.*s\" can not be \"%.*s\"", SPAN_FMT(field),
                       SPAN_FMT(value));
    }
    if (r->constant[f] != NULL) {
        return err_set(e, FAIL_CONFIG, "mapping: two constants for \"%.*s\"", SPAN_FMT(field));
    }
    r->constant[f] = mem_text_of(value);
    return FAIL_NONE;
}

enum err_kind rules_add_action(struct rules *r, struct span word, struct span action, struct err *e)
{
    char folded[RULES_TEXT_BYTES];
    struct span w = word_fold(word, folded, sizeof(folded) - 1);
    if (w.n == 0) {
        return err_set(e, FAIL_CONFIG, "actions: \"%.*s\" is no word", SPAN_FMT(word));
    }
    if (action.n >= RULES_TEXT_BYTES || !action_well_formed(action)) {
        return err_set(e, FAIL_CONFIG, "actions: \"%.*s\" is no action (a dotted lower-case word)",
                       SPAN_FMT(action));
    }
    struct span other;
    if (r->action_count == RULES_WORDS_MAX || rules_action(r, w, &other)) {
        return err_set(e, FAIL_CONFIG, "actions: \"%.*s\" twice, or more than %d words",
                       SPAN_FMT(word), (int)RULES_WORDS_MAX);
    }
    r->action = mem_grow(r->action, r->action_count + 1, sizeof(*r->action));
    struct rule_action *a = &r->action[r->action_count++];
    *a = (struct rule_action){0};
    memcpy(a->word, w.p, w.n);
    memcpy(a->action, action.p, action.n);
    return FAIL_NONE;
}

void rules_set_redact(struct rules *r, bool on)
{
    r->redact = on;
}

bool rules_redacts(const struct rules *r)
{
    return r != NULL && r->redact;
}

bool rules_redact(const struct rules *r, struct span text, struct buf *out)
{
    return rules_redacts(r) && secret_redact(text, out);
}

const struct pathset *rules_paths(const struct rules *r)
{
    return r != NULL && r->path_count > 0 ? &r->paths : NULL;
}

int rules_path(const struct rules *r, int field, size_t n)
{
    for (size_t i = 0; i < r->path_count; i++) {
        if ((int)r->path[i].field == field && n-- == 0) {
            return r->path[i].path;
        }
    }
    return PATH_NONE;
}

bool rules_constant(const struct rules *r, enum field field, struct span *value)
{
    if (r == NULL || r->constant[field] == NULL) {
        return false;
    }
    *value = span_str(r->constant[field]);
    return true;
}

bool rules_action(const struct rules *r, struct span folded, struct span *action)
{
    for (size_t i = 0; r != NULL && i < r->action_count; i++) {
        if (span_eq(folded, span_str(r->action[i].word))) {
            *action = span_str(r->action[i].action);
            return true;
        }
    }
    return false;
}
