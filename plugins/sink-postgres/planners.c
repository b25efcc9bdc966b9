/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

/* A planner that is not there yet is NULL. */
extern const struct planner table_planner __attribute__((weak));
extern const struct planner handler_planner __attribute__((weak));

/* In the order of the choices of `mode`. */
const struct planner *planner_for(const struct headrace_host *host)
{
  return host->integer(host, "mode") ? &handler_planner : &table_planner;
}
