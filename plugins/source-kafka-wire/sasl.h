/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients that have to log in (KIP-43, KIP-152), with PLAIN (RFC 4616) or SCRAM. Until one has, its
 * requests are served one at a time, and no others than those that logging in takes. */
#ifndef HEADRACE_KAFKA_SASL_H
#define HEADRACE_KAFKA_SASL_H

#include "broker.h"
#include "users.h"

#define SASL_FRAME_MAX (64 << 10) /* of a request, before its client has logged in */

bool sasl_check(const struct headrace_host *host); /* false: said by log(), also below */
/* broker->sasl, which stays NULL if nobody has to log in. */
bool sasl_rules_new(struct broker *broker);
void sasl_rules_free(struct sasl_rules *rules);
/* Whether users_file has him, so that the log is not asked. */
bool sasl_user_of_file(const struct broker *broker, const char *name);

/* connection->sasl; NULL if nobody has to log in. */
struct sasl *sasl_new(struct connection *connection);
void sasl_free(struct connection *connection);
/* Whether a request may be served of one that has not logged in. */
bool sasl_admits(const struct connection *connection, int16_t key);
/* The next frame is a token and no request: after SaslHandshake of version 0. */
bool sasl_wants_token(const struct connection *connection);
void sasl_take_token(struct exchange *exchange, struct wire_slice token);

/* credentials.c: of a user, or NULL: of all. A log may keep none; then they are none. */
bool credentials_are_kept(const struct broker *broker);
void credentials_ask(struct broker *broker, const char *user, headrace_log_credentials_done done,
                     void *context);

#endif
