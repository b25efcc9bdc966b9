/* SPDX-License-Identifier: Apache-2.0 */
#include "in_flight.h"

#include <stdlib.h>

static struct flight *at(const struct in_flight *in_flight, size_t index)
{
  return &in_flight->flights[(in_flight->first + index) % in_flight->capacity];
}

static void grow(struct in_flight *in_flight)
{
  size_t capacity = in_flight->capacity ? 2 * in_flight->capacity : 64;
  struct flight *flights = malloc(capacity * sizeof *flights);
  if (!flights)
    abort();
  for (size_t i = 0; i < in_flight->count; i++)
    flights[i] = *at(in_flight, i);
  free(in_flight->flights);
  in_flight->flights = flights;
  in_flight->capacity = capacity;
  in_flight->first = 0;
}

struct flight *in_flight_add(struct in_flight *in_flight)
{
  if (in_flight->count == in_flight->capacity)
    grow(in_flight);
  struct flight *flight = at(in_flight, in_flight->count++);
  *flight = (struct flight){.mark = in_flight->mark, .append_time_ms = -1};
  return flight;
}

struct flight *in_flight_first(const struct in_flight *in_flight)
{
  return in_flight->count ? at(in_flight, 0) : NULL;
}

struct flight *in_flight_find(const struct in_flight *in_flight, uint32_t event)
{
  for (size_t i = 0; i < in_flight->count; i++) {
    struct flight *flight = at(in_flight, i);
    if (flight->mark != at(in_flight, 0)->mark)
      return NULL;
    if (event >= flight->first && event - flight->first < flight->count)
      return flight;
  }
  return NULL;
}

struct flight *in_flight_numbered(const struct in_flight *in_flight, uint64_t number)
{
  uint64_t index = number - in_flight->dropped;
  return index < in_flight->count ? at(in_flight, (size_t)index) : NULL;
}

void in_flight_drop(struct in_flight *in_flight)
{
  in_flight->dropped++;
  in_flight->first = (in_flight->first + 1) % in_flight->capacity;
  in_flight->count--;
}

void in_flight_free(struct in_flight *in_flight)
{
  free(in_flight->flights);
  *in_flight = (struct in_flight){0};
}
