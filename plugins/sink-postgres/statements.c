/* SPDX-License-Identifier: Apache-2.0 */
#include "statements.h"

#include "copy_rows.h"
#include "pg_quote.h"
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One form of a shape's statements: which columns, and how each is sent. */
struct shape_sql {
  struct shape_sql *next;
  enum row_action action;
  bool rekey;
  uint64_t id;
  char *sql;
  uint64_t *present;     /* NULL: all */
  unsigned char wires[]; /* enum wire, of each column of the shape */
};

#define SEARCH_PATHS_ID 1
#define PIECE_ROWS      1000 /* of a statement */
#define FORMS_MAX       256  /* kept of a shape; others are made for one plan */

static const char *const operations[ROW_ACTION_COUNT] = {[ROW_DELETE] = "delete",
                                                         [ROW_INSERT] = "insert",
                                                         [ROW_INSERT_IGNORE] = "insert",
                                                         [ROW_UPSERT] = "upsert",
                                                         [ROW_UPDATE] = "update"};

static uint64_t next_id(struct statements *statements)
{
  return SEARCH_PATHS_ID + ++statements->last_id;
}

void statements_free(struct statements *statements)
{
  free(statements->scratch.data);
  free(statements->groups);
  free(statements->group_slots);
}

void statements_begin(struct statements *statements)
{
  statements->paths_planned = false;
}

void shape_sql_free(struct shape_sql *sql)
{
  while (sql) {
    struct shape_sql *next = sql->next;
    free(sql->present);
    free(sql->sql);
    free(sql);
    sql = next;
  }
}

/* ---- which columns --------------------------------------------------------------------- */

static bool is_key(const struct row_shape *shape, uint32_t column)
{
  for (uint32_t i = 0; i < shape->key_count; i++)
    if (shape->key[i] == column)
      return true;
  return false;
}

static bool has(const uint64_t *present, uint32_t column)
{
  return !present || present[column / 64] >> column % 64 & 1;
}

/* Whether the statement carries the column at all. */
static bool carries(const struct row_shape *shape, enum row_action action, const uint64_t *present,
                    uint32_t column)
{
  return action == ROW_DELETE ? is_key(shape, column) : has(present, column);
}

static const struct target_column *target_of(const struct row_shape *shape, uint32_t column)
{
  return &shape->mapping->target->columns[shape->columns[column].target];
}

/* ---- SQL -------------------------------------------------------------------------------- */

/* What a text is cast to, to be of the column's type. */
static void append_cast(char **sql, const struct row_shape *shape, uint32_t column, enum wire wire)
{
  const struct target_column *target = target_of(shape, column);
  const char *cast = shape->columns[column].cast;
  if (wire != WIRE_TEXT)
    return;
  if (cast)
    pg_append(sql, "::%s", cast);
  else if (target->logical == HEADRACE_TYPE_MONEY)
    pg_append(sql, "::numeric"); /* money's own text depends on the locale */
  if (cast || target->type_oid != wire_types[WIRE_TEXT].oid)
    pg_append(sql, "::%s", target->type);
}

/* SELECT unnest($1::int4[]) AS c0, …: rows, in their order. In the SELECT list the server makes
 * them one by one; of a function in FROM it would store them all first. */
static void append_rows(char **sql, const struct row_shape *shape, enum row_action action,
                        const struct shape_sql *form, int *parameter)
{
  const char *comma = "SELECT ";
  for (uint32_t i = 0; i < shape->column_count; i++)
    if (carries(shape, action, form->present, i)) {
      enum wire wire = (enum wire)form->wires[i];
      pg_append(sql, "%sunnest($%d::%s)", comma, ++*parameter, wire_types[wire].array);
      append_cast(sql, shape, i, wire);
      pg_append(sql, " AS c%" PRIu32, i);
      comma = ", ";
    }
}

static void append_conflict(char **sql, const struct row_shape *shape, const struct shape_sql *form)
{
  const struct target *target = shape->mapping->target;
  const char *comma = "";
  if (form->action == ROW_INSERT_IGNORE) {
    pg_append(sql, " ON CONFLICT DO NOTHING");
    return;
  }
  pg_append(sql, " ON CONFLICT (");
  for (uint32_t i = 0; i < target->key_count; i++)
    pg_append(sql, "%s%s", i ? ", " : "", target->columns[target->key[i]].quoted);
  pg_append(sql, ") DO ");
  bool any = false;
  for (uint32_t i = 0; i < shape->column_count; i++) {
    const struct target_column *column = target_of(shape, i);
    if (!has(form->present, i) || is_key(shape, i) || column->identity_always)
      continue;
    pg_append(sql, "%s%s = EXCLUDED.%s", any ? comma : "UPDATE SET ", column->quoted,
              column->quoted);
    any = true;
    comma = ", ";
  }
  if (!any)
    pg_append(sql, "NOTHING"); /* a table that is nothing but its key */
}

static char *insert_sql(const struct row_shape *shape, const struct shape_sql *form)
{
  char *sql = NULL;
  int parameter = 0;
  bool overriding = false;
  const char *comma = "";
  pg_append(&sql, "INSERT INTO %s (", shape->mapping->target->quoted);
  for (uint32_t i = 0; i < shape->column_count; i++)
    if (has(form->present, i)) {
      pg_append(&sql, "%s%s", comma, target_of(shape, i)->quoted);
      overriding |= target_of(shape, i)->identity_always;
      comma = ", ";
    }
  pg_append(&sql, ")%s ", overriding ? " OVERRIDING SYSTEM VALUE" : "");
  append_rows(&sql, shape, form->action, form, &parameter);
  if (form->action != ROW_INSERT)
    append_conflict(&sql, shape, form);
  return sql;
}

static void append_key_match(char **sql, const struct row_shape *shape, const char *of)
{
  for (uint32_t i = 0; i < shape->key_count; i++)
    pg_append(sql, "%st.%s = %s.c%" PRIu32, i ? " AND " : "",
              target_of(shape, shape->key[i])->quoted, of, shape->key[i]);
}

static char *delete_sql(const struct row_shape *shape, const struct shape_sql *form)
{
  char *sql = NULL;
  int parameter = 0;
  pg_append(&sql, "DELETE FROM %s AS t USING (", shape->mapping->target->quoted);
  append_rows(&sql, shape, ROW_DELETE, form, &parameter);
  pg_append(&sql, ") AS u WHERE ");
  append_key_match(&sql, shape, "u");
  return sql;
}

/* `key_too`: the row gets another key; NULL if there is nothing to set. */
static char *update_sql(const struct row_shape *shape, const struct shape_sql *form, bool rekey)
{
  char *sql = NULL;
  int parameter = 0;
  const char *comma = "";
  pg_append(&sql, "UPDATE %s AS t SET ", shape->mapping->target->quoted);
  bool any = false;
  for (uint32_t i = 0; i < shape->column_count; i++) {
    const struct target_column *column = target_of(shape, i);
    if (!has(form->present, i) || (is_key(shape, i) && !rekey) || column->identity_always)
      continue;
    pg_append(&sql, "%s%s = u.c%" PRIu32, comma, column->quoted, i);
    comma = ", ";
    any = true;
  }
  if (!any) { /* nothing but the key: it only says whether the row is there */
    const char *key = target_of(shape, shape->key[0])->quoted;
    pg_append(&sql, "%s = t.%s", key, key);
  }
  pg_append(&sql, " FROM (");
  append_rows(&sql, shape, ROW_UPDATE, form, &parameter);
  pg_append(&sql, ") AS u");
  if (rekey) {
    pg_append(&sql, ", (");
    append_rows(&sql, shape, ROW_DELETE, form, &parameter);
    pg_append(&sql, ") AS o");
  }
  pg_append(&sql, " WHERE ");
  append_key_match(&sql, shape, rekey ? "o" : "u");
  return sql;
}

static char *make_sql(const struct row_shape *shape, const struct shape_sql *form)
{
  switch (form->action) {
  case ROW_DELETE:
    return delete_sql(shape, form);
  case ROW_UPDATE:
    return update_sql(shape, form, form->rekey);
  default:
    return insert_sql(shape, form);
  }
}

static size_t mask_bytes(const struct row_shape *shape)
{
  return (shape->column_count + 63) / 64 * sizeof(uint64_t);
}

static bool same_present(const struct row_shape *shape, const uint64_t *one, const uint64_t *other)
{
  return one == other || (one && other && !memcmp(one, other, mask_bytes(shape)));
}

static size_t form_size(const struct row_shape *shape)
{
  return sizeof(struct shape_sql) + shape->column_count;
}

static void fill_form(struct shape_sql *form, const struct row_shape *shape, const struct row *row,
                      bool rekey, const unsigned char *wires)
{
  *form = (struct shape_sql){.action = row->action, .rekey = rekey};
  memcpy(form->wires, wires, shape->column_count);
}

/* One that is not kept: an event may lack any of its columns, which makes too many of them. */
static const struct shape_sql *passing_form(struct plan *plan, const struct row_shape *shape,
                                            const struct row *row, bool rekey,
                                            const unsigned char *wires)
{
  struct shape_sql *form = plan_alloc(plan, form_size(shape));
  fill_form(form, shape, row, rekey, wires);
  form->present = row->action == ROW_DELETE ? NULL : (uint64_t *)(uintptr_t)row->present;
  char *sql = make_sql(shape, form);
  size_t size = strlen(sql) + 1;
  form->sql = memcpy(plan_alloc(plan, size), sql, size);
  free(sql);
  return form;
}

static const struct shape_sql *find_form(struct statements *statements, struct plan *plan,
                                         struct row_shape *shape, const struct row *row, bool rekey,
                                         const unsigned char *wires)
{
  const uint64_t *present = row->action == ROW_DELETE ? NULL : row->present;
  size_t count = 0;
  for (struct shape_sql *form = shape->sql; form; form = form->next, count++)
    if (form->action == row->action && form->rekey == rekey &&
        same_present(shape, form->present, present) &&
        !memcmp(form->wires, wires, shape->column_count))
      return form;
  if (count >= FORMS_MAX)
    return passing_form(plan, shape, row, rekey, wires);
  struct shape_sql *form = sink_alloc(form_size(shape));
  fill_form(form, shape, row, rekey, wires);
  form->id = next_id(statements);
  form->next = shape->sql;
  if (present)
    form->present = memcpy(sink_alloc(mask_bytes(shape)), present, mask_bytes(shape));
  form->sql = make_sql(shape, form);
  shape->sql = form;
  return form;
}

/* ---- arrays ------------------------------------------------------------------------------ */

static void put_int(char *at, uint32_t number)
{
  number = __builtin_bswap32(number);
  memcpy(at, &number, sizeof number);
}

/* array_recv: dimensions, has nulls, element's type, elements, lower bound. */
#define ARRAY_HEADER 20

static void put_header(char *at, enum wire wire, size_t count)
{
  put_int(at, 1);
  put_int(at + 4, 1);
  put_int(at + 8, wire_types[wire].oid);
  put_int(at + 12, (uint32_t)count);
  put_int(at + 16, 1);
}

static bool as_binary(struct statements *statements, struct plan *plan, const struct group *group,
                      uint32_t column, enum wire wire, bool of_key)
{
  const struct conversion conversion = row_conversion(statements->nul, group->rows[0], column);
  for (size_t i = 0; i < group->count; i++) {
    struct headrace_value value = row_value(plan, group->rows[i], column, of_key);
    if (!convert_binary(&conversion, wire, &value, &statements->scratch))
      return false;
  }
  return true;
}

static bool as_text(struct statements *statements, struct plan *plan, const struct group *group,
                    uint32_t column, bool of_key, size_t *failed, const char **reason)
{
  const struct conversion conversion = row_conversion(statements->nul, group->rows[0], column);
  for (size_t i = 0; i < group->count; i++) {
    struct headrace_value value = row_value(plan, group->rows[i], column, of_key);
    if (!convert_text(&conversion, &value, &statements->scratch, reason)) {
      *failed = group->rows[i]->item;
      return false;
    }
  }
  return true;
}

/* `wire`: in, what is best; out, what it is. */
static bool encode_column(struct statements *statements, struct plan *plan,
                          const struct group *group, uint32_t column, bool of_key,
                          unsigned char *wire, size_t *failed, struct pg_error *error)
{
  struct buffer *scratch = &statements->scratch;
  const struct target_column *target = target_of(group->shape, column);
  const char *reason = "a value cannot be converted";
  enum wire best = group->shape->columns[column].cast ? WIRE_TEXT : wire_of(target);
  scratch->size = 0;
  buffer_room(scratch, ARRAY_HEADER);
  scratch->size = ARRAY_HEADER;
  if (best == WIRE_TEXT || !as_binary(statements, plan, group, column, best, of_key)) {
    best = WIRE_TEXT;
    scratch->size = ARRAY_HEADER;
    if (!as_text(statements, plan, group, column, of_key, failed, &reason)) {
      *error = (struct pg_error){.result = HEADRACE_AGAIN, .sqlstate = "22000"};
      snprintf(error->message, sizeof error->message, "column %s of %s: %s", target->name,
               group->shape->mapping->target->quoted, reason);
      return false;
    }
  }
  put_header(scratch->data, best, group->count);
  *wire = (unsigned char)best;
  return true;
}

struct arguments {
  int count;
  uint32_t *types;
  const char **values;
  int *lengths, *formats;
};

static struct arguments arguments_new(struct plan *plan, size_t most)
{
  return (struct arguments){.types = plan_alloc(plan, most * sizeof(uint32_t)),
                            .values = plan_alloc(plan, most * sizeof(char *)),
                            .lengths = plan_alloc(plan, most * sizeof(int)),
                            .formats = plan_alloc(plan, most * sizeof(int))};
}

static void add_argument(struct arguments *arguments, struct plan *plan, enum wire wire,
                         const struct buffer *scratch)
{
  int i = arguments->count++;
  arguments->types[i] = wire_types[wire].array_oid;
  arguments->values[i] = memcpy(plan_alloc(plan, scratch->size), scratch->data, scratch->size);
  arguments->lengths[i] = (int)scratch->size;
  arguments->formats[i] = 1;
}

static bool add_arguments(struct statements *statements, struct plan *plan,
                          const struct group *group, enum row_action action, unsigned char *wires,
                          struct arguments *arguments, size_t *failed, struct pg_error *error)
{
  for (uint32_t i = 0; i < group->shape->column_count; i++) {
    if (!carries(group->shape, action, group->rows[0]->present, i))
      continue;
    if (!encode_column(statements, plan, group, i, action == ROW_DELETE, &wires[i], failed, error))
      return false;
    add_argument(arguments, plan, (enum wire)wires[i], &statements->scratch);
  }
  return true;
}

static void add_statement(struct statements *statements, struct plan *plan,
                          const struct group *group, const struct shape_sql *form,
                          const struct arguments *arguments)
{
  const struct target *target = group->shape->mapping->target;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = form->id ? STATEMENT_PREPARED : STATEMENT_DIRECT,
                                  .sql = form->sql,
                                  .id = form->id,
                                  .count = arguments->count,
                                  .types = arguments->types,
                                  .values = arguments->values,
                                  .lengths = arguments->lengths,
                                  .formats = arguments->formats,
                                  .table = target->quoted,
                                  .operation = operations[form->action],
                                  .rows = (int64_t)group->count,
                                  .missing = statements->missing[form->action],
                                  .target = target};
}

/* False: it is not for COPY. */
static bool plan_copy(struct statements *statements, struct plan *plan, const struct group *group)
{
  struct buffer *rows = &statements->scratch;
  if (!copy_fits(group) || !copy_write(plan, group, statements->nul, rows))
    return false;
  struct arguments arguments = arguments_new(plan, 1);
  arguments.values[0] = memcpy(plan_alloc(plan, rows->size), rows->data, rows->size);
  arguments.lengths[0] = (int)rows->size;
  char *sql = copy_sql(group);
  size_t size = strlen(sql) + 1;
  const struct target *target = group->shape->mapping->target;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_COPY,
                                  .sql = memcpy(plan_alloc(plan, size), sql, size),
                                  .values = arguments.values,
                                  .lengths = arguments.lengths,
                                  .table = target->quoted,
                                  .operation = operations[ROW_INSERT],
                                  .rows = (int64_t)group->count,
                                  .target = target};
  free(sql);
  return true;
}

static bool plan_group(struct statements *statements, struct plan *plan, const struct group *group,
                       enum row_action action, size_t *failed, struct pg_error *error)
{
  uint32_t columns = group->shape->column_count;
  unsigned char *wires = plan_alloc(plan, columns + 1);
  memset(wires, 0, columns + 1);
  struct arguments arguments = arguments_new(plan, columns);
  if (!add_arguments(statements, plan, group, action, wires, &arguments, failed, error))
    return false;
  struct row described = *group->rows[0];
  described.action = action;
  add_statement(statements, plan, group,
                find_form(statements, plan, group->shape, &described, false, wires), &arguments);
  return true;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static bool takes_part(const struct row *row, enum row_action action)
{
  return row->action == action || (action == ROW_DELETE && row->deleted_before);
}

static bool belongs(const struct row *row, const struct row *first, enum row_action action)
{
  return row->shape == first->shape &&
         (action == ROW_DELETE || same_present(row->shape, row->present, first->present));
}

static uint64_t group_hash(const struct row *row, enum row_action action)
{
  uint64_t hash = hash_bytes(UINT64_C(0xcbf29ce484222325), &row->shape, sizeof row->shape);
  return action == ROW_DELETE || !row->present
             ? hash
             : hash_bytes(hash, row->present, mask_bytes(row->shape));
}

static void grow_group_slots(struct statements *statements, enum row_action action)
{
  size_t count = statements->group_slot_count ? 2 * statements->group_slot_count : 64;
  free(statements->group_slots);
  statements->group_slots = sink_alloc(count * sizeof *statements->group_slots);
  statements->group_slot_count = count;
  for (size_t i = 0; i < statements->group_count; i++) {
    size_t slot = group_hash(statements->groups[i].first, action) & (count - 1);
    while (statements->group_slots[slot])
      slot = (slot + 1) & (count - 1);
    statements->group_slots[slot] = (uint32_t)i + 1;
  }
}

/* Index of the row's group, which is made if there is none. */
static uint32_t group_of(struct statements *statements, const struct row *row,
                         enum row_action action)
{
  if (2 * statements->group_count >= statements->group_slot_count)
    grow_group_slots(statements, action);
  size_t mask = statements->group_slot_count - 1;
  size_t slot = group_hash(row, action) & mask;
  for (uint32_t index; (index = statements->group_slots[slot]); slot = (slot + 1) & mask)
    if (belongs(row, statements->groups[index - 1].first, action))
      return index - 1;
  statements->groups = sink_grow(statements->groups, statements->group_count,
                                 &statements->group_capacity, sizeof *statements->groups);
  statements->groups[statements->group_count++] =
      (struct group){.shape = (struct row_shape *)(uintptr_t)row->shape, .first = row};
  return (statements->group_slots[slot] = (uint32_t)statements->group_count) - 1;
}

/* Sets the groups of the rows of `action`. */
static void gather(struct statements *statements, const struct rows *rows, enum row_action action)
{
  uint32_t *of = plan_alloc(rows->plan, (rows->count + 1) * sizeof *of), last = UINT32_MAX;
  statements->group_count = 0;
  if (statements->group_slot_count)
    memset(statements->group_slots, 0,
           statements->group_slot_count * sizeof *statements->group_slots);
  for (size_t i = 0; i < rows->count; i++) {
    const struct row *row = &rows->items[i];
    if (!takes_part(row, action))
      continue;
    if (last == UINT32_MAX || !belongs(row, statements->groups[last].first, action))
      last = group_of(statements, row, action);
    statements->groups[last].count++;
    of[i] = last;
  }
  for (size_t i = 0; i < statements->group_count; i++) {
    struct group *group = &statements->groups[i];
    group->rows = plan_alloc(rows->plan, group->count * sizeof *group->rows);
    group->count = 0;
  }
  for (size_t i = 0; i < rows->count; i++)
    if (takes_part(&rows->items[i], action)) {
      struct group *group = &statements->groups[of[i]];
      group->rows[group->count++] = &rows->items[i];
    }
}

/* In pieces: the server is at one while the next is on its way. */
static bool plan_pieces(struct statements *statements, struct plan *plan, const struct group *group,
                        enum row_action action, size_t *failed, struct pg_error *error)
{
  for (size_t from = 0; from < group->count; from += PIECE_ROWS) {
    size_t left = group->count - from;
    struct group piece = *group;
    piece.rows += from;
    piece.count = left < PIECE_ROWS ? left : PIECE_ROWS;
    if (!plan_group(statements, plan, &piece, action, failed, error))
      return false;
  }
  return true;
}

static bool plan_action(struct statements *statements, const struct rows *rows,
                        enum row_action action, size_t *failed, struct pg_error *error)
{
  gather(statements, rows, action);
  for (size_t i = 0; i < statements->group_count; i++)
    if (!(action == ROW_INSERT && plan_copy(statements, rows->plan, &statements->groups[i])) &&
        !plan_pieces(statements, rows->plan, &statements->groups[i], action, failed, error))
      return false;
  return true;
}

/* Rows are found by key through its index: a join that hashes would read the whole table. */
static void plan_search_paths(struct statements *statements, struct plan *plan)
{
  if (statements->paths_planned)
    return;
  statements->paths_planned = true;
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){
      .kind = STATEMENT_PREPARED,
      .sql = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', "
             "'off', true), set_config('enable_mergejoin', 'off', true)",
      .id = SEARCH_PATHS_ID,
      .operation = "set",
      .rows = -1};
}

enum headrace_result statements_plan(struct statements *statements, const struct rows *rows,
                                     size_t *failed, struct pg_error *error)
{
  bool used[ROW_ACTION_COUNT] = {false};
  for (size_t i = 0; i < rows->count; i++) {
    used[rows->items[i].action] = true;
    used[ROW_DELETE] |= rows->items[i].deleted_before;
  }
  if (used[ROW_DELETE] || used[ROW_UPDATE])
    plan_search_paths(statements, rows->plan);
  for (int action = 0; action < ROW_ACTION_COUNT; action++)
    if (used[action] && !plan_action(statements, rows, (enum row_action)action, failed, error))
      return HEADRACE_AGAIN;
  return HEADRACE_OK;
}

/* ---- single ones ------------------------------------------------------------------------------
 */

static void add_direct(struct statements *statements, struct plan *plan,
                       const struct row_shape *shape, const char *operation, const char *format)
{
  const struct target *target = shape->mapping->target;
  size_t size = strlen(format) + strlen(target->quoted) + 1;
  char *sql = plan_alloc(plan, size);
  snprintf(sql, size, format, target->quoted);
  struct statement *statement = plan_add(plan);
  *statement = (struct statement){.kind = STATEMENT_DIRECT,
                                  .sql = sql,
                                  .id = next_id(statements),
                                  .table = target->quoted,
                                  .operation = operation,
                                  .rows = -1,
                                  .target = target};
}

void statements_truncate(struct statements *statements, struct plan *plan, struct row_shape *shape,
                         bool by_delete)
{
  if (by_delete)
    add_direct(statements, plan, shape, "truncate", "DELETE FROM %s");
  else
    add_direct(statements, plan, shape, "truncate", "TRUNCATE TABLE %s");
}

void statements_ddl(struct statements *statements, struct plan *plan, struct row_shape *shape)
{
  const struct target *target = shape->mapping->target;
  for (uint32_t i = 0; i < target->ddl_count; i++) {
    struct statement *statement = plan_add(plan);
    *statement = (struct statement){.kind = STATEMENT_DIRECT,
                                    .sql = target->ddl[i],
                                    .id = next_id(statements),
                                    .table = target->quoted,
                                    .operation = "ddl",
                                    .rows = -1,
                                    .target = target};
  }
}

enum headrace_result statements_rekey(struct statements *statements, struct plan *plan,
                                      const struct row *from, const struct row *to, size_t *failed,
                                      struct pg_error *error)
{
  struct row_shape *shape = (struct row_shape *)(uintptr_t)to->shape;
  const struct row *one = to;
  struct group group = {.shape = shape, .rows = &one, .count = 1};
  uint32_t columns = shape->column_count;
  unsigned char *wires = plan_alloc(plan, columns + 1);
  memset(wires, 0, columns + 1);
  struct arguments arguments = arguments_new(plan, columns + shape->key_count);
  if (!add_arguments(statements, plan, &group, ROW_UPDATE, wires, &arguments, failed, error))
    return HEADRACE_AGAIN;
  one = from;
  unsigned char *old_wires = plan_alloc(plan, columns + 1);
  memcpy(old_wires, wires, columns + 1);
  if (!add_arguments(statements, plan, &group, ROW_DELETE, old_wires, &arguments, failed, error))
    return HEADRACE_AGAIN;
  if (memcmp(wires, old_wires, columns) != 0) {
    *failed = to->item;
    *error = (struct pg_error){.result = HEADRACE_AGAIN, .sqlstate = "22000"};
    snprintf(error->message, sizeof error->message,
             "the old and the new key of a row of %s are "
             "written in different ways",
             shape->mapping->target->quoted);
    return HEADRACE_AGAIN;
  }
  struct row described = *to;
  described.action = ROW_UPDATE;
  plan_search_paths(statements, plan);
  add_statement(statements, plan, &group,
                find_form(statements, plan, shape, &described, true, wires), &arguments);
  return HEADRACE_OK;
}
