/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM, the server's side: RFC 5802, and RFC 7677 for SHA-256. As in Kafka names and passwords
 * are compared as bytes (no SASLprep), and there is no channel binding. */
#ifndef HEADRACE_KAFKA_SCRAM_H
#define HEADRACE_KAFKA_SCRAM_H

#include "wire.h"

enum {
  SCRAM_KEY_MAX = 64,
  SCRAM_SALT_MAX = 1024,
  SCRAM_USER_MAX = 1024,         /* bytes of a name */
  SCRAM_TOKEN_MAX = 16384,       /* bytes of a message */
  SCRAM_LEAST_ITERATIONS = 4096, /* Kafka's, and its clients' */
  SCRAM_MOST_ITERATIONS = 16384, /* Kafka's */
  SCRAM_NONCE_SIZE = 33          /* with its end */
};

/* A mechanism. Two of them are there; which, is their place in the table. */
struct scram_hash {
  const char *name;   /* "SCRAM-SHA-256" */
  const char *digest; /* OpenSSL's name */
  uint8_t key_size;
  int8_t number; /* in Kafka's requests: org.apache.kafka.clients.admin.ScramMechanism */
};
enum { SCRAM_HASHES = 2 };
extern const struct scram_hash scram_hashes[SCRAM_HASHES];
const struct scram_hash *scram_hash_named(struct wire_slice name); /* NULL: none */
const struct scram_hash *scram_hash_numbered(int8_t number);       /* likewise */

/* What a password is checked against. It does not give the password away, and nobody can log in
 * with it, but who has it can try passwords: a secret. */
struct scram_verifier {
  int32_t iterations; /* 0: there is none */
  uint32_t salt_size;
  unsigned char salt[SCRAM_SALT_MAX];
  unsigned char stored_key[SCRAM_KEY_MAX], server_key[SCRAM_KEY_MAX];
};

void scram_random(void *bytes, size_t size); /* at most 256 */
/* The keys, of a password that the client has salted, or of one that is salted here (some
 * milliseconds) with the verifier's salt and iterations. */
void scram_derive_salted(const struct scram_hash *hash, struct wire_slice salted,
                         struct scram_verifier *verifier);
void scram_derive(const struct scram_hash *hash, struct wire_slice password,
                  struct scram_verifier *verifier);
bool scram_fits(const struct scram_hash *hash, const struct scram_verifier *verifier,
                struct wire_slice password);
/* That of a user who is not there, always the same, so that nobody learns that he is not. */
void scram_pretend(const struct scram_hash *hash, const void *secret, size_t secret_size,
                   struct wire_slice user, struct scram_verifier *verifier);
/* "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey", as PostgreSQL has it in pg_authid. */
bool scram_read_verifier(struct wire_slice text, const struct scram_hash **hash,
                         struct scram_verifier *verifier);

/* One login: begin() with the client's first message, challenge(), finish() with its second.
 * Zeroed, with a hash, it is ready for use; end() frees it. */
struct scram {
  const struct scram_hash *hash;
  struct wire_arena arena;
  char *user; /* after begin() */
  struct wire_slice header, first_bare, nonce, server_first;
  uint32_t client_nonce_size; /* the beginning of the nonce */
  struct scram_verifier verifier;
};

enum scram_result { SCRAM_OK, SCRAM_MALFORMED, SCRAM_OTHER_USER, SCRAM_WRONG };

enum scram_result scram_begin(struct scram *scram, struct wire_slice token);
void scram_make_nonce(char nonce[SCRAM_NONCE_SIZE]);
/* The server's first message, for the user's verifier. */
struct wire_slice scram_challenge(struct scram *scram, const struct scram_verifier *verifier,
                                  const char *nonce);
/* The server's last message, if the client knows the password. */
enum scram_result scram_finish(struct scram *scram, struct wire_slice token,
                               struct wire_slice *answer);
void scram_end(struct scram *scram);

#endif
