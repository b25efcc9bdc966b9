/* SPDX-License-Identifier: Apache-2.0
 *
 * A log in memory, for tests of what asks one: <headrace/log.h> without a store. Answers come in
 * serve(), as they have to. */
#ifndef HEADRACE_TEST_LOG_DOUBLE_H
#define HEADRACE_TEST_LOG_DOUBLE_H

#include <headrace/log.h>
#include <pthread.h>
#include <stdbool.h>

struct double_partition {
  int64_t start, end;
  struct headrace_record *records; /* from offset 0 on */
};

struct double_topic {
  struct headrace_log_topic entry;
  struct double_partition *partitions;
};

struct double_offset {
  char *group;
  struct headrace_log_offset offset;
};

struct log_double {
  struct headrace_log log;
  struct headrace_log_reader reader;
  pthread_mutex_t lock;
  struct double_topic topics[64];
  size_t topic_count;
  uint64_t version;
  struct double_offset offsets[256];
  size_t offset_count;
  int64_t last_producer;
  uint32_t last_id;
  struct double_answer *first, *last;     /* to be delivered */
  enum headrace_log_error trouble;        /* what read() and store_offsets() answer; OK: what is */
  size_t reads;                           /* that were asked for */
  enum headrace_log_error create_trouble; /* likewise of create_topic() */
  void (*before_store)(struct log_double *log); /* of offsets; may be NULL */
};

struct log_double *log_double_new(void);
void log_double_free(struct log_double *log);
/* The offset it gets; -1: no such partition. Bytes are copied. */
int64_t log_double_append(struct log_double *log, const struct headrace_record *record);
int log_double_add_topic(struct log_double *log, const char *name, int32_t partitions);

#endif
