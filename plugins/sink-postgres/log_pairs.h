/* SPDX-License-Identifier: Apache-2.0
 *
 * mode = log: configurations, which are pairs of a name and a value. */
#ifndef HEADRACE_SINK_POSTGRES_LOG_PAIRS_H
#define HEADRACE_SINK_POSTGRES_LOG_PAIRS_H

#include <headrace/plugin.h>

struct headrace_pair *log_pairs_copy(const struct headrace_pair *pairs, size_t count);
void log_pairs_free(struct headrace_pair *pairs, size_t count);
/* NULL: there is none. */
const char *log_pairs_value(const struct headrace_pair *pairs, size_t count, const char *name);
/* SQL of a jsonb; malloc'ed. */
char *log_pairs_sql(const struct headrace_pair *pairs, size_t count);

#endif
