/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres mode = log, on a real server: `sink_postgres_log CONNINFO`. */
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

static const char *conninfo;

/* ---- the fixture: a sink, and a reader of its log ----------------------------------- */

struct fixture {
  struct plugin_host *host;
  const struct headrace_plugin *plugin;
  void *self;
  const struct headrace_log *log;
  PGconn *sql;
  int woken; /* an eventfd */
  struct headrace_batch *batches[1024];
  size_t batch_count;
  uint64_t receipts[RECEIPTS]; /* of all events that became durable, in order */
  size_t receipt_count;
};

struct answer {
  bool there;
  enum headrace_log_error error;
  char reason[256];
  int64_t number;
  struct headrace_log_place place;
  struct headrace_log_records *records;
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

static void on_durable(void *context, struct headrace_batch *batch, const uint64_t *receipts)
{
  struct fixture *f = context;
  size_t count = batch->events.count;
  assert_true(f->receipt_count + count <= RECEIPTS);
  if (count)
    memcpy(f->receipts + f->receipt_count, receipts, count * sizeof *receipts);
  f->receipt_count += count;
  plugin_host_durable(f->host, batch, receipts);
}

static void on_failed(void *context, struct headrace_batch *batch, enum headrace_result result)
{
  plugin_host_failed(((struct fixture *)context)->host, batch, result);
}

static enum headrace_verdict on_reject(void *context, struct headrace_batch *batch, size_t event,
                                       const char *error_class, const char *reason)
{
  return plugin_host_reject(((struct fixture *)context)->host, batch, event, error_class, reason);
}

static void wake(void *context)
{
  wake_signal(((struct fixture *)context)->woken);
}

static enum headrace_result start_with(struct fixture *f, const char *const *pairs)
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
  assert_int_equal(f->plugin->open(&f->host->instance.host, &f->self), HEADRACE_OK);
  f->log = f->plugin->log(f->self);
  assert_non_null(f->log);
  const struct headrace_log_reader reader = {.context = f, .wake = wake};
  return f->log->attach(f->log->self, &reader);
}

static void start(struct fixture *f, const char *const *pairs)
{
  assert_int_equal(start_with(f, pairs), HEADRACE_OK);
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
  f->woken = wake_open();
  run_sql(f, "SET client_min_messages = error; DROP SCHEMA IF EXISTS kafka CASCADE");
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  close(f->woken);
  PQfinish(f->sql);
  free(f);
  return 0;
}

/* Until the answer is there; the sink goes on meanwhile. */
static void await(struct fixture *f, const struct answer *answer)
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

static int64_t metric(struct fixture *f, const char *name)
{
  char full[64];
  snprintf(full, sizeof full, "stage.%s", name);
  return metrics_get(&f->host->metrics, full);
}

/* ---- asking ------------------------------------------------------------------------- */

static void done(void *context, enum headrace_log_error error, const char *reason)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  snprintf(answer->reason, sizeof answer->reason, "%s", reason ? reason : "");
}

static enum headrace_log_error create(struct fixture *f, const char *name, int32_t partitions)
{
  struct answer answer = {0};
  const struct headrace_pair config[] = {{"retention.ms", "1000"}, {"a\"b", "c\\d"}};
  const struct headrace_log_new_topic topic = {name, partitions, config, 2};
  f->log->create_topic(f->log->self, &topic, done, &answer);
  await(f, &answer);
  return answer.error;
}

/* Its id, if there is one. */
static bool find_topic(struct fixture *f, const char *name, struct headrace_topic_id *id)
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

static struct headrace_topic_id topic_id(struct fixture *f, const char *name)
{
  struct headrace_topic_id id;
  assert_true(find_topic(f, name, &id));
  return id;
}

static struct headrace_log_marks marks(struct fixture *f, const char *name, int32_t partition)
{
  struct headrace_topic_id id = topic_id(f, name);
  struct headrace_log_marks marks = {-1, -1, -1};
  assert_int_equal(f->log->marks(f->log->self, &id, partition, &marks), HEADRACE_LOG_OK);
  return marks;
}

static void read_done(void *context, struct headrace_log_records *records)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = records->error;
  answer->records = records;
}

static struct answer read_from(struct fixture *f, const char *name, int32_t partition,
                               int64_t offset, size_t max_bytes)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, name);
  f->log->read(f->log->self, &id, partition, offset, max_bytes, read_done, &answer);
  await(f, &answer);
  return answer;
}

static void found(void *context, const struct headrace_log_place *place)
{
  struct answer *answer = context;
  answer->there = true;
  answer->place = *place;
}

static struct headrace_log_place find_time(struct fixture *f, const char *name, int64_t ms)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, name);
  f->log->find(f->log->self, &id, 0, ms, found, &answer);
  await(f, &answer);
  return answer.place;
}

/* ---- appending ---------------------------------------------------------------------- */

static struct headrace_value value_in(struct headrace_batch *batch, const char *text)
{
  size_t size = strlen(text);
  return (struct headrace_value){memcpy(arena_alloc(&batch->arena, size + 1), text, size + 1),
                                 (uint32_t)size, HEADRACE_BINARY};
}

static struct headrace_record *add(struct headrace_batch *batch, const char *topic,
                                   int32_t partition, const char *value)
{
  struct headrace_record *record = batch_add_record(batch);
  record->topic = value_in(batch, topic);
  record->value = value_in(batch, value);
  record->partition = partition;
  return record;
}

static void give(struct fixture *f, struct headrace_batch *batch)
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
static void append(struct fixture *f, const char *topic, int32_t partition, int from, int count)
{
  struct headrace_batch *batch = plugin_host_batch();
  for (int i = from; i < from + count; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    add(batch, topic, partition, text)->timestamp_ms = 1000 + 10 * i;
  }
  give(f, batch);
}

static enum headrace_result drain(struct fixture *f)
{
  return f->plugin->flush(f->self, PATIENCE_US / 1000);
}

static void assert_values(const struct headrace_log_records *records, int64_t first_offset,
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

static void release(const struct answer *answer)
{
  answer->records->release(answer->records);
}

/* ---- tests -------------------------------------------------------------------------- */

static void topics_are_in_the_catalogue(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  assert_int_equal(strlen(f->log->cluster_id(f->log->self)), 22);
  uint64_t version = f->log->catalogue_version(f->log->self);
  assert_int_equal(create(f, "b", 2), HEADRACE_LOG_OK);
  assert_int_equal(create(f, "a", 1), HEADRACE_LOG_OK);
  assert_int_equal(create(f, "a", 3), HEADRACE_LOG_EXISTS);
  assert_int_equal(create(f, "c", 0), HEADRACE_LOG_INVALID);
  assert_true(f->log->catalogue_version(f->log->self) > version);
  struct headrace_topic_id id = topic_id(f, "b");
  char cluster[64];
  snprintf(cluster, sizeof cluster, "%s", f->log->cluster_id(f->log->self));
  stop(f);
  start(f, NULL);
  assert_string_equal(cluster, f->log->cluster_id(f->log->self));
  const struct headrace_log_catalogue *catalogue = f->log->catalogue(f->log->self);
  assert_int_equal(catalogue->topic_count, 2);
  assert_string_equal(catalogue->topics[0].name, "a");
  assert_string_equal(catalogue->topics[1].name, "b");
  assert_memory_equal(&catalogue->topics[1].id, &id, sizeof id);
  assert_int_equal(catalogue->topics[1].partition_count, 2);
  assert_int_equal(catalogue->topics[1].config_count, 2);
  assert_string_equal(catalogue->topics[1].config[0].name, "a\"b");
  assert_string_equal(catalogue->topics[1].config[0].value, "c\\d");
  f->log->catalogue_release(f->log->self, catalogue);
  stop(f);
}

static void offsets_rise_by_one(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 2);
  append(f, "t", 0, 0, 3);
  append(f, "t", 1, 0, 2);
  append(f, "t", 0, 3, 4);
  assert_int_equal(marks(f, "t", 0).end, 0); /* nothing is committed */
  assert_int_equal(drain(f), HEADRACE_OK);
  const uint64_t expected[] = {0, 1, 2, 0, 1, 3, 4, 5, 6};
  assert_int_equal(f->receipt_count, 9);
  assert_memory_equal(f->receipts, expected, sizeof expected);
  assert_int_equal(marks(f, "t", 0).end, 7);
  assert_int_equal(marks(f, "t", 1).end, 2);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).end, 7);
  append(f, "t", 0, 7, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->receipts[0], 7);
  assert_int_equal(number(f, "SELECT count(DISTINCT global_offset) FROM kafka.messages"), 10);
  assert_int_equal(number(f, "SELECT max(global_offset) FROM kafka.messages"), 9);
  stop(f);
}

static void what_was_written_is_read(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_record *record = add(batch, "t", 0, "v");
  struct headrace_header *headers = arena_alloc(&batch->arena, 3 * sizeof *headers);
  headers[0] = (struct headrace_header){"same", value_in(batch, "1")};
  headers[1] = (struct headrace_header){"same", {.state = HEADRACE_NULL}};
  headers[2] = (struct headrace_header){"", value_in(batch, "")};
  record->headers = headers;
  record->header_count = 3;
  record->timestamp_ms = INT64_C(1700000000123);
  record->key = (struct headrace_value){"a\0b", 3, HEADRACE_BINARY};
  record = add(batch, "t", 0, "");
  record->key = value_in(batch, "gone");
  record->value.state = HEADRACE_NULL;
  record->timestamp_ms = -1;
  give(f, batch);
  assert_int_equal(drain(f), HEADRACE_OK);
  struct answer answer = read_from(f, "t", 0, 0, 1 << 20);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(answer.records->count, 2);
  assert_int_equal(answer.records->next, 2);
  const struct headrace_record *first = &answer.records->records[0];
  assert_memory_equal(first->key.data, "a\0b", 3);
  assert_int_equal(first->timestamp_ms, INT64_C(1700000000123));
  assert_int_equal(first->header_count, 3);
  assert_string_equal(first->headers[1].name, "same");
  assert_int_equal(first->headers[1].value.state, HEADRACE_NULL);
  assert_memory_equal(first->headers[0].value.data, "1", 1);
  assert_string_equal(first->headers[2].name, "");
  assert_int_equal(first->headers[2].value.size, 0);
  assert_int_equal(first->headers[2].value.state, HEADRACE_BINARY);
  const struct headrace_record *second = &answer.records->records[1];
  assert_int_equal(second->value.state, HEADRACE_NULL);
  assert_int_equal(second->timestamp_ms, -1);
  assert_int_equal(second->header_count, 0);
  release(&answer);
  stop(f);
}

static void a_read_is_bounded(void **state)
{
  struct fixture *f = *state;
  start(f, (const char *[]){"log_segment_records", "100", NULL});
  create(f, "t", 1);
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.segments"), 3);
  struct answer answer = read_from(f, "t", 0, 5, 1);
  assert_values(answer.records, 5, 5, 1);
  release(&answer);
  int64_t offset = 0;
  for (int reads = 0; offset < 250; reads++) {
    assert_true(reads < 10);
    answer = read_from(f, "t", 0, offset, 1 << 20);
    assert_values(answer.records, offset, (int)offset, answer.records->count);
    offset = answer.records->next;
    release(&answer);
  }
  assert_int_equal(offset, 250);
  answer = read_from(f, "t", 0, 250, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(answer.records->count, 0);
  assert_int_equal(answer.records->next, 250);
  answer = read_from(f, "t", 0, 251, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_OUT_OF_RANGE);
  answer = read_from(f, "t", 1, 0, 100);
  assert_int_equal(answer.error, HEADRACE_LOG_UNKNOWN_TOPIC);
  stop(f); /* frees what was not released */
}

static void records_are_found_by_time(void **state)
{
  struct fixture *f = *state;
  start(f, (const char *[]){"log_segment_records", "100", NULL});
  create(f, "t", 1);
  assert_int_equal(find_time(f, "t", 0).offset, -1);
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(find_time(f, "t", 0).offset, 0);
  assert_int_equal(find_time(f, "t", 1001).offset, 1);
  assert_int_equal(find_time(f, "t", 1001).timestamp_ms, 1010);
  assert_int_equal(find_time(f, "t", 3000).offset, 200);
  assert_int_equal(find_time(f, "t", 1000000).offset, -1);
  assert_int_equal(find_time(f, "t", INT64_MAX).offset, -1);
  assert_int_equal(find_time(f, "t", INT64_MIN).offset, 0);
  assert_int_equal(find_time(f, "t", HEADRACE_LOG_LARGEST_TIME).offset, 249);
  stop(f);
}

static void what_goes_nowhere_is_refused(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  struct headrace_batch *batch = plugin_host_batch();
  add(batch, "t", 0, "good");
  add(batch, "t", 1, "no such partition");
  add(batch, "t", -1, "none said");
  add(batch, "u", 0, "no such topic");
  add(batch, "t", 0, "too late")->timestamp_ms = INT64_MAX;
  add(batch, "t", 0, "good");
  give(f, batch);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->host->reject_count, 4);
  assert_string_equal(f->host->last_error_class, HEADRACE_REJECT_INVALID);
  assert_int_equal(f->receipts[0], 0);
  assert_int_equal(f->receipts[5], 1);
  assert_int_equal(marks(f, "t", 0).end, 2);
  stop(f);
}

/* ---- producers that number ---------------------------------------------------------- */

static void append_run(struct fixture *f, int64_t producer, int16_t epoch, int32_t first,
                       uint32_t count)
{
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_numbering *numbering = arena_alloc(&batch->arena, sizeof *numbering);
  *numbering = (struct headrace_numbering){producer, epoch, first, count};
  for (uint32_t i = 0; i < count; i++)
    add(batch, "t", 0, "x")->numbering = numbering;
  give(f, batch);
}

static void assert_refused(struct fixture *f, const char *error_class)
{
  assert_string_equal(f->host->last_error_class, error_class);
  f->host->last_error_class[0] = 0;
}

static void a_run_sent_twice_is_written_once(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  for (int i = 0; i < 6; i++)
    append_run(f, 7, 0, 2 * i, 2);
  append_run(f, 7, 0, 10, 2); /* in the same group */
  assert_int_equal(drain(f), HEADRACE_OK);
  append_run(f, 7, 0, 2, 2); /* in the window of five */
  append_run(f, 7, 0, 0, 2); /* not in it */
  assert_refused(f, HEADRACE_REJECT_OUT_OF_SEQUENCE);
  append_run(f, 7, 0, 14, 1);
  assert_refused(f, HEADRACE_REJECT_OUT_OF_SEQUENCE);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 12);
  const uint64_t again[] = {10, 11, 2, 3};
  assert_memory_equal(f->receipts + 12, again, sizeof again);
  stop(f);
  start(f, NULL); /* another process knows it too */
  append_run(f, 7, 0, 4, 2);
  append_run(f, 7, 0, 0, 2);
  assert_refused(f, HEADRACE_REJECT_OUT_OF_SEQUENCE);
  append_run(f, 7, 0, 12, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->receipts[0], 4);
  assert_int_equal(f->receipts[4], 12);
  stop(f);
}

static void a_new_instance_shuts_out_the_old(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  append_run(f, 7, 0, INT32_MAX - 1, 2); /* not known before: any number */
  append_run(f, 7, 0, 0, 1);
  append_run(f, 7, 1, 1, 1);
  assert_refused(f, HEADRACE_REJECT_OUT_OF_SEQUENCE);
  append_run(f, 7, 1, 0, 1);
  append_run(f, 7, 0, 1, 1);
  assert_refused(f, HEADRACE_REJECT_OLD_EPOCH);
  append_run(f, 7, 1, -1, 1);
  assert_refused(f, HEADRACE_REJECT_INVALID);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 4);
  stop(f);
}

static void producers_done(void *context, enum headrace_log_error error,
                           const struct headrace_log_producer *producers, size_t count)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  answer->number =
      count == 1 && producers->id == 7 && producers->epoch == 3 ? producers->last_sequence : -1;
}

static void number_done(void *context, enum headrace_log_error error, int64_t value)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  answer->number = value;
}

static int64_t new_producer(struct fixture *f)
{
  struct answer answer = {0};
  f->log->new_producer(f->log->self, number_done, &answer);
  await(f, &answer);
  return answer.number;
}

static void producers_are_listed(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  append_run(f, 7, 3, INT32_MAX, 2);
  assert_int_equal(drain(f), HEADRACE_OK);
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->producers(f->log->self, &id, 0, producers_done, &answer);
  await(f, &answer);
  assert_int_equal(answer.number, 0);
  int64_t first = new_producer(f);
  assert_int_equal(new_producer(f), first + 1);
  stop(f);
  start(f, NULL);
  assert_true(new_producer(f) > first + 1);
  stop(f);
}

/* ---- groups ------------------------------------------------------------------------- */

static enum headrace_log_error store(struct fixture *f, const char *group, const char *topic,
                                     int32_t partition, int64_t offset)
{
  struct answer answer = {0};
  const struct headrace_log_offset stored = {.topic = topic,
                                             .id = topic_id(f, topic),
                                             .partition = partition,
                                             .offset = offset,
                                             .leader_epoch = 4,
                                             .metadata = "it's"};
  f->log->store_offsets(f->log->self, group, &stored, 1, done, &answer);
  await(f, &answer);
  return answer.error;
}

static void offsets_done(void *context, enum headrace_log_error error,
                         const struct headrace_log_offset *offsets, size_t count)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  answer->number = -1;
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(offsets[i].metadata, "it's");
    assert_int_equal(offsets[i].leader_epoch, 4);
    assert_true(offsets[i].committed_at_ms > INT64_C(1700000000000));
    answer->number = offsets[i].offset + (int64_t)(1000 * count);
  }
}

/* Of the last partition, and 1000 for each that has one; -1: none. */
static int64_t stored(struct fixture *f, const char *group)
{
  struct answer answer = {0};
  f->log->stored_offsets(f->log->self, group, offsets_done, &answer);
  await(f, &answer);
  return answer.number;
}

static void groups_done(void *context, enum headrace_log_error error, const char *const *groups,
                        size_t count)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  answer->number = (int64_t)count;
  snprintf(answer->reason, sizeof answer->reason, "%s", count ? groups[0] : "");
}

static void offsets_of_groups_are_kept(void **state)
{
  struct fixture *f = *state;
  struct answer answer = {0};
  start(f, NULL);
  create(f, "t", 2);
  assert_int_equal(stored(f, "g"), -1);
  assert_int_equal(store(f, "g", "t", 0, 5), HEADRACE_LOG_OK);
  assert_int_equal(store(f, "g", "t", 1, 7), HEADRACE_LOG_OK);
  assert_int_equal(store(f, "g", "t", 1, 8), HEADRACE_LOG_OK);
  assert_int_equal(store(f, "g", "t", 2, 8), HEADRACE_LOG_UNKNOWN_TOPIC);
  assert_int_equal(stored(f, "g"), 2008);
  f->log->set_group_active(f->log->self, "g", "consumer", 1);
  f->log->set_group_active(f->log->self, "none", "consumer", 1);
  f->log->groups(f->log->self, groups_done, &answer);
  await(f, &answer);
  assert_int_equal(answer.number, 1);
  assert_string_equal(answer.reason, "g");
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.groups WHERE active"), 2);
  stop(f);
  start(f, NULL);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.groups WHERE active"), 0);
  assert_int_equal(store(f, "g", "t", 1, -1), HEADRACE_LOG_OK);
  assert_int_equal(stored(f, "g"), 1005);
  answer = (struct answer){0};
  f->log->delete_group(f->log->self, "g", done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(stored(f, "g"), -1);
  answer = (struct answer){0};
  f->log->delete_group(f->log->self, "g", done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_UNKNOWN_TOPIC);
  stop(f);
}

/* ---- changing topics ---------------------------------------------------------------- */

static enum headrace_log_error delete_topic(struct fixture *f, const char *name)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, name);
  f->log->delete_topic(f->log->self, &id, done, &answer);
  await(f, &answer);
  return answer.error;
}

static void a_deleted_topic_is_gone(void **state)
{
  struct fixture *f = *state;
  struct headrace_topic_id id;
  start(f, NULL);
  create(f, "t", 1);
  create(f, "u", 1);
  append(f, "t", 0, 0, 10); /* on their way */
  store(f, "g", "t", 0, 1);
  assert_int_equal(delete_topic(f, "t"), HEADRACE_LOG_OK);
  assert_false(find_topic(f, "t", &id));
  append(f, "t", 0, 0, 1);
  assert_refused(f, HEADRACE_REJECT_UNKNOWN_TOPIC);
  append(f, "u", 0, 0, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 1);
  assert_int_equal(stored(f, "g"), -1);
  assert_int_equal(create(f, "t", 1), HEADRACE_LOG_OK);
  append(f, "t", 0, 0, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 1);
  stop(f);
}

static void partitions_are_added(void **state)
{
  struct fixture *f = *state;
  struct answer answer = {0};
  start(f, NULL);
  create(f, "t", 1);
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->add_partitions(f->log->self, &id, 3, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  append(f, "t", 2, 0, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  answer = (struct answer){0};
  f->log->add_partitions(f->log->self, &id, 3, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_INVALID);
  const struct headrace_pair config = {"cleanup.policy", "compact"};
  answer = (struct answer){0};
  f->log->configure_topic(f->log->self, &id, &config, 1, done, &answer);
  await(f, &answer);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 2).end, 1);
  const struct headrace_log_catalogue *catalogue = f->log->catalogue(f->log->self);
  assert_int_equal(catalogue->topics[0].config_count, 1);
  assert_string_equal(catalogue->topics[0].config[0].value, "compact");
  f->log->catalogue_release(f->log->self, catalogue);
  stop(f);
}

static int64_t delete_records(struct fixture *f, int64_t before, enum headrace_log_error *error)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->delete_records(f->log->self, &id, 0, before, number_done, &answer);
  await(f, &answer);
  *error = answer.error;
  return answer.number;
}

static void sizes_done(void *context, enum headrace_log_error error,
                       const struct headrace_log_size *sizes, size_t count)
{
  struct answer *answer = context;
  answer->there = true;
  answer->error = error;
  assert_int_equal(count, 1);
  answer->number = sizes->bytes;
}

static void records_are_deleted(void **state)
{
  struct fixture *f = *state;
  enum headrace_log_error error;
  struct answer answer = {0};
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 10);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(delete_records(f, 4, &error), 4);
  assert_int_equal(delete_records(f, 3, &error), 4);
  assert_int_equal(error, HEADRACE_LOG_OK);
  delete_records(f, 11, &error);
  assert_int_equal(error, HEADRACE_LOG_OUT_OF_RANGE);
  assert_int_equal(marks(f, "t", 0).start, 4);
  assert_int_equal(read_from(f, "t", 0, 3, 100).error, HEADRACE_LOG_OUT_OF_RANGE);
  assert_int_equal(find_time(f, "t", 0).offset, 4);
  assert_int_equal(delete_records(f, -1, &error), 10);
  f->log->sizes(f->log->self, sizes_done, &answer);
  await(f, &answer);
  assert_true(answer.number > 8192);
  stop(f);
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).start, 10);
  append(f, "t", 0, 10, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(f->receipts[0], 10);
  stop(f);
}

/* ---- retention ---------------------------------------------------------------------- */

static void await_number(struct fixture *f, const char *sql, int64_t expected)
{
  int64_t deadline = f->host->instance.host.now_us(&f->host->instance.host) + PATIENCE_US;
  while (number(f, sql) != expected) {
    f->plugin->poll(f->self, 20);
    if (f->host->instance.host.now_us(&f->host->instance.host) > deadline)
      fail_msg("%s is %lld", sql, (long long)number(f, sql));
  }
}

static const char *const keeping[] = {
    "log_segment_records", "100", "log_retention_check", "100", "log_offsets_retention", "1", NULL};

static void old_records_are_dropped(void **state)
{
  struct fixture *f = *state;
  start(f, keeping);
  create(f, "t", 1); /* which keeps them for a second */
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_number(f, "SELECT count(*) FROM kafka.messages", 0);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.segments"), 1);
  assert_int_equal(marks(f, "t", 0).start, 250);
  assert_int_equal(marks(f, "t", 0).end, 250);
  struct headrace_batch *batch = plugin_host_batch();
  add(batch, "t", 0, "young")->timestamp_ms = INT64_C(4000000000000);
  give(f, batch); /* into what was emptied */
  append(f, "t", 0, 251, 60);
  assert_int_equal(drain(f), HEADRACE_OK);
  int64_t drops = metric(f, "segments_dropped");
  store(f, "passed", "t", 0, 1); /* forgotten after the partitions were looked at */
  await_number(f, "SELECT count(*) FROM kafka.offsets", 0);
  assert_int_equal(marks(f, "t", 0).start, 250);
  assert_int_equal(metric(f, "segments_dropped"), drops);
  stop(f);
  start(f, NULL);
  struct answer answer = read_from(f, "t", 0, 250, 1 << 20);
  assert_int_equal(answer.records->count, 50); /* to the end of the segment */
  stop(f);
}

static void large_partitions_are_cut(void **state)
{
  struct fixture *f = *state;
  struct answer answer = {0};
  start(f, keeping);
  create(f, "t", 1);
  struct headrace_topic_id id = topic_id(f, "t");
  const struct headrace_pair config[] = {{"retention.ms", "-1"}, {"retention.bytes", "40000"}};
  f->log->configure_topic(f->log->self, &id, config, 2, done, &answer);
  await(f, &answer);
  append(f, "t", 0, 0, 450);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_number(f, "SELECT start_offset FROM kafka.partitions", 300);
  await_number(f, "SELECT count(*) FROM kafka.messages", 150);
  struct answer read = read_from(f, "t", 0, 300, 1 << 20);
  assert_values(read.records, 300, 300, 100);
  release(&read);
  assert_int_equal(read_from(f, "t", 0, 299, 100).error, HEADRACE_LOG_OUT_OF_RANGE);
  stop(f);
}

static void groups_that_were_left_are_forgotten(void **state)
{
  struct fixture *f = *state;
  start(f, keeping);
  create(f, "t", 1);
  f->log->set_group_active(f->log->self, "used", "consumer", 1);
  store(f, "used", "t", 0, 3);
  store(f, "left", "t", 0, 3);
  await_number(f, "SELECT count(*) FROM kafka.groups", 1);
  assert_int_equal(stored(f, "used"), 1003);
  assert_int_equal(stored(f, "left"), -1);
  f->log->set_group_active(f->log->self, "used", "consumer", 0);
  await_number(f, "SELECT count(*) FROM kafka.groups", 0);
  stop(f);
}

/* ---- the schema --------------------------------------------------------------------- */

static void older_tables_are_upgraded(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  stop(f);
  run_sql(f, "UPDATE kafka.meta SET schema_version = 1; DROP FUNCTION kafka.segment_bytes CASCADE;"
             " DROP FUNCTION kafka.as_text CASCADE; DROP FUNCTION kafka.read, kafka.headers_jsonb;"
             " DROP VIEW kafka.group_lag");
  start(f, NULL);
  assert_int_equal(marks(f, "t", 0).end, 0);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.topic_sizes"), 1);
  stop(f);
}

static void newer_tables_are_refused(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  stop(f);
  run_sql(f, "UPDATE kafka.meta SET schema_version = 99");
  assert_int_equal(start_with(f, NULL), HEADRACE_FATAL);
  stop(f);
}

/* ---- owners ------------------------------------------------------------------------- */

static void who_was_shut_out_stops(void **state)
{
  struct fixture *f = *state, other = {.sql = f->sql, .woken = wake_open()};
  start(f, NULL);
  create(f, "t", 1);
  append(f, "t", 0, 0, 2);
  assert_int_equal(drain(f), HEADRACE_OK);
  start(&other, NULL);
  append(f, "t", 0, 2, 2);
  append(&other, "t", 0, 2, 3);
  assert_int_equal(drain(&other), HEADRACE_OK);
  assert_int_equal(drain(f), HEADRACE_FATAL);
  assert_int_equal(f->host->failed_with, HEADRACE_FATAL);
  char *log = plugin_host_log(f->host);
  assert_non_null(strstr(log, "another process has taken over"));
  free(log);
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->add_partitions(f->log->self, &id, 9, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_FENCED);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 5);
  stop(f);
  stop(&other);
  close(other.woken);
}

/* ---- the server goes away ----------------------------------------------------------- */

static void kill_sessions(struct fixture *f)
{
  run_sql(f, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
             " WHERE application_name = 'headrace'");
}

static void nothing_is_lost_when_connections_are(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  for (int i = 0; i < 40; i++) {
    append(f, "t", 0, 100 * i, 100);
    f->plugin->poll(f->self, i % 3);
    if (i % 4 == 0)
      kill_sessions(f);
    if (i % 7 == 0)
      read_from(f, "t", 0, 0, 1);
  }
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 4000);
  assert_int_equal(f->receipt_count, 4000);
  for (size_t i = 0; i < 4000; i++)
    assert_int_equal(f->receipts[i], i);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"
                             " WHERE convert_from(value, 'UTF8')::bigint = partition_offset"),
                   4000);
  assert_int_equal(number(f, "SELECT next_global_offset FROM kafka.meta"), 4000);
  stop(f);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(topics_are_in_the_catalogue),
      TEST(offsets_rise_by_one),
      TEST(what_was_written_is_read),
      TEST(a_read_is_bounded),
      TEST(records_are_found_by_time),
      TEST(what_goes_nowhere_is_refused),
      TEST(a_run_sent_twice_is_written_once),
      TEST(a_new_instance_shuts_out_the_old),
      TEST(producers_are_listed),
      TEST(offsets_of_groups_are_kept),
      TEST(a_deleted_topic_is_gone),
      TEST(partitions_are_added),
      TEST(records_are_deleted),
      TEST(old_records_are_dropped),
      TEST(large_partitions_are_cut),
      TEST(groups_that_were_left_are_forgotten),
      TEST(older_tables_are_upgraded),
      TEST(newer_tables_are_refused),
      TEST(who_was_shut_out_stops),
      TEST(nothing_is_lost_when_connections_are),
  };
  if (argc != 2)
    return 2;
  conninfo = argv[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
