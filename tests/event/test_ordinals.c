/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/rng.h"
#include "event/record/ordinals.h"

#include <stdlib.h>

static struct hash128 hash(uint64_t n)
{
    return (struct hash128){n * 7, n};
}

static void counts_what_came_before(void **state UNUSED)
{
    OWNED(ordinals) struct ordinals *o = ordinals_new();
    bool forgot = true;
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 0);
    assert_false(forgot);
    assert_int_equal(ordinals_next(o, hash(2), &forgot), 0);
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 1);
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 2);
    ordinals_clear(o);
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 0);
}

static void forgets_the_first_seen_when_full(void **state UNUSED)
{
    OWNED(ordinals) struct ordinals *o = ordinals_new();
    bool forgot = false;
    for (uint64_t i = 0; i < ORDINALS_WINDOW; i++) {
        assert_int_equal(ordinals_next(o, hash(i), &forgot), 0);
        assert_false(forgot);
    }
    assert_int_equal(ordinals_next(o, hash(0), &forgot), 1); /* seen again, stays the oldest */
    assert_false(forgot);
    assert_int_equal(ordinals_next(o, hash(ORDINALS_WINDOW), &forgot), 0);
    assert_true(forgot);
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 1); /* still in the window */
    assert_false(forgot);
    assert_int_equal(ordinals_next(o, hash(0), &forgot), 0); /* forgotten; replaces hash 1 */
    assert_true(forgot);
    assert_int_equal(ordinals_next(o, hash(1), &forgot), 0);
}

enum { MODEL = 70000, KINDS = 40000 };

/* A simple model: a hash is forgotten by the time when it was seen first. */
struct model {
    int64_t first[KINDS]; /* number of the first occurrence; -1: never seen, or forgotten */
    uint32_t count[KINDS];
    int64_t sights;
};

static uint32_t model_next(struct model *m, size_t kind)
{
    if (m->first[kind] >= 0 && m->first[kind] >= m->sights - ORDINALS_WINDOW) {
        return ++m->count[kind];
    }
    m->first[kind] = m->sights++;
    m->count[kind] = 0;
    return 0;
}

static void agrees_with_a_plain_model(void **state UNUSED)
{
    OWNED(ordinals) struct ordinals *o = ordinals_new();
    struct model *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    memset(m->first, 0xff, sizeof(m->first));
    struct rng rng;
    rng_init(&rng, 5);
    for (int i = 0; i < MODEL * 4; i++) {
        size_t kind = (size_t)rng_below(&rng, i % 3 != 0 ? KINDS : 300);
        bool forgot = false;
        assert_int_equal(ordinals_next(o, hash(kind), &forgot), model_next(m, kind));
    }
    free(m);
}

/* Objects of few and of many events in turn: nothing of one is left for the next. */
static void forgets_everything_when_cleared(void **state UNUSED)
{
    static const uint64_t counts[] = {1, 5, 255, 256, 257, 3, ORDINALS_WINDOW + 2, 300, 0, 256};
    OWNED(ordinals) struct ordinals *o = ordinals_new();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        bool forgot = false;
        for (uint64_t n = 0; n < counts[i]; n++) {
            assert_int_equal(ordinals_next(o, hash(n), &forgot), 0);
        }
        for (uint64_t n = 2; n < counts[i]; n++) {
            assert_int_equal(ordinals_next(o, hash(n), &forgot), 1);
        }
        ordinals_clear(o);
    }
    bool forgot = false;
    for (uint64_t n = 0; n < ORDINALS_WINDOW; n++) { /* all slots are free again */
        assert_int_equal(ordinals_next(o, hash(n), &forgot), 0);
        assert_false(forgot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_came_before),
        cmocka_unit_test(forgets_the_first_seen_when_full),
        cmocka_unit_test(agrees_with_a_plain_model),
        cmocka_unit_test(forgets_everything_when_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
