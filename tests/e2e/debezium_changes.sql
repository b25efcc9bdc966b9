-- SPDX-License-Identifier: Apache-2.0
-- What both programs stream; a row's id tells the tests which case it is.
insert into users(name, created_on) values ('John', '2024-01-02 03:04:05.678901+00'),
  ('q"uo\te'||chr(9)||chr(1)||chr(127)||'é😀 </', '2024-01-02 03:04:05+00'),('x',null);
insert into nums values (1,1,2,3,1.5,2.5,123.45,123.45,123456789012345678901234567890,1234567890.0123456789,12.34,
  42,true,1,1.00,1.00),
 (2,-32768,-2147483648,-9223372036854775808,1e-10,1e300,0,0,0,0,0,0,false,2,0,0),
 (3,32767,2147483647,9223372036854775807,3.4028235e38,1.7976931348623157e308,-1,-1.5,
  -999999999999999999999999999999,-9999999999999999999999999999.9999999999,-92233720368547758.08,4294967295,null,3,
  -0.01,-128),
 (4,null,null,null,null,null,null,null,null,null,null,null,null,4,9999.99,100),
 (5,0,0,0,0.1,0.1,1e20,1.1,1,1,1000,1,true,5,1.5,0.0001),
 (6,0,0,0,'-0','-0',127,1.27,128,-128,92233720368547758.07,1,true,5,1.28,255.00),
 (7,0,0,0,123456.7,123456.789,12300.00,-1.28,255,256,1,1,true,5,327.67,1e30),
 (8,0,0,0,1e7,1e7,0.000000000000000000000000001,655.36,65535,32768,1,1,true,5,-327.68,-1e30),
 (9,0,0,0,1234567.8,12345678,-0.5,9.99,1,1,1,1,true,5,-327.68,-0.5),(10,0,0,0,0.001,0.0001,
  1e131071::numeric/1e131000,9.99,1,1,1,1,true,5,-327.68,-0.5);
insert into nums(id,f4,f8,nn,nu) values (11,'NaN','NaN',1,1),(12,'Infinity','-Infinity',1,1);
insert into nums(id,n,nn,nu) values (13,'NaN',1,1);
insert into nums(id,n52,nn,nu) values (15,'NaN',1,1);
insert into texts values (1,'text','varchar','vcu','abc','c','x','nm','CiText','<a>b</a>','{"a" : 1.10}',
  '{"a":1.10,"b":[1,2]}','11111111-2222-3333-4444-555555555555','happy','a b','a.b.c','a=>1,b=>NULL','10.0.0.1',
  '10.0.0.0/8','08:00:2b:01:02:03','08:00:2b:01:02:03:04:05','a b:1','a & b'),
 (2,'','','','','','',null,'',null,'{}','"x"',null,'sad','c,d','','',null,'::1/128',null,null,'','');
insert into texts(id,t,hs,ip) values (3,
  '☃ /\ '||chr(8)||chr(12)||chr(10)||chr(13)||chr(31)||chr(127)||chr(128)||chr(8232)||chr(65533),
  '"q\"x"=>"v\"w","é"=>"\\"','::ffff:1.2.3.4/100'),(4,null,null,null);
insert into bins values (1,'\x00ff10','1','10000001','10000000000000000001','101','10101','1',repeat('1',
  64)::bit(64),'\x'),(2,'','0','00000000','00000000000000000000','','','0',repeat('0',64)::bit(64),'\x01'),(3,null,
  null,null,null,null,null,null,null,'\xdeadbeef'),(4,'\xfbffbf','0','00000001','00000000000000000001','1','1','0',
  '1000000000000000000000000000000000000000000000000000000000000000','\xdeadbeef'),(5,null,null,null,null,
  repeat('0',20)::varbit,'00001',null,null,'\x01');
insert into times values (1,'2024-01-02','04:05:06.789012','04:05:06','04:05:06.789','04:05:06.789012',
  '04:05:06.789012-08','04:05:06+05:30','04:05:06.789+00','2024-01-02 03:04:05.678901','2024-01-02 03:04:05',
  '2024-01-02 03:04:05.67','2024-01-02 03:04:05.678','2024-01-02 03:04:05.6789','2024-01-02 03:04:05.678901',
  '2024-01-02 03:04:05.678901+02','2024-01-02 03:04:05+02','2024-01-02 03:04:05.678+02',
  '1 year 2 mons 3 days 04:05:06.789','1.5 seconds','3 days 01:00:00'),
(2,'1969-12-31','00:00:00','00:00:00','00:00:00','23:59:59.999999','00:00:00+00','23:59:59+14','00:00:00.001-12',
  '1969-12-31 23:59:59.999999','1969-12-31 23:59:59','1969-12-31 23:59:59.99','1969-12-31 23:59:59.999',
  '1969-12-31 23:59:59.9999','1900-01-01 00:00:00','1969-12-31 23:59:59.999999+00','1900-01-01 00:00:00+00',
  '1969-12-31 23:59:59.999+00','-1 year -2 mons 3 days -04:05:06.789','-1.5 seconds','-3 days'),
(3,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null),
(4,'0044-03-15 BC','24:00:00','24:00:00','24:00:00','24:00:00','12:00:00+00','24:00:00+00','12:00:00+00',
  '0044-03-15 01:02:03 BC','0044-03-15 01:02:03 BC','0044-03-15 01:02:03 BC','0044-03-15 01:02:03 BC',
  '0044-03-15 01:02:03 BC','0044-03-15 01:02:03 BC','0044-03-15 01:02:03 BC','0044-03-15 01:02:03+00 BC',
  '0044-03-15 01:02:03+00 BC','0','1.235','1 mon'),
(5,'infinity','12:00','12:00','12:00','12:00','12:00+00','12:00+00','12:00+00','infinity','infinity','infinity',
  'infinity','infinity','infinity','infinity','infinity','infinity','1 microsecond','1000 years','1 day'),
(6,'-infinity','12:00','12:00','12:00','12:00','12:00+00','12:00+00','12:00+00','-infinity','-infinity','-infinity',
  '-infinity','-infinity','-infinity','-infinity','-infinity','-infinity','-178000000 years','1.001','1 day'),
(7,'12345-01-01','12:00','12:00','12:00','12:00','12:00:00.12-03:30','12:00+00','12:00+00','12345-01-01 00:00:00',
  '12345-01-01','12345-01-01','12345-01-01','12345-01-01','12345-01-01','12345-01-01','12345-01-01','12345-01-01',
  '1 mon','00:00:00.000001','0'),
(8,'1582-10-04','00:00:01','00:00:01','00:00:00.1','00:00:00.1','12:00:00.1-03:30','12:00+00','12:00:00.1+00',
  '1582-10-04 00:00:00','1582-10-04','1582-10-04','1582-10-04','1582-10-04','1582-10-04','1582-10-04 12:00:00+00',
  '1582-10-15','2024-01-02 03:04:05.100','2 mon','-00:00:00.000001','1 day -1 sec'),
(9,'0001-01-01','00:00:01','00:00:01','00:00:00.1','00:00:00.1','12:00:00.120000','12:00+00','12:00:00.100+00',
  '0001-01-01 00:00:00','0001-01-01','0001-01-01','0001-01-01','0001-01-01','0001-01-01','0001-01-01 12:00:00+00',
  '0001-12-31 23:59:59 BC','2024-01-02 03:04:00','-2 mon -1 day','3 days','1 day -1 sec'),
(10,'5874897-12-31',null,null,null,null,null,null,null,'294276-12-31 23:59:59.999999',null,null,null,null,null,
  '294276-12-31 23:59:59.999999+00',null,null,null,null,null),
(11,'4713-01-01 BC',null,null,null,null,null,null,null,'4713-01-01 00:00:00 BC',null,null,null,null,null,
  '4713-01-01 00:00:00+00 BC',null,null,null,null,null);
insert into geo values (1,'(1,2.5)','{1,2,3}','[(0,0),(1,1)]','(2,2),(0,0)','[(0,0),(1,1)]','((0,0),(1,1),(1,0))',
  '<(1,2),3>');
insert into geo(id,p,po) values (2,null,null),(3,'(-1e-10,1e300)','((0,0),(1,1))');
insert into ranges values (1,'[1,10)','[1,10]','(1.5,2.5]','[2024-01-01,2024-01-02)',
  '[2024-01-01 00:00:00+02,2024-01-02)','[2024-01-01,infinity)','[1.5,2.5)','{[1,3),[5,7)}',
  '{[2024-01-01,2024-01-02)}','{[1,3)}','{[1.5,2.5)}','{[2024-01-01,2024-01-02)}','{[2024-01-01,2024-01-02)}'),
  (2,'empty','(,)','[1,]',null,null,null,null,'{}',null,null,null,null,null);
insert into doms values (1,5,12.345,'dom',6),(2,null,null,null,null);
insert into arrs values (1,'{1,NULL,3}','{1,NULL,3}','{1,NULL,3}','{1.5,NULL,2}','{1.5,NULL}','{1.5,NULL,2.50}',
  '{1.5,2.25}','{t,f}','{a,NULL,"b c","d\"e","f\\g",""}','{a,b}','{a,bcd}','{2024-01-01,NULL}','{04:05:06.789012}',
  '{04:05:06.789+02}','{"2024-01-01 00:00:00.5"}','{"2024-01-01 00:00:00+02"}',
  '{11111111-2222-3333-4444-555555555555}','{"{\"a\":1}"}','{"{\"a\":1}"}','{sad,happy}','{10.0.0.1}',
  '{10.0.0.0/8}','{08:00:2b:01:02:03}','{1,4294967295}','{1.5}','{"1 day"}','{"\\x0102",NULL}','{1010}','{101}',
  '{<a/>}','{Ci}','{"a=>1"}','{a.b}','{"[1,3)"}','{"[2024-01-01,2024-01-02)"}','{"(1,2)"}','{a}','{nm}','{101}',
  '{"2024-01-01 00:00:00.5"}','{04:05:06.789}','{5}'),
(2,'{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',
  '{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}');
insert into arrs(id) values (3);
insert into arrs(id,i4,t,n,f8) values (4,'{{1,2},{3,4}}','{{a,b},{c,d}}','{{1,2}}','{{1,2}}');
insert into arrs(id,i4,t) values (5,'[2:3]={1,2}','[0:1]={a,b}');
insert into odd values (1,'(1,"a b")','0/16B3748','123','456','10:20:10,14','users','$.a','(0,1)','{"(1,a)"}','1 2',
  '1 2','postgres','now','1','postgres=r/postgres','rf','10:20:10',
  'abs(int4)','#-','+(int4,int4)','int4','public','"C"','english','simple');
insert into defs default values;
insert into defs(id,a,b,c,g,h,k) values (8,null,null,null,null,null,null);
insert into id_full values (1,'a',1); update id_full set a='b'; update id_full set id=2; delete from id_full;
insert into id_nothing values (1,'a');
insert into id_index values (1,'a',1); update id_index set id=2; update id_index set b=2; delete from id_index;
insert into id_indexpk values (1,'a',
  1); update id_indexpk set a='b'; update id_indexpk set b=2; update id_indexpk set id=7; delete from id_indexpk;
insert into id_default values (1,'a',1,'c',1.5,'2024-01-01','t','\x01','11111111-2222-3333-4444-555555555555',
  '2024-01-01','{a}','{}','ok','1010',1.5,'1 day','(1,2)','01:02','2024-01-01',1.5,'a=>1','10.0.0.1','<a/>',1.5,
  '01:02+00','a.b','{1}');
update id_default set a='b'; update id_default set id=2; update id_default set id=3,a='z'; delete from id_default;
insert into comp_key values (1,'a','c'); update comp_key set c='d'; update comp_key set a='b'; delete from comp_key;
insert into nokey values (1,'a');
insert into nokey_full values (1,'a'); update nokey_full set b='b'; delete from nokey_full;
insert into uniq values (1,'a'),(null,'b');
insert into uniqnn values (1,'a');
insert into "Quoted Table" values (1,'a','b'); update "Quoted Table" set "a b"='x'; delete from "Quoted Table";
insert into plainkeys values (1,'11111111-2222-3333-4444-555555555555',1.50,'2024-01-01','v');
select pg_logical_emit_message(true,'pfx','content');
select pg_logical_emit_message(false,'pfx2','non transactional é');
select pg_logical_emit_message(true,'bin','\x00ff'::bytea);
truncate users, nums;
truncate texts restart identity cascade;
insert into toast(id,t,j,ba,ta,ia,bia,hs,u,n,x,bya,v,tnn,c,ci,ja,da,fa,na,vb,lt,tv)
select 1, repeat('x',5000), to_jsonb(repeat('y',5000)), convert_to(repeat('z',5000),'UTF8'), array[repeat('t',
  5000)], (select array_agg(g) from generate_series(1,3000) g), (select array_agg(g) from generate_series(1,
  3000) g), hstore('k',repeat('h',5000)),
  (select array_agg('11111111-2222-3333-4444-555555555555'::uuid) from generate_series(1,300)),
repeat('9',9000)::numeric, ('<a>'||repeat('x',5000)||'</a>')::xml, array[convert_to(repeat('z',5000),'UTF8')],
  repeat('v',5000), repeat('n',5000), repeat('c',3000), repeat('i',5000), array[to_jsonb(repeat('y',5000))],
  (select array_agg('2024-01-01'::date) from generate_series(1,3000)),
  (select array_agg(1.5::float8) from generate_series(1,3000)), (select array_agg(1.5) from generate_series(1,
  3000)), repeat('1',50000)::varbit, (repeat('abc.',1000)||'d')::ltree, (select string_agg('w'||g,' ')
  from generate_series(1,1000) g)::tsvector;
update toast set e=1;
delete from toast;
insert into toast_full values (1,repeat('x',5000)); update toast_full set e=1; delete from toast_full;
insert into odd_arrs values (1,'{now}','{"(0,1)"}','{1}','{2}','{"[(0,0),(1,1)]"}','{"[(0,0),(1,1)]"}','{(1,1),(0,0)}',
  '{"((0,0),(1,1))"}','{"{1,2,3}"}','{"<(1,2),3>"}','{08:00:2b:01:02:03:04:05}','{postgres=r/postgres}','{rf}',
  '{abs(int4)}','{#-}','{"+(int4,int4)"}','{users}','{int4}','{10:20:10}','{0/16B3748}','{a}','{a}','{english}',
  '{simple}','{"[1.5,2.5)"}','{"[2024-01-01,2024-01-02)"}','{"[2024-01-01,2024-01-02)"}','{"[1,3)"}','{$.a}',
  '{public}','{postgres}','{"\"C\""}','{"{[1,3)}"}','{"{[1.5,2.5)}"}','{"{[2024-01-01,2024-01-02)}"}',
  '{"{[2024-01-01,2024-01-02)}"}','{"{[2024-01-01,2024-01-02)}"}','{"{[1,3)}"}','{10:20:10}','{5}','{1 2}','{1 2}');
-- One transaction, several tables, a savepoint rolled back.
begin;
insert into parts values (1,'north','a'),(2,'south','b');
update parts set region='south' where id=1;
savepoint one;
delete from parts;
rollback to one;
insert into comp_key values (5,'x','y');
select pg_logical_emit_message(true,'inside','of a transaction');
insert into nokey values (2,null);
delete from parts where id=2;
commit;
begin; insert into nokey values (3,'never'); rollback;
