/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots on demand as rows of a table in the source database, so that they
 * outlive the process. Whoever streams from the slot works on them, one after the
 * other; who asks for one, or pauses, resumes or stops it, only changes its row. */
#ifndef HEADRACE_ON_DEMAND_JOBS_H
#define HEADRACE_ON_DEMAND_JOBS_H

#include "catalog.h"
#include "position.h"
#include "tables.h"

struct on_demand_jobs {
  struct catalog *catalog;
  const char *schema; /* of the table; it is called on_demand */
  const char *slot;
};

struct on_demand_job {
  uint64_t id;
  struct table_name name;
  char *filter; /* SQL, or NULL */
  struct on_demand_cursor cursor;
};

enum on_demand_control { ON_DEMAND_PAUSE, ON_DEMAND_RESUME, ON_DEMAND_STOP };

/* Is the table there? */
bool on_demand_jobs_exist(const struct on_demand_jobs *jobs, bool *exist, struct pg_error *error);

/* A new one. `lsn`: of the message that asked for it, and of which there is one at most; 0:
 * nobody's. Makes the table if there is none. */
bool on_demand_jobs_ask(const struct on_demand_jobs *jobs, const struct table_name *name,
                        const char *filter, uint64_t lsn, struct pg_error *error);

/* Of a table, or of all (NULL). A message that comes again after it was obeyed does nothing. */
bool on_demand_jobs_control(const struct on_demand_jobs *jobs, enum on_demand_control control,
                            const struct table_name *name, uint64_t lsn, struct pg_error *error);

/* The one to work on: id 0 if there is none; otherwise to be freed. */
bool on_demand_jobs_next(const struct on_demand_jobs *jobs, struct on_demand_job *job,
                         struct pg_error *error);
void on_demand_job_free(struct on_demand_job *job);

/* It is being worked on; so far it was delivered; it ended (reason NULL: all of it was done). */
bool on_demand_jobs_begin(const struct on_demand_jobs *jobs, uint64_t id, struct pg_error *error);
bool on_demand_jobs_save(const struct on_demand_jobs *jobs, const struct on_demand_cursor *cursor,
                         uint64_t rows, struct pg_error *error);
bool on_demand_jobs_end(const struct on_demand_jobs *jobs, uint64_t id, const char *reason,
                        struct pg_error *error);

/* Tells whoever streams from a slot of this database to look at the table. */
bool on_demand_jobs_nudge(const struct on_demand_jobs *jobs, struct pg_error *error);

/* Lines of text: those that are not over, and the last ones. */
bool on_demand_jobs_status(const struct on_demand_jobs *jobs, const struct table_name *name,
                           char *out, size_t size, struct pg_error *error);

#endif
