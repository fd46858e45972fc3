/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/outputs.h"

#include "codec/control.h"

enum { FILE_BYTES = 1 << 20, FILE_CONTAINERS = 4096 };

/* Copy an output that is named. Without effect if it is no text, or too long. */
static void take_output(struct outputs *out, struct span name, struct json_object *value)
{
    struct span text;
    char *to = span_eq(name, SPAN("RoleArn"))      ? out->role_arn
               : span_eq(name, SPAN("ExternalId")) ? out->external_id
                                                   : NULL;
    if (to != NULL && control_text(value, &text) && text.n < OUTPUTS_VALUE_BYTES) {
        err_copy(to, OUTPUTS_VALUE_BYTES, text);
    }
}

static void take_list(struct outputs *out, struct json_object *list)
{
    for (size_t i = 0; i < control_count(list); i++) {
        struct span name = SPAN("");
        struct json_object *item = control_item(list, i);
        if (control_text(control_at(item, "OutputKey"), &name)) {
            take_output(out, name, control_at(item, "OutputValue"));
        }
    }
}

enum err_kind outputs_read(struct span text, struct outputs *out, struct err *e)
{
    static const struct control_limits limits = {FILE_BYTES, FILE_CONTAINERS};
    *out = (struct outputs){.role_arn = ""};
    OWNED(control) struct control *doc = control_read(text, &limits, e);
    if (doc == NULL) {
        return e->kind;
    }
    struct json_object *root = control_root(doc);
    struct json_object *stacks = control_at(root, "Stacks");
    if (control_count(stacks) > 1) {
        return err_set(e, FAIL_DATA, "has several stacks; describe only the customer's one");
    }
    struct json_object *stack = control_item(stacks, 0);
    take_list(out, root);
    take_list(out, control_at(stack != NULL ? stack : root, "Outputs"));
    take_output(out, SPAN("RoleArn"), control_at(control_at(root, "RoleArn"), "value"));
    take_output(out, SPAN("ExternalId"), control_at(control_at(root, "ExternalId"), "value"));
    return out->role_arn[0] != '\0'
               ? FAIL_NONE
               : err_set(e, FAIL_DATA,
                         "has no output RoleArn; give the answer of aws cloudformation "
                         "describe-stacks, or of terraform output -json");
}
