/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows and keys as JSON objects. */
#include "connect_codec.h"

static inline size_t bound_one(const struct column_plan *column, const struct headrace_value *value,
                               const struct headrace_value *other, uint32_t index)
{
  if (value->state == HEADRACE_ABSENT && other)
    value = &other[index];
  return value->state >= HEADRACE_TEXT ? value_bound(&column->value, value->data, value->size) : 0;
}

size_t row_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other)
{
  size_t bound = plan->row_fixed;
  for (uint32_t i = 0; i < plan->column_count; i++)
    bound += bound_one(&plan->columns[i], &values[i], other, i);
  return bound;
}

size_t key_bound(const struct relation_plan *plan, const struct headrace_value *values,
                 const struct headrace_value *other)
{
  size_t bound = plan->key_fixed;
  for (uint32_t i = 0; i < plan->key_count; i++) {
    uint16_t index = plan->key[i];
    bound += bound_one(&plan->columns[index], &values[index], other, index);
  }
  return bound;
}

static inline char *put_null(char *out)
{
  return json_copy(out, "null", 4);
}

/* A value that did not come, or is null. */
static char *put_other(char *out, const struct column_plan *column,
                       const struct headrace_value *value, enum absent absent)
{
  if (value->state == HEADRACE_NULL)
    return put_null(out);
  if (absent == ABSENT_UNAVAILABLE)
    return text_put(out, &column->value.unavailable);
  return absent == ABSENT_NULL || column->nullable ? put_null(out)
                                                   : text_put(out, &column->value.zero);
}

static inline char *put_value(char *out, const struct column_plan *column,
                              const struct headrace_value *value, enum absent absent)
{
  if (value->state >= HEADRACE_TEXT)
    return column->value.write(out, &column->value, value->data, value->size);
  return put_other(out, column, value, absent);
}

char *row_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, enum absent absent,
                const struct column_plan **defect)
{
  char separator = '{';
  for (uint32_t i = 0; i < plan->column_count; i++) {
    const struct column_plan *column = &plan->columns[i];
    if (column->omitted)
      continue;
    const struct headrace_value *value = &values[i];
    if (value->state == HEADRACE_ABSENT && other)
      value = &other[i];
    *out++ = separator;
    separator = ',';
    out = json_copy(out, column->label.data, column->label.size);
    out = put_value(out, column, value, absent);
    if (!out) {
      *defect = column;
      return NULL;
    }
  }
  if (separator == '{')
    *out++ = '{';
  *out++ = '}';
  return out;
}

char *key_write(char *out, const struct relation_plan *plan, const struct headrace_value *values,
                const struct headrace_value *other, const struct column_plan **defect)
{
  char separator = '{';
  for (uint32_t i = 0; i < plan->key_count; i++) {
    const struct column_plan *column = &plan->columns[plan->key[i]];
    const struct headrace_value *value = &values[plan->key[i]];
    if (value->state == HEADRACE_ABSENT && other)
      value = &other[plan->key[i]];
    *out++ = separator;
    separator = ',';
    out = json_copy(out, column->label.data, column->label.size);
    /* Never a zero in place of a key's value: it would be the key of another row. */
    out = value->state >= HEADRACE_TEXT
              ? column->value.write(out, &column->value, value->data, value->size)
              : put_null(out);
    if (!out) {
      *defect = column;
      return NULL;
    }
  }
  *out++ = '}';
  return out;
}
