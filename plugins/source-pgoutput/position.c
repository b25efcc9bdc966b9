/* SPDX-License-Identifier: Apache-2.0 */
#include "position.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lsn_text lsn_text(uint64_t lsn)
{
  struct lsn_text result;
  snprintf(result.text, sizeof result.text, "%X/%X", (uint32_t)(lsn >> 32), (uint32_t)lsn);
  return result;
}

static bool parse_number(const char *text, int base, uint64_t most, uint64_t *number)
{
  size_t digits = strspn(text, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");
  if (!digits || text[digits])
    return false;
  errno = 0;
  *number = strtoull(text, NULL, base);
  return errno == 0 && *number <= most;
}

bool lsn_parse(const char *text, uint64_t *lsn)
{
  const char *slash = strchr(text, '/');
  char high_text[9];
  if (!slash || slash - text > 8)
    return false;
  memcpy(high_text, text, (size_t)(slash - text));
  high_text[slash - text] = 0;
  uint64_t high, low;
  if (!parse_number(high_text, 16, UINT32_MAX, &high) ||
      !parse_number(slash + 1, 16, UINT32_MAX, &low))
    return false;
  *lsn = high << 32 | low;
  return true;
}

size_t position_write(const struct pg_position *position, char *out)
{
  int size = snprintf(out, POSITION_TEXT_MAX, "system=%" PRIu64 " timeline=%" PRIu32 " lsn=%s",
                      position->system, position->timeline, lsn_text(position->lsn).text);
  if (position->previous)
    size += snprintf(out + size, POSITION_TEXT_MAX - (size_t)size, " previous=%s",
                     lsn_text(position->previous).text);
  if (position->transaction)
    size +=
        snprintf(out + size, POSITION_TEXT_MAX - (size_t)size, " transaction=%s ordinal=%" PRIu64,
                 lsn_text(position->transaction).text, position->ordinal);
  if (position->snapshot)
    size += snprintf(out + size, POSITION_TEXT_MAX - (size_t)size,
                     " snapshot=%" PRIu64 " chunk=%" PRIu64, position->snapshot, position->chunk);
  const struct on_demand_cursor *at = &position->on_demand;
  if (at->job)
    size += snprintf(out + size, POSITION_TEXT_MAX - (size_t)size,
                     " on_demand=%" PRIu64 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32, at->job,
                     at->table, at->file, at->page, at->row);
  return (size_t)size;
}

static bool cursor_parse(char *text, struct on_demand_cursor *cursor)
{
  uint64_t numbers[5] = {0};
  char *rest = NULL;
  size_t count = 0;
  for (char *part = strtok_r(text, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
    if (count == 5 || !parse_number(part, 10, count ? UINT32_MAX : UINT64_MAX, &numbers[count]))
      return false;
    count++;
  }
  *cursor = (struct on_demand_cursor){.job = numbers[0],
                                      .table = (uint32_t)numbers[1],
                                      .file = (uint32_t)numbers[2],
                                      .page = (uint32_t)numbers[3],
                                      .row = (uint32_t)numbers[4]};
  return count == 5 && cursor->job;
}

static bool set_field(struct pg_position *position, const char *name, char *value)
{
  uint64_t number;
  if (!strcmp(name, "system"))
    return parse_number(value, 10, UINT64_MAX, &position->system);
  if (!strcmp(name, "timeline")) {
    bool good = parse_number(value, 10, UINT32_MAX, &number);
    position->timeline = good ? (uint32_t)number : 0;
    return good;
  }
  if (!strcmp(name, "lsn"))
    return lsn_parse(value, &position->lsn);
  if (!strcmp(name, "previous"))
    return lsn_parse(value, &position->previous);
  if (!strcmp(name, "transaction"))
    return lsn_parse(value, &position->transaction);
  if (!strcmp(name, "ordinal"))
    return parse_number(value, 10, UINT64_MAX, &position->ordinal);
  if (!strcmp(name, "snapshot"))
    return parse_number(value, 10, UINT64_MAX, &position->snapshot);
  if (!strcmp(name, "chunk"))
    return parse_number(value, 10, UINT64_MAX, &position->chunk);
  if (!strcmp(name, "on_demand"))
    return cursor_parse(value, &position->on_demand);
  return false;
}

bool position_parse(const void *text, size_t size, struct pg_position *position)
{
  char copy[POSITION_TEXT_MAX + 1];
  memset(position, 0, sizeof *position);
  if (size > POSITION_TEXT_MAX || memchr(text, 0, size))
    return false;
  memcpy(copy, text, size);
  copy[size] = 0;
  char *rest = NULL;
  for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *equals = strchr(word, '=');
    if (!equals)
      return false;
    *equals = 0;
    if (!set_field(position, word, equals + 1))
      return false;
  }
  return position->lsn && position->system && position->timeline;
}
