/* SPDX-License-Identifier: Apache-2.0 */
#include "relations.h"

#include "pg_types.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct relation_entry {
  uint32_t id;
  char replica_identity;
  bool *in_identity;
  const struct headrace_relation *relation;
  UT_hash_handle hh;
};

void relations_init(struct relations *relations, const struct headrace_host *host,
                    const struct relation_source *source)
{
  *relations = (struct relations){.host = host, .source = *source};
}

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

static void forget(struct relations *relations, struct relation_entry *entry)
{
  HASH_DEL(relations->entries, entry);
  relations->host->relation_release(relations->host, entry->relation);
  free(entry->in_identity);
  free(entry);
  relations->last = NULL;
}

void relations_free(struct relations *relations)
{
  struct relation_entry *entry, *next;
  HASH_ITER(hh, relations->entries, entry, next)
  forget(relations, entry);
}

void relations_put_type(struct relations *relations, const struct pgoutput_relation *message)
{
  (void)relations;
  (void)message;
}

enum headrace_result relations_put(struct relations *relations,
                                   const struct pgoutput_relation *message, struct pg_error *error)
{
  (void)error;
  struct relation_entry *entry;
  HASH_FIND(hh, relations->entries, &message->id, sizeof message->id, entry);
  if (entry)
    forget(relations, entry);
  uint16_t count = message->column_count;
  struct headrace_column *columns = must(calloc((size_t)count + 1, sizeof *columns));
  uint16_t *key = must(calloc((size_t)count + 1, sizeof *key));
  uint16_t key_count = 0;
  entry = must(calloc(1, sizeof *entry));
  entry->id = message->id;
  entry->replica_identity = message->replica_identity;
  entry->in_identity = must(calloc((size_t)count + 1, sizeof *entry->in_identity));
  struct pgoutput_bytes rest = message->columns;
  struct pgoutput_column column;
  for (uint16_t i = 0; i < count && pgoutput_next_column(&rest, &column); i++) {
    bool is_array = false;
    const struct pg_type *type = pg_type_by_oid(column.type_id, &is_array);
    columns[i] = (struct headrace_column){.name = column.name,
                                          .type_name = type ? type->name : "unknown",
                                          .type_modifier = column.type_modifier,
                                          .type_id = column.type_id,
                                          .flags = HEADRACE_COLUMN_NULLABLE};
    if (type) {
      columns[i].type = is_array ? HEADRACE_TYPE_ARRAY : type->type;
      columns[i].element_type = is_array ? type->type : 0;
    }
    pg_type_apply_modifier(column.type_id, column.type_modifier, &columns[i]);
    entry->in_identity[i] = column.in_key;
    if (column.in_key && message->replica_identity != 'f')
      key[key_count++] = i;
  }
  struct headrace_relation description = {.database = relations->source.database,
                                          .schema = message->schema,
                                          .table = message->name,
                                          .columns = columns,
                                          .key = key,
                                          .column_count = count,
                                          .key_count = key_count};
  entry->relation = relations->host->relation_new(relations->host, &description);
  HASH_ADD(hh, relations->entries, id, sizeof entry->id, entry);
  free(columns);
  free(key);
  return HEADRACE_OK;
}

bool relations_get(struct relations *relations, uint32_t id, struct relation_view *view)
{
  struct relation_entry *entry = relations->last;
  if (!entry || entry->id != id)
    HASH_FIND(hh, relations->entries, &id, sizeof id, entry);
  if (!entry)
    return false;
  relations->last = entry;
  *view = (struct relation_view){.relation = entry->relation,
                                 .replica_identity = entry->replica_identity,
                                 .in_identity = entry->in_identity};
  return true;
}
