/* SPDX-License-Identifier: Apache-2.0
 *
 * How data that was written with one schema is read as data of another (Avro 1.12 specification,
 * "Schema Resolution"), worked out once for a pair of schemas. */
#ifndef HEADRACE_AVRO_READING_H
#define HEADRACE_AVRO_READING_H

#include "json_read.h"
#include "schema.h"

struct reading;

struct reading_slot {            /* a field, as the writer wrote it */
  const struct reading *reading; /* NULL: the reader does not want it: skipped */
  const struct avro_type *writer;
  struct json_value name; /* the reader's */
  bool of_times;          /* an envelope's own times, which nobody looks at */
  bool of_origin;         /* a member of that name is looked at in a source block */
  bool any; /* of several types: its string has quotes, as all its values have in JSON */
};

struct reading_added { /* a field that only the reader has, with its default */
  struct json_value name, value;
};

struct reading {
  enum avro_kind kind; /* the writer's */
  const struct avro_type *writer;
  struct reading_slot *slots; /* of a record */
  size_t slot_count;
  struct reading_added *added; /* … and what else it has */
  size_t added_count;
  const struct reading **parts; /* a union's branches (NULL: the reader has none such), the items of
                                   an array, the values of a map: writer->count of them */
  const char **symbols;         /* of an enum: the reader's for each of the writer's; NULL: none */
  bool failed; /* the reader cannot have it, which was found after something had referred to it */
};

struct readings; /* all that one pair of schemas makes; refers to both, and owns the rest */

/* `reader` NULL: data is read as it was written. NULL: `error` says why it cannot be. */
struct readings *readings_new(const struct avro_type *writer, const struct avro_type *reader,
                              char error[AVRO_ERROR_MAX]);
void readings_free(struct readings *readings); /* NULL: nothing */
const struct reading *readings_top(const struct readings *readings);

#endif
