// SPDX-License-Identifier: Apache-2.0
// simdjson's DOM, and the C++ library's exact reader of doubles, behind C functions: the only
// C++ of the program. The DOM's tape and string buffer are handed out as they are.
#include "codec/json_simd.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <new>

#include <simdjson.h>
#include <string>

struct json_simd {
    simdjson::dom::parser parser;
    simdjson::dom::document document;
    size_t max_bytes;
    size_t max_depth;

    // simdjson does not go below 32 bytes.
    json_simd(size_t bytes, size_t depth)
        : parser(bytes < 64 ? 64 : bytes), max_bytes(bytes < 64 ? 64 : bytes), max_depth(depth)
    {
    }
};

extern "C" struct json_simd *json_simd_new(size_t max_bytes, size_t max_depth)
{
    auto *s = new (std::nothrow) json_simd(max_bytes, max_depth);
    if (s == nullptr) {
        std::abort();
    }
    return s;
}

extern "C" void json_simd_free(struct json_simd *s)
{
    delete s;
}

// Left to itself the parser would grow to each longest text anew, and to a depth of its own.
static void grow(struct json_simd *s, size_t n)
{
    if (s->parser.capacity() >= n && s->document.capacity() >= n) {
        return;
    }
    size_t capacity = 4096;
    while (capacity < n) {
        capacity *= 2;
    }
    if (capacity > s->max_bytes && n <= s->max_bytes) {
        capacity = s->max_bytes;
    }
    if (s->parser.allocate(capacity, s->max_depth) != simdjson::SUCCESS ||
        s->document.allocate(capacity) != simdjson::SUCCESS) {
        std::abort();
    }
}

extern "C" bool json_simd_read(struct json_simd *s, const char *text, size_t n,
                               const uint64_t **tape, const uint8_t **strings)
{
    if (n == 0 || n > s->max_bytes) {
        return false;
    }
    grow(s, n);
    if (s->parser.parse_into_document(s->document, text, n, false).error() != simdjson::SUCCESS) {
        return false;
    }
    *tape = s->document.tape.get();
    *strings = s->document.string_buf.get();
    return true;
}

extern "C" const uint32_t *json_simd_tokens(const struct json_simd *s, size_t *count)
{
    *count = s->parser.implementation->n_structural_indexes;
    return s->parser.implementation->structural_indexes.get();
}

// Power of ten of the first digit that is not 0, far beyond any double if it is huge.
static long long magnitude(const char *p, const char *end)
{
    const long long huge = 1LL << 40;
    long long before = 0; // digits before the point, from the first that is not 0 on
    long long zeros = 0;  // 0s behind the point, in front of the first other digit
    bool point = false;
    bool seen = false;
    for (p += *p == '-'; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        seen = seen || *p != '0';
        before += seen && !point;
        zeros += !seen && point;
    }
    long long exponent = 0;
    bool negative = false;
    for (p += p < end; p < end; p++) {
        if (*p == '-' || *p == '+') {
            negative = *p == '-';
        } else if (exponent < huge) {
            exponent = exponent * 10 + (*p - '0');
        }
    }
    return before - zeros + (negative ? -exponent : exponent);
}

extern "C" bool json_simd_double(const char *text, size_t n, double *out)
{
    double value = 0;
    auto result = std::from_chars(text, text + n, value);
    if (result.ec == std::errc::result_out_of_range) {
        if (magnitude(text, text + n) > 0) {
            return false;
        }
        value = std::copysign(0.0, *text == '-' ? -1.0 : 1.0);
    }
    *out = value;
    return !std::isinf(value);
}

extern "C" const char *json_simd_name(void)
{
    static const std::string name = "simdjson " + std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) +
                                    "." + std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
                                    std::to_string(simdjson::SIMDJSON_VERSION_REVISION) + " (" +
                                    simdjson::get_active_implementation()->name() + ")";
    return name.c_str();
}
