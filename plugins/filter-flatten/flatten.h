/* SPDX-License-Identifier: Apache-2.0
 *
 * filter flatten: of a Debezium event the row alone, as Debezium's ExtractNewRecordState
 * (io.debezium.transforms, 3.3) leaves it. Works on the text: what it does not touch is the same
 * bytes as before. */
#ifndef HEADRACE_FLATTEN_H
#define HEADRACE_FLATTEN_H

#include "json_read.h"
#include "text_buffer.h"

#include <headrace/plugin.h>

/* ---- envelope.c: what an event is --------------------------------------------- */

enum shape {
  SHAPE_MALFORMED, /* not JSON: `error` says why */
  SHAPE_OTHER,     /* a heartbeat, the end of a transaction, a message, anything */
  SHAPE_ROW,
  SHAPE_TRUNCATE
};

struct envelope {
  struct json_value payload; /* the envelope itself */
  struct json_value fields;  /* its schema's; size 0: there is no schema */
  struct json_value op, before, after, source;
  const char *error;
};

enum shape envelope_read(const struct headrace_value *value, struct envelope *envelope);

/* The member of that name, of an object that was read before. False: there is none. */
bool member(const struct json_value *object, const char *name, struct json_value *value);
/* Of a struct's fields, the one of that name. */
bool field_of(const struct json_value *fields, const char *name, struct json_value *field);

/* ---- what is added --------------------------------------------------------------- */

struct addition {
  char *part; /* of the envelope that has it: "source", "transaction"; NULL: itself */
  char *field;
  char *name; /* with its prefix */
};

struct additions {
  struct addition *items;
  size_t count;
};

/* The value; false: the event has no such field, or it is null. */
bool addition_value(const struct addition *addition, const struct envelope *envelope,
                    struct json_value *value);

/* ---- write.c: the row's text ------------------------------------------------------ */

/* The row with the additions behind it; `deleted`: NULL, or the text of __deleted. With a schema
 * if the event had one. False: `error` says what of it cannot be understood. */
bool flatten_write(struct text_buffer *text, const struct envelope *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted, const char **error);

#endif
