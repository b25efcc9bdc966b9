/* SPDX-License-Identifier: Apache-2.0
 *
 * Debezium's provide.transaction.metadata and heartbeats: what it says beside the rows. */
#include "connect_codec.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

/* What Debezium 3.3.1 sends with its payloads. */
static const char transaction_key_schema[] =
    "{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"optional\":false,"
    "\"field\":\"id\"}],\"optional\":false,"
    "\"name\":\"io.debezium.connector.common.TransactionMetadataKey\",\"version\":1}";
static const char transaction_value_schema[] =
    "{\"type\":\"struct\",\"fields\":["
    "{\"type\":\"string\",\"optional\":false,\"field\":\"status\"},"
    "{\"type\":\"string\",\"optional\":false,\"field\":\"id\"},"
    "{\"type\":\"int64\",\"optional\":true,\"field\":\"event_count\"},"
    "{\"type\":\"array\",\"items\":{\"type\":\"struct\",\"fields\":["
    "{\"type\":\"string\",\"optional\":false,\"field\":\"data_collection\"},"
    "{\"type\":\"int64\",\"optional\":false,\"field\":\"event_count\"}],\"optional\":true,"
    "\"name\":\"event.collection\",\"version\":1},\"optional\":true,"
    "\"field\":\"data_collections\"},"
    "{\"type\":\"int64\",\"optional\":false,\"field\":\"ts_ms\"}],\"optional\":false,"
    "\"name\":\"io.debezium.connector.common.TransactionMetadataValue\",\"version\":1}";
static const char heartbeat_key_schema[] =
    "{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"optional\":false,"
    "\"field\":\"serverName\"}],\"optional\":false,"
    "\"name\":\"io.debezium.connector.common.ServerNameKey\",\"version\":1}";
static const char heartbeat_value_schema[] =
    "{\"type\":\"struct\",\"fields\":[{\"type\":\"int64\",\"optional\":false,"
    "\"field\":\"ts_ms\"}],\"optional\":false,"
    "\"name\":\"io.debezium.connector.common.Heartbeat\",\"version\":1}";

/* ---- the numbers of records ---------------------------------------------- */

static int64_t surplus_of(const struct codec *codec, const struct surplus *surplus)
{
  return surplus->transaction == codec->transaction ? surplus->records : 0;
}

static void add(const struct codec *codec, struct surplus *surplus, int64_t records)
{
  surplus->records = surplus_of(codec, surplus) + records;
  surplus->transaction = codec->transaction;
}

void surplus_add(struct codec *codec, struct relation_plan *plan, int64_t records)
{
  add(codec, &codec->surplus, records);
  add(codec, &plan->surplus, records);
}

/* Debezium's id is that of the transaction and the place of the event. */
static char *id_write(char *out, const struct headrace_change *change)
{
  out = PUT(out, "\"id\":\"");
  out = json_unsigned(out, change->transaction->id);
  *out++ = ':';
  out = json_unsigned(out, change->sequence);
  *out++ = '"';
  return out;
}

bool transaction_place(const struct codec *codec, const struct relation_plan *plan,
                       const struct headrace_change *change, int64_t *total_order,
                       int64_t *collection_order)
{
  if (!codec->options.transactions || !change->transaction || change->operation == HEADRACE_READ)
    return false;
  *total_order = (int64_t)change->ordinal + 1 + surplus_of(codec, &codec->surplus);
  *collection_order = (int64_t)change->relation_ordinal + 1 + surplus_of(codec, &plan->surplus);
  return true;
}

char *transaction_write(char *out, const struct codec *codec, const struct relation_plan *plan,
                        const struct headrace_change *change)
{
  int64_t total_order, collection_order;
  if (!transaction_place(codec, plan, change, &total_order, &collection_order))
    return PUT(out, ",\"transaction\":null");
  out = PUT(out, ",\"transaction\":{");
  out = id_write(out, change);
  out = PUT(out, ",\"total_order\":");
  out = json_integer(out, total_order);
  out = PUT(out, ",\"data_collection_order\":");
  out = json_integer(out, collection_order);
  *out++ = '}';
  return out;
}

/* ---- records -------------------------------------------------------------- */

static bool same_table(const struct headrace_relation *one, const struct headrace_relation *other)
{
  if (!one || !other)
    return one == other;
  return one == other || (!strcmp(one->schema, other->schema) && !strcmp(one->table, other->table));
}

static bool came_before(const struct headrace_transaction *transaction, uint32_t index)
{
  for (uint32_t i = 0; i < index; i++)
    if (same_table(transaction->counts[i].relation, transaction->counts[index].relation))
      return true;
  return false;
}

/* A table that was altered inside of the transaction is there more than once. */
static int64_t records_of(const struct codec *codec, const struct headrace_transaction *transaction,
                          uint32_t index)
{
  const struct headrace_relation *relation = transaction->counts[index].relation;
  int64_t records = 0;
  for (uint32_t i = index; i < transaction->count_count; i++)
    if (same_table(transaction->counts[i].relation, relation))
      records += (int64_t)transaction->counts[i].events;
  const struct relation_plan *plan = relation ? NULL : &codec->message;
  for (uint32_t i = index; relation && !plan && i < transaction->count_count; i++)
    if (same_table(transaction->counts[i].relation, relation))
      plan = plan_known(codec, transaction->counts[i].relation);
  return plan ? records + surplus_of(codec, &plan->surplus) : records;
}

static size_t counts_bound(const struct headrace_transaction *transaction)
{
  size_t bound = 2;
  for (uint32_t i = 0; i < transaction->count_count; i++) {
    const struct headrace_relation *relation = transaction->counts[i].relation;
    bound += 80;
    if (relation)
      bound += JSON_ESCAPE_GROWTH * (strlen(relation->schema) + strlen(relation->table));
  }
  return bound;
}

static char *name_write(char *out, const struct headrace_relation *relation)
{
  if (!relation)
    return PUT(out, "\"message\"");
  *out++ = '"';
  out = json_escape(out, relation->schema, strlen(relation->schema));
  *out++ = '.';
  out = json_escape(out, relation->table, strlen(relation->table));
  *out++ = '"';
  return out;
}

static char *counts_write(char *out, const struct codec *codec,
                          const struct headrace_transaction *transaction)
{
  *out++ = '[';
  for (uint32_t i = 0; i < transaction->count_count; i++) {
    if (came_before(transaction, i))
      continue;
    if (out[-1] == '}')
      *out++ = ',';
    out = PUT(out, "{\"data_collection\":");
    out = name_write(out, transaction->counts[i].relation);
    out = PUT(out, ",\"event_count\":");
    out = json_integer(out, records_of(codec, transaction, i));
    *out++ = '}';
  }
  *out++ = ']';
  return out;
}

static char *end_of_transaction(char *out, const struct codec *codec,
                                const struct headrace_change *change)
{
  bool begins = change->operation == HEADRACE_BEGIN;
  out = begins ? PUT(out, "{\"status\":\"BEGIN\",") : PUT(out, "{\"status\":\"END\",");
  out = id_write(out, change);
  out = PUT(out, ",\"event_count\":");
  if (begins) {
    out = PUT(out, "null,\"data_collections\":null");
  } else {
    out = json_integer(out, (int64_t)change->ordinal + surplus_of(codec, &codec->surplus));
    out = PUT(out, ",\"data_collections\":");
    out = counts_write(out, codec, change->transaction);
  }
  out = PUT(out, ",\"ts_ms\":");
  out = json_integer(out, floor_ms(change->transaction->commit_time_us));
  *out++ = '}';
  return out;
}

static enum headrace_result encode_end(struct codec *codec, const struct headrace_change *change,
                                       struct headrace_batch *batch)
{
  const struct headrace_host *host = codec->host;
  struct document document = {.topic = codec->options.topic_transaction,
                              .key_schema = transaction_key_schema,
                              .value_schema = transaction_value_schema};
  char *start = host->reserve(host, batch, 384 + counts_bound(change->transaction)), *out = start;
  *out++ = '{';
  out = id_write(out, change);
  *out++ = '}';
  document.key = value_of(start, out);
  char *value = out;
  out = end_of_transaction(out, codec, change);
  document.value = value_of(value, out);
  host->commit(host, batch, (size_t)(out - start));
  return codec->dialect->document(codec, &document, batch);
}

static enum headrace_result encode_heartbeat(struct codec *codec, struct headrace_batch *batch)
{
  const struct headrace_host *host = codec->host;
  const char *prefix = codec->options.prefix;
  struct document document = {.topic = codec->heartbeat_topic,
                              .key_schema = heartbeat_key_schema,
                              .value_schema = heartbeat_value_schema};
  char *start = host->reserve(host, batch, 128 + JSON_ESCAPE_GROWTH * strlen(prefix)), *out = start;
  out = PUT(out, "{\"serverName\":");
  out = json_string(out, prefix, strlen(prefix));
  *out++ = '}';
  document.key = value_of(start, out);
  char *value = out;
  out = PUT(out, "{\"ts_ms\":");
  out = json_integer(out, host->now_us(host) / 1000);
  *out++ = '}';
  document.value = value_of(value, out);
  host->commit(host, batch, (size_t)(out - start));
  return codec->dialect->document(codec, &document, batch);
}

enum headrace_result metadata_encode(struct codec *codec, const struct headrace_change *change,
                                     struct headrace_batch *out)
{
  if (change->operation == HEADRACE_BEGIN)
    codec->transaction++;
  if (change->operation == HEADRACE_HEARTBEAT)
    return codec->heartbeat_topic ? encode_heartbeat(codec, out) : HEADRACE_OK;
  return codec->options.transactions ? encode_end(codec, change, out) : HEADRACE_OK;
}
