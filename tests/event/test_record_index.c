/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/record/duplicate_names.h"
#include "event/record/record_index.h"

#include <stdio.h>

struct fixture {
    struct json_reader *reader;
    struct pathset names;
    struct duplicate_names unique;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.reader = json_reader_new(1 << 20);
    pathset_init(&f.names, 64);
    assert_int_not_equal(pathset_add(&f.names, SPAN("user_name")), PATH_NONE);
    assert_int_not_equal(pathset_add(&f.names, SPAN("gen_ai.usage.input_tokens")), PATH_NONE);
    record_index_names(&f.names);
    duplicate_names_init(&f.unique);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_reader_free(f->reader);
    pathset_done(&f->names);
    duplicate_names_done(&f->unique);
    return 0;
}

static struct doc read(struct fixture *f, struct span text)
{
    struct doc d;
    assert_int_equal(json_scan(f->reader, &text, &d, NULL), FAIL_NONE);
    return d;
}

static struct record_index record_index(struct fixture *f, const char *text)
{
    struct record_index o;
    struct doc d = read(f, span_str(text));
    record_index_of(&f->names, &d, DOC_ROOT, &o);
    return o;
}

static void members_and_signs(void **state)
{
    struct record_index o =
        record_index(*state, "{\"vendor\":1,\"vendor\":2,\"log\":\"x\",\"ecs\":null,"
                             "\"attributes\":{},\"gen_ai.usage.input_tokens\":null}");
    assert_int_equal(o.at[INDEX_VENDOR], 6); /* the last one */
    assert_int_equal(o.at[INDEX_TIME], 0);
    assert_int_equal(o.signs, SIGN_OTEL);
    assert_int_equal(o.kinds, KIND_SCALAR | KIND_STRING | KIND_NULL | KIND_OBJECT);
    assert_int_equal(o.count, 6);
    assert_true(o.twice);
    o = record_index(*state, "{\"ecs\":1,\"hookEventName\":1,\"resourceLogs\":[]}");
    assert_int_equal(o.signs, SIGN_ECS | SIGN_OTLP);
    assert_false(o.twice);
}

/* A name gives the same result on its first and on each later use. */
static void a_new_name_is_learned(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        struct record_index o =
            record_index(f, "{\"mcp.anything\":null,\"User-Name\":1,\"user_name\":2}");
        const struct path_entry *alike = &f->names.entries[o.rows[1].entry];
        assert_int_equal(o.signs, SIGN_OTEL);
        assert_int_equal(alike->id, PATH_NONE);
        assert_int_equal(pathset_alike(&f->names, alike), 0);
        assert_int_equal(f->names.entries[o.rows[2].entry].id, 0);
        assert_int_equal(f->names.learned->count, 2);
    }
}

/* Objects of a source with thousands of names: of one kind, or that fold to a path as well. */
static void read_hostile(struct fixture *f, int objects, bool folded)
{
    char text[160];
    for (int i = 0; i < objects; i++) {
        (void)snprintf(text, sizeof(text), "{\"column%d\":1,\"column%d\":2,\"mcp.%d\":3", i, i, i);
        size_t n = strlen(text);
        for (int k = 0; folded && k < 12; k++) { /* user_name with '-' in other places */
            n += (size_t)snprintf(text + n, sizeof(text) - n, k == 0 ? ",\"%s" : "%s",
                                  (i >> k & 1) != 0 ? "-" : "");
            text[n++] = "uSerNaMe----"[k];
        }
        (void)snprintf(text + n, sizeof(text) - n, folded ? "\":1}" : "}");
        struct record_index o = record_index(f, text);
        assert_true(o.twice);
        assert_int_equal(o.signs, SIGN_OTEL);
        if (folded && o.rows[3].entry != WORD_NONE) {
            assert_int_equal(pathset_alike(&f->names, &f->names.entries[o.rows[3].entry]), 0);
        }
    }
}

static void only_so_many_are_learned(void **state)
{
    struct fixture *f = *state;
    char text[128];
    read_hostile(f, 1000, false);
    assert_int_equal(f->names.learned->count, LEARN_MAX);
    assert_in_range(f->names.index.count, 0, f->names.entry_count + LEARN_MAX);
    memset(text, 'x', sizeof(text));
    assert_int_equal(pathset_learn(&f->names, span_of(text, LEARN_BYTES + 1)), WORD_NONE);
}

/* The names of a source are learned again soon after those of another one have filled the set. */
static void names_of_one_source_give_way_to_those_of_another(void **state)
{
    enum { OWN = 60, ROUNDS = LEARN_MAX / LEARN_LOOKS + 2 };
    struct fixture *f = *state;
    struct buf text = BUF_INIT(1 << 14);
    buf_add(&text, SPAN("{\"Us-er-Name\":1"));
    for (int i = 0; i < OWN; i++) {
        buf_addf(&text, ",\"own_%d\":1", i);
    }
    buf_add(&text, SPAN("}"));
    for (int again = 0; again < 3; again++) {
        size_t slow = 0;
        read_hostile(f, 2000, true);
        for (int round = 0; round < ROUNDS; round++) {
            struct record_index o = record_index(f, text.p);
            slow = 0;
            for (size_t i = 0; i < o.count; i++) {
                slow += o.rows[i].entry == WORD_NONE;
            }
        }
        assert_int_equal(slow, 0);
        assert_false(record_index(f, text.p).twice);
    }
    buf_done(&text);
}

/* Nor does a name stay unlearned because a few others have its hash. */
static void names_with_one_hash_give_way_as_well(void **state)
{
    struct fixture *f = *state;
    char text[64];
    for (int i = 0; i < 3 * LEARN_PROBES; i++) { /* equal in length, beginning and end */
        (void)snprintf(text, sizeof(text), "{\"AAAAAAAAxxxxxx%03dBBBBBBBB\":1}", i);
        (void)record_index(f, text);
    }
    (void)record_index(f, "{\"AAAAAAAAmy_name__BBBBBBBB\":1}");
    struct record_index o = record_index(f, "{\"AAAAAAAAmy_name__BBBBBBBB\":1}");
    assert_int_not_equal(o.rows[0].entry, WORD_NONE);
    assert_in_range(f->names.learned->count, 1, LEARN_PROBES);
}

/* A row is read after other objects were indexed, which may have displaced its name. */
static void a_row_does_not_change_when_its_name_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct record_index o = record_index(f, "{\"US-ER-NAME\":1,\"mine\":2,\"user_name\":3}");
    for (int round = 0; round < 12; round++) { /* each time other names have their places */
        read_hostile(f, 1000 + round, true);
        assert_int_equal(string_map_find(&f->names.index, SPAN("US-ER-NAME")), WORD_NONE);
        assert_int_equal(string_map_find(&f->names.index, SPAN("mine")), WORD_NONE);
        for (size_t i = 0; i < 2; i++) {
            const struct path_entry *e = &f->names.entries[o.rows[i].entry];
            assert_int_equal(e->id, PATH_NONE);
            assert_false(e->begins);
            assert_int_equal(pathset_alike(&f->names, e), i == 0 ? 0 : PATH_NONE);
        }
    }
    assert_int_equal(f->names.entries[o.rows[2].entry].id, 0);
}

/* A look-up ranks no further dots, and names with colliding hashes do not fill the index. */
static void hostile_names_are_not_learned(void **state)
{
    struct fixture *f = *state;
    char name[64];
    memset(name, '.', sizeof(name));
    name[0] = 'a';
    assert_int_equal(pathset_learn(&f->names, span_of(name, PATH_MAX_DOTS + 2)), WORD_NONE);
    assert_int_not_equal(pathset_learn(&f->names, span_of(name, PATH_MAX_DOTS + 1)), WORD_NONE);
    size_t before = f->names.learned->count;
    for (int i = 0; i < 100; i++) { /* equal in length, beginning and end */
        (void)snprintf(name, sizeof(name), "AAAAAAAAxxxxxx%03dBBBBBBBB", i);
        (void)pathset_learn(&f->names, span_str(name));
    }
    assert_in_range(f->names.learned->count - before, 1, LEARN_PROBES);
}

/* `count` members. If `again`, the last one has the name of another one. */
static void check_twice(struct fixture *f, int count, bool again)
{
    struct buf text = BUF_INIT(1 << 20);
    char member[64];
    buf_add_byte(&text, '{');
    for (int i = 0; i < count; i++) {
        int name = again && i == count - 1 ? i / 2 : i;
        (void)snprintf(member, sizeof(member), "%s\"n%d\":%d", i > 0 ? "," : "", name, i);
        buf_add(&text, span_str(member));
    }
    buf_add_byte(&text, '}');
    struct record_index o;
    struct doc d = read(f, buf_span(&text));
    record_index_of(&f->names, &d, DOC_ROOT, &o);
    assert_int_equal(o.count, count);
    assert_true(o.twice || !again);
    assert_int_equal(duplicate_names_absent_indexed(&f->unique, &d, DOC_ROOT, &o), !again);
    buf_done(&text);
}

/*
 * Cached names are distinguished exactly. Others may be reported as duplicates by mistake, but no
 * duplicate is missed.
 */
static void a_name_that_stands_twice_is_seen(void **state)
{
    for (int round = 0; round < 2; round++) { /* caching, then cached as far as there is room */
        for (int count = 2; count < 8 * INDEX_ROWS; count += 7) {
            check_twice(*state, count, false);
            check_twice(*state, count, true);
        }
    }
}

static void inner_objects_count(void **state)
{
    struct fixture *f = *state;
    struct record_index o;
    struct doc d = read(f, SPAN("{\"a\":1,\"b\":[{\"c\":1,\"c\":2}]}"));
    record_index_of(&f->names, &d, DOC_ROOT, &o);
    assert_false(o.twice);
    assert_false(duplicate_names_absent_indexed(&f->unique, &d, DOC_ROOT, &o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_and_signs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_name_is_learned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_so_many_are_learned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_one_source_give_way_to_those_of_another, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_with_one_hash_give_way_as_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_does_not_change_when_its_name_is_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(hostile_names_are_not_learned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_stands_twice_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(inner_objects_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
