/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benches' clients of Kafka share. */
#ifndef HEADRACE_BENCH_KAFKA_CLIENT_H
#define HEADRACE_BENCH_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

/* Of PROPERTY=VALUE…; ends the program if one is wrong. */
rd_kafka_conf_t *client_conf(char **properties, int count);
/* Takes over the configuration; ends the program if it is wrong. */
rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);
/* Reads partitions 0 … count - 1 from the offset on. */
void client_assign(rd_kafka_t *kafka, const char *topic, int count, int64_t offset);
_Noreturn void client_die(const char *what, const char *why);
double client_now(void); /* seconds of a clock that never goes back */

#endif
