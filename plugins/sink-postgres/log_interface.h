/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: the functions of struct headrace_log that are questions. `self` is struct log_sink.
 */
#ifndef HEADRACE_SINK_POSTGRES_LOG_INTERFACE_H
#define HEADRACE_SINK_POSTGRES_LOG_INTERFACE_H

#include <headrace/log.h>

struct log_sink;

/* log_read.c */
void log_read(void *self, const struct headrace_topic_id *id, int32_t partition, int64_t offset,
              size_t max_bytes, headrace_log_read_done done, void *context);
void log_find(void *self, const struct headrace_topic_id *id, int32_t partition,
              int64_t timestamp_ms, headrace_log_find_done done, void *context);
void log_answers_free(struct log_sink *sink); /* records that were not released */

/* log_topics.c */
void log_create_topic(void *self, const struct headrace_log_new_topic *topic,
                      headrace_log_done done, void *context);

#endif
