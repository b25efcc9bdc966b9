/* SPDX-License-Identifier: Apache-2.0
 *
 * Debezium's placeholder of an unchanged large value, in the forms that the modes and types give
 * it (types.c writes them). */
#include "connect_decode.h"
#include "connect_writers.h"

#include <stdlib.h>

static void add(struct placeholders *all, struct text form)
{
  all->sizes |= UINT64_C(1) << form.size % 64;
  all->forms[all->count++] = form;
}

static void add_as_array(struct placeholders *all, const struct text *form)
{
  add(all, text_print("[%.*s]", (int)form->size, form->data));
}

static struct text bytes_form(const struct options *options, enum json_base64 alphabet)
{
  size_t size = JSON_BASE64_SIZE(options->unavailable_size);
  struct text text = text_print("\"%*s\"", (int)size, "");
  json_base64(text.data + 1, options->unavailable, options->unavailable_size, alphabet);
  return text;
}

static struct text hex_form(const struct options *options)
{
  struct text text = text_print("\"%*s\"", (int)(2 * options->unavailable_size), "");
  json_hex(text.data + 1, options->unavailable, options->unavailable_size);
  return text;
}

/* An array of numbers has the bytes of the placeholder. */
static struct text codes_form(const struct options *options, const char *fraction)
{
  struct text text = text_print("[%*s", (int)(6 * options->unavailable_size + 2), "");
  char *out = text.data + 1;
  for (size_t i = 0; i < options->unavailable_size; i++) {
    if (i)
      *out++ = ',';
    out = json_unsigned(out, (unsigned char)options->unavailable[i]);
    out = json_copy(out, fraction, strlen(fraction));
  }
  *out++ = ']';
  text.size = (size_t)(out - text.data);
  return text;
}

void placeholders_init(struct placeholders *all, const struct options *options)
{
  *all = (struct placeholders){0};
  if (!options->unavailable_size)
    return; /* an empty text would stand for every empty value */
  struct text text = text_json(options->unavailable, options->unavailable_size);
  add(all, text);
  add_as_array(all, &text);
  struct text map = text_print("{%s:%s}", text.data, text.data);
  add(all, map);
  add(all, text_json(map.data, map.size));
  struct text base64 = bytes_form(options, JSON_BASE64_STANDARD);
  add(all, base64);
  add_as_array(all, &base64);
  add(all, text_print("{\"scale\":0,\"value\":%.*s}", (int)base64.size, base64.data));
  struct text url_safe = bytes_form(options, JSON_BASE64_URL_SAFE);
  add(all, url_safe);
  add_as_array(all, &url_safe);
  struct text hex = hex_form(options);
  add(all, hex);
  add_as_array(all, &hex);
  add(all, codes_form(options, ""));
  add(all, codes_form(options, ".0"));
  char uuid[36];
  write_name_uuid(uuid, options->unavailable, options->unavailable_size);
  add(all, text_print("[\"%.36s\"]", uuid));
}

void placeholders_clear(struct placeholders *all)
{
  for (size_t i = 0; i < all->count; i++)
    text_free(&all->forms[i]);
  all->count = 0;
}

bool placeholders_has(const struct placeholders *all, const struct json_value *value)
{
  /* Only what is inside of quotes is compared: a part of a text key has none. */
  size_t quote = value->kind == JSON_STRING;
  size_t size = value->size + 2 * quote;
  if (!(all->sizes >> size % 64 & 1))
    return false;
  for (size_t i = 0; i < all->count; i++) {
    const struct text *form = &all->forms[i];
    if (form->size == size && (*form->data == '"') == quote &&
        memcmp(form->data + quote, value->data, value->size) == 0)
      return true;
  }
  return false;
}
