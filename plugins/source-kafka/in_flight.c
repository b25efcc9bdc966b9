/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdlib.h>

static struct flight *at(const struct in_flight *in_flight, size_t index)
{
  return &in_flight->items[(in_flight->first + index) & (in_flight->capacity - 1)];
}

static void grow(struct in_flight *in_flight)
{
  size_t capacity = in_flight->capacity ? 2 * in_flight->capacity : 64;
  struct flight *items = source_alloc(capacity * sizeof *items);
  for (size_t i = 0; i < in_flight->count; i++)
    items[i] = *at(in_flight, i);
  free(in_flight->items);
  in_flight->items = items;
  in_flight->first = 0;
  in_flight->capacity = capacity;
}

void in_flight_add(struct in_flight *in_flight, const struct flight *flight)
{
  if (in_flight->count == in_flight->capacity)
    grow(in_flight);
  *at(in_flight, in_flight->count++) = *flight;
  flight->partition->in_flight++;
}

void in_flight_retire(struct in_flight *in_flight, uint64_t mark)
{
  while (in_flight->count && at(in_flight, 0)->mark <= mark) {
    const struct flight *flight = at(in_flight, 0);
    flight->partition->in_flight--;
    flight->partition->durable = flight->to;
    in_flight->first++;
    in_flight->count--;
  }
}

void in_flight_free(struct in_flight *in_flight)
{
  free(in_flight->items);
}
