/* SPDX-License-Identifier: Apache-2.0
 *
 * In a file of its own: jansson and json_read have names in common. */
#include <jansson.h>

int jansson_verdict(const char *data, size_t size);

int jansson_verdict(const char *data, size_t size)
{
  json_error_t error = {0};
  json_t *value = json_loadb(data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
  if (!value)
    return json_error_code(&error) ? (int)json_error_code(&error) : -1;
  json_decref(value);
  return 0;
}
