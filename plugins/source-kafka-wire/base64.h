/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 with padding (RFC 4648, section 4), strict: no line breaks, no spare bits. */
#ifndef HEADRACE_KAFKA_BASE64_H
#define HEADRACE_KAFKA_BASE64_H

#include "wire.h"

struct wire_slice base64_encode(struct wire_arena *arena, const void *data, size_t size);
/* At most `most` bytes. False: it is not Base64, or longer. */
bool base64_decode(struct wire_slice text, void *data, size_t most, size_t *size);

#endif
