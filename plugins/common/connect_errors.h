/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers that Kafka Connect gives to dead letters (DeadLetterQueueReporter.java), so that its
 * users' tools can read ours. No allocation; any thread. */
#ifndef HEADRACE_CONNECT_ERRORS_H
#define HEADRACE_CONNECT_ERRORS_H

#include <headrace/plugin.h>

#define CONNECT_ERROR_HEADERS 9

struct connect_error {
  const char *topic, *partition, *offset; /* NULL: not known, no header */
  const char *pipeline;
  const char *stage;     /* that refused the event: "codec", "filter.mask", "sink" */
  const char *at_sink;   /* Connect's word for "sink": "TASK_PUT", "PRODUCE" */
  const char *exception; /* in Connect a Java class; here what kind of fault it is */
  const char *message;
  char class_name[128]; /* made of `stage` */
};

/* Names and texts, which point into *error; returns how many. */
size_t connect_error_headers(struct connect_error *error,
                             struct headrace_pair headers[CONNECT_ERROR_HEADERS]);

#endif
