/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = table: which rows of which tables an event is, by insert_mode. */
#include "pg_quote.h"
#include "pg_types.h"
#include "sink.h"
#include "statements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum insert_mode {
  MODE_UPSERT,
  MODE_INSERT,
  MODE_INSERT_IGNORE,
  MODE_UPDATE,
  MODE_REPLICATE,
  MODE_HISTORY,
  MODE_SOFT_DELETE
};

enum truncate_policy { TRUNCATE_TRUNCATE, TRUNCATE_DELETE, TRUNCATE_IGNORE, TRUNCATE_ERROR };

/* What becomes of an event. `partial`: an update that does not have the whole row. */
static const struct mode {
  enum target_need need;
  enum row_action insert, read, update, partial, delete;
  bool folds;   /* the last state of a row is enough */
  bool deletes; /* a delete takes a row away (or marks it) */
  const char *missing[ROW_ACTION_COUNT];
} modes[] = {
    [MODE_UPSERT] = {TARGET_NEEDS_UNIQUE,
                     ROW_UPSERT,
                     ROW_UPSERT,
                     ROW_UPSERT,
                     ROW_UPDATE,
                     ROW_DELETE,
                     true,
                     true,
                     {[ROW_UPDATE] = "update_missing"}},
    [MODE_INSERT] = {TARGET_NEEDS_NOTHING,
                     ROW_INSERT,
                     ROW_INSERT,
                     ROW_INSERT,
                     ROW_INSERT,
                     ROW_DELETE,
                     false,
                     true,
                     {NULL}},
    [MODE_INSERT_IGNORE] = {TARGET_NEEDS_NOTHING,
                            ROW_INSERT_IGNORE,
                            ROW_INSERT_IGNORE,
                            ROW_INSERT_IGNORE,
                            ROW_INSERT_IGNORE,
                            ROW_DELETE,
                            false,
                            true,
                            {[ROW_INSERT_IGNORE] = "insert_exists"}},
    [MODE_UPDATE] = {TARGET_NEEDS_KEY,
                     ROW_UPDATE,
                     ROW_UPDATE,
                     ROW_UPDATE,
                     ROW_UPDATE,
                     ROW_DELETE,
                     true,
                     true,
                     {[ROW_UPDATE] = "update_missing"}},
    [MODE_REPLICATE] = {TARGET_NEEDS_KEY,
                        ROW_INSERT_IGNORE,
                        ROW_INSERT_IGNORE,
                        ROW_UPDATE,
                        ROW_UPDATE,
                        ROW_DELETE,
                        false,
                        true,
                        {[ROW_INSERT_IGNORE] = "insert_exists",
                         [ROW_UPDATE] = "update_missing",
                         [ROW_DELETE] = "delete_missing"}},
    [MODE_HISTORY] = {TARGET_NEEDS_NOTHING,
                      ROW_INSERT,
                      ROW_INSERT,
                      ROW_INSERT,
                      ROW_INSERT,
                      ROW_INSERT,
                      false,
                      false,
                      {NULL}},
    [MODE_SOFT_DELETE] = {TARGET_NEEDS_UNIQUE,
                          ROW_UPSERT,
                          ROW_UPSERT,
                          ROW_UPSERT,
                          ROW_UPDATE,
                          ROW_UPDATE,
                          true,
                          true,
                          {[ROW_UPDATE] = "update_missing"}},
};

/* Found by its mapping. */
struct kept_shape {
  struct row_shape shape; /* first */
  const struct mapping *mapping;
  uint64_t ddl_plan; /* the plan that has its statements of a dry run */
  UT_hash_handle hh;
};

struct table_planner {
  const struct headrace_host *host;
  struct targets *targets;
  const struct mode *mode;
  enum insert_mode insert_mode;
  enum truncate_policy truncate;
  bool deletes, one_writer;
  struct kept_shape *shapes;
  const struct kept_shape *last;
  struct rows rows;   /* the last state of each, or what need not be in order between tables */
  struct rows serial; /* rows next to each other that one statement writes in their order */
  struct statements statements;
  uint64_t plans; /* counted */
};

/* ---- new, free ------------------------------------------------------------------------- */

static void add_extras(struct table_planner *planner)
{
  static const struct {
    const char *key;
    enum extra_kind kind;
  } history[] = {{"history_operation", EXTRA_OPERATION},
                 {"history_time", EXTRA_COMMIT_TIME},
                 {"history_sequence", EXTRA_SEQUENCE}};
  const struct headrace_host *host = planner->host;
  if (planner->insert_mode == MODE_SOFT_DELETE)
    targets_add_extra(planner->targets, host->string(host, "deleted_column"), EXTRA_DELETED);
  for (size_t i = 0; planner->insert_mode == MODE_HISTORY && i < 3; i++)
    targets_add_extra(planner->targets, host->string(host, history[i].key), history[i].kind);
}

static void *new_planner(const struct headrace_host *host)
{
  struct targets *targets = targets_new(host);
  if (!targets)
    return NULL;
  struct table_planner *planner = sink_alloc(sizeof *planner);
  planner->host = host;
  planner->targets = targets;
  planner->insert_mode = (enum insert_mode)host->integer(host, "insert_mode");
  planner->mode = &modes[planner->insert_mode];
  planner->truncate = (enum truncate_policy)host->integer(host, "truncate");
  planner->deletes = host->integer(host, "delete");
  planner->one_writer = host->integer(host, "workers") == 1;
  planner->statements.nul = (enum nul_policy)host->integer(host, "nul_characters");
  memcpy(planner->statements.missing, planner->mode->missing, sizeof planner->mode->missing);
  targets_require(targets, planner->mode->need);
  add_extras(planner);
  return planner;
}

static void free_shape(struct table_planner *planner, struct kept_shape *kept)
{
  HASH_DEL(planner->shapes, kept);
  shape_sql_free(kept->shape.sql);
  free(kept->shape.columns);
  free(kept->shape.key);
  free(kept->shape.key_forms);
  free(kept);
}

static void free_planner(void *instance)
{
  struct table_planner *planner = instance;
  struct kept_shape *kept, *next;
  HASH_ITER(hh, planner->shapes, kept, next)
  {
    free_shape(planner, kept);
  }
  rows_free(&planner->rows);
  rows_free(&planner->serial);
  statements_free(&planner->statements);
  targets_free(planner->targets);
  free(planner);
}

/* ---- shapes ------------------------------------------------------------------------------- */

static void add_columns(struct row_shape *shape, const struct headrace_relation *relation)
{
  const struct mapping *mapping = shape->mapping;
  for (uint32_t i = 0; i < relation->column_count; i++) {
    int32_t column = mapping->column_of[i];
    if (column < 0 || mapping->target->columns[column].generated)
      continue;
    shape->columns[shape->column_count++] =
        (struct row_column){.target = (uint32_t)column,
                            .source = (int32_t)i,
                            .cast = mapping->cast ? mapping->cast[i] : NULL};
  }
  for (uint32_t i = 0; i < mapping->extra_count; i++)
    shape->columns[shape->column_count++] = (struct row_column){
        .target = mapping->extras[i].column, .source = -1, .extra = &mapping->extras[i]};
}

static enum key_form key_form_of(const struct target_column *column)
{
  enum { OID_BPCHAR = 1042 }; /* pg_type.dat */
  switch (column->logical) {
  case HEADRACE_TYPE_BOOL:
  case HEADRACE_TYPE_INT16:
  case HEADRACE_TYPE_INT32:
  case HEADRACE_TYPE_INT64:
  case HEADRACE_TYPE_BYTES:
  case HEADRACE_TYPE_DATE:
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
  case HEADRACE_TYPE_UUID:
  case HEADRACE_TYPE_ENUM:
  case HEADRACE_TYPE_BIT:
  case HEADRACE_TYPE_OID:
    return KEY_EXACT;
  case HEADRACE_TYPE_NUMERIC:
    return KEY_NUMERIC;
  case HEADRACE_TYPE_TEXT:
    if (column->type_oid == OID_BPCHAR)
      return KEY_BLANK;
    return column->type_oid < PG_FIRST_USER_OID ? KEY_EXACT : KEY_ALIKE; /* citext */
  default:
    return KEY_ALIKE;
  }
}

/* No key unless all of it is in the event. */
static void find_key(struct row_shape *shape)
{
  const struct target *target = shape->mapping->target;
  for (uint32_t i = 0; i < target->key_count; i++) {
    uint32_t column = 0;
    while (column < shape->column_count && shape->columns[column].target != target->key[i])
      column++;
    if (column == shape->column_count) {
      shape->key_count = 0;
      return;
    }
    shape->key_forms[shape->key_count] = key_form_of(&target->columns[target->key[i]]);
    shape->alike |= shape->key_forms[shape->key_count] == KEY_ALIKE;
    shape->key[shape->key_count++] = column;
  }
}

static struct kept_shape *make_shape(struct table_planner *planner, const struct mapping *mapping,
                                     const struct headrace_relation *relation)
{
  struct kept_shape *kept = sink_alloc(sizeof *kept);
  const struct target *target = mapping->target;
  struct row_shape *shape = &kept->shape;
  kept->mapping = shape->mapping = mapping;
  shape->relation_columns = relation->column_count;
  shape->columns =
      sink_alloc((relation->column_count + mapping->extra_count + 1) * sizeof *shape->columns);
  shape->key = sink_alloc((target->key_count + 1) * sizeof *shape->key);
  shape->key_forms = sink_alloc((target->key_count + 1) * sizeof *shape->key_forms);
  shape->seed = hash_bytes(UINT64_C(0xcbf29ce484222325), target->quoted, strlen(target->quoted));
  add_columns(shape, relation);
  find_key(shape);
  HASH_ADD_PTR(planner->shapes, mapping, kept);
  return kept;
}

static struct kept_shape *shape_of(struct table_planner *planner, const struct mapping *mapping,
                                   const struct headrace_event *event)
{
  struct kept_shape *kept = NULL;
  if (planner->last && planner->last->mapping == mapping)
    return (struct kept_shape *)(uintptr_t)planner->last;
  HASH_FIND_PTR(planner->shapes, &mapping, kept);
  if (!kept)
    kept = make_shape(planner, mapping, event->change->relation);
  planner->last = kept;
  return kept;
}

/* ---- events -------------------------------------------------------------------------------- */

static bool is_row(uint32_t operation)
{
  return operation == HEADRACE_INSERT || operation == HEADRACE_UPDATE ||
         operation == HEADRACE_DELETE || operation == HEADRACE_READ;
}

static enum headrace_result cannot(struct pg_error *error, const char *sqlstate,
                                   const struct row_shape *shape, const char *reason)
{
  *error = (struct pg_error){.result = HEADRACE_AGAIN};
  snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
  snprintf(error->message, sizeof error->message, "%s%s%s",
           shape ? shape->mapping->target->quoted : "", shape ? ": " : "", reason);
  return HEADRACE_AGAIN;
}

/* Where the key of the row stands that the event leaves behind. */
static const struct headrace_value *key_values_of(const struct headrace_change *change)
{
  return change->operation == HEADRACE_DELETE ? change->old_values : change->new_values;
}

/* NULL: it can be found by its key. */
static const char *unfindable(const struct row_shape *shape, const struct headrace_value *values)
{
  if (!shape->key_count)
    return "the event has no values of the table's key";
  for (uint32_t i = 0; i < shape->key_count; i++) {
    const struct headrace_value *value = row_key_value(shape, i, values);
    if (value && value->state == HEADRACE_NULL)
      return "a column of the key is null: such a row cannot be found again";
    if (value && value->state == HEADRACE_ABSENT)
      return "the event has no value of a column of the key";
  }
  return NULL;
}

static bool same_value(const struct headrace_value *one, const struct headrace_value *other)
{
  return one->state == other->state && one->size == other->size &&
         !memcmp(one->data, other->data, one->size);
}

/* An update that tells of another key than the row has now. */
static bool moves(const struct row_shape *shape, const struct headrace_change *change)
{
  if (change->operation != HEADRACE_UPDATE || !change->old_values)
    return false;
  for (uint32_t i = 0; i < shape->key_count; i++) {
    const struct headrace_value *old = row_key_value(shape, i, change->old_values);
    const struct headrace_value *new = row_key_value(shape, i, change->new_values);
    if (old && old->state != HEADRACE_ABSENT && new->state != HEADRACE_ABSENT &&
        !same_value(old, new))
      return true;
  }
  return false;
}

static bool is_filtered(const struct table_planner *planner, const struct headrace_change *change,
                        const struct mapping *mapping)
{
  return mapping->ignored || (change->operation == HEADRACE_DELETE && !planner->deletes);
}

static enum headrace_result route_truncate(const struct table_planner *planner,
                                           const struct row_shape *shape, struct item *item,
                                           struct pg_error *error)
{
  item->hash = shape->seed;
  if (planner->truncate == TRUNCATE_ERROR)
    return cannot(error, "0A000", shape,
                  "the table was emptied at its source, and truncate = error");
  if (planner->truncate != TRUNCATE_IGNORE && !planner->one_writer)
    return cannot(error, "0A000", shape,
                  "the table was emptied at its source, which needs workers = 1 here");
  return HEADRACE_OK;
}

/* Tables that are written in order have one writer, all of them the same: foreign keys go from one
 * to another. */
static uint64_t writer_hash(const struct row_shape *shape, const struct headrace_value *values,
                            const struct headrace_event *event)
{
  const struct target *target = shape->mapping->target;
  return target->serial || target->related ? 0 : row_hash(shape, values, event);
}

static enum headrace_result route_row(const struct table_planner *planner,
                                      const struct row_shape *shape, struct item *item,
                                      struct pg_error *error)
{
  const struct headrace_change *change = item->event->change;
  const struct headrace_value *values = key_values_of(change);
  if (!values)
    return cannot(error, "22004", shape, "the event has no row");
  if (planner->mode->need == TARGET_NEEDS_NOTHING && change->operation != HEADRACE_DELETE) {
    item->hash = shape->key_count && !unfindable(shape, values)
                     ? writer_hash(shape, values, item->event)
                     : shape->seed;
    return HEADRACE_OK;
  }
  if (planner->insert_mode == MODE_HISTORY) {
    item->hash = shape->seed;
    return HEADRACE_OK;
  }
  const char *reason = unfindable(shape, values);
  if (reason)
    return cannot(error, "22004", shape, reason);
  if (!planner->one_writer && moves(shape, change))
    return cannot(error, "0A000", shape,
                  "an event moves a row to another key, which needs workers = 1");
  item->hash = writer_hash(shape, values, item->event);
  return HEADRACE_OK;
}

static enum headrace_result route(void *instance, struct item *item, struct pg_error *error)
{
  struct table_planner *planner = instance;
  const struct headrace_change *change = item->event->change;
  const struct mapping *mapping;
  item->hash = 0;
  if (!change)
    return cannot(error, "0A000", NULL,
                  "this sink writes rows, and the event is a record: the pipeline needs a codec");
  if (!change->relation || (!is_row(change->operation) && change->operation != HEADRACE_TRUNCATE))
    return HEADRACE_OK;
  enum headrace_result result = targets_map(planner->targets, item->event, &mapping, error);
  if (result != HEADRACE_OK)
    return result;
  if (is_filtered(planner, change, mapping)) {
    planner->host->counter(planner->host, "filtered", change->operation != HEADRACE_TRUNCATE);
    return HEADRACE_OK;
  }
  const struct row_shape *shape = &shape_of(planner, mapping, item->event)->shape;
  return change->operation == HEADRACE_TRUNCATE ? route_truncate(planner, shape, item, error)
                                                : route_row(planner, shape, item, error);
}

/* ---- planning ------------------------------------------------------------------------------- */

struct planning {
  struct table_planner *planner;
  struct plan *plan;
  bool one_by_one;
  size_t *failed;
  struct pg_error *error;
};

static enum headrace_result end_rows(struct planning *planning, struct rows *rows)
{
  enum headrace_result result = HEADRACE_OK;
  if (rows->count)
    result =
        statements_plan(&planning->planner->statements, rows, planning->failed, planning->error);
  rows_reset(rows);
  return result;
}

static enum headrace_result end_stage(struct planning *planning)
{
  enum headrace_result result = end_rows(planning, &planning->planner->rows);
  return result == HEADRACE_OK ? end_rows(planning, &planning->planner->serial) : result;
}

static enum row_action action_of(const struct mode *mode, const struct headrace_change *change,
                                 const uint64_t *present)
{
  switch (change->operation) {
  case HEADRACE_DELETE:
    return mode->delete;
  case HEADRACE_READ:
    return mode->read;
  case HEADRACE_UPDATE:
    return present ? mode->partial : mode->update;
  default:
    return mode->insert;
  }
}

/* The mark of a soft delete is all that it changes. */
static const uint64_t *only_key_and_extras(struct plan *plan, const struct row_shape *shape)
{
  size_t words = (shape->column_count + 63) / 64;
  uint64_t *present = plan_alloc(plan, words * sizeof *present);
  memset(present, 0, words * sizeof *present);
  for (uint32_t i = 0; i < shape->column_count; i++) {
    bool wanted = shape->columns[i].source < 0;
    for (uint32_t k = 0; k < shape->key_count; k++)
      wanted |= shape->key[k] == i;
    if (wanted)
      present[i / 64] |= UINT64_C(1) << i % 64;
  }
  return present;
}

/* Whether nobody looks for the row: it is only appended. */
static bool is_appended(const struct table_planner *planner, const struct row *row)
{
  return planner->mode->need == TARGET_NEEDS_NOTHING && row->action != ROW_DELETE;
}

static struct row make_row(const struct planning *planning, const struct row_shape *shape,
                           const struct item *item, size_t index)
{
  const struct table_planner *planner = planning->planner;
  const struct headrace_change *change = item->event->change;
  bool deleted = change->operation == HEADRACE_DELETE;
  struct row row = {.shape = shape,
                    .event = item->event,
                    .values = key_values_of(change),
                    .key_values = key_values_of(change),
                    .hash = item->hash,
                    .item = index};
  if (!deleted || planner->insert_mode == MODE_HISTORY)
    row.present = row_present(planning->plan, shape, row.values);
  else if (planner->mode->delete != ROW_DELETE)
    row.present = only_key_and_extras(planning->plan, shape);
  row.action = action_of(planner->mode, change, row.present);
  if (is_appended(planner, &row))
    row.hash = index * UINT64_C(0x9E3779B97F4A7C15); /* only spread */
  else if (item->hash == 0)
    row.hash = row_hash(shape, row.key_values, item->event);
  return row;
}

/* A statement that inserts or deletes does so in the order of its rows, or in one that makes no
 * difference; one that updates may not. */
static bool runs_on(const struct table_planner *planner, const struct row *row)
{
  const struct rows *serial = &planner->serial;
  const struct row *last = &serial->items[serial->count - 1];
  if (last->shape != row->shape || last->action != row->action || row->action == ROW_UPDATE ||
      (row->action != ROW_DELETE && (last->present || row->present)))
    return false;
  return is_appended(planner, row) || (!row->shape->alike && !rows_find(serial, row));
}

/* Tables that may have to do with each other, in order. */
static enum headrace_result add_serial_row(struct planning *planning, const struct row *row)
{
  struct rows *serial = &planning->planner->serial;
  enum headrace_result result = HEADRACE_OK;
  if (serial->count && !runs_on(planning->planner, row))
    result = end_rows(planning, serial);
  if (result == HEADRACE_OK)
    rows_add(serial, row);
  return result;
}

static enum headrace_result add_row(struct planning *planning, const struct row *row)
{
  struct table_planner *planner = planning->planner;
  struct rows *rows = &planner->rows;
  bool appended = is_appended(planner, row);
  if (row->shape->mapping->target->serial || (row->shape->alike && !appended))
    return add_serial_row(planning, row);
  if (planner->mode->folds && rows_fold(rows, row))
    return HEADRACE_OK;
  /* What does not fold is done in order: a stage has one kind of rows, and each of them once. */
  bool fits = !planner->mode->folds &&
              (!rows->count || (rows->items[rows->count - 1].action == row->action &&
                                (appended || !rows_find(rows, row))));
  if (!fits) {
    enum headrace_result result = end_rows(planning, rows);
    if (result != HEADRACE_OK)
      return result;
  }
  rows_add(rows, row);
  return HEADRACE_OK;
}

/* A whole row is deleted under its old key and written under the new one, whatever is there. One
 * that others refer to, or of which the event has only a part, moves by UPDATE: if somebody else
 * has the new key, the server refuses the event. */
static enum headrace_result plan_move(struct planning *planning, const struct row *row)
{
  struct table_planner *planner = planning->planner;
  struct row old = *row;
  enum headrace_result result = end_stage(planning);
  old.key_values = old.values = row->event->change->old_values;
  old.hash = row_hash(row->shape, old.key_values, row->event);
  old.action = ROW_DELETE;
  old.present = NULL;
  const char *reason = unfindable(row->shape, old.key_values);
  *planning->failed = row->item;
  if (reason)
    return cannot(planning->error, "22004", row->shape, reason);
  bool partial = row->present || row->action == ROW_UPDATE;
  bool moved = partial || row->shape->mapping->target->serial ||
               row->shape->mapping->target->related; /* others refer to the row */
  if (result == HEADRACE_OK && moved)
    result = statements_rekey(&planner->statements, planning->plan, &old, row, planning->failed,
                              planning->error);
  else if (result == HEADRACE_OK)
    result = add_row(planning, &old);
  if (partial)
    return result;
  return result == HEADRACE_OK ? add_row(planning, row) : result;
}

static enum headrace_result plan_truncate(struct planning *planning, struct row_shape *shape)
{
  struct table_planner *planner = planning->planner;
  enum headrace_result result = end_stage(planning);
  if (result == HEADRACE_OK && planner->truncate != TRUNCATE_IGNORE)
    statements_truncate(&planner->statements, planning->plan, shape,
                        planner->truncate == TRUNCATE_DELETE);
  return result;
}

static enum headrace_result plan_row(struct planning *planning, const struct row_shape *shape,
                                     const struct item *item, size_t index)
{
  struct row row = make_row(planning, shape, item, index);
  bool alone = planning->one_by_one;
  enum headrace_result result = alone ? end_stage(planning) : HEADRACE_OK;
  if (result == HEADRACE_OK && row.action != ROW_DELETE && planning->planner->mode->need &&
      moves(shape, item->event->change))
    result = plan_move(planning, &row);
  else if (result == HEADRACE_OK)
    result = add_row(planning, &row);
  return result == HEADRACE_OK && alone ? end_stage(planning) : result;
}

static void plan_ddl(struct planning *planning, struct kept_shape *kept)
{
  if (!kept->mapping->target->ddl_count || kept->ddl_plan == planning->planner->plans)
    return;
  kept->ddl_plan = planning->planner->plans;
  statements_ddl(&planning->planner->statements, planning->plan, &kept->shape);
}

static enum headrace_result plan_item(struct planning *planning, const struct item *item,
                                      size_t index)
{
  struct table_planner *planner = planning->planner;
  const struct headrace_change *change = item->event->change;
  const struct mapping *mapping;
  if (!change->relation || (!is_row(change->operation) && change->operation != HEADRACE_TRUNCATE))
    return HEADRACE_OK;
  enum headrace_result result =
      targets_map(planner->targets, item->event, &mapping, planning->error);
  *planning->failed = index;
  if (result != HEADRACE_OK)
    return result;
  if (is_filtered(planner, change, mapping))
    return HEADRACE_OK;
  struct kept_shape *kept = shape_of(planner, mapping, item->event);
  plan_ddl(planning, kept);
  return change->operation == HEADRACE_TRUNCATE ? plan_truncate(planning, &kept->shape)
                                                : plan_row(planning, &kept->shape, item, index);
}

static enum headrace_result plan_items(void *instance, const struct item *items, size_t count,
                                       bool one_by_one, struct plan *plan, size_t *failed,
                                       struct pg_error *error)
{
  struct table_planner *planner = instance;
  struct planning planning = {
      .planner = planner, .plan = plan, .one_by_one = one_by_one, .failed = failed, .error = error};
  enum headrace_result result = HEADRACE_OK;
  planner->plans++;
  planner->rows.plan = planner->serial.plan = plan;
  rows_reset(&planner->rows);
  rows_reset(&planner->serial);
  statements_begin(&planner->statements);
  for (size_t i = 0; i < count && result == HEADRACE_OK; i++)
    result = plan_item(&planning, &items[i], i);
  return result == HEADRACE_OK ? end_stage(&planning) : result;
}

/* A mapping is not valid any more, and nothing that was planned with it is left. */
static void forget_shape(void *instance, const struct mapping *mapping)
{
  struct table_planner *planner = instance;
  struct kept_shape *kept = NULL;
  HASH_FIND_PTR(planner->shapes, &mapping, kept);
  if (planner->last == kept)
    planner->last = NULL;
  if (kept)
    free_shape(planner, kept);
}

static void turn(void *instance, uint64_t collecting, uint64_t done)
{
  struct table_planner *planner = instance;
  targets_turn(planner->targets, collecting, done, forget_shape, planner);
}

static uint64_t routings(const void *instance)
{
  return targets_routings(((const struct table_planner *)instance)->targets);
}

static void forget(void *instance, const struct statement *statement)
{
  struct table_planner *planner = instance;
  if (statement->target)
    targets_forget(planner->targets, statement->target);
}

const struct planner table_planner = {.new_planner = new_planner,
                                      .free_planner = free_planner,
                                      .route = route,
                                      .plan = plan_items,
                                      .turn = turn,
                                      .routings = routings,
                                      .forget = forget};
