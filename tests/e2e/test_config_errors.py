# SPDX-License-Identifier: Apache-2.0
"""A wrong INI file is refused: file, line, the nearest known key, all faults at once, exit 78."""
import pytest

from harness.program import command

GOOD = """\
[orders]
source = pgoutput
sink = stdout
checkpoint = none

[orders.source]
conninfo = host=localhost dbname=shop
slot = orders
publication = orders

[orders.sink]
format = line
"""


@pytest.fixture
def check(folder):
    """check(text): what `headrace check` says about it, as (exit code, lines of stderr)."""
    def run(text, env=None, verb="check"):
        path = folder / "a.ini"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = command(verb, "-c", path, env=env)
        lines = [line.replace(str(path), "a.ini") for line in done.stderr.splitlines()]
        assert all(line.startswith("headrace: ") for line in lines), lines
        return done.returncode, [line.removeprefix("headrace: ") for line in lines]
    return run


def line_of(text, part):
    """Number of the first line that holds `part`."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_good_file_passes(check):
    assert check(GOOD) == (0, [])


LONG = "x" * 300

# what is done to GOOD: (old, new), where the fault is then, and words that must be said
FAULTS = {
    "unknown key": ("slot = orders", "slot = orders\nslott_create = yes", "slott_create",
                    ['[orders.source] slott_create', 'unknown key', '"slot_create"']),
    "unknown key of the pipeline": ("checkpoint = none", "chekpoint = none", "chekpoint",
                                    ["[orders] chekpoint", '"checkpoint"']),
    "ill-typed bool": ("slot = orders", "slot = orders\nslot_create = perhaps", "perhaps",
                       ["[orders.source] slot_create", '"perhaps"', "yes"]),
    "ill-typed int": ("slot = orders", "slot = orders\nport = many", "many",
                      ["[orders.source] port", '"many"']),
    "ill-typed duration": ("slot = orders", "slot = orders\nstatus_interval = soon", "soon",
                           ["status_interval", '"soon"', "10s"]),
    "ill-typed size": ("checkpoint = none", "checkpoint = none\nring_bytes = lots", "lots",
                       ["[orders] ring_bytes", '"lots"', "MiB"]),
    "ill-typed enum": ("checkpoint = none", "checkpoint = fiel", "fiel",
                       ["[orders] checkpoint", '"fiel"', "file|sink|none"]),
    "duplicate key": ("slot = orders", "slot = orders\nslot = other", "slot = other",
                      ["[orders.source] slot", "duplicate key", "a.ini:8"]),
    "duplicate section": ("format = line", "format = line\n[orders.source]", None,
                          ["[orders.source]", "duplicate section", "a.ini:6"]),
    "value of 300 bytes": ("host=localhost", "host=" + LONG, LONG,
                           ["the line has", "the most is 198"]),
    "section of 60 bytes": ("[orders.sink]", "[orders.sink]\n[" + "y" * 60 + "]", "yyy",
                            ["section name has 60 bytes", "the most is 49"]),
    "value with a comment": ("slot = orders", "slot = orders\npassword = abc ;def", "abc ;def",
                             ['" ;"', "comments on lines of their own"]),
    "unknown section": ("[orders.sink]", "[orders.snik]", "[orders.snik]",
                        ["unknown section", "[orders.sink]"]),
    "unknown plugin": ("source = pgoutput", "source = pgoutputt", "[orders]",
                       ["pgoutputt", "there is:", "pgoutput"]),
    "unknown variable": ("dbname=shop", "dbname=${NO_SUCH_VARIABLE}", "NO_SUCH_VARIABLE",
                         ["[orders.source] conninfo", "no variable NO_SUCH_VARIABLE"]),
    "no key at all": ("slot = orders", "slot = orders\nnonsense", "nonsense",
                      ["expected KEY = VALUE"]),
    "secret file is missing": ("slot = orders", "slot = orders\npassword_file = /nowhere/x",
                               "/nowhere", ["/nowhere/x", "No such file"]),
    "checkpoint that the sink cannot keep": ("checkpoint = none", "checkpoint = sink", "[orders]",
                                             ["checkpoint = sink", "cannot keep positions"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_names_file_line_and_cure(check, name):
    old, new, where, words = FAULTS[name]
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    number = line_of(text, where) if where else len(text.splitlines())
    code, lines = check(text)
    assert code == 78
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"a.ini:{number}: "), lines[0]
    for word in words:
        assert word in lines[0], lines[0]


@pytest.mark.parametrize("given", ["", "sink ="])
def test_a_required_value_is_missing(check, given):
    text = GOOD.replace("[orders.sink]\nformat = line\n", "").replace("sink = stdout", given)
    code, lines = check(text)
    assert code == 78
    assert len(lines) == 1 and lines[0].startswith("a.ini:1: [orders] sink: missing"), lines


def test_all_faults_at_once(check):
    text = GOOD
    for old, new in [("checkpoint = none", "checkpoint = fiel"),
                     ("slot = orders", "slot = a\nslot = b\nport = many\npasswd = x ;y\nhots = z"),
                     ("format = line", "fromat = line\nformat = lien")]:
        text = text.replace(old, new, 1)
    code, lines = check(text)
    assert code == 78
    said = sorted(int(line.split(":")[1]) for line in lines)
    parts = ["fiel", "slot = b", "many", "x ;y", "hots", "fromat", "lien"]
    assert said == [line_of(text, part) for part in parts]


def test_run_refuses_the_same_way(check):
    text = GOOD.replace("slot = orders", "slott = orders")
    assert check(text, verb="run") == check(text)
    assert check(text)[0] == 78


def test_environment_is_checked_too(check):
    assert check(GOOD, {"HEADRACE_ORDERS_SOURCE_PORT": "5433"}) == (0, [])
    code, lines = check(GOOD, {"HEADRACE_ORDERS_SOURCE_PORT": "many"})
    assert code == 78
    assert "HEADRACE_ORDERS_SOURCE_PORT" in lines[0] and '"many"' in lines[0]


def test_environment_may_give_what_the_file_leaves_out(check):
    text = GOOD.replace("slot = orders\n", "")
    assert check(text)[0] == 78
    assert check(text, {"HEADRACE_ORDERS_SOURCE_SLOT": "orders"}) == (0, [])


BETWEEN = """\
[copy]
source = kafka
sink = kafka

[copy.source]
brokers = here:9092
topics = t

[copy.sink]
brokers = there:9092
topic = {topic}
"""


def test_a_variable_that_would_override_both_ends(check):
    assert check(BETWEEN) == (0, [])
    code, (line,) = check(BETWEEN, {"KAFKA_BROKERS": "there:9092"})
    assert code == 78 and line.startswith(f"a.ini:{line_of(BETWEEN, 'there')}: ")
    assert "KAFKA_BROKERS would override it, and `brokers` of [copy.source]" in line
    assert check(BETWEEN, {"KAFKA_BROKERS": "there:9092",
                           "HEADRACE_COPY_SOURCE_BROKERS": "here:9092"}) == (0, [])
    assert check(BETWEEN.replace("there", "here"), {"KAFKA_BROKERS": "there:9092"}) == (0, [])


def test_long_value_may_be_continued(check):
    text = GOOD.replace("host=localhost", "host=" + "x" * 150 + "\n  options=" + "y" * 150)
    assert check(text) == (0, [])


def test_comment_lines_may_be_long(check):
    assert check("; " + LONG + "\n" + GOOD) == (0, [])


def test_editors_of_windows_are_forgiven(check):
    assert check(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == (0, [])


def test_file_that_is_not_there(folder):
    done = command("check", "-c", folder / "none.ini")
    assert done.returncode == 78
    assert "none.ini" in done.stderr and "No such file" in done.stderr


def test_empty_file(check):
    code, lines = check("")
    assert code == 78 and "no pipeline" in lines[0]


def test_folder_of_files(folder):
    """Each fault names its own file; one section in two files is a duplicate."""
    inis = folder / "headrace.d"
    inis.mkdir()
    (inis / "1.ini").write_text(GOOD)
    (inis / "2.ini").write_text(GOOD.replace("orders", "users").replace("format", "fromat"))
    (inis / "ignored.txt").write_text("nonsense")
    done = command("check", "-c", inis)
    assert done.returncode == 78
    assert done.stderr.startswith(f"headrace: {inis}/2.ini:12: [users.sink] fromat: ")
    (inis / "2.ini").write_text(GOOD)
    done = command("check", "-c", inis)
    assert done.returncode == 78
    assert f"{inis}/2.ini:1: [orders] duplicate section" in done.stderr
    (inis / "2.ini").write_text(GOOD.replace("orders", "users"))
    done = command("check", "-c", inis)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 pipelines" in done.stdout
