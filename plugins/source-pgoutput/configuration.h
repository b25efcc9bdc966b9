/* SPDX-License-Identifier: Apache-2.0
 *
 * What the keys of the source mean, and which of their values go together. The
 * checks say what is wrong by host->log. */
#ifndef HEADRACE_CONFIGURATION_H
#define HEADRACE_CONFIGURATION_H

#include <headrace/plugin.h>
#include <stdbool.h>

enum snapshot_mode { MODE_NEVER = 0, MODE_INITIAL, MODE_ONLY, MODE_WHEN_NEEDED };

enum snapshot_mode configuration_snapshot(const struct headrace_host *host);

/* A slot that is lost, or was dropped because it held too much WAL, is made anew. */
bool configuration_may_snapshot_again(const struct headrace_host *host);

/* Where transactions in progress are kept; valid as long as the host and the environment. */
const char *configuration_spool_dir(const struct headrace_host *host);

bool configuration_check_slot(const struct headrace_host *host);
bool configuration_check_publication(const struct headrace_host *host);
bool configuration_check_snapshot(const struct headrace_host *host);
bool configuration_check_streaming(const struct headrace_host *host);

#endif
