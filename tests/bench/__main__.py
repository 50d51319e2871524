"""`python -m tests.bench`: the bot beside what one would otherwise pick, as a table, and with `--json FILE` as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bot import log
from tests.bench.absence import absence
from tests.bench.acks import acks, beside_peers, while_inbox_hangs
from tests.bench.felt import clicks, without_webhook
from tests.bench.growth import at_rest, growth
from tests.bench.servers import Bench, bench
from tests.bench.size import memory, start
from tests.bench.table import Row, as_json, as_text
from tests.bench.work import calls, drain, idle

Part = Callable[[Bench], Awaitable[list[Row]]]
PARTS: dict[str, Part] = {
    "acks": lambda on: acks(on, rounds=5, seconds=0.6),
    "peers": lambda on: beside_peers(on, rounds=5, seconds=0.6),
    "hangs": lambda on: while_inbox_hangs(on, seconds=3.0),
    "idle": lambda on: idle(on, times=200),
    "clicks": lambda on: clicks(on, times=100),
    "unhooked": lambda on: without_webhook(on, active=20, at_rest=10),
    "drain": lambda on: drain(on, count=3000),
    "start": lambda on: start(on, rounds=3),
    "memory": lambda on: memory(on, count=100_000),
    "growth": lambda on: growth(on, many=1_000_000, rounds=3, times=30),
    "at-rest": at_rest,
    "absence": lambda on: absence(on, events=25_000, people=500),
    "calls": lambda _: calls(),
}
# v1's webhooks say all of a message. v2's name it alone: `memory` makes messages up, and who writes as often as in
# `idle` is read a list at a time.
ON_V1 = {"memory", "idle", "growth"}


async def measured(parts: list[str]) -> list[Row]:
    """Each part on a stage of its own."""
    rows: list[Row] = []
    for name in parts:
        async with bench("v1" if name in ON_V1 else "v2") as on:
            rows += await PARTS[name](on)
        print(f"measured: {name}", file=sys.stderr)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all unless named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there as JSON too")
    asked = parser.parse_args()
    log.configure("ERROR", "console")
    rows = uvloop.run(measured(asked.parts or list(PARTS)))
    print(as_text(rows))
    if asked.json:
        asked.json.write_text(as_json(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
