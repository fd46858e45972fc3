/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shippers write beside the members of a record: where its line came from, with which command
 * it was collected, the fields of the journal, and what failed when they decoded it.
 */
#include "shipper_priv.h"

#include "event/schema/aliases.h"

static bool is_text(const struct doc *d, size_t at)
{
    return at != 0 && doc_tag(d, at) == '"';
}

/* Fluent Bit's own time: a number, or one of its forms with microseconds. */
static bool is_fluent_bit_date(const struct doc *d, size_t at)
{
    enum { SQL_BYTES = sizeof("2026-05-11 22:20:03.000000") - 1, ISO_BYTES = SQL_BYTES + 1 };
    char tag = at != 0 ? doc_tag(d, at) : 'n';
    return tag == '"' ? doc_string(d, at).n == SQL_BYTES || doc_string(d, at).n == ISO_BYTES
                      : tag == 'l' || tag == 'u' || tag == 'd';
}

/*
 * Whether a log shipper has put its own members beside those of the record. Then `file`,
 * `filename`, `path` and `source` are the file that the line stood in.
 */
static bool is_forwarded(const struct doc *d, size_t at)
{
    static const struct span names[] = {SPAN_INIT("@version"), SPAN_INIT("_raw"),
                                        SPAN_INIT("cribl_pipe")};
    static const struct span texts[] = {SPAN_INIT("source_type"), SPAN_INIT("sourcetype"),
                                        SPAN_INIT("log"), SPAN_INIT("tag")};
    size_t attributes = doc_member(d, at, SPAN("attributes"));
    size_t stream = doc_member(d, at, SPAN("stream"));
    bool found = is_fluent_bit_date(d, doc_member(d, at, SPAN("date")));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        found = found || doc_member(d, at, names[i]) != 0;
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        found = found || is_text(d, doc_member(d, at, texts[i]));
    }
    if (!found && is_text(d, stream)) {
        struct span s = doc_string(d, stream);
        found = span_eq(s, SPAN("stdout")) || span_eq(s, SPAN("stderr"));
    }
    return found || (attributes != 0 && doc_tag(d, attributes) == '{' &&
                     doc_member(d, attributes, SPAN("loki.attribute.labels")) != 0);
}

static bool is_text_of(const struct doc *d, size_t at, struct span text)
{
    return is_text(d, at) && span_eq(doc_string(d, at), text);
}

/* The value of `object.name`, as one name or nested; 0: there is none. */
static size_t member_of(const struct doc *d, size_t at, struct span object, struct span name,
                        struct span joined)
{
    size_t inside = doc_member(d, at, object);
    size_t found = inside != 0 && doc_tag(d, inside) == '{' ? doc_member(d, inside, name) : 0;
    return found != 0 ? found : doc_member(d, at, joined);
}

/* Filebeat's input journald, which writes the process that has logged. */
static bool is_filebeat_journal(const struct doc *d, size_t at)
{
    size_t journald = doc_member(d, at, SPAN("journald"));
    return (journald != 0 && doc_tag(d, journald) == '{') ||
           is_text_of(d, member_of(d, at, SPAN("input"), SPAN("type"), SPAN("input.type")),
                      SPAN("journald"));
}

/*
 * A command whose output is the record: of Vector's source exec a list, of Logstash's input exec a
 * text beside the output, which an agent's record has beside who ran it.
 */
static bool is_collected(const struct doc *d, size_t at, bool who)
{
    size_t command = doc_member(d, at, SPAN("command"));
    if (is_text_of(d, doc_member(d, at, SPAN("source_type")), SPAN("exec"))) {
        return command != 0 && doc_tag(d, command) == '[';
    }
    return !who && doc_member(d, at, SPAN("@version")) != 0 &&
           is_text(d, doc_member(d, at, SPAN("message"))) &&
           doc_member(d, at, SPAN("exit_code")) == 0;
}

/* What Filebeat adds to a line that it could not decode as JSON. */
static bool is_decoding_error(const struct doc *d, size_t at)
{
    static const struct span messages[] = {SPAN_INIT("Error decoding JSON"), SPAN_INIT("Key '"),
                                           SPAN_INIT("Value of key '")};
    size_t type = member_of(d, at, SPAN("error"), SPAN("type"), SPAN("error.type"));
    size_t message = member_of(d, at, SPAN("error"), SPAN("message"), SPAN("error.message"));
    bool found = false;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]) && is_text(d, message); i++) {
        found = found || span_starts(doc_string(d, message), messages[i]);
    }
    return found && is_text_of(d, type, SPAN("json"));
}

unsigned shipper_wrote(const struct doc *d, size_t at, unsigned own, bool who)
{
    bool process = (own & (ALIAS_OWN_COMMAND | ALIAS_OWN_USER)) != 0;
    bool journal = process && is_filebeat_journal(d, at);
    unsigned wrote = journal ? ALIAS_OWN_COMMAND | ALIAS_OWN_USER : 0U;
    if ((own & ALIAS_OWN) != 0 && is_forwarded(d, at)) {
        wrote |= ALIAS_OWN;
    }
    if ((own & ALIAS_OWN_COMMAND) != 0 && !journal && is_collected(d, at, who)) {
        wrote |= ALIAS_OWN_COMMAND;
    }
    if ((own & ALIAS_OWN_ERROR) != 0 && is_decoding_error(d, at)) {
        wrote |= ALIAS_OWN_ERROR;
    }
    return wrote;
}

bool shipper_is_journal_field(struct span name)
{
    static const struct span names[] = {
        SPAN_INIT("USER_ID"),   SPAN_INIT("SESSION_ID"), SPAN_INIT("UID"),
        SPAN_INIT("COMMAND"),   SPAN_INIT("EXIT_CODE"),  SPAN_INIT("EXIT_STATUS"),
        SPAN_INIT("EventType"), SPAN_INIT("UserID"),     SPAN_INIT("Category")};
    bool found = name.n > 0 && *name.p == '_' && !span_eq(name, SPAN("_HOSTNAME")) &&
                 !span_eq(name, SPAN("_hostname"));
    for (size_t i = 0; !found && i < sizeof(names) / sizeof(names[0]); i++) {
        found = span_eq(name, names[i]);
    }
    return found;
}
