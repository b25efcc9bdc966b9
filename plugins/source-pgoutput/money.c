/* SPDX-License-Identifier: Apache-2.0 */
#include "money.h"

bool money_in(const struct headrace_relation *relation)
{
  for (uint32_t n = 0; n < relation->column_count; n++)
    if (relation->columns[n].type == HEADRACE_TYPE_MONEY ||
        relation->columns[n].element_type == HEADRACE_TYPE_MONEY)
      return true;
  return false;
}

/* Under lc_monetary=C the server writes -$1,234.56, and an array of it {"-$1,234.56",$0.10}:
 * the canonical text is without the signs. Digits only move down, in our own copy. */
static void strip(struct headrace_value *value, char *bytes, bool is_array)
{
  bool quoted = !is_array;
  uint32_t used = 0;
  for (uint32_t i = 0; i < value->size; i++) {
    char c = bytes[i];
    if (is_array && c == '"')
      quoted = !quoted;
    if (c != '$' && !(quoted && c == ','))
      bytes[used++] = c;
  }
  value->size = used;
}

void money_strip_column(const struct headrace_column *column, struct headrace_value *value)
{
  bool is_array = column->type == HEADRACE_TYPE_ARRAY;
  if ((is_array ? column->element_type : column->type) == HEADRACE_TYPE_MONEY &&
      value->state == HEADRACE_TEXT)
    strip(value, (char *)value->data, is_array);
}

void money_strip(const struct headrace_relation *relation, struct headrace_value *values)
{
  for (uint32_t i = 0; values && i < relation->column_count; i++)
    money_strip_column(&relation->columns[i], &values[i]);
}
