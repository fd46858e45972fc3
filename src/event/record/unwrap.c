/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/unwrap.h"

#include "codec/list_names.h"
#include "event/schema/rules.h"

enum { HEC_MEMBERS = 7 };

/* Member by member: `texts` need not be cleared for each record. */
static inline void clear_unwrap(struct unwrap *u)
{
    u->must = false;
    u->base64 = false;
    u->nothing = NULL;
    u->skip = false;
    u->vector = false;
    u->count = 0;
    u->at = 0;
    u->list = 0;
    u->messages = false;
    u->others = false;
    u->path = false;
    u->json = false;
    u->time = 0;
    u->host = 0;
}

static bool has_tag(const struct doc *d, size_t at, char tag)
{
    return at != 0 && doc_tag(d, at) == tag;
}

static bool begins_object(struct span s)
{
    s = span_starts(s, SPAN("\xef\xbb\xbf")) ? span_from(s, 3) : s;
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\n' || *s.p == '\r')) {
        s = span_from(s, 1);
    }
    return s.n > 0 && *s.p == '{';
}

/* The member must be an object, or the text of one. */
static void require(const struct doc *d, size_t object, size_t at, struct unwrap *u)
{
    u->must = true;
    u->member = doc_string(d, at - 1);
    u->at = has_tag(d, at, '{') ? at : 0;
    u->count = has_tag(d, at, '"') ? 1 : 0;
    if (u->count > 0) {
        u->texts[0] = (struct unwrap_text){doc_string(d, at), u->member, at, object};
    }
}

/* ---- normalization.md §2, rule 1: Vector's wrapper around a line that it did not parse ---- */

static bool find_vector_wrapper(const struct doc *d, size_t at, const struct record_index *index,
                                struct unwrap *u)
{
    size_t message = index->at[INDEX_MESSAGE];
    if (!has_tag(d, message, '"') || !has_tag(d, index->at[INDEX_SOURCE_TYPE], '"') ||
        index->at[INDEX_FILE] == 0 || index->at[INDEX_VENDOR] != 0) {
        return false;
    }
    require(d, at, message, u);
    u->vector = true;
    return true;
}

/* ---- rule 1b: wrappers of Filebeat, Fluent Bit, Docker, Cribl and others around a line as text
 * ---- */

static void add_candidate(const struct doc *d, size_t object, size_t at, struct unwrap *u)
{
    if (has_tag(d, at, '"') && begins_object(doc_string(d, at))) {
        u->texts[u->count++] =
            (struct unwrap_text){doc_string(d, at), doc_string(d, at - 1), at, object};
    }
}

static void find_texts(const struct doc *d, size_t at, const struct record_index *index,
                       struct unwrap *u)
{
    static const uint8_t before[] = {INDEX_MESSAGE, INDEX_LOG, INDEX_RAW, INDEX_JOURNAL,
                                     INDEX_EVENT_ORIGINAL};
    static const uint8_t after[] = {INDEX_BODY, INDEX_SQS_BODY, INDEX_SNS_MESSAGE,
                                    INDEX_SHORT_MESSAGE, INDEX_FULL_MESSAGE};
    for (size_t i = 0; i < sizeof(before); i++) {
        add_candidate(d, at, index->at[before[i]], u);
    }
    size_t event = index->at[INDEX_EVENT];
    if (has_tag(d, event, '{')) {
        add_candidate(d, event, doc_member(d, event, SPAN("original")), u);
    }
    for (size_t i = 0; i < sizeof(after); i++) {
        add_candidate(d, at, index->at[after[i]], u);
    }
}

/* ---- rules 2 to 2f: envelopes ---- */

/* All members are of those that Splunk's HTTP event collector knows. */
static bool only_hec_members(const struct doc *d, size_t at, const struct record_index *index)
{
    static const struct span names[HEC_MEMBERS] = {
        SPAN_INIT("event"), SPAN_INIT("time"),       SPAN_INIT("host"),  SPAN_INIT("source"),
        SPAN_INIT("index"), SPAN_INIT("sourcetype"), SPAN_INIT("fields")};
    if (index->count > HEC_MEMBERS) {
        return false;
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        int known = 0;
        while (known < HEC_MEMBERS && !span_eq(doc_string(d, i), names[known])) {
            known++;
        }
        if (known == HEC_MEMBERS) {
            return false;
        }
    }
    return true;
}

/* The names of ECS's field set `event`. */
static const struct span ecs_event_names[] = {SPAN_INIT("action"),     SPAN_INIT("agent_id_status"),
                                              SPAN_INIT("category"),   SPAN_INIT("code"),
                                              SPAN_INIT("created"),    SPAN_INIT("dataset"),
                                              SPAN_INIT("duration"),   SPAN_INIT("end"),
                                              SPAN_INIT("hash"),       SPAN_INIT("id"),
                                              SPAN_INIT("ingested"),   SPAN_INIT("kind"),
                                              SPAN_INIT("module"),     SPAN_INIT("original"),
                                              SPAN_INIT("outcome"),    SPAN_INIT("provider"),
                                              SPAN_INIT("reason"),     SPAN_INIT("reference"),
                                              SPAN_INIT("risk_score"), SPAN_INIT("risk_score_norm"),
                                              SPAN_INIT("sequence"),   SPAN_INIT("severity"),
                                              SPAN_INIT("start"),      SPAN_INIT("timezone"),
                                              SPAN_INIT("type"),       SPAN_INIT("url")};

bool unwrap_is_ecs_event(const struct doc *d, size_t at)
{
    enum { NAMES = sizeof(ecs_event_names) / sizeof(ecs_event_names[0]) };
    bool ecs = true;
    for (size_t i = doc_first(d, at); ecs && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        size_t known = 0;
        while (known < NAMES && !span_eq(doc_string(d, i), ecs_event_names[known])) {
            known++;
        }
        ecs = known < NAMES;
    }
    return ecs;
}

/* Splunk's HTTP event collector, which ECS resembles. */
static bool find_hec(const struct doc *d, size_t at, const struct record_index *index,
                     struct unwrap *u)
{
    size_t event = index->at[INDEX_EVENT];
    bool may = index->at[INDEX_SOURCETYPE] != 0 || index->at[INDEX_INDEX] != 0 ||
               index->count <= HEC_MEMBERS;
    if (event == 0 || !may || (index->signs & SIGN_ECS) != 0) {
        return false;
    }
    bool object = has_tag(d, event, '{');
    bool text = has_tag(d, event, '"');
    bool named =
        has_tag(d, index->at[INDEX_SOURCETYPE], '"') || has_tag(d, index->at[INDEX_INDEX], '"');
    bool only = (named || index->count <= HEC_MEMBERS) && only_hec_members(d, at, index);
    if (!only) {
        named = named && object && !unwrap_is_ecs_event(d, event);
    } else if (!named && (object || (text && begins_object(doc_string(d, event))))) {
        named = has_tag(d, doc_member(d, at, SPAN("source")), '"') ||
                has_tag(d, doc_member(d, at, SPAN("fields")), '{');
    }
    if (named) {
        require(d, at, event, u);
        u->time = index->at[INDEX_TIME];
        u->host = index->at[INDEX_HOST];
    }
    return named;
}

/* Beacon's own policy envelope, and an event collector's around Beacon. */
static void find_beacon_envelope(const struct doc *d, const struct record_index *index,
                                 struct unwrap *u)
{
    size_t event = index->at[INDEX_EVENT];
    if (!has_tag(d, event, '{') || index->at[INDEX_VENDOR] != 0 ||
        (doc_member(d, event, SPAN("vendor")) == 0 &&
         doc_member(d, event, SPAN("schema_version")) == 0 &&
         !has_tag(d, doc_member(d, event, SPAN("event")), '{'))) {
        return;
    }
    u->at = event;
    u->time = index->at[INDEX_TIME];
    u->host = index->at[INDEX_HOST];
}

/* The name of a log stream is a host unless it is a path, as those of Lambda and ECS are. */
static size_t stream_host(const struct doc *d, size_t at)
{
    struct span s = has_tag(d, at, '"') ? doc_string(d, at) : SPAN("/");
    return memchr(s.p, '/', s.n) == NULL && memchr(s.p, '[', s.n) == NULL ? at : 0;
}

static bool begins_value(struct span s)
{
    return begins_object(s) || (s.n > 0 && *s.p == '[');
}

/* A member in which CloudWatch Logs would not write, and another writer might have put records. */
static bool may_hold_records(const struct doc *d, size_t name)
{
    struct span s = doc_string(d, name);
    char tag = doc_tag(d, name + 1);
    return !span_eq(s, SPAN("logEvents")) && !span_eq(s, SPAN("subscriptionFilters")) &&
           (tag == '{' || tag == '[' || (tag == '"' && begins_value(doc_string(d, name + 1))));
}

/* A log event of CloudWatch Logs itself, without a record in its text or beside it. */
static bool is_control_event(const struct doc *d, size_t at)
{
    size_t message = has_tag(d, at, '{') ? doc_member(d, at, SPAN("message")) : 0;
    struct span text = has_tag(d, message, '"') ? doc_string(d, message) : SPAN("");
    bool control =
        span_starts(text, SPAN("CWL CONTROL MESSAGE")) && memchr(text.p, '{', text.n) == NULL;
    for (size_t i = control ? doc_first(d, at) : 0; control && !doc_at_end(d, i);
         i = doc_next(d, i + 1)) {
        control = !may_hold_records(d, i);
    }
    return control;
}

/*
 * Whether it is what CloudWatch Logs writes itself: all log events have its text. Something else
 * with the type of a control message may have records, which must not be skipped.
 */
static bool is_control_message(const struct doc *d, size_t at, size_t log_events)
{
    bool control = has_tag(d, log_events, '[');
    for (size_t i = doc_first(d, at); control && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        control = !may_hold_records(d, i);
    }
    for (size_t i = control ? doc_first(d, log_events) : 0; control && !doc_at_end(d, i);
         i = doc_next(d, i)) {
        control = is_control_event(d, i);
    }
    return control;
}

/* A subscription of CloudWatch Logs. It sends control messages, too, to see whether it may. */
static void find_log_events(const struct doc *d, size_t at, size_t log_events, size_t type,
                            struct unwrap *u)
{
    u->must = true;
    u->member = SPAN("logEvents");
    u->list = log_events;
    u->messages = true;
    u->host = stream_host(d, doc_member(d, at, SPAN("logStream")));
    if (span_eq(doc_string(d, type), SPAN("CONTROL_MESSAGE"))) {
        u->skip = is_control_message(d, at, log_events);
        u->nothing = "a control message of CloudWatch Logs with other records in it";
    } else if (!has_tag(d, log_events, '[')) {
        u->nothing = "the member logEvents is no list";
    }
}

/* A LogEntry of Google Cloud: its payload is an object, or a text. */
static bool find_log_entry(const struct doc *d, size_t at, const struct record_index *index,
                           struct unwrap *u)
{
    size_t object = doc_member(d, at, SPAN("jsonPayload"));
    size_t text = doc_member(d, at, SPAN("textPayload"));
    size_t payload = has_tag(d, object, '{') ? object : has_tag(d, text, '"') ? text : 0;
    if (payload != 0 && has_tag(d, doc_member(d, at, SPAN("logName")), '"')) {
        require(d, at, payload, u);
        u->time = index->at[INDEX_TIMESTAMP];
    }
    return u->must;
}

/* A notification of SNS, or what it writes when a subscription begins and ends. */
static bool find_sns_message(const struct doc *d, size_t at, const struct record_index *index,
                             struct unwrap *u)
{
    size_t message = index->at[INDEX_SNS_MESSAGE];
    bool typed = has_tag(d, doc_member(d, at, SPAN("Type")), '"') ||
                 has_tag(d, doc_member(d, at, SPAN("MessageId")), '"');
    if (typed && message != 0 && has_tag(d, doc_member(d, at, SPAN("TopicArn")), '"')) {
        require(d, at, message, u);
        u->time = doc_member(d, at, SPAN("Timestamp"));
    }
    return u->must;
}

/* Envelopes of platforms: one member of each has a name that only it has. */
static bool find_named(const struct doc *d, size_t at, const struct record_index *index,
                       struct unwrap *u)
{
    size_t log_events = doc_member(d, at, SPAN("logEvents"));
    size_t detail = doc_member(d, at, SPAN("detail"));
    size_t data = doc_member(d, at, SPAN("data"));
    size_t base64 = doc_member(d, at, SPAN("data_base64"));
    size_t type = doc_member(d, at, SPAN("messageType"));
    if (log_events != 0 && has_tag(d, type, '"') && doc_member(d, at, SPAN("logGroup")) != 0) {
        find_log_events(d, at, log_events, type, u);
        return true;
    }
    u->time = index->at[INDEX_TIME];
    if (detail != 0 && has_tag(d, doc_member(d, at, SPAN("detail-type")), '"')) {
        require(d, at, detail, u);
    } else if (data != 0 && has_tag(d, doc_member(d, at, SPAN("specversion")), '"')) {
        require(d, at, data, u);
    } else if (base64 != 0 && has_tag(d, doc_member(d, at, SPAN("specversion")), '"')) {
        require(d, at, base64, u);
        u->at = 0;
        u->base64 = true;
    } else {
        u->time = 0;
    }
    return u->must || find_log_entry(d, at, index, u) || find_sns_message(d, at, index, u);
}

static bool is_one_of(struct span name, const struct span *names, size_t count)
{
    size_t i = 0;
    while (i < count && !span_eq(name, names[i])) {
        i++;
    }
    return i < count;
}
#define IS_ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof((names)[0]))

/* What Filebeat and Elastic Agent write beside a line; of `event` only its source and times. */
static bool only_filebeat_members(const struct doc *d, size_t at)
{
    static const struct span names[] = {
        SPAN_INIT("@timestamp"),    SPAN_INIT("json"),         SPAN_INIT("agent"),
        SPAN_INIT("ecs"),           SPAN_INIT("host"),         SPAN_INIT("input"),
        SPAN_INIT("log"),           SPAN_INIT("message"),      SPAN_INIT("tags"),
        SPAN_INIT("fields"),        SPAN_INIT("@metadata"),    SPAN_INIT("@version"),
        SPAN_INIT("cloud"),         SPAN_INIT("container"),    SPAN_INIT("docker"),
        SPAN_INIT("kubernetes"),    SPAN_INIT("orchestrator"), SPAN_INIT("data_stream"),
        SPAN_INIT("elastic_agent"), SPAN_INIT("error"),        SPAN_INIT("event"),
        SPAN_INIT("fileset"),       SPAN_INIT("service"),      SPAN_INIT("stream"),
        SPAN_INIT("beat"),          SPAN_INIT("offset"),       SPAN_INIT("prospector"),
        SPAN_INIT("source"),        SPAN_INIT("labels"),       SPAN_INIT("process")};
    static const struct span of_event[] = {SPAN_INIT("dataset"),        SPAN_INIT("module"),
                                           SPAN_INIT("original"),       SPAN_INIT("created"),
                                           SPAN_INIT("ingested"),       SPAN_INIT("timezone"),
                                           SPAN_INIT("agent_id_status")};
    bool only = true;
    for (size_t i = doc_first(d, at); only && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        only = IS_ONE_OF(name, names);
        bool event = span_eq(name, SPAN("event"));
        only = only && (!event || has_tag(d, i + 1, '{'));
        for (size_t k = event && only ? doc_first(d, i + 1) : 0;
             k != 0 && only && !doc_at_end(d, k); k = doc_next(d, k + 1)) {
            only = IS_ONE_OF(doc_string(d, k), of_event);
        }
    }
    return only;
}

static bool has_members(const struct doc *d, size_t at)
{
    return has_tag(d, at, '{') && doc_count(d, at) > 0;
}

/* A line that Filebeat has decoded as JSON: in `json`, or where the line was, in `message`. */
static void find_filebeat(const struct doc *d, size_t at, const struct record_index *index,
                          struct unwrap *u)
{
    size_t json = doc_member(d, at, SPAN("json"));
    json = has_members(d, json) ? json : index->at[INDEX_MESSAGE];
    size_t time = has_members(d, json) ? doc_member(d, at, SPAN("@timestamp")) : 0;
    if (!has_tag(d, time, '"') || has_tag(d, index->at[INDEX_LOG], '"') ||
        !only_filebeat_members(d, at)) {
        return;
    }
    size_t host = index->at[INDEX_HOST];
    u->json = true;
    u->member = doc_string(d, json - 1);
    u->at = json;
    u->time = time;
    u->host = has_tag(d, host, '{') ? doc_member(d, host, SPAN("name")) : host;
}

/*
 * The value of a path of names joined by dots, each name literal or an object of that name.
 * *others is set if an object on the path, below the first one, has members beside the path.
 */
static size_t at_path(const struct doc *d, size_t object, struct span path, bool *others)
{
    size_t found = doc_member(d, object, path);
    for (size_t i = path.n; found == 0 && i > 0; i--) {
        if (path.p[i - 1] == '.') {
            size_t next = doc_member(d, object, span_of(path.p, i - 1));
            found = has_tag(d, next, '{') ? at_path(d, next, span_from(path, i), others) : 0;
            *others = *others || (found != 0 && doc_count(d, next) > 1);
        }
    }
    return found;
}

size_t unwrap_customers(const struct doc *d, size_t at, const struct rules *rules, bool *others)
{
    struct span path;
    for (size_t i = 0; rules_unwrap(rules, i, &path); i++) {
        *others = false;
        size_t inside = at_path(d, at, path, others);
        if (has_tag(d, inside, '{')) {
            return inside;
        }
    }
    *others = false;
    return 0;
}

/* The customer's own envelopes: the first path with an object. */
static bool find_customers(const struct doc *d, size_t at, const struct record_index *index,
                           const struct rules *rules, struct unwrap *u)
{
    u->at = unwrap_customers(d, at, rules, &u->others);
    if (u->at == 0) {
        return false;
    }
    u->must = true;
    u->path = true;
    u->member = doc_string(d, u->at - 1);
    u->time =
        index->at[INDEX_TIME] != 0 ? index->at[INDEX_TIME] : doc_member(d, at, SPAN("timestamp"));
    u->host = index->at[INDEX_HOST];
    return true;
}

bool unwrap_list_has_object(const struct doc *d, size_t list)
{
    bool found = false;
    for (size_t i = doc_first(d, list); !found && !doc_at_end(d, i); i = doc_next(d, i)) {
        found = doc_tag(d, i) == '{' || (doc_tag(d, i) == '[' && unwrap_list_has_object(d, i));
    }
    return found;
}

/*
 * A list with objects. The first name of the table that it has counts. A list of log events is
 * known by its name, since what CloudWatch writes beside it may follow after it.
 */
static void find_list(const struct doc *d, size_t at, const struct record_index *index,
                      struct unwrap *u)
{
    const struct list_names *lists = &list_names[LIST_NAMES_ENVELOPE];
    for (size_t i = 0; u->list == 0 && i < lists->count; i++) {
        size_t list = doc_member(d, at, lists->names[i]);
        if (has_tag(d, list, '[') && unwrap_list_has_object(d, list)) {
            u->list = list;
            u->messages = span_eq(lists->names[i], SPAN("logEvents"));
        }
    }
    if (u->at == 0 && u->list != 0) {
        u->time = u->messages ? 0 : index->at[INDEX_TIME];
        u->host = u->messages ? stream_host(d, doc_member(d, at, SPAN("logStream")))
                              : index->at[INDEX_HOST];
    }
}

void unwrap_look(const struct doc *d, size_t at, const struct record_index *index,
                 const struct rules *rules, struct unwrap *u)
{
    clear_unwrap(u);
    if (find_vector_wrapper(d, at, index, u) || find_customers(d, at, index, rules, u)) {
        return;
    }
    if ((index->signs & SIGN_ENVELOPE) != 0 && find_named(d, at, index, u)) {
        return;
    }
    find_texts(d, at, index, u);
    find_beacon_envelope(d, index, u);
    if (u->at == 0 && find_hec(d, at, index, u)) {
        return;
    }
    if (u->at == 0 && (index->signs & SIGN_ECS) != 0) {
        find_filebeat(d, at, index, u);
    }
    if ((index->signs & SIGN_LIST) != 0) {
        find_list(d, at, index, u);
    }
}

void unwrap_log_event(const struct doc *d, size_t at, const struct record_index *index,
                      struct unwrap *u)
{
    clear_unwrap(u);
    u->must = true;
    u->member = SPAN("message");
    if (index->at[INDEX_MESSAGE] != 0) {
        require(d, at, index->at[INDEX_MESSAGE], u);
    }
    u->time = index->at[INDEX_TIMESTAMP];
}
