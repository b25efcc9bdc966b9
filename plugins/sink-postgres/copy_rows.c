/* SPDX-License-Identifier: Apache-2.0 */
#include "copy_rows.h"

#include "pg_quote.h"
#include "sink.h"

#include <string.h>

#define ROWS_LEAST 500
#define START      "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0" /* signature, flags, no extension */
#define END        "\377\377"

/* pg_type.dat */
#define JSON_OID    114
#define VARCHAR_OID 1043
#define BPCHAR_OID  1042
#define JSONB_OID   3802

/* How a column's values are written. */
enum field { FIELD_NONE, FIELD_WIRE, FIELD_TEXT, FIELD_JSONB };

static bool carries(const struct row *row, uint32_t column)
{
  return !row->present || row->present[column / 64] >> column % 64 & 1;
}

static const struct target_column *target_of(const struct row_shape *shape, uint32_t column)
{
  return &shape->mapping->target->columns[shape->columns[column].target];
}

static enum field field_of(const struct row_shape *shape, uint32_t column)
{
  const struct target_column *target = target_of(shape, column);
  if (shape->columns[column].cast)
    return FIELD_NONE;
  if (wire_of(target) != WIRE_TEXT)
    return FIELD_WIRE;
  if (target->type_oid == JSONB_OID)
    return FIELD_JSONB;
  bool text = target->type_oid == wire_types[WIRE_TEXT].oid || target->type_oid == VARCHAR_OID ||
              target->type_oid == BPCHAR_OID || target->type_oid == JSON_OID ||
              target->logical == HEADRACE_TYPE_ENUM;
  return text ? FIELD_TEXT : FIELD_NONE;
}

bool copy_fits(const struct group *group)
{
  const struct row_shape *shape = group->shape;
  if (!shape->mapping->target->copies || group->count < ROWS_LEAST)
    return false;
  for (uint32_t i = 0; i < shape->column_count; i++)
    if (carries(group->rows[0], i) && field_of(shape, i) == FIELD_NONE)
      return false;
  return true;
}

char *copy_sql(const struct group *group)
{
  char *sql = NULL;
  const char *comma = "";
  pg_append(&sql, "COPY %s (", group->shape->mapping->target->quoted);
  for (uint32_t i = 0; i < group->shape->column_count; i++)
    if (carries(group->rows[0], i)) {
      pg_append(&sql, "%s%s", comma, target_of(group->shape, i)->quoted);
      comma = ", ";
    }
  pg_append(&sql, ") FROM STDIN (FORMAT binary)");
  return sql;
}

/* jsonb_recv: a version before the text. */
static void put_version(struct buffer *out, size_t start)
{
  size_t size = out->size - start - 4;
  uint32_t length = __builtin_bswap32((uint32_t)size + 1);
  buffer_room(out, 1);
  memmove(out->data + start + 5, out->data + start + 4, size);
  memcpy(out->data + start, &length, 4);
  out->data[start + 4] = 1;
  out->size++;
}

struct copy_column {
  uint32_t column;
  enum field field;
  enum wire wire;
  struct conversion conversion;
};

static bool write_value(const struct copy_column *column, const struct headrace_value *value,
                        struct buffer *out)
{
  const char *reason;
  size_t start = out->size;
  if (column->field == FIELD_WIRE)
    return convert_binary(&column->conversion, column->wire, value, out);
  if (!convert_text(&column->conversion, value, out, &reason))
    return false;
  if (column->field == FIELD_JSONB && value->state != HEADRACE_NULL)
    put_version(out, start);
  return true;
}

bool copy_write(struct plan *plan, const struct group *group, enum nul_policy nul,
                struct buffer *out)
{
  const struct row_shape *shape = group->shape;
  struct copy_column *columns = plan_alloc(plan, shape->column_count * sizeof *columns);
  uint16_t count = 0;
  for (uint32_t i = 0; i < shape->column_count; i++)
    if (carries(group->rows[0], i))
      columns[count++] = (struct copy_column){i, field_of(shape, i), wire_of(target_of(shape, i)),
                                              row_conversion(nul, group->rows[0], i)};
  const uint16_t field_count = __builtin_bswap16(count);
  out->size = 0;
  buffer_append(out, START, sizeof START - 1);
  for (size_t i = 0; i < group->count; i++) {
    buffer_append(out, &field_count, sizeof field_count);
    for (uint16_t k = 0; k < count; k++) {
      struct headrace_value value = row_value(plan, group->rows[i], columns[k].column, false);
      if (!write_value(&columns[k], &value, out))
        return false;
    }
  }
  buffer_append(out, END, sizeof END - 1);
  return true;
}
