/* SPDX-License-Identifier: Apache-2.0
 *
 * A source of numbers: change N inserts the row (N), and its position is N. Built
 * twice: `probe`, and with PROBE_ANSWERS `answering`, which has on_reject. */
#include "probe.h"

#include <poll.h>

#ifdef PROBE_ANSWERS
#define NAME "answering"
#else
#define NAME "probe"
#endif

#define OUTSTANDING 4096

struct source {
  struct probe_instance base;
  const struct headrace_relation *relation;
  uint64_t next;
  uint64_t acknowledged, told;
  unsigned parts_known; /* how many parts have been asked for */
  uint64_t parts_sum;
  /* The first number and the count of events of each batch that is out, in order. */
  struct {
    uint64_t first, last;
    size_t count;
  } out[OUTSTANDING];
  size_t out_first, out_end;
};

static enum headrace_result source_open(const struct headrace_host *host, void **instance)
{
  static const struct headrace_column columns[] = {
      {.name = "id", .type_name = "int8", .type = HEADRACE_TYPE_INT64, .type_modifier = -1},
      {.name = "payload", .type_name = "text", .type = HEADRACE_TYPE_TEXT, .type_modifier = -1}};
  static const uint16_t key[] = {0};
  enum headrace_result result;
  struct source *source =
      probe_open(host, PROBE_SOURCE, sizeof *source, &probe_of(host)->open_fault, &result);
  if (!source)
    return result;
  source->base.probe->wanted = host->wanted(host);
  source->relation = host->relation_new(host, &(struct headrace_relation){.database = "probe",
                                                                          .schema = "public",
                                                                          .table = "numbers",
                                                                          .columns = columns,
                                                                          .column_count = 2,
                                                                          .key = key,
                                                                          .key_count = 1});
  *instance = source;
  return HEADRACE_OK;
}

static void source_close(void *instance)
{
  struct source *source = instance;
  probe_trace(probe_enter(source), PROBE_SOURCE, "close");
  source->base.host->relation_release(source->base.host, source->relation);
  free(source);
}

static uint64_t parse_position(const struct probe *probe, const void *position, size_t size)
{
  const unsigned char *bytes = position;
  uint64_t number = 0;
  for (size_t i = 0; i < size; i++)
    number = probe->binary_positions ? number << 8 | bytes[i] : number * 10 + (bytes[i] - '0');
  return number;
}

static size_t format_position(const struct probe *probe, uint64_t number, char *out, size_t size)
{
  if (!probe->binary_positions)
    return (size_t)snprintf(out, size, "%llu", (unsigned long long)number);
  for (int i = 0; i < 8; i++)
    out[i] = (char)(number >> (56 - 8 * i));
  return 8;
}

static void began_from(struct source *source, uint64_t from)
{
  struct probe *probe = source->base.probe;
  source->next = from + 1;
  source->acknowledged = source->told = from;
  pthread_mutex_lock(&probe->lock);
  if (probe->start_count < PROBE_STARTS)
    probe->started_from[probe->start_count] = from;
  probe->start_count++;
  pthread_mutex_unlock(&probe->lock);
}

static enum headrace_result source_start(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  probe_trace(probe, PROBE_SOURCE, "start");
  if (!probe->part_count)
    began_from(source, position ? parse_position(probe, position, size) : 0);
  else if (position)
    return probe_leave(source, HEADRACE_FATAL); /* a mark of another run */
  return probe_leave(source, probe_fault(probe, &probe->start_fault, UINT64_MAX));
}

static void add_number(struct source *source, struct headrace_batch *batch, uint64_t number)
{
  const struct headrace_host *host = source->base.host;
  struct headrace_change *change = host->add_change(host, batch, source->relation);
  struct headrace_value *values = host->alloc(host, batch, 2 * sizeof *values);
  char *text = host->reserve(host, batch, 24);
  int size = snprintf(text, 24, "%llu", (unsigned long long)number);
  host->commit(host, batch, (size_t)size);
  values[0] = (struct headrace_value){text, (uint32_t)size, HEADRACE_TEXT};
  size_t payload = source->base.probe->payload;
  values[1] = (struct headrace_value){memset(host->alloc(host, batch, payload), 'x', payload),
                                      (uint32_t)payload, HEADRACE_TEXT};
  change->operation = HEADRACE_INSERT;
  change->new_values = values;
  change->sequence = number;
}

/* False: some part's place is not known yet. */
static bool parts_are_known(struct source *source)
{
  const struct headrace_host *host = source->base.host;
  unsigned count = source->base.probe->part_count;
  while (source->parts_known < count) {
    char name[16];
    int64_t next;
    snprintf(name, sizeof name, "part/%u", source->parts_known);
    if (!host->stored_part(host, name, &next))
      return false;
    source->parts_sum += next > 0 ? (uint64_t)next : 0;
    if (++source->parts_known == count)
      began_from(source, source->parts_sum);
  }
  return true;
}

static void add_parts(struct source *source, struct headrace_batch *batch, uint64_t first)
{
  const struct headrace_host *host = source->base.host;
  const struct probe *probe = source->base.probe;
  for (unsigned i = 0; i < probe->part_count; i++) {
    char name[16];
    snprintf(name, sizeof name, "part/%u", i);
    struct headrace_part part = {.name = name,
                                 .from = probe_part_size(probe, i, first - 1),
                                 .to = probe_part_size(probe, i, source->next - 1)};
    if (part.to > part.from)
      host->add_part(host, batch, &part);
  }
}

/* How far the scenario lets this batch go; below source->next: nothing now. */
static uint64_t last_of_batch(struct source *source, bool *end)
{
  struct probe *probe = source->base.probe;
  pthread_mutex_lock(&probe->lock);
  uint64_t last = source->next + (probe->per_batch ? probe->per_batch : 10) - 1;
  if (last > probe->gate)
    last = probe->gate;
  if (probe->end_at && last >= probe->end_at)
    last = probe->end_at;
  *end = probe->end_at && last == probe->end_at;
  probe->reads++;
  pthread_mutex_unlock(&probe->lock);
  return last;
}

static void remember(struct source *source, uint64_t first, uint64_t last, size_t count)
{
  size_t slot = source->out_end++ % OUTSTANDING;
  source->out[slot].first = first;
  source->out[slot].last = last;
  source->out[slot].count = count;
}

static enum headrace_result source_read(void *instance, struct headrace_batch *batch,
                                        int timeout_ms)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  const struct headrace_host *host = source->base.host;
  bool end = false;
  if (!parts_are_known(source)) {
    struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
    poll(&fd, 1, timeout_ms);
    return probe_leave(source, HEADRACE_OK);
  }
  uint64_t last = last_of_batch(source, &end);
  if (last < source->next) {
    /* The test raises the gate without a wake: look again soon. */
    struct pollfd fd = {.fd = host->wake_fd, .events = POLLIN};
    if (!end)
      poll(&fd, 1, timeout_ms < 5 ? timeout_ms : 5);
    return probe_leave(source, end ? HEADRACE_END : HEADRACE_OK);
  }
  uint64_t first = source->next;
  size_t count = 0;
  enum headrace_result result = HEADRACE_OK;
  for (; source->next <= last && result == HEADRACE_OK; source->next++) {
    result = probe_fault(probe, &probe->read_fault, source->next);
    if (result != HEADRACE_OK || (count && host->full(host, batch)))
      break;
    if (!probe->empty_every || source->next % probe->empty_every) {
      add_number(source, batch, source->next);
      count++;
    }
  }
  if (source->next > first) {
    char position[32];
    size_t size = format_position(probe, source->next - 1, position, sizeof position);
    host->set_position(host, batch, position, size);
    add_parts(source, batch, first);
    if (probe->partial_every && (source->next - 1) % probe->partial_every)
      host->set_partial(host, batch);
    remember(source, first, source->next - 1, count);
  }
  pthread_mutex_lock(&probe->lock);
  probe->last_read = source->next - 1;
  pthread_mutex_unlock(&probe->lock);
  if (result != HEADRACE_OK)
    host->log(host, HEADRACE_ERROR, "told to fail in read");
  return probe_leave(source, result);
}

/* The number in the checkpoint file, 0 if it cannot be read. */
static uint64_t saved_number(const struct probe *probe)
{
  char text[512] = "";
  FILE *file = fopen(probe->checkpoint_path, "re");
  if (!file)
    return 0;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = '\0';
  const char *found = strstr(text, "\"position\": \"");
  return found ? strtoull(found + strlen("\"position\": \""), NULL, 10) : 0;
}

static void check_receipts(struct source *source, uint64_t position, const uint64_t *receipts,
                           size_t count)
{
  struct probe *probe = source->base.probe;
  while (source->out_first != source->out_end) {
    size_t slot = source->out_first % OUTSTANDING;
    if (source->out[slot].last > position)
      break;
    source->out_first++;
    if (source->out[slot].last != position || !receipts)
      continue;
    probe->bad_receipts += source->out[slot].count != count;
    for (size_t i = 0; i < count; i++) {
      bool any = receipts[i] && receipts[i] != HEADRACE_NO_RECEIPT; /* 0: rejected */
      probe->receipts += any;
      probe->bad_receipts += any && receipts[i] != PROBE_RECEIPT + source->out[slot].first + i;
    }
  }
}

static enum headrace_result source_on_durable(void *instance, const void *position, size_t size,
                                              const uint64_t *receipts, size_t count)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  uint64_t number = parse_position(probe, position, size);
  /* It reads decimal positions only. */
  bool early = *probe->checkpoint_path && !probe->binary_positions && !probe->part_count &&
               saved_number(probe) < number;
  pthread_mutex_lock(&probe->lock);
  probe->early += early;
  probe->unordered += number <= source->acknowledged || number >= source->next;
  probe->untold += number > source->told;
  probe->durables++;
  probe->last_durable = number;
  check_receipts(source, number, receipts, count);
  pthread_mutex_unlock(&probe->lock);
  source->acknowledged = number;
  return probe_leave(source, probe_fault(probe, &probe->durable_fault, number));
}

/* Each batch comes, in the order in which they were read. */
static enum headrace_result source_on_delivered(void *instance, const void *position, size_t size)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  uint64_t number = parse_position(probe, position, size);
  pthread_mutex_lock(&probe->lock);
  probe->unordered += number <= source->told || number >= source->next;
  probe->told++;
  probe->last_told = number;
  pthread_mutex_unlock(&probe->lock);
  source->told = number;
  return probe_leave(source, probe_fault(probe, &probe->delivered_fault, number));
}

#ifdef PROBE_ANSWERS
static void source_on_reject(void *instance, uint32_t event, const char *error_class,
                             const char *reason)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  pthread_mutex_lock(&probe->lock);
  uint64_t first = source->out[source->out_first % OUTSTANDING].first;
  probe->rejected++;
  /* Batches come back in order and each is told of before its on_durable. */
  probe->bad_rejections += !probe->empty_every && first + event != probe->reject_number;
  snprintf(probe->reject_class, sizeof probe->reject_class, "%s", error_class);
  snprintf(probe->reject_reason, sizeof probe->reject_reason, "%s", reason);
  pthread_mutex_unlock(&probe->lock);
  probe_leave(source, HEADRACE_OK);
}
#endif

static enum headrace_result source_stop(void *instance)
{
  struct source *source = instance;
  probe_trace(probe_enter(source), PROBE_SOURCE, "stop");
  return probe_leave(source, HEADRACE_OK);
}

static const struct headrace_key keys[] = {
    PROBE_CONTROL_KEY,
    {.name = "password", .type = HEADRACE_SECRET, .environment = "PROBE_PASSWORD"},
    {.name = "host", .environment = "PROBE_HOST OLD_PROBE_HOST", .help = "nothing"},
    {.name = "size", .type = HEADRACE_SIZE, .default_value = "64KiB", .help = "nothing"},
    {.name = "extra.*", .help = "takes anything"},
    {0}};

static enum headrace_result source_check(const struct headrace_host *host)
{
  if (host->integer(host, "size") != 13)
    return HEADRACE_OK;
  host->log(host, HEADRACE_ERROR, "size = 13 and control do not go together");
  return HEADRACE_FATAL;
}

#ifndef PROBE_ANSWERS
/* The pipeline, with this source in the place of this source. */
static enum headrace_result run_once(const struct headrace_host *host, const char *key)
{
  const struct headrace_pair pairs[] = {{key, host->string(host, "control")}};
  return host->run_once(host, NAME, pairs, 1);
}

/* Answers with what it was told. */
static enum headrace_result source_command(void *instance, const char *name,
                                           const char *const *arguments, size_t count, char *out,
                                           size_t size)
{
  struct source *source = instance;
  struct probe *probe = probe_enter(source);
  const struct headrace_host *host = source->base.host;
  if (!strncmp(name, "once", 4))
    return probe_leave(source, run_once(host, name[4] ? "contrl" : "control"));
  if (strcmp(name, "snapshot") != 0)
    return probe_leave(source, HEADRACE_AGAIN);
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    used += (size_t)snprintf(out + used, size - used, "<%s>\n", arguments[i]);
  return probe_leave(source, probe_fault(probe, &probe->command_fault, UINT64_MAX));
}
#endif

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SOURCE,
    .name = NAME,
    .version = "1",
    .description = "numbers, for tests",
    .keys = keys,
    .open = source_open,
    .close = source_close,
    .tick = probe_tick,
    .check = source_check,
    .start = source_start,
    .read = source_read,
    .on_durable = source_on_durable,
#ifdef PROBE_ANSWERS
    .on_reject = source_on_reject,
#endif
    .stop = source_stop,
    .on_delivered = source_on_delivered,
#ifndef PROBE_ANSWERS
    .command = source_command,
#endif
};

HEADRACE_REGISTER_PLUGIN(plugin)
