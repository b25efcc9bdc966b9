/* SPDX-License-Identifier: Apache-2.0
 *
 * The replication connection: START_REPLICATION, the messages of the COPY
 * stream, and status updates (PostgreSQL documentation, "Streaming Replication
 * Protocol"). It never confirms anything but what stream_confirm was told. */
#ifndef HEADRACE_STREAM_H
#define HEADRACE_STREAM_H

#include "pg_connection.h"

#include <headrace/plugin.h>
#include <stdbool.h>

struct stream {
  const struct headrace_host *host;
  PGconn *connection;
  bool copying;
  bool drained;       /* the socket was read since the last STREAM_NOTHING */
  uint64_t received;  /* the highest end of WAL that the server named */
  uint64_t confirmed; /* all before it is durable: the slot may forget it */
  uint64_t reported;  /* what the last status said of it */
  int64_t last_status_ms;
  int64_t status_interval_ms;
};

enum stream_event {
  STREAM_NOTHING, /* what had arrived was handed out */
  STREAM_DATA,
  STREAM_KEEPALIVE,
  STREAM_ENDED /* *error says why */
};

struct stream_message {
  enum stream_event event;
  uint64_t lsn; /* DATA: where it starts; KEEPALIVE: end of the WAL that was sent */
  bool reply_requested;
  const char *data; /* pgoutput's message; until stream_release */
  size_t size;
  char *buffer;
};

struct stream_start {
  const char *slot;
  const char *publication;
  bool messages;
  bool in_progress; /* also what transactions do that have not ended */
  uint64_t lsn;
};

/* Takes `connection` (a walsender), which is closed by stream_close. */
void stream_init(struct stream *stream, const struct headrace_host *host, PGconn *connection,
                 int64_t status_interval_ms);
bool stream_start(struct stream *stream, const struct stream_start *start, struct pg_error *error);

/* The next message of what has arrived; never waits. STREAM_NOTHING comes after one read
 * of the socket, although more may have come meanwhile. */
void stream_next(struct stream *stream, struct stream_message *message, struct pg_error *error);
void stream_release(struct stream_message *message);

/* As much waits in the socket as one read takes. */
bool stream_has_much(const struct stream *stream);

/* Waits until something arrives, here or at `other` (-1: nowhere else), wake_fd is readable, or
 * a status is due. */
void stream_wait(struct stream *stream, int other, int timeout_ms);

/* All before `lsn` is durable. It never goes back. */
void stream_confirm(struct stream *stream, uint64_t lsn);

/* Sends a status if one is due; `now`: in any case. False: the connection is gone. */
bool stream_status(struct stream *stream, bool now);

/* Says the last status, ends the COPY and closes, within `timeout_ms`. */
void stream_close(struct stream *stream, int timeout_ms);

int64_t stream_clock_ms(void);

#endif
