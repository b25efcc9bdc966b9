/* SPDX-License-Identifier: Apache-2.0
 *
 * What users' passwords are checked against, of the file `users_file` and of the log. */
#ifndef HEADRACE_KAFKA_USERS_H
#define HEADRACE_KAFKA_USERS_H

#include "scram.h"

#include <headrace/log.h>

struct users; /* of a file; immutable */

/* All that is known of a user: one verifier for each mechanism, or none at all. */
struct user_verifiers {
  struct scram_verifier of[SCRAM_HASHES];
};

/* False: said by log(). */
bool users_check(const struct headrace_host *host, const char *path);
bool users_load(const struct headrace_host *host, const char *path, struct users **users);
void users_free(struct users *users);
/* NULL: the file does not have him. */
const struct user_verifiers *users_find(const struct users *users, const char *name);

/* What can be used of what the log has. */
void users_of_log(const struct headrace_log_credential *credentials, size_t count,
                  struct user_verifiers *verifiers);

#endif
