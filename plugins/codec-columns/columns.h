/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-columns: a row's columns become a record's parts, and the other way round. */
#ifndef HEADRACE_COLUMNS_H
#define HEADRACE_COLUMNS_H

#include "name_pattern.h"
#include "relation_cache.h"
#include "text_buffer.h"

#include <headrace/plugin.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- what the settings name (parts.c) ------------------------------------- */

/* Of all settings together: each name is looked for once in a row. */
struct names {
  char **items; /* owned */
  size_t count;
};

struct piece {
  char *text;  /* a literal, owned; NULL: a place */
  size_t size; /* of the literal */
  size_t name; /* of the place: its index in names */
};

struct part {
  const char *key;  /* the setting, for messages */
  const char *name; /* of a header or a member */
  struct piece *pieces;
  size_t count;  /* 0: nothing */
  bool template; /* else one column as it is */
};

struct part_map { /* of a map */
  struct part *items;
  size_t count;
};

/* `text` may be NULL. False: a fault was said; what is there must be freed all the same. */
bool part_read(const struct headrace_host *host, struct names *names, const char *key,
               const char *text, struct part *part);
bool part_map_read(const struct headrace_host *host, struct names *names, const char *key,
                   struct part_map *parts);
void part_free(struct part *part);
void part_map_free(struct part_map *parts);
size_t names_add(struct names *names, const char *name, size_t size);
void names_free(struct names *names);

/* ---- lookups (lookup.c) ---------------------------------------------------- */

struct lookup_entry {
  char *key, *value; /* owned */
  size_t key_size, value_size;
  bool null; /* the value is */
};

struct lookup {
  const char *name; /* of the column that it gives */
  char *table;      /* schema.table, owned */
  char *key, *value;
  struct lookup_entry *entries; /* by hash */
  size_t count, capacity;
};

struct lookups {
  const struct headrace_host *host;
  struct lookup *items;
  size_t count;
  int file; /* -1: there is none */
};

bool lookups_read(const struct headrace_host *host, struct lookups *lookups);
/* Reads what an earlier run has remembered. */
bool lookups_open(struct lookups *lookups);
void lookups_free(struct lookups *lookups);
const struct lookup *lookups_named(const struct lookups *lookups, const char *name);
const struct lookup_entry *lookup_find(const struct lookup *lookup,
                                       const struct headrace_value *key);
bool lookups_have_table(const struct lookups *lookups, const struct headrace_relation *relation);
/* Keeps a row of a looked-up table, on disk. False: that failed, which was said. */
bool lookups_remember(struct lookups *lookups, const struct headrace_relation *relation,
                      const struct headrace_value *values);

/* ---- rows that become records (gather.c, encode.c, headers_column.c) -------- */

struct cell {
  struct headrace_value value;
  uint16_t type; /* enum headrace_type */
  bool missing;  /* there is no such column */
  bool unknown;  /* a lookup does not know the key */
};

enum null_value { NULL_TOMBSTONE, NULL_EMPTY, NULL_DROP, NULL_REFUSE };
enum updates { UPDATES_REFUSE, UPDATES_WARN, UPDATES_DROP, UPDATES_ENCODE };
enum deletes { DELETES_DROP, DELETES_WARN, DELETES_REFUSE, DELETES_TOMBSTONE };
enum messages { MESSAGES_DROP, MESSAGES_BYTES, MESSAGES_JSON };
enum form { FORM_TEXT, FORM_BYTES, FORM_JSON };

enum record_part {
  RECORD_TOPIC,
  RECORD_PARTITION,
  RECORD_OFFSET,
  RECORD_TIMESTAMP,
  RECORD_KEY,
  RECORD_VALUE,
  RECORD_HEADERS,
  RECORD_PARTS
};

struct wanted_column {
  enum record_part part;
  char *name; /* owned */
};

struct columns {
  const struct headrace_host *host;
  struct names names;
  struct name_patterns tables;
  struct part topic, key, value, partition, timestamp, headers_column;
  struct part_map envelope, headers;
  enum null_value null_value;
  enum updates updates;
  enum deletes deletes;
  enum messages messages;
  const struct headrace_pair *prefixes;
  size_t prefix_count;
  struct lookups lookups;
  struct relation_cache plans; /* struct plan of tables */
  struct cell *cells;          /* names.count of them: those of the row at hand */
  struct text_buffer text;     /* for work on one value */
  /* Of records that become rows. */
  struct wanted_column *wanted;
  size_t wanted_count;
  enum form key_form, value_form;
  struct topic_entry *topics; /* by hash */
  size_t topic_count, topic_capacity;
};

/* Where the names are in the rows of a relation. */
struct place {
  int32_t column; /* -1: there is none */
  const struct lookup *lookup;
  const char *constant; /* {@schema}, {@table}: the relation's; NULL otherwise */
};

struct plan {
  bool wanted, looked_up;
  bool warned;           /* said once that its rows were changed or deleted */
  struct place places[]; /* of each name */
};

void *plan_make(void *columns, const struct headrace_relation *relation);
void plan_discard(void *columns, void *plan);

/* Sets the cells. */
void gather_row(struct columns *columns, struct headrace_batch *out, const struct plan *plan,
                const struct headrace_relation *relation, const struct headrace_value *values,
                const struct headrace_value *other); /* gives what values lack; may be NULL */
/* False: the content is no JSON object. */
bool gather_message(struct columns *columns, struct headrace_batch *out,
                    const struct headrace_change *change);

/* What an event cannot be used for. */
struct fault {
  const char *error_class; /* a constant */
  char reason[512];
};

bool fault_set(struct fault *fault, const char *error_class, const char *format, ...)
    HEADRACE_PRINTF(3, 4); /* always false */

/* The bytes of a value, hexadecimal made bytes. False: it is no hexadecimal. */
bool raw_value(const struct columns *columns, struct headrace_batch *out, const struct cell *cell,
               struct headrace_value *raw);

/* Reads {{name, value}, …} of bytes, as PostgreSQL writes arrays. False: it is something else. */
bool headers_column_read(const struct headrace_host *host, struct headrace_batch *out,
                         const struct headrace_value *text, struct headrace_header **headers,
                         uint32_t *count, uint32_t more);

/* The cells as a JSON object, in columns->text. */
bool envelope_write(struct columns *columns, struct headrace_batch *out, struct fault *fault);
/* What a part is; NULL state if it or a place of it is null. */
bool part_fill(struct columns *columns, struct headrace_batch *out, const struct part *part,
               struct headrace_value *value, struct fault *fault);
/* The part's only column; NULL: it is a template. */
const struct cell *part_cell(const struct columns *columns, const struct part *part);

enum headrace_result columns_encode(void *instance, const struct headrace_event *event,
                                    struct headrace_batch *out);

/* ---- records that become rows (decode.c) ------------------------------------ */

bool wanted_read(const struct headrace_host *host, struct columns *columns);
void decode_free(struct columns *columns);
enum headrace_result columns_decode(void *instance, const struct headrace_event *event,
                                    struct headrace_batch *out);

#endif
