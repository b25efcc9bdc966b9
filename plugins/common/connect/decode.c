/* SPDX-License-Identifier: Apache-2.0
 *
 * Records become changes. */
#include "connect_decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct decoder {
  struct record_text text;
  struct placeholders placeholders;
  struct untyped *untyped;
  struct typed *typed;
  struct tables *tables;
};

enum headrace_result decode_refuse(struct decode_fault *fault, const char *error_class,
                                   const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fault->error_class = error_class;
  vsnprintf(fault->reason, sizeof fault->reason, format, arguments);
  va_end(arguments);
  return HEADRACE_AGAIN;
}

static struct decoder *decoder_new(const struct codec *codec)
{
  struct decoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder)
    abort();
  decoder->untyped = untyped_new(codec->host, &codec->options);
  decoder->typed = typed_new(codec->host, &codec->options);
  placeholders_init(&decoder->placeholders, &codec->options);
  decoder->tables = tables_new(&codec->options, decoder->untyped);
  return decoder;
}

void decoder_free(struct decoder *decoder)
{
  if (!decoder)
    return;
  tables_free(decoder->tables);
  untyped_free(decoder->untyped);
  typed_free(decoder->typed);
  placeholders_clear(&decoder->placeholders);
  record_text_clear(&decoder->text);
  free(decoder);
}

static enum headrace_result refuse(const struct codec *codec, const struct headrace_record *record,
                                   struct headrace_batch *out, const struct decode_fault *fault)
{
  char reason[768];
  snprintf(reason, sizeof reason, "record at offset %lld of partition %d of topic %.*s: %s",
           (long long)record->offset, record->partition, (int)record->topic.size,
           record->topic.data, fault->reason);
  enum headrace_verdict verdict = codec->host->refuse(codec->host, out, fault->error_class, reason);
  return verdict == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL : HEADRACE_OK;
}

static enum headrace_result drop(const struct codec *codec)
{
  codec->host->counter(codec->host, "filtered_records", 1);
  return HEADRACE_OK;
}

/* ---- the change --------------------------------------------------------- */

static const struct headrace_transaction *make_transaction(const struct codec *codec,
                                                           const struct record_text *text,
                                                           struct headrace_batch *out)
{
  const struct record_origin *origin = &text->origin;
  if (!origin->transaction_id && !origin->time_us)
    return NULL;
  struct headrace_transaction *transaction =
      codec->host->alloc(codec->host, out, sizeof *transaction);
  *transaction = (struct headrace_transaction){.id = origin->transaction_id,
                                               .commit_time_us = origin->time_us};
  return transaction;
}

static uint64_t from_zero(uint64_t order)
{
  return order ? order - 1 : 0;
}

static void fill_change(const struct codec *codec, struct headrace_change *change,
                        const struct record_text *text, struct headrace_batch *out)
{
  change->operation = text->operation;
  change->transaction = make_transaction(codec, text, out);
  change->sequence = text->origin.sequence;
  change->ordinal = from_zero(text->origin.order);
  change->relation_ordinal = from_zero(text->origin.table_order);
  if (text->operation == HEADRACE_READ && text->origin.on_demand)
    change->flags |= HEADRACE_READ_ON_DEMAND;
}

/* ---- messages ----------------------------------------------------------- */

static struct headrace_value characters(const struct codec *codec, struct headrace_batch *out,
                                        const struct json_value *text)
{
  char *data = codec->host->reserve(codec->host, out, text->size + 1);
  size_t size = json_unescape(data, text);
  data[size] = '\0';
  codec->host->commit(codec->host, out, size + 1);
  return (struct headrace_value){data, (uint32_t)size, HEADRACE_TEXT};
}

static bool read_content(const struct codec *codec, struct headrace_batch *out,
                         const struct json_value *text, struct headrace_value *content)
{
  char *data = codec->host->reserve(codec->host, out, text->size + 4);
  size_t size;
  if (codec->options.binary == BINARY_HEX) {
    memcpy(data, text->data, text->size);
    char *end = text->size % 2 ? NULL : json_unhex(data, data, text->size);
    size = end ? (size_t)(end - data) : SIZE_MAX;
  } else {
    size = json_unbase64(data, text->data, text->size);
  }
  if (size == SIZE_MAX)
    return false;
  codec->host->commit(codec->host, out, size);
  *content = (struct headrace_value){data, (uint32_t)size, HEADRACE_BINARY};
  return true;
}

static enum headrace_result decode_message(const struct codec *codec,
                                           const struct record_text *text,
                                           struct headrace_batch *out, struct decode_fault *fault)
{
  struct headrace_value content;
  if (text->message_prefix.kind != JSON_STRING || text->message_content.kind != JSON_STRING ||
      !read_content(codec, out, &text->message_content, &content))
    return decode_refuse(fault, "malformed",
                         "a message without a prefix, or whose content is not what binary = says");
  struct headrace_change *change = codec->host->add_change(codec->host, out, NULL);
  fill_change(codec, change, text, out);
  change->message_prefix = characters(codec, out, &text->message_prefix);
  change->message_content = content;
  if (text->origin.transaction_id)
    change->flags |= HEADRACE_MESSAGE_TRANSACTIONAL;
  if (text->origin.database.kind == JSON_STRING)
    change->database = characters(codec, out, &text->origin.database).data;
  return HEADRACE_OK;
}

/* ---- rows --------------------------------------------------------------- */

static bool has_header(const struct headrace_record *record, const char *name)
{
  for (uint32_t i = 0; i < record->header_count; i++)
    if (!strcmp(record->headers[i].name, name))
      return true;
  return false;
}

/* A row that got another key comes as a delete and a create. Of a large value that did not change
 * the create has only the placeholder, and the row that had the value is deleted. */
static enum headrace_result check_moved_row(const struct codec *codec,
                                            const struct headrace_record *record,
                                            struct decode_fault *fault)
{
  const struct decoder *decoder = codec->decoder;
  const struct record_text *text = &decoder->text;
  if (text->operation != HEADRACE_INSERT || !has_header(record, "__debezium.oldkey"))
    return HEADRACE_OK;
  for (size_t i = 0; i < text->after.count; i++) {
    const struct json_field *field = &text->after.items[i];
    if (field->value.kind >= JSON_STRING && placeholders_has(&decoder->placeholders, &field->value))
      return decode_refuse(fault, "unsupported",
                           "the row got another key, and the event lacks its large value \"%.*s\", "
                           "which did not change: set REPLICA IDENTITY FULL for the table",
                           (int)(field->name.size < 63 ? field->name.size : 63), field->name.data);
  }
  return HEADRACE_OK;
}

static enum headrace_result decode_rows(const struct codec *codec,
                                        const struct headrace_record *record,
                                        struct headrace_batch *out, struct decode_fault *fault)
{
  struct decoder *decoder = codec->decoder;
  struct record_text *text = &decoder->text;
  struct decoded_rows rows;
  if (check_moved_row(codec, record, fault) != HEADRACE_OK)
    return HEADRACE_AGAIN;
  struct decode_table *table = tables_find(decoder->tables, record, text);
  if (!table)
    return decode_refuse(fault, "unsupported",
                         "it has no value and its topic has records of several tables, so that it "
                         "does not say which row is deleted; set tombstones = no");
  bool has_schema = (text->tombstone ? &text->key_schema : &text->value_schema)->size > 0;
  enum headrace_result result =
      has_schema ? typed_rows(decoder->typed, text, table, out, &rows, fault)
                 : untyped_rows(decoder->untyped, text, table, out, &rows, fault);
  if (result != HEADRACE_OK)
    return result;
  struct headrace_change *change = codec->host->add_change(codec->host, out, rows.relation);
  fill_change(codec, change, text, out);
  change->old_values = rows.old_values;
  change->new_values = rows.new_values;
  change->flags |= rows.flags;
  return HEADRACE_OK;
}

enum headrace_result codec_decode(struct codec *codec, const struct headrace_event *event,
                                  struct headrace_batch *out)
{
  const struct options *options = &codec->options;
  const struct headrace_record *record = event->record;
  struct decode_fault fault;
  if (!codec->decoder)
    codec->decoder = decoder_new(codec);
  struct record_text *text = &codec->decoder->text;
  codec->reading_to = out;
  enum record_shape shape = codec->dialect->read(codec, record, text, &fault);
  if (shape == RECORD_WAITS)
    return HEADRACE_RETRY;
  if (shape == RECORD_FATAL)
    return HEADRACE_FATAL;
  if (shape == RECORD_FAULTY)
    return refuse(codec, record, out, &fault);
  if (shape == RECORD_NOTHING || tables_repeats(codec->decoder->tables, record, text) ||
      (text->tombstone && !options->tombstones) || options->decode_skipped & 1u << text->operation)
    return drop(codec);
  enum headrace_result result = text->operation == HEADRACE_MESSAGE
                                    ? decode_message(codec, text, out, &fault)
                                    : decode_rows(codec, record, out, &fault);
  return result == HEADRACE_AGAIN ? refuse(codec, record, out, &fault) : result;
}
