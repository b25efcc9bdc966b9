/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include "change_copy.h"
#include "must_alloc.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#define SALT_LEAST   16
#define DIGITS_LEAST 8

static const struct headrace_key keys[] = {
    {.name = "hash",
     .type = HEADRACE_LIST,
     .help = "patterns of columns whose values become keyed hashes, HMAC-SHA-256 with the salt"},
    {.name = "salt",
     .type = HEADRACE_SECRET,
     .help = "key of the hashes, 16 bytes or more; the same salt gives the same hashes"},
    {.name = "hash_length",
     .type = HEADRACE_INT,
     .default_value = "64",
     .help = "hexadecimal digits of a hash that are kept, 8 to 64"},
    {.name = "null", .type = HEADRACE_LIST, .help = "patterns of columns that become NULL"},
    {.name = "constant",
     .type = HEADRACE_MAP,
     .help = "texts instead of values: users.phone = hidden"},
    {.name = "truncate",
     .type = HEADRACE_MAP,
     .help = "how many characters are left: users.zip = 2"},
    {.name = "truncate_keys",
     .type = HEADRACE_BOOL,
     .default_value = "no",
     .help = "columns of keys may be truncated: rows whose keys begin alike become one"},
    {0}};

static const char *const method_keys[METHODS] = {[METHOD_NULL] = "null",
                                                 [METHOD_HASH] = "hash",
                                                 [METHOD_CONSTANT] = "constant",
                                                 [METHOD_TRUNCATE] = "truncate"};

/* ---- settings -------------------------------------------------------------- */

static bool check_hash(const struct mask *mask)
{
  const struct headrace_host *host = mask->host;
  const char *salt = host->string(host, "salt");
  int64_t length = host->integer(host, "hash_length");
  bool good = true;
  if (mask->columns[METHOD_HASH].count && (!salt || strlen(salt) < SALT_LEAST)) {
    host->log(host, HEADRACE_ERROR,
              "salt: hash needs a salt of %d bytes or more, or values could be found by trying; "
              "keep it in a file and say salt_file",
              SALT_LEAST);
    good = false;
  }
  if (length < DIGITS_LEAST || length > HASH_DIGITS) {
    host->log(host, HEADRACE_ERROR, "hash_length: %d to %d digits", DIGITS_LEAST, HASH_DIGITS);
    good = false;
  }
  return good;
}

static bool check_lengths(const struct mask *mask)
{
  const struct name_patterns *patterns = &mask->columns[METHOD_TRUNCATE];
  bool good = true;
  uint32_t length;
  for (size_t i = 0; i < patterns->count; i++) {
    if (read_length(patterns->items[i].value, &length))
      continue;
    mask->host->log(mask->host, HEADRACE_ERROR, "truncate: \"%s\" is no number of characters",
                    patterns->items[i].value);
    good = false;
  }
  return good;
}

static bool check_any(const struct mask *mask)
{
  for (size_t i = 0; i < METHODS; i++)
    if (mask->columns[i].count)
      return true;
  mask->host->log(mask->host, HEADRACE_ERROR,
                  "nothing is masked: name columns with hash, null, constant or truncate");
  return false;
}

static bool read(const struct headrace_host *host, struct mask *mask)
{
  bool good = true;
  *mask = (struct mask){.host = host,
                        .hash_length = (size_t)host->integer(host, "hash_length"),
                        .truncate_keys = host->integer(host, "truncate_keys")};
  mask->plans =
      (struct relation_cache){.make = plan_make, .discard = plan_discard, .context = mask};
  for (size_t i = 0; i < METHODS; i++)
    good = name_patterns_read(host, method_keys[i], 3, &mask->columns[i]) && good;
  good = check_hash(mask) && good;
  good = check_lengths(mask) && good;
  return check_any(mask) && good;
}

static void release(struct mask *mask)
{
  relation_cache_empty(&mask->plans);
  EVP_MAC_CTX_free(mask->hash);
  for (size_t i = 0; i < METHODS; i++)
    name_patterns_free(&mask->columns[i]);
}

static bool prepare_hash(struct mask *mask)
{
  if (!mask->columns[METHOD_HASH].count)
    return true;
  const char *salt = mask->host->string(mask->host, "salt");
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  mask->hash = mac ? EVP_MAC_CTX_new(mac) : NULL;
  EVP_MAC_free(mac);
  if (mask->hash && EVP_MAC_init(mask->hash, (const unsigned char *)salt, strlen(salt), parameters))
    return true;
  mask->host->log(mask->host, HEADRACE_ERROR,
                  "OpenSSL has no HMAC with SHA-256 here; look at its configuration, openssl.cnf");
  return false;
}

/* ---- callbacks ------------------------------------------------------------- */

static enum headrace_result mask_check(const struct headrace_host *host)
{
  struct mask mask;
  bool good = read(host, &mask);
  release(&mask);
  return good ? HEADRACE_OK : HEADRACE_FATAL;
}

static void mask_close(void *instance)
{
  release(instance);
  free(instance);
}

static enum headrace_result mask_open(const struct headrace_host *host, void **instance)
{
  struct mask *mask = must_alloc(1, sizeof *mask);
  if (read(host, mask) && prepare_hash(mask)) {
    *instance = mask;
    return HEADRACE_OK;
  }
  mask_close(mask);
  return HEADRACE_FATAL;
}

static const struct headrace_value *masked_row(const struct mask *mask, const struct plan *plan,
                                               const struct headrace_value *values, uint32_t count,
                                               struct headrace_batch *out)
{
  if (!values)
    return NULL;
  struct headrace_value *copy = mask->host->alloc(mask->host, out, count * sizeof *copy);
  memcpy(copy, values, count * sizeof *copy);
  for (size_t i = 0; i < plan->count; i++) {
    const struct step *step = &plan->steps[i];
    copy[step->column] = masked(mask, step, &values[step->column], out);
  }
  return copy;
}

static enum headrace_result mask_apply(void *instance, const struct headrace_event *event,
                                       struct headrace_batch *out)
{
  struct mask *mask = instance;
  const struct headrace_host *host = mask->host;
  const struct headrace_change *change = event->change;
  const struct headrace_relation *relation = change->relation;
  const struct plan *plan = relation ? relation_cache_get(&mask->plans, relation) : NULL;
  if (!plan || !plan->count) {
    host->add_event(host, out, event);
    return HEADRACE_OK;
  }
  if (plan->fault) {
    host->log(host, HEADRACE_ERROR, "table %s.%s: %s", relation->schema ? relation->schema : "",
              relation->table, plan->fault);
    return HEADRACE_FATAL;
  }
  struct headrace_change *copy =
      change_copy(host, out, change, plan->derived ? plan->derived : relation);
  copy->old_values = masked_row(mask, plan, change->old_values, relation->column_count, out);
  copy->new_values = masked_row(mask, plan, change->new_values, relation->column_count, out);
  return HEADRACE_OK;
}

static const struct headrace_plugin plugin = {
    .kind = HEADRACE_FILTER,
    .name = "mask",
    .version = HEADRACE_VERSION,
    .description = "hides values of columns: hashed with a salt, cut, replaced, or NULL",
    .keys = keys,
    .open = mask_open,
    .close = mask_close,
    .check = mask_check,
    .apply = mask_apply,
};

HEADRACE_REGISTER_PLUGIN(plugin)
