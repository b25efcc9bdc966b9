/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast librdkafka can send: the same messages again and again.
 *
 *   kafka_writer TOPIC COUNT KEY_SIZE VALUE_SIZE PROPERTY=VALUE...
 *
 * Keys are numbers with leading zeros; KEY_SIZE 0: none. Ends when all messages are
 * acknowledged. */
#include "kafka_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 32

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
  (void)kafka;
  long *acknowledged = context;
  if (message->err)
    client_die("kafka_writer", rd_kafka_err2str(message->err));
  ++*acknowledged;
}

static void send_all(rd_kafka_t *kafka, rd_kafka_topic_t *topic, long count, size_t key_size,
                     size_t value_size, const long *acknowledged)
{
  char *value = memset(malloc(value_size + 1), 'x', value_size);
  char key[KEY_MAX + 1];
  for (long i = 0; i < count; i++) { /* copied: what is read somewhere is not in one place */
    if (key_size)
      snprintf(key, sizeof key, "%0*ld", (int)key_size, i);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, value_size,
                            key_size ? key : NULL, key_size, NULL) != 0)
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
  if (!count || key_size > KEY_MAX) {
    fprintf(stderr, "usage: kafka_writer TOPIC COUNT KEY_SIZE VALUE_SIZE PROPERTY=VALUE...\n");
    return 64;
  }
  rd_kafka_conf_t *conf = client_conf(argv + 5, argc - 5);
  rd_kafka_conf_set_opaque(conf, &acknowledged);
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_t *kafka = client_new(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, argv[1], NULL);
  send_all(kafka, topic, count, key_size, strtoul(argv[4], NULL, 10), &acknowledged);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(kafka);
  return 0;
}
