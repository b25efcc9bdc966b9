/* SPDX-License-Identifier: Apache-2.0
 *
 * Types with parts: hstore and point. */
#include "connect_writers.h"
#include "numeric_text.h"

#include <stdlib.h>

#define PUT(out, literal) json_copy((out), (literal), sizeof(literal) - 1)

/* ---- hstore: "a"=>"1", "b"=>NULL ---------------------------------------- */

struct reader {
  const char *at, *end;
};

static bool take(struct reader *reader, const char *word)
{
  size_t size = strlen(word);
  if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size))
    return false;
  reader->at += size;
  return true;
}

/* A quoted text becomes a JSON string. */
static char *put_quoted(char *out, struct reader *reader, struct scratch *scratch)
{
  char *text = scratch_get(scratch, SCRATCH_VALUE, (size_t)(reader->end - reader->at) + 1);
  size_t size = 0;
  if (!text || !take(reader, "\""))
    return NULL;
  while (reader->at < reader->end && *reader->at != '"') {
    if (*reader->at == '\\' && ++reader->at == reader->end)
      return NULL;
    text[size++] = *reader->at++;
  }
  return take(reader, "\"") ? json_string(out, text, size) : NULL;
}

static char *put_pair(char *out, struct reader *reader, struct scratch *scratch)
{
  if (!(out = put_quoted(out, reader, scratch)) || !take(reader, "=>"))
    return NULL;
  *out++ = ':';
  return take(reader, "NULL") ? PUT(out, "null") : put_quoted(out, reader, scratch);
}

WRITER(write_hstore_map)
{
  struct reader reader = {data, data + size};
  *out++ = '{';
  while (reader.at < reader.end) {
    if (!(out = put_pair(out, &reader, plan->scratch)))
      return NULL;
    if (reader.at < reader.end && !take(&reader, ", "))
      return NULL;
    if (reader.at < reader.end)
      *out++ = ',';
  }
  *out++ = '}';
  return out;
}

/* The object's text as a string: hstore's pairs as JSON, and that escaped again. */
WRITER(write_hstore_text)
{
  size_t bound = JSON_ESCAPE_GROWTH * size + 16;
  char *object = scratch_get(plan->scratch, SCRATCH_OBJECT, bound);
  char *end = object ? write_hstore_map(object, plan, data, size) : NULL;
  return end ? json_string(out, object, (size_t)(end - object)) : NULL;
}

/* ---- point: (1,2.5) ----------------------------------------------------- */

static bool read_point(const char *data, size_t size, struct numeric_text *x,
                       struct numeric_text *y)
{
  const char *comma = memchr(data, ',', size);
  if (size < 5 || data[0] != '(' || data[size - 1] != ')' || !comma)
    return false;
  return numeric_read(data + 1, (size_t)(comma - data) - 1, x) &&
         numeric_read(comma + 1, (size_t)(data + size - comma) - 2, y);
}

/* The OGC's well-known binary: little-endian mark, type 1 (point), two doubles. */
static void make_wkb(unsigned char *wkb, double x, double y)
{
  static const unsigned char head[] = {1, 1, 0, 0, 0};
  const double ordinates[] = {x, y};
  memcpy(wkb, head, sizeof head);
  for (size_t i = 0; i < 2; i++) {
    uint64_t bits;
    memcpy(&bits, &ordinates[i], sizeof bits);
    for (size_t j = 0; j < 8; j++)
      wkb[sizeof head + 8 * i + j] = (unsigned char)(bits >> 8 * j);
  }
}

WRITER(write_point)
{
  struct numeric_text x, y;
  unsigned char wkb[21];
  char *text = scratch_get(plan->scratch, SCRATCH_VALUE, size + 1);
  if (!text || !read_point(data, size, &x, &y))
    return NULL;
  memcpy(text, data, size);
  text[size] = '\0';
  make_wkb(wkb, strtod(text + 1, NULL), strtod(strchr(text, ',') + 1, NULL));
  out = PUT(out, "{\"x\":");
  out = put_float(out, &x);
  out = PUT(out, ",\"y\":");
  out = put_float(out, &y);
  out = PUT(out, ",\"wkb\":\"");
  out = json_base64(out, wkb, sizeof wkb, JSON_BASE64_STANDARD);
  return PUT(out, "\",\"srid\":null}");
}
