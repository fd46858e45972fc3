/* SPDX-License-Identifier: Apache-2.0 */
/* The files of proofs, and that a customer without a valid one is not taken. */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/captured_log.h"
#include "fakes/one_customer.h"

#include <stdlib.h>
#include <unistd.h>

enum { DAY_MS = 24 * 3600 * 1000, NOW_MS = 2000000000 };

static struct one_customer w;
static char dir[64];

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    (void)snprintf(dir, sizeof(dir), "/tmp/test-proof-XXXXXX");
    assert_non_null(mkdtemp(dir));
    clock_manual_init(&w.clock, 1000, NOW_MS);
    w.customers[0].role_arn = text("arn:aws:iam::444455556666:role/r");
    w.customers[0].external_id = text("id-1");
    w.conf.verify.state_dir = dir;
    w.conf.verify.require_verified = true;
    w.conf.verify.max_age_ms = DAY_MS;
    w.conf.verify.interval_ms = DAY_MS;
    return 0;
}

static int tear_down(void **state UNUSED)
{
    char path[128];
    one_customer_done(&w);
    (void)snprintf(path, sizeof(path), "%s/a.proof", dir);
    (void)unlink(path);
    assert_int_equal(rmdir(dir), 0); /* no temporary file is left */
    return 0;
}

static void start(bool by_option)
{
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf,
                                                    .clock = &w.clock.clock,
                                                    .require_verified = by_option},
                          &e);
    assert_non_null(w.all);
    w.c = customers_next(w.all, NULL);
}

static void store(int64_t proved_ms, const char *disproved)
{
    struct err e;
    struct proof p = {.proved_ms = proved_ms};
    (void)snprintf(p.disproved, sizeof(p.disproved), "%s", disproved);
    assert_int_equal(proof_write(dir, &w.customers[0], &p, &e), FAIL_NONE);
}

static enum proof_state stored(void)
{
    struct proof p;
    return proof_read(dir, &w.customers[0], NOW_MS - DAY_MS, &p);
}

static void a_proof_is_of_its_age_and_its_settings(void **state UNUSED)
{
    struct proof p;
    assert_int_equal(stored(), PROOF_NONE);
    store(NOW_MS - DAY_MS, "");
    assert_int_equal(stored(), PROOF_VALID);
    assert_int_equal(proof_read(dir, &w.customers[0], NOW_MS - DAY_MS + 1, &p), PROOF_OLD);
    assert_int_equal(p.proved_ms, NOW_MS - DAY_MS);
    char **const settings[] = {&w.customers[0].role_arn,    &w.customers[0].external_id,
                               &w.customers[0].bucket,      &w.customers[0].prefix,
                               &w.customers[0].region,      &w.customers[0].account_id,
                               &w.customers[0].access_point};
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        char *was = *settings[i];
        *settings[i] = text("other");
        assert_int_equal(stored(), PROOF_OTHER);
        *settings[i] = was;
    }
    assert_int_equal(stored(), PROOF_VALID);
    store(NOW_MS, "outside.read");
    assert_int_equal(proof_read(dir, &w.customers[0], 0, &p), PROOF_DISPROVED);
    assert_string_equal(p.disproved, "outside.read");
}

static void any_other_text_is_no_proof(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"customer\":\"a\",\"settings\":\"\",\"proved_ms\":5}",
        "{\"customer\":\"a\",\"settings\":\"\",\"proved_ms\":\"x\",\"disproved\":\"\"}",
        "{\"customer\":\"a\",\"proved_ms\":5,\"disproved\":\"\"",
    };
    struct proof p;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(proof_parse(span_str(texts[i]), &w.customers[0], 0, &p), PROOF_UNREADABLE);
    }
    assert_int_equal(proof_parse(SPAN("{\"customer\":\"a\",\"settings\":\"\",\"proved_ms\":5,"
                                      "\"disproved\":\"\"}"),
                                 &w.customers[0], 0, &p),
                     PROOF_OTHER);
}

static void pass(int64_t ms)
{
    w.clock.mono += ms;
    w.clock.wall += ms;
    customers_watch(w.all);
}

static void a_customer_is_taken_from_its_proof_on_until_it_is_too_old(void **state UNUSED)
{
    struct err why;
    static const struct customer_state usual;
    struct customer_state is;
    captured_log_begin(LOG_INFO);
    start(false);
    assert_false(customer_allowed(w.c));
    assert_true(customers_queue_paused(w.all, 0));
    assert_false(customers_queue_any_open(w.all, 0));
    (void)customer_paused_why(w.c, &why);
    assert_string_equal(why.text, "not verified: nothing is proved yet");
    pass(1000);
    pass(1000);
    assert_int_equal(captured_log_count("msg=\"customer not taken\""), 1);
    assert_non_null(strstr(captured_log_line("msg=\"customer not taken\""),
                           "customer=a reason=\"nothing is proved yet\" next="));
    store(NOW_MS, "");
    pass(10 * 1000);
    assert_true(customer_allowed(w.c));
    assert_false(customers_queue_paused(w.all, 0));
    customer_state(w.c, &is);
    assert_memory_equal(&is, &usual, sizeof(is));
    assert_true(customer_verification_required(w.c));
    assert_int_equal(captured_log_count("msg=\"customer taken\""), 1);
    pass(DAY_MS);
    assert_false(customer_allowed(w.c));
    customer_state(w.c, &is);
    assert_int_equal(is.unverified, 1);
    assert_int_equal(captured_log_count("reason=\"the proof is older than verify.max_age\""), 1);
    captured_log_end();
}

static void nothing_is_required_that_is_not_asked_for(void **state UNUSED)
{
    struct customer_state is;
    w.conf.verify.require_verified = false;
    start(false);
    assert_true(customer_allowed(w.c));
    customer_state(w.c, &is);
    assert_int_equal(is.unverified, 0);
    assert_false(customer_verification_required(w.c));
}

static void the_option_requires_it_too(void **state UNUSED)
{
    w.conf.verify.require_verified = false;
    start(true);
    assert_false(customer_allowed(w.c));
}

static void a_role_that_takes_a_wrong_external_id_disproves_what_was_proved(void **state UNUSED)
{
    struct creds_source *creds = NULL;
    struct err e;
    store(NOW_MS, "");
    start(false);
    assert_true(customer_allowed(w.c));
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_NONE);
    assert_int_equal(stats_get(&w.c->stats->probed_ms), NOW_MS);
    fake_creds.unguarded = FAIL_CONFIG;
    w.clock.mono += DAY_MS;
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_CONFIG);
    assert_int_equal(stored(), PROOF_DISPROVED);
    assert_false(customer_allowed(w.c));
}

static void says_that_a_disproof_cannot_be_stored(void **state UNUSED)
{
    struct creds_source *creds = NULL;
    struct err e;
    captured_log_begin(LOG_INFO);
    w.conf.verify.require_verified = false;
    w.conf.verify.state_dir = text("/nonexistent");
    start(false);
    fake_creds.unguarded = FAIL_CONFIG;
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_CONFIG);
    assert_int_equal(captured_log_count("msg=\"proof not stored\" customer=a error=config"), 1);
    captured_log_end();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_proof_is_of_its_age_and_its_settings),
        TEST(any_other_text_is_no_proof),
        TEST(a_customer_is_taken_from_its_proof_on_until_it_is_too_old),
        TEST(nothing_is_required_that_is_not_asked_for),
        TEST(the_option_requires_it_too),
        TEST(says_that_a_disproof_cannot_be_stored),
        TEST(a_role_that_takes_a_wrong_external_id_disproves_what_was_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
