/* SPDX-License-Identifier: Apache-2.0 */
/*
 * S3 compares filters as they are written, by characters: two overlap if one prefix begins with the
 * other and one suffix ends in the other. Events overlap if they are equal, or one is the family of
 * the other ("s3:ObjectCreated:*").
 */
#include "onboard/merge.h"

#include "codec/control.h"
#include "onboard/tree.h"

#include <strings.h>

enum { FILE_BYTES = 1 << 20, FILE_CONTAINERS = 8192 };

static const char *const lists[] = {"QueueConfigurations", "TopicConfigurations",
                                    "LambdaFunctionConfigurations"};
enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

/* The value of a filter's rule; "" if there is none. Its name may be in either case. */
static struct span rule_of(struct json_object *entry, const char *name)
{
    struct json_object *rules =
        control_at(control_at(control_at(entry, "Filter"), "Key"), "FilterRules");
    for (size_t i = 0; i < control_count(rules); i++) {
        struct span found = SPAN("");
        struct span value = SPAN("");
        struct json_object *rule = control_item(rules, i);
        (void)control_text(control_at(rule, "Name"), &found);
        (void)control_text(control_at(rule, "Value"), &value);
        if (found.n == strlen(name) && strncasecmp(found.p, name, found.n) == 0) {
            return value;
        }
    }
    return SPAN("");
}

static bool ends_in(struct span text, struct span end)
{
    return text.n >= end.n && span_eq(span_from(text, text.n - end.n), end);
}

static bool filters_overlap(struct json_object *a, struct json_object *b)
{
    struct span prefix_a = rule_of(a, "prefix");
    struct span prefix_b = rule_of(b, "prefix");
    struct span suffix_a = rule_of(a, "suffix");
    struct span suffix_b = rule_of(b, "suffix");
    return (span_starts(prefix_a, prefix_b) || span_starts(prefix_b, prefix_a)) &&
           (ends_in(suffix_a, suffix_b) || ends_in(suffix_b, suffix_a));
}

/* Whether an event is of the family: "s3:ObjectCreated:Put" of "s3:ObjectCreated:*". */
static bool is_of(struct span event, struct span family)
{
    return family.n > 0 && family.p[family.n - 1] == '*' &&
           span_starts(event, span_of(family.p, family.n - 1));
}

static bool events_overlap(struct json_object *a, struct json_object *b)
{
    struct json_object *of_a = control_at(a, "Events");
    struct json_object *of_b = control_at(b, "Events");
    for (size_t i = 0; i < control_count(of_a); i++) {
        for (size_t j = 0; j < control_count(of_b); j++) {
            struct span x = SPAN("");
            struct span y = SPAN("");
            (void)control_text(control_item(of_a, i), &x);
            (void)control_text(control_item(of_b, j), &y);
            if (span_eq(x, y) || is_of(x, y) || is_of(y, x)) {
                return true;
            }
        }
    }
    return false;
}

static bool has_id(struct json_object *entry, struct span id)
{
    struct span found = SPAN("");
    return control_text(control_at(entry, "Id"), &found) && span_eq(found, id);
}

static enum err_kind say_overlap(struct json_object *other, const char *list, struct err *e)
{
    struct span id = SPAN("");
    char name[128];
    char prefix[160];
    bool named = control_text(control_at(other, "Id"), &id);
    err_copy(name, sizeof(name), named ? id : SPAN("(without an id)"));
    err_copy(prefix, sizeof(prefix), rule_of(other, "prefix"));
    return err_set(e, FAIL_CONFIG,
                   "the rule %s of %s (prefix \"%s\") overlaps: S3 refuses two for the same "
                   "objects; use --via eventbridge or sns",
                   name, list, prefix);
}

/* Check the new entry against all that stay. */
static enum err_kind check_entry(struct json_object *root, struct json_object *entry,
                                 struct span id, struct err *e)
{
    for (size_t l = 0; l < LISTS; l++) {
        struct json_object *list = control_at(root, lists[l]);
        for (size_t i = 0; i < control_count(list); i++) {
            struct json_object *other = control_item(list, i);
            if (!has_id(other, id) && events_overlap(other, entry) &&
                filters_overlap(other, entry)) {
                return say_overlap(other, lists[l], e);
            }
        }
    }
    return FAIL_NONE;
}

/* A copy of the list without the customer's entry of an earlier run. */
static struct json_object *list_without(struct json_object *list, struct span id)
{
    struct json_object *to = json_object_new_array();
    for (size_t i = 0; i < control_count(list); i++) {
        if (!has_id(control_item(list, i), id)) {
            (void)json_object_array_add(to, json_object_get(control_item(list, i)));
        }
    }
    return to;
}

static bool is_list(const char *name)
{
    bool found = false;
    for (size_t l = 0; l < LISTS; l++) {
        found = found || strcmp(lists[l], name) == 0;
    }
    return found;
}

/* All that is there and stays. */
static struct json_object *copy_others(struct json_object *root, struct span id)
{
    struct json_object *to = json_object_new_object();
    struct json_object_iterator at = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        if (strcmp(name, "ResponseMetadata") != 0) { /* of SDKs; put does not accept it */
            (void)json_object_object_add(
                to, name, is_list(name) ? list_without(value, id) : json_object_get(value));
        }
    }
    return to;
}

/* Add a list's one entry, or the switch of EventBridge. */
static enum err_kind add_member(struct json_object *to, const char *name, struct json_object *value,
                                struct span id, struct err *e)
{
    if (!is_list(name)) {
        (void)json_object_object_add(to, name, json_object_get(value));
        return FAIL_NONE;
    }
    struct json_object *entry = control_item(value, 0);
    if (check_entry(to, entry, id, e) != FAIL_NONE) {
        return e->kind;
    }
    if (control_at(to, name) == NULL) {
        (void)json_object_object_add(to, name, json_object_new_array());
    }
    (void)json_object_array_add(control_at(to, name), json_object_get(entry));
    return FAIL_NONE;
}

/* Whether the document is an answer of S3: each list that is there is one. */
static bool is_configuration(struct json_object *root)
{
    for (size_t l = 0; l < LISTS; l++) {
        struct json_object *list = control_at(root, lists[l]);
        if (list != NULL && !json_object_is_type(list, json_type_array)) {
            return false;
        }
    }
    return json_object_is_type(root, json_type_object);
}

enum err_kind merge_notifications(struct span current, struct json_object *add, struct span id,
                                  struct buf *out, struct err *e)
{
    static const struct control_limits limits = {FILE_BYTES, FILE_CONTAINERS};
    bool blank = true;
    for (size_t i = 0; i < current.n; i++) {
        blank = blank && strchr(" \t\r\n", current.p[i]) != NULL && current.p[i] != '\0';
    }
    OWNED(control) struct control *doc = control_read(blank ? SPAN("{}") : current, &limits, e);
    if (doc == NULL) {
        return e->kind;
    }
    struct json_object *root = control_root(doc);
    if (!is_configuration(root)) {
        return err_set(e, FAIL_DATA, "is not the answer of get-bucket-notification-configuration");
    }
    OWNED(tree) struct json_object *to = copy_others(root, id);
    struct json_object_iterator at = json_object_iter_begin(add);
    struct json_object_iterator end = json_object_iter_end(add);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        if (add_member(to, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at), id,
                       e) != FAIL_NONE) {
            return e->kind;
        }
    }
    tree_print(to, out);
    return FAIL_NONE;
}
