/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc64.h - CRC64NVME (NVM Express; the default checksum of S3): polynomial AD93D23594C93659, bits
 * reflected. ISA-L 2.30 lacks it. The first value is all ones, and the last one is inverted:
 *
 *     crc = ~crc64_nvme(UINT64_MAX, bytes);
 *
 * Threads: pure functions.
 */
#ifndef CODEC_CRC64_H
#define CODEC_CRC64_H

#include "base/span.h"

uint64_t crc64_nvme(uint64_t crc, struct span bytes);

/* The same without carry-less multiplication, for processors that lack it. Public for tests. */
uint64_t crc64_nvme_by_table(uint64_t crc, struct span bytes);

#endif
