/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

/* In the order of the choices of `mode`. */
const struct planner *planner_for(const struct headrace_host *host)
{
  return host->integer(host, "mode") ? &handler_planner : &table_planner;
}
