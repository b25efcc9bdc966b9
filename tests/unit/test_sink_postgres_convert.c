/* SPDX-License-Identifier: Apache-2.0
 *
 * sink-postgres: what a value of an event is sent as, by the column that it goes to. */
#include "convert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T(name) HEADRACE_TYPE_##name
#define J       HEADRACE_LITERAL
#define TXT     HEADRACE_TEXT

enum { OID_BIT = 1560, OID_VARBIT = 1562 };

struct to_text {
  uint16_t from, from_element, to, to_element;
  uint32_t to_oid;
  int32_t precision, scale;
  uint32_t state;
  const char *value, *expected; /* NULL: refused */
};

static const struct to_text cases[] = {
    /* typed */
    {T(BOOL), 0, T(BIT), 0, OID_BIT, 1, -1, TXT, "t", "1"},
    {T(BOOL), 0, T(BIT), 0, OID_BIT, 1, -1, TXT, "f", "0"},
    {T(BIT), 0, T(BIT), 0, OID_BIT, 8, -1, TXT, "00000001", "00000001"},
    {T(BIT), 0, T(BIT), 0, OID_VARBIT, 8, -1, TXT, "00000001", "1"},
    {T(BIT), 0, T(BIT), 0, OID_VARBIT, 8, -1, TXT, "0000", ""},
    {T(JSON), 0, T(HSTORE), 0, 0, -1, -1, TXT, "{\"a\":\"1\",\"b\\\"\":null}",
     "\"a\"=>\"1\",\"b\\\"\"=>NULL"},
    {T(JSON), 0, T(HSTORE), 0, 0, -1, -1, TXT, "no object", "no object"},
    {T(JSON), 0, T(JSON), 0, 0, -1, -1, TXT, "{\"a\": 1}", "{\"a\": 1}"},
    {T(HSTORE), 0, T(JSON), 0, 0, -1, -1, TXT, "\"a\"=>\"1\", \"b\\\"\\\\\"=>NULL",
     "{\"a\":\"1\",\"b\\\"\\\\\":null}"},
    {T(HSTORE), 0, T(JSON), 0, 0, -1, -1, TXT, "", "{}"},
    {T(HSTORE), 0, T(JSON), 0, 0, -1, -1, TXT, "\"a\"=>\"1", "\"a\"=>\"1"},
    {T(HSTORE), 0, T(JSON), 0, 0, -1, -1, TXT, "\"a\\", "\"a\\"},
    {T(HSTORE), 0, T(HSTORE), 0, 0, -1, -1, TXT, "\"a\"=>\"1\"", "\"a\"=>\"1\""},
    {T(ARRAY), T(JSON), T(ARRAY), T(HSTORE), 0, -1, -1, TXT, "{\"{\\\"a\\\":\\\"1\\\"}\",NULL}",
     "{\"\\\"a\\\"=>\\\"1\\\"\",NULL}"},
    {T(ARRAY), T(JSON), T(ARRAY), T(HSTORE), 0, -1, -1, TXT, "{\"{", "{\"{"},
    {T(ARRAY), T(JSON), T(ARRAY), T(JSON), 0, -1, -1, TXT, "{\"{}\"}", "{\"{}\"}"},
    /* not typed */
    {T(UNTYPED), 0, T(BIT), 0, OID_BIT, 8, -1, TXT, "", "00000000"},
    {T(UNTYPED), 0, T(BIT), 0, OID_BIT, 20, -1, TXT, "AQ==", "00000000000000000001"},
    {T(UNTYPED), 0, T(BIT), 0, OID_BIT, 20, -1, TXT, "AQAI", "10000000000000000001"},
    {T(UNTYPED), 0, T(BIT), 0, OID_BIT, 8, -1, TXT, "00000101", "00000101"},
    {T(UNTYPED), 0, T(BIT), 0, OID_VARBIT, -1, -1, TXT, "FQ==", "10101"},
    {T(UNTYPED), 0, T(BIT), 0, OID_VARBIT, -1, -1, TXT, "10101", "10101"},
    {T(UNTYPED), 0, T(BIT), 0, OID_VARBIT, 8, -1, TXT, "AQ==", "1"},
    {T(UNTYPED), 0, T(BIT), 0, OID_BIT, 1, -1, J, "true", "1"},
    {T(UNTYPED), 0, T(DATE), 0, 0, -1, -1, TXT, "-0043-03-15Z", "0044-03-15 BC"},
    {T(UNTYPED), 0, T(DATE), 0, 0, -1, -1, J, "-735160", "0044-03-15 BC"},
    {T(UNTYPED), 0, T(TIMESTAMP), 0, 0, -1, -1, TXT, "-0043-03-15T01:02:03Z",
     "0044-03-15 01:02:03 BC"},
    {T(UNTYPED), 0, T(TIMESTAMP), 0, 0, -1, -1, TXT, "+294247-01-10T04:00:25.2Z", "infinity"},
    {T(UNTYPED), 0, T(TIMESTAMP), 0, 0, -1, -1, J, "9223372036825200000", "infinity"},
    {T(UNTYPED), 0, T(TIMESTAMP), 0, 0, -1, 3, J, "-1", "1969-12-31 23:59:59.999"},
    {T(UNTYPED), 0, T(TIMESTAMPTZ), 0, 0, -1, -1, TXT, "2026-01-31T04:05:06+01:00",
     "2026-01-31 03:05:06+00"},
    {T(UNTYPED), 0, T(TIME), 0, 0, -1, -1, J, "86400000000", "24:00:00"},
    {T(UNTYPED), 0, T(NUMERIC), 0, 0, 5, 2, TXT, "MDk=", "123.45"},
    {T(UNTYPED), 0, T(NUMERIC), 0, 0, -1, -1, TXT, "MDk=", NULL},
    {T(UNTYPED), 0, T(NUMERIC), 0, 0, -1, -1, J, "{\"scale\":2,\"value\":\"MDk=\"}", "123.45"},
    {T(UNTYPED), 0, T(BYTES), 0, 0, -1, -1, TXT, "AP8=", "\\x00ff"},
    {T(UNTYPED), 0, T(POINT), 0, 0, -1, -1, J, "{\"x\":1.0,\"y\":2.5,\"wkb\":\"AQ==\"}",
     "(1.0,2.5)"},
    {T(UNTYPED), 0, T(ARRAY), T(HSTORE), 0, -1, -1, J, "[\"{\\\"a\\\":null}\",null]",
     "{\"\\\"a\\\"=>NULL\",NULL}"},
};

static void values_become_texts(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct to_text *c = &cases[i];
    struct headrace_column from = {.type = c->from, .element_type = c->from_element};
    struct target_column to = {.logical = c->to,
                               .element_logical = c->to_element,
                               .type_oid = c->to_oid,
                               .precision = c->precision,
                               .scale = c->scale};
    struct conversion conversion = {.from = &from, .to = &to};
    struct headrace_value value = {c->value, (uint32_t)strlen(c->value), c->state};
    struct buffer out = {0};
    const char *reason = NULL;
    bool good = convert_text(&conversion, &value, &out, &reason);
    if (!c->expected) {
      assert_false(good);
      assert_non_null(reason);
    } else {
      assert_true(good);
      char *text = strndup(out.data + 4, out.size - 4);
      assert_string_equal(text, c->expected);
      free(text);
    }
    free(out.data);
  }
}

/* What the event says to be of fixed length has zeros of its own. */
static void bits_of_a_known_kind_stay(void **state)
{
  (void)state;
  struct headrace_column from = {.type = T(BIT), .type_name = "bit"};
  struct target_column to = {.logical = T(BIT), .type_oid = OID_VARBIT};
  struct conversion conversion = {.from = &from, .to = &to};
  struct buffer out = {0};
  const char *reason;
  assert_true(convert_text(&conversion, &(struct headrace_value){"0001", 4, TXT}, &out, &reason));
  assert_int_equal(out.size, 8);
  assert_memory_equal(out.data + 4, "0001", 4);
  free(out.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_become_texts),
      cmocka_unit_test(bits_of_a_known_kind_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
