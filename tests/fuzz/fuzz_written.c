/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as `written` of sink_offset. Besides not crashing: what is taken is a set in order, and
 * its own text comes back as the same set. */
#include "written.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
  if (!good)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct written written = {0}, back = {0}, all = {0};
  char *text = malloc(size ? size : 1); /* of its own size: reading past it is seen */
  if (size)
    memcpy(text, data, size);
  if (written_from_hex(&written, text, size)) {
    char *hex = malloc(written_hex_size(&written));
    written_to_hex(&written, hex);
    must(strlen(hex) < written_hex_size(&written));
    must(written_from_hex(&back, hex, strlen(hex)) && back.count == written.count);
    for (size_t i = 0; i < written.count; i++) {
      must(written.words[i].bits && (!i || written.words[i - 1].number < written.words[i].number));
      must(written.words[i].number == back.words[i].number &&
           written.words[i].bits == back.words[i].bits);
    }
    written_take(&all, &written, -1, INT64_MAX);
    must(!all.count || written_has(&written, written_end(&all) - 1));
    free(hex);
  }
  free(text);
  written_free(&written);
  written_free(&back);
  written_free(&all);
  return 0;
}
