-- SPDX-License-Identifier: Apache-2.0
-- A function for each message. Its arguments say by their names and types what it wants to have.
CREATE TABLE balance (account text PRIMARY KEY, amount numeric NOT NULL CHECK (amount >= 0));
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY, account text, body jsonb, trace text);

CREATE FUNCTION on_payment(key text, value jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF value ->> 'kind' = 'ping' THEN
    RAISE SQLSTATE 'HR001' USING MESSAGE = 'nothing to do';      -- skip this message
  END IF;
  INSERT INTO balance AS b VALUES (key, (value ->> 'amount')::numeric)
    ON CONFLICT (account) DO UPDATE SET amount = b.amount + excluded.amount;
  -- To tell the world, write it down: this transaction may be run more than once.
  INSERT INTO outbox (account, body, trace)
    VALUES (key, value, current_setting('headrace.traceparent', true));
END $$;
