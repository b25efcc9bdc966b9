/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres with a planner of its own, on a real server: `sink_postgres_engine CONNINFO`.
 * The key of a record is the id, its value the text of a row of the table t. */
#include "plugin_host.h"
#include "sink.h"
#include "target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define PATIENCE_US 20000000

const struct headrace_registration *headrace_plugin_entry(void);

static const char *conninfo;

/* ---- the planner -------------------------------------------------------------- */

static const struct target any_target_stands_for = {0};

/* Of a planner, which is nothing else. */
struct counts {
  uint64_t routings, planned;
};

static void *planner_new(const struct headrace_host *host)
{
  (void)host;
  return sink_alloc(sizeof(struct counts));
}

static uint64_t id_of(const struct headrace_event *event)
{
  return strtoull(event->record->key.data, NULL, 10);
}

/* The value decides what becomes of it: "unroutable", "unplannable", "rerouted". */
static bool value_is(const struct headrace_event *event, const char *text)
{
  return event->record->value.size == strlen(text) &&
         !memcmp(event->record->value.data, text, strlen(text));
}

static enum headrace_result refuse_with(struct pg_error *error, const char *message)
{
  *error = (struct pg_error){.result = HEADRACE_FATAL, .sqlstate = "22000"};
  snprintf(error->message, sizeof error->message, "%s", message);
  return HEADRACE_AGAIN;
}

static enum headrace_result planner_route(void *instance, struct item *item, struct pg_error *error)
{
  item->hash = id_of(item->event);
  if (value_is(item->event, "rerouted"))
    ((struct counts *)instance)->routings++;
  return value_is(item->event, "unroutable") ? refuse_with(error, "no way") : HEADRACE_OK;
}

static char *array_of(struct plan *plan, const struct item *items, size_t count, bool keys)
{
  size_t size = 3;
  for (size_t i = 0; i < count; i++)
    size += (keys ? items[i].event->record->key.size : items[i].event->record->value.size) + 3;
  char *text = plan_alloc(plan, size), *at = text;
  *at++ = '{';
  for (size_t i = 0; i < count; i++) {
    const struct headrace_record *record = items[i].event->record;
    const struct headrace_value *value = keys ? &record->key : &record->value;
    at += sprintf(at, "%s\"%.*s\"", i ? "," : "", (int)value->size, value->data);
  }
  strcpy(at, "}");
  return text;
}

static enum headrace_result planner_plan(void *instance, const struct item *items, size_t count,
                                         bool one_by_one, struct plan *plan, size_t *failed,
                                         struct pg_error *error)
{
  assert_true(one_by_one == (count == 1 && one_by_one));
  ((struct counts *)instance)->planned += count;
  for (size_t i = 0; i < count; i++)
    if (value_is(items[i].event, "unplannable")) {
      *failed = i;
      return refuse_with(error, "no plan");
    }
  const char **values = plan_alloc(plan, 2 * sizeof *values);
  values[0] = array_of(plan, items, count, true);
  values[1] = array_of(plan, items, count, false);
  *plan_add(plan) = (struct statement){
      .kind = STATEMENT_PREPARED,
      .sql = "INSERT INTO t SELECT * FROM unnest($1::bigint[], $2::text[]) u(id, v)",
      .id = 1,
      .count = 2,
      .values = values,
      .table = "t",
      .operation = "insert",
      .rows = (int64_t)count,
      .missing = "insert_exists",
      .target = &any_target_stands_for};
  return HEADRACE_OK;
}

static uint64_t planner_routings(const void *instance)
{
  return ((const struct counts *)instance)->routings;
}

static const struct planner planner = {.new_planner = planner_new,
                                       .free_planner = free,
                                       .route = planner_route,
                                       .plan = planner_plan,
                                       .routings = planner_routings};

/* Rows that do not fold into one statement, as COPY. */
static enum headrace_result copy_plan(void *instance, const struct item *items, size_t count,
                                      bool one_by_one, struct plan *plan, size_t *failed,
                                      struct pg_error *error)
{
  (void)instance;
  (void)one_by_one;
  (void)failed;
  (void)error;
  char *text = plan_alloc(plan, count * 64), *at = text;
  const char **values = plan_alloc(plan, sizeof *values);
  int *lengths = plan_alloc(plan, sizeof *lengths);
  for (size_t i = 0; i < count; i++)
    at += sprintf(at, "%llu\t%.*s\n", (unsigned long long)id_of(items[i].event),
                  (int)items[i].event->record->value.size, items[i].event->record->value.data);
  values[0] = text;
  lengths[0] = (int)(at - text);
  *plan_add(plan) = (struct statement){.kind = STATEMENT_COPY,
                                       .sql = "COPY t FROM STDIN",
                                       .values = values,
                                       .lengths = lengths,
                                       .table = "t",
                                       .operation = "copy",
                                       .rows = (int64_t)count,
                                       .target = &any_target_stands_for};
  return HEADRACE_OK;
}

static const struct planner copy_planner = {
    .new_planner = planner_new, .free_planner = free, .route = planner_route, .plan = copy_plan};

/* ---- the fixture ---------------------------------------------------------------- */

struct fixture {
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  PGconn *sql;
  struct headrace_batch *batches[256];
  size_t batch_count;
  const char *part;
  int64_t next; /* offset */
};

static void run_sql(struct fixture *f, const char *sql)
{
  PGresult *result = PQexec(f->sql, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(f->sql));
  PQclear(result);
}

static int64_t number(struct fixture *f, const char *sql)
{
  PGresult *result = PQexec(f->sql, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(f->sql));
  int64_t value = PQntuples(result) ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : INT64_MIN;
  PQclear(result);
  return value;
}

/* `pairs` are keys of the sink. */
static void start_with(struct fixture *f, const char *const *pairs, const struct planner *with)
{
  const char *all[32] = {"conninfo", conninfo};
  for (size_t i = 0; pairs && pairs[i]; i++)
    all[i + 2] = pairs[i];
  f->plugin = headrace_plugin_entry()->plugin;
  f->host = plugin_host_new(sink_postgres_keys, all);
  f->host->instance.host.keeps_checkpoint = 1;
  f->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
  f->batch_count = 0;
  assert_int_equal(sink_new(&f->host->instance.host, with, &f->self), HEADRACE_OK);
  if (f->part) {
    assert_int_equal(f->plugin->stored_part(f->self, f->part, &f->next), HEADRACE_OK);
    f->next = f->next < 0 ? 0 : f->next;
  }
}

static void start(struct fixture *f, const char *const *pairs)
{
  start_with(f, pairs, &planner);
}

static void stop(struct fixture *f)
{
  f->plugin->close(f->self);
  assert_int_equal(f->host->durable_count + f->host->failed_count, f->batch_count);
  for (size_t i = 0; i < f->batch_count; i++)
    batch_free(f->batches[i]);
  plugin_host_free(f->host);
}

static int set_up(void **state)
{
  struct fixture *f = *state = calloc(1, sizeof *f);
  f->sql = PQconnectdb(conninfo);
  f->part = "t/0";
  run_sql(f, "SET client_min_messages = error; DROP SCHEMA IF EXISTS headrace CASCADE; "
             "DROP TABLE IF EXISTS t, parent; "
             "CREATE TABLE t (id bigint, v text CHECK (v NOT LIKE 'bad%'))");
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  PQfinish(f->sql);
  free(f);
  return 0;
}

static struct headrace_value value_in(struct headrace_batch *batch, const char *text)
{
  size_t size = strlen(text);
  return (struct headrace_value){memcpy(arena_alloc(&batch->arena, size + 1), text, size + 1),
                                 (uint32_t)size, HEADRACE_TEXT};
}

static void add(struct fixture *f, struct headrace_batch *batch, int64_t id, const char *text)
{
  char key[24];
  snprintf(key, sizeof key, "%lld", (long long)id);
  struct headrace_record *record = batch_add_record(batch);
  record->topic = value_in(batch, "t");
  record->key = value_in(batch, key);
  record->value = value_in(batch, text);
  record->partition = 0;
  record->offset = f->next++;
}

/* Ids are offsets. `text`(i) of the i-th. */
static struct headrace_batch *make_batch(struct fixture *f, size_t count,
                                         const char *(*text)(size_t))
{
  struct headrace_batch *batch = plugin_host_batch();
  int64_t from = f->next;
  for (size_t i = 0; i < count; i++)
    add(f, batch, f->next, text(i));
  if (f->part)
    batch_add_part(batch, &(struct headrace_part){f->part, from, f->next});
  batch_set_position(batch, &f->next, sizeof f->next);
  batch_seal(batch);
  batch->state = BATCH_TAKEN;
  f->batches[f->batch_count++] = batch;
  return batch;
}

static const char *good(size_t i)
{
  return i % 2 ? "odd" : "even";
}

/* Until the sink has taken it. */
static enum headrace_result give(struct fixture *f, struct headrace_batch *batch)
{
  enum headrace_result result;
  while ((result = f->plugin->write(f->self, batch)) == HEADRACE_AGAIN)
    f->plugin->poll(f->self, 20);
  return result;
}

static void send(struct fixture *f, size_t count, const char *(*text)(size_t))
{
  assert_int_equal(give(f, make_batch(f, count, text)), HEADRACE_OK);
}

static enum headrace_result drain(struct fixture *f)
{
  return f->plugin->flush(f->self, PATIENCE_US / 1000);
}

static int64_t metric(struct fixture *f, const char *name)
{
  char full[64];
  snprintf(full, sizeof full, "stage.%s", name);
  return metrics_get(&f->host->metrics, full);
}

static void assert_logged(struct fixture *f, const char *text)
{
  char *log = plugin_host_log(f->host);
  if (!strstr(log, text))
    fail_msg("not in the log: %s\n%s", text, log);
  free(log);
}

#define STORED "SELECT next_offset FROM headrace.sink_offset WHERE part = 't/0' AND worker = 0"

/* ---- what is written, and stored ---------------------------------------------------- */

static void test_batches_arrive_with_their_offset(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  for (int i = 0; i < 20; i++)
    send(f, 100, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 20);
  for (size_t i = 0; i < 20; i++)
    assert_ptr_equal(f->host->durable[i], f->batches[i]);
  assert_int_equal(number(f, "SELECT count(DISTINCT id) FROM t"), 2000);
  assert_int_equal(number(f, STORED), 2000);
  assert_int_equal(metric(f, "insert"), 2000);
  assert_in_range(metric(f, "transactions"), 1, 20);
  stop(f);
}

static void test_quiet_needs_no_waiting(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"batch_ms", "1h", NULL};
  start(f, pairs);
  send(f, 1, good);
  for (int i = 0; i < 1000 && !f->host->durable_count; i++)
    f->plugin->poll(f->self, 20);
  assert_int_equal(f->host->durable_count, 1);
  stop(f);
}

static void test_restart_goes_on_behind_it(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  send(f, 10, good);
  drain(f);
  stop(f);
  start(f, NULL);
  assert_int_equal(f->next, 10);
  send(f, 5, good);
  drain(f);
  assert_int_equal(number(f, STORED), 15);
  stop(f);
}

static void test_position_of_a_source_without_parts(void **state)
{
  struct fixture *f = *state;
  int64_t position = 0;
  size_t size = sizeof position;
  f->part = NULL;
  f->next = 0;
  start(f, NULL);
  assert_int_equal(f->plugin->stored_position(f->self, &position, &size), HEADRACE_OK);
  assert_int_equal(size, 0);
  send(f, 7, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  send(f, 0, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, NULL);
  size = sizeof position;
  assert_int_equal(f->plugin->stored_position(f->self, &position, &size), HEADRACE_OK);
  assert_int_equal(size, sizeof position);
  assert_int_equal(position, 7);
  stop(f);
}

static void test_who_asks_for_the_position_shuts_out_the_others(void **state)
{
  struct fixture *f = *state;
  int64_t position = 0;
  size_t size = sizeof position;
  f->part = NULL;
  start(f, NULL);
  f->plugin->stored_position(f->self, &position, &size);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = next_offset + 1");
  send(f, 7, good);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  stop(f);
}

static void test_another_process_has_moved_the_part(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = 5");
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(f->host->failed_with, HEADRACE_RETRY);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  assert_int_equal(number(f, STORED), 5);
  assert_logged(f, "another process has written");
  stop(f);
}

static void test_a_part_that_was_away_is_read_again(void **state)
{
  struct fixture *f = *state;
  int64_t next;
  start(f, NULL);
  struct headrace_batch *batch = make_batch(f, 10, good);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = 10"); /* the other did the same */
  assert_int_equal(f->plugin->write(f->self, batch), HEADRACE_OK);
  assert_int_equal(f->plugin->stored_part(f->self, f->part, &next), HEADRACE_OK);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  stop(f);
}

/* ---- several writers ---------------------------------------------------------------------- */

static void test_workers_share_the_events(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"workers", "4", "batch_rows", "500", NULL};
  start(f, pairs);
  for (int i = 0; i < 20; i++)
    send(f, 100, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(DISTINCT id) FROM t"), 2000);
  assert_int_equal(number(f, "SELECT sum(next_offset) FROM headrace.sink_offset"), 8000);
  assert_int_equal(metric(f, "connected"), 4);
  stop(f);
}

/* Two writers, one of them at 10, the other at 20 with the odd ones behind 10. */
static void leave_unlevel(struct fixture *f)
{
  const char *const two[] = {"workers", "2", NULL};
  start(f, two);
  stop(f);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = 10 * (worker + 1), written = CASE "
             "WHEN worker = 1 THEN decode('0000a80a0000000000', 'hex') END");
}

static void test_what_is_written_is_not_written_again(void **state)
{
  struct fixture *f = *state;
  const char *const two[] = {"workers", "2", NULL};
  leave_unlevel(f);
  start(f, two);
  assert_int_equal(f->next, 10);
  send(f, 20, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 15); /* 10 even, 5 odd */
  assert_int_equal(number(f, "SELECT min(id) FROM t WHERE id % 2 = 1"), 21);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.sink_offset"), 2);
  assert_int_equal(number(f, "SELECT sum(next_offset) FROM headrace.sink_offset"), 60);
  stop(f);
}

/* Somebody who sets offsets back by hand wants those events again. */
static void test_what_was_set_back_is_written_again(void **state)
{
  struct fixture *f = *state;
  const char *const two[] = {"workers", "2", NULL};
  leave_unlevel(f);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = 5");
  start(f, two);
  assert_int_equal(f->next, 5);
  send(f, 20, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 20);
  stop(f);
}

/* Whoever had the part finds out, even if no row is anywhere else than it left it. */
static void test_who_takes_a_part_over_shuts_out_the_others(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  run_sql(f, "UPDATE headrace.sink_offset SET owner = owner + 1");
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  assert_logged(f, "another process has written");
  stop(f);
}

static void test_a_table_of_before(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  stop(f);
  run_sql(f, "ALTER TABLE headrace.sink_offset DROP COLUMN owner, DROP COLUMN written");
  start(f, NULL);
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, STORED), 10);
  stop(f);
}

static void test_a_damaged_row_stops(void **state)
{
  struct fixture *f = *state;
  int64_t next;
  const char *const two[] = {"workers", "2", NULL};
  leave_unlevel(f);
  run_sql(f, "UPDATE headrace.sink_offset SET written = decode('00', 'hex') WHERE worker = 1");
  f->part = NULL;
  start(f, two);
  assert_int_equal(f->plugin->stored_part(f->self, "t/0", &next), HEADRACE_FATAL);
  assert_logged(f, "is damaged");
  stop(f);
}

static void test_another_number_of_workers(void **state)
{
  struct fixture *f = *state;
  const char *const three[] = {"workers", "3", NULL};
  leave_unlevel(f);
  start(f, three);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.sink_offset WHERE workers = 2"), 0);
  assert_int_equal(f->next, 10);
  send(f, 5, good); /* 10 to 14, and then it is three writers of which none has 15 */
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, three);
  assert_int_equal(f->next, 15);
  send(f, 15, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  assert_int_equal(number(f, "SELECT count(*) FROM t WHERE id % 2 = 1 AND id < 20"), 0);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 15);
  assert_int_equal(number(f, "SELECT count(DISTINCT id) FROM t"), 15);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.sink_offset"), 3);
}

static const char *third_rerouted(size_t i)
{
  return i == 2 ? "rerouted" : "good";
}

/* Nothing of a flush is written by two ways of routing. */
static void test_routed_otherwise_in_the_middle(void **state)
{
  struct fixture *f = *state;
  const char *const two[] = {"workers", "2", NULL};
  start(f, two);
  send(f, 5, third_rerouted);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  assert_logged(f, "what was collected before is read again");
  stop(f);
}

static void go_back(struct fixture *f, int64_t to)
{
  struct headrace_batch *batch = plugin_host_batch();
  batch_add_part(batch, &(struct headrace_part){f->part, f->next, to});
  batch_seal(batch);
  batch->state = BATCH_TAKEN;
  f->batches[f->batch_count++] = batch;
  f->next = to;
  assert_int_equal(give(f, batch), HEADRACE_OK);
}

/* What the writers had of the part that was before is not taken for what comes now. */
static void test_a_part_made_anew(void **state)
{
  struct fixture *f = *state;
  const char *const two[] = {"workers", "2", NULL};
  leave_unlevel(f);
  start(f, two);
  go_back(f, 0);
  send(f, 15, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(DISTINCT id) FROM t"), 15);
  assert_int_equal(number(f, "SELECT sum(next_offset) FROM headrace.sink_offset"), 30);
  stop(f);
}

static void test_only_its_owner_sets_a_part_back(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  run_sql(f, "UPDATE headrace.sink_offset SET next_offset = 5");
  go_back(f, 0);
  assert_int_equal(drain(f), HEADRACE_RETRY);
  assert_int_equal(number(f, STORED), 5);
  assert_logged(f, "another process has written");
  stop(f);
}

/* ---- events to blame ----------------------------------------------------------------------- */

static const char *three_bad(size_t i)
{
  return i == 0 || i == 500 || i == 999 ? "bad" : "good";
}

static void test_bad_rows_become_dead_letters(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->host->durable_count, 1);
  assert_int_equal(f->host->reject_count, 3);
  assert_string_equal(f->host->last_error_class, "constraint");
  assert_non_null(strstr(f->host->last_reason, "topic t, partition 0, offset 999"));
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 997);
  assert_int_equal(number(f, STORED), 1000);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.dead_letter WHERE topic = 't' AND "
                             "value = 'bad' AND sqlstate = '23514' AND key = "
                             "convert_to(\"offset\"::text, 'UTF8')"),
                   3);
  stop(f);
}

static const char *some_bad_cycle(size_t i)
{
  return i % 7 == 3 ? "bad" : i % 11 == 5 ? "unplannable" : i % 13 == 1 ? "unroutable" : "good";
}

static void test_whatever_the_mixture(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"workers", "3", "batch_rows", "150", NULL};
  start(f, pairs);
  size_t sound = 0;
  for (size_t i = 0; i < 100; i++)
    sound += !strcmp(some_bad_cycle(i), "good");
  for (int i = 0; i < 10; i++)
    send(f, 100, some_bad_cycle);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 10 * sound);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.dead_letter"), 10 * (100 - sound));
  assert_int_equal(metric(f, "dead_letters"), 10 * (100 - sound));
  stop(f);
}

static const char *third_unplannable(size_t i)
{
  return i % 3 ? "good" : "unplannable";
}

/* Many of them do not cost a planning of all the others each. */
static void test_many_that_cannot_be_planned(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  send(f, 1500, third_unplannable);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 1000);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.dead_letter"), 500);
  const struct counts *counts = ((struct sink *)f->self)->planner_instance;
  assert_in_range(counts->planned, 1000, 16000);
  stop(f);
}

static void test_errors_stop(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  f->host->verdict = HEADRACE_VERDICT_STOP;
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  assert_int_equal(number(f, STORED), -1);
  stop(f);
}

static void test_errors_skip(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  f->host->verdict = HEADRACE_VERDICT_SKIP;
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 997);
  assert_int_equal(number(f, "SELECT count(*) FROM pg_class WHERE relname = 'dead_letter'"), 0);
  stop(f);
}

static const char *all_bad(size_t i)
{
  (void)i;
  return "bad";
}

static void test_too_many_are_not_the_events_fault(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  send(f, 150, all_bad);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_int_equal(f->host->reject_count, 100);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 0);
  assert_logged(f, "reject_limit");
  stop(f);
}

static const char *all_unroutable(size_t i)
{
  (void)i;
  return "unroutable";
}

static void test_too_many_without_a_place(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"workers", "3", NULL};
  start(f, pairs);
  send(f, 120, all_unroutable);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_int_equal(number(f, "SELECT count(*) FROM pg_class WHERE relname = 'dead_letter'"), 0);
  assert_logged(f, "120 of 120 events");
  stop(f);
}

/* Constraints that are checked at COMMIT: the search checks them earlier. */
static void test_deferred_constraints(void **state)
{
  struct fixture *f = *state;
  run_sql(f, "CREATE TABLE parent (v text PRIMARY KEY); INSERT INTO parent VALUES ('good'); "
             "ALTER TABLE t DROP CONSTRAINT t_v_check, ADD FOREIGN KEY (v) REFERENCES parent "
             "DEFERRABLE INITIALLY DEFERRED");
  const char *const pairs[] = {"foreign_key_wait", "100ms", NULL};
  start(f, pairs);
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 997);
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.dead_letter"), 3);
  assert_int_equal(metric(f, "insert"), 997); /* though it was tried several times */
  stop(f);
}

static void test_letters_of_a_stage_before(void **state)
{
  struct fixture *f = *state;
  static const struct headrace_rejection rejection = {"codec", "malformed", "no JSON"};
  start(f, NULL);
  struct headrace_batch *batch = make_batch(f, 3, good);
  batch->events.items[1].rejection = &rejection;
  assert_int_equal(give(f, batch), HEADRACE_OK);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->host->reject_count, 0);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 2);
  assert_int_equal(number(f, "SELECT \"offset\" FROM headrace.dead_letter WHERE stage = 'codec' "
                             "AND error_class = 'malformed'"),
                   1);
  stop(f);
}

/* What `headrace dlq` prints; to be freed. */
static char *ask(struct fixture *f, enum headrace_result expected, const char *const *arguments,
                 size_t count)
{
  char *text = NULL, unused[64];
  size_t size;
  f->host->instance.answer = open_memstream(&text, &size);
  assert_int_equal(f->plugin->command(f->self, "dlq", arguments, count, unused, sizeof unused),
                   expected);
  fclose(f->host->instance.answer);
  return text;
}

static void assert_says(struct fixture *f, const char *const *arguments, size_t count,
                        const char *expected)
{
  char *text = ask(f, HEADRACE_OK, arguments, count);
  if (expected ? !strstr(text, expected) : *text)
    fail_msg("%s: %s", arguments[0], text);
  free(text);
}

static void test_the_command(void **state)
{
  struct fixture *f = *state;
  const char *const list[] = {"list"}, *const export[] = {"export", "2"},
                    *const delete[] = {"delete", "1", "2"}, *const none[] = {"delete"},
                    *const wrong[] = {"list", "1;"}, *const all[] = {"delete", "all"};
  start(f, NULL);
  assert_says(f, list, 1, NULL);
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_says(f, list, 1, "  t/0@500  -  constraint 23514  new row for relation");
  assert_says(f, export, 2, "\"offset\" : 500, ");
  assert_says(f, export, 2, "\"value\" : \"YmFk\", ");
  assert_says(f, delete, 3, "2 letters deleted");
  assert_int_equal(number(f, "SELECT \"offset\" FROM headrace.dead_letter"), 999);
  free(ask(f, HEADRACE_FATAL, none, 1));
  free(ask(f, HEADRACE_FATAL, wrong, 2));
  assert_int_equal(number(f, "SELECT count(*) FROM headrace.dead_letter"), 1);
  assert_says(f, all, 2, "1 letters deleted");
  assert_says(f, list, 1, NULL);
  assert_int_equal(f->plugin->command(f->self, "snapshot", list, 1, NULL, 0), HEADRACE_AGAIN);
  stop(f);
}

/* ---- a server that is busy, or away --------------------------------------------------------- */

static void test_a_lock_is_waited_for(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"lock_timeout", "20ms", NULL};
  start(f, pairs);
  run_sql(f, "BEGIN; LOCK TABLE t");
  send(f, 10, good);
  for (int i = 0; i < 1000 && metric(f, "retries") < 3; i++)
    f->plugin->poll(f->self, 20);
  assert_in_range(metric(f, "retries"), 3, 1000);
  assert_int_equal(f->host->failed_count, 0);
  run_sql(f, "COMMIT");
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 10);
  stop(f);
}

/* Another process stands still inside of a transaction: asking where to go on does not block. */
static void test_rows_of_offsets_that_are_locked(void **state)
{
  struct fixture *f = *state;
  int64_t next;
  start(f, NULL);
  run_sql(f, "BEGIN; SELECT * FROM headrace.sink_offset FOR UPDATE");
  assert_int_equal(f->plugin->stored_part(f->self, f->part, &next), HEADRACE_AGAIN);
  run_sql(f, "COMMIT");
  for (int i = 0; i < 1000; i++)
    if (f->plugin->stored_part(f->self, f->part, &next) == HEADRACE_OK)
      break;
    else
      f->plugin->poll(f->self, 20);
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, STORED), 10);
  stop(f);
}

static void test_a_lost_connection_is_made_anew(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  for (int i = 0; i < 3; i++) {
    send(f, 10, good);
    assert_int_equal(drain(f), HEADRACE_OK);
    run_sql(f, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
               "application_name = 'headrace' AND datname = current_database()");
  }
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 40);
  assert_logged(f, "writing goes on");
  stop(f);
}

static void test_an_error_of_the_schema_stops(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  run_sql(f, "DROP TABLE t");
  send(f, 10, good);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_logged(f, "42P01");
  stop(f);
}

/* ---- ways to write -----------------------------------------------------------------------------
 */

static void test_copy(void **state)
{
  struct fixture *f = *state;
  start_with(f, NULL, &copy_planner);
  for (int i = 0; i < 5; i++)
    send(f, 1000, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 5000);
  assert_int_equal(metric(f, "copy"), 5000);
  send(f, 1000, three_bad);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 5997);
  assert_int_equal(number(f, STORED), 6000);
  stop(f);
}

static void test_dry_run(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"dry_run", "yes", NULL};
  start(f, NULL);
  send(f, 5, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, pairs);
  assert_int_equal(f->next, 5);
  for (int i = 0; i < 3; i++)
    send(f, 100, three_bad);
  assert_int_equal(drain(f), HEADRACE_END);
  assert_logged(f, "rows: INSERT INTO t SELECT");
  assert_logged(f, "ends after 300 events");
  assert_int_equal(f->host->durable_count, 0);
  assert_int_equal(f->host->failed_count, 3);
  assert_int_equal(f->host->reject_count, 3); /* it is tried */
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 5);
  assert_int_equal(number(f, STORED), 5);
  stop(f);
  run_sql(f, "DROP SCHEMA headrace CASCADE");
  start(f, pairs);
  assert_int_equal(number(f, "SELECT count(*) FROM pg_namespace WHERE nspname = 'headrace'"), 0);
  stop(f);
}

static void test_dry_run_with_a_position(void **state)
{
  struct fixture *f = *state;
  const char *const pairs[] = {"dry_run", "yes", NULL};
  int64_t position = 0;
  size_t size = sizeof position;
  f->part = NULL;
  start(f, pairs);
  assert_int_equal(f->plugin->stored_position(f->self, &position, &size), HEADRACE_OK);
  assert_int_equal(size, 0);
  stop(f);
  start(f, NULL);
  f->plugin->stored_position(f->self, &position, &size);
  send(f, 7, good);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
  start(f, pairs);
  size = sizeof position;
  assert_int_equal(f->plugin->stored_position(f->self, &position, &size), HEADRACE_OK);
  assert_int_equal(position, 7);
  send(f, 7, good);
  assert_int_equal(drain(f), HEADRACE_END);
  assert_int_equal(number(f, "SELECT count(*) FROM t"), 7);
  stop(f);
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int count, char **arguments)
{
  const struct CMUnitTest tests[] = {
      with_server(test_batches_arrive_with_their_offset),
      with_server(test_quiet_needs_no_waiting),
      with_server(test_restart_goes_on_behind_it),
      with_server(test_position_of_a_source_without_parts),
      with_server(test_who_asks_for_the_position_shuts_out_the_others),
      with_server(test_another_process_has_moved_the_part),
      with_server(test_a_part_that_was_away_is_read_again),
      with_server(test_workers_share_the_events),
      with_server(test_what_is_written_is_not_written_again),
      with_server(test_what_was_set_back_is_written_again),
      with_server(test_who_takes_a_part_over_shuts_out_the_others),
      with_server(test_a_table_of_before),
      with_server(test_a_damaged_row_stops),
      with_server(test_another_number_of_workers),
      with_server(test_routed_otherwise_in_the_middle),
      with_server(test_a_part_made_anew),
      with_server(test_only_its_owner_sets_a_part_back),
      with_server(test_bad_rows_become_dead_letters),
      with_server(test_whatever_the_mixture),
      with_server(test_many_that_cannot_be_planned),
      with_server(test_errors_stop),
      with_server(test_errors_skip),
      with_server(test_too_many_are_not_the_events_fault),
      with_server(test_too_many_without_a_place),
      with_server(test_deferred_constraints),
      with_server(test_letters_of_a_stage_before),
      with_server(test_the_command),
      with_server(test_a_lock_is_waited_for),
      with_server(test_rows_of_offsets_that_are_locked),
      with_server(test_a_lost_connection_is_made_anew),
      with_server(test_an_error_of_the_schema_stops),
      with_server(test_copy),
      with_server(test_dry_run),
      with_server(test_dry_run_with_a_position),
  };
  if (count != 2)
    return 64;
  conninfo = arguments[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
