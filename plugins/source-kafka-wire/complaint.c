/* SPDX-License-Identifier: Apache-2.0
 *
 * Warnings about clients: one that is refused and comes again at once must not fill the log. */
#include "broker.h"

#include <stdarg.h>
#include <stdio.h>

enum { BURST = 200, MS_EACH = 1000, LINE_SIZE = 512 };

static bool may_speak(struct complaints *complaints)
{
  int64_t now_ms = broker_clock_ms(), earned = (now_ms - complaints->counted_ms) / MS_EACH;
  if (earned > complaints->spent)
    earned = complaints->spent;
  complaints->spent -= (int)earned;
  complaints->counted_ms = complaints->spent ? complaints->counted_ms + earned * MS_EACH : now_ms;
  if (complaints->spent == BURST) {
    complaints->withheld++;
    return false;
  }
  complaints->spent++;
  return true;
}

void broker_complain(struct broker *broker, const char *format, ...)
{
  struct complaints *complaints = &broker->complaints;
  char text[LINE_SIZE];
  va_list arguments;
  if (!may_speak(complaints))
    return;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (complaints->withheld)
    broker->host->log(broker->host, HEADRACE_WARNING,
                      "%s (since the last such line %u others were not written)", text,
                      complaints->withheld);
  else
    broker->host->log(broker->host, HEADRACE_WARNING, "%s", text);
  complaints->withheld = 0;
}
