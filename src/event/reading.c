/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reading.h"

#include "base/ascii.h"
#include "event/record/otlp.h"

#include <stdio.h>

enum {
    WORDS_BYTES = 160,
    TEXT_BYTES = 250, /* of an error's text, so that the advice fits */
};

void reading_init(struct reading *r)
{
    *r = (struct reading){.texts = BUF_INIT(READING_HELD_BYTES)};
}

void reading_done(struct reading *r)
{
    buf_done(&r->texts);
}

void reading_clear(struct reading *r)
{
    struct buf texts = r->texts;
    buf_clear(&texts);
    *r = (struct reading){.texts = texts};
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

struct span reading_text(struct reading *r, struct span *text)
{
    bool limited = r->events == 0 && r->text_bytes <= READING_TEXT_BYTES;
    uint64_t most = limited ? READING_TEXT_BYTES - r->text_bytes : UINT64_MAX;
    struct span part = span_take(text, least(most, text->n));
    r->text_over = part.n == 0 && text->n > 0;
    size_t head = least(sizeof(r->head) - r->head_bytes, part.n);
    r->text_bytes += part.n;
    if (head > 0) {
        memcpy(r->head + r->head_bytes, part.p, head);
        r->head_bytes += head;
    }
    return part;
}

void reading_torn(struct reading *r)
{
    r->torn = true;
    r->rejects_whole = r->rejects;
}

void reading_unverified(const struct reading *r, struct err *damage)
{
    enum { NOTE_BYTES = 96 };
    size_t used = strnlen(damage->text, sizeof(damage->text) - NOTE_BYTES);
    (void)snprintf(damage->text + used, sizeof(damage->text) - used,
                   "; of its %llu event%s those of the damaged part are not verified",
                   (unsigned long long)r->events, r->events == 1 ? "" : "s");
}

static bool begins_value(struct span text)
{
    while (text.n > 0 && (ascii_is_blank(*text.p) || *text.p == '\0')) {
        text = span_from(text, 1);
    }
    return text.n > 0 && (*text.p == '{' || *text.p == '[');
}

static void note_damage(struct reading *r, const struct piece *piece, uint64_t at)
{
    r->damaged_at = at;
    r->damaged_framing = piece->framing;
}

void reading_piece(struct reading *r, const struct piece *piece)
{
    bool part =
        piece->kind == PIECE_LIST || piece->kind == PIECE_LIST_END || piece->kind == PIECE_UNREAD;
    uint64_t end = piece->offset + piece->bytes;
    r->read_bytes = r->read_bytes < end ? end : r->read_bytes;
    r->records += part ? 0 : piece->count;
    r->framing = piece->framing;
    if (piece->kind == PIECE_DAMAGE && piece->framing != FRAMING_LINES) {
        note_damage(r, piece, piece->wrong_at);
    }
}

void reading_skipped(struct reading *r, uint64_t count)
{
    r->skipped += count;
    uint64_t values = r->events + r->rejects + r->skipped;
    r->records = r->records < values ? values : r->records;
}

/* Store a copy. False: there is no room. */
static bool hold(struct reading *r, const struct output *out)
{
    if (r->held_count == READING_HELD || out->value.n > r->texts.max - r->texts.n) {
        return false;
    }
    r->held[r->held_count] = *out;
    r->held[r->held_count++].value = span_of(NULL, out->value.n);
    buf_add(&r->texts, out->value);
    return true;
}

static void count_rest(struct reject_rest *rest, const struct piece *piece, uint64_t count)
{
    if (!rest->begun) {
        rest->begun = true;
        rest->extent = *piece;
        rest->extent.text = SPAN("");
    }
    rest->count += count;
    rest->extent.bytes = piece->offset + piece->bytes - rest->extent.offset;
    rest->last_line = piece->line;
}

static enum reading_answer add_reject(struct reading *r, const struct piece *piece,
                                      const struct output *out)
{
    bool single = r->single[out->reason] < READING_SINGLE;
    if (!single || (r->events == 0 && !hold(r, out))) {
        count_rest(&r->rest[out->reason], piece, out->count);
        return READING_COUNT;
    }
    r->single[out->reason]++;
    return r->events == 0 ? READING_HOLD : READING_PRODUCE;
}

enum reading_answer reading_output(struct reading *r, const struct piece *piece,
                                   const struct output *out)
{
    bool first = r->events == 0;
    uint64_t outputs =
        r->events + r->rejects + r->skipped + (out->kind == OUTPUT_EVENT ? 1 : out->count);
    r->records = r->records < outputs ? outputs : r->records;
    if (out->kind == OUTPUT_EVENT) {
        if (first) {
            r->records_before = r->records - 1;
            r->rejects_before = r->rejects;
        }
        r->events++;
        return READING_PRODUCE;
    }
    r->unread_bytes += out->unread_bytes;
    r->rejects += out->count;
    r->reasons[out->reason] += out->count;
    r->plain_texts += out->plain_text ? 1 : 0;
    r->with_objects += out->has_objects ? 1 : 0;
    if (out->joined != NULL) {
        r->joined = out->joined;
        r->joined_at = out->joined_at;
    } else if (out->reason == REJECT_BAD_JSON && piece->kind == PIECE_LINE &&
               begins_value(piece->text)) {
        r->broken_from = piece->offset;
        r->broken_to = piece->offset + piece->bytes;
    }
    if (out->wrong_at != 0) {
        note_damage(r, piece, out->wrong_at);
    }
    if (out->reason == REJECT_LINE_TOO_LONG && piece->bytes > r->too_long) {
        r->too_long = piece->bytes;
    }
    bool otlp = piece->request_level > 0 || otlp_begins(piece->text);
    r->otlp_too_long = r->otlp_too_long || (r->too_long > 0 && otlp);
    return add_reject(r, piece, out);
}

bool reading_release(struct reading *r, struct output *out)
{
    if (r->released == r->held_count) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < r->released; i++) {
        at += r->held[i].value.n;
    }
    *out = r->held[r->released];
    out->value = span_of(r->texts.p + at, r->held[r->released++].value.n);
    return true;
}

bool reading_rest(struct reading *r, struct normalizer *n, struct output *out)
{
    for (int i = 0; i < REJECT_REASONS; i++) {
        struct reject_rest *rest = &r->rest[i];
        if (rest->begun) {
            normalizer_reject_rest(n, (enum reject_reason)i, rest, out);
            *rest = (struct reject_rest){.begun = false};
            return true;
        }
    }
    return false;
}

bool reading_exceeds(const struct reading *r, const struct reading_limits *limits,
                     const struct output *out)
{
    uint64_t bytes = r->out_bytes + out->value.n;
    uint64_t free_bytes = READING_FREE_BYTES;
    uint64_t free_records = READING_FREE_RECORDS;
    return (limits->ratio > 0 && bytes > free_bytes &&
            (bytes - free_bytes) / limits->ratio > r->read_bytes) ||
           (limits->record_bytes > 0 && r->out_records >= free_records &&
            (r->out_records - free_records) >= r->read_bytes / limits->record_bytes);
}

enum err_kind reading_excess(const struct reading *r, struct err *e)
{
    return err_set(
        e, FAIL_DATA,
        "more than %llu records of %llu bytes come of its first %llu bytes of text, which "
        "the customer's output_ratio and output_record_bytes do not allow",
        (unsigned long long)r->out_records, (unsigned long long)r->out_bytes,
        (unsigned long long)r->read_bytes);
}

void reading_produced(struct reading *r, const struct output *out)
{
    r->out_bytes += out->value.n;
    r->out_records++;
}

/* ---- packed rejects: a head and a value for each ---- */

struct packed_head {
    size_t bytes; /* of the value */
    enum reject_reason reason;
    uint64_t count;
};

void reading_pack(struct reading *r, struct normalizer *n, struct buf *out)
{
    struct output reject;
    while (reading_release(r, &reject) || reading_rest(r, n, &reject)) {
        struct packed_head head = {
            .bytes = reject.value.n, .reason = reject.reason, .count = reject.count};
        buf_add(out, span_of((const char *)&head, sizeof(head)));
        buf_add(out, reject.value);
    }
}

bool reading_unpack(struct span *packed, struct output *out)
{
    struct packed_head head;
    if (packed->n == 0) {
        return false;
    }
    memcpy(&head, span_take(packed, sizeof(head)).p, sizeof(head));
    *out = (struct output){.kind = OUTPUT_REJECT,
                           .reason = head.reason,
                           .count = head.count,
                           .value = span_take(packed, head.bytes)};
    return true;
}

bool reading_stops(const struct reading *r)
{
    return r->events == 0 && (r->records - r->skipped >= READING_RECORDS || r->text_over);
}

bool reading_share_passed(const struct reading *r, double share)
{
    uint64_t records = r->records - r->records_before;
    return share > 0 && r->events > 0 && records >= READING_SHARE_FROM &&
           (double)(r->rejects - r->rejects_before) > share * (double)records;
}

enum err_kind reading_share_err(const struct reading *r, struct err *e)
{
    return err_set(e, FAIL_DATA, "%llu of %llu records are rejects, more than limits.reject_share",
                   (unsigned long long)r->rejects, (unsigned long long)r->records);
}

/* ---- format and advice ---- */

static void add_layers(const struct decode *d, struct buf *out)
{
    const struct decode_found *found = decode_found(d);
    for (size_t i = found->layer_count; i > 0; i--) {
        buf_addf(out, " in %s", found->layers[i - 1]);
    }
}

/* Where a damaged value was found, for people. */
static const char *damaged_name(enum framing_kind framing)
{
    return framing == FRAMING_VALUES  ? "JSON values one after another"
           : framing == FRAMING_ARRAY ? "a JSON array"
                                      : "JSON over several lines";
}

/* The words for JSON of which no event comes, by the most frequent reason. */
struct json_words {
    const char *kind, *advice;
};

static const struct json_words json_words[REJECT_REASONS] = {
    [REJECT_NOT_AN_EVENT] = {"JSON without objects that may be events",
                             "send what docs/event-files.md describes"},
    [REJECT_NO_KNOWN_FIELD] = {"JSON in which no member is one of an event",
                               "map the customer's names (key mapping), or send what "
                               "docs/event-files.md describes"},
    [REJECT_WRAPPED_TEXT] = {"JSON envelopes without an event",
                             "put each event into its envelope as an object, or as the text of "
                             "one"},
    [REJECT_EVENT_TOO_LARGE] = {"JSON of which no event is within limits.event_bytes",
                                "write smaller records, or raise limits.event_bytes"},
};

static const struct json_words plain_words = {
    "plain text in a wrapper", "write each event as a JSON object, in the wrapper or without it"};

static const struct json_words inner_words = {
    "JSON in which no member is one of an event, but has objects as members",
    "name the member that holds the event (key unwrap), map the customer's names (key mapping), or "
    "send what docs/event-files.md describes"};

/* NULL: the most frequent reason is that the text is no JSON, or its values are too long. */
static const struct json_words *find_json_words(const struct reading *r)
{
    const struct json_words *found = NULL;
    uint64_t most = 0;
    for (int i = 0; i < REJECT_REASONS; i++) {
        bool json = json_words[i].kind != NULL;
        if (r->reasons[i] > most || (json && r->reasons[i] > 0 && r->reasons[i] == most)) {
            most = r->reasons[i];
            found = json ? &json_words[i] : NULL;
        }
    }
    if (found == &json_words[REJECT_NO_KNOWN_FIELD]) {
        uint64_t half = most - most / 2;
        found = r->plain_texts >= half    ? &plain_words
                : r->with_objects >= half ? &inner_words
                                          : found;
    }
    return found;
}

/* Append the kind of the object, if it is text. Returns the advice. */
static const char *add_kind(const struct reading *r, const struct decode *d, struct buf *out)
{
    if (r->damaged_at != 0) {
        buf_addf(out, "%s, damaged at byte %llu", damaged_name(r->damaged_framing),
                 (unsigned long long)r->damaged_at);
        return "correct what writes it, and write the object again";
    }
    if (r->joined != NULL) {
        buf_addf(out, "%s at byte %llu, after text", r->joined, (unsigned long long)r->joined_at);
        return "write data of one kind into an object";
    }
    const struct json_words *json = find_json_words(r);
    const char *text = text_kind_name(span_of(r->head, r->head_bytes));
    bool cells = json == &json_words[REJECT_NOT_AN_EVENT] && strcmp(text, "CSV") == 0;
    if (json != NULL && !cells) { /* quoted cells and numbers are JSON values, too */
        buf_add(out, span_str(json->kind));
        return json->advice;
    }
    if (r->too_long > 0 && begins_value(span_of(r->head, r->head_bytes))) {
        buf_addf(out, "%s of which no value is within limits.line_bytes, the longest of %llu bytes",
                 r->otlp_too_long ? "OTLP/JSON" : "JSON", (unsigned long long)r->too_long);
        return r->otlp_too_long
                   ? "lower the exporter's batch size (OpenTelemetry's send_batch_max_size), or "
                     "raise limits.line_bytes"
                   : "write smaller values, of a batch fewer records, or raise limits.line_bytes";
    }
    buf_add(out, span_str(decode_found(d)->binary ? "binary data" : text));
    return "write one JSON object per line";
}

/* Whether the text, all of which was framed, ends inside a line's value. */
static bool ends_inside(const struct reading *r)
{
    return r->broken_to > r->broken_from && r->broken_to == r->text_bytes;
}

void reading_unread(const struct reading *r, const struct decode *d, const struct err *damage,
                    struct buf *out)
{
    unsigned long long bytes = (unsigned long long)decode_bytes(d);
    const char *between = "";
    if (damage->kind == FAIL_DATA) {
        buf_addf(out, "%s: its text was read up to byte %llu", damage->text, bytes);
        if (r->events > 0) {
            buf_addf(out, ", its %llu event%s not verified", (unsigned long long)r->events,
                     r->events == 1 ? " is" : "s are");
        }
        between = "; ";
    }
    if (r->joined != NULL) {
        buf_addf(out, "%s%s at byte %llu of %llu, after other text: not read", between, r->joined,
                 (unsigned long long)r->joined_at, bytes);
    } else if (r->unread_bytes > 0) {
        if (r->damaged_at != 0 && !r->torn) {
            buf_addf(out, "%s%s, damaged at byte %llu", between, damaged_name(r->damaged_framing),
                     (unsigned long long)r->damaged_at);
            between = ": ";
        }
        buf_addf(out, "%s%llu byte%s after damaged JSON, of %llu: not read", between,
                 (unsigned long long)r->unread_bytes, r->unread_bytes == 1 ? "" : "s", bytes);
    } else if (r->damaged_at != 0 && !r->torn) {
        buf_addf(out, "%s%s, which ends early, at byte %llu: an unfinished value was not read",
                 between, damaged_name(r->damaged_framing), (unsigned long long)r->damaged_at);
    } else if (damage->kind == FAIL_NONE && ends_inside(r)) {
        buf_addf(out, "the text ends inside the value that begins at byte %llu of %llu",
                 (unsigned long long)r->broken_from, bytes);
    }
}

bool reading_unreadable(const struct reading *r, const struct decode *d, struct err *e)
{
    struct buf words = BUF_INIT(sizeof(e->text));
    if (e->kind == FAIL_FORMAT) { /* decode has named it */
        buf_addf(&words, "%.*s; write JSON Lines, plain or compressed%s", TEXT_BYTES, e->text,
                 strstr(e->text, "limits.") != NULL ? ", or raise the limit" : "");
        (void)err_set(e, FAIL_FORMAT, "%.*s", (int)words.n, words.p);
        buf_done(&words);
        return true;
    }
    bool content = r->rejects > 0 || e->kind == FAIL_DATA || reading_stops(r);
    if (r->events > 0 || !content) {
        return false;
    }
    if (e->kind == FAIL_DATA && (r->torn ? r->rejects_whole : r->rejects) == 0) {
        buf_addf(&words, "%.*s; write the object again", TEXT_BYTES, e->text);
    } else {
        const char *advice = add_kind(r, d, &words);
        add_layers(d, &words);
        buf_addf(&words, ": no event in %llu record%s; %s", (unsigned long long)r->records,
                 r->records == 1 ? "" : "s", advice);
    }
    (void)err_set(e, FAIL_FORMAT, "%.*s", (int)words.n, words.p);
    buf_done(&words);
    return true;
}
