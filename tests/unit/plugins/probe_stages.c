/* SPDX-License-Identifier: Apache-2.0
 *
 * Built twice: a filter that drops and multiplies numbers, and with PROBE_IS_CODEC a
 * codec that makes of each change a record whose key is the number. */
#include "probe.h"

struct stage {
  struct probe_instance base;
  uint64_t drop_every, double_every;
};

static void stage_close(void *instance)
{
  struct stage *stage = instance;
  probe_trace(probe_enter(stage), stage->base.stage, "close");
  free(stage);
}

#ifdef PROBE_IS_CODEC

static enum headrace_result stage_open(const struct headrace_host *host, void **instance)
{
  enum headrace_result result;
  *instance = probe_open(host, PROBE_CODEC, sizeof(struct stage), &probe_of(host)->codec_open_fault,
                         &result);
  host->want(host, probe_of(host)->codec_wants);
  return result;
}

static enum headrace_result stage_encode(void *instance, const struct headrace_event *event,
                                         struct headrace_batch *out)
{
  struct stage *stage = instance;
  struct probe *probe = probe_enter(stage);
  const struct headrace_host *host = stage->base.host;
  enum headrace_result result = probe_fault(probe, &probe->encode_fault, event->change->sequence);
  if (event->change->sequence == probe->refuse_number) {
    enum headrace_verdict verdict = host->refuse(host, out, "odd", "this number is not for me");
    result = verdict == HEADRACE_VERDICT_STOP ? HEADRACE_FATAL : HEADRACE_OK;
  } else if (result == HEADRACE_OK) {
    struct headrace_record *record = host->add_record(host, out);
    record->key = event->change->new_values[0];
    record->value = event->change->new_values[1];
  }
  return probe_leave(stage, result);
}

static const struct headrace_key keys[] = {PROBE_CONTROL_KEY, {0}};

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_CODEC,
    .name = "probe",
    .keys = keys,
    .open = stage_open,
    .close = stage_close,
    .tick = probe_tick,
    .encode = stage_encode,
};

#else

static enum headrace_result stage_open(const struct headrace_host *host, void **instance)
{
  enum headrace_result result;
  struct stage *stage = probe_open(host, PROBE_FILTER, sizeof *stage, NULL, &result);
  stage->drop_every = (uint64_t)host->integer(host, "drop_every");
  stage->double_every = (uint64_t)host->integer(host, "double_every");
  *instance = stage;
  return result;
}

static enum headrace_result stage_apply(void *instance, const struct headrace_event *event,
                                        struct headrace_batch *out)
{
  struct stage *stage = instance;
  struct probe *probe = probe_enter(stage);
  const struct headrace_host *host = stage->base.host;
  uint64_t number = event->change->sequence;
  enum headrace_result result = probe_fault(probe, &probe->filter_fault, number);
  if (result == HEADRACE_OK && !(stage->drop_every && number % stage->drop_every == 0)) {
    host->add_event(host, out, event);
    if (stage->double_every && number % stage->double_every == 0)
      host->add_event(host, out, event);
  }
  return probe_leave(stage, result);
}

static int stage_on_records(void *instance)
{
  const struct stage *stage = instance;
  return (int)stage->base.host->integer(stage->base.host, "on_records");
}

static const struct headrace_key keys[] = {
    PROBE_CONTROL_KEY,
    {.name = "on_records", .type = HEADRACE_BOOL, .default_value = "no"},
    {.name = "drop_every", .type = HEADRACE_INT, .default_value = "0"},
    {.name = "double_every", .type = HEADRACE_INT, .default_value = "0"},
    {0}};

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "probe",
    .keys = keys,
    .open = stage_open,
    .close = stage_close,
    .tick = probe_tick,
    .apply = stage_apply,
    .on_records = stage_on_records,
};

#endif

HEADRACE_REGISTER_PLUGIN(plugin)
