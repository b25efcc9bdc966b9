/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a message takes from one librdkafka to another, at a fixed rate.
 *
 *   kafka_pinger TOPIC PER_SECOND SECONDS VALUE_SIZE PROPERTY=VALUE...
 *
 * From rd_kafka_produce() to the consumer's hands, both in this process. The first second is not
 * counted. Prints the median, the 99th percentile and the most, in milliseconds. */
#include "kafka_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct load {
  rd_kafka_t *kafka;
  rd_kafka_topic_t *topic;
  long count;
  double interval; /* seconds */
  size_t size;
};

static void wait_until(double when)
{
  struct timespec at = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *send_all(void *context)
{
  const struct load *load = context;
  char *value = memset(malloc(load->size), 'x', load->size);
  double start = client_now();
  for (long i = 0; i < load->count; i++) {
    wait_until(start + (double)i * load->interval);
    double now = client_now();
    memcpy(value, &now, sizeof now);
    if (rd_kafka_produce(load->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, load->size,
                         NULL, 0, NULL) != 0)
      client_die("kafka_pinger", "the queue is full: this rate is too much");
    rd_kafka_poll(load->kafka, 0);
  }
  rd_kafka_flush(load->kafka, 10000);
  free(value);
  return NULL;
}

static double delay_of(const rd_kafka_message_t *message)
{
  double sent;
  if (message->err)
    client_die("kafka_pinger", rd_kafka_message_errstr(message));
  memcpy(&sent, message->payload, sizeof sent);
  return client_now() - sent;
}

static void receive_all(rd_kafka_t *kafka, double *delays, long count)
{
  for (long i = 0; i < count;) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 100);
    if (!message)
      continue;
    delays[i++] = delay_of(message);
    rd_kafka_message_destroy(message);
  }
}

static int by_size(const void *a, const void *b)
{
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void print(double *delays, long count)
{
  qsort(delays, (size_t)count, sizeof *delays, by_size);
  printf("%.3f %.3f %.3f\n", delays[count / 2] * 1e3, delays[count * 99 / 100] * 1e3,
         delays[count - 1] * 1e3);
}

static void run(const char *topic, long rate, struct load *load, rd_kafka_t *consumer)
{
  double *delays = calloc((size_t)load->count, sizeof *delays);
  pthread_t sender;
  client_assign(consumer, topic, 1, 0);
  load->topic = rd_kafka_topic_new(load->kafka, topic, NULL);
  if (pthread_create(&sender, NULL, send_all, load) != 0)
    client_die("kafka_pinger", "cannot start a thread");
  receive_all(consumer, delays, load->count);
  pthread_join(sender, NULL);
  print(delays + rate, load->count - rate);
  rd_kafka_topic_destroy(load->topic);
  free(delays);
}

int main(int argc, char **argv)
{
  long rate = argc > 5 ? atol(argv[2]) : 0, seconds = argc > 5 ? atol(argv[3]) : 0;
  struct load load = {.count = rate * seconds, .interval = rate ? 1.0 / (double)rate : 0};
  load.size = argc > 5 ? strtoul(argv[4], NULL, 10) : 0;
  if (rate < 1 || seconds < 2 || load.size < sizeof(double)) {
    fprintf(stderr, "usage: kafka_pinger TOPIC PER_SECOND SECONDS VALUE_SIZE PROPERTY=VALUE...\n");
    return 64;
  }
  rd_kafka_t *consumer = client_new(RD_KAFKA_CONSUMER, client_conf(argv + 5, argc - 5));
  load.kafka = client_new(RD_KAFKA_PRODUCER, client_conf(argv + 5, argc - 5));
  run(argv[1], rate, &load, consumer);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  rd_kafka_destroy(load.kafka);
  return 0;
}
