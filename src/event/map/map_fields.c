/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/map_fields.h"

#include "event/map/convert.h"
#include "event/schema/rules.h"
#include "event/schema/runtimes.h"
#include "event/schema/word_match.h"

static const struct span nothing = {"", 0};

/* ---- types ---- */

/* An array of strings, or a text of JSON or with commas that becomes one. */
static bool texts_value(const struct hit *hit, struct field_value *v)
{
    const struct doc *doc = hit->doc;
    *v = (struct field_value){VALUE_DOC, nothing, doc, hit->at, hit->path, hit->folded};
    if (doc_tag(doc, hit->at) == '"') {
        v->kind = VALUE_LIST;
        v->text = doc_string(doc, hit->at);
        return true;
    }
    if (doc_tag(doc, hit->at) != '[') {
        return false;
    }
    for (size_t i = doc_first(doc, hit->at); !doc_at_end(doc, i); i = doc_next(doc, i)) {
        if (doc_tag(doc, i) != '"') {
            return false;
        }
    }
    return true;
}

static bool any_value(const struct hit *hit, struct field_value *v)
{
    *v = (struct field_value){VALUE_DOC, nothing, hit->doc, hit->at, hit->path, hit->folded};
    if (doc_tag(hit->doc, hit->at) == '"') {
        v->kind = VALUE_JSON;
        v->text = doc_string(hit->doc, hit->at);
    }
    return true;
}

static bool text_of(struct draft *d, enum field f, const struct hit *hit, struct span *text)
{
    if (f == FIELD_COMMAND_COMMAND && doc_tag(hit->doc, hit->at) == '[') {
        return convert_command(d->arena, hit->doc, hit->at, text);
    }
    return value_text(hit->doc, hit->at, text);
}

/* A whole number, of an integer or of a text. */
static bool whole_value(struct draft *d, const struct hit *hit, struct field_value *v)
{
    struct span text;
    int64_t per = (hit->when & ALIAS_NS) != 0 ? 1000000 : 1;
    *v = (struct field_value){VALUE_LITERAL, nothing, hit->doc, hit->at, hit->path, hit->folded};
    if (doc_tag(hit->doc, hit->at) == 'l') {
        v->text = convert_integer(d->arena, doc_int64(hit->doc, hit->at), per);
        return true;
    }
    return value_text(hit->doc, hit->at, &text) && convert_whole(d->arena, text, per, &v->text);
}

/* The hit as a value of the field's type. False: it cannot be converted. */
static bool typed_value(struct draft *d, enum field f, const struct hit *hit, struct field_value *v)
{
    if (fields[f].type == TYPE_ANY) {
        return any_value(hit, v);
    }
    if (fields[f].type == TYPE_TEXTS) {
        return texts_value(hit, v);
    }
    if (fields[f].type == TYPE_INT) {
        return whole_value(d, hit, v);
    }
    struct span text;
    if (!text_of(d, f, hit, &text)) {
        return false;
    }
    *v = (struct field_value){VALUE_LITERAL, text, hit->doc, hit->at, hit->path, hit->folded};
    switch ((int)fields[f].type) {
    case TYPE_FLOAT:
        return convert_number(text, &v->text);
    case TYPE_BOOL:
        return convert_bool(text, &v->text);
    default:
        v->kind = VALUE_TEXT;
        return true;
    }
}

/* ---- fields that accept only some texts ---- */

static bool agent_is_shipper(const struct draft *d)
{
    struct span type;
    return lookup_text(d->lookup, FACT_AGENT_TYPE, &type) && runtime_is_shipper(type);
}

static bool accept_harness(struct draft *d, const struct hit *hit, struct field_value *v)
{
    struct span name;
    if (!text_cache_find(&d->harnesses, v->text, &name)) {
        name = runtime_is_shipper(v->text) ? span_of(v->text.p, 0) : runtime_name(v->text);
        text_cache_keep(&d->harnesses, v->text, name);
    }
    v->text = name;
    return name.n > 0 && ((hit->when & ALIAS_NO_SHIPPER) == 0 || !agent_is_shipper(d));
}

/* normalization.md §4, endpoint.os */
static struct span os_of_text(struct draft *d, struct span s)
{
    static const char distributions[] = "ubuntu debian fedora centos rhel redhat alpine arch "
                                        "manjaro suse opensuse sles amzn amazon rocky alma oracle "
                                        "gentoo nixos mint linuxmint kali raspbian pop slackware";
    struct span low = arena_lower(d->arena, text_trim(s));
    if (span_eq(low, SPAN("linux")) || span_eq(low, SPAN("windows"))) {
        return low;
    }
    if (text_starts_with_word_of(low, "mac osx darwin") || span_eq(low, SPAN("os x"))) {
        return SPAN("darwin");
    }
    if (span_starts(low, SPAN("win"))) {
        return SPAN("windows");
    }
    bool linux_like = text_has(low, SPAN("linux")) || span_starts(low, SPAN("red hat")) ||
                      text_starts_with_word_of(low, distributions);
    return linux_like ? SPAN("linux") : low;
}

static struct span os_name(struct draft *d, struct span s)
{
    static const struct span known[] = {SPAN_INIT("darwin"), SPAN_INIT("linux"),
                                        SPAN_INIT("windows")};
    struct span os;
    if (text_cache_find(&d->systems, s, &os)) {
        return os;
    }
    os = os_of_text(d, s);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (span_eq(os, known[i])) {
            text_cache_keep(&d->systems, s, known[i]);
        }
    }
    return os;
}

static struct span without_heads(struct span branch)
{
    return span_starts(branch, SPAN("refs/heads/")) ? span_from(branch, 11) : branch;
}

static const bool restricted[FIELDS] = {
    [FIELD_ORIGIN] = true,
    [FIELD_HARNESS_NAME] = true,
    [FIELD_ENDPOINT_AGENT_VERSION] = true,
    [FIELD_ENDPOINT_OS] = true,
    [FIELD_TRACE_ID] = true,
    [FIELD_TRACE_SPAN_ID] = true,
    [FIELD_TRACE_PARENT_SPAN_ID] = true,
    [FIELD_CONTENT_RETENTION] = true,
    [FIELD_BRANCH] = true,
    [FIELD_RUN_BRANCH] = true,
    [FIELD_NETWORK_PROTOCOL_NAME] = true,
    [FIELD_NETWORK_TRANSPORT] = true,
};

/* Convert the text of a restricted field. False: the next hit is to be tried. */
static bool accept_text(struct draft *d, enum field f, const struct hit *hit, struct field_value *v)
{
    switch ((int)f) {
    case FIELD_ORIGIN:
        v->text = arena_lower(d->arena, text_trim(v->text));
        return word_in(v->text, "local cloud ci");
    case FIELD_HARNESS_NAME:
        return accept_harness(d, hit, v);
    case FIELD_ENDPOINT_AGENT_VERSION:
        return (hit->when & ALIAS_NO_SHIPPER) == 0 || !agent_is_shipper(d);
    case FIELD_ENDPOINT_OS:
        v->text = os_name(d, v->text);
        return true;
    case FIELD_TRACE_ID:
        return convert_hex(d->arena, v->text, 32, &v->text);
    case FIELD_TRACE_SPAN_ID:
    case FIELD_TRACE_PARENT_SPAN_ID:
        return convert_hex(d->arena, v->text, 16, &v->text);
    case FIELD_CONTENT_RETENTION:
        return word_in(v->text, "metadata redacted full");
    case FIELD_BRANCH:
    case FIELD_RUN_BRANCH:
        v->text = without_heads(v->text);
        return v->text.n > 0;
    case FIELD_NETWORK_PROTOCOL_NAME:
    case FIELD_NETWORK_TRANSPORT:
        v->text = arena_lower(d->arena, v->text);
        return true;
    default:
        return true;
    }
}

/* The hit as the value of the field. False: the next hit is to be tried. */
static bool map_hit(struct draft *d, enum field f, const struct hit *hit, struct field_value *v)
{
    return typed_value(d, f, hit, v) && (!restricted[f] || accept_text(d, f, hit, v));
}

/* The first hit after the first that is accepted. */
static bool map_other_hit(struct draft *d, enum field f, struct field_value *v)
{
    struct search s = lookup_search((int)f);
    struct hit hit;
    bool first = true;
    for (; lookup_next(d->lookup, &s, &hit); first = false) {
        if (!first && map_hit(d, f, &hit, v)) {
            return true;
        }
    }
    return false;
}

void draft_map_field(struct draft *d, enum field f)
{
    struct field_value *v = draft_slot(d, f);
    struct hit hit;
    struct span constant;
    if (d->in->rules != NULL && rules_constant(d->in->rules, f, &constant)) {
        *v = (struct field_value){VALUE_TEXT, constant, NULL, 0, NULL, false};
    } else if (!lookup_first(d->lookup, (int)f, &hit) ||
               (!map_hit(d, f, &hit, v) && !map_other_hit(d, f, v))) {
        *v = (struct field_value){0};
    }
}

/* Fields that are decided later, when more is known. */
static const bool mapped_later[FACTS_END] = {
    [FIELD_TIMESTAMP] = true,   [FIELD_EVENT_CATEGORY] = true,  [FIELD_SEVERITY] = true,
    [FIELD_PROMPT_TEXT] = true, [FIELD_APPROVAL_REASON] = true, [FIELD_FILE_OPERATION] = true,
};

/* Every field that has a place in this record, or a rule of the customer's. */
void draft_map_fields(struct draft *d)
{
    size_t count = 0;
    const int16_t *rows = lookup_rows(d->lookup, &count);
    if (d->in->rules != NULL) {
        for (int f = 0; f < FIELDS; f++) {
            if (!mapped_later[f] && !field_is_reserved((enum field)f)) {
                draft_map_field(d, (enum field)f);
            }
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if ((rows[i] < FIELDS) & !mapped_later[rows[i]]) { /* reserved fields have no row */
            draft_map_field(d, (enum field)rows[i]);
        }
    }
}
