/* SPDX-License-Identifier: Apache-2.0
 *
 * One relation of the stream, described for the host: columns from the Relation
 * message, and whatever the catalog adds to them. */
#ifndef HEADRACE_DESCRIBE_H
#define HEADRACE_DESCRIBE_H

#include "catalog.h"
#include "pgoutput.h"

/* Types that the stream named (Type messages): said where the catalog has forgotten them. */
typedef const char *(*describe_type_name)(const void *context, uint32_t type_id);

struct description {
  struct headrace_relation relation; /* points into the rest */
  struct headrace_column *columns;
  uint16_t *key;
  bool *in_identity;    /* per column */
  const char ***labels; /* per column, or NULL */
  PGresult *results[3];
  PGresult *defaults;
};

/* Without a catalog (NULL) there is only what the stream tells.
 * False: *error, the catalog could not be asked. Otherwise to be freed. `message` must live
 * as long. */
bool describe(struct catalog *catalog, const char *database,
              const struct pgoutput_relation *message, describe_type_name type_name,
              const void *context, struct description *description, struct pg_error *error);
void description_free(struct description *description);

/* The host's description holds the same. */
bool description_equals(const struct description *description,
                        const struct headrace_relation *relation);

#endif
