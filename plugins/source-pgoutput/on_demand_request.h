/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person says of snapshots on demand: in the content of a logical message,
 * or on the command line (on_demand_command in on_demand.h). */
#ifndef HEADRACE_ON_DEMAND_REQUEST_H
#define HEADRACE_ON_DEMAND_REQUEST_H

#include "on_demand_jobs.h"

/* The content of a message "headrace.snapshot": TABLE, or pause, resume, stop with or without
 * TABLE. It has no filter: that is SQL which runs with our rights, and any role may write
 * messages. RETRY: the server could not be asked; what is wrong with the text is said only. */
enum headrace_result on_demand_request(const struct headrace_host *host,
                                       const struct on_demand_jobs *jobs, const char *content,
                                       size_t size, uint64_t lsn);

#endif
