/* SPDX-License-Identifier: Apache-2.0
 *
 * filter lua: what a function sees and answers, and that it cannot run away. */
#include "filter_host.h"

static const struct headrace_column columns[] = {COLUMN("id", INT64),      COLUMN("name", TEXT),
                                                 COLUMN("total", NUMERIC), COLUMN("paid", BOOL),
                                                 COLUMN("x", FLOAT64),     COLUMN("note", UNTYPED)};

static char path[64];

static const char *script(const char *text)
{
  snprintf(path, sizeof path, "/tmp/headrace-lua-XXXXXX");
  int fd = mkstemp(path);
  assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
  return path;
}

static struct filter_test *filter(const char *text, const char *key, const char *value)
{
  struct filter_test *test = filter_test_new(KEYS("file", script(text), key, value));
  unlink(path);
  filter_test_table(test, "public", "t", columns, 6);
  return test;
}

#define FILTER(body)  filter("function filter(event) " body " end", NULL, NULL)
#define ROW_1         ROW("1", "Ada", "12.50", "t", "0.1", ABSENT)
#define SHOWN_1(more) "insert public.t{id=1 name=Ada total=12.50 paid=t x=0.1 note=? " more "}"

static const char *insert(struct filter_test *test)
{
  return filter_test_row(test, HEADRACE_INSERT, NULL, ROW_1);
}

static void test_answers(void **state)
{
  (void)state;
  static const struct {
    const char *text, *shown;
  } cases[] = {
      {"", ""},
      {"return false", ""},
      {"return {}", ""},
      {"return true", SHOWN_1("")},
      {"return event", SHOWN_1("")},
      {"return {true, event, true}", SHOWN_1("") " | " SHOWN_1("") " | " SHOWN_1("")},
      {"event.new.name = 'Bob' event.new.id = 2 event.new.paid = false event.new.x = 1/3 "
       "event.new.total = '7.0' return event",
       "insert public.t{id=2 name=Bob total=7.0 paid=f x=0.3333333333333333 note=? }"},
      {"event.new.name = null event.new.x = nil event.new.note = 5 return event",
       "insert public.t{id=1 name=null total=12.50 paid=t x=? note=5 }"},
      {"event.new.b = 'x' event.new.a = 7 return event", SHOWN_1("a=7 b=x ")},
      {"event.table = 'u' event.schema = 's' return event",
       "insert s.u{id=1 name=Ada total=12.50 paid=t x=0.1 note=? }"},
      {"return {{operation = 'delete', old = {id = 9}}, {operation = 'read', new = event.new}}",
       "delete public.t{old id=9 name=? total=? paid=? x=? note=? } | "
       "read public.t{id=1 name=Ada total=12.50 paid=t x=0.1 note=? }"},
      {"return {topic = 'a', key = event.new.id, value = json.encode(event.new), partition = 3, "
       "headers = {b = 'y', a = 'x'}}",
       "record{topic=a key=1 value={\"id\":1,\"name\":\"Ada\",\"paid\":true,\"total\":\"12.50\","
       "\"x\":0.10000000000000001} a=x b=y 3}"},
      {"return {key = 'k', value = null, headers = {{name = 'z', value = '1'}, "
       "{name = 'a', value = null}}}",
       "record{topic=null key=k value=null z=1 a=null -1}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[600];
    snprintf(text, sizeof text, "function filter(event) %s end", cases[i].text);
    struct filter_test *test = filter(text, NULL, NULL);
    for (int round = 0; round < 2; round++) /* it leaves nothing behind */
      assert_string_equal(insert(test), cases[i].shown);
    filter_test_free(test);
  }
}

/* The script's own test of what it is given: an error says which line. */
static void test_what_it_sees(void **state)
{
  (void)state;
  struct filter_test *test = FILTER(
      "assert(event.operation == 'update') assert(event.schema == 'public') "
      "assert(event.table == 't') assert(event.database == 'db') assert(event.sequence == 2000) "
      "assert(event.transaction == 781) assert(event.commit_time_us == 1600000000654321) "
      "assert(#event.key_columns == 1 and event.key_columns[1] == 'id') "
      "assert(math.type(event.new.id) == 'integer') assert(event.new.total == '12.50') "
      "assert(event.new.paid == true) assert(event.new.x == 0.1) assert(event.new.note == nil) "
      "assert(event.old.name == null and event.old.name ~= nil) assert(event.old.id == nil) "
      "assert(event.record == nil) "
      "return true");
  assert_string_equal(filter_test_row(test, HEADRACE_UPDATE,
                                      ROW(ABSENT, NONE, ABSENT, ABSENT, ABSENT, ABSENT), ROW_1),
                      "update public.t{id=1 name=Ada total=12.50 paid=t x=0.1 note=? } "
                      "old{id=? name=null total=? paid=? x=? note=? }");
  filter_test_free(test);
}

/* A literal of an untyped column stays one, and so does whatever the script does not touch. */
static void test_untouched_values(void **state)
{
  (void)state;
  struct filter_test *test = FILTER("event.new.name = 'x' return event");
  filter_test_row(test, HEADRACE_INSERT, NULL, ROW("1", "a", "1.10", "f", "1e300", "10.0"));
  test->new_values[5].state = HEADRACE_LITERAL;
  assert_int_equal(filter_test_event(test, &test->event), HEADRACE_OK);
  const struct headrace_value *row = test->batch->events.items[0].change->new_values;
  assert_int_equal(row[5].state, HEADRACE_LITERAL);
  assert_ptr_equal(row[5].data, test->new_values[5].data);
  assert_ptr_equal(row[4].data, test->new_values[4].data);
  filter_test_free(test);
}

static void test_one_relation_for_a_shape(void **state)
{
  (void)state;
  struct filter_test *test =
      FILTER("event.new.more = event.new.id % 2 == 0 and 'x' or 1 return event");
  uint64_t ids[4];
  static const char *const numbers[] = {"1", "2", "3", "4"};
  for (int i = 0; i < 4; i++) {
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW(numbers[i], NONE, NONE, NONE, NONE, NONE));
    const struct headrace_relation *relation = test->batch->events.items[0].change->relation;
    ids[i] = relation->id;
    assert_int_equal(relation->columns[6].type, i % 2 ? HEADRACE_TYPE_TEXT : HEADRACE_TYPE_INT64);
  }
  assert_int_equal(ids[0], ids[2]);
  assert_int_equal(ids[1], ids[3]);
  assert_int_not_equal(ids[0], ids[1]);
  filter_test_free(test);
  test = FILTER("event.table = 't' .. event.new.id return event");
  test->host->verdict = HEADRACE_VERDICT_SKIP;
  for (int i = 0; i < 70; i++) {
    char id[8];
    snprintf(id, sizeof id, "%d", i);
    filter_test_row(test, HEADRACE_INSERT, NULL, ROW(id, NONE, NONE, NONE, NONE, NONE));
  }
  assert_non_null(strstr(test->host->last_reason, "more than 64 tables"));
  filter_test_free(test);
}

static void test_faults_are_refused(void **state)
{
  (void)state;
  static const struct {
    const char *text, *reason;
  } cases[] = {
      {"error('it cannot be')", ":2: it cannot be"},
      {"error({})", "the script's error is a table, not a text"},
      {"local x = nil + 1", "attempt to perform arithmetic on a nil value"},
      {"while true do end", "more than 1000000 instructions for one event"},
      {"while true do pcall(function() while true do end end) end", "more than 1000000"},
      {"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(999) .. i end",
       "more than memory = 16777216 bytes"},
      {"return ('x'):rep(1 << 30)", "more than memory = 16777216 bytes"},
      {"local f f = function() return f() + 1 end f()", "more than memory = "},
      {"return 'x'", "must answer nil, true, an event or a list of them, not a string"},
      {"return {true, 5}", "not a number"},
      {"local t = {} for i = 1, 1001 do t[i] = true end return t", "1001 events of one are more"},
      {"event.operation = 'upsert' return event", "operation must be insert, update"},
      {"event.new = nil return event", "needs the row new"},
      {"event.operation = 'delete' return event", "a delete needs the row old"},
      {"event.operation = 'message' return event", "a message cannot become"},
      {"event.new.id = 'x' return event", "column \"id\": this text is not of its type"},
      {"event.new.id = 1.5 return event", "column \"id\": this number is not of its type"},
      {"event.new.paid = 'x' return event", "column \"paid\": this text is not of its type"},
      {"event.new.id = true return event", "column \"id\": a boolean is no number"},
      {"event.new.name = {} return event", "column \"name\": a table is no value"},
      {"event.new[1] = 5 return event", "names of columns are texts"},
      {"return {key = {}}", "key is a table"},
      {"return {key = 'a', partition = 'x'}", "partition must be a whole number"},
      {"return {key = 'a', headers = {{}}}", "headers must be"},
      {"return json.decode('{')", "json.decode: "},
      {"return json.encode(1/0)", "json.encode: JSON has no inf"},
      {"return json.encode('\\xff')", "json.encode: a text is not UTF-8"},
      {"setmetatable({}, {__gc = function() while true do end end})", "__gc is not allowed"},
      {"local m = {} local t = setmetatable({}, m) m.__len = function() return 1 << 60 end "
       "table.insert(t, 1, 1)",
       "__len is not allowed"},
      {"local t = sparse(60) table.insert(t, 1, 1)", "a list of that length"},
      {"local t = sparse(60) table.remove(t, 1)", "a list of that length"},
      {"local t = sparse(60) table.sort(t, rawequal)", "a list of that length"},
      {"table.concat(setmetatable({}, {__index = table.concat}), '', 1, math.maxinteger)",
       "a list of that length"},
      {"table.concat(setmetatable({}, {__index = table.concat}), '', math.mininteger, 5)",
       "a list of that length"},
      {"return {key = 'a', headers = sparse(61)}", "headers must be"},
      {"local s = ('x'):rep(1 << 20) local t = {} for i = 1, 20 do t[i] = {key = s} end return t",
       "the answer is larger than memory = 16777216 bytes"},
      {"error(#('') :rep(math.maxinteger) .. 'x')", ":2: 0x"},
      {"error(('a'):rep(3, '-') .. table.concat({1, 2}, '+'))", ":2: a-a-a1+2"},
      {"table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)",
       "__len is not allowed"},
      {"return ('a'):rep(1000):find(('a-'):rep(30) .. 'b')", "more than 1000000 instructions"},
      {"return ('a'):rep(1000):match(('a*'):rep(30) .. 'b')", "more than 1000000 instructions"},
      {"return ('('):rep(1 << 20):gsub('%b()', '')", "more than 1000000 instructions"},
      {"for _ in ('a'):rep(1 << 20):gmatch('(.-)(.-)(.-)b') do end", "more than 1000000"},
      {"for i = 1, 1e9 do pcall(string.find, ('a'):rep(1000), ('a-'):rep(30) .. 'b') end",
       "more than 1000000 instructions"},
      {"return ('a'):find(('a?'):rep(201))", "pattern too complex"},
      {"local s = ('a'):rep(1 << 22) for i = 1, 1e5 do s:find('b', 1, true) end",
       "more than 1000000 instructions"},
      {"local s = ('a'):rep(1 << 22) for i = 1, 1e5 do s:upper() end",
       "more than 1000000 instructions"},
      {"local s = ('a'):rep(1 << 22) for i = 1, 1e5 do utf8.len(s) end",
       "more than 1000000 instructions"},
      {"local t = {} for i = 1, 1e5 do table.insert(t, 1, i) end",
       "more than 1000000 instructions"},
      {"local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do table.remove(t, 1) end",
       "more than 1000000 instructions"},
      {"local s, t = ('a'):rep(1 << 21), {} local one, other = s .. 1, s .. 2 "
       "for i = 1, 1e4 do t[i] = i % 2 == 0 and one or other end table.sort(t)",
       "more than 1000000 instructions"},
      {"local t = {} for i = 1, 1e5 do t[i] = '' end for i = 1, 1e5 do table.unpack(t) end",
       "more than 1000000 instructions"},
      {"local t = {} for i = 1, 1e5 do t[i] = '' end local none = setmetatable({}, {__index = t}) "
       "for i = 1, 1e5 do table.concat(none, '', 1, 1e5) end",
       "more than 1000000 instructions"},
      {"local s = ('a'):rep(1e5) for i = 1, 1e5 do s:byte(1, -1) end",
       "more than 1000000 instructions"},
      {"local s = (' '):rep(1 << 22) for i = 1, 1e5 do string.packsize(s) end",
       "more than 1000000 instructions"},
      {"return table.concat({{}})", ":2: invalid value (table) at index 1 in table for 'concat'"},
      {"return ('x'):rep(nil)", ":2: bad argument #2 to 'rep' (number expected, got nil)"},
      {"table.sort({1, 'a'})", ":2: attempt to compare string with number"},
      {"table.sort({2, 1}, function() error({}) end)", "the script's error is a table"},
      {"table.sort({2, 1}, function() error('no') end)", ":2: no"},
      {"return ('x'):rep(1 << 30)", "the script needs more than memory = 16777216 bytes"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[600];
    snprintf(text, sizeof text,
             "function sparse(bits) local t = {1, 1} "
             "for i = 1, bits do t[1 << i] = 1 t[(1 << i) + 1] = 1 end return t end\n"
             "function filter(event) if event.new.id == 1 then %s end return true end",
             cases[i].text);
    struct filter_test *test = filter(text, NULL, NULL);
    test->host->verdict = HEADRACE_VERDICT_DEAD_LETTER;
    for (int round = 0; round < 2; round++) {
      assert_memory_equal(insert(test), "refused insert", 14);
      assert_int_equal(test->batch->events.count, 1);
      assert_string_equal(test->host->last_error_class, "script");
      if (!strstr(test->host->last_reason, cases[i].reason))
        fail_msg("%s: %s", cases[i].text, test->host->last_reason);
      /* and it goes on */
      assert_string_equal(
          filter_test_row(test, HEADRACE_INSERT, NULL, ROW("2", NONE, NONE, NONE, NONE, NONE)),
          "insert public.t{id=2 name=null total=null paid=null x=null note=null }");
    }
    filter_test_free(test);
  }
}

static void test_stop(void **state)
{
  (void)state;
  struct filter_test *test = FILTER("error('no')");
  assert_int_equal(filter_test_apply(test, HEADRACE_INSERT, NULL, ROW_1), HEADRACE_FATAL);
  assert_int_equal(test->batch->events.count, 0);
  filter_test_free(test);
}

static void test_there_is_no_way_out(void **state)
{
  (void)state;
  struct filter_test *test = FILTER(
      "for _, name in ipairs{'io', 'os', 'require', 'package', 'debug', 'load', 'loadfile', "
      "'dofile', 'coroutine', 'collectgarbage', 'print'} do assert(_G[name] == nil, name) end "
      "assert(string.dump == nil) assert(table.move == nil) return true");
  assert_string_equal(insert(test), SHOWN_1(""));
  filter_test_free(test);
}

static void test_state_is_kept(void **state)
{
  (void)state;
  struct filter_test *test = filter("local n = 0 function filter(event) n = n + 1 event.new.id = n "
                                    "log('seen ' .. n) return event end",
                                    NULL, NULL);
  insert(test);
  insert(test);
  assert_memory_equal(test->batch->events.items[0].change->new_values[0].data, "2", 1);
  char *log = plugin_host_log(test->host);
  assert_non_null(strstr(log, "seen 2"));
  free(log);
  filter_test_free(test);
}

static void test_records(void **state)
{
  (void)state;
  struct filter_test *test =
      filter("function filter(event) local row = json.decode(event.value) "
             "assert(event.topic == 'orders' and event.partition == 3 and event.offset == 41) "
             "assert(event.headers[1].name == 'h' and event.headers[1].value == 'v') "
             "assert(row.big == '123456789012345678901' and row.f == 1.5 and row.none == null) "
             "assert(row.list[2] == 'b\\n') "
             "event.topic = 'copy' event.key = null event.value = json.encode(row) "
             "return {event, true} end",
             "on", "records");
  assert_int_equal(test->plugin->on_records(test->self), 1);
  static const struct headrace_header header = {"h", {"v", 1, HEADRACE_BINARY}};
  struct headrace_record record = {
      .topic = filter_test_value("orders"),
      .key = filter_test_value("key"),
      .value = filter_test_value(
          "{\"f\":1.5,\"big\":123456789012345678901,\"none\":null,\"list\":[{},\"b\\n\",true]}"),
      .headers = &header,
      .header_count = 1,
      .partition = 3,
      .offset = 41,
      .timestamp_ms = 7};
  struct headrace_event event = {.record = &record};
  if (filter_test_event(test, &event) != HEADRACE_OK)
    fail_msg("%s", test->host->last_reason);
  assert_string_equal(
      filter_test_shown(test),
      "record{topic=copy key=null value={\"big\":\"123456789012345678901\",\"f\":1.5,\"list\":[{},"
      "\"b\\n\",true],\"none\":null} h=v 3} | record{topic=orders key=key value={\"f\":1.5,\"big\":"
      "123456789012345678901,\"none\":null,\"list\":[{},\"b\\n\",true]} h=v 3}");
  assert_int_equal(test->batch->events.items[0].record->offset, 41);
  assert_int_equal(test->batch->events.items[0].record->timestamp_ms, 7);
  filter_test_free(test);
}

static void test_messages(void **state)
{
  (void)state;
  struct filter_test *test = FILTER("event.content = event.prefix .. '!' return event");
  struct headrace_change message = {.operation = HEADRACE_MESSAGE,
                                    .message_prefix = filter_test_value("p"),
                                    .message_content = filter_test_value("c")};
  struct headrace_event event = {.change = &message};
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  const struct headrace_change *made = test->batch->events.items[0].change;
  assert_int_equal(made->message_content.size, 2);
  assert_memory_equal(made->message_content.data, "p!", 2);
  message.operation = HEADRACE_HEARTBEAT; /* it is not the script's */
  assert_int_equal(filter_test_event(test, &event), HEADRACE_OK);
  assert_ptr_equal(test->batch->events.items[0].change, &message);
  filter_test_free(test);
}

static void assert_script_fault(const char *text, const char *key, const char *value,
                                const char *reason)
{
  assert_fault(KEYS("file", script(text), key, value), reason);
  unlink(path);
}

static void test_check(void **state)
{
  (void)state;
  assert_fault(KEYS("file", "/nowhere/x.lua"), "cannot open /nowhere/x.lua");
  assert_script_fault("x", NULL, NULL, "syntax error");
  assert_script_fault("x = 1", NULL, NULL, "has no function filter");
  assert_script_fault("function filter() end", "function", "other", "has no function other");
  assert_script_fault("error('at once')", NULL, NULL, "at once");
  assert_script_fault("while true do end", NULL, NULL, "instructions");
  assert_script_fault("\x1bLua", NULL, NULL, "attempt to load a binary chunk");
  assert_script_fault("function filter() end", "memory", "1k", "memory");
  assert_script_fault("function filter() end", "memory", "10k", "memory");
  assert_script_fault("function filter() end", "instructions", "0", "must be 1 or more");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers),
                                     cmocka_unit_test(test_what_it_sees),
                                     cmocka_unit_test(test_untouched_values),
                                     cmocka_unit_test(test_one_relation_for_a_shape),
                                     cmocka_unit_test(test_faults_are_refused),
                                     cmocka_unit_test(test_stop),
                                     cmocka_unit_test(test_there_is_no_way_out),
                                     cmocka_unit_test(test_state_is_kept),
                                     cmocka_unit_test(test_records),
                                     cmocka_unit_test(test_messages),
                                     cmocka_unit_test(test_check)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
