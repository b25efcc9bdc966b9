/* SPDX-License-Identifier: Apache-2.0 */
#include "must_alloc.h"
#include "script.h"

#include <stdio.h>

struct filter {
  const struct headrace_host *host;
  struct sandbox sandbox;
  bool of_records;
  int64_t most;
  struct relation_cache relations;
  struct transaction_tally tally;
};

static const struct headrace_key keys[] = {
    {.name = "file", .flags = HEADRACE_REQUIRED, .help = "the script, Lua 5.4"},
    {.name = "function",
     .default_value = "filter",
     .help = "the global function of the script that sees each event"},
    {.name = "on",
     .type = HEADRACE_ENUM,
     .default_value = "changes",
     .choices = "changes|records",
     .help = "what it sees: changes of rows, or records on the other side of the codec"},
    {.name = "instructions",
     .type = HEADRACE_INT,
     .default_value = "1000000",
     .help = "what one event may cost; more is an error"},
    {.name = "memory",
     .type = HEADRACE_SIZE,
     .default_value = "16MiB",
     .help = "what the script may have in all, and one answer; more is an error"},
    {.name = "most",
     .type = HEADRACE_INT,
     .default_value = "1000",
     .help = "how many events may come of one"},
    {0}};

static bool check_limits(const struct headrace_host *host)
{
  bool good = host->integer(host, "instructions") > 0 && host->integer(host, "most") > 0;
  if (!good)
    host->log(host, HEADRACE_ERROR, "instructions and most must be 1 or more");
  return good;
}

static bool open_script(struct sandbox *sandbox, const struct headrace_host *host)
{
  bool good = sandbox_open(sandbox, host);
  if (!good)
    host->log(host, HEADRACE_ERROR, "%s", sandbox->error);
  return good;
}

static enum headrace_result lua_check(const struct headrace_host *host)
{
  struct sandbox sandbox = {0};
  bool good = check_limits(host) && open_script(&sandbox, host);
  sandbox_close(&sandbox);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static void *relation_make(void *context, const struct headrace_relation *relation)
{
  (void)context;
  (void)relation;
  return must_alloc(1, sizeof(struct shapes));
}

static void relation_discard(void *context, void *made)
{
  const struct filter *filter = context;
  shapes_free(made, filter->host);
}

static enum headrace_result lua_tick(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  filter->host->gauge(filter->host, "memory", (int64_t)filter->sandbox.used);
  return HEADRACE_OK;
}

static void release(struct filter *filter)
{
  relation_cache_empty(&filter->relations);
  tally_free(&filter->tally);
  sandbox_close(&filter->sandbox);
  free(filter);
}

static void filter_close(void *instance)
{
  struct filter *filter = instance;
  tally_tell(&filter->tally, filter->host);
  release(filter);
}

static enum headrace_result filter_open(const struct headrace_host *host, void **instance)
{
  struct filter *filter = must_alloc(1, sizeof *filter);
  filter->host = host;
  filter->of_records = host->integer(host, "on") != 0;
  filter->most = host->integer(host, "most");
  filter->relations = (struct relation_cache){
      .make = relation_make, .discard = relation_discard, .context = filter};
  if (check_limits(host) && open_script(&filter->sandbox, host)) {
    *instance = filter;
    return HEADRACE_OK;
  }
  release(filter);
  return HEADRACE_FATAL;
}

static int lua_on_records(void *instance)
{
  const struct filter *filter = instance;
  return filter->of_records;
}

/* ---- events ----------------------------------------------------------------------- */

static int run(lua_State *lua)
{
  struct call *call = lua_touserdata(lua, 1);
  lua_getfield(lua, LUA_REGISTRYINDEX, "headrace.function");
  push_event(lua, call);
  lua_call(lua, 1, 1);
  pull_answer(lua, call);
  return 0;
}

/* Nothing is added before all of the answer was understood. */
static void add(const struct call *call, const struct made *made)
{
  const struct headrace_host *host = call->host;
  if (made->as_it_came)
    host->add_event(host, call->out, call->event);
  else if (made->is_record)
    *host->add_record(host, call->out) = made->record;
  else
    *host->add_change(host, call->out, made->relation) = made->change;
}

static enum headrace_result apply_script(struct filter *filter, const struct headrace_event *event,
                                         struct headrace_batch *out, uint32_t *passed)
{
  const struct headrace_host *host = filter->host;
  struct call call = {.host = host,
                      .of_records = filter->of_records,
                      .most = filter->most,
                      .memory = filter->sandbox.most,
                      .left = filter->sandbox.most,
                      .lua = filter->sandbox.lua,
                      .event = event,
                      .out = out,
                      .relations = &filter->relations};
  if (!sandbox_call(&filter->sandbox, run, &call)) {
    *passed = 0;
    return host->refuse(host, out, "script", filter->sandbox.error) == HEADRACE_VERDICT_STOP
               ? HEADRACE_FATAL
               : HEADRACE_OK;
  }
  for (size_t i = 0; i < call.made_count; i++)
    add(&call, &call.made[i]);
  *passed = (uint32_t)call.made_count;
  return HEADRACE_OK;
}

static enum headrace_result lua_apply(void *instance, const struct headrace_event *event,
                                      struct headrace_batch *out)
{
  struct filter *filter = instance;
  const struct headrace_change *change = event->change;
  uint32_t passed;
  if (change && change->operation >= HEADRACE_BEGIN) {
    if (filter->of_records)
      filter->host->add_event(filter->host, out, event);
    else
      tally_pass(&filter->tally, filter->host, event, out, NULL, NULL);
    return HEADRACE_OK;
  }
  enum headrace_result result = apply_script(filter, event, out, &passed);
  if (result == HEADRACE_OK && change)
    tally_note(&filter->tally, change, passed);
  else if (result == HEADRACE_OK)
    filter->tally.dropped += !passed;
  return result;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "lua",
    .version = HEADRACE_VERSION,
    .description = "a function in Lua says what becomes of each event",
    .keys = keys,
    .open = filter_open,
    .close = filter_close,
    .tick = lua_tick,
    .check = lua_check,
    .apply = lua_apply,
    .on_records = lua_on_records,
};

HEADRACE_REGISTER_PLUGIN(plugin)
