# SPDX-License-Identifier: Apache-2.0
"""The rules of CONTRIBUTING.md that a machine can check."""
import re

from harness import places

TREE = places.TREE
BUILT = {"build", ".git", "__pycache__"}
SOURCES = [path for path in TREE.rglob("*") if path.suffix in {".c", ".h", ".py"} and
           not BUILT & set(path.relative_to(TREE).parts)]
PLUGIN_FOLDERS = sorted((TREE / "plugins").glob("*-*"))


def name(path):
    return str(path.relative_to(TREE))


def under(*folders):
    return [path for path in SOURCES if path.relative_to(TREE).parts[0] in folders]


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


# Plugins that are called by an ordinary word, which the core may say.
ORDINARY = {"columns", "file", "flatten", "mask", "route", "select", "stdout", "where"}


def test_core_names_no_plugin_and_no_system():
    """JSON is a system too, but the core logs in it and keeps checkpoints in it. The header's
    comments may give examples."""
    words = {folder.name.split("-", 1)[1] for folder in PLUGIN_FOLDERS} - ORDINARY - {"json"}
    pattern = re.compile(rf"\b\w*(?:{'|'.join(sorted(words | {'kafka', 'postgres', 'avro'}))})\w*",
                         re.IGNORECASE)
    found = {name(path): pattern.findall(path.read_text()) for path in under("core")}
    found.update({name(path): pattern.findall(without_comments(path.read_text()))
                  for path in under("include")})
    assert len(found) > 10
    assert {path: words for path, words in found.items() if words} == {}


def test_plugins_include_no_core_file_and_no_other_plugin():
    strangers = {}
    for path in under("plugins"):
        if path.suffix == ".py":
            continue
        own = {file.name for folder in (path.parent, TREE / "plugins" / "common")
               for file in folder.rglob("*.h")}
        included = set(re.findall(r'#include "([^"]+)"', path.read_text()))
        headers = set(re.findall(r"#include <headrace/(.+)>", path.read_text()))
        strangers[name(path)] = (included - own) | (headers - {"plugin.h", "handler.h", "log.h"})
    assert {path: files for path, files in strangers.items() if files} == {}


def test_sources_have_a_licence_line_and_an_end():
    texts = {name(path): path.read_text() for path in SOURCES}
    assert [path for path, text in texts.items()
            if "SPDX-License-Identifier: Apache-2.0" not in text[:200]] == []
    assert {path: text.count("\n") for path, text in texts.items() if text.count("\n") > 1000} == {}
    unfinished = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
    assert [path for path, text in texts.items() if unfinished.search(text)] == []


def test_plugin_folders():
    assert PLUGIN_FOLDERS
    for folder in PLUGIN_FOLDERS:
        assert len((folder / "CMakeLists.txt").read_text().splitlines()) <= 5, folder
        is_plugin = "headrace_add_plugin" in (folder / "CMakeLists.txt").read_text()
        assert (folder / f"headrace-{folder.name}.7").exists() == is_plugin, folder


def test_tests_do_not_sleep():
    """Waiting is wait_until. The harness itself polls, and delays where that is the fault."""
    sleepers = [name(path) for path in under("tests") if re.search(r"\bu?sleep\(", path.read_text())]
    assert sorted(sleepers) == ["tests/e2e/harness/proxy.py", "tests/e2e/harness/waiting.py"]
