-- SPDX-License-Identifier: Apache-2.0
-- What a function per batch takes and may return. The names are yours: headrace looks at the
-- columns only. Leave out what you do not need; key and value may be bytea, text, jsonb, or a
-- table's type, whose columns are then filled from the JSON object.
CREATE SCHEMA IF NOT EXISTS headrace;

CREATE TYPE headrace.message AS (
  topic text, partition integer, "offset" bigint, ts timestamptz,
  key text, value jsonb, headers jsonb, ord integer);

-- action: ok, skip (counted), dlq (the pipeline's `errors` decides), anything else stops.
CREATE TYPE headrace.verdict AS (ord integer, action text, reason text);
