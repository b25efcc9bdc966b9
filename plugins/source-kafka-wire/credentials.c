/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeUserScramCredentials, AlterUserScramCredentials (KIP-554): texts and codes are those of
 * Kafka's ScramImage and ScramControlManager. */
#include "sasl.h"
#include "tally.h"

#include <stdlib.h>

/* ---- the store --------------------------------------------------------------------------------
 */

bool credentials_are_kept(const struct broker *broker)
{
  const struct headrace_log *log = broker->log;
  return log->struct_size > offsetof(struct headrace_log, credentials) && log->credentials;
}

void credentials_ask(struct broker *broker, const char *user, headrace_log_credentials_done done,
                     void *context)
{
  if (credentials_are_kept(broker))
    broker->log->credentials(broker->log->self, user, done, context);
  else
    done(context, HEADRACE_LOG_OK, NULL, 0);
}

static int compare(struct wire_slice a, const char *b, size_t b_size)
{
  size_t size = a.size < b_size ? a.size : b_size;
  int order = size ? memcmp(a.data, b, size) : 0;
  return order ? order : (a.size > b_size) - (a.size < b_size);
}

/* The first credential of a user, among those of all, which are in order. */
static size_t first_of(const struct headrace_log_credential *all, size_t count,
                       struct wire_slice user)
{
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(user, all[middle].user, strlen(all[middle].user)) > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* ---- DescribeUserScramCredentials -------------------------------------------------------------
 */

typedef struct describe_user_scram_credentials_response_result description;

static void add_infos(struct wire_arena *arena, const struct headrace_log_credential *all,
                      size_t count, description *said)
{
  size_t size = 0;
  while (size < count && wire_is(said->user, all[size].user))
    size++;
  WIRE_ITEMS(arena, said->credential_infos, size,
             describe_user_scram_credentials_response_credential_info);
  said->credential_infos.count = 0;
  for (size_t i = 0; i < size; i++) {
    const struct scram_hash *hash = scram_hash_named(wire_text(all[i].mechanism));
    if (!hash)
      continue;
    said->credential_infos.items[said->credential_infos.count++] =
        (struct describe_user_scram_credentials_response_credential_info){
            .mechanism = hash->number, .iterations = all[i].iterations};
  }
}

static void refuse_to_describe(struct wire_arena *arena, description *said, enum kafka_error error,
                               const char *text)
{
  said->error_code = (int16_t)error;
  said->error_message =
      wire_text(wire_format(arena, "%s: %.*s", text, (int)said->user.size, said->user.data));
}

static void describe(struct wire_arena *arena, const struct headrace_log_credential *all,
                     size_t count, struct wire_slice user, description *said)
{
  size_t first = first_of(all, count, user);
  said->user = wire_copy(arena, user);
  add_infos(arena, all + first, count - first, said);
  if (!said->credential_infos.count)
    refuse_to_describe(arena, said, KAFKA_RESOURCE_NOT_FOUND,
                       "Attempt to describe a user credential that does not exist");
}

static void describe_all(struct wire_arena *arena, const struct headrace_log_credential *all,
                         size_t count, struct describe_user_scram_credentials_response *answer)
{
  WIRE_ITEMS(arena, answer->results, count, describe_user_scram_credentials_response_result);
  answer->results.count = 0;
  for (size_t i = 0; i < count; i++)
    if (!i || strcmp(all[i].user, all[i - 1].user) != 0)
      describe(arena, all, count, wire_text(all[i].user),
               &answer->results.items[answer->results.count++]);
}

typedef struct describe_user_scram_credentials_request_user_name asked_user;

static int by_name(const void *a, const void *b)
{
  const asked_user *one = a, *other = b;
  return compare(one->name, other->name.data, other->name.size);
}

static void describe_some(struct wire_arena *arena, const struct headrace_log_credential *all,
                          size_t count,
                          const struct describe_user_scram_credentials_request *request,
                          struct describe_user_scram_credentials_response *answer)
{
  asked_user *asked = request->users.items;
  int32_t users = request->users.count;
  qsort(asked, (size_t)users, sizeof *asked, by_name);
  WIRE_ITEMS(arena, answer->results, users, describe_user_scram_credentials_response_result);
  answer->results.count = 0;
  for (int32_t i = 0, next; i < users; i = next) {
    description *said = &answer->results.items[answer->results.count++];
    for (next = i + 1; next < users && !by_name(&asked[i], &asked[next]);)
      next++;
    said->user = asked[i].name;
    if (next > i + 1)
      refuse_to_describe(
          arena, said, KAFKA_DUPLICATE_RESOURCE,
          "Cannot describe SCRAM credentials for the same user twice in a single request");
    else
      describe(arena, all, count, asked[i].name, said);
  }
}

static void credentials_found(void *context, enum headrace_log_error error,
                              const struct headrace_log_credential *all, size_t count)
{
  struct exchange *exchange = context;
  const struct describe_user_scram_credentials_request *request = exchange->request.body;
  struct describe_user_scram_credentials_response *answer =
      WIRE_NEW(&exchange->arena, describe_user_scram_credentials_response);
  answer->error_code = (int16_t)kafka_error_of(error);
  if (error == HEADRACE_LOG_OK && request->users.count > 0)
    describe_some(&exchange->arena, all, count, request, answer);
  else if (error == HEADRACE_LOG_OK)
    describe_all(&exchange->arena, all, count, answer);
  exchange_answer(exchange, answer);
}

void handle_describe_user_scram_credentials(struct exchange *exchange)
{
  credentials_ask(exchange->broker, NULL, credentials_found, exchange);
}

/* ---- AlterUserScramCredentials ----------------------------------------------------------------
 */

typedef struct alter_user_scram_credentials_request_scram_credential_upsertion upsertion;
typedef struct alter_user_scram_credentials_request_scram_credential_deletion deletion;
typedef struct alter_user_scram_credentials_response_result verdict;

/* What is asked for, deletions first, each user's together. */
struct credential_change {
  struct wire_slice user;
  int32_t place;
  int8_t mechanism;
  const upsertion *upsertion; /* NULL: it is to be taken away */
};

struct credential_changes {
  struct exchange *exchange;
  struct alter_user_scram_credentials_response *answer;
  struct credential_change *items;
  int32_t count;
  const struct headrace_log_credential *there;
  size_t there_count;
  bool away;                              /* what is there is not known */
  struct headrace_log_credential *wanted; /* what the store is told */
  size_t wanted_count;
};

static int by_user(const void *a, const void *b)
{
  const struct credential_change *one = a, *other = b;
  int order = compare(one->user, other->user.data, other->user.size);
  return order ? order : (one->place > other->place) - (one->place < other->place);
}

static void gather(struct credential_changes *all)
{
  const struct alter_user_scram_credentials_request *request = all->exchange->request.body;
  int32_t deletions = request->deletions.count, upsertions = request->upsertions.count;
  all->items =
      wire_alloc(&all->exchange->arena, (size_t)(deletions + upsertions) * sizeof *all->items);
  for (int32_t i = 0; i < deletions; i++, all->count++) {
    const deletion *asked = &request->deletions.items[i];
    all->items[all->count] =
        (struct credential_change){asked->name, all->count, asked->mechanism, NULL};
  }
  for (int32_t i = 0; i < upsertions; i++, all->count++) {
    const upsertion *asked = &request->upsertions.items[i];
    all->items[all->count] =
        (struct credential_change){asked->name, all->count, asked->mechanism, asked};
  }
  qsort(all->items, (size_t)all->count, sizeof *all->items, by_user);
}

static bool is_there(const struct credential_changes *all, struct wire_slice user,
                     const struct scram_hash *hash)
{
  for (size_t i = first_of(all->there, all->there_count, user);
       i < all->there_count && wire_is(user, all->there[i].user); i++)
    if (!strcmp(all->there[i].mechanism, hash->name))
      return true;
  return all->away;
}

static enum kafka_error upsertion_fault(const upsertion *asked, const char **why)
{
  if (asked->iterations < SCRAM_LEAST_ITERATIONS)
    *why = "Too few iterations";
  else if (asked->iterations > SCRAM_MOST_ITERATIONS)
    *why = "Too many iterations";
  else if (!asked->salted_password.size || asked->salted_password.size > SCRAM_TOKEN_MAX)
    *why = "A salted password must not be empty, nor be longer than 16384 bytes";
  else if (asked->salt.size > SCRAM_SALT_MAX)
    *why = "A salt must not be longer than 1024 bytes";
  else
    return KAFKA_NONE;
  return KAFKA_UNACCEPTABLE_CREDENTIAL;
}

static const char *user_fault(struct exchange *exchange, struct wire_slice user)
{
  if (!user.size)
    return "Username must not be empty";
  if (user.size > SCRAM_USER_MAX)
    return "Username must not be longer than 1024 bytes";
  if (memchr(user.data, 0, user.size))
    return "Username must not have a zero byte";
  if (sasl_user_of_file(exchange->broker, wire_string(&exchange->arena, user)))
    return "The user's password is in the broker's users_file";
  return NULL;
}

static enum kafka_error fault_of(const struct credential_changes *all,
                                 const struct credential_change *asked, const char **why)
{
  const struct scram_hash *hash = scram_hash_numbered(asked->mechanism);
  *why = user_fault(all->exchange, asked->user);
  if (*why)
    return KAFKA_UNACCEPTABLE_CREDENTIAL;
  if (!hash) {
    *why = "Unknown SCRAM mechanism";
    return KAFKA_UNSUPPORTED_SASL_MECHANISM;
  }
  if (asked->upsertion)
    return upsertion_fault(asked->upsertion, why);
  *why = "Attempt to delete a user credential that does not exist";
  return is_there(all, asked->user, hash) ? KAFKA_NONE : KAFKA_RESOURCE_NOT_FOUND;
}

static struct headrace_log_bytes key_of(struct wire_arena *arena, const struct scram_hash *hash,
                                        const unsigned char *key)
{
  const struct wire_slice bytes = {(const char *)key, hash->key_size};
  return (struct headrace_log_bytes){wire_copy(arena, bytes).data, hash->key_size};
}

static void want(struct credential_changes *all, const struct credential_change *asked)
{
  struct wire_arena *arena = &all->exchange->arena;
  const struct scram_hash *hash = scram_hash_numbered(asked->mechanism);
  const upsertion *to = asked->upsertion;
  struct headrace_log_credential *wanted = &all->wanted[all->wanted_count++];
  *wanted = (struct headrace_log_credential){.user = wire_string(arena, asked->user),
                                             .mechanism = hash->name};
  if (!to)
    return;
  struct scram_verifier verifier;
  scram_derive_salted(hash, to->salted_password, &verifier);
  wanted->iterations = to->iterations;
  wanted->salt = (struct headrace_log_bytes){to->salt.data, to->salt.size};
  wanted->stored_key = key_of(arena, hash, verifier.stored_key);
  wanted->server_key = key_of(arena, hash, verifier.server_key);
}

/* Kafka's own order: what is wrong with the first counts, and only then that there is another. */
static void judge(struct credential_changes *all)
{
  struct wire_arena *arena = &all->exchange->arena;
  WIRE_ITEMS(arena, all->answer->results, all->count, alter_user_scram_credentials_response_result);
  all->answer->results.count = 0;
  all->wanted = wire_alloc(arena, (size_t)all->count * sizeof *all->wanted);
  for (int32_t i = 0, next; i < all->count; i = next) {
    verdict *said = &all->answer->results.items[all->answer->results.count++];
    const struct credential_change *first = &all->items[i];
    for (next = i + 1; next < all->count && wire_equal(first->user, all->items[next].user);)
      next++;
    const char *why;
    enum kafka_error error = fault_of(all, first, &why);
    if (error == KAFKA_NONE && next > i + 1) {
      error = KAFKA_DUPLICATE_RESOURCE;
      why = "A user credential cannot be altered twice in the same request";
    }
    said->user = first->user;
    said->error_message = (struct wire_slice){0}; /* null, as of Kafka */
    if (error == KAFKA_NONE)
      want(all, first);
    else
      tally_refuse(arena, &said->error_code, &said->error_message, error, why);
  }
}

static void altered(void *context, enum headrace_log_error error, const char *reason)
{
  struct credential_changes *all = context;
  struct alter_user_scram_credentials_response *answer = all->answer;
  for (int32_t i = 0; i < answer->results.count && error != HEADRACE_LOG_OK; i++) {
    verdict *said = &answer->results.items[i];
    if (said->error_code == KAFKA_NONE)
      tally_refuse(&all->exchange->arena, &said->error_code, &said->error_message,
                   kafka_error_of(error), reason);
  }
  exchange_answer(all->exchange, answer);
}

static void alter(void *context, enum headrace_log_error error,
                  const struct headrace_log_credential *there, size_t count)
{
  struct credential_changes *all = context;
  const struct headrace_log *log = all->exchange->broker->log;
  all->there = there;
  all->there_count = count;
  all->away = error != HEADRACE_LOG_OK;
  judge(all);
  if (error != HEADRACE_LOG_OK || !all->wanted_count)
    altered(all, error, NULL);
  else if (!credentials_are_kept(all->exchange->broker))
    altered(all, HEADRACE_LOG_INVALID, "the sink of this broker keeps no users");
  else
    log->alter_credentials(log->self, all->wanted, all->wanted_count, altered, all);
}

void handle_alter_user_scram_credentials(struct exchange *exchange)
{
  struct credential_changes *all = wire_alloc(&exchange->arena, sizeof *all);
  all->exchange = exchange;
  all->answer = WIRE_NEW(&exchange->arena, alter_user_scram_credentials_response);
  gather(all);
  credentials_ask(exchange->broker, NULL, alter, all);
}
