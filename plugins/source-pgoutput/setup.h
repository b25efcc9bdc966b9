/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to be true before a stream can start: the server, the publication,
 * the slot. Each function says what is wrong by host->log, with the SQL that
 * mends it, and returns RETRY if it may pass and FATAL if it will not. */
#ifndef HEADRACE_SETUP_H
#define HEADRACE_SETUP_H

#include "catalog.h"
#include "position.h"
#include "tables.h"

enum identity_mode { IDENTITY_LEAVE = 0, IDENTITY_DEFAULT, IDENTITY_FULL };

struct setup {
  const struct headrace_host *host;
  struct catalog *catalog;
  PGconn *walsender; /* not yet streaming */
  const char *slot;
  const char *publication;
  const char *database;
  bool slot_create, slot_failover, publication_create;
  enum identity_mode replica_identity;
  uint32_t operations;    /* bits 1 << enum headrace_operation */
  bool operations_chosen; /* by the configuration; otherwise they are all */
  struct table_list tables;

  bool may_snapshot_again;            /* where changes are lost, a new snapshot makes up for it */
  bool snapshot_again;                /* so it is */
  const struct pg_position *position; /* of the checkpoint; NULL: none */
  uint64_t system;
  uint32_t timeline;
  uint64_t server_lsn;           /* where its WAL ended at the start */
  int64_t wal_sender_timeout_ms; /* 0: none */
  uint64_t slot_lsn;             /* confirmed_flush_lsn */
  bool slot_missing;             /* it is to be created, after the publication */
  bool slot_unusable;            /* it is there, and is to be dropped and made anew */
  bool slot_has_failover;        /* the server keeps it on standbys */
};

/* A connection for setup->walsender; NULL: *error. */
PGconn *setup_connect_walsender(const struct headrace_host *host, struct pg_error *error);
enum headrace_result setup_cannot_connect(const struct headrace_host *host,
                                          const struct pg_error *error);

/* The version, wal_level; fills system, timeline and wal_sender_timeout_ms. */
enum headrace_result setup_server(struct setup *setup);

/* Only which server it is, over setup->catalog: system, timeline and database. */
enum headrace_result setup_identify(struct setup *setup);

/* Does the position belong to this server, and to its timeline? */
enum headrace_result setup_position(struct setup *setup);

/* Is the slot there, ours, free, whole and not ahead of the position? Changes nothing. */
enum headrace_result setup_check_slot(struct setup *setup);

/* Creates the publication or brings it in step with `tables` and `operations`, or checks it. */
enum headrace_result setup_publication(struct setup *setup);

/* The slot is there and as it should be, or it is missing and may be created. */
enum headrace_result setup_slot(struct setup *setup);

/* Changes are lost. Takes `what` (malloc'ed), which names both places. Said, and FATAL; or
 * setup->snapshot_again, and OK. `remedy` is for people. */
enum headrace_result setup_gap(struct setup *setup, char *what, const char *remedy);

/* Says "WHAT: MESSAGE (SQLSTATE …)" and returns error->result. */
enum headrace_result setup_say(const struct headrace_host *host, const char *what,
                               const struct pg_error *error);

#endif
