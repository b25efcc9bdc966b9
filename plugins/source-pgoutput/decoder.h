/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of pgoutput made into the events of batches, and the position after
 * them. */
#ifndef HEADRACE_DECODER_H
#define HEADRACE_DECODER_H

#include "pgoutput.h"
#include "position.h"
#include "relations.h"
#include "stream.h"

/* The transaction that the stream is in. */
struct open_transaction {
  bool open;
  uint64_t skip;    /* so many of its messages were done before the restart; UINT64_MAX: all */
  uint64_t seen;    /* messages of rows, truncates and logical messages that came, skipped or not */
  uint64_t emitted; /* events made of them, skipped or not */
  struct headrace_transaction header;
  char *origin;       /* owned */
  uint64_t begin_lsn; /* where its Begin message stands */
};

/* Sees what passes: for snapshots on demand, and while a snapshot's chunks and the stream
 * have still to meet. Any of them may be NULL. */
struct decoder_observer {
  void *context;
  /* Each row change and truncate that was added; its values may still be changed. */
  void (*change)(void *context, struct headrace_change *change);
  /* A logical message whose prefix begins with "headrace."; those are never passed on.
   * `lsn` is where the stream stands after it. */
  enum headrace_result (*message)(void *context, const char *prefix, const char *content,
                                  size_t size, uint64_t lsn);
  /* A relation was described again, otherwise than before. */
  void (*relation)(void *context, const struct headrace_relation *relation);
  /* A transaction's last event was added. */
  void (*commit)(void *context, const struct headrace_transaction *transaction);
};

struct decoder {
  struct decoder_observer observer;
  const struct headrace_host *host;
  struct relations *relations;
  struct pg_position position; /* after all that was decoded */
  bool moved;                  /* the position is another than the one of the last batch */
  struct open_transaction transaction;
  uint32_t operations; /* bit 1 << enum headrace_operation: those that are wanted */

  struct headrace_batch *batch;          /* the one being filled */
  struct headrace_transaction *in_batch; /* the open transaction, copied into it */
  uint64_t events;                       /* in it */

  bool marks; /* BEGIN and COMMIT events are wanted, and places among a relation's events */
  struct tallies tallies;
  struct tally messages;
};

void decoder_init(struct decoder *decoder, const struct headrace_host *host,
                  struct relations *relations, const struct pg_position *position,
                  uint32_t operations);
void decoder_free(struct decoder *decoder);

/* From here on events go to `batch`. */
void decoder_use(struct decoder *decoder, struct headrace_batch *batch);

/* One message. An error is said. */
enum headrace_result decoder_data(struct decoder *decoder, const struct stream_message *message);

/* The server has nothing to send for the WAL before `lsn`. */
void decoder_keepalive(struct decoder *decoder, uint64_t lsn);

/* A sign of life, in its place among the events. */
void decoder_heartbeat(struct decoder *decoder);

/* Puts the position to the batch, if it has moved. */
void decoder_finish(struct decoder *decoder);

#endif
