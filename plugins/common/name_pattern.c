/* SPDX-License-Identifier: Apache-2.0 */
#include "name_pattern.h"

#include "must_alloc.h"

#include <fnmatch.h>

char *name_unquoted(const char *text)
{
  size_t size = strlen(text);
  bool quoted = size >= 2 && text[0] == '"' && text[size - 1] == '"' && strchr(text, ',');
  return quoted ? must_copy(text + 1, size - 2) : must_copy(text, size);
}

bool name_expression(const struct headrace_host *host, const char *key, const char *text,
                     regex_t *expression)
{
  int code = regcomp(expression, text, REG_EXTENDED);
  if (!code)
    return true;
  char reason[160];
  regerror(code, expression, reason, sizeof reason);
  host->log(host, HEADRACE_ERROR, "%s: \"%s\": %s", key, text, reason);
  return false;
}

static size_t components_of(const char *text)
{
  size_t count = 1;
  for (; *text; text++)
    count += *text == '.';
  return count;
}

static bool read_pattern(const struct headrace_host *host, const char *key, size_t components,
                         const struct headrace_pair *pair, struct name_pattern *pattern)
{
  *pattern = (struct name_pattern){.text = name_unquoted(pair->name), .value = pair->value};
  if (*pattern->text == '^') {
    if (!name_expression(host, key, pattern->text, &pattern->expression))
      return false;
    free(pattern->text);
    pattern->text = NULL;
    return true;
  }
  pattern->components = components_of(pattern->text);
  if (pattern->components <= components)
    return true;
  host->log(host, HEADRACE_ERROR,
            "%s: \"%s\" has %zu components; %s has at most %zu. A name that has a dot in it needs "
            "an expression, which begins with ^",
            key, pattern->text, pattern->components,
            components == 2 ? "schema.table" : "schema.table.column", components);
  return false;
}

bool name_patterns_read(const struct headrace_host *host, const char *key, size_t components,
                        struct name_patterns *patterns)
{
  const struct headrace_pair *pairs;
  size_t count = host->list(host, key, &pairs);
  bool good = true;
  *patterns = (struct name_patterns){.items = must_alloc(count, sizeof *patterns->items),
                                     .count = count,
                                     .components = components};
  for (size_t i = 0; i < count; i++)
    good = read_pattern(host, key, components, &pairs[i], &patterns->items[i]) && good;
  return good;
}

void name_patterns_free(struct name_patterns *patterns)
{
  for (size_t i = 0; i < patterns->count; i++) {
    struct name_pattern *pattern = &patterns->items[i];
    if (!pattern->text)
      regfree(&pattern->expression);
    free(pattern->text);
  }
  free(patterns->items);
  *patterns = (struct name_patterns){0};
}

/* ---- finding ------------------------------------------------------------ */

struct subject {
  const char *parts[3]; /* without those that are not there */
  size_t count;
};

/* The pattern's last component against the last part, and so on. */
static bool fits_components(const struct name_pattern *pattern, const struct subject *subject)
{
  if (pattern->components > subject->count)
    return false;
  const char *text = pattern->text;
  for (size_t i = subject->count - pattern->components; i < subject->count; i++) {
    size_t size = strcspn(text, ".");
    char *component = must_copy(text, size);
    bool fits = strpbrk(component, "*") ? !fnmatch(component, subject->parts[i], FNM_NOESCAPE)
                                        : !strcmp(component, subject->parts[i]);
    free(component);
    if (!fits)
      return false;
    text += size + 1;
  }
  return true;
}

static char *dotted(const struct subject *subject)
{
  size_t size = 0;
  for (size_t i = 0; i < subject->count; i++)
    size += strlen(subject->parts[i]) + 1;
  char *text = must_alloc(size + 1, 1);
  for (size_t i = 0; i < subject->count; i++) {
    strcat(text, i ? "." : "");
    strcat(text, subject->parts[i]);
  }
  return text;
}

static void add_part(struct subject *subject, const char *part)
{
  if (part && *part)
    subject->parts[subject->count++] = part;
}

const struct name_pattern *name_patterns_find(const struct name_patterns *patterns,
                                              const struct headrace_relation *relation,
                                              const char *column)
{
  struct subject subject = {.count = 0};
  add_part(&subject, relation->schema);
  add_part(&subject, relation->table);
  add_part(&subject, column);
  char *name = patterns->count ? dotted(&subject) : NULL;
  const struct name_pattern *found = NULL;
  for (size_t i = 0; i < patterns->count && !found; i++) {
    const struct name_pattern *pattern = &patterns->items[i];
    bool fits = pattern->text ? fits_components(pattern, &subject)
                              : !regexec(&pattern->expression, name, 0, NULL, 0);
    found = fits ? pattern : NULL;
  }
  free(name);
  return found;
}
