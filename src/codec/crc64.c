/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding by carry-less multiplication, 64 bytes per step, ten times as fast as tables (Gopal et
 * al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009). The result is
 * 16 bytes with the same remainder as all input before. These and the rest go through the tables.
 */
#include "codec/crc64.h"

#include "codec/crc64_table.h"

#include <endian.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

uint64_t crc64_nvme_by_table(uint64_t crc, struct span bytes)
{
    const char *p = bytes.p;
    size_t n = bytes.n;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word = 0;
        memcpy(&word, p, sizeof(word));
        crc ^= le64toh(word);
        crc = crc64_table[7][crc & 255] ^ crc64_table[6][crc >> 8 & 255] ^
              crc64_table[5][crc >> 16 & 255] ^ crc64_table[4][crc >> 24 & 255] ^
              crc64_table[3][crc >> 32 & 255] ^ crc64_table[2][crc >> 40 & 255] ^
              crc64_table[1][crc >> 48 & 255] ^ crc64_table[0][crc >> 56];
    }
    for (; n > 0; n--) {
        crc = crc64_table[0][(crc ^ (unsigned char)*p++) & 255] ^ crc >> 8;
    }
    return crc;
}

#if defined(__x86_64__)

#define FOLDS __attribute__((target("pclmul,sse2")))

enum { FOLD_BYTES = 64, FOLD_LEAST = 2 * FOLD_BYTES };

/* Reflected x^n mod P. Multiplying a half of 128 bits by one moves it by 128 or 512 bits. */
static const uint64_t x127 = 0x21e9761e252621acU, x191 = 0xeadc41fd2ba3d420U;
static const uint64_t x511 = 0x62242240ace5045aU, x575 = 0x0c32cdb31e18a84aU;

FOLDS static inline __m128i load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* `x` moved by the distance of the constants, plus the bytes at the new place. */
FOLDS static inline __m128i fold(__m128i x, __m128i by, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(x, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(x, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

FOLDS static uint64_t crc64_by_folds(uint64_t crc, struct span bytes)
{
    const __m128i by_128 = _mm_set_epi64x((long long)x127, (long long)x191);
    const __m128i by_512 = _mm_set_epi64x((long long)x511, (long long)x575);
    const char *p = bytes.p;
    size_t n = bytes.n - FOLD_BYTES;
    __m128i a = _mm_xor_si128(load(p), _mm_set_epi64x(0, (long long)crc));
    __m128i b = load(p + 16);
    __m128i c = load(p + 32);
    __m128i d = load(p + 48);
    for (p += FOLD_BYTES; n >= FOLD_BYTES; p += FOLD_BYTES, n -= FOLD_BYTES) {
        a = fold(a, by_512, load(p));
        b = fold(b, by_512, load(p + 16));
        c = fold(c, by_512, load(p + 32));
        d = fold(d, by_512, load(p + 48));
    }
    d = fold(fold(fold(a, by_128, b), by_128, c), by_128, d);
    for (; n >= 16; p += 16, n -= 16) {
        d = fold(d, by_128, load(p));
    }
    char left[16];
    _mm_storeu_si128((__m128i *)(void *)left, d);
    crc = crc64_nvme_by_table(0, span_of(left, sizeof(left)));
    return crc64_nvme_by_table(crc, span_of(p, n));
}

uint64_t crc64_nvme(uint64_t crc, struct span bytes)
{
    if (bytes.n >= FOLD_LEAST && __builtin_cpu_supports("pclmul")) {
        return crc64_by_folds(crc, bytes);
    }
    return crc64_nvme_by_table(crc, bytes);
}

#else

uint64_t crc64_nvme(uint64_t crc, struct span bytes)
{
    return crc64_nvme_by_table(crc, bytes);
}

#endif
