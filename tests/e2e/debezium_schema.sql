-- SPDX-License-Identifier: Apache-2.0
-- Every built-in type, every replica identity, every kind of key.
create extension hstore; create extension ltree; create extension citext;
create type mood as enum ('sad','ok','happy');
create type "Odd Mood" as enum ('a b','c,d');
create type comp as (a int, b text);
create domain dint as int check (value > 0);
create domain dnum as numeric(8,3);
create domain dtext as varchar(20);
create domain ddint as dint;
create type floatrange as range (subtype = float8);

create table users(id serial primary key, name text not null, created_on timestamptz);
create table nums(id int primary key, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision,
  n numeric, n52 numeric(5,2), n30 numeric(30,0), n3810 numeric(38,10), m money, o oid, b boolean, s serial,
  nn numeric(6,2) not null, nu numeric not null);
create table texts(id int primary key, t text, vc varchar(10), vcu varchar, c char(5), c1 char, ch "char", nm name,
  ci citext,
  x xml, j json, jb jsonb, u uuid, e mood, e2 "Odd Mood", lt ltree, hs hstore, ip inet, cd cidr, ma macaddr,
  ma8 macaddr8, tv tsvector, tq tsquery);
create table bins(id int primary key, ba bytea, b1 bit, b8 bit(8), b20 bit(20), vb varbit, vb5 varbit(5),
  vb1 varbit(1), b64 bit(64), bnn bytea not null);
create table times(id int primary key, d date, t time, t0 time(0), t3 time(3), t6 time(6), tz timetz, tz0 timetz(0),
  tz3 timetz(3), ts timestamp, ts0 timestamp(0), ts2 timestamp(2), ts3 timestamp(3), ts4 timestamp(4),
  ts6 timestamp(6),
 tt timestamptz, tt0 timestamptz(0), tt3 timestamptz(3), iv interval, iv3 interval(3), ivd interval day to second);
create table geo(id int primary key, p point, l line, ls lseg, bx box, pa path, po polygon, ci circle);
create table ranges(id int primary key, r4 int4range, r8 int8range, rn numrange, rt tsrange, rtz tstzrange,
  rd daterange, fr floatrange, mr int4multirange, md datemultirange,
  mr8 int8multirange, mn nummultirange, mt tsmultirange, mtz tstzmultirange);
create table doms(id int primary key, a dint, b dnum, c dtext, d ddint);
create table arrs(id int primary key, i2 smallint[], i4 int[], i8 bigint[], f4 real[], f8 float8[], n numeric[],
  n52 numeric(5,2)[], b boolean[], t text[], vc varchar(5)[], c char(3)[],
 d date[], tm time[], tz timetz[], ts timestamp[], tt timestamptz[], u uuid[], j json[], jb jsonb[], e mood[],
  ip inet[], cd cidr[], ma macaddr[], o oid[], m money[], iv interval[], ba bytea[], bi bit(4)[], vb varbit[],
  x xml[], ci citext[], hs hstore[], lt ltree[], r4 int4range[], rt tsrange[], p point[], ch "char"[], nm name[],
  vb0 varbit(7)[], ts3 timestamp(3)[], t3 time(3)[], dd dint[]);
create table odd(id int primary key, c comp, l pg_lsn, x xid, x8 xid8, sn pg_snapshot, rc regclass, jp jsonpath,
  t tid, ca comp[], i2v int2vector, ov oidvector, rr regrole, rp regproc, cid cid, ac aclitem, rf refcursor,
  txs txid_snapshot, rpp regprocedure, ro regoper, rop regoperator, rt regtype, rn regnamespace,
  rcl regcollation, rcf regconfig, rd regdictionary);
create table defs(id int primary key default 7, a int default 5, b text default 'hello', c numeric(5,2) default 1.5,
  d timestamptz default now(), e text default 'x''y' not null, f int not null default 3, g boolean default true,
  h date default '2020-01-01', i bigint generated always as identity, j jsonb default '{"a":1}',
  k mood default 'ok', l numeric default 12.30, m bytea default '\x01', n timestamp default '2020-01-02 03:04:05',
  o uuid default '11111111-2222-3333-4444-555555555555', p int[] default '{1,2}', q double precision default 1.5,
  r interval default '1 day', s timestamptz default '2020-01-02 03:04:05+00', t time default '01:02:03',
  u hstore default 'a=>1', v text default upper('a'), w int default 1+1, x varchar default 'v',
  y text not null default current_user, z money default 12.5, ge int generated always as (f*2) stored);
-- identities
create table id_full(id int primary key, a text, b int not null); alter table id_full replica identity full;
create table id_nothing(id int primary key, a text); alter table id_nothing replica identity nothing;
create table id_index(id int, a text not null, b int not null); create unique index id_index_ix on id_index(b,
  a); alter table id_index replica identity using index id_index_ix;
create table id_indexpk(id int primary key, a text not null,
  b int not null); create unique index id_indexpk_ix on id_indexpk(b); alter table id_indexpk replica identity using index id_indexpk_ix;
create table id_default(id int primary key, a text, b int not null, c text not null, d numeric(5,2) not null,
  e timestamptz not null, f boolean not null, g bytea not null, h uuid not null, i date not null, j text[] not null,
  k jsonb not null, l mood not null, m bit(4) not null, n numeric not null, o interval not null, p point not null,
  q time not null, r timestamp not null, s double precision not null, t hstore not null, u inet not null,
  v xml not null,w money not null, x timetz not null, y ltree not null, z int[] not null);
create table comp_key(b int, a text, c text, primary key (a,b));
create table nokey(a int, b text);
create table nokey_full(a int, b text); alter table nokey_full replica identity full;
create table uniq(a int unique, b text);
create table uniqnn(a int not null unique, b text not null unique);
create table toast(id int primary key, t text, j jsonb, ba bytea, ta text[], ia int[], bia bigint[], hs hstore,
  u uuid[], n numeric, x xml, bya bytea[], v varchar, tnn text not null, c char(3000), ci citext, ja jsonb[],
  da date[], fa float8[], na numeric[], vb varbit, lt ltree, tv tsvector, e int default 0);
alter table toast alter t set storage external, alter j set storage external, alter ba set storage external,
  alter ta set storage external, alter ia set storage external, alter bia set storage external,
  alter hs set storage external, alter u set storage external, alter n set storage external,
  alter x set storage external, alter bya set storage external, alter v set storage external,
  alter tnn set storage external, alter c set storage external, alter ci set storage external,
  alter ja set storage external,alter da set storage external, alter fa set storage external,
  alter na set storage external, alter vb set storage external, alter lt set storage external,
  alter tv set storage external;
create table toast_full(id int primary key, t text,
  e int default 0); alter table toast_full alter t set storage external, replica identity full;
create table "Quoted Table"("Id" int primary key, "a b" text, "c""d" text);
create table plainkeys(id bigint, k uuid, n numeric(10,2), d timestamptz, primary key (id,k,n,d), v text);
-- Arrays of the types that the table arrs has not.
create table odd_arrs(id int primary key, rp regproc[], tid tid[], x xid[], cid cid[], ls lseg[], pa path[],
  bx box[], po polygon[], l line[], ci circle[], ma8 macaddr8[], ac aclitem[], rf refcursor[],
  rpp regprocedure[], ro regoper[], rop regoperator[], rc regclass[], rt regtype[], txs txid_snapshot[],
  lsn pg_lsn[], tv tsvector[], tq tsquery[], rcf regconfig[], rd regdictionary[], rn numrange[], rtz tstzrange[],
  rda daterange[], r8 int8range[], jp jsonpath[], rns regnamespace[], rr regrole[], rcl regcollation[],
  mr int4multirange[], mn nummultirange[], mt tsmultirange[], mtz tstzmultirange[], md datemultirange[],
  mr8 int8multirange[], sn pg_snapshot[], x8 xid8[], i2v int2vector[], ov oidvector[]);
create table parts(id int, region text, v text, primary key (id, region)) partition by list (region);
create table parts_north partition of parts for values in ('north');
create table parts_south partition of parts for values in ('south');
