/* SPDX-License-Identifier: Apache-2.0
 *
 * Plugins that break one rule each, chosen by a macro, and an old one that does not. */
#include <headrace/plugin.h>
#include <stddef.h>

static enum headrace_result odd_open(const struct headrace_host *host, void **instance)
{
  (void)host;
  (void)instance;
  return HEADRACE_OK;
}

#ifndef ODD_NO_WRITE
static enum headrace_result odd_write(void *instance, struct headrace_batch *batch)
{
  (void)instance;
  (void)batch;
  return HEADRACE_OK;
}
#endif

static enum headrace_result odd_position(void *instance, void *out, size_t *size)
{
  (void)instance;
  (void)out;
  *size = 0;
  return HEADRACE_OK;
}

#ifdef ODD_KIND
#define KIND ((enum headrace_kind)9)
#else
#define KIND HEADRACE_SINK
#endif

static const struct headrace_plugin plugin = {
    .kind = KIND,
    .name = "odd",
    .open = odd_open,
#ifndef ODD_NO_WRITE
    .write = odd_write,
#endif
    /* Past the end of what ODD_OLD says that it has: must not be read. */
    .stored_position = odd_position,
};

#ifdef ODD_VERSION
#define VERSION 99
#else
#define VERSION HEADRACE_API_VERSION
#endif

#ifdef ODD_OLD
#define SIZE offsetof(struct headrace_plugin, stored_position)
#else
#define SIZE sizeof(plugin)
#endif

#ifndef ODD_NO_ENTRY
HEADRACE_EXPORT const struct headrace_registration *headrace_plugin_entry(void);
HEADRACE_EXPORT const struct headrace_registration *headrace_plugin_entry(void)
{
  static const struct headrace_registration registration = {SIZE, VERSION, &plugin};
  return &registration;
}
#else
HEADRACE_EXPORT const void *unrelated(void);
HEADRACE_EXPORT const void *unrelated(void)
{
  return &plugin;
}
#endif
