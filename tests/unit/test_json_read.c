/* SPDX-License-Identifier: Apache-2.0
 *
 * plugins/common/json_read: what RFC 8259 allows and what it does not, and that all of the
 * functions see the same text. */
#include "json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text in memory of exactly its size, so that sanitizers see what is read past it. */
static bool whole(const char *text, size_t size, struct json_value *value)
{
  char *data = malloc(size ? size : 1);
  memcpy(data, text, size);
  struct json_reader reader;
  json_read_begin(&reader, data, size);
  bool read = json_read_whole(&reader, value) && json_read_end(&reader);
  assert_true(read == !reader.error);
  assert_true(reader.at >= data && reader.at <= data + size);
  free(data);
  return read;
}

/* Walks the tree by members and elements; counts the scalars. */
static bool walk(struct json_reader *reader, unsigned *scalars)
{
  struct json_value value, name;
  if (!json_read_value(reader, &value))
    return false;
  if (value.kind == JSON_OBJECT) {
    while (json_next_member(reader, &name))
      if (!walk(reader, scalars))
        return false;
  } else if (value.kind == JSON_ARRAY) {
    while (json_next_element(reader))
      if (!walk(reader, scalars))
        return false;
  } else {
    ++*scalars;
  }
  return !reader->error;
}

static bool walked(const char *text, size_t size)
{
  struct json_reader reader;
  unsigned scalars = 0;
  json_read_begin(&reader, text, size);
  return walk(&reader, &scalars) && json_read_end(&reader) && reader.depth == 0;
}

struct text {
  const char *data;
  size_t size;
};
#define TEXT(literal)                                                                              \
  {                                                                                                \
    (literal), sizeof(literal) - 1                                                                 \
  }

static const struct text sound[] = {
    TEXT("null"),
    TEXT(" true\r\n\t "),
    TEXT("false"),
    TEXT("0"),
    TEXT("-0"),
    TEXT("-0.0e-0"),
    TEXT("123456789012345678901234567890.000000000000000000000000000000001"),
    TEXT("1E400"),
    TEXT("1e+0001"),
    TEXT("\"\""),
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFfFf\""),
    TEXT("\"\\ud800\\udc00\\uDBFF\\uDFFF\""),
    TEXT("\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
    TEXT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    TEXT("[]"),
    TEXT("{}"),
    TEXT("[ ]"),
    TEXT("{ }"),
    TEXT("[1,[2,[3]],{}]"),
    TEXT("{\"a\":1,\"a\":2,\"\":{\"[\":[\"{\"]}}"),
    TEXT(" [ null , true , { \"a\" : [ ] } ] "),
};

static const struct text unsound[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("\xef\xbb\xbfnull"),
    TEXT("nul"),
    TEXT("nulll"),
    TEXT("Null"),
    TEXT("NaN"),
    TEXT("-Infinity"),
    TEXT("undefined"),
    TEXT("1 2"),
    TEXT("+1"),
    TEXT("-"),
    TEXT("-a"),
    TEXT("01"),
    TEXT("-00"),
    TEXT("1."),
    TEXT(".5"),
    TEXT("1.e1"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("1.5.5"),
    TEXT("0x1"),
    TEXT("1_000"),
    TEXT("\""),
    TEXT("\"a"),
    TEXT("\"\\\""),
    TEXT("\"\\"),
    TEXT("'a'"),
    TEXT("\"\\a\""),
    TEXT("\"\\\0\""),
    TEXT("\"\\U0041\""),
    TEXT("\"\\u004\""),
    TEXT("\"\\u00g0\""),
    TEXT("\"\\ud800\""),
    TEXT("\"\\ud800a\""),
    TEXT("\"\\ud800\\n\""),
    TEXT("\"\\ud800\\ud800\""),
    TEXT("\"\\udc00\""),
    TEXT("\"\\udc00\\ud800\""),
    TEXT("\"\n\""),
    TEXT("\"\0\""),
    TEXT("\"\x1f\""),
    TEXT("\"\x80\""),
    TEXT("\"\xc0\x80\""),
    TEXT("\"\xc1\xbf\""),
    TEXT("\"\xc3\""),
    TEXT("\"\xe0\x9f\xbf\""),
    TEXT("\"\xed\xa0\x80\""),
    TEXT("\"\xe1\x80\""),
    TEXT("\"\xe1\x80\xc0\""),
    TEXT("\"\xf0\x8f\xbf\xbf\""),
    TEXT("\"\xf4\x90\x80\x80\""),
    TEXT("\"\xf5\x80\x80\x80\""),
    TEXT("\"\xff\""),
    TEXT("\"\xf0\x9f\x98"),
    TEXT("["),
    TEXT("]"),
    TEXT("[1"),
    TEXT("[1,"),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("[,]"),
    TEXT("[1 2]"),
    TEXT("[1}"),
    TEXT("[1]]"),
    TEXT("[\"a\":1]"),
    TEXT("{"),
    TEXT("{\"a\""),
    TEXT("{\"a\":"),
    TEXT("{\"a\":1"),
    TEXT("{\"a\":1,"),
    TEXT("{\"a\":1,}"),
    TEXT("{,}"),
    TEXT("{\"a\" 1}"),
    TEXT("{\"a\"}"),
    TEXT("{\"a\"::1}"),
    TEXT("{\"a\":}"),
    TEXT("{\"a\",1}"),
    TEXT("{a:1}"),
    TEXT("{1:1}"),
    TEXT("{\"a\":1]"),
    TEXT("{\"a\":1}}"),
    TEXT("{\"a\":1,,\"b\":2}"),
    TEXT("[1]\0"),
    TEXT("[1]//"),
    TEXT("/**/1"),
    TEXT("\x0b"
         "1"),
    TEXT("\xc2\xa0"
         "1"),
};

static void takes_what_is_json(void **state)
{
  (void)state;
  struct json_value value;
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
    if (!whole(sound[i].data, sound[i].size, &value) || !walked(sound[i].data, sound[i].size))
      fail_msg("refused: %s", sound[i].data);
}

static void refuses_what_is_not(void **state)
{
  (void)state;
  struct json_value value;
  for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++)
    if (whole(unsound[i].data, unsound[i].size, &value) || walked(unsound[i].data, unsound[i].size))
      fail_msg("taken: %s (%zu)", unsound[i].data, i);
}

/* Eight bytes are looked at together: every kind of byte at every place of them. */
static void sees_every_byte_of_a_string(void **state)
{
  (void)state;
  struct json_value value;
  for (size_t size = 0; size < 40; size++)
    for (size_t place = 0; place < size; place++)
      for (int byte = 0; byte < 256; byte++) {
        char text[42];
        memset(text, 'x', sizeof text);
        text[0] = text[size + 1] = '"';
        text[place + 1] = (char)byte;
        bool sound_byte = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        assert_int_equal(whole(text, size + 2, &value), sound_byte);
      }
}

static void bounds_the_depth(void **state)
{
  (void)state;
  struct json_value value;
  char text[4 * JSON_DEPTH_MAX];
  for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    assert_int_equal(whole(text, 2 * (size_t)depth, &value), depth <= JSON_DEPTH_MAX);
    assert_int_equal(walked(text, 2 * (size_t)depth), depth <= JSON_DEPTH_MAX);
  }
}

static void assert_value(const struct json_value *value, enum json_kind kind, const char *text)
{
  assert_int_equal(value->kind, kind);
  assert_int_equal(value->size, strlen(text));
  assert_memory_equal(value->data, text, value->size);
}

static void gives_values_as_they_stand(void **state)
{
  (void)state;
  static const char text[] =
      " { \"n\" : -1.50e+3 , \"s\\u0031\":\"a\\nb\",\"o\": {\"x\" : [1, 2]} ,\"z\":null}";
  struct json_reader reader;
  struct json_value value, name;
  json_read_begin(&reader, text, sizeof text - 1);
  assert_true(json_read_value(&reader, &value));
  assert_value(&value, JSON_OBJECT, "{");
  assert_true(json_next_member(&reader, &name));
  assert_value(&name, JSON_STRING, "n");
  assert_true(json_read_value(&reader, &value));
  assert_value(&value, JSON_NUMBER, "-1.50e+3");
  assert_true(json_next_member(&reader, &name));
  assert_true(json_is(&name, "s1"));
  assert_true(json_read_value(&reader, &value));
  assert_value(&value, JSON_STRING, "a\\nb");
  assert_true(value.escaped);
  assert_true(json_next_member(&reader, &name));
  assert_true(json_read_whole(&reader, &value));
  assert_value(&value, JSON_OBJECT, "{\"x\" : [1, 2]}");
  assert_true(json_next_member(&reader, &name));
  assert_true(json_read_value(&reader, &value));
  assert_value(&value, JSON_NULL, "null");
  assert_false(json_next_member(&reader, &name));
  assert_true(json_read_end(&reader));
}

/* A fault that nobody looked at is not forgotten. */
static void errors_stay(void **state)
{
  (void)state;
  struct json_reader reader;
  struct json_value value;
  json_read_begin(&reader, "[1., x]", 7);
  assert_true(json_read_value(&reader, &value));
  assert_true(json_next_element(&reader));
  assert_false(json_read_value(&reader, &value));
  assert_string_equal(reader.error, "a number lacks a digit");
  assert_int_equal(*reader.at, ',');
  while (json_next_element(&reader) && json_read_value(&reader, &value))
    ;
  assert_false(json_read_end(&reader));
  assert_string_equal(reader.error, "a number lacks a digit");
}

static void unescapes(void **state)
{
  (void)state;
  static const char text[] = "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\\u20AC\\ud83d\\uDE00z\"";
  static const char wanted[] = "a\"\\/\b\f\n\r\t\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
  char copy[sizeof text];
  memcpy(copy, text, sizeof text);
  struct json_reader reader;
  struct json_value value;
  json_read_begin(&reader, copy, sizeof text - 1);
  assert_true(json_read_value(&reader, &value));
  assert_int_equal(json_unescape(copy + 1, &value), sizeof wanted - 1); /* in its own place */
  assert_memory_equal(copy + 1, wanted, sizeof wanted - 1);
}

static struct json_value string_of(const char *text)
{
  return (struct json_value){JSON_STRING, strchr(text, '\\') != NULL, text, strlen(text)};
}

static void compares(void **state)
{
  (void)state;
  static const struct {
    const char *json, *text;
    bool same;
  } cases[] = {
      {"after", "after", true},         {"after", "afte", false},
      {"afte", "after", false},         {"", "", true},
      {"\\u0061fter", "after", true},   {"\\u0061fte", "after", false},
      {"\\u0061fterx", "after", false}, {"\\u20ac", "\xe2\x82\xac", true},
      {"\\u20ac", "\xe2\x82", false},   {"\\u0000", "", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct json_value value = string_of(cases[i].json);
    assert_int_equal(json_is(&value, cases[i].text), cases[i].same);
  }
}

static void reads_base64(void **state)
{
  (void)state;
  static const struct {
    const char *text, *bytes; /* NULL: it is none */
  } cases[] = {
      {"", ""},
      {"Zg==", "f"},
      {"Zg", "f"},
      {"Zm8=", "fo"},
      {"Zm9v", "foo"},
      {"Zm9vYmFy", "foobar"},
      {"+/+/", "\xfb\xff\xbf"},
      {"-_-_", "\xfb\xff\xbf"},
      {"Z", NULL},
      {"Zg=", NULL},
      {"====", NULL},
      {"=", NULL},
      {"Zm9v====", NULL},
      {"Zm 9v", NULL},
      {"Zm9\n", NULL},
      {"Z===", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[32];
    size_t size = json_unbase64(out, cases[i].text, strlen(cases[i].text));
    if (!cases[i].bytes) {
      assert_int_equal(size, SIZE_MAX);
      continue;
    }
    assert_int_equal(size, strlen(cases[i].bytes));
    assert_memory_equal(out, cases[i].bytes, size);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_what_is_json),
      cmocka_unit_test(refuses_what_is_not),
      cmocka_unit_test(sees_every_byte_of_a_string),
      cmocka_unit_test(bounds_the_depth),
      cmocka_unit_test(gives_values_as_they_stand),
      cmocka_unit_test(errors_stay),
      cmocka_unit_test(unescapes),
      cmocka_unit_test(compares),
      cmocka_unit_test(reads_base64),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
