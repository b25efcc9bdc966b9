/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables that are written to: which one an event belongs to, what its columns are in the
 * target's catalog, and making and changing them as schema_evolution allows. One instance per
 * sink, one thread, one connection of its own that is not in pipeline mode. */
#ifndef HEADRACE_SINK_POSTGRES_TARGET_H
#define HEADRACE_SINK_POSTGRES_TARGET_H

#include "pg_connection.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* What becomes of a column's value; decided once, from pg_attribute. */
struct target_column {
  char *name;           /* exactly as in the catalog */
  char *quoted;         /* for SQL */
  char *type;           /* format_type(): for casts */
  uint32_t type_oid;    /* a domain has its base's */
  uint32_t element_oid; /* of an array; else 0 */
  int32_t type_modifier;
  int32_t precision, scale; /* as struct headrace_column; -1: none */
  uint16_t logical;         /* enum headrace_type */
  uint16_t element_logical;
  bool not_null, has_default, identity_always, generated;
};

struct target {
  uint64_t id; /* of this description: never used twice in a sink */
  char *schema, *table, *quoted;
  struct target_column *columns;
  uint32_t column_count;
  uint16_t *key; /* what ON CONFLICT names: columns of a unique, valid, immediate, total index */
  uint32_t key_count;
  bool serial; /* rows must be written in order, one after the other: other unique or exclusion
                  constraints, foreign keys, triggers */
  bool partitioned;
  const char *serial_because; /* for the log; NULL */
};

/* From a relation's columns to those of its target. Kept for (relation->id, topic); made anew
 * when the target is described anew. */
struct mapping {
  const struct target *target;
  int32_t *column_of; /* by index in the relation; -1: filtered out */
  bool ignored;       /* the table is not wanted: its events are counted as filtered */
};

struct targets;

struct targets *targets_new(const struct headrace_host *host);
void targets_free(struct targets *targets);

/* The mapping of an event that has a change; makes or alters the table if it must and may.
 * RETRY and *error: the server is away or busy. AGAIN and *error: the event cannot be written
 * (its table is missing, its name is too long …): a matter of this event only; error->sqlstate
 * and message say why. */
enum headrace_result targets_map(struct targets *targets, const struct headrace_event *event,
                                 const struct mapping **mapping, struct pg_error *error);

/* What is known of the target may be out of date (an error of class 42, 0A000): ask again. */
void targets_forget(struct targets *targets, const struct target *target);

#endif
