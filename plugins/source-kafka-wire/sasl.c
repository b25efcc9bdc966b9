/* SPDX-License-Identifier: Apache-2.0
 *
 * States and texts are those of Kafka's SaslServerAuthenticator, ScramSaslServer and
 * PlainSaslServer. */
#include "sasl.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define REFUSAL_MS  100 /* Kafka's connection.failed.authentication.delay.ms */
#define SECRET_SIZE 32

static const char plain[] = "PLAIN";

/* ---- what the broker wants --------------------------------------------------------------------
 */

struct sasl_rules {
  struct wire_slice_array mechanisms; /* by name */
  struct users *users;                /* of users_file; NULL: there is none */
  unsigned char secret[SECRET_SIZE];  /* for users who are not there */
};

static bool is_mechanism(struct wire_slice name)
{
  return wire_is(name, plain) || scram_hash_named(name);
}

bool sasl_check(const struct headrace_host *host)
{
  const struct headrace_pair *names;
  size_t count = host->list(host, "sasl", &names);
  const char *path = host->string(host, "users_file");
  bool good = true;
  for (size_t i = 0; i < count; i++)
    if (!is_mechanism(wire_text(names[i].name))) {
      host->log(host, HEADRACE_ERROR,
                "sasl: '%s' is not one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", names[i].name);
      good = false;
    }
  if (path && !count) {
    host->log(host, HEADRACE_ERROR,
              "users_file: without sasl nobody has to log in; say which "
              "mechanisms there are, or take it out");
    return false;
  }
  return good && (!path || users_check(host, path));
}

bool sasl_rules_new(struct broker *broker)
{
  const struct headrace_host *host = broker->host;
  const struct headrace_pair *names;
  size_t count = host->list(host, "sasl", &names);
  const char *path = host->string(host, "users_file");
  if (!count)
    return true;
  if (!path && !credentials_are_kept(broker)) {
    host->log(host, HEADRACE_ERROR, "sasl: the sink keeps no users, so users_file has to");
    return false;
  }
  struct sasl_rules *rules = broker->sasl = broker_alloc(sizeof *rules);
  rules->mechanisms.items = broker_alloc(count * sizeof *rules->mechanisms.items);
  for (size_t i = 0; i < count; i++)
    rules->mechanisms.items[rules->mechanisms.count++] = wire_text(names[i].name);
  scram_random(rules->secret, sizeof rules->secret);
  return !path || users_load(host, path, &rules->users);
}

void sasl_rules_free(struct sasl_rules *rules)
{
  if (!rules)
    return;
  users_free(rules->users);
  free(rules->mechanisms.items);
  free(rules);
}

bool sasl_user_of_file(const struct broker *broker, const char *name)
{
  return broker->sasl && users_find(broker->sasl->users, name);
}

/* ---- a connection -----------------------------------------------------------------------------
 */

enum stage { STAGE_STRANGER, STAGE_CHOSEN, STAGE_CHALLENGED, STAGE_REFUSED };

struct sasl {
  struct connection *connection;
  enum stage stage;
  bool bare;          /* tokens are frames, not in requests */
  bool is_known;      /* that there is such a user */
  struct scram scram; /* its hash is NULL: PLAIN */
  int64_t asked_ms;   /* when its last request came */
  struct timer delay; /* until the refusal is told */
  struct exchange *refused;
};

static void tell_refusal(struct timer *timer);

struct sasl *sasl_new(struct connection *connection)
{
  if (!connection->broker->sasl)
    return NULL;
  struct sasl *sasl = broker_alloc(sizeof *sasl);
  sasl->connection = connection;
  sasl->delay.expired = tell_refusal;
  return sasl;
}

void sasl_free(struct connection *connection)
{
  struct sasl *sasl = connection->sasl;
  connection->sasl = NULL;
  if (!sasl)
    return;
  timer_clear(&connection->broker->timers, &sasl->delay);
  scram_end(&sasl->scram);
  free(sasl);
}

bool sasl_wants_token(const struct connection *connection)
{
  const struct sasl *sasl = connection->sasl;
  return sasl->bare && (sasl->stage == STAGE_CHOSEN || sasl->stage == STAGE_CHALLENGED);
}

bool sasl_admits(const struct connection *connection, int16_t key)
{
  switch (connection->sasl->stage) {
  case STAGE_STRANGER:
    return key == KEY_API_VERSIONS || key == KEY_SASL_HANDSHAKE;
  case STAGE_CHOSEN:
  case STAGE_CHALLENGED:
    return key == KEY_SASL_AUTHENTICATE;
  default:
    return false;
  }
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void answer_token(struct exchange *exchange, bool bare, struct wire_slice token)
{
  struct sasl_authenticate_response *answer;
  struct wire_slice copy = wire_copy(&exchange->arena, token);
  if (bare) {
    exchange->bare = copy;
    exchange_answer(exchange, NULL);
    return;
  }
  answer = WIRE_NEW(&exchange->arena, sasl_authenticate_response);
  answer->auth_bytes = copy;
  exchange_answer(exchange, answer);
}

/* Later, so that guessing takes its time; then the connection is closed. How long it took to find
 * out is not to be seen, for that says whether there is such a user. */
static void refuse(struct exchange *exchange, const void *response, const char *why)
{
  struct connection *connection = exchange->connection;
  struct broker *broker = connection->broker;
  struct sasl *sasl = connection->sasl;
  broker->host->counter(broker->host, "logins_refused", 1);
  broker_complain(broker, "%s was refused: %s", connection->peer, why);
  sasl->stage = STAGE_REFUSED;
  sasl->refused = exchange;
  exchange->alone = true;
  exchange->response = response;
  exchange->closed = exchange_silence;
  timer_set(&broker->timers, &sasl->delay, sasl->asked_ms + REFUSAL_MS);
}

static void tell_refusal(struct timer *timer)
{
  struct sasl *sasl = (struct sasl *)((char *)timer - offsetof(struct sasl, delay));
  sasl->connection->leaving = true;
  if (sasl->bare)
    exchange_silence(sasl->refused);
  else
    exchange_answer(sasl->refused, sasl->refused->response);
}

static const char *mechanism_of(const struct sasl *sasl)
{
  return sasl->scram.hash ? sasl->scram.hash->name : plain;
}

/* `text` NULL: what Kafka says without giving a reason away; `why` is for the log. */
static void refuse_login(struct exchange *exchange, const char *text, const char *why)
{
  struct sasl_authenticate_response *answer =
      WIRE_NEW(&exchange->arena, sasl_authenticate_response);
  const char *mechanism = mechanism_of(exchange->connection->sasl);
  if (!text)
    text = wire_format(&exchange->arena,
                       "Authentication failed during authentication due to invalid credentials "
                       "with SASL mechanism %s",
                       mechanism);
  answer->error_code = KAFKA_SASL_AUTHENTICATION_FAILED;
  answer->error_message = wire_text(text);
  refuse(exchange, answer, wire_format(&exchange->arena, "%s (%s)", why, mechanism));
}

static void welcome(struct exchange *exchange, const char *user, struct wire_slice token)
{
  struct connection *connection = exchange->connection;
  const struct headrace_host *host = connection->broker->host;
  if (connection->broker->log_connections)
    host->log(host, HEADRACE_INFO, "%s has logged in as %s (%s)", connection->peer, user,
              mechanism_of(connection->sasl));
  answer_token(exchange, connection->sasl->bare, token);
  sasl_free(connection);
}

/* ---- who it is --------------------------------------------------------------------------------
 */

static const char other_user[] =
    "Authentication failed: Client requested an authorization id that is different from username";

struct attempt {
  const char *user;
  bool for_another;
  struct wire_slice password; /* of PLAIN */
};

static void refuse_password(struct exchange *exchange, const struct attempt *attempt, bool known,
                            const char *text)
{
  const char *why =
      known ? wire_format(&exchange->arena, "a wrong password of user '%s'", attempt->user)
            : "there is no such user";
  refuse_login(exchange, text, why);
}

/* A user who is not there takes about as long as one with another password. */
static bool fits_any(const struct user_verifiers *known, const struct sasl_rules *rules,
                     const struct attempt *attempt)
{
  struct scram_verifier none;
  bool fits = false, any = false;
  for (size_t i = 0; i < SCRAM_HASHES && !fits; i++)
    if (known->of[i].iterations) {
      fits = scram_fits(&scram_hashes[i], &known->of[i], attempt->password);
      any = true;
    }
  if (any)
    return fits;
  scram_pretend(&scram_hashes[0], rules->secret, SECRET_SIZE, wire_text(attempt->user), &none);
  scram_fits(&scram_hashes[0], &none, attempt->password);
  return false;
}

static bool is_known(const struct user_verifiers *known)
{
  for (size_t i = 0; i < SCRAM_HASHES; i++)
    if (known->of[i].iterations)
      return true;
  return false;
}

static void decide_plain(struct exchange *exchange, const struct user_verifiers *known)
{
  const struct attempt *attempt = exchange->work;
  if (!fits_any(known, exchange->broker->sasl, attempt))
    refuse_password(exchange, attempt, is_known(known),
                    "Authentication failed: Invalid username or password");
  else if (attempt->for_another)
    refuse_login(exchange, other_user, "it wants to act for another user");
  else
    welcome(exchange, attempt->user, wire_text(""));
}

static void challenge(struct exchange *exchange, const struct user_verifiers *known)
{
  const struct attempt *attempt = exchange->work;
  const struct sasl_rules *rules = exchange->broker->sasl;
  struct sasl *sasl = exchange->connection->sasl;
  const struct scram_hash *hash = sasl->scram.hash;
  struct scram_verifier verifier = known->of[hash - scram_hashes];
  char nonce[SCRAM_NONCE_SIZE];
  if (attempt->for_another) {
    refuse_login(exchange, other_user, "it wants to act for another user");
    return;
  }
  sasl->is_known = verifier.iterations;
  if (!sasl->is_known)
    scram_pretend(hash, rules->secret, SECRET_SIZE, wire_text(attempt->user), &verifier);
  scram_make_nonce(nonce);
  sasl->stage = STAGE_CHALLENGED;
  answer_token(exchange, sasl->bare, scram_challenge(&sasl->scram, &verifier, nonce));
}

static void decide(struct exchange *exchange, const struct user_verifiers *known)
{
  if (exchange->connection->sasl->scram.hash)
    challenge(exchange, known);
  else
    decide_plain(exchange, known);
}

static void found(void *context, enum headrace_log_error error,
                  const struct headrace_log_credential *credentials, size_t count)
{
  struct exchange *exchange = context;
  struct user_verifiers known;
  if (!exchange->connection || exchange->connection->closing) {
    exchange_silence(exchange);
  } else if (error != HEADRACE_LOG_OK && error != HEADRACE_LOG_INVALID) {
    /* Not a refusal: clients take that for final, and try this again. */
    connection_close(exchange->connection, "its user cannot be looked up now");
    exchange_silence(exchange);
  } else {
    users_of_log(credentials, count, &known);
    decide(exchange, &known);
  }
  OPENSSL_cleanse(&known, sizeof known);
}

static void look_up(struct exchange *exchange, const struct attempt *attempt)
{
  const struct user_verifiers *known = users_find(exchange->broker->sasl->users, attempt->user);
  struct attempt *kept = exchange->work = wire_alloc(&exchange->arena, sizeof *kept);
  *kept = *attempt;
  exchange->alone = true;
  if (known)
    decide(exchange, known);
  else
    credentials_ask(exchange->broker, attempt->user, found, exchange);
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

enum { OTHER, USER, PASSWORD, FIELDS };

/* Fields between zero bytes; how many there are, but not beyond one too many. */
static int split(struct wire_slice token, struct wire_slice fields[FIELDS + 1])
{
  for (int count = 1;; count++) {
    const char *end = token.size ? memchr(token.data, 0, token.size) : NULL;
    uint32_t size = end ? (uint32_t)(end - token.data) : token.size;
    fields[count - 1] = (struct wire_slice){token.data, size};
    if (!end || count > FIELDS)
      return count;
    token = (struct wire_slice){end + 1, token.size - size - 1};
  }
}

/* [who to act for] NUL user NUL password */
static void begin_plain(struct exchange *exchange, struct wire_slice token)
{
  struct wire_slice fields[FIELDS + 1] = {{0}};
  int count = split(token, fields);
  struct wire_slice other = fields[OTHER], user = fields[USER], password = fields[PASSWORD];
  if (count != FIELDS) {
    const char *text = wire_format(&exchange->arena,
                                   "Invalid SASL/PLAIN response: expected 3 tokens, got %d", count);
    refuse_login(exchange, text, "its message is not as RFC 4616 has it");
  } else if (!user.size) {
    refuse_login(exchange, "Authentication failed: username not specified", "it named no user");
  } else if (!password.size) {
    refuse_login(exchange, "Authentication failed: password not specified", "it sent no password");
  } else if (user.size > SCRAM_USER_MAX || password.size > SCRAM_TOKEN_MAX) {
    refuse_login(exchange, NULL, "its user or password is too long");
  } else {
    const struct attempt attempt = {wire_string(&exchange->arena, user),
                                    other.size && !wire_equal(other, user), password};
    look_up(exchange, &attempt);
  }
}

static void begin_scram(struct exchange *exchange, struct wire_slice token)
{
  struct scram *scram = &exchange->connection->sasl->scram;
  enum scram_result result = scram_begin(scram, token);
  const struct attempt attempt = {scram->user, result == SCRAM_OTHER_USER, {NULL, 0}};
  if (result == SCRAM_MALFORMED)
    refuse_login(exchange, NULL, "its first message is not as RFC 5802 has it");
  else
    look_up(exchange, &attempt);
}

static void finish_scram(struct exchange *exchange, struct wire_slice token)
{
  struct sasl *sasl = exchange->connection->sasl;
  const struct attempt attempt = {.user = sasl->scram.user};
  struct wire_slice answer;
  enum scram_result result = scram_finish(&sasl->scram, token, &answer);
  if (result == SCRAM_MALFORMED)
    refuse_login(exchange, NULL, "its last message is not as RFC 5802 has it");
  else if (result != SCRAM_OK || !sasl->is_known)
    refuse_password(exchange, &attempt, sasl->is_known, NULL);
  else
    welcome(exchange, attempt.user, answer);
}

void sasl_take_token(struct exchange *exchange, struct wire_slice token)
{
  struct sasl *sasl = exchange->connection->sasl;
  sasl->asked_ms = broker_clock_ms();
  if (sasl->stage == STAGE_CHALLENGED)
    finish_scram(exchange, token);
  else if (sasl->scram.hash)
    begin_scram(exchange, token);
  else
    begin_plain(exchange, token);
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static bool is_offered(const struct sasl_rules *rules, struct wire_slice mechanism)
{
  for (int32_t i = 0; i < rules->mechanisms.count; i++)
    if (wire_equal(rules->mechanisms.items[i], mechanism))
      return true;
  return false;
}

void handle_sasl_handshake(struct exchange *exchange)
{
  const struct sasl_handshake_request *request = exchange->request.body;
  struct sasl_handshake_response *answer = WIRE_NEW(&exchange->arena, sasl_handshake_response);
  const struct sasl_rules *rules = exchange->broker->sasl;
  struct sasl *sasl = exchange->connection->sasl;
  if (!sasl) {
    answer->error_code = KAFKA_ILLEGAL_SASL_STATE;
    exchange_answer(exchange, answer);
    return;
  }
  sasl->asked_ms = broker_clock_ms();
  answer->mechanisms = rules->mechanisms;
  if (!is_offered(rules, request->mechanism)) {
    answer->error_code = KAFKA_UNSUPPORTED_SASL_MECHANISM;
    refuse(exchange, answer, "it wants to log in with a mechanism that sasl does not name");
    return;
  }
  sasl->stage = STAGE_CHOSEN;
  sasl->bare = exchange->request.version == 0;
  sasl->scram.hash = scram_hash_named(request->mechanism);
  exchange_answer(exchange, answer);
}

void handle_sasl_authenticate(struct exchange *exchange)
{
  const struct sasl_authenticate_request *request = exchange->request.body;
  if (exchange->connection->sasl) {
    sasl_take_token(exchange, request->auth_bytes);
    return;
  }
  struct sasl_authenticate_response *answer =
      WIRE_NEW(&exchange->arena, sasl_authenticate_response);
  answer->error_code = KAFKA_ILLEGAL_SASL_STATE;
  answer->error_message =
      wire_text("SaslAuthenticate request received after successful authentication");
  exchange_answer(exchange, answer);
}
