/* SPDX-License-Identifier: Apache-2.0
 *
 * Records become rows. */
#include "columns.h"

#include "json_read.h"
#include "temporal.h"

#include <stdio.h>

#define TOPICS_MOST 65536 /* more than any cluster has; what is beyond begins anew */

struct topic_entry {
  char *name; /* owned; NULL: free */
  size_t size;
  const struct headrace_relation *relation;
};

static const char *const part_names[] = {"topic", "partition", "offset", "timestamp",
                                         "key",   "value",     "headers"};

/* ---- the setting ------------------------------------------------------------------ */

static bool read_wanted(const struct headrace_host *host, const char *text,
                        struct wanted_column *wanted)
{
  const char *colon = strchr(text, ':');
  size_t size = colon ? (size_t)(colon - text) : strlen(text);
  const char *name = colon ? colon + 1 : text;
  wanted->name = must_copy(name, strlen(name));
  for (unsigned i = 0; i < RECORD_PARTS; i++)
    if (strlen(part_names[i]) == size && !memcmp(part_names[i], text, size)) {
      wanted->part = (enum record_part)i;
      if (*name)
        return true;
    }
  host->log(host, HEADRACE_ERROR,
            "columns: \"%s\" is none of topic, partition, offset, timestamp, key, value, headers, "
            "nor one with a column's name, such as offset:position",
            text);
  return false;
}

bool wanted_read(const struct headrace_host *host, struct columns *columns)
{
  const struct headrace_pair *items;
  size_t count = host->list(host, "columns", &items);
  bool good = count > 0;
  if (!good)
    host->log(host, HEADRACE_ERROR, "columns: names none of a record's parts");
  columns->wanted = must_alloc(count, sizeof *columns->wanted);
  columns->wanted_count = count;
  for (size_t i = 0; i < count; i++) {
    good = read_wanted(host, items[i].name, &columns->wanted[i]) && good;
    for (size_t j = 0; j < i && good; j++)
      if (!strcmp(columns->wanted[j].name, columns->wanted[i].name)) {
        host->log(host, HEADRACE_ERROR, "columns: two are called \"%s\"", columns->wanted[i].name);
        good = false;
      }
  }
  return good;
}

/* ---- relations of topics ------------------------------------------------------------ */

static void forget_topics(struct columns *columns)
{
  for (size_t i = 0; i < columns->topic_capacity; i++)
    if (columns->topics[i].name) {
      columns->host->relation_release(columns->host, columns->topics[i].relation);
      free(columns->topics[i].name);
    }
  free(columns->topics);
  columns->topics = NULL;
  columns->topic_count = columns->topic_capacity = 0;
}

void decode_free(struct columns *columns)
{
  forget_topics(columns);
  for (size_t i = 0; i < columns->wanted_count; i++)
    free(columns->wanted[i].name);
  free(columns->wanted);
}

static uint16_t form_type(enum form form)
{
  static const uint16_t types[] = {[FORM_TEXT] = HEADRACE_TYPE_TEXT,
                                   [FORM_BYTES] = HEADRACE_TYPE_BYTES,
                                   [FORM_JSON] = HEADRACE_TYPE_JSON};
  return types[form];
}

static struct headrace_column column_of(const struct columns *columns,
                                        const struct wanted_column *wanted)
{
  static const uint16_t types[] = {
      [RECORD_TOPIC] = HEADRACE_TYPE_TEXT,   [RECORD_PARTITION] = HEADRACE_TYPE_INT32,
      [RECORD_OFFSET] = HEADRACE_TYPE_INT64, [RECORD_TIMESTAMP] = HEADRACE_TYPE_TIMESTAMPTZ,
      [RECORD_HEADERS] = HEADRACE_TYPE_JSON, [RECORD_KEY] = HEADRACE_TYPE_TEXT,
      [RECORD_VALUE] = HEADRACE_TYPE_TEXT,
  };
  struct headrace_column column = {.name = wanted->name,
                                   .type_name = "",
                                   .type_modifier = -1,
                                   .precision = -1,
                                   .scale = -1,
                                   .type = types[wanted->part]};
  if (wanted->part == RECORD_KEY)
    column.type = form_type(columns->key_form);
  if (wanted->part == RECORD_VALUE)
    column.type = form_type(columns->value_form);
  if (wanted->part >= RECORD_TIMESTAMP)
    column.flags = HEADRACE_COLUMN_NULLABLE;
  return column;
}

static const struct headrace_relation *relation_of(const struct columns *columns, const char *topic)
{
  uint16_t key[RECORD_PARTS];
  uint32_t key_count = 0;
  struct headrace_column *descriptions = must_alloc(columns->wanted_count, sizeof *descriptions);
  for (size_t i = 0; i < columns->wanted_count; i++)
    descriptions[i] = column_of(columns, &columns->wanted[i]);
  for (unsigned part = RECORD_TOPIC; part <= RECORD_OFFSET; part++)
    for (size_t i = 0; i < columns->wanted_count; i++)
      if (columns->wanted[i].part == part) {
        key[key_count++] = (uint16_t)i;
        break;
      }
  const struct headrace_relation description = {
      .table = topic,
      .columns = descriptions,
      .column_count = (uint32_t)columns->wanted_count,
      .key = key,
      .key_count = key_count == 3 ? key_count : 0, /* less does not tell one from another */
  };
  const struct headrace_relation *relation =
      columns->host->relation_new(columns->host, &description);
  free(descriptions);
  return relation;
}

static struct topic_entry *find(const struct columns *columns, const char *name, size_t size)
{
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i++)
    sum = (sum ^ (unsigned char)name[i]) * 0x100000001b3;
  size_t mask = columns->topic_capacity - 1;
  for (size_t i = (size_t)(sum >> 20) & mask;; i = (i + 1) & mask) {
    struct topic_entry *entry = &columns->topics[i];
    if (!entry->name || (entry->size == size && !memcmp(entry->name, name, size)))
      return entry;
  }
}

static void grow(struct columns *columns)
{
  struct topic_entry *old = columns->topics;
  size_t capacity = columns->topic_capacity;
  columns->topic_capacity = capacity ? 2 * capacity : 64;
  columns->topics = must_alloc(columns->topic_capacity, sizeof *columns->topics);
  for (size_t i = 0; i < capacity; i++)
    if (old[i].name)
      *find(columns, old[i].name, old[i].size) = old[i];
  free(old);
}

static const struct topic_entry *topic_entry(struct columns *columns,
                                             const struct headrace_value *topic)
{
  const char *name = topic->size ? topic->data : "";
  if (columns->topic_count >= TOPICS_MOST)
    forget_topics(columns);
  if (2 * columns->topic_count >= columns->topic_capacity)
    grow(columns);
  struct topic_entry *entry = find(columns, name, topic->size);
  if (!entry->name) {
    entry->name = must_copy(name, topic->size);
    entry->size = topic->size;
    entry->relation = relation_of(columns, entry->name);
    columns->topic_count++;
  }
  return entry;
}

/* ---- values -------------------------------------------------------------------------- */

static struct headrace_value kept(struct columns *columns, struct headrace_batch *out,
                                  const char *data, size_t size)
{
  char *copy = memcpy(columns->host->alloc(columns->host, out, size + 1), data, size);
  return (struct headrace_value){copy, (uint32_t)size, HEADRACE_TEXT};
}

static struct headrace_value number(struct columns *columns, struct headrace_batch *out,
                                    int64_t value)
{
  char digits[JSON_INTEGER_MAX];
  return kept(columns, out, digits, (size_t)(json_integer(digits, value) - digits));
}

static struct headrace_value moment(struct columns *columns, struct headrace_batch *out,
                                    int64_t milliseconds)
{
  char text[TEMPORAL_TEXT_MAX];
  if (milliseconds < 0)
    return (struct headrace_value){.state = HEADRACE_NULL};
  struct temporal_timestamp time =
      temporal_timestamp_of_number(milliseconds, TEMPORAL_MILLISECONDS);
  char *end = temporal_write_timestamptz(text, &time);
  return kept(columns, out, text, (size_t)(end - text));
}

static bool is_text(const struct headrace_value *value)
{
  return json_is_utf8(value->data, value->size) &&
         !(value->size && memchr(value->data, '\0', value->size));
}

static bool is_json(const struct headrace_value *value)
{
  struct json_reader reader;
  struct json_value whole;
  json_read_begin(&reader, value->data, value->size);
  return json_read_whole(&reader, &whole) && json_read_end(&reader);
}

static bool formed(const struct headrace_value *bytes, enum form form, const char *what,
                   struct headrace_value *value, struct fault *fault)
{
  *value = *bytes;
  if (bytes->state == HEADRACE_NULL)
    return true;
  value->state = form == FORM_BYTES ? HEADRACE_BINARY : HEADRACE_TEXT;
  if (form == FORM_TEXT && !is_text(bytes))
    return fault_set(fault, "malformed", "its %s is no UTF-8 text; %s_type = bytes takes it", what,
                     what);
  if (form == FORM_JSON && !is_json(bytes))
    return fault_set(fault, "malformed", "its %s is no JSON document of at most %d levels", what,
                     JSON_DEPTH_MAX);
  return true;
}

static void write_text(struct text_buffer *text, const struct headrace_value *value)
{
  if (value->state == HEADRACE_NULL) {
    text_say(text, "null");
  } else if (is_text(value)) {
    text_string(text, value->data, value->size);
  } else {
    text_say(text, "\"\\\\x");
    char *room = text_room(text, 2 * (size_t)value->size);
    text->size += (size_t)(json_hex(room, value->data, value->size) - room);
    text_say(text, "\"");
  }
}

static struct headrace_value headers(struct columns *columns, struct headrace_batch *out,
                                     const struct headrace_record *record)
{
  struct text_buffer *text = &columns->text;
  if (!record->header_count)
    return (struct headrace_value){.state = HEADRACE_NULL};
  text->size = 0;
  for (uint32_t i = 0; i < record->header_count; i++) {
    const struct headrace_header *header = &record->headers[i];
    struct headrace_value name = {header->name, (uint32_t)strlen(header->name), HEADRACE_BINARY};
    text_say(text, i ? ",[" : "[[");
    write_text(text, &name);
    text_say(text, ",");
    write_text(text, &header->value);
    text_say(text, "]");
  }
  text_say(text, "]");
  return kept(columns, out, text->bytes, text->size);
}

static bool fill(struct columns *columns, struct headrace_batch *out,
                 const struct headrace_record *record, enum record_part part,
                 struct headrace_value *value, struct fault *fault)
{
  switch (part) {
  case RECORD_TOPIC:
    *value = record->topic;
    return true;
  case RECORD_PARTITION:
    *value = number(columns, out, record->partition);
    return true;
  case RECORD_OFFSET:
    *value = number(columns, out, record->offset);
    return true;
  case RECORD_TIMESTAMP:
    *value = moment(columns, out, record->timestamp_ms);
    return true;
  case RECORD_KEY:
    return formed(&record->key, columns->key_form, "key", value, fault);
  case RECORD_VALUE:
    return formed(&record->value, columns->value_form, "value", value, fault);
  default:
    *value = headers(columns, out, record);
    return true;
  }
}

static enum headrace_result refuse(const struct columns *columns,
                                   const struct headrace_record *record, struct headrace_batch *out,
                                   const struct fault *fault)
{
  char reason[768];
  snprintf(reason, sizeof reason, "record at offset %lld of partition %d of topic %.*s: %s",
           (long long)record->offset, record->partition, (int)record->topic.size,
           record->topic.size ? record->topic.data : "", fault->reason);
  enum headrace_verdict verdict =
      columns->host->refuse(columns->host, out, fault->error_class, reason);
  return verdict == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL : HEADRACE_OK;
}

enum headrace_result columns_decode(void *instance, const struct headrace_event *event,
                                    struct headrace_batch *out)
{
  struct columns *columns = instance;
  const struct headrace_host *host = columns->host;
  const struct headrace_record *record = event->record;
  struct headrace_value *values =
      host->alloc(host, out, (columns->wanted_count + 1) * sizeof *values);
  struct fault fault;
  for (size_t i = 0; i < columns->wanted_count; i++)
    if (!fill(columns, out, record, columns->wanted[i].part, &values[i], &fault))
      return refuse(columns, record, out, &fault);
  const struct headrace_relation *relation = topic_entry(columns, &record->topic)->relation;
  struct headrace_change *change = host->add_change(host, out, relation);
  change->operation = HEADRACE_INSERT;
  change->new_values = values;
  return HEADRACE_OK;
}
