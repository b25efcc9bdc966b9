/* SPDX-License-Identifier: Apache-2.0 */
#include "flatten.h"

bool flatten_write(struct text_buffer *text, const struct envelope *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted, const char **error)
{
  text->size = 0;
  if (!envelope->fields.size) {
    flattened_row(text, &envelope->payload, row, additions, deleted);
    return true;
  }
  text_say(text, "{\"schema\":");
  if (!flattened_schema(text, &envelope->fields, additions, deleted)) {
    *error = "its schema has no field \"after\" that is a struct";
    return false;
  }
  text_say(text, ",\"payload\":");
  flattened_row(text, &envelope->payload, row, additions, deleted);
  text_say(text, "}");
  return true;
}
