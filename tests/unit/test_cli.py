"""The command line as an operator meets it: processes, exit codes and sentences."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.feature import Console
from bot.features import KINDS
from bot.manifest import SCOPES
from bot.people.audit_store import AuditLog
from bot.queue.job import Asker
from bot.queue.lanes import Lanes
from bot.sandbox.slack.clock import PATIENCE
from bot.store import keys
from bot.store.connect import connect
from tests.clients import plain_http
from tests.servers import free_port
from tests.unit.conftest import Outside
from tests.unit.forks import BARE, ROOT, Ended, Forked, Run, Start

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "INBOX_API_TOKEN": "ibt_1"}


@asynccontextmanager
async def process(cwd: Path, env: dict[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot …`, in `cwd` and with only this environment; killed if it outlives the block."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=cwd,
        env=BARE | {"TMPDIR": str(cwd)} | env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.communicate()


async def terminated(running: asyncio.subprocess.Process | Forked) -> Ended:
    """Send SIGTERM and wait for the end."""
    running.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        out, err = await running.communicate()
    assert running.returncode is not None
    return Ended(running.returncode, out.decode(), err.decode())


async def until(so: Callable[[], Awaitable[Any]], within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not await so():  # noqa: ASYNC110  # another process tells no event
            await asyncio.sleep(0.03)


def one_sentence(ended: Ended) -> str:
    """What stands on stderr, which must be a sentence and nothing more."""
    (line,) = ended.err.splitlines()
    assert line.endswith(".")
    assert ended.out == ""
    return line


# --- usage and settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", GOOD)
async def test_serve_with_a_missing_setting_ends_at_once_with_a_sentence_that_names_it(
    bot: Run, tmp_path: Path, missing: str
) -> None:
    ended = await bot(tmp_path, {name: value for name, value in GOOD.items() if name != missing}, "serve")
    assert ended.code == 2
    assert one_sentence(ended).startswith(f"{missing} is not set")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serv"],
        ["serve", "--fast"],
        ["retry"],
        ["sandbox", "--port", "x"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--port", "-1", "--tour"],
    ],
)
async def test_bad_usage_is_exit_2(bot: Run, tmp_path: Path, arguments: list[str]) -> None:
    ended = await bot(tmp_path, GOOD, *arguments)
    assert ended.code == 2
    assert ended.err.startswith("usage: bot")


async def test_the_version_is_the_one_of_the_sources(bot: Run, tmp_path: Path) -> None:
    (said,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    ended = await bot(tmp_path, {}, "--version")
    assert (ended.code, ended.out, ended.err) == (0, f"bot {said}\n", "")


@pytest.mark.parametrize(
    "link", [None, "{}", "https://acme.slack.com/archives/{}?x=1", "https://app.slack.com/client/T1/{}"]
)
async def test_hello_posts_a_message_and_says_what_is_next(
    bot: Run, outside: Outside, tmp_path: Path, link: str | None
) -> None:
    channel = outside.acme.channel
    ended = await bot(tmp_path, outside.env, "hello", *([link.format(channel)] if link else []))
    (posted,) = outside.slack.messages(channel)
    assert "/inbox whoami" in outside.slack.show(posted)
    assert (ended.code, ended.err) == (0, "")
    assert "Posted in Acme: http" in ended.out
    assert "/inbox whoami" in ended.out


@pytest.mark.parametrize(
    ("changed", "channel", "code", "said"),
    [
        ({"NOTIFY_CHANNEL": ""}, [], 2, "NOTIFY_CHANNEL is not set"),
        ({}, ["#support"], 2, "#support is no channel's id"),
        ({}, ["C0NOBODYS"], 1, "copy the channel's id"),
        ({"SLACK_BOT_TOKEN": "xoxb-other"}, [], 2, "SLACK_BOT_TOKEN is wrong"),
    ],
)
async def test_hello_that_does_not_work_says_why(
    bot: Run, outside: Outside, tmp_path: Path, changed: dict[str, str], channel: list[str], code: int, said: str
) -> None:
    ended = await bot(tmp_path, outside.env | changed, "hello", *channel)
    assert ended.code == code
    assert said in one_sentence(ended)


async def test_the_steps_of_the_installation_work_in_their_order(
    bot: Run, start: Start, outside: Outside, tmp_path: Path
) -> None:
    text = (ROOT / "docs/install.md").read_text()
    order = list(dict.fromkeys(re.findall(r"python -m bot (manifest|serve|hello|doctor)", text)))
    assert order == ["manifest", "serve", "hello", "doctor"]
    assert (await bot(tmp_path, {}, "manifest", "--socket")).code == 0
    async with start(tmp_path, outside.env, "serve") as running:
        await until(outside.up)
        assert (await bot(tmp_path, outside.env, "hello")).code == 0
        ended = await bot(tmp_path, outside.env, "doctor")
        assert (ended.code, "FAILED" in ended.out) == (0, False), ended.out
        said = await terminated(running)
    assert '"event": "running"' in said.err


async def test_help_names_every_command(bot: Run, tmp_path: Path) -> None:
    ended = await bot(tmp_path, {}, "--help")
    assert (ended.code, ended.err) == (0, "")
    for command in ("serve", "worker", "sandbox", "doctor", "audit", "retry"):
        assert f"    {command} " in ended.out


@pytest.mark.parametrize(("url", "code"), [("nonsense", 2), ("unix:///nonexistent/valkey.sock", 1)])
async def test_a_redis_that_is_wrong_or_away_is_said_in_one_line(bot: Run, tmp_path: Path, url: str, code: int) -> None:
    ended = await bot(tmp_path, GOOD | {"REDIS_URL": url}, "worker")
    assert ended.code == code
    assert "Traceback" not in ended.err
    assert "REDIS_URL is wrong" in ended.err or "Cannot go on: ConnectionError" in ended.err


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "INBOX_API_TOKEN"])
async def test_a_token_that_is_nobodys_is_exit_2_and_leaves_no_valkey_behind(
    bot: Run, outside: Outside, tmp_path: Path, name: str
) -> None:
    env = outside.env | {name: "xoxb-other", "REDIS_URL": "", "BOT_DATA_DIR": str(tmp_path / "data")}
    try:
        ended = await bot(tmp_path, env, "serve")
        assert ended.code == 2
        assert f"{name} is wrong" in ended.err
        assert "Traceback" not in ended.err
        assert "xoxb-other" not in ended.err
        assert not _living(tmp_path / "data" / "valkey.sock")
    finally:
        await _end(tmp_path / "data" / "valkey.sock")


def _living(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


async def _end(path: Path) -> None:
    if _living(path):
        client = connect(f"unix://{path}")
        await client.shutdown(nosave=True)
        await client.aclose()


# --- the sandbox ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_the_tour_plays_to_its_end_without_any_setting_and_leaves_nothing(
    bot: Run, tmp_path: Path, api: str
) -> None:
    ended = await bot(tmp_path, {}, "sandbox", "--tour", "--api", api)
    assert (ended.code, ended.err) == (0, "")
    for step in ("1. Sarah writes", "2. Ana presses", "3. Ana answers", "4. Ana presses", "5. Sarah writes again"):
        assert step in ended.out
    for seen in ("Assigned to Ana", "Archived by Ana", "Tom & Jerry say <3 until Friday 🎉", f"Inbox (API {api})"):
        assert seen in ended.out
    assert os.listdir(tmp_path) == []


async def test_the_sandbox_serves_its_page_until_control_c(tmp_path: Path) -> None:
    port = str(free_port())
    async with process(tmp_path, {}, "sandbox", "--port", port) as running:
        assert running.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert f"Open http://127.0.0.1:{port} in".encode() in await running.stdout.readline()
        async with asyncio.timeout(60), plain_http() as client:
            page = await client.get(f"http://127.0.0.1:{port}/")
            assert (page.status_code, "<title>Inbox bridge sandbox</title>" in page.text) == (200, True)
            assert running.returncode is None
            running.send_signal(signal.SIGINT)
            await running.communicate()
        assert running.returncode == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("how", [[], ["--tour"]])
async def test_a_port_of_the_sandbox_that_is_taken_is_said_plainly(bot: Run, tmp_path: Path, how: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await bot(tmp_path, {}, "sandbox", *how, "--port", port)
    assert ended.code == 2
    assert one_sentence(ended).startswith(f"--port {port} cannot be used")
    assert os.listdir(tmp_path) == []


# --- serve and worker -------------------------------------------------------------------------------------------------


async def test_serve_answers_works_and_ends_on_sigterm(outside: Outside, tmp_path: Path) -> None:
    async with process(tmp_path, outside.env, "serve") as running:
        await until(outside.up)
        assert await outside.answers("/readyz") == 200
        assert await outside.answers("/metrics") == 200
        await outside.inbox.customer_writes(outside.acme.sarah, "Hi!")
        await outside.slack.until(lambda: outside.slack.messages(outside.acme.channel))
        ended = await terminated(running)
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert not await outside.up()
    assert not [one for one in (outside.slack.bot_token, outside.inbox.token, "Hi!") if one in ended.err]


async def test_web_accepts_and_a_worker_elsewhere_works(start: Start, outside: Outside, tmp_path: Path) -> None:
    redis: Any = connect(outside.env["REDIS_URL"])
    async with start(tmp_path, outside.env, "serve", "--no-worker") as web:
        await until(outside.up)
        await outside.inbox.customer_writes(outside.acme.sarah, "Hi!")

        async def accepted() -> bool:
            return bool(await redis.xlen(keys.BACKGROUND))

        await until(accepted)
        assert outside.slack.messages(outside.acme.channel) == []
        async with start(tmp_path, outside.env, "worker") as worker:
            await outside.slack.until(
                lambda: outside.slack.messages(outside.acme.channel), 30.0
            )  # a process starts first
            ended = await terminated(worker)
            assert ended.code == 0
        assert (await terminated(web)).code == 0
    await redis.aclose()


async def test_sigterm_with_work_in_hand_leaves_the_work_to_others(
    start: Start, outside: Outside, tmp_path: Path
) -> None:
    outside.inbox.fail("* /v2/*lookup*", delay=30.0, times=None)
    outside.inbox.fail("* /v2/account*", delay=30.0, times=None)
    redis: Any = connect(outside.env["REDIS_URL"])
    lanes = Lanes(redis, "heir", KINDS, claim_idle=60.0)
    async with start(tmp_path, outside.env, "serve") as running:
        await until(outside.up)
        await outside.slack.command(outside.acme.ana, outside.acme.channel, "/dm", "@sarah hello")

        async def in_hand() -> bool:
            return bool((await redis.xpending(keys.PEOPLE, "workers"))["pending"])

        await until(in_hand)
        ended = await terminated(running)
    assert ended.code == 0
    (ticket,) = await lanes.take(keys.PEOPLE, 10, block=0.01)  # at once, not after the claim idle time
    job = await lanes.head(ticket)
    assert job is not None
    assert (job.kind, job.tries) == ("dm", 1)  # how far it came is not known
    await redis.aclose()


async def test_a_port_that_is_taken_is_said_plainly(bot: Run, outside: Outside, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", int(outside.env["PORT"]))):
        ended = await bot(tmp_path, outside.env, "serve")
        worker = await bot(tmp_path, outside.env | {"METRICS_PORT": outside.env["PORT"]}, "worker")
    assert (ended.code, worker.code) == (2, 2)
    assert f"\nPORT {outside.env['PORT']} on HOST" in f"\n{ended.err}"
    assert f"\nMETRICS_PORT {outside.env['PORT']} on HOST" in f"\n{worker.err}"
    assert "Traceback" not in ended.err + worker.err


# --- doctor and retry -------------------------------------------------------------------------------------------------


async def test_doctor_shows_one_line_for_each_thing_and_the_remedy_below(
    bot: Run, outside: Outside, tmp_path: Path
) -> None:
    outside.inbox.set_account_status(outside.acme.account, "offline")
    ended = await bot(tmp_path, outside.env, "doctor")
    assert ended.code == 1
    lines = ended.out.splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("FAILED   accounts")]
    assert "→ In Inbox → Settings → Accounts, reconnect @acme" in lines[number + 1]
    assert "ok       settings" in ended.out
    assert not [one for one in (outside.slack.bot_token, outside.inbox.token) if one in ended.out + ended.err]
    assert "Traceback" not in ended.err


async def test_manifest_is_ready_to_paste(bot: Run, tmp_path: Path) -> None:
    printed = await bot(tmp_path, {}, "manifest", "--url", "https://bot.example.com")
    assert printed.code == 0
    assert printed.out.count("https://bot.example.com/slack/events") == 5
    socket_mode = await bot(tmp_path, {}, "manifest", "--socket")
    assert json.loads(socket_mode.out)["settings"]["socket_mode_enabled"]
    assert "slack/events" not in socket_mode.out
    assert (await bot(tmp_path, {}, "manifest", "--url", "bot.example.com")).code == 2
    assert (await bot(tmp_path, {}, "manifest", "--socket", "--url", "https://bot.example.com")).code == 2


@pytest.mark.parametrize("unknown", ["1-1", "7f3a9c", "no-such-id", "-"])
async def test_retry_of_an_unknown_id_says_so(bot: Run, outside: Outside, tmp_path: Path, unknown: str) -> None:
    ended = await bot(tmp_path, outside.env, "retry", unknown)
    assert ended.code == 1
    assert f"There is no dead letter {unknown}" in ended.out


async def test_doctor_lists_a_dead_letter_and_retry_tries_it_again(bot: Run, outside: Outside, tmp_path: Path) -> None:
    redis: Any = connect(outside.env["REDIS_URL"])
    lanes = Lanes(redis, "test", KINDS)
    await lanes.open()
    job = Console(words="whoami", asker=Asker(user=outside.acme.ana))
    await lanes.accept(job)
    (ticket,) = await lanes.take(keys.PEOPLE, 1, block=0.01)
    await lanes.bury(ticket, "RuntimeError")
    (letter,) = await lanes.dead_letters()

    examined = await bot(tmp_path, outside.env, "doctor")
    assert examined.code == 1
    assert f"{letter.id}  console {job.ref}  RuntimeError" in examined.out

    tried = await bot(tmp_path, outside.env, "retry", letter.id)
    assert tried.code == 0
    assert await lanes.dead_letters() == []
    again = await lanes.head((await lanes.take(keys.PEOPLE, 1, block=0.01))[0])
    assert again is not None
    assert again.ref == job.ref
    await redis.aclose()


async def test_audit_exports_who_did_what_since_when(bot: Run, outside: Outside, tmp_path: Path) -> None:
    redis: Any = connect(outside.env["REDIS_URL"])
    old = int((time.time() - 8 * 86_400) * 1000)
    await redis.xadd(keys.AUDIT, {"user": "U0", "what": "archive", "outcome": "done", "ref": "000001"}, f"{old}-1")
    await AuditLog(redis).note(Asker(user="U1", channel="C1"), "archive", "t1", "done", "7f3a9c", "m1")
    await redis.aclose()

    exported = await bot(tmp_path, outside.env, "audit", "--since", "7d", "--json")
    assert exported.code == 0
    (entry,) = [json.loads(line) for line in exported.out.splitlines()]
    at = entry.pop("at")
    assert at.startswith("20")
    assert at.endswith("Z")
    done = {"user": "U1", "member": "m1", "channel": "C1", "what": "archive", "about": "t1", "outcome": "done"}
    assert entry == done | {"ref": "7f3a9c"}

    everything = await bot(tmp_path, outside.env, "audit", "--since", "2w")
    assert [line.split()[-1] for line in everything.out.splitlines()] == ["000001", "7f3a9c"]


async def test_saved_replies_go_out_and_come_back_as_they_were(bot: Run, outside: Outside, tmp_path: Path) -> None:
    file, copy = tmp_path / "replies.json", tmp_path / "copy.json"
    file.write_text('{"snippets": [{"name": "Größe", "text": "M"}, {"name": "Mine", "text": "x", "owner": "U0ANA"}]}')
    taken = await bot(tmp_path, outside.env, "snippets", "--import", str(file))
    assert (taken.code, taken.out) == (0, "2 added, 0 changed, 0 as they were.\n")
    exported = await bot(tmp_path, outside.env, "snippets", "--export", str(copy))
    assert (exported.code, exported.out) == (0, "")
    assert copy.stat().st_mode & 0o077 == 0  # nobody else reads it
    assert json.loads(copy.read_text()) == json.loads(file.read_text())
    file.write_text('{"snippets": [{"name": "größe", "text": "L"}, {"name": "Mine", "text": "x", "owner": "U0ANA"}]}')
    again = await bot(tmp_path, outside.env, "snippets", "--import", str(file))
    assert again.out == "0 added, 1 changed, 1 as they were.\n"


async def test_saved_replies_that_are_wrong_are_named_and_none_is_taken(
    bot: Run, outside: Outside, tmp_path: Path
) -> None:
    file = tmp_path / "replies.json"
    file.write_text('{"snippets": [{"name": "Good", "text": "x"}, {"name": "Bad", "text": "Hi {frist_name}"}]}')
    ended = await bot(tmp_path, outside.env, "snippets", "--import", str(file))
    assert ended.code == 2
    assert one_sentence(ended) == f"--import {file} is wrong in number 2 (Bad): there is no {{frist_name}}."
    exported = await bot(tmp_path, outside.env, "snippets", "--export", "-")
    assert json.loads(exported.out) == {"snippets": []}


async def test_audit_says_what_it_cannot_read(bot: Run, outside: Outside, tmp_path: Path) -> None:
    ended = await bot(tmp_path, outside.env, "audit", "--since", "yesterday")
    assert ended.code == 2
    assert "--since yesterday is wrong" in ended.err


# --- from nothing, with three tokens ----------------------------------------------------------------------------------


async def test_three_tokens_are_enough_for_a_bot_that_works(start: Start, outside: Outside, tmp_path: Path) -> None:
    """No signing secret, no webhook, no channel, no Redis, no public address."""
    slack, inbox, people = outside.slack, outside.inbox, outside.acme
    slack.socket_mode, slack.scopes = True, set(SCOPES)
    slack.events_url = inbox.webhook_url = "http://127.0.0.1:9/nobody"
    inbox.add_thread(people.account, people.sarah)
    env = {name: outside.env[name] for name in ("SLACK_BOT_TOKEN", "INBOX_API_TOKEN")}
    env["SLACK_APP_TOKEN"] = slack.app_token
    env |= {name: outside.env[name] for name in ("SLACK_API_BASE_URL", "INBOX_API_BASE_URL", "PORT")}  # the sandbox's

    async with start(tmp_path, env, "serve") as running:
        await slack.until(lambda: len(slack.sockets.connections) == 2)
        assert (await slack.command(people.ana, people.channel, text="@sarah Hello")).ok
        await slack.until(lambda: "Sent to Sarah Chen" in "".join(map(slack.show, slack.ephemerals(people.ana))))
        assert [message.text for message in inbox.sent()] == ["Hello"]
        await slack.open_home(people.ana)
        home = await slack.until(lambda: slack.home(people.ana))
        assert home is not None
        assert "NOTIFY_CHANNEL" in slack.show(home)
        await inbox.customer_writes(people.sarah, "Hi!")  # nowhere to show it
        await asyncio.sleep(4.0)
        ended = await terminated(running)
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert slack.messages(people.channel) == []

    async with start(tmp_path, env | {"NOTIFY_CHANNEL": people.channel}, "serve") as running:
        await slack.until(lambda: len(slack.sockets.connections) == 2)
        await inbox.customer_writes(people.sarah, "Hi again!")
        await slack.until(lambda: "Hi again!" in "".join(map(slack.show, slack.messages(people.channel))))
        assert (await terminated(running)).code == 0


async def test_an_ack_under_way_survives_sigterm_in_socket_mode(start: Start, outside: Outside, tmp_path: Path) -> None:
    slack, people = outside.slack, outside.acme
    slack.socket_mode = True
    talk = slack.say(people.bo, people.channel, "Lunch?")
    async with start(tmp_path, outside.env | {"SLACK_APP_TOKEN": slack.app_token}, "serve") as running:
        await slack.until(lambda: len(slack.sockets.connections) == 2)
        slack.fail("views.open", delay=0.7)
        asked = asyncio.create_task(slack.shortcut(people.ana, talk.channel, talk.ts, "send_as_dm"))
        await slack.until(lambda: not slack._faults)  # the call has come, and takes its time
        ended = await terminated(running)
    assert (await asked).ok
    assert ended.code == 0
    assert "Traceback" not in ended.err


async def test_an_app_token_that_slack_refuses_is_exit_2(bot: Run, outside: Outside, tmp_path: Path) -> None:
    outside.slack.socket_mode = True
    ended = await bot(tmp_path, outside.env | {"SLACK_APP_TOKEN": "xapp-other"}, "serve")
    assert ended.code == 2
    assert "SLACK_APP_TOKEN is wrong" in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
