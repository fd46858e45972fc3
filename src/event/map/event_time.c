/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/event_time.h"
#include "event/record/event_facts.h"

static const struct span nothing = {"", 0};

bool event_time_of_pair(const struct doc *d, size_t seconds, size_t nanos, struct timestamp *t)
{
    struct span text;
    int64_t part = 0;
    if (!value_text(d, seconds, &text) || !timestamp_number(text, TIME_SECONDS, t)) {
        return false;
    }
    if (nanos == 0 || !value_text(d, nanos, &text)) {
        return true;
    }
    return timestamp_nanos(text, &part) && t->ns % 1000000000 == 0 &&
           timestamp_pair(t->ns / 1000000000, part, t);
}

/* {"$date":..}: text, milliseconds, or {"$numberLong":".."} */
static bool time_of_mongo(const struct doc *d, size_t date, struct timestamp *t)
{
    struct span text;
    if (doc_tag(d, date) == '{') {
        date = doc_member(d, date, SPAN("$numberLong"));
        return date != 0 && value_text(d, date, &text) && timestamp_number(text, TIME_MILLIS, t);
    }
    if (!value_text(d, date, &text)) {
        return false;
    }
    return doc_tag(d, date) == '"' ? timestamp_parse(text, t)
                                   : timestamp_number(text, TIME_MILLIS, t);
}

/* PowerShell's ConvertTo-Json of Get-Date: {"value":..,"DisplayHint":2,"DateTime":".."} */
static bool time_of_powershell(const struct doc *d, size_t at, struct timestamp *t)
{
    size_t value = doc_member(d, at, SPAN("value"));
    return value != 0 && doc_tag(d, value) == '"' && doc_member(d, at, SPAN("DateTime")) != 0 &&
           timestamp_parse(doc_string(d, value), t);
}

static bool time_of_members(const struct doc *d, size_t at, struct timestamp *t)
{
    size_t seconds = doc_member(d, at, SPAN("seconds"));
    if (seconds != 0) {
        return event_time_of_pair(d, seconds, doc_member(d, at, SPAN("nanos")), t);
    }
    size_t date = doc_member(d, at, SPAN("$date"));
    return date != 0 ? time_of_mongo(d, date, t) : time_of_powershell(d, at, t);
}

/* No text form of a time is digits alone, so only numbers are tried. */
static bool time_of_integer(int64_t v, bool ns, struct timestamp *t)
{
    return v > 0 && ((ns && timestamp_integer((uint64_t)v, TIME_NANOS, t)) ||
                     timestamp_integer((uint64_t)v, TIME_BY_SIZE, t));
}

static bool time_of_hit(const struct hit *hit, struct timestamp *t)
{
    struct span text;
    bool in_ns = (hit->when & ALIAS_NS) != 0;
    if (doc_tag(hit->doc, hit->at) == '{') {
        return time_of_members(hit->doc, hit->at, t);
    }
    if (doc_tag(hit->doc, hit->at) == 'l') {
        return time_of_integer(doc_int64(hit->doc, hit->at), in_ns, t);
    }
    if (!value_text(hit->doc, hit->at, &text)) {
        return false;
    }
    return (in_ns && timestamp_number(text_trim(text), TIME_NANOS, t)) || timestamp_parse(text, t);
}

static bool is_plausible(const struct draft *d)
{
    return timestamp_plausible(d->time.ns, d->in->origin->modified_ns);
}

/* Take the object's time. `hit`: the first value that is not a usable time; no document: there is
 * none. */
static void time_from_object(struct draft *d, const struct hit *hit)
{
    d->time = timestamp_from_object(d->in->origin->modified_ns);
    if (hit->doc != NULL) {
        bool text =
            doc_tag(hit->doc, hit->at) == '"'; /* the usual case: its extent is not searched */
        struct span s = text ? doc_string(hit->doc, hit->at) : doc_source(hit->doc, hit->at);
        d->time_unread = arena_cut(d->arena, s, TIME_UNREAD_BYTES);
    }
}

void draft_decide_time(struct draft *d)
{
    struct search s = lookup_search(FIELD_TIMESTAMP);
    struct hit first = {.doc = NULL};
    struct hit hit;
    struct field_value *v = draft_slot(d, FIELD_TIMESTAMP);
    bool found = false;
    while (!found && lookup_next(d->lookup, &s, &hit)) {
        found = time_of_hit(&hit, &d->time) && is_plausible(d);
        first = first.doc == NULL ? hit : first;
    }
    d->time_unread = nothing;
    d->time_from_envelope = !found && d->in->envelope_time.n > 0 &&
                            timestamp_parse(d->in->envelope_time, &d->time) && is_plausible(d);
    if (found) {
        *v = (struct field_value){VALUE_TEXT, nothing, hit.doc, hit.at, hit.path, hit.folded};
    } else if (!d->time_from_envelope) {
        time_from_object(d, &first);
    }
    v->kind = VALUE_TEXT;
    v->text = timestamp_write(&d->time, arena_room(d->arena, TIMESTAMP_BYTES));
}
