/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that are only appended, by COPY in its binary format (PostgreSQL documentation, COPY,
 * "Binary Format"; the receive functions numeric_recv, jsonb_recv, enum_recv …): the server
 * neither plans nor unnests anything. */
#ifndef HEADRACE_SINK_POSTGRES_COPY_ROWS_H
#define HEADRACE_SINK_POSTGRES_COPY_ROWS_H

#include "row_values.h"

/* Whether that is possible, and worth the round trips that a COPY needs. */
bool copy_fits(const struct group *group);

/* Writes the rows into `out`. False: some value has no binary form. */
bool copy_write(struct plan *plan, const struct group *group, enum nul_policy nul,
                struct buffer *out);

char *copy_sql(const struct group *group);

#endif
