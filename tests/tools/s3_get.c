/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_get - reads objects with net/s3, for integration/test_s3_client.py:
 *
 *     s3_get ENDPOINT REGION BUCKET OWNER
 *
 * Each input line: the key in hex, a blank, the version id or '-'. Each output line, separated by
 * tabs:
 *
 *     class code status times-begun bytes sha256 version text
 *
 * Bytes, hash and version count from the last call of `begin`. Credentials are the worker's own
 * (environment). One client reads all objects.
 */
#include "net/s3.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 8192 };

struct reader {
    EVP_MD_CTX *hash;
    struct s3_meta meta;
    unsigned begun;
    uint64_t bytes;
};

static enum err_kind on_begin(void *ctx, const struct s3_meta *meta, struct err *e)
{
    struct reader *r = ctx;
    (void)e;
    r->meta = *meta;
    r->begun++;
    r->bytes = 0;
    (void)!EVP_DigestInit_ex(r->hash, EVP_sha256(), NULL);
    return FAIL_NONE;
}

static enum err_kind on_body(void *ctx, struct span bytes, struct err *e)
{
    struct reader *r = ctx;
    (void)e;
    r->bytes += bytes.n;
    (void)!EVP_DigestUpdate(r->hash, bytes.p, bytes.n);
    return FAIL_NONE;
}

static size_t unhex(char *out, size_t max, const char *hex)
{
    size_t n = 0;
    unsigned byte;
    for (; n < max && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) {
        out[n] = (char)byte;
    }
    return n;
}

static void print_result(struct reader *r, enum err_kind kind, const struct err *e)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    printf("%s\t%s\t%d\t%u\t%llu\t", err_kind_name(kind), e->code, e->status, r->begun,
           (unsigned long long)r->bytes);
    (void)!EVP_DigestFinal_ex(r->hash, digest, &n);
    for (unsigned i = 0; i < n; i++) {
        printf("%02x", digest[i]);
    }
    printf("\t%s\t%s\n", r->meta.version, kind == FAIL_NONE ? "" : e->text);
    fflush(stdout);
}

static void get(struct s3 *s, struct s3_object *o, struct creds_source *creds)
{
    struct err e = {0};
    struct reader r = {.hash = EVP_MD_CTX_new()};
    (void)!EVP_DigestInit_ex(r.hash, EVP_sha256(), NULL);
    struct s3_consumer to = {&r, on_begin, on_body, NULL, NULL};
    enum err_kind kind = s3_get(s, o, creds, &to, &e);
    print_result(&r, kind, &e);
    EVP_MD_CTX_free(r.hash);
}

int main(int argc, char **argv)
{
    static char line[LINE_BYTES], key[LINE_BYTES], version[LINE_BYTES], hex[LINE_BYTES];
    if (argc != 5) {
        fprintf(stderr, "usage: s3_get ENDPOINT REGION BUCKET OWNER\n");
        return 2;
    }
    struct err e = {0};
    struct creds_settings own = {.region = argv[2], .clock = &clock_system};
    OWNED(creds_source) struct creds_source *creds = creds_source_default(&own, &e);
    if (creds == NULL) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    struct s3_settings settings = {.endpoint = argv[1],
                                   .connect_timeout_ms = 2000,
                                   .idle_timeout_ms = 500,
                                   .clock = &clock_system};
    OWNED(s3) struct s3 *s = s3_new(&settings);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "%8191s %8191s", hex, version) != 2) {
            continue;
        }
        struct s3_object o = {.bucket = span_str(argv[3]),
                              .key = {key, unhex(key, sizeof(key), hex)},
                              .version_id = version[0] == '-' ? SPAN("") : span_str(version),
                              .region = span_str(argv[2]),
                              .owner = span_str(argv[4])};
        get(s, &o, creds);
    }
    return 0;
}
