/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record is. Debezium's envelope is that of its 3.3 (docs/debezium-compatibility.md), the
 * fields of flattened events are those of its ExtractNewRecordState with the prefix "__"; the
 * other shapes are formats.c's. */
#include "connect_decode.h"
#include "digits.h"

/* ---- numbers ------------------------------------------------------------ */

static uint64_t number_of(const struct json_value *value)
{
  uint64_t number = 0;
  if (!value || (value->kind != JSON_NUMBER && value->kind != JSON_STRING))
    return 0;
  if (value->size <= DIGITS_MAX)
    return digits_read(value->data, value->size, &number) ? number : 0;
  for (size_t i = 0; i < value->size; i++) {
    if (value->data[i] < '0' || value->data[i] > '9' || number > UINT64_MAX / 10 - 1)
      return 0;
    number = number * 10 + (uint64_t)(value->data[i] - '0');
  }
  return number;
}

/* A number, or PostgreSQL's pg_lsn: "0/1634FA0". */
static uint64_t sequence_of(const struct json_value *value)
{
  if (!value || value->kind != JSON_STRING || !memchr(value->data, '/', value->size))
    return number_of(value);
  uint64_t parts[2] = {0, 0};
  size_t part = 0;
  for (size_t i = 0; i < value->size; i++) {
    char c = value->data[i];
    if (c == '/' && part == 0) {
      part = 1;
      continue;
    }
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (digit < 0 || digit > 15 || parts[part] >> 28)
      return 0;
    parts[part] = parts[part] << 4 | (uint64_t)digit;
  }
  return parts[0] << 32 | parts[1];
}

/* ---- what envelopes say ------------------------------------------------- */

enum origin_member {
  ORIGIN_DATABASE,
  ORIGIN_SCHEMA,
  ORIGIN_TABLE,
  ORIGIN_SEQUENCE,
  ORIGIN_TRANSACTION,
  ORIGIN_TIME_MS,
  ORIGIN_TIME_US,
  ORIGIN_SNAPSHOT,
  ORIGIN_OPERATION,
  ORIGIN_DELETED,
  ORIGIN_OTHER
};

struct origin_name {
  const char *name;
  size_t size;
  enum origin_member member;
};
#define ORIGIN(text, member)                                                                       \
  {                                                                                                \
    text, sizeof(text) - 1, member                                                                 \
  }

static const struct origin_name source_members[] = {
    ORIGIN("db", ORIGIN_DATABASE),      ORIGIN("schema", ORIGIN_SCHEMA),
    ORIGIN("table", ORIGIN_TABLE),      ORIGIN("lsn", ORIGIN_SEQUENCE),
    ORIGIN("txId", ORIGIN_TRANSACTION), ORIGIN("ts_ms", ORIGIN_TIME_MS),
    ORIGIN("ts_us", ORIGIN_TIME_US),    ORIGIN("snapshot", ORIGIN_SNAPSHOT),
    ORIGIN("xid", ORIGIN_TRANSACTION),  {NULL, 0, ORIGIN_OTHER},
};

static enum origin_member member_of(const struct origin_name *names, const struct json_value *name)
{
  for (; names->name; names++)
    if (name->escaped ? json_is_escaped(name, names->name)
                      : name->size == names->size && *name->data == *names->name &&
                            !memcmp(name->data, names->name, name->size))
      break;
  return names->member;
}

bool record_is_origin(const struct json_value *name)
{
  return member_of(source_members, name) != ORIGIN_OTHER;
}

static void origin_take(struct record_origin *origin, enum origin_member member,
                        const struct json_value *value)
{
  struct json_value text =
      value->kind == JSON_STRING ? *value : (struct json_value){.kind = JSON_NULL};
  switch (member) {
  case ORIGIN_DATABASE:
    origin->database = text;
    break;
  case ORIGIN_SCHEMA:
    origin->schema = text;
    break;
  case ORIGIN_TABLE:
    origin->table = text;
    break;
  case ORIGIN_SEQUENCE:
    origin->sequence = sequence_of(value);
    break;
  case ORIGIN_TRANSACTION:
    origin->transaction_id = number_of(value);
    break;
  case ORIGIN_TIME_MS: /* the finer one counts, wherever it stands */
    if (!origin->time_us)
      origin->time_us = (int64_t)(number_of(value) % (INT64_MAX / 1000)) * 1000;
    break;
  case ORIGIN_TIME_US:
    origin->time_us = (int64_t)(number_of(value) & INT64_MAX);
    break;
  case ORIGIN_SNAPSHOT:
    origin->on_demand = text.kind == JSON_STRING && json_is(&text, "incremental");
    break;
  default:
    break;
  }
}

static void read_origin(struct record_text *text)
{
  for (size_t i = 0; i < text->source.count; i++)
    origin_take(&text->origin, member_of(source_members, &text->source.items[i].name),
                &text->source.items[i].value);
  /* Where a database has no schemas it is one itself. */
  if (text->origin.schema.kind == JSON_NULL)
    text->origin.schema = text->origin.database;
  text->origin.order = number_of(json_fields_find(&text->transaction, "total_order"));
  text->origin.table_order =
      number_of(json_fields_find(&text->transaction, "data_collection_order"));
}

/* c, INSERT, Insert: the first letter of each is its own. 0: none of them. */
static enum headrace_operation operation_of(const struct json_value *value)
{
  static const struct {
    const char *letter, *word;
    enum headrace_operation operation;
  } operations[] = {
      {"c", "INSERT", HEADRACE_INSERT},     {"u", "UPDATE", HEADRACE_UPDATE},
      {"d", "DELETE", HEADRACE_DELETE},     {"r", "READ", HEADRACE_READ},
      {"t", "TRUNCATE", HEADRACE_TRUNCATE}, {"m", "MESSAGE", HEADRACE_MESSAGE},
  };
  if (value && value->kind == JSON_STRING)
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
      if (json_is(value, operations[i].letter) || json_is(value, operations[i].word))
        return operations[i].operation;
  return (enum headrace_operation)0;
}

static struct headrace_conventions debezium_conventions(const struct options *options)
{
  static const uint8_t times[] = {[TIME_ADAPTIVE] = HEADRACE_TIME_ADAPTIVE,
                                  [TIME_ADAPTIVE_MICROSECONDS] = HEADRACE_TIME_MICROSECONDS,
                                  [TIME_CONNECT] = HEADRACE_TIME_MILLISECONDS,
                                  [TIME_ISOSTRING] = HEADRACE_TIME_ADAPTIVE,
                                  [TIME_MICROSECONDS] = HEADRACE_TIME_ALL_MICROSECONDS,
                                  [TIME_NANOSECONDS] = HEADRACE_TIME_NANOSECONDS};
  static const uint8_t binaries[] = {[BINARY_BYTES] = HEADRACE_BINARY_BASE64,
                                     [BINARY_BASE64] = HEADRACE_BINARY_BASE64,
                                     [BINARY_BASE64_URL_SAFE] = HEADRACE_BINARY_BASE64URL,
                                     [BINARY_HEX] = HEADRACE_BINARY_HEX};
  return (struct headrace_conventions){.numeric = options->decimal == DECIMAL_PRECISE
                                                      ? HEADRACE_NUMERIC_UNSCALED
                                                      : HEADRACE_NUMERIC_PLAIN,
                                       .time = times[options->time],
                                       .binary = binaries[options->binary]};
}

/* Numbers as they are, times as ISO 8601. */
static struct headrace_conventions natural_conventions(const struct options *options)
{
  struct headrace_conventions conventions = debezium_conventions(options);
  conventions.numeric = HEADRACE_NUMERIC_PLAIN;
  return conventions;
}

static bool faulty(struct decode_fault *fault, const char *reason)
{
  decode_refuse(fault, "malformed", "%s", reason);
  return false;
}

/* ---- the shapes --------------------------------------------------------- */

/* A reader says whether the record is of its shape; *sound false: of it, but broken. */
typedef bool (*shape_reader)(struct record_text *text, const struct options *options, bool *sound,
                             struct decode_fault *fault);

static bool check_rows(const struct record_text *text, struct decode_fault *fault)
{
  switch (text->operation) {
  case HEADRACE_INSERT:
  case HEADRACE_UPDATE:
  case HEADRACE_READ:
    return text->after.given || faulty(fault, "an envelope whose \"after\" is no object");
  case HEADRACE_DELETE:
    return text->before.given || text->key.given || text->scalar_key.size ||
           faulty(fault, "a delete that has neither a key nor \"before\"");
  default:
    return true;
  }
}

static void read_message(struct record_text *text)
{
  const struct json_value *message = json_fields_find(&text->top, "message");
  struct json_reader reader;
  struct json_value value;
  if (!message || message->kind != JSON_OBJECT)
    return;
  json_read_begin(&reader, message->data, message->size);
  if (!json_read_value(&reader, &value) || !json_fields_read(&reader, &text->after))
    return;
  const struct json_value *prefix = json_fields_find(&text->after, "prefix");
  const struct json_value *content = json_fields_find(&text->after, "content");
  if (prefix && prefix->kind == JSON_STRING)
    text->message_prefix = *prefix;
  if (content && content->kind == JSON_STRING)
    text->message_content = *content;
}

static bool read_debezium(struct record_text *text, const struct options *options, bool *sound,
                          struct decode_fault *fault)
{
  const struct json_value *op = json_fields_find(&text->top, "op");
  if (!op || op->kind != JSON_STRING || op->size != 1)
    return false;
  if (!text->source.given && !text->after.given && !text->before.given)
    return false;
  text->operation = operation_of(op);
  if (!text->operation)
    return false;
  text->enveloped = true;
  text->conventions = debezium_conventions(options);
  read_origin(text);
  if (text->operation == HEADRACE_MESSAGE)
    read_message(text);
  *sound = check_rows(text, fault);
  return true;
}

static const struct origin_name cloud_members[] = {
    ORIGIN("iodebeziumdb", ORIGIN_DATABASE),
    ORIGIN("iodebeziumschema", ORIGIN_SCHEMA),
    ORIGIN("iodebeziumtable", ORIGIN_TABLE),
    ORIGIN("iodebeziumlsn", ORIGIN_SEQUENCE),
    ORIGIN("iodebeziumtxId", ORIGIN_TRANSACTION),
    ORIGIN("iodebeziumtsms", ORIGIN_TIME_MS),
    ORIGIN("iodebeziumtsus", ORIGIN_TIME_US),
    ORIGIN("iodebeziumsnapshot", ORIGIN_SNAPSHOT),
    {NULL, 0, ORIGIN_OTHER},
};

static void read_cloud_origin(struct record_text *text)
{
  for (size_t i = 0; i < text->top.count; i++)
    origin_take(&text->origin, member_of(cloud_members, &text->top.items[i].name),
                &text->top.items[i].value);
  if (text->origin.schema.kind == JSON_NULL)
    text->origin.schema = text->origin.database;
  text->origin.order = number_of(json_fields_find(&text->top, "iodebeziumtxtotalorder"));
  text->origin.table_order =
      number_of(json_fields_find(&text->top, "iodebeziumtxdatacollectionorder"));
}

/* Debezium's CloudEventsConverter's: what is in a source block are attributes. */
static bool read_cloud_event(struct record_text *text, const struct options *options, bool *sound,
                             struct decode_fault *fault)
{
  if (!text->cloud_event)
    return false;
  text->operation = operation_of(json_fields_find(&text->top, "iodebeziumop"));
  text->enveloped = true;
  text->conventions = debezium_conventions(options);
  read_cloud_origin(text);
  *sound = text->operation && text->operation != HEADRACE_MESSAGE
               ? check_rows(text, fault)
               : faulty(fault, "a CloudEvent whose \"iodebeziumop\" is no operation of a row");
  return true;
}

/* pg-replicate-kafka's. */
static bool read_envelope(struct record_text *text, const struct options *options, bool *sound,
                          struct decode_fault *fault)
{
  const struct json_value *op = json_fields_find(&text->top, "op");
  const struct json_value *table = json_fields_find(&text->top, "table");
  const struct json_value *schema = json_fields_find(&text->top, "schema");
  if (!op || op->size < 2 || !table || table->kind != JSON_STRING || !schema)
    return false;
  text->operation = operation_of(op);
  if (!text->operation || text->operation == HEADRACE_MESSAGE)
    return false;
  text->enveloped = true;
  text->conventions = natural_conventions(options);
  read_origin(text);
  text->origin.table = *table;
  origin_take(&text->origin, ORIGIN_SCHEMA, schema);
  *sound = check_rows(text, fault);
  return true;
}

/* Names and texts side by side: a row. */
static bool zip(struct json_fields *fields, const struct json_value *names,
                const struct json_value *values)
{
  struct json_reader name_reader, value_reader;
  struct json_value name, value;
  if (names->kind != JSON_ARRAY || values->kind != JSON_ARRAY)
    return false;
  json_read_begin(&name_reader, names->data, names->size);
  json_read_begin(&value_reader, values->data, values->size);
  json_read_value(&name_reader, &name);
  json_read_value(&value_reader, &value);
  json_fields_reset(fields);
  fields->given = true;
  while (json_next_element(&name_reader)) {
    if (!json_read_whole(&name_reader, &name) || name.kind != JSON_STRING ||
        !json_next_element(&value_reader) || !json_read_whole(&value_reader, &value))
      return false;
    struct json_field *field = json_fields_add(fields);
    field->name = name;
    field->value = value;
  }
  return !json_next_element(&value_reader);
}

/* The update's old row is all null where the table's identity sends none. */
static void drop_empty(struct json_fields *fields)
{
  for (size_t i = 0; i < fields->count; i++)
    if (fields->items[i].value.kind != JSON_NULL)
      return;
  json_fields_reset(fields);
}

static bool zip_update(struct record_text *text, const struct json_value *names,
                       const struct json_value *pair)
{
  struct json_reader reader;
  struct json_value value, rows[2];
  if (pair->kind != JSON_ARRAY)
    return false;
  json_read_begin(&reader, pair->data, pair->size);
  json_read_value(&reader, &value);
  for (int i = 0; i < 2; i++)
    if (!json_next_element(&reader) || !json_read_whole(&reader, &rows[i]))
      return false;
  if (json_next_element(&reader) || !zip(&text->before, names, &rows[0]))
    return false;
  drop_empty(&text->before);
  return zip(&text->after, names, &rows[1]);
}

static bool read_op_rows(struct record_text *text, const struct json_value *names,
                         const struct json_field *operation)
{
  if (json_is(&operation->name, "Insert")) {
    text->operation = HEADRACE_INSERT;
    return zip(&text->after, names, &operation->value);
  }
  if (json_is(&operation->name, "Delete")) {
    text->operation = HEADRACE_DELETE;
    return zip(&text->before, names, &operation->value);
  }
  text->operation = HEADRACE_UPDATE;
  return json_is(&operation->name, "Update") && zip_update(text, names, &operation->value);
}

/* The pg_replicate crates': all values are PostgreSQL's texts. */
static bool read_op(struct record_text *text, const struct options *options, bool *sound,
                    struct decode_fault *fault)
{
  const struct json_value *table = json_fields_find(&text->top, "table_name");
  const struct json_value *names = json_fields_find(&text->top, "col_names");
  const struct json_value *op = json_fields_find(&text->top, "op");
  if (!table || table->kind != JSON_STRING || !names || !op || op->kind != JSON_OBJECT)
    return false;
  struct json_reader reader;
  struct json_value value;
  json_read_begin(&reader, op->data, op->size);
  text->enveloped = true;
  text->conventions = natural_conventions(options);
  text->conventions.binary = HEADRACE_BINARY_HEX;
  text->origin.table = *table;
  text->origin.sequence = sequence_of(json_fields_find(&text->top, "lsn"));
  *sound = (json_read_value(&reader, &value) && json_fields_read(&reader, &text->source) &&
            text->source.count == 1 && read_op_rows(text, names, &text->source.items[0])) ||
           faulty(fault, "an operation whose rows are not those of its col_names");
  return true;
}

/* ---- rows --------------------------------------------------------------- */

static const struct origin_name flat_members[] = {
    ORIGIN("__db", ORIGIN_DATABASE),
    ORIGIN("__source_db", ORIGIN_DATABASE),
    ORIGIN("__schema", ORIGIN_SCHEMA),
    ORIGIN("__source_schema", ORIGIN_SCHEMA),
    ORIGIN("__table", ORIGIN_TABLE),
    ORIGIN("__source_table", ORIGIN_TABLE),
    ORIGIN("__lsn", ORIGIN_SEQUENCE),
    ORIGIN("__source_lsn", ORIGIN_SEQUENCE),
    ORIGIN("__txId", ORIGIN_TRANSACTION),
    ORIGIN("__source_txId", ORIGIN_TRANSACTION),
    ORIGIN("__source_ts_ms", ORIGIN_TIME_MS),
    ORIGIN("__source_ts_us", ORIGIN_TIME_US),
    ORIGIN("__snapshot", ORIGIN_SNAPSHOT),
    ORIGIN("__source_snapshot", ORIGIN_SNAPSHOT),
    ORIGIN("__op", ORIGIN_OPERATION),
    ORIGIN("__deleted", ORIGIN_DELETED),
    {NULL, 0, ORIGIN_OTHER},
};

/* The rest of what add.fields can ask for: no one needs it but as a column. */
static bool is_flat_metadata(const struct json_value *name)
{
  static const char *const others[] = {"__ts_ms",     "__ts_us", "__ts_ns",    "__name",
                                       "__connector", "__file",  "__version",  "__sequence",
                                       "__xmin",      "__pos",   "__server_id"};
  static const char *const prefixes[] = {"__source_", "__transaction_"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (json_is(name, others[i]))
      return true;
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (name->size > strlen(prefixes[i]) &&
        memcmp(name->data, prefixes[i], strlen(prefixes[i])) == 0)
      return true;
  return false;
}

static bool says_true(const struct json_value *value)
{
  return value->kind == JSON_TRUE || (value->kind == JSON_STRING && json_is(value, "true"));
}

bool record_is_metadata(const struct json_value *name)
{
  if (name->size < 4 || memcmp(name->data, "__", 2) != 0)
    return false;
  return member_of(flat_members, name) != ORIGIN_OTHER || is_flat_metadata(name);
}

/* The JSON or, by Connect's SimpleHeaderConverter, the bare text in a header. */
static struct json_value header_value(const struct headrace_value *header)
{
  struct json_reader reader;
  struct json_value value;
  json_read_begin(&reader, header->data, header->size);
  if (header->size && json_read_whole(&reader, &value) && json_read_end(&reader))
    return value;
  if (!header->size || !json_is_utf8(header->data, header->size) ||
      memchr(header->data, '\\', header->size))
    return (struct json_value){.kind = JSON_NULL};
  return (struct json_value){.kind = JSON_STRING, .data = header->data, .size = header->size};
}

/* What ExtractNewRecordState's add.headers says. */
static void take_headers(struct record_text *text)
{
  for (uint32_t i = 0; i < text->header_count; i++) {
    const char *name = text->headers[i].name;
    const struct json_value text_of_name = {
        .kind = JSON_STRING, .data = name, .size = strlen(name)};
    if (!record_is_metadata(&text_of_name))
      continue;
    enum origin_member member = member_of(flat_members, &text_of_name);
    struct json_value value = header_value(&text->headers[i].value);
    if (member == ORIGIN_OPERATION && operation_of(&value))
      text->operation = operation_of(&value);
    origin_take(&text->origin, member, &value);
  }
}

/* What the fields say of the event; those that are columns stay. */
static void take_flat_metadata(struct record_text *text, const struct options *options)
{
  struct json_fields *row = &text->after;
  bool deleted = false;
  size_t kept = 0;
  take_headers(text);
  for (size_t i = 0; i < row->count; i++) {
    const struct json_field *field = &row->items[i];
    enum origin_member member = ORIGIN_OTHER;
    bool metadata = record_is_metadata(&field->name);
    if (metadata)
      member = member_of(flat_members, &field->name);
    if (member == ORIGIN_OPERATION && operation_of(&field->value))
      text->operation = operation_of(&field->value);
    deleted |= member == ORIGIN_DELETED && says_true(&field->value);
    origin_take(&text->origin, member, &field->value);
    if (!metadata || options->metadata == METADATA_KEEP)
      row->items[kept++] = *field;
  }
  row->count = kept;
  if (deleted)
    text->operation = HEADRACE_DELETE;
}

static void swap_fields(struct json_fields *one, struct json_fields *other)
{
  struct json_fields held = *one;
  *one = *other;
  *other = held;
}

/* A delete's row is the old one. */
static void put_row_in_place(struct record_text *text)
{
  if (text->operation != HEADRACE_DELETE)
    return;
  json_fields_reset(&text->before);
  swap_fields(&text->before, &text->after);
}

static void begin_row(struct record_text *text)
{
  swap_fields(&text->top, &text->after);
  json_fields_reset(&text->before);
  text->operation = HEADRACE_INSERT;
}

/* A row as Debezium's ExtractNewRecordState makes it of an envelope. */
static bool read_flat(struct record_text *text, const struct options *options, bool *sound,
                      struct decode_fault *fault)
{
  begin_row(text);
  text->conventions = debezium_conventions(options);
  if (options->metadata != METADATA_IGNORE)
    take_flat_metadata(text, options);
  if (text->origin.schema.kind == JSON_NULL)
    text->origin.schema = text->origin.database;
  *sound = text->operation != HEADRACE_MESSAGE ||
           faulty(fault, "a row whose \"__op\" is that of a message");
  put_row_in_place(text);
  return true;
}

/* A row as it is; operation_field may tell what became of it. */
static bool read_plain(struct record_text *text, const struct options *options, bool *sound,
                       struct decode_fault *fault)
{
  (void)fault;
  begin_row(text);
  text->conventions = natural_conventions(options);
  const char *name = options->operation_field ? options->operation_field : "";
  struct json_fields *row = &text->after;
  size_t kept = 0;
  for (size_t i = 0; i < row->count; i++) {
    enum headrace_operation operation = (enum headrace_operation)0;
    if (*name && json_is(&row->items[i].name, name))
      operation = operation_of(&row->items[i].value);
    if (operation && operation != HEADRACE_MESSAGE)
      text->operation = operation;
    else
      row->items[kept++] = row->items[i];
  }
  row->count = kept;
  put_row_in_place(text);
  *sound = true;
  return true;
}

/* Debezium's heartbeats and ends of transactions, which may be in topics that a pattern names. */
static bool is_metadata(const struct record_text *text)
{
  const struct json_fields *top = &text->top;
  if (top->count == 1 && json_fields_find(top, "ts_ms"))
    return text->key.count == 1 && json_fields_find(&text->key, "serverName");
  const struct json_value *status = json_fields_find(top, "status");
  return status && status->kind == JSON_STRING &&
         (json_is(status, "BEGIN") || json_is(status, "END")) &&
         json_fields_find(top, "event_count") && json_fields_find(top, "data_collections");
}

/* As the rows of the same topic are read. */
static bool read_tombstone(struct record_text *text, const struct options *options, bool *sound,
                           struct decode_fault *fault)
{
  text->operation = HEADRACE_DELETE;
  text->conventions = options->decode_format == FORMAT_PLAIN ? natural_conventions(options)
                                                             : debezium_conventions(options);
  *sound = check_rows(text, fault);
  return true;
}

enum record_shape record_shape_read(struct record_text *text, const struct options *options,
                                    struct decode_fault *fault)
{
  static const struct {
    const char *wanted;
    shape_reader readers[5]; /* the first that knows the record */
  } formats[] = {
      [FORMAT_DEBEZIUM] = {"no Debezium envelope: it has no \"op\" with \"before\", \"after\" or "
                           "\"source\"; rows need format = auto or plain",
                           {read_debezium}},
      [FORMAT_ENVELOPE] = {"not format = envelope: schema, table, op, before, after",
                           {read_envelope, read_debezium}},
      [FORMAT_OP] = {"not format = op: table_name, col_names, op", {read_op, read_debezium}},
      [FORMAT_PLAIN] = {"", {read_plain}},
      [FORMAT_CLOUDEVENTS] = {"not format = cloudevents: specversion, iodebeziumop, data",
                              {read_cloud_event, read_debezium}},
      [FORMAT_FLAT] = {"", {read_flat}},
      [FORMAT_AUTO] = {"", {read_debezium, read_cloud_event, read_envelope, read_op, read_flat}},
  };
  bool sound = false;
  text->enveloped = false;
  if (text->tombstone)
    return read_tombstone(text, options, &sound, fault) && sound ? RECORD_ROWS : RECORD_FAULTY;
  if (options->decode_format != FORMAT_PLAIN && is_metadata(text))
    return RECORD_NOTHING;
  const shape_reader *readers = formats[options->decode_format].readers;
  for (size_t i = 0; i < 5 && readers[i]; i++)
    if (readers[i](text, options, &sound, fault))
      return sound ? RECORD_ROWS : RECORD_FAULTY;
  faulty(fault, formats[options->decode_format].wanted);
  return RECORD_FAULTY;
}
