/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that write one value each (value_writer). `data` is the canonical text of the
 * value's type, or the bytes of a BINARY value; they return NULL if it is neither. */
#ifndef HEADRACE_CONNECT_WRITERS_H
#define HEADRACE_CONNECT_WRITERS_H

#include "connect_codec.h"

#define WRITER(name)                                                                               \
  char *name(char *out, const struct value_plan *plan, const char *data, size_t size)

/* scalar.c */
WRITER(write_verbatim); /* digits of an integer */
WRITER(write_string);
WRITER(write_plain_string); /* a text that needs no escapes */
WRITER(write_boolean);
WRITER(write_bit_boolean);
WRITER(write_bits);
WRITER(write_bytes);
WRITER(write_bytes_of_text);
WRITER(write_json);
WRITER(write_vector_text); /* int2vector, oidvector: "1 2" */

/* decimal.c */
WRITER(write_float);
struct numeric_text;
char *put_float(char *out, const struct numeric_text *number);
WRITER(write_number);
WRITER(write_decimal);
WRITER(write_variable_decimal);
WRITER(write_decimal_text);
WRITER(write_decimal_double);

/* time.c */
WRITER(write_date);
WRITER(write_date_iso);
WRITER(write_time_ms);
WRITER(write_time_us);
WRITER(write_time_ns);
WRITER(write_time_iso);
WRITER(write_timestamp_ms);
WRITER(write_timestamp_us);
WRITER(write_timestamp_ns);
WRITER(write_timestamp_iso);
WRITER(write_timestamptz);
WRITER(write_timetz);
WRITER(write_interval_us);
WRITER(write_interval_iso);

/* structured.c */
WRITER(write_hstore_text);
WRITER(write_hstore_map);
WRITER(write_point);

/* name_uuid.c: 36 letters, without quotes */
char *write_name_uuid(char *out, const char *name, size_t size);

/* array.c */
WRITER(write_array);

#endif
