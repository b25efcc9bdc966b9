/* SPDX-License-Identifier: Apache-2.0
 *
 * One Fetch request: what it asks for, and what is found. */
#ifndef HEADRACE_KAFKA_FETCH_H
#define HEADRACE_KAFKA_FETCH_H

#include "broker.h"

struct fetch_waiter { /* in a partition's list while the fetch is parked */
  struct fetch *fetch;
  struct partition *partition; /* NULL: not in a list */
  struct fetch_waiter *previous, *next;
};

struct fetch_slot { /* a partition that is asked for */
  struct fetch_waiter waiter;
  struct fetch *fetch;
  struct topic *topic; /* held; NULL: not known */
  struct wire_slice name;
  struct wire_uuid id;
  int32_t index;
  int64_t offset;
  int32_t max_bytes;
  int32_t epoch; /* that the client knows; -1: none */
  bool in_session;

  enum kafka_error error;
  int64_t start, end;
  uint32_t first, count;   /* of the tail's entries */
  struct blob *stored;     /* records from the store; NULL: none */
  int64_t asked;           /* the most bytes that were wanted of it */
  struct blob *held;       /* the answer refers to it */
  enum kafka_error failed; /* to read from the store */
};

struct fetch {
  struct exchange *exchange;
  struct fetch_slot *slots;
  size_t count;
  int64_t max_bytes, min_bytes;
  struct timer timer;
  int32_t session_id;
  bool full; /* all partitions are in the answer */
  bool by_id;
  bool parked, in_woken, last_look;
  bool was_read; /* the store has been asked */
  size_t reads;  /* questions without an answer so far */
  struct fetch *next_woken;
};

/* Makes the slots, of the request or of its session. An error is the whole answer's. */
enum kafka_error fetch_session_begin(struct fetch *fetch);
/* Of the slots with news in the session; the session keeps what it says. */
bool fetch_session_tells(struct fetch_slot *slot, bool has_records);
/* Asks the store; later the slot has `stored`, or `failed`, and fetch_read_done() is called. */
void fetch_read(struct fetch_slot *slot, int64_t max_bytes);
void fetch_read_done(struct fetch *fetch);

#endif
