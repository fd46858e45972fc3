/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/checksum.h"

#include "codec/crc64.h"
#include "codec/http_fields.h"

#include <isa-l/crc.h>
#include <openssl/evp.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const char *header;
    size_t bytes;
} kinds[CHECKSUM_KINDS] = {
    [CHECKSUM_NONE] = {"none", "", 0},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", 8},
    [CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", 4},
    [CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", 4},
    [CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", 32},
    [CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", 20},
};

const char *checksum_name(enum checksum_kind kind)
{
    return kinds[kind].name;
}

/* ---- The checksum in the headers ---- */

/* Decode base64 of exactly n bytes. False for a composite checksum ("...-3"). */
static bool read_base64(struct span text, uint8_t *out, size_t n)
{
    unsigned char bytes[CHECKSUM_MAX_BYTES + 4];
    size_t chars = (n + 2) / 3 * 4;
    size_t padding = chars / 4 * 3 - n;
    if (text.n != chars) {
        return false;
    }
    for (size_t i = 0; i <= padding; i++) { /* exactly `padding` times '=' */
        if ((text.p[text.n - 1 - i] == '=') != (i < padding)) {
            return false;
        }
    }
    /* OpenSSL counts the padding as decoded bytes. */
    int got = EVP_DecodeBlock(bytes, (const unsigned char *)text.p, (int)text.n);
    if (got != (int)(n + padding)) {
        return false;
    }
    memcpy(out, bytes, n);
    return true;
}

void checksum_find(struct checksum_want *w, struct span head)
{
    struct span type = http_fields_find(head, "x-amz-checksum-type");
    *w = (struct checksum_want){.kind = CHECKSUM_NONE};
    if (type.n > 0 && !span_eq(type, SPAN("FULL_OBJECT"))) {
        return;
    }
    for (enum checksum_kind k = CHECKSUM_NONE + 1; k < CHECKSUM_KINDS; k++) {
        if (read_base64(http_fields_find(head, kinds[k].header), w->bytes, kinds[k].bytes)) {
            w->kind = k;
            w->n = kinds[k].bytes;
            return;
        }
    }
}

/* ---- Computation ---- */

/* ISA-L does not write, but its older headers lack the const. */
static unsigned char *as_isal_input(const char *p)
{
    return (unsigned char *)(uintptr_t)p;
}

static void start_digest(struct checksum *c)
{
    if (c->digest == NULL) {
        c->digest = EVP_MD_CTX_new();
    }
    const EVP_MD *md = c->kind == CHECKSUM_SHA256 ? EVP_sha256() : EVP_sha1();
    if (c->digest == NULL) {
        abort();
    }
    if (EVP_DigestInit_ex(c->digest, md, NULL) != 1) {
        c->kind = CHECKSUM_NONE; /* the system's policy may disable SHA-1 */
    }
}

void checksum_start(struct checksum *c, enum checksum_kind kind)
{
    c->kind = kind;
    c->crc = 0;
    if (kind == CHECKSUM_SHA1 || kind == CHECKSUM_SHA256) {
        start_digest(c);
    } else if (kind == CHECKSUM_CRC64NVME) {
        c->crc = UINT64_MAX;
    } else if (kind == CHECKSUM_CRC32C) {
        c->crc = UINT32_MAX;
    }
}

/* ISA-L counts in int. */
enum { PIECE_BYTES = 1 << 30 };

static void add_piece(struct checksum *c, struct span s)
{
    switch (c->kind) {
    case CHECKSUM_CRC64NVME:
        c->crc = crc64_nvme(c->crc, s);
        break;
    case CHECKSUM_CRC32C:
        c->crc = crc32_iscsi(as_isal_input(s.p), (int)s.n, (unsigned)c->crc);
        break;
    case CHECKSUM_CRC32:
        c->crc = crc32_gzip_refl((uint32_t)c->crc, as_isal_input(s.p), s.n);
        break;
    case CHECKSUM_SHA256:
    case CHECKSUM_SHA1:
        if (EVP_DigestUpdate(c->digest, s.p, s.n) != 1) {
            abort();
        }
        break;
    case CHECKSUM_NONE:
    case CHECKSUM_KINDS:
        break;
    }
}

void checksum_add(struct checksum *c, struct span bytes)
{
    while (bytes.n > 0) {
        add_piece(c, span_take(&bytes, bytes.n < PIECE_BYTES ? bytes.n : PIECE_BYTES));
    }
}

/* The checksum as in the header: bytes in big-endian order. */
static void finish_sum(struct checksum *c, uint8_t out[EVP_MAX_MD_SIZE])
{
    if (c->kind == CHECKSUM_SHA1 || c->kind == CHECKSUM_SHA256) {
        if (EVP_DigestFinal_ex(c->digest, out, NULL) != 1) {
            abort();
        }
        return;
    }
    uint64_t crc = c->kind == CHECKSUM_CRC64NVME ? ~c->crc : c->crc;
    crc = c->kind == CHECKSUM_CRC32C ? ~c->crc & UINT32_MAX : crc;
    size_t n = kinds[c->kind].bytes;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(crc >> (8 * (n - 1 - i)));
    }
}

bool checksum_matches(struct checksum *c, const struct checksum_want *w)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    if (w->kind == CHECKSUM_NONE || c->kind == CHECKSUM_NONE) {
        return true;
    }
    finish_sum(c, sum);
    return c->kind == w->kind && memcmp(sum, w->bytes, w->n) == 0;
}

void checksum_done(struct checksum *c)
{
    EVP_MD_CTX_free(c->digest);
    c->digest = NULL;
}
