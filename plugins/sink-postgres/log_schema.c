/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of mode = log. A step is never changed once it was released: what comes later is
 * another step. All names are found by the search_path, which begins with the log's schema. */
#include "log_sink.h"
#include "pg_quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Taken while the schema is made or upgraded; any number that nobody else has. */
#define UPGRADE_LOCK "7308895160483668324"

static const char *const step_tables =
    "CREATE TABLE meta ("
    " only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),"
    " schema_version integer NOT NULL,"
    " cluster_id text NOT NULL,"
    " owner_epoch bigint NOT NULL DEFAULT 0,"
    " timeline text NOT NULL DEFAULT '',"
    " next_producer_id bigint NOT NULL DEFAULT 0,"
    " next_global_offset bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);"
    "INSERT INTO meta (schema_version, cluster_id) VALUES (0, translate(rtrim("
    " encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='),"
    " '+/', '-_'));"
    "CREATE TABLE topics ("
    " topic_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),"
    " name text NOT NULL UNIQUE,"
    " config jsonb NOT NULL DEFAULT '{}',"
    " created_at timestamptz NOT NULL DEFAULT now());"
    /* Counters change with every transaction: no index has them, so that updates stay on their
     * page, and vacuum comes often to what is small. */
    "CREATE TABLE partitions ("
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " start_offset bigint NOT NULL DEFAULT 0,"
    " next_offset bigint NOT NULL DEFAULT 0,"
    " leader_epoch integer NOT NULL DEFAULT 0,"
    " PRIMARY KEY (topic_id, partition_id)) WITH (fillfactor = 50,"
    " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);"
    "CREATE TABLE segments ("
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " first_offset bigint NOT NULL,"
    " end_offset bigint NOT NULL,"
    " PRIMARY KEY (topic_id, partition_id, first_offset));"
    "CREATE TABLE messages ("
    " topic_id integer NOT NULL,"
    " partition_id integer NOT NULL,"
    " partition_offset bigint NOT NULL,"
    " global_offset bigint NOT NULL,"
    " \"timestamp\" timestamptz,"
    " key bytea,"
    " value bytea,"
    " headers bytea[],"
    " PRIMARY KEY (topic_id, partition_id, partition_offset)) PARTITION BY LIST (topic_id);"
    "CREATE TABLE producers ("
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " producer_id bigint NOT NULL,"
    " epoch smallint NOT NULL,"
    " first_sequences integer[] NOT NULL,"
    " counts bigint[] NOT NULL,"
    " first_offsets bigint[] NOT NULL,"
    " last_written timestamptz NOT NULL,"
    " PRIMARY KEY (topic_id, partition_id, producer_id)) WITH (fillfactor = 50,"
    " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);"
    "CREATE TABLE groups ("
    " group_id text PRIMARY KEY,"
    " protocol_type text NOT NULL DEFAULT '',"
    " active boolean NOT NULL DEFAULT false,"
    " left_at timestamptz NOT NULL DEFAULT now());"
    "CREATE TABLE offsets ("
    " group_id text NOT NULL REFERENCES groups ON DELETE CASCADE,"
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " committed_offset bigint NOT NULL,"
    " leader_epoch integer NOT NULL DEFAULT -1,"
    " metadata text NOT NULL DEFAULT '',"
    " committed_at timestamptz NOT NULL DEFAULT now(),"
    " PRIMARY KEY (group_id, topic_id, partition_id)) WITH (fillfactor = 50,"
    " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);"

    /* Attached, and not made as a partition: that would lock out whoever reads or writes. */
    "CREATE FUNCTION add_segment(topic integer, part integer, first bigint, after bigint)"
    " RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN"
    " EXECUTE format('CREATE TABLE messages_%s_%s_%s (LIKE messages INCLUDING STORAGE)',"
    "  topic, part, first);"
    " EXECUTE format('ALTER TABLE messages_%s ATTACH PARTITION messages_%s_%s_%s"
    "  FOR VALUES FROM (%s, %s) TO (%s, %s)',"
    "  topic, topic, part, first, part, first, part, after);"
    " INSERT INTO segments VALUES (topic, part, first, after);"
    " END $$;"
    "CREATE FUNCTION add_topic(topic_name text, partition_count integer, topic_config jsonb,"
    " OUT topic integer, OUT topic_uuid uuid)"
    " LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN"
    " INSERT INTO topics (name, config) VALUES (topic_name, topic_config)"
    "  RETURNING topic_id, id INTO topic, topic_uuid;"
    " INSERT INTO partitions (topic_id, partition_id)"
    "  SELECT topic, n FROM generate_series(0, partition_count - 1) n;"
    " EXECUTE format('CREATE TABLE messages_%s (LIKE messages INCLUDING STORAGE)"
    "  PARTITION BY RANGE (partition_id, partition_offset)', topic);"
    " EXECUTE format('ALTER TABLE messages ATTACH PARTITION messages_%s FOR VALUES IN (%s)',"
    "  topic, topic);"
    " END $$;"
    /* The lock comes first: rows that are about to be committed would not be seen. */
    "CREATE FUNCTION empty_segment(segment regclass, start bigint) RETURNS void"
    " LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ DECLARE newer boolean; BEGIN"
    " EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', segment);"
    " EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE partition_offset >= %s)', segment,"
    "  start) INTO newer;"
    " IF NOT newer THEN EXECUTE format('TRUNCATE %s', segment); END IF; END $$;"
    "CREATE FUNCTION owned(epoch bigint) RETURNS void LANGUAGE plpgsql"
    " SET search_path FROM CURRENT AS $$ BEGIN"
    " PERFORM FROM meta WHERE owner_epoch = epoch;"
    " IF NOT FOUND THEN RAISE EXCEPTION 'another process is the owner of the log'"
    "  USING ERRCODE = 'HR101'; END IF; END $$;"
    /* The last statement of what appends: counters move from where this process knows them to be,
     * or all is rolled back. HR101: somebody else moved them. */
    "CREATE FUNCTION advance(epoch bigint, global_before bigint, global_after bigint,"
    " topic integer[], part integer[], before bigint[], after bigint[])"
    " RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$"
    " DECLARE moved bigint; BEGIN"
    " UPDATE partitions p SET next_offset = u.after FROM unnest(topic, part, before, after)"
    "  AS u(topic, part, before, after)"
    "  WHERE p.topic_id = u.topic AND p.partition_id = u.part AND p.next_offset = u.before;"
    " GET DIAGNOSTICS moved = ROW_COUNT;"
    " UPDATE meta SET next_global_offset = global_after"
    "  WHERE owner_epoch = epoch AND next_global_offset = global_before;"
    " IF NOT FOUND OR moved <> cardinality(topic) THEN"
    "  RAISE EXCEPTION 'the log was moved by another process' USING ERRCODE = 'HR101';"
    " END IF; END $$;";

/* What people look at, and SQL as a consumer. */
static const char *const step_views =
    "CREATE FUNCTION as_text(data bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE"
    " AS $$ BEGIN RETURN convert_from(data, 'UTF8');"
    " EXCEPTION WHEN OTHERS THEN RETURN data::text; END $$;"
    /* Pairs, since names may come twice and their order counts. */
    "CREATE FUNCTION headers_jsonb(headers bytea[]) RETURNS jsonb LANGUAGE sql IMMUTABLE"
    " PARALLEL SAFE SET search_path FROM CURRENT AS $$"
    " SELECT jsonb_agg(jsonb_build_array(as_text(headers[i][1]), as_text(headers[i][2]))"
    "  ORDER BY i) FROM generate_subscripts(headers, 1) i $$;"
    "CREATE VIEW records AS SELECT t.name AS topic, m.partition_id, m.partition_offset,"
    " m.global_offset, m.\"timestamp\", as_text(m.key) AS key, as_text(m.value) AS value,"
    " headers_jsonb(m.headers) AS headers FROM messages m JOIN topics t USING (topic_id);"
    "CREATE FUNCTION segment_bytes(topic integer, part integer, first bigint) RETURNS bigint"
    " LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$ SELECT pg_total_relation_size("
    "  to_regclass(format('messages_%s_%s_%s', topic, part, first))) $$;"
    "CREATE VIEW topic_sizes AS SELECT t.name AS topic, count(*) AS partitions,"
    " sum(p.next_offset - p.start_offset)::bigint AS records, coalesce(sum(s.bytes), 0)::bigint"
    " AS bytes FROM topics t JOIN partitions p USING (topic_id)"
    " LEFT JOIN LATERAL (SELECT sum(segment_bytes(g.topic_id, g.partition_id, g.first_offset))"
    "  AS bytes FROM segments g WHERE g.topic_id = p.topic_id"
    "  AND g.partition_id = p.partition_id) s ON true GROUP BY t.topic_id, t.name;"
    "CREATE VIEW group_lag AS SELECT o.group_id, g.active, t.name AS topic, o.partition_id,"
    " o.committed_offset, p.next_offset AS end_offset,"
    " greatest(p.next_offset - greatest(o.committed_offset, p.start_offset), 0) AS lag,"
    " o.committed_at FROM offsets o JOIN groups g USING (group_id) JOIN topics t USING (topic_id)"
    " JOIN partitions p USING (topic_id, partition_id);"
    /* Not more than is committed and not taken away, in order. */
    "CREATE FUNCTION read(topic text, partition_id integer, from_offset bigint,"
    " max_records bigint DEFAULT 1000) RETURNS SETOF messages LANGUAGE plpgsql STABLE"
    " SET search_path FROM CURRENT AS $$ DECLARE place partitions; BEGIN"
    " SELECT p.* INTO place FROM partitions p JOIN topics t USING (topic_id)"
    "  WHERE t.name = read.topic AND p.partition_id = read.partition_id;"
    " IF NOT FOUND THEN RAISE EXCEPTION 'there is no partition % of topic %',"
    "  read.partition_id, read.topic USING ERRCODE = 'undefined_object'; END IF;"
    " RETURN QUERY EXECUTE format('SELECT * FROM messages WHERE topic_id = %s AND partition_id = %s"
    "  AND partition_offset >= %s AND partition_offset < %s ORDER BY partition_offset LIMIT %s',"
    "  place.topic_id, place.partition_id, greatest(from_offset, place.start_offset),"
    "  place.next_offset, max_records);"
    " END $$;";

/* SQL as a producer: the caller's transaction puts rows into the outbox, and locks nothing. */
static const char *const step_outbox =
    "CREATE TABLE outbox ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " topic_id integer NOT NULL,"
    " partition_id integer,"
    " \"timestamp\" timestamptz NOT NULL DEFAULT clock_timestamp(),"
    " key bytea,"
    " value bytea,"
    " headers bytea[]) WITH (autovacuum_vacuum_scale_factor = 0,"
    " autovacuum_vacuum_threshold = 1000);"
    "CREATE FUNCTION produce_bytes(topic text, key bytea, value bytea,"
    " headers bytea[] DEFAULT NULL, part integer DEFAULT NULL) RETURNS void LANGUAGE plpgsql SET "
    "search_path FROM CURRENT AS $$"
    " DECLARE found_topic integer; BEGIN"
    " SELECT t.topic_id INTO found_topic FROM topics t WHERE t.name = topic;"
    " IF NOT FOUND OR (part IS NOT NULL AND NOT EXISTS (SELECT FROM partitions p"
    "  WHERE p.topic_id = found_topic AND p.partition_id = part)) THEN"
    "  RAISE EXCEPTION 'there is no topic %, or no such partition', topic"
    "   USING ERRCODE = 'undefined_object'; END IF;"
    " INSERT INTO outbox (topic_id, partition_id, key, value, headers)"
    "  VALUES (found_topic, part, key, value, headers);"
    " PERFORM pg_notify(current_schema() || '_outbox', '');"
    " END $$;"
    /* Headers are an object, or pairs of name and value as headers_jsonb() gives them. */
    "CREATE FUNCTION produce(topic text, key text, value text, headers jsonb DEFAULT NULL,"
    " part integer DEFAULT NULL) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$"
    " SELECT produce_bytes(topic, convert_to(key, 'UTF8'), convert_to(value, 'UTF8'),"
    "  (SELECT array_agg(ARRAY[convert_to(name, 'UTF8'), convert_to(content, 'UTF8')])"
    "   FROM (SELECT e.key, e.value FROM jsonb_each_text(CASE jsonb_typeof(headers)"
    "     WHEN 'object' THEN headers END) e"
    "    UNION ALL SELECT p.pair->>0, p.pair->>1 FROM jsonb_array_elements("
    "     CASE jsonb_typeof(headers) WHEN 'array' THEN headers END) p(pair)) h(name, content)),"
    "  part) $$;";

/* A topic is deleted when its name is free; its tables may have to wait for their readers. */
static const char *const step_deleted = "ALTER TABLE topics ADD COLUMN deleted_at timestamptz;";

/* Where leader epochs began, so that readers can be told where older ones ended. Of those before
 * this step only that is known: they had ended by then. Epoch 0 begins at offset 0. */
static const char *const step_epochs =
    "CREATE TABLE leader_epochs ("
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " leader_epoch integer NOT NULL,"
    " start_offset bigint NOT NULL,"
    " PRIMARY KEY (topic_id, partition_id, leader_epoch));"
    "INSERT INTO leader_epochs SELECT topic_id, partition_id, leader_epoch, next_offset"
    " FROM partitions WHERE leader_epoch > 0;";

/* A sparse index by time: a row for some thousand records, written with the last of them.
 * `newest` is infinity where it is not known, until retention looks after it. */
static const char *const step_times =
    "CREATE TABLE times ("
    " topic_id integer NOT NULL REFERENCES topics ON DELETE CASCADE,"
    " partition_id integer NOT NULL,"
    " first_offset bigint NOT NULL,"
    " end_offset bigint NOT NULL,"
    " newest timestamptz NOT NULL,"
    " PRIMARY KEY (topic_id, partition_id, first_offset));";

static const char *const step_sealed =
    /* An index that costs nothing while records come: see log_keep.c. */
    "ALTER TABLE segments ADD COLUMN sealed boolean NOT NULL DEFAULT false;"
    "CREATE FUNCTION seal_segment(topic integer, part integer, first bigint) RETURNS void"
    " LANGUAGE plpgsql SET search_path FROM CURRENT AS $$"
    " DECLARE segment text := format('messages_%s_%s_%s', topic, part, first); BEGIN"
    " EXECUTE format('CREATE INDEX ON %s USING brin (global_offset, \"timestamp\")"
    "  WITH (pages_per_range = 32)', segment);"
    " EXECUTE format('ANALYZE %s', segment);"
    " UPDATE segments SET sealed = true WHERE topic_id = topic AND partition_id = part"
    "  AND first_offset = first; END $$;";

/* Names and mechanisms of users, and what their passwords are checked against: RFC 5802. */
static const char *const step_credentials = "CREATE TABLE credentials ("
                                            " user_name text COLLATE \"C\" NOT NULL,"
                                            " mechanism text COLLATE \"C\" NOT NULL,"
                                            " iterations integer NOT NULL,"
                                            " salt bytea NOT NULL,"
                                            " stored_key bytea NOT NULL,"
                                            " server_key bytea NOT NULL,"
                                            " changed_at timestamptz NOT NULL DEFAULT now(),"
                                            " PRIMARY KEY (user_name, mechanism));"
                                            "REVOKE ALL ON credentials FROM PUBLIC;";

/* What the reader of the log has of its own, by a name; a topic's is in topics. */
static const char *const step_settings = "CREATE TABLE settings ("
                                         " name text PRIMARY KEY,"
                                         " config jsonb NOT NULL);";

static const char *const *const steps[] = {&step_tables,  &step_views,       &step_outbox,
                                           &step_deleted, &step_epochs,      &step_times,
                                           &step_sealed,  &step_credentials, &step_settings};

#define VERSION ((int)(sizeof steps / sizeof *steps))

static bool run(PGconn *connection, const char *sql, struct pg_error *error)
{
  PGresult *result = PQexec(connection, sql);
  ExecStatusType status = PQresultStatus(result);
  bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (!good)
    failure_read(connection, result, error);
  PQclear(result);
  return good;
}

/* -1: *error. 0: there is nothing yet. */
static int version_there(PGconn *connection, struct pg_error *error)
{
  PGresult *result = pg_query(connection, error, "SELECT to_regclass('meta') IS NOT NULL", 0, NULL);
  bool there = result && *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  if (!result || !there)
    return result ? 0 : -1;
  result = pg_query(connection, error, "SELECT schema_version FROM meta", 0, NULL);
  int version = result && PQntuples(result) ? atoi(PQgetvalue(result, 0, 0)) : -1;
  if (result && version < 0) {
    *error = (struct pg_error){.result = HEADRACE_FATAL};
    snprintf(error->message, sizeof error->message, "the table meta has no row");
  }
  PQclear(result);
  return version;
}

static bool refuse_newer(int version, struct pg_error *error)
{
  *error = (struct pg_error){.result = HEADRACE_FATAL};
  snprintf(error->message, sizeof error->message,
           "its version is %d, and this headrace knows versions up to %d: a newer one has to be "
           "used",
           version, VERSION);
  return false;
}

/* One that is there needs no right to make schemas. */
static bool make_schema(const struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  PGresult *result =
      pg_query(connection, error, "SELECT current_schema() IS DISTINCT FROM 'pg_catalog'", 0, NULL);
  bool there = result && *PQgetvalue(result, 0, 0) == 't';
  PQclear(result);
  if (!result || there)
    return there;
  char *create = pg_format("CREATE SCHEMA %s", sink->schema);
  bool good = run(connection, create, error);
  free(create);
  return good;
}

/* Inside of a transaction. */
static bool upgrade(const struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  bool good = run(connection, "SELECT pg_advisory_xact_lock(" UPGRADE_LOCK ")", error);
  /* Another process may have done it while the lock was waited for, also a newer one. */
  int version = good ? version_there(connection, error) : -1;
  if (version > VERSION)
    return refuse_newer(version, error);
  char *done = pg_format("UPDATE meta SET schema_version = %d", VERSION);
  good = version == 0 ? make_schema(sink, connection, error) : version > 0;
  for (int i = version; good && i < VERSION; i++)
    good = run(connection, *steps[i], error);
  good = good && run(connection, done, error);
  free(done);
  return good;
}

bool log_schema_prepare(const struct log_sink *sink, PGconn *connection, struct pg_error *error)
{
  int version = version_there(connection, error);
  if (version < 0 || version == VERSION)
    return version == VERSION;
  if (version > VERSION)
    return refuse_newer(version, error);
  if (run(connection, "BEGIN", error) && upgrade(sink, connection, error))
    return run(connection, "COMMIT", error);
  if (PQstatus(connection) == CONNECTION_OK)
    PQclear(PQexec(connection, "ROLLBACK"));
  return false;
}
