/* SPDX-License-Identifier: Apache-2.0
 *
 * headrace handler ABI, version 1: your own code in C, called with messages inside of the open
 * transaction of a database that also stores how far they were read. What it does there and that
 * the messages are done are committed together, or neither is.
 *
 * C99, also valid C++. A handler is a shared object that exports one function, made by
 * HEADRACE_REGISTER_HANDLER, and links nothing of headrace. The sink that calls it says in its
 * manual how it is configured.
 *
 * Contract
 * - Messages of a partition come in order. A batch is of one partition, unless the sink is told
 *   to keep order by key only.
 * - After an error the same messages come again, maybe in smaller batches, after the transaction
 *   was rolled back: do nothing outside of it. Write to an outbox instead.
 * - Do not end the transaction; savepoints are fine.
 * - All functions wait. One thread at a time calls an instance.
 *
 * Compatibility: fields are only ever appended; each struct says its size.
 *
 * Changelog
 *   1 (0.1.0)  first version.
 */
#ifndef HEADRACE_HANDLER_H
#define HEADRACE_HANDLER_H

#include <headrace/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEADRACE_HANDLER_API_VERSION 1

struct headrace_rows; /* a result; belongs to the transaction */

struct headrace_parameter {
  const char *data; /* NULL: null. A text ends with a zero, of a binary `size` counts. */
  uint32_t size;
  uint32_t type; /* the database's number of it; 0: it finds out */
  uint32_t binary;
};

/* The open transaction. Functions return 1 if they went well. 0: the database refused, and the
 * transaction can do nothing but go back to a savepoint; sqlstate and message say why. Then
 * return HEADRACE_RETRY from on_batch: what happens next is decided by the SQLSTATE. */
struct headrace_tx {
  uint32_t struct_size;
  uint32_t reserved;
  char sqlstate[6]; /* of the last error; empty: the connection is gone */
  const char *message;

  /* One statement. *rows, if wanted, is valid until on_batch returns. */
  int (*exec)(struct headrace_tx *, const char *sql, uint32_t count,
              const struct headrace_parameter *, const struct headrace_rows **rows);
  /* The same without waiting and without rows; sync() waits for all that were queued. */
  int (*queue)(struct headrace_tx *, const char *sql, uint32_t count,
               const struct headrace_parameter *);
  int (*sync)(struct headrace_tx *);
  /* COPY … FROM STDIN in whatever form the statement says. */
  int (*copy)(struct headrace_tx *, const char *sql, const char *data, size_t size);

  int (*savepoint)(struct headrace_tx *);
  int (*rollback)(struct headrace_tx *); /* to the last savepoint, which is gone then */
  int (*release)(struct headrace_tx *);

  /* Of rows: texts. */
  size_t (*count)(const struct headrace_rows *);
  struct headrace_value (*value)(const struct headrace_rows *, size_t row, uint32_t column);
  int64_t (*affected)(const struct headrace_rows *);

  /* Makes an error of the handler's own: a SQLSTATE of five characters, such as P0001. Returns
   * HEADRACE_RETRY, to be returned by on_batch. */
  enum headrace_result (*fail)(struct headrace_tx *, const char *sqlstate, const char *message);
};

/* What becomes of a message, unless on_batch fails; all are OK at first. */
enum headrace_action {
  HEADRACE_ACTION_OK = 0,
  HEADRACE_ACTION_SKIP,        /* counted */
  HEADRACE_ACTION_DEAD_LETTER, /* rejected: the pipeline's `errors` decides */
  HEADRACE_ACTION_STOP         /* the pipeline stops, nothing is committed */
};

struct headrace_opinion {
  uint32_t action;    /* enum headrace_action */
  const char *reason; /* valid until on_batch returns; NULL: none */
};

struct headrace_handler {
  const char *name;
  const char *version;
  /* optional; FATAL, and said by log(): the pipeline does not start. Configuration: the keys
   * "handler.*" of the sink's section, by host->list(host, "handler.*", &pairs). */
  enum headrace_result (*open)(const struct headrace_host *, void **instance);
  void (*close)(void *instance); /* optional */
  /* Events have a record, and a change if the pipeline's codec decodes them. They are valid until
   * it returns. OK; RETRY: tx says what went wrong; FATAL: the pipeline stops. */
  enum headrace_result (*on_batch)(void *instance, struct headrace_tx *,
                                   const struct headrace_event *const *events, size_t count,
                                   struct headrace_opinion *opinions);
};

struct headrace_handler_registration {
  uint32_t _struct_size; /* of struct headrace_handler */
  uint32_t _api_version;
  const struct headrace_handler *handler;
};

#define HEADRACE_REGISTER_HANDLER(h)                                                               \
  HEADRACE_EXPORT const struct headrace_handler_registration *headrace_handler_entry(void);        \
  HEADRACE_EXPORT const struct headrace_handler_registration *headrace_handler_entry(void)         \
  {                                                                                                \
    static const struct headrace_handler_registration registration = {                             \
        sizeof(h), HEADRACE_HANDLER_API_VERSION, &(h)};                                            \
    return &registration;                                                                          \
  }

#ifdef __cplusplus
}
#endif

#endif
