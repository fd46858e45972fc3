/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notification documents and outputs of stacks of any bytes. A merged document is merged again
 * without a change, and has the customer's entry once.
 */
#include "onboard/merge.h"
#include "onboard/outputs.h"
#include "onboard/tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char entry_text[] =
    "{\"QueueConfigurations\": [{\"Id\": \"asymptote-ingest-acme\", \"QueueArn\": \"arn:q\","
    " \"Events\": [\"s3:ObjectCreated:*\"], \"Filter\": {\"Key\": {\"FilterRules\":"
    " [{\"Name\": \"prefix\", \"Value\": \"events/\"}]}}}]}";

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_again(struct span merged, struct json_object *entry)
{
    struct buf again = BUF_INIT(8 << 20);
    struct err e = {0};
    check(merge_notifications(merged, entry, SPAN("asymptote-ingest-acme"), &again, &e) ==
          FAIL_NONE);
    OWNED(tree) struct json_object *a = json_tokener_parse(merged.p);
    OWNED(tree) struct json_object *b = json_tokener_parse(again.p);
    check(a != NULL && b != NULL);
    struct json_object *list = json_object_object_get(b, "QueueConfigurations");
    check(json_object_array_length(list) ==
          json_object_array_length(json_object_object_get(a, "QueueConfigurations")));
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct buf out = BUF_INIT(8 << 20);
    struct outputs outputs;
    struct err e = {0};
    check(outputs_read(text, &outputs, &e) == FAIL_NONE || e.kind == FAIL_DATA);
    OWNED(tree) struct json_object *entry = json_tokener_parse(entry_text);
    err_clear(&e);
    if (merge_notifications(text, entry, SPAN("asymptote-ingest-acme"), &out, &e) == FAIL_NONE) {
        check_again(buf_span(&out), entry);
    } else {
        check(e.kind == FAIL_DATA || e.kind == FAIL_CONFIG);
    }
    buf_done(&out);
    return 0;
}
