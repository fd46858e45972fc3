/* SPDX-License-Identifier: Apache-2.0 */
/* crc64_table.h - the tables of CRC64NVME, for codec/crc64.c. */
#ifndef CODEC_CRC64_TABLE_H
#define CODEC_CRC64_TABLE_H

#include "base/base.h"

extern const uint64_t crc64_table[8][256];

#endif
