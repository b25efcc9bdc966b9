/* SPDX-License-Identifier: Apache-2.0
 *
 * filter flatten: of a Debezium event the row alone, as Debezium's ExtractNewRecordState
 * (io.debezium.transforms, 3.3) leaves it. Works on the text: what it does not touch is the same
 * bytes as before. */
#ifndef HEADRACE_FLATTEN_H
#define HEADRACE_FLATTEN_H

#include "flattening.h"

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

/* ---- write.c: the row's text ------------------------------------------------------ */

/* The row with the additions behind it; `deleted`: NULL, or the text of __deleted. With a schema
 * if the event had one. False: `error` says what of it cannot be understood. */
bool flatten_write(struct text_buffer *text, const struct envelope *envelope,
                   const struct json_value *row, const struct additions *additions,
                   const char *deleted, const char **error);

#endif
