/* SPDX-License-Identifier: Apache-2.0 */
#include "where.h"

#include <stdio.h>
#include <string.h>

static enum truth fault(struct subject *subject, unsigned at, const char *text)
{
  subject->fault = text;
  subject->fault_at = at;
  return TRUTH_FAULT;
}

static enum truth truth_of(bool value)
{
  return value ? TRUTH_TRUE : TRUTH_FALSE;
}

/* ---- what an operand is of the event ----------------------------------------- */

static enum value_class class_of_type(uint16_t type)
{
  switch (type) {
  case HEADRACE_TYPE_BOOL:
    return CLASS_BOOL;
  case HEADRACE_TYPE_INT16:
  case HEADRACE_TYPE_INT32:
  case HEADRACE_TYPE_INT64:
  case HEADRACE_TYPE_FLOAT32:
  case HEADRACE_TYPE_FLOAT64:
  case HEADRACE_TYPE_NUMERIC:
  case HEADRACE_TYPE_MONEY:
  case HEADRACE_TYPE_OID:
    return CLASS_NUMBER;
  case HEADRACE_TYPE_DATE:
  case HEADRACE_TYPE_TIMESTAMP:
  case HEADRACE_TYPE_TIMESTAMPTZ:
    return CLASS_MOMENT;
  case HEADRACE_TYPE_TIME:
  case HEADRACE_TYPE_TIMETZ:
    return CLASS_TIME;
  case HEADRACE_TYPE_INTERVAL:
    return CLASS_INTERVAL;
  default:
    return CLASS_TEXT;
  }
}

/* A number, true or false as JSON writes it; an object or an array is a text. */
static enum value_class class_of_literal(const struct headrace_value *value)
{
  char first = value->size ? value->data[0] : '\0';
  if (first == 't' || first == 'f')
    return CLASS_BOOL;
  return first == '-' || (first >= '0' && first <= '9') ? CLASS_NUMBER : CLASS_TEXT;
}

static void set_value(struct datum *datum, const struct headrace_value *value)
{
  datum->state = value->state == HEADRACE_ABSENT ? DATUM_ABSENT
                 : value->state == HEADRACE_NULL ? DATUM_NULL
                                                 : DATUM_VALUE;
  datum->data = value->data;
  datum->size = value->size;
}

static void set_text(struct datum *datum, const char *text)
{
  if (!text)
    return;
  datum->state = DATUM_VALUE;
  datum->data = text;
  datum->size = strlen(text);
}

static void set_number(struct datum *datum, int64_t number)
{
  datum->class = CLASS_NUMBER;
  snprintf(datum->number, sizeof datum->number, "%lld", (long long)number);
  set_text(datum, datum->number);
}

/* Of the current row: the new one, or where that does not have it, the old one. */
static const struct headrace_value *value_in(const struct subject *subject, enum row row,
                                             int32_t column)
{
  const struct headrace_value *new_value =
      subject->new_values ? &subject->new_values[column] : NULL;
  const struct headrace_value *old_value =
      subject->old_values ? &subject->old_values[column] : NULL;
  if (row == ROW_NEW)
    return new_value;
  if (row == ROW_OLD)
    return old_value;
  return new_value && (new_value->state != HEADRACE_ABSENT || !old_value) ? new_value : old_value;
}

static void read_column(const struct subject *subject, const struct operand *operand,
                        struct datum *datum)
{
  int32_t column = subject->columns ? subject->columns[operand->column] : -1;
  const struct headrace_value *value = column < 0 ? NULL : value_in(subject, operand->row, column);
  if (!value)
    return;
  const struct headrace_column *described = &subject->change->relation->columns[column];
  bool untyped = described->type == HEADRACE_TYPE_UNTYPED;
  set_value(datum, value);
  datum->class = untyped && value->state == HEADRACE_LITERAL ? class_of_literal(value)
                                                             : class_of_type(described->type);
  datum->adaptable = untyped && value->state == HEADRACE_TEXT;
}

static const char *operation_name(const struct headrace_change *change)
{
  static const char *const names[] = {
      [HEADRACE_INSERT] = "insert",     [HEADRACE_UPDATE] = "update",
      [HEADRACE_DELETE] = "delete",     [HEADRACE_READ] = "read",
      [HEADRACE_TRUNCATE] = "truncate", [HEADRACE_MESSAGE] = "message"};
  return change->operation < sizeof names / sizeof *names ? names[change->operation] : NULL;
}

static void read_change_field(const struct headrace_change *change, enum field field,
                              struct datum *datum)
{
  const struct headrace_relation *relation = change->relation;
  bool message = change->operation == HEADRACE_MESSAGE;
  switch (field) {
  case FIELD_OPERATION:
    set_text(datum, operation_name(change));
    break;
  case FIELD_DATABASE:
    set_text(datum, relation ? relation->database : change->database);
    break;
  case FIELD_SCHEMA:
    set_text(datum, relation ? relation->schema : NULL);
    break;
  case FIELD_TABLE:
    set_text(datum, relation ? relation->table : NULL);
    break;
  case FIELD_PREFIX:
    if (message)
      set_value(datum, &change->message_prefix);
    break;
  default:
    if (message)
      set_value(datum, &change->message_content);
  }
}

static void read_header(const struct headrace_record *record, const char *name, struct datum *datum)
{
  for (uint32_t i = record->header_count; i > 0; i--)
    if (!strcmp(record->headers[i - 1].name, name)) { /* the last one counts */
      set_value(datum, &record->headers[i - 1].value);
      return;
    }
}

static void read_record_field(const struct headrace_record *record, const struct operand *operand,
                              struct datum *datum)
{
  switch (operand->field) {
  case FIELD_TOPIC:
    set_value(datum, &record->topic);
    break;
  case FIELD_KEY:
    set_value(datum, &record->key);
    break;
  case FIELD_VALUE:
    set_value(datum, &record->value);
    break;
  case FIELD_PARTITION:
    if (record->partition >= 0)
      set_number(datum, record->partition);
    break;
  case FIELD_OFFSET:
    if (record->offset >= 0)
      set_number(datum, record->offset);
    break;
  case FIELD_TIMESTAMP:
    if (record->timestamp_ms >= 0)
      set_number(datum, record->timestamp_ms);
    break;
  default:
    read_header(record, operand->text, datum);
  }
}

static void read_operand(const struct subject *subject, const struct operand *operand,
                         struct datum *datum)
{
  datum->state = DATUM_ABSENT;
  datum->class = CLASS_TEXT;
  datum->adaptable = datum->literal = false;
  switch (operand->kind) {
  case OPERAND_LITERAL:
    set_text(datum, operand->text);
    datum->class = operand->class;
    datum->adaptable = operand->adaptable;
    datum->literal = true;
    break;
  case OPERAND_NULL:
    datum->state = DATUM_NULL;
    break;
  case OPERAND_COLUMN:
    read_column(subject, operand, datum);
    break;
  case OPERAND_FIELD:
    datum->adaptable = operand->field >= FIELD_PREFIX;
    if (operand->field <= FIELD_CONTENT && subject->change)
      read_change_field(subject->change, operand->field, datum);
    else if (operand->field > FIELD_CONTENT && subject->record)
      read_record_field(subject->record, operand, datum);
    datum->adaptable = datum->adaptable && datum->class == CLASS_TEXT;
  }
}

/* ---- tests ------------------------------------------------------------------- */

static enum truth compare(struct subject *subject, const struct datum *left,
                          const struct operand *other, unsigned allowed)
{
  struct datum right;
  const char *reason;
  read_operand(subject, other, &right);
  unsigned result = datum_compare(left, &right, &reason);
  if (reason)
    return fault(subject, other->at, reason);
  return result ? truth_of(result & allowed) : TRUTH_UNKNOWN;
}

static enum truth is_distinct(struct subject *subject, const struct datum *left,
                              const struct operand *other)
{
  struct datum right;
  read_operand(subject, other, &right);
  if (left->state == DATUM_ABSENT || right.state == DATUM_ABSENT)
    return TRUTH_UNKNOWN;
  if (left->state == DATUM_NULL || right.state == DATUM_NULL)
    return truth_of(left->state != right.state);
  return compare(subject, left, other, LESS | MORE);
}

static enum truth is_in(struct subject *subject, const struct node *node, const struct datum *left)
{
  enum truth result = TRUTH_FALSE;
  for (size_t i = 1; i < node->operand_count; i++) {
    enum truth one = compare(subject, left, &node->operands[i], EQUAL);
    if (one == TRUTH_TRUE || one == TRUTH_FAULT)
      return one;
    if (one == TRUTH_UNKNOWN)
      result = one;
  }
  return result;
}

static enum truth value_truth(struct subject *subject, const struct node *node,
                              const struct datum *datum)
{
  if (datum->state != DATUM_VALUE)
    return TRUTH_UNKNOWN;
  int value = datum->class == CLASS_BOOL || datum->adaptable ? datum_bool(datum) : -1;
  if (value < 0)
    return fault(subject, node->at, "this is no boolean");
  return truth_of(value);
}

static enum truth is_truth(struct subject *subject, const struct node *node,
                           const struct datum *datum)
{
  enum truth value = value_truth(subject, node, datum);
  return value == TRUTH_FAULT ? value : truth_of(value == node->wanted);
}

static enum truth matches(const struct node *node, const struct datum *datum)
{
  if (datum->state != DATUM_VALUE)
    return TRUTH_UNKNOWN;
  if (node->kind == NODE_LIKE)
    return truth_of(like(datum->data, datum->size, node->operands[1].text, node->ignores_case));
  regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)datum->size};
  return truth_of(!regexec(&node->expression, datum->data ? datum->data : "", 1, &range,
                           REG_STARTEND)); /* it is not NUL-terminated */
}

static enum truth test(struct subject *subject, const struct node *node)
{
  struct datum datum;
  read_operand(subject, &node->operands[0], &datum);
  switch (node->kind) {
  case NODE_COMPARE:
    return compare(subject, &datum, &node->operands[1], node->allowed);
  case NODE_DISTINCT:
    return is_distinct(subject, &datum, &node->operands[1]);
  case NODE_IN:
    return is_in(subject, node, &datum);
  case NODE_IS_NULL:
    return datum.state == DATUM_ABSENT ? TRUTH_UNKNOWN : truth_of(datum.state == DATUM_NULL);
  case NODE_IS_ABSENT:
    return truth_of(datum.state == DATUM_ABSENT);
  case NODE_IS_TRUTH:
    return is_truth(subject, node, &datum);
  case NODE_LIKE:
  case NODE_MATCH:
    return matches(node, &datum);
  default:
    return value_truth(subject, node, &datum);
  }
}

static enum truth evaluate(struct subject *subject, const struct node *node)
{
  if (node->kind > NODE_NOT)
    return test(subject, node);
  enum truth left = evaluate(subject, node->left);
  if (left == TRUTH_FAULT)
    return left;
  if (node->kind == NODE_NOT)
    return left == TRUTH_UNKNOWN ? left : truth_of(left == TRUTH_FALSE);
  enum truth decides = node->kind == NODE_AND ? TRUTH_FALSE : TRUTH_TRUE;
  if (left == decides)
    return left;
  enum truth right = evaluate(subject, node->right);
  return right == decides || right == TRUTH_FAULT || left != TRUTH_UNKNOWN ? right : left;
}

enum truth expression_evaluate(const struct expression *expression, struct subject *subject)
{
  return evaluate(subject, expression->root);
}
