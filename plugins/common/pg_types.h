/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL's built-in types and the logical types of plugin.h. The numbers
 * are those of pg_type.dat, which never change. */
#ifndef HEADRACE_PG_TYPES_H
#define HEADRACE_PG_TYPES_H

#include <headrace/plugin.h>
#include <stdbool.h>

/* Object numbers from here on belong to what users make (transam.h, FirstNormalObjectId). */
#define PG_FIRST_USER_OID 16384u

struct pg_type {
  uint32_t oid;
  uint32_t array_oid;
  uint16_t type;    /* enum headrace_type */
  const char *name; /* as format_type() says it, without a modifier */
};

/* The built-in type that has this number, or whose array has it (*is_array). NULL: there is none.
 */
const struct pg_type *pg_type_by_oid(uint32_t oid, bool *is_array);

/* The logical type of a type of an extension, by its bare name (citext, hstore, ltree);
 * HEADRACE_TYPE_OTHER if there is none. */
enum headrace_type pg_type_by_extension_name(const char *name);

/* Fills column->precision and ->scale from its modifier, by `oid`: of its base type, of the
 * elements if it is an array. */
void pg_type_apply_modifier(uint32_t oid, int32_t modifier, struct headrace_column *column);

#endif
