/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/rng.h"
#include "codec/endpoint.h"
#include "codec/url.h"

enum { TEXT_MAX = 8192 };

static void encodes_all_but_unreserved_bytes(void **state UNUSED)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    url_encode_path(&out, SPAN("logs/a b+c=\xc3\xa9&%~'(x)@:,;$!*.gz\n"));
    assert_span_equal(buf_span(&out),
                      SPAN("logs/a%20b%2Bc%3D%C3%A9%26%25~%27%28x%29%40%3A%2C%3B%24%21%2A.gz%0A"));
    buf_clear(&out);
    url_encode(&out, SPAN("a/b"));
    assert_span_equal(buf_span(&out), SPAN("a%2Fb"));
    buf_done(&out);
}

static void decodes_keys_of_notifications(void **state UNUSED)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    assert_int_equal(url_decode_form(&out, SPAN("year%3D2020/a+b%2Bc%2bd%20")), 0);
    assert_span_equal(buf_span(&out), SPAN("year=2020/a b+c+d "));
    buf_clear(&out);
    assert_int_equal(url_decode_form(&out, SPAN("100%/%zz%4%")), 4);
    assert_span_equal(buf_span(&out), SPAN("100%/%zz%4%"));
    buf_clear(&out);
    assert_int_equal(url_decode_form(&out, SPAN("%252B")), 0);
    assert_span_equal(buf_span(&out), SPAN("%2B"));
    buf_clear(&out);
    assert_int_equal(url_decode(&out, SPAN("a+b")), 0);
    assert_span_equal(buf_span(&out), SPAN("a+b"));
    buf_done(&out);
}

static void decoding_undoes_encoding_of_any_bytes(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 7);
    char bytes[1024];
    struct buf encoded = BUF_INIT(TEXT_MAX);
    struct buf back = BUF_INIT(TEXT_MAX);
    for (int round = 0; round < 500; round++) {
        size_t n = rng_below(&rng, sizeof(bytes) + 1);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (char)(unsigned char)rng_next(&rng);
        }
        buf_clear(&encoded);
        buf_clear(&back);
        (round % 2 != 0 ? url_encode : url_encode_path)(&encoded, span_of(bytes, n));
        size_t stray = (round % 3 != 0 ? url_decode : url_decode_form)(&back, buf_span(&encoded));
        assert_int_equal(stray, 0);
        assert_span_equal(buf_span(&back), span_of(bytes, n));
    }
    buf_done(&encoded);
    buf_done(&back);
}

static void lets_only_bucket_names_through(void **state UNUSED)
{
    const char *const good[] = {
        "abc",       "my.bucket-1",
        "0a0",       "a23456789012345678901234567890123456789012345678901234567890123",
        "1.2.3",     "256.1.1.1",
        "1.2.3.4.5", "1234.1.1.1"};
    const char *const bad[] = {"",
                               "ab",
                               "Abc",
                               "a_c",
                               "-bc",
                               "ab-",
                               ".bc",
                               "ab.",
                               "a..b",
                               "a/b",
                               "a@b",
                               "a:b",
                               "a b",
                               "a%2fb",
                               "a\nb",
                               "a?b",
                               "a#b",
                               "192.168.1.1",
                               "169.254.169.254",
                               "h\xc3\xa9llo",
                               "a234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(url_bucket_ok(span_str(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(url_bucket_ok(span_str(bad[i])));
    }
    assert_false(url_bucket_ok(span_of("a\0b", 3)));
}

static void lets_only_region_names_through(void **state UNUSED)
{
    assert_true(url_region_ok(SPAN("eu-west-1")));
    assert_true(url_region_ok(SPAN("us-gov-west-1")));
    const char *const bad[] = {"",        "-a",      "a-",
                               "EU",      "eu.west", "eu/west",
                               "eu west", "x@evil",  "a23456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(url_region_ok(span_str(bad[i])));
    }
}

static void check_split(const char *text, const char *authority, const char *path,
                        const char *query)
{
    struct url u;
    struct buf out = BUF_INIT(TEXT_MAX);
    assert_true(url_split(span_str(text), &u));
    url_add_authority(&out, &u);
    assert_span_equal(buf_span(&out), span_str(authority));
    assert_span_equal(u.path, span_str(path));
    assert_span_equal(u.query, span_str(query));
    buf_done(&out);
}

static void takes_endpoints_to_pieces(void **state UNUSED)
{
    check_split("https://a.b", "a.b", "", "");
    check_split("https://a.b:443/", "a.b", "/", "");
    check_split("https://a.b:80/x/y?q=1&r", "a.b:80", "/x/y", "q=1&r");
    check_split("http://127.0.0.1:5557", "127.0.0.1:5557", "", "");
    check_split("http://[fd00:ec2::254]/latest", "[fd00:ec2::254]", "/latest", "");
    check_split("http://[::1]:81?a", "[::1]:81", "", "a");
}

static void refuses_what_is_no_plain_url(void **state UNUSED)
{
    const char *const bad[] = {"",
                               "a.b",
                               "ftp://a",
                               "https://",
                               "https:///x",
                               "https://u@a/",
                               "https://u:p@a/",
                               "https://a#f",
                               "https://a/#f",
                               "https://a:0/",
                               "https://a:65536/",
                               "https://a:/",
                               "https://a b/",
                               "https://a/ b",
                               "https://a/\n",
                               "https://[::1",
                               "https://[]/",
                               "https://[::1]x/",
                               "https://a:123456/",
                               "HTTPS://a",
                               "https://a\\b",
                               "https://a?x y"};
    struct url u;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (url_split(span_str(bad[i]), &u)) {
            print_error("taken: %s\n", bad[i]);
            fail();
        }
    }
}

static void knows_loopback_from_the_world(void **state UNUSED)
{
    const char *const near[] = {"http://localhost", "http://127.0.0.1:1", "http://127.255.0.9",
                                "http://[::1]:9", "http://b.localhost"};
    const char *const far[] = {"http://10.0.0.1",     "http://127.0.0.1.evil.com",
                               "http://[::2]",        "http://localhost.evil.com",
                               "http://127.0.0.256",  "http://1270.0.0.1",
                               "http://notlocalhost", "http://.localhos"};
    struct url u;
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        assert_true(url_split(span_str(near[i]), &u) && url_is_loopback(&u));
    }
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        assert_true(url_split(span_str(far[i]), &u) && !url_is_loopback(&u));
    }
}

static void the_same_resource_in_other_words(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"https://sqs.eu-west-1.amazonaws.com/1/q", "https://SQS.EU-west-1.AmazonAWS.com/1/q",
         true},
        {"https://h/1/q", "https://h:443/1/q", true},
        {"http://h/1/q", "http://h:80/1/q", true},
        {"https://h/1/q", "http://h:443/1/q", true},
        {"https://h/1/q", "https://h./1/q//", true},
        {"https://h/1/q", "https://h/%31/%71", true},
        {"https://h/1/a%2fb", "https://h/1/a%2Fb", true},
        {"https://[::A]/q", "https://[::a]/q", true},
        {"https://h/1/q", "https://h/1/Q", false},
        {"https://h/1/q", "https://h/2/q", false},
        {"https://h/1/q", "https://g/1/q", false},
        {"https://h/1/q", "https://h:80/1/q", false},
        {"https://h/1/q", "https://h/1/q?a", false},
        {"https://h/1/q", "no URL", false},
        {"no URL", "no URL", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(url_same(span_str(cases[i].a), span_str(cases[i].b)), cases[i].same);
        assert_int_equal(url_same(span_str(cases[i].b), span_str(cases[i].a)), cases[i].same);
    }
}

static void an_identity_is_bounded(void **state UNUSED)
{
    static const char *const urls[] = {"http://h", "https://[::1]:65535/", "http://h.?a=/b"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct buf out = BUF_INIT(URL_IDENTITY_BYTES + strlen(urls[i]));
        assert_true(url_add_identity(&out, span_str(urls[i])));
        assert_false(out.overflowed);
        buf_done(&out);
    }
}

static void names_hosts_as_aws_does(void **state UNUSED)
{
    static const struct {
        enum endpoint_service service;
        unsigned variant;
        const char *region, *host;
    } rows[] = {
        {ENDPOINT_S3, 0, "eu-west-1", "s3.eu-west-1.amazonaws.com"},
        {ENDPOINT_S3_ACCESS_POINT, 0, "eu-west-1", "s3-accesspoint.eu-west-1.amazonaws.com"},
        {ENDPOINT_S3_ACCESS_POINT, ENDPOINT_FIPS | ENDPOINT_DUAL_STACK, "us-east-1",
         "s3-accesspoint-fips.dualstack.us-east-1.amazonaws.com"},
        {ENDPOINT_S3, ENDPOINT_DUAL_STACK, "cn-north-1",
         "s3.dualstack.cn-north-1.amazonaws.com.cn"},
        {ENDPOINT_S3, ENDPOINT_FIPS, "us-gov-west-1", "s3-fips.us-gov-west-1.amazonaws.com"},
        {ENDPOINT_S3, ENDPOINT_FIPS | ENDPOINT_DUAL_STACK, "us-east-1",
         "s3-fips.dualstack.us-east-1.amazonaws.com"},
        {ENDPOINT_SQS, 0, "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"},
        {ENDPOINT_SQS, ENDPOINT_DUAL_STACK, "eu-west-1", "sqs.eu-west-1.api.aws"},
        {ENDPOINT_SQS, ENDPOINT_FIPS, "us-gov-west-1", "sqs.us-gov-west-1.amazonaws.com"},
        {ENDPOINT_SQS, ENDPOINT_FIPS, "us-iso-east-1", "sqs-fips.us-iso-east-1.c2s.ic.gov"},
        {ENDPOINT_STS, ENDPOINT_FIPS | ENDPOINT_DUAL_STACK, "us-gov-west-1",
         "sts-fips.us-gov-west-1.api.aws"},
        {ENDPOINT_STS, ENDPOINT_DUAL_STACK, "cn-north-1",
         "sts.cn-north-1.api.amazonwebservices.com.cn"},
        {ENDPOINT_STS, 0, "eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"},
        {ENDPOINT_STS, 0, "ap-southeast-7", "sts.ap-southeast-7.amazonaws.com"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = BUF_INIT(TEXT_MAX);
        endpoint_add_host(&out, rows[i].service, span_str(rows[i].region), rows[i].variant);
        assert_span_equal(buf_span(&out), span_str(rows[i].host));
        buf_done(&out);
    }
    assert_string_equal(partition_of(SPAN("cn-northwest-1"))->name, "aws-cn");
    assert_string_equal(partition_of(SPAN("us-gov-east-1"))->name, "aws-us-gov");
    assert_string_equal(partition_of(SPAN("us-east-1"))->name, "aws");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_all_but_unreserved_bytes),
        cmocka_unit_test(decodes_keys_of_notifications),
        cmocka_unit_test(decoding_undoes_encoding_of_any_bytes),
        cmocka_unit_test(lets_only_bucket_names_through),
        cmocka_unit_test(lets_only_region_names_through),
        cmocka_unit_test(takes_endpoints_to_pieces),
        cmocka_unit_test(refuses_what_is_no_plain_url),
        cmocka_unit_test(knows_loopback_from_the_world),
        cmocka_unit_test(the_same_resource_in_other_words),
        cmocka_unit_test(an_identity_is_bounded),
        cmocka_unit_test(names_hosts_as_aws_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
