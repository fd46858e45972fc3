/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/shape.h"

#include "event/schema/runtimes.h"

const char *shape_name(enum shape s)
{
    static const char *const names[] = {"", "beacon", "ecs", "otel", "otlp", "hook", "flat", ""};
    return names[s];
}

static bool is_object(const struct doc *d, size_t at)
{
    return at != 0 && doc_tag(d, at) == '{';
}

static bool is_opencode(const struct doc *d, size_t at)
{
    return at != 0 && doc_tag(d, at) == '"' && runtime_opencode_type(doc_string(d, at));
}

bool shape_has_beacon_vendor(const struct doc *d, const struct record_index *index)
{
    size_t vendor = index->at[INDEX_VENDOR];
    return vendor != 0 && doc_tag(d, vendor) == '"' &&
           span_eq(doc_string(d, vendor), SPAN("beacon"));
}

bool shape_is_beacon(const struct doc *d, const struct record_index *index)
{
    size_t version = index->at[INDEX_SCHEMA_VERSION];
    return shape_has_beacon_vendor(d, index) ||
           (version != 0 && doc_tag(d, version) != 'n' && is_object(d, index->at[INDEX_EVENT]) &&
            is_object(d, index->at[INDEX_HARNESS]));
}

enum shape shape_of(const struct doc *d, const struct record_index *index)
{
    if ((index->signs & SIGN_OTLP) != 0) {
        return SHAPE_OTLP;
    }
    if (shape_is_beacon(d, index)) {
        return SHAPE_BEACON;
    }
    if ((index->signs & SIGN_ECS) != 0) {
        return SHAPE_ECS;
    }
    if ((index->signs & SIGN_OTEL) != 0) {
        return SHAPE_OTEL;
    }
    bool hook = (index->signs & SIGN_HOOK) != 0 ||
                ((index->signs & SIGN_BESIDE) != 0 && is_opencode(d, index->at[INDEX_TYPE]));
    return hook ? SHAPE_HOOK : SHAPE_FLAT;
}
