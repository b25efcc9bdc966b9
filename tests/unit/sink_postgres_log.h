/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of sink-postgres mode = log: a sink on a real server, and a reader of its log. */
#ifndef HEADRACE_TEST_SINK_POSTGRES_LOG_H
#define HEADRACE_TEST_SINK_POSTGRES_LOG_H

#include "plugin_host.h"
#include "sink.h"

#include <headrace/log.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define PATIENCE_US 20000000
#define RECEIPTS    100000

const struct headrace_registration *headrace_plugin_entry(void);

static const char *conninfo; /* set by main() */

/* ---- the fixture: a sink, and a reader of its log ----------------------------------- */

struct fixture {
  struct plugin_host *host;
  const char *state_dir; /* NULL: none */
  const struct headrace_plugin *plugin;
  void *self;
  const struct headrace_log *log;
  PGconn *sql;
  int woken; /* an eventfd */
  struct headrace_batch *batches[1024];
  size_t batch_count;
  uint64_t receipts[RECEIPTS]; /* of all events that became durable, in order */
  size_t receipt_count;
  unsigned advanced; /* bits of partitions */
};

struct answer {
  bool there;
  enum headrace_log_error error;
  char reason[256];
  int64_t number;
  struct headrace_log_place place;
  struct headrace_log_records *records;
};

static inline void run_sql(struct fixture *f, const char *sql)
{
  PGresult *result = PQexec(f->sql, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(f->sql));
  PQclear(result);
}

static inline int64_t number(struct fixture *f, const char *sql)
{
  PGresult *result = PQexec(f->sql, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(f->sql));
  int64_t value = PQntuples(result) ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : INT64_MIN;
  PQclear(result);
  return value;
}

static inline void on_durable(void *context, struct headrace_batch *batch, const uint64_t *receipts)
{
  struct fixture *f = context;
  size_t count = batch->events.count;
  assert_true(f->receipt_count + count <= RECEIPTS);
  if (count)
    memcpy(f->receipts + f->receipt_count, receipts, count * sizeof *receipts);
  f->receipt_count += count;
  plugin_host_durable(f->host, batch, receipts);
}

static inline void on_failed(void *context, struct headrace_batch *batch,
                             enum headrace_result result)
{
  plugin_host_failed(((struct fixture *)context)->host, batch, result);
}

static inline enum headrace_verdict on_reject(void *context, struct headrace_batch *batch,
                                              size_t event, const char *error_class,
                                              const char *reason)
{
  return plugin_host_reject(((struct fixture *)context)->host, batch, event, error_class, reason);
}

static inline void wake(void *context)
{
  wake_signal(((struct fixture *)context)->woken);
}

static inline void advanced(void *context, const struct headrace_topic_id *id, int32_t partition)
{
  struct fixture *f = context;
  (void)id;
  f->advanced |= 1u << partition;
}

static inline enum headrace_result start_with(struct fixture *f, const char *const *pairs)
{
  const char *all[32] = {"conninfo", conninfo, "mode", "log"};
  for (size_t i = 0; pairs && pairs[i]; i++)
    all[i + 4] = pairs[i];
  f->plugin = headrace_plugin_entry()->plugin;
  f->host = plugin_host_new(sink_postgres_keys, all);
  f->host->verdict = HEADRACE_VERDICT_SKIP;
  f->host->reports.durable = on_durable;
  f->host->reports.failed = on_failed;
  f->host->reports.reject = on_reject;
  f->host->reports.context = f;
  f->batch_count = f->receipt_count = 0;
  f->host->instance.host.state_dir = f->state_dir;
  assert_int_equal(f->plugin->open(&f->host->instance.host, &f->self), HEADRACE_OK);
  f->log = f->plugin->log(f->self);
  assert_non_null(f->log);
  const struct headrace_log_reader reader = {.context = f, .wake = wake, .advanced = advanced};
  return f->log->attach(f->log->self, &reader);
}

static inline void start(struct fixture *f, const char *const *pairs)
{
  assert_int_equal(start_with(f, pairs), HEADRACE_OK);
}

static inline void stop(struct fixture *f)
{
  f->plugin->close(f->self);
  assert_int_equal(f->host->durable_count + f->host->failed_count, f->batch_count);
  for (size_t i = 0; i < f->batch_count; i++)
    batch_free(f->batches[i]);
  plugin_host_free(f->host);
}

static inline int set_up(void **state)
{
  struct fixture *f = *state = calloc(1, sizeof *f);
  f->sql = PQconnectdb(conninfo);
  f->woken = wake_open();
  run_sql(f, "SET client_min_messages = error; DROP SCHEMA IF EXISTS kafka CASCADE");
  return 0;
}

static inline int tear_down(void **state)
{
  struct fixture *f = *state;
  close(f->woken);
  PQfinish(f->sql);
  free(f);
  return 0;
}

/* Until the answer is there; the sink goes on meanwhile. */
static inline void await(struct fixture *f, const struct answer *answer)
{
  int64_t deadline = f->host->instance.host.now_us(&f->host->instance.host) + PATIENCE_US;
  while (!answer->there) {
    struct pollfd fd = {.fd = f->woken, .events = POLLIN};
    if (poll(&fd, 1, 20) > 0)
      wake_clear(f->woken);
    f->plugin->poll(f->self, 0);
    f->log->serve(f->log->self);
    if (f->host->instance.host.now_us(&f->host->instance.host) > deadline)
      fail_msg("no answer");
  }
}

static inline int64_t metric(struct fixture *f, const char *name)
{
  char full[64];
  snprintf(full, sizeof full, "stage.%s", name);
  return metrics_get(&f->host->metrics, full);
}

/* ---- asking ------------------------------------------------------------------------- */

static inline void done(void *context, enum headrace_log_error error, const char *reason)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  snprintf(answer->reason, sizeof answer->reason, "%s", reason ? reason : "");
}

static inline enum headrace_log_error create(struct fixture *f, const char *name,
                                             int32_t partitions)
{
  struct answer answer = {0};
  const struct headrace_pair config[] = {{"retention.ms", "1000"}, {"a\"b", "c\\d"}};
  const struct headrace_log_new_topic topic = {name, partitions, config, 2};
  f->log->create_topic(f->log->self, &topic, done, &answer);
  await(f, &answer);
  return answer.error;
}

/* Its id, if there is one. */
static inline bool find_topic(struct fixture *f, const char *name, struct headrace_topic_id *id)
{
  const struct headrace_log_catalogue *catalogue = f->log->catalogue(f->log->self);
  bool found = false;
  for (size_t i = 0; i < catalogue->topic_count; i++)
    if (!strcmp(catalogue->topics[i].name, name)) {
      *id = catalogue->topics[i].id;
      found = true;
    }
  f->log->catalogue_release(f->log->self, catalogue);
  return found;
}

static inline struct headrace_topic_id topic_id(struct fixture *f, const char *name)
{
  struct headrace_topic_id id;
  assert_true(find_topic(f, name, &id));
  return id;
}

static inline struct headrace_log_marks marks(struct fixture *f, const char *name,
                                              int32_t partition)
{
  struct headrace_topic_id id = topic_id(f, name);
  struct headrace_log_marks marks = {-1, -1, -1};
  assert_int_equal(f->log->marks(f->log->self, &id, partition, &marks), HEADRACE_LOG_OK);
  return marks;
}

static inline void read_done(void *context, struct headrace_log_records *records)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = records->error;
  answer->records = records;
}

static inline struct answer read_from(struct fixture *f, const char *name, int32_t partition,
                                      int64_t offset, size_t max_bytes)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, name);
  f->log->read(f->log->self, &id, partition, offset, max_bytes, read_done, &answer);
  await(f, &answer);
  return answer;
}

static inline void found(void *context, const struct headrace_log_place *place)
{
  struct answer *answer = context;
  answer->there = true;
  answer->place = *place;
}

static inline struct headrace_log_place find_time(struct fixture *f, const char *name, int64_t ms)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, name);
  f->log->find(f->log->self, &id, 0, ms, found, &answer);
  await(f, &answer);
  return answer.place;
}

/* ---- appending ---------------------------------------------------------------------- */

static inline struct headrace_value value_in(struct headrace_batch *batch, const char *text)
{
  size_t size = strlen(text);
  return (struct headrace_value){memcpy(arena_alloc(&batch->arena, size + 1), text, size + 1),
                                 (uint32_t)size, HEADRACE_BINARY};
}

static inline struct headrace_record *add(struct headrace_batch *batch, const char *topic,
                                          int32_t partition, const char *value)
{
  struct headrace_record *record = batch_add_record(batch);
  record->topic = value_in(batch, topic);
  record->value = value_in(batch, value);
  record->partition = partition;
  return record;
}

static inline void give(struct fixture *f, struct headrace_batch *batch)
{
  enum headrace_result result;
  int64_t mark = 0;
  batch_set_position(batch, &mark, sizeof mark);
  batch_seal(batch);
  batch->state = BATCH_TAKEN;
  f->batches[f->batch_count++] = batch;
  while ((result = f->plugin->write(f->self, batch)) == HEADRACE_AGAIN)
    f->plugin->poll(f->self, 20);
  assert_int_equal(result, HEADRACE_OK);
}

/* Values are "0", "1", …; the timestamp of the i-th is first_ms + 10 * i. */
static inline void append(struct fixture *f, const char *topic, int32_t partition, int from,
                          int count)
{
  struct headrace_batch *batch = plugin_host_batch();
  for (int i = from; i < from + count; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    add(batch, topic, partition, text)->timestamp_ms = 1000 + 10 * i;
  }
  give(f, batch);
}

static inline enum headrace_result drain(struct fixture *f)
{
  return f->plugin->flush(f->self, PATIENCE_US / 1000);
}

static inline void assert_values(const struct headrace_log_records *records, int64_t first_offset,
                                 int first_value, size_t count)
{
  assert_int_equal(records->count, count);
  for (size_t i = 0; i < count; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", first_value + (int)i);
    assert_int_equal(records->records[i].offset, first_offset + (int64_t)i);
    assert_int_equal(records->records[i].value.size, strlen(text));
    assert_memory_equal(records->records[i].value.data, text, strlen(text));
  }
}

static inline void release(const struct answer *answer)
{
  answer->records->release(answer->records);
}

#endif
