/* SPDX-License-Identifier: Apache-2.0 */
#include "scram.h"

#include "base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

const struct scram_hash scram_hashes[SCRAM_HASHES] = {
    {"SCRAM-SHA-256", "SHA256", 32, 1},
    {"SCRAM-SHA-512", "SHA512", 64, 2},
};

const struct scram_hash *scram_hash_named(struct wire_slice name)
{
  for (size_t i = 0; i < SCRAM_HASHES; i++)
    if (wire_is(name, scram_hashes[i].name))
      return &scram_hashes[i];
  return NULL;
}

const struct scram_hash *scram_hash_numbered(int8_t number)
{
  for (size_t i = 0; i < SCRAM_HASHES; i++)
    if (scram_hashes[i].number == number)
      return &scram_hashes[i];
  return NULL;
}

/* ---- cryptography ------------------------------------------------------------------------- */

/* libcrypto has these hashes always: what fails is memory. */
static void must(int good)
{
  if (good != 1)
    abort();
}

static const EVP_MD *digest_of(const struct scram_hash *hash)
{
  const EVP_MD *digest = EVP_get_digestbyname(hash->digest);
  must(digest != NULL);
  return digest;
}

static void hmac(const struct scram_hash *hash, struct wire_slice key, struct wire_slice text,
                 unsigned char *result)
{
  const void *bytes = key.size ? key.data : "";
  must(HMAC(digest_of(hash), bytes, (int)key.size, (const unsigned char *)text.data, text.size,
            result, NULL) != NULL);
}

static void digest(const struct scram_hash *hash, const unsigned char *data, unsigned char *result)
{
  must(EVP_Digest(data, hash->key_size, result, NULL, digest_of(hash), NULL));
}

static struct wire_slice key_of(const struct scram_hash *hash, const unsigned char *key)
{
  return (struct wire_slice){(const char *)key, hash->key_size};
}

void scram_random(void *bytes, size_t size)
{
  must(getrandom(bytes, size, 0) == (ssize_t)size);
}

void scram_derive_salted(const struct scram_hash *hash, struct wire_slice salted,
                         struct scram_verifier *verifier)
{
  unsigned char client_key[SCRAM_KEY_MAX];
  hmac(hash, salted, wire_text("Client Key"), client_key);
  digest(hash, client_key, verifier->stored_key);
  hmac(hash, salted, wire_text("Server Key"), verifier->server_key);
  OPENSSL_cleanse(client_key, sizeof client_key);
}

void scram_derive(const struct scram_hash *hash, struct wire_slice password,
                  struct scram_verifier *verifier)
{
  unsigned char salted[SCRAM_KEY_MAX];
  must(PKCS5_PBKDF2_HMAC(password.data, (int)password.size, verifier->salt,
                         (int)verifier->salt_size, verifier->iterations, digest_of(hash),
                         hash->key_size, salted));
  scram_derive_salted(hash, key_of(hash, salted), verifier);
  OPENSSL_cleanse(salted, sizeof salted);
}

bool scram_fits(const struct scram_hash *hash, const struct scram_verifier *verifier,
                struct wire_slice password)
{
  struct scram_verifier tried = *verifier;
  scram_derive(hash, password, &tried);
  return !CRYPTO_memcmp(tried.stored_key, verifier->stored_key, hash->key_size);
}

void scram_pretend(const struct scram_hash *hash, const void *secret, size_t secret_size,
                   struct wire_slice user, struct scram_verifier *verifier)
{
  unsigned char sum[SCRAM_KEY_MAX];
  *verifier = (struct scram_verifier){.iterations = SCRAM_LEAST_ITERATIONS, .salt_size = 16};
  hmac(hash, (struct wire_slice){secret, (uint32_t)secret_size}, user, sum);
  memcpy(verifier->salt, sum, verifier->salt_size);
  scram_random(verifier->stored_key, hash->key_size);
}

/* ---- texts ---------------------------------------------------------------------------------- */

static bool skip(struct wire_slice *left, const char *text)
{
  uint32_t size = (uint32_t)strlen(text);
  if (left->size < size || memcmp(left->data, text, size) != 0)
    return false;
  left->data += size;
  left->size -= size;
  return true;
}

/* What comes before one of `ends`, which stays; or all. */
static struct wire_slice take(struct wire_slice *left, char end)
{
  const char *at = left->size ? memchr(left->data, end, left->size) : NULL;
  struct wire_slice taken = {left->data, at ? (uint32_t)(at - left->data) : left->size};
  left->data += taken.size;
  left->size -= taken.size;
  return taken;
}

/* "=2C" is a comma, "=3D" an equals sign. NULL: it is no name. */
static char *read_name(struct wire_arena *arena, struct wire_slice escaped)
{
  if (!escaped.size || escaped.size > 3 * SCRAM_USER_MAX)
    return NULL;
  char *name = wire_alloc(arena, escaped.size + 1), *out = name;
  while (escaped.size)
    if (skip(&escaped, "=2C"))
      *out++ = ',';
    else if (skip(&escaped, "=3D"))
      *out++ = '=';
    else if (*escaped.data == '=')
      return NULL;
    else
      *out++ = *escaped.data++, escaped.size--;
  return out - name <= SCRAM_USER_MAX ? name : NULL;
}

static bool is_printable(struct wire_slice text)
{
  for (uint32_t i = 0; i < text.size; i++)
    if (text.data[i] < 0x21 || text.data[i] > 0x7e)
      return false;
  return text.size > 0;
}

/* ",name=value" and so on, which are passed over, as RFC 5802 wants it. */
static bool skip_extensions(struct wire_slice left)
{
  while (skip(&left, ",")) {
    struct wire_slice extension = take(&left, ',');
    const char *equals = extension.size > 1 ? memchr(extension.data, '=', extension.size) : NULL;
    if (!equals || equals == extension.data)
      return false;
  }
  return !left.size;
}

static bool read_number(struct wire_slice text, int32_t *number)
{
  *number = 0;
  for (uint32_t i = 0; i < text.size; i++) {
    if (text.data[i] < '0' || text.data[i] > '9' || i == 9)
      return false;
    *number = *number * 10 + (text.data[i] - '0');
  }
  return text.size > 0;
}

static bool read_key(const struct scram_hash *hash, struct wire_slice text, unsigned char *key)
{
  size_t size;
  return base64_decode(text, key, SCRAM_KEY_MAX, &size) && size == hash->key_size;
}

bool scram_read_verifier(struct wire_slice text, const struct scram_hash **hash,
                         struct scram_verifier *verifier)
{
  size_t salt_size;
  *verifier = (struct scram_verifier){0};
  *hash = scram_hash_named(take(&text, '$'));
  if (!*hash || !skip(&text, "$") || !read_number(take(&text, ':'), &verifier->iterations) ||
      !skip(&text, ":") ||
      !base64_decode(take(&text, '$'), verifier->salt, SCRAM_SALT_MAX, &salt_size) || !salt_size ||
      !skip(&text, "$") || !read_key(*hash, take(&text, ':'), verifier->stored_key) ||
      !skip(&text, ":") || !read_key(*hash, text, verifier->server_key))
    return false;
  verifier->salt_size = (uint32_t)salt_size;
  return verifier->iterations >= SCRAM_LEAST_ITERATIONS;
}

/* ---- a login -------------------------------------------------------------------------------- */

static bool is_message(struct wire_slice token)
{
  return token.size && token.size <= SCRAM_TOKEN_MAX && !memchr(token.data, 0, token.size);
}

/* "n,," or with the name to act for, "n,a=other,". The client may say with "y" that it could bind
 * to the channel and believes that we cannot, which is so; "p" wants it. */
static enum scram_result read_header(struct scram *scram, struct wire_slice *left, char **other)
{
  const char *begin = left->data;
  if (!skip(left, "n,") && !skip(left, "y,"))
    return SCRAM_MALFORMED;
  *other = NULL;
  if (skip(left, "a=") && !(*other = read_name(&scram->arena, take(left, ','))))
    return SCRAM_MALFORMED;
  if (!skip(left, ","))
    return SCRAM_MALFORMED;
  struct wire_slice header = {begin, (uint32_t)(left->data - begin)};
  scram->header = base64_encode(&scram->arena, header.data, header.size);
  return SCRAM_OK;
}

/* "n=user,r=nonce"; "m=" in front of it is an extension that must be understood. */
enum scram_result scram_begin(struct scram *scram, struct wire_slice token)
{
  char *other;
  if (!is_message(token))
    return SCRAM_MALFORMED;
  struct wire_slice left = wire_copy(&scram->arena, token);
  if (read_header(scram, &left, &other) != SCRAM_OK)
    return SCRAM_MALFORMED;
  scram->first_bare = left;
  if (!skip(&left, "n=") || !(scram->user = read_name(&scram->arena, take(&left, ','))) ||
      !skip(&left, ",r="))
    return SCRAM_MALFORMED;
  scram->nonce = take(&left, ',');
  if (!is_printable(scram->nonce) || !skip_extensions(left))
    return SCRAM_MALFORMED;
  return other && strcmp(other, scram->user) != 0 ? SCRAM_OTHER_USER : SCRAM_OK;
}

void scram_make_nonce(char nonce[SCRAM_NONCE_SIZE])
{
  unsigned char bytes[24];
  struct wire_arena arena = {0};
  scram_random(bytes, sizeof bytes);
  struct wire_slice text = base64_encode(&arena, bytes, sizeof bytes);
  memcpy(nonce, text.data, SCRAM_NONCE_SIZE); /* with its end */
  wire_arena_free(&arena);
}

struct wire_slice scram_challenge(struct scram *scram, const struct scram_verifier *verifier,
                                  const char *nonce)
{
  struct wire_arena *arena = &scram->arena;
  struct wire_slice salt = base64_encode(arena, verifier->salt, verifier->salt_size);
  scram->verifier = *verifier;
  scram->client_nonce_size = scram->nonce.size;
  scram->nonce =
      wire_text(wire_format(arena, "%.*s%s", (int)scram->nonce.size, scram->nonce.data, nonce));
  scram->server_first = wire_text(wire_format(arena, "r=%s,s=%s,i=%d", scram->nonce.data, salt.data,
                                              (int)verifier->iterations));
  return scram->server_first;
}

/* librdkafka before 2.6.1 puts its own part of the nonce in front of the whole once more, and
 * Kafka takes that too. The server's part is proven all the same. */
static bool is_our_nonce(const struct scram *scram, struct wire_slice nonce)
{
  uint32_t more = scram->client_nonce_size;
  if (nonce.size == more + scram->nonce.size && !memcmp(nonce.data, scram->nonce.data, more))
    nonce = (struct wire_slice){nonce.data + more, nonce.size - more};
  return wire_equal(nonce, scram->nonce);
}

/* "c=header,r=nonce,p=proof": the part in front of the proof, or null. */
static struct wire_slice read_final(const struct scram *scram, struct wire_slice token,
                                    unsigned char *proof)
{
  static const struct wire_slice malformed = {NULL, 0};
  struct wire_slice left = token;
  if (!skip(&left, "c=") || !wire_equal(take(&left, ','), scram->header) || !skip(&left, ",r=") ||
      !is_our_nonce(scram, take(&left, ',')))
    return malformed;
  const char *at = left.size > 2 ? memrchr(left.data, ',', left.size) : NULL;
  if (!at)
    return malformed;
  struct wire_slice extensions = {left.data, (uint32_t)(at - left.data)};
  left = (struct wire_slice){at, left.size - extensions.size};
  if (!skip_extensions(extensions) || !skip(&left, ",p=") || !read_key(scram->hash, left, proof))
    return malformed;
  return (struct wire_slice){token.data, (uint32_t)(at - token.data)};
}

static bool proves(const struct scram *scram, struct wire_slice message, unsigned char *proof)
{
  const struct scram_hash *hash = scram->hash;
  unsigned char signature[SCRAM_KEY_MAX], stored_key[SCRAM_KEY_MAX];
  hmac(hash, key_of(hash, scram->verifier.stored_key), message, signature);
  for (size_t i = 0; i < hash->key_size; i++)
    proof[i] ^= signature[i]; /* the client's key */
  digest(hash, proof, stored_key);
  OPENSSL_cleanse(proof, SCRAM_KEY_MAX);
  return !CRYPTO_memcmp(stored_key, scram->verifier.stored_key, hash->key_size);
}

enum scram_result scram_finish(struct scram *scram, struct wire_slice token,
                               struct wire_slice *answer)
{
  struct wire_arena *arena = &scram->arena;
  unsigned char proof[SCRAM_KEY_MAX], signature[SCRAM_KEY_MAX];
  if (!is_message(token))
    return SCRAM_MALFORMED;
  struct wire_slice final = read_final(scram, token, proof);
  if (!final.data)
    return SCRAM_MALFORMED;
  struct wire_slice message = wire_text(
      wire_format(arena, "%.*s,%s,%.*s", (int)scram->first_bare.size, scram->first_bare.data,
                  scram->server_first.data, (int) final.size, final.data));
  if (!proves(scram, message, proof))
    return SCRAM_WRONG;
  hmac(scram->hash, key_of(scram->hash, scram->verifier.server_key), message, signature);
  struct wire_slice text = base64_encode(arena, signature, scram->hash->key_size);
  *answer = wire_text(wire_format(arena, "v=%s", text.data));
  return SCRAM_OK;
}

void scram_end(struct scram *scram)
{
  wire_arena_free(&scram->arena);
  OPENSSL_cleanse(&scram->verifier, sizeof scram->verifier);
}
