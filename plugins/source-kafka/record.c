/* SPDX-License-Identifier: Apache-2.0
 *
 * A message of librdkafka becomes a record of the batch. */
#include "source.h"

#include <string.h>

static struct headrace_value copy(const struct headrace_host *host, struct headrace_batch *batch,
                                  const void *data, size_t size)
{
  if (!data)
    return (struct headrace_value){0};
  struct headrace_value value = {.size = (uint32_t)size, .state = HEADRACE_BINARY};
  value.data = size ? memcpy(host->alloc(host, batch, size), data, size) : "";
  return value;
}

static void add_headers(const struct headrace_host *host, struct headrace_batch *batch,
                        const rd_kafka_message_t *message, struct headrace_record *record)
{
  rd_kafka_headers_t *headers;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return;
  size_t count = rd_kafka_header_cnt(headers);
  if (!count)
    return;
  struct headrace_header *copies = host->alloc(host, batch, count * sizeof *copies);
  for (size_t i = 0; i < count; i++) {
    const char *name;
    const void *data;
    size_t size;
    if (rd_kafka_header_get_all(headers, i, &name, &data, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
      break;
    size_t length = strlen(name) + 1;
    copies[i] =
        (struct headrace_header){.name = memcpy(host->alloc(host, batch, length), name, length),
                                 .value = copy(host, batch, data, size)};
    record->header_count = (uint32_t)i + 1;
  }
  record->headers = copies;
}

static int64_t timestamp_of(const rd_kafka_message_t *message)
{
  rd_kafka_timestamp_type_t type;
  int64_t time = rd_kafka_message_timestamp(message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time;
}

int64_t record_add(const struct source *source, struct headrace_batch *batch,
                   const rd_kafka_message_t *message, const struct partition *partition)
{
  const struct headrace_host *host = source->host;
  struct headrace_record *record = host->add_record(host, batch);
  /* Topics live until close, after every batch. */
  const char *topic = partition->topic->name;
  record->topic = (struct headrace_value){
      .data = topic, .size = (uint32_t)strlen(topic), .state = HEADRACE_TEXT};
  record->key = copy(host, batch, message->key, message->key_len);
  record->value = copy(host, batch, message->payload, message->len);
  record->partition = message->partition;
  record->offset = message->offset;
  record->timestamp_ms = timestamp_of(message);
  add_headers(host, batch, message, record);
  return record->timestamp_ms;
}
