/* SPDX-License-Identifier: Apache-2.0
 *
 * Which column a field's schema makes, and which function reads its values. What the schema does
 * not say may be in the parameters that Debezium's column.propagate.source.type adds. */
#include "connect_typed.h"

#include <stdlib.h>

#define DEBEZIUM "io.debezium."
#define CONNECT  "org.apache.kafka.connect.data."

/* ---- by the schema ------------------------------------------------------ */

struct reading {
  const char *name; /* after DEBEZIUM or CONNECT */
  uint16_t logical;
  typed_reader read;
  const char *type_name; /* NULL: none */
  enum temporal_unit unit;
  int8_t scale; /* fraction digits of the column; -1: not known */
};

#define T(name) HEADRACE_TYPE_##name

static const struct reading connect_readings[] = {
    {"Decimal", T(NUMERIC), read_decimal, NULL, 0, -1},
    {"Date", T(DATE), read_date, NULL, 0, -1},
    {"Time", T(TIME), read_time, NULL, TEMPORAL_MILLISECONDS, 3},
    {"Timestamp", T(TIMESTAMP), read_timestamp, NULL, TEMPORAL_MILLISECONDS, 3},
    {NULL, 0, NULL, NULL, 0, 0},
};

static const struct reading debezium_readings[] = {
    {"data.VariableScaleDecimal", T(NUMERIC), read_variable_decimal, NULL, 0, -1},
    {"data.Bits", T(BIT), read_bits, NULL, 0, -1},
    {"data.Json", T(JSON), read_text, NULL, 0, -1},
    {"data.Xml", T(XML), read_text, NULL, 0, -1},
    {"data.Uuid", T(UUID), read_text, NULL, 0, -1},
    {"data.Ltree", T(LTREE), read_text, NULL, 0, -1},
    {"data.Tsvector", T(OTHER), read_text, "tsvector", 0, -1},
    {"data.TsVector", T(OTHER), read_text, "tsvector", 0, -1},
    {"data.Enum", T(ENUM), read_text, NULL, 0, -1},
    {"data.EnumSet", T(ARRAY), read_label_set, "text[]", 0, -1},
    {"data.DoubleVector", T(OTHER), read_vector, "vector", 0, -1},
    {"data.FloatVector", T(OTHER), read_vector, "halfvec", 0, -1},
    {"data.SparseDoubleVector", T(OTHER), read_sparse_vector, "sparsevec", 0, -1},
    {"data.geometry.Point", T(POINT), read_point, NULL, 0, -1},
    {"data.geometry.Circle", T(OTHER), read_circle, "circle", 0, -1},
    {"data.geometry.Line", T(OTHER), read_line, "line", 0, -1},
    {"data.geometry.Geometry", T(OTHER), read_geometry, "geometry", 0, -1},
    {"data.geometry.Geography", T(OTHER), read_geometry, "geography", 0, -1},
    {"time.Date", T(DATE), read_date, NULL, 0, -1},
    {"time.Time", T(TIME), read_time, NULL, TEMPORAL_MILLISECONDS, 3},
    {"time.MicroTime", T(TIME), read_time, NULL, TEMPORAL_MICROSECONDS, -1},
    {"time.NanoTime", T(TIME), read_time, NULL, TEMPORAL_NANOSECONDS, -1},
    {"time.ZonedTime", T(TIMETZ), read_iso_timetz, NULL, 0, -1},
    {"time.Timestamp", T(TIMESTAMP), read_timestamp, NULL, TEMPORAL_MILLISECONDS, 3},
    {"time.MicroTimestamp", T(TIMESTAMP), read_timestamp, NULL, TEMPORAL_MICROSECONDS, -1},
    {"time.NanoTimestamp", T(TIMESTAMP), read_timestamp, NULL, TEMPORAL_NANOSECONDS, -1},
    {"time.ZonedTimestamp", T(TIMESTAMPTZ), read_iso_timestamptz, NULL, 0, -1},
    {"time.Year", T(INT32), read_integer, NULL, 0, -1},
    {"time.MicroDuration", T(INTERVAL), read_duration, NULL, TEMPORAL_MICROSECONDS, -1},
    {"time.NanoDuration", T(INTERVAL), read_duration, NULL, TEMPORAL_NANOSECONDS, -1},
    {"time.Interval", T(INTERVAL), read_iso_interval, NULL, 0, -1},
    {"time.IsoDate", T(DATE), read_iso_date, NULL, 0, -1},
    {"time.IsoTime", T(TIME), read_iso_time, NULL, 0, -1},
    {"time.IsoTimestamp", T(TIMESTAMP), read_iso_timestamp, NULL, 0, -1},
    {"time.StructuredDate", T(DATE), read_date_parts, NULL, 0, -1},
    {"time.StructuredTime", T(TIME), read_time_parts, NULL, 0, -1},
    {"time.StructuredTimestamp", T(TIMESTAMP), read_timestamp_parts, NULL, 0, -1},
    {"time.StructuredZonedTime", T(TIMETZ), read_timetz_parts, NULL, 0, -1},
    {"time.StructuredZonedTimestamp", T(TIMESTAMPTZ), read_timestamptz_parts, NULL, 0, -1},
    {"time.StructuredDuration", T(INTERVAL), read_interval_parts, NULL, 0, -1},
    {NULL, 0, NULL, NULL, 0, 0},
};

static const struct reading plain_readings[] = {
    [CONNECT_NONE] = {"", T(UNTYPED), read_untyped, NULL, 0, -1},
    [CONNECT_INT8] = {"", T(INT16), read_integer, NULL, 0, -1},
    [CONNECT_INT16] = {"", T(INT16), read_integer, NULL, 0, -1},
    [CONNECT_INT32] = {"", T(INT32), read_integer, NULL, 0, -1},
    [CONNECT_INT64] = {"", T(INT64), read_integer, NULL, 0, -1},
    [CONNECT_FLOAT32] = {"", T(FLOAT32), read_float, NULL, 0, -1},
    [CONNECT_FLOAT64] = {"", T(FLOAT64), read_float, NULL, 0, -1},
    [CONNECT_BOOLEAN] = {"", T(BOOL), read_boolean, NULL, 0, -1},
    [CONNECT_STRING] = {"", T(TEXT), read_text, NULL, 0, -1},
    [CONNECT_BYTES] = {"", T(BYTES), read_bytes, NULL, 0, -1},
    [CONNECT_ARRAY] = {"", T(ARRAY), read_array, NULL, 0, -1},
    [CONNECT_MAP] = {"", T(JSON), read_json, NULL, 0, -1},
    [CONNECT_STRUCT] = {"", T(JSON), read_json, NULL, 0, -1},
};

static const struct reading hstore_reading = {"", T(HSTORE), read_hstore_map, NULL, 0, -1};
static const struct reading untyped_reading = {"", T(UNTYPED), read_untyped, NULL, 0, -1};

static const struct reading *find_reading(const struct reading *readings, const char *name)
{
  while (readings->name && strcmp(readings->name, name) != 0)
    readings++;
  return readings->name ? readings : NULL;
}

static const struct reading *named_reading(const char *name)
{
  if (name && !strncmp(name, DEBEZIUM, strlen(DEBEZIUM)))
    return find_reading(debezium_readings, name + strlen(DEBEZIUM));
  if (name && !strncmp(name, CONNECT, strlen(CONNECT)))
    return find_reading(connect_readings, name + strlen(CONNECT));
  return NULL;
}

static bool is_string_map(const struct connect_schema *schema)
{
  return schema->type == CONNECT_MAP && schema->count == 2 &&
         schema->children[0].type == CONNECT_STRING && schema->children[1].type == CONNECT_STRING;
}

static const struct reading *schema_reading(const struct connect_schema *schema,
                                            const struct options *options)
{
  const struct reading *named = named_reading(schema->name);
  if (named)
    return named;
  if (is_string_map(schema))
    return &hstore_reading;
  /* In Debezium's other modes of bytes such a string may be a bytea's: the target knows. */
  if (schema->type == CONNECT_STRING && options->binary != BINARY_BYTES)
    return &untyped_reading;
  return &plain_readings[schema->type];
}

/* ---- by the source's type ----------------------------------------------- */

/* Where the connector propagates it, what else a value of this logical type is. */
struct refinement {
  const char *source_type;
  uint16_t from, to;
  typed_reader read;
  const char *type_name;
};

static const char BIT_VARYING[] = "bit varying";

static const struct refinement refinements[] = {
    {"inet", T(TEXT), T(INET), read_text, "inet"},
    {"cidr", T(TEXT), T(INET), read_text, "cidr"},
    {"macaddr", T(TEXT), T(INET), read_text, "macaddr"},
    {"macaddr8", T(TEXT), T(INET), read_text, "macaddr8"},
    {"int4range", T(TEXT), T(RANGE), read_text, "int4range"},
    {"int8range", T(TEXT), T(RANGE), read_text, "int8range"},
    {"numrange", T(TEXT), T(RANGE), read_text, "numrange"},
    {"tsrange", T(TEXT), T(RANGE), read_text, "tsrange"},
    {"tstzrange", T(TEXT), T(RANGE), read_text, "tstzrange"},
    {"daterange", T(TEXT), T(RANGE), read_text, "daterange"},
    {"tsvector", T(TEXT), T(OTHER), read_text, "tsvector"},
    {"tsquery", T(TEXT), T(OTHER), read_text, "tsquery"},
    {"citext", T(TEXT), T(TEXT), read_text, "citext"},
    {"varchar", T(TEXT), T(TEXT), read_text, "character varying"},
    {"bpchar", T(TEXT), T(TEXT), read_text, "character"},
    {"numeric", T(TEXT), T(NUMERIC), read_decimal_text, NULL},
    {"numeric", T(FLOAT64), T(NUMERIC), read_decimal_text, NULL},
    {"money", T(TEXT), T(MONEY), read_decimal_text, NULL},
    {"money", T(FLOAT64), T(MONEY), read_decimal_text, NULL},
    {"money", T(NUMERIC), T(MONEY), read_decimal, NULL},
    {"oid", T(INT64), T(OID), read_integer, NULL},
    {"bit", T(BOOL), T(BIT), read_boolean_bit, "bit"},
    {"bit", T(BIT), T(BIT), read_bits, "bit"},
    {"varbit", T(BIT), T(BIT), read_bits, BIT_VARYING},
    {"json", T(JSON), T(JSON), read_text, "json"},
    {"jsonb", T(JSON), T(JSON), read_text, "jsonb"},
    {"hstore", T(JSON), T(HSTORE), read_hstore_text, "hstore"},
};

static const struct refinement *find_refinement(const char *source_type, uint16_t logical)
{
  if (!source_type)
    return NULL;
  source_type += *source_type == '_'; /* an array's elements, as in pg_type */
  for (size_t i = 0; i < sizeof refinements / sizeof *refinements; i++)
    if (refinements[i].from == logical && !strcmp(refinements[i].source_type, source_type))
      return &refinements[i];
  return NULL;
}

/* ---- the column --------------------------------------------------------- */

static int32_t given_or(int32_t number, int32_t otherwise)
{
  return number == INT32_MIN ? otherwise : number;
}

/* Digits and lengths, as struct headrace_column says them. */
static void set_sizes(struct typed_type *type, struct headrace_column *column,
                      const struct connect_schema *schema, const struct reading *reading)
{
  type->scale = given_or(schema->scale, 0);
  type->length = given_or(schema->length, INT32_MAX);
  column->precision = -1;
  column->scale = reading->scale;
  switch (type->logical) {
  case HEADRACE_TYPE_NUMERIC:
    column->precision = given_or(schema->precision, given_or(schema->source_length, -1));
    column->scale = given_or(schema->scale, given_or(schema->source_scale, -1));
    if (column->precision <= 0) /* without a limit */
      column->precision = column->scale = -1;
    break;
  case HEADRACE_TYPE_BIT:
    if (schema->type == CONNECT_BOOLEAN)
      type->length = 1;
    column->precision = type->length == INT32_MAX ? -1 : type->length;
    break;
  case HEADRACE_TYPE_TEXT:
    column->precision = given_or(schema->source_length, -1);
    break;
  default:
    break;
  }
}

static void init_scalar(struct typed_type *type, struct headrace_column *column,
                        const struct connect_schema *schema, const char *source_type,
                        const struct options *options)
{
  const struct reading *reading = schema_reading(schema, options);
  const struct refinement *finer = find_refinement(source_type, reading->logical);
  *type = (struct typed_type){.read = finer ? finer->read : reading->read,
                              .unit = reading->unit,
                              .logical = finer ? finer->to : reading->logical};
  const char *name = finer ? finer->type_name : reading->type_name;
  if (!name && type->logical == HEADRACE_TYPE_ENUM)
    name = source_type;
  column->type_name = name ? name : "";
  set_sizes(type, column, schema, reading);
  if (name == BIT_VARYING) /* zeros before it are lost in the event, but not made up either */
    type->length = INT32_MAX;
}

/* Arrays of arrays are one array to PostgreSQL, of the innermost's elements. */
static const struct connect_schema *innermost(const struct connect_schema *schema)
{
  while (schema->type == CONNECT_ARRAY && !named_reading(schema->name))
    schema = schema->children;
  return schema;
}

void typed_type_init(struct typed_type *type, struct headrace_column *column,
                     const struct connect_schema *schema, const struct options *options)
{
  *column = (struct headrace_column){.type_modifier = -1, .precision = -1, .scale = -1};
  const struct connect_schema *inner = innermost(schema);
  init_scalar(type, column, inner, schema->source_type, options);
  column->type = type->logical;
  column->flags = schema->optional ? HEADRACE_COLUMN_NULLABLE : 0;
  if (type->read == read_label_set)
    column->element_type = HEADRACE_TYPE_TEXT;
  if (inner == schema)
    return;
  if (type->logical == HEADRACE_TYPE_UNTYPED) /* then the array is, too */
    return;
  struct typed_type *element = malloc(sizeof *element);
  if (!element)
    abort();
  *element = *type;
  *type =
      (struct typed_type){.read = read_array, .logical = HEADRACE_TYPE_ARRAY, .element = element};
  column->type = HEADRACE_TYPE_ARRAY;
  column->element_type = element->logical;
}

void typed_type_clear(struct typed_type *type)
{
  free(type->element);
}
