/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"
#include "event/record/otlp.h"

static const struct span requests[] = {SPAN_INIT("resourceLogs"),    SPAN_INIT("resourceSpans"),
                                       SPAN_INIT("resourceMetrics"), SPAN_INIT("resource_logs"),
                                       SPAN_INIT("resource_spans"),  SPAN_INIT("resource_metrics")};

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
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]) && quote != NULL; i++) {
        if (span_eq(name, requests[i])) {
            return true;
        }
    }
    return false;
}
