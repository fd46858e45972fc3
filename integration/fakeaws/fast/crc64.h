/* SPDX-License-Identifier: Apache-2.0 */
/* crc64.h - CRC64NVME as S3 computes it, with eight tables. On purpose not the worker's code. */
#ifndef FAST_CRC64_H
#define FAST_CRC64_H

#include <stddef.h>
#include <stdint.h>

uint64_t crc64nvme(const char *p, size_t n);

#endif
