-- SPDX-License-Identifier: Apache-2.0
-- A function for each batch, which is far cheaper than one for each message; types.sql first.
CREATE TABLE reading (sensor text, at timestamptz, celsius numeric, PRIMARY KEY (sensor, at));

CREATE FUNCTION on_readings(batch headrace.message[]) RETURNS SETOF headrace.verdict
LANGUAGE sql AS $$
  WITH good AS (
    INSERT INTO reading
      SELECT DISTINCT ON (m.key, m.ts) m.key, m.ts, (m.value ->> 'celsius')::numeric
      FROM unnest(batch) AS m WHERE (m.value ->> 'celsius')::numeric BETWEEN -90 AND 60
      ORDER BY m.key, m.ts, m.ord DESC
      ON CONFLICT (sensor, at) DO UPDATE SET celsius = excluded.celsius)
  SELECT m.ord, 'dlq', 'no such temperature' FROM unnest(batch) AS m
    WHERE (m.value ->> 'celsius')::numeric NOT BETWEEN -90 AND 60
$$;
