# SPDX-License-Identifier: Apache-2.0
"""JSON as a tree whose leaves are the text as it was sent: no digit, escape or order is lost."""
import re

MISSING = "(missing)"
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def parse(text):
    """Objects are dicts, arrays lists, everything else its own text."""
    tokens = _TOKEN.findall(text)
    assert "".join(tokens) == text, "no spaces are expected outside of strings"
    tree, end = _value(tokens, 0)
    assert end == len(tokens)
    return tree


def _value(tokens, at):
    if tokens[at] == "{":
        return _members(tokens, at + 1)
    if tokens[at] == "[":
        return _elements(tokens, at + 1)
    return tokens[at], at + 1


def _members(tokens, at):
    members = {}
    while tokens[at] != "}":
        assert tokens[at + 1] == ":"
        name = tokens[at][1:-1]
        assert name not in members, f"{name} twice"
        members[name], at = _value(tokens, at + 2)
        at += tokens[at] == ","
    return members, at + 1


def _elements(tokens, at):
    elements = []
    while tokens[at] != "]":
        element, at = _value(tokens, at)
        elements.append(element)
        at += tokens[at] == ","
    return elements, at + 1


def text_of(tree):
    """The JSON text again."""
    if isinstance(tree, dict):
        return "{" + ",".join(f'"{name}":{text_of(value)}' for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(text_of, tree)) + "]"
    return tree


def differences(one, other, path=()):
    """[(path, text of one, text of other)], as deep as possible in objects; arrays are compared
    whole, but for a schema's fields, which are known by their names. The schema of one column is
    compared whole, too."""
    if path[-1:] == ("fields",) and isinstance(one, list) and isinstance(other, list):
        one, other = ({field["field"].strip('"'): field for field in fields}
                      for fields in (one, other))
    column = len(path) > 4 and path[-2] == "fields" and path[-4] == "fields"
    if column or not (isinstance(one, dict) and isinstance(other, dict)):
        return [] if one == other else [(path, text_of(one), text_of(other))]
    found = []
    shared = [[name for name in tree if name in one and name in other] for tree in (one, other)]
    if shared[0] != shared[1]:
        found.append(((*path, "(order)"), *map(str, shared)))
    for name in [*one, *(name for name in other if name not in one)]:
        found += differences(one.get(name, MISSING), other.get(name, MISSING), (*path, name))
    return found
