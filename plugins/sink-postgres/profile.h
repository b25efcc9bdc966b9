/* SPDX-License-Identifier: Apache-2.0
 *
 * Habits of other tools, for those who come from them. */
#ifndef HEADRACE_SINK_POSTGRES_PROFILE_H
#define HEADRACE_SINK_POSTGRES_PROFILE_H

#include <headrace/plugin.h>

/* What a column of an event without schema is made with, by its name alone; NULL: as its value
 * says. A constant. */
const char *profile_type(const struct headrace_host *host, const char *column);

#endif
