/* SPDX-License-Identifier: Apache-2.0
 *
 * Producers, groups, topics and retention of a log, on a real server:
 * `sink_postgres_log_admin CONNINFO`. */
#include "log_sink.h"
#include "sink_postgres_log.h"

/* ---- producers that number ---------------------------------------------------------- */

static void append_numbered(struct fixture *f, struct headrace_numbering run)
{
  struct headrace_batch *batch = plugin_host_batch();
  struct headrace_numbering *numbering = arena_alloc(&batch->arena, sizeof *numbering);
  *numbering = run;
  for (uint32_t i = 0; i < run.count; i++)
    add(batch, "t", 0, "x")->numbering = numbering;
  give(f, batch);
}

static void append_run(struct fixture *f, int64_t producer, int16_t epoch, int32_t first,
                       uint32_t count)
{
  append_numbered(
      f, (struct headrace_numbering){
             .producer = producer, .epoch = epoch, .first_sequence = first, .count = count});
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

static void append_with_gaps(struct fixture *f, int16_t epoch, int32_t first)
{
  append_numbered(
      f, (struct headrace_numbering){
             .producer = 7, .epoch = epoch, .first_sequence = first, .count = 1, .gaps = 1});
}

static void runs_may_be_missing_that_filters_left_out(void **state)
{
  struct fixture *f = *state;
  start(f, NULL);
  create(f, "t", 1);
  append_with_gaps(f, 0, INT32_MAX - 5);
  append_with_gaps(f, 0, 3);
  append_with_gaps(f, 0, INT32_MAX - 5); /* sent again */
  append_with_gaps(f, 0, 2);             /* what was passed by does not come any more */
  assert_refused(f, HEADRACE_REJECT_OUT_OF_SEQUENCE);
  append_with_gaps(f, 1, 9);
  assert_int_equal(drain(f), HEADRACE_OK);
  assert_int_equal(marks(f, "t", 0).end, 3);
  assert_int_equal(f->receipts[2], 0);
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

/* A topic that was deleted meanwhile takes no other's offset with it. */
static void offsets_of_what_is_gone_are_left_out(void **state)
{
  struct fixture *f = *state;
  struct answer answer = {0};
  start(f, NULL);
  create(f, "t", 1);
  create(f, "gone", 1);
  struct headrace_log_offset offsets[3] = {
      {.topic = "gone", .id = topic_id(f, "gone"), .offset = 1},
      {.topic = "t", .id = topic_id(f, "t"), .offset = 2},
      {.topic = "t", .id = topic_id(f, "t"), .partition = 1, .offset = 3}};
  for (size_t i = 0; i < 3; i++) {
    offsets[i].metadata = "it's";
    offsets[i].leader_epoch = 4;
  }
  f->log->delete_topic(f->log->self, &offsets[0].id, done, &answer);
  await(f, &answer);
  answer = (struct answer){0};
  f->log->store_offsets(f->log->self, "g", offsets, 3, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
  assert_int_equal(stored(f, "g"), 1002);
  stop(f);
}

static void offsets_share_transactions(void **state)
{
  enum { GROUPS = 60 };
  struct fixture *f = *state;
  struct answer answers[GROUPS] = {0};
  start(f, NULL);
  create(f, "t", 1);
  for (int i = 0; i < GROUPS; i++) {
    char group[8];
    snprintf(group, sizeof group, "g%d", i);
    const struct headrace_log_offset offset = {.topic = "t",
                                               .id = topic_id(f, "t"),
                                               .partition = i == 20, /* there is none */
                                               .offset = i,
                                               .metadata = i == 30 ? "\xff" : ""};
    f->log->store_offsets(f->log->self, group, &offset, 1, done, &answers[i]);
  }
  for (int i = 0; i < GROUPS; i++) {
    await(f, &answers[i]);
    assert_int_equal(answers[i].error, i == 20   ? HEADRACE_LOG_UNKNOWN_TOPIC
                                       : i == 30 ? HEADRACE_LOG_INVALID
                                                 : HEADRACE_LOG_OK);
  }
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.offsets"), GROUPS - 2);
  run_sql(f, "TRUNCATE kafka.offsets, kafka.groups");
  memset(answers, 0, sizeof answers);
  for (int i = 0; i < GROUPS; i++) {
    const struct headrace_log_offset offset = {
        .topic = "t", .id = topic_id(f, "t"), .metadata = ""};
    char group[8];
    snprintf(group, sizeof group, "g%d", i);
    f->log->store_offsets(f->log->self, group, &offset, 1, done, &answers[i]);
  }
  await(f, &answers[GROUPS - 1]);
  assert_true(number(f, "SELECT count(DISTINCT xmin::text) FROM kafka.offsets") < GROUPS / 2);
  stop(f);
}

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

/* Somebody reads its rows: it is gone all the same, and its tables follow. */
static void a_topic_that_is_read_by_sql_is_deleted(void **state)
{
  struct fixture *f = *state;
  struct headrace_topic_id id;
  start(f, keeping);
  create(f, "t", 1);
  append(f, "t", 0, 0, 10);
  assert_int_equal(drain(f), HEADRACE_OK);
  run_sql(f, "BEGIN; SELECT count(*) FROM kafka.messages");
  assert_int_equal(delete_topic(f, "t"), HEADRACE_LOG_OK);
  stop(f);
  start(f, keeping);
  assert_false(find_topic(f, "t", &id));
  run_sql(f, "COMMIT");
  assert_int_equal(create(f, "t", 1), HEADRACE_LOG_OK);
  await_number(f, "SELECT count(*) FROM kafka.topics", 1);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 0);
  stop(f);
}

static void what_is_gone_takes_no_memory(void **state)
{
  struct fixture *f = *state;
  start(f, keeping);
  const struct log_state *known = &((struct sink *)f->self)->log->state;
  create(f, "kept", 1);
  for (int i = 0; i < 5; i++) {
    create(f, "t", 10);
    append(f, "t", 0, 0, 10);
    append(f, "t", 9, 0, 10);
    assert_int_equal(delete_topic(f, "t"), HEADRACE_LOG_OK);
  }
  int64_t deadline = f->host->instance.host.now_us(&f->host->instance.host) + PATIENCE_US;
  while (__atomic_load_n(&known->topic_count, __ATOMIC_SEQ_CST) > 1 ||
         __atomic_load_n(&known->gone_count, __ATOMIC_SEQ_CST) > 0) {
    f->plugin->poll(f->self, 20);
    assert_true(f->host->instance.host.now_us(&f->host->instance.host) < deadline);
  }
  append(f, "kept", 0, 0, 1);
  assert_int_equal(drain(f), HEADRACE_OK);
  stop(f);
}

static void keep_for_ever(struct fixture *f, const char *topic)
{
  struct answer answer = {0};
  struct headrace_topic_id id = topic_id(f, topic);
  const struct headrace_pair config = {"retention.ms", "-1"};
  f->log->configure_topic(f->log->self, &id, &config, 1, done, &answer);
  await(f, &answer);
}

static void tables_that_are_full_have_an_index(void **state)
{
  struct fixture *f = *state;
  start(f, keeping);
  create(f, "t", 1);
  keep_for_ever(f, "t");
  append(f, "t", 0, 0, 250);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_number(f, "SELECT count(*) FROM kafka.segments WHERE sealed", 2);
  assert_int_equal(number(f, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'kafka' AND"
                             " indexdef LIKE '%USING brin%'"),
                   2);
  stop(f);
  start(f, keeping); /* which knows it */
  append(f, "t", 0, 250, 50);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_number(f, "SELECT count(*) FROM kafka.segments WHERE sealed", 3);
  await_number(f, "SELECT count(*) FROM kafka.times WHERE newest = 'infinity'", 0);
  assert_int_equal(number(f, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'kafka' AND"
                             " indexdef LIKE '%USING brin%'"),
                   3);
  stop(f);
}

/* By hand, or with their topic while they are looked at. */
static void tables_that_are_gone_do_not_stop_the_others(void **state)
{
  struct fixture *f = *state;
  start(f, keeping);
  create(f, "t", 1);
  keep_for_ever(f, "t");
  create(f, "u", 1);
  keep_for_ever(f, "u");
  append(f, "t", 0, 0, 150);
  append(f, "u", 0, 0, 150);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_number(f, "SELECT count(*) FROM kafka.segments WHERE sealed", 2);
  stop(f);
  run_sql(f, "DROP TABLE kafka.messages_1_0_0; UPDATE kafka.segments SET sealed = false");
  start(f, keeping);
  await_number(f, "SELECT count(*) FROM kafka.segments WHERE sealed", 1);
  run_sql(f, "DROP TABLE kafka.messages_1");
  assert_int_equal(find_time(f, "t", 0).error, HEADRACE_LOG_UNKNOWN_TOPIC);
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

static void configure(struct fixture *f, const char *name, const struct headrace_pair *config,
                      size_t count)
{
  struct answer answer = {0};
  f->log->configure(f->log->self, name, config, count, done, &answer);
  await(f, &answer);
  assert_int_equal(answer.error, HEADRACE_LOG_OK);
}

static void settings_are_kept(void **state)
{
  struct fixture *f = *state;
  const struct headrace_pair config[] = {{"a", "it's \"1\" \\ %d"}, {"b", "2"}};
  start(f, NULL);
  configure(f, "1", config, 2);
  configure(f, "", config, 2);
  configure(f, "", config, 1);
  for (int turn = 0; turn < 2; turn++) { /* as it was set, and as it is loaded */
    const struct headrace_log_catalogue *catalogue = f->log->catalogue(f->log->self);
    assert_int_equal(catalogue->settings_count, 2);
    for (size_t i = 0; i < 2; i++) {
      bool of_one = *catalogue->settings[i].name;
      assert_int_equal(catalogue->settings[i].config_count, of_one ? 2 : 1);
      assert_string_equal(catalogue->settings[i].config[0].name, "a");
      assert_string_equal(catalogue->settings[i].config[0].value, config[0].value);
    }
    f->log->catalogue_release(f->log->self, catalogue);
    stop(f);
    start(f, NULL);
  }
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

/* Its offset is forgotten after the partitions were looked at. */
static void await_pass(struct fixture *f)
{
  store(f, "passed", "t", 0, 1);
  await_number(f, "SELECT count(*) FROM kafka.offsets", 0);
}

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
  await_pass(f);
  int64_t drops = metric(f, "segments_dropped");
  await_pass(f);
  assert_int_equal(marks(f, "t", 0).start, 250);
  assert_int_equal(metric(f, "segments_dropped"), drops);
  stop(f);
  start(f, NULL);
  struct answer answer = read_from(f, "t", 0, 250, 1 << 20);
  assert_int_equal(answer.records->count, 50); /* to the end of the segment */
  stop(f);
}

/* Of topics that set nothing themselves; what the sink's own keys say comes after it. */
static void defaults_of_topics_are_heeded(void **state)
{
  struct fixture *f = *state;
  const struct headrace_pair for_ever = {"retention.ms", "-1"};
  struct answer answer = {0};
  start(f, keeping);
  create(f, "t", 1);
  struct headrace_topic_id id = topic_id(f, "t");
  f->log->configure_topic(f->log->self, &id, NULL, 0, done, &answer);
  await(f, &answer);
  f->log->set_topic_defaults(f->log->self, &for_ever, 1);
  append(f, "t", 0, 0, 10);
  assert_int_equal(drain(f), HEADRACE_OK);
  await_pass(f);
  await_pass(f);
  assert_int_equal(number(f, "SELECT count(*) FROM kafka.messages"), 10);
  f->log->set_topic_defaults(f->log->self, NULL, 0);
  await_number(f, "SELECT count(*) FROM kafka.messages", 0);
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

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(a_run_sent_twice_is_written_once),
      TEST(runs_may_be_missing_that_filters_left_out),
      TEST(a_new_instance_shuts_out_the_old),
      TEST(producers_are_listed),
      TEST(offsets_of_groups_are_kept),
      TEST(offsets_of_what_is_gone_are_left_out),
      TEST(offsets_share_transactions),
      TEST(a_deleted_topic_is_gone),
      TEST(a_topic_that_is_read_by_sql_is_deleted),
      TEST(what_is_gone_takes_no_memory),
      TEST(tables_that_are_full_have_an_index),
      TEST(tables_that_are_gone_do_not_stop_the_others),
      TEST(partitions_are_added),
      TEST(settings_are_kept),
      TEST(defaults_of_topics_are_heeded),
      TEST(records_are_deleted),
      TEST(old_records_are_dropped),
      TEST(large_partitions_are_cut),
      TEST(groups_that_were_left_are_forgotten),
  };
  if (argc != 2)
    return 2;
  conninfo = argv[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
