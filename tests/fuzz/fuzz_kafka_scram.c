/* SPDX-License-Identifier: Apache-2.0
 *
 * A login of a client that does not know the password: the first line is its first message, what
 * comes behind it its last one; and the same bytes as a verifier of a users_file. */
#include "base64.h"
#include "scram.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void login(const struct scram_hash *hash, struct wire_slice first, struct wire_slice last)
{
  struct scram scram = {.hash = hash};
  struct scram_verifier verifier;
  struct wire_slice answer;
  enum scram_result result = scram_begin(&scram, first);
  if (result != SCRAM_MALFORMED) {
    size_t length = strlen(scram.user);
    if (!length || length > SCRAM_USER_MAX)
      abort();
    scram_pretend(hash, "secret", 6, wire_text(scram.user), &verifier);
    scram_challenge(&scram, &verifier, "nonce");
    if (scram_finish(&scram, last, &answer) == SCRAM_OK)
      abort();
  }
  scram_end(&scram);
}

static void verifier_of_file(struct wire_slice text)
{
  const struct scram_hash *hash;
  struct scram_verifier verifier;
  if (scram_read_verifier(text, &hash, &verifier) &&
      (!verifier.salt_size || verifier.salt_size > SCRAM_SALT_MAX ||
       verifier.iterations < SCRAM_LEAST_ITERATIONS))
    abort();
}

/* What is taken is written the same way. */
static void base64(struct wire_slice text)
{
  struct wire_arena arena = {0};
  char *bytes = malloc(text.size + 1);
  size_t size;
  if (base64_decode(text, bytes, text.size, &size) &&
      !wire_equal(base64_encode(&arena, bytes, size),
                  (struct wire_slice){text.data ? text.data : "", text.size}))
    abort();
  free(bytes);
  wire_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *exact = malloc(size ? size : 1); /* the sanitizer sees what reads past it */
  if (size)
    memcpy(exact, data, size);
  const char *end = size ? memchr(exact, '\n', size) : NULL;
  size_t first = end ? (size_t)(end - exact) : size;
  for (size_t i = 0; i < SCRAM_HASHES; i++)
    login(&scram_hashes[i], (struct wire_slice){exact, (uint32_t)first},
          (struct wire_slice){end ? end + 1 : exact, (uint32_t)(end ? size - first - 1 : 0)});
  verifier_of_file((struct wire_slice){exact, (uint32_t)size});
  base64((struct wire_slice){exact, (uint32_t)size});
  free(exact);
  return 0;
}
