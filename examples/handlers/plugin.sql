-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE ledger ("offset" bigint PRIMARY KEY, body text);
