/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include "memory.h"
#include "wake.h"

#include <stdlib.h>

void ring_init(struct ring *ring, size_t capacity, int consumer_fd, int producer_fd)
{
  atomic_init(&ring->head, 0);
  atomic_init(&ring->tail, 0);
  atomic_init(&ring->sleeping, false);
  atomic_init(&ring->crowded, false);
  ring->mask = capacity - 1;
  ring->consumer_fd = consumer_fd;
  ring->producer_fd = producer_fd;
  ring->slots = xcalloc(capacity, sizeof *ring->slots);
}

void ring_free(struct ring *ring)
{
  free(ring->slots);
  ring->slots = NULL;
}

bool ring_push(struct ring *ring, void *item)
{
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  if (tail - head > ring->mask)
    return false;
  ring->slots[tail & ring->mask] = item;
  /* Sequentially consistent with ring_sleep: either this push sees `sleeping`,
   * or the consumer sees the new tail before it sleeps. */
  atomic_store_explicit(&ring->tail, tail + 1, memory_order_seq_cst);
  if (atomic_load_explicit(&ring->sleeping, memory_order_seq_cst))
    wake_signal(ring->consumer_fd);
  return true;
}

void *ring_pop(struct ring *ring)
{
  size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
  if (head == tail)
    return NULL;
  void *item = ring->slots[head & ring->mask];
  atomic_store_explicit(&ring->head, head + 1, memory_order_seq_cst);
  if (atomic_load_explicit(&ring->crowded, memory_order_seq_cst)) {
    atomic_store_explicit(&ring->crowded, false, memory_order_relaxed);
    wake_signal(ring->producer_fd);
  }
  return item;
}

bool ring_sleep(struct ring *ring)
{
  atomic_store_explicit(&ring->sleeping, true, memory_order_seq_cst);
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_seq_cst);
  if (atomic_load_explicit(&ring->head, memory_order_relaxed) == tail)
    return true;
  ring_awake(ring);
  return false;
}

void ring_awake(struct ring *ring)
{
  atomic_store_explicit(&ring->sleeping, false, memory_order_relaxed);
}

bool ring_full(const struct ring *ring)
{
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  return tail - atomic_load_explicit(&ring->head, memory_order_acquire) > ring->mask;
}

bool ring_sleep_full(struct ring *ring)
{
  atomic_store_explicit(&ring->crowded, true, memory_order_seq_cst);
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  if (tail - atomic_load_explicit(&ring->head, memory_order_seq_cst) > ring->mask)
    return true;
  atomic_store_explicit(&ring->crowded, false, memory_order_relaxed);
  return false;
}
