/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages of the pgoutput plugin, protocol versions 1 to 3 (PostgreSQL
 * documentation, "Logical Replication Message Formats"). Pure functions over
 * bytes: no allocation, no state; every length is checked against the message.
 * What they return points into the bytes that were given. */
#ifndef HEADRACE_PGOUTPUT_H
#define HEADRACE_PGOUTPUT_H

#include <headrace/plugin.h>
#include <stdbool.h>

/* The first byte of a message. */
enum pgoutput_kind {
  PGOUTPUT_BEGIN = 'B',
  PGOUTPUT_COMMIT = 'C',
  PGOUTPUT_ORIGIN = 'O',
  PGOUTPUT_RELATION = 'R',
  PGOUTPUT_TYPE = 'Y',
  PGOUTPUT_INSERT = 'I',
  PGOUTPUT_UPDATE = 'U',
  PGOUTPUT_DELETE = 'D',
  PGOUTPUT_TRUNCATE = 'T',
  PGOUTPUT_MESSAGE = 'M',
  /* Version 2: transactions that are still in progress. */
  PGOUTPUT_STREAM_START = 'S',
  PGOUTPUT_STREAM_STOP = 'E',
  PGOUTPUT_STREAM_COMMIT = 'c',
  PGOUTPUT_STREAM_ABORT = 'A',
  /* Version 3: transactions at PREPARE TRANSACTION. */
  PGOUTPUT_BEGIN_PREPARE = 'b',
  PGOUTPUT_PREPARE = 'P',
  PGOUTPUT_COMMIT_PREPARED = 'K',
  PGOUTPUT_ROLLBACK_PREPARED = 'r',
  PGOUTPUT_STREAM_PREPARE = 'p'
};

enum { PGOUTPUT_TRUNCATE_CASCADE = 1u, PGOUTPUT_TRUNCATE_RESTART = 2u };

struct pgoutput_bytes {
  const char *data;
  size_t size;
};

struct pgoutput_begin {
  uint64_t final_lsn;     /* where the commit record starts */
  int64_t commit_time_us; /* since 1970-01-01 UTC */
  uint32_t xid;
};

struct pgoutput_commit {
  uint64_t commit_lsn;
  uint64_t end_lsn; /* just after the commit record: a place to restart from */
  int64_t commit_time_us;
};

struct pgoutput_origin {
  uint64_t lsn;
  const char *name;
};

/* Also the Type message: id, schema, name. */
struct pgoutput_relation {
  uint32_t id;
  const char *schema; /* never empty: pg_catalog is written out */
  const char *name;
  char replica_identity; /* d, n, f, i as pg_class.relreplident */
  uint16_t column_count;
  struct pgoutput_bytes columns; /* for pgoutput_next_column */
};

struct pgoutput_column {
  const char *name;
  uint32_t type_id;
  int32_t type_modifier;
  bool in_key; /* part of the replica identity; all are, when it is FULL */
};

struct pgoutput_row {
  uint32_t relation_id;
  bool has_old;                 /* U: a K or O tuple comes first; D: always; I: never */
  struct pgoutput_bytes tuples; /* for pgoutput_parse_tuples */
};

struct pgoutput_truncate {
  uint32_t relation_count;
  uint32_t flags;
  const char *relation_ids; /* for pgoutput_truncated */
};

struct pgoutput_logical {
  bool transactional;
  uint64_t lsn;
  const char *prefix;
  struct pgoutput_bytes content;
};

struct pgoutput_stream_start {
  uint32_t xid; /* of the transaction, never of a subtransaction */
  bool first;   /* of its blocks */
};

struct pgoutput_stream_commit {
  uint32_t xid;
  struct pgoutput_commit commit;
};

struct pgoutput_stream_abort {
  uint32_t xid;
  uint32_t aborted_xid; /* a subtransaction, or xid: all of it */
};

/* BEGIN_PREPARE, PREPARE, COMMIT_PREPARED, ROLLBACK_PREPARED, STREAM_PREPARE */
struct pgoutput_prepared {
  uint64_t lsn; /* of the record; ROLLBACK_PREPARED: end of the prepare's */
  uint64_t end_lsn;
  int64_t time_us;
  uint32_t xid;
  const char *gid;
};

struct pgoutput_message {
  enum pgoutput_kind kind;
  union {
    struct pgoutput_begin begin;
    struct pgoutput_commit commit;
    struct pgoutput_origin origin;
    struct pgoutput_relation relation; /* RELATION, TYPE */
    struct pgoutput_row row;           /* INSERT, UPDATE, DELETE */
    struct pgoutput_truncate truncate;
    struct pgoutput_logical logical;
    struct pgoutput_stream_start stream_start;
    struct pgoutput_stream_commit stream_commit;
    struct pgoutput_stream_abort stream_abort;
    struct pgoutput_prepared prepared;
  };
};

/* A message between STREAM_START and STREAM_STOP: kind and body together are one of version 1,
 * and are not checked yet. */
struct pgoutput_streamed {
  enum pgoutput_kind kind;
  uint32_t xid; /* of the subtransaction that made it; 0: it has none */
  struct pgoutput_bytes body;
};

/* What is wrong, and where: said to people. Never holds a value of a row. */
struct pgoutput_error {
  char kind;     /* of the message; 0: it has none */
  size_t offset; /* into the message, or into the tuples */
  const char *reason;
};

bool pgoutput_parse(const char *data, size_t size, struct pgoutput_message *message,
                    struct pgoutput_error *error);

bool pgoutput_parse_streamed(const char *data, size_t size, struct pgoutput_streamed *streamed,
                             struct pgoutput_error *error);

/* The next column of a Relation message, taken off `rest`. False at the end.
 * pgoutput_parse has checked them all. */
bool pgoutput_next_column(struct pgoutput_bytes *rest, struct pgoutput_column *column);

uint32_t pgoutput_truncated(const struct pgoutput_truncate *truncate, uint32_t index);

/* The tuples of a row message, which must have `columns` columns each. `old_values` is
 * needed if row.has_old, `new_values` if the kind is not DELETE. *old_is_key: the old
 * tuple was a K tuple; its columns outside of the replica identity come as NULL. */
bool pgoutput_parse_tuples(enum pgoutput_kind kind, struct pgoutput_bytes tuples, uint32_t columns,
                           struct headrace_value *old_values, struct headrace_value *new_values,
                           bool *old_is_key, struct pgoutput_error *error);

#endif
