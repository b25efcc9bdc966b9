/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of event lines, for the writer and the reader. */
#ifndef HEADRACE_EVENT_NAMES_H
#define HEADRACE_EVENT_NAMES_H

#include <headrace/plugin.h>

static const char *const event_types[] = {[HEADRACE_TYPE_OTHER] = "other",
                                          [HEADRACE_TYPE_BOOL] = "bool",
                                          [HEADRACE_TYPE_INT16] = "int16",
                                          [HEADRACE_TYPE_INT32] = "int32",
                                          [HEADRACE_TYPE_INT64] = "int64",
                                          [HEADRACE_TYPE_FLOAT32] = "float32",
                                          [HEADRACE_TYPE_FLOAT64] = "float64",
                                          [HEADRACE_TYPE_NUMERIC] = "numeric",
                                          [HEADRACE_TYPE_TEXT] = "text",
                                          [HEADRACE_TYPE_BYTES] = "bytes",
                                          [HEADRACE_TYPE_DATE] = "date",
                                          [HEADRACE_TYPE_TIME] = "time",
                                          [HEADRACE_TYPE_TIMETZ] = "timetz",
                                          [HEADRACE_TYPE_TIMESTAMP] = "timestamp",
                                          [HEADRACE_TYPE_TIMESTAMPTZ] = "timestamptz",
                                          [HEADRACE_TYPE_INTERVAL] = "interval",
                                          [HEADRACE_TYPE_UUID] = "uuid",
                                          [HEADRACE_TYPE_JSON] = "json",
                                          [HEADRACE_TYPE_XML] = "xml",
                                          [HEADRACE_TYPE_ENUM] = "enum",
                                          [HEADRACE_TYPE_BIT] = "bit",
                                          [HEADRACE_TYPE_INET] = "inet",
                                          [HEADRACE_TYPE_RANGE] = "range",
                                          [HEADRACE_TYPE_ARRAY] = "array",
                                          [HEADRACE_TYPE_COMPOSITE] = "composite",
                                          [HEADRACE_TYPE_MONEY] = "money",
                                          [HEADRACE_TYPE_OID] = "oid",
                                          [HEADRACE_TYPE_HSTORE] = "hstore",
                                          [HEADRACE_TYPE_POINT] = "point",
                                          [HEADRACE_TYPE_LTREE] = "ltree",
                                          [HEADRACE_TYPE_UNTYPED] = "untyped"};

static const char *const event_operations[] = {
    [HEADRACE_INSERT] = "insert",      [HEADRACE_UPDATE] = "update",
    [HEADRACE_DELETE] = "delete",      [HEADRACE_READ] = "read",
    [HEADRACE_TRUNCATE] = "truncate",  [HEADRACE_MESSAGE] = "message",
    [HEADRACE_BEGIN] = "begin",        [HEADRACE_COMMIT] = "commit",
    [HEADRACE_HEARTBEAT] = "heartbeat"};

struct event_flag {
  const char *name;
  uint32_t bit;
};

static const struct event_flag event_column_flags[] = {{"nullable", HEADRACE_COLUMN_NULLABLE},
                                                       {"generated", HEADRACE_COLUMN_GENERATED},
                                                       {"identity", HEADRACE_COLUMN_IDENTITY},
                                                       {0}};
static const struct event_flag event_change_flags[] = {
    {"old_is_key", HEADRACE_OLD_IS_KEY},
    {"cascade", HEADRACE_TRUNCATE_CASCADE},
    {"restart_identity", HEADRACE_TRUNCATE_RESTART},
    {"transactional", HEADRACE_MESSAGE_TRANSACTIONAL},
    {"on_demand", HEADRACE_READ_ON_DEMAND},
    {0}};

#endif
