/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEADRACE_AVRO_TO_JSON_H
#define HEADRACE_AVRO_TO_JSON_H

#include "codec_avro.h"
#include "reading.h"

/* One record's key or value on its way. */
struct data {
  const struct headrace_host *host;
  struct headrace_batch *batch; /* whose memory has what does not lie in the record */
  struct builder *nested;
  struct avro_input input;
  char *room, *at; /* reserved, and how far it is used */
  size_t nothings; /* items without bytes so far */
  size_t nested_most;
  const char *error; /* a constant; NULL: none */
};

/* host, batch and nested are set; `bytes`: at least AVRO_HEAD of them, which are skipped. */
void data_begin(struct data *data, const struct headrace_value *bytes);
/* False: data->error. To be called after each data_begin(). */
bool data_end(struct data *data);

/* One value. `any`: see struct reading_slot. */
bool data_take(struct data *data, const struct reading *reading, bool any,
               struct json_value *value);
/* The members of a record. `parts_of`: the parts of this envelope go to its members; of its source
 * block only what is looked at. */
bool data_take_members(struct data *data, const struct reading *reading,
                       struct record_text *parts_of, struct json_fields *fields);

#endif
