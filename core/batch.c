/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include "change_letter.h"
#include "relation.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct headrace_batch *batch_new(struct batch_limits limits, _Atomic size_t *held)
{
  struct headrace_batch *batch = xcalloc(1, sizeof *batch);
  arena_init(&batch->arena, CHUNK_SIZE, held);
  batch->max_events = limits.max_events;
  batch->max_bytes = limits.max_bytes;
  return batch;
}

static void release_pins(struct headrace_batch *batch)
{
  for (size_t i = 0; i < batch->pin_count; i++)
    relation_release(batch->pins[i]);
  batch->pin_count = 0;
}

void batch_free(struct headrace_batch *batch)
{
  if (!batch)
    return;
  release_pins(batch);
  arena_free(&batch->arena);
  free(batch->events.items);
  free(batch->output.items);
  free(batch->pins);
  free(batch->rejections);
  free(batch);
}

void batch_reset(struct headrace_batch *batch)
{
  release_pins(batch);
  /* A raw batch grows several times over when it is encoded: keep room for that. */
  arena_reset(&batch->arena, 8 * batch->max_bytes);
  batch->events.count = 0;
  batch->output.count = 0;
  batch->input = NULL;
  batch->state = BATCH_FILLING;
  batch->source_events = 0;
  batch->receipts = NULL;
  batch->rejection_count = 0;
  batch->parts = NULL;
  batch->part_count = batch->part_capacity = 0;
  batch->acknowledge = false;
  batch->partial = false;
  batch->has_position = false;
  batch->position_size = 0;
}

static struct headrace_event *push(struct event_list *list)
{
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    list->items = xrealloc(list->items, list->capacity * sizeof *list->items);
  }
  return &list->items[list->count++];
}

void batch_keep_relation(struct headrace_batch *batch, const struct headrace_relation *relation)
{
  for (size_t i = batch->pin_count; i > 0; i--)
    if (batch->pins[i - 1] == relation)
      return;
  if (batch->pin_count == batch->pin_capacity) {
    batch->pin_capacity = batch->pin_capacity ? 2 * batch->pin_capacity : 4;
    batch->pins = xrealloc(batch->pins, batch->pin_capacity * sizeof *batch->pins);
  }
  relation_hold(relation);
  batch->pins[batch->pin_count++] = relation;
}

static uint32_t current_origin(const struct headrace_batch *batch)
{
  return batch->input ? batch->input->origin : (uint32_t)batch->output.count;
}

struct headrace_change *batch_add_change(struct headrace_batch *batch,
                                         const struct headrace_relation *relation)
{
  struct headrace_change *change = arena_alloc(&batch->arena, sizeof *change);
  memset(change, 0, sizeof *change);
  change->relation = relation;
  if (relation)
    batch_keep_relation(batch, relation);
  uint32_t origin = current_origin(batch);
  *push(&batch->output) = (struct headrace_event){
      .change = change, .record = batch->input ? batch->input->record : NULL, .origin = origin};
  return change;
}

struct headrace_record *batch_add_record(struct headrace_batch *batch)
{
  struct headrace_record *record = arena_alloc(&batch->arena, sizeof *record);
  memset(record, 0, sizeof *record);
  record->partition = -1;
  record->offset = -1;
  record->timestamp_ms = -1;
  uint32_t origin = current_origin(batch);
  *push(&batch->output) = (struct headrace_event){
      .change = batch->input ? batch->input->change : NULL, .record = record, .origin = origin};
  return record;
}

void batch_add_event(struct headrace_batch *batch, const struct headrace_event *event)
{
  uint32_t origin = current_origin(batch);
  struct headrace_event *added = push(&batch->output);
  *added = *event;
  added->origin = origin;
}

bool batch_full(const struct headrace_batch *batch)
{
  return batch->output.count >= batch->max_events || arena_used(&batch->arena) >= batch->max_bytes;
}

void batch_set_position(struct headrace_batch *batch, const void *position, size_t size)
{
  if (size > POSITION_MAX)
    abort(); /* the ABI's limit, a plugin's fault */
  memcpy(batch->position, position, size);
  batch->position_size = size;
  batch->has_position = true;
}

static const char *keep_text(struct headrace_batch *batch, const char *text)
{
  size_t size = strlen(text) + 1;
  return memcpy(arena_alloc(&batch->arena, size), text, size);
}

void batch_add_part(struct headrace_batch *batch, const struct headrace_part *part)
{
  if (strlen(part->name) > HEADRACE_PART_NAME_MAX)
    abort(); /* the ABI's limit, a plugin's fault */
  if (batch->part_count == batch->part_capacity) {
    size_t capacity = batch->part_capacity ? 2 * batch->part_capacity : 8;
    struct headrace_part *parts = arena_alloc(&batch->arena, capacity * sizeof *parts);
    if (batch->part_count)
      memcpy(parts, batch->parts, batch->part_count * sizeof *parts);
    batch->parts = parts;
    batch->part_capacity = capacity;
  }
  struct headrace_part *added = &batch->parts[batch->part_count++];
  *added = *part;
  added->name = keep_text(batch, part->name);
}

static void swap_lists(struct headrace_batch *batch)
{
  struct event_list made = batch->output;
  batch->output = batch->events;
  batch->events = made;
  batch->output.count = 0;
}

void batch_seal(struct headrace_batch *batch)
{
  swap_lists(batch);
  batch->source_events = batch->events.count;
}

void batch_stage_begin(struct headrace_batch *batch)
{
  batch->output.count = 0;
}

void batch_stage_input(struct headrace_batch *batch, const struct headrace_event *event)
{
  batch->input = event;
}

void batch_stage_end(struct headrace_batch *batch)
{
  batch->input = NULL;
  swap_lists(batch);
}

static void note_rejection(struct headrace_batch *batch, const struct rejection *rejection)
{
  if (batch->rejection_count == batch->rejection_capacity) {
    batch->rejection_capacity = batch->rejection_capacity ? 2 * batch->rejection_capacity : 4;
    batch->rejections =
        xrealloc(batch->rejections, batch->rejection_capacity * sizeof *batch->rejections);
  }
  batch->rejections[batch->rejection_count++] = *rejection;
}

void batch_reject(struct headrace_batch *batch, size_t event, const char *error_class,
                  const char *reason)
{
  struct rejection rejection = {.origin = batch->events.items[event].origin,
                                .error_class = keep_text(batch, error_class),
                                .reason = keep_text(batch, reason)};
  note_rejection(batch, &rejection);
}

void batch_refuse(struct headrace_batch *batch, const struct headrace_rejection *rejection,
                  bool dead_letter)
{
  struct headrace_rejection *kept = arena_alloc(&batch->arena, sizeof *kept);
  *kept = (struct headrace_rejection){.stage = rejection->stage,
                                      .error_class = keep_text(batch, rejection->error_class),
                                      .reason = keep_text(batch, rejection->reason)};
  struct rejection noted = {
      .origin = batch->input->origin, .error_class = kept->error_class, .reason = kept->reason};
  note_rejection(batch, &noted);
  if (!dead_letter)
    return;
  struct headrace_event event = *batch->input;
  event.rejection = kept;
  if (!event.record) /* the sink has to have something to put aside */
    event.record = change_letter(&batch->arena, event.change);
  batch_add_event(batch, &event);
}

void batch_set_receipts(struct headrace_batch *batch, const uint64_t *receipts)
{
  if (!receipts || !batch->source_events)
    return;
  size_t size = batch->source_events * sizeof *batch->receipts;
  batch->receipts = memset(arena_alloc(&batch->arena, size), 0xff, size); /* HEADRACE_NO_RECEIPT */
  /* Of several events that came of one the first counts: it is where that one begins. */
  for (size_t i = batch->events.count; i > 0; i--)
    batch->receipts[batch->events.items[i - 1].origin] = receipts[i - 1];
}
