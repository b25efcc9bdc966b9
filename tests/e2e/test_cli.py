# SPDX-License-Identifier: Apache-2.0
"""The command line."""
import os
import re
import signal

import pytest

from harness import places
from harness.process import Process
from harness.program import command, environment, ini, to_stdout
from test_config_errors import GOOD

KINDS = "source|filter|codec|sink"


def built_plugins():
    """(kind, name) of each .so of the build."""
    names = (path.stem.split("-", 2) for path in places.PLUGINS.glob("headrace-*.so"))
    return sorted((kind, name) for _, kind, name in names)


@pytest.fixture
def good(folder):
    path = folder / "good.ini"
    path.write_text(GOOD)
    return path


def test_version():
    version = re.search(r"project\(headrace VERSION (\S+)", (places.TREE / "CMakeLists.txt")
                        .read_text()).group(1)
    for flag in ("-V", "--version"):
        done = command(flag)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"headrace {version}\n", "")


def test_help():
    texts = []
    for words in (["-h"], ["--help"], ["help"]):
        done = command(*words)
        assert done.returncode == 0 and done.stderr == ""
        texts.append(done.stdout)
    for word in ["run", "check", "snapshot", "dlq", "plugins", "help", "-c", "-v", "-q", "-h", "-V"]:
        assert word in texts[0]
    assert texts[0] == texts[1]
    assert "state_dir" in texts[2] and "ring_bytes" in texts[2]


def test_plugins_lists_every_plugin_of_the_folder():
    done = command("plugins")
    assert done.returncode == 0 and done.stderr == ""
    listed = [tuple(line.split()[:2]) for line in done.stdout.splitlines()]
    assert sorted(listed) == built_plugins() != []


@pytest.mark.parametrize("kind, name", built_plugins())
def test_help_of_each_plugin(kind, name):
    done = command("help", f"{kind}-{name}")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith(f"{kind} {name} ")
    assert done.stdout in command("help", name).stdout


def test_help_of_a_plugin_that_is_not_there():
    done = command("help", "pgoutputt")
    assert done.returncode == 64 and done.stdout == ""
    assert '"pgoutputt"' in done.stderr and 'did you mean "pgoutput"?' in done.stderr


@pytest.mark.parametrize("words", [[], ["runn"], ["check", "more"], ["-x"], ["check", "-c"]])
def test_bad_usage(words):
    done = command(*words)
    assert done.returncode == 64 and done.stdout == ""
    assert "usage: headrace run" in done.stderr


def test_check_says_good_unless_quiet(good):
    loud, quiet = command("check", "-c", good), command("check", "-q", "-c", good)
    assert (loud.returncode, loud.stdout) == (0, f"{good}: good, 1 pipeline\n")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert command("check", f"--config={good}").returncode == 0


def test_check_needs_no_network(good, folder):
    """Nobody listens there, and no such file is ever opened."""
    good.write_text(GOOD.replace("host=localhost", "host=192.0.2.1 connect_timeout=60"))
    assert command("check", "-c", good, timeout=5).returncode == 0


# ---- headrace snapshot PIPELINE ARGUMENT...; what the source does is in test_on_demand_snapshot.py


def test_snapshot_of_an_unknown_pipeline(good):
    done = command("snapshot", "-c", good, "order", "public.a")
    assert done.returncode == 64 and done.stdout == ""
    assert '"order"' in done.stderr and 'did you mean "orders"?' in done.stderr


def test_snapshot_needs_a_pipeline(good):
    done = command("snapshot", "-c", good)
    assert done.returncode == 64 and "needs the name of a pipeline" in done.stderr


def test_snapshot_gives_the_arguments_on(good):
    """Behind the pipeline's name an option is the source's, also one that headrace has."""
    for option in ("--nonsense", "-c"):
        done = command("snapshot", "-c", good, "orders", option, "--where")
        assert done.returncode == 1 and done.stdout == ""
        assert "error orders.source: " in done.stderr and "usage" not in done.stderr


def test_snapshot_with_a_faulty_configuration(good):
    good.write_text(GOOD.replace("sink = ", "sinc = "))
    assert command("snapshot", "-c", good, "orders", "public.a").returncode == 78


def test_snapshot_of_a_source_without_commands(folder):
    path = folder / "numbers.ini"
    path.write_text("[numbers]\nsource = answering\nsink = probe\n[numbers.source]\ncontrol = 0\n"
                    "[numbers.sink]\ncontrol = 0\n")
    done = command("snapshot", "-c", path, "numbers", "public.a",
                   env={"HEADRACE_PLUGIN_DIR": str(places.BUILD / "tests/unit/probes")})
    assert done.returncode == 64 and done.stdout == ""
    assert 'source answering of pipeline "numbers" has no command "snapshot"' in done.stderr


def test_sigterm_while_the_configuration_is_read(users, folder):
    """A pipe as the file: the program is inside of reading it when the signal comes."""
    path, state = folder / "pipe.ini", folder / "state"
    os.mkfifo(path)
    state.mkdir()
    process = Process("early", folder)
    process.spawn([places.BINARY, "run", "-c", path],
                  env=environment({"HEADRACE_STATE_DIR": str(state)}))
    with open(path, "w", encoding="utf-8") as pipe:  # waits until it was opened there
        process.send(signal.SIGTERM)
        pipe.write(ini(to_stdout(users, "one", "public.users")))
    assert process.wait() == 0


def test_secrets_are_not_shown_by_help():
    assert "password (secret)" in command("help", "pgoutput").stdout


@pytest.mark.parametrize("level, flags, info", [
    ("info", [], True), ("info", ["-q"], False), ("info", ["-qqq"], False),
    ("warning", [], False), ("warning", ["-v"], True), ("error", ["-v", "-v", "-q"], False)])
def test_verbosity(folder, level, flags, info):
    """-v and -q move the level that the file says. That the run begins is information."""
    path = folder / "a.ini"
    path.write_text(f"[headrace]\nlog_level = {level}\n" +
                    GOOD.replace("host=localhost", f"host=localhost port={places.free_port()}"))
    assert ("info" in log_until(path, flags, "error")) == info


def log_until(path, flags, level):
    """The set of levels that `headrace run` has logged by its first line of `level`."""
    process = Process("verbosity", path.parent)
    state = path.parent / "state"
    state.mkdir()
    process.spawn([places.BINARY, "run", "-c", path, *flags],
                  env=environment({"HEADRACE_STATE_DIR": str(state)}))
    process.log.wait(rf"^\S+ {level} ")
    process.terminate()
    return {line.split()[1] for line in process.log.text().splitlines()}
