/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines and what they become, as data: tests/vectors/normalize/<case>/in.jsonl and want.jsonl,
 * one line of `want` for each record that `in` gives, in order, rejects too. The object is
 * always the same: customer acme, s3://bucket/key, version v1, last written 2026-06-01, or
 * when the file `modified` says (seconds since the epoch). A line or value may have 1 MiB, or as
 * many bytes as the file `limit` says. With a file `redact`, secrets are redacted;
 * a file `unwrap` has the paths of the customer's envelopes, one a line.
 *
 * To see what a changed rule does, and after reading the difference to accept it:
 *
 *     event_test_normalize_vectors --accept && git diff tests/vectors/normalize
 */
#include "testing.h"

#include "base/buf.h"
#include "codec/framing.h"
#include "event/normalize.h"
#include "event/schema/rules.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 20, EVENT_BYTES = 1 << 20, LINE_BYTES = 1 << 20, SAMPLE_BYTES = 200 };

static struct object_origin source = {
    .customer = SPAN_INIT("acme"),
    .object = SPAN_INIT("s3://bucket/key"),
    .version = SPAN_INIT("v1"),
};

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    char piece[65536];
    size_t n = 0;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
        buf_add(out, span_of(piece, n));
    }
    (void)fclose(f);
    assert_non_null(buf_room(out, FRAMING_SLACK));
    return true;
}

static void normalize_piece(struct framing *f, struct normalizer *n, const struct piece *piece,
                            struct buf *out)
{
    struct output r;
    normalizer_piece(n, piece);
    while (normalizer_next(n, &r)) {
        buf_add(out, r.value);
        buf_add_byte(out, '\n');
    }
    framing_answer(f, normalizer_answer(n));
}

static void normalize(struct span text, size_t limit, const struct rules *rules, struct buf *out)
{
    const struct normalize_options o = {
        .event_bytes = EVENT_BYTES, .line_bytes = limit, .sample_bytes = SAMPLE_BYTES};
    OWNED(normalizer) struct normalizer *n = normalizer_new(&o);
    OWNED(framing) struct framing *f = framing_new(limit, SAMPLE_BYTES);
    struct piece piece;
    normalizer_object(n, &source, rules);
    while (framing_next(f, &text, &piece)) {
        normalize_piece(f, n, &piece, out);
    }
    while (framing_last(f, &piece)) {
        normalize_piece(f, n, &piece, out);
    }
}

/* The first line that differs, with its number. */
static void show_difference(const char *name, struct span got, struct span want)
{
    for (size_t number = 1; got.n > 0 || want.n > 0; number++) {
        const char *g = got.n > 0 ? memchr(got.p, '\n', got.n) : NULL;
        const char *w = want.n > 0 ? memchr(want.p, '\n', want.n) : NULL;
        struct span a = span_take(&got, g != NULL ? (size_t)(g - got.p) + 1 : got.n);
        struct span b = span_take(&want, w != NULL ? (size_t)(w - want.p) + 1 : want.n);
        if (!span_eq(a, b)) {
            print_error("%s, record %zu:\n got %.*swant %.*s\n", name, number, SPAN_FMT(a),
                        SPAN_FMT(b));
            return;
        }
    }
}

/* The number in a file of this case, if it has that file. */
static int64_t number_of(const char *name, const char *file, int64_t otherwise)
{
    char path[512];
    char digits[32] = "";
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/normalize/%s/%s", name, file);
    FILE *f = fopen(path, "r");
    if (f != NULL) {
        assert_non_null(fgets(digits, sizeof(digits), f));
        (void)fclose(f);
    }
    return f != NULL ? strtoll(digits, NULL, 10) : otherwise;
}

static bool redacts(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/normalize/%s/redact", name);
    return access(path, F_OK) == 0;
}

static void add_unwrap(const char *name, struct rules *rules)
{
    char path[512];
    struct err e = {0};
    struct buf text = BUF_INIT(4096);
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/normalize/%s/unwrap", name);
    struct span rest = read_file(path, &text) ? buf_span(&text) : SPAN("");
    while (rest.n > 0) {
        const char *end = memchr(rest.p, '\n', rest.n);
        assert_non_null(end);
        struct span line = span_take(&rest, (size_t)(end - rest.p) + 1);
        line.n--;
        assert_int_equal(rules_add_unwrap(rules, line, &e), FAIL_NONE);
    }
    buf_done(&text);
}

static bool accept_all;

static bool run_case(const char *name)
{
    char path[512];
    struct buf in = BUF_INIT(FILE_BYTES);
    struct buf want = BUF_INIT(FILE_BYTES);
    struct buf got = BUF_INIT(FILE_BYTES);
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/normalize/%s/in.jsonl", name);
    assert_true(read_file(path, &in));
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/normalize/%s/want.jsonl", name);
    (void)read_file(path, &want);
    const int64_t june = 1780272000; /* 2026-06-01T00:00:00Z */
    source.modified_ns = number_of(name, "modified", june) * INT64_C(1000000000);
    OWNED(rules) struct rules *rules = rules_new();
    rules_set_redact(rules, redacts(name));
    add_unwrap(name, rules);
    normalize(buf_span(&in), (size_t)number_of(name, "limit", LINE_BYTES), rules, &got);
    bool same = span_eq(buf_span(&got), buf_span(&want));
    if (!same && accept_all) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
        assert_int_equal(fclose(f), 0);
        same = true;
    }
    if (!same) {
        show_difference(name, buf_span(&got), buf_span(&want));
    }
    buf_done(&in);
    buf_done(&want);
    buf_done(&got);
    return same;
}

static int by_name(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void every_line_becomes_what_is_written_beside_it(void **state UNUSED)
{
    struct dirent **cases = NULL;
    int count = scandir(TEST_VECTORS "/normalize", &cases, by_name, alphasort);
    int wrong = 0;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        wrong += run_case(cases[i]->d_name) ? 0 : 1;
        free(cases[i]);
    }
    free(cases);
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    accept_all = argc == 2 && strcmp(argv[1], "--accept") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_becomes_what_is_written_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
