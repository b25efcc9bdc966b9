/* SPDX-License-Identifier: Apache-2.0 */
#include "decoder.h"

#include "money.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OWN_PREFIX "headrace."

void decoder_init(struct decoder *decoder, const struct headrace_host *host,
                  struct relations *relations, const struct pg_position *position,
                  uint32_t operations)
{
  *decoder = (struct decoder){
      .host = host, .relations = relations, .position = *position, .operations = operations};
  decoder->marks = host->wanted(host) & HEADRACE_WANT_TRANSACTIONS;
}

void decoder_free(struct decoder *decoder)
{
  free(decoder->transaction.origin);
  decoder->transaction.origin = NULL;
  tallies_free(&decoder->tallies);
}

void decoder_use(struct decoder *decoder, struct headrace_batch *batch)
{
  decoder->batch = batch;
  decoder->in_batch = NULL;
  decoder->events = 0;
}

static enum headrace_result broken(const struct decoder *decoder, uint64_t lsn,
                                   const struct pgoutput_error *error)
{
  decoder->host->log(
      decoder->host, HEADRACE_ERROR, "the pgoutput message '%c' at %s is broken at byte %zu: %s",
      error->kind ? error->kind : '?', lsn_text(lsn).text, error->offset, error->reason);
  return HEADRACE_FATAL;
}

static enum headrace_result out_of_order(const struct decoder *decoder, char kind, uint64_t lsn)
{
  struct pgoutput_error error = {.kind = kind, .reason = "it has no place in the stream here"};
  return broken(decoder, lsn, &error);
}

/* ---- transactions ------------------------------------------------------ */

static enum headrace_result begin(struct decoder *decoder, const struct pgoutput_begin *begin,
                                  uint64_t lsn)
{
  struct open_transaction *transaction = &decoder->transaction;
  struct pg_position *position = &decoder->position;
  if (transaction->open)
    return out_of_order(decoder, PGOUTPUT_BEGIN, lsn);
  uint64_t skip = 0;
  if (begin->final_lsn < position->lsn)
    skip = UINT64_MAX;
  else if (begin->final_lsn == position->transaction)
    skip = position->ordinal;
  free(transaction->origin);
  tallies_begin(&decoder->tallies);
  *transaction = (struct open_transaction){.open = true,
                                           .skip = skip,
                                           .begin_lsn = lsn,
                                           .header = {.id = begin->xid,
                                                      .commit_sequence = begin->final_lsn,
                                                      .previous_sequence = position->previous,
                                                      .commit_time_us = begin->commit_time_us}};
  decoder->in_batch = NULL;
  return HEADRACE_OK;
}

/* The batch outlives the transaction: it has its own copy. */
static const struct headrace_transaction *transaction_in_batch(struct decoder *decoder)
{
  const struct headrace_host *host = decoder->host;
  if (decoder->in_batch)
    return decoder->in_batch;
  struct headrace_transaction *copy = host->alloc(host, decoder->batch, sizeof *copy);
  *copy = decoder->transaction.header;
  if (copy->origin) {
    size_t size = strlen(copy->origin) + 1;
    copy->origin = memcpy(host->alloc(host, decoder->batch, size), copy->origin, size);
  }
  return decoder->in_batch = copy;
}

/* Its events are done, and so is it with the position after it: a restart behind them comes here
 * again, one behind the transaction does not. */
static void mark_commit(struct decoder *decoder, uint64_t lsn)
{
  const struct headrace_host *host = decoder->host;
  if (!decoder->marks || !decoder->transaction.emitted)
    return;
  struct headrace_transaction *transaction = host->alloc(host, decoder->batch, sizeof *transaction);
  *transaction = *transaction_in_batch(decoder);
  tallies_write(&decoder->tallies, host, decoder->batch, transaction);
  struct headrace_change *mark = host->add_change(host, decoder->batch, NULL);
  mark->operation = HEADRACE_COMMIT;
  mark->sequence = lsn;
  mark->transaction = transaction;
  mark->ordinal = decoder->transaction.emitted;
  decoder->events++;
}

static enum headrace_result commit(struct decoder *decoder, const struct pgoutput_commit *commit,
                                   uint64_t lsn)
{
  struct pg_position *position = &decoder->position;
  if (!decoder->transaction.open)
    return out_of_order(decoder, PGOUTPUT_COMMIT, lsn);
  decoder->transaction.open = false;
  if (decoder->observer.commit)
    decoder->observer.commit(decoder->observer.context, &decoder->transaction.header);
  if (commit->end_lsn > position->lsn)
    mark_commit(decoder, lsn);
  decoder->in_batch = NULL;
  if (commit->end_lsn <= position->lsn)
    return HEADRACE_OK;
  position->lsn = commit->end_lsn;
  position->previous = commit->end_lsn;
  position->transaction = 0;
  position->ordinal = 0;
  decoder->moved = true;
  return HEADRACE_OK;
}

static enum headrace_result origin(struct decoder *decoder, const struct pgoutput_origin *origin,
                                   uint64_t lsn)
{
  struct open_transaction *transaction = &decoder->transaction;
  if (!transaction->open)
    return out_of_order(decoder, PGOUTPUT_ORIGIN, lsn);
  free(transaction->origin);
  transaction->origin = strdup(origin->name);
  if (!transaction->origin)
    abort();
  transaction->header.origin = transaction->origin;
  transaction->header.origin_sequence = origin->lsn;
  decoder->in_batch = NULL;
  return HEADRACE_OK;
}

/* The message at hand was not done before the restart. */
static bool is_fresh(const struct decoder *decoder)
{
  return decoder->transaction.seen >= decoder->transaction.skip;
}

/* A message of the open transaction that can make events is done: only now, so that one that
 * failed is never behind the position. */
static void count_message(struct decoder *decoder)
{
  struct open_transaction *transaction = &decoder->transaction;
  transaction->seen++;
  if (transaction->seen <= transaction->skip)
    return;
  decoder->position.transaction = transaction->header.commit_sequence;
  decoder->position.ordinal = transaction->seen;
  decoder->moved = true;
}

/* BEGIN comes with the first event, and so never again after a restart behind that. */
static void mark_begin(struct decoder *decoder)
{
  const struct headrace_host *host = decoder->host;
  if (!decoder->marks || decoder->transaction.emitted)
    return;
  struct headrace_change *mark = host->add_change(host, decoder->batch, NULL);
  mark->operation = HEADRACE_BEGIN;
  mark->sequence = decoder->transaction.begin_lsn;
  mark->transaction = transaction_in_batch(decoder);
  decoder->events++;
}

/* An event of the open transaction that was done before the restart. */
static void skip_event(struct decoder *decoder, struct tally *tally)
{
  decoder->transaction.emitted++;
  if (decoder->marks)
    tallies_add(&decoder->tallies, tally);
}

static struct headrace_change *add_change(struct decoder *decoder, struct tally *tally,
                                          enum headrace_operation operation, uint64_t lsn)
{
  mark_begin(decoder);
  struct headrace_change *change =
      decoder->host->add_change(decoder->host, decoder->batch, tally->relation);
  if (decoder->marks)
    change->relation_ordinal = tallies_add(&decoder->tallies, tally);
  change->operation = operation;
  change->sequence = lsn;
  change->transaction = transaction_in_batch(decoder);
  change->ordinal = decoder->transaction.emitted++;
  decoder->events++;
  return change;
}

/* Its values are there. */
static void show(const struct decoder *decoder, struct headrace_change *change)
{
  if (decoder->observer.change)
    decoder->observer.change(decoder->observer.context, change);
}

static bool wanted(const struct decoder *decoder, enum headrace_operation operation)
{
  return decoder->operations & (1u << operation);
}

/* ---- rows -------------------------------------------------------------- */

static enum headrace_operation operation_of(enum pgoutput_kind kind)
{
  return kind == PGOUTPUT_INSERT   ? HEADRACE_INSERT
         : kind == PGOUTPUT_UPDATE ? HEADRACE_UPDATE
                                   : HEADRACE_DELETE;
}

/* A large value that did not change is not sent; the old row has it if the identity is FULL. */
static void fill_unchanged(uint32_t columns, const struct headrace_value *old_values,
                           struct headrace_value *new_values)
{
  for (uint32_t i = 0; i < columns; i++)
    if (new_values[i].state == HEADRACE_ABSENT)
      new_values[i] = old_values[i];
}

/* A K tuple has NULL for what is not part of the replica identity. */
static void keep_identity(uint32_t columns, const bool *in_identity,
                          struct headrace_value *old_values)
{
  for (uint32_t i = 0; i < columns; i++)
    if (!in_identity[i])
      old_values[i] = (struct headrace_value){.state = HEADRACE_ABSENT};
}

/* One allocation: the values, then the bytes that they point into. */
static enum headrace_result add_row(struct decoder *decoder, const struct pgoutput_message *message,
                                    const struct relation_view *view, uint64_t lsn)
{
  const struct headrace_host *host = decoder->host;
  const struct pgoutput_bytes *tuples = &message->row.tuples;
  uint32_t columns = view->relation->column_count;
  bool has_old = message->row.has_old, has_new = message->kind != PGOUTPUT_DELETE;
  size_t values_size = ((size_t)has_old + has_new) * columns * sizeof(struct headrace_value);
  char *memory = host->alloc(host, decoder->batch, values_size + tuples->size);
  struct headrace_value *values = (struct headrace_value *)(void *)memory;
  struct headrace_value *old_values = has_old ? values : NULL;
  struct headrace_value *new_values = has_new ? values + (has_old ? columns : 0) : NULL;
  memcpy(memory + values_size, tuples->data, tuples->size);
  bool old_is_key = false;
  struct pgoutput_error error;
  if (!pgoutput_parse_tuples(message->kind,
                             (struct pgoutput_bytes){memory + values_size, tuples->size}, columns,
                             old_values, new_values, &old_is_key, &error))
    return broken(decoder, lsn, &error);
  if (view->has_money) {
    money_strip(view->relation, old_values);
    money_strip(view->relation, new_values);
  }
  if (has_old && old_is_key)
    keep_identity(columns, view->in_identity, old_values);
  else if (has_old && has_new)
    fill_unchanged(columns, old_values, new_values);
  struct headrace_change *change =
      add_change(decoder, view->tally, operation_of(message->kind), lsn);
  change->old_values = old_values;
  change->new_values = new_values;
  change->flags = has_old && old_is_key ? HEADRACE_OLD_IS_KEY : 0;
  show(decoder, change);
  return HEADRACE_OK;
}

static enum headrace_result unknown_relation(const struct decoder *decoder, uint32_t id,
                                             uint64_t lsn)
{
  decoder->host->log(decoder->host, HEADRACE_ERROR,
                     "the stream at %s speaks of relation %" PRIu32
                     " before it has described it; this is a fault of the server",
                     lsn_text(lsn).text, id);
  return HEADRACE_FATAL;
}

static enum headrace_result row(struct decoder *decoder, const struct pgoutput_message *message,
                                uint64_t lsn)
{
  struct relation_view view;
  if (!decoder->transaction.open)
    return out_of_order(decoder, (char)message->kind, lsn);
  if (!relations_get(decoder->relations, message->row.relation_id, &view))
    return unknown_relation(decoder, message->row.relation_id, lsn);
  if (view.wanted && wanted(decoder, operation_of(message->kind))) {
    enum headrace_result result = HEADRACE_OK;
    if (is_fresh(decoder))
      result = add_row(decoder, message, &view, lsn);
    else
      skip_event(decoder, view.tally);
    if (result != HEADRACE_OK)
      return result;
  }
  count_message(decoder);
  return HEADRACE_OK;
}

static void add_truncate(struct decoder *decoder, struct tally *tally, uint32_t flags, uint64_t lsn)
{
  struct headrace_change *change = add_change(decoder, tally, HEADRACE_TRUNCATE, lsn);
  if (flags & PGOUTPUT_TRUNCATE_CASCADE)
    change->flags |= HEADRACE_TRUNCATE_CASCADE;
  if (flags & PGOUTPUT_TRUNCATE_RESTART)
    change->flags |= HEADRACE_TRUNCATE_RESTART;
  show(decoder, change);
}

static enum headrace_result truncate(struct decoder *decoder,
                                     const struct pgoutput_truncate *truncate, uint64_t lsn)
{
  if (!decoder->transaction.open)
    return out_of_order(decoder, PGOUTPUT_TRUNCATE, lsn);
  for (uint32_t i = 0; i < truncate->relation_count; i++) {
    struct relation_view view;
    uint32_t id = pgoutput_truncated(truncate, i);
    if (!relations_get(decoder->relations, id, &view))
      return unknown_relation(decoder, id, lsn);
    if (!view.wanted || !wanted(decoder, HEADRACE_TRUNCATE))
      continue;
    if (is_fresh(decoder))
      add_truncate(decoder, view.tally, truncate->flags, lsn);
    else
      skip_event(decoder, view.tally);
  }
  count_message(decoder);
  return HEADRACE_OK;
}

/* ---- logical messages -------------------------------------------------- */

static struct headrace_value copy_bytes(struct decoder *decoder, const char *data, size_t size,
                                        enum headrace_state state)
{
  char *copy = decoder->host->alloc(decoder->host, decoder->batch, size ? size : 1);
  memcpy(copy, data, size);
  return (struct headrace_value){.data = copy, .size = (uint32_t)size, .state = state};
}

static void add_logical(struct decoder *decoder, const struct pgoutput_logical *logical,
                        struct headrace_change *change)
{
  size_t size = strlen(decoder->relations->database) + 1;
  change->database = memcpy(decoder->host->alloc(decoder->host, decoder->batch, size),
                            decoder->relations->database, size);
  change->message_prefix =
      copy_bytes(decoder, logical->prefix, strlen(logical->prefix), HEADRACE_TEXT);
  change->message_content =
      copy_bytes(decoder, logical->content.data, logical->content.size, HEADRACE_BINARY);
}

/* Of headrace for itself: it is not passed on. */
static bool is_own(const struct pgoutput_logical *logical)
{
  return !strncmp(logical->prefix, OWN_PREFIX, sizeof OWN_PREFIX - 1);
}

static enum headrace_result take_own(struct decoder *decoder,
                                     const struct pgoutput_logical *logical)
{
  const struct decoder_observer *observer = &decoder->observer;
  if (!is_own(logical) || !observer->message)
    return HEADRACE_OK;
  return observer->message(observer->context, logical->prefix, logical->content.data,
                           logical->content.size, logical->lsn);
}

/* It stands alone between transactions. Its LSN is the end of its WAL record (decode.c,
 * logicalmsg_decode), and so a place to start from: the server does not send it again. */
static void loose_message(struct decoder *decoder, const struct pgoutput_logical *logical,
                          uint64_t lsn)
{
  struct pg_position *position = &decoder->position;
  if (logical->lsn <= position->lsn)
    return;
  position->lsn = logical->lsn;
  decoder->moved = true;
  if (is_own(logical) || !wanted(decoder, HEADRACE_MESSAGE))
    return;
  position->previous = lsn;
  struct headrace_change *change = decoder->host->add_change(decoder->host, decoder->batch, NULL);
  change->operation = HEADRACE_MESSAGE;
  change->sequence = lsn;
  decoder->events++;
  add_logical(decoder, logical, change);
}

static enum headrace_result logical(struct decoder *decoder, const struct pgoutput_logical *logical,
                                    uint64_t lsn)
{
  if (!logical->transactional) {
    loose_message(decoder, logical, lsn);
    return take_own(decoder, logical);
  }
  if (!decoder->transaction.open)
    return out_of_order(decoder, PGOUTPUT_MESSAGE, lsn);
  if (is_own(logical) || !wanted(decoder, HEADRACE_MESSAGE)) {
    enum headrace_result result = is_fresh(decoder) ? take_own(decoder, logical) : HEADRACE_OK;
    if (result == HEADRACE_OK)
      count_message(decoder);
    return result;
  }
  if (is_fresh(decoder)) {
    struct headrace_change *change = add_change(decoder, &decoder->messages, HEADRACE_MESSAGE, lsn);
    change->flags = HEADRACE_MESSAGE_TRANSACTIONAL;
    add_logical(decoder, logical, change);
  } else {
    skip_event(decoder, &decoder->messages);
  }
  count_message(decoder);
  return HEADRACE_OK;
}

/* ---- all of them ------------------------------------------------------- */

static enum headrace_result relation(struct decoder *decoder,
                                     const struct pgoutput_relation *relation)
{
  struct pg_error error;
  enum headrace_result result = relations_put(decoder->relations, relation, &error);
  if (result != HEADRACE_OK)
    decoder->host->log(decoder->host, HEADRACE_ERROR,
                       "cannot look up table %s.%s in the catalog: %s", relation->schema,
                       relation->name, error.message);
  else if (decoder->relations->altered && decoder->observer.relation)
    decoder->observer.relation(decoder->observer.context, decoder->relations->altered);
  return result;
}

enum headrace_result decoder_data(struct decoder *decoder, const struct stream_message *data)
{
  struct pgoutput_message message;
  struct pgoutput_error error;
  if (!pgoutput_parse(data->data, data->size, &message, &error))
    return broken(decoder, data->lsn, &error);
  switch (message.kind) {
  case PGOUTPUT_INSERT:
  case PGOUTPUT_UPDATE:
  case PGOUTPUT_DELETE:
    return row(decoder, &message, data->lsn);
  case PGOUTPUT_BEGIN:
    return begin(decoder, &message.begin, data->lsn);
  case PGOUTPUT_COMMIT:
    return commit(decoder, &message.commit, data->lsn);
  case PGOUTPUT_ORIGIN:
    return origin(decoder, &message.origin, data->lsn);
  case PGOUTPUT_RELATION:
    return relation(decoder, &message.relation);
  case PGOUTPUT_TYPE:
    relations_put_type(decoder->relations, &message.relation);
    return HEADRACE_OK;
  case PGOUTPUT_TRUNCATE:
    return truncate(decoder, &message.truncate, data->lsn);
  case PGOUTPUT_MESSAGE:
    return logical(decoder, &message.logical, data->lsn);
  case PGOUTPUT_STREAM_START:
  case PGOUTPUT_STREAM_STOP:
  case PGOUTPUT_STREAM_COMMIT:
  case PGOUTPUT_STREAM_ABORT:
  case PGOUTPUT_BEGIN_PREPARE:
  case PGOUTPUT_PREPARE:
  case PGOUTPUT_COMMIT_PREPARED:
  case PGOUTPUT_ROLLBACK_PREPARED:
  case PGOUTPUT_STREAM_PREPARE:
    return out_of_order(decoder, (char)message.kind, data->lsn);
  }
  return HEADRACE_OK;
}

void decoder_keepalive(struct decoder *decoder, uint64_t lsn)
{
  struct pg_position *position = &decoder->position;
  if (decoder->transaction.open || lsn <= position->lsn)
    return;
  position->lsn = lsn;
  if (position->transaction && position->transaction < lsn) {
    /* The transaction that was to be gone on with is not sent any more. */
    position->transaction = 0;
    position->ordinal = 0;
  }
  decoder->moved = true;
}

void decoder_heartbeat(struct decoder *decoder)
{
  struct headrace_change *beat = decoder->host->add_change(decoder->host, decoder->batch, NULL);
  beat->operation = HEADRACE_HEARTBEAT;
  beat->sequence = decoder->position.lsn;
  decoder->events++;
  decoder->moved = true;
}

void decoder_finish(struct decoder *decoder)
{
  char text[POSITION_TEXT_MAX];
  if (!decoder->moved)
    return;
  size_t size = position_write(&decoder->position, text);
  decoder->host->set_position(decoder->host, decoder->batch, text, size);
  decoder->moved = false;
}
