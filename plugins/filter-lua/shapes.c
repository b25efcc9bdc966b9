/* SPDX-License-Identifier: Apache-2.0 */
#include "change_copy.h"
#include "must_alloc.h"
#include "script.h"

struct shaped {
  const struct headrace_relation *relation;
  uint32_t extra_count; /* its last columns */
};

static bool same_text(const char *a, const char *b)
{
  return a && b ? !strcmp(a, b) : a == b;
}

static bool is_shape(const struct shaped *shaped, const struct shape *shape)
{
  const struct headrace_relation *relation = shaped->relation;
  if (shaped->extra_count != shape->extra_count || !same_text(relation->schema, shape->schema) ||
      !same_text(relation->table, shape->table))
    return false;
  const struct headrace_column *extras =
      relation->columns + (relation->column_count - shaped->extra_count);
  for (size_t i = 0; i < shape->extra_count; i++)
    if (strcmp(extras[i].name, shape->extras[i].name) != 0 ||
        extras[i].type != shape->extras[i].type)
      return false;
  return true;
}

static const char *type_name(uint16_t type)
{
  switch (type) {
  case HEADRACE_TYPE_INT64:
    return "bigint";
  case HEADRACE_TYPE_FLOAT64:
    return "double precision";
  case HEADRACE_TYPE_BOOL:
    return "boolean";
  default:
    return "text";
  }
}

static const struct headrace_relation *make(const struct headrace_host *host,
                                            const struct headrace_relation *relation,
                                            const struct shape *shape)
{
  uint16_t *key;
  struct headrace_column *columns = columns_copy(relation, (uint32_t)shape->extra_count, &key);
  struct headrace_relation derived = *relation;
  for (size_t i = 0; i < shape->extra_count; i++)
    columns[derived.column_count++] =
        (struct headrace_column){.name = shape->extras[i].name,
                                 .type_name = type_name(shape->extras[i].type),
                                 .type = shape->extras[i].type,
                                 .type_modifier = -1,
                                 .precision = -1,
                                 .scale = -1,
                                 .flags = HEADRACE_COLUMN_NULLABLE};
  derived.schema = shape->schema;
  derived.table = shape->table;
  derived.columns = columns;
  const struct headrace_relation *made = host->relation_new(host, &derived);
  free(columns);
  free(key);
  return made;
}

const struct headrace_relation *shape_find(struct shapes *shapes, const struct headrace_host *host,
                                           const struct headrace_relation *relation,
                                           const struct shape *shape)
{
  if (!shape->extra_count && same_text(relation->schema, shape->schema) &&
      same_text(relation->table, shape->table))
    return relation;
  for (size_t i = 0; i < shapes->count; i++)
    if (is_shape(&shapes->items[i], shape))
      return shapes->items[i].relation;
  if (shapes->count == SHAPES_MOST)
    return NULL;
  if (!shapes->items)
    shapes->items = must_alloc(SHAPES_MOST, sizeof *shapes->items);
  struct shaped *shaped = &shapes->items[shapes->count++];
  *shaped = (struct shaped){make(host, relation, shape), (uint32_t)shape->extra_count};
  return shaped->relation;
}

void shapes_free(struct shapes *shapes, const struct headrace_host *host)
{
  for (size_t i = 0; i < shapes->count; i++)
    host->relation_release(host, shapes->items[i].relation);
  free(shapes->items);
  free(shapes);
}
