/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "broker.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uthash.h>

#define SALT_SIZE    16
#define LINE_LONGEST 8192

struct user {
  UT_hash_handle hh; /* by name */
  struct user_verifiers verifiers;
  char name[SCRAM_USER_MAX + 1];
};

struct users {
  struct user *all;
};

struct source {
  const struct headrace_host *host;
  const char *path;
  int line;
  bool only_checks; /* passwords make no verifiers, which takes time */
  struct users *users;
};

static bool complain(const struct source *source, const char *what)
{
  source->host->log(source->host, HEADRACE_ERROR, "users_file: %s, line %d: %s", source->path,
                    source->line, what);
  return false;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static struct wire_slice trim(struct wire_slice text)
{
  while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
    text.size--;
  while (text.size && strchr(" \t", *text.data))
    text.data++, text.size--;
  return text;
}

static struct user *user_named(struct users *users, struct wire_slice name)
{
  struct user *user = NULL;
  HASH_FIND(hh, users->all, name.data, name.size, user);
  if (user)
    return user;
  user = broker_alloc(sizeof *user);
  memcpy(user->name, name.data, name.size);
  HASH_ADD_KEYPTR(hh, users->all, user->name, name.size, user);
  return user;
}

/* Made of a password once, so that it need not be kept. */
static void derive_all(struct user_verifiers *verifiers, struct wire_slice password,
                       bool only_checks)
{
  for (size_t i = 0; i < SCRAM_HASHES; i++) {
    struct scram_verifier *verifier = &verifiers->of[i];
    *verifier =
        (struct scram_verifier){.iterations = SCRAM_LEAST_ITERATIONS, .salt_size = SALT_SIZE};
    scram_random(verifier->salt, SALT_SIZE);
    if (!only_checks)
      scram_derive(&scram_hashes[i], password, verifier);
  }
}

static bool add_verifier(const struct source *source, struct user *user, struct wire_slice text)
{
  const struct scram_hash *hash;
  struct scram_verifier verifier;
  if (!scram_read_verifier(text, &hash, &verifier))
    return complain(source, "this is no verifier: "
                            "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey, or with SHA-512");
  struct scram_verifier *place = &user->verifiers.of[hash - scram_hashes];
  if (place->iterations)
    return complain(source, "the user is there already");
  *place = verifier;
  return true;
}

static bool add_password(const struct source *source, struct user *user, struct wire_slice text)
{
  for (size_t i = 0; i < SCRAM_HASHES; i++)
    if (user->verifiers.of[i].iterations)
      return complain(source, "the user is there already");
  derive_all(&user->verifiers, text, source->only_checks);
  return true;
}

static bool take_line(const struct source *source, struct wire_slice line)
{
  line = trim(line);
  if (!line.size || *line.data == '#')
    return true;
  const char *equals = memchr(line.data, '=', line.size);
  if (!equals)
    return complain(source, "it is not user = password");
  struct wire_slice name = trim((struct wire_slice){line.data, (uint32_t)(equals - line.data)});
  struct wire_slice secret = trim(
      (struct wire_slice){equals + 1, (uint32_t)(line.size - (uint32_t)(equals + 1 - line.data))});
  if (!name.size || name.size > SCRAM_USER_MAX || !secret.size)
    return complain(source, "it is not user = password");
  struct user *user = user_named(source->users, name);
  bool is_verifier =
      secret.size > 6 && !memcmp(secret.data, "SCRAM-", 6) && memchr(secret.data, '$', secret.size);
  return (is_verifier ? add_verifier : add_password)(source, user, secret);
}

/* ---- the file ------------------------------------------------------------------------------- */

static bool read_lines(struct source *source, FILE *file)
{
  char line[LINE_LONGEST];
  bool good = true;
  while (good && fgets(line, sizeof line, file)) {
    size_t size = strlen(line);
    source->line++;
    if (line[size ? size - 1 : 0] != '\n' && !feof(file))
      good = complain(source, "it is too long, or has a zero byte");
    else
      good = take_line(source, (struct wire_slice){line, (uint32_t)size});
  }
  OPENSSL_cleanse(line, sizeof line);
  return good;
}

static FILE *open_file(const struct headrace_host *host, const char *path)
{
  struct stat status;
  FILE *file = fopen(path, "re");
  if (!file || fstat(fileno(file), &status)) {
    host->log(host, HEADRACE_ERROR, "users_file: cannot read %s: %s", path, strerror(errno));
  } else if (!S_ISREG(status.st_mode)) {
    host->log(host, HEADRACE_ERROR, "users_file: %s is no file", path);
  } else if (status.st_mode & 077) {
    host->log(host, HEADRACE_ERROR,
              "users_file: others may read or change %s, which has passwords: chmod 600 it", path);
  } else {
    return file;
  }
  if (file)
    fclose(file);
  return NULL;
}

static bool load(struct source *source)
{
  FILE *file = open_file(source->host, source->path);
  if (!file)
    return false;
  setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays behind */
  source->users = broker_alloc(sizeof *source->users);
  bool good = read_lines(source, file) && !ferror(file);
  fclose(file);
  return good;
}

bool users_load(const struct headrace_host *host, const char *path, struct users **users)
{
  struct source source = {.host = host, .path = path};
  bool good = load(&source);
  *users = source.users;
  return good;
}

bool users_check(const struct headrace_host *host, const char *path)
{
  struct source source = {.host = host, .path = path, .only_checks = true};
  bool good = load(&source);
  users_free(source.users);
  return good;
}

void users_free(struct users *users)
{
  struct user *user, *next;
  if (!users)
    return;
  HASH_ITER(hh, users->all, user, next)
  {
    HASH_DEL(users->all, user);
    OPENSSL_cleanse(user, sizeof *user);
    free(user);
  }
  free(users);
}

const struct user_verifiers *users_find(const struct users *users, const char *name)
{
  struct user *user = NULL;
  if (users)
    HASH_FIND_STR(users->all, name, user);
  return user ? &user->verifiers : NULL;
}

/* ---- the log -------------------------------------------------------------------------------- */

static bool take_bytes(struct headrace_log_bytes bytes, void *place, size_t least, size_t most)
{
  if (bytes.size < least || bytes.size > most)
    return false;
  if (bytes.size)
    memcpy(place, bytes.data, bytes.size);
  return true;
}

static void take_credential(const struct headrace_log_credential *from,
                            struct user_verifiers *verifiers)
{
  const struct scram_hash *hash = scram_hash_named(wire_text(from->mechanism));
  struct scram_verifier verifier = {.iterations = from->iterations,
                                    .salt_size = (uint32_t)from->salt.size};
  if (hash && from->iterations >= SCRAM_LEAST_ITERATIONS &&
      from->iterations <= SCRAM_MOST_ITERATIONS &&
      take_bytes(from->salt, verifier.salt, 0, SCRAM_SALT_MAX) &&
      take_bytes(from->stored_key, verifier.stored_key, hash->key_size, hash->key_size) &&
      take_bytes(from->server_key, verifier.server_key, hash->key_size, hash->key_size))
    verifiers->of[hash - scram_hashes] = verifier;
}

void users_of_log(const struct headrace_log_credential *credentials, size_t count,
                  struct user_verifiers *verifiers)
{
  *verifiers = (struct user_verifiers){0};
  for (size_t i = 0; i < count; i++)
    take_credential(&credentials[i], verifiers);
}
