/* SPDX-License-Identifier: Apache-2.0 */
#include "flatten.h"

/* {"schema":…,"payload":…}: the payload is the event. */
static void unwrap(struct envelope *envelope)
{
  struct json_value schema, payload;
  if (!flattening_member(&envelope->payload, "schema", &schema) ||
      !flattening_member(&envelope->payload, "payload", &payload))
    return;
  if (schema.kind != JSON_OBJECT || !flattening_member(&schema, "fields", &envelope->fields))
    envelope->fields = (struct json_value){0};
  envelope->payload = payload;
}

static bool read_members(struct envelope *envelope)
{
  const struct {
    const char *name;
    struct json_value *value;
  } wanted[] = {{"op", &envelope->op},
                {"before", &envelope->before},
                {"after", &envelope->after},
                {"source", &envelope->source}};
  struct json_reader reader;
  struct json_value name, value;
  json_read_begin(&reader, envelope->payload.data, envelope->payload.size);
  if (!json_read_value(&reader, &value) || value.kind != JSON_OBJECT)
    return false;
  while (json_next_member(&reader, &name)) {
    if (!json_read_whole(&reader, &value))
      return false;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
      if (json_is(&name, wanted[i].name))
        *wanted[i].value = value;
  }
  return !reader.error;
}

enum shape envelope_read(const struct headrace_value *value, struct envelope *envelope)
{
  *envelope = (struct envelope){0};
  struct json_reader reader;
  json_read_begin(&reader, value->data, value->size);
  if (!json_read_whole(&reader, &envelope->payload) || !json_read_end(&reader)) {
    envelope->error = reader.error;
    return SHAPE_MALFORMED;
  }
  unwrap(envelope);
  if (envelope->payload.kind != JSON_OBJECT || !read_members(envelope))
    return SHAPE_OTHER;
  if (envelope->op.kind != JSON_STRING || envelope->source.kind != JSON_OBJECT)
    return SHAPE_OTHER;
  if (json_is(&envelope->op, "t"))
    return SHAPE_TRUNCATE;
  bool row = envelope->after.kind == JSON_OBJECT || envelope->before.kind == JSON_OBJECT;
  return row && envelope->op.size == 1 ? SHAPE_ROW : SHAPE_OTHER;
}
