# SPDX-License-Identifier: Apache-2.0
"""The example: built out of tree against an installed headrace with pkg-config alone, then used."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import places
from harness.program import command, environment, sanitized, to_stdout
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def prefix(session_folder):
    """headrace built for a prefix and installed there."""
    prefix, build = session_folder / "prefix", session_folder / "build"
    for words in (["-S", places.TREE, "-B", build, "-G", "Ninja", f"-DCMAKE_INSTALL_PREFIX={prefix}"],
                  ["--build", build, "--target", "core/all", "plugins/all"], ["--install", build]):
        done = subprocess.run(["cmake", *words], text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return prefix


@pytest.fixture(scope="module")
def built(prefix, session_folder):
    """The example, copied away from the tree and built there."""
    copy = session_folder / "example"
    shutil.copytree(places.TREE / "examples", copy)
    pc = next(prefix.rglob("headrace.pc"))
    env = {"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": pc.parent}
    done = subprocess.run(["make"], cwd=copy, text=True, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(places.TREE) not in done.stdout
    return copy / "headrace-filter-redact.so"


def test_pkg_config_knows_where_plugins_live(prefix):
    pc = next(prefix.rglob("headrace.pc"))

    def say(flag):
        return subprocess.run(["pkg-config", flag, pc], text=True, check=True,
                              capture_output=True).stdout.strip()
    directory = pathlib.Path(say("--variable=plugindir"))
    assert {"headrace-source-pgoutput.so", "headrace-sink-kafka.so"} <= set(os.listdir(directory))
    assert say("--libs") == "", "a plugin links nothing of headrace"
    assert say("--cflags") == f"-I{prefix}/include"


def test_it_is_short():
    """Of about 70 lines, says the manual: statements, not comments and blanks."""
    text = (places.TREE / "examples" / "filter-redact.c").read_text()
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip(" {}();")]
    assert len(lines) <= 90, len(lines)


@pytest.mark.skipif(sanitized(), reason="an uninstrumented plugin in an instrumented host")
def test_it_redacts(built, db, headrace):
    db.sql("create table people (id int primary key, name text, secret text, born int)")
    sections = to_stdout(db, "one", "public.people")
    sections["one"]["filters"] = "redact"
    sections["one.filter.redact"] = {"plugin": built, "keep": "name", "mask": "***"}
    program = headrace(sections)
    db.wait_streaming(f"one_{db.name}", program)
    db.sql("insert into people values (7, 'Ada', 'countess', 1815)")
    line, = wait_until(program.lines, what=program.log.text, give_up=program.must_run)
    assert line["value"]["after"] == {"id": 7, "name": "Ada", "secret": "***", "born": None}


def test_its_keys_are_checked_like_any_other(built, folder):
    path = folder / "a.ini"
    path.write_text(f"[a]\nsource = pgoutput\nfilters = x\nsink = stdout\n[a.source]\nslot = s\n"
                    f"publication = p\n[a.filter.x]\nplugin = {built}\nkep = a\n")
    done = command("check", "-c", path)
    assert done.returncode == 78
    assert 'a.ini:10: [a.filter.x] kep: unknown key; did you mean "keep"?' in done.stderr
    assert "[a.filter.x] keep: missing" in done.stderr
    help_text = command("help", "redact", env={"HEADRACE_PLUGIN_DIR": str(built.parent)}).stdout
    assert "keep (list, required)" in help_text


def test_installed_program_finds_its_plugins(prefix, folder):
    """What `cmake --install` lays down works by itself."""
    env = environment()
    del env["HEADRACE_PLUGIN_DIR"]
    done = subprocess.run([prefix / "bin" / "headrace", "plugins"], env=env, text=True,
                          capture_output=True, check=True)
    assert "pgoutput" in done.stdout and "kafka" in done.stdout
    for page in ["man1/headrace.1", "man3/headrace-plugin.3", "man7/headrace-source-pgoutput.7"]:
        assert (prefix / "share" / "man" / page).exists(), page
