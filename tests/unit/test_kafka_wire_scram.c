/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM, with the example of RFC 7677 and one of SHA-512, which was computed with Python's
 * hashlib; and everything that is not as RFC 5802 has it. */
#include "base64.h"
#include "scram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define FIRST        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE        "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT         "W22ZaJ0SNY7soEsUEjb6gQ=="
#define PROOF_256    "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_256   "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
#define FINAL_256    "c=biws,r=" NONCE ",p=" PROOF_256
/* clang-format off */
#define PROOF_512    "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ=="
#define SERVER_512   "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="
/* clang-format on */

static struct scram_verifier verifier_of(const struct scram_hash *hash, const char *password)
{
  struct scram_verifier verifier = {.iterations = 4096};
  size_t size;
  assert_true(base64_decode(wire_text(SALT), verifier.salt, sizeof verifier.salt, &size));
  verifier.salt_size = (uint32_t)size;
  scram_derive(hash, wire_text(password), &verifier);
  return verifier;
}

static enum scram_result login(const struct scram_hash *hash, const char *first, const char *last,
                               char *answer)
{
  struct scram scram = {.hash = hash};
  struct wire_slice said = {0};
  struct scram_verifier verifier = verifier_of(hash, "pencil");
  enum scram_result result = scram_begin(&scram, wire_text(first));
  if (result == SCRAM_OK) {
    struct wire_slice challenge = scram_challenge(&scram, &verifier, SERVER_NONCE);
    assert_string_equal(challenge.data, "r=" NONCE ",s=" SALT ",i=4096");
    result = scram_finish(&scram, wire_text(last), &said);
  }
  if (answer)
    strcpy(answer, said.data ? said.data : "");
  scram_end(&scram);
  return result;
}

static void examples(void **state)
{
  char answer[128];
  (void)state;
  assert_int_equal(login(&scram_hashes[0], FIRST, FINAL_256, answer), SCRAM_OK);
  assert_string_equal(answer, SERVER_256);
  assert_int_equal(login(&scram_hashes[1], FIRST, "c=biws,r=" NONCE ",p=" PROOF_512, answer),
                   SCRAM_OK);
  assert_string_equal(answer, SERVER_512);
  assert_int_equal(login(&scram_hashes[1], FIRST, FINAL_256, answer), SCRAM_MALFORMED);
}

static void passwords(void **state)
{
  (void)state;
  for (size_t i = 0; i < SCRAM_HASHES; i++) {
    struct scram_verifier verifier = verifier_of(&scram_hashes[i], "pencil");
    assert_true(scram_fits(&scram_hashes[i], &verifier, wire_text("pencil")));
    assert_false(scram_fits(&scram_hashes[i], &verifier, wire_text("Pencil")));
    assert_false(scram_fits(&scram_hashes[i], &verifier, wire_text("pencils")));
  }
}

static void names(void **state)
{
  static const struct {
    const char *first, *user; /* NULL: it is refused */
  } cases[] = {
      {"n,,n=user,r=a", "user"},
      {"y,,n=user,r=a", "user"},
      {"n,,n=a=3Db=2Cc,r=a", "a=b,c"},
      {"n,,n=J\xc3\xbcrgen,r=a", "J\xc3\xbcrgen"},
      {"n,a=user,n=user,r=a", "user"},
      {"n,,n=user,r=a,tokenauth=true,x=", "user"},
      {"n,,n=us=er,r=a", NULL},
      {"n,,n=us=2cer,r=a", NULL},
      {"n,,n=user=2,r=a", NULL},
      {"n,,n=,r=a", NULL},
      {"n,,n=user,r=", NULL},
      {"n,,n=user,r=a b", NULL},
      {"n,,n=user,r=\xc3\xa4", NULL},
      {"n,,n=user", NULL},
      {"n,,r=a,n=user", NULL},
      {"n,,m=x,n=user,r=a", NULL},
      {"n,,n=user,r=a,x", NULL},
      {"n,,n=user,r=a,=x", NULL},
      {"n,,n=user,r=a,", NULL},
      {"p=tls-unique,,n=user,r=a", NULL},
      {"n,b=user,n=user,r=a", NULL},
      {"n,a=,n=user,r=a", NULL},
      {"n=user,r=a", NULL},
      {"n,", NULL},
      {"", NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct scram scram = {.hash = &scram_hashes[0]};
    enum scram_result result = scram_begin(&scram, wire_text(cases[i].first));
    assert_int_equal(result, cases[i].user ? SCRAM_OK : SCRAM_MALFORMED);
    if (cases[i].user)
      assert_string_equal(scram.user, cases[i].user);
    scram_end(&scram);
  }
  struct scram scram = {.hash = &scram_hashes[0]};
  assert_int_equal(scram_begin(&scram, wire_text("n,a=other,n=user,r=a")), SCRAM_OTHER_USER);
  scram_end(&scram);
  assert_int_equal(scram_begin(&scram, (struct wire_slice){"n,,n=us\0er,r=a", 14}),
                   SCRAM_MALFORMED);
  scram_end(&scram);
}

static void lengths(void **state)
{
  static char token[SCRAM_TOKEN_MAX + 2];
  (void)state;
  for (int over = 0; over < 2; over++) {
    struct scram scram = {.hash = &scram_hashes[0]};
    snprintf(token, sizeof token, "n,,n=%0*d,r=a", SCRAM_USER_MAX + over, 0);
    assert_int_equal(scram_begin(&scram, wire_text(token)), over ? SCRAM_MALFORMED : SCRAM_OK);
    scram_end(&scram);
    snprintf(token, sizeof token, "n,,n=u,r=%0*d", SCRAM_TOKEN_MAX - 9 + over, 0);
    assert_int_equal(scram_begin(&scram, wire_text(token)), over ? SCRAM_MALFORMED : SCRAM_OK);
    scram_end(&scram);
  }
}

static void last_messages(void **state)
{
  static const struct {
    const char *last;
    enum scram_result result;
  } cases[] = {
      {FINAL_256, SCRAM_OK},
      {"c=biws,r=" NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=", SCRAM_MALFORMED},
      {"c=biws,r=" NONCE ",p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", SCRAM_WRONG},
      {"c=biws,r=" NONCE ",x=y,p=" PROOF_256, SCRAM_WRONG}, /* it is signed too */
      {"c=biws,r=" NONCE ",xy,p=" PROOF_256, SCRAM_MALFORMED},
      {"c=biws,r=" NONCE ",p=", SCRAM_MALFORMED},
      {"c=biws,r=" NONCE ",p=dHzb", SCRAM_MALFORMED},
      {"c=biws,r=" NONCE ",p=" PROOF_256 ",x=y", SCRAM_MALFORMED},
      {"c=biws,r=" NONCE "x,p=" PROOF_256, SCRAM_MALFORMED},
      {"c=biws,r=rOprNGfwEbeRWgbNEkqO" NONCE ",p=1Y75+q7XaCGJj/r6vyQWwoNxSzV5ksS8xhp5Lqyriec=",
       SCRAM_OK},
      {"c=biws,r=rOprNGfwEbeRWgbNEkqO" NONCE ",p=" PROOF_256, SCRAM_WRONG},
      {"c=biws,r=xOprNGfwEbeRWgbNEkqO" NONCE ",p=" PROOF_256, SCRAM_MALFORMED},
      {"c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" PROOF_256, SCRAM_MALFORMED},
      {"c=eSws,r=" NONCE ",p=" PROOF_256, SCRAM_MALFORMED}, /* "y,," */
      {"c=,r=" NONCE ",p=" PROOF_256, SCRAM_MALFORMED},
      {"r=" NONCE ",p=" PROOF_256, SCRAM_MALFORMED},
      {"c=biws,r=" NONCE, SCRAM_MALFORMED},
      {"c=biws", SCRAM_MALFORMED},
      {"", SCRAM_MALFORMED},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(login(&scram_hashes[0], FIRST, cases[i].last, NULL), cases[i].result);
}

static void who_is_not_there(void **state)
{
  struct scram_verifier one, again, other;
  (void)state;
  scram_pretend(&scram_hashes[0], "secret", 6, wire_text("ann"), &one);
  scram_pretend(&scram_hashes[0], "secret", 6, wire_text("ann"), &again);
  scram_pretend(&scram_hashes[0], "secret", 6, wire_text("bob"), &other);
  assert_int_equal(one.salt_size, 16);
  assert_memory_equal(one.salt, again.salt, 16);
  assert_memory_not_equal(one.salt, other.salt, 16);
}

static void verifiers(void **state)
{
  /* PostgreSQL's, of the password "pencil" with the salt of RFC 7677. */
  static const char good[] =
      "SCRAM-SHA-256$4096:" SALT
      "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  const struct scram_hash *hash;
  struct scram_verifier read, made = verifier_of(&scram_hashes[0], "pencil");
  (void)state;
  assert_true(scram_read_verifier(wire_text(good), &hash, &read));
  assert_ptr_equal(hash, &scram_hashes[0]);
  assert_memory_equal(&read, &made, sizeof read);
  for (uint32_t size = 0; size < sizeof good - 1; size++)
    assert_false(scram_read_verifier((struct wire_slice){good, size}, &hash, &read));
  static const char *const bad[] = {"SCRAM-SHA-1$4096:c2FsdA==$c2FsdA==:c2FsdA==",
                                    "SCRAM-SHA-256$4095:c2FsdA==$c2FsdA==:c2FsdA==",
                                    "SCRAM-SHA-256$99999999999:c2FsdA==$c2FsdA==:c2FsdA=="};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(scram_read_verifier(wire_text(bad[i]), &hash, &read));
}

static void base64(void **state)
{
  static const char *const texts[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                      "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  static const char *const bad[] = {"Z",    "Zg",       "Zg=",  "Z===",  "====", "Zh==",
                                    "Zm9=", "Zg==Zg==", "Zm 9", "Zm9\n", "Zm-_", "Zm9vYg=="};
  struct wire_arena arena = {0};
  char data[6];
  size_t size;
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    assert_string_equal(base64_encode(&arena, "foobar", i).data, texts[i]);
    assert_true(base64_decode(wire_text(texts[i]), data, sizeof data, &size));
    assert_int_equal(size, i);
    assert_memory_equal(data, "foobar", i);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(base64_decode(wire_text(bad[i]), data, 3, &size));
  wire_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(examples),      cmocka_unit_test(passwords),
      cmocka_unit_test(names),         cmocka_unit_test(lengths),
      cmocka_unit_test(last_messages), cmocka_unit_test(who_is_not_there),
      cmocka_unit_test(verifiers),     cmocka_unit_test(base64),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
