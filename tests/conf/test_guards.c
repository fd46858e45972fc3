/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot work, or would lose events, is an error before the start: regions, partitions, queues
 * and buckets. */
#include "testing.h"

#include "conf/without_aws.h"

#include "conf/load.h"

#include <stdio.h>

#define KAFKA "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\" ); };\n"

struct values {
    const char *aws, *url, *queue_more, *bucket, *partition, *region, *more;
};

static struct conf *load(const struct values *v, char *problems, size_t cap)
{
    static char text[4096];
    struct conf_problems p = {0};
    (void)snprintf(text, sizeof(text),
                   "aws = { region = \"%s\"; };\n" KAFKA
                   "queues = ( { name = \"main\"; url = \"%s\"; %s } );\n"
                   "customers = ( { id = \"acme\"; queue = \"main\"; bucket = \"%s\"; prefix = "
                   "\"p\"; region = \"%s\"; account_id = \"444455556666\"; external_id = \"x-1\"; "
                   "role_arn = \"arn:%s:iam::444455556666:role/read\"; %s } );\n",
                   v->aws, v->url, v->queue_more, v->bucket, v->region, v->partition, v->more);
    struct conf *c = conf_load_text(text, "test.conf", &p);
    problems[0] = '\0';
    for (size_t i = 0, n = 0; i < p.count && n < cap; i++) {
        n += (size_t)snprintf(problems + n, cap - n, "%s\n", p.list[i].text);
    }
    conf_problems_done(&p);
    return c;
}

#define PLAIN                                                                                      \
    {                                                                                              \
        "eu-west-1", "https://sqs.eu-west-1.amazonaws.com/1/q", "", "bucket", "aws", "eu-west-1",  \
            ""                                                                                     \
    }

static void assert_problems(const struct values *v, const char *want)
{
    char got[4096];
    OWNED(conf) struct conf *c = load(v, got, sizeof(got));
    assert_string_equal(got, want);
    assert_int_equal(c == NULL, want[0] != '\0');
}

static void assert_region(const char *aws, const char *url, const char *want)
{
    struct values v = PLAIN;
    char got[4096];
    v.aws = v.region = aws;
    v.url = url;
    v.partition = strncmp(aws, "cn-", 3) == 0 ? "aws-cn" : "aws";
    OWNED(conf) struct conf *c = load(&v, got, sizeof(got));
    assert_string_equal(got, "");
    assert_non_null(c);
    assert_string_equal(c->queues[0].region, want);
}

static void the_region_of_a_queue_is_in_its_host(void **state UNUSED)
{
    assert_region("eu-west-1", "https://sqs.eu-central-1.amazonaws.com/1/q", "eu-central-1");
    assert_region("eu-west-1", "https://sqs-fips.us-east-2.amazonaws.com/1/q", "us-east-2");
    assert_region("eu-west-1", "https://sqs.us-east-2.api.aws/1/q", "us-east-2");
    assert_region("eu-west-1", "https://us-west-2.queue.amazonaws.com/1/q", "us-west-2");
    assert_region("eu-west-1", "https://queue.amazonaws.com/1/q", "us-east-1");
    assert_region("eu-west-1", "https://vpce-0a1-b2.sqs.eu-north-1.vpce.amazonaws.com/1/q",
                  "eu-north-1");
    assert_region("eu-west-1",
                  "https://vpce-0a1-b2-eu-north-1a.sqs.eu-north-1.vpce.amazonaws.com/1/q",
                  "eu-north-1");
    assert_region("cn-north-1", "https://sqs.cn-northwest-1.amazonaws.com.cn/1/q",
                  "cn-northwest-1");
    assert_region("eu-west-1", "http://127.0.0.1:9324/1/q", "eu-west-1"); /* an emulator */
}

static void a_host_that_tells_no_region_needs_one(void **state UNUSED)
{
    struct values v = PLAIN;
    v.url = "https://queues.example.com/1/q";
    assert_problems(&v, "queue main.region: is missing, since the host of its URL does not tell a "
                        "region\n");
    v.queue_more = "region = \"eu-west-1\";";
    assert_problems(&v, "");
    v.url = "https://vpce-0a1.sqs.eu-north-1.vpce.amazonaws.com/1/q";
    assert_problems(&v,
                    "queue main: sqs: the queue's URL is of region eu-north-1, not eu-west-1\n");
}

static void slashes_at_the_end_of_a_queues_url_are_removed(void **state UNUSED)
{
    struct values v = PLAIN;
    char got[4096];
    v.url = "https://sqs.eu-west-1.amazonaws.com/1/q//";
    OWNED(conf) struct conf *c = load(&v, got, sizeof(got));
    assert_non_null(c);
    assert_string_equal(c->queues[0].url, "https://sqs.eu-west-1.amazonaws.com/1/q");
}

static void partitions_must_be_the_same(void **state UNUSED)
{
    struct values v = PLAIN;
    v.partition = "aws-cn";
    assert_problems(&v,
                    "customer acme.role_arn: is in the partition aws-cn, but aws.region in aws\n");
    v = (struct values)PLAIN;
    v.url = "https://sqs.us-gov-west-1.amazonaws.com/1/q";
    assert_problems(&v,
                    "customer acme.queue: is in the partition aws-us-gov, but aws.region in aws\n");
    v = (struct values)PLAIN;
    v.more = "kms_key_arn = \"arn:aws-us-gov:kms:eu-west-1:444455556666:key/1\";";
    assert_problems(
        &v, "customer acme.kms_key_arn: is in the partition aws-us-gov, but aws.region in aws\n");
    v = (struct values)PLAIN;
    v.region = "cn-north-1";
    assert_problems(&v,
                    "customer acme.region: is in the partition aws-cn, but aws.region in aws\n");
}

static void what_sends_no_notifications_is_refused_with_the_reason(void **state UNUSED)
{
    struct values v = PLAIN;
    v.bucket = "events--euw1-az1--x-s3";
    assert_problems(&v, "customer acme.bucket: events--euw1-az1--x-s3 is a directory bucket, "
                        "which sends no notifications; use a general purpose bucket\n");
    v.bucket = "mfzwi23gnjvgw.mrap";
    assert_problems(&v, "customer acme.bucket: mfzwi23gnjvgw.mrap is the alias of a "
                        "multi-region access point, which is not supported; name the bucket "
                        "itself\n");
    v.bucket = "events-abc123-s3alias";
    assert_problems(&v, "customer acme.bucket: events-abc123-s3alias is the alias of an access "
                        "point; name the bucket itself, and the access point in access_point\n");
    v = (struct values)PLAIN;
    v.more = "access_point = \"arn:aws:s3::444455556666:accesspoint/mfzwi23gnjvgw.mrap\";";
    assert_problems(&v, "customer acme.access_point: arn:aws:s3::444455556666:accesspoint/"
                        "mfzwi23gnjvgw.mrap is a multi-region access point, which is not "
                        "supported; name one of a region\n");
    v = (struct values)PLAIN;
    v.url = "https://sqs.eu-west-1.amazonaws.com/1/q.fifo/";
    assert_problems(&v, "queue main.url: https://sqs.eu-west-1.amazonaws.com/1/q.fifo/ is a FIFO "
                        "queue, which S3 does not notify; use a standard queue\n");
}

static void a_session_is_named_after_its_customer(void **state UNUSED)
{
    struct values v = PLAIN;
    char got[4096];
    OWNED(conf) struct conf *c = load(&v, got, sizeof(got));
    assert_non_null(c);
    assert_string_equal(c->customers[0].session_name, "asymptote-ingest-acme");
    assert_null(c->customers[0].source_identity);
    v.more = "session_name = \"a b\"; source_identity = \"x\";";
    assert_problems(&v, "customer acme.session_name: \"a b\" must be 2 to 64 letters, digits or "
                        "_+=,.@-\n"
                        "customer acme.source_identity: x must be 2 to 64 letters, digits or "
                        "_+=,.@-\n");
    v.more = "session_name = \"ingest@prod\"; source_identity = \"asymptote\";";
    assert_problems(&v, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_region_of_a_queue_is_in_its_host),
        cmocka_unit_test(a_host_that_tells_no_region_needs_one),
        cmocka_unit_test(slashes_at_the_end_of_a_queues_url_are_removed),
        cmocka_unit_test(partitions_must_be_the_same),
        cmocka_unit_test(what_sends_no_notifications_is_refused_with_the_reason),
        cmocka_unit_test(a_session_is_named_after_its_customer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
