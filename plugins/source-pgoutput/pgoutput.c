/* SPDX-License-Identifier: Apache-2.0 */
#include "pgoutput.h"

#include <endian.h>
#include <string.h>

/* Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's time starts. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* Reads past the end give zeros and set `reason`, so that a message is checked once, at its end. */
struct reader {
  const char *start, *at, *end;
  const char *reason;
  size_t fault; /* offset of the first fault */
};

static void fail(struct reader *reader, const char *reason)
{
  if (reader->reason)
    return;
  reader->reason = reason;
  reader->fault = (size_t)(reader->at - reader->start);
}

static bool has(struct reader *reader, size_t size)
{
  if (!reader->reason && (size_t)(reader->end - reader->at) >= size)
    return true;
  fail(reader, "the message ends too early");
  return false;
}

static uint8_t read_u8(struct reader *reader)
{
  return has(reader, 1) ? (uint8_t)*reader->at++ : 0;
}

/* Zeros if the message ends before it. */
static void read_into(struct reader *reader, void *value, size_t size)
{
  memset(value, 0, size);
  if (!has(reader, size))
    return;
  memcpy(value, reader->at, size);
  reader->at += size;
}

static uint16_t read_u16(struct reader *reader)
{
  uint16_t value;
  read_into(reader, &value, sizeof value);
  return be16toh(value);
}

static uint32_t read_u32(struct reader *reader)
{
  uint32_t value;
  read_into(reader, &value, sizeof value);
  return be32toh(value);
}

static uint64_t read_u64(struct reader *reader)
{
  uint64_t value;
  read_into(reader, &value, sizeof value);
  return be64toh(value);
}

static int64_t read_time(struct reader *reader)
{
  int64_t time = (int64_t)read_u64(reader);
  int64_t result;
  if (__builtin_add_overflow(time, POSTGRES_EPOCH_US, &result)) {
    fail(reader, "a time is out of range");
    return 0;
  }
  return result;
}

static const char *read_text(struct reader *reader)
{
  if (!has(reader, 0))
    return "";
  const char *text = reader->at;
  const char *zero = memchr(text, 0, (size_t)(reader->end - text));
  if (!zero) {
    fail(reader, "a name has no end");
    return "";
  }
  reader->at = zero + 1;
  return text;
}

static const char *read_bytes(struct reader *reader, size_t size)
{
  if (!has(reader, size))
    return reader->start;
  const char *bytes = reader->at;
  reader->at += size;
  return bytes;
}

static struct pgoutput_bytes rest_of(const struct reader *reader)
{
  return (struct pgoutput_bytes){reader->at, (size_t)(reader->end - reader->at)};
}

/* pgoutput sends an empty name for pg_catalog. */
static const char *read_schema(struct reader *reader)
{
  const char *schema = read_text(reader);
  return *schema ? schema : "pg_catalog";
}

static void parse_begin(struct reader *reader, struct pgoutput_begin *begin)
{
  begin->final_lsn = read_u64(reader);
  begin->commit_time_us = read_time(reader);
  begin->xid = read_u32(reader);
}

static void parse_commit(struct reader *reader, struct pgoutput_commit *commit)
{
  (void)read_u8(reader); /* flags: unused by the protocol */
  commit->commit_lsn = read_u64(reader);
  commit->end_lsn = read_u64(reader);
  commit->commit_time_us = read_time(reader);
}

static void parse_column(struct reader *reader, struct pgoutput_column *column)
{
  column->in_key = read_u8(reader) & 1;
  column->name = read_text(reader);
  column->type_id = read_u32(reader);
  column->type_modifier = (int32_t)read_u32(reader);
}

static void parse_relation(struct reader *reader, struct pgoutput_relation *relation)
{
  relation->id = read_u32(reader);
  relation->schema = read_schema(reader);
  relation->name = read_text(reader);
  relation->replica_identity = (char)read_u8(reader);
  relation->column_count = read_u16(reader);
  relation->columns = rest_of(reader);
  struct pgoutput_column column;
  for (uint32_t i = 0; i < relation->column_count && !reader->reason; i++)
    parse_column(reader, &column);
}

static void parse_type(struct reader *reader, struct pgoutput_relation *type)
{
  memset(type, 0, sizeof *type);
  type->id = read_u32(reader);
  type->schema = read_schema(reader);
  type->name = read_text(reader);
}

static void parse_row(struct reader *reader, struct pgoutput_row *row)
{
  row->relation_id = read_u32(reader);
  row->tuples = rest_of(reader);
  char tag = (char)read_u8(reader);
  row->has_old = tag == 'K' || tag == 'O';
  reader->at = reader->end; /* pgoutput_parse_tuples goes on from here */
}

static void parse_truncate(struct reader *reader, struct pgoutput_truncate *truncate)
{
  truncate->relation_count = read_u32(reader);
  truncate->flags = read_u8(reader);
  truncate->relation_ids = reader->at;
  if ((size_t)(reader->end - reader->at) / sizeof(uint32_t) < truncate->relation_count)
    fail(reader, "there are fewer relations than it says");
  else
    read_bytes(reader, truncate->relation_count * sizeof(uint32_t));
}

static void parse_logical(struct reader *reader, struct pgoutput_logical *logical)
{
  logical->transactional = read_u8(reader) & 1;
  logical->lsn = read_u64(reader);
  logical->prefix = read_text(reader);
  logical->content.size = read_u32(reader);
  logical->content.data = read_bytes(reader, logical->content.size);
}

static void parse_stream_commit(struct reader *reader, struct pgoutput_stream_commit *commit)
{
  commit->xid = read_u32(reader);
  parse_commit(reader, &commit->commit);
}

static void parse_prepared(struct reader *reader, enum pgoutput_kind kind,
                           struct pgoutput_prepared *prepared)
{
  if (kind != PGOUTPUT_BEGIN_PREPARE)
    (void)read_u8(reader); /* flags: unused by the protocol */
  prepared->lsn = read_u64(reader);
  prepared->end_lsn = read_u64(reader);
  prepared->time_us = read_time(reader);
  if (kind == PGOUTPUT_ROLLBACK_PREPARED)
    prepared->time_us = read_time(reader); /* the one before was that of the prepare */
  prepared->xid = read_u32(reader);
  prepared->gid = read_text(reader);
}

static void parse_body(struct reader *reader, struct pgoutput_message *message)
{
  switch (message->kind) {
  case PGOUTPUT_BEGIN:
    parse_begin(reader, &message->begin);
    break;
  case PGOUTPUT_COMMIT:
    parse_commit(reader, &message->commit);
    break;
  case PGOUTPUT_ORIGIN:
    message->origin.lsn = read_u64(reader);
    message->origin.name = read_text(reader);
    break;
  case PGOUTPUT_RELATION:
    parse_relation(reader, &message->relation);
    break;
  case PGOUTPUT_TYPE:
    parse_type(reader, &message->relation);
    break;
  case PGOUTPUT_INSERT:
  case PGOUTPUT_UPDATE:
  case PGOUTPUT_DELETE:
    parse_row(reader, &message->row);
    break;
  case PGOUTPUT_TRUNCATE:
    parse_truncate(reader, &message->truncate);
    break;
  case PGOUTPUT_MESSAGE:
    parse_logical(reader, &message->logical);
    break;
  case PGOUTPUT_STREAM_START:
    message->stream_start.xid = read_u32(reader);
    message->stream_start.first = read_u8(reader) == 1;
    break;
  case PGOUTPUT_STREAM_STOP:
    break;
  case PGOUTPUT_STREAM_COMMIT:
    parse_stream_commit(reader, &message->stream_commit);
    break;
  case PGOUTPUT_STREAM_ABORT:
    message->stream_abort.xid = read_u32(reader);
    message->stream_abort.aborted_xid = read_u32(reader);
    break;
  case PGOUTPUT_BEGIN_PREPARE:
  case PGOUTPUT_PREPARE:
  case PGOUTPUT_COMMIT_PREPARED:
  case PGOUTPUT_ROLLBACK_PREPARED:
  case PGOUTPUT_STREAM_PREPARE:
    parse_prepared(reader, message->kind, &message->prepared);
    break;
  default:
    reader->at = reader->start;
    fail(reader, "this kind of message is not part of protocol versions 1 to 3");
  }
}

static bool finish(struct reader *reader, char kind, struct pgoutput_error *error)
{
  if (reader->at != reader->end)
    fail(reader, "there are bytes after its end");
  if (!reader->reason)
    return true;
  *error = (struct pgoutput_error){.kind = kind, .offset = reader->fault, .reason = reader->reason};
  return false;
}

bool pgoutput_parse(const char *data, size_t size, struct pgoutput_message *message,
                    struct pgoutput_error *error)
{
  struct reader reader = {.start = data, .at = data, .end = data + size};
  message->kind = (enum pgoutput_kind)read_u8(&reader);
  if (!reader.reason)
    parse_body(&reader, message);
  return finish(&reader, size ? data[0] : 0, error);
}

bool pgoutput_parse_streamed(const char *data, size_t size, struct pgoutput_streamed *streamed,
                             struct pgoutput_error *error)
{
  struct reader reader = {.start = data, .at = data, .end = data + size};
  *streamed = (struct pgoutput_streamed){.kind = (enum pgoutput_kind)read_u8(&reader)};
  if (streamed->kind != PGOUTPUT_ORIGIN && streamed->kind != PGOUTPUT_STREAM_STOP)
    streamed->xid = read_u32(&reader);
  streamed->body = rest_of(&reader);
  reader.at = reader.end; /* the rest is looked at when it is decoded */
  return finish(&reader, size ? data[0] : 0, error);
}

bool pgoutput_next_column(struct pgoutput_bytes *rest, struct pgoutput_column *column)
{
  if (!rest->size)
    return false;
  struct reader reader = {.start = rest->data, .at = rest->data, .end = rest->data + rest->size};
  parse_column(&reader, column);
  *rest = rest_of(&reader);
  return !reader.reason;
}

uint32_t pgoutput_truncated(const struct pgoutput_truncate *truncate, uint32_t index)
{
  uint32_t id;
  memcpy(&id, truncate->relation_ids + index * sizeof id, sizeof id);
  return be32toh(id);
}

static void parse_value(struct reader *reader, struct headrace_value *value)
{
  uint8_t kind = read_u8(reader);
  *value = (struct headrace_value){.data = NULL, .size = 0, .state = HEADRACE_NULL};
  switch (kind) {
  case 'n':
    break;
  case 'u':
    value->state = HEADRACE_ABSENT;
    break;
  case 't':
  case 'b':
    value->size = read_u32(reader);
    value->data = read_bytes(reader, value->size);
    value->state = kind == 't' ? HEADRACE_TEXT : HEADRACE_BINARY;
    break;
  default:
    fail(reader, "a column is of no known kind");
  }
}

static void parse_tuple(struct reader *reader, uint32_t columns, struct headrace_value *values)
{
  if (read_u16(reader) != columns)
    fail(reader, "a row has another number of columns than its relation");
  for (uint32_t i = 0; i < columns && !reader->reason; i++)
    parse_value(reader, &values[i]);
}

bool pgoutput_parse_tuples(enum pgoutput_kind kind, struct pgoutput_bytes tuples, uint32_t columns,
                           struct headrace_value *old_values, struct headrace_value *new_values,
                           bool *old_is_key, struct pgoutput_error *error)
{
  struct reader reader = {
      .start = tuples.data, .at = tuples.data, .end = tuples.data + tuples.size};
  char tag = (char)read_u8(&reader);
  *old_is_key = tag == 'K';
  bool old_expected = tag == 'K' || tag == 'O';
  if (old_expected && kind != PGOUTPUT_INSERT) {
    parse_tuple(&reader, columns, old_values);
    tag = kind == PGOUTPUT_DELETE ? 'N' : (char)read_u8(&reader);
  } else if (kind == PGOUTPUT_DELETE) {
    fail(&reader, "a delete has no old row");
  }
  if (tag != 'N')
    fail(&reader, "a row is of no known kind");
  if (kind != PGOUTPUT_DELETE)
    parse_tuple(&reader, columns, new_values);
  return finish(&reader, (char)kind, error);
}
