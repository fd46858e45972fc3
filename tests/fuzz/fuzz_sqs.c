/* SPDX-License-Identifier: Apache-2.0 */
/* Responses of SQS. The first byte selects the kind: r, b, a. */
#include "codec/sqs_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void receive(struct span answer, struct err *e)
{
    struct sqs_received got;
    enum err_kind kind = sqs_read_receive(answer, &got, e);
    check(kind == FAIL_NONE || (kind == FAIL_AGAIN && got.count == 0));
    for (size_t i = 0; i < got.count; i++) {
        check(got.messages[i]->receipt_handle[0] != '\0');
        check(got.messages[i]->receive_count >= 1);
        sqs_message_free(got.messages[i]);
    }
}

static void batch(struct span answer, struct err *e)
{
    struct sqs_entry entries[3] = {{.receipt_handle = "a"}};
    if (sqs_read_batch(answer, entries, 3, e) == FAIL_NONE) {
        for (size_t i = 0; i < 3; i++) {
            check(entries[i].kind < FAIL_KINDS);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct sqs_attributes a;
    if (size == 0) {
        return 0;
    }
    struct span answer = span_of((const char *)data + 1, size - 1);
    switch (data[0]) {
    case 'r':
        receive(answer, &e);
        break;
    case 'b':
        batch(answer, &e);
        break;
    default:
        check(sqs_read_attributes(answer, &a, &e) == e.kind);
        break;
    }
    return 0;
}
