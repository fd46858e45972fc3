/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a queue's policy says about one request to send. Only what such policies use is decided: a
 * condition with another key or operator, NotAction, NotPrincipal and NotResource leave the
 * statement open, and the answer then is "not known", never "allowed" (IAM User Guide, "Policy
 * evaluation logic" and "JSON policy elements").
 */
#include "verify/policy.h"

#include "base/ascii.h"
#include "codec/control.h"
#include "codec/glob.h"

#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

typedef bool fits_fn(struct span wanted, struct span text);

static bool equals(struct span wanted, struct span text)
{
    return span_eq(wanted, text);
}

static bool equals_in_any_case(struct span wanted, struct span text)
{
    return wanted.n == text.n && strncasecmp(wanted.p, text.p, text.n) == 0;
}

/* An action: SQS:Send* is one, too. */
static bool action_matches(struct span wanted, struct span text)
{
    char lower[GLOB_BYTES];
    size_t n = wanted.n < sizeof(lower) ? wanted.n : 0;
    for (size_t i = 0; i < n; i++) {
        lower[i] = ascii_lower(wanted.p[i]);
    }
    return glob_matches(span_of(lower, n), text);
}

static bool one_fits(struct json_object *value, struct span text, fits_fn *fits)
{
    return value != NULL && fits(span_str(json_object_get_string(value)), text);
}

/* Whether a value, or one of a list, fits. */
static bool any_fits(struct json_object *value, struct span text, fits_fn *fits)
{
    if (!json_object_is_type(value, json_type_array)) {
        return one_fits(value, text, fits);
    }
    for (size_t i = 0; i < control_count(value); i++) {
        if (one_fits(control_item(value, i), text, fits)) {
            return true;
        }
    }
    return false;
}

/* ---- Conditions ---- */

static const struct operator_row {
    const char *name;
    fits_fn *fits;
    bool negated;
} operators[] = {
    {"StringEquals", equals, false},      {"StringEqualsIgnoreCase", equals_in_any_case, false},
    {"StringLike", glob_matches, false},  {"ArnEquals", glob_matches, false},
    {"ArnLike", glob_matches, false},     {"Bool", equals_in_any_case, false},
    {"StringNotEquals", equals, true},    {"StringNotLike", glob_matches, true},
    {"ArnNotEquals", glob_matches, true}, {"ArnNotLike", glob_matches, true},
};

/* The operator of a name, which may end in IfExists. NULL: it is not known. */
static const struct operator_row *operator_of(const char *name, bool *if_exists)
{
    struct span text = span_str(name);
    const struct span suffix = SPAN("IfExists");
    *if_exists =
        text.n > suffix.n && equals_in_any_case(span_from(text, text.n - suffix.n), suffix);
    text.n -= *if_exists ? suffix.n : 0;
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (equals_in_any_case(span_str(operators[i].name), text)) {
            return &operators[i];
        }
    }
    return NULL;
}

/* The value of a condition key; *out is NULL if the request has none. False: a key not known. */
static bool key_value(const char *key, const struct send_request *r, const char **out)
{
    bool service = r->service != NULL;
    const struct {
        const char *key, *value;
    } known[] = {
        {"aws:SourceArn", service ? r->arn : NULL},
        {"aws:SourceAccount", service ? r->account : NULL},
        {"aws:PrincipalArn", service ? NULL : r->arn},
        {"aws:PrincipalAccount", service ? NULL : r->account},
        {"aws:PrincipalIsAWSService", service ? "true" : "false"},
        {"aws:SecureTransport", "true"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(key, known[i].key) == 0) {
            *out = known[i].value;
            return true;
        }
    }
    return false;
}

static enum policy_answer condition_holds(const char *name, const char *key,
                                          struct json_object *values, const struct send_request *r)
{
    bool if_exists = false;
    const char *value = NULL;
    const struct operator_row *op = operator_of(name, &if_exists);
    if (op == NULL || !key_value(key, r, &value)) {
        return POLICY_UNKNOWN;
    }
    if (value == NULL) {
        return if_exists || op->negated ? POLICY_ALLOWS : POLICY_DENIES;
    }
    return any_fits(values, span_str(value), op->fits) != op->negated ? POLICY_ALLOWS
                                                                      : POLICY_DENIES;
}

/* All keys of an operator must hold. */
static enum policy_answer keys_hold(const char *name, struct json_object *keys,
                                    const struct send_request *r)
{
    enum policy_answer all = POLICY_ALLOWS;
    if (!json_object_is_type(keys, json_type_object)) {
        return POLICY_UNKNOWN;
    }
    struct json_object_iterator i = json_object_iter_begin(keys);
    struct json_object_iterator end = json_object_iter_end(keys);
    for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
        enum policy_answer one = condition_holds(name, json_object_iter_peek_name(&i),
                                                 json_object_iter_peek_value(&i), r);
        all = one < all ? one : all;
    }
    return all;
}

/* All conditions must hold. */
static enum policy_answer conditions_hold(struct json_object *conditions,
                                          const struct send_request *r)
{
    enum policy_answer all = POLICY_ALLOWS;
    if (conditions == NULL) {
        return all;
    }
    if (!json_object_is_type(conditions, json_type_object)) {
        return POLICY_UNKNOWN;
    }
    struct json_object_iterator i = json_object_iter_begin(conditions);
    struct json_object_iterator end = json_object_iter_end(conditions);
    for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
        enum policy_answer one =
            keys_hold(json_object_iter_peek_name(&i), json_object_iter_peek_value(&i), r);
        all = one < all ? one : all;
    }
    return all;
}

/* ---- Statements ---- */

/* A principal of IAM: an account's id or root stands for all in it. */
static bool principal_names(struct json_object *list, const struct send_request *r)
{
    char root[128];
    (void)snprintf(root, sizeof(root), "arn:*:iam::%s:root", r->account);
    for (size_t i = 0; i < (control_count(list) > 0 ? control_count(list) : 1); i++) {
        struct json_object *one = control_count(list) > 0 ? control_item(list, i) : list;
        struct span text;
        if (control_text(one, &text) &&
            (span_eq(text, span_str(r->account)) || span_eq(text, span_str(r->arn)) ||
             glob_matches(span_str(root), text))) {
            return true;
        }
    }
    return false;
}

static bool principal_fits(struct json_object *principal, const struct send_request *r)
{
    struct json_object *aws = control_at(principal, "AWS");
    if (any_fits(aws, SPAN("*"), equals) || one_fits(principal, SPAN("*"), equals)) {
        return true;
    }
    return r->service != NULL
               ? any_fits(control_at(principal, "Service"), span_str(r->service), equals)
               : principal_names(aws, r);
}

/* Whether a statement is about the request. */
static enum policy_answer statement_covers(struct json_object *st, const char *queue_arn,
                                           const struct send_request *r)
{
    bool other = control_at(st, "NotAction") != NULL || control_at(st, "NotPrincipal") != NULL ||
                 control_at(st, "NotResource") != NULL;
    if (other) {
        return POLICY_UNKNOWN;
    }
    bool about = any_fits(control_at(st, "Action"), SPAN("sqs:sendmessage"), action_matches) &&
                 any_fits(control_at(st, "Resource"), span_str(queue_arn), glob_matches) &&
                 principal_fits(control_at(st, "Principal"), r);
    return about ? conditions_hold(control_at(st, "Condition"), r) : POLICY_DENIES;
}

enum policy_answer policy_allows(struct json_object *policy, const char *queue_arn,
                                 const struct send_request *r)
{
    enum policy_answer best = POLICY_DENIES;
    struct json_object *list = control_at(policy, "Statement");
    bool single = json_object_is_type(list, json_type_object);
    size_t count = single ? 1 : control_count(list);
    for (size_t i = 0; i < count; i++) {
        struct json_object *st = single ? list : control_item(list, i);
        enum policy_answer covers = statement_covers(st, queue_arn, r);
        if (!any_fits(control_at(st, "Effect"), SPAN("Deny"), equals)) {
            best = covers > best ? covers : best;
        } else if (covers == POLICY_ALLOWS) {
            return POLICY_DENIES;
        }
    }
    return best;
}
