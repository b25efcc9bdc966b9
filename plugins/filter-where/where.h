/* SPDX-License-Identifier: Apache-2.0
 *
 * filter where: an expression decides what passes. lex.c and parse.c make a tree of it, evaluate.c
 * and compare.c say what it is of an event: true, false, or unknown as in SQL. */
#ifndef HEADRACE_WHERE_H
#define HEADRACE_WHERE_H

#include <headrace/plugin.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- words (lex.c) ---------------------------------------------------------- */

enum token_kind {
  TOKEN_END = 0,
  TOKEN_WORD,   /* a name or a keyword */
  TOKEN_NAME,   /* in double quotes: a name, whatever it is */
  TOKEN_FIELD,  /* @operation, @header.x */
  TOKEN_STRING, /* in single quotes */
  TOKEN_NUMBER,
  TOKEN_SIGN, /* ( ) , . = <> != < <= > >= ~ ~* !~ !~* */
  TOKEN_BAD   /* text says what is wrong with it */
};

struct token {
  enum token_kind kind;
  unsigned at; /* column of the expression, from 1 */
  char *text;  /* without its quotes; freed by token_free() */
};

struct token token_read(const char *expression, size_t *place);
void token_free(struct token *token);

/* ---- the tree (parse.c) ------------------------------------------------------- */

enum value_class {
  CLASS_TEXT,
  CLASS_NUMBER,
  CLASS_BOOL,
  CLASS_MOMENT, /* date, timestamp, timestamptz */
  CLASS_TIME,
  CLASS_INTERVAL
};

enum row { ROW_CURRENT, ROW_NEW, ROW_OLD };

enum field {
  FIELD_OPERATION,
  FIELD_DATABASE,
  FIELD_SCHEMA,
  FIELD_TABLE,
  FIELD_PREFIX,
  FIELD_CONTENT,
  FIELD_TOPIC,
  FIELD_KEY,
  FIELD_VALUE,
  FIELD_PARTITION,
  FIELD_OFFSET,
  FIELD_TIMESTAMP,
  FIELD_HEADER
};

enum operand_kind { OPERAND_LITERAL, OPERAND_NULL, OPERAND_COLUMN, OPERAND_FIELD };

struct operand {
  enum operand_kind kind;
  unsigned at;
  enum value_class class; /* of a literal */
  bool adaptable;         /* a literal in quotes is what it is compared with */
  char *text;             /* of a literal; the header's name */
  enum row row;
  size_t column; /* index into expression.columns */
  enum field field;
};

enum node_kind {
  NODE_OR,
  NODE_AND,
  NODE_NOT,
  NODE_VALUE, /* a boolean */
  NODE_COMPARE,
  NODE_DISTINCT, /* is distinct from */
  NODE_IN,
  NODE_LIKE,
  NODE_MATCH, /* a regular expression */
  NODE_IS_NULL,
  NODE_IS_ABSENT,
  NODE_IS_TRUTH /* is true, is false, is unknown */
};

enum { LESS = 1, EQUAL = 2, MORE = 4 }; /* what a comparison may come to */

enum truth { TRUTH_FALSE = 0, TRUTH_TRUE, TRUTH_UNKNOWN, TRUTH_FAULT };

struct node {
  enum node_kind kind;
  unsigned at;
  struct node *left, *right;
  struct operand *operands; /* the first is what the node is about */
  size_t operand_count;
  unsigned allowed;  /* NODE_COMPARE: LESS, EQUAL, MORE */
  bool ignores_case; /* NODE_LIKE */
  enum truth wanted; /* NODE_IS_TRUTH */
  bool compiled;
  regex_t expression; /* NODE_MATCH */
};

struct expression {
  struct node *root;
  char **columns; /* all names of columns in it */
  size_t column_count;
};

/* False: `error` says what is wrong, and where. expression_free() in any case. */
bool expression_parse(const char *text, struct expression *expression, char *error, size_t size);
void expression_free(struct expression *expression);

/* ---- of an event (evaluate.c) --------------------------------------------------- */

struct subject {
  const struct headrace_change *change;
  const struct headrace_record *record;
  const int32_t *columns; /* of each name the relation's column, -1: it has none; NULL: no rows */
  const struct headrace_value *new_values, *old_values; /* NULL: none */
  const char *fault;                                    /* of TRUTH_FAULT */
  unsigned fault_at;
};

enum truth expression_evaluate(const struct expression *expression, struct subject *subject);

/* ---- values (compare.c, like.c) -------------------------------------------------- */

enum datum_state { DATUM_ABSENT, DATUM_NULL, DATUM_VALUE };

struct datum {
  enum datum_state state;
  enum value_class class;
  bool adaptable; /* it may be read as another class */
  bool literal;   /* of the expression: that it cannot be read so is the expression's fault */
  const char *data;
  size_t size;
  char number[24]; /* room for data */
};

/* LESS, EQUAL or MORE; 0: it is not known. NULL in *fault, or why they cannot be compared. */
unsigned datum_compare(const struct datum *a, const struct datum *b, const char **fault);

/* t, f, true, false; -1: it is none. */
int datum_bool(const struct datum *datum);

/* SQL's LIKE: %, _ and \ before one of them. */
bool like(const char *text, size_t size, const char *pattern, bool ignores_case);

#endif
