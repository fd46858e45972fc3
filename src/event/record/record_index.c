/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/record_index.h"

#include "codec/list_names.h"

#include <stddef.h>

enum {
    OBJECT = KIND_OBJECT,
    ARRAY = KIND_ARRAY,
    STRING = KIND_STRING,
    SCALAR = KIND_SCALAR,
    NOT_NULL = OBJECT | ARRAY | STRING | SCALAR,
    ANY = NOT_NULL | KIND_NULL,
};

static const uint8_t kinds[] = {
    ['{'] = OBJECT, ['['] = ARRAY,  ['"'] = STRING, ['l'] = SCALAR, ['u'] = SCALAR,
    ['d'] = SCALAR, ['#'] = SCALAR, ['t'] = SCALAR, ['f'] = SCALAR, ['n'] = KIND_NULL,
};

/* clang-format off: one row a name */
static const struct {
    struct span name;
    struct name_note note;
} notes[] = {
    {SPAN_INIT("ecs"), {0, SIGN_ECS, NOT_NULL}},
    {SPAN_INIT("log"), {INDEX_LOG, 0, 0}},
    {SPAN_INIT("_raw"), {INDEX_RAW, 0, 0}},
    {SPAN_INIT("Body"), {INDEX_SQS_BODY, 0, 0}},
    {SPAN_INIT("body"), {INDEX_BODY, 0, 0}},
    {SPAN_INIT("file"), {INDEX_FILE, 0, 0}},
    {SPAN_INIT("host"), {INDEX_HOST, 0, 0}},
    {SPAN_INIT("time"), {INDEX_TIME, 0, 0}},
    {SPAN_INIT("type"), {INDEX_TYPE, 0, 0}},
    {SPAN_INIT("event"), {INDEX_EVENT, 0, 0}},
    {SPAN_INIT("index"), {INDEX_INDEX, 0, 0}},
    {SPAN_INIT("output"), {0, SIGN_BESIDE, NOT_NULL}},
    {SPAN_INIT("vendor"), {INDEX_VENDOR, 0, 0}},
    {SPAN_INIT("MESSAGE"), {INDEX_JOURNAL, 0, 0}},
    {SPAN_INIT("Message"), {INDEX_SNS_MESSAGE, 0, 0}},
    {SPAN_INIT("harness"), {INDEX_HARNESS, 0, 0}},
    {SPAN_INIT("logName"), {0, SIGN_ENVELOPE, STRING}},
    {SPAN_INIT("message"), {INDEX_MESSAGE, 0, 0}},
    {SPAN_INIT("TopicArn"), {0, SIGN_ENVELOPE, STRING}},
    {SPAN_INIT("sessionID"), {0, SIGN_BESIDE, NOT_NULL}},
    {SPAN_INIT("sessionId"), {0, SIGN_BESIDE, NOT_NULL}},
    {SPAN_INIT("timestamp"), {INDEX_TIMESTAMP, 0, 0}},
    {SPAN_INIT("@timestamp"), {0, SIGN_ECS, NOT_NULL}},
    {SPAN_INIT("Attributes"), {0, SIGN_OTEL, OBJECT | ARRAY}},
    {SPAN_INIT("attributes"), {0, SIGN_OTEL, OBJECT | ARRAY}},
    {SPAN_INIT("properties"), {0, SIGN_BESIDE, NOT_NULL}},
    {SPAN_INIT("session_id"), {0, SIGN_BESIDE, NOT_NULL}},
    {SPAN_INIT("sourcetype"), {INDEX_SOURCETYPE, 0, 0}},
    {SPAN_INIT("detail-type"), {0, SIGN_ENVELOPE, STRING}},
    {SPAN_INIT("ecs.version"), {0, SIGN_ECS, NOT_NULL}},
    {SPAN_INIT("messageType"), {0, SIGN_ENVELOPE, STRING}},
    {SPAN_INIT("source_type"), {INDEX_SOURCE_TYPE, 0, 0}},
    {SPAN_INIT("specversion"), {0, SIGN_ENVELOPE, STRING}},
    {SPAN_INIT("timeUnixNano"), {0, SIGN_OTEL, NOT_NULL}},
    {SPAN_INIT("LogAttributes"), {0, SIGN_OTEL, OBJECT | ARRAY}},
    {SPAN_INIT("hookEventName"), {0, SIGN_HOOK, STRING}},
    {SPAN_INIT("SpanAttributes"), {0, SIGN_OTEL, OBJECT | ARRAY}},
    {SPAN_INIT("full_message"), {INDEX_FULL_MESSAGE, 0, 0}},
    {SPAN_INIT("short_message"), {INDEX_SHORT_MESSAGE, 0, 0}},
    {SPAN_INIT("event.original"), {INDEX_EVENT_ORIGINAL, 0, 0}},
    {SPAN_INIT("schema_version"), {INDEX_SCHEMA_VERSION, 0, 0}},
    {SPAN_INIT("hook_event_name"), {0, SIGN_HOOK, STRING}},
    {SPAN_INIT("agent_action_name"), {0, SIGN_HOOK, STRING}},
};

/*
 * Fields that journald itself writes; shippers may make them small or remove the first '_'. Those
 * of Docker's GELF driver and of NXLog, which write in the same way what the system knows.
 */
static const struct span journal_names[] = {
    SPAN_INIT("__REALTIME_TIMESTAMP"),
    SPAN_INIT("__MONOTONIC_TIMESTAMP"),
    SPAN_INIT("__CURSOR"),
    SPAN_INIT("_SOURCE_REALTIME_TIMESTAMP"),
    SPAN_INIT("_BOOT_ID"),
    SPAN_INIT("_MACHINE_ID"),
    SPAN_INIT("_TRANSPORT"),
    SPAN_INIT("_SYSTEMD_UNIT"),
    SPAN_INIT("_SYSTEMD_CGROUP"),
    SPAN_INIT("_UID"),
    SPAN_INIT("_GID"),
    SPAN_INIT("_PID"),
    SPAN_INIT("_COMM"),
    SPAN_INIT("_EXE"),
    SPAN_INIT("_CMDLINE"),
    SPAN_INIT("_boot_id"),
    SPAN_INIT("_machine_id"),
    SPAN_INIT("_transport"),
    SPAN_INIT("_systemd_unit"),
    SPAN_INIT("BOOT_ID"),
    SPAN_INIT("MACHINE_ID"),
    SPAN_INIT("SYSTEMD_UNIT"),
    SPAN_INIT("_container_id"),
    SPAN_INIT("SourceModuleName"),
    SPAN_INIT("SourceModuleType"),
};

/* Names that begin with one of these are a sign of OTel, whatever the value. */
static const struct span otel_prefixes[] = {
    SPAN_INIT("gen_ai."),
    SPAN_INIT("mcp."),
    SPAN_INIT("beacon."),
    SPAN_INIT("vcs."),
};
/* clang-format on */

static const struct name_note otel = {0, SIGN_OTEL, ANY};

static bool has_otel_prefix(struct span name)
{
    if (name.n <= 4) { /* a prefix alone ("mcp.", "vcs.") is not a sign of OTel */
        return false;
    }
    for (size_t i = 0; i < sizeof(otel_prefixes) / sizeof(otel_prefixes[0]); i++) {
        if (span_starts(name, otel_prefixes[i])) {
            return true;
        }
    }
    return false;
}

static void note_lists(struct pathset *names, const struct list_names *lists, uint8_t sign)
{
    for (size_t i = 0; i < lists->count; i++) {
        pathset_note(names, lists->names[i], (struct name_note){0, sign, ARRAY});
    }
}

void record_index_names(struct pathset *names)
{
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        pathset_note(names, notes[i].name, notes[i].note);
    }
    for (size_t i = 0; i < sizeof(journal_names) / sizeof(journal_names[0]); i++) {
        pathset_note(names, journal_names[i], (struct name_note){0, SIGN_JOURNAL, NOT_NULL});
    }
    note_lists(names, &list_names[LIST_NAMES_REQUEST], SIGN_OTLP);
    note_lists(names, &list_names[LIST_NAMES_ENVELOPE], SIGN_LIST);
    for (size_t i = 0; i < names->entry_count; i++) {
        if (has_otel_prefix(names->entries[i].text)) {
            names->entries[i].note = otel;
        }
    }
}

/* The entry of a name that is new to the set; WORD_NONE if it gets none. */
static int learn_name(struct record_index *index, struct pathset *names, struct span name)
{
    int e = pathset_learn(names, name);
    if (has_otel_prefix(name)) {
        index->signs |= SIGN_OTEL;
        if (e != WORD_NONE) {
            names->entries[e].note = otel;
        }
    }
    return e;
}

/* Without a branch: which members occur, and in which order, cannot be predicted. */
static inline void note_member(struct record_index *index, const struct pathset *names,
                               struct path_entry *e, uint32_t at, uint8_t kind)
{
    index->at[e->note.member] = at;
    index->signs |= (e->note.kinds & kind) != 0 ? e->note.sign : 0U;
    index->twice |= e->seen == names->objects;
    e->seen = names->objects;
}

void record_index_of(struct pathset *names, const struct doc *d, size_t at,
                     struct record_index *index)
{
    struct word_filter seen = {0}; /* names that had no entry when they were read */
    memset(index, 0, offsetof(struct record_index, rows));
    names->objects++;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        struct word_key key = word_key_padded(name);
        uint32_t hash = word_key_hash(key, name.n);
        int e = string_map_find_key(&names->index, name, key, hash);
        uint8_t kind = kinds[(size_t)doc_tag(d, i + 1)];
        index->kinds |= kind;
        int row = WORD_NONE;
        if (e == WORD_NONE) {
            e = learn_name(index, names, name);
            index->twice |=
                e != WORD_NONE ? word_filter_has(&seen, hash) : word_filter_seen(&seen, hash);
        }
        if (e != WORD_NONE) {
            row = names->entries[e].same;
            note_member(index, names, &names->entries[e], (uint32_t)i + 1, kind);
        }
        if (index->count++ < INDEX_ROWS) {
            index->rows[index->count - 1] = (struct record_index_row){(uint32_t)i + 1, row};
        }
    }
}
