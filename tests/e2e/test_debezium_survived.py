# SPDX-License-Identifier: Apache-2.0
"""What stops Debezium's connector, or makes it lose the value: headrace stays up, and sends it."""
import json

from harness.program import to_stdout
from harness.waiting import wait_until

SCHEMA = """
create type mood as enum ('a');
create domain mood_domain as mood;
create type "Odd mood" as enum ('x y');
create table values_of_all (
  id int primary key, n numeric not null, n2 numeric(5,2) not null, tz timetz, e mood_domain,
  neg numeric(5,-2), q "Odd mood", nm name not null default 'nm', na numeric[], da date[],
  ta timestamp[], fa float8[], ba bit(3)[], ea "Odd mood"[], bx box[], nested text[][]);
create table no_columns ();
alter table no_columns replica identity full;
create table "tâble ☃" ("ïd" int primary key, "naïve" text);
create table formats (id int primary key, iv interval, d date, f float8, b bytea, m money);
create table large (id int primary key, b bytea not null, n numeric not null, v int);
alter table large alter b set storage external, alter n set storage external;
"""
HOSTILE = """
insert into values_of_all (id, n, n2, tz, e, neg, q, na, da, ta, fa, ba, ea, bx, nested)
values (1, 'NaN', 'NaN', '12:00:00+01:02:03', 'a', 12345, 'x y', '{NaN,1,Infinity}',
        '{infinity,-infinity}', '{infinity,-infinity}', '{NaN,Infinity,1e300}', '{101,NULL}',
        '{"x y",NULL}', '{(1,1),(0,0);(2,2),(1,1)}', '{{a,NULL},{"c","d"}}');
insert into no_columns default values;
insert into "tâble ☃" values (1, 'é');
update "tâble ☃" set "ïd" = 2;
insert into formats values (1, '1 day 02:03:04.5', '2024-01-02', 0.1234567890123456789, '\\x00ff',
                            12.34);
insert into large select 1, decode(repeat('00', 5000), 'hex'), repeat('9', 9000)::numeric, 1;
update large set v = 2;
"""
TABLES = 'public.values_of_all, public.no_columns, public."tâble ☃", public.formats, public.large'
UNAVAILABLE = "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="


def streamed(db, headrace, codec=None):
    """The decoded lines of sink-stdout, up to the update of `large`."""
    db.sql(SCHEMA)
    # What a database may set for all of its sessions.
    for setting in ("intervalstyle = 'sql_standard'", "datestyle = 'SQL, DMY'",
                    "extra_float_digits = -10", "bytea_output = 'escape'",
                    "timezone = 'Asia/Kolkata'"):
        db.sql(f'alter database "{db.name}" set {setting}')
    program = headrace(to_stdout(db, "survived", TABLES, codec))
    db.wait_streaming(f"survived_{db.name}", program)
    db.psql(HOSTILE)
    wait_until(lambda: any(line["topic"] == "public.large" and line["value"]["op"] == "u"
                           for line in program.lines()), 30, "the last change",
               give_up=program.must_run)
    assert "error" not in program.log.text().lower().replace("errors 0", "")
    return program.lines()


def after(lines, table, index=0):
    found = [line for line in lines if line["topic"] == f"public.{table}"]
    return found[index]["value"]["after"]


def test_values_that_debezium_loses(db, headrace):
    lines = streamed(db, headrace)
    assert after(lines, "values_of_all") == {
        "id": 1, "n": None, "n2": None, "tz": "10:57:57Z", "e": "a", "neg": "ew==", "q": "x y",
        "nm": "nm", "na": [None, {"scale": 0, "value": "AQ=="}, None],
        "da": [2147483647, -2147483648],
        "ta": [9223372036825200000, -9223372036832400000],
        "fa": ["NaN", "Infinity", 1e300], "ba": ["BQ==", None], "ea": ["x y", None],
        "bx": ["(1,1),(0,0)", "(2,2),(1,1)"], "nested": [["a", None], ["c", "d"]]}
    assert after(lines, "no_columns") == {}
    # Names outside ASCII, and the key that Debezium loses with them.
    moved = [line for line in lines if line["topic"] == "public.tâble ☃"]
    assert [line["key"] for line in moved] == [{"ïd": 1}, {"ïd": 1}, {"ïd": 1}, {"ïd": 2}]
    assert moved[0]["value"]["after"] == {"ïd": 1, "naïve": "é"}
    # Text formats do not depend on the database's settings.
    assert after(lines, "formats") == {
        "id": 1, "iv": 93784500000, "d": 19724, "f": 0.12345678901234568, "b": "AP8=",
        "m": "BNI="}
    # Unchanged large values, told apart from null.
    assert after(lines, "large", 1) == {
        "id": 1, "b": UNAVAILABLE, "n": {"scale": 0, "value": UNAVAILABLE}, "v": 2}


def test_numbers_as_text(db, headrace):
    lines = streamed(db, headrace, {"decimal": "string", "binary": "hex"})
    found = after(lines, "values_of_all")
    assert (found["n"], found["neg"]) == ("NAN", "12300")
    assert found["na"] == ["NAN", "1", "POSITIVE_INFINITY"]
    assert after(lines, "large", 1) == {"id": 1, "b": "__debezium_unavailable_value",
                                        "n": "__debezium_unavailable_value", "v": 2}
    assert json.dumps(after(lines, "large")["b"]) == json.dumps("00" * 5000)
