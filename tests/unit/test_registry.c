/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry client's file, and what a URL says. What it asks and is answered is tested end to
 * end (test_avro_registry.py). */
#include "plugin_host.h"
#include "registry_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct headrace_key keys[] = {REGISTRY_KEYS, {0}};

struct fixture {
  struct plugin_host *host;
  char folder[64], file[128];
};

static void begin(struct fixture *fixture, const char *url)
{
  const char *const settings[] = {"registry", url, "registry_wait", "0", NULL};
  fixture->host = plugin_host_new(keys, settings);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/headrace-registry-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  snprintf(fixture->file, sizeof fixture->file, "%s/test.stage.schemas", fixture->folder);
  fixture->host->instance.host.state_dir = fixture->folder;
}

static void end(struct fixture *fixture)
{
  unlink(fixture->file);
  rmdir(fixture->folder);
  plugin_host_free(fixture->host);
}

static struct cache *open_cache(struct fixture *fixture, const char *registry)
{
  return cache_open(&fixture->host->instance.host, registry);
}

static void append(const struct fixture *fixture, const char *text)
{
  FILE *file = fopen(fixture->file, "a");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void fill(struct cache *cache)
{
  char **references = calloc(2, sizeof *references);
  references[0] = strdup("{\"a\":\"\xc3\xa9\"}");
  cache_add(cache, 7, strdup("{\"b\":\"\\n\"}"), references, 1);
  cache_add_id(cache, "t-value", "\"string\"", 9);
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", true), 9);
}

static void check(struct cache *cache)
{
  const struct registry_schema *schema = cache_schema(cache, 7);
  assert_non_null(schema);
  assert_string_equal(schema->text, "{\"b\":\"\\n\"}");
  assert_int_equal(schema->reference_count, 1);
  assert_string_equal(schema->references[0], "{\"a\":\"\xc3\xa9\"}");
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", false), 9);
  assert_int_equal(cache_id(cache, "t-value", "\"string\"", true), 0); /* not asked yet */
  assert_int_equal(cache_id(cache, "t-key", "\"string\"", false), 0);
}

static void test_file_is_read_again(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  cache = open_cache(&fixture, "http://a");
  check(cache);
  cache_close(cache);
  end(&fixture);
}

/* A line that a crash cut short, and lines that are none of ours. */
static void test_broken_lines(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  append(&fixture, "\n[]\n{\"id\":0,\"schema\":\"x\"}\n{\"id\":\"8\"}\n{\"id\":8,\"schema\":\"x");
  cache = open_cache(&fixture, "http://a");
  check(cache);
  assert_null(cache_schema(cache, 8));
  cache_add(cache, 10, strdup("x"), calloc(1, sizeof(char *)), 0);
  cache_close(cache);
  cache = open_cache(&fixture, "http://a");
  check(cache);
  assert_non_null(cache_schema(cache, 10));
  cache_close(cache);
  end(&fixture);
}

static void test_another_registry(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  cache = open_cache(&fixture, "http://b");
  assert_null(cache_schema(cache, 7));
  cache_close(cache);
  cache = open_cache(&fixture, "http://a"); /* nor does it come back */
  assert_null(cache_schema(cache, 7));
  cache_close(cache);
  end(&fixture);
}

/* Without a folder it works, and keeps nothing. */
static void test_no_folder(void **state)
{
  struct fixture fixture;
  (void)state;
  begin(&fixture, "http://a");
  fixture.host->instance.host.state_dir = NULL;
  struct cache *cache = open_cache(&fixture, "http://a");
  fill(cache);
  cache_close(cache);
  end(&fixture);
}

static void test_urls(void **state)
{
  static const struct {
    const char *url, *name; /* NULL: it is none */
  } urls[] = {{"http://localhost:8081", "http://localhost:8081"},
              {"https://me:s3cret@host/apis/ccompat/v7/", "https://host/apis/ccompat/v7"},
              {"http://host/a@b", "http://host/a@b"},
              {"localhost:8081", NULL},
              {"ftp://host", NULL},
              {"http://", NULL}};
  (void)state;
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    struct fixture fixture;
    begin(&fixture, urls[i].url);
    struct http *http = http_open(&fixture.host->instance.host);
    if (urls[i].name)
      assert_string_equal(http_name(http), urls[i].name);
    else
      assert_null(http);
    http_close(http);
    char *log = plugin_host_log(fixture.host);
    assert_null(strstr(log, "s3cret"));
    free(log);
    end(&fixture);
  }
}

/* Nobody listens there. */
static void test_away(void **state)
{
  struct fixture fixture;
  struct registry_fault fault;
  const struct registry_schema *schema;
  int32_t id;
  (void)state;
  begin(&fixture, "http://me:s3cret@127.0.0.1:9, http://127.0.0.1:10");
  struct registry *registry = registry_open(&fixture.host->instance.host);
  assert_int_equal(registry_by_id(registry, 1, &schema, &fault), REGISTRY_AWAY);
  assert_int_equal(registry_id_of(registry, "t", "AVRO", "\"int\"", &id, &fault), REGISTRY_AWAY);
  char *log = plugin_host_log(fixture.host);
  assert_non_null(strstr(log, "schema registry http://127.0.0.1:10 does not answer: "));
  assert_null(strstr(log, "s3cret"));
  free(log);
  registry_close(registry);
  end(&fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_is_read_again),
      cmocka_unit_test(test_broken_lines),
      cmocka_unit_test(test_another_registry),
      cmocka_unit_test(test_no_folder),
      cmocka_unit_test(test_urls),
      cmocka_unit_test(test_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
