/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole pipelines through the real configuration, loader and threads, with probe
 * plugins (plugins/) that play a scenario and record what the core did to them. */
#include "pipeline_fixture.h"

/* ---- the good ways ------------------------------------------------------- */

static void test_a_life(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 1000;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace, LIFE);
  assert_delivered(f, 1, 1000, 1, 1);
  assert_int_equal(f->probe->delivered_count, 1000);
  assert_int_equal(f->probe->last_durable, 1000);
  assert_int_equal(f->probe->started_from[0], 0);
  assert_checkpoint(f, "\"position\": \"1000\"");
  assert_log(f, "p: ended");
}

static void test_out_of_order(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 30000;
  f->probe->per_batch = 7;
  f->probe->finish = PROBE_LATER;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 30000, 1, 1);
  assert_int_equal(f->probe->last_durable, 30000);
  /* Without a file between, every batch is acknowledged. */
  assert_int_equal(f->probe->durables, (30000 + 6) / 7);
}

static void test_stop_repeats_nothing(void **state)
{
  struct fixture *f = *state;
  f->probe->finish = PROBE_LATER;
  for (uint64_t round = 1; round <= 4; round++) {
    f->probe->gate = round * 2000;
    start(f, "");
    wait_until(f, probe->delivered_count > (round - 1) * 2000 + 500);
    assert_int_equal(stop(f), PIPELINE_STOPPED);
    assert_int_equal(f->probe->last_durable, f->probe->last_read);
    assert_int_equal(f->probe->delivered_count, f->probe->last_read);
    if (round > 1)
      assert_int_equal(f->probe->started_from[round - 1] % 10, 0);
  }
  assert_delivered(f, 1, f->probe->last_read, 1, 1);
  assert_log(f, "all that was read is durable and acknowledged");
}

static void test_binary_position(void **state)
{
  struct fixture *f = *state;
  f->probe->binary_positions = true;
  f->probe->end_at = 300;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_checkpoint(f, "\"position_hex\": \"000000000000012c\"");
  f->probe->end_at = 500;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->started_from[1], 300);
  assert_delivered(f, 1, 500, 1, 1);
}

/* Every third number is a position without an event: the sink has to store those too, or the
 * source would be told of more than the sink knows after a restart. */
static void test_position_in_the_sink(void **state)
{
  struct fixture *f = *state;
  f->probe->empty_every = 3;
  f->probe->per_batch = 1;
  f->probe->end_at = 300;
  start(f, "checkpoint = sink\ndelivery = exactly-once");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->last_durable, 300);
  f->probe->end_at = 500;
  start(f, "checkpoint = sink");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->started_from[1], 300);
}

static void test_again(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 5000;
  f->probe->again_every = 3;
  f->probe->finish = PROBE_LATER;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 5000, 1, 1);
}

static void test_filters_drop_and_double(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 1000;
  load(f, "[p]\nsource = probe\nfilters = thin, probe\nsink = probe\ncheckpoint = none\n"
          "[p.source]\ncontrol = ${CONTROL}\n[p.sink]\ncontrol = ${CONTROL}\n"
          "[p.filter.probe]\ncontrol = ${CONTROL}\n"
          "[p.filter.thin]\nplugin = probe\ncontrol = ${CONTROL}\ndrop_every = 2\n"
          "double_every = 5\n");
  f->pipeline = pipeline_start(&f->config, &f->config.pipelines[0], &f->logger, f->ended_fd);
  assert_int_equal(join(f), PIPELINE_ENDED);
  for (unsigned number = 1; number <= 1000; number++)
    assert_int_equal(f->probe->delivered[number], number % 2 == 0 ? 0 : number % 5 == 0 ? 2 : 1);
  assert_int_equal(f->probe->last_durable, 1000);
}

static void run_filter_of_records(struct fixture *f, const char *codec)
{
  CLEANUP_FREE char *ini =
      xasprintf("[p]\nsource = probe\nfilters = probe\nsink = probe\ncheckpoint = none\n%s"
                "[p.source]\ncontrol = ${CONTROL}\n[p.sink]\ncontrol = ${CONTROL}\n"
                "[p.filter.probe]\ncontrol = ${CONTROL}\non_records = yes\ndrop_every = 2\n",
                codec);
  f->probe->end_at = 100;
  load(f, ini);
  f->pipeline = pipeline_start(&f->config, &f->config.pipelines[0], &f->logger, f->ended_fd);
}

/* The same plugin on the other side of the codec, because its section says so. */
static void test_filter_of_records(void **state)
{
  struct fixture *f = *state;
  run_filter_of_records(f, "codec = probe\n[p.codec]\ncontrol = ${CONTROL}\n");
  assert_int_equal(join(f), PIPELINE_ENDED);
  for (unsigned number = 1; number <= 100; number++)
    assert_int_equal(f->probe->delivered[number], number % 2);
}

/* It would be called with events that have no record. */
static void test_filter_of_records_without_a_codec(void **state)
{
  struct fixture *f = *state;
  run_filter_of_records(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  CLEANUP_FREE char *log = log_text(f);
  assert_non_null(strstr(log, "filter probe works on records, but the source gives changes"));
  assert_int_equal(f->probe->durables, 0);
}

static void test_positions_without_events(void **state)
{
  struct fixture *f = *state;
  f->probe->per_batch = 1;
  f->probe->empty_every = 1; /* nothing but positions */
  f->probe->end_at = 200;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->last_durable, 200);
  assert_int_equal(f->probe->durables, 200);
  assert_int_equal(f->probe->writes, 0); /* a sink never sees an empty batch */
}

/* An empty position must not overtake a batch that is not durable. */
static unsigned look(struct fixture *f, const unsigned *counter)
{
  pthread_mutex_lock(&f->probe->lock);
  unsigned value = *counter;
  pthread_mutex_unlock(&f->probe->lock);
  return value;
}

static void let_go(struct probe *probe)
{
  probe->release = true;
}

static void test_empty_position_waits_its_turn(void **state)
{
  struct fixture *f = *state;
  f->probe->per_batch = 1;
  f->probe->empty_every = 2;
  f->probe->gate = 10;
  f->probe->finish = PROBE_HOLD;
  start(f, "checkpoint = none");
  wait_until(f, probe->writes == 5 && probe->ticks[PROBE_SOURCE] > 2);
  assert_int_equal(look(f, &f->probe->durables), 0);
  change(f, let_go);
  wait_until(f, probe->last_durable == 10);
  assert_int_equal(stop(f), PIPELINE_STOPPED);
}

/* ---- the frontier, after faults ------------------------------------------ */

static void test_source_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 1000;
  f->probe->finish = PROBE_LATER;
  f->probe->read_fault = (struct probe_fault){304, HEADRACE_RETRY};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace, LIFE " " LIFE);
  assert_int_equal(f->probe->started_from[1], 303); /* drained before it was closed */
  assert_delivered(f, 1, 1000, 1, 1);
  assert_log(f, "trying again in");
}

static void test_failed_batch_freezes_the_frontier(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 2000;
  f->probe->finish = PROBE_LATER;
  f->probe->failed_fault = (struct probe_fault){777, HEADRACE_RETRY};
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_true(f->probe->started_from[1] < 777);
  assert_delivered(f, 1, 2000, 1, 2);
  assert_delivered(f, 1, f->probe->started_from[1], 1, 1);
}

static void test_failed_fatal(void **state)
{
  struct fixture *f = *state;
  f->probe->failed_fault = (struct probe_fault){101, HEADRACE_FATAL};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_string_equal(f->probe->trace, LIFE);
  assert_int_equal(f->probe->last_durable, 100);
  assert_checkpoint(f, "\"position\": \"100\"");
}

static void check_stage_fault(struct fixture *f, struct probe_fault *fault)
{
  f->probe->end_at = 1000;
  *fault = (struct probe_fault){505, HEADRACE_RETRY};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace, LIFE " " LIFE);
  assert_true(f->probe->started_from[1] <= 500);
  assert_delivered(f, 1, 1000, 1, 2);
}

static void test_filter_retry(void **state)
{
  struct fixture *f = *state;
  check_stage_fault(f, &f->probe->filter_fault);
}

static void test_codec_retry(void **state)
{
  struct fixture *f = *state;
  check_stage_fault(f, &f->probe->encode_fault);
}

static void test_write_retry(void **state)
{
  struct fixture *f = *state;
  check_stage_fault(f, &f->probe->write_fault);
}

static void test_on_durable_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 1000;
  f->probe->durable_fault = (struct probe_fault){400, HEADRACE_RETRY};
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_true(f->probe->start_count >= 1);
  assert_delivered(f, 1, 1000, 1, 1);
}

/* The last acknowledgement fails: that is no clean stop. */
static void test_last_acknowledgement_fails(void **state)
{
  struct fixture *f = *state;
  f->probe->gate = 500;
  f->probe->finish = PROBE_HOLD;
  f->probe->durable_fault = (struct probe_fault){1, HEADRACE_RETRY};
  start(f, "checkpoint = none");
  wait_until(f, probe->last_read == 500);
  pipeline_stop(f->pipeline);
  wait_until(f, strstr(probe->trace, "source.stop"));
  change(f, let_go);
  assert_int_equal(join(f), PIPELINE_FAILED);
}

static void test_nonsense_answer(void **state)
{
  struct fixture *f = *state;
  f->probe->encode_fault = (struct probe_fault){50, HEADRACE_END};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_log(f, "this is a fault of the plugin");
}

/* A sink that wants no more is no fault; what it does not report is not acknowledged. */
static void test_sink_ends(void **state)
{
  struct fixture *f = *state;
  f->probe->write_fault = (struct probe_fault){50, HEADRACE_END};
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_in_range(f->probe->last_durable, 0, 49);
}

/* ---- opening ------------------------------------------------------------- */

static void test_open_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 10;
  f->probe->open_fault = (struct probe_fault){1, HEADRACE_RETRY};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace,
                      "sink.open codec.open filter.open source.open sink.close codec.close "
                      "filter.close " LIFE);
}

static void test_open_fatal(void **state)
{
  struct fixture *f = *state;
  f->probe->codec_open_fault = (struct probe_fault){1, HEADRACE_FATAL};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_string_equal(f->probe->trace, "sink.open codec.open sink.close");
}

static void test_sink_open_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 10;
  f->probe->sink_open_fault = (struct probe_fault){1, HEADRACE_RETRY};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace, "sink.open " LIFE);
}

static void test_start_fatal(void **state)
{
  struct fixture *f = *state;
  f->probe->start_fault = (struct probe_fault){1, HEADRACE_FATAL};
  start(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_string_equal(f->probe->trace, LIFE);
  assert_int_equal(f->probe->reads, 0);
}

static void test_stop_while_waiting_to_try_again(void **state)
{
  struct fixture *f = *state;
  f->probe->open_fault = (struct probe_fault){1, HEADRACE_RETRY};
  f->probe->end_at = 10;
  start(f, "");
  wait_until(f, strstr(probe->trace, "filter.close"));
  enum pipeline_state ended = stop(f);
  /* The supervisor may just be between the attempt and the wait. */
  assert_true(ended == PIPELINE_STOPPED || ended == PIPELINE_FAILED);
  if (ended == PIPELINE_STOPPED)
    assert_log(f, "what was not durable is read again at the next start");
}

/* ---- several pipelines ---------------------------------------------------- */

static void open_gate(struct probe *probe)
{
  probe->gate = 3000;
}

static void test_fatal_stops_one_pipeline(void **state)
{
  struct fixture *f = *state;
  struct fixture *other;
  setup((void **)&other);
  other->probe->read_fault = (struct probe_fault){20, HEADRACE_FATAL};
  f->probe->gate = 100;
  CLEANUP_FREE char *ini = xasprintf(
      "[p]\nsource = probe\nsink = probe\n[p.source]\ncontrol = ${CONTROL}\n[p.sink]\ncontrol = "
      "${CONTROL}\n"
      "[q]\nsource = probe\nsink = probe\n[q.source]\ncontrol = %lld\n[q.sink]\ncontrol = %lld\n",
      (long long)(intptr_t)other->probe, (long long)(intptr_t)other->probe);
  load(f, ini);
  f->pipeline = pipeline_start(&f->config, &f->config.pipelines[0], &f->logger, f->ended_fd);
  other->pipeline =
      pipeline_start(&f->config, &f->config.pipelines[1], &f->logger, other->ended_fd);
  wait_until(f, probe->last_durable == 100);
  assert_int_equal(join(other), PIPELINE_FAILED);
  change(f, open_gate);
  wait_until(f, probe->last_durable == 3000);
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  teardown((void **)&other);
}

/* ---- the checkpoint file --------------------------------------------------- */

static void test_nothing_acknowledged_until_saved(void **state)
{
  struct fixture *f = *state;
  /* A folder in the way of the temporary file: root is stopped by it too. */
  CLEANUP_FREE char *obstacle = xasprintf("%s/p.checkpoint.new", f->directory);
  assert_int_equal(mkdir(obstacle, 0700), 0);
  f->probe->gate = 1000;
  start(f, "checkpoint_interval = 10ms");
  wait_until(f, probe->delivered_count == 1000 && probe->ticks[PROBE_SOURCE] > 2);
  assert_int_equal(look(f, &f->probe->durables), 0);
  assert_int_equal(rmdir(obstacle), 0);
  wait_until(f, probe->last_durable == 1000);
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  assert_log(f, "cannot write the checkpoint");
}

static void test_stop_without_a_checkpoint_is_a_failure(void **state)
{
  struct fixture *f = *state;
  CLEANUP_FREE char *obstacle = xasprintf("%s/p.checkpoint.new", f->directory);
  assert_int_equal(mkdir(obstacle, 0700), 0);
  f->probe->gate = 100;
  start(f, "");
  wait_until(f, probe->delivered_count == 100);
  assert_int_equal(stop(f), PIPELINE_FAILED);
  assert_int_equal(f->probe->durables, 0);
}

static void test_interval_bounds_the_writes(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 5000;
  start(f, "checkpoint_interval = 1h");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_true(f->probe->durables <= 2);
  assert_int_equal(f->probe->last_durable, 5000);
}

static void test_same_state_twice(void **state)
{
  struct fixture *f = *state;
  f->probe->gate = 10;
  start(f, "");
  wait_until(f, probe->last_durable == 10);
  struct pipeline *first = f->pipeline;
  struct pipeline *second =
      pipeline_start(&f->config, &f->config.pipelines[0], &f->logger, f->ended_fd);
  assert_int_equal(pipeline_join(second), PIPELINE_FAILED);
  wake_clear(f->ended_fd);
  f->pipeline = first;
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  assert_log(f, "another process runs this pipeline");
}

/* ---- back-pressure, time --------------------------------------------------- */

static void test_back_pressure(void **state)
{
  struct fixture *f = *state;
  const uint64_t ring_bytes = 1024 * 1024;
  f->probe->finish = PROBE_HOLD;
  f->probe->payload = 2000;
  start(f, "ring_bytes = 1MiB\ncheckpoint = none");
  /* Reading has come to rest when four ticks go by without a read. */
  unsigned reads = 0, ticks = 0;
  do {
    reads = look(f, &f->probe->reads);
    ticks = look(f, &f->probe->ticks[PROBE_SOURCE]);
    wait_until(f, probe->ticks[PROBE_SOURCE] >= ticks + 4);
  } while (look(f, &f->probe->reads) != reads);
  uint64_t bytes = f->probe->last_read * f->probe->payload;
  assert_true(bytes > ring_bytes / 8);
  assert_true(bytes < 2 * ring_bytes);
  assert_int_equal(look(f, &f->probe->durables), 0);
  unsigned sink_ticks = look(f, &f->probe->ticks[PROBE_SINK]);
  wait_until(f, probe->ticks[PROBE_SINK] >= sink_ticks + 2);
  change(f, let_go);
  wait_until(f, probe->delivered_count > 20000);
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  assert_int_equal(f->probe->delivered_count, f->probe->last_read);
  for (int stage = PROBE_SOURCE; stage <= PROBE_SINK; stage++)
    assert_true(f->probe->longest_ms[stage] <= 1000);
}

static void test_an_event_larger_than_the_ring(void **state)
{
  struct fixture *f = *state;
  f->probe->payload = 300000;
  f->probe->end_at = 50;
  start(f, "ring_bytes = 64KiB");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 50, 1, 1);
}

static void test_no_ring_at_all(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 50;
  start(f, "ring_bytes = 0");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 50, 1, 1);
}

static void test_ticks_while_idle(void **state)
{
  struct fixture *f = *state;
  f->probe->gate = 0;
  start(f, "checkpoint = none");
  for (unsigned stage = PROBE_SOURCE; stage <= PROBE_SINK; stage++)
    wait_until(f, probe->ticks[stage] >= 4);
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  for (int stage = PROBE_SOURCE; stage <= PROBE_SINK; stage++)
    assert_true(f->probe->longest_ms[stage] <= 1000);
  assert_log(f, "status: connected source=- sink=-, lag 0 bytes");
}

static void test_shutdown_timeout(void **state)
{
  struct fixture *f = *state;
  f->probe->gate = 100;
  f->probe->finish = PROBE_HOLD;
  setenv("HEADRACE_SHUTDOWN_TIMEOUT", "200ms", 1);
  start(f, "");
  unsetenv("HEADRACE_SHUTDOWN_TIMEOUT");
  wait_until(f, probe->writes == 10);
  int64_t before = probe_now_ms();
  assert_int_equal(stop(f), PIPELINE_FAILED);
  assert_true(probe_now_ms() - before < 5000);
  assert_int_equal(f->probe->durables, 0);
  assert_true(f->probe->flushes > 0);
  assert_log(f, "10 batches did not become durable within shutdown_timeout");
  /* Nothing is lost: the next start begins where the frontier was. */
  f->probe->finish = PROBE_AT_ONCE;
  f->probe->end_at = 100;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 100, 1, 1);
}

/* END, but the sink does not finish: that is no end yet. */
static void test_end_is_not_the_end(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 100;
  f->probe->finish = PROBE_HOLD;
  setenv("HEADRACE_SHUTDOWN_TIMEOUT", "100ms", 1);
  start(f, "checkpoint = none");
  unsetenv("HEADRACE_SHUTDOWN_TIMEOUT");
  wait_until(f, probe->start_count >= 2);
  change(f, let_go);
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 100, 1, 1);
}

/* ---- rejections and receipts ------------------------------------------------ */

static void test_errors_stop(void **state)
{
  struct fixture *f = *state;
  f->probe->reject_number = 55;
  start(f, "");
  assert_int_equal(join(f), PIPELINE_FAILED);
  assert_int_equal(f->probe->last_durable, 50);
  assert_log(f, "event rejected (unlucky): this number is not wanted; the pipeline stops");
}

static void test_errors_skip(void **state)
{
  struct fixture *f = *state;
  f->probe->reject_number = 55;
  f->probe->end_at = 100;
  start(f, "errors = skip");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->skipped, 1);
  assert_int_equal(f->probe->delivered_count, 99);
  assert_int_equal(f->probe->last_durable, 100);
  assert_log(f, "it is skipped (rejected so far: 1)");
}

static void test_errors_dead_letter(void **state)
{
  struct fixture *f = *state;
  f->probe->reject_number = 55;
  f->probe->end_at = 100;
  start(f, "errors = dead-letter");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->dead_letters, 1);
  assert_int_equal(f->probe->last_durable, 100);
}

static void check_answers(struct fixture *f, const char *keys)
{
  f->probe->reject_number = 4321;
  f->probe->end_at = 10000;
  f->probe->finish = PROBE_LATER;
  start_with(f, "answering", keys);
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->rejected, 1);
  assert_string_equal(f->probe->reject_class, "unlucky");
  assert_string_equal(f->probe->reject_reason, "this number is not wanted");
  assert_int_equal(f->probe->receipts, 9999); /* and each was the one of its event */
  assert_int_equal(f->probe->durables, 1000); /* no answer waits for a checkpoint interval */
}

static void test_answers(void **state)
{
  check_answers(*state, "checkpoint = none");
}

static void test_answers_after_the_checkpoint(void **state)
{
  check_answers(*state, "checkpoint_interval = 1h");
}

/* ---- what a source is told, and tells ------------------------------------ */

/* join() has seen that they came in order and each before its on_durable. */
static void test_each_batch_is_delivered(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 3000;
  f->probe->finish = PROBE_LATER;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->told, 300);
  assert_int_equal(f->probe->last_told, 3000);
}

static void test_delivered_does_not_wait_for_the_checkpoint(void **state)
{
  struct fixture *f = *state;
  f->probe->gate = 1000;
  f->probe->empty_every = 3;
  f->probe->finish = PROBE_LATER;
  start(f, "checkpoint_interval = 1h");
  wait_until(f, probe->last_told == 1000);
  assert_int_equal(look(f, &f->probe->told), 100);
  assert_true(look(f, &f->probe->durables) <= 1); /* the first is saved at once */
  assert_int_equal(stop(f), PIPELINE_STOPPED);
  assert_int_equal(f->probe->last_durable, 1000);
}

static void test_on_delivered_retry(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 1000;
  f->probe->delivered_fault = (struct probe_fault){505, HEADRACE_RETRY};
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_string_equal(f->probe->trace, LIFE " " LIFE);
  assert_delivered(f, 1, 1000, 1, 2);
}

static void test_wants(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 10;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->wanted, 0);
  f->probe->codec_wants = HEADRACE_WANT_TRANSACTIONS;
  f->probe->sink_wants = HEADRACE_WANT_HEARTBEATS;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_int_equal(f->probe->wanted, HEADRACE_WANT_TRANSACTIONS | HEADRACE_WANT_HEARTBEATS);
}

/* Batches are used again: one that was partial is not so for ever. join() has looked at each. */
static void test_partial(void **state)
{
  struct fixture *f = *state;
  f->probe->end_at = 3000;
  f->probe->partial_every = 30;
  start(f, "checkpoint = none");
  assert_int_equal(join(f), PIPELINE_ENDED);
  assert_delivered(f, 1, 3000, 1, 1);
}

/* ---- an operator's commands ---------------------------------------------- */

static enum headrace_result tell(struct fixture *f, const char *source, const char *name,
                                 char *answer, size_t size)
{
  static const char *const arguments[] = {"public.a", "--where", "id > 1"};
  CLEANUP_FREE char *ini = xasprintf("[p]\nsource = %s\nfilters = probe\ncodec = probe\n"
                                     "sink = probe\n" STAGES,
                                     source);
  load(f, ini);
  FILE *out = fmemopen(answer, size, "w");
  enum headrace_result result =
      operator_command(&f->config, &f->config.pipelines[0], &f->config.pipelines[0].source,
                       &f->logger, name, arguments, 3, out);
  fclose(out);
  config_free(&f->config);
  return result;
}

static void test_command(void **state)
{
  struct fixture *f = *state;
  char answer[256] = "";
  assert_int_equal(tell(f, "probe", "snapshot", answer, sizeof answer), HEADRACE_OK);
  assert_string_equal(answer, "<public.a>\n<--where>\n<id > 1>\n");
  assert_string_equal(f->probe->trace, "source.open source.close"); /* and nothing else */
}

static void test_command_fails(void **state)
{
  struct fixture *f = *state;
  char answer[256] = "";
  f->probe->command_fault = (struct probe_fault){1, HEADRACE_FATAL};
  assert_int_equal(tell(f, "probe", "snapshot", answer, sizeof answer), HEADRACE_FATAL);
  assert_string_equal(answer, "");
  f->probe->open_fault = (struct probe_fault){1, HEADRACE_RETRY};
  assert_int_equal(tell(f, "probe", "snapshot", answer, sizeof answer), HEADRACE_RETRY);
}

static void test_no_such_command(void **state)
{
  struct fixture *f = *state;
  char answer[256] = "";
  assert_int_equal(tell(f, "probe", "sing", answer, sizeof answer), HEADRACE_AGAIN);
  assert_int_equal(tell(f, "answering", "snapshot", answer, sizeof answer), HEADRACE_AGAIN);
}

/* Other instances run, with the keys that the command gives, and a file that is not looked at. */
static void test_command_runs_once(void **state)
{
  struct fixture *f = *state;
  char answer[256] = "";
  f->probe->end_at = 1000;
  f->probe->reject_number = 7;
  assert_int_equal(tell(f, "probe", "once", answer, sizeof answer), HEADRACE_OK);
  assert_delivered(f, 8, 1000, 1, 1);
  assert_int_equal(f->probe->once, 1);
  assert_int_equal(f->probe->dead_letters, 1);
  assert_int_equal(f->probe->started_from[0], 0);
  CLEANUP_FREE char *checkpoint = xasprintf("%s/p.checkpoint", f->directory);
  assert_int_equal(access(checkpoint, F_OK), -1);
}

static void test_command_cannot_run(void **state)
{
  struct fixture *f = *state;
  char answer[256] = "";
  assert_int_equal(tell(f, "probe", "once-wrong", answer, sizeof answer), HEADRACE_FATAL);
  assert_log(f, "source probe: contrl: there is no such key");
  f->probe->end_at = 10;
  f->probe->start_fault = (struct probe_fault){1, HEADRACE_FATAL};
  assert_int_equal(tell(f, "probe", "once", answer, sizeof answer), HEADRACE_FATAL);
}

static void test_find_pipeline(void **state)
{
  struct fixture *f = *state;
  const char *guess = NULL;
  load(f, "[orders]\nsource = probe\nsink = probe\n[orders.source]\ncontrol = ${CONTROL}\n"
          "[orders.sink]\ncontrol = ${CONTROL}\n");
  assert_ptr_equal(find_pipeline(&f->config, "orders", &guess), &f->config.pipelines[0]);
  assert_null(find_pipeline(&f->config, "order", &guess));
  assert_string_equal(guess, "orders");
  assert_null(find_pipeline(&f->config, "something", &guess));
  assert_null(guess);
  config_free(&f->config);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_a_life),
      TEST(test_out_of_order),
      TEST(test_stop_repeats_nothing),
      TEST(test_binary_position),
      TEST(test_position_in_the_sink),
      TEST(test_again),
      TEST(test_filters_drop_and_double),
      TEST(test_filter_of_records),
      TEST(test_filter_of_records_without_a_codec),
      TEST(test_positions_without_events),
      TEST(test_empty_position_waits_its_turn),
      TEST(test_source_retry),
      TEST(test_failed_batch_freezes_the_frontier),
      TEST(test_failed_fatal),
      TEST(test_filter_retry),
      TEST(test_codec_retry),
      TEST(test_write_retry),
      TEST(test_on_durable_retry),
      TEST(test_last_acknowledgement_fails),
      TEST(test_nonsense_answer),
      TEST(test_sink_ends),
      TEST(test_open_retry),
      TEST(test_open_fatal),
      TEST(test_sink_open_retry),
      TEST(test_start_fatal),
      TEST(test_stop_while_waiting_to_try_again),
      TEST(test_fatal_stops_one_pipeline),
      TEST(test_nothing_acknowledged_until_saved),
      TEST(test_stop_without_a_checkpoint_is_a_failure),
      TEST(test_interval_bounds_the_writes),
      TEST(test_same_state_twice),
      TEST(test_back_pressure),
      TEST(test_an_event_larger_than_the_ring),
      TEST(test_no_ring_at_all),
      TEST(test_ticks_while_idle),
      TEST(test_shutdown_timeout),
      TEST(test_end_is_not_the_end),
      TEST(test_errors_stop),
      TEST(test_errors_skip),
      TEST(test_errors_dead_letter),
      TEST(test_answers),
      TEST(test_answers_after_the_checkpoint),
      TEST(test_each_batch_is_delivered),
      TEST(test_delivered_does_not_wait_for_the_checkpoint),
      TEST(test_on_delivered_retry),
      TEST(test_wants),
      TEST(test_partial),
      TEST(test_command),
      TEST(test_command_fails),
      TEST(test_no_such_command),
      TEST(test_command_runs_once),
      TEST(test_command_cannot_run),
      TEST(test_find_pipeline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
