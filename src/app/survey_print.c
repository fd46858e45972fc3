/* SPDX-License-Identifier: Apache-2.0 */
#include "app/survey_print.h"

#include "base/visible.h"
#include "event/record/json_write.h"
#include "event/schema/rules.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- For people ---- */

enum { GOOD = 32, BAD = 31, WARN = 33, BOLD = 1 }; /* SGR numbers */

static void put_colour(struct buf *out, bool colour, int sgr, const char *text)
{
    if (colour) {
        buf_addf(out, "\033[%dm%s\033[0m", sgr, text);
    } else {
        buf_add(out, span_str(text));
    }
}

static unsigned percent_of(uint64_t part, uint64_t of)
{
    return of == 0 ? 0 : (unsigned)(part * 100 / of);
}

static void put_counts(const struct survey *s, const struct survey_file *file, bool colour,
                       struct buf *out)
{
    if (file->lines > 0) {
        buf_addf(out, "%" PRIu64 " lines, ", file->lines);
    }
    buf_addf(out, "%" PRIu64 " events", s->events);
    const char *between = " (";
    for (int i = SHAPE_BEACON; i < SHAPES; i++) {
        if (s->shapes[i] > 0) {
            buf_addf(out, "%s%s %" PRIu64, between, shape_name((enum shape)i), s->shapes[i]);
            between = ", ";
        }
    }
    buf_add(out, *between == ',' ? SPAN(")") : SPAN(""));
    buf_addf(out, ", %" PRIu64 " rejects\n", survey_rejects(s));
    if (s->skipped > 0) {
        buf_addf(out, "%" PRIu64 " skipped, which hold nothing: " SURVEY_SKIPPED "\n", s->skipped);
    }
    buf_addf(out, "format: %.*s\nframing: %s\n", SPAN_FMT(file->format),
             framing_name(file->framing));
    if (s->shapes[SHAPE_BEACON] > 0) {
        buf_addf(out, "%" PRIu64 " of %" PRIu64 " Beacon events pass byte for byte\n",
                 s->passed_through, s->shapes[SHAPE_BEACON]);
    }
    for (int i = 0; i < REJECT_REASONS; i++) {
        const struct survey_reject *r = &s->rejects[i];
        if (r->count > 0) {
            buf_add(out, SPAN("  "));
            put_colour(out, colour, BAD, reject_reason_name((enum reject_reason)i));
            buf_addf(out, "  %" PRIu64 ", first in line %" PRIu64 "%s", r->count, r->line,
                     r->detail[0] != '\0' ? ": " : "");
            visible_add(out, span_str(r->detail));
            buf_add_byte(out, '\n');
        }
    }
}

static void put_fields(const struct survey *s, bool colour, struct buf *out)
{
    buf_add_byte(out, '\n');
    put_colour(out, colour, BOLD, "Fields of the contract");
    buf_add_byte(out, '\n');
    for (int i = 0; i < CONTRACTS; i++) {
        const struct survey_field *f = &s->fields[i];
        unsigned share = percent_of(f->present, s->events);
        char text[16];
        (void)snprintf(text, sizeof(text), "%3u %%", share);
        buf_addf(out, "  %-14s ", contract_name((enum contract)i));
        put_colour(out, colour, share == 100 ? GOOD : share == 0 ? BAD : WARN, text);
        for (size_t k = 0; k < f->source_count; k++) {
            buf_add(out, k == 0 ? SPAN("  from ") : SPAN(", "));
            visible_add(out, span_str(f->sources[k].member));
            if (f->source_count > 1) {
                buf_addf(out, " (%" PRIu64 ")", f->sources[k].count);
            }
        }
        buf_add_byte(out, '\n');
    }
}

static void put_changes(const struct survey *s, bool colour, struct buf *out)
{
    if (s->texts_replaced > 0) {
        buf_add_byte(out, '\n');
        put_colour(out, colour, WARN, "With invalid UTF-8");
        buf_addf(out, ": %" PRIu64 " of %" PRIu64 " events; its bytes become U+FFFD\n",
                 s->texts_replaced, s->events);
    }
    if (s->names_duplicate > 0) {
        buf_add_byte(out, '\n');
        put_colour(out, colour, WARN, "With a name twice in an object");
        buf_addf(out, ": %" PRIu64 " of %" PRIu64 " events; the last value counts\n",
                 s->names_duplicate, s->events);
    }
    if (s->members_dropped > 0) {
        buf_add_byte(out, '\n');
        put_colour(out, colour, WARN, "In an envelope with other members");
        buf_addf(out, ": %" PRIu64 " of %" PRIu64 " events; these members are not used\n",
                 s->members_dropped, s->events);
    }
}

static void put_times(const struct survey *s, bool colour, struct buf *out)
{
    if (s->times_from_object == 0) {
        return;
    }
    buf_add_byte(out, '\n');
    put_colour(out, colour, WARN, "Without a time of their own");
    buf_addf(out, ": %" PRIu64 " of %" PRIu64 " events; they take the time of the file\n",
             s->times_from_object, s->events);
    if (s->unread_line > 0) {
        buf_addf(out, "  not read as a time, or not believed: ");
        visible_add(out, span_str(s->unread));
        buf_addf(out, " (line %" PRIu64 ")\n", s->unread_line);
    }
}

static void put_secrets(const struct survey *s, bool colour, struct buf *out)
{
    if (s->secret_count == 0) {
        return;
    }
    buf_add_byte(out, '\n');
    put_colour(out, colour, WARN, "Looks like secrets");
    buf_addf(out, " (%" PRIu64 "); take them out%s\n", s->secret_count,
             rules_redacts(s->rules) ? ": redact = \"secrets\" replaces them in events and rejects"
                                     : ", or ask for redaction");
    uint64_t shown = s->secret_count < SURVEY_SECRETS ? s->secret_count : SURVEY_SECRETS;
    for (uint64_t i = 0; i < shown; i++) {
        const struct survey_secret *x = &s->secrets[i];
        buf_addf(out, "  line %" PRIu64 ", ", x->line);
        visible_add(out, x->member[0] != '\0' ? span_str(x->member) : SPAN("(not JSON)"));
        buf_addf(out, ": %s\n", x->kind);
    }
    if (shown < s->secret_count) {
        buf_addf(out, "  and %" PRIu64 " more\n", s->secret_count - shown);
    }
}

static void put_example(const struct survey *s, bool colour, struct buf *out)
{
    if (s->example_line == 0) {
        return;
    }
    buf_add_byte(out, '\n');
    put_colour(out, colour, BOLD, "Before");
    buf_addf(out, " (line %" PRIu64 ")\n  ", s->example_line);
    visible_add(out, buf_span(&s->before));
    buf_add_byte(out, '\n');
    put_colour(out, colour, BOLD, "After");
    buf_add(out, SPAN("\n  "));
    visible_add(out, buf_span(&s->after));
    buf_add_byte(out, '\n');
}

void survey_print_text(const struct survey *s, const struct survey_file *file, bool colour,
                       struct buf *out)
{
    static const char *const words[] = {
        [SURVEY_ACCEPTED] = "would be accepted",
        [SURVEY_IN_PART] = "would be accepted in part",
        [SURVEY_LEFT] = "would not be accepted",
    };
    static const int colours[] = {
        [SURVEY_ACCEPTED] = GOOD, [SURVEY_IN_PART] = WARN, [SURVEY_LEFT] = BAD};
    static const char *const worker[] = {
        [SURVEY_ACCEPTED] = "done",
        [SURVEY_IN_PART] = "done; rejects say what is no event",
        [SURVEY_LEFT] = "leaves the notification for the dead-letter queue",
    };
    const char *refusal = survey_refusal(s);
    enum survey_verdict verdict = survey_verdict(s);
    visible_add(out, span_str(file->name));
    buf_add(out, SPAN(": "));
    if (survey_is_empty(s)) {
        buf_addf(out, s->skipped > 0 ? "holds no records, and is done without an event\n"
                                     : "is empty, and done without an event\n");
        put_counts(s, file, colour, out);
        return;
    }
    bool nothing = s->unreadable[0] != '\0' && !s->left; /* accepted all the same */
    put_colour(out, colour, colours[verdict],
               s->left_out ? "would not be read"
               : nothing   ? "would be accepted without an event"
                           : words[verdict]);
    buf_addf(out, "%s%s\nworker: %s\n", refusal != NULL ? ": " : "", refusal != NULL ? refusal : "",
             s->left_out ? "does not read it"
             : nothing   ? "done, with a reject of the object"
                         : worker[verdict]);
    if (!s->left_out && s->left_out_words[0] != '\0') {
        put_colour(out, colour, WARN, "warning");
        buf_add(out, SPAN(": "));
        visible_add(out, span_str(s->left_out_words));
        buf_add_byte(out, '\n');
    }
    put_counts(s, file, colour, out);
    put_fields(s, colour, out);
    put_changes(s, colour, out);
    put_times(s, colour, out);
    put_secrets(s, colour, out);
    put_example(s, colour, out);
}

/* ---- For programs ---- */

static void json_name(struct buf *out, const char *before, const char *name)
{
    buf_add(out, span_str(before));
    json_write_string(out, span_str(name));
    buf_add_byte(out, ':');
}

static void json_counts(const struct survey *s, struct buf *out)
{
    const char *before = "";
    buf_add(out, SPAN(",\"shapes\":{"));
    for (int i = SHAPE_BEACON; i < SHAPES; i++) {
        if (s->shapes[i] > 0) {
            json_name(out, before, shape_name((enum shape)i));
            buf_addf(out, "%" PRIu64, s->shapes[i]);
            before = ",";
        }
    }
    before = "";
    buf_add(out, SPAN("},\"rejects\":{"));
    for (int i = 0; i < REJECT_REASONS; i++) {
        const struct survey_reject *r = &s->rejects[i];
        if (r->count > 0) {
            json_name(out, before, reject_reason_name((enum reject_reason)i));
            buf_addf(out, "{\"count\":%" PRIu64 ",\"first_line\":%" PRIu64 ",\"detail\":", r->count,
                     r->line);
            json_write_string(out, span_str(r->detail));
            buf_add_byte(out, '}');
            before = ",";
        }
    }
    buf_add_byte(out, '}');
}

static void json_fields(const struct survey *s, struct buf *out)
{
    buf_add(out, SPAN(",\"fields\":{"));
    for (int i = 0; i < CONTRACTS; i++) {
        const struct survey_field *f = &s->fields[i];
        json_name(out, i > 0 ? "," : "", contract_name((enum contract)i));
        buf_addf(out, "{\"events\":%" PRIu64 ",\"from\":{", f->present);
        for (size_t k = 0; k < f->source_count; k++) {
            json_name(out, k > 0 ? "," : "", f->sources[k].member);
            buf_addf(out, "%" PRIu64, f->sources[k].count);
        }
        buf_add(out, SPAN("}}"));
    }
    buf_add_byte(out, '}');
}

static void json_times(const struct survey *s, struct buf *out)
{
    buf_addf(out,
             ",\"texts_replaced\":%" PRIu64 ",\"names_duplicate\":%" PRIu64
             ",\"members_dropped\":%" PRIu64,
             s->texts_replaced, s->names_duplicate, s->members_dropped);
    buf_addf(out, ",\"times_from_object\":%" PRIu64, s->times_from_object);
    if (s->unread_line > 0) {
        buf_addf(out, ",\"unread_time\":{\"line\":%" PRIu64 ",\"text\":", s->unread_line);
        json_write_string(out, span_str(s->unread));
        buf_add_byte(out, '}');
    }
}

static void json_secrets(const struct survey *s, struct buf *out)
{
    buf_addf(out, ",\"secret_count\":%" PRIu64 ",\"secrets\":[", s->secret_count);
    for (uint64_t i = 0; i < s->secret_count && i < SURVEY_SECRETS; i++) {
        buf_addf(out, "%s{\"line\":%" PRIu64 ",\"member\":", i > 0 ? "," : "", s->secrets[i].line);
        json_write_string(out, span_str(s->secrets[i].member));
        buf_add(out, SPAN(",\"kind\":"));
        json_write_string(out, span_str(s->secrets[i].kind));
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
}

static void json_survey(const struct survey *s, const struct survey_file *file, struct buf *out)
{
    const char *refusal = survey_refusal(s);
    buf_add(out, SPAN("{\"file\":"));
    json_write_string(out, span_str(file->name));
    buf_addf(out, ",\"accepted\":%s,\"empty\":%s", refusal == NULL ? "true" : "false",
             survey_is_empty(s) ? "true" : "false");
    if (refusal != NULL) {
        buf_add(out, SPAN(",\"why\":"));
        json_write_string(out, span_str(refusal));
    }
    if (s->left_out_words[0] != '\0') {
        buf_add(out, SPAN(",\"left_out\":"));
        json_write_string(out, span_str(s->left_out_words));
    }
    buf_addf(out, ",\"worker\":\"%s\",\"unread_bytes\":%" PRIu64,
             survey_verdict(s) == SURVEY_LEFT ? "left" : "done", s->unread_bytes);
    buf_add(out, SPAN(",\"format\":"));
    json_write_string(out, file->format);
    buf_addf(out, ",\"framing\":\"%s\",\"lines\":%" PRIu64 ",\"events\":%" PRIu64,
             framing_name(file->framing), file->lines, s->events);
    buf_addf(out, ",\"passed_through\":%" PRIu64 ",\"skipped\":%" PRIu64, s->passed_through,
             s->skipped);
    json_counts(s, out);
    json_fields(s, out);
    json_times(s, out);
    json_secrets(s, out);
    if (s->example_line > 0) {
        buf_addf(out, ",\"example\":{\"line\":%" PRIu64 ",\"before\":", s->example_line);
        json_write_string(out, buf_span(&s->before));
        buf_add(out, SPAN(",\"after\":"));
        json_write_string(out, buf_span(&s->after));
        buf_add_byte(out, '}');
    }
    buf_add(out, SPAN("}\n"));
}

void survey_print_json(const struct survey *s, const struct survey_file *file, struct buf *out)
{
    struct buf plain = BUF_INIT(out->max);
    json_survey(s, file, &plain);
    visible_add_json(out, buf_span(&plain));
    buf_done(&plain);
}
