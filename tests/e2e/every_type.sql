-- SPDX-License-Identifier: Apache-2.0
-- Tables with every type that Debezium sends; the rows are in every_type_rows.sql and
-- every_type_changes.sql. Values that the event cannot carry are not here: NaN of numeric, zeros
-- before a varbit, unchanged large numbers, infinite dates (docs/debezium-compatibility.md).
create extension hstore; create extension ltree; create extension citext;
create type mood as enum ('sad','so so','happy');
create domain price as numeric(8,3);
create domain short as varchar(20);
create table numbers(id int primary key, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric,
  n52 numeric(5,2), n30 numeric(30,0), n3810 numeric(38,10), m money, o oid, b boolean, s serial, p price);
create table texts(id int primary key, t text, vc varchar(10), c char(5), ch "char", nm name, ci citext, x xml, j json,
  jb jsonb, u uuid, e mood, lt ltree, hs hstore, ip inet, cd cidr, ma macaddr, ma8 macaddr8, tv tsvector, sh short);
create table bytes(id int primary key, ba bytea, b1 bit, b8 bit(8), b20 bit(20), vb varbit, vb8 varbit(8));
create table times(id int primary key, d date, t time, t0 time(0), t3 time(3), tz timetz, ts timestamp, ts0 timestamp(0),
  ts3 timestamp(3), ts4 timestamp(4), tt timestamptz, tt0 timestamptz(0), tt3 timestamptz(3), iv interval);
create table ranges(id int primary key, r4 int4range, r8 int8range, rn numrange, rt tsrange, rtz tstzrange, rd daterange,
  p point);
create table arrays(id int primary key, i2 smallint[], i4 int[], i8 bigint[], f4 real[], f8 float8[], n numeric[],
  n52 numeric(5,2)[], b boolean[], t text[], vc varchar(5)[], c char(3)[], d date[], ts timestamp[], ts3 timestamp(3)[],
  tt timestamptz[], u uuid[], j json[], jb jsonb[], e mood[], ip inet[], ma macaddr[], o oid[], ba bytea[], ci citext[],
  hs hstore[], lt ltree[], r4 int4range[], rt tsrange[]);
create table large(id int primary key, t text, j jsonb, ba bytea, ta text[], ia int[], hs hstore, x xml, e int default 0);
alter table large alter t set storage external, alter j set storage external, alter ba set storage external,
  alter ta set storage external, alter ia set storage external, alter hs set storage external,
  alter x set storage external;
create table pairs(id int, a text, c text, primary key (a,id));
create table "Odd Names"(id int primary key, "Other" int, "a b" text, "c""d" text);
create table only_key(id int primary key);
