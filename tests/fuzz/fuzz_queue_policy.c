/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any policy of a queue. What is decided cannot be contradicted by a simpler policy: a statement
 * that denies everything ends every permission, a statement that allows everything gives one unless
 * another one denies, and neither depends on the order of the statements.
 */
#include "codec/control.h"
#include "verify/policy.h"

#include <json-c/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUEUE "arn:aws:sqs:eu-west-1:111122223333:q"

static const struct send_request requests[] = {
    {"s3.amazonaws.com", "arn:aws:s3:::bucket", "444455556666"},
    {"sns.amazonaws.com", "arn:aws:sns:eu-west-1:444455556666:t", "444455556666"},
    {NULL, "arn:aws:iam::444455556666:role/r", "444455556666"},
};

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

/* The statements as a list of their own, with one more at the end. NULL: they are no list. */
static struct json_object *with(struct json_object *policy, const char *statement, bool reversed)
{
    struct json_object *list = control_at(policy, "Statement");
    bool single = json_object_is_type(list, json_type_object);
    size_t count = single ? 1 : control_count(list);
    struct json_object *out = json_object_new_object();
    struct json_object *all = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        struct json_object *one = single ? list : control_item(list, reversed ? count - 1 - i : i);
        json_object_array_add(all, json_object_get(one));
    }
    if (statement != NULL) {
        json_object_array_add(all, json_tokener_parse(statement));
    }
    json_object_object_add(out, "Statement", all);
    return out;
}

static enum policy_answer ask(struct json_object *policy, const struct send_request *r)
{
    enum policy_answer answer = policy_allows(policy, QUEUE, r);
    check(answer == POLICY_DENIES || answer == POLICY_UNKNOWN || answer == POLICY_ALLOWS);
    json_object_put(policy);
    return answer;
}

static void check_request(struct json_object *policy, const struct send_request *r)
{
    static const char deny[] = "{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"sqs:*\","
                               "\"Resource\":\"*\"}";
    static const char allow[] = "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\","
                                "\"Resource\":\"*\"}";
    enum policy_answer plain = ask(with(policy, NULL, false), r);
    check(plain == policy_allows(policy, QUEUE, r));
    check(plain == ask(with(policy, NULL, true), r));
    check(ask(with(policy, deny, false), r) == POLICY_DENIES);
    enum policy_answer more = ask(with(policy, allow, false), r);
    check(more == POLICY_ALLOWS || (more == POLICY_DENIES && plain == POLICY_DENIES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct control_limits limits = {64 * 1024, 2000};
    OWNED(control)
    struct control *doc = control_read(span_of((const char *)data, size), &limits, NULL);
    for (size_t i = 0; doc != NULL && i < sizeof(requests) / sizeof(requests[0]); i++) {
        check_request(control_root(doc), &requests[i]);
    }
    return 0;
}
