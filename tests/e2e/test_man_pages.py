# SPDX-License-Identifier: Apache-2.0
"""Man pages: each plugin has one, it knows exactly the plugin's keys, and mandoc likes it."""
import re
import subprocess

import pytest

from harness import places
from harness.program import command
from test_cli import built_plugins

HEADINGS = ["NAME", "SYNOPSIS", "DESCRIPTION", "PARAMETERS", "DELIVERY GUARANTEES", "EXAMPLES",
            "VERSION", "SEE ALSO"]
PAGES = sorted([*places.TREE.glob("docs/*.[1-8]"), *places.TREE.glob("plugins/*/*.[1-8]")])


def page_of(kind, name):
    return places.TREE / "plugins" / f"{kind}-{name}" / f"headrace-{kind}-{name}.7"


def sections(path):
    """{heading: source text} of an mdoc or man page."""
    parts = re.split(r'^\.S[hH] +"?([^"\n]+?)"?$', path.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("kind, name", built_plugins())
def test_keys_are_those_of_the_plugin(kind, name):
    help_text = command("help", f"{kind}-{name}").stdout
    in_table = re.findall(r"^  (\S+) \(", help_text, re.MULTILINE)
    parameters = sections(page_of(kind, name))["PARAMETERS"]
    in_page = re.findall(r"^\.It Cm (\S+)", parameters, re.MULTILINE)
    assert sorted(in_page) == sorted(in_table)
    assert len(set(in_page)) == len(in_page)


@pytest.mark.parametrize("kind, name", built_plugins())
def test_headings(kind, name):
    found = [heading for heading in sections(page_of(kind, name)) if heading in HEADINGS]
    assert found == HEADINGS


@pytest.mark.parametrize("kind, name", built_plugins())
def test_environment_is_in_the_page(kind, name):
    """Variables that override a key are said where a user looks for them."""
    help_text = command("help", f"{kind}-{name}").stdout
    variables = " ".join(re.findall(r"environment: (.+)", help_text)).split()
    text = page_of(kind, name).read_text()
    assert [name for name in variables if name not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_mandoc_has_nothing_to_say(page):
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], text=True,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_pages_of_the_program():
    names = {page.name for page in PAGES}
    assert {"headrace.1", "headrace.ini.5", "headrace-plugin.3"} <= names
