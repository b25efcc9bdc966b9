# SPDX-License-Identifier: Apache-2.0
"""Waiting for things that can be seen, and counts that grow in the long run."""
import os
import time


class NotInTime(AssertionError):
    """What was waited for did not happen."""


def wait_until(predicate, timeout=30, what=None, interval=0.02, give_up=None):
    """Polls predicate() until it is true and returns what it gave.

    `what` (text, or a function that makes one) is said if it never comes true. `give_up` is
    called before each poll and should raise once waiting has become pointless.
    """
    deadline = time.monotonic() + timeout
    while True:
        if give_up:
            give_up()
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what or getattr(predicate, "__name__", "it")
            raise NotInTime(f"not within {timeout} s: {text}; last value {value!r}")
        time.sleep(interval)


def is_long():
    """True in `scripts/test --long`."""
    return bool(os.environ.get("HEADRACE_LONG"))


def count(short, long):
    """How many rows, rounds or seconds: `short` every day, `long` in `scripts/test --long`."""
    return long if is_long() else short
