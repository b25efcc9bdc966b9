/* SPDX-License-Identifier: Apache-2.0
 *
 * Events that cannot be written, in the table dead_letter of the target: stored by the
 * transaction that would have written them, listed, exported and tried
 * again by `headrace dlq`. */
#ifndef HEADRACE_SINK_POSTGRES_DEAD_LETTER_H
#define HEADRACE_SINK_POSTGRES_DEAD_LETTER_H

#include "sink.h"

/* Its name for SQL; to be freed. */
char *dead_letter_table(const struct sink *sink);

/* Makes the table if it is not there; blocks. False: *error. */
bool dead_letter_prepare(struct sink *sink, struct pg_error *error);

/* Whether dead_letter_plan() has anything to add. */
bool dead_letter_has_work(const struct sink *sink, const struct share *share);

/* Adds statements that store the share's letters, and, where the events are letters themselves
 * (host->once), that take off those whose events are written. */
void dead_letter_plan(struct sink *sink, const struct share *share, struct plan *plan);

/* Whether the statement is one of those. */
bool dead_letter_is(const struct statement *statement);

/* Whether it failed because a letter that is written here was taken off by another run. */
bool dead_letter_was_taken(const struct statement *statement, const char *sqlstate);

/* The command `dlq` and its words. */
enum headrace_result dead_letter_command(struct sink *sink, const char *const *arguments,
                                         size_t count);

#endif
