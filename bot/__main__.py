"""The command line. Exit codes: 0 good, 2 bad usage or settings (one sentence says which), 1 otherwise."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from bot.errors import BotError, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return asyncio.run(_command(asked))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except BotError as error:
        print(f"Cannot go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot", description="Slack and Inbox, bridged.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = commands.add_parser("serve", help="answer Slack and Inbox, and work (HTTP, or Socket Mode)")
    serve.add_argument("--no-worker", action="store_true", help="leave the work to `bot worker` processes")
    commands.add_parser("worker", help="work only")
    sandbox = commands.add_parser("sandbox", help="try everything against a local Slack and Inbox, without accounts")
    sandbox.add_argument("--tour", action="store_true", help="play one conversation, print it, and end")
    sandbox.add_argument("--port", type=int, default=0, help="where the local Slack and Inbox listen")
    sandbox.add_argument(
        "--api", choices=("v1", "v2"), default="v2", help="which Inbox API version the local Inbox has"
    )
    commands.add_parser("doctor", help="what is wrong, and what to do about it")
    audit = commands.add_parser("audit", help="who did what")
    audit.add_argument("--since", default="7d", help="12h, 7d, or a date such as 2026-11-22")
    audit.add_argument("--json", action="store_true", help="one JSON object in a line")
    retry = commands.add_parser("retry", help="try a dead letter again")
    retry.add_argument("id", help="its id, as `bot doctor` shows it")
    return parser


async def _command(asked: argparse.Namespace) -> int:
    # Imported here: the other commands need not wait for what they do not use.
    if asked.command == "sandbox":
        from bot import log
        from bot.sandbox.play import play

        log.configure("ERROR", "console")
        return await play(tour=asked.tour, port=asked.port, api=asked.api)
    from bot import log, settings

    wanted = settings.load()
    log.configure(wanted.log_level, wanted.log_format)
    if asked.command in ("doctor", "retry"):
        from bot import doctor

        return await (doctor.examine(wanted) if asked.command == "doctor" else doctor.retry(wanted, asked.id))
    if asked.command == "audit":
        from bot import audit

        return await audit.export(wanted, asked.since, as_json=asked.json)
    from bot.app import bridge
    from bot.run import run

    async with bridge(wanted) as built:
        web = asked.command == "serve"
        await run(built, web=web, worker=not web or not asked.no_worker)
    return 0


def script() -> None:
    """`bot`, as installed."""
    sys.exit(main())


if __name__ == "__main__":
    script()
