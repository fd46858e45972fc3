/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP 1.x, JSON encoding: opentelemetry-proto, files logs, trace, metrics, common. */
#include "event/record/otlp.h"

enum { KIND_LOGS, KIND_SPANS, KIND_METRICS, KINDS };

/* Spellings of a name: of the specification, of writers that keep the proto's names, and of OTLP
 * before 0.15. An empty one ends them. */
enum { SPELLINGS = 5 };
typedef const struct span spellings[SPELLINGS];

static const struct {
    spellings resources, scopes, records;
} names[KINDS] = {
    {{SPAN_INIT("resourceLogs"), SPAN_INIT("resource_logs")},
     {SPAN_INIT("scopeLogs"), SPAN_INIT("scope_logs"), SPAN_INIT("instrumentationLibraryLogs"),
      SPAN_INIT("instrumentation_library_logs")},
     {SPAN_INIT("logRecords"), SPAN_INIT("log_records"), SPAN_INIT("logs")}},
    {{SPAN_INIT("resourceSpans"), SPAN_INIT("resource_spans")},
     {SPAN_INIT("scopeSpans"), SPAN_INIT("scope_spans"), SPAN_INIT("instrumentationLibrarySpans"),
      SPAN_INIT("instrumentation_library_spans")},
     {SPAN_INIT("spans")}},
    {{SPAN_INIT("resourceMetrics"), SPAN_INIT("resource_metrics")},
     {SPAN_INIT("scopeMetrics"), SPAN_INIT("scope_metrics"),
      SPAN_INIT("instrumentationLibraryMetrics"), SPAN_INIT("instrumentation_library_metrics")},
     {SPAN_INIT("metrics")}},
};
static spellings scope_names = {SPAN_INIT("scope"), SPAN_INIT("instrumentationLibrary"),
                                SPAN_INIT("instrumentation_library")};
static spellings data_point_names = {SPAN_INIT("dataPoints"), SPAN_INIT("data_points")};

/* Types of metric: the member of this name has the data points. */
static spellings metric_types[] = {
    {SPAN_INIT("gauge")},
    {SPAN_INIT("sum")},
    {SPAN_INIT("histogram")},
    {SPAN_INIT("exponentialHistogram"), SPAN_INIT("exponential_histogram")},
    {SPAN_INIT("summary")},
};
enum { METRIC_TYPES = sizeof(metric_types) / sizeof(metric_types[0]) };

/* Members of the metric, then of its data, that each record gets. */
static spellings metric_parts[OTLP_METRIC_PARTS] = {
    {SPAN_INIT("name")},
    {SPAN_INIT("description")},
    {SPAN_INIT("unit")},
    {SPAN_INIT("aggregationTemporality"), SPAN_INIT("aggregation_temporality")},
    {SPAN_INIT("isMonotonic"), SPAN_INIT("is_monotonic")},
};
enum { OF_THE_METRIC = 3 };

/* ---- the walk ---- */

/* The member of any spelling, 0 if there is none. */
static size_t member_of(const struct doc *d, size_t object, spellings of)
{
    size_t at = 0;
    for (int i = 0; i < SPELLINGS && of[i].n > 0 && at == 0; i++) {
        at = doc_member(d, object, of[i]);
    }
    return at;
}

static bool is_spelling(struct span name, spellings of)
{
    int i = 0;
    while (i < SPELLINGS && of[i].n > 0 && !span_eq(name, of[i])) {
        i++;
    }
    return i < SPELLINGS && of[i].n > 0;
}

/* The first element of a list, 0 if `at` is none. */
static size_t first_of_list(const struct doc *d, size_t at)
{
    return at != 0 && doc_tag(d, at) == '[' ? doc_first(d, at) : 0;
}

/* The next object of a list, 0 at its end. */
static size_t list_next(struct otlp *o, size_t *list)
{
    while (*list != 0 && !doc_at_end(o->doc, *list)) {
        size_t at = *list;
        *list = doc_next(o->doc, at);
        if (doc_tag(o->doc, at) == '{') {
            return at;
        }
        o->others++;
    }
    *list = 0;
    return 0;
}

/* Go to the next resourceLogs, resourceSpans or resourceMetrics of the request. */
static bool next_kind(struct otlp *o)
{
    while (!doc_at_end(o->doc, o->member)) {
        size_t at = o->member;
        o->member = doc_next(o->doc, at + 1);
        for (int k = 0; k < KINDS; k++) {
            if (is_spelling(doc_string(o->doc, at), names[k].resources) &&
                doc_tag(o->doc, at + 1) == '[') {
                o->kind = k;
                o->resources = doc_first(o->doc, at + 1);
                return true;
            }
        }
    }
    return false;
}

/* Go to the resource's next list of scopes: it may have one of each spelling. */
static bool next_scopes(struct otlp *o)
{
    spellings *of = &names[o->kind].scopes;
    while (o->resource != 0 && o->spelling < SPELLINGS && (*of)[o->spelling].n > 0) {
        o->scopes = first_of_list(o->doc, doc_member(o->doc, o->resource, (*of)[o->spelling++]));
        if (o->scopes != 0) {
            return true;
        }
    }
    return false;
}

static bool next_resource(struct otlp *o)
{
    while ((o->resource = list_next(o, &o->resources)) == 0) {
        if (!next_kind(o)) {
            return false;
        }
    }
    size_t resource = doc_member(o->doc, o->resource, SPAN("resource"));
    bool object = resource != 0 && doc_tag(o->doc, resource) == '{';
    o->attributes = object ? doc_member(o->doc, resource, SPAN("attributes")) : 0;
    o->spelling = 0;
    o->scopes = 0;
    return true;
}

static bool next_scope(struct otlp *o)
{
    while ((o->scope = list_next(o, &o->scopes)) == 0) {
        if (!next_scopes(o) && !next_resource(o)) {
            return false;
        }
    }
    size_t list = first_of_list(o->doc, member_of(o->doc, o->scope, names[o->kind].records));
    o->scope_itself = member_of(o->doc, o->scope, scope_names);
    o->metric = 0;
    o->metrics = o->kind == KIND_METRICS ? list : 0;
    o->records = o->kind == KIND_METRICS ? 0 : list;
    return true;
}

/* Go to the next data of the metric, which usually has one. False: no more. */
static bool next_data(struct otlp *o)
{
    size_t data = 0;
    if (o->kind != KIND_METRICS || o->metric == 0) {
        return false;
    }
    while (data == 0 && o->type < METRIC_TYPES) {
        o->metric_type = metric_types[o->type][0];
        size_t at = member_of(o->doc, o->metric, metric_types[o->type++]);
        data = at != 0 && doc_tag(o->doc, at) == '{' ? at : 0;
    }
    o->records = data != 0 ? first_of_list(o->doc, member_of(o->doc, data, data_point_names)) : 0;
    for (int i = 0; i < OTLP_METRIC_PARTS && data != 0; i++) {
        size_t object = i < OF_THE_METRIC ? o->metric : data;
        o->metric_parts[i] = member_of(o->doc, object, metric_parts[i]);
    }
    return data != 0;
}

static bool next_metric(struct otlp *o)
{
    while ((o->metric = list_next(o, &o->metrics)) == 0) {
        if (!next_scope(o)) {
            return false;
        }
        if (o->kind != KIND_METRICS) {
            return true;
        }
    }
    o->type = 0;
    return true;
}

static bool next_record(struct otlp *o)
{
    while ((o->record = list_next(o, &o->records)) == 0) {
        if (!next_data(o) && !next_metric(o)) {
            return false;
        }
    }
    return true;
}

void otlp_start(struct otlp *o, const struct doc *doc, size_t at)
{
    *o = (struct otlp){.doc = doc, .member = doc_first(doc, at)};
}

size_t otlp_count(const struct doc *doc, size_t at, size_t *others)
{
    struct otlp o;
    size_t n = 0;
    otlp_start(&o, doc, at);
    while (next_record(&o)) {
        n++;
    }
    *others = o.others;
    return n;
}

/* ---- AnyValue ---- */

static void write_any(const struct doc *d, size_t at, struct buf *out);

/* -?(0|[1-9][0-9]*), a JSON integer. */
static bool is_integer(struct span s)
{
    size_t i = s.n > 0 && *s.p == '-' ? 1 : 0;
    if (i == s.n || (s.p[i] == '0' && s.n > i + 1)) {
        return false;
    }
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return true;
}

/* The members of {"key":k,"value":v}, 0 if missing. */
static void find_entry(const struct doc *d, size_t at, size_t *key, size_t *value)
{
    *key = 0;
    *value = 0;
    if (doc_tag(d, at) != '{') {
        return;
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (name.n == 3 && memcmp(name.p, "key", 3) == 0) {
            *key = i + 1;
        } else if (name.n == 5 && memcmp(name.p, "value", 5) == 0) {
            *value = i + 1;
        }
    }
}

/* [{"key":k,"value":v},...] as {k:v,...}; an element without a key gets its number: "#0". */
static void write_map(const struct doc *d, size_t list, struct buf *out)
{
    bool first = true;
    size_t number = 0;
    buf_add_byte(out, '{');
    for (size_t i = doc_first(d, list); !doc_at_end(d, i); i = doc_next(d, i), number++) {
        size_t key = 0;
        size_t value = 0;
        find_entry(d, i, &key, &value);
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        if (key == 0 || doc_tag(d, key) != '"') { /* no attribute: kept as it is */
            buf_add(out, SPAN("\"#"));
            buf_add_number(out, number);
            buf_add(out, SPAN("\":"));
            buf_add(out, doc_source(d, i));
            continue;
        }
        buf_add(out, doc_source(d, key));
        buf_add_byte(out, ':');
        if (value != 0) {
            write_any(d, value, out);
        } else {
            buf_add(out, SPAN("null"));
        }
    }
    buf_add_byte(out, '}');
}

static void write_array(const struct doc *d, size_t list, struct buf *out)
{
    bool first = true;
    buf_add_byte(out, '[');
    for (size_t i = doc_first(d, list); !doc_at_end(d, i); i = doc_next(d, i)) {
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        write_any(d, i, out);
    }
    buf_add_byte(out, ']');
}

/* {"values":[...]} as a list or a map, which is empty without values. */
static void write_values(const struct doc *d, size_t at, bool map, struct buf *out)
{
    size_t values = doc_tag(d, at) == '{' ? doc_member(d, at, SPAN("values")) : 0;
    if (values == 0 || doc_tag(d, values) != '[') {
        buf_add(out, map ? SPAN("{}") : SPAN("[]"));
    } else if (map) {
        write_map(d, values, out);
    } else {
        write_array(d, values, out);
    }
}

/* The name in an AnyValue, which has one member; 0 if the value is not an AnyValue. */
static size_t any_member(const struct doc *d, size_t at)
{
    static const struct span kinds[] = {
        SPAN_INIT("stringValue"),  SPAN_INIT("intValue"),     SPAN_INIT("doubleValue"),
        SPAN_INIT("boolValue"),    SPAN_INIT("arrayValue"),   SPAN_INIT("kvlistValue"),
        SPAN_INIT("bytesValue"),   SPAN_INIT("string_value"), SPAN_INIT("int_value"),
        SPAN_INIT("double_value"), SPAN_INIT("bool_value"),   SPAN_INIT("array_value"),
        SPAN_INIT("kvlist_value"), SPAN_INIT("bytes_value")};
    if (doc_tag(d, at) != '{' || doc_payload(d, at) >> 32 != 1) {
        return 0;
    }
    size_t name = doc_first(d, at);
    struct span kind = doc_string(d, name);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kind.n == kinds[i].n && *kind.p == *kinds[i].p && span_eq(kind, kinds[i])) {
            return name;
        }
    }
    return 0;
}

static void write_any(const struct doc *d, size_t at, struct buf *out)
{
    size_t name = any_member(d, at);
    if (name == 0) {
        bool empty = doc_tag(d, at) == '{' && doc_at_end(d, doc_first(d, at));
        buf_add(out, empty ? SPAN("null") : doc_source(d, at));
        return;
    }
    char kind = *doc_string(d, name).p;
    size_t value = name + 1;
    if (kind == 'a' || kind == 'k') { /* arrayValue, kvlistValue */
        write_values(d, value, kind == 'k', out);
    } else if (kind == 'i' && doc_tag(d, value) == '"' && /* intValue */
               is_integer(doc_string(d, value))) {
        buf_add(out, doc_string(d, value));
    } else {
        buf_add(out, doc_source(d, value));
    }
}

/* ---- records ---- */

/* Attributes as a map, which are a list or a map. */
static void write_attributes(const struct doc *d, size_t at, struct buf *out)
{
    if (doc_tag(d, at) == '[') {
        write_map(d, at, out);
    } else {
        buf_add(out, doc_source(d, at));
    }
}

static bool is_attributes(struct span name)
{
    return span_eq(name, SPAN("attributes")) || span_eq(name, SPAN("Attributes")) ||
           span_eq(name, SPAN("LogAttributes")) || span_eq(name, SPAN("SpanAttributes")) ||
           span_eq(name, SPAN("ResourceAttributes"));
}

static bool is_body(struct span name)
{
    return span_eq(name, SPAN("body")) || span_eq(name, SPAN("Body"));
}

/* The resource, with its attributes as a map. */
static void write_resource(const struct doc *d, size_t at, struct buf *out)
{
    bool first = true;
    buf_add_byte(out, '{');
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        buf_add(out, doc_source(d, i));
        buf_add_byte(out, ':');
        if (span_eq(doc_string(d, i), SPAN("attributes"))) {
            write_attributes(d, i + 1, out);
        } else {
            buf_add(out, doc_source(d, i + 1));
        }
    }
    buf_add_byte(out, '}');
}

/* The members of a record. AnyValues and lists of them become plain values. */
static void write_members(const struct doc *d, size_t at, bool first, struct buf *out)
{
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        buf_add(out, first ? SPAN("") : SPAN(","));
        first = false;
        buf_add(out, doc_source(d, i));
        buf_add_byte(out, ':');
        if (is_attributes(name)) {
            write_attributes(d, i + 1, out);
        } else if (is_body(name)) {
            write_any(d, i + 1, out);
        } else if (span_eq(name, SPAN("resource")) && doc_tag(d, i + 1) == '{') {
            write_resource(d, i + 1, out);
        } else {
            buf_add(out, doc_source(d, i + 1));
        }
    }
}

/* ,"name":value, or nothing if `at` is 0. */
static void write_copy(const struct doc *d, size_t at, struct span name, struct buf *out)
{
    if (at != 0) {
        buf_add(out, SPAN(",\""));
        buf_add(out, name);
        buf_add(out, SPAN("\":"));
        buf_add(out, doc_source(d, at));
    }
}

static void write_metric(const struct otlp *o, struct buf *out)
{
    buf_add(out, SPAN(",\"metric\":{\"type\":\""));
    buf_add(out, o->metric_type);
    buf_add_byte(out, '"');
    for (int i = 0; i < OTLP_METRIC_PARTS; i++) {
        write_copy(o->doc, o->metric_parts[i], metric_parts[i][0], out);
    }
    buf_add_byte(out, '}');
}

/*
 * What all records of a resource begin with, written only for the first of them: elements that are
 * dropped also cost a walk, and no limit of the output would bound that.
 */
static void write_shared(struct otlp *o, struct buf *text)
{
    if (o->shared == o->resource && !text->overflowed) {
        text->n = o->shared_bytes;
        return;
    }
    buf_clear(text);
    buf_add(text, SPAN("{\"resource\":{\"attributes\":"));
    if (o->attributes != 0) {
        write_attributes(o->doc, o->attributes, text);
    } else {
        buf_add(text, SPAN("{}"));
    }
    buf_add_byte(text, '}');
    o->shared = o->resource;
    o->shared_bytes = text->n;
}

bool otlp_next(struct otlp *o, struct buf *text)
{
    if (!next_record(o)) {
        buf_clear(text);
        return false;
    }
    write_shared(o, text);
    write_copy(o->doc, o->scope_itself, SPAN("scope"), text);
    if (o->kind == KIND_METRICS) {
        write_metric(o, text);
    }
    write_members(o->doc, o->record, false, text);
    buf_add_byte(text, '}');
    return true;
}

static bool needs_plain(const struct doc *d, size_t at)
{
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        size_t inner = span_eq(name, SPAN("resource")) && doc_tag(d, i + 1) == '{'
                           ? doc_member(d, i + 1, SPAN("attributes"))
                           : 0;
        if ((is_attributes(name) && doc_tag(d, i + 1) == '[') ||
            (inner != 0 && doc_tag(d, inner) == '[') ||
            (is_body(name) && any_member(d, i + 1) != 0)) {
            return true;
        }
    }
    return false;
}

bool otlp_plain(const struct doc *doc, size_t at, struct buf *text)
{
    buf_clear(text);
    if (!needs_plain(doc, at)) {
        return false;
    }
    buf_add_byte(text, '{');
    write_members(doc, at, true, text);
    buf_add_byte(text, '}');
    return true;
}
