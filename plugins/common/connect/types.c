/* SPDX-License-Identifier: Apache-2.0
 *
 * Which function writes which type, and what stands for a value that did not come. Names of
 * schemas and zeros are those that Debezium 3.3 sends (docs/debezium-compatibility.md). */
#include "connect_writers.h"

#include <stdio.h>
#include <stdlib.h>

/* What a value is in Kafka Connect's terms: decides how the placeholder looks. */
enum shape { SHAPE_STRING, SHAPE_BYTES, SHAPE_INTEGER, SHAPE_FLOAT, SHAPE_VARIABLE, SHAPE_OTHER };

struct form {
  value_writer write;
  uint16_t fixed, growth; /* see struct value_plan */
  bool escaped;
  uint8_t shape;
  const char *zero;
  const char *schema_type; /* after "type": */
  const char *schema_name; /* NULL: none */
};

#define QUOTES  2
#define ESCAPED JSON_ESCAPE_GROWTH, true

#define EPOCH_ZONED "\"1970-01-01T00:00:00Z\""
#define POINT_FIELDS                                                                               \
  "\"struct\",\"fields\":[{\"type\":\"double\",\"optional\":false,\"field\":\"x\"},"               \
  "{\"type\":\"double\",\"optional\":false,\"field\":\"y\"},"                                      \
  "{\"type\":\"bytes\",\"optional\":true,\"field\":\"wkb\"},"                                      \
  "{\"type\":\"int32\",\"optional\":true,\"field\":\"srid\"}]"
#define VARIABLE_FIELDS                                                                            \
  "\"struct\",\"fields\":[{\"type\":\"int32\",\"optional\":false,\"field\":\"scale\"},"            \
  "{\"type\":\"bytes\",\"optional\":false,\"field\":\"value\"}]"
#define MAP_FIELDS                                                                                 \
  "\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"                                     \
  "\"values\":{\"type\":\"string\",\"optional\":true}"

static const struct form text_form = {write_string, QUOTES,       ESCAPED, SHAPE_STRING,
                                      "\"\"",       "\"string\"", NULL};
static const struct form plain_form = {write_plain_string, QUOTES, 1, false, SHAPE_STRING, "\"\"",
                                       "\"string\"",       NULL};

static const struct form scalar_forms[] = {
    [HEADRACE_TYPE_OTHER] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                             NULL},
    [HEADRACE_TYPE_BOOL] = {write_boolean, 5, 1, false, SHAPE_OTHER, "false", "\"boolean\"", NULL},
    [HEADRACE_TYPE_INT16] = {write_verbatim, 0, 1, false, SHAPE_INTEGER, "0", "\"int16\"", NULL},
    [HEADRACE_TYPE_INT32] = {write_verbatim, 0, 1, false, SHAPE_INTEGER, "0", "\"int32\"", NULL},
    [HEADRACE_TYPE_INT64] = {write_verbatim, 0, 1, false, SHAPE_INTEGER, "0", "\"int64\"", NULL},
    [HEADRACE_TYPE_OID] = {write_verbatim, 0, 1, false, SHAPE_INTEGER, "0", "\"int64\"", NULL},
    [HEADRACE_TYPE_FLOAT32] = {write_float, 16, 1, false, SHAPE_FLOAT, "0.0", "\"float\"", NULL},
    [HEADRACE_TYPE_FLOAT64] = {write_float, 16, 1, false, SHAPE_FLOAT, "0.0", "\"double\"", NULL},
    [HEADRACE_TYPE_TEXT] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                            NULL},
    [HEADRACE_TYPE_BYTES] = {write_bytes, 8, 2, false, SHAPE_BYTES, "\"\"", "\"bytes\"", NULL},
    [HEADRACE_TYPE_UUID] = {write_plain_string, QUOTES, 1, false, SHAPE_STRING, "\"\"",
                            "\"string\"", "io.debezium.data.Uuid"},
    [HEADRACE_TYPE_JSON] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                            "io.debezium.data.Json"},
    [HEADRACE_TYPE_XML] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                           "io.debezium.data.Xml"},
    [HEADRACE_TYPE_ENUM] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                            "io.debezium.data.Enum"},
    [HEADRACE_TYPE_BIT] = {write_bits, 8, 1, false, SHAPE_BYTES, "\"\"", "\"bytes\"",
                           "io.debezium.data.Bits"},
    [HEADRACE_TYPE_INET] = {write_plain_string, QUOTES, 1, false, SHAPE_STRING, "\"\"",
                            "\"string\"", NULL},
    [HEADRACE_TYPE_RANGE] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                             NULL},
    [HEADRACE_TYPE_COMPOSITE] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                                 NULL},
    [HEADRACE_TYPE_LTREE] = {write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"",
                             "io.debezium.data.Ltree"},
    [HEADRACE_TYPE_TIMETZ] = {write_timetz, 24, 1, false, SHAPE_STRING, "\"00:00:00Z\"",
                              "\"string\"", "io.debezium.time.ZonedTime"},
    [HEADRACE_TYPE_TIMESTAMPTZ] = {write_timestamptz, 48, 1, false, SHAPE_STRING, EPOCH_ZONED,
                                   "\"string\"", "io.debezium.time.ZonedTimestamp"},
    [HEADRACE_TYPE_POINT] = {write_point, 128, 2, false, SHAPE_OTHER,
                             "{\"x\":0.0,\"y\":0.0,\"wkb\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAA\","
                             "\"srid\":null}",
                             POINT_FIELDS, "io.debezium.data.geometry.Point"},
    [HEADRACE_TYPE_HSTORE] = {write_hstore_text, 16, 2 * JSON_ESCAPE_GROWTH, false, SHAPE_STRING,
                              "\"{}\"", "\"string\"", "io.debezium.data.Json"},
};

/* By enum time_mode; the adaptive modes are taken apart below. */
static const struct form date_forms[] = {
    [TIME_ADAPTIVE] = {write_date, 12, 0, false, SHAPE_INTEGER, "0", "\"int32\"",
                       "io.debezium.time.Date"},
    [TIME_CONNECT] = {write_date, 12, 0, false, SHAPE_INTEGER, "0", "\"int32\"",
                      "org.apache.kafka.connect.data.Date"},
    [TIME_ISOSTRING] = {write_date_iso, 16, 1, false, SHAPE_STRING, "\"1970-01-01Z\"", "\"string\"",
                        "io.debezium.time.IsoDate"},
};
static const struct form time_forms[] = {
    [TIME_ADAPTIVE] = {write_time_ms, 20, 0, false, SHAPE_INTEGER, "0", "\"int32\"",
                       "io.debezium.time.Time"},
    [TIME_CONNECT] = {write_time_ms, 20, 0, false, SHAPE_INTEGER, "0", "\"int32\"",
                      "org.apache.kafka.connect.data.Time"},
    [TIME_ISOSTRING] = {write_time_iso, 24, 1, false, SHAPE_STRING, "\"00:00:00Z\"", "\"string\"",
                        "io.debezium.time.IsoTime"},
    [TIME_MICROSECONDS] = {write_time_us, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                           "io.debezium.time.MicroTime"},
    [TIME_NANOSECONDS] = {write_time_ns, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                          "io.debezium.time.NanoTime"},
};
static const struct form timestamp_forms[] = {
    [TIME_ADAPTIVE] = {write_timestamp_ms, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                       "io.debezium.time.Timestamp"},
    [TIME_CONNECT] = {write_timestamp_ms, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                      "org.apache.kafka.connect.data.Timestamp"},
    [TIME_ISOSTRING] = {write_timestamp_iso, 40, 1, false, SHAPE_STRING, "\"1970-01-01T00:00:00Z\"",
                        "\"string\"", "io.debezium.time.IsoTimestamp"},
    [TIME_MICROSECONDS] = {write_timestamp_us, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                           "io.debezium.time.MicroTimestamp"},
    [TIME_NANOSECONDS] = {write_timestamp_ns, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                          "io.debezium.time.NanoTimestamp"},
};

static const struct form interval_forms[] = {
    [INTERVAL_NUMERIC] = {write_interval_us, 20, 0, false, SHAPE_INTEGER, "0", "\"int64\"",
                          "io.debezium.time.MicroDuration"},
    [INTERVAL_STRING] = {write_interval_iso, 96, 1, false, SHAPE_STRING, "\"P0Y0M0DT0H0M0S\"",
                         "\"string\"", "io.debezium.time.Interval"},
};

/* Unscaled bytes take at most half a byte per digit, and 4/3 of that in base64; a scale may ask
 * for zeros that the text does not have (bounded in decimal.c). */
#define DECIMAL_ROOM 64
static const struct form decimal_form = {
    write_decimal, DECIMAL_ROOM, 1,           false,
    SHAPE_BYTES,   "\"AA==\"",   "\"bytes\"", "org.apache.kafka.connect.data.Decimal"};
static const struct form variable_form = {write_variable_decimal,
                                          DECIMAL_ROOM,
                                          1,
                                          false,
                                          SHAPE_VARIABLE,
                                          "{\"scale\":0,\"value\":\"AA==\"}",
                                          VARIABLE_FIELDS,
                                          "io.debezium.data.VariableScaleDecimal"};
static const struct form decimal_text_form = {
    write_decimal_text, 24, 1, false, SHAPE_STRING, "\"0\"", "\"string\"", NULL};
static const struct form decimal_double_form = {
    write_decimal_double, 40, 1, false, SHAPE_OTHER, "0.0", "\"double\"", NULL};

static const struct form hstore_map_form = {write_hstore_map, 16,  ESCAPED, SHAPE_STRING, "{}",
                                            MAP_FIELDS,       NULL};
static const struct form bit_boolean_form = {write_bit_boolean, 5,   1, false, SHAPE_OTHER, "false",
                                             "\"boolean\"",     NULL};
static const struct form vector16_form = {
    write_vector_text,
    2,
    1,
    false,
    SHAPE_INTEGER,
    "[]",
    "\"array\",\"items\":{\"type\":\"int16\",\"optional\":false}",
    NULL};
static const struct form vector64_form = {
    write_vector_text,
    2,
    1,
    false,
    SHAPE_INTEGER,
    "[]",
    "\"array\",\"items\":{\"type\":\"int64\",\"optional\":false}",
    NULL};
static const struct form tsvector_form = {
    write_string, QUOTES, ESCAPED, SHAPE_STRING, "\"\"", "\"string\"", "io.debezium.data.Tsvector"};

/* format=envelope and format=plain: JSON's own types, nothing lost. */
static const struct form number_form = {write_number, QUOTES,       1,   false, SHAPE_OTHER,
                                        "0",          "\"double\"", NULL};
static const struct form raw_json_form = {write_json,   0,   1, false, SHAPE_STRING, "null",
                                          "\"string\"", NULL};
static const struct form date_text_form = {write_date_iso,   16,           1,   false, SHAPE_STRING,
                                           "\"1970-01-01\"", "\"string\"", NULL};
static const struct form time_text_form = {write_time_iso, 24,           1,   false, SHAPE_STRING,
                                           "\"00:00:00\"", "\"string\"", NULL};

static const struct form bytes_of_text_form = {write_bytes_of_text, 8,      2,           false,
                                               SHAPE_BYTES,         "\"\"", "\"bytes\"", NULL};
static const struct form array_form = {write_array, 2, 1, false, SHAPE_OTHER, "[]", NULL, NULL};

enum {
  OID_INT2VECTOR = 22,
  OID_OIDVECTOR = 30,
  OID_TSVECTOR = 3614,
  OID_TSVECTOR_ARRAY = 3643
}; /* pg_type.dat */

static const struct form *decimal_kind(const struct value_plan *plan, const struct options *options)
{
  if (options->decimal == DECIMAL_STRING)
    return &decimal_text_form;
  if (options->decimal == DECIMAL_DOUBLE)
    return &decimal_double_form;
  return plan->scale_known ? &decimal_form : &variable_form;
}

static const struct form *time_kind(const struct form forms[], const struct value_plan *plan,
                                    enum time_mode mode)
{
  bool milliseconds = plan->scale >= 0 && plan->scale <= 3;
  if (mode == TIME_ADAPTIVE_MICROSECONDS)
    mode = forms == timestamp_forms ? TIME_ADAPTIVE : TIME_MICROSECONDS;
  if (mode == TIME_ADAPTIVE && !milliseconds)
    mode = TIME_MICROSECONDS;
  return &forms[mode];
}

static const struct form *date_kind(enum time_mode mode)
{
  return &date_forms[mode == TIME_CONNECT || mode == TIME_ISOSTRING ? mode : TIME_ADAPTIVE];
}

static const struct form *other_kind(uint32_t type_id)
{
  switch (type_id) {
  case OID_INT2VECTOR:
    return &vector16_form;
  case OID_OIDVECTOR:
    return &vector64_form;
  case OID_TSVECTOR:
  case OID_TSVECTOR_ARRAY:
    return &tsvector_form;
  default:
    return &text_form;
  }
}

/* The types whose form does not depend on a mode come from scalar_forms. */
static const struct form *natural_kind(const struct value_plan *plan)
{
  switch (plan->type) {
  case HEADRACE_TYPE_NUMERIC:
  case HEADRACE_TYPE_MONEY:
    return &number_form;
  case HEADRACE_TYPE_JSON:
    return &raw_json_form;
  case HEADRACE_TYPE_HSTORE:
    return &hstore_map_form;
  case HEADRACE_TYPE_DATE:
    return &date_text_form;
  case HEADRACE_TYPE_TIME:
    return &time_text_form;
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
    return &timestamp_forms[TIME_ISOSTRING];
  case HEADRACE_TYPE_BIT:
  case HEADRACE_TYPE_INTERVAL:
  case HEADRACE_TYPE_TIMETZ:
  case HEADRACE_TYPE_POINT:
    return &plain_form;
  case HEADRACE_TYPE_OTHER:
    return other_kind(plan->type_id);
  default:
    return &scalar_forms[plan->type];
  }
}

static const struct form *debezium_kind(const struct value_plan *plan,
                                        const struct options *options)
{
  switch (plan->type) {
  case HEADRACE_TYPE_NUMERIC:
  case HEADRACE_TYPE_MONEY:
    return decimal_kind(plan, options);
  case HEADRACE_TYPE_DATE:
    return date_kind(options->time);
  case HEADRACE_TYPE_TIME:
    return time_kind(time_forms, plan, options->time);
  case HEADRACE_TYPE_TIMESTAMP:
    return time_kind(timestamp_forms, plan, options->time);
  case HEADRACE_TYPE_INTERVAL:
    return &interval_forms[options->interval];
  case HEADRACE_TYPE_HSTORE:
    return options->hstore == HSTORE_MAP ? &hstore_map_form : &scalar_forms[HEADRACE_TYPE_HSTORE];
  case HEADRACE_TYPE_BIT:
    return plan->length == 1 ? &bit_boolean_form : &scalar_forms[HEADRACE_TYPE_BIT];
  case HEADRACE_TYPE_OTHER:
    return other_kind(plan->type_id);
  default:
    return &scalar_forms[plan->type];
  }
}

/* ---- what stands for a value that did not come -------------------------- */

static struct text codes_text(const struct options *options, bool floating)
{
  struct text text = text_print("[%*s", (int)(options->unavailable_size * 6 + 2), "");
  char *out = text.data + 1;
  for (size_t i = 0; i < options->unavailable_size; i++) {
    if (i)
      *out++ = ',';
    out = json_unsigned(out, (unsigned char)options->unavailable[i]);
    if (floating)
      out = json_copy(out, ".0", 2);
  }
  *out++ = ']';
  text.size = (size_t)(out - text.data);
  return text;
}

static struct text bytes_text(const struct value_plan *plan, const struct options *options)
{
  struct text text = text_print("\"%*s", (int)(2 * options->unavailable_size + 8), "");
  char *out = text.data + 1;
  out = plan->hexadecimal
            ? json_hex(out, options->unavailable, options->unavailable_size)
            : json_base64(out, options->unavailable, options->unavailable_size, plan->alphabet);
  *out++ = '"';
  text.size = (size_t)(out - text.data);
  return text;
}

static struct text scalar_placeholder(const struct value_plan *plan, const struct form *form,
                                      const struct options *options)
{
  struct text bytes, text, map;
  switch (form->shape) {
  case SHAPE_STRING:
    text = text_json(options->unavailable, options->unavailable_size);
    if (form->write != write_hstore_text && form->write != write_hstore_map)
      return text;
    map = text_print("{%s:%s}", text.data, text.data);
    text_free(&text);
    if (form->write == write_hstore_map)
      return map;
    text = text_json(map.data, map.size);
    text_free(&map);
    return text;
  case SHAPE_BYTES: /* where bytes are text to Connect the placeholder is text, too */
    if (plan->type == HEADRACE_TYPE_BYTES && options->binary != BINARY_BYTES)
      return text_json(options->unavailable, options->unavailable_size);
    return bytes_text(plan, options);
  case SHAPE_VARIABLE:
    bytes = bytes_text(plan, options);
    text = text_print("{\"scale\":0,\"value\":%.*s}", (int)bytes.size, bytes.data);
    text_free(&bytes);
    return text;
  default:
    return text_print("null");
  }
}

static struct text zero_text(const struct value_plan *plan, const struct form *form)
{
  if (form != &decimal_text_form || !plan->scale_known || plan->scale <= 0)
    return text_print("%s", form->zero);
  return text_print("\"0.%0*d\"", plan->scale, 0);
}

static struct text array_placeholder(const struct value_plan *element, const struct form *form,
                                     const struct options *options)
{
  if (form->shape == SHAPE_INTEGER || form->shape == SHAPE_FLOAT)
    return codes_text(options, form->shape == SHAPE_FLOAT);
  if (form->shape == SHAPE_OTHER)
    return text_print("null");
  if (element->type == HEADRACE_TYPE_UUID) {
    char uuid[36];
    write_name_uuid(uuid, options->unavailable, options->unavailable_size);
    return text_print("[\"%.36s\"]", uuid);
  }
  struct text one = scalar_placeholder(element, form, options);
  struct text text = text_print("[%.*s]", (int)one.size, one.data);
  text_free(&one);
  return text;
}

/* ---- plans -------------------------------------------------------------- */

static struct text allowed_labels(const struct headrace_column *column)
{
  struct text text = text_print("%s", "");
  for (const char *const *label = column->labels; label && *label; label++) {
    struct text longer = text_print("%s%s%s", text.data, text.size ? "," : "", *label);
    text_free(&text);
    text = longer;
  }
  struct text json = text_json(text.data, text.size);
  text_free(&text);
  return json;
}

static struct text schema_parameters(const struct value_plan *plan,
                                     const struct headrace_column *column, const struct form *form)
{
  if (form->write == write_variable_decimal)
    return text_print(",\"doc\":\"Variable scaled decimal\"");
  if (form->write == write_point)
    return text_print(",\"doc\":\"Geometry (POINT)\"");
  if (form->write == write_decimal && plan->type == HEADRACE_TYPE_MONEY)
    return text_print(",\"parameters\":{\"scale\":\"2\"}");
  if (form->write == write_decimal)
    return text_print(",\"parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}",
                      plan->scale, column->precision);
  if (form->write == write_bits)
    return text_print(",\"parameters\":{\"length\":\"%d\"}",
                      plan->length < 0 ? INT32_MAX : plan->length);
  if (plan->type != HEADRACE_TYPE_ENUM)
    return text_print("%s", "");
  struct text labels = allowed_labels(column);
  struct text text =
      text_print(",\"parameters\":{\"allowed\":%.*s}", (int)labels.size, labels.data);
  text_free(&labels);
  return text;
}

static void plan_schema(struct value_plan *plan, const struct headrace_column *column,
                        const struct form *form, enum binary_mode binary)
{
  /* In the other modes than bytes, bytea is text to Connect. */
  bool bytes_as_text = form->write == write_bytes || form->write == write_bytes_of_text;
  plan->schema_type =
      text_print("%s", bytes_as_text && binary != BINARY_BYTES ? "\"string\"" : form->schema_type);
  if (!form->schema_name) {
    plan->schema_name = text_print("%s", "");
    return;
  }
  struct text parameters = schema_parameters(plan, column, form);
  plan->schema_name = text_print(",\"name\":\"%s\",\"version\":1%.*s", form->schema_name,
                                 (int)parameters.size, parameters.data);
  text_free(&parameters);
}

static void plan_bytes(struct value_plan *plan, const struct options *options)
{
  /* Bits and decimals are Connect's bytes whatever the mode: always base64. */
  bool modal = plan->type == HEADRACE_TYPE_BYTES || plan->type == HEADRACE_TYPE_OTHER;
  plan->hexadecimal = modal && options->binary == BINARY_HEX;
  plan->alphabet = modal && options->binary == BINARY_BASE64_URL_SAFE ? JSON_BASE64_URL_SAFE
                                                                      : JSON_BASE64_STANDARD;
}

static const struct form *plan_form(struct value_plan *plan, const struct headrace_column *column,
                                    uint16_t type, const struct options *options,
                                    struct scratch *scratch)
{
  plan->type = type < sizeof scalar_forms / sizeof *scalar_forms ? type : HEADRACE_TYPE_OTHER;
  plan->type_id = column->type_id;
  plan->scale = plan->type == HEADRACE_TYPE_MONEY ? 2 : column->scale;
  plan->length = column->precision;
  plan->scale_known = plan->type == HEADRACE_TYPE_MONEY || column->precision >= 0;
  plan->scratch = scratch;
  plan_bytes(plan, options);
  const struct form *form = options->natural ? natural_kind(plan) : debezium_kind(plan, options);
  plan->zoneless = form == &date_text_form || form == &time_text_form;
  plan->write = form->write;
  /* A decimal may get zeros up to its scale. */
  plan->fixed =
      form->fixed + (form == &decimal_form && plan->scale > 0 ? (uint32_t)plan->scale : 0);
  plan->growth = form->growth;
  plan->escaped = form->escaped;
  return form;
}

enum { FIRST_USER_TYPE = 16384, OID_NAME_ARRAY = 1003, OID_VARBIT_ARRAY = 1563 };

/* What Debezium 3.3 leaves out of its records, unless include.unknown.datatypes is set. */
static bool scalar_is_known(const struct headrace_column *column)
{
  switch (column->type) {
  case HEADRACE_TYPE_COMPOSITE:
    return false;
  case HEADRACE_TYPE_RANGE:
    return column->type_id < FIRST_USER_TYPE;
  case HEADRACE_TYPE_OTHER:
    return other_kind(column->type_id) != &text_form;
  default:
    return true;
  }
}

static bool array_is_known(const struct headrace_column *column)
{
  switch (column->element_type) {
  case HEADRACE_TYPE_OTHER:
    return column->type_id == OID_TSVECTOR_ARRAY;
  case HEADRACE_TYPE_COMPOSITE:
  case HEADRACE_TYPE_MONEY:
  case HEADRACE_TYPE_INTERVAL:
  case HEADRACE_TYPE_XML:
  case HEADRACE_TYPE_POINT:
    return false;
  case HEADRACE_TYPE_ENUM:
  case HEADRACE_TYPE_HSTORE:
  case HEADRACE_TYPE_LTREE:
    return true;
  case HEADRACE_TYPE_TEXT:
    return column->type_id != OID_NAME_ARRAY;
  default: /* arrays of domains are not known to it */
    return column->type_id < FIRST_USER_TYPE && column->type_id != OID_VARBIT_ARRAY;
  }
}

/* The value's text as bytes, whatever its type is. */
static const struct form *plan_bytes_of_text(struct value_plan *plan,
                                             const struct headrace_column *column,
                                             const struct options *options, struct scratch *scratch)
{
  plan_form(plan, column, HEADRACE_TYPE_OTHER, options, scratch);
  plan->write = bytes_of_text_form.write;
  plan->fixed = bytes_of_text_form.fixed;
  plan->growth = bytes_of_text_form.growth;
  plan->escaped = bytes_of_text_form.escaped;
  return &bytes_of_text_form;
}

static void init_scalar(struct value_plan *plan, const struct headrace_column *column,
                        const struct options *options, struct scratch *scratch, bool as_bytes)
{
  const struct form *form = as_bytes ? plan_bytes_of_text(plan, column, options, scratch)
                                     : plan_form(plan, column, column->type, options, scratch);
  plan->unavailable = scalar_placeholder(plan, form, options);
  plan->zero = zero_text(plan, form);
  plan_schema(plan, column, form, options->binary);
}

static void init_array(struct value_plan *plan, const struct headrace_column *column,
                       const struct options *options, struct scratch *scratch, bool as_bytes)
{
  struct value_plan *element = calloc(1, sizeof *element);
  if (!element)
    abort();
  const struct form *form =
      as_bytes ? plan_bytes_of_text(element, column, options, scratch)
               : plan_form(element, column, column->element_type, options, scratch);
  plan_schema(element, column, form, options->binary);
  element->element_required =
      as_bytes || column->element_type == HEADRACE_TYPE_ENUM || form == &tsvector_form;
  plan->type = HEADRACE_TYPE_ARRAY;
  plan->type_id = column->type_id;
  plan->element = element;
  plan->scratch = scratch;
  plan->write = array_form.write;
  plan->fixed = array_form.fixed;
  plan->growth = array_form.growth;
  plan->unavailable = array_placeholder(element, form, options);
  plan->zero = text_print("%s", array_form.zero);
  plan->schema_type =
      text_print("\"array\",\"items\":{\"type\":%s,\"optional\":%s%s}", element->schema_type.data,
                 element->element_required ? "false" : "true", element->schema_name.data);
  plan->schema_name = text_print("%s", "");
}

bool value_plan_init(struct value_plan *plan, const struct headrace_column *column,
                     const struct options *options, struct scratch *scratch)
{
  bool is_array = column->type == HEADRACE_TYPE_ARRAY;
  bool known = is_array ? array_is_known(column) : scalar_is_known(column);
  bool as_bytes = !known && options->unknown_types == UNKNOWN_BYTES && !options->natural;
  if (is_array)
    init_array(plan, column, options, scratch, as_bytes);
  else
    init_scalar(plan, column, options, scratch, as_bytes);
  return known;
}

void value_plan_clear(struct value_plan *plan)
{
  if (plan->element) {
    value_plan_clear(plan->element);
    free(plan->element);
  }
  text_free(&plan->unavailable);
  text_free(&plan->zero);
  text_free(&plan->schema_type);
  text_free(&plan->schema_name);
}
