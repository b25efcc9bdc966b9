/* SPDX-License-Identifier: Apache-2.0
 *
 * Debezium's source block as JSON: the same for all rows that one transaction has of one table, but
 * for their sequence. */
#include "connect_codec.h"

#include <stdlib.h>

/* Debezium's struct is open to consumers: this is our version, in its place. */
#define SOURCE_VERSION HEADRACE_VERSION

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

void source_plan(struct codec *codec, struct relation_plan *plan, const char *database)
{
  struct text prefix = text_json(codec->options.prefix, strlen(codec->options.prefix));
  struct text db = text_json(database ? database : "", database ? strlen(database) : 0);
  struct text schema = text_json(plan->schema, strlen(plan->schema));
  struct text table = text_json(plan->table, strlen(plan->table));
  plan->source_head = text_print("{\"version\":\"%s\",\"connector\":\"postgresql\",\"name\":%s,"
                                 "\"ts_ms\":",
                                 SOURCE_VERSION, prefix.data);
  plan->source_database = text_print("\",\"db\":%s,\"sequence\":\"[", db.data);
  plan->source_names = text_print(",\"schema\":%s,\"table\":%s,\"txId\":", schema.data, table.data);
  text_free(&prefix);
  text_free(&db);
  text_free(&schema);
  text_free(&table);
}

static char *room(struct text *text, size_t *capacity, size_t size)
{
  if (*capacity < size) {
    char *data = realloc(text->data, size);
    if (!data)
      abort();
    text->data = data;
    *capacity = size;
  }
  return text->data;
}

int64_t floor_ms(int64_t us)
{
  return us / 1000 - (us % 1000 < 0);
}

static void make_head(struct relation_plan *plan)
{
  struct source_text *source = &plan->source;
  char *start = room(&source->head, &source->head_room,
                     plan->source_head.size + plan->source_database.size + 128);
  char *out = text_put(start, &plan->source_head);
  out = json_integer(out, floor_ms(source->time_us));
  out = PUT(out, ",\"snapshot\":\"");
  out = json_copy(out, source->snapshot, strlen(source->snapshot));
  out = text_put(out, &plan->source_database);
  if (source->previous_sequence) {
    out = PUT(out, "\\\"");
    out = json_unsigned(out, source->previous_sequence);
    out = PUT(out, "\\\",\\\"");
  } else {
    out = PUT(out, "null,\\\"");
  }
  source->head.size = (size_t)(out - start);
}

static void make_middle(struct relation_plan *plan)
{
  struct source_text *source = &plan->source;
  char *start = room(&source->middle, &source->middle_room, plan->source_names.size + 128);
  char *out = PUT(start, "\\\"]\",\"ts_us\":");
  out = json_integer(out, source->time_us);
  out = PUT(out, ",\"ts_ns\":");
  out = json_integer(out, source->time_us);
  out = PUT(out, "000");
  out = text_put(out, &plan->source_names);
  out = source->transaction_id ? json_unsigned(out, source->transaction_id) : PUT(out, "null");
  out = PUT(out, ",\"lsn\":");
  source->middle.size = (size_t)(out - start);
}

const char *source_snapshot(const struct headrace_change *change)
{
  static const char no[] = "false", initial[] = "true", on_demand[] = "incremental";
  if (change->operation != HEADRACE_READ)
    return no;
  return change->flags & HEADRACE_READ_ON_DEMAND ? on_demand : initial;
}

static void source_refresh(struct relation_plan *plan, const struct headrace_change *change,
                           int64_t now_us)
{
  static const struct headrace_transaction none = {0};
  const struct headrace_transaction *transaction =
      change->transaction ? change->transaction : &none;
  struct source_text *source = &plan->source;
  const char *snapshot = source_snapshot(change);
  if (source->valid && change->transaction && source->transaction_id == transaction->id &&
      source->snapshot == snapshot && source->time_us == transaction->commit_time_us &&
      source->previous_sequence == transaction->previous_sequence)
    return;
  source->transaction_id = transaction->id;
  source->snapshot = snapshot;
  /* A message outside of transactions commits by itself, and Debezium takes its place for both. */
  source->previous_sequence =
      change->transaction || change->relation ? transaction->previous_sequence : change->sequence;
  source->time_us = change->transaction ? transaction->commit_time_us : now_us;
  source->valid = change->transaction != NULL;
  make_head(plan);
  make_middle(plan);
}

size_t source_bound(const struct relation_plan *plan)
{
  return plan->source_head.size + plan->source_database.size + plan->source_names.size + 320;
}

char *source_write(char *out, struct relation_plan *plan, const struct headrace_change *change,
                   int64_t now_us)
{
  source_refresh(plan, change, now_us);
  char digits[JSON_INTEGER_MAX];
  size_t size = (size_t)(json_unsigned(digits, change->sequence) - digits);
  out = text_put(out, &plan->source.head);
  out = json_copy(out, digits, size);
  out = text_put(out, &plan->source.middle);
  out = json_copy(out, digits, size);
  return PUT(out, ",\"xmin\":null}");
}

struct headrace_value value_of(char *start, const char *end)
{
  return (struct headrace_value){
      .data = start, .size = (uint32_t)(end - start), .state = HEADRACE_TEXT};
}
