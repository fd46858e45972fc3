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

bool otlp_needs_rest(const struct doc *doc, size_t at)
{
    static const struct span beginnings[] = {SPAN_INIT("resource"), SPAN_INIT("scope"),
                                             SPAN_INIT("instrumentation")};
    static const struct span lists[] = {SPAN_INIT("logRecords"), SPAN_INIT("log_records"),
                                        SPAN_INIT("logs"), SPAN_INIT("spans"),
                                        SPAN_INIT("metrics")};
    for (size_t i = doc_first(doc, at); !doc_at_end(doc, i); i = doc_next(doc, i + 1)) {
        struct span name = doc_string(doc, i);
        for (size_t k = 0; k < sizeof(beginnings) / sizeof(beginnings[0]); k++) {
            if (span_starts(name, beginnings[k])) {
                return true;
            }
        }
        for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
            if (span_eq(name, lists[k])) {
                return true;
            }
        }
    }
    return false;
}
