/* SPDX-License-Identifier: Apache-2.0 */
#include "relations.h"

#include "describe.h"
#include "money.h"
#include "pg_quote.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct relation_entry {
  uint32_t id;
  bool wanted, has_money;
  bool *in_identity;
  const struct headrace_relation *relation;
  struct tally tally;
  UT_hash_handle hh;
};

struct type_name {
  uint32_t id;
  char *name;
  UT_hash_handle hh;
};

static void *must(void *memory)
{
  if (!memory)
    abort();
  return memory;
}

void relations_init(struct relations *relations, const struct headrace_host *host,
                    struct catalog *catalog, const char *database, const struct table_list *filter)
{
  *relations = (struct relations){
      .host = host, .catalog = catalog, .database = must(strdup(database)), .filter = filter};
}

void relations_free(struct relations *relations)
{
  struct relation_entry *entry, *next_entry;
  struct type_name *type, *next_type;
  HASH_ITER(hh, relations->entries, entry, next_entry)
  {
    HASH_DEL(relations->entries, entry);
    relations->host->relation_release(relations->host, entry->relation);
    free(entry->in_identity);
    free(entry);
  }
  HASH_ITER(hh, relations->types, type, next_type)
  {
    HASH_DEL(relations->types, type);
    free(type->name);
    free(type);
  }
  relations->last = NULL;
  free(relations->database);
  relations->database = NULL;
}

void relations_put_type(struct relations *relations, const struct pgoutput_relation *message)
{
  struct type_name *type;
  HASH_FIND(hh, relations->types, &message->id, sizeof message->id, type);
  if (!type) {
    type = must(calloc(1, sizeof *type));
    type->id = message->id;
    HASH_ADD(hh, relations->types, id, sizeof type->id, type);
  }
  free(type->name);
  type->name = strcmp(message->schema, "pg_catalog") != 0
                   ? pg_format("%s.%s", message->schema, message->name)
                   : pg_format("%s", message->name);
}

static const char *type_name(const void *context, uint32_t id)
{
  const struct relations *relations = context;
  struct type_name *type;
  HASH_FIND(hh, relations->types, &id, sizeof id, type);
  return type ? type->name : NULL;
}

static struct relation_entry *entry_for(struct relations *relations, uint32_t id)
{
  struct relation_entry *entry;
  HASH_FIND(hh, relations->entries, &id, sizeof id, entry);
  if (!entry) {
    entry = must(calloc(1, sizeof *entry));
    entry->id = id;
    HASH_ADD(hh, relations->entries, id, sizeof entry->id, entry);
  }
  return entry;
}

static bool is_wanted(const struct relations *relations, const struct pgoutput_relation *message,
                      bool first)
{
  if (relations->own_schema && table_is_own(relations->own_schema, message->schema, message->name))
    return false;
  if (!relations->filter || table_list_has(relations->filter, message->schema, message->name))
    return true;
  if (first)
    relations->host->log(relations->host, HEADRACE_WARNING,
                         "the publication holds %s.%s, which is not in `tables`: its changes are "
                         "left out",
                         message->schema, message->name);
  return false;
}

enum headrace_result relations_put(struct relations *relations,
                                   const struct pgoutput_relation *message, struct pg_error *error)
{
  const struct headrace_host *host = relations->host;
  struct description description;
  if (!describe(relations->catalog, relations->database, message, type_name, relations,
                &description, error))
    return error->result;
  struct relation_entry *entry = entry_for(relations, message->id);
  entry->wanted = is_wanted(relations, message, !entry->relation);
  /* pgoutput describes a table again after anything that touched its catalog rows, even an
   * ANALYZE: a host's relation that is still right is kept, and what others made of it too. */
  relations->altered = NULL;
  if (!entry->relation || !description_equals(&description, entry->relation)) {
    bool known = entry->relation != NULL;
    if (known)
      host->relation_release(host, entry->relation);
    entry->relation = host->relation_new(host, &description.relation);
    relations->altered = known ? entry->relation : NULL;
  }
  entry->tally.relation = entry->relation;
  entry->has_money = money_in(entry->relation);
  free(entry->in_identity);
  entry->in_identity = description.in_identity;
  description.in_identity = NULL;
  description_free(&description);
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
                                 .wanted = entry->wanted,
                                 .has_money = entry->has_money,
                                 .in_identity = entry->in_identity,
                                 .tally = &entry->tally};
  return true;
}
