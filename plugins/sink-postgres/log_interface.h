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
void log_answers_free(struct log_sink *sink); /* records that were not released */

/* log_find.c */
void log_find(void *self, const struct headrace_topic_id *id, int32_t partition,
              int64_t timestamp_ms, headrace_log_find_done done, void *context);

/* log_topics.c */
void log_create_topic(void *self, const struct headrace_log_new_topic *topic,
                      headrace_log_done done, void *context);
void log_delete_topic(void *self, const struct headrace_topic_id *id, headrace_log_done done,
                      void *context);
void log_add_partitions(void *self, const struct headrace_topic_id *id, int32_t count_after,
                        headrace_log_done done, void *context);
void log_configure_topic(void *self, const struct headrace_topic_id *id,
                         const struct headrace_pair *config, size_t count, headrace_log_done done,
                         void *context);

/* log_settings.c */
void log_configure(void *self, const char *name, const struct headrace_pair *config, size_t count,
                   headrace_log_done done, void *context);
void log_set_topic_defaults(void *self, const struct headrace_pair *config, size_t count);
const char *log_topic_default(void *self, const char *name);

/* log_space.c */
void log_delete_records(void *self, const struct headrace_topic_id *id, int32_t partition,
                        int64_t before, headrace_log_number_done done, void *context);
void log_sizes(void *self, headrace_log_sizes_done done, void *context);

/* log_groups.c */
void log_store_offsets(void *self, const char *group, const struct headrace_log_offset *offsets,
                       size_t count, headrace_log_done done, void *context);
void log_stored_offsets(void *self, const char *group, headrace_log_offsets_done done,
                        void *context);
void log_groups(void *self, headrace_log_groups_done done, void *context);
void log_set_group_active(void *self, const char *group, const char *protocol_type, int active);
void log_delete_group(void *self, const char *group, headrace_log_done done, void *context);
void log_new_producer(void *self, headrace_log_number_done done, void *context);
void log_producers(void *self, const struct headrace_topic_id *id, int32_t partition,
                   headrace_log_producers_done done, void *context);

/* log_users.c */
void log_alter_credentials(void *self, const struct headrace_log_credential *credentials,
                           size_t count, headrace_log_done done, void *context);
void log_credentials(void *self, const char *user, headrace_log_credentials_done done,
                     void *context);

#endif
