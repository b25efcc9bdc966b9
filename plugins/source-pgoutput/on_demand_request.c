/* SPDX-License-Identifier: Apache-2.0 */
#include "on_demand_request.h"

#include "on_demand.h"
#include "pg_quote.h"
#include "setup.h"
#include "snapshot_tables.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action { ACTION_ASK, ACTION_CONTROL, ACTION_STATUS };

/* What is wanted; strings are the caller's. */
struct request {
  enum action action;
  enum on_demand_control control;
  const char *table;  /* as it was written; NULL: all */
  const char *filter; /* SQL, or NULL */
};

static const struct {
  const char *word;
  enum on_demand_control control;
} controls[] = {{"pause", ON_DEMAND_PAUSE}, {"resume", ON_DEMAND_RESUME}, {"stop", ON_DEMAND_STOP}};

#define CONTROLS (sizeof controls / sizeof *controls)

/* Outside of quotes: what comes behind it is not part of a name. */
static bool has_space(const char *text)
{
  bool quoted = false, found = false;
  for (; *text && !found; text++) {
    quoted = quoted != (*text == '"');
    found = !quoted && isspace((unsigned char)*text);
  }
  return found;
}

/* A name of one table. False: *reason. */
static bool parse_name(const char *text, struct table_name *name, const char **reason)
{
  if (has_space(text)) {
    *reason = "a name with a space needs quotes, and nothing comes behind it";
    return false;
  }
  if (!table_name_parse(text, name, reason))
    return false;
  if (name->table)
    return true;
  table_name_free(name);
  *reason = "name one table, schema.table";
  return false;
}

/* ---- messages ---------------------------------------------------------- */

static bool is_word(const char *text, const char *word)
{
  size_t length = strlen(word);
  return !strncmp(text, word, length) && (!text[length] || isspace((unsigned char)text[length]));
}

static char *trim(char *text)
{
  text += strspn(text, " \t\r\n");
  for (size_t length = strlen(text); length && isspace((unsigned char)text[length - 1]);)
    text[--length] = 0;
  return text;
}

static struct request parse_text(char *text)
{
  struct request request = {.action = ACTION_ASK, .table = trim(text)};
  for (size_t i = 0; i < CONTROLS; i++)
    if (is_word(request.table, controls[i].word)) {
      request.action = ACTION_CONTROL;
      request.control = controls[i].control;
      request.table += strlen(controls[i].word);
      request.table += strspn(request.table, " \t\r\n");
      if (!*request.table)
        request.table = NULL;
      return request;
    }
  return request;
}

static bool obey(const struct on_demand_jobs *jobs, const struct request *request,
                 const struct table_name *name, uint64_t lsn, struct pg_error *error)
{
  return request->action == ACTION_ASK
             ? on_demand_jobs_ask(jobs, name, request->filter, lsn, error)
             : on_demand_jobs_control(jobs, request->control, name, lsn, error);
}

static enum headrace_result not_obeyed(const struct headrace_host *host,
                                       const struct pg_error *error)
{
  setup_say(host, "cannot keep a snapshot on demand that a message asks for", error);
  if (error->result == HEADRACE_FATAL)
    host->log(host, HEADRACE_ERROR,
              "the message is ignored; the role of the pipeline needs the right to create the "
              "schema of snapshot_schema, or one that it may create a table in");
  return error->result == HEADRACE_FATAL ? HEADRACE_OK : error->result;
}

enum headrace_result on_demand_request(const struct headrace_host *host,
                                       const struct on_demand_jobs *jobs, const char *content,
                                       size_t size, uint64_t lsn)
{
  struct pg_error error;
  struct table_name name = {NULL, NULL};
  const char *reason = NULL;
  char *text = pg_format("%.*s", (int)size, content);
  struct request request = parse_text(text);
  bool good = !request.table || parse_name(request.table, &name, &reason);
  free(text);
  if (!good) {
    host->log(host, HEADRACE_WARNING,
              "the message at %s asks for a snapshot of what is no table (%s): it is ignored",
              lsn_text(lsn).text, reason);
    return HEADRACE_OK;
  }
  good = obey(jobs, &request, name.table ? &name : NULL, lsn, &error);
  table_name_free(&name);
  return good ? HEADRACE_OK : not_obeyed(host, &error);
}

/* ---- the command line -------------------------------------------------- */

/* NULL: it is good. */
static const char *parse_arguments(const char *const *arguments, size_t count,
                                   struct request *request)
{
  bool chosen = false;
  *request = (struct request){.action = ACTION_ASK};
  for (size_t i = 0; i < count; i++) {
    const char *word = arguments[i];
    if (!strcmp(word, "--where")) {
      if (++i == count)
        return "--where needs a condition behind it";
      request->filter = arguments[i];
      continue;
    }
    if (strncmp(word, "--", 2) != 0) {
      if (request->table)
        return "there are two tables; ask for one at a time";
      request->table = word;
      continue;
    }
    if (chosen)
      return "only one of --pause, --resume, --stop, --status can be meant";
    chosen = true;
    request->action = ACTION_CONTROL;
    size_t k = 0;
    while (k < CONTROLS && strcmp(word + 2, controls[k].word) != 0)
      k++;
    if (k < CONTROLS)
      request->control = controls[k].control;
    else if (!strcmp(word, "--status"))
      request->action = ACTION_STATUS;
    else
      return "there are the options --where, --pause, --resume, --stop and --status";
  }
  if (request->action == ACTION_ASK && !request->table)
    return "name a table: schema.table";
  if (request->action != ACTION_ASK && request->filter)
    return "--where only goes with a new snapshot";
  return NULL;
}

/* One statement, and nothing is read: a filter that is wrong is told at once. */
static bool check_filter(struct catalog *catalog, const struct snapshot_table *table,
                         const char *filter, struct pg_error *error)
{
  if (!filter)
    return true;
  char *sql = pg_format("SELECT FROM %s WHERE (%s\n) LIMIT 0", table->from, filter);
  PGresult *result = catalog_query(catalog, error, sql, 0, NULL);
  free(sql);
  PQclear(result);
  return result != NULL;
}

static enum headrace_result no_such_table(const struct headrace_host *host,
                                          const struct table_name *name)
{
  host->log(host, HEADRACE_ERROR,
            "the pipeline does not stream %s.%s: publication \"%s\" lacks it, or `tables` does",
            name->schema, name->table, host->string(host, "publication"));
  return HEADRACE_FATAL;
}

static enum headrace_result check_table(const struct headrace_host *host, struct catalog *catalog,
                                        const struct table_name *name, const char *filter)
{
  struct table_list one = {.items = (struct table_name *)name, .count = 1}, chosen;
  struct snapshot_tables tables;
  struct pg_error error;
  if (!table_list_read(host, "tables", &chosen))
    return HEADRACE_FATAL;
  bool streamed = !chosen.count || table_list_has(&chosen, name->schema, name->table);
  table_list_free(&chosen);
  if (!streamed)
    return no_such_table(host, name);
  if (!snapshot_tables_read(&tables, host, catalog, host->string(host, "publication"), &one,
                            &error))
    return setup_say(host, "cannot look up the table", &error);
  enum headrace_result result = HEADRACE_OK;
  if (!tables.count)
    result = no_such_table(host, name);
  else if (!check_filter(catalog, &tables.items[0], filter, &error))
    result = setup_say(host, "--where", &error);
  snapshot_tables_free(&tables);
  return result;
}

/* The last one of the table that was asked for, and who will work on it. */
static bool answer(const struct on_demand_jobs *jobs, const struct table_name *name, char *out,
                   size_t size, struct pg_error *error)
{
  char *table = pg_quote_qualified(jobs->schema, "on_demand");
  char *sql = pg_format("SELECT (SELECT max(id) FROM %s WHERE slot = $1 AND schema_name = $2 "
                        "AND table_name = $3), EXISTS (SELECT FROM pg_replication_slots WHERE "
                        "slot_name = $1 AND active)",
                        table);
  free(table);
  const char *values[] = {jobs->slot, name->schema, name->table};
  PGresult *result = catalog_query(jobs->catalog, error, sql, 3, values);
  free(sql);
  if (!result)
    return false;
  snprintf(out, size, "snapshot %s of %s.%s is asked for%s\n", PQgetvalue(result, 0, 0),
           name->schema, name->table,
           *PQgetvalue(result, 0, 1) == 't' ? ""
                                            : "; it begins when the pipeline streams: nobody "
                                              "reads from its slot now");
  PQclear(result);
  return true;
}

static enum headrace_result run(const struct headrace_host *host, const struct on_demand_jobs *jobs,
                                const struct request *request, const struct table_name *name,
                                char *out, size_t size)
{
  struct pg_error error;
  if (request->action == ACTION_STATUS)
    return on_demand_jobs_status(jobs, name, out, size, &error)
               ? HEADRACE_OK
               : setup_say(host, "cannot read the snapshots on demand", &error);
  if (request->action == ACTION_ASK) {
    enum headrace_result result = check_table(host, jobs->catalog, name, request->filter);
    if (result != HEADRACE_OK)
      return result;
  }
  if (!obey(jobs, request, name, 0, &error) || !on_demand_jobs_nudge(jobs, &error))
    return setup_say(host, "cannot write to the table of snapshots on demand", &error);
  bool good = request->action == ACTION_ASK ? answer(jobs, name, out, size, &error)
                                            : on_demand_jobs_status(jobs, name, out, size, &error);
  return good ? HEADRACE_OK : setup_say(host, "cannot read the snapshots on demand", &error);
}

enum headrace_result on_demand_command(const struct headrace_host *host,
                                       const char *const *arguments, size_t count, char *out,
                                       size_t size)
{
  struct request request;
  struct table_name name = {NULL, NULL};
  struct catalog catalog;
  struct pg_error error;
  const char *reason = parse_arguments(arguments, count, &request);
  if (reason || (request.table && !parse_name(request.table, &name, &reason))) {
    host->log(host, HEADRACE_ERROR, "%s", reason);
    return HEADRACE_FATAL;
  }
  *out = 0;
  if (!host->string(host, "slot") || !host->string(host, "publication")) {
    host->log(host, HEADRACE_ERROR,
              "the pipeline has no slot and so no stream: a snapshot on "
              "demand comes with the stream");
    table_name_free(&name);
    return HEADRACE_FATAL;
  }
  struct on_demand_jobs jobs = {.catalog = &catalog,
                                .schema = host->string(host, "snapshot_schema"),
                                .slot = host->string(host, "slot")};
  enum headrace_result result;
  if (catalog_connect(&catalog, host, &error)) {
    result = run(host, &jobs, &request, name.table ? &name : NULL, out, size);
    catalog_close(&catalog);
  } else {
    result = setup_say(host, "cannot connect", &error);
  }
  table_name_free(&name);
  return result;
}
