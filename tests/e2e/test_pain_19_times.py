# SPDX-License-Identifier: Apache-2.0
"""Times of every kind, whatever is set on the database."""
from harness.waiting import wait_until
from pgoutput import pipeline, streamed


def test_settings_of_the_database_do_not_show(db, headrace):
    db.sql(f"""
        alter database {db.name} set datestyle = 'SQL, DMY';
        alter database {db.name} set intervalstyle = 'sql_standard';
        alter database {db.name} set timezone = 'Asia/Tokyo';
        alter database {db.name} set extra_float_digits = -15;
        alter database {db.name} set bytea_output = 'escape';
        alter database {db.name} set default_transaction_read_only = off;
        create table t (id int primary key, d date, i interval, z timestamptz, f float8, b bytea,
                        m money, ms money[]);""")
    sections = pipeline(db, tables="t")
    sections["p.source"]["conninfo"] += " options='-c work_mem=5MB -c DateStyle=German'"
    found = streamed(db, headrace, sections, """
        insert into t values (1, date '2026-01-31', interval '1 year 2 mons 3 days 04:05:06.789',
          '2026-01-31 04:05:06.789+00', 0.1::float8 + 0.2::float8, '\\x00ff', '-1234567.5',
          array['-1234.5', '0.1', null]::money[])""")
    assert found[0]["new"] == {
        "id": "1", "d": "2026-01-31", "i": "1 year 2 mons 3 days 04:05:06.789",
        "z": "2026-01-31 04:05:06.789+00", "f": "0.30000000000000004", "b": "\\x00ff",
        "m": "-1234567.50", "ms": '{"-1234.50",0.10,NULL}'}


TIMES = {  # literal: (type, text of the ABI, SQL of Debezium's value or None)
    "infinity": ("timestamp", "infinity", "9223372036825200000"),
    "-infinity": ("timestamp", "-infinity", "-9223372036832400000"),
    "4713-01-01 00:00:00 BC": ("timestamp", "4713-01-01 00:00:00 BC", None),
    "0044-03-15 12:00:00.000001 BC": ("timestamp", "0044-03-15 12:00:00.000001 BC", None),
    "1582-10-10 00:00:00": ("timestamp", "1582-10-10 00:00:00", None),
    # More microseconds since 1970 than 64 bits hold: the nearest that they do.
    "294276-12-31 23:59:59.999999": ("timestamp", "294276-12-31 23:59:59.999999",
                                     "9223372036854775807"),
    "5874897-12-31": ("date", "5874897-12-31", None),
    "4713-01-02 BC": ("date", "4713-01-02 BC", None),
    "24:00:00": ("time", "24:00:00", "86400000000"),
    "24:00:00-15:59:59": ("timetz", "24:00:00-15:59:59", None),
    "0001-01-01 00:00:00+14 BC": ("timestamptz", "0002-12-31 10:00:00+00 BC", None),
    "294276-12-31 23:59:59.999999+00": ("timestamptz", "294276-12-31 23:59:59.999999+00", None),
    "-178000000 years": ("interval", "-178000000 years", None),
    "1 mon -1 day 00:00:00.000001": ("interval", "1 mon -1 days +00:00:00.000001", None),
}
MICROSECONDS = {"timestamp": "(extract(epoch from c{}) * 1000000)::int8", "date": "c{} - '1970-01-01'"}


def test_odd_times(db, headrace):
    """As the ABI has them, and as numbers where Debezium has numbers."""
    columns = ", ".join(f"c{n} {time[0]}" for n, time in enumerate(TIMES.values()))
    db.sql(f"set timezone = 'Asia/Kolkata'; create table t (id int primary key, {columns})")
    literals = ", ".join(f"'{literal}'" for literal in TIMES)
    sections = pipeline(db, tables="t")
    sections.update({name.replace("p", "q", 1): dict(keys) for name, keys in sections.items()})
    sections["q"].update(codec="json")
    sections["q.source"].update(slot="q_" + db.name, publication="q")
    program = headrace(sections)
    for name in "pq":
        program.wait_log(rf"{name}\.source: streaming database")
    db.sql(f"insert into t values (1, {literals})")
    wait_until(lambda: len(program.lines()) == 2, what="both records", give_up=program.must_run)
    records = [line["value"] for line in program.lines()]
    record = next(record for record in records if "before" in record)["after"]
    row = next(record for record in records if "before" not in record)["new"]
    for n, (type_, text, number) in enumerate(TIMES.values()):
        assert row[f"c{n}"] == text
        if number is None and type_ in MICROSECONDS:
            number = db.value(f"select {MICROSECONDS[type_].format(n)} from t")
        if number is not None:
            assert record[f"c{n}"] == int(number), text
    by_type = {time[0]: record[f"c{n}"] for n, time in enumerate(TIMES.values())}
    assert by_type["timestamptz"] == "+294276-12-31T23:59:59.999999Z"
