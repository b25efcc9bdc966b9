/* SPDX-License-Identifier: Apache-2.0
 *
 * Partitioners. Two families of clients decide where a key goes: Java's (and
 * librdkafka's murmur2_random), and segmentio/kafka-go's balancers, which are
 * Sarama's and librdkafka's. What librdkafka has built in is used from there. */
#include "sink.h"

#include <stdlib.h>

/* kafka-go RoundRobin.Balance: one after the other, from 0. */
static int32_t round_robin(const rd_kafka_topic_t *topic, const void *key, size_t size,
                           int32_t count, void *opaque, void *delivery)
{
  (void)topic;
  (void)key;
  (void)size;
  (void)delivery;
  struct spread *spread = opaque;
  unsigned turn = atomic_fetch_add_explicit(&spread->turn, 1, memory_order_relaxed);
  return (int32_t)(turn % (unsigned)count);
}

/* kafka-go Hash.Balance: Sarama's: |int32(FNV-1a) % count|, in turn without a key. */
static int32_t hash(const rd_kafka_topic_t *topic, const void *key, size_t size, int32_t count,
                    void *spread, void *delivery)
{
  if (!key)
    return round_robin(topic, key, size, count, spread, delivery);
  return rd_kafka_msg_partitioner_fnv1a(topic, key, size, count, spread, delivery);
}

static uint32_t fnv1a(const unsigned char *bytes, size_t size)
{
  uint32_t sum = 0x811c9dc5;
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ bytes[i]) * 0x01000193;
  return sum;
}

/* kafka-go ReferenceHash.Balance: (FNV-1a & 0x7fffffff) % count, in turn without a key. */
static int32_t reference_hash(const rd_kafka_topic_t *topic, const void *key, size_t size,
                              int32_t count, void *spread, void *delivery)
{
  if (!key)
    return round_robin(topic, key, size, count, spread, delivery);
  return (int32_t)((fnv1a(key, size) & 0x7fffffff) % (uint32_t)count);
}

/* The counters start anew when the number of partitions changes, as kafka-go's do.
 * An old array is not freed before the topic is: the other thread may be in it. */
static _Atomic uint64_t *counters(struct spread *spread, int32_t count)
{
  if (atomic_load(&spread->partitions) != count) {
    _Atomic uint64_t *fresh = sink_alloc(((size_t)count + 1) * sizeof *fresh);
    _Atomic uint64_t *old = atomic_exchange(&spread->bytes, fresh);
    atomic_store(&fresh[0], (uint64_t)(uintptr_t)old);
    atomic_store(&spread->partitions, count);
  }
  return atomic_load(&spread->bytes) + 1;
}

/* kafka-go LeastBytes.Balance: the first partition that was given the fewest bytes. */
static int32_t least_bytes(const rd_kafka_topic_t *topic, const void *key, size_t size,
                           int32_t count, void *spread, void *opaque)
{
  (void)topic;
  (void)key;
  const struct delivery *delivery = opaque;
  const struct headrace_record *record = delivery->pending->events[delivery->event].record;
  _Atomic uint64_t *bytes = counters(spread, count);
  int32_t least = 0;
  for (int32_t i = 1; i < count; i++)
    if (bytes[i] < bytes[least])
      least = i;
  bytes[least] += size + record->value.size;
  return least;
}

/* In the order of the key's choices. */
static partitioner *const partitioners[] = {
    rd_kafka_msg_partitioner_murmur2_random,    /* murmur2 */
    hash,                                       /* Hash */
    reference_hash,                             /* ReferenceHash */
    rd_kafka_msg_partitioner_consistent_random, /* CRC32Balancer */
    rd_kafka_msg_partitioner_murmur2_random,    /* Murmur2Balancer */
    round_robin,                                /* RoundRobin */
    least_bytes,                                /* LeastBytes */
};

bool partitioner_is_builtin(const struct headrace_host *host)
{
  partitioner *chosen = partitioners[host->integer(host, "partitioner")];
  return chosen == partitioners[0] || chosen == rd_kafka_msg_partitioner_consistent_random;
}

/* Calls the topic's partitioner, and keeps the number of partitions for the
 * sink. librdkafka's own `sticky` choice for records without a key stays in
 * force where sticky.partitioning.linger.ms is not 0. */
static int32_t choose(const rd_kafka_topic_t *handle, const void *key, size_t size, int32_t count,
                      void *opaque, void *delivery)
{
  struct topic *topic = opaque;
  atomic_store_explicit(&topic->partitions, count, memory_order_relaxed);
  return topic->choose(handle, key, size, count, &topic->spread, delivery);
}

void partitioner_set(const struct headrace_host *host, rd_kafka_topic_conf_t *conf,
                     struct topic *topic)
{
  topic->choose = partitioners[host->integer(host, "partitioner")];
  rd_kafka_topic_conf_set_partitioner_cb(conf, choose);
  rd_kafka_topic_conf_set_opaque(conf, topic);
}

void spread_free(struct spread *spread)
{
  _Atomic uint64_t *bytes = atomic_load(&spread->bytes);
  while (bytes) {
    _Atomic uint64_t *older = (_Atomic uint64_t *)(uintptr_t)atomic_load(&bytes[0]);
    free((void *)bytes);
    bytes = older;
  }
}
