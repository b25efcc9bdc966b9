/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in for the log of a sink that keeps none, such as tables: topics are known by their
 * names, for as long as the process lives; nothing can be read, and no group has offsets. */
#ifndef HEADRACE_KAFKA_NO_LOG_H
#define HEADRACE_KAFKA_NO_LOG_H

#include <headrace/log.h>

struct no_log;

struct no_log *no_log_new(void);
void no_log_free(struct no_log *self); /* answers that were not given are forgotten */
const struct headrace_log *no_log_interface(const struct no_log *self);

#endif
