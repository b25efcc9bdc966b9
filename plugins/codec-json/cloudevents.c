/* SPDX-License-Identifier: Apache-2.0
 *
 * format=cloudevents: Debezium's event as its CloudEventsConverter writes it in JSON, structured
 * mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). The
 * source block's fields are attributes, all of them text; `data` is the rows. Facts were taken from
 * what a running 3.3.1 sends (docs/debezium-compatibility.md). */
#include "json.h"
#include "temporal.h"

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

/* Numbers, time and words, all at their longest. */
#define FACTS_BOUND 1024

void cloud_plan_init(struct cloud_plan *cloud, const struct codec *codec,
                     const struct headrace_relation *relation)
{
  const char *database = relation->database ? relation->database : "";
  struct text prefix = text_json(codec->options.prefix, strlen(codec->options.prefix));
  struct text db = text_json(database, strlen(database));
  struct text schema = text_json(relation->schema, strlen(relation->schema));
  struct text table = text_json(relation->table, strlen(relation->table));
  int inside = (int)prefix.size - 2; /* of the quotes */
  cloud->id = text_print("{\"id\":\"name:%.*s;lsn:", inside, prefix.data + 1);
  cloud->source = text_print("\",\"source\":\"/debezium/postgresql/%.*s\",\"specversion\":\"1.0\","
                             "\"type\":\"io.debezium.connector.postgresql.DataChangeEvent\","
                             "\"time\":\"",
                             inside, prefix.data + 1);
  cloud->name = text_print("\",\"iodebeziumversion\":\"%s\",\"iodebeziumconnector\":\"postgresql\","
                           "\"iodebeziumname\":%s,\"iodebeziumtsms\":\"",
                           HEADRACE_VERSION, prefix.data);
  cloud->database = text_print("\",\"iodebeziumdb\":%s,\"iodebeziumsequence\":\"", db.data);
  cloud->table = text_print(
      "000\",\"iodebeziumschema\":%s,\"iodebeziumtable\":%s,\"iodebeziumtxId\":", schema.data,
      table.data);
  text_free(&prefix);
  text_free(&db);
  text_free(&schema);
  text_free(&table);
}

void cloud_plan_clear(struct cloud_plan *cloud)
{
  text_free(&cloud->id);
  text_free(&cloud->source);
  text_free(&cloud->name);
  text_free(&cloud->database);
  text_free(&cloud->table);
}

size_t cloud_event_bound(const struct relation_plan *plan, const struct draft *draft)
{
  const struct cloud_plan *cloud = &json_plan_of(plan)->cloud;
  return cloud->id.size + cloud->source.size + cloud->name.size + cloud->database.size +
         cloud->table.size + FACTS_BOUND + json_plan_of(plan)->value_schema.size +
         image_bound(plan, &draft->before) + image_bound(plan, &draft->after);
}

/* ---- attributes ---------------------------------------------------------- */

/* What the attributes tell of a change. */
struct facts {
  uint64_t sequence, previous_sequence; /* previous 0: none */
  uint64_t transaction_id;              /* 0: none */
  int64_t time_us;
};

static struct facts facts_of(const struct output *to)
{
  const struct headrace_transaction *transaction = to->change->transaction;
  struct facts facts = {.sequence = to->change->sequence, .time_us = to->now_us};
  if (transaction) {
    facts.previous_sequence = transaction->previous_sequence;
    facts.transaction_id = transaction->id;
    facts.time_us = transaction->commit_time_us;
  }
  return facts;
}

/* [\"1\",\"2\"], inside of a string. */
static char *sequence_write(char *out, const struct facts *facts)
{
  out = PUT(out, "[");
  if (facts->previous_sequence) {
    out = PUT(out, "\\\"");
    out = json_unsigned(out, facts->previous_sequence);
    out = PUT(out, "\\\"");
  } else {
    out = PUT(out, "null");
  }
  out = PUT(out, ",\\\"");
  out = json_unsigned(out, facts->sequence);
  return PUT(out, "\\\"]");
}

static char *digits_write(char *out, int64_t number, int count)
{
  for (int i = count; i--; number /= 10)
    out[i] = (char)('0' + number % 10);
  return out + count;
}

/* 2026-11-21T18:54:19.300Z: Debezium's time of the event in milliseconds */
static char *time_write(char *out, int64_t time_us)
{
  struct temporal_timestamp time = temporal_timestamp_of_number(time_us, TEMPORAL_MICROSECONDS);
  int64_t seconds = time.time.microseconds / 1000000;
  out = temporal_write_date(out, &time.date);
  *out++ = 'T';
  out = digits_write(out, seconds / 3600, 2);
  *out++ = ':';
  out = digits_write(out, seconds / 60 % 60, 2);
  *out++ = ':';
  out = digits_write(out, seconds % 60, 2);
  *out++ = '.';
  out = digits_write(out, time.time.microseconds / 1000 % 1000, 3);
  return PUT(out, "Z");
}

static char *id_write(char *out, const struct cloud_plan *cloud, const struct facts *facts)
{
  out = text_put(out, &cloud->id);
  out = json_unsigned(out, facts->sequence);
  out = PUT(out, ";txId:");
  out = facts->transaction_id ? json_unsigned(out, facts->transaction_id) : PUT(out, "null");
  out = PUT(out, ";sequence:");
  return sequence_write(out, facts);
}

static char *source_attributes_write(char *out, const struct cloud_plan *cloud,
                                     const struct facts *facts, const char *snapshot)
{
  out = text_put(out, &cloud->name);
  out = json_integer(out, floor_ms(facts->time_us));
  out = PUT(out, "\",\"iodebeziumsnapshot\":\"");
  out = json_copy(out, snapshot, strlen(snapshot));
  out = text_put(out, &cloud->database);
  out = sequence_write(out, facts);
  out = PUT(out, "\",\"iodebeziumtsus\":\"");
  out = json_integer(out, facts->time_us);
  out = PUT(out, "\",\"iodebeziumtsns\":\"");
  out = json_integer(out, facts->time_us);
  out = text_put(out, &cloud->table);
  if (facts->transaction_id) {
    *out++ = '"';
    out = json_unsigned(out, facts->transaction_id);
    *out++ = '"';
  } else {
    out = PUT(out, "null");
  }
  out = PUT(out, ",\"iodebeziumlsn\":\"");
  out = json_unsigned(out, facts->sequence);
  return PUT(out, "\",\"iodebeziumxmin\":null");
}

static char *place_write(char *out, const struct output *to, const struct facts *facts)
{
  int64_t total_order, collection_order;
  if (!transaction_place(to->codec, to->plan, to->change, &total_order, &collection_order))
    return PUT(out, ",\"iodebeziumtxid\":null,\"iodebeziumtxtotalorder\":null,"
                    "\"iodebeziumtxdatacollectionorder\":null");
  out = PUT(out, ",\"iodebeziumtxid\":\"");
  out = json_unsigned(out, facts->transaction_id);
  *out++ = ':';
  out = json_unsigned(out, facts->sequence);
  out = PUT(out, "\",\"iodebeziumtxtotalorder\":\"");
  out = json_integer(out, total_order);
  out = PUT(out, "\",\"iodebeziumtxdatacollectionorder\":\"");
  out = json_integer(out, collection_order);
  return PUT(out, "\"");
}

static char *attributes_write(char *out, const struct output *to, char operation)
{
  const struct cloud_plan *cloud = &json_plan_of(to->plan)->cloud;
  struct facts facts = facts_of(to);
  out = id_write(out, cloud, &facts);
  out = text_put(out, &cloud->source);
  out = time_write(out, facts.time_us);
  out = PUT(out, "\",\"datacontenttype\":\"application/json\",\"iodebeziumop\":\"");
  *out++ = operation;
  out = source_attributes_write(out, cloud, &facts, source_snapshot(to->change));
  return place_write(out, to, &facts);
}

/* ---- the event ----------------------------------------------------------- */

char *cloud_event_write(char *out, struct output *to, const struct draft *draft,
                        const struct column_plan **defect)
{
  const struct text *schema = &json_plan_of(to->plan)->value_schema;
  out = attributes_write(out, to, draft->operation);
  out = PUT(out, ",\"data\":");
  out = text_put(out, schema);
  out = PUT(out, "{\"before\":");
  if (!(out = image_write(out, to->plan, &draft->before, defect)))
    return NULL;
  out = PUT(out, ",\"after\":");
  if (!(out = image_write(out, to->plan, &draft->after, defect)))
    return NULL;
  return schema->size ? PUT(out, "}}}") : PUT(out, "}}");
}
