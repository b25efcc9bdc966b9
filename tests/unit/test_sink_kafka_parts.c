/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-kafka: what is stored of a source's parts, and what the open transaction adds. */
#include "plugin_host.h"
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sink_part *get(struct stored_parts *parts, const char *name)
{
  return stored_parts_get(parts, name, strlen(name));
}

static bool take(struct stored_parts *parts, const char *name, int64_t from, int64_t to)
{
  const struct headrace_part range = {.name = name, .from = from, .to = to}, *refused;
  return stored_parts_take(parts, &range, 1, &refused);
}

static void a_part_is_found_again(void **state)
{
  static const char *const names[] = {"b/1", "a/10", "b/0", "a/1", "a", "a/1/2", "ab/7", "b/10"};
  struct stored_parts parts = {0};
  (void)state;
  struct sink_part *first[8];
  for (size_t i = 0; i < 8; i++)
    first[i] = get(&parts, names[i]);
  for (size_t i = 0; i < 8; i++) {
    assert_ptr_equal(get(&parts, names[i]), first[i]);
    assert_string_equal(first[i]->name, names[i]);
    assert_int_equal(first[i]->stored, -1);
  }
  assert_int_equal(parts.count, 8);
  assert_ptr_equal(stored_parts_get(&parts, "b/10", 3), first[0]);
  stored_parts_free(&parts);
}

static void a_topic_has_as_many_partitions_as_the_highest_says(void **state)
{
  struct stored_parts parts = {0};
  (void)state;
  static const char *const names[] = {"a/2", "a/11", "a/x", "a.b/40"};
  for (size_t i = 0; i < 4; i++)
    get(&parts, names[i])->asked = true;
  assert_int_equal(stored_parts_of_topic(&parts, get(&parts, "a/2")), 12);
  assert_int_equal(stored_parts_of_topic(&parts, get(&parts, "a.b/40")), 41);
  assert_int_equal(get(&parts, "a/x")->number, -1);
  assert_int_equal(get(&parts, "a/2147483647")->number, -1);
  stored_parts_free(&parts);
}

/* Of a topic that was made anew with fewer partitions the operator may forget the others. */
static void a_forgotten_part_is_none_of_its_topic(void **state)
{
  struct stored_parts parts = {0};
  (void)state;
  get(&parts, "a/2")->asked = true;
  get(&parts, "a/11"); /* a tombstone */
  assert_int_equal(stored_parts_of_topic(&parts, get(&parts, "a/2")), 3);
  get(&parts, "a/11")->stored = get(&parts, "a/11")->next = 0;
  assert_int_equal(stored_parts_of_topic(&parts, get(&parts, "a/2")), 12);
  stored_parts_free(&parts);
}

static void a_batch_goes_on_where_the_one_before_ended(void **state)
{
  struct stored_parts parts = {0};
  (void)state;
  assert_true(take(&parts, "a/0", 7, 7)); /* nothing is known of it: it is begun there */
  assert_true(take(&parts, "a/0", 7, 9));
  assert_int_equal(parts.changed_count, 1);
  assert_int_equal(get(&parts, "a/0")->stored, -1);
  stored_parts_committed(&parts);
  assert_int_equal(get(&parts, "a/0")->stored, 9);
  assert_int_equal(parts.changed_count, 0);
  assert_true(take(&parts, "a/0", 9, 3)); /* made anew */
  assert_true(take(&parts, "a/0", 3, 5));
  assert_false(take(&parts, "a/0", 9, 10));
  assert_int_equal(get(&parts, "a/0")->stored, 9);
  stored_parts_free(&parts);
}

/* Kafka does not grow a topic while it moves partitions, which may take hours. */
static void why_a_topic_does_not_grow_is_said_once(void **state)
{
  static const char *const pairs[] = {"brokers", "localhost", NULL};
  struct sink sink = {.host = NULL};
  struct topic topic = {.name = "copy", .mirrored = 4, .found = 3, .mirroring = MIRROR_GROWING};
  struct plugin_host *host = plugin_host_new(sink_kafka_keys, pairs);
  (void)state;
  sink.host = &host->instance.host;
  topic_grown(&sink, &topic, RD_KAFKA_RESP_ERR_REASSIGNMENT_IN_PROGRESS);
  topic_grown(&sink, &topic, RD_KAFKA_RESP_ERR_REASSIGNMENT_IN_PROGRESS);
  assert_int_equal(topic.mirroring, MIRROR_NOT_KNOWN);
  char *log = plugin_host_log(host);
  const char *said = strstr(log, "topic copy cannot get 4 partitions, as the source's has: ");
  assert_non_null(said);
  assert_null(strstr(said + 1, "topic copy"));
  free(log);
  topic_grown(&sink, &topic, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE);
  assert_int_equal(topic.mirroring, MIRROR_BY_KEY);
  plugin_host_free(host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_part_is_found_again),
      cmocka_unit_test(a_topic_has_as_many_partitions_as_the_highest_says),
      cmocka_unit_test(a_forgotten_part_is_none_of_its_topic),
      cmocka_unit_test(why_a_topic_does_not_grow_is_said_once),
      cmocka_unit_test(a_batch_goes_on_where_the_one_before_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
