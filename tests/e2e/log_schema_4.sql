-- What pg_dump --inserts gave of a log with schema version 4: a topic of two partitions, an
-- idempotent producer, a group.
SET check_function_bodies = false;
CREATE SCHEMA kafka;
CREATE FUNCTION kafka.add_segment(topic integer, part integer, first bigint, after bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ BEGIN EXECUTE format('CREATE TABLE messages_%s_%s_%s (LIKE messages INCLUDING STORAGE)',  topic, part, first); EXECUTE format('ALTER TABLE messages_%s ATTACH PARTITION messages_%s_%s_%s  FOR VALUES FROM (%s, %s) TO (%s, %s)',  topic, topic, part, first, part, first, part, after); INSERT INTO segments VALUES (topic, part, first, after); END $$;
CREATE FUNCTION kafka.add_topic(topic_name text, partition_count integer, topic_config jsonb, OUT topic integer, OUT topic_uuid uuid) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ BEGIN INSERT INTO topics (name, config) VALUES (topic_name, topic_config)  RETURNING topic_id, id INTO topic, topic_uuid; INSERT INTO partitions (topic_id, partition_id)  SELECT topic, n FROM generate_series(0, partition_count - 1) n; EXECUTE format('CREATE TABLE messages_%s (LIKE messages INCLUDING STORAGE)  PARTITION BY RANGE (partition_id, partition_offset)', topic); EXECUTE format('ALTER TABLE messages ATTACH PARTITION messages_%s FOR VALUES IN (%s)',  topic, topic); END $$;
CREATE FUNCTION kafka.advance(epoch bigint, global_before bigint, global_after bigint, topic integer[], part integer[], before bigint[], after bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ DECLARE moved bigint; BEGIN UPDATE partitions p SET next_offset = u.after FROM unnest(topic, part, before, after)  AS u(topic, part, before, after)  WHERE p.topic_id = u.topic AND p.partition_id = u.part AND p.next_offset = u.before; GET DIAGNOSTICS moved = ROW_COUNT; UPDATE meta SET next_global_offset = global_after  WHERE owner_epoch = epoch AND next_global_offset = global_before; IF NOT FOUND OR moved <> cardinality(topic) THEN  RAISE EXCEPTION 'the log was moved by another process' USING ERRCODE = 'HR101'; END IF; END $$;
CREATE FUNCTION kafka.as_text(data bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$ BEGIN RETURN convert_from(data, 'UTF8'); EXCEPTION WHEN OTHERS THEN RETURN data::text; END $$;
CREATE FUNCTION kafka.empty_segment(segment regclass, start bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ DECLARE newer boolean; BEGIN EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', segment); EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE partition_offset >= %s)', segment,  start) INTO newer; IF NOT newer THEN EXECUTE format('TRUNCATE %s', segment); END IF; END $$;
CREATE FUNCTION kafka.headers_jsonb(headers bytea[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ SELECT jsonb_agg(jsonb_build_array(as_text(headers[i][1]), as_text(headers[i][2]))  ORDER BY i) FROM generate_subscripts(headers, 1) i $$;
CREATE FUNCTION kafka.owned(epoch bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ BEGIN PERFORM FROM meta WHERE owner_epoch = epoch; IF NOT FOUND THEN RAISE EXCEPTION 'another process is the owner of the log'  USING ERRCODE = 'HR101'; END IF; END $$;
CREATE FUNCTION kafka.produce(topic text, key text, value text, headers jsonb DEFAULT NULL::jsonb, part integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE sql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ SELECT produce_bytes(topic, convert_to(key, 'UTF8'), convert_to(value, 'UTF8'),  (SELECT array_agg(ARRAY[convert_to(name, 'UTF8'), convert_to(content, 'UTF8')])   FROM (SELECT e.key, e.value FROM jsonb_each_text(CASE jsonb_typeof(headers)     WHEN 'object' THEN headers END) e    UNION ALL SELECT p.pair->>0, p.pair->>1 FROM jsonb_array_elements(     CASE jsonb_typeof(headers) WHEN 'array' THEN headers END) p(pair)) h(name, content)),  part) $$;
CREATE FUNCTION kafka.produce_bytes(topic text, key bytea, value bytea, headers bytea[] DEFAULT NULL::bytea[], part integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ DECLARE found_topic integer; BEGIN SELECT t.topic_id INTO found_topic FROM topics t WHERE t.name = topic; IF NOT FOUND OR (part IS NOT NULL AND NOT EXISTS (SELECT FROM partitions p  WHERE p.topic_id = found_topic AND p.partition_id = part)) THEN  RAISE EXCEPTION 'there is no topic %, or no such partition', topic   USING ERRCODE = 'undefined_object'; END IF; INSERT INTO outbox (topic_id, partition_id, key, value, headers)  VALUES (found_topic, part, key, value, headers); PERFORM pg_notify(current_schema() || '_outbox', ''); END $$;
CREATE TABLE kafka.messages (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    partition_offset bigint NOT NULL,
    global_offset bigint NOT NULL,
    "timestamp" timestamp with time zone,
    key bytea,
    value bytea,
    headers bytea[]
)
PARTITION BY LIST (topic_id);
CREATE FUNCTION kafka.read(topic text, partition_id integer, from_offset bigint, max_records bigint DEFAULT 1000) RETURNS SETOF kafka.messages
    LANGUAGE plpgsql STABLE
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ DECLARE place partitions; BEGIN SELECT p.* INTO place FROM partitions p JOIN topics t USING (topic_id)  WHERE t.name = read.topic AND p.partition_id = read.partition_id; IF NOT FOUND THEN RAISE EXCEPTION 'there is no partition % of topic %',  read.partition_id, read.topic USING ERRCODE = 'undefined_object'; END IF; RETURN QUERY EXECUTE format('SELECT * FROM messages WHERE topic_id = %s AND partition_id = %s  AND partition_offset >= %s AND partition_offset < %s ORDER BY partition_offset LIMIT %s',  place.topic_id, place.partition_id, greatest(from_offset, place.start_offset),  place.next_offset, max_records); END $$;
CREATE FUNCTION kafka.segment_bytes(topic integer, part integer, first bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'kafka', 'pg_catalog'
    AS $$ SELECT pg_total_relation_size(  to_regclass(format('messages_%s_%s_%s', topic, part, first))) $$;
CREATE TABLE kafka.groups (
    group_id text NOT NULL,
    protocol_type text DEFAULT ''::text NOT NULL,
    active boolean DEFAULT false NOT NULL,
    left_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE kafka.offsets (
    group_id text NOT NULL,
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    committed_offset bigint NOT NULL,
    leader_epoch integer DEFAULT '-1'::integer NOT NULL,
    metadata text DEFAULT ''::text NOT NULL,
    committed_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE kafka.partitions (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    start_offset bigint DEFAULT 0 NOT NULL,
    next_offset bigint DEFAULT 0 NOT NULL,
    leader_epoch integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE TABLE kafka.topics (
    topic_id integer NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone
);
CREATE VIEW kafka.group_lag AS
 SELECT o.group_id,
    g.active,
    t.name AS topic,
    o.partition_id,
    o.committed_offset,
    p.next_offset AS end_offset,
    GREATEST((p.next_offset - GREATEST(o.committed_offset, p.start_offset)), (0)::bigint) AS lag,
    o.committed_at
   FROM (((kafka.offsets o
     JOIN kafka.groups g USING (group_id))
     JOIN kafka.topics t USING (topic_id))
     JOIN kafka.partitions p USING (topic_id, partition_id));
CREATE TABLE kafka.messages_1 (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    partition_offset bigint NOT NULL,
    global_offset bigint NOT NULL,
    "timestamp" timestamp with time zone,
    key bytea,
    value bytea,
    headers bytea[]
)
PARTITION BY RANGE (partition_id, partition_offset);
CREATE TABLE kafka.messages_1_0_0 (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    partition_offset bigint NOT NULL,
    global_offset bigint NOT NULL,
    "timestamp" timestamp with time zone,
    key bytea,
    value bytea,
    headers bytea[]
);
CREATE TABLE kafka.messages_1_1_0 (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    partition_offset bigint NOT NULL,
    global_offset bigint NOT NULL,
    "timestamp" timestamp with time zone,
    key bytea,
    value bytea,
    headers bytea[]
);
CREATE TABLE kafka.meta (
    only_row boolean DEFAULT true NOT NULL,
    schema_version integer NOT NULL,
    cluster_id text NOT NULL,
    owner_epoch bigint DEFAULT 0 NOT NULL,
    timeline text DEFAULT ''::text NOT NULL,
    next_producer_id bigint DEFAULT 0 NOT NULL,
    next_global_offset bigint DEFAULT 0 NOT NULL,
    CONSTRAINT meta_only_row_check CHECK (only_row)
)
WITH (fillfactor='50');
CREATE TABLE kafka.outbox (
    id bigint NOT NULL,
    topic_id integer NOT NULL,
    partition_id integer,
    "timestamp" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    key bytea,
    value bytea,
    headers bytea[]
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
ALTER TABLE kafka.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kafka.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE kafka.producers (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    producer_id bigint NOT NULL,
    epoch smallint NOT NULL,
    first_sequences integer[] NOT NULL,
    counts bigint[] NOT NULL,
    first_offsets bigint[] NOT NULL,
    last_written timestamp with time zone NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');
CREATE VIEW kafka.records AS
 SELECT t.name AS topic,
    m.partition_id,
    m.partition_offset,
    m.global_offset,
    m."timestamp",
    kafka.as_text(m.key) AS key,
    kafka.as_text(m.value) AS value,
    kafka.headers_jsonb(m.headers) AS headers
   FROM (kafka.messages m
     JOIN kafka.topics t USING (topic_id));
CREATE TABLE kafka.segments (
    topic_id integer NOT NULL,
    partition_id integer NOT NULL,
    first_offset bigint NOT NULL,
    end_offset bigint NOT NULL
);
CREATE VIEW kafka.topic_sizes AS
 SELECT t.name AS topic,
    count(*) AS partitions,
    (sum((p.next_offset - p.start_offset)))::bigint AS records,
    (COALESCE(sum(s.bytes), (0)::numeric))::bigint AS bytes
   FROM ((kafka.topics t
     JOIN kafka.partitions p USING (topic_id))
     LEFT JOIN LATERAL ( SELECT sum(kafka.segment_bytes(g.topic_id, g.partition_id, g.first_offset)) AS bytes
           FROM kafka.segments g
          WHERE ((g.topic_id = p.topic_id) AND (g.partition_id = p.partition_id))) s ON (true))
  GROUP BY t.topic_id, t.name;
ALTER TABLE kafka.topics ALTER COLUMN topic_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kafka.topics_topic_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY kafka.messages ATTACH PARTITION kafka.messages_1 FOR VALUES IN (1);
ALTER TABLE ONLY kafka.messages_1 ATTACH PARTITION kafka.messages_1_0_0 FOR VALUES FROM (0, '0') TO (0, '1000000');
ALTER TABLE ONLY kafka.messages_1 ATTACH PARTITION kafka.messages_1_1_0 FOR VALUES FROM (1, '0') TO (1, '1000000');
INSERT INTO kafka.groups VALUES ('readers', '', false, '2026-11-21 17:25:49.895983+00');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 0, 10, '2020-09-13 12:26:40+00', '\x6b30', '\x30', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 1, 11, '2020-09-13 12:26:42+00', '\x6b32', '\x32', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 2, 12, '2020-09-13 12:26:44+00', '\x6b34', '\x34', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 3, 13, '2020-09-13 12:26:46+00', '\x6b36', '\x36', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 4, 14, '2020-09-13 12:26:48+00', '\x6b38', '\x38', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 5, 15, '2020-09-13 12:26:50+00', '\x6b3130', '\x3130', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 6, 16, '2020-09-13 12:26:52+00', '\x6b3132', '\x3132', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 7, 17, '2020-09-13 12:26:54+00', '\x6b3134', '\x3134', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 8, 18, '2020-09-13 12:26:56+00', '\x6b3136', '\x3136', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_0_0 VALUES (1, 0, 9, 19, '2020-09-13 12:26:58+00', '\x6b3138', '\x3138', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 0, 0, '2020-09-13 12:26:41+00', '\x6b31', '\x31', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 1, 1, '2020-09-13 12:26:43+00', '\x6b33', '\x33', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 2, 2, '2020-09-13 12:26:45+00', '\x6b35', '\x35', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 3, 3, '2020-09-13 12:26:47+00', '\x6b37', '\x37', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 4, 4, '2020-09-13 12:26:49+00', '\x6b39', '\x39', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 5, 5, '2020-09-13 12:26:51+00', '\x6b3131', '\x3131', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 6, 6, '2020-09-13 12:26:53+00', '\x6b3133', '\x3133', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 7, 7, '2020-09-13 12:26:55+00', '\x6b3135', '\x3135', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 8, 8, '2020-09-13 12:26:57+00', '\x6b3137', '\x3137', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.messages_1_1_0 VALUES (1, 1, 9, 9, '2020-09-13 12:26:59+00', '\x6b3139', '\x3139', '{{"\\x68","\\x78"}}');
INSERT INTO kafka.meta VALUES (true, 4, 'lmFzYZIOR0a5G4MvBf3rtg', 1, '00000001', 1000, 20);
INSERT INTO kafka.offsets VALUES ('readers', 1, 0, 4, -1, '', '2026-11-21 17:25:49.895983+00');
INSERT INTO kafka.partitions VALUES (1, 1, 0, 10, 0);
INSERT INTO kafka.partitions VALUES (1, 0, 0, 10, 0);
INSERT INTO kafka.producers VALUES (1, 0, 0, 0, '{0}', '{10}', '{0}', '2026-11-21 17:25:49.847+00');
INSERT INTO kafka.producers VALUES (1, 1, 0, 0, '{0}', '{10}', '{0}', '2026-11-21 17:25:49.847+00');
INSERT INTO kafka.segments VALUES (1, 1, 0, 1000000);
INSERT INTO kafka.segments VALUES (1, 0, 0, 1000000);
INSERT INTO kafka.topics OVERRIDING SYSTEM VALUE VALUES (1, '5029b0a8-d7c9-4a6d-96d8-743c09e1101e', 'old', '{"retention.ms": "-1"}', '2026-11-21 17:25:49.325722+00', NULL);
SELECT pg_catalog.setval('kafka.outbox_id_seq', 1, false);
SELECT pg_catalog.setval('kafka.topics_topic_id_seq', 1, true);
ALTER TABLE ONLY kafka.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (group_id);
ALTER TABLE ONLY kafka.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (topic_id, partition_id, partition_offset);
ALTER TABLE ONLY kafka.messages_1
    ADD CONSTRAINT messages_1_pkey PRIMARY KEY (topic_id, partition_id, partition_offset);
ALTER TABLE ONLY kafka.messages_1_0_0
    ADD CONSTRAINT messages_1_0_0_pkey PRIMARY KEY (topic_id, partition_id, partition_offset);
ALTER TABLE ONLY kafka.messages_1_1_0
    ADD CONSTRAINT messages_1_1_0_pkey PRIMARY KEY (topic_id, partition_id, partition_offset);
ALTER TABLE ONLY kafka.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY kafka.offsets
    ADD CONSTRAINT offsets_pkey PRIMARY KEY (group_id, topic_id, partition_id);
ALTER TABLE ONLY kafka.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY kafka.partitions
    ADD CONSTRAINT partitions_pkey PRIMARY KEY (topic_id, partition_id);
ALTER TABLE ONLY kafka.producers
    ADD CONSTRAINT producers_pkey PRIMARY KEY (topic_id, partition_id, producer_id);
ALTER TABLE ONLY kafka.segments
    ADD CONSTRAINT segments_pkey PRIMARY KEY (topic_id, partition_id, first_offset);
ALTER TABLE ONLY kafka.topics
    ADD CONSTRAINT topics_id_key UNIQUE (id);
ALTER TABLE ONLY kafka.topics
    ADD CONSTRAINT topics_name_key UNIQUE (name);
ALTER TABLE ONLY kafka.topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (topic_id);
ALTER INDEX kafka.messages_1_pkey ATTACH PARTITION kafka.messages_1_0_0_pkey;
ALTER INDEX kafka.messages_1_pkey ATTACH PARTITION kafka.messages_1_1_0_pkey;
ALTER INDEX kafka.messages_pkey ATTACH PARTITION kafka.messages_1_pkey;
ALTER TABLE ONLY kafka.offsets
    ADD CONSTRAINT offsets_group_id_fkey FOREIGN KEY (group_id) REFERENCES kafka.groups(group_id) ON DELETE CASCADE;
ALTER TABLE ONLY kafka.offsets
    ADD CONSTRAINT offsets_topic_id_fkey FOREIGN KEY (topic_id) REFERENCES kafka.topics(topic_id) ON DELETE CASCADE;
ALTER TABLE ONLY kafka.partitions
    ADD CONSTRAINT partitions_topic_id_fkey FOREIGN KEY (topic_id) REFERENCES kafka.topics(topic_id) ON DELETE CASCADE;
ALTER TABLE ONLY kafka.producers
    ADD CONSTRAINT producers_topic_id_fkey FOREIGN KEY (topic_id) REFERENCES kafka.topics(topic_id) ON DELETE CASCADE;
ALTER TABLE ONLY kafka.segments
    ADD CONSTRAINT segments_topic_id_fkey FOREIGN KEY (topic_id) REFERENCES kafka.topics(topic_id) ON DELETE CASCADE;
