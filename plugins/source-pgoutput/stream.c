/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "pg_quote.h"
#include "position.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

/* Microseconds from 1970-01-01 to 2000-01-01. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* A confirmation waits this long for others to join it. */
#define CONFIRM_DELAY_MS 100

/* libpq takes about so much in one read. */
#define MUCH_BYTES 8192

#define DATA_HEADER      25 /* 'w', start, end, time */
#define KEEPALIVE_LENGTH 18 /* 'k', end, time, reply */
#define STATUS_LENGTH    34 /* 'r', written, flushed, applied, time, reply */

int64_t stream_clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void stream_init(struct stream *stream, const struct headrace_host *host, PGconn *connection,
                 int64_t status_interval_ms)
{
  *stream = (struct stream){.host = host,
                            .connection = connection,
                            .status_interval_ms = status_interval_ms,
                            .last_status_ms = stream_clock_ms()};
}

bool stream_start(struct stream *stream, const struct stream_start *start, struct pg_error *error)
{
  char *slot = pg_quote_identifier(start->slot);
  char *publication = pg_quote_identifier(start->publication);
  char *names = pg_quote_replication_literal(publication);
  char *command =
      pg_format("START_REPLICATION SLOT %s LOGICAL %s (%s, publication_names %s%s)", slot,
                lsn_text(start->lsn).text,
                start->in_progress ? "proto_version '2', streaming 'on'" : "proto_version '1'",
                names, start->messages ? ", messages 'true'" : "");
  PGresult *result = PQexec(stream->connection, command);
  stream->copying = PQresultStatus(result) == PGRES_COPY_BOTH;
  if (!stream->copying)
    pg_result_error(stream->connection, result, error);
  else
    PQsetnonblocking(stream->connection, 1);
  PQclear(result);
  free(command);
  free(names);
  free(publication);
  free(slot);
  stream->confirmed = start->lsn;
  stream->received = start->lsn;
  return stream->copying;
}

static uint64_t get_u64(const char *bytes)
{
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return be64toh(value);
}

static void put_u64(char *bytes, uint64_t value)
{
  value = htobe64(value);
  memcpy(bytes, &value, sizeof value);
}

static void ended(struct stream *stream, struct stream_message *message, struct pg_error *error)
{
  message->event = STREAM_ENDED;
  stream->copying = false;
  PGresult *result = PQgetResult(stream->connection);
  if (result && PQresultStatus(result) != PGRES_FATAL_ERROR) {
    *error = (struct pg_error){.result = HEADRACE_RETRY};
    snprintf(error->message, sizeof error->message, "the server ended the stream");
  } else {
    pg_result_error(stream->connection, result, error);
  }
  PQclear(result);
}

static void strange(struct stream *stream, struct stream_message *message, struct pg_error *error)
{
  *error = (struct pg_error){.result = HEADRACE_RETRY};
  snprintf(error->message, sizeof error->message,
           "the server sent a replication message of kind %d and %zu bytes, which is neither data "
           "nor a keepalive",
           message->size ? (unsigned char)message->buffer[0] : 0, message->size);
  stream_release(message);
  stream->copying = false;
  message->event = STREAM_ENDED;
}

static void open_envelope(struct stream *stream, struct stream_message *message,
                          struct pg_error *error)
{
  const char *bytes = message->buffer;
  uint64_t end = 0;
  if (message->size >= DATA_HEADER && bytes[0] == 'w') {
    message->event = STREAM_DATA;
    message->lsn = get_u64(bytes + 1);
    end = get_u64(bytes + 9);
    message->data = bytes + DATA_HEADER;
    message->size -= DATA_HEADER;
  } else if (message->size >= KEEPALIVE_LENGTH && bytes[0] == 'k') {
    message->event = STREAM_KEEPALIVE;
    message->lsn = end = get_u64(bytes + 1);
    message->reply_requested = bytes[17] != 0;
  } else {
    strange(stream, message, error);
  }
  if (end > stream->received)
    stream->received = end;
}

/* One read of the socket a drain: whoever reads again at once gets what has come in these
 * microseconds, a message or two, for the price of a system call. TLS may keep the end of a record
 * that libpq had no room for, at most 8 KiB; the next read gets that, and there is one before each
 * wait (fill in source.c). */
static int read_once(struct stream *stream, char **buffer)
{
  if (!PQconsumeInput(stream->connection))
    return -1;
  return PQgetCopyData(stream->connection, buffer, 1);
}

void stream_next(struct stream *stream, struct stream_message *message, struct pg_error *error)
{
  *message = (struct stream_message){.event = STREAM_NOTHING};
  int size = PQgetCopyData(stream->connection, &message->buffer, 1);
  if (size == 0 && !stream->drained) {
    stream->drained = true;
    size = read_once(stream, &message->buffer);
  }
  if (size == 0)
    stream->drained = false;
  if (size < 0) {
    ended(stream, message, error);
  } else if (size > 0) {
    message->size = (size_t)size;
    open_envelope(stream, message, error);
  }
}

bool stream_has_much(const struct stream *stream)
{
  int waiting = 0;
  return ioctl(PQsocket(stream->connection), FIONREAD, &waiting) == 0 && waiting >= MUCH_BYTES;
}

void stream_release(struct stream_message *message)
{
  PQfreemem(message->buffer);
  message->buffer = NULL;
}

static int64_t next_status_ms(const struct stream *stream)
{
  bool news = stream->confirmed > stream->reported;
  return stream->last_status_ms + (news ? CONFIRM_DELAY_MS : stream->status_interval_ms);
}

void stream_wait(struct stream *stream, int other, int timeout_ms)
{
  int64_t left = next_status_ms(stream) - stream_clock_ms();
  if (left < timeout_ms)
    timeout_ms = left > 0 ? (int)left : 0;
  struct pollfd fds[3] = {{.fd = PQsocket(stream->connection), .events = POLLIN},
                          {.fd = stream->host->wake_fd, .events = POLLIN},
                          {.fd = other, .events = POLLIN}};
  if (PQflush(stream->connection) == 1)
    fds[0].events |= POLLOUT;
  poll(fds, 3, timeout_ms);
}

void stream_confirm(struct stream *stream, uint64_t lsn)
{
  if (lsn > stream->confirmed)
    stream->confirmed = lsn;
}

static int64_t postgres_now(const struct stream *stream)
{
  return stream->host->now_us(stream->host) - POSTGRES_EPOCH_US;
}

static bool send_status(struct stream *stream)
{
  char status[STATUS_LENGTH] = {'r'};
  uint64_t written = stream->received > stream->confirmed ? stream->received : stream->confirmed;
  put_u64(status + 1, written);
  put_u64(status + 9, stream->confirmed);
  put_u64(status + 17, stream->confirmed);
  put_u64(status + 25, (uint64_t)postgres_now(stream));
  if (PQputCopyData(stream->connection, status, sizeof status) < 0)
    return false;
  stream->last_status_ms = stream_clock_ms();
  stream->reported = stream->confirmed;
  return PQflush(stream->connection) >= 0;
}

bool stream_status(struct stream *stream, bool now)
{
  if (!stream->copying)
    return true;
  if (now || stream_clock_ms() >= next_status_ms(stream))
    return send_status(stream);
  return PQflush(stream->connection) >= 0;
}

/* What the server still sends after CopyDone is thrown away: it is not confirmed and will be
 * sent again. */
static void drain(struct stream *stream, int64_t deadline)
{
  for (;;) {
    char *buffer = NULL;
    int size = PQgetCopyData(stream->connection, &buffer, 1);
    PQfreemem(buffer);
    if (size < 0)
      return;
    if (size > 0)
      continue;
    int64_t left = deadline - stream_clock_ms();
    struct pollfd fd = {.fd = PQsocket(stream->connection), .events = POLLIN};
    if (PQflush(stream->connection) == 1)
      fd.events |= POLLOUT;
    if (left <= 0 || poll(&fd, 1, (int)left) <= 0 || !PQconsumeInput(stream->connection))
      return;
  }
}

void stream_close(struct stream *stream, int timeout_ms)
{
  if (stream->copying && PQstatus(stream->connection) == CONNECTION_OK && send_status(stream) &&
      PQputCopyEnd(stream->connection, NULL) > 0)
    drain(stream, stream_clock_ms() + timeout_ms);
  PQfinish(stream->connection);
  *stream = (struct stream){.connection = NULL};
}
