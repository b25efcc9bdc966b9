/* SPDX-License-Identifier: Apache-2.0
 *
 * codec-json: Kafka Connect's schemas as JSON Schema and back; what cannot be said in Connect's. */
#include "json_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define DRAFT "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","

static void becomes(const char *connect, const char *expected)
{
  char *text = json_schema_of_connect(connect);
  assert_string_equal(text, expected);
  free(text);
}

static void is_read(const char *text, const char *expected)
{
  char error[JSON_SCHEMA_ERROR_MAX];
  char *connect = connect_of_json_schema(text, error);
  assert_string_equal(error, "");
  assert_non_null(connect);
  assert_string_equal(connect, expected);
  free(connect);
}

static void is_refused(const char *text)
{
  char error[JSON_SCHEMA_ERROR_MAX];
  assert_null(connect_of_json_schema(text, error));
  assert_string_not_equal(error, "");
}

static void as_confluent_writes_them(void **state)
{
  (void)state;
  becomes("{\"type\":\"int32\",\"optional\":false}",
          DRAFT "\"type\":\"integer\",\"connect.type\":\"int32\"}");
  becomes("{\"type\":\"double\",\"optional\":true,\"default\":1.5}",
          DRAFT "\"oneOf\":[{\"type\":\"null\"},{\"type\":\"number\",\"connect.type\":\"float64\","
                "\"default\":1.5}]}");
  becomes("{\"type\":\"struct\",\"name\":\"R\",\"version\":2,\"optional\":false,\"fields\":["
          "{\"type\":\"bytes\",\"optional\":false,\"name\":\"D\",\"version\":1,"
          "\"parameters\":{\"scale\":\"2\"},\"field\":\"n\"},"
          "{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"
          "\"values\":{\"type\":\"string\",\"optional\":true},\"optional\":false,\"field\":\"m\"},"
          "{\"type\":\"array\",\"items\":{\"type\":\"boolean\",\"optional\":false},"
          "\"optional\":false,\"field\":\"a\"}]}",
          DRAFT "\"title\":\"R\",\"type\":\"object\",\"properties\":{"
                "\"n\":{\"title\":\"D\",\"type\":\"string\",\"connect.type\":\"bytes\","
                "\"connect.version\":1,\"connect.parameters\":{\"scale\":\"2\"},"
                "\"connect.index\":0},"
                "\"m\":{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":"
                "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]},\"connect.index\":1},"
                "\"a\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},"
                "\"connect.index\":2}},\"connect.version\":2}");
}

static void what_was_written_is_read(void **state)
{
  (void)state;
  is_read(
      "{\"title\":\"R\",\"type\":\"object\",\"connect.version\":2,\"properties\":{"
      "\"b\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"number\",\"connect.type\":\"float32\"}],"
      "\"connect.index\":1},"
      "\"a\":{\"type\":\"integer\",\"connect.type\":\"int16\",\"connect.index\":0}}}",
      "{\"type\":\"struct\",\"fields\":["
      "{\"type\":\"int16\",\"optional\":false,\"field\":\"a\"},"
      "{\"type\":\"float\",\"optional\":true,\"field\":\"b\"}],"
      "\"name\":\"R\",\"version\":2,\"optional\":false}");
  is_read("{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":"
          "{\"type\":\"string\"}}",
          "{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"
          "\"values\":{\"type\":\"string\",\"optional\":false},\"optional\":false}");
  /* a decimal as Confluent says it */
  is_read("{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\","
          "\"connect.type\":\"bytes\",\"connect.parameters\":{\"scale\":\"2\"}}",
          "{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\","
          "\"parameters\":{\"scale\":\"2\"},\"optional\":false}");
}

static void what_others_write_is_read(void **state)
{
  (void)state;
  is_read("{\"properties\":{\"i\":{\"type\":[\"integer\",\"null\"]},\"e\":{\"enum\":[\"a\"]},"
          "\"r\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"boolean\"}}}",
          "{\"type\":\"struct\",\"fields\":["
          "{\"type\":\"int64\",\"optional\":true,\"field\":\"i\"},"
          "{\"type\":\"string\",\"optional\":false,\"field\":\"e\"},"
          "{\"type\":\"boolean\",\"optional\":false,\"field\":\"r\"}],\"optional\":false}");
}

/* Each of a few parts has the next one twice. */
static void a_schema_that_grows(void **state)
{
  (void)state;
  is_refused(
      "{\"$ref\":\"#/$defs/a\",\"$defs\":{"
      "\"a\":{\"properties\":{\"x\":{\"$ref\":\"#/$defs/b\"},\"y\":{\"$ref\":\"#/$defs/b\"}}},"
      "\"b\":{\"properties\":{\"x\":{\"$ref\":\"#/$defs/a\"},\"y\":{\"$ref\":\"#/$defs/a\"}}}"
      "}}");
}

static void what_cannot_be_said(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      "1",
                                      "true",
                                      "{}",
                                      "{\"type\":\"null\"}",
                                      "{\"type\":\"x\"}",
                                      "{\"type\":[]}",
                                      "{\"type\":[\"string\",\"integer\"]}",
                                      "{\"type\":\"array\"}",
                                      "{\"type\":\"array\",\"items\":[{\"type\":\"string\"}]}",
                                      "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
                                      "{\"oneOf\":7}",
                                      "{\"$ref\":\"http://other/x\"}",
                                      "{\"$ref\":\"#\"}",
                                      "{\"$ref\":\"#/definitions/x\"}",
                                      "{\"type\":\"object\",\"connect.type\":\"map\"}",
                                      "{\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
                                      "{\"allOf\":[{\"type\":\"string\"}]}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    is_refused(texts[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_confluent_writes_them),  cmocka_unit_test(what_was_written_is_read),
      cmocka_unit_test(what_others_write_is_read), cmocka_unit_test(a_schema_that_grows),
      cmocka_unit_test(what_cannot_be_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
