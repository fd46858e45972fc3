/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "app/records.h"
#include "app/survey_print.h"
#include "codec/utf8.h"
#include "event/schema/rules.h"
#include "slurp.h"

#include <sys/mman.h>
#include <unistd.h>

/* A survey of a text, as text and as JSON. */
struct seen {
    struct records *records;
    struct survey *survey;
    struct buf text, json;
    struct object_origin source;
    const struct rules *rules;
    bool accepts; /* the customer accepts unreadable objects */
};

static int set_up(void **state)
{
    static struct seen s;
    struct records_options o = records_defaults();
    s = (struct seen){
        .records = records_new(&o), .text = BUF_INIT(1 << 20), .json = BUF_INIT(1 << 20)};
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct seen *s = *state;
    records_free(s->records);
    survey_free(s->survey);
    buf_done(&s->text);
    buf_done(&s->json);
    return 0;
}

static const struct survey *look(struct seen *s, struct span text)
{
    int fd = memfd_create("sample", 0);
    struct output record;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    s->source = (struct object_origin){.customer = SPAN("local"),
                                       .object = SPAN("file"),
                                       .modified_ns = 1780272000 * INT64_C(1000000000)};
    s->survey = survey_new(&s->source, s->rules);
    records_open(s->records, fd, &s->source, s->rules);
    while (records_next(s->records, &record)) {
        survey_add(s->survey, &record, records_piece(s->records));
    }
    s->survey->skipped = records_skipped(s->records);
    struct buf unread = BUF_INIT(SURVEY_WORDS_BYTES);
    records_unread(s->records, &unread);
    survey_end(s->survey, records_error(s->records), buf_span(&unread), s->accepts);
    buf_done(&unread);
    assert_int_equal(close(fd), 0);
    struct buf format = BUF_INIT(512);
    records_format(s->records, &format);
    struct survey_file file = {.name = "file",
                               .lines = records_line_count(s->records),
                               .framing = records_framing(s->records),
                               .format = buf_span(&format)};
    survey_print_text(s->survey, &file, false, &s->text);
    survey_print_json(s->survey, &file, &s->json);
    buf_done(&format);
    return s->survey;
}

static bool says(const struct buf *b, const char *part)
{
    return memmem(b->p, b->n, part, strlen(part)) != NULL;
}

static void counts_events_rejects_and_the_members_of_fields(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("{\"ts\":1778538000,\"User-Name\":\"ana\",\"action\":\"read\"}\n"
                     "\n"
                     "not JSON\n"
                     "{\"hello\":1}\n"
                     "{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"beacon\",\"product\":"
                     "\"endpoint-agent\",\"schema_version\":\"1.0\",\"event\":{\"kind\":"
                     "\"agent_runtime\",\"action\":\"x.y\",\"category\":\"z\"},\"severity\":"
                     "\"info\",\"endpoint\":{\"os\":\"linux\"},\"harness\":{\"name\":\"h\"}}\n"
                     "{\"action\":\"read\",\"user\":\"bo\"}\n"));
    assert_int_equal(v->events, 3);
    assert_int_equal(v->passed_through, 1);
    assert_int_equal(v->shapes[SHAPE_FLAT], 2);
    assert_int_equal(v->rejects[REJECT_BAD_JSON].count, 1);
    assert_int_equal(v->rejects[REJECT_BAD_JSON].line, 3);
    assert_int_equal(v->rejects[REJECT_NO_KNOWN_FIELD].line, 4);
    assert_int_equal(v->fields[CONTRACT_TIME].present, 2);
    assert_int_equal(v->fields[CONTRACT_USER].present, 2);
    assert_string_equal(v->fields[CONTRACT_USER].sources[0].member, "User-Name");
    assert_string_equal(v->fields[CONTRACT_USER].sources[1].member, "user");
    assert_int_equal(v->fields[CONTRACT_RUNTIME].present, 1);
    assert_string_equal(v->fields[CONTRACT_RUNTIME].sources[0].member, "harness.name");
    assert_null(survey_refusal(v));
    assert_true(says(&s->text, "6 lines, 3 events (beacon 1, flat 2), 2 rejects"));
    assert_true(says(&s->text, "would be accepted"));
    assert_true(says(&s->json, "\"accepted\":true"));
}

static void names_line_and_member_of_a_secret_and_never_shows_it(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("{\"action\":\"shell\",\"a\":[{\"b\":\"token=topsecretvalue\"}],\"cmd\":"
                     "\"curl https://u:hunter22@h/\",\"password\":\"correcthorse\"}\n"
                     "garbage password=otherhorse1\n"));
    assert_int_equal(v->secret_count, 4);
    assert_string_equal(v->secrets[0].member, "a[0].b");
    assert_string_equal(v->secrets[1].member, "cmd");
    assert_string_equal(v->secrets[2].member, "password");
    assert_int_equal(v->secrets[3].line, 2);
    static const char *const values[] = {"topsecretvalue", "hunter22", "correcthorse",
                                         "otherhorse1"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_false(says(&s->text, values[i]));
        assert_false(says(&s->json, values[i]));
    }
    assert_true(says(&s->text, "line 1, a[0].b"));
    assert_true(says(&s->text, "(4); take them out, or ask for redaction\n"));
}

static void redaction_that_is_on_is_not_to_be_asked_for(void **state)
{
    struct seen *s = *state;
    OWNED(rules) struct rules *rules = rules_new();
    rules_set_redact(rules, true);
    s->rules = rules;
    (void)look(s, SPAN("{\"action\":\"shell\",\"password\":\"correcthorse\"}\n"));
    assert_true(says(&s->text, "(1); take them out: redact = \"secrets\" replaces them in"));
    assert_false(says(&s->text, "correcthorse"));
}

static void counts_replaced_texts_and_duplicate_names(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("{\"action\":\"exec\",\"message\":\"\xff\"}\n"
                     "{\"action\":\"exec\",\"a\":1,\"a\":2}\n"
                     "{\"log\":\"\xff\",\"message\":\"{\\\"user\\\":\\\"a\\\"}\"}\n"
                     "{\"action\":\"exec\"}\n"));
    assert_int_equal(v->texts_replaced, 2);
    assert_int_equal(v->names_duplicate, 1);
    assert_true(says(&s->text, "With invalid UTF-8: 2 of 4 events"));
    assert_true(says(&s->text, "With a name twice in an object: 1 of 4 events"));
    assert_int_equal(v->members_dropped, 1);
    assert_true(says(&s->text, "In an envelope with other members: 1 of 4 events; these members "
                               "are not used\n"));
    assert_true(says(&s->json, "\"texts_replaced\":2,\"names_duplicate\":1,\"members_dropped\":1"));
}

static void names_the_place_of_every_kind_of_secret(void **state)
{
    struct seen *s = *state;
    const struct survey *v = look(
        s, SPAN("{\"action\":\"shell\",\"env\":[{\"name\":\"PASSWORD\",\"value\":\"hunter22\"}],"
                "\"args\":[\"x\",\"--token\",\"hunter22\"],\"https://u:hunter22@h/\":{\"token\":"
                "\"hunter22\"}}\n"));
    assert_int_equal(v->secret_count, 4);
    assert_string_equal(v->secrets[0].member, "env[0].value");
    assert_string_equal(v->secrets[1].member, "args[2]");
    assert_string_equal(v->secrets[2].member, "https://u:[REDACTED]@h/");
    assert_string_equal(v->secrets[3].member, "https://u:[REDACTED]@h/.token");
    assert_false(says(&s->text, "hunter22"));
}

static void shows_the_first_text_that_is_no_time(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("{\"action\":\"read\",\"user\":\"a\",\"time\":\"2026-05-11T22:20:00Z\"}\n"
                     "{\"action\":\"read\",\"user\":\"b\"}\n"
                     "{\"action\":\"read\",\"time\":\"noon\",\"message\":\"password=hunter22\"}\n"
                     "{\"action\":\"read\",\"ts\":\"half past ten\",\"time\":[\"later\"]}\n"
                     "{\"action\":\"read\",\"time\":\"2026-13-01\"}\n"
                     "{\"action\":\"read\",\"time\":\"x\",\"ts\":1778538000}\n"));
    assert_int_equal(v->times_from_object, 4);
    assert_int_equal(v->unread_line, 4);
    assert_string_equal(v->unread, "[\"later\"]"); /* of two members the preferred one */
    assert_true(says(&s->text, "Without a time of their own: 4 of 6 events"));
    assert_true(says(&s->text, "[\"later\"] (line 4)"));
    assert_true(says(&s->json, "\"times_from_object\":4,\"unread_time\":{\"line\":4,\"text\":"
                               "\"[\\\"later\\\"]\"}"));
}

static void a_beacon_event_tells_its_unread_time_too(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("{\"timestamp\":\"yesterday\",\"vendor\":\"beacon\",\"product\":"
                     "\"endpoint-agent\",\"schema_version\":\"1.0\",\"event\":{\"kind\":"
                     "\"agent_runtime\",\"action\":\"x.y\",\"category\":\"z\"},\"severity\":"
                     "\"info\",\"endpoint\":{\"os\":\"linux\"},\"harness\":{\"name\":\"h\"}}\n"));
    assert_int_equal(v->times_from_object, 1);
    assert_string_equal(v->unread, "yesterday");
}

static void a_file_without_events_would_not_be_accepted(void **state)
{
    struct seen *s = *state;
    assert_non_null(survey_refusal(look(s, SPAN("hello\n\n[1]\n"))));
    assert_true(says(&s->text, "would not be accepted"));
    assert_true(says(&s->json, "\"accepted\":false,\"empty\":false,\"why\":"));
}

#define CONTROL                                                                                    \
    "{\"messageType\":\"CONTROL_MESSAGE\",\"owner\":\"CloudwatchLogs\",\"logGroup\":\"\","         \
    "\"logStream\":\"\",\"subscriptionFilters\":[],\"logEvents\":[{\"id\":\"\",\"timestamp\":"     \
    "1778538000000,\"message\":\"CWL CONTROL MESSAGE: Checking health of destination "             \
    "Firehose.\"}]}\n"

static void a_file_of_records_that_hold_nothing_would_be_accepted(void **state)
{
    struct seen *s = *state;
    assert_null(survey_refusal(look(s, SPAN(CONTROL "{\"resourceLogs\":[]}\n"))));
    assert_true(says(&s->text, "file: holds no records, and is done without an event\n"));
    assert_true(says(&s->text, "2 skipped, which hold nothing: control messages of CloudWatch "
                               "Logs, OTLP requests without records\n"));
    assert_true(says(&s->json, "\"skipped\":2"));
}

static void records_that_hold_nothing_are_counted_beside_events(void **state)
{
    struct seen *s = *state;
    assert_null(survey_refusal(look(s, SPAN("{\"user\":\"ana\"}\n" CONTROL))));
    assert_true(says(&s->text, "2 lines, 1 events (flat 1), 0 rejects\n1 skipped, "));
}

static void an_empty_file_would_be_accepted(void **state)
{
    static const struct span texts[] = {SPAN_INIT(""), SPAN_INIT("\n \r\n"), SPAN_INIT("[]"),
                                        SPAN_INIT("[\n]\n"),
                                        SPAN_INIT("\x50\x2a\x4d\x18\x03\0\0\0abc")};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct seen *s = *state;
        assert_null(survey_refusal(look(s, texts[i])));
        assert_true(says(&s->text, "file: is empty, and done without an event\n"));
        assert_false(says(&s->text, "Fields of the contract"));
        assert_true(says(&s->json, "\"accepted\":true,\"empty\":true,"));
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void damage_is_told_in_its_own_words(void **state)
{
    struct seen *s = *state;
    const struct survey *v = look(s, SPAN("\xff\xfe{\0\"\0u\0s\0e\0r\0\"\0:\0\"\0a\0\"\0}\0\n\0{"));
    assert_int_equal(v->events, 1);
    assert_string_equal(survey_refusal(v), "UTF-16LE: the data end inside a character: its text "
                                           "was read up to byte 13, its 1 event is not verified");
    assert_int_equal(survey_verdict(v), SURVEY_IN_PART);
    assert_true(says(&s->text, "file: would be accepted in part: UTF-16LE: "));
    assert_true(says(&s->text, "\nworker: done; rejects say what is no event\n"));
    assert_true(says(&s->json, ",\"worker\":\"done\",\"unread_bytes\":0,"));
    assert_true(says(&s->json, "\"empty\":false,\"why\":\"UTF-16LE: "));
}

/* An array over lines, and one on a line: what follows the damage is not read. */
static void text_after_damaged_json_is_said_to_be_unread(void **state)
{
    static const struct {
        struct span text;
        uint64_t unread;
        const char *words;
    } cases[] = {
        {SPAN_INIT("[\n{\"action\":\"read\"},\n{bad},\n{\"action\":\"read\"}\n]\n"), 20,
         "20 bytes after damaged JSON, of 48: not read"},
        {SPAN_INIT("[{\"action\":\"read\"},{bad},{\"action\":\"read\"}]\n"), 24,
         "24 bytes after damaged JSON, of 44: not read"},
        {SPAN_INIT("{\n \"action\":\"read\"\n}\n{\n :\n}\n{\n \"user\":\"a\"\n}\n"), 16,
         "16 bytes after damaged JSON, of 44: not read"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct seen *s = *state;
        const struct survey *v = look(s, cases[i].text);
        assert_int_equal(v->events, 1);
        assert_int_equal(survey_verdict(v), SURVEY_IN_PART);
        assert_non_null(strstr(survey_refusal(v), cases[i].words));
        assert_int_equal(v->unread_bytes, cases[i].unread);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void an_unreadable_file_is_left_unless_the_customer_accepts_it(void **state)
{
    struct seen *s = *state;
    assert_int_equal(survey_verdict(look(s, SPAN("hello\n"))), SURVEY_LEFT);
    assert_true(says(&s->text, "\nworker: leaves the notification for the dead-letter queue\n"));
    assert_true(says(&s->json, ",\"worker\":\"left\","));
    (void)tear_down(state);
    (void)set_up(state);
    s = *state;
    s->accepts = true;
    assert_int_equal(survey_verdict(look(s, SPAN("hello\n"))), SURVEY_IN_PART);
    assert_true(says(&s->json, ",\"worker\":\"done\","));
}

static void more_rejects_than_events_are_refused(void **state)
{
    const struct survey *v = look(*state, SPAN("{\"action\":\"read\"}\nx\ny\n"));
    assert_int_equal(survey_verdict(v), SURVEY_IN_PART);
    assert_string_equal(survey_refusal(v), "it has more rejects than events");
}

static void says_which_framing_it_found(void **state)
{
    struct seen *s = *state;
    const struct survey *v =
        look(s, SPAN("[\n{\"action\":\"read\",\"password\":\"ghp_"
                     "0123456789abcdefghijABCDEFGHIJ012345\"},\n{\"action\":\"read\"}\n]\n"));
    assert_int_equal(v->events, 2);
    assert_int_equal(v->example_line, 3);
    assert_true(says(&s->text, "4 lines, 2 events"));
    assert_true(says(&s->text, "framing: array\n"));
    assert_true(says(&s->json, "\"framing\":\"array\",\"lines\":4,"));
}

static void look_vector(struct seen *s, const char *name)
{
    char path[512];
    struct buf in = BUF_INIT(SLURP_MAX_BYTES);
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/decode/%s/in", name);
    slurp(path, &in);
    (void)look(s, buf_span(&in));
    buf_done(&in);
}

static void says_which_compression_and_encoding_it_found(void **state)
{
    struct seen *s = *state;
    look_vector(s, "utf16le-in-gzip");
    assert_true(says(&s->text, "format: UTF-16LE in gzip\nframing: "));
    assert_true(says(&s->json, ",\"format\":\"UTF-16LE in gzip\",\"framing\":"));
}

static void says_which_format_is_not_read(void **state)
{
    struct seen *s = *state;
    look_vector(s, "parquet-in-gzip");
    assert_true(says(&s->text, "Parquet in gzip is not read; write JSON Lines, plain or "
                               "compressed\n"));
    assert_true(says(&s->text, "\n0 events, 1 rejects\n")); /* it has no lines */
    assert_true(says(&s->text, "format: Parquet in gzip\n"));
    assert_true(says(&s->json, ",\"format\":\"Parquet in gzip\","));
}

static void says_that_a_plain_file_is_utf_8(void **state)
{
    struct seen *s = *state;
    (void)look(s, SPAN("{\"action\":\"read\"}\n"));
    assert_true(says(&s->text, "format: UTF-8\nframing: lines\n"));
    assert_true(says(&s->json, ",\"format\":\"UTF-8\","));
}

static void damaged_compression_is_refused(void **state)
{
    const struct survey *v =
        look(*state, SPAN("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x4c"));
    assert_non_null(strstr(survey_refusal(v), "; write the object again"));
}

static void an_unreadable_file_is_named_and_not_surveyed_to_its_end(void **state)
{
    struct seen *s = *state;
    struct buf csv = BUF_INIT(1 << 20);
    for (int i = 0; i < 12000; i++) {
        buf_add(&csv, SPAN("time,user,action\n"));
    }
    const struct survey *v = look(s, buf_span(&csv));
    buf_done(&csv);
    assert_string_equal(survey_refusal(v),
                        "CSV: no event in 10000 records; write one JSON object per line");
    assert_int_equal(survey_rejects(v), 10001); /* and the object */
    assert_true(says(&s->json, "\"why\":\"CSV: no event in 10000 records;"));
}

static void control_characters_for_a_terminal_are_replaced(void **state)
{
    struct seen *s = *state;
    (void)look(
        s,
        SPAN("{\"action\":\"read\",\"message\":\"\\u001b[2J\xc2\x9b[2J\x9b[2J\xc3\xa9\x7f\"}\n"));
    assert_true(says(&s->text, "[2J?[2J?[2J\xc3\xa9?\"}"));
    assert_null(memchr(s->text.p, 0x1b, s->text.n));
    assert_null(memchr(s->text.p, '\x9b', s->text.n));
    assert_true(utf8_valid(buf_span(&s->text)));
}

/* A right-to-left override, a line separator, C1 and DEL in a name and in a value. */
static void control_characters_in_json_are_escaped(void **state)
{
    struct seen *s = *state;
    (void)look(s, SPAN("{\"action\":\"read\",\"user\xe2\x80\xae\":\"a\",\"message\":\"b\xc2\x9b"
                       "c\xe2\x80\xa8\x7f\xc3\xa9\"}\n"));
    assert_true(says(&s->json, "b\\u009bc\\u2028\\u007f\xc3\xa9"));
    assert_true(says(&s->json, "user\\u202e"));
    assert_null(memchr(s->json.p, 0x7f, s->json.n));
    assert_false(says(&s->json, "\xe2\x80") || says(&s->json, "\xc2\x9b"));
    assert_true(says(&s->text, "b?c??\xc3\xa9"));
    assert_false(says(&s->text, "\xe2\x80") || says(&s->text, "\xc2\x9b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(redaction_that_is_on_is_not_to_be_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counts_events_rejects_and_the_members_of_fields, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counts_replaced_texts_and_duplicate_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_the_place_of_every_kind_of_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_the_first_text_that_is_no_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_beacon_event_tells_its_unread_time_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_line_and_member_of_a_secret_and_never_shows_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_events_would_not_be_accepted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_records_that_hold_nothing_would_be_accepted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_that_hold_nothing_are_counted_beside_events, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_would_be_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_told_in_its_own_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_rejects_than_events_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_which_framing_it_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_which_compression_and_encoding_it_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(says_which_format_is_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_that_a_plain_file_is_utf_8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_compression_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unreadable_file_is_named_and_not_surveyed_to_its_end,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_characters_in_json_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_characters_for_a_terminal_are_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(text_after_damaged_json_is_said_to_be_unread, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_unreadable_file_is_left_unless_the_customer_accepts_it,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
