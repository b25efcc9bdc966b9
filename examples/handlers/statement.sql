-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE page_views (page text PRIMARY KEY, views bigint NOT NULL, last_seen timestamptz);
