/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the cache only, with a scripted origin and a manual clock. */
#include "testing.h"

#include "net/creds.h"

#include <pthread.h>
#include <stdio.h>

enum { HOUR_MS = 3600 * 1000, MINUTE_MS = 60 * 1000 };
#define NOW_MS ((int64_t)1000 * HOUR_MS)

static struct clock_manual now;

/* An origin that numbers its sets, and can fail, block, or return the same set again. */
struct script {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned asked;
    enum err_kind fail;
    int64_t life_ms; /* INT64_MAX: never expires */
    bool same;       /* always number 1 */
    bool block;      /* fetch waits until it is cleared */
    bool inside;     /* a fetch waits */
};

static struct script script;

static void set_up_script(void)
{
    script = (struct script){.life_ms = HOUR_MS};
    assert_int_equal(pthread_mutex_init(&script.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&script.changed, NULL), 0);
    clock_manual_init(&now, HOUR_MS, NOW_MS);
}

static void pass(int64_t ms)
{
    now.mono += ms;
    now.wall += ms;
}

static enum err_kind scripted_fetch(void *ctx UNUSED, struct creds *out, struct err *e)
{
    (void)pthread_mutex_lock(&script.lock);
    unsigned number = script.same ? 1 : ++script.asked;
    script.asked += script.same;
    while (script.block) {
        script.inside = true;
        (void)pthread_cond_broadcast(&script.changed);
        (void)pthread_cond_wait(&script.changed, &script.lock);
    }
    script.inside = false;
    enum err_kind fail = script.fail;
    (void)pthread_mutex_unlock(&script.lock);
    if (fail != FAIL_NONE) {
        return err_set(e, fail, "origin says no");
    }

    (void)snprintf(out->access_key_id, sizeof(out->access_key_id), "AKID%u", number);
    (void)snprintf(out->secret_access_key, sizeof(out->secret_access_key), "secret%u", number);
    (void)snprintf(out->session_token, sizeof(out->session_token), "token%u", number);
    out->expires_ms = script.life_ms == INT64_MAX ? INT64_MAX : now.wall + script.life_ms;
    return FAIL_NONE;
}

static void wait_until_inside(void)
{
    (void)pthread_mutex_lock(&script.lock);
    while (!script.inside) {
        (void)pthread_cond_wait(&script.changed, &script.lock);
    }
    (void)pthread_mutex_unlock(&script.lock);
}

static void let_go(void)
{
    (void)pthread_mutex_lock(&script.lock);
    script.block = false;
    (void)pthread_cond_broadcast(&script.changed);
    (void)pthread_mutex_unlock(&script.lock);
}

static struct creds_source *source_of(bool stable)
{
    set_up_script();
    struct creds_settings settings = {.clock = &now.clock, .jitter_seed = 7};
    struct creds_origin origin = {.fetch = scripted_fetch, .stable = stable};
    return creds_source_new(&origin, "script", &settings);
}

#define assert_gives(source, id)                                                                   \
    do {                                                                                           \
        struct creds c_;                                                                           \
        struct err e_ = {0};                                                                       \
        assert_int_equal(creds_get((source), &c_, &e_), FAIL_NONE);                                \
        assert_string_equal(c_.access_key_id, (id));                                               \
    } while (0)

static void assert_fails(struct creds_source *s, enum err_kind kind)
{
    struct creds c;
    struct err e = {0};
    assert_int_equal(creds_get(s, &c, &e), kind);
    assert_int_equal(e.kind, kind);
    assert_string_equal(e.text, "origin says no");
}

static void reject(struct creds_source *s)
{
    struct creds c;
    struct err e = {0};
    assert_int_equal(creds_get(s, &c, &e), FAIL_NONE);
    creds_reject(s, &c);
}

static void asks_once_and_copies_the_whole_set(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    struct creds c;
    struct err e = {0};
    assert_int_equal(script.asked, 0);
    assert_int_equal(creds_get(s, &c, &e), FAIL_NONE);
    assert_string_equal(c.access_key_id, "AKID1");
    assert_string_equal(c.secret_access_key, "secret1");
    assert_string_equal(c.session_token, "token1");
    assert_int_equal(c.expires_ms, NOW_MS + HOUR_MS);
    assert_gives(s, "AKID1");
    assert_int_equal(script.asked, 1);
    assert_string_equal(creds_source_name(s), "script");
}

static void sets_without_end_are_kept(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    script.life_ms = INT64_MAX;
    assert_gives(s, "AKID1");
    pass((int64_t)10000 * HOUR_MS);
    assert_gives(s, "AKID1");
}

static void renews_between_half_and_three_quarters_of_a_life(void **state UNUSED)
{
    int64_t earliest = INT64_MAX;
    int64_t latest = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        set_up_script();
        struct creds_settings settings = {.clock = &now.clock, .jitter_seed = seed};
        struct creds_origin origin = {.fetch = scripted_fetch};
        OWNED(creds_source) struct creds_source *s = creds_source_new(&origin, "s", &settings);
        int64_t at = 0;
        assert_gives(s, "AKID1");
        while (script.asked == 1) {
            pass(10 * 1000);
            at += 10 * 1000;
            struct creds c;
            assert_int_equal(creds_get(s, &c, NULL), FAIL_NONE);
        }
        earliest = at < earliest ? at : earliest;
        latest = at > latest ? at : latest;
    }
    assert_true(earliest >= HOUR_MS / 2 && earliest < HOUR_MS * 52 / 100);
    assert_true(latest > HOUR_MS * 73 / 100 && latest <= HOUR_MS * 76 / 100);
}

static void goes_on_with_the_old_set_while_renewal_fails_until_its_last_minute(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    struct err why = {0};
    assert_gives(s, "AKID1");
    assert_false(creds_renewal_failed(s, &why));
    script.fail = FAIL_THROTTLED;
    pass(HOUR_MS * 8 / 10);
    assert_gives(s, "AKID1");
    assert_int_equal(script.asked, 2);
    assert_true(creds_renewal_failed(s, &why));
    assert_int_equal(why.kind, FAIL_THROTTLED);

    pass(HOUR_MS * 2 / 10 - MINUTE_MS - 1);
    assert_gives(s, "AKID1");
    pass(2);
    assert_fails(s, FAIL_THROTTLED);
    script.fail = FAIL_NONE;
    pass(MINUTE_MS);
    assert_gives(s, "AKID4");
    assert_false(creds_renewal_failed(s, &why));
}

static void tells_the_origins_refusal_from_the_services(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    struct creds c;
    struct err e = {.kind = FAIL_DENIED};
    assert_gives(s, "AKID1");
    assert_false(creds_refused(s, &e)); /* of the service: these credentials are in use */
    reject(s);
    script.fail = FAIL_DENIED;
    assert_int_equal(creds_get(s, &c, &e), FAIL_DENIED);
    assert_true(creds_refused(s, &e));
    struct err other = e;
    (void)snprintf(other.request_id, sizeof(other.request_id), "another");
    assert_false(creds_refused(s, &other));
    other = e;
    other.kind = FAIL_AGAIN;
    assert_false(creds_refused(s, &other));
    script.fail = FAIL_NONE;
    pass(MINUTE_MS);
    assert_gives(s, "AKID3");
    assert_false(creds_refused(s, &e));
}

static void pauses_longer_after_each_failure_up_to_a_minute(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    script.fail = FAIL_DENIED;
    for (int i = 0; i < 1000; i++) { /* ten times a second for 100 s */
        assert_fails(s, FAIL_DENIED);
        pass(100);
    }
    assert_in_range(script.asked, 7, 9); /* after about 1, 3, 7, 15, 31, 63 s, less jitter */
    unsigned asked = script.asked;
    pass(MINUTE_MS);
    assert_fails(s, FAIL_DENIED);
    assert_int_equal(script.asked, asked + 1);
}

static void a_rejected_set_is_renewed_at_once_and_once(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    struct creds first;
    struct err e = {0};
    assert_int_equal(creds_get(s, &first, &e), FAIL_NONE);
    pass(MINUTE_MS);
    creds_reject(s, &first);
    creds_reject(s, &first);
    assert_gives(s, "AKID2");
    creds_reject(s, &first); /* a late report about the previous set */
    assert_gives(s, "AKID2");
    pass(MINUTE_MS);
    creds_reject(s, &first);
    assert_gives(s, "AKID2");
    assert_int_equal(script.asked, 2);
}

static void a_set_that_was_just_fetched_is_renewed_if_it_is_rejected(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    assert_gives(s, "AKID1");
    reject(s);
    assert_gives(s, "AKID2");
    reject(s);
    assert_gives(s, "AKID2"); /* not again after so short a time */
}

static void rejecting_what_the_origin_gives_again_does_not_storm_it(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    script.same = true;
    assert_gives(s, "AKID1");
    pass(MINUTE_MS);
    for (int i = 0; i < 100; i++) {
        reject(s);
        pass(100);
    }
    assert_int_equal(script.asked, 2);
}

static void a_rejected_set_is_not_used_when_its_renewal_fails(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(true);
    assert_gives(s, "AKID1");
    pass(MINUTE_MS);
    reject(s);
    script.fail = FAIL_AGAIN;
    assert_fails(s, FAIL_AGAIN);
}

static void a_set_that_seems_expired_when_fresh_is_used_and_renewed_later(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    script.life_ms = -(int64_t)HOUR_MS; /* this host's clock is an hour ahead */
    assert_gives(s, "AKID1");
    pass(2 * MINUTE_MS - 1);
    assert_gives(s, "AKID1");
    pass(8 * MINUTE_MS + 1);
    assert_gives(s, "AKID2");
}

static void a_stable_origin_may_be_unreachable_after_the_end(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(true);
    assert_gives(s, "AKID1");
    script.fail = FAIL_AGAIN;
    pass(HOUR_MS + MINUTE_MS);
    assert_gives(s, "AKID1");
    assert_int_equal(script.asked, 2);
    pass(2 * MINUTE_MS - 1);
    assert_gives(s, "AKID1");
    assert_int_equal(script.asked, 2);
    script.fail = FAIL_NONE;
    pass(8 * MINUTE_MS + 1);
    assert_gives(s, "AKID3");
}

/* ---- Threads ---- */

static void *get_one(void *source)
{
    struct creds c;
    return (void *)(uintptr_t)creds_get(source, &c, NULL);
}

static void others_use_the_old_set_while_one_renews(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_of(false);
    pthread_t renews;
    assert_gives(s, "AKID1");
    pass(HOUR_MS * 8 / 10);
    script.block = true;
    assert_int_equal(pthread_create(&renews, NULL, get_one, s), 0);
    wait_until_inside();
    assert_gives(s, "AKID1"); /* would hang if it waited */
    assert_int_equal(script.asked, 2);
    let_go();
    assert_int_equal(pthread_join(renews, NULL), 0);
    assert_gives(s, "AKID2");
}

static void many_wait_for_the_one_that_asks(void **state UNUSED)
{
    enum { MANY = 16 };
    OWNED(creds_source) struct creds_source *s = source_of(false);
    pthread_t threads[MANY];
    script.block = true;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, get_one, s), 0);
    }
    wait_until_inside();
    let_go();
    for (size_t i = 0; i < MANY; i++) {
        void *kind = NULL;
        assert_int_equal(pthread_join(threads[i], &kind), 0);
        assert_int_equal((uintptr_t)kind, FAIL_NONE);
    }
    assert_int_equal(script.asked, 1);
}

static void a_failure_answers_all_who_wait(void **state UNUSED)
{
    enum { MANY = 16 };
    OWNED(creds_source) struct creds_source *s = source_of(false);
    pthread_t threads[MANY];
    script.block = true;
    script.fail = FAIL_DENIED;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, get_one, s), 0);
    }
    wait_until_inside();
    let_go();
    for (size_t i = 0; i < MANY; i++) {
        void *kind = NULL;
        assert_int_equal(pthread_join(threads[i], &kind), 0);
        assert_int_equal((uintptr_t)kind, FAIL_DENIED);
    }
    assert_int_equal(script.asked, 1);
}

static void stop_script(void *ctx UNUSED)
{
    script.fail = FAIL_STOPPED;
    let_go();
}

static struct creds_source *source_that_stops(void)
{
    set_up_script();
    struct creds_settings settings = {.clock = &now.clock, .jitter_seed = 7};
    struct creds_origin origin = {.fetch = scripted_fetch, .stop = stop_script};
    return creds_source_new(&origin, "script", &settings);
}

static void a_stop_ends_the_fetch_and_who_waits_for_it(void **state UNUSED)
{
    enum { MANY = 4 };
    OWNED(creds_source) struct creds_source *s = source_that_stops();
    pthread_t threads[MANY];
    script.block = true;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, get_one, s), 0);
    }
    wait_until_inside();
    creds_source_stop(s);
    for (size_t i = 0; i < MANY; i++) {
        void *kind = NULL;
        assert_int_equal(pthread_join(threads[i], &kind), 0);
        assert_int_equal((uintptr_t)kind, FAIL_STOPPED);
    }
    pass(10 * MINUTE_MS);
    assert_int_equal(creds_get(s, &(struct creds){0}, NULL), FAIL_STOPPED);
    assert_int_equal(script.asked, 1);
}

static void after_a_stop_a_good_set_is_given_on_and_not_renewed(void **state UNUSED)
{
    OWNED(creds_source) struct creds_source *s = source_that_stops();
    enum err_kind kind = FAIL_NONE;
    bool due = false;
    struct creds c;
    assert_gives(s, "AKID1");
    creds_source_stop(s);
    pass(HOUR_MS * 8 / 10);
    assert_gives(s, "AKID1");
    assert_true(creds_at_hand(s, &c, &kind, &due, NULL));
    assert_int_equal(kind, FAIL_NONE);
    assert_false(due);
    pass(HOUR_MS);
    assert_true(creds_at_hand(s, &c, &kind, &due, NULL));
    assert_int_equal(kind, FAIL_STOPPED);
    assert_false(due);
    assert_int_equal(script.asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_once_and_copies_the_whole_set),
        cmocka_unit_test(sets_without_end_are_kept),
        cmocka_unit_test(renews_between_half_and_three_quarters_of_a_life),
        cmocka_unit_test(goes_on_with_the_old_set_while_renewal_fails_until_its_last_minute),
        cmocka_unit_test(tells_the_origins_refusal_from_the_services),
        cmocka_unit_test(pauses_longer_after_each_failure_up_to_a_minute),
        cmocka_unit_test(a_rejected_set_is_renewed_at_once_and_once),
        cmocka_unit_test(a_set_that_was_just_fetched_is_renewed_if_it_is_rejected),
        cmocka_unit_test(rejecting_what_the_origin_gives_again_does_not_storm_it),
        cmocka_unit_test(a_rejected_set_is_not_used_when_its_renewal_fails),
        cmocka_unit_test(a_set_that_seems_expired_when_fresh_is_used_and_renewed_later),
        cmocka_unit_test(a_stable_origin_may_be_unreachable_after_the_end),
        cmocka_unit_test(others_use_the_old_set_while_one_renews),
        cmocka_unit_test(many_wait_for_the_one_that_asks),
        cmocka_unit_test(a_failure_answers_all_who_wait),
        cmocka_unit_test(a_stop_ends_the_fetch_and_who_waits_for_it),
        cmocka_unit_test(after_a_stop_a_good_set_is_given_on_and_not_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
