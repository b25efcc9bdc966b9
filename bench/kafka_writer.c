/* SPDX-License-Identifier: Apache-2.0
 *
 * The limit of a snapshot into Kafka: librdkafka sends the same messages again and again.
 *
 *   kafka_writer TOPIC COUNT KEY_SIZE VALUE_SIZE PROPERTY=VALUE...
 *
 * Keys are numbers with leading zeros. Ends when all messages are acknowledged. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 32

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
  (void)kafka;
  long *acknowledged = context;
  if (message->err) {
    fprintf(stderr, "kafka_writer: %s\n", rd_kafka_err2str(message->err));
    exit(1);
  }
  ++*acknowledged;
}

static rd_kafka_t *make(char **properties, int count, long *acknowledged)
{
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (int i = 0; i < count; i++) {
    char *equals = strchr(properties[i], '=');
    if (!equals)
      return NULL;
    *equals = '\0';
    if (rd_kafka_conf_set(conf, properties[i], equals + 1, error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      fprintf(stderr, "kafka_writer: %s\n", error);
      return NULL;
    }
  }
  rd_kafka_conf_set_opaque(conf, acknowledged);
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  return rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
}

static void send_all(rd_kafka_t *kafka, rd_kafka_topic_t *topic, long count, size_t key_size,
                     size_t value_size, const long *acknowledged)
{
  char *value = memset(malloc(value_size + 1), 'x', value_size);
  char key[KEY_MAX + 1];
  for (long i = 0; i < count; i++) { /* copied: what is read somewhere is not in one place */
    snprintf(key, sizeof key, "%0*ld", (int)key_size, i);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, value_size,
                            key, key_size, NULL) != 0)
      rd_kafka_poll(kafka, 1); /* its queue is full */
    if (i % 1000 == 0)
      rd_kafka_poll(kafka, 0);
  }
  while (*acknowledged < count)
    rd_kafka_poll(kafka, 100);
  free(value);
}

int main(int argc, char **argv)
{
  long acknowledged = 0, count = argc > 5 ? atol(argv[2]) : 0;
  size_t key_size = argc > 5 ? strtoul(argv[3], NULL, 10) : 0;
  rd_kafka_t *kafka = count && key_size <= KEY_MAX ? make(argv + 5, argc - 5, &acknowledged) : NULL;
  if (!kafka) {
    fprintf(stderr, "usage: kafka_writer TOPIC COUNT KEY_SIZE VALUE_SIZE PROPERTY=VALUE...\n");
    return 64;
  }
  rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, argv[1], NULL);
  send_all(kafka, topic, count, key_size, strtoul(argv[4], NULL, 10), &acknowledged);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(kafka);
  return 0;
}
