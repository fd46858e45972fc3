/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlapping prefixes, compared with a comparison of each pair: 500 random configurations of few
 * letters, so that prefixes are often equal or part of one another.
 */
#include "testing.h"

#include "base/buf.h"
#include "base/rng.h"
#include "conf/load.h"

#include <stdio.h>
#include <string.h>

enum { CUSTOMERS = 12, ROUNDS = 500, TEXT_BYTES = 64 * 1024, PREFIX_BYTES = 16 };

#define HEAD                                                                                       \
    "aws = { region = \"eu-west-1\"; };\n"                                                         \
    "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9\" ); };\n"                           \
    "queues = ( { name = \"q\"; url = \"https://sqs.eu-west-1.amazonaws.com/1/q\"; } );\n"         \
    "customers = (\n"

struct place {
    char bucket; /* 'a' or 'b' */
    char prefix[PREFIX_BYTES];
};

/* One to three parts of one or two letters; '!' is below '/' and '0' above it. */
static void random_place(struct rng *rng, struct place *out)
{
    static const char letters[] = "a!0";
    size_t n = 0;
    out->bucket = rng_below(rng, 4) == 0 ? 'b' : 'a';
    for (uint64_t parts = 1 + rng_below(rng, 3); parts != 0; parts--) {
        for (uint64_t k = 1 + rng_below(rng, 2); k != 0; k--) {
            out->prefix[n++] = letters[rng_below(rng, 3)];
        }
        out->prefix[n++] = '/';
    }
    out->prefix[n - 1] = '\0';
}

static bool contains(const char *outer, const char *inner)
{
    size_t n = strlen(outer);
    return strncmp(outer, inner, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
}

/* The first of those before it with which it overlaps; CUSTOMERS: none. */
static size_t first_overlap(const struct place *all, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (all[i].bucket == all[at].bucket &&
            (contains(all[i].prefix, all[at].prefix) || contains(all[at].prefix, all[i].prefix))) {
            return i;
        }
    }
    return CUSTOMERS;
}

static void write_conf(const struct place *all, struct buf *out)
{
    buf_add(out, SPAN(HEAD));
    for (int i = 0; i < CUSTOMERS; i++) {
        buf_addf(out,
                 "%s{ id = \"c%d\"; queue = \"q\"; bucket = \"bucket-%c\"; prefix = \"%s\"; "
                 "account_id = \"111122223333\"; external_id = \"x-%d\"; "
                 "role_arn = \"arn:aws:iam::111122223333:role/read\"; }\n",
                 i != 0 ? "," : "", i, all[i].bucket, all[i].prefix, i);
    }
    buf_add(out, SPAN(");\n"));
}

/* The errors as they would be if each customer was compared with all before it. */
static void write_expected(const struct place *all, struct buf *out)
{
    for (size_t i = 0; i < CUSTOMERS; i++) {
        size_t other = first_overlap(all, i);
        if (other != CUSTOMERS) {
            buf_addf(out,
                     "customer c%zu.prefix: overlaps that of customer c%zu in bucket bucket-%c\n",
                     i, other, all[i].bucket);
        }
    }
}

static void the_same_overlaps_as_by_comparing_each_pair(void **state UNUSED)
{
    struct rng rng;
    size_t found = 0;
    rng_init(&rng, 16);
    for (int round = 0; round < ROUNDS; round++) {
        struct place all[CUSTOMERS];
        struct conf_problems problems = {0};
        struct buf text = BUF_INIT(TEXT_BYTES);
        struct buf want = BUF_INIT(TEXT_BYTES);
        struct buf got = BUF_INIT(TEXT_BYTES);
        for (size_t i = 0; i < CUSTOMERS; i++) {
            random_place(&rng, &all[i]);
        }
        write_conf(all, &text);
        write_expected(all, &want);
        OWNED(conf) struct conf *c = conf_load_text(text.p, "test", &problems);
        for (size_t i = 0; i < problems.count; i++) {
            if (!problems.list[i].warning) {
                buf_addf(&got, "%s\n", problems.list[i].text);
            }
        }
        found += problems.errors;
        assert_true((c == NULL) == (want.n != 0));
        assert_true(span_eq(buf_span(&got), buf_span(&want)));
        conf_problems_done(&problems);
        buf_done(&text);
        buf_done(&want);
        buf_done(&got);
    }
    assert_true(found > ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_overlaps_as_by_comparing_each_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
