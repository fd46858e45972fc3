/* SPDX-License-Identifier: Apache-2.0 */
/* The kind of a text by its head: always a name, and blanks before the text do not change it. */
#include "base/buf.h"
#include "codec/text_kind.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is)
{
    if (!is) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span head = span_of((const char *)data, size);
    const char *name = text_kind_name(head);
    check(name != NULL && name[0] != '\0' && strlen(name) < 64);
    if (span_starts(head, SPAN("\xef\xbb\xbf"))) {
        return 0;
    }
    struct buf blanks = BUF_INIT(1 << 24);
    buf_add(&blanks, SPAN("\xef\xbb\xbf \r\n\t"));
    buf_add(&blanks, head);
    check(strcmp(text_kind_name(buf_span(&blanks)), name) == 0);
    buf_done(&blanks);
    return 0;
}
