/* SPDX-License-Identifier: Apache-2.0
 *
 * What reading and writing messages share. */
#ifndef HEADRACE_KAFKA_WIRE_PARTS_H
#define HEADRACE_KAFKA_WIRE_PARTS_H

#include "wire.h"

/* In memory, by type; numbers and UUIDs have the same size on the wire. 0: see the layout. */
static const uint8_t wire_type_sizes[] = {
    [WIRE_BOOL] = 1,
    [WIRE_INT8] = 1,
    [WIRE_INT16] = 2,
    [WIRE_UINT16] = 2,
    [WIRE_INT32] = 4,
    [WIRE_UINT32] = 4,
    [WIRE_INT64] = 8,
    [WIRE_FLOAT64] = 8,
    [WIRE_UUID] = 16,
    [WIRE_STRING] = sizeof(struct wire_slice),
    [WIRE_BYTES] = sizeof(struct wire_slice),
    [WIRE_STRUCT] = 0,
};

#define STRING_MAX INT16_MAX /* of either form, as Kafka has it */

static inline bool wire_in(struct wire_versions versions, int16_t version)
{
  return versions.from <= version && version <= versions.to;
}

/* Of an element. */
static inline size_t wire_element_size(const struct wire_field *field)
{
  return field->type == WIRE_STRUCT ? field->layout->size : wire_type_sizes[field->type];
}

#endif
