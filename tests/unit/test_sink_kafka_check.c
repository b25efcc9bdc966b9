/* SPDX-License-Identifier: Apache-2.0
 *
 * What check() says about configurations, without network. */
#include "plugin_host.h"
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const struct headrace_registration *headrace_plugin_entry(void);

struct wrong {
  const char *pairs[8];
  const char *expected;
};

static void checks(const char *const *pairs, enum headrace_result result, const char *expected)
{
  struct plugin_host *host = plugin_host_new(sink_kafka_keys, pairs);
  assert_int_equal(headrace_plugin_entry()->plugin->check(&host->instance.host), result);
  char *log = plugin_host_log(host);
  if (expected ? !strstr(log, expected) : *log)
    fail_msg("expected \"%s\" in: %s", expected ? expected : "", log);
  assert_null(strstr(log, "hidden"));
  free(log);
  plugin_host_free(host);
}

static void says_each_fault(void **state)
{
  (void)state;
  static const struct wrong faults[] = {
      {{"brokers", "a:9092,b:x"}, "brokers: \"b:x\" is not host:port"},
      {{"brokers", "a:70000"}, "is not host:port"},
      {{"brokers", ":9092"}, "is not host:port"},
      {{"brokers", ","}, "brokers: at least one is needed"},
      {{"rdkafka.no.such.thing", "1"}, "has no property \"no.such.thing\""},
      {{"rdkafka.batch.size", "much"}, "rdkafka.batch.size: "},
      {{"rdkafka.enable.idempotence", "false"}, "use the key idempotence"},
      {{"rdkafka.message.timeout.ms", "1000"}, "cannot be set: records wait"},
      {{"rdkafka.transactional.id", "x"}, "cannot be set"},
      {{"acks", "1"}, "acks = 1 needs idempotence = no"},
      {{"acks", "1", "idempotence", "no", "rdkafka.max.in.flight", "5"}, "must be 1"},
      {{"topic", "{prefix}.{tbl}"}, "topic: unknown place \"{tbl}\""},
      {{"topic", ""}, "topic: is empty"},
      {{"dead_letter", "{x"}, "dead_letter: unbalanced brace"},
      {{"topics", "public.a = not legal"}, "\"not legal\" is no legal topic name"},
      {{"partition", "source"}, "partition = source needs checkpoint = sink"},
      {{"topic_partitions", "0"}, "topic_partitions: must be at least 1"},
      {{"tls_ca", "/ca.pem"}, "tls_ca: has no effect without tls = yes"},
      {{"sasl_password", "hidden"}, "sasl_password: has no effect without sasl_mechanism"},
      {{"partitioner", "RoundRobin", "rdkafka.sticky.partitioning.linger.ms", "5"},
       "has no effect with partitioner = RoundRobin"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const char *pairs[16] = {"brokers", "127.0.0.1:9092"};
    memcpy(pairs + 2, faults[i].pairs, sizeof faults[i].pairs);
    checks(pairs, HEADRACE_FATAL, faults[i].expected);
  }
}

static void says_all_faults_at_once(void **state)
{
  (void)state;
  static const char *const pairs[] = {"brokers",     "a:x", "topic", "{y}", "rdkafka.foo", "1",
                                      "idempotence", "yes", "acks",  "0",   NULL};
  struct plugin_host *host = plugin_host_new(sink_kafka_keys, pairs);
  assert_int_equal(headrace_plugin_entry()->plugin->check(&host->instance.host), HEADRACE_FATAL);
  char *log = plugin_host_log(host);
  assert_non_null(strstr(log, "brokers: "));
  assert_non_null(strstr(log, "topic: "));
  assert_non_null(strstr(log, "rdkafka.foo: "));
  assert_non_null(strstr(log, "acks = 0"));
  free(log);
  plugin_host_free(host);
}

static void takes_what_is_right(void **state)
{
  (void)state;
  static const char *const good[][14] = {
      {"brokers", "localhost"},
      {"brokers", "a:9092, [::1]:9093, SSL://c.example:9094"},
      {"brokers", "a:1", "acks", "1", "idempotence", "no"},
      {"brokers", "a:1", "tls", "yes", "sasl_mechanism", "SCRAM-SHA-512", "sasl_username", "u",
       "sasl_password", "hidden"},
      {"brokers", "a:1", "compression", "zstd", "partitioner", "LeastBytes", "linger", "20ms"},
      {"brokers", "a:1", "topics", "public.a = x, public.b = y.z", "rdkafka.client.id", "me"},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    checks(good[i], HEADRACE_OK, NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(says_each_fault),
      cmocka_unit_test(says_all_faults_at_once),
      cmocka_unit_test(takes_what_is_right),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
