/* SPDX-License-Identifier: Apache-2.0 */
/* Which thread requests SASL tokens, how they are used, and which properties contradict them. */
#include "testing.h"

#include "codec/msk_token.h"
#include "fake_creds.h"
#include "net/msk.h"
#include "net/sink.h"
#include "net/sink_budget.h"

#include <pthread.h>
#include <time.h>

enum { PATIENCE_S = 30 };

/* Replaces net/sts.c. */
struct sts {
    int64_t ahead_ms;
};

int64_t sts_clock_offset_ms(const struct sts *s)
{
    return s->ahead_ms;
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int asked;
    int refused;
    bool fails;
    struct err error;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static enum err_kind give_token(void *context, struct buf *token, int64_t *expires_ms,
                                struct err *e)
{
    assert_ptr_equal(context, &seen);
    (void)pthread_mutex_lock(&seen.lock);
    seen.asked++;
    bool fails = seen.fails;
    (void)pthread_cond_broadcast(&seen.changed);
    (void)pthread_mutex_unlock(&seen.lock);
    buf_add(token, SPAN("a-token"));
    *expires_ms = clock_wall_ms(&clock_system) + 900000;
    return fails ? err_set(e, FAIL_DENIED, "no credentials today") : FAIL_NONE;
}

static void on_event(void *context UNUSED, const struct sink_news *news)
{
    enum sink_event what = news->what;
    const struct err *e = news->err;
    (void)pthread_mutex_lock(&seen.lock);
    seen.refused += what == SINK_AUTH;
    seen.error = *e;
    (void)pthread_cond_broadcast(&seen.changed);
    (void)pthread_mutex_unlock(&seen.lock);
}

static void on_delivered(const struct sink_report *r UNUSED)
{
}

static bool came_true(const int *value)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    int rc = 0;
    (void)pthread_mutex_lock(&seen.lock);
    while (*value == 0 && rc == 0) {
        rc = pthread_cond_timedwait(&seen.changed, &seen.lock, &until);
    }
    bool ok = *value > 0;
    (void)pthread_mutex_unlock(&seen.lock);
    return ok;
}

static struct sink_budget *budget;

static struct sink *sink_with(const char *property, struct err *e)
{
    const char *properties[] = {"bootstrap.servers=127.0.0.1:1", property, NULL};
    struct sink_config c = {.properties = properties,
                            .budget = budget,
                            .delivered = on_delivered,
                            .event = on_event,
                            .token = give_token,
                            .token_context = &seen};
    seen.asked = 0;
    seen.refused = 0;
    return sink_new(&c, e);
}

static void a_token_is_asked_for_without_any_property(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    seen.fails = false;
    struct sink *s = sink_with(NULL, &e);
    assert_non_null(s);
    assert_true(came_true(&seen.asked));
    sink_free(s);
    assert_int_equal(seen.refused, 0);
}

static void a_token_that_cannot_be_had_is_told(void **state UNUSED)
{
    struct err e = {.kind = FAIL_NONE};
    seen.fails = true;
    struct sink *s = sink_with("sasl.mechanism=OAUTHBEARER", &e);
    assert_non_null(s);
    assert_true(came_true(&seen.refused));
    sink_free(s);
    assert_int_equal(seen.error.kind, FAIL_DENIED);
    assert_non_null(strstr(seen.error.text, "no credentials today"));
}

static void properties_that_leave_no_place_for_a_token_are_refused(void **state UNUSED)
{
    static const char *const bad[] = {"security.protocol=ssl", "security.protocol=plaintext",
                                      "sasl.mechanism=PLAIN", "sasl.mechanisms=SCRAM-SHA-512"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {.kind = FAIL_NONE};
        assert_null(sink_with(bad[i], &e));
        assert_int_equal(e.kind, FAIL_CONFIG);
        assert_non_null(strstr(e.text, "tokens need"));
    }
}

/* ---- Tokens of net/msk ---- */

static void msk_signs_with_the_credentials_of_now(void **state UNUSED)
{
    struct clock_manual clock;
    struct creds_source source = {0};
    clock_manual_init(&clock, 0, 1795000000999);
    struct msk m = {&source, "eu-west-1", &clock.clock, NULL};

    struct buf first = BUF_INIT(SINK_TOKEN_BYTES);
    struct buf second = BUF_INIT(SINK_TOKEN_BYTES);
    struct err e = {.kind = FAIL_NONE};
    int64_t until = 0;
    assert_int_equal(msk_token_next(&m, &first, &until, &e), FAIL_NONE);
    assert_int_equal(until, 1795000900000);
    clock.wall += 720000;
    source.rejected = 1;
    assert_int_equal(msk_token_next(&m, &second, &until, &e), FAIL_NONE);
    assert_int_equal(until, 1795001620000);
    assert_false(span_eq(buf_span(&first), buf_span(&second)));
    buf_done(&first);
    buf_done(&second);
}

static void msk_signs_by_awss_clock(void **state UNUSED)
{
    struct clock_manual slow;
    struct clock_manual right;
    struct creds_source source = {0};
    struct sts sts = {3600000};
    clock_manual_init(&right, 0, 1795000000000);
    clock_manual_init(&slow, 0, 1795000000000 - sts.ahead_ms);
    struct msk good = {&source, "eu-west-1", &right.clock, NULL};
    struct msk late = {&source, "eu-west-1", &slow.clock, &sts};

    struct buf want = BUF_INIT(SINK_TOKEN_BYTES);
    struct buf got = BUF_INIT(SINK_TOKEN_BYTES);
    struct err e = {.kind = FAIL_NONE};
    int64_t until = 0;
    assert_int_equal(msk_token_next(&good, &want, &until, &e), FAIL_NONE);
    assert_int_equal(msk_token_next(&late, &got, &until, &e), FAIL_NONE);
    assert_span_equal(buf_span(&got), buf_span(&want));
    assert_int_equal(until, slow.wall + 900000); /* for librdkafka, which uses this host's clock */
    buf_done(&want);
    buf_done(&got);
}

static void msk_says_why_there_are_no_credentials(void **state UNUSED)
{
    struct creds_source source = {.fails = FAIL_AGAIN};
    struct msk m = {&source, "eu-west-1", &clock_system, NULL};
    struct buf token = BUF_INIT(SINK_TOKEN_BYTES);
    struct err e = {.kind = FAIL_NONE};
    int64_t until = 0;
    assert_int_equal(msk_token_next(&m, &token, &until, &e), FAIL_AGAIN);
    assert_string_equal(e.text, "MSK token: AWS credentials: no credentials");
    buf_done(&token);
}

static void the_longest_token_fits_the_sink(void **state UNUSED)
{
    assert_true((int)MSK_TOKEN_BYTES <= (int)SINK_TOKEN_BYTES);
}

static int setup(void **state UNUSED)
{
    budget = sink_budget_new(1 << 20);
    return 0;
}

static int teardown(void **state UNUSED)
{
    sink_budget_free(budget);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_asked_for_without_any_property),
        cmocka_unit_test(a_token_that_cannot_be_had_is_told),
        cmocka_unit_test(properties_that_leave_no_place_for_a_token_are_refused),
        cmocka_unit_test(msk_signs_with_the_credentials_of_now),
        cmocka_unit_test(msk_signs_by_awss_clock),
        cmocka_unit_test(msk_says_why_there_are_no_credentials),
        cmocka_unit_test(the_longest_token_fits_the_sink),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
