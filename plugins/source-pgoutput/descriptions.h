/* SPDX-License-Identifier: Apache-2.0
 *
 * The newest RELATION message of each relation. The server describes a relation once and then
 * takes it for known, also while the transaction that it described it in is still in the spool:
 * when that comes out with an older description (the publication's column list was changed
 * meanwhile), the newest has to be given again behind it. One thread. */
#ifndef HEADRACE_DESCRIPTIONS_H
#define HEADRACE_DESCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct description;

struct descriptions {
  struct description *all; /* a hash by the relation's number */
};

void descriptions_free(struct descriptions *descriptions);

/* The body (without the kind) of a RELATION message of version 1, as it arrives. Copied; ignored
 * if it is too short. */
void descriptions_arrived(struct descriptions *descriptions, const char *body, size_t size);

/* One that comes out of the spool. */
void descriptions_replayed(struct descriptions *descriptions, const char *body, size_t size);

/* The next message that has to be given again, whole; false: none is left. It stays there until
 * the next arrival. */
bool descriptions_again(struct descriptions *descriptions, const char **data, size_t *size);

#endif
