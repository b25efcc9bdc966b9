/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_types.h"

#include <string.h>

#define TYPE(oid, array, type, name)                                                               \
  {                                                                                                \
    oid, array, HEADRACE_TYPE_##type, name                                                         \
  }

static const struct pg_type types[] = {
    TYPE(16, 1000, BOOL, "boolean"),
    TYPE(17, 1001, BYTES, "bytea"),
    TYPE(18, 1002, TEXT, "\"char\""),
    TYPE(19, 1003, TEXT, "name"),
    TYPE(20, 1016, INT64, "bigint"),
    TYPE(21, 1005, INT16, "smallint"),
    TYPE(23, 1007, INT32, "integer"),
    TYPE(24, 1008, OTHER, "regproc"),
    TYPE(25, 1009, TEXT, "text"),
    TYPE(26, 1028, OID, "oid"),
    TYPE(27, 1010, OTHER, "tid"),
    TYPE(28, 1011, OTHER, "xid"),
    TYPE(29, 1012, OTHER, "cid"),
    TYPE(114, 199, JSON, "json"),
    TYPE(142, 143, XML, "xml"),
    TYPE(600, 1017, POINT, "point"),
    TYPE(601, 1018, OTHER, "lseg"),
    TYPE(602, 1019, OTHER, "path"),
    TYPE(603, 1020, OTHER, "box"),
    TYPE(604, 1027, OTHER, "polygon"),
    TYPE(628, 629, OTHER, "line"),
    TYPE(650, 651, INET, "cidr"),
    TYPE(700, 1021, FLOAT32, "real"),
    TYPE(701, 1022, FLOAT64, "double precision"),
    TYPE(718, 719, OTHER, "circle"),
    TYPE(774, 775, INET, "macaddr8"),
    TYPE(790, 791, MONEY, "money"),
    TYPE(829, 1040, INET, "macaddr"),
    TYPE(869, 1041, INET, "inet"),
    TYPE(1033, 1034, OTHER, "aclitem"),
    TYPE(1042, 1014, TEXT, "character"),
    TYPE(1043, 1015, TEXT, "character varying"),
    TYPE(1082, 1182, DATE, "date"),
    TYPE(1083, 1183, TIME, "time without time zone"),
    TYPE(1114, 1115, TIMESTAMP, "timestamp without time zone"),
    TYPE(1184, 1185, TIMESTAMPTZ, "timestamp with time zone"),
    TYPE(1186, 1187, INTERVAL, "interval"),
    TYPE(1266, 1270, TIMETZ, "time with time zone"),
    TYPE(1560, 1561, BIT, "bit"),
    TYPE(1562, 1563, BIT, "bit varying"),
    TYPE(1700, 1231, NUMERIC, "numeric"),
    TYPE(1790, 2201, OTHER, "refcursor"),
    TYPE(2202, 2207, OTHER, "regprocedure"),
    TYPE(2203, 2208, OTHER, "regoper"),
    TYPE(2204, 2209, OTHER, "regoperator"),
    TYPE(2205, 2210, OTHER, "regclass"),
    TYPE(2206, 2211, OTHER, "regtype"),
    TYPE(2950, 2951, UUID, "uuid"),
    TYPE(2970, 2949, OTHER, "txid_snapshot"),
    TYPE(3220, 3221, OTHER, "pg_lsn"),
    TYPE(3614, 3643, OTHER, "tsvector"),
    TYPE(3615, 3645, OTHER, "tsquery"),
    TYPE(3734, 3735, OTHER, "regconfig"),
    TYPE(3769, 3770, OTHER, "regdictionary"),
    TYPE(3802, 3807, JSON, "jsonb"),
    TYPE(3904, 3905, RANGE, "int4range"),
    TYPE(3906, 3907, RANGE, "numrange"),
    TYPE(3908, 3909, RANGE, "tsrange"),
    TYPE(3910, 3911, RANGE, "tstzrange"),
    TYPE(3912, 3913, RANGE, "daterange"),
    TYPE(3926, 3927, RANGE, "int8range"),
    TYPE(4072, 4073, OTHER, "jsonpath"),
    TYPE(4089, 4090, OTHER, "regnamespace"),
    TYPE(4096, 4097, OTHER, "regrole"),
    TYPE(4191, 4192, OTHER, "regcollation"),
    TYPE(4451, 6150, OTHER, "int4multirange"),
    TYPE(4532, 6151, OTHER, "nummultirange"),
    TYPE(4533, 6152, OTHER, "tsmultirange"),
    TYPE(4534, 6153, OTHER, "tstzmultirange"),
    TYPE(4535, 6155, OTHER, "datemultirange"),
    TYPE(4536, 6157, OTHER, "int8multirange"),
    TYPE(5038, 5039, OTHER, "pg_snapshot"),
    TYPE(5069, 271, OTHER, "xid8"),
};

static const struct {
  const char *name;
  enum headrace_type type;
} extension_types[] = {{"citext", HEADRACE_TYPE_TEXT},
                       {"hstore", HEADRACE_TYPE_HSTORE},
                       {"ltree", HEADRACE_TYPE_LTREE}};

const struct pg_type *pg_type_by_oid(uint32_t oid, bool *is_array)
{
  for (size_t i = 0; oid && i < sizeof types / sizeof *types; i++)
    if (types[i].oid == oid || types[i].array_oid == oid) {
      *is_array = types[i].array_oid == oid;
      return &types[i];
    }
  return NULL;
}

enum headrace_type pg_type_by_extension_name(const char *name)
{
  for (size_t i = 0; i < sizeof extension_types / sizeof *extension_types; i++)
    if (!strcmp(extension_types[i].name, name))
      return extension_types[i].type;
  return HEADRACE_TYPE_OTHER;
}

#define HEADER_SIZE 4 /* VARHDRSZ: added to the modifiers of types of variable length */

/* numeric.c, make_numeric_typmod: precision above 16 bits, scale in 11 bits with its sign. */
static void apply_numeric(int32_t modifier, struct headrace_column *column)
{
  int32_t packed = modifier - HEADER_SIZE;
  column->precision = (packed >> 16) & 0xffff;
  column->scale = ((packed & 0x7ff) ^ 1024) - 1024;
}

void pg_type_apply_modifier(uint32_t oid, int32_t modifier, struct headrace_column *column)
{
  column->precision = -1;
  column->scale = -1;
  bool is_array;
  const struct pg_type *type = pg_type_by_oid(oid, &is_array);
  if (!type || modifier < 0)
    return;
  switch (type->type) {
  case HEADRACE_TYPE_NUMERIC:
    if (modifier >= HEADER_SIZE)
      apply_numeric(modifier, column);
    break;
  case HEADRACE_TYPE_TEXT: /* character, character varying */
    if (modifier >= HEADER_SIZE)
      column->precision = modifier - HEADER_SIZE;
    break;
  case HEADRACE_TYPE_BIT:
    column->precision = modifier;
    break;
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMETZ:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
    column->scale = modifier;
    break;
  case HEADRACE_TYPE_INTERVAL: /* timestamp.h: 0xFFFF is "not given" */
    column->scale = (modifier & 0xffff) == 0xffff ? -1 : modifier & 0xffff;
    break;
  default:
    break;
  }
}
