/* SPDX-License-Identifier: Apache-2.0
 *
 * A handler in C: each message becomes a row of a table, its text as it is. Messages without a
 * value are skipped, those that begin with "bad" put aside. */
#include <headrace/handler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ledger {
  const struct headrace_host *host;
  char sql[256];
};

static enum headrace_result ledger_open(const struct headrace_host *host, void **instance)
{
  const struct headrace_pair *settings;
  const char *table = "ledger";
  size_t count = host->list(host, "handler.*", &settings);
  for (size_t i = 0; i < count; i++)
    if (!strcmp(settings[i].name, "handler.table"))
      table = settings[i].value;
  if (strlen(table) > 63 || strchr(table, '"')) {
    host->log(host, HEADRACE_ERROR, "handler.table must be a table's name");
    return HEADRACE_FATAL;
  }
  struct ledger *ledger = calloc(1, sizeof *ledger);
  if (!ledger)
    return HEADRACE_FATAL;
  ledger->host = host;
  snprintf(ledger->sql, sizeof ledger->sql,
           "INSERT INTO \"%s\" (\"offset\", body) VALUES ($1::bigint, convert_from($2, 'UTF8'))",
           table);
  *instance = ledger;
  return HEADRACE_OK;
}

static void ledger_close(void *instance)
{
  free(instance);
}

static int write_message(struct ledger *ledger, struct headrace_tx *tx,
                         const struct headrace_record *record)
{
  enum { BYTEA = 17 };
  char offset[24];
  snprintf(offset, sizeof offset, "%lld", (long long)record->offset);
  const struct headrace_parameter parameters[] = {
      {.data = offset},
      {.data = record->value.data, .size = record->value.size, .type = BYTEA, .binary = 1}};
  return tx->queue(tx, ledger->sql, 2, parameters); /* copied before it returns */
}

static enum headrace_result ledger_on_batch(void *instance, struct headrace_tx *tx,
                                            const struct headrace_event *const *events,
                                            size_t count, struct headrace_opinion *opinions)
{
  for (size_t i = 0; i < count; i++) {
    const struct headrace_record *record = events[i]->record;
    if (record->value.state == HEADRACE_NULL) {
      opinions[i].action = HEADRACE_ACTION_SKIP;
    } else if (record->value.size >= 3 && !memcmp(record->value.data, "bad", 3)) {
      opinions[i].action = HEADRACE_ACTION_DEAD_LETTER;
      opinions[i].reason = "it says so itself";
    } else if (!write_message(instance, tx, record)) {
      return HEADRACE_RETRY; /* tx knows why, and headrace decides by the SQLSTATE */
    }
  }
  return tx->sync(tx) ? HEADRACE_OK : HEADRACE_RETRY;
}

static const struct headrace_handler ledger = {.name = "ledger",
                                               .version = "1",
                                               .open = ledger_open,
                                               .close = ledger_close,
                                               .on_batch = ledger_on_batch};

HEADRACE_REGISTER_HANDLER(ledger)
