/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays, from PostgreSQL's text (PostgreSQL docs 8.15.6): {1,NULL,"a \"b\""}, nested, perhaps with
 * bounds before it, [0:1]={1,2}, which JSON cannot say. */
#include "connect_writers.h"

static size_t count_elements(const char *data, size_t size)
{
  size_t count = 1;
  for (size_t i = 0; i < size; i++)
    count += data[i] == ',';
  return count;
}

size_t array_bound(const struct value_plan *plan, const char *data, size_t size)
{
  const struct value_plan *element = plan->element;
  size_t each = element->fixed + sizeof "null,";
  size_t contents = element->escaped ? json_escape_bound(data, size) : element->growth * size;
  return plan->fixed + size + contents + each * count_elements(data, size);
}

enum { OID_BOX_ARRAY = 1020 }; /* pg_type.dat: the only type with typdelim ';' */

struct reader {
  const char *at, *end;
  const struct value_plan *element;
  char delimiter;
};

/* "a \"b\"", without its escapes, into scratch memory; reader->at is past the first quote. */
static bool read_quoted(struct reader *reader, char *out, size_t *size)
{
  char *start = out;
  while (reader->at < reader->end && *reader->at != '"') {
    if (*reader->at == '\\' && ++reader->at == reader->end)
      return false;
    *out++ = *reader->at++;
  }
  *size = (size_t)(out - start);
  return reader->at++ < reader->end;
}

static char *write_quoted(char *out, struct reader *reader)
{
  const struct value_plan *element = reader->element;
  const char *close = reader->at;
  while (close < reader->end && *close != '"' && *close != '\\')
    close++;
  if (close < reader->end && *close == '"') { /* the common case: nothing to take out */
    const char *start = reader->at;
    reader->at = close + 1;
    return element->write(out, element, start, (size_t)(close - start));
  }
  char *text = scratch_get(element->scratch, SCRATCH_ELEMENT, (size_t)(reader->end - reader->at));
  size_t size;
  if (!text || !read_quoted(reader, text, &size))
    return NULL;
  return element->write(out, element, text, size);
}

static char *write_bare(char *out, struct reader *reader)
{
  const char *start = reader->at;
  while (reader->at < reader->end && *reader->at != reader->delimiter && *reader->at != '}')
    reader->at++;
  size_t size = (size_t)(reader->at - start);
  if (size == 4 && !memcmp(start, "NULL", 4))
    return json_copy(out, "null", 4);
  return size ? reader->element->write(out, reader->element, start, size) : NULL;
}

/* One element, or the beginning of an inner array (*depth grows). */
static char *write_item(char *out, struct reader *reader, int *depth)
{
  if (reader->at == reader->end)
    return NULL;
  if (*reader->at == '{') {
    reader->at++;
    ++*depth;
    *out++ = '[';
    return out;
  }
  if (*reader->at == '"') {
    reader->at++;
    return write_quoted(out, reader);
  }
  return write_bare(out, reader);
}

/* Skips [1:2][0:3]= */
static bool skip_bounds(struct reader *reader)
{
  if (reader->at == reader->end || *reader->at != '[')
    return true;
  const char *equals = memchr(reader->at, '=', (size_t)(reader->end - reader->at));
  if (!equals)
    return false;
  reader->at = equals + 1;
  return true;
}

WRITER(write_array)
{
  struct reader reader = {data, data + size, plan->element,
                          plan->type_id == OID_BOX_ARRAY ? ';' : ','};
  int depth = 0;
  if (!skip_bounds(&reader) || reader.at == reader.end || *reader.at != '{')
    return NULL;
  do {
    int before = depth;
    if (!(out = write_item(out, &reader, &depth)))
      return NULL;
    bool empty = depth > before && reader.at < reader.end && *reader.at == '}';
    if (depth > before && !empty)
      continue; /* its first item follows */
    while (depth && reader.at < reader.end && *reader.at == '}') {
      reader.at++;
      depth--;
      *out++ = ']';
    }
    if (depth) {
      if (reader.at == reader.end || *reader.at++ != reader.delimiter)
        return NULL;
      *out++ = ',';
    }
  } while (depth);
  return reader.at == reader.end ? out : NULL;
}
