/* SPDX-License-Identifier: Apache-2.0
 *
 * The spool's files, and transactions in progress made into whole ones. */
#include "in_progress.h"
#include "pgoutput_bytes.h"
#include "plugin_host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#define LARGE (200 * 1024) /* more than any buffer of the spool */

static char directory[] = "/tmp/test-spool-XXXXXX";

static int make_directory(void **state)
{
  (void)state;
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
  (void)state;
  return rmdir(directory);
}

static void put_string(struct spool *spool, uint32_t xid, uint32_t owner, const char *text)
{
  assert_true(
      spool_put(spool, xid, owner, 100 + strlen(text), text[0], text + 1, strlen(text + 1)));
}

static void expect_record(struct spool *spool, uint32_t xid, const char *text)
{
  struct spool_record record;
  assert_int_equal(spool_next(spool, xid, &record), SPOOL_RECORD);
  assert_int_equal(record.lsn, 100 + strlen(text));
  assert_int_equal(record.size, strlen(text));
  assert_memory_equal(record.data, text, record.size);
}

static void expect_end(struct spool *spool, uint32_t xid)
{
  struct spool_record record;
  assert_int_equal(spool_next(spool, xid, &record), SPOOL_END);
}

static void test_each_transaction_has_its_own(void **state)
{
  (void)state;
  struct spool spool;
  spool_init(&spool, directory, 1000);
  put_string(&spool, 7, 7, "Ione");
  put_string(&spool, 8, 8, "Ieight");
  put_string(&spool, 7, 7, "Itwo!");
  assert_true(spool_rewind(&spool, 7));
  expect_record(&spool, 7, "Ione");
  expect_record(&spool, 7, "Itwo!");
  expect_end(&spool, 7);
  spool_drop(&spool, 7);
  assert_true(spool_rewind(&spool, 8));
  expect_record(&spool, 8, "Ieight");
  expect_end(&spool, 8);
  assert_true(spool_rewind(&spool, 9));
  expect_end(&spool, 9);
  spool_drop(&spool, 8);
  assert_int_equal(spool.used, 0);
  spool_free(&spool);
}

static void test_what_was_rolled_back_is_left_out(void **state)
{
  (void)state;
  struct spool spool;
  spool_init(&spool, directory, 100000);
  for (uint32_t owner = 40; owner > 7; owner--)
    put_string(&spool, 7, owner, owner % 2 ? "Iodd" : "Ieven");
  put_string(&spool, 7, 7, "Ilast one");
  for (uint32_t owner = 40; owner > 7; owner--)
    assert_true(owner == 20 || spool_forget(&spool, 7, owner));
  assert_true(spool_forget(&spool, 9, 10)); /* of which nothing came */
  assert_true(spool_rewind(&spool, 7));
  expect_record(&spool, 7, "Ieven");
  expect_record(&spool, 7, "Ilast one");
  expect_end(&spool, 7);
  spool_free(&spool);
}

static void test_messages_larger_than_the_buffers(void **state)
{
  (void)state;
  struct spool spool;
  struct spool_record record;
  char *large = calloc(1, LARGE);
  spool_init(&spool, directory, UINT64_MAX);
  for (int i = 0; i < 5; i++) {
    memset(large, 'a' + i, LARGE);
    put_string(&spool, 7, 7, "Ismall");
    assert_true(spool_put(&spool, 7, 7, 1, 'I', large, LARGE));
    for (int k = 0; k < 1000; k++)
      assert_true(spool_put(&spool, 7, 7, 2, 'U', large, 100));
  }
  assert_true(spool_rewind(&spool, 7));
  for (int i = 0; i < 5; i++) {
    memset(large, 'a' + i, LARGE);
    expect_record(&spool, 7, "Ismall");
    assert_int_equal(spool_next(&spool, 7, &record), SPOOL_RECORD);
    assert_int_equal(record.size, LARGE + 1);
    assert_memory_equal(record.data + 1, large, LARGE);
    for (int k = 0; k < 1000; k++) {
      assert_int_equal(spool_next(&spool, 7, &record), SPOOL_RECORD);
      assert_int_equal(record.size, 101);
      assert_memory_equal(record.data + 1, large, 100);
    }
  }
  expect_end(&spool, 7);
  spool_free(&spool);
  free(large);
}

static void test_the_limit_is_of_all_together(void **state)
{
  (void)state;
  struct spool spool;
  char body[100] = {0};
  spool_init(&spool, directory, 300);
  assert_true(spool_put(&spool, 7, 7, 1, 'I', body, sizeof body));
  assert_true(spool_put(&spool, 8, 8, 1, 'I', body, sizeof body));
  errno = 0;
  assert_false(spool_put(&spool, 9, 9, 1, 'I', body, sizeof body));
  assert_int_equal(errno, EFBIG);
  spool_drop(&spool, 7);
  assert_true(spool_put(&spool, 9, 9, 1, 'I', body, sizeof body));
  spool_free(&spool);
}

static void test_a_folder_that_is_not_there(void **state)
{
  (void)state;
  struct spool spool;
  spool_init(&spool, "/nowhere", 1000);
  errno = 0;
  assert_false(spool_put(&spool, 7, 7, 1, 'I', "x", 1));
  assert_int_equal(errno, ENOENT);
  spool_free(&spool);
}

static void test_its_files_have_no_name(void **state)
{
  (void)state;
  struct spool spool;
  spool_init(&spool, directory, 1000);
  put_string(&spool, 7, 7, "Ione");
  assert_true(spool_rewind(&spool, 7));
  DIR *folder = opendir(directory);
  int entries = 0;
  while (readdir(folder))
    entries++;
  closedir(folder);
  assert_int_equal(entries, 2); /* . and .. */
  spool_free(&spool);
}

/* ---- transactions ------------------------------------------------------ */

static const struct headrace_key no_keys[] = {{.name = NULL}};

struct fixture {
  struct plugin_host *host;
  struct in_progress in_progress;
};

static void begin(struct fixture *fixture, const char *folder, uint64_t limit)
{
  fixture->host = plugin_host_new(no_keys, NULL);
  fixture->host->logger.fd = -1;
  in_progress_init(&fixture->in_progress, &fixture->host->instance.host, folder, limit);
}

static void end(struct fixture *fixture)
{
  in_progress_free(&fixture->in_progress);
  plugin_host_free(fixture->host);
}

/* Each has its size as its LSN. */
static enum headrace_result send(struct fixture *fixture, struct bytes bytes, bool *taken)
{
  struct stream_message message = {
      .event = STREAM_DATA, .lsn = bytes.size, .data = bytes.data, .size = bytes.size};
  return in_progress_take(&fixture->in_progress, &message, taken);
}

static void take(struct fixture *fixture, struct bytes bytes)
{
  bool taken = false;
  assert_int_equal(send(fixture, bytes, &taken), HEADRACE_OK);
  assert_true(taken);
}

static void expect(struct fixture *fixture, struct bytes bytes, uint64_t lsn)
{
  struct stream_message message;
  assert_true(in_progress_replays(&fixture->in_progress));
  assert_int_equal(in_progress_next(&fixture->in_progress, &message), HEADRACE_OK);
  assert_int_equal(message.event, STREAM_DATA);
  assert_int_equal(message.lsn, lsn);
  assert_int_equal(message.size, bytes.size);
  assert_memory_equal(message.data, bytes.data, bytes.size);
}

static void test_a_transaction_comes_out_whole(void **state)
{
  (void)state;
  struct fixture fixture;
  bool taken = true;
  begin(&fixture, directory, 10000);
  take(&fixture, make_stream_start(7, 1));
  take(&fixture, make_streamed(9, make_relation(1, 'd')));
  take(&fixture, make_streamed(9, make_insert(1, "of nine")));
  take(&fixture, make_streamed(7, make_insert(1, "first")));
  take(&fixture, make_stream_stop());
  assert_int_equal(send(&fixture, make_logical(0, 5, "between", "blocks"), &taken), HEADRACE_OK);
  assert_false(taken);
  take(&fixture, make_stream_start(7, 0));
  take(&fixture, make_streamed(8, make_insert(1, "of eight")));
  take(&fixture, make_stream_stop());
  take(&fixture, make_stream_abort(7, 9));
  assert_false(in_progress_replays(&fixture.in_progress));
  take(&fixture, make_stream_commit(7, 0x500, 0x540));
  expect(&fixture, make_begin(0x500, 7), make_stream_start(7, 1).size);
  /* Though its subtransaction was rolled back. */
  expect(&fixture, make_relation(1, 'd'), make_relation(1, 'd').size + 4);
  expect(&fixture, make_insert(1, "first"), make_insert(1, "first").size + 4);
  expect(&fixture, make_insert(1, "of eight"), make_insert(1, "of eight").size + 4);
  expect(&fixture, make_commit(0x500, 0x540), make_stream_commit(7, 0x500, 0x540).size);
  assert_false(in_progress_replays(&fixture.in_progress));
  assert_int_equal(fixture.in_progress.spool.used, 0);
  end(&fixture);
}

/* PostgreSQL 15.13 and its like describe it again by themselves; older ones do not. */
static void test_the_newest_description_stays_in_force(void **state)
{
  (void)state;
  struct fixture fixture;
  bool taken = true;
  begin(&fixture, directory, 10000);
  take(&fixture, make_stream_start(7, 1));
  take(&fixture, make_streamed(7, make_relation(1, 'd')));
  take(&fixture, make_streamed(7, make_relation(2, 'd')));
  take(&fixture, make_stream_stop());
  assert_int_equal(send(&fixture, make_relation(1, 'f'), &taken), HEADRACE_OK);
  assert_false(taken);
  take(&fixture, make_stream_commit(7, 0x500, 0x540));
  uint64_t lsn = make_stream_commit(7, 0x500, 0x540).size;
  expect(&fixture, make_begin(0x500, 7), make_stream_start(7, 1).size);
  expect(&fixture, make_relation(1, 'd'), make_relation(1, 'd').size + 4);
  expect(&fixture, make_relation(2, 'd'), make_relation(2, 'd').size + 4);
  expect(&fixture, make_relation(1, 'f'), lsn);
  expect(&fixture, make_commit(0x500, 0x540), lsn);
  end(&fixture);
}

static void test_an_aborted_one_leaves_nothing(void **state)
{
  (void)state;
  struct fixture fixture;
  begin(&fixture, directory, 10000);
  take(&fixture, make_stream_start(7, 1));
  take(&fixture, make_streamed(7, make_insert(1, "first")));
  take(&fixture, make_stream_stop());
  take(&fixture, make_stream_abort(7, 7));
  assert_false(in_progress_replays(&fixture.in_progress));
  assert_int_equal(fixture.in_progress.spool.used, 0);
  end(&fixture);
}

static void test_what_has_no_place_is_refused(void **state)
{
  (void)state;
  struct fixture fixture;
  bool taken;
  begin(&fixture, directory, 10000);
  assert_int_equal(send(&fixture, make_stream_stop(), &taken), HEADRACE_FATAL);
  assert_int_equal(send(&fixture, make_stream_start(0, 1), &taken), HEADRACE_FATAL);
  take(&fixture, make_stream_start(7, 1));
  assert_int_equal(send(&fixture, make_begin(1, 8), &taken), HEADRACE_FATAL);
  assert_int_equal(send(&fixture, make_stream_commit(7, 1, 2), &taken), HEADRACE_FATAL);
  assert_int_equal(send(&fixture, (struct bytes){.size = 0}, &taken), HEADRACE_FATAL);
  assert_int_equal(send(&fixture, (struct bytes){.data = "I\0", .size = 2}, &taken),
                   HEADRACE_FATAL);
  end(&fixture);
}

static void test_a_spool_that_fails_says_why(void **state)
{
  (void)state;
  struct fixture fixture;
  bool taken;
  begin(&fixture, directory, 40);
  take(&fixture, make_stream_start(7, 1));
  assert_int_equal(send(&fixture, make_streamed(7, make_insert(1, "x")), &taken), HEADRACE_RETRY);
  assert_int_equal(fixture.in_progress.failure, EFBIG);
  in_progress_reset(&fixture.in_progress);
  assert_int_equal(fixture.in_progress.failure, 0);
  assert_int_equal(fixture.in_progress.block, 0);
  end(&fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_transaction_has_its_own),
      cmocka_unit_test(test_what_was_rolled_back_is_left_out),
      cmocka_unit_test(test_messages_larger_than_the_buffers),
      cmocka_unit_test(test_the_limit_is_of_all_together),
      cmocka_unit_test(test_a_folder_that_is_not_there),
      cmocka_unit_test(test_its_files_have_no_name),
      cmocka_unit_test(test_a_transaction_comes_out_whole),
      cmocka_unit_test(test_the_newest_description_stays_in_force),
      cmocka_unit_test(test_an_aborted_one_leaves_nothing),
      cmocka_unit_test(test_what_has_no_place_is_refused),
      cmocka_unit_test(test_a_spool_that_fails_says_why),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
