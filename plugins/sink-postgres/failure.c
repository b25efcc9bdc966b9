/* SPDX-License-Identifier: Apache-2.0 */
#include "failure.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct rule {
  const char *prefix;
  enum reaction reaction;
  const char *error_class;
};

/* The first that fits. Whatever is not here may pass: wait. */
static const struct rule rules[] = {
    {"HR001", REACTION_SKIP, "skipped"},
    {"HR002", REACTION_ISOLATE, "handler"},
    {"HR003", REACTION_PAUSE, "handler"},
    {"HR004", REACTION_STOP, "handler"},
    {"40", REACTION_RETRY, "conflict"},
    {"55P03", REACTION_RETRY, "lock"},
    {"57014", REACTION_RETRY, "timeout"}, /* statement_timeout, or somebody's pg_cancel_backend */
    {"55006", REACTION_RETRY, "lock"},
    {"22", REACTION_ISOLATE, "value"},
    {"23", REACTION_ISOLATE, "constraint"},
    {"21", REACTION_ISOLATE, "value"},
    {"44", REACTION_ISOLATE, "constraint"}, /* WITH CHECK OPTION of a view */
    {"54", REACTION_ISOLATE, "too-large"},  /* a row or index entry beyond a limit */
    {"XX000", REACTION_ISOLATE, "value"},   /* types of extensions say so of bad input */
    {"P0001", REACTION_ISOLATE, "raised"},
    {"P0004", REACTION_ISOLATE, "raised"}, /* ASSERT */
    {"28", REACTION_STOP, "authorization"},
    {"3D", REACTION_STOP, "configuration"},
    {"3F", REACTION_STOP, "configuration"},
    {"42", REACTION_STOP, "schema"},
    {"0A", REACTION_STOP, "schema"},
    {"2D", REACTION_STOP, "handler"}, /* a function that would end the transaction */
    {"P0", REACTION_STOP, "handler"},
};

static const struct rule *rule_for(const char *sqlstate)
{
  static const struct rule other = {"", REACTION_WAIT, "server"};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (!strncmp(sqlstate, rules[i].prefix, strlen(rules[i].prefix)))
      return &rules[i];
  return &other;
}

enum reaction failure_reaction(const char *sqlstate)
{
  return rule_for(sqlstate)->reaction;
}

const char *failure_class(const char *sqlstate)
{
  return rule_for(sqlstate)->error_class;
}

void failure_read(PGconn *connection, const PGresult *result, struct pg_error *error)
{
  const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
  pg_result_error(connection, result, error);
  if (!sqlstate)
    return;
  const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  snprintf(error->message, sizeof error->message, "%s", message ? message : "");
  for (char *at = error->message; *at; at++)
    if ((unsigned char)*at < ' ')
      *at = ' ';
}

/* Of class 22 the message itself quotes the value, of a function's RAISE it may be one. */
void failure_mask(const struct pg_error *error, char *text, size_t size)
{
  const char *first = strchr(error->message, '"'), *last = strrchr(error->message, '"');
  if (!strncmp(error->sqlstate, "P0", 2) || !strncmp(error->sqlstate, "HR", 2))
    snprintf(text, size, "a function of the database raised an error");
  else if (strncmp(error->sqlstate, "22", 2) != 0 || !first)
    snprintf(text, size, "%s", error->message);
  else
    snprintf(text, size, "%.*s\"...%s", (int)(first - error->message), error->message, last);
}

static uint64_t next_random(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 33;
}

/* Doubling, half of it by chance: writers that disturbed each other come back apart. */
int64_t failure_backoff_us(enum reaction reaction, unsigned attempt, uint64_t *random)
{
  int64_t first = reaction == REACTION_RETRY ? 5000 : 100000;
  int64_t most = reaction == REACTION_RETRY ? 1000000 : 5000000;
  int64_t wait = first << (attempt < 12 ? attempt : 12);
  wait = wait < most ? wait : most;
  return wait / 2 + (int64_t)(next_random(random) % (uint64_t)(wait / 2));
}
