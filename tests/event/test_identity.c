/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of tests/vectors/identity/ids.txt were made by tests/reference/identity.py, which
 * knows nothing of this code.
 */
#include "testing.h"

#include "event/record/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TEXT_BYTES = 4 << 20 };

struct fixture {
    struct json_reader *reader;
    struct identity *identity;
    struct duplicate_names names;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->reader = json_reader_new(TEXT_BYTES);
    f->identity = identity_new();
    duplicate_names_init(&f->names);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    json_reader_free(f->reader);
    identity_free(f->identity);
    duplicate_names_done(&f->names);
    free(f);
    return 0;
}

/* The id of one record as the first of its object, or of one more of it. */
static void next_id(struct fixture *f, struct span text, bool beacon, char *id)
{
    struct doc d;
    bool forgot = false;
    assert_int_equal(json_scan(f->reader, &text, &d, NULL), FAIL_NONE);
    duplicate_names_absent(&f->names, &d, DOC_ROOT);
    struct identity_record r = {{&d, DOC_ROOT, &f->names, beacon}, SPAN("acme")};
    identity_of(f->identity, &r, id, &forgot);
}

static void first_id(struct fixture *f, struct span text, bool beacon, char *id)
{
    identity_object(f->identity);
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
    assert_same(f, false, "{\"a\":18446744073709551615}", "{\"a\":18446744073709551615.0}");
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

static void takes_an_event_s_own_id_if_it_has_one(void **state)
{
    struct fixture *f = *state;
    assert_same(f, true, "{\"event\":{\"id\":\"x\"},\"a\":1}",
                "{\"event\":{\"id\":\"x\"},\"a\":2}");
    assert_different(f, true, "{\"event\":{\"id\":\"x\"}}", "{\"event\":{\"id\":\"y\"}}");
    assert_different(f, true, "{\"event\":{\"id\":\"\"},\"a\":1}",
                     "{\"event\":{\"id\":\"\"},\"a\":2}");
    assert_different(f, true, "{\"event\":{\"id\":7},\"a\":1}", "{\"event\":{\"id\":7},\"a\":2}");
    assert_different(f, false, "{\"event\":{\"id\":\"x\"},\"a\":1}",
                     "{\"event\":{\"id\":\"x\"},\"a\":2}");
    assert_same(f, true, "{\"event\":{\"id\":\"x\"},\"event\":{\"id\":\"y\"}}",
                "{\"event\":{\"id\":\"y\"}}");
}

static void tells_repeated_events_apart(void **state)
{
    struct fixture *f = *state;
    char ids[3][IDENTITY_BYTES];
    identity_object(f->identity);
    next_id(f, SPAN("{\"a\":1}"), false, ids[0]);
    next_id(f, SPAN("{\"a\":1}"), false, ids[1]);
    identity_object(f->identity);
    next_id(f, SPAN("{\"a\":1}"), false, ids[2]);
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[0], ids[2]);
    assert_int_equal(ids[0][14], '8'); /* version */
    assert_non_null(strchr("89ab", ids[0][19]));
}

/* Each line of ids.txt: b or f (Beacon-shaped or not), the id, the record. One object. */
static void gives_the_ids_of_the_independent_implementation(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(TEST_VECTORS "/identity/ids.txt", "rb");
    assert_non_null(file);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = 0;
    size_t count = 0;
    identity_object(f->identity);
    while ((n = getline(&line, &cap, file)) > 0) {
        char got[IDENTITY_BYTES];
        assert_true(n > 40);
        next_id(f, span_of(line + 39, (size_t)n - 40), line[0] == 'b', got);
        assert_span_equal(span_str(got), span_of(line + 2, 36));
        count++;
    }
    assert_true(count >= 50);
    free(line);
    (void)fclose(file);
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Half a megabyte of path in front of 80,000 leaves: 40 GB if each were hashed with its path. */
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
    double before = seconds();
    first_id(f, buf_span(&text), false, id);
    assert_true(seconds() - before < 3);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_same_however_the_event_is_written),
        cmocka_unit_test(differs_when_a_value_or_its_place_does),
        cmocka_unit_test(leaves_out_what_forwarders_add_to_a_beacon_event),
        cmocka_unit_test(takes_an_event_s_own_id_if_it_has_one),
        cmocka_unit_test(tells_repeated_events_apart),
        cmocka_unit_test(gives_the_ids_of_the_independent_implementation),
        cmocka_unit_test(takes_time_in_proportion_to_hostile_records),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
