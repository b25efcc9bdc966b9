/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka Connect's schemas of keys and values as its JsonConverter writes them. */
#include "connect_codec.h"

#include <stdlib.h>

#define FIELD(type, optional, name)                                                                \
  "{\"type\":" type ",\"optional\":" optional ",\"field\":\"" name "\"}"

#define SNAPSHOT_FIELD                                                                             \
  "{\"type\":\"string\",\"optional\":true,\"name\":\"io.debezium.data.Enum\",\"version\":1,"       \
  "\"parameters\":{\"allowed\":\"true,first,first_in_data_collection,"                             \
  "last_in_data_collection,last,false,incremental\"},\"default\":\"false\","                       \
  "\"field\":\"snapshot\"}"

static const char source_schema[] = "{\"type\":\"struct\",\"fields\":["                       //
    FIELD("\"string\"", "false", "version") "," FIELD("\"string\"", "false", "connector") "," //
    FIELD("\"string\"", "false", "name") "," FIELD("\"int64\"", "false", "ts_ms") ","         //
    SNAPSHOT_FIELD "," FIELD("\"string\"", "false", "db") ","                                 //
    FIELD("\"string\"", "true", "sequence") "," FIELD("\"int64\"", "true", "ts_us") ","       //
    FIELD("\"int64\"", "true", "ts_ns") "," FIELD("\"string\"", "false", "schema") ","        //
    FIELD("\"string\"", "false", "table") "," FIELD("\"int64\"", "true", "txId") ","          //
    FIELD("\"int64\"", "true", "lsn") "," FIELD("\"int64\"", "true", "xmin")                  //
    "],\"optional\":false,\"name\":\"io.debezium.connector.postgresql.Source\",\"version\":1,"
    "\"field\":\"source\"}";

static const char transaction_schema[] = "{\"type\":\"struct\",\"fields\":["              //
    FIELD("\"string\"", "false", "id") "," FIELD("\"int64\"", "false", "total_order") "," //
    FIELD("\"int64\"", "false", "data_collection_order")                                  //
    "],\"optional\":true,\"name\":\"event.block\",\"version\":1,\"field\":\"transaction\"}";

/* The default as a value of the column; NULL data: it has none that could be told. */
static struct text default_value(const struct column_plan *plan,
                                 const struct headrace_column *column)
{
  struct text none = {0};
  if (!column->default_text) {
    /* A sequence's numbers are not constant: Debezium says zero. */
    bool counted = column->flags & HEADRACE_COLUMN_IDENTITY;
    return counted ? text_print("%.*s", (int)plan->value.zero.size, plan->value.zero.data) : none;
  }
  size_t size = strlen(column->default_text);
  struct text text = {.data = malloc(value_bound(&plan->value, column->default_text, size) + 1)};
  if (!text.data)
    abort();
  char *end = plan->value.write(text.data, &plan->value, column->default_text, size);
  if (!end) {
    text_free(&text);
    return none;
  }
  text.size = (size_t)(end - text.data);
  return text;
}

static struct text column_schema(const struct column_plan *plan,
                                 const struct headrace_column *column)
{
  struct text value = default_value(plan, column);
  struct text text =
      text_print("{\"type\":%s,\"optional\":%s%s%s%.*s,\"field\":\"%.*s\"}",
                 plan->value.schema_type.data, plan->nullable ? "true" : "false",
                 plan->value.schema_name.data, value.data ? ",\"default\":" : "", (int)value.size,
                 value.data ? value.data : "", (int)plan->name_size, plan->name);
  text_free(&value);
  return text;
}

static void append(struct text *list, struct text *item)
{
  struct text longer = text_print("%s%s%s", list->data, list->size ? "," : "", item->data);
  text_free(list);
  text_free(item);
  *list = longer;
}

static struct text row_fields(const struct relation_plan *plan,
                              const struct headrace_relation *relation)
{
  struct text list = text_print("%s", "");
  for (uint32_t i = 0; i < plan->column_count; i++) {
    if (plan->columns[i].omitted)
      continue;
    struct text field = column_schema(&plan->columns[i], &relation->columns[i]);
    append(&list, &field);
  }
  return list;
}

static struct text key_fields(const struct relation_plan *plan,
                              const struct headrace_relation *relation)
{
  struct text list = text_print("%s", "");
  for (uint32_t i = 0; i < plan->key_count; i++) {
    struct text field =
        column_schema(&plan->columns[plan->key[i]], &relation->columns[plan->key[i]]);
    append(&list, &field);
  }
  return list;
}

static bool is_legal(char letter)
{
  return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= 'a' && letter <= 'z') || strchr("._-", letter);
}

/* prefix.schema.table as a topic's name: what is not legal there becomes '_', each UTF-16 unit
 * of it, since Debezium counts so (AbstractTopicNamingStrategy.sanitizedTopicName). */
static struct text logical_name(const struct codec *codec, const struct relation_plan *plan)
{
  struct text name = text_print("%s.%s.%s", codec->options.prefix, plan->schema, plan->table);
  char *out = name.data;
  for (const char *in = name.data; *in; in++) {
    unsigned char byte = (unsigned char)*in;
    if (is_legal(*in))
      *out++ = *in;
    else if ((byte & 0xc0) != 0x80) { /* the first byte of a character */
      *out++ = '_';
      if (byte >= 0xf0)
        *out++ = '_';
    }
  }
  *out = '\0';
  name.size = (size_t)(out - name.data);
  return name;
}

static struct text envelope_schema(const char *name, const char *fields)
{
  return text_print(
      "{\"type\":\"struct\",\"fields\":["
      "{\"type\":\"struct\",\"fields\":[%s],\"optional\":true,\"name\":\"%s.Value\","
      "\"field\":\"before\"},"
      "{\"type\":\"struct\",\"fields\":[%s],\"optional\":true,\"name\":\"%s.Value\","
      "\"field\":\"after\"},%s,%s," FIELD("\"string\"", "false", "op") "," FIELD(
          "\"int64\"", "true", "ts_ms") "," FIELD("\"int64\"", "true",
                                                  "ts_us") "," FIELD("\"int64\"", "true",
                                                                     "ts_ns") "],\"optional\":"
                                                                              "false,\"name\":\"%s."
                                                                              "Envelope\","
                                                                              "\"version\":2}",
      fields, name, fields, name, source_schema, transaction_schema, name);
}

struct text schema_of_value(const struct codec *codec, const struct relation_plan *plan,
                            const struct headrace_relation *relation)
{
  struct text name = logical_name(codec, plan);
  struct text row = row_fields(plan, relation);
  struct text schema = envelope_schema(name.data, row.data);
  text_free(&name);
  text_free(&row);
  return schema;
}

struct text schema_of_images(const struct codec *codec, const struct relation_plan *plan,
                             const struct headrace_relation *relation)
{
  struct text name = logical_name(codec, plan);
  struct text row = row_fields(plan, relation);
  struct text schema =
      text_print("{\"type\":\"struct\",\"fields\":["
                 "{\"type\":\"struct\",\"fields\":[%s],\"optional\":true,\"name\":\"%s.Value\","
                 "\"field\":\"before\"},"
                 "{\"type\":\"struct\",\"fields\":[%s],\"optional\":true,\"name\":\"%s.Value\","
                 "\"field\":\"after\"}],\"optional\":false,"
                 "\"name\":\"io.debezium.connector.postgresql.Data\"}",
                 row.data, name.data, row.data, name.data);
  text_free(&name);
  text_free(&row);
  return schema;
}

struct text schema_of_row(const struct codec *codec, const struct relation_plan *plan,
                          const struct headrace_relation *relation)
{
  struct text name = logical_name(codec, plan);
  struct text row = row_fields(plan, relation);
  struct text schema = text_print("{\"type\":\"struct\",\"fields\":[%s],"
                                  "\"optional\":false,\"name\":\"%s.Value\"}",
                                  row.data, name.data);
  text_free(&name);
  text_free(&row);
  return schema;
}

struct text schema_of_key(const struct codec *codec, const struct relation_plan *plan,
                          const struct headrace_relation *relation)
{
  struct text name = logical_name(codec, plan);
  struct text key = key_fields(plan, relation);
  struct text schema = text_print("{\"type\":\"struct\",\"fields\":[%s],"
                                  "\"optional\":false,\"name\":\"%s.Key\"}",
                                  key.data, name.data);
  text_free(&name);
  text_free(&key);
  return schema;
}

#define MESSAGE_NAME "io.debezium.connector.postgresql.Message"

const char schema_of_message_key[] = "{\"type\":\"struct\",\"fields\":[" FIELD(
    "\"string\"", "true", "prefix") "],"
                                    "\"optional\":false,\"name\":\"" MESSAGE_NAME
                                    "Key\",\"version\":1}";

struct text schema_of_message_value(const struct codec *codec)
{
  const char *content = codec->options.binary == BINARY_BYTES ? "bytes" : "string";
  return text_print(
      "{\"type\":\"struct\",\"fields\":[" FIELD("\"string\"", "false", "op") "," FIELD(
          "\"int64\"", "true", "ts_ms") ",%s,%s,{\"type\":\"struct\",\"fields\":[" //
      FIELD("\"string\"", "true",
            "prefix") ",{\"type\":\"%s\",\"optional\":true,"
                      "\"field\":\"content\"}],\"optional\":false,\"name\":\"" MESSAGE_NAME
                      "\",\"version\":1,"
                      "\"field\":\"message\"}],\"optional\":false,\"name\":\"" MESSAGE_NAME
                      "Value\",\"version\":1}",
      source_schema, transaction_schema, content);
}
