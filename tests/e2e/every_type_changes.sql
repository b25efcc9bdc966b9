-- SPDX-License-Identifier: Apache-2.0
insert into numbers values (2,-32768,-2147483648,-9223372036854775808,1e-10,1e300,-1.50,-1.5,
  -999999999999999999999999999999,-9999999999999999999999999999.9999999999,-92233720368547758.08,4294967295,false,2,
  -99999.999),
 (3,32767,2147483647,9223372036854775807,3.4028235e38,1.7976931348623157e308,1e100,655.36,128,-128,
  92233720368547758.07,0,null,3,0.001),
 (4,0,0,0,'-0',123456.789,0.000000000000000000000000001,0,0,0,0,0,true,4,0);
insert into numbers(id,f4,f8) values (5,'NaN','NaN'),(6,'Infinity','-Infinity'),(7,1234567.8,12345678);
insert into numbers(id) values (8),(9);
update numbers set i4=7, n=12.340, f8=0.1 where id=1;
update numbers set i2=null, n52=null, b=null where id=2;
update numbers set id=90 where id=9;
delete from numbers where id=8;
insert into texts(id,t,hs,ip) values (2,
  '☃ /\ '||chr(8)||chr(12)||chr(10)||chr(13)||chr(31)||chr(127)||chr(128)||chr(8232)||chr(65533)||'😀"'||chr(9),
  '"q\"x"=>"v\"w","é"=>"\\"','::ffff:1.2.3.4/100');
insert into texts(id,t,vc,c,ci,j,jb,hs,tv) values (3,'','','','','{}','"x"','',''),
 (4,'null','NULL','\N','{}','null','null','a=>"null"','''a''''b'':1'),(5,'1','t','[1]','"x"','[1,"a"]','[]',null,null);
insert into texts(id) values (6);
update texts set t='x',j='{"b" : 2}',e='sad',hs='n=>NULL' where id=1;
delete from texts where id=6;
insert into bytes values (2,'\x','0','00000000','00000000000000000000','',''),(3,'\xfbffbf','1','00000001',
  '00000000000000000001','1','1'),(4,decode(repeat('00ff80',100),'hex'),null,null,null,null,null);
update bytes set ba='\xdeadbeef',b8='11111111' where id=1;
insert into times values (2,'1969-12-31','00:00:00','00:00:00','00:00:00','00:00:00+00','1969-12-31 23:59:59.999999',
  '1969-12-31 23:59:59','1969-12-31 23:59:59.999','1969-12-31 23:59:59.9999','1969-12-31 23:59:59.999999+00',
  '1900-01-01 00:00:00+00','1969-12-31 23:59:59.999+00','-1 year -2 mons 3 days -04:05:06.789'),
 (3,'9999-12-31','23:59:59.999999','24:00:00','24:00:00','23:59:59+00','9999-12-31 23:59:59.999999',
  '9999-12-31','9999-12-31','9999-12-31','9999-12-31 23:59:59.999999+00','9999-12-31','9999-12-31','1 mon'),
 (4,'0001-01-01','24:00:00','00:00:01','00:00:00.1','00:00:00.1+00','0001-01-01 00:00:00','0001-01-01','0001-01-01',
  '0001-01-01','0001-01-01 12:00:00+00','0001-12-31 23:59:59 BC','0001-01-01','-00:00:00.000001'),
 (5,'0044-03-15 BC',null,null,null,null,'0044-03-15 01:02:03 BC','4713-01-01 00:00:00 BC','0044-03-15 BC',
  '0044-03-15 BC','0044-03-15 01:02:03+00 BC',null,null,'1000 years'),
 (6,'12345-01-01',null,null,null,null,'infinity','-infinity','infinity','-infinity','infinity','-infinity',
  'infinity','0'),(7,null,null,null,null,null,null,null,null,null,null,null,null,null);
update times set ts='2025-08-28 15:01:00.123456',tt='2025-08-28 15:01:00.1+02',iv='1 day -1 sec' where id=1;
insert into ranges values (2,'empty','(,)','[1,]',null,'[2024-01-01 00:00:00+02,infinity)',null,'(-1e-10,1e300)');
update ranges set rt='["2024-01-01 00:00:00","2024-01-02 00:00:00.5")' where id=1;
insert into arrays values (2,'{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',
  '{}','{}','{}','{}','{}','{}','{}','{}','{}','{}');
insert into arrays(id) values (3);
insert into arrays(id,t,i4,f8,b,n52) values (4,'{"","NULL",NULL,"{","}","a,b","\"","\\","'' x"}','{NULL}',
  '{NaN,Infinity,-0,1e20}','{NULL,t}','{0,NULL,-9.99}');
update arrays set t='{changed}',n='{1e30,-0.001}' where id=1;
update large set e=1;
update large set t='small now',e=2 where id=2;
insert into pairs values (2,'a','c'),(3,'a','c'),(4,'a','c');
update pairs set c='d' where id=2;
update pairs set a='z' where id=3;
delete from pairs where id=4;
update "Odd Names" set "a b"='x';
insert into "Odd Names" values (2,3,'"''`','\');
insert into only_key values (2),(3);
delete from only_key where id=3;
