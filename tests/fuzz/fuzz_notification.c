/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message bodies of any bytes. An accepted notification must have the properties that
 * notification.h documents.
 */
#include "codec/notification.h"
#include "codec/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    OWNED(notification)
    struct notification *n = notification_read(span_of((const char *)data, size), &e);
    if (n == NULL) {
        check(e.kind == FAIL_DATA);
        return 0;
    }
    check(n->count > 0);
    for (size_t i = 0; i < n->count; i++) {
        const struct notification_record *r = &n->records[i];
        check(utf8_valid(r->key) && r->key.n <= NOTIFICATION_KEY_BYTES && r->size >= -1);
        check(r->what != NOTIFICATION_CREATED || (r->key.n > 0 && r->bucket.n > 0));
        check(r->account.n == 0 || r->account.n == 12);
    }
    return 0;
}
