/* SPDX-License-Identifier: Apache-2.0
 *
 * Partitioners, against the vectors of Kafka's own tests (UtilsTest.testMurmur2),
 * of librdkafka (rdfnv1a.c, test 0048) and of segmentio/kafka-go (balancer_test.go). */
#include "plugin_host.h"
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MANY 1000003 /* partitions, so that the hash shows through */

static int32_t choose(const char *name, struct topic *topic, const char *key, int32_t count)
{
  const char *const pairs[] = {"brokers", "localhost", "partitioner", name, NULL};
  struct plugin_host *host = plugin_host_new(sink_kafka_keys, pairs);
  rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
  partitioner_set(&host->instance.host, conf, topic);
  int32_t partition = topic->choose(NULL, key, key ? strlen(key) : 0, count, &topic->spread, NULL);
  rd_kafka_topic_conf_destroy(conf);
  plugin_host_free(host);
  return partition;
}

struct vector {
  const char *key;
  uint32_t hash;
};

static void murmur2_is_java(void **state)
{
  (void)state;
  /* UtilsTest.testMurmur2: 21, foobar, a-little-bit-long-string, …; kafka-go's are librdkafka's */
  static const struct vector vectors[] = {
      {"21", (uint32_t)-973932308},
      {"foobar", (uint32_t)-790332482},
      {"a-little-bit-long-string", (uint32_t)-985981536},
      {"a-little-bit-longer-string", (uint32_t)-1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (uint32_t)-58897971},
      {"abc", 479470107},
      {"kafka", 0xd067cf64},
      {"giberish123456789", 0x8f552b0c},
      {"PreAmbleWillBeRemoved,ThePrePartThatIs", 0x78424f1c},
      {"", 0x106e08d9},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    struct topic topic = {0};
    int32_t expected = (int32_t)((vectors[i].hash & 0x7fffffff) % MANY);
    assert_int_equal(choose("murmur2", &topic, vectors[i].key, MANY), expected);
    assert_int_equal(choose("Murmur2Balancer", &topic, vectors[i].key, MANY), expected);
  }
}

static void crc32_is_librdkafka(void **state)
{
  (void)state;
  static const struct vector vectors[] = {
      {"23456", 0xb1b451d7},
      {"this is another string with more length to it perhaps", 0xb0150df7},
      {"hejsan", 0xd077037e},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    struct topic topic = {0};
    assert_int_equal(choose("CRC32Balancer", &topic, vectors[i].key, 17),
                     (int32_t)(vectors[i].hash % 17));
  }
}

static void hash_is_sarama(void **state)
{
  (void)state;
  static const struct { /* balancer_test.go, TestHashBalancer */
    const char *key;
    int32_t count, expected;
  } cases[] = {{"blah", 2, 0}, {"blah", 3, 1}, {"boop", 3, 2}, {"20", 16, 1}};
  struct topic topic = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(choose("Hash", &topic, cases[i].key, cases[i].count), cases[i].expected);
  for (int32_t i = 0; i < 7; i++)
    assert_int_equal(choose("Hash", &topic, NULL, 3), i % 3);
  static const struct vector absolute[] = {/* rdfnv1a.c: |int32(FNV-1a)| */
                                           {"kafka", 0xd33c4e1},
                                           {"giberish123456789", 0x77a58295},
                                           {"1234", 0x23bdd03},
                                           {"", 0x7ee3623b}};
  for (size_t i = 0; i < sizeof absolute / sizeof *absolute; i++)
    assert_int_equal(choose("Hash", &topic, absolute[i].key, MANY), absolute[i].hash % MANY);
}

static void reference_hash_masks_the_sign(void **state)
{
  (void)state;
  static const struct vector vectors[] = {/* FNV-1a, 32 bits: its authors' test suite */
                                          {"", 0x811c9dc5},
                                          {"a", 0xe40c292c},
                                          {"foobar", 0xbf9cf968}};
  struct topic topic = {0};
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
    assert_int_equal(choose("ReferenceHash", &topic, vectors[i].key, MANY),
                     (vectors[i].hash & 0x7fffffff) % MANY);
  for (int32_t i = 0; i < 4; i++)
    assert_int_equal(choose("ReferenceHash", &topic, NULL, 2), i % 2);
}

static void round_robin_ignores_keys(void **state)
{
  (void)state;
  struct topic topic = {0};
  for (int32_t i = 0; i < 9; i++)
    assert_int_equal(choose("RoundRobin", &topic, i % 2 ? "k" : NULL, 4), i % 4);
}

static int32_t least(struct topic *topic, const char *key, uint32_t value_size, int32_t count)
{
  struct headrace_record record = {.value = {"", value_size, HEADRACE_BINARY}};
  struct headrace_event event = {.record = &record};
  struct pending pending = {.events = &event};
  struct delivery delivery = {.pending = &pending};
  return topic->choose(NULL, key, strlen(key), count, &topic->spread, &delivery);
}

static void least_bytes_fills_the_emptiest(void **state)
{
  (void)state;
  const char *const pairs[] = {"brokers", "localhost", "partitioner", "LeastBytes", NULL};
  struct plugin_host *host = plugin_host_new(sink_kafka_keys, pairs);
  struct topic topic = {0};
  rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
  partitioner_set(&host->instance.host, conf, &topic);
  assert_int_equal(least(&topic, "a", 0, 3), 0);
  assert_int_equal(least(&topic, "ab", 0, 3), 1);
  assert_int_equal(least(&topic, "abc", 0, 3), 2);
  assert_int_equal(least(&topic, "abcd", 0, 3), 0); /* TestLeastBytes, no partition change */
  assert_int_equal(least(&topic, "", 100, 3), 1);
  assert_int_equal(least(&topic, "", 1, 3), 2);
  assert_int_equal(least(&topic, "", 1, 3), 2);
  assert_int_equal(least(&topic, "", 1, 2), 0); /* the counters start anew */
  assert_int_equal(least(&topic, "", 1, 2), 1);
  spread_free(&topic.spread);
  rd_kafka_topic_conf_destroy(conf);
  plugin_host_free(host);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(murmur2_is_java),          cmocka_unit_test(crc32_is_librdkafka),
      cmocka_unit_test(hash_is_sarama),           cmocka_unit_test(reference_hash_masks_the_sign),
      cmocka_unit_test(round_robin_ignores_keys), cmocka_unit_test(least_bytes_fills_the_emptiest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
