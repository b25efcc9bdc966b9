/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of any bytes. Besides not crashing: what was read can be written, and is read again. */
#include "../unit/plugin_host.h"
#include "event_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(struct event_reader *reader, struct headrace_batch *batch, const char *at,
                       const char *end, bool sound)
{
  event_reader_next_batch(reader);
  while (at < end) {
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *stop = feed ? feed : end;
    if (event_read_line(reader, at, (size_t)(stop - at), batch) == EVENT_LINE_WRONG &&
        (sound || !reader->error))
      abort();
    at = stop + 1;
  }
  batch_seal(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct plugin_host *host = plugin_host_new(NULL, NULL);
  struct headrace_batch *batch = plugin_host_batch(), *again = plugin_host_batch();
  struct event_reader reader;
  struct event_writer writer;
  event_reader_init(&reader, &host->instance.host);
  reader.wanted = HEADRACE_WANT_TRANSACTIONS | HEADRACE_WANT_HEARTBEATS;
  event_writer_init(&writer);
  read_lines(&reader, batch, (const char *)data, (const char *)data + size, false);
  for (size_t i = 0; i < batch->events.count; i++)
    if (batch->events.items[i].record)
      event_write_record(&writer, batch->events.items[i].record, NULL);
    else
      event_write_change(&writer, batch->events.items[i].change);
  if (writer.lines.size)
    read_lines(&reader, again, writer.lines.bytes, writer.lines.bytes + writer.lines.size, true);
  if (again->events.count != batch->events.count)
    abort();
  event_writer_free(&writer);
  event_reader_free(&reader);
  batch_free(batch);
  batch_free(again);
  plugin_host_free(host);
  return 0;
}
