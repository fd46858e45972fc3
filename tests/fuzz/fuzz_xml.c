/* SPDX-License-Identifier: Apache-2.0 */
/* No document crashes the parser, and every iteration ends. */
#include "codec/xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    OWNED(xml) struct xml *x = xml_parse(span_of((const char *)data, size), &e);
    if (x == NULL) {
        if (e.kind != FAIL_DATA || e.text[0] == '\0') {
            abort();
        }
        return 0;
    }
    size_t walked = xml_find(x, "Error/Code").n + xml_find(x, "ListBucketResult/Contents/Key").n;
    for (size_t c = xml_child(x, XML_ROOT, "Contents"); c != XML_NONE; c = xml_next(x, c)) {
        walked += xml_child_text(x, c, "Key").n + xml_text(x, c).n;
        if (!span_eq(xml_name(x, c), SPAN("Contents"))) {
            abort();
        }
    }
    if (walked > size * 3) {
        abort();
    }
    return 0;
}
