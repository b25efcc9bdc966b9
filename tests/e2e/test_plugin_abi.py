# SPDX-License-Identifier: Apache-2.0
"""What a plugin shows to the world, and what its header asks of a compiler."""
import re
import subprocess

import pytest

from harness import places
from harness.program import command, sanitized

PLUGINS = sorted(places.PLUGINS.glob("headrace-*.so"))
HEADER = '#include <headrace/plugin.h>\n#include <headrace/log.h>\n'
ENTRY = "headrace_plugin_entry"


def symbols(path, *flags):
    """[(type, name)] that nm prints."""
    lines = subprocess.run(["nm", *flags, path], check=True, text=True,
                           capture_output=True).stdout.splitlines()
    return [tuple(line.split()[-2:]) for line in lines]


def test_there_are_plugins():
    assert len(PLUGINS) >= 3


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_one_exported_symbol(path):
    assert symbols(path, "-D", "--defined-only") == [("T", ENTRY)]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
@pytest.mark.skipif(sanitized(), reason="sanitizers keep data of their own")
def test_no_writable_data(path):
    """One file may serve several instances, so it has constants only.

    Constants that hold addresses lie in .data.rel.ro, which is read-only once it is loaded.
    """
    # Of the C library's start files, and of the compiler's, which knows the processor then.
    assert writable_data(path) - {"__cpu_model", "__cpu_features2"} == {"completed.0"}


def writable_data(path):
    lines = subprocess.run(["objdump", "-t", path], check=True, text=True,
                           capture_output=True).stdout.splitlines()
    symbol = re.compile(r"\s(\.data|\.bss|\.tdata|\.tbss|\*COM\*)\s+([0-9a-f]+)\s+(\S+)")
    found = (symbol.search(line) for line in lines)
    return {match[3] for match in found if match and int(match[2], 16) > 0}


def test_writable_data_would_be_found(folder):
    (folder / "x.c").write_text("int a; static int b = 1; static _Thread_local int c; "
                                "int *f(void) { static int d; return b ? &d : &c; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "x.so", folder / "x.c"], check=True)
    names = {name.split(".")[0] for name in writable_data(folder / "x.so")}
    assert names == {"completed", "a", "b", "c", "d"}


def compiles(folder, source, *command_line):
    path = folder / source
    done = subprocess.run([*command_line, "-fsyntax-only", "-Wall", "-Wextra", "-pedantic",
                           "-Werror", f"-I{places.TREE}/include", path],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


PLUGIN = HEADER + """
static enum headrace_result open_it(const struct headrace_host *host, void **instance)
{
  *instance = (void *)host;
  return HEADRACE_OK;
}
static enum headrace_result write_it(void *instance, struct headrace_batch *batch)
{
  (void)instance;
  (void)batch;
  return HEADRACE_OK;
}
"""
C_PLUGIN = PLUGIN + """
static const struct headrace_key keys[] = {{.name = "x", .help = "y"}, {0}};
static const struct headrace_plugin plugin = {
    .kind = HEADRACE_SINK, .name = "x", .keys = keys, .open = open_it, .write = write_it};
HEADRACE_REGISTER_PLUGIN(plugin)
"""
CXX_PLUGIN = PLUGIN + """
static headrace_plugin make()
{
  headrace_plugin made = headrace_plugin();
  made.kind = HEADRACE_SINK;
  made.name = "x";
  made.open = open_it;
  made.write = write_it;
  return made;
}
static const headrace_plugin plugin = make();
HEADRACE_REGISTER_PLUGIN(plugin)
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("text", [HEADER, C_PLUGIN], ids=["alone", "plugin"])
def test_header_is_c99(folder, compiler, text):
    (folder / "x.c").write_text(text + "extern int not_empty;\n")
    # The last key and the unset callbacks are meant to be zero.
    compiles(folder, "x.c", compiler, "-std=c99", "-Wno-missing-field-initializers")


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("standard", ["c++11", "c++20"])
@pytest.mark.parametrize("text", [HEADER, CXX_PLUGIN], ids=["alone", "plugin"])
def test_header_is_cxx(folder, compiler, standard, text):
    (folder / "x.cpp").write_text(text)
    compiles(folder, "x.cpp", compiler, f"-std={standard}")


def loads(folder, source, *flags):
    """What `headrace check` says to a pipeline whose sink is made of that C source."""
    (folder / "x.c").write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", f"-I{places.TREE}/include", "-o", folder / "x.so",
                    folder / "x.c", *flags], check=True)
    (folder / "a.ini").write_text("[a]\nsource = pgoutput\nsink = " + str(folder / "x.so") +
                                  "\n[a.source]\nslot = s\npublication = p\n")
    return command("check", "-c", folder / "a.ini")


def test_plugin_by_absolute_path(folder):
    assert loads(folder, C_PLUGIN).returncode == 0


def test_plugin_of_another_api_version_is_refused(folder):
    old = C_PLUGIN.replace("#include <headrace/plugin.h>", "#include <headrace/plugin.h>\n"
                           "#undef HEADRACE_API_VERSION\n#define HEADRACE_API_VERSION 4711u")
    done = loads(folder, old)
    assert done.returncode == 78
    for word in ["x.so", "4711", "version 1"]:
        assert word in done.stderr


def test_plugin_older_than_the_last_fields(folder):
    """A smaller struct is fine as long as its required callbacks are in it."""
    smaller = C_PLUGIN.replace("HEADRACE_REGISTER_PLUGIN(plugin)", """
const struct headrace_registration *headrace_plugin_entry(void)
{
  static const struct headrace_registration registration = {
      offsetof(struct headrace_plugin, SIZE), HEADRACE_API_VERSION, &plugin};
  return &registration;
}""")
    assert loads(folder, smaller.replace("SIZE", "poll")).returncode == 0
    done = loads(folder, smaller.replace("SIZE", "write"))
    assert done.returncode == 78 and "write" in done.stderr


def test_file_that_is_no_plugin(folder):
    done = loads(folder, "int x;\n")
    assert done.returncode == 78 and "not a headrace plugin" in done.stderr


def test_plugin_of_the_wrong_kind(folder):
    done = loads(folder, C_PLUGIN.replace("HEADRACE_SINK", "HEADRACE_CODEC")
                 .replace(".write = write_it", ".encode = 0"))
    assert done.returncode == 78
