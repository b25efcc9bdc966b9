/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast librdkafka can read: a topic from its beginning, again and again.
 *
 *   kafka_reader TOPIC PARTITIONS COUNT ROUNDS PROPERTY=VALUE...
 *
 * Ends when it has had COUNT messages in each round. Prints how many messages came after the first
 * ones of their round, and in how many seconds: connecting and asking is not counted. */
#include "kafka_client.h"

#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE 10000

static long take(rd_kafka_queue_t *queue, rd_kafka_message_t **messages)
{
  long count = 0;
  ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, AT_ONCE);
  for (ssize_t i = 0; i < got; i++) {
    if (messages[i]->err)
      client_die("kafka_reader", rd_kafka_message_errstr(messages[i]));
    count++;
    rd_kafka_message_destroy(messages[i]);
  }
  return count;
}

static void read_round(rd_kafka_queue_t *queue, long wanted, long *counted, double *seconds)
{
  static rd_kafka_message_t *messages[AT_ONCE];
  long first = 0, got = 0;
  while (!(first = take(queue, messages)))
    ;
  double start = client_now();
  for (got = first; got < wanted;)
    got += take(queue, messages);
  *counted += got - first;
  *seconds += client_now() - start;
}

int main(int argc, char **argv)
{
  long counted = 0, count = argc > 5 ? atol(argv[3]) : 0;
  double seconds = 0;
  if (!count) {
    fprintf(stderr, "usage: kafka_reader TOPIC PARTITIONS COUNT ROUNDS PROPERTY=VALUE...\n");
    return 64;
  }
  rd_kafka_t *kafka = client_new(RD_KAFKA_CONSUMER, client_conf(argv + 5, argc - 5));
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(kafka);
  for (int i = 0; i < atoi(argv[4]); i++) {
    client_assign(kafka, argv[1], atoi(argv[2]), 0);
    read_round(queue, count, &counted, &seconds);
    rd_kafka_assign(kafka, NULL);
  }
  printf("%ld %.6f\n", counted, seconds);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(kafka);
  rd_kafka_destroy(kafka);
  return 0;
}
