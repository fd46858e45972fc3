/* SPDX-License-Identifier: Apache-2.0 */
#include "settle/sqs/batch.h"

enum err_kind batch_send(struct sqs_queue *queue, struct lease_batch *batch, struct err *e)
{
    struct sqs_entry entries[LEASE_BATCH];
    if (batch->call == LEASE_CALL_NONE) {
        return FAIL_NONE;
    }
    for (size_t i = 0; i < batch->count; i++) {
        entries[i] = (struct sqs_entry){.receipt_handle = batch->leases[i]->handle,
                                        .visibility_s = batch->visibility_s[i],
                                        .kind = FAIL_AGAIN};
    }
    enum err_kind whole = batch->call == LEASE_CALL_DELETE
                              ? sqs_delete(queue, entries, batch->count, e)
                              : sqs_change_visibility(queue, entries, batch->count, e);
    for (size_t i = 0; i < batch->count; i++) {
        batch->kinds[i] = entries[i].kind;
    }
    return whole;
}
