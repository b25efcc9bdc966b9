/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer whose parts are questions to the log: it is given when all have theirs. */
#ifndef HEADRACE_KAFKA_TALLY_H
#define HEADRACE_KAFKA_TALLY_H

#include "broker.h"

struct tally {
  struct exchange *exchange;
  const void *answer;
  size_t pending;
};

/* One is pending: the handler, which calls tally_done() at its end. */
static inline struct tally *tally_begin(struct exchange *exchange, const void *answer)
{
  struct tally *tally = wire_alloc(&exchange->arena, sizeof *tally);
  *tally = (struct tally){exchange, answer, 1};
  return tally;
}

static inline void tally_done(struct tally *tally)
{
  if (!--tally->pending)
    exchange_answer(tally->exchange, tally->answer);
}

/* A part that is an error code and a message. */
struct tally_part {
  struct tally *tally;
  int16_t *error_code;
  struct wire_slice *message; /* NULL: it has none */
};

static inline void tally_refuse(struct wire_arena *arena, int16_t *error_code,
                                struct wire_slice *message, enum kafka_error error,
                                const char *text)
{
  *error_code = (int16_t)error;
  if (message)
    *message = wire_copy(arena, wire_text(text));
}

/* Of the log's callbacks: a struct tally_part is the context. */
static inline void tally_part_done(void *context, enum headrace_log_error error, const char *reason)
{
  struct tally_part *part = context;
  tally_refuse(&part->tally->exchange->arena, part->error_code, part->message,
               kafka_error_of(error), reason);
  topics_refresh(part->tally->exchange->broker);
  tally_done(part->tally);
}

static inline struct tally_part *tally_part(struct tally *tally, int16_t *error_code,
                                            struct wire_slice *message)
{
  struct tally_part *part = wire_alloc(&tally->exchange->arena, sizeof *part);
  *part = (struct tally_part){tally, error_code, message};
  tally->pending++;
  return part;
}

#endif
