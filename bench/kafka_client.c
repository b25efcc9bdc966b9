/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void client_die(const char *what, const char *why)
{
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

double client_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

rd_kafka_conf_t *client_conf(char **properties, int count)
{
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (int i = 0; i < count; i++) {
    char *equals = strchr(properties[i], '=');
    if (!equals)
      client_die(properties[i], "PROPERTY=VALUE is expected");
    *equals = '\0';
    if (rd_kafka_conf_set(conf, properties[i], equals + 1, error, sizeof error) != RD_KAFKA_CONF_OK)
      client_die(properties[i], error);
    *equals = '='; /* for the next client */
  }
  return conf;
}

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
  char error[256];
  rd_kafka_t *kafka = rd_kafka_new(type, conf, error, sizeof error);
  if (!kafka)
    client_die("rd_kafka_new", error);
  if (type == RD_KAFKA_CONSUMER)
    rd_kafka_poll_set_consumer(kafka);
  return kafka;
}

void client_assign(rd_kafka_t *kafka, const char *topic, int count, int64_t offset)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
  for (int i = 0; i < count; i++)
    rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
  rd_kafka_resp_err_t error = rd_kafka_assign(kafka, list);
  if (error)
    client_die("rd_kafka_assign", rd_kafka_err2str(error));
  rd_kafka_topic_partition_list_destroy(list);
}
