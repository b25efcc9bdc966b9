/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream of any bytes: messages, each behind a length of two bytes, through
 * parser, spool and decoder into a batch. Besides not crashing: values lie inside the
 * batch's copy of the message, so reading them all must not fault, and the position
 * never goes back. */
#include "../unit/plugin_host.h"
#include "batch.h"
#include "decoder.h"
#include "in_progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct headrace_key keys[] = {{.name = NULL}};

static unsigned sum(const struct headrace_value *values, uint32_t count)
{
  unsigned result = 0;
  for (uint32_t i = 0; values && i < count; i++)
    for (uint32_t k = 0; k < values[i].size; k++)
      result += (unsigned char)values[i].data[k];
  return result;
}

static unsigned read_all(struct headrace_batch *batch)
{
  unsigned result = 0;
  batch_seal(batch);
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_change *change = batch->events.items[i].change;
    uint32_t columns = change->relation ? change->relation->column_count : 0;
    result += sum(change->old_values, columns) + sum(change->new_values, columns) +
              sum(&change->message_prefix, 1) + sum(&change->message_content, 1);
  }
  return result;
}

/* From memory of its own size: the sanitizer sees what reads past it. */
static bool feed(struct decoder *decoder, struct in_progress *in_progress, const uint8_t *data,
                 size_t size, uint64_t lsn)
{
  bool taken = false;
  char *copy = malloc(size ? size : 1);
  if (size)
    memcpy(copy, data, size);
  struct stream_message message = {.event = STREAM_DATA, .lsn = lsn, .data = copy, .size = size};
  bool good = in_progress_take(in_progress, &message, &taken) == HEADRACE_OK;
  if (good && !taken)
    good = decoder_data(decoder, &message) == HEADRACE_OK;
  free(copy);
  while (good && in_progress_replays(in_progress))
    good = in_progress_next(in_progress, &message) == HEADRACE_OK &&
           decoder_data(decoder, &message) == HEADRACE_OK;
  return good;
}

static void run(struct decoder *decoder, struct in_progress *in_progress, const uint8_t *data,
                size_t size)
{
  for (size_t at = 0; at + 2 <= size;) {
    size_t length = (size_t)data[at] << 8 | data[at + 1];
    at += 2;
    if (length > size - at)
      length = size - at;
    uint64_t before = decoder->position.lsn;
    bool good = length ? feed(decoder, in_progress, data + at, length, at) : true;
    if (!length)
      decoder_keepalive(decoder, before + at);
    if (decoder->position.lsn < before)
      abort();
    if (!good)
      return;
    at += length;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct pg_position start = {.system = 7, .timeline = 1, .lsn = 0x100};
  struct plugin_host *host = plugin_host_new(keys, NULL);
  struct headrace_batch *batch = plugin_host_batch();
  struct relations relations;
  struct decoder decoder;
  struct in_progress in_progress;
  host->logger.fd = -1; /* faults are what comes here most */
  relations_init(&relations, &host->instance.host, NULL, "db", NULL);
  decoder_init(&decoder, &host->instance.host, &relations, &start, UINT32_MAX);
  decoder_use(&decoder, batch);
  in_progress_init(&in_progress, &host->instance.host, "/tmp", 1 << 20);
  run(&decoder, &in_progress, data, size);
  in_progress_free(&in_progress);
  decoder_finish(&decoder);
  volatile unsigned all = read_all(batch);
  (void)all;
  decoder_free(&decoder);
  relations_free(&relations);
  batch_free(batch);
  plugin_host_free(host);
  return 0;
}
