/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint that is accepted is written so that it is read as the same one. */
#include "jobs/checkpoint.h"

#include "base/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct checkpoint c, again;
    if (!checkpoint_read(span_of((const char *)data, size), &c)) {
        return 0;
    }
    struct buf text = BUF_INIT(CHECKPOINT_BYTES);
    checkpoint_write(&text, &c);
    if (text.overflowed || !checkpoint_read(buf_span(&text), &again) ||
        c.position != again.position || c.last_bytes != again.last_bytes ||
        memcmp(c.last, again.last, c.last_bytes) != 0 ||
        memcmp(&c.done, &again.done, sizeof(c.done)) != 0) {
        abort();
    }
    buf_done(&text);
    return 0;
}
