/* SPDX-License-Identifier: Apache-2.0 */
#include "config_change.h"
#include "repeats.h"

enum operation { OPERATION_SET, OPERATION_DELETE, OPERATION_APPEND, OPERATION_SUBTRACT };

/* A name that may be changed. */
struct target {
  const struct config_definition *definition;
  const char *name;
};

static struct headrace_pair *find_pair(struct config_change *change, const char *name)
{
  for (size_t i = 0; i < change->count; i++)
    if (!strcmp(change->pairs[i].name, name))
      return &change->pairs[i];
  return NULL;
}

/* Kafka has another code for what is wrong of a broker's. */
static enum kafka_error invalid(const struct config_change *change)
{
  return change->of_topic ? KAFKA_INVALID_CONFIG : KAFKA_INVALID_REQUEST;
}

/* ---- which may be changed -------------------------------------------------------------------- */

/* "a, b": those of them that a broker has, and cannot change. */
static const char *fixed_names(struct config_change *change, const config_alteration *items,
                               int32_t count)
{
  const char *names = NULL;
  for (int32_t i = 0; i < count; i++) {
    struct broker_config config;
    const char *name = wire_string(change->arena, items[i].name);
    if (items[i].config_operation != OPERATION_DELETE && broker_config_named(name, &config) &&
        !config.alterable)
      names = names ? wire_format(change->arena, "%s, %s", names, name) : name;
  }
  return names;
}

/* NULL in the target: there is nothing to delete. */
static enum kafka_error find_target(struct config_change *change, const config_alteration *item,
                                    struct target *target)
{
  struct broker_config config = {0};
  target->name = wire_string(change->arena, item->name);
  if (change->of_topic) {
    change->why = wire_format(change->arena, "Unknown topic config name: %s", target->name);
    target->definition = topic_config_named(target->name);
    return target->definition ? KAFKA_NONE : KAFKA_INVALID_CONFIG;
  }
  change->why = wire_format(change->arena, "Unknown broker config name: %s", target->name);
  bool known = broker_config_named(target->name, &config);
  target->definition = config.alterable ? config.definition : NULL;
  return known || item->config_operation == OPERATION_DELETE ? KAFKA_NONE : KAFKA_INVALID_CONFIG;
}

/* ---- changing -------------------------------------------------------------------------------- */

static enum kafka_error set(struct config_change *change, const struct target *target,
                            const char *value)
{
  struct headrace_pair *pair = find_pair(change, target->name);
  change->why =
      value ? config_fault(change->arena, target->definition, target->name, value)
            : wire_format(change->arena,
                          change->of_topic ? "Null value not supported for topic configs: %s"
                                           : "Null value not supported for : %s",
                          target->name);
  if (change->why)
    return invalid(change);
  change->changed |= !pair || strcmp(pair->value, value) != 0;
  if (!pair)
    pair = &change->pairs[change->count++];
  *pair = (struct headrace_pair){target->name, value};
  return KAFKA_NONE;
}

static void unset(struct config_change *change, const char *name)
{
  struct headrace_pair *pair = find_pair(change, name);
  if (!pair)
    return;
  *pair = change->pairs[--change->count];
  change->changed = true;
}

static bool has_item(const char *list, const char *item, size_t size)
{
  for (const char *at = list; *at; at += *at == ',') {
    size_t length = strcspn(at, ",");
    if (length == size && !memcmp(at, item, size))
      return true;
    at += length;
  }
  return false;
}

/* The items of `list` that are in `other`, or that are not, each behind a comma. */
static char *put_items(char *out, const char *list, const char *other, bool in_other)
{
  for (const char *at = list; *at; at += *at == ',') {
    size_t length = strcspn(at, ",");
    if (length && has_item(other, at, length) == in_other) {
      *out++ = ',';
      out = (char *)memcpy(out, at, length) + length;
    }
    at += length;
  }
  return out;
}

static enum kafka_error change_list(struct config_change *change, const struct target *target,
                                    bool append, const char *items)
{
  struct headrace_pair *pair = find_pair(change, target->name);
  const char *now = pair ? pair->value : target->definition->value;
  change->why =
      change->of_topic
          ? wire_format(change->arena, "Can't %s to key %s because its type is not LIST.",
                        append ? "APPEND" : "SUBTRACT", target->name)
          : wire_format(change->arena, "Config value %s is not allowed for config key: %s",
                        append ? "append" : "subtract", target->name);
  if (target->definition->type != CONFIG_LIST || !items)
    return KAFKA_INVALID_CONFIG;
  char *value = wire_alloc(change->arena, strlen(now) + strlen(items) + 4), *end;
  end = put_items(value, now, append ? "" : items, false);
  if (append)
    put_items(end, items, now, false);
  return set(change, target, value[0] ? value + 1 : value);
}

static enum kafka_error apply_one(struct config_change *change, const config_alteration *item)
{
  struct target target;
  const char *value = item->value.data ? wire_string(change->arena, item->value) : NULL;
  enum kafka_error error = find_target(change, item, &target);
  if (error != KAFKA_NONE)
    return error;
  switch ((enum operation)item->config_operation) {
  case OPERATION_SET:
    return set(change, &target, value);
  case OPERATION_DELETE:
    unset(change, target.name);
    return KAFKA_NONE;
  case OPERATION_APPEND:
  case OPERATION_SUBTRACT:
    return change_list(change, &target, item->config_operation == OPERATION_APPEND, value);
  }
  change->why = wire_format(change->arena, "Unknown operations type %d", item->config_operation);
  return KAFKA_INVALID_REQUEST;
}

static bool names_one_twice(struct wire_arena *arena, const config_alteration *items, int32_t count)
{
  const bool *repeated = are_repeated(
      arena, (struct named_items){items, count, sizeof *items, offsetof(config_alteration, name)});
  for (int32_t i = 0; i < count; i++)
    if (repeated[i])
      return true;
  return false;
}

enum kafka_error config_change_apply(struct config_change *change, const struct headrace_pair *now,
                                     size_t now_count, const config_alteration *items,
                                     int32_t count)
{
  enum kafka_error error = KAFKA_NONE;
  change->why = "Error due to duplicate config keys";
  if (names_one_twice(change->arena, items, count))
    return KAFKA_INVALID_REQUEST;
  const char *fixed = change->of_topic ? NULL : fixed_names(change, items, count);
  if (fixed) {
    change->why =
        wire_format(change->arena, "Cannot update these configs dynamically: Set(%s)", fixed);
    return KAFKA_INVALID_REQUEST;
  }
  change->pairs = wire_alloc(change->arena, (now_count + (size_t)(count > 0 ? count : 0) + 1) *
                                                sizeof *change->pairs);
  for (size_t i = 0; i < now_count; i++)
    change->pairs[change->count++] = now[i];
  for (int32_t i = 0; i < count && error == KAFKA_NONE; i++)
    error = apply_one(change, &items[i]);
  return error;
}
