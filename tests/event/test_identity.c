/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/reference/identity.py, an independent implementation, made the ids of
 * tests/vectors/identity/ids.txt.
 */
#include "testing.h"

#include "cpu_time.h"
#include "event/record/identity.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 4 << 20 };

struct fixture {
    struct json_reader *reader;
    struct identity *identity;
    struct ordinals *ordinals;
    struct duplicate_names names;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->reader = json_reader_new(TEXT_BYTES);
    f->identity = identity_new();
    f->ordinals = ordinals_new();
    duplicate_names_init(&f->names);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    json_reader_free(f->reader);
    identity_free(f->identity);
    ordinals_free(f->ordinals);
    duplicate_names_done(&f->names);
    free(f);
    return 0;
}

static const struct object_origin first_upload = {.customer = SPAN_INIT("acme"),
                                                  .object = SPAN_INIT("s3://b/k"),
                                                  .version = SPAN_INIT("v1"),
                                                  .modified_ns = 1000};

/* The id of the object's next record. */
static void next_id_with(struct fixture *f, struct span text, bool beacon,
                         const struct event_facts *facts, char *id)
{
    struct doc d;
    bool forgot = false;
    assert_int_equal(json_scan(f->reader, &text, &d, NULL), FAIL_NONE);
    duplicate_names_absent(&f->names, &d, DOC_ROOT);
    struct hashed_record r = {&d, DOC_ROOT, &f->names, beacon};
    identity_read(f->identity, &r);
    identity_write(f->identity, facts, id, &forgot);
}

static void next_id(struct fixture *f, struct span text, bool beacon, char *id)
{
    struct event_facts facts;
    event_facts_clear(&facts);
    next_id_with(f, text, beacon, &facts, id);
}

static void begin_object(struct fixture *f, const struct object_origin *origin)
{
    ordinals_clear(f->ordinals);
    identity_object(f->identity, origin, f->ordinals);
}

static void first_id(struct fixture *f, struct span text, bool beacon, char *id)
{
    begin_object(f, &first_upload);
    next_id(f, text, beacon, id);
}

static void assert_same(struct fixture *f, bool beacon, const char *a, const char *b)
{
    char x[IDENTITY_BYTES];
    char y[IDENTITY_BYTES];
    first_id(f, span_str(a), beacon, x);
    first_id(f, span_str(b), beacon, y);
    if (strcmp(x, y) != 0) {
        fail_msg("%s and %s have different ids", a, b);
    }
}

static void assert_different(struct fixture *f, bool beacon, const char *a, const char *b)
{
    char x[IDENTITY_BYTES];
    char y[IDENTITY_BYTES];
    first_id(f, span_str(a), beacon, x);
    first_id(f, span_str(b), beacon, y);
    if (strcmp(x, y) == 0) {
        fail_msg("%s and %s have the same id", a, b);
    }
}

static void is_the_same_however_the_event_is_written(void **state)
{
    struct fixture *f = *state;
    assert_same(f, false, "{\"a\":1,\"b\":2}", "{ \"b\" : 2.0 , \"a\" : 1e0 }");
    assert_same(f, false, "{\"a\":\"\\u00e9\\n\"}", "{\"a\":\"\xc3\xa9\\u000a\"}");
    assert_same(f, false, "{\"a\":1}",
                "{\"a\":1,\"b\":null,\"c\":\"\",\"d\":{},\"e\":[],\"f\":{\"g\":[{}]}}");
    assert_same(f, false, "{\"a\":9007199254740992}", "{\"a\":9007199254740992.0}");
    assert_same(f, false, "{\"a\":-0.0}", "{\"a\":0}");
    assert_same(f, false, "{\"a\":1e-400}", "{\"a\":0}");
    assert_same(f, false, "{\"a\":1,\"a\":2}", "{\"a\":2}");
    assert_same(f, false, "{\"a\":{\"x\":1},\"a\":{\"y\":2}}", "{\"a\":{\"y\":2}}");
    assert_same(f, false, "{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}");
    assert_same(f, false, "{\"a\":18446744073709549568}", "{\"a\":18446744073709549568.0}");
}

static void differs_when_a_value_or_its_place_does(void **state)
{
    struct fixture *f = *state;
    assert_different(f, false, "{\"a\":1}", "{\"a\":\"1\"}");
    assert_different(f, false, "{\"a\":1}", "{\"a\":true}");
    assert_different(f, false, "{\"a\":true}", "{\"a\":false}");
    assert_different(f, false, "{\"a\":{\"b\":1}}", "{\"a.b\":1}");
    assert_different(f, false, "{\"a\":{\"b\":1}}", "{\"a\":[1]}");
    assert_different(f, false, "{\"a\":[null,1]}", "{\"a\":[1]}");
    assert_different(f, false, "{\"a\":9007199254740993}", "{\"a\":9007199254740992}");
    assert_different(f, false, "{\"a\":18446744073709551614}", "{\"a\":18446744073709551615}");
    assert_different(f, false, "{\"a\":9223372036854775808}", "{\"a\":9223372036854775809}");
    assert_different(f, false, "{\"a\":-9223372036854775809}", "{\"a\":-9223372036854775810}");
    assert_different(f, false, "{\"a\":123456789012345678901234567890}",
                     "{\"a\":123456789012345678901234567891}");
    assert_different(f, false, "{\"a\":1e400}", "{\"a\":1e401}");
    assert_different(f, false, "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}");
    assert_different(f, false, "{\"ingest\":1,\"a\":1}", "{\"a\":1}");
}

static void leaves_out_what_forwarders_add_to_a_beacon_event(void **state)
{
    struct fixture *f = *state;
    assert_same(f, true, "{\"a\":1,\"gen_ai\":{\"usage\":null}}",
                "{\"a\":1,\"gen_ai\":{\"usage\":null},\"input_tokens\":5,\"output_tokens\":5,"
                "\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":5,"
                "\"reasoning_output_tokens\":5,\"cost_usd\":5}");
    assert_different(f, true, "{\"a\":1}", "{\"a\":1,\"input_tokens\":5}");
    assert_same(
        f, true, "{\"a\":1}",
        "{\"a\":1,\"ingest\":{\"id\":1},\"@timestamp\":1,\"@version\":1,\"ecs\":1,\"agent\":1,"
        "\"log\":1,\"input\":1,\"host\":1}");
    assert_different(f, true, "{\"a\":1}", "{\"a\":1,\"b\":{\"host\":1}}");
}

#define UNIQUE "f81d4fae-7dec-41d0-8765-00a0c91e6bf6"

static void takes_a_unique_event_id_alone(void **state)
{
    struct fixture *f = *state;
    assert_same(f, true, "{\"event\":{\"id\":\"" UNIQUE "\"},\"a\":1}",
                "{\"event\":{\"id\":\"" UNIQUE "\"},\"a\":2}");
    assert_different(f, true, "{\"event\":{\"id\":\"" UNIQUE "\"}}",
                     "{\"event\":{\"id\":\"" UNIQUE "x\"}}");
    assert_different(f, false, "{\"event\":{\"id\":\"" UNIQUE "\"},\"a\":1}",
                     "{\"event\":{\"id\":\"" UNIQUE "\"},\"a\":2}");
    assert_same(f, true, "{\"event\":{\"id\":\"x\"},\"event\":{\"id\":\"" UNIQUE "\"}}",
                "{\"event\":{\"id\":\"" UNIQUE "\"}}");
}

static void takes_any_other_event_id_with_the_content(void **state)
{
    struct fixture *f = *state;
    assert_different(f, true, "{\"event\":{\"id\":\"x\"},\"a\":1}",
                     "{\"event\":{\"id\":\"x\"},\"a\":2}");
    assert_different(f, true, "{\"event\":{\"id\":\"x\"}}", "{\"event\":{\"id\":\"y\"}}");
    assert_different(f, true, "{\"event\":{\"id\":\"\"},\"a\":1}",
                     "{\"event\":{\"id\":\"\"},\"a\":2}");
    assert_different(f, true, "{\"event\":{\"id\":7},\"a\":1}", "{\"event\":{\"id\":7},\"a\":2}");
    assert_same(f, true, "{\"event\":{\"id\":\"x\"},\"a\":1}",
                "{\"a\":1,\"event\":{\"id\":\"x\"}}");
}

static void assert_same_id(struct fixture *f, const struct object_origin *a,
                           const struct object_origin *b, const struct event_facts *facts,
                           bool same)
{
    char x[IDENTITY_BYTES];
    char y[IDENTITY_BYTES];
    begin_object(f, a);
    next_id_with(f, SPAN("{\"a\":1}"), false, facts, x);
    begin_object(f, b);
    next_id_with(f, SPAN("{\"a\":1}"), false, facts, y);
    assert_int_equal(strcmp(x, y) == 0, same);
}

static void covers_the_object_that_gives_the_time(void **state)
{
    struct fixture *f = *state;
    struct event_facts own;
    event_facts_clear(&own);
    struct event_facts none = own;
    none.time = TIME_FROM_OBJECT;
    struct object_origin other = first_upload;
    assert_same_id(f, &first_upload, &other, &none, true); /* read again */
    other.modified_ns++;
    assert_same_id(f, &first_upload, &other, &none, true); /* the version says it */
    other.object = SPAN("s3://b/l");
    assert_same_id(f, &first_upload, &other, &own, true);
    assert_same_id(f, &first_upload, &other, &none, false);
    other = first_upload;
    other.object = SPAN("s3://c/k");
    assert_same_id(f, &first_upload, &other, &none, false);
    other = first_upload;
    other.version = SPAN("v2");
    assert_same_id(f, &first_upload, &other, &own, true);
    assert_same_id(f, &first_upload, &other, &none, false);
    other.customer = SPAN("ac");
    assert_same_id(f, &first_upload, &other, &own, false);
    assert_same_id(f, &first_upload, &other, &none, false);
}

static void covers_the_time_of_an_upload_without_a_version(void **state)
{
    struct fixture *f = *state;
    struct event_facts none;
    event_facts_clear(&none);
    none.time = TIME_FROM_OBJECT;
    struct object_origin a = first_upload;
    a.version_is_etag = true;
    struct object_origin b = a;
    assert_same_id(f, &a, &b, &none, true);
    b.modified_ns++;
    assert_same_id(f, &a, &b, &none, false);
}

static void covers_an_object_with_a_long_name(void **state)
{
    struct fixture *f = *state;
    char key[1024];
    memset(key, 'k', sizeof(key));
    struct event_facts none;
    event_facts_clear(&none);
    none.time = TIME_FROM_OBJECT;
    struct object_origin a = first_upload;
    a.object = span_of(key, sizeof(key));
    struct object_origin b = a;
    assert_same_id(f, &a, &b, &none, true);
    b.object.n--;
    assert_same_id(f, &a, &b, &none, false);
}

static void covers_the_time_that_an_envelope_has(void **state)
{
    struct fixture *f = *state;
    char ids[4][IDENTITY_BYTES];
    struct event_facts facts;
    event_facts_clear(&facts);
    facts.time_from_envelope = true;
    facts.key.time_ns = 1;
    begin_object(f, &first_upload);
    next_id_with(f, SPAN("{\"a\":1}"), false, &facts, ids[0]);
    facts.key.time_ns = 2;
    next_id_with(f, SPAN("{\"a\":1}"), false, &facts, ids[1]);
    struct object_origin other = first_upload;
    other.object = SPAN("s3://b/l");
    begin_object(f, &other);
    next_id_with(f, SPAN("{\"a\":1}"), false, &facts, ids[2]);
    facts.time_from_envelope = false;
    next_id_with(f, SPAN("{\"a\":1}"), false, &facts, ids[3]);
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[1], ids[2]); /* whatever stands before it in the object */
    assert_string_not_equal(ids[2], ids[3]);
}

static void tells_repeated_events_apart(void **state)
{
    struct fixture *f = *state;
    char ids[3][IDENTITY_BYTES];
    begin_object(f, &first_upload);
    next_id(f, SPAN("{\"a\":1}"), false, ids[0]);
    next_id(f, SPAN("{\"a\":1}"), false, ids[1]);
    begin_object(f, &first_upload);
    next_id(f, SPAN("{\"a\":1}"), false, ids[2]);
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[0], ids[2]);
    assert_int_equal(ids[0][14], '8'); /* version of the UUID */
    assert_non_null(strchr("89ab", ids[0][19]));
}

/* The next word of a line, without the blank after it. */
static struct span next_word(struct span *line)
{
    const char *end = memchr(line->p, ' ', line->n);
    struct span word = span_of(line->p, end != NULL ? (size_t)(end - line->p) : line->n);
    *line = span_from(*line, word.n + (end != NULL));
    return word;
}

/* "= object version modified_ns": modified_ns is not 0 if the version is an ETag. */
static struct object_origin read_origin(struct span line)
{
    struct object_origin o = {.customer = SPAN("acme")};
    (void)next_word(&line);
    o.object = next_word(&line);
    o.version = next_word(&line);
    o.modified_ns = strtoll(line.p, NULL, 10);
    o.version_is_etag = o.modified_ns != 0;
    return o;
}

/* "b t id record", see tests/reference/identity.py. */
static void check_vector(struct fixture *f, struct span line)
{
    char got[IDENTITY_BYTES];
    struct event_facts facts;
    bool beacon = next_word(&line).p[0] == 'b';
    struct span time = next_word(&line);
    struct span want = next_word(&line);
    event_facts_clear(&facts);
    facts.time = time.p[0] == 'o' ? TIME_FROM_OBJECT : TIME_EXACT;
    facts.time_from_envelope = time.p[0] >= '0' && time.p[0] <= '9';
    facts.key.time_ns = strtoll(time.p, NULL, 10);
    next_id_with(f, line, beacon, &facts, got);
    assert_span_equal(span_str(got), want);
}

static void gives_the_ids_of_the_independent_implementation(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(TEST_VECTORS "/identity/ids.txt", "rb");
    assert_non_null(file);
    char *lines[2] = {NULL, NULL}; /* the object's first line stays */
    size_t caps[2] = {0, 0};
    struct object_origin origin = {.customer = SPAN("acme")};
    size_t count = 0;
    for (int c = getc(file); c != EOF; c = getc(file)) {
        int i = c == '=' ? 0 : 1;
        assert_int_equal(ungetc(c, file), c);
        ssize_t n = getline(&lines[i], &caps[i], file);
        assert_true(n > 1);
        struct span line = span_of(lines[i], (size_t)n - 1);
        if (i == 0) {
            origin = read_origin(line);
            begin_object(f, &origin);
        } else {
            check_vector(f, line);
            count++;
        }
    }
    assert_true(count >= 170);
    free(lines[0]);
    free(lines[1]);
    (void)fclose(file);
}

/* A path of half a megabyte with 80,000 leaves: 40 GB if each leaf were hashed with its path. */
static void takes_time_in_proportion_to_hostile_records(void **state)
{
    struct fixture *f = *state;
    struct buf text = BUF_INIT(TEXT_BYTES);
    char id[IDENTITY_BYTES];
    buf_add(&text, SPAN("{\""));
    for (int i = 0; i < 500000; i++) {
        buf_add_byte(&text, 'p');
    }
    buf_add(&text, SPAN("\":["));
    for (int i = 0; i < 80000; i++) {
        buf_add(&text, SPAN("{\"a\":1},"));
    }
    buf_add(&text, SPAN("1]}"));
    double before = cpu_seconds();
    first_id(f, buf_span(&text), false, id);
    assert_true(cpu_seconds() - before < 3);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_same_however_the_event_is_written),
        cmocka_unit_test(differs_when_a_value_or_its_place_does),
        cmocka_unit_test(leaves_out_what_forwarders_add_to_a_beacon_event),
        cmocka_unit_test(takes_a_unique_event_id_alone),
        cmocka_unit_test(takes_any_other_event_id_with_the_content),
        cmocka_unit_test(covers_the_object_that_gives_the_time),
        cmocka_unit_test(covers_the_time_of_an_upload_without_a_version),
        cmocka_unit_test(covers_an_object_with_a_long_name),
        cmocka_unit_test(covers_the_time_that_an_envelope_has),
        cmocka_unit_test(tells_repeated_events_apart),
        cmocka_unit_test(gives_the_ids_of_the_independent_implementation),
        cmocka_unit_test(takes_time_in_proportion_to_hostile_records),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
