/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The official test cases (tests/vectors/sigv4), each stage separately: the canonical request, the
 * string to sign from the expected canonical request, and the signature from the expected string to
 * sign. Then further requirements of the project.
 */
#include "testing.h"

#include "base/rng.h"
#include "codec/sigv4.h"
#include "codec/url.h"

#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024, OFFICIAL_CASES = 38, S3_CASES = 4 };

static const char suite[] = TEST_VECTORS "/sigv4/aws-c-auth-v4";

static struct span read_file(struct buf *out, const char *dir, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s/%s", suite, dir, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *at = buf_room(out, FILE_MAX - 1);
    assert_non_null(at);
    out->n = fread(at, 1, FILE_MAX - 1, f);
    out->p[out->n] = '\0';
    (void)fclose(f);
    return buf_span(out);
}

/* ---- One case ---- */

struct request {
    struct buf file;
    struct sigv4_request r;
    struct http_header headers[SIGV4_MAX_HEADERS];
    struct span body;
    struct buf values[SIGV4_MAX_HEADERS]; /* of headers with continuation lines */
    char hash[SIGV4_HEX_BYTES];
};

static struct span cut_line(struct span *rest)
{
    const char *end = memchr(rest->p, '\n', rest->n);
    struct span line = span_take(rest, end != NULL ? (size_t)(end - rest->p) : rest->n);
    *rest = rest->n > 0 ? span_from(*rest, 1) : *rest;
    return line;
}

static void add_header(struct request *q, struct span name, struct span value)
{
    assert_true(q->r.header_count < SIGV4_MAX_HEADERS);
    q->headers[q->r.header_count++] = (struct http_header){name, value};
}

static void read_header(struct request *q, struct span line)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (line.p[0] == ' ' || colon == NULL) { /* an obs-fold: continues the previous value */
        struct span *value = &q->headers[q->r.header_count - 1].value;
        struct buf *joined = &q->values[q->r.header_count - 1];
        if (joined->p == NULL) {
            *joined = (struct buf)BUF_INIT(1024);
            buf_add(joined, *value);
        }
        buf_add_byte(joined, '\n');
        buf_add(joined, line);
        *value = buf_span(joined);
        return;
    }
    size_t n = (size_t)(colon - line.p);
    add_header(q, span_of(line.p, n), span_from(line, n + 1));
}

static void read_request(struct request *q, const char *name)
{
    q->file = (struct buf)BUF_INIT(FILE_MAX);
    struct span rest = read_file(&q->file, name, "request.txt");
    struct span line = cut_line(&rest);
    const char *space = memchr(line.p, ' ', line.n);
    assert_non_null(space);
    q->r.method = span_take(&line, (size_t)(space - line.p));
    struct span target = span_of(line.p + 1, line.n - 1 - strlen(" HTTP/1.1"));
    const char *mark = memchr(target.p, '?', target.n);
    q->r.path = span_take(&target, mark != NULL ? (size_t)(mark - target.p) : target.n);
    q->r.query = mark != NULL ? span_from(target, 1) : SPAN("");
    q->r.headers = q->headers;
    while (rest.n > 0 && rest.p[0] != '\n') {
        read_header(q, cut_line(&rest));
    }
    q->body = rest.n > 0 ? span_from(rest, 1) : rest;
}

static void request_done(struct request *q)
{
    buf_done(&q->file);
    for (size_t i = 0; i < SIGV4_MAX_HEADERS; i++) {
        buf_done(&q->values[i]);
    }
}

static const char *text_of(struct json_object *o, const char *name)
{
    struct json_object *v = NULL;
    return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : "";
}

static bool flag_of(struct json_object *o, const char *name)
{
    struct json_object *v = NULL;
    return json_object_object_get_ex(o, name, &v) && json_object_get_boolean(v);
}

/* Apply context.json to the request of request.txt. */
static void prepare(struct request *q, struct json_object *context, const char *token)
{
    sigv4_hash(q->hash, q->body);
    q->r.payload_hash = span_str(q->hash);
    q->r.path_encode = true; /* the paths of the suite are not encoded */
    q->r.path_normalize = flag_of(context, "normalize");
    if (token[0] != '\0' && !flag_of(context, "omit_session_token")) {
        add_header(q, SPAN("X-Amz-Security-Token"), span_str(token));
    }
}

static void check_file(const char *dir, const char *name, struct span got)
{
    struct buf want = BUF_INIT(FILE_MAX);
    read_file(&want, dir, name);
    if (!span_eq(got, buf_span(&want))) {
        print_error("%s/%s\n", dir, name);
    }
    assert_span_equal(got, buf_span(&want));
    buf_done(&want);
}

/* Check stages 2 and 3, each with the expected result of the previous stage as input. */
static void check_stages(const char *dir, const char *form, const struct sigv4_scope *scope,
                         const uint8_t *key)
{
    char name[64];
    char signature[SIGV4_HEX_BYTES];
    struct buf file = BUF_INIT(FILE_MAX);
    struct buf got = BUF_INIT(FILE_MAX);

    (void)snprintf(name, sizeof(name), "%s-canonical-request.txt", form);
    sigv4_string_to_sign(&got, scope, read_file(&file, dir, name));
    (void)snprintf(name, sizeof(name), "%s-string-to-sign.txt", form);
    check_file(dir, name, buf_span(&got));

    buf_clear(&file);
    sigv4_signature(signature, key, read_file(&file, dir, name));
    (void)snprintf(name, sizeof(name), "%s-signature.txt", form);
    check_file(dir, name, span_str(signature));
    buf_done(&file);
    buf_done(&got);
}

static void check_authorization(const char *dir, const struct request *q,
                                const struct sigv4_scope *scope, const uint8_t *key)
{
    struct buf file = BUF_INIT(FILE_MAX);
    struct buf got = BUF_INIT(FILE_MAX);
    read_file(&file, dir, "header-signed-request.txt");
    buf_add(&got, SPAN("\nAuthorization:"));
    sigv4_authorization(&got, &q->r, scope, key);
    buf_add_byte(&got, '\n');
    assert_non_null(memmem(file.p, file.n, got.p, got.n));
    buf_done(&file);
    buf_done(&got);
}

static void check_header_form(const char *dir, struct json_object *context,
                              const struct sigv4_scope *scope, const uint8_t *key)
{
    struct json_object *credentials = json_object_object_get(context, "credentials");
    struct request *q = calloc(1, sizeof(*q));
    struct buf got = BUF_INIT(FILE_MAX);
    read_request(q, dir);
    add_header(q, SPAN("X-Amz-Date"), span_str(scope->date));
    prepare(q, context, text_of(credentials, "token"));
    if (flag_of(context, "sign_body")) {
        add_header(q, SPAN("x-amz-content-sha256"), q->r.payload_hash);
    }
    sigv4_canonical_request(&got, &q->r);
    check_file(dir, "header-canonical-request.txt", buf_span(&got));
    check_stages(dir, "header", scope, key);
    check_authorization(dir, q, scope, key);
    buf_done(&got);
    request_done(q);
    free(q);
}

static void check_query_form(const char *dir, struct json_object *context,
                             const struct sigv4_scope *scope, const uint8_t *key)
{
    struct json_object *credentials = json_object_object_get(context, "credentials");
    struct request *q = calloc(1, sizeof(*q));
    struct buf query = BUF_INIT(FILE_MAX);
    struct buf got = BUF_INIT(FILE_MAX);
    struct buf want = BUF_INIT(FILE_MAX);
    read_request(q, dir);
    prepare(q, context, "");
    struct sigv4_presign p = {
        (unsigned)json_object_get_int(json_object_object_get(context, "expiration_in_seconds")),
        SPAN("")};
    if (!flag_of(context, "omit_session_token")) {
        p.token = span_str(text_of(credentials, "token"));
    }

    sigv4_presign_query(&query, &q->r, scope, &p);
    struct sigv4_request with = q->r;
    with.query = buf_span(&query);
    sigv4_canonical_request(&got, &with);
    check_file(dir, "query-canonical-request.txt", buf_span(&got));
    check_stages(dir, "query", scope, key);

    buf_clear(&got);
    sigv4_presign(&got, &q->r, scope, &p, key);
    buf_add(&want, buf_span(&query));
    buf_add(&want, SPAN("&X-Amz-Signature="));
    buf_clear(&query);
    buf_add(&want, read_file(&query, dir, "query-signature.txt"));
    assert_span_equal(buf_span(&got), buf_span(&want));

    buf_done(&query);
    buf_done(&got);
    buf_done(&want);
    request_done(q);
    free(q);
}

static void check_case(const char *dir)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s/context.json", suite, dir);
    struct json_object *context = json_object_from_file(path);
    assert_non_null(context);
    struct json_object *credentials = json_object_object_get(context, "credentials");
    struct sigv4_scope scope = {text_of(credentials, "access_key_id"), "20150830T123600Z",
                                text_of(context, "region"), text_of(context, "service")};
    assert_string_equal(text_of(context, "timestamp"), "2015-08-30T12:36:00Z");
    uint8_t key[SIGV4_KEY_BYTES];
    sigv4_key(key, text_of(credentials, "secret_access_key"), &scope);
    check_header_form(dir, context, &scope, key);
    check_query_form(dir, context, &scope, key);
    json_object_put(context);
}

static void signs_the_official_cases_stage_by_stage(void **state UNUSED)
{
    int cases = 0;
    DIR *d = opendir(suite);
    assert_non_null(d);
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            check_case(entry->d_name);
            cases++;
        }
    }
    (void)closedir(d);
    assert_int_equal(cases, OFFICIAL_CASES);
}

static void check_s3_case(struct json_object *c)
{
    struct http_header headers[16];
    size_t n = 0;
    char hash[SIGV4_HEX_BYTES];
    char signature[SIGV4_HEX_BYTES];
    uint8_t key[SIGV4_KEY_BYTES];
    struct buf got = BUF_INIT(FILE_MAX);
    struct sigv4_scope scope = {text_of(c, "access_key_id"), text_of(c, "timestamp"),
                                text_of(c, "region"), text_of(c, "service")};
    sigv4_hash(hash, span_str(text_of(c, "body")));
    headers[n++] = (struct http_header){SPAN("Host"), span_str(text_of(c, "host"))};
    headers[n++] = (struct http_header){SPAN("x-amz-date"), span_str(scope.date)};
    headers[n++] = (struct http_header){SPAN("x-amz-content-sha256"), span_str(hash)};
    struct json_object *extra = json_object_object_get(c, "signed_extra_headers");
    struct json_object_iterator at = json_object_iter_begin(extra);
    struct json_object_iterator end = json_object_iter_end(extra);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        headers[n++] = (struct http_header){
            span_str(json_object_iter_peek_name(&at)),
            span_str(json_object_get_string(json_object_iter_peek_value(&at)))};
    }
    const char *target = text_of(c, "target");
    const char *mark = strchr(target, '?');
    struct sigv4_request r = {
        .method = span_str(text_of(c, "method")),
        .path = mark != NULL ? span_of(target, (size_t)(mark - target)) : span_str(target),
        .query = mark != NULL ? span_str(mark + 1) : SPAN(""),
        .headers = headers,
        .header_count = n,
        .payload_hash = span_str(hash),
    };
    sigv4_canonical_request(&got, &r);
    assert_span_equal(buf_span(&got), span_str(text_of(c, "canonical_request")));
    buf_clear(&got);
    sigv4_string_to_sign(&got, &scope, span_str(text_of(c, "canonical_request")));
    assert_span_equal(buf_span(&got), span_str(text_of(c, "string_to_sign")));
    sigv4_key(key, text_of(c, "secret_access_key"), &scope);
    sigv4_signature(signature, key, span_str(text_of(c, "string_to_sign")));
    assert_string_equal(signature, text_of(c, "signature"));
    buf_done(&got);
}

static void signs_the_examples_of_the_s3_reference(void **state UNUSED)
{
    struct json_object *all = json_object_from_file(TEST_VECTORS "/sigv4/s3-docs-vectors.json");
    assert_non_null(all);
    assert_int_equal(json_object_array_length(all), S3_CASES);
    for (size_t i = 0; i < S3_CASES; i++) {
        check_s3_case(json_object_array_get_idx(all, i));
    }
    json_object_put(all);
}

/* ---- Further requirements ---- */

static const struct http_header host = {{"host", 4}, {"b.s3.eu-west-1.amazonaws.com", 28}};

static struct sigv4_request s3_request(struct span path)
{
    return (struct sigv4_request){.method = SPAN("GET"),
                                  .path = path,
                                  .headers = &host,
                                  .header_count = 1,
                                  .payload_hash = SPAN(SIGV4_EMPTY_HASH)};
}

static void keeps_dots_and_slashes_of_s3_keys(void **state UNUSED)
{
    struct buf got = BUF_INIT(FILE_MAX);
    struct sigv4_request r = s3_request(SPAN("//a/../b//./c"));
    sigv4_canonical_request(&got, &r);
    assert_true(span_starts(buf_span(&got), SPAN("GET\n//a/../b//./c\n\nhost:b.s3")));
    buf_done(&got);
}

static void writes_dates_in_utc(void **state UNUSED)
{
    char date[SIGV4_DATE_BYTES];
    sigv4_date(date, 1767323045999);
    assert_string_equal(date, "20260102T030405Z");
    sigv4_date(date, INT64_MAX);
    assert_string_equal(date, "");
}

static void derives_another_key_when_anything_of_it_changes(void **state UNUSED)
{
    struct sigv4_cache cache = {0};
    uint8_t want[SIGV4_KEY_BYTES];
    const struct sigv4_scope scopes[] = {
        {"A", "20260102T030405Z", "eu-west-1", "s3"},
        {"A", "20260103T030405Z", "eu-west-1", "s3"},
        {"A", "20260103T030405Z", "eu-west-2", "s3"},
        {"A", "20260103T030405Z", "eu-west-2", "sqs"},
        {"A", "20260103T040405Z", "eu-west-2", "sqs"},
    };
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        sigv4_key(want, "secret", &scopes[i]);
        assert_memory_equal(sigv4_key_get(&cache, "secret", &scopes[i]), want, sizeof(want));
        assert_memory_equal(sigv4_key_get(&cache, "secret", &scopes[i]), want, sizeof(want));
    }
    sigv4_key(want, "other", &scopes[0]);
    assert_memory_equal(sigv4_key_get(&cache, "other", &scopes[0]), want, sizeof(want));
    sigv4_cache_wipe(&cache);
    assert_int_equal(cache.key[0] | cache.of[0], 0);
}

static void marks_what_is_too_much_instead_of_signing_less(void **state UNUSED)
{
    struct sigv4_scope scope = {"A", "20260102T030405Z", "eu-west-1", "s3"};
    uint8_t key[SIGV4_KEY_BYTES] = {0};
    struct buf out = BUF_INIT(FILE_MAX);
    struct buf query = BUF_INIT(FILE_MAX);
    struct sigv4_request r = s3_request(SPAN("/"));
    struct http_header many[SIGV4_MAX_HEADERS + 1];
    for (size_t i = 0; i < SIGV4_MAX_HEADERS + 1; i++) {
        many[i] = host;
    }
    r.headers = many;
    r.header_count = SIGV4_MAX_HEADERS + 1;
    sigv4_authorization(&out, &r, &scope, key);
    assert_true(out.overflowed);
    assert_int_equal(out.n, 0);

    buf_clear(&out);
    r = s3_request(SPAN("/"));
    for (int i = 0; i <= SIGV4_MAX_PARAMS; i++) {
        buf_addf(&query, "&p%d=1", i);
    }
    r.query = buf_span(&query);
    sigv4_authorization(&out, &r, &scope, key);
    assert_true(out.overflowed);
    buf_done(&out);
    buf_done(&query);
}

/* The order of headers and parameters does not change the signature. */
static void gives_one_signature_for_any_order(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 4);
    struct http_header headers[] = {host,
                                    {SPAN("X-Amz-Date"), SPAN("d")},
                                    {SPAN("x-amz-content-sha256"), SPAN(SIGV4_EMPTY_HASH)},
                                    {SPAN("Range"), SPAN("bytes=1-")},
                                    {SPAN("If-Match"), SPAN("\"e\"")}};
    enum { N = sizeof(headers) / sizeof(headers[0]) };
    struct buf first = BUF_INIT(FILE_MAX);
    struct buf got = BUF_INIT(FILE_MAX);
    struct sigv4_request r = s3_request(SPAN("/k"));
    r.headers = headers;
    r.header_count = N;
    for (int round = 0; round < 50; round++) {
        size_t a = rng_below(&rng, N);
        size_t b = rng_below(&rng, N);
        struct http_header swap = headers[a];
        headers[a] = headers[b];
        headers[b] = swap;
        r.query = round % 2 != 0 ? SPAN("b=2&a=%2f&a=") : SPAN("a=&a=%2F&b=2");
        buf_clear(&got);
        sigv4_canonical_request(&got, &r);
        if (round == 0) {
            buf_add(&first, buf_span(&got));
        }
        assert_span_equal(buf_span(&got), buf_span(&first));
    }
    buf_done(&first);
    buf_done(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_official_cases_stage_by_stage),
        cmocka_unit_test(signs_the_examples_of_the_s3_reference),
        cmocka_unit_test(keeps_dots_and_slashes_of_s3_keys),
        cmocka_unit_test(writes_dates_in_utc),
        cmocka_unit_test(derives_another_key_when_anything_of_it_changes),
        cmocka_unit_test(marks_what_is_too_much_instead_of_signing_less),
        cmocka_unit_test(gives_one_signature_for_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
