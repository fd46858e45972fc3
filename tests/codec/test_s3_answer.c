/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/s3_answer.h"
#include "codec/s3_page.h"

static struct s3_head read(const char *head)
{
    struct s3_head h;
    s3_head_read(&h, span_str(head));
    return h;
}

static const char *name(const char *head)
{
    static char out[S3_VERSION_BYTES];
    struct s3_head h = read(head);
    s3_head_name(&h, out);
    return out;
}

static void reads_what_the_headers_tell(void **state UNUSED)
{
    struct s3_head h = read("ETag: \"e-2\"\nx-amz-version-id: v\nContent-Length: 7\n"
                            "Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT\n"
                            "x-amz-checksum-crc32: y/Q5Jg==\n");
    assert_string_equal(h.etag, "\"e-2\"");
    assert_string_equal(h.version, "v");
    assert_int_equal(h.length, 7);
    assert_true(h.modified_ns == 1767323045000000000);
    assert_int_equal(h.checksum.kind, CHECKSUM_CRC32);
    h = read("");
    assert_string_equal(h.etag, "");
    assert_string_equal(h.version, "");
    assert_int_equal(h.length, -1);
    assert_int_equal(h.modified_ns, 0);
    h = read("Content-Length: -5\nLast-Modified: yesterday\n");
    assert_int_equal(h.length, -1);
    assert_int_equal(h.modified_ns, 0);
}

static void names_the_bytes_by_version_or_etag(void **state UNUSED)
{
    assert_string_equal(name("ETag: \"e\"\nx-amz-version-id: v\n"), "v");
    assert_string_equal(name("ETag: \"e\"\nx-amz-version-id: null\n"), "e");
    assert_string_equal(name("ETag: \"e\"\n"), "e");
    assert_string_equal(name(""), "");
}

/* Other ETags could not be sent in If-Match. */
static void takes_only_strong_etags_of_bounded_length(void **state UNUSED)
{
    char text[400] = "ETag: \"";
    assert_string_equal(read("ETag: W/\"e\"\n").etag, "");
    assert_string_equal(read("ETag: e\n").etag, "");
    assert_string_equal(read("ETag: \"\"\n").etag, "");
    memset(text + 7, 'x', 300);
    text[307] = '"';
    assert_string_equal(read(text).etag, "");
}

static enum s3_part part(int status, const char *head, int64_t from, int64_t total)
{
    return s3_part_check(status, span_str(head), from, total);
}

static void takes_only_the_part_that_was_asked_for(void **state UNUSED)
{
    assert_int_equal(part(206, "Content-Range: bytes 4-9/10\n", 4, 10), S3_PART_RIGHT);
    assert_int_equal(part(206, "Content-Range: bytes 4-9/10\n", 4, -1), S3_PART_RIGHT);
    assert_int_equal(part(206, "Content-Range: bytes 4-9/10\nContent-Length: 6\n", 4, 10),
                     S3_PART_RIGHT);
    const char *const wrong[] = {"Content-Range: bytes 3-9/10\n",
                                 "Content-Range: bytes 5-9/10\n",
                                 "Content-Range: bytes 4-8/10\n",
                                 "Content-Range: bytes 4-10/11\n",
                                 "Content-Range: bytes 4-9/*\n",
                                 "Content-Range: bytes */10\n",
                                 "Content-Range: bytes 4-9/10\nContent-Length: 5\n",
                                 ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(part(206, wrong[i], 4, 10), S3_PART_WRONG);
    }
}

static void knows_when_there_is_nothing_left(void **state UNUSED)
{
    assert_int_equal(part(416, "Content-Range: bytes */4\n", 4, -1), S3_PART_COMPLETE);
    assert_int_equal(part(416, "Content-Range: bytes */4\n", 4, 4), S3_PART_COMPLETE);
    assert_int_equal(part(416, "Content-Range: bytes */4\n", 4, 10), S3_PART_WRONG);
    assert_int_equal(part(416, "Content-Range: bytes */5\n", 4, -1), S3_PART_WRONG);
    assert_int_equal(part(416, "Content-Range: bytes */*\n", 4, -1), S3_PART_WRONG);
    assert_int_equal(part(416, "Content-Range: bytes 4-9/10\n", 4, -1), S3_PART_WRONG);
    assert_int_equal(part(206, "Content-Range: bytes */4\n", 4, 4), S3_PART_WRONG);
}

static bool is_region(int status, const char *code, const char *message, const char *region)
{
    struct fault f = {.status = status};
    err_copy(f.code, sizeof(f.code), span_str(code));
    err_copy(f.message, sizeof(f.message), span_str(message));
    err_copy(f.region, sizeof(f.region), span_str(region));
    return s3_fault_is_region(&f);
}

static void knows_every_way_to_say_wrong_region(void **state UNUSED)
{
    assert_true(is_region(301, "PermanentRedirect", "", "eu-west-1"));
    assert_true(is_region(307, "TemporaryRedirect", "", ""));
    assert_true(is_region(400, "AuthorizationHeaderMalformed", "", "eu-west-1"));
    assert_true(is_region(400, "AuthorizationHeaderMalformed", "the region 'x' is wrong", ""));
    assert_true(is_region(400, "IllegalLocationConstraintException", "", ""));
    assert_true(is_region(400, "", "", "eu-west-1"));
    assert_false(is_region(400, "AuthorizationHeaderMalformed", "bad credential", ""));
    assert_false(is_region(400, "InvalidArgument", "", "eu-west-1"));
    assert_false(is_region(403, "AccessDenied", "", "eu-west-1"));
    assert_false(is_region(403, "", "", "eu-west-1"));
}

static void names_the_kms_key(void **state UNUSED)
{
    static const char denied[] =
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on "
        "resource: arn:aws:kms:eu-west-1:1:key/k because no policy allows the action";
    const char *const messages[] = {denied, "arn:aws:kms:eu-west-1:1:key/k is disabled.",
                                    "'arn:aws:kms:eu-west-1:1:key/k', pending"};
    struct err e;
    for (size_t i = 0; i < 3; i++) {
        struct fault f = {.status = 400, .code = "KMS.DisabledException"};
        err_copy(f.message, sizeof(f.message), span_str(messages[i]));
        assert_int_equal(s3_fault_set(&e, &f), FAIL_KMS);
        assert_true(span_starts(span_str(e.text), SPAN("KMS key arn:aws:kms:eu-west-1:1:key/k ")));
    }
    struct fault f = {.status = 403, .code = "AccessDenied", .message = "kms: no", .kms = true};
    assert_int_equal(s3_fault_set(&e, &f), FAIL_KMS);
    assert_true(span_starts(span_str(e.text), SPAN("KMS key of the object ")));
    f = (struct fault){.status = 503, .code = "SlowDown", .message = "kms:", .kms = true};
    assert_int_equal(s3_fault_set(&e, &f), FAIL_THROTTLED);
}

static void each_rule_has_a_class_and_is_reached(void **state UNUSED)
{
    for (size_t i = 0; i < s3_rule_count; i++) {
        struct fault f = {.status = s3_rules[i].status != 0 ? s3_rules[i].status : 400};
        err_copy(f.code, sizeof(f.code), span_str(s3_rules[i].code));
        assert_ptr_equal(fault_find(&f, s3_rules, s3_rule_count), &s3_rules[i]);
        assert_true(s3_rules[i].kind > FAIL_NONE && s3_rules[i].kind < FAIL_KINDS);
    }
}

static void pages_that_are_none_are_refused(void **state UNUSED)
{
    struct s3_page p;
    struct err e;
    assert_int_equal(s3_page_open(&p, SPAN("<ListBucketResult>"), &e), FAIL_DATA);
    assert_int_equal(s3_page_open(&p, SPAN("<Error/>"), &e), FAIL_DATA);
    assert_int_equal(
        s3_page_open(
            &p, SPAN("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"), &e),
        FAIL_DATA);
    assert_null(p.x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_headers_tell),
        cmocka_unit_test(names_the_bytes_by_version_or_etag),
        cmocka_unit_test(takes_only_strong_etags_of_bounded_length),
        cmocka_unit_test(takes_only_the_part_that_was_asked_for),
        cmocka_unit_test(knows_when_there_is_nothing_left),
        cmocka_unit_test(knows_every_way_to_say_wrong_region),
        cmocka_unit_test(names_the_kms_key),
        cmocka_unit_test(each_rule_has_a_class_and_is_reached),
        cmocka_unit_test(pages_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
