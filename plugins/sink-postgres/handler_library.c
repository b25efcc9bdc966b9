/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers in C (headrace/handler.h): found, opened, and called with the transaction. */
#include "failure.h"
#include "handler_plan.h"
#include "handler_tx.h"
#include "sink.h"

#include <dlfcn.h>
#include <headrace/handler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const struct headrace_handler_registration *(*entry_function)(void);

struct library {
  const struct headrace_host *host;
  void *handle;
  struct headrace_handler handler;
  void *instance;
};

/* What a CALL needs; in the plan. */
struct call {
  const struct library *library;
  struct group group;
};

/* ---- open, close --------------------------------------------------------------------- */

static entry_function entry_of(void *handle)
{
  entry_function entry;
  void *symbol = dlsym(handle, "headrace_handler_entry");
  memcpy(&entry, &symbol, sizeof entry); /* as POSIX has it */
  return symbol ? entry : NULL;
}

static bool load(struct library *library, const char *path)
{
  const struct headrace_host *host = library->host;
  library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library->handle) {
    host->log(host, HEADRACE_ERROR, "cannot load the handler %s: %s", path, dlerror());
    return false;
  }
  entry_function entry = entry_of(library->handle);
  if (!entry) {
    host->log(host, HEADRACE_ERROR, "%s is no handler: it lacks HEADRACE_REGISTER_HANDLER", path);
    return false;
  }
  const struct headrace_handler_registration *registration = entry();
  if (registration->_api_version != HEADRACE_HANDLER_API_VERSION) {
    host->log(host, HEADRACE_ERROR,
              "the handler %s was built for version %u of the handler ABI, this is version %d; "
              "build it anew",
              path, (unsigned)registration->_api_version, HEADRACE_HANDLER_API_VERSION);
    return false;
  }
  size_t size = registration->_struct_size;
  memcpy(&library->handler, registration->handler,
         size < sizeof library->handler ? size : sizeof library->handler);
  if (library->handler.on_batch)
    return true;
  host->log(host, HEADRACE_ERROR, "the handler %s has no on_batch", path);
  return false;
}

void library_close(struct library *library)
{
  if (library->instance && library->handler.close)
    library->handler.close(library->instance);
  if (library->handle)
    dlclose(library->handle);
  free(library);
}

struct library *library_open(const struct headrace_host *host)
{
  struct library *library = sink_alloc(sizeof *library);
  library->host = host;
  const char *path = host->string(host, "handler");
  if (!load(library, path)) {
    library_close(library);
    return NULL;
  }
  if (!library->handler.open || library->handler.open(host, &library->instance) == HEADRACE_OK)
    return library;
  library->instance = NULL;
  host->log(host, HEADRACE_ERROR, "the handler %s cannot be opened", path);
  library_close(library);
  return NULL;
}

/* ---- calling --------------------------------------------------------------------------- */

static bool judge(const struct group *group, const struct headrace_opinion *opinions)
{
  static const enum judgement judgements[] = {
      [HEADRACE_ACTION_SKIP] = JUDGED_SKIP, [HEADRACE_ACTION_DEAD_LETTER] = JUDGED_DEAD_LETTER};
  for (size_t i = 0; i < group->count; i++) {
    uint32_t action = opinions[i].action;
    if (action != HEADRACE_ACTION_OK)
      plan_judge(group->plan, group->members[i],
                 action < HEADRACE_ACTION_STOP ? judgements[action] : JUDGED_STOP,
                 opinions[i].reason ? opinions[i].reason : "put aside by the handler");
  }
  return true;
}

static bool refuse(struct pg_error *error, const char *sqlstate, const char *message)
{
  *error = (struct pg_error){.result = HEADRACE_FATAL};
  snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
  snprintf(error->message, sizeof error->message, "%s", message);
  return false;
}

static bool call_handler(void *context, PGconn *connection, struct pg_error *error)
{
  const struct call *call = context;
  const struct group *group = &call->group;
  const struct library *library = call->library;
  const struct headrace_event **events =
      plan_alloc(group->plan, group->count * sizeof(struct headrace_event *));
  struct headrace_opinion *opinions = sink_alloc(group->count * sizeof *opinions);
  for (size_t i = 0; i < group->count; i++)
    events[i] = group->items[group->members[i]].event;
  struct handler_tx tx;
  handler_tx_begin(&tx, connection);
  enum headrace_result result =
      library->handler.on_batch(library->instance, &tx.tx, events, group->count, opinions);
  bool good = handler_tx_end(&tx, result == HEADRACE_OK, error);
  if (result == HEADRACE_FATAL)
    good = refuse(error, "HR004", "the handler stops the pipeline");
  else if (good && PQtransactionStatus(connection) != PQTRANS_INTRANS)
    good = refuse(error, "2D000", "the handler has ended the transaction");
  if (good)
    judge(group, opinions);
  free(opinions);
  return good;
}

void library_plan(struct library *library, const struct group *group)
{
  struct call *call = plan_alloc(group->plan, sizeof *call);
  *call = (struct call){library, *group};
  struct statement *statement = plan_add(group->plan);
  *statement = (struct statement){.kind = STATEMENT_CALL,
                                  .sql = "(a handler in C)",
                                  .table = library->host->string(library->host, "handler"),
                                  .operation = "calls",
                                  .rows = (int64_t)group->count,
                                  .counted = true,
                                  .call = call_handler,
                                  .context = call};
  plan_await_verdicts(group->plan);
}
