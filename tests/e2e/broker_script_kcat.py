# SPDX-License-Identifier: Apache-2.0
"""What kcat does and is told: -P, -C, -L, -Q, and -G, a group."""
import re
import subprocess

from harness.waiting import wait_until

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
FORMAT = "%p %o %K %k %S %s %h\n"


def kcat(server, *arguments, text=None):
    done = subprocess.run(["kcat", "-b", server.brokers, "-X", "log_level=0", "-X", "fetch.wait.max.ms=20",
                           "-X", "broker.address.family=v4", *arguments],
                          input=text, text=True, capture_output=True, timeout=60, check=False)
    return f"status {done.returncode}\n{done.stdout}"


def script(server, answers, topic):
    say = answers.say
    wait_until(lambda: "leader 1" in kcat(server, "-L", "-t", topic), what="a leader")
    say("list", kcat(server, "-L", "-t", topic))
    say("list as JSON", kcat(server, "-L", "-J", "-t", topic))
    for codec in CODECS:
        lines = [f"key{i}:value {i}" for i in range(1000)] + [":no key", "no value:", ":"]
        say(f"produce: {codec}", kcat(server, "-P", "-t", topic, "-p", "0", "-K", ":", "-Z", "-z",
                                      codec, "-H", "first=1", "-H", "empty=", "-H", "first=again",
                                      text="\n".join(lines) + "\n"))
    say("produce: empty ones", kcat(server, "-P", "-t", topic, "-p", "0", "-K", ":",
                                    text=":empty key\n:\na:\n"))
    read = ("-C", "-t", topic, "-e", "-q", "-f", FORMAT)
    say("consume", kcat(server, *read, "-o", "beginning"))
    for place in ("500", "-3", "5017", "end"):
        say(f"consume from {place}", kcat(server, *read, "-o", place))
    say("consume some", kcat(server, *read, "-o", "beginning", "-c", "7"))
    say("consume as JSON", re.sub(r'"ts":\d+', '"ts":', kcat(
        server, "-C", "-t", topic, "-e", "-q", "-J", "-o", "-5")))
    stamped = [int(time) for time in kcat(server, "-C", "-t", topic, "-e", "-q", "-f", "%T\n", "-o",
                                          "beginning").split()[2:]]
    say("consume from a time", kcat(server, *read, "-o", f"s@{stamped[2004]}").count("\n") > 2000)
    for name, time in (("end", -1), ("beginning", -2), ("zero", 0), ("first", stamped[0]),
                       ("later", stamped[-1] + 1)):
        say(f"offset at {name}", kcat(server, "-Q", "-t", f"{topic}:0:{time}"))
    group = ("-X", "auto.offset.reset=earliest", "-q", "-f", FORMAT, "-G", f"{topic}-group", topic)
    say("group", kcat(server, "-c", "5018", *group))
    kcat(server, "-P", "-t", topic, "-p", "0", text="more\n")
    say("group goes on", kcat(server, "-c", "1", *group))
