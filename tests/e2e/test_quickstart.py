# SPDX-License-Identifier: Apache-2.0
"""scripts/quickstart: changes arrive as they happen, through headrace's own broker, and nothing is
left behind."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness import places
from harness.process import Process
from harness.waiting import wait_until


@pytest.fixture
def quickstart(folder, session_folder):
    """Starts it in a folder for temporary files of its own; its tree is the one under test."""
    temporary = session_folder / "quickstart"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o777)
    process = Process("quickstart", folder)
    before = processes()

    def start(pause):
        env = {**os.environ, "TMPDIR": str(temporary), "QUICKSTART_PAUSE": str(pause)}
        process.spawn([places.TREE / "scripts" / "quickstart"], env=env)
        return process
    yield start
    process.kill9()
    assert list(temporary.iterdir()) == [], "its folder is gone"
    wait_until(lambda: processes() <= before, what=lambda: f"gone: {processes() - before}")


def processes():
    """Servers and pipelines that a quickstart has started, wherever they are."""
    found = subprocess.run(["ps", "-eo", "pid=,args="], text=True, capture_output=True, check=True)
    return {line for line in found.stdout.splitlines() if "headrace-quickstart" in line or
            "conf/quickstart.ini" in line or "-t shop.public.users" in line}


def test_changes_arrive_between_each_other(quickstart):
    process = quickstart(0.5)
    assert process.wait(240) == 0, process.log.text()
    shown = [line for line in process.log.text().splitlines() if not line.startswith("==>")]
    text = "\n".join(shown)
    # what was done, and what came of it before the next was done
    for done, arrived in [
            ("insert into users (name) values ('Ada')", ['"INSERT"', '"Ada"']),
            ("values ('Grace'), ('Hedy')", ['"Grace"', '"Hedy"']),
            ("update users set email", ['"UPDATE"', "ada@example.org"]),
            ("values ('Joan'); commit", ['"DELETE"', '"Joan"']),
            ("rollback", []),
            ("set born = 1815", ["1815"])]:
        part = re.search(re.escape(done) + r".*\n((?:   → .*\n)*)", text)
        assert part, f"{done!r} is not shown:\n{text}"
        assert bool(part[1]) == bool(arrived), f"{done}: {part[1]}"
        assert [word for word in arrived if word not in part[1]] == [], part[0]
    assert '"nobody"' not in text
    assert text.count("→") == 10
    assert re.search(r"kcat -b 127.0.0.1:\d+ -C -t shop.public.users", process.log.text())
    assert re.search(r"^ +0 \| [\d:.]+ \| INSERT \| Ada", text, re.MULTILINE), "with SQL"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(quickstart, number):
    process = quickstart(30)
    process.log.wait("→", timeout=240, give_up=process.must_run)
    os.killpg(process.pid, number)
    assert process.wait(30) in (128 + number, -number)


@pytest.mark.skipif(os.getuid() != 0, reason="runs as that other user already")
@pytest.mark.skipif(shutil.which("runuser") is None, reason="needs runuser")
def test_as_an_ordinary_user(folder):
    """Packages are there, so nothing needs root."""
    copy = folder / "tree"
    shutil.copytree(places.TREE, copy, ignore=shutil.ignore_patterns("build", ".git"))
    subprocess.run(["chown", "-R", "nobody", folder], check=True)
    process = Process("ordinary", folder)
    process.spawn(["runuser", "-u", "nobody", "--", "env", f"TMPDIR={folder}", f"HOME={folder}",
                   "QUICKSTART_PAUSE=0", copy / "scripts" / "quickstart"])
    assert process.wait(240) == 0, process.log.text()
    assert process.log.text().count("→") == 10
    assert list(folder.glob("headrace-quickstart*")) == []
