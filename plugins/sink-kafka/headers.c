/* SPDX-License-Identifier: Apache-2.0
 *
 * librdkafka wants headers of its own for each message and frees them with it:
 * two allocations and one per header, and as many frees. A codec's headers are
 * often the same array for every record, so copies come back with the delivery
 * reports and are used again. */
#include "sink.h"

#include <stdlib.h>
#include <string.h>

rd_kafka_headers_t *headers_of(const struct headrace_record *record, size_t more)
{
  rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count + more);
  for (uint32_t i = 0; i < record->header_count; i++) {
    const struct headrace_header *header = &record->headers[i];
    bool null = header->value.state < HEADRACE_TEXT;
    rd_kafka_header_add(headers, header->name, -1, null ? NULL : header->value.data,
                        null ? 0 : (ssize_t)header->value.size);
  }
  return headers;
}

/* Two lengths, a name and a value each: KIP-82; a varint takes 5 bytes at most. */
static size_t wire_bytes(const struct headrace_record *record)
{
  size_t bytes = 0;
  for (uint32_t i = 0; i < record->header_count; i++)
    bytes += 10 + strlen(record->headers[i].name) + record->headers[i].value.size;
  return bytes;
}

/* The array's memory may have been used anew since it was compared last. */
static bool same(const struct header_set *set, const struct headrace_record *record)
{
  if (set->count != record->header_count)
    return false;
  for (uint32_t i = 0; i < set->count; i++) {
    const struct headrace_header *header = &record->headers[i];
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_header_get_all(set->model, i, &name, &value, &size) || strcmp(name, header->name))
      return false;
    bool null = header->value.state < HEADRACE_TEXT;
    if (null != !value || (!null && (size != header->value.size ||
                                     (size && memcmp(value, header->value.data, size)))))
      return false;
  }
  return true;
}

static void forget(struct header_set *set)
{
  for (size_t i = 0; i < set->spare_count; i++)
    rd_kafka_headers_destroy(set->spare[i]);
  free(set->spare);
  if (set->model)
    rd_kafka_headers_destroy(set->model);
  *set = (struct header_set){0};
}

static struct header_set *find(struct header_pool *pool, const struct headrace_record *record)
{
  for (size_t i = 0; i < HEADER_SETS; i++) {
    struct header_set *set = &pool->sets[i];
    if (set->source != record->headers)
      continue;
    if (set->checked_in != pool->batch && !same(set, record)) {
      forget(set);
      return NULL;
    }
    set->checked_in = pool->batch;
    return set->count == record->header_count ? set : NULL;
  }
  return NULL;
}

static struct header_set *add(struct header_pool *pool, const struct headrace_record *record)
{
  struct header_set *set = &pool->sets[pool->next++ % HEADER_SETS];
  forget(set);
  *set = (struct header_set){.source = record->headers,
                             .count = record->header_count,
                             .number = ++pool->last_number,
                             .bytes = wire_bytes(record),
                             .checked_in = pool->batch,
                             .model = headers_of(record, 0)};
  return set;
}

static rd_kafka_headers_t *take_own(struct header_pool *pool, const struct headrace_record *record)
{
  pool->last_bytes = wire_bytes(record);
  return headers_of(record, 0);
}

rd_kafka_headers_t *headers_take(struct header_pool *pool, const struct headrace_record *record,
                                 uint16_t *number)
{
  *number = 0;
  pool->last_bytes = 0;
  if (!record->header_count)
    return NULL;
  struct header_set *set = find(pool, record);
  if (!set) {
    if (pool->once != record->headers) {
      pool->once = record->headers;
      return take_own(pool, record);
    }
    if (pool->last_number == UINT16_MAX) /* no number twice: some may still be on their way */
      return take_own(pool, record);
    set = add(pool, record);
  }
  *number = set->number;
  pool->last_bytes = set->bytes;
  if (set->spare_count)
    return set->spare[--set->spare_count];
  return rd_kafka_headers_copy(set->model);
}

void headers_give(struct header_pool *pool, uint16_t number, rd_kafka_headers_t *headers)
{
  struct header_set *set = pool->sets;
  while (set < pool->sets + HEADER_SETS && set->number != number)
    set++;
  if (set == pool->sets + HEADER_SETS) {
    rd_kafka_headers_destroy(headers);
    return;
  }
  if (set->spare_count == set->spare_capacity) {
    set->spare_capacity = set->spare_capacity ? 2 * set->spare_capacity : 256;
    rd_kafka_headers_t **more = realloc(set->spare, set->spare_capacity * sizeof *more);
    if (!more)
      abort();
    set->spare = more;
  }
  set->spare[set->spare_count++] = headers;
}

void headers_next_batch(struct header_pool *pool)
{
  pool->batch++;
}

void headers_free(struct header_pool *pool)
{
  for (size_t i = 0; i < HEADER_SETS; i++)
    forget(&pool->sets[i]);
}
