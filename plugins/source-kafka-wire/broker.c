/* SPDX-License-Identifier: Apache-2.0 */
#include "broker.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS_A_TURN 64

void *broker_grow(void *old, size_t size)
{
  void *memory = realloc(old, size);
  if (!memory)
    abort();
  return memory;
}

void *broker_alloc(size_t size)
{
  return memset(broker_grow(NULL, size), 0, size);
}

char *broker_text(const char *data, size_t size)
{
  char *text = broker_grow(NULL, size + 1);
  if (size)
    memcpy(text, data, size);
  text[size] = 0;
  return text;
}

int64_t broker_clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct wire_slice broker_host(const struct exchange *exchange)
{
  if (exchange->broker->advertised_host.data)
    return exchange->broker->advertised_host;
  return exchange->connection ? exchange->connection->local_host : wire_text("");
}

int32_t broker_port(const struct exchange *exchange)
{
  if (exchange->broker->advertised_host.data)
    return exchange->broker->advertised_port;
  return exchange->connection ? exchange->connection->local_port : 0;
}

enum kafka_error kafka_error_of(enum headrace_log_error error)
{
  static const enum kafka_error errors[] = {
      [HEADRACE_LOG_OK] = KAFKA_NONE,
      [HEADRACE_LOG_AWAY] = KAFKA_KAFKA_STORAGE_ERROR,
      [HEADRACE_LOG_UNKNOWN_TOPIC] = KAFKA_UNKNOWN_TOPIC_OR_PARTITION,
      [HEADRACE_LOG_EXISTS] = KAFKA_TOPIC_ALREADY_EXISTS,
      [HEADRACE_LOG_OUT_OF_RANGE] = KAFKA_OFFSET_OUT_OF_RANGE,
      [HEADRACE_LOG_INVALID] = KAFKA_INVALID_REQUEST,
      [HEADRACE_LOG_FENCED] = KAFKA_NOT_LEADER_OR_FOLLOWER,
      [HEADRACE_LOG_FAULT] = KAFKA_UNKNOWN_SERVER_ERROR,
  };
  if ((size_t)error >= sizeof errors / sizeof *errors)
    return KAFKA_UNKNOWN_SERVER_ERROR;
  return errors[error];
}

/* ---- turns ---------------------------------------------------------------------------- */

bool broker_watch(struct broker *broker, struct watch *watch, uint32_t events)
{
  struct epoll_event event = {.events = events, .data.ptr = watch};
  return !epoll_ctl(broker->epoll, EPOLL_CTL_ADD, watch->fd, &event);
}

static void serve_log(struct broker *broker)
{
  if (atomic_exchange(&broker->log_has_news, false))
    broker->log->serve(broker->log->self);
  topics_refresh(broker);
}

/* Connections whose next request needed a batch with room. Who had some, and wants more, comes
 * after those who had none. */
static void serve_blocked(struct broker *broker)
{
  struct connection *connection = broker->batch ? broker->blocked : NULL, *served = NULL;
  if (connection)
    broker->blocked = NULL;
  while (connection) {
    struct connection *next = connection->next_blocked;
    connection->blocked = false;
    if (produce_has_room(broker))
      served = connection;
    connection_work(connection);
    connection = next;
  }
  if (served)
    connection_step_back(served);
}

static int wait_ms(const struct broker *broker, int timeout_ms)
{
  if (broker->filled || broker->woken || atomic_load(&broker->log_has_news))
    return 0;
  return timers_wait_ms(&broker->timers, broker_clock_ms(), timeout_ms);
}

static void serve_sockets(struct broker *broker, int timeout_ms)
{
  struct epoll_event events[EVENTS_A_TURN];
  int count = epoll_wait(broker->epoll, events, EVENTS_A_TURN, wait_ms(broker, timeout_ms));
  broker->now_ms = broker->host->now_us(broker->host) / 1000;
  for (int i = 0; i < count; i++) {
    struct watch *watch = events[i].data.ptr;
    if (watch->ready)
      watch->ready(watch, events[i].events);
  }
}

void broker_turn(struct broker *broker, int timeout_ms)
{
  broker->now_ms = broker->host->now_us(broker->host) / 1000;
  serve_log(broker);
  serve_blocked(broker);
  serve_sockets(broker, timeout_ms);
  serve_log(broker);
  timers_run(&broker->timers, broker_clock_ms());
  fetch_look_again(broker);
  connections_flush(broker);
}
