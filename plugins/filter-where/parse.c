/* SPDX-License-Identifier: Apache-2.0
 *
 *   or      = and { OR and }
 *   and     = not { AND not }
 *   not     = NOT not | test
 *   test    = ( or ) | operand [ = <> < … operand | [NOT] IN ( operand, … ) | [NOT] LIKE string
 *             | ~ string | [NOT] BETWEEN operand AND operand
 *             | IS [NOT] NULL, ABSENT, TRUE, FALSE, UNKNOWN, DISTINCT FROM operand ]
 *   operand = literal | [new. | old.] column | @field */
#include "must_alloc.h"
#include "numeric_text.h"
#include "where.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#define DEPTH_MOST 100 /* of the tree: it is walked by recursion */

struct parser {
  const char *text;
  size_t place;
  struct token token; /* the next one */
  struct expression *expression;
  unsigned depth;
  bool failed;
  char *error;
  size_t error_size;
};

/* ---- tokens ----------------------------------------------------------------- */

static void fail(struct parser *parser, unsigned at, const char *format, ...)
{
  if (parser->failed)
    return;
  parser->failed = true;
  char reason[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  snprintf(parser->error, parser->error_size, "column %u: %s", at, reason);
}

static void fail_expected(struct parser *parser, const char *what)
{
  const struct token *token = &parser->token;
  if (token->kind == TOKEN_BAD)
    fail(parser, token->at, "%s", token->text);
  else if (token->kind == TOKEN_END)
    fail(parser, token->at, "expected %s, but the expression ends", what);
  else
    fail(parser, token->at, "expected %s instead of \"%s\"", what, token->text);
}

static void advance(struct parser *parser)
{
  token_free(&parser->token);
  parser->token = token_read(parser->text, &parser->place);
}

static bool is(const struct parser *parser, enum token_kind kind, const char *text)
{
  const struct token *token = &parser->token;
  return token->kind == kind &&
         (kind == TOKEN_WORD ? !strcasecmp(token->text, text) : !strcmp(token->text, text));
}

static bool accept(struct parser *parser, enum token_kind kind, const char *text)
{
  bool found = is(parser, kind, text);
  if (found)
    advance(parser);
  return found;
}

static bool word(struct parser *parser, const char *text)
{
  return accept(parser, TOKEN_WORD, text);
}

static void expect(struct parser *parser, enum token_kind kind, const char *text)
{
  if (!accept(parser, kind, text))
    fail_expected(parser, text);
}

/* ---- operands ----------------------------------------------------------------- */

static size_t column_index(struct expression *expression, const char *name)
{
  for (size_t i = 0; i < expression->column_count; i++)
    if (!strcmp(expression->columns[i], name))
      return i;
  expression->columns =
      must_grow(expression->columns, (expression->column_count + 1) * sizeof *expression->columns);
  expression->columns[expression->column_count] = must_copy(name, strlen(name));
  return expression->column_count++;
}

static const struct {
  const char *name;
  enum field field;
} fields[] = {
    {"operation", FIELD_OPERATION}, {"database", FIELD_DATABASE}, {"schema", FIELD_SCHEMA},
    {"table", FIELD_TABLE},         {"prefix", FIELD_PREFIX},     {"content", FIELD_CONTENT},
    {"topic", FIELD_TOPIC},         {"key", FIELD_KEY},           {"value", FIELD_VALUE},
    {"partition", FIELD_PARTITION}, {"offset", FIELD_OFFSET},     {"timestamp", FIELD_TIMESTAMP}};

static void read_field(struct parser *parser, struct operand *operand)
{
  static const char header[] = "header.";
  const char *name = parser->token.text;
  operand->kind = OPERAND_FIELD;
  if (!strncmp(name, header, sizeof header - 1) && name[sizeof header - 1]) {
    operand->field = FIELD_HEADER;
    operand->text = must_copy(name + sizeof header - 1, strlen(name) - sizeof header + 1);
    advance(parser);
    return;
  }
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!strcmp(fields[i].name, name)) {
      operand->field = fields[i].field;
      advance(parser);
      return;
    }
  fail(parser, operand->at,
       "there is no @%s; there are @operation @database @schema @table @prefix @content @topic "
       "@key @value @partition @offset @timestamp @header.NAME",
       name);
}

static void read_literal(struct parser *parser, struct operand *operand, enum value_class class,
                         bool adaptable)
{
  operand->kind = OPERAND_LITERAL;
  operand->class = class;
  operand->adaptable = adaptable;
  operand->text = must_copy(parser->token.text, strlen(parser->token.text));
  struct numeric_text number;
  if (class == CLASS_NUMBER && !numeric_read(operand->text, strlen(operand->text), &number))
    fail(parser, operand->at, "\"%s\" is no number", operand->text);
  advance(parser);
}

/* A column; new. and old. say which row's. */
static void read_column(struct parser *parser, struct operand *operand)
{
  char *name = must_copy(parser->token.text, strlen(parser->token.text));
  bool plain = parser->token.kind == TOKEN_WORD;
  advance(parser);
  operand->kind = OPERAND_COLUMN;
  if (plain && (!strcasecmp(name, "new") || !strcasecmp(name, "old")) &&
      accept(parser, TOKEN_SIGN, ".")) {
    operand->row = strcasecmp(name, "new") ? ROW_OLD : ROW_NEW;
    if (parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_NAME)
      operand->column = column_index(parser->expression, parser->token.text);
    else
      fail_expected(parser, "the name of a column");
    advance(parser);
  } else {
    operand->column = column_index(parser->expression, name);
  }
  free(name);
}

static bool is_keyword(const char *text)
{
  static const char *const words[] = {"and", "or",     "not",      "in",   "like",   "ilike",
                                      "is",  "absent", "distinct", "from", "between"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcasecmp(words[i], text))
      return true;
  return false;
}

static struct operand read_operand(struct parser *parser)
{
  struct operand operand = {.at = parser->token.at};
  switch (parser->token.kind) {
  case TOKEN_STRING:
    read_literal(parser, &operand, CLASS_TEXT, true);
    break;
  case TOKEN_NUMBER:
    read_literal(parser, &operand, CLASS_NUMBER, false);
    break;
  case TOKEN_FIELD:
    read_field(parser, &operand);
    break;
  case TOKEN_NAME:
    read_column(parser, &operand);
    break;
  case TOKEN_WORD:
    if (is(parser, TOKEN_WORD, "true") || is(parser, TOKEN_WORD, "false")) {
      read_literal(parser, &operand, CLASS_BOOL, false);
      *operand.text = operand.text[0] == 't' || operand.text[0] == 'T' ? 't' : 'f';
      operand.text[1] = '\0'; /* however it was written */
    } else if (word(parser, "null")) {
      operand.kind = OPERAND_NULL;
    } else if (is_keyword(parser->token.text)) {
      fail_expected(parser, "a value");
    } else {
      read_column(parser, &operand);
    }
    break;
  default:
    fail_expected(parser, "a value");
  }
  return operand;
}

/* ---- nodes -------------------------------------------------------------------- */

static struct node *node_new(enum node_kind kind, unsigned at)
{
  struct node *node = must_alloc(1, sizeof *node);
  node->kind = kind;
  node->at = at;
  return node;
}

static void add_operand(struct node *node, const struct operand *operand)
{
  node->operands = must_grow(node->operands, (node->operand_count + 1) * sizeof *node->operands);
  node->operands[node->operand_count++] = *operand;
}

static struct node *node_about(enum node_kind kind, const struct operand *operand)
{
  struct node *node = node_new(kind, operand->at);
  add_operand(node, operand);
  return node;
}

static struct node *join(enum node_kind kind, struct node *left, struct node *right)
{
  struct node *node = node_new(kind, left->at);
  node->left = left;
  node->right = right;
  return node;
}

static struct node *negated(struct node *node, bool negate)
{
  return negate ? join(NODE_NOT, node, NULL) : node;
}

static void node_free(struct node *node)
{
  if (!node)
    return;
  node_free(node->left);
  node_free(node->right);
  for (size_t i = 0; i < node->operand_count; i++)
    free(node->operands[i].text);
  free(node->operands);
  if (node->compiled)
    regfree(&node->expression);
  free(node);
}

static struct operand copied(const struct operand *operand)
{
  struct operand copy = *operand;
  if (operand->text)
    copy.text = must_copy(operand->text, strlen(operand->text));
  return copy;
}

/* ---- tests -------------------------------------------------------------------- */

static struct node *read_comparison(struct parser *parser, const struct operand *left)
{
  static const struct {
    const char *sign;
    unsigned allowed;
  } signs[] = {{"=", EQUAL}, {"<>", LESS | MORE},  {"!=", LESS | MORE}, {"<", LESS},
               {">", MORE},  {"<=", LESS | EQUAL}, {">=", MORE | EQUAL}};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    if (!accept(parser, TOKEN_SIGN, signs[i].sign))
      continue;
    struct node *node = node_about(NODE_COMPARE, left);
    node->allowed = signs[i].allowed;
    struct operand right = read_operand(parser);
    add_operand(node, &right);
    return node;
  }
  return NULL;
}

static struct node *read_match(struct parser *parser, const struct operand *left)
{
  static const struct {
    const char *sign;
    int flags;
    bool negate;
  } signs[] = {
      {"~", 0, false}, {"~*", REG_ICASE, false}, {"!~", 0, true}, {"!~*", REG_ICASE, true}};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    if (!accept(parser, TOKEN_SIGN, signs[i].sign))
      continue;
    struct node *node = node_about(NODE_MATCH, left);
    if (parser->token.kind != TOKEN_STRING) {
      fail_expected(parser, "a regular expression in single quotes");
      return node;
    }
    int code =
        regcomp(&node->expression, parser->token.text, REG_EXTENDED | REG_NOSUB | signs[i].flags);
    node->compiled = !code;
    char reason[120];
    if (code) {
      regerror(code, &node->expression, reason, sizeof reason);
      fail(parser, parser->token.at, "the regular expression: %s", reason);
    }
    advance(parser);
    return negated(node, signs[i].negate);
  }
  return NULL;
}

static struct node *read_in(struct parser *parser, const struct operand *left)
{
  struct node *node = node_about(NODE_IN, left);
  expect(parser, TOKEN_SIGN, "(");
  do {
    struct operand operand = read_operand(parser);
    add_operand(node, &operand);
  } while (!parser->failed && accept(parser, TOKEN_SIGN, ","));
  expect(parser, TOKEN_SIGN, ")");
  return node;
}

static struct node *read_like(struct parser *parser, const struct operand *left, bool ignores_case)
{
  struct node *node = node_about(NODE_LIKE, left);
  node->ignores_case = ignores_case;
  if (parser->token.kind != TOKEN_STRING) {
    fail_expected(parser, "a pattern in single quotes");
    return node;
  }
  struct operand pattern = read_operand(parser);
  add_operand(node, &pattern);
  return node;
}

static struct node *read_between(struct parser *parser, const struct operand *left)
{
  struct operand again = copied(left);
  struct node *low = node_about(NODE_COMPARE, left), *high = node_about(NODE_COMPARE, &again);
  struct operand bound = read_operand(parser);
  low->allowed = MORE | EQUAL;
  add_operand(low, &bound);
  expect(parser, TOKEN_WORD, "and");
  bound = read_operand(parser);
  high->allowed = LESS | EQUAL;
  add_operand(high, &bound);
  return join(NODE_AND, low, high);
}

static struct node *read_is(struct parser *parser, const struct operand *left)
{
  bool negate = word(parser, "not");
  if (word(parser, "null"))
    return negated(node_about(NODE_IS_NULL, left), negate);
  if (word(parser, "absent"))
    return negated(node_about(NODE_IS_ABSENT, left), negate);
  if (word(parser, "distinct")) {
    struct node *node = node_about(NODE_DISTINCT, left);
    expect(parser, TOKEN_WORD, "from");
    struct operand right = read_operand(parser);
    add_operand(node, &right);
    return negated(node, negate);
  }
  struct node *node = node_about(NODE_IS_TRUTH, left);
  if (word(parser, "true"))
    node->wanted = TRUTH_TRUE;
  else if (word(parser, "unknown"))
    node->wanted = TRUTH_UNKNOWN;
  else if (!word(parser, "false"))
    fail_expected(parser, "null, absent, true, false, unknown or distinct from");
  return negated(node, negate);
}

static struct node *read_or(struct parser *parser);

static struct node *read_test(struct parser *parser)
{
  if (accept(parser, TOKEN_SIGN, "(")) {
    struct node *node = read_or(parser);
    expect(parser, TOKEN_SIGN, ")");
    return node;
  }
  struct operand left = read_operand(parser);
  struct node *node = parser->failed ? NULL : read_comparison(parser, &left);
  if (!node && !parser->failed)
    node = read_match(parser, &left);
  if (node || parser->failed)
    return node ? node : node_about(NODE_VALUE, &left);
  if (word(parser, "is"))
    return read_is(parser, &left);
  bool negate = word(parser, "not");
  if (word(parser, "in"))
    return negated(read_in(parser, &left), negate);
  if (word(parser, "like"))
    return negated(read_like(parser, &left, false), negate);
  if (word(parser, "ilike"))
    return negated(read_like(parser, &left, true), negate);
  if (word(parser, "between"))
    return negated(read_between(parser, &left), negate);
  if (negate)
    fail_expected(parser, "in, like, ilike or between");
  return node_about(NODE_VALUE, &left);
}

static struct node *read_not(struct parser *parser)
{
  unsigned at = parser->token.at;
  struct node *node;
  if (++parser->depth > DEPTH_MOST) {
    fail(parser, at, "more than %d levels deep", DEPTH_MOST);
    node = node_new(NODE_VALUE, at);
  } else if (word(parser, "not")) {
    node = join(NODE_NOT, read_not(parser), NULL);
  } else {
    node = read_test(parser);
  }
  parser->depth--;
  return node;
}

static struct node *read_and(struct parser *parser)
{
  struct node *node = read_not(parser);
  while (!parser->failed && word(parser, "and"))
    node = join(NODE_AND, node, read_not(parser));
  return node;
}

static struct node *read_or(struct parser *parser)
{
  struct node *node = read_and(parser);
  while (!parser->failed && word(parser, "or"))
    node = join(NODE_OR, node, read_and(parser));
  return node;
}

bool expression_parse(const char *text, struct expression *expression, char *error, size_t size)
{
  *expression = (struct expression){0};
  struct parser parser = {
      .text = text, .expression = expression, .error = error, .error_size = size};
  advance(&parser);
  expression->root = read_or(&parser);
  if (!parser.failed && parser.token.kind != TOKEN_END)
    fail_expected(&parser, "and, or, or the end");
  token_free(&parser.token);
  return !parser.failed;
}

void expression_free(struct expression *expression)
{
  node_free(expression->root);
  for (size_t i = 0; i < expression->column_count; i++)
    free(expression->columns[i]);
  free(expression->columns);
  *expression = (struct expression){0};
}
