/* SPDX-License-Identifier: Apache-2.0 */
/* Reflected, init and xorout all ones (research/aws.md 6.2): the CRC of "123456789" is
 * AE8B14860A799888. */
#include "crc64.h"

#include <string.h>

#define POLY UINT64_C(0x9A6C9329AC4BC9B5) /* AD93D23594C93659 with reversed bits */

static uint64_t tables[8][256];

static void tables_fill(void)
{
    for (unsigned i = 0; i < 256; i++) {
        uint64_t c = i;
        for (int bit = 0; bit < 8; bit++) {
            c = (c & 1) ? (c >> 1) ^ POLY : c >> 1;
        }
        tables[0][i] = c;
    }
    for (unsigned i = 0; i < 256; i++) {
        for (unsigned t = 1; t < 8; t++) {
            uint64_t before = tables[t - 1][i];
            tables[t][i] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
}

uint64_t crc64nvme(const char *p, size_t n)
{
    if (tables[0][1] == 0) {
        tables_fill();
    }
    uint64_t crc = ~UINT64_C(0);
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8); /* little endian, as all hosts that run it */
        crc ^= word;
        uint64_t next = 0;
        for (unsigned t = 0; t < 8; t++) {
            next ^= tables[7 - t][(crc >> (8 * t)) & 0xFF];
        }
        crc = next;
    }
    for (; n > 0; p++, n--) {
        crc = (crc >> 8) ^ tables[0][(crc ^ (unsigned char)*p) & 0xFF];
    }
    return ~crc;
}
