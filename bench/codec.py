# SPDX-License-Identifier: Apache-2.0
"""Codecs beside each other, in turns, with a real registry: CPU time of one thread."""

import argparse
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/e2e"))
from harness import places, registry  # noqa: E402

CODECS = {
    "json, debezium": ["json"],
    "json, debezium with schemas": ["json", "schemas", "yes"],
    "json, plain": ["json", "format", "plain"],
    "json, flat": ["json", "format", "flat", "add_fields", "op, source.ts_ms"],
    "avro, debezium": ["avro", "registry", "{registry}"],
    "avro, plain": ["avro", "format", "plain", "registry", "{registry}"],
    "avro, flat": ["avro", "format", "flat", "add_fields", "op, source.ts_ms", "registry",
                   "{registry}"],
    "columns, outbox": ["columns", "topic", "outbox.event.{{aggregatetype}}", "key", "aggregateid",
                        "value", "payload", "headers", "id = id, eventType = type"],
}


def run(codec, url):
    """{(way, table, columns): (bytes, ns, rows/s, MB/s)}"""
    command = [places.BUILD / "bench/bench_codec", places.PLUGINS,
               *(word.format(registry=url) for word in CODECS[codec])]
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    table = {}
    for line in done.stdout.splitlines():
        _, way, name, columns, *figures = line.split("\t")
        table[way, name, columns] = [float(figure) for figure in figures]
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="codecs whose name holds this")
    options = parser.parse_args()
    scratch = places.scratch_folder()
    server = registry.Registry(scratch).start()
    results = defaultdict(list)
    try:
        for _ in range(options.rounds):
            for codec in CODECS:
                if options.only in codec:
                    for case, figures in run(codec, server.url).items():
                        results[case, codec].append(figures)
    finally:
        server.close()
        shutil.rmtree(scratch, ignore_errors=True)
    print("| | table | codec | bytes a row | ns a row (min … max) | rows/s | MB/s |")
    print("|---|---|---|---|---|---|---|")
    for (way, table, columns), codec in sorted(results, key=lambda key: key[0]):
        rounds = results[(way, table, columns), codec]
        size, cost, rate, speed = (statistics.median(figures) for figures in zip(*rounds))
        costs = [figures[1] for figures in rounds]
        print(f"| {way} | {table}, {columns} columns | {codec} | {size:.0f} "
              f"| {cost:.0f} ({min(costs):.0f} … {max(costs):.0f}) | {rate:,.0f} | {speed:.0f} |")


if __name__ == "__main__":
    main()
