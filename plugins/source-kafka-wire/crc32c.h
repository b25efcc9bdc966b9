/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32C (Castagnoli, RFC 3720), the checksum of record batches. */
#ifndef HEADRACE_CRC32C_H
#define HEADRACE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 at first. By the processor's instruction where there is one. */
uint32_t crc32c(uint32_t crc, const char *data, size_t size);
uint32_t crc32c_of_tables(uint32_t crc, const char *data, size_t size);

#endif
