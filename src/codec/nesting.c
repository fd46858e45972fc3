/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64 bytes become five 64-bit masks, one for each kind of byte that matters, and a prefix sum over
 * the quotes gives the bytes inside of strings. Only brackets outside of strings are then examined
 * one by one; most blocks have few. The scan is compiled a second time for processors with AVX2,
 * where a mask takes half as many instructions.
 */
#include "codec/nesting.h"

#include <assert.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define IN_LINE static inline __attribute__((always_inline))

enum { BLOCK_BYTES = 64 };

/* The bytes of each kind in a block. The first byte is the lowest bit. */
struct kinds {
    uint64_t quote, backslash, open, close, line;
};

#ifdef __SSE2__

enum { PART_BYTES = 16 };

struct block {
    __m128i parts[BLOCK_BYTES / PART_BYTES];
};

static inline uint64_t part_bits(__m128i part, char c)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8(c)));
}

static inline uint64_t block_bits(const struct block *b, char c)
{
    return part_bits(b->parts[0], c) | part_bits(b->parts[1], c) << PART_BYTES |
           part_bits(b->parts[2], c) << 2 * PART_BYTES |
           part_bits(b->parts[3], c) << 3 * PART_BYTES;
}

static inline bool block_has(const struct block *b, char c)
{
    __m128i found = _mm_setzero_si128();
    for (size_t i = 0; i < BLOCK_BYTES / PART_BYTES; i++) {
        found = _mm_or_si128(found, _mm_cmpeq_epi8(b->parts[i], _mm_set1_epi8(c)));
    }
    return _mm_movemask_epi8(found) != 0;
}

static inline struct kinds block_kinds(const char *p)
{
    struct block b;
    struct kinds k;
    memcpy(&b, p, sizeof(b));
    k.quote = block_bits(&b, '"');
    k.backslash = block_bits(&b, '\\');
    k.line = block_has(&b, '\n') ? block_bits(&b, '\n') : 0; /* most texts have none or many */
    for (size_t i = 0; i < BLOCK_BYTES / PART_BYTES; i++) {  /* '[' becomes '{', ']' becomes '}' */
        b.parts[i] = _mm_or_si128(b.parts[i], _mm_set1_epi8(0x20));
    }
    k.open = block_bits(&b, '{');
    k.close = block_bits(&b, '}');
    return k;
}

#define WIDE __attribute__((target("avx2,popcnt,bmi")))

WIDE static inline uint64_t wide_bits(__m256i low, __m256i high, char c)
{
    const __m256i wanted = _mm256_set1_epi8(c);
    uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return first | (uint64_t)second << 32;
}

WIDE static inline struct kinds wide_kinds(const char *p)
{
    const __m256i fold = _mm256_set1_epi8(0x20);
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + BLOCK_BYTES / 2));
    struct kinds k;
    k.quote = wide_bits(low, high, '"');
    k.backslash = wide_bits(low, high, '\\');
    k.line = wide_bits(low, high, '\n');
    low = _mm256_or_si256(low, fold);
    high = _mm256_or_si256(high, fold);
    k.open = wide_bits(low, high, '{');
    k.close = wide_bits(low, high, '}');
    return k;
}

#else

static struct kinds block_kinds(const char *p)
{
    struct kinds k = {0};
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        uint64_t bit = (uint64_t)1 << i;
        char folded = (char)(p[i] | 0x20);
        k.quote |= p[i] == '"' ? bit : 0;
        k.backslash |= p[i] == '\\' ? bit : 0;
        k.line |= p[i] == '\n' ? bit : 0;
        k.open |= folded == '{' ? bit : 0;
        k.close |= folded == '}' ? bit : 0;
    }
    return k;
}

#endif

/* The bits below the lowest set bit of v; all bits if v is 0. */
IN_LINE uint64_t below(uint64_t v)
{
    return (v & (0 - v)) - 1;
}

/*
 * The bytes that follow an unescaped backslash: in a run of backslashes every second one, and the
 * byte after a run of odd length. Adding the runs that begin at odd positions to all runs carries
 * each of them to its end, where the parity is inverted (Langdale and Lemire, Parsing gigabytes of
 * JSON per second, 2019, section 3.1.1). *next: whether the first byte of the next block is
 * escaped.
 */
IN_LINE uint64_t escaped_bytes(uint64_t backslash, uint64_t *next)
{
    const uint64_t even = 0x5555555555555555U;
    uint64_t escapes = backslash & ~*next;
    uint64_t after = escapes << 1 | *next;
    uint64_t odd_rows = escapes & ~even & ~after;
    uint64_t carried = odd_rows + escapes;
    *next = carried < escapes ? 1 : 0;
    return (even ^ carried << 1) & after;
}

/* Prefix sum without carry: each bit is the XOR of itself and all lower bits. */
IN_LINE uint64_t running_sum(uint64_t v)
{
    v ^= v << 1;
    v ^= v << 2;
    v ^= v << 4;
    v ^= v << 8;
    v ^= v << 16;
    v ^= v << 32;
    return v;
}

IN_LINE uint64_t count_bits(uint64_t v)
{
    return (uint64_t)__builtin_popcountll(v);
}

/* Count the brackets. Returns the bit of the one that closes the outermost container, or 0. */
IN_LINE uint64_t last_close(struct nesting *n, uint64_t open, uint64_t close)
{
    uint64_t closes = close != 0 ? count_bits(close) : 0;
    if (closes < n->depth) { /* in any order of the brackets */
        n->depth += (open != 0 ? count_bits(open) : 0) - closes;
        return 0;
    }
    for (uint64_t left = open | close; left != 0; left &= left - 1) {
        uint64_t bit = left & (0 - left);
        if ((close & bit) == 0) {
            n->depth++;
        } else if (--n->depth == 0) {
            return bit;
        }
    }
    return 0;
}

/* Set the state after `used` bytes of a block with these masks. */
IN_LINE void stand_at(struct nesting *n, size_t used, uint64_t inside, uint64_t escaped)
{
    n->in_string = used > 0 ? inside >> (used - 1) & 1 : n->in_string;
    n->escaped = escaped >> used & 1;
}

/*
 * Scan one block, whose kinds are `k` and of which the bytes in `known` are valid (all, or the
 * lowest ones). Returns the number of bytes used.
 */
IN_LINE size_t scan_block(struct nesting *n, struct kinds k, uint64_t known, bool one_line,
                          enum nesting_end *end)
{
    uint64_t after = n->escaped ? 1 : 0;
    uint64_t escaped = escaped_bytes(k.backslash & known, &after);
    uint64_t inside = running_sum(k.quote & known & ~escaped) ^ (0 - (uint64_t)n->in_string);
    uint64_t stop = k.line & known & (one_line ? ~(uint64_t)0 : inside);
    uint64_t outside = known & ~inside & below(stop);
    uint64_t closed = last_close(n, k.open & outside, k.close & outside);
    if (k.line != 0) {
        n->lines += count_bits(k.line & outside & below(closed));
    }
    if (closed != 0) {
        *end = NESTING_CLOSED;
        n->in_string = false;
        n->escaped = false;
        return (size_t)__builtin_ctzll(closed) + 1;
    }
    if (stop != 0) {
        *end = NESTING_LINE;
        stand_at(n, (size_t)__builtin_ctzll(stop), inside, escaped);
        return (size_t)__builtin_ctzll(stop);
    }
    if (known != ~(uint64_t)0) {
        stand_at(n, (size_t)__builtin_ctzll(~known), inside, escaped);
        return (size_t)__builtin_ctzll(~known);
    }
    n->in_string = inside >> (BLOCK_BYTES - 1) != 0;
    n->escaped = after != 0;
    return BLOCK_BYTES;
}

IN_LINE size_t scan(struct nesting *n, struct span text, bool one_line, enum nesting_end *end,
                    struct kinds (*kinds)(const char *block))
{
    size_t used = 0;
    assert(n->depth > 0);
    *end = NESTING_MORE;
    while (text.n - used >= BLOCK_BYTES && *end == NESTING_MORE) {
        used += scan_block(n, kinds(text.p + used), ~(uint64_t)0, one_line, end);
    }
    if (used < text.n && *end == NESTING_MORE) {
        uint64_t known = ((uint64_t)1 << (text.n - used)) - 1;
        used += scan_block(n, kinds(text.p + used), known, one_line, end);
    }
    return used;
}

size_t nesting_scan_plain(struct nesting *n, struct span text, bool one_line, enum nesting_end *end)
{
    return scan(n, text, one_line, end, block_kinds);
}

#ifdef __SSE2__

WIDE static size_t scan_wide(struct nesting *n, struct span text, bool one_line,
                             enum nesting_end *end)
{
    return scan(n, text, one_line, end, wide_kinds);
}

size_t nesting_scan(struct nesting *n, struct span text, bool one_line, enum nesting_end *end)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        return scan_wide(n, text, one_line, end);
    }
    return nesting_scan_plain(n, text, one_line, end);
}

#else

size_t nesting_scan(struct nesting *n, struct span text, bool one_line, enum nesting_end *end)
{
    return nesting_scan_plain(n, text, one_line, end);
}

#endif
