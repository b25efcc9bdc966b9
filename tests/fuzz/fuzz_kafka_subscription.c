/* SPDX-License-Identifier: Apache-2.0
 *
 * A member's metadata: topics that lie in its bytes, one behind the other. */
#include "group.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *exact = malloc(size ? size : 1); /* the sanitizer sees what reads past it */
  if (size)
    memcpy(exact, data, size);
  struct wire_slice left, topic;
  int32_t count;
  if (group_subscription_begin((struct wire_slice){exact, (uint32_t)size}, &left, &count)) {
    int32_t taken = 0;
    const char *at = exact + 6;
    for (; taken < count && group_subscription_next(&left, &topic); taken++) {
      if (topic.data != at + 2 || topic.data + topic.size > exact + size)
        abort();
      at = topic.data + topic.size;
    }
  }
  free(exact);
  return 0;
}
