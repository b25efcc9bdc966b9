/* SPDX-License-Identifier: Apache-2.0 */
#include "must_alloc.h"
#include "where.h"

#include <ctype.h>

static bool begins_name(char c)
{
  return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool goes_on(char c)
{
  return begins_name(c) || isdigit((unsigned char)c) || c == '$';
}

void token_free(struct token *token)
{
  free(token->text);
  token->text = NULL;
}

static struct token make(enum token_kind kind, size_t at, const char *text, size_t size)
{
  return (struct token){.kind = kind, .at = (unsigned)at + 1, .text = must_copy(text, size)};
}

static struct token bad(size_t at, const char *text)
{
  return make(TOKEN_BAD, at, text, strlen(text));
}

/* Two quotes stand for one. */
static struct token quoted(const char *expression, size_t *place, char quote, enum token_kind kind)
{
  size_t begin = *place, size = 0;
  char *text = must_alloc(strlen(expression + begin) + 1, 1);
  for (size_t i = begin + 1; expression[i]; i++) {
    if (expression[i] == quote && expression[i + 1] != quote) {
      *place = i + 1;
      return (struct token){.kind = kind, .at = (unsigned)begin + 1, .text = text};
    }
    i += expression[i] == quote;
    text[size++] = expression[i];
  }
  free(text);
  return bad(begin, "the quote is not closed");
}

static struct token number(const char *expression, size_t *place)
{
  size_t begin = *place, i = begin;
  i += expression[i] == '-';
  while (isdigit((unsigned char)expression[i]) || expression[i] == '.')
    i++;
  if (expression[i] == 'e' || expression[i] == 'E') {
    i++;
    i += expression[i] == '-' || expression[i] == '+';
    while (isdigit((unsigned char)expression[i]))
      i++;
  }
  *place = i;
  if (goes_on(expression[i]))
    return bad(begin, "this is neither a number nor a name");
  return make(TOKEN_NUMBER, begin, expression + begin, i - begin);
}

/* A header's name may have any sign of an HTTP header's. */
static struct token field(const char *expression, size_t *place)
{
  size_t begin = *place, i = begin + 1;
  while (goes_on(expression[i]) || expression[i] == '.' || expression[i] == '-')
    i++;
  *place = i;
  return make(TOKEN_FIELD, begin, expression + begin + 1, i - begin - 1);
}

static struct token sign(const char *expression, size_t *place)
{
  static const char *const signs[] = {
      "!~*", "!~", "~*", "~", "<>", "!=", "<=", ">=", "<", ">", "=", "(", ")", ",", "."};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    size_t size = strlen(signs[i]);
    if (strncmp(expression + *place, signs[i], size) != 0)
      continue;
    *place += size;
    return make(TOKEN_SIGN, *place - size, signs[i], size);
  }
  return bad(*place, "this sign has no meaning here");
}

struct token token_read(const char *expression, size_t *place)
{
  while (isspace((unsigned char)expression[*place]))
    ++*place;
  size_t begin = *place;
  const char *c = expression + begin;
  if (!*c)
    return make(TOKEN_END, begin, "", 0);
  if (*c == '\'')
    return quoted(expression, place, '\'', TOKEN_STRING);
  if (*c == '"')
    return quoted(expression, place, '"', TOKEN_NAME);
  if (*c == '@')
    return field(expression, place);
  if (isdigit((unsigned char)*c) || ((*c == '-' || *c == '.') && isdigit((unsigned char)c[1])))
    return number(expression, place);
  if (!begins_name(*c))
    return sign(expression, place);
  while (goes_on(expression[*place]))
    ++*place;
  return make(TOKEN_WORD, begin, c, *place - begin);
}
