/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas, batches, stages and relations. */
#include "batch.h"
#include "instance.h"
#include "memory.h"
#include "plugin_host.h"
#include "pool.h"
#include "relation.h"
#include "stages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after what it needs */

#define CHUNK 1024

/* ---- arena --------------------------------------------------------------- */

static void test_alignment(void **state)
{
  (void)state;
  struct arena arena;
  arena_init(&arena, CHUNK, NULL);
  for (size_t size = 0; size < 3 * CHUNK; size += 1 + size / 9) {
    char *data = arena_alloc(&arena, size);
    assert_int_equal((uintptr_t)data % 8, 0);
    if (size)
      memset(data, (int)size, size);
  }
  arena_free(&arena);
}

static void test_allocations_do_not_overlap(void **state)
{
  (void)state;
  struct arena arena;
  arena_init(&arena, CHUNK, NULL);
  for (int round = 0; round < 3; round++) {
    unsigned char *data[500];
    for (size_t i = 0; i < 500; i++) {
      data[i] = arena_alloc(&arena, i * 7 % 1500 + 1);
      memset(data[i], (int)(i & 255), i * 7 % 1500 + 1);
    }
    for (size_t i = 0; i < 500; i++)
      for (size_t b = 0; b < i * 7 % 1500 + 1; b++)
        assert_int_equal(data[i][b], i & 255);
    arena_reset(&arena, 100 * CHUNK);
  }
  arena_free(&arena);
}

static void test_reserve_and_commit(void **state)
{
  (void)state;
  struct arena arena;
  arena_init(&arena, CHUNK, NULL);
  char *first = arena_reserve(&arena, 500);
  memset(first, 'a', 500);
  arena_commit(&arena, 3);
  assert_int_equal(arena_used(&arena), 8);
  char *second = arena_reserve(&arena, 500);
  assert_ptr_equal(second, first + 8); /* what was not committed is there again */
  memset(second, 'b', 500);
  arena_commit(&arena, 0);
  assert_ptr_equal(arena_reserve(&arena, 100), second);
  assert_memory_equal(first, "aaa", 3);
  char *large = arena_reserve(&arena, 10 * CHUNK);
  memset(large, 'c', 10 * CHUNK);
  arena_commit(&arena, 10 * CHUNK);
  assert_int_equal(arena_used(&arena), 8 + 10 * CHUNK);
  assert_memory_equal(first, "aaa", 3);
  arena_free(&arena);
}

static void test_reset_keeps_ordinary_chunks(void **state)
{
  (void)state;
  _Atomic size_t held = 0;
  struct arena arena;
  arena_init(&arena, CHUNK, &held);
  for (int i = 0; i < 10; i++)
    arena_alloc(&arena, CHUNK);
  arena_alloc(&arena, 5 * CHUNK);
  assert_int_equal(held, 15 * CHUNK);
  assert_int_equal(arena_capacity(&arena), 15 * CHUNK);
  arena_reset(&arena, 4 * CHUNK);
  assert_int_equal(held, 4 * CHUNK);
  assert_int_equal(arena_used(&arena), 0);
  for (int i = 0; i < 4; i++)
    arena_alloc(&arena, CHUNK); /* from what was kept */
  assert_int_equal(held, 4 * CHUNK);
  arena_reset(&arena, 0);
  assert_int_equal(held, 0);
  arena_free(&arena);
}

static void test_accounts(void **state)
{
  (void)state;
  _Atomic size_t here = 0, there = 0;
  struct arena arena;
  arena_init(&arena, CHUNK, &here);
  arena_alloc(&arena, 100);
  arena_account(&arena, &there);
  assert_int_equal(here, 0);
  assert_int_equal(there, CHUNK);
  arena_account(&arena, NULL);
  assert_int_equal(there, 0);
  arena_alloc(&arena, 2 * CHUNK);
  arena_account(&arena, &here);
  assert_int_equal(here, 3 * CHUNK);
  arena_free(&arena);
  assert_int_equal(here, 0);
}

/* ---- batch --------------------------------------------------------------- */

static const struct headrace_relation *make_relation(uint64_t id)
{
  char name[] = "id", table[] = "t", label[] = "one";
  const char *labels[] = {label, NULL};
  struct headrace_column column = {.name = name,
                                   .type_name = name,
                                   .default_text = label,
                                   .labels = labels,
                                   .type = HEADRACE_TYPE_ENUM};
  uint16_t key[] = {0};
  struct headrace_relation description = {.schema = "public",
                                          .table = table,
                                          .columns = &column,
                                          .column_count = 1,
                                          .key = key,
                                          .key_count = 1};
  const struct headrace_relation *copy = relation_copy(&description, id);
  memset(name, 'x', 2); /* the copy is deep: what it was made of may go */
  memset(table, 'x', 1);
  memset(label, 'x', 3);
  return copy;
}

static void check_relation(const struct headrace_relation *relation, uint64_t id)
{
  assert_int_equal(relation->id, id);
  assert_string_equal(relation->table, "t");
  assert_null(relation->database);
  assert_string_equal(relation->columns[0].name, "id");
  assert_string_equal(relation->columns[0].default_text, "one");
  assert_string_equal(relation->columns[0].labels[0], "one");
  assert_null(relation->columns[0].labels[1]);
  assert_int_equal(relation->key[0], 0);
}

/* AddressSanitizer sees what is freed too early, LeakSanitizer what never is. */
static void test_pins(void **state)
{
  (void)state;
  struct headrace_batch *batch = plugin_host_batch(), *other = plugin_host_batch();
  const struct headrace_relation *relation = make_relation(1), *second = make_relation(2);
  for (int i = 0; i < 100; i++) {
    batch_add_change(batch, i % 2 ? relation : second);
    batch_add_change(other, relation);
  }
  assert_int_equal(batch->pin_count, 2);
  assert_int_equal(other->pin_count, 1);
  relation_release(relation); /* the source has seen a new description */
  relation_release(second);
  batch_seal(batch);
  check_relation(batch->events.items[0].change->relation, 2);
  check_relation(batch->events.items[1].change->relation, 1);
  batch_reset(batch);
  batch_seal(other);
  check_relation(other->events.items[99].change->relation, 1);
  batch_free(other);
  batch_free(batch);
}

static void test_relation_without_anything(void **state)
{
  (void)state;
  const struct headrace_relation *relation =
      relation_copy(&(struct headrace_relation){.table = "t"}, 9);
  assert_int_equal(relation->column_count, 0);
  assert_int_equal(relation->key_count, 0);
  relation_release(relation);
}

static void test_full(void **state)
{
  (void)state;
  struct headrace_batch *batch =
      batch_new((struct batch_limits){.max_events = 3, .max_bytes = 100000}, NULL);
  assert_false(batch_full(batch));
  for (int i = 0; i < 3; i++) {
    assert_false(batch_full(batch));
    batch_add_change(batch, NULL);
  }
  assert_true(batch_full(batch));
  batch_reset(batch);
  assert_false(batch_full(batch));
  arena_alloc(&batch->arena, 100000);
  assert_true(batch_full(batch));
  batch_free(batch);
}

static void test_position(void **state)
{
  (void)state;
  struct headrace_batch *batch = plugin_host_batch();
  assert_false(batch->has_position);
  batch_set_position(batch, "abc", 3);
  batch_set_position(batch, "de", 2); /* the last one counts */
  assert_true(batch->has_position);
  assert_int_equal(batch->position_size, 2);
  assert_memory_equal(batch->position, "de", 2);
  batch_reset(batch);
  assert_false(batch->has_position);
  batch_free(batch);
}

/* ---- stages -------------------------------------------------------------- */

static enum headrace_result drop_and_double(void *self, const struct headrace_event *event,
                                            struct headrace_batch *out)
{
  struct instance *instance = self;
  if (event->change->sequence % 3 == 0)
    return HEADRACE_OK;
  instance->host.add_event(&instance->host, out, event);
  if (event->change->sequence % 5 == 0)
    instance->host.add_event(&instance->host, out, event);
  return HEADRACE_OK;
}

static enum headrace_result encode(void *self, const struct headrace_event *event,
                                   struct headrace_batch *out)
{
  struct instance *instance = self;
  for (int copy = 0; copy < 2; copy++) {
    struct headrace_record *record = instance->host.add_record(&instance->host, out);
    assert_int_equal(record->partition, -1);
    assert_int_equal(record->offset, -1);
    assert_int_equal(record->timestamp_ms, -1);
    record->timestamp_ms = (int64_t)event->change->sequence;
  }
  return HEADRACE_OK;
}

static enum headrace_result decode(void *self, const struct headrace_event *event,
                                   struct headrace_batch *out)
{
  struct instance *instance = self;
  struct headrace_change *change = instance->host.add_change(&instance->host, out, NULL);
  change->sequence = (uint64_t)event->record->timestamp_ms;
  return HEADRACE_OK;
}

static enum headrace_result keep_even_records(void *self, const struct headrace_event *event,
                                              struct headrace_batch *out)
{
  struct instance *instance = self;
  if (event->record->timestamp_ms % 2 == 0)
    instance->host.add_event(&instance->host, out, event);
  return HEADRACE_OK;
}

static const struct headrace_plugin change_filter = {
    .kind = HEADRACE_FILTER, .name = "changes", .apply = drop_and_double};
static const struct headrace_plugin record_filter = {
    .kind = HEADRACE_FILTER, .name = "records", .apply = keep_even_records, .filters_records = 1};
static const struct headrace_plugin both_ways = {
    .kind = HEADRACE_CODEC, .name = "both", .encode = encode, .decode = decode};
static const struct headrace_plugin encoder = {
    .kind = HEADRACE_CODEC, .name = "encoder", .encode = encode};

struct bench {
  struct plugin_host *host;
  struct instance codec, changes, records;
  struct instance *filters[2];
  struct stages stages;
};

static struct instance stage_of(const struct plugin_host *host,
                                const struct headrace_plugin *plugin)
{
  struct instance instance = host->instance;
  instance.plugin = plugin;
  return instance;
}

static int bench_setup(void **state)
{
  struct bench *bench = calloc(1, sizeof *bench);
  bench->host = plugin_host_new(NULL, NULL);
  bench->codec = stage_of(bench->host, &both_ways);
  bench->changes = stage_of(bench->host, &change_filter);
  bench->records = stage_of(bench->host, &record_filter);
  bench->codec.self = &bench->codec;
  bench->changes.self = &bench->changes;
  bench->records.self = &bench->records;
  /* Given in the other order: each still works on its side of the codec. */
  bench->filters[0] = &bench->records;
  bench->filters[1] = &bench->changes;
  bench->stages =
      (struct stages){.codec = &bench->codec, .filters = bench->filters, .filter_count = 2};
  *state = bench;
  return 0;
}

static int bench_teardown(void **state)
{
  struct bench *bench = *state;
  plugin_host_free(bench->host);
  free(bench);
  return 0;
}

static struct headrace_batch *numbered_changes(size_t count)
{
  struct headrace_batch *batch = plugin_host_batch();
  for (size_t i = 0; i < count; i++)
    batch_add_change(batch, NULL)->sequence = i;
  batch_seal(batch);
  return batch;
}

static void test_encoding(void **state)
{
  struct bench *bench = *state;
  struct headrace_batch *batch = numbered_changes(30);
  assert_int_equal(stages_run(&bench->stages, batch), HEADRACE_OK);
  size_t at = 0;
  for (uint32_t number = 0; number < 30; number++) {
    if (number % 3 == 0 || number % 2)
      continue;
    for (int copy = 0; copy < (number % 5 == 0 ? 4 : 2); copy++) {
      const struct headrace_event *event = &batch->events.items[at++];
      assert_int_equal(event->origin, number);
      assert_int_equal(event->change->sequence, number); /* kept beside the record */
      assert_int_equal(event->record->timestamp_ms, number);
    }
  }
  assert_int_equal(batch->events.count, at);
  assert_int_equal(batch->source_events, 30);
  batch_free(batch);
}

static void test_decoding(void **state)
{
  struct bench *bench = *state;
  struct headrace_batch *batch = plugin_host_batch();
  for (int i = 0; i < 30; i++)
    batch_add_record(batch)->timestamp_ms = i;
  batch_seal(batch);
  assert_int_equal(stages_run(&bench->stages, batch), HEADRACE_OK);
  for (size_t i = 0; i < batch->events.count; i++) {
    const struct headrace_event *event = &batch->events.items[i];
    assert_int_equal(event->record->timestamp_ms % 2, 0);
    assert_int_equal(event->change->sequence, event->record->timestamp_ms);
    assert_int_equal(event->origin, event->record->timestamp_ms);
  }
  assert_int_equal(batch->events.count, 10 + 2); /* even, not of 3; 10 and 20 twice */
  batch_free(batch);
}

static void test_codec_of_one_direction(void **state)
{
  struct bench *bench = *state;
  bench->codec.plugin = &encoder;
  struct headrace_batch *batch = plugin_host_batch();
  batch_add_record(batch);
  batch_seal(batch);
  assert_int_equal(stages_run(&bench->stages, batch), HEADRACE_FATAL);
  char *log = plugin_host_log(bench->host);
  assert_non_null(strstr(log, "codec encoder cannot decode records"));
  free(log);
  batch_free(batch);
}

static void test_receipts_and_rejections(void **state)
{
  struct bench *bench = *state;
  struct headrace_batch *batch = numbered_changes(30);
  assert_int_equal(stages_run(&bench->stages, batch), HEADRACE_OK);
  uint64_t receipts[64];
  for (size_t i = 0; i < batch->events.count; i++)
    receipts[i] = 100 + batch->events.items[i].origin;
  batch_set_receipts(batch, receipts);
  for (uint32_t number = 0; number < 30; number++)
    assert_true(batch->receipts[number] ==
                (number % 3 == 0 || number % 2 ? HEADRACE_NO_RECEIPT : 100 + number));
  for (size_t i = 0; i < batch->events.count; i++)
    receipts[i] = 1000 + i; /* each its own */
  batch_set_receipts(batch, receipts);
  for (size_t i = batch->events.count; i > 0; i--) {
    uint32_t origin = batch->events.items[i - 1].origin;
    bool first = i == 1 || batch->events.items[i - 2].origin != origin;
    assert_int_equal(batch->receipts[origin] == receipts[i - 1], first);
  }
  char reason[] = "too large";
  batch_reject(batch, batch->events.count - 1, "size", reason);
  memset(reason, 'x', 3); /* the sink's text may go */
  assert_int_equal(batch->rejection_count, 1);
  assert_int_equal(batch->rejections[0].origin, 28);
  assert_string_equal(batch->rejections[0].reason, "too large");
  batch_free(batch);
}

/* ---- pool ---------------------------------------------------------------- */

static void test_pool_limits(void **state)
{
  (void)state;
  struct pool pool;
  pool_init(&pool, 1024 * 1024);
  struct headrace_batch *batches[64];
  size_t count = 0;
  for (struct headrace_batch *batch; (batch = pool_take(&pool)); count++) {
    assert_true(count < 64);
    arena_alloc(&batch->arena, 60000);
    batches[count] = batch;
  }
  assert_int_equal(count, 16); /* of 64 KiB each */
  for (size_t i = 0; i < count; i++)
    pool_give(&pool, batches[i]);
  assert_int_equal(pool.held, 0);
  assert_true(pool.idle_bytes <= 1024 * 1024 / 2);
  struct headrace_batch *warmest = pool.idle[pool.idle_count - 1];
  assert_ptr_equal(pool_take(&pool), warmest);
  pool_give(&pool, warmest);
  pool_free(&pool);
}

static void test_pool_lets_one_pass(void **state)
{
  (void)state;
  struct pool pool;
  pool_init(&pool, 65536);
  struct headrace_batch *batch = pool_take(&pool);
  arena_alloc(&batch->arena, 10 * 1024 * 1024); /* an event larger than the limit */
  assert_null(pool_take(&pool));
  pool_give(&pool, batch);
  batch = pool_take(&pool);
  assert_non_null(batch);
  assert_true(arena_capacity(&batch->arena) <= 65536); /* and its memory is gone */
  pool_give(&pool, batch);
  pool_free(&pool);
}

int main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_alignment),
      cmocka_unit_test(test_allocations_do_not_overlap),
      cmocka_unit_test(test_reserve_and_commit),
      cmocka_unit_test(test_reset_keeps_ordinary_chunks),
      cmocka_unit_test(test_accounts),
      cmocka_unit_test(test_pins),
      cmocka_unit_test(test_relation_without_anything),
      cmocka_unit_test(test_full),
      cmocka_unit_test(test_position),
      BENCH_TEST(test_encoding),
      BENCH_TEST(test_decoding),
      BENCH_TEST(test_codec_of_one_direction),
      BENCH_TEST(test_receipts_and_rejections),
      cmocka_unit_test(test_pool_limits),
      cmocka_unit_test(test_pool_lets_one_pass),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
