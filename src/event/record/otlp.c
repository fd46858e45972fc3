/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over a request. OTLP 1.x, JSON encoding: opentelemetry-proto, files logs, trace,
 * metrics, common. */
#include "codec/list_names.h"

#include "otlp_priv.h"

/* ---- names ---- */

static const struct span data_names[] = {
    SPAN_INIT("gauge"),     SPAN_INIT("sum"),
    SPAN_INIT("histogram"), SPAN_INIT("exponentialHistogram"),
    SPAN_INIT("summary"),   SPAN_INIT("exponential_histogram"),
};
enum { EXPONENTIAL = 3, METRIC_TYPES = 5 }; /* in data_names: it has two spellings */
static const struct span point_names[] = {SPAN_INIT("dataPoints"), SPAN_INIT("data_points")};

#define NAMES(array)                                                                               \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

/* Of the members of an object of each level that have its elements. */
static const struct list_names metric_lists = NAMES(data_names);
static const struct list_names data_lists = NAMES(point_names);
static const struct list_names *const child_names[OTLP_LEVELS] = {
    &list_names[LIST_NAMES_REQUEST],
    &list_names[LIST_NAMES_RESOURCE],
    &list_names[LIST_NAMES_SCOPE],
    &metric_lists,
    &data_lists,
};

static const struct span resource_parts[] = {SPAN_INIT("resource")};
static const struct span scope_parts[] = {SPAN_INIT("scope"), SPAN_INIT("instrumentationLibrary"),
                                          SPAN_INIT("instrumentation_library")};
static const struct span metric_parts[] = {SPAN_INIT("name"), SPAN_INIT("description"),
                                           SPAN_INIT("unit")};
static const struct span data_parts[] = {
    SPAN_INIT("aggregationTemporality"), SPAN_INIT("isMonotonic"),
    SPAN_INIT("aggregation_temporality"), SPAN_INIT("is_monotonic")};
enum { OF_THE_METRIC = 3, OF_THE_DATA = OTLP_METRIC_PARTS - OF_THE_METRIC };

/* Of the members of an object of each level that its records get. */
static const struct list_names part_names[OTLP_LEVELS] = {
    {NULL, 0}, NAMES(resource_parts), NAMES(scope_parts), NAMES(metric_parts), NAMES(data_parts),
};

/* ---- what a member is ---- */

enum use {
    USE_NOTHING, /* it has nothing in it */
    USE_LIST,    /* its elements are read; of a metric: it is one */
    USE_PART,    /* records get it */
    USE_DROPPED, /* no record gets it */
    USE_UNREAD,  /* it may have records, but not where they are looked for */
};

bool otlp_is_empty(const struct doc *d, size_t at)
{
    char tag = doc_tag(d, at);
    return tag == 'n' || (tag == '"' && doc_string(d, at).n == 0) ||
           (doc_is_container(d, at) && doc_at_end(d, doc_first(d, at)));
}

static enum use use_of_child(const struct doc *d, size_t at, enum otlp_level level)
{
    if (level == OTLP_METRIC && doc_tag(d, at) == '{') {
        return USE_LIST;
    }
    if (otlp_is_empty(d, at)) {
        return USE_NOTHING;
    }
    return level != OTLP_METRIC && doc_tag(d, at) == '[' ? USE_LIST : USE_UNREAD;
}

/* In a request, other members are as those of any envelope: the unwrapper looks at them. */
static bool may_have_records(struct span name, enum otlp_level level)
{
    if (level != OTLP_REQUEST) {
        return level != OTLP_METRIC || !span_eq(name, SPAN("metadata"));
    }
    bool known = span_starts(name, SPAN("resource"));
    for (int i = OTLP_RESOURCE; i < OTLP_LEVELS && !known; i++) {
        known = i != OTLP_METRIC && list_names_have(child_names[i], name);
    }
    return known;
}

/* Of the member that has its name at `name`. */
static enum use use_of(const struct doc *d, size_t name, enum otlp_level level)
{
    struct span text = doc_string(d, name);
    if (list_names_have(child_names[level], text)) {
        return use_of_child(d, name + 1, level);
    }
    if (list_names_have(&part_names[level], text)) {
        return USE_PART;
    }
    if (otlp_is_empty(d, name + 1)) {
        return USE_NOTHING;
    }
    return doc_is_container(d, name + 1) && may_have_records(text, level) ? USE_UNREAD
                                                                          : USE_DROPPED;
}

static enum otlp_beside beside_of(enum use use, bool after)
{
    switch (use) {
    case USE_NOTHING:
        return OTLP_BESIDE_NOTHING;
    case USE_PART:
        return after ? OTLP_BESIDE_NEEDED : OTLP_BESIDE_NOTHING;
    case USE_DROPPED:
        return OTLP_BESIDE_DROPPED;
    case USE_LIST:
    case USE_UNREAD:
        break;
    }
    return OTLP_BESIDE_NEEDED;
}

static enum otlp_beside beside_list(const struct doc *d, size_t at, enum otlp_level level,
                                    bool after)
{
    enum otlp_beside all = OTLP_BESIDE_NOTHING;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        enum otlp_beside beside = beside_of(use_of(d, i, level), after);
        all = beside > all ? beside : all;
    }
    return all;
}

enum otlp_beside otlp_before_list(const struct doc *doc, size_t at, enum otlp_level level)
{
    return beside_list(doc, at, level, false);
}

enum otlp_beside otlp_after_list(const struct doc *doc, size_t at, enum otlp_level level)
{
    return beside_list(doc, at, level, true);
}

/* ---- the walk ---- */

/* The first of the names that the object has, 0 if it has none. */
static size_t first_member(const struct doc *d, size_t object, const struct span *names,
                           size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count && at == 0; i++) {
        at = doc_member(d, object, names[i]);
    }
    return at;
}

/* Look up what each record of the object gets. */
static void find_parts(struct otlp *o, enum otlp_level level, size_t at)
{
    const struct doc *d = o->doc;
    switch (level) {
    case OTLP_RESOURCE:
        o->resource = doc_member(d, at, resource_parts[0]);
        o->attributes = o->resource != 0 && doc_tag(d, o->resource) == '{'
                            ? doc_member(d, o->resource, SPAN("attributes"))
                            : 0;
        break;
    case OTLP_SCOPE:
        o->scope = first_member(d, at, scope_parts, part_names[level].count);
        break;
    case OTLP_METRIC:
        for (size_t i = 0; i < OF_THE_METRIC; i++) {
            o->metric_parts[i] = doc_member(d, at, metric_parts[i]);
        }
        break;
    case OTLP_DATA:
        for (size_t i = 0; i < OF_THE_DATA; i++) {
            const struct span spellings[] = {data_parts[i], data_parts[i + OF_THE_DATA]};
            o->metric_parts[OF_THE_METRIC + i] = first_member(d, at, spellings, 2);
        }
        break;
    case OTLP_REQUEST:
    case OTLP_LEVELS:
        break;
    }
}

static bool is_found_part(const struct otlp *o, size_t at)
{
    bool found = at == o->scope;
    for (size_t i = 0; i < OTLP_METRIC_PARTS; i++) {
        found = found || at == o->metric_parts[i];
    }
    return found;
}

/* Whether the resource has more than its attributes. */
static bool has_more(const struct doc *d, size_t resource)
{
    bool more = false;
    for (size_t i = doc_first(d, resource); !doc_at_end(d, i) && !more; i = doc_next(d, i + 1)) {
        more = !span_eq(doc_string(d, i), SPAN("attributes")) && !otlp_is_empty(d, i + 1);
    }
    return more;
}

/* A part that records do not get: it has another type, or is there in another spelling. */
static enum use use_of_part(const struct otlp *o, size_t at)
{
    const struct doc *d = o->doc;
    if (at == o->resource && doc_tag(d, at) == '{') {
        return has_more(d, at) ? USE_DROPPED : USE_PART;
    }
    if (is_found_part(o, at)) {
        return USE_PART;
    }
    return otlp_is_empty(d, at) ? USE_NOTHING : doc_is_container(d, at) ? USE_UNREAD : USE_DROPPED;
}

/* Go into an object, and note what else it has than elements of the next level. */
static void enter(struct otlp *o, enum otlp_level level, size_t at)
{
    const struct doc *d = o->doc;
    struct otlp_place *p = &o->places[level];
    bool head = (unsigned)level < o->heads;
    bool leads = head;
    *p = (struct otlp_place){.at = at,
                             .member = doc_first(d, at),
                             .dropped = level > OTLP_REQUEST && o->places[level - 1].dropped};
    o->level = (int)level;
    find_parts(o, level, at);
    for (size_t i = p->member; !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        enum use use = use_of(d, i, level);
        use = use == USE_PART ? use_of_part(o, i + 1) : use;
        leads = leads || use == USE_LIST || use == USE_UNREAD;
        p->dropped = p->dropped || use == USE_DROPPED;
        if (use == USE_UNREAD && !head && o->missed.unread++ == 0) {
            o->missed.unread_level = level;
        }
    }
    o->missed.others += leads || level == OTLP_REQUEST ? 0 : 1;
}

/* The next object of the current list, 0 at its end. */
static size_t next_element(struct otlp *o)
{
    size_t *element = &o->places[o->level].element;
    while (*element != 0 && !doc_at_end(o->doc, *element)) {
        size_t at = *element;
        *element = doc_next(o->doc, at);
        if (doc_tag(o->doc, at) == '{') {
            return at;
        }
        o->missed.others++;
    }
    *element = 0;
    return 0;
}

/* The name of the next member that has elements, 0 if there is none. */
static size_t next_list(struct otlp *o)
{
    struct otlp_place *p = &o->places[o->level];
    while (!doc_at_end(o->doc, p->member)) {
        size_t name = p->member;
        p->member = doc_next(o->doc, name + 1);
        if (list_names_have(child_names[o->level], doc_string(o->doc, name)) &&
            use_of_child(o->doc, name + 1, (enum otlp_level)o->level) == USE_LIST) {
            return name;
        }
    }
    return 0;
}

/* The next object inside the current one, 0 if there is none. */
static size_t next_child(struct otlp *o)
{
    size_t at = 0;
    size_t name = 0;
    while ((at = next_element(o)) == 0 && (name = next_list(o)) != 0) {
        if (o->level == OTLP_METRIC) {
            size_t number = list_names_find(&metric_lists, doc_string(o->doc, name));
            o->metric_type = data_names[number < METRIC_TYPES ? number : EXPONENTIAL];
            return name + 1;
        }
        o->places[o->level].element = doc_first(o->doc, name + 1);
        if (o->level == OTLP_SCOPE) {
            o->metrics = span_eq(doc_string(o->doc, name), SPAN("metrics"));
        }
    }
    return at;
}

/* Whether anything is in a value: a text that is not empty, a number, true or false. */
static bool has_content(const struct doc *d, size_t at)
{
    if (!doc_is_container(d, at)) {
        return !otlp_is_empty(d, at);
    }
    bool named = doc_tag(d, at) == '{';
    for (size_t i = doc_first(d, at); !doc_at_end(d, i);) {
        i += named ? 1 : 0;
        if (has_content(d, i)) {
            return true;
        }
        i = doc_next(d, i);
    }
    return false;
}

static bool next_record(struct otlp *o)
{
    while (o->level >= OTLP_REQUEST) {
        size_t at = next_child(o);
        if (at == 0) {
            o->level--;
        } else if (o->level < OTLP_SCOPE || o->level == OTLP_METRIC ||
                   (o->level == OTLP_SCOPE && o->metrics)) {
            enter(o, (enum otlp_level)(o->level + 1), at);
        } else if (has_content(o->doc, at)) {
            o->record = at;
            return true;
        } else {
            o->missed.others++;
        }
    }
    return false;
}

void otlp_start(struct otlp *o, const struct doc *doc, size_t at, unsigned heads)
{
    *o = (struct otlp){.doc = doc, .heads = heads};
    enter(o, OTLP_REQUEST, at);
}

size_t otlp_count(const struct doc *doc, size_t at, unsigned heads, struct otlp_missed *missed)
{
    struct otlp o;
    size_t n = 0;
    otlp_start(&o, doc, at, heads);
    while (next_record(&o)) {
        n++;
    }
    *missed = o.missed;
    return n;
}

/* ---- records ---- */

static void write_metric(const struct otlp *o, struct buf *out)
{
    buf_add(out, SPAN(",\"metric\":{\"type\":\""));
    buf_add(out, o->metric_type);
    buf_add_byte(out, '"');
    for (size_t i = 0; i < OTLP_METRIC_PARTS; i++) {
        struct span name = i < OF_THE_METRIC ? metric_parts[i] : data_parts[i - OF_THE_METRIC];
        otlp_write_copy(o->doc, o->metric_parts[i], name, out);
    }
    buf_add_byte(out, '}');
}

/*
 * What all records of a resource begin with, written only for the first of them: elements that are
 * dropped also cost a walk, and no limit of the output would bound that.
 */
static void write_shared(struct otlp *o, struct buf *text)
{
    size_t resource = o->places[OTLP_RESOURCE].at;
    if (o->shared == resource && !text->overflowed) {
        text->n = o->shared_bytes;
        return;
    }
    buf_clear(text);
    buf_add(text, SPAN("{\"resource\":{\"attributes\":"));
    if (o->attributes != 0) {
        otlp_write_attributes(o->doc, o->attributes, text);
    } else {
        buf_add(text, SPAN("{}"));
    }
    buf_add_byte(text, '}');
    o->shared = resource;
    o->shared_bytes = text->n;
}

bool otlp_next(struct otlp *o, struct buf *text)
{
    if (!next_record(o)) {
        buf_clear(text);
        return false;
    }
    write_shared(o, text);
    otlp_write_copy(o->doc, o->scope, SPAN("scope"), text);
    if (o->level == OTLP_DATA) {
        write_metric(o, text);
    }
    otlp_write_members(o->doc, o->record, false, text);
    buf_add_byte(text, '}');
    return true;
}
