/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc64.h - CRC64NVME (NVM Express; the sum that S3 makes by default), polynomial
 * AD93D23594C93659, bits reflected. ISA-L 2.30 lacks it. Begin with all ones, invert the end:
 *
 *     crc = ~crc64_nvme(UINT64_MAX, bytes);
 *
 * Threads: no state.
 */
#ifndef CODEC_CRC64_H
#define CODEC_CRC64_H

#include "base/span.h"

uint64_t crc64_nvme(uint64_t crc, struct span bytes);

/* The same by tables alone, where the processor cannot multiply without carries; for tests. */
uint64_t crc64_nvme_by_table(uint64_t crc, struct span bytes);

#endif
