/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/reference/test_msk_token.py compares tokens with AWS's own signer. This file tests the
 * other properties.
 */
#include "testing.h"

#include "codec/msk_token.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static const int64_t now_ms = 1795000000999; /* 2026-11-18T11:06:40.999Z */

static struct creds keys(void)
{
    return (struct creds){.access_key_id = "AKIDEXAMPLE",
                          .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                          .expires_ms = INT64_MAX};
}

/* Convert the URL in a token from base64url to base64 with padding. */
static void open_token(char *url, size_t cap, struct span token)
{
    struct buf plain = BUF_INIT(MSK_TOKEN_BYTES + 4);
    buf_add(&plain, token);
    assert_null(memchr(plain.p, '=', plain.n));
    assert_null(memchr(plain.p, '+', plain.n));
    assert_null(memchr(plain.p, '/', plain.n));
    for (size_t i = 0; i < plain.n; i++) {
        plain.p[i] = plain.p[i] == '-' ? '+' : (plain.p[i] == '_' ? '/' : plain.p[i]);
    }
    size_t padding = (4 - plain.n % 4) % 4;
    buf_add(&plain, span_of("===", padding));
    assert_true(plain.n / 4 * 3 < cap);
    int n = EVP_DecodeBlock((unsigned char *)url, (const unsigned char *)plain.p, (int)plain.n);
    assert_true(n > 0);
    url[(size_t)n - padding] = '\0';
    buf_done(&plain);
}

static void a_token_is_a_presigned_url_for_the_region(void **state UNUSED)
{
    struct creds c = keys();
    struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
    char url[4096];
    assert_int_equal(msk_token(&token, &c, "eu-west-1", now_ms), 1795000900000);
    assert_false(token.overflowed);
    open_token(url, sizeof(url), buf_span(&token));

    static const char *const parts[] = {
        "https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&",
        "&X-Amz-Credential=AKIDEXAMPLE%2F20261118%2Feu-west-1%2Fkafka-cluster%2Faws4_request&",
        "&X-Amz-Date=20261118T110640Z&",
        "&X-Amz-Expires=900&",
        "&X-Amz-SignedHeaders=host&",
        "&User-Agent=asymptote-ingest%2F",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(url, parts[i]) == NULL) {
            fail_msg("no %s in %s", parts[i], url);
        }
    }
    assert_null(strstr(url, "X-Amz-Security-Token"));
    buf_done(&token);
}

static void padding_is_left_out_at_every_length(void **state UNUSED)
{
    struct creds c = keys();
    for (size_t n = 1; n <= 3; n++) {
        (void)snprintf(c.session_token, 4, "%.*s", (int)n, "abc");
        struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
        char url[4096];
        char want[64];
        (void)msk_token(&token, &c, "eu-west-1", now_ms);
        open_token(url, sizeof(url), buf_span(&token));
        (void)snprintf(want, sizeof(want), "&X-Amz-Security-Token=%.3s&", c.session_token);
        assert_non_null(strstr(url, want));
        assert_non_null(strstr(url, "&User-Agent=asymptote-ingest%2F" INGEST_VERSION));
        buf_done(&token);
    }
}

static void a_token_does_not_outlive_its_credentials(void **state UNUSED)
{
    struct creds c = keys();
    c.expires_ms = now_ms + 60000;
    struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
    assert_int_equal(msk_token(&token, &c, "eu-west-1", now_ms), now_ms + 60000);
    buf_done(&token);
}

static void the_longest_session_token_fits(void **state UNUSED)
{
    struct creds c = keys();
    memset(c.session_token, '/', sizeof(c.session_token) - 1); /* three bytes each when encoded */
    struct buf token = BUF_INIT(MSK_TOKEN_BYTES);
    (void)msk_token(&token, &c, "ap-southeast-1", now_ms);
    assert_false(token.overflowed);
    buf_done(&token);

    struct buf small = BUF_INIT(1000);
    (void)msk_token(&small, &c, "ap-southeast-1", now_ms);
    assert_true(small.overflowed);
    buf_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_a_presigned_url_for_the_region),
        cmocka_unit_test(padding_is_left_out_at_every_length),
        cmocka_unit_test(a_token_does_not_outlive_its_credentials),
        cmocka_unit_test(the_longest_session_token_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
