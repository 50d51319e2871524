"""The command line. Exit codes: 0 good, 2 bad usage or settings (one sentence says which), 1 otherwise."""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from bot.errors import BotError, SettingsError
from bot.manifest import PLACEHOLDER, as_json
from bot.version import version

if TYPE_CHECKING:
    from bot.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = parser().parse_args(arguments)
    try:
        return _run(_command(asked))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except BotError as error:
        print(f"Cannot go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


def _run(command: Coroutine[Any, Any, int]) -> int:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.run(command)
    return uvloop.run(command)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot", description="Slack and Inbox, bridged.")
    parser.add_argument("--version", action="version", version=f"bot {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    serve = commands.add_parser("serve", help="answer Slack and Inbox, and work (HTTP, or Socket Mode)")
    serve.add_argument("--no-worker", action="store_true", help="leave the work to `bot worker` processes")
    commands.add_parser("worker", help="work only")
    sandbox = commands.add_parser("sandbox", help="try everything against a local Slack and Inbox, without accounts")
    sandbox.add_argument("--tour", action="store_true", help="play one conversation, print it, and end")
    sandbox.add_argument("--port", type=_port, default=0, help="where the page is, or the local Slack of a tour")
    sandbox.add_argument(
        "--api", choices=("v1", "v2"), default="v2", help="which Inbox API version the local Inbox has"
    )
    audit = commands.add_parser("audit", help="who did what")
    audit.add_argument("--since", default="7d", help="12h, 7d, or a date such as 2026-11-22")
    audit.add_argument("--json", action="store_true", help="one JSON object in a line")
    doctor = commands.add_parser("doctor", help="what is wrong, and what to do about it")
    doctor.add_argument("--json", action="store_true", help="for programs")
    hello = commands.add_parser("hello", help="post a test message, to see that cards can appear in a channel")
    hello.add_argument("channel", nargs="?", help="its id or link; else that of NOTIFY_CHANNEL")
    manifest = commands.add_parser("manifest", help="print the Slack app's manifest, ready to paste")
    how = manifest.add_mutually_exclusive_group()
    how.add_argument("--url", type=_address, default=PLACEHOLDER, help="the bot's public address, https://…")
    how.add_argument("--socket", action="store_true", help="for Socket Mode, which needs no address")
    snippets = commands.add_parser("snippets", help="the saved replies, as JSON")
    way = snippets.add_mutually_exclusive_group(required=True)
    way.add_argument("--export", metavar="FILE", help="write all of them; - is standard output")
    way.add_argument("--import", metavar="FILE", dest="take", help="add those of a file, change those so called")
    commands.add_parser("show", help="the rules, links and settings that were made in Slack")
    export = commands.add_parser("export", help="write all that the bot keeps to a file")
    export.add_argument("file", metavar="FILE", help="JSON lines; - is standard output")
    take = commands.add_parser("import", help="put such a file into an empty Redis")
    take.add_argument("file", metavar="FILE", help="what `bot export` wrote; - is standard input")
    take.add_argument("--replace", action="store_true", help="throw away what is there")
    forget = commands.add_parser("forget", help="take a person outside the team, or a colleague, out of what is kept")
    whom = forget.add_mutually_exclusive_group(required=True)
    whom.add_argument("person", nargs="?", help="@handle, the address of a profile, or an id")
    whom.add_argument("--colleague", metavar="ID", help="a colleague who left: their member ID in Slack")
    retry = commands.add_parser("retry", help="try a dead letter again")
    retry.add_argument("id", help="its id, as `bot doctor` shows it")
    return parser


def _address(value: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s?#]*)?", value):
        raise argparse.ArgumentTypeError(f"{value} is no public address: it must look like https://bot.example.com")
    return value


def _port(value: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", value) or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is no port: it must be a number from 0 to 65535")
    return int(value)


async def _command(asked: argparse.Namespace) -> int:
    # Imported here: the other commands need not wait for what they do not use.
    if asked.command in ("serve", "worker"):
        return await _work(web=asked.command == "serve", worker=asked.command == "worker" or not asked.no_worker)
    if asked.command == "sandbox":
        from bot import log
        from bot.sandbox.play import play

        log.configure("ERROR", "console")
        return await play(tour=asked.tour, port=asked.port, api=asked.api)
    if asked.command == "manifest":
        url = None if asked.socket else asked.url
        print(as_json(url), end="")
        return 0
    from bot import log, settings

    if asked.command == "doctor":
        from bot.operate import doctor

        log.configure("ERROR", "console")
        return await doctor.examine(as_json=asked.json)
    wanted = settings.load()
    log.configure(wanted.log_level, wanted.log_format)
    return await _operate(asked, wanted)


async def _operate(asked: argparse.Namespace, wanted: Settings) -> int:
    """What looks into, or changes, what the bot keeps."""
    match asked.command:
        case "retry":
            from bot.operate import doctor

            return await doctor.retry(wanted, asked.id)
        case "hello":
            from bot.operate.hello import hello

            return await hello(wanted, asked.channel)
        case "snippets":
            from bot.operate import snippets

            return await snippets.run(wanted, export_to=asked.export, import_from=asked.take)
        case "show":
            from bot.operate.show import show

            return await show(wanted)
        case "forget":
            from bot.operate.forget import forget, forget_colleague

            if asked.colleague is not None:
                return await forget_colleague(wanted, asked.colleague)
            return await forget(wanted, asked.person)
        case "export" | "import":
            from bot.operate import backup

            if asked.command == "export":
                return await backup.export(wanted, asked.file)
            return await backup.take(wanted, asked.file, replace=asked.replace)
    from bot.operate import audit

    return await audit.export(wanted, asked.since, as_json=asked.json)


async def _work(*, web: bool, worker: bool) -> int:
    async with AsyncExitStack() as stack:
        with _nothing_collected():
            import structlog

            from bot import log, settings, telemetry
            from bot.store import embedded

            wanted = settings.load()
            log.configure(wanted.log_level, wanted.log_format)
            structlog.get_logger(__name__).info("starting", version=version(), web=web, worker=worker)
            telemetry.start(wanted)
            stack.callback(telemetry.stop)
            # The embedded Valkey starts while the rest is imported.
            valkey = None if wanted.redis_url else embedded.begin(wanted.bot_data_dir, wanted.bot_data_sync)

            from bot.app import bridge
            from bot.run import run

            built = await stack.enter_async_context(bridge(wanted, valkey=valkey))
        await run(built, web=web, worker=worker)
    return 0


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """The garbage collector would go through what is imported over and over, meanwhile and later: 15 % of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def script() -> None:
    """`bot`, as installed."""
    sys.exit(main())


if __name__ == "__main__":
    script()
