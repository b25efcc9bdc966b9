/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots on demand: a table is read while the stream goes on (DBLog, Andreakis
 * and Papapanagiotou 2020). A chunk is read between two logical messages, the low and
 * the high watermark. Where the stream passes the high one the chunk's rows are sent,
 * but for those that the stream changed since the low one: of these it has newer.
 *
 * The source thread does all of it. The stream waits only while a chunk's rows are
 * sent; it is never ahead of them. */
#ifndef HEADRACE_ON_DEMAND_H
#define HEADRACE_ON_DEMAND_H

#include "on_demand_jobs.h"
#include "reselect.h"

struct on_demand;

struct on_demand_setup {
  const struct headrace_host *host;
  struct catalog *catalog;
  struct reselect *reselect; /* while a table is read, its updates are completed */
  const char *slot, *publication;
  const struct table_list *filter;    /* only these; NULL: all that are published */
  const struct pg_position *position; /* where the stream begins */
};

/* Not OK: said. */
enum headrace_result on_demand_open(const struct on_demand_setup *setup, struct on_demand **opened);
void on_demand_close(struct on_demand *on_demand); /* NULL is fine */

/* What the decoder's observer sees. */
void on_demand_change(struct on_demand *on_demand, struct headrace_change *change);
void on_demand_relation(struct on_demand *on_demand, const struct headrace_relation *relation);
void on_demand_commit(struct on_demand *on_demand, const struct headrace_transaction *transaction);
enum headrace_result on_demand_message(struct on_demand *on_demand, const char *prefix,
                                       const char *content, size_t size, uint64_t lsn);

/* A chunk's rows come next: nothing more of the stream may be decoded before on_demand_work
 * has sent them. */
bool on_demand_blocks(const struct on_demand *on_demand);

/* Goes on with what is to be done, without waiting for the server but for short queries; called
 * each time before the stream is read. Adds rows to the batch only where on_demand_blocks;
 * *moved if `position` is another now or a batch of rows needs it. */
enum headrace_result on_demand_work(struct on_demand *on_demand, struct headrace_batch *batch,
                                    struct pg_position *position, bool *moved);

/* What has come was not all taken: on_demand_work again, without waiting. */
bool on_demand_busy(const struct on_demand *on_demand);

/* To be waited for besides the stream, for reading; -1: nothing. */
int on_demand_socket(const struct on_demand *on_demand);

/* The sink has all up to here. */
void on_demand_delivered(struct on_demand *on_demand, const struct pg_position *position);

/* The command "snapshot" of plugin.h. Connects by itself. */
enum headrace_result on_demand_command(const struct headrace_host *host,
                                       const char *const *arguments, size_t count, char *out,
                                       size_t size);

#endif
