/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"
#include "codec/list_names.h"
#include "event/record/otlp.h"

bool otlp_begins(struct span text)
{
    const char opening[] = "{\"";
    for (size_t i = 0; i < sizeof(opening) - 1; i++) {
        while (text.n > 0 && ascii_is_blank(*text.p)) {
            text = span_from(text, 1);
        }
        if (text.n == 0 || *text.p != opening[i]) {
            return false;
        }
        text = span_from(text, 1);
    }
    const char *quote = memchr(text.p, '"', text.n);
    struct span name = span_of(text.p, quote != NULL ? (size_t)(quote - text.p) : 0);
    return quote != NULL && list_names_have(&list_names[LIST_NAMES_REQUEST], name);
}
