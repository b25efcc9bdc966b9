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
  char *name;        /* exactly as in the catalog */
  char *quoted;      /* for SQL */
  char *type;        /* for casts, whatever the search_path: of a domain its base, and without the
                        modifier, so that what is too long is an error instead of being cut */
  char *full_type;   /* with its modifier, as an operator writes it */
  uint32_t type_oid; /* a domain has its base's */
  uint32_t element_oid; /* of an array; else 0 */
  int32_t type_modifier;
  int32_t precision, scale; /* as struct headrace_column; -1: none */
  uint16_t logical;         /* enum headrace_type */
  uint16_t element_logical;
  bool not_null, has_default, identity_always, generated, domain;
};

struct target_index {
  char *name;
  uint16_t *columns;
  uint32_t count;
  bool primary, unique;
  bool usable;   /* for ON CONFLICT: unique, valid, immediate, total, of columns only */
  bool not_null; /* all of its columns are */
};

struct target {
  uint64_t id; /* of this description: never used twice in a sink */
  char *schema, *table, *quoted;
  struct target_column *columns;
  uint32_t column_count;
  struct target_index *indexes;
  uint32_t index_count;
  uint16_t *key; /* what rows are found by */
  uint32_t key_count;
  bool key_unique; /* `key` is the columns of a usable index: ON CONFLICT may name it */
  bool serial;     /* rows must be written in order, one after the other: other unique or exclusion
                      constraints, foreign keys, triggers */
  bool related; /* foreign keys go from it or to it: it has one writer with all others that are */
  char *not_deferrable; /* one of those that cannot be checked at COMMIT, and its table; NULL */
  bool partitioned;
  bool copies; /* COPY does to it what INSERT does: a table without rules and policies */
  const char *serial_because; /* for the log; NULL */
  char **ddl; /* of a dry run: what was rolled back, to be run before all else of this table in
                 each transaction. Statements that may be repeated. */
  uint32_t ddl_count;
};

/* Columns whose values are not those of a row: what add_columns, key = kafka and the insert
 * modes ask for. */
enum extra_kind {
  EXTRA_TOPIC,       /* text */
  EXTRA_PARTITION,   /* integer */
  EXTRA_OFFSET,      /* bigint */
  EXTRA_TIMESTAMP,   /* timestamptz: the record's */
  EXTRA_KEY,         /* bytea: the record's */
  EXTRA_HEADER,      /* text: the last one of that name */
  EXTRA_OPERATION,   /* text: c, u, d, r */
  EXTRA_SEQUENCE,    /* bigint: change->sequence */
  EXTRA_COMMIT_TIME, /* timestamptz: of the source's transaction */
  EXTRA_TRANSACTION, /* bigint: its id */
  EXTRA_DELETED,     /* boolean */
  EXTRA_CONSTANT     /* text */
};

struct extra {
  enum extra_kind kind;
  uint32_t column;  /* of the target */
  const char *text; /* header's name or constant */
};

/* From a relation's columns to those of its target. Kept for (relation->id, topic, headers that
 * the name is made of); made anew when the target is described anew. Valid until targets_turn()
 * says that it is gone. */
struct mapping {
  const struct target *target;
  int32_t *column_of; /* by index in the relation; -1: filtered out */
  const char **cast;  /* by index in the relation: the type that the value's text is read as, before
                         it is converted to the column's; NULL: none. The array may be NULL. */
  struct extra *extras;
  uint32_t extra_count;
  bool ignored; /* the table is not wanted: its events are counted as filtered */
};

/* The key of this name. */
enum foreign_keys {
  FOREIGN_KEYS_ORDER, /* their tables are serial */
  FOREIGN_KEYS_DEFER,
  FOREIGN_KEYS_IGNORE
};

struct targets;

/* NULL: said why. */
struct targets *targets_new(const struct headrace_host *host);
void targets_free(struct targets *targets);
/* The keys' own faults, each said by log; without network. */
bool targets_check(const struct headrace_host *host);

/* What the insert mode needs of every table, before the first targets_map(). A table without it
 * is refused with what to do about it. */
enum target_need {
  TARGET_NEEDS_NOTHING, /* insert, history */
  TARGET_NEEDS_KEY,     /* to find rows by: update, delete */
  TARGET_NEEDS_UNIQUE   /* and to name in ON CONFLICT */
};
void targets_require(struct targets *targets, enum target_need need);

/* A column that the insert mode writes in every table, and makes with it. */
void targets_add_extra(struct targets *targets, const char *name, enum extra_kind kind);

/* The mapping of an event that has a change; makes or alters the table if it must and may.
 * RETRY and *error: the server is away or busy. FATAL and *error: the server refuses for a reason
 * that every event will meet, or the configuration is wrong. AGAIN and *error: the event cannot
 * be written (it has no schema, and a column that the table lacks; the name that its headers give
 * is too long …): a matter of this event only; error->sqlstate and message say why. */
enum headrace_result targets_map(struct targets *targets, const struct headrace_event *event,
                                 const struct mapping **mapping, struct pg_error *error);

/* See struct planner. `gone` is told each mapping that is freed. */
void targets_turn(struct targets *targets, uint64_t collecting, uint64_t done,
                  void (*gone)(void *context, const struct mapping *mapping), void *context);

/* How often a table became serial, or no longer so, or got another key. */
uint64_t targets_routings(const struct targets *targets);

/* What is known of the target may be out of date (an error of class 42, 0A000): ask again. */
void targets_forget(struct targets *targets, const struct target *target);

#endif
