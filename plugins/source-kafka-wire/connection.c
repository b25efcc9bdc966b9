/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections: frames in, answers out in the order of their requests. */
#include "broker.h"
#include "sasl.h"
#include "wire_bytes.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LENGTH_SIZE   4
#define READ_MIN      ((size_t)16 << 10)
#define READ_MAX      ((size_t)1 << 20) /* at a time, so that others have their turn */
#define IN_KEPT       ((size_t)64 << 10)
#define OUT_KEPT      ((size_t)256 << 10)
#define EXCHANGES_MAX 100                /* requests without an answer, of a connection */
#define FETCHES_MAX   2                  /* of them: each may hold fetch_max_bytes */
#define OUT_HIGH      ((size_t)1 << 20)  /* unsent: no more requests are taken */
#define HELD_HIGH     ((size_t)1 << 20)  /* likewise, of requests and answers in memory */
#define ARENA_LIMIT   ((size_t)32 << 20) /* of what a request becomes in memory */

/* ---- exchanges -------------------------------------------------------------------- */

static struct exchange *exchange_new(struct connection *connection)
{
  struct broker *broker = connection->broker;
  struct exchange *exchange = broker_alloc(sizeof *exchange);
  exchange->broker = broker;
  exchange->connection = connection;
  exchange->older = broker->exchanges;
  if (broker->exchanges)
    broker->exchanges->newer = exchange;
  broker->exchanges = exchange;
  *(connection->last ? &connection->last->next : &connection->first) = exchange;
  connection->last = exchange;
  connection->exchange_count++;
  return exchange;
}

static void exchange_free(struct exchange *exchange)
{
  if (exchange->release)
    exchange->release(exchange);
  *(exchange->newer ? &exchange->newer->older : &exchange->broker->exchanges) = exchange->older;
  if (exchange->older)
    exchange->older->newer = exchange->newer;
  wire_arena_free(&exchange->arena);
  free(exchange);
}

static bool is_counted(const struct exchange *exchange)
{
  return exchange->connection && exchange->request.key != KEY_FETCH; /* which has its own bounds */
}

static void hold(struct exchange *exchange)
{
  if (!is_counted(exchange))
    return;
  exchange->connection->held += exchange->arena.used - exchange->held;
  exchange->held = exchange->arena.used;
}

static void count_answers(struct connection *connection, size_t more, size_t less)
{
  connection->answers += more - less;
  connection->broker->answers += more - less;
}

static void let_go(struct exchange *exchange)
{
  struct connection *connection = exchange->connection;
  if (!is_counted(exchange))
    return;
  connection->held -= exchange->held;
  if (exchange->state != EXCHANGE_WAITING)
    count_answers(connection, 0, exchange->held);
  exchange->held = 0;
}

static void finish(struct exchange *exchange, enum exchange_state state)
{
  hold(exchange);
  if (is_counted(exchange))
    count_answers(exchange->connection, exchange->held, 0);
  exchange->state = state;
  if (exchange->connection)
    connection_mark(exchange->connection);
  else
    exchange_free(exchange);
}

void exchange_answer(struct exchange *exchange, const void *response)
{
  exchange->response = response;
  finish(exchange, EXCHANGE_READY);
}

void exchange_silence(struct exchange *exchange)
{
  finish(exchange, EXCHANGE_SILENT);
}

/* ---- opening and closing ------------------------------------------------------------ */

void connection_mark(struct connection *connection)
{
  if (connection->dirty)
    return;
  connection->dirty = true;
  connection->next_dirty = connection->broker->dirty;
  connection->broker->dirty = connection;
}

void connection_close(struct connection *connection, const char *why)
{
  if (connection->closing)
    return;
  connection->closing = true;
  connection->why = why;
  connection_mark(connection);
}

static void name_ends(struct connection *connection)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[sizeof connection->local_name], port[16];
  if (!getpeername(connection->watch.fd, (struct sockaddr *)&address, &size) &&
      !getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                   NI_NUMERICHOST | NI_NUMERICSERV))
    snprintf(connection->peer, sizeof connection->peer, "%.45s:%.6s", host, port);
  size = sizeof address;
  if (!getsockname(connection->watch.fd, (struct sockaddr *)&address, &size) &&
      !getnameinfo((struct sockaddr *)&address, size, connection->local_name,
                   sizeof connection->local_name, port, sizeof port,
                   NI_NUMERICHOST | NI_NUMERICSERV))
    connection->local_port = atoi(port);
  connection->local_host = wire_text(connection->local_name);
}

static void socket_ready(struct watch *watch, uint32_t events);
static void unmute(struct timer *timer);
static void give_up(struct timer *timer);

struct connection *connection_new(struct broker *broker, int fd)
{
  static const int on = 1;
  struct connection *connection = broker_alloc(sizeof *connection);
  connection->broker = broker;
  connection->watch = (struct watch){.fd = fd, .ready = socket_ready};
  connection->in.limit = (size_t)broker->limits.request_bytes + LENGTH_SIZE + READ_MAX;
  connection->out.limit = (size_t)broker->limits.output_bytes;
  connection->active_ms = connection->taken_ms = broker_clock_ms();
  connection->interest = EPOLLIN;
  connection->mute.expired = unmute;
  connection->patience.expired = give_up;
  connection->sasl = sasl_new(connection);
  connection->next = broker->connections;
  if (broker->connections)
    broker->connections->previous = connection;
  broker->connections = connection;
  broker->connection_count++;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  name_ends(connection);
  if (!broker_watch(broker, &connection->watch, EPOLLIN))
    connection_close(connection, "epoll does not take it");
  if (broker->log_connections)
    broker->host->log(broker->host, HEADRACE_INFO, "%s connected", connection->peer);
  broker->host->gauge(broker->host, "connections", (int64_t)broker->connection_count);
  return connection;
}

static void drop_exchanges(struct connection *connection)
{
  struct exchange *exchange = connection->first;
  connection->first = connection->last = NULL;
  connection->exchange_count = connection->fetch_count = 0;
  connection->unfinished = NULL;
  while (exchange) {
    struct exchange *next = exchange->next;
    let_go(exchange);
    exchange->connection = NULL;
    exchange->next = NULL;
    if (exchange->state != EXCHANGE_WAITING)
      exchange_free(exchange);
    else if (exchange->closed)
      exchange->closed(exchange);
    exchange = next;
  }
}

static void block(struct connection *connection)
{
  struct broker *broker = connection->broker;
  connection->blocked = true;
  connection->next_blocked = NULL;
  *(broker->blocked ? broker->blocked_end : &broker->blocked) = connection;
  broker->blocked_end = &connection->next_blocked;
}

static void unblock(struct connection *connection)
{
  struct connection **at = &connection->broker->blocked;
  for (; connection->blocked && *at; at = &(*at)->next_blocked)
    if (*at == connection) {
      *at = connection->next_blocked;
      if (!*at)
        connection->broker->blocked_end = at;
      connection->blocked = false;
      return;
    }
}

void connection_step_back(struct connection *connection)
{
  if (!connection->blocked)
    return;
  unblock(connection);
  block(connection);
}

static void say_closed(const struct connection *connection)
{
  const struct headrace_host *host = connection->broker->host;
  if (connection->why)
    broker_complain(connection->broker, "%s was disconnected: %s", connection->peer,
                    connection->why);
  else if (connection->broker->log_connections)
    host->log(host, HEADRACE_INFO, "%s disconnected", connection->peer);
}

static void connection_free(struct connection *connection)
{
  struct broker *broker = connection->broker;
  *(connection->previous ? &connection->previous->next : &broker->connections) = connection->next;
  if (connection->next)
    connection->next->previous = connection->previous;
  broker->connection_count--;
  timer_clear(&broker->timers, &connection->mute);
  timer_clear(&broker->timers, &connection->patience);
  unblock(connection);
  drop_exchanges(connection);
  count_answers(connection, 0, connection->out_answers);
  sasl_free(connection);
  close(connection->watch.fd);
  free(connection->in.data);
  free(connection->out.data);
  free(connection);
}

void connections_free(struct broker *broker)
{
  while (broker->connections)
    connection_free(broker->connections);
  while (broker->exchanges)
    exchange_free(broker->exchanges);
  broker->dirty = NULL;
}

void connections_expire(struct broker *broker)
{
  int64_t since = broker_clock_ms() - broker->limits.idle_ms;
  for (struct connection *at = broker->connections; at && broker->limits.idle_ms; at = at->next)
    if (at->active_ms < since && !at->first && !at->muted && !at->blocked)
      connection_close(at, NULL);
}

/* Of those that take nothing. */
static struct connection *most_stalled(const struct broker *broker)
{
  int64_t since = broker_clock_ms() - broker->limits.stalled_ms;
  struct connection *most = NULL;
  for (struct connection *at = broker->connections; at; at = at->next)
    if (!at->closing && at->taken_ms <= since && at->answers > (most ? most->answers : 0))
      most = at;
  return most;
}

void connections_relieve(struct broker *broker)
{
  struct connection *most;
  if (broker->answers > (size_t)broker->limits.output_bytes && (most = most_stalled(broker)))
    connection_close(most, "it takes no answers, and all clients together have let lie more than "
                           "max_unsent_bytes");
}

/* ---- those that are not read from ------------------------------------------------------ */

void connection_mute(struct connection *connection, int64_t ms)
{
  int64_t until = broker_clock_ms() + ms;
  if (connection->muted && connection->mute.at_ms >= until)
    return;
  connection->muted = true;
  timer_set(&connection->broker->timers, &connection->mute, until);
}

static void unmute(struct timer *timer)
{
  struct connection *connection =
      (struct connection *)((char *)timer - offsetof(struct connection, mute));
  connection->muted = false;
  connection->active_ms = broker_clock_ms();
  connection_work(connection);
}

/* What it waits for is answered without it. */
static void give_up(struct timer *timer)
{
  struct connection *connection =
      (struct connection *)((char *)timer - offsetof(struct connection, patience));
  if (!connection->blocked)
    return;
  unblock(connection);
  connection->given_up = true;
  connection_work(connection);
}

/* ---- frames in ------------------------------------------------------------------------ */

static bool saturated(const struct connection *connection)
{
  const struct broker *broker = connection->broker;
  return (connection->last && connection->last->alone) ||
         connection->exchange_count >= EXCHANGES_MAX || connection->fetch_count >= FETCHES_MAX ||
         connection->out.size - connection->out_at > OUT_HIGH || connection->held > HELD_HIGH ||
         (connection->answers && broker->answers > (size_t)broker->limits.output_bytes);
}

/* Kafka does not mind what is behind a message, and librdkafka (2.12) sends a byte too many in
 * Metadata of version 11 and later. */
static enum wire_result read_frame(struct wire_arena *arena, const char *frame, size_t size,
                                   struct wire_request *request)
{
  arena->limit = arena->used + ARENA_LIMIT;
  enum wire_result result = wire_read_request(arena, frame, size, request);
  if (result == WIRE_TRAILING)
    result = wire_read_request(arena, frame, request->fault_at, request);
  arena->limit = 0;
  return result;
}

/* For as long as the request says, from when it was seen first. False: it is to be refused. */
static bool begin_waiting(struct connection *connection, const char *frame, size_t size)
{
  struct wire_arena arena = {0};
  struct wire_request request;
  if (connection->patience.place)
    return true;
  bool good = read_frame(&arena, frame, size, &request) == WIRE_OK;
  const struct produce_request *produce = request.body;
  if (good && produce->acks)
    timer_set(&connection->broker->timers, &connection->patience,
              broker_clock_ms() + (produce->timeout_ms > 0 ? produce->timeout_ms : 0));
  wire_arena_free(&arena);
  return good;
}

/* Produce needs a batch that takes its records; everything else can be served at any time. */
static bool has_to_wait(struct connection *connection, const char *frame, size_t size)
{
  struct broker *broker = connection->broker;
  if (connection->sasl || size < 2 || load16(frame) != KEY_PRODUCE || connection->given_up)
    return false;
  if (produce_has_room(broker)) {
    timer_clear(&broker->timers, &connection->patience);
    return false;
  }
  if (!begin_waiting(connection, frame, size))
    return false;
  block(connection);
  return true;
}

static void say_refused(struct connection *connection, const struct wire_request *request,
                        enum wire_result result)
{
  broker_complain(connection->broker,
                  "%s sent a request that is not served: key %d, version %d: %s%s%s; it was "
                  "disconnected",
                  connection->peer, request->key, request->version, wire_result_text(result),
                  request->fault_field ? ": " : "",
                  request->fault_field ? request->fault_field : "");
  connection_close(connection, NULL);
}

/* Nobody has logged in. True: the frame was a token, or is not to be looked at. */
static bool serve_stranger(struct exchange *exchange, const char *frame, size_t size)
{
  struct connection *connection = exchange->connection;
  if (sasl_wants_token(connection)) {
    sasl_take_token(exchange,
                    wire_copy(&exchange->arena, (struct wire_slice){frame, (uint32_t)size}));
    return true;
  }
  if (sasl_admits(connection, size < 2 ? -1 : (int16_t)load16(frame)))
    return false;
  connection_close(connection, "it sent a request that must not come before it has logged in");
  exchange_silence(exchange);
  return true;
}

/* The frame of a Produce request is done with when its handler returns, others are kept. */
static void serve_frame(struct connection *connection, const char *frame, size_t size)
{
  struct exchange *exchange = exchange_new(connection);
  exchange->size = size;
  if (connection->sasl && serve_stranger(exchange, frame, size))
    return;
  if (size < 2 || load16(frame) != KEY_PRODUCE)
    frame = wire_copy(&exchange->arena, (struct wire_slice){frame, (uint32_t)size}).data;
  enum wire_result result = read_frame(&exchange->arena, frame, size, &exchange->request);
  connection->fetch_count += exchange->request.key == KEY_FETCH;
  if (result == WIRE_OK && dispatch_serves(exchange->request.key)) {
    dispatch(exchange);
  } else if (result == WIRE_UNSUPPORTED_VERSION && exchange->request.key == KEY_API_VERSIONS) {
    exchange_answer(exchange, NULL);
  } else {
    say_refused(connection, &exchange->request, result == WIRE_OK ? WIRE_UNKNOWN_KEY : result);
    exchange_silence(exchange);
  }
  if (exchange->state == EXCHANGE_WAITING)
    hold(exchange);
}

/* False: there is no whole frame. */
static bool next_frame(struct connection *connection, const char **frame, size_t *size)
{
  const struct wire_buffer *in = &connection->in;
  if (in->size - connection->in_at < LENGTH_SIZE)
    return false;
  int32_t length = (int32_t)load32(in->data + connection->in_at);
  if (connection->sasl && length > SASL_FRAME_MAX) {
    connection_close(connection, "a request that is too large before it has logged in");
    return false;
  }
  if (length < 0 || length > connection->broker->limits.request_bytes) {
    connection_close(connection, "a request that is larger than max_request_bytes");
    return false;
  }
  *frame = in->data + connection->in_at + LENGTH_SIZE;
  *size = (size_t)length;
  return *size <= in->size - connection->in_at - LENGTH_SIZE;
}

static void compact(struct connection *connection)
{
  struct wire_buffer *in = &connection->in;
  if (connection->unfinished)
    return;
  in->size -= connection->in_at;
  if (in->size && connection->in_at)
    memmove(in->data, in->data + connection->in_at, in->size);
  connection->in_at = 0;
  if (!in->size && in->capacity > IN_KEPT) {
    free(in->data);
    in->data = NULL;
    in->capacity = 0;
  }
}

/* The rest of its records. */
static void finish_request(struct connection *connection)
{
  if (connection->unfinished && !connection->blocked && produce_has_room(connection->broker))
    produce_go_on(connection->unfinished);
  if (connection->unfinished && !connection->blocked)
    block(connection);
}

void connection_go_on(struct connection *connection)
{
  connection->unfinished = NULL;
  unblock(connection);
  connection_mark(connection);
}

void connection_work(struct connection *connection)
{
  const char *frame;
  size_t size;
  finish_request(connection);
  while (!connection->closing && !connection->blocked && !connection->muted &&
         !connection->broker->stopping && !saturated(connection) &&
         next_frame(connection, &frame, &size) && !has_to_wait(connection, frame, size)) {
    connection->in_at += LENGTH_SIZE + size;
    serve_frame(connection, frame, size);
    connection->given_up = false;
    finish_request(connection);
  }
  connection->held_back = saturated(connection);
  compact(connection);
  connection_mark(connection);
}

/* How much is asked for: the rest of a frame whose length is known, within reason. What the
 * client only says it will send takes no memory. */
static size_t wanted(const struct connection *connection)
{
  size_t have = connection->in.size;
  size_t spare = connection->in.capacity - have;
  size_t size = have > READ_MIN ? have : READ_MIN;
  if (size > READ_MAX)
    size = READ_MAX;
  return spare > size / 2 && spare <= READ_MAX ? spare : size;
}

static void take_in(struct connection *connection)
{
  size_t size = wanted(connection), before = connection->in.size;
  char *data = wire_buffer_add(&connection->in, size);
  if (!data) {
    connection_close(connection, "more was sent than max_request_bytes allows");
    return;
  }
  ssize_t got = recv(connection->watch.fd, data, size, 0);
  connection->in.size = before + (got > 0 ? (size_t)got : 0);
  if (got > 0) {
    connection->active_ms = broker_clock_ms();
    connection_work(connection);
  } else if (!got || (errno != EAGAIN && errno != EINTR)) {
    connection_close(connection, NULL);
  }
}

static void socket_ready(struct watch *watch, uint32_t events)
{
  struct connection *connection = (struct connection *)watch;
  if (connection->closing)
    return;
  if (connection->unfinished)
    events &= ~(uint32_t)EPOLLIN;
  if (events & (EPOLLERR | EPOLLHUP))
    connection_close(connection, NULL);
  else if (events & EPOLLIN)
    take_in(connection);
  if (events & EPOLLOUT)
    connection_mark(connection);
}

/* ---- answers out ------------------------------------------------------------------------ */

static void write_bare(struct connection *connection, struct wire_slice bytes)
{
  char *length = wire_buffer_add(&connection->out, LENGTH_SIZE + bytes.size);
  if (!length) {
    connection_close(connection, NULL);
    return;
  }
  store32(length, bytes.size);
  if (bytes.size)
    memcpy(length + LENGTH_SIZE, bytes.data, bytes.size);
}

static void write_answer(struct connection *connection, struct exchange *exchange)
{
  const struct headrace_host *host = connection->broker->host;
  struct wire_request *request = &exchange->request;
  if (exchange->bare.data) {
    write_bare(connection, exchange->bare);
    return;
  }
  size_t before = connection->out.size;
  enum wire_result result = exchange->response
                                ? wire_write_response(&connection->out, request, exchange->response)
                                : wire_refuse_api_versions(&connection->out, request);
  if (is_counted(exchange)) {
    connection->out_answers += connection->out.size - before;
    count_answers(connection, connection->out.size - before, 0);
  }
  if (result == WIRE_OK)
    return;
  host->log(host, HEADRACE_ERROR, "the answer to %s version %d cannot be written: %s%s%s",
            request->api->name, request->version, wire_result_text(result),
            request->fault_field ? ": " : "", request->fault_field ? request->fault_field : "");
  connection_close(connection, NULL);
}

static void write_answers(struct connection *connection)
{
  struct exchange *exchange;
  while ((exchange = connection->first) && exchange->state != EXCHANGE_WAITING &&
         connection->out.size - connection->out_at <= OUT_HIGH) {
    connection->first = exchange->next;
    if (!connection->first)
      connection->last = NULL;
    connection->exchange_count--;
    connection->fetch_count -= exchange->request.key == KEY_FETCH;
    let_go(exchange);
    if (exchange->state == EXCHANGE_READY && !connection->closing)
      write_answer(connection, exchange);
    exchange_free(exchange);
  }
}

static void send_out(struct connection *connection)
{
  struct wire_buffer *out = &connection->out;
  while (connection->out_at < out->size) {
    ssize_t sent = send(connection->watch.fd, out->data + connection->out_at,
                        out->size - connection->out_at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && errno != EAGAIN)
      connection_close(connection, NULL);
    if (sent < 0)
      break;
    connection->out_at += (size_t)sent;
    connection->taken_ms = broker_clock_ms();
  }
  if (connection->out_at < out->size)
    return;
  connection->taken_ms = broker_clock_ms();
  count_answers(connection, 0, connection->out_answers);
  connection->out_answers = 0;
  out->size = connection->out_at = 0;
  if (out->capacity > OUT_KEPT) {
    free(out->data);
    out->data = NULL;
    out->capacity = 0;
  }
}

static void watch_for(struct connection *connection)
{
  bool reads = !connection->blocked && !connection->muted && !connection->broker->stopping &&
               !saturated(connection);
  uint32_t interest =
      (reads ? (uint32_t)EPOLLIN : 0) | (connection->out.size ? (uint32_t)EPOLLOUT : 0);
  if (interest == connection->interest)
    return;
  struct epoll_event event = {.events = interest, .data.ptr = &connection->watch};
  connection->interest = interest;
  epoll_ctl(connection->broker->epoll, EPOLL_CTL_MOD, connection->watch.fd, &event);
}

/* Answers that are ready, as far as the socket takes them, and then requests that had to wait. */
static void flush(struct connection *connection)
{
  write_answers(connection);
  if (!connection->closing)
    send_out(connection);
  bool more = connection->first && connection->first->state != EXCHANGE_WAITING;
  if (more && !connection->out.size)
    connection_mark(connection);
  if (connection->closing)
    return;
  bool ends = connection->leaving || connection->broker->stopping;
  if (ends && !connection->first && !connection->out.size) {
    connection_close(connection, NULL);
    return;
  }
  watch_for(connection);
  if (connection->held_back && !saturated(connection))
    connection_work(connection); /* what came meanwhile is in the buffer, not in the socket */
}

void connections_flush(struct broker *broker)
{
  struct connection *connection;
  while ((connection = broker->dirty)) {
    broker->dirty = connection->next_dirty;
    connection->dirty = false;
    flush(connection);
    if (connection->closing && !connection->dirty) {
      say_closed(connection);
      connection_free(connection);
    }
  }
}
