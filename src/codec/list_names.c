/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's in the spelling of the specification, of writers that keep the proto's names, and of OTLP
 * before 0.15. */
#include "codec/list_names.h"

static const struct span request_names[] = {
    SPAN_INIT("resourceLogs"),  SPAN_INIT("resourceSpans"),  SPAN_INIT("resourceMetrics"),
    SPAN_INIT("resource_logs"), SPAN_INIT("resource_spans"), SPAN_INIT("resource_metrics"),
};
static const struct span resource_names[] = {
    SPAN_INIT("scopeLogs"),
    SPAN_INIT("scopeSpans"),
    SPAN_INIT("scopeMetrics"),
    SPAN_INIT("scope_logs"),
    SPAN_INIT("scope_spans"),
    SPAN_INIT("scope_metrics"),
    SPAN_INIT("instrumentationLibraryLogs"),
    SPAN_INIT("instrumentationLibrarySpans"),
    SPAN_INIT("instrumentationLibraryMetrics"),
    SPAN_INIT("instrumentation_library_logs"),
    SPAN_INIT("instrumentation_library_spans"),
    SPAN_INIT("instrumentation_library_metrics"),
};
static const struct span scope_names[] = {
    SPAN_INIT("logRecords"), SPAN_INIT("log_records"), SPAN_INIT("logs"),
    SPAN_INIT("spans"),      SPAN_INIT("metrics"),
};
static const struct span envelope_names[] = {
    SPAN_INIT("Records"), SPAN_INIT("records"), SPAN_INIT("events"),
    SPAN_INIT("logs"),    SPAN_INIT("items"),   SPAN_INIT("data"),
    SPAN_INIT("value"),   SPAN_INIT("entries"), SPAN_INIT("logEvents"),
};

#define NAMES(array)                                                                               \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

const struct list_names list_names[LIST_NAMES_ALL] = {
    [LIST_NAMES_REQUEST] = NAMES(request_names),
    [LIST_NAMES_RESOURCE] = NAMES(resource_names),
    [LIST_NAMES_SCOPE] = NAMES(scope_names),
    [LIST_NAMES_ENVELOPE] = NAMES(envelope_names),
};
