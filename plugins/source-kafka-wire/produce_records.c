/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32c.h"
#include "produce.h"
#include "record_layout.h"
#include "wire_bytes.h"

#include <inttypes.h>
#include <stdlib.h>

#define RECORDS_KEPT ((size_t)64 << 10) /* room for so many stays */
#define NO_TIMESTAMP (-1)
#define FAULTS_SAID  100 /* of one batch */

/* What they take on their way to the store beside their own bytes, about. */
#define RECORD_MEMORY ((size_t)256)
#define HEADER_MEMORY ((size_t)64)

/* ---- checking ---------------------------------------------------------------------- */

static int64_t latest_of(const struct broker *broker, const struct topic_config *config)
{
  return config->after_max_ms > INT64_MAX - broker->now_ms ? INT64_MAX
                                                           : broker->now_ms + config->after_max_ms;
}

static enum kafka_error fault_of(const struct broker *broker, const struct topic_config *config,
                                 const struct record *record)
{
  int64_t time = record->timestamp;
  if (config->compacted && !record->key.data)
    return KAFKA_INVALID_RECORD;
  if (config->log_append_time || time == NO_TIMESTAMP)
    return KAFKA_NONE;
  return time < broker->now_ms - config->before_max_ms || time > latest_of(broker, config)
             ? KAFKA_INVALID_TIMESTAMP
             : KAFKA_NONE;
}

/* Kafka's words (LogValidator). */
static const char *describe_fault(struct exchange *exchange, const struct topic_config *config,
                                  enum kafka_error fault, int32_t index)
{
  const struct broker *broker = exchange->broker;
  if (fault == KAFKA_INVALID_RECORD)
    return "Compacted topic cannot accept message without key";
  return wire_format(&exchange->arena,
                     "Timestamp %" PRId64 " of message with offset %d is out of range. The "
                     "timestamp should be within [%" PRId64 ", %" PRId64 "]",
                     broker->records[index].timestamp, index,
                     broker->now_ms - config->before_max_ms, latest_of(broker, config));
}

static void note_fault(struct exchange *exchange, const struct topic_config *config,
                       struct produced *produced, int32_t index, enum kafka_error fault)
{
  if (!produced->faults)
    produced->faults = wire_alloc(&exchange->arena, FAULTS_SAID * sizeof *produced->faults);
  if (produced->fault_count < FAULTS_SAID)
    produced->faults[produced->fault_count++] =
        (struct record_fault){index, describe_fault(exchange, config, fault, index)};
}

static void make_room(struct broker *broker, size_t count)
{
  if (count <= broker->record_capacity && broker->record_capacity <= RECORDS_KEPT)
    return;
  free(broker->records);
  broker->record_capacity = count > 1024 ? count : 1024;
  broker->records = broker_alloc(broker->record_capacity * sizeof *broker->records);
}

static enum kafka_error too_much(const char **why)
{
  *why =
      "The record batch takes more memory than max_batch_bytes: its bytes when decompressed, 256 "
      "for each record, 64 for each header";
  return KAFKA_MESSAGE_TOO_LARGE;
}

/* A few bytes can stand for millions of records. */
static enum kafka_error begin_records(struct broker *broker, struct produced *produced,
                                      struct record_reader *reader, const char **why)
{
  size_t most = (size_t)broker->limits.batch_bytes_plain;
  if ((size_t)produced->batch.count > most / RECORD_MEMORY)
    return too_much(why);
  size_t records = (size_t)produced->batch.count * RECORD_MEMORY;
  record_reader_begin(reader, &produced->batch, broker->codec, most - records);
  if (reader->error == KAFKA_MESSAGE_TOO_LARGE)
    return too_much(why);
  *why = reader->why;
  if (reader->error != KAFKA_NONE)
    return reader->error;
  produced->plain = (struct wire_slice){reader->at, (uint32_t)(reader->end - reader->at)};
  produced->memory = records + produced->plain.size;
  reader->headers_left = (most - produced->memory) / HEADER_MEMORY;
  make_room(broker, (size_t)produced->batch.count);
  return KAFKA_NONE;
}

static enum kafka_error read_records(struct exchange *exchange, const struct topic_config *config,
                                     struct produced *produced, const char **why)
{
  struct broker *broker = exchange->broker;
  struct record_reader reader;
  enum kafka_error error = begin_records(broker, produced, &reader, why);
  if (error != KAFKA_NONE)
    return error;
  for (int32_t count = 0; record_next(&reader, &broker->records[count]); count++) {
    produced->memory += (size_t)broker->records[count].header_count * HEADER_MEMORY;
    enum kafka_error fault = fault_of(broker, config, &broker->records[count]);
    if (fault != KAFKA_NONE)
      note_fault(exchange, config, produced, count, fault);
    if (fault != KAFKA_NONE && error != KAFKA_INVALID_TIMESTAMP)
      error = fault;
  }
  if (reader.error == KAFKA_MESSAGE_TOO_LARGE)
    return too_much(why);
  *why = reader.why;
  if (reader.error != KAFKA_NONE)
    return reader.error;
  if (error != KAFKA_NONE)
    *why = "One or more records have been rejected";
  return error;
}

/* The topic says how its batches are compressed, and the producer has done it otherwise. NULL: it
 * cannot be done. */
static struct blob *compress_anew(struct broker *broker, const struct record_batch *batch,
                                  enum batch_compression compression)
{
  struct wire_buffer out = {.limit = INT32_MAX};
  struct batch_writer writer;
  struct record_batch like = *batch;
  like.attributes = (int16_t)((like.attributes & ~BATCH_CODEC) | (int16_t)compression);
  if (!broker->packer) /* the records are in the other one's memory */
    broker->packer = batch_codec_new();
  batch_writer_begin(&writer, &out, &like, broker->packer);
  bool good = true;
  for (int32_t i = 0; i < batch->count && good; i++)
    good = batch_writer_add(&writer, &broker->records[i]);
  good = good && batch_writer_finish(&writer);
  struct blob *blob = good ? blob_new(out.data, out.size) : NULL;
  free(out.data);
  return blob;
}

/* Kafka (UnifiedLog.append) compares the size once more when it may have changed. */
static enum kafka_error compress_as_topic(struct exchange *exchange,
                                          const struct topic_config *config,
                                          struct produced *produced, const char **why)
{
  if (config->producers_compression ||
      record_batch_compression(&produced->batch) == config->compression)
    return KAFKA_NONE;
  struct blob *blob = compress_anew(exchange->broker, &produced->batch, config->compression);
  if (blob && blob->size > (size_t)config->max_message_bytes) {
    *why =
        wire_format(&exchange->arena,
                    "The record batch has %u bytes when it is compressed as the topic says, which "
                    "is more than its max.message.bytes, %d",
                    blob->size, config->max_message_bytes);
    blob_release(blob);
    return KAFKA_MESSAGE_TOO_LARGE;
  }
  produced->blob = blob;
  return KAFKA_NONE;
}

enum kafka_error produce_check(struct exchange *exchange, const struct topic *topic,
                               struct wire_slice records, struct produced *produced,
                               const char **why)
{
  const struct topic_config *config = &topic->config;
  *produced = (struct produced){.append_time_ms = -1};
  enum kafka_error error =
      record_batch_of_produce(records, exchange->request.version, &produced->batch, why);
  if (error != KAFKA_NONE)
    return error;
  if (produced->batch.attributes & BATCH_TRANSACTIONAL) {
    *why = "transactions are not served";
    return KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  if (produced->batch.size > (size_t)config->max_message_bytes) {
    *why = "The record batch is larger than max.message.bytes of the topic";
    return KAFKA_MESSAGE_TOO_LARGE;
  }
  if (config->log_append_time)
    produced->append_time_ms = exchange->broker->now_ms;
  error = read_records(exchange, config, produced, why);
  return error == KAFKA_NONE ? compress_as_topic(exchange, config, produced, why) : error;
}

/* ---- passing on --------------------------------------------------------------------- */

struct copy { /* the plain records, in the pipeline's batch */
  const char *from;
  char *to;
};

static struct headrace_value value_of(const struct copy *copy, struct wire_slice slice)
{
  if (!slice.data)
    return (struct headrace_value){0};
  return (struct headrace_value){copy->to + (slice.data - copy->from), slice.size, HEADRACE_BINARY};
}

/* Names end with a zero, so they are copied once more. */
static const struct headrace_header *headers_of(struct broker *broker, const struct copy *copy,
                                                const struct record *record)
{
  const struct headrace_host *host = broker->host;
  if (!record->header_count)
    return NULL;
  struct headrace_header *headers =
      host->alloc(host, broker->batch, (size_t)record->header_count * sizeof *headers);
  struct wire_slice left = record->headers;
  struct record_header header;
  for (int32_t i = 0; record_header_next(&left, &header); i++) {
    char *name = host->alloc(host, broker->batch, (size_t)header.name.size + 1);
    memcpy(name, header.name.data, header.name.size);
    name[header.name.size] = 0;
    headers[i] = (struct headrace_header){name, value_of(copy, header.value)};
  }
  return headers;
}

static void add_records(struct broker *broker, const struct partition *partition,
                        const struct produced *produced, const struct copy *copy,
                        const struct headrace_numbering *numbering)
{
  const struct headrace_host *host = broker->host;
  size_t name_size = strlen(partition->topic->name);
  char *name =
      memcpy(host->alloc(host, broker->batch, name_size), partition->topic->name, name_size);
  for (int32_t i = 0; i < produced->batch.count; i++) {
    const struct record *from = &broker->records[i];
    struct headrace_record *record = host->add_record(host, broker->batch);
    *record = (struct headrace_record){
        .topic = {name, (uint32_t)name_size, HEADRACE_TEXT},
        .key = value_of(copy, from->key),
        .value = value_of(copy, from->value),
        .headers = headers_of(broker, copy, from),
        .header_count = (uint32_t)from->header_count,
        .partition = partition->index,
        .offset = -1,
        .timestamp_ms = produced->append_time_ms >= 0 ? produced->append_time_ms : from->timestamp,
        .numbering = numbering,
    };
  }
}

static const struct headrace_numbering *numbering_of(struct broker *broker,
                                                     const struct record_batch *batch)
{
  const struct headrace_host *host = broker->host;
  if (batch->producer_id == NO_PRODUCER)
    return NULL;
  struct headrace_numbering *numbering = host->alloc(host, broker->batch, sizeof *numbering);
  *numbering = (struct headrace_numbering){.producer = batch->producer_id,
                                           .epoch = batch->producer_epoch,
                                           .first_sequence = batch->base_sequence,
                                           .count = (uint32_t)batch->count,
                                           .gaps = host->filtered};
  return numbering;
}

/* As Kafka has it: the flag, and the time as the largest one. */
static void stamp_time(struct blob *blob, int64_t time_ms)
{
  char *data = blob->data;
  store16(data + AT_ATTRIBUTES, (uint16_t)(load16(data + AT_ATTRIBUTES) | BATCH_LOG_APPEND_TIME));
  store64(data + AT_MAX_TIMESTAMP, (uint64_t)time_ms);
  store32(data + AT_CRC, crc32c(0, data + AT_ATTRIBUTES, blob->size - AT_ATTRIBUTES));
}

struct flight *produce_pass_on(struct broker *broker, struct partition *partition,
                               const struct produced *produced)
{
  const struct headrace_host *host = broker->host;
  const struct record_batch *batch = &produced->batch;
  struct copy copy = {produced->plain.data, host->alloc(host, broker->batch, produced->plain.size)};
  memcpy(copy.to, copy.from, produced->plain.size);
  add_records(broker, partition, produced, &copy, numbering_of(broker, batch));
  struct flight *flight = in_flight_add(&broker->in_flight);
  flight->first = broker->in_flight.events;
  flight->count = (uint32_t)batch->count;
  flight->partition = partition;
  flight->append_time_ms = produced->append_time_ms;
  flight->blob = produced->blob ? produced->blob : blob_new(batch->data, batch->size);
  if (produced->append_time_ms >= 0)
    stamp_time(flight->blob, produced->append_time_ms);
  broker->in_flight.events += flight->count;
  broker->batch_memory += produced->memory;
  broker->filled = true;
  partition->in_flight++;
  topic_hold(partition->topic);
  return flight;
}
