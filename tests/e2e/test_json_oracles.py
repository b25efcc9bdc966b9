# SPDX-License-Identifier: Apache-2.0
"""json_read takes and refuses what Python's json and jansson do, and reads the same values: on
generated texts, on the same broken in places, and on every beginning of them. Where the two are
known to differ from RFC 8259 it is said below."""
import json
import random
import struct
import subprocess

import pytest

from harness.places import BUILD
from harness.waiting import count

DEPTH_MAX = 128
# jansson's error codes for what it cannot hold; the text itself is sound. A zero byte is the end of
# the text to it, and it allows more depth.
NULL_IN_KEY, OVERFLOW = 13, 15
HOSTILE = [b"\\u0000", b"\\ud800", b"\\udfff", b"\\ud83d\\ude00", b"\xed\xa0\x80", b"\xc0\x80",
           b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"\x00", b"\x1f",
           b"\x7f", b"1e999", b"-0", b"00", b"1.", b".5", b"+1", b"NaN", b"-Infinity", b"//", b"'",
           b",", b",,", b":", b"\"", b"\\", b"[", b"]", b"{", b"}", b"\n", b"\r", b"\t", b"\v",
           b"\xc2\xa0", b"nul", b"True", b"1E+", b"9" * 400, b"[" * 130, b"\xe2\x80\xa8"]
CHARACTERS = "abc xyz\"\\/\b\f\n\r\t\x00\x1f\x7fäß€\u2028\ufffd😀𐀀"


class Number(str):
    pass


class Pairs(list):
    pass


def refuse(_):
    raise ValueError("no constant of JSON")


def form(value):
    """As json_verdict prints it."""
    if isinstance(value, Number):
        return "n" + value
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, Pairs):
        return "{" + "".join(f"{form(k)} {form(v)} " for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + "".join(form(item) + " " for item in value) + "]"
    return {None: "null", True: "true", False: "false"}[value]


def depth(value):
    if isinstance(value, Pairs):
        return 1 + max((depth(item) for _, item in value), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def by_python(text):
    try:
        value = json.loads(text.decode(), parse_int=Number, parse_float=Number,
                           parse_constant=refuse, object_pairs_hook=Pairs)
        return form(value) if depth(value) <= DEPTH_MAX else "-"  # a lone surrogate fails here
    except (ValueError, RecursionError):
        return "-"


def random_string(rng):
    text = "".join(rng.choices(CHARACTERS, k=rng.randrange(12)))
    return json.dumps(text, ensure_ascii=rng.random() < 0.5)


def random_number(rng):
    digits = str(rng.randrange(10 ** rng.choice([1, 3, 12, 18])))
    return (rng.choice(["", "-"]) + digits + rng.choice(["", "." + digits.zfill(3)])
            + rng.choice(["", "e5", "E-7", "e+09"]))


def random_value(rng, level=0):
    kind = rng.randrange(7 if level < 5 else 5)
    if kind < 3:
        return rng.choice(["null", "true", "false"]) if kind == 0 else \
            random_number(rng) if kind == 1 else random_string(rng)
    space = rng.choice(["", "", " ", "\n\t"])
    items = [random_value(rng, level + 1) for _ in range(rng.randrange(5))]
    if kind % 2:
        return "[" + space + f",{space}".join(items) + space + "]"
    return "{" + f"{space},".join(random_string(rng) + space + ":" + space + item
                                  for item in items) + "}"


def broken(rng, text):
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice([b"", rng.choice(HOSTILE), rng.randbytes(1)]) \
            + text[at + rng.randrange(3):]
    return text


def texts(rng, number):
    for _ in range(number):
        text = random_value(rng).encode()
        yield text
        for _ in range(4):
            yield broken(rng, text)
    event = json.dumps({"before": None, "after": {"id": 1, "name": "ä\n😀", "n": -1.5e3},
                        "op": "c"}, ensure_ascii=False).encode()
    yield from (event[:size] for size in range(len(event)))
    yield from (event[:at] + piece + event[at:] for at in range(len(event)) for piece in HOSTILE)
    yield from (b"[" * size + b"]" * size for size in (127, 128, 129, 500))


@pytest.mark.parametrize("seed", range(2))
def test_two_other_parsers_agree(seed):
    inputs = list(texts(random.Random(seed), count(3000, 100_000)))
    stdin = b"".join(struct.pack(">I", len(text)) + text for text in inputs)
    run = subprocess.run([BUILD / "tests/unit/json_verdict"], input=stdin, stdout=subprocess.PIPE,
                         check=True)
    verdicts = [line.rsplit(" ", 1) for line in run.stdout.decode().splitlines()]
    assert len(verdicts) == len(inputs)
    taken = 0
    for text, (ours, jansson) in zip(inputs, verdicts):
        assert ours == by_python(text), text
        comparable = b"\0" not in text and text.count(b"[") <= DEPTH_MAX
        if comparable and int(jansson) not in (NULL_IN_KEY, OVERFLOW):
            assert (ours == "-") == (jansson != "0"), text
        taken += ours != "-"
    assert len(inputs) * 0.1 < taken < len(inputs) * 0.9
