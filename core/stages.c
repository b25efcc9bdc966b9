/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

typedef enum headrace_result (*stage_callback)(void *self, const struct headrace_event *event,
                                               struct headrace_batch *out);

/* Of an event that goes through as it is: one that was refused, and before a codec one that a
 * filter has made to be what the codec would make. */
typedef bool (*passes)(const struct headrace_event *event);

static bool is_refused(const struct headrace_event *event)
{
  return event->rejection;
}

static bool is_encoded(const struct headrace_event *event)
{
  return event->rejection || event->record;
}

static bool is_decoded(const struct headrace_event *event)
{
  return event->rejection || event->change;
}

static enum headrace_result run_stage(struct instance *instance, stage_callback callback,
                                      passes passes_by, struct headrace_batch *batch)
{
  batch_stage_begin(batch);
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_event *event = &batch->events.items[i];
    batch_stage_input(batch, event);
    if (passes_by(event)) {
      batch_add_event(batch, event);
      continue;
    }
    enum headrace_result result = callback(instance->self, event, batch);
    if (result != HEADRACE_OK) {
      batch->input = NULL;
      return instance_failure(instance, result);
    }
  }
  batch_stage_end(batch);
  return HEADRACE_OK;
}

static bool works_on_records(const struct instance *filter)
{
  const struct headrace_plugin *plugin = filter->plugin;
  return plugin->on_records ? plugin->on_records(filter->self) != 0 : plugin->filters_records != 0;
}

static enum headrace_result run_filters(const struct stages *stages, bool of_records,
                                        struct headrace_batch *batch)
{
  enum headrace_result result = HEADRACE_OK;
  for (size_t i = 0; i < stages->filter_count && result == HEADRACE_OK; i++) {
    struct instance *filter = stages->filters[i];
    if (works_on_records(filter) == of_records)
      result = run_stage(filter, filter->plugin->apply, is_refused, batch);
  }
  return result;
}

static enum headrace_result run_codec(struct instance *codec, bool decoding,
                                      struct headrace_batch *batch)
{
  stage_callback callback = decoding ? codec->plugin->decode : codec->plugin->encode;
  if (!callback) {
    codec->host.log(&codec->host, HEADRACE_ERROR, "codec %s cannot %s, which this source needs",
                    codec->plugin->name, decoding ? "decode records" : "encode changes");
    return HEADRACE_FATAL;
  }
  return run_stage(codec, callback, decoding ? is_decoded : is_encoded, batch);
}

/* Without a codec there is no other side. */
static enum headrace_result check_side(const struct stages *stages, bool of_records)
{
  for (size_t i = 0; i < stages->filter_count; i++) {
    struct instance *filter = stages->filters[i];
    if (works_on_records(filter) == of_records)
      continue;
    filter->host.log(&filter->host, HEADRACE_ERROR,
                     "filter %s works on %s, but the source gives %s and there is no codec between "
                     "that makes one of the other; the filter would see nothing",
                     filter->plugin->name, of_records ? "changes" : "records",
                     of_records ? "records" : "changes");
    return HEADRACE_FATAL;
  }
  return HEADRACE_OK;
}

enum headrace_result stages_run(const struct stages *stages, struct headrace_batch *batch)
{
  if (!batch->events.count || (!stages->codec && !stages->filter_count))
    return HEADRACE_OK;
  bool decoding = batch->events.items[0].record != NULL;
  enum headrace_result result = stages->codec ? HEADRACE_OK : check_side(stages, decoding);
  if (result == HEADRACE_OK)
    result = run_filters(stages, decoding, batch);
  if (!stages->codec)
    return result;
  if (result == HEADRACE_OK)
    result = run_codec(stages->codec, decoding, batch);
  if (result == HEADRACE_OK)
    result = run_filters(stages, !decoding, batch);
  return result;
}
