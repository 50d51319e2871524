"""`bot sandbox`: a tour of one conversation, or a place to play, with nothing but this machine."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import textwrap
import time
from contextlib import AsyncExitStack

from bot.errors import SettingsError
from bot.sandbox.page.app import Page, opened
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage, stage


async def play(*, tour: bool, port: int, api: str) -> int:
    """Run the tour (0 when all of it happened, 1 when not), or stay up until Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a pipe should show each step when it happens
    if tour:
        async with stage(versions=[api], port=port) as on:
            return await _tour(on)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        try:
            page = await stack.enter_async_context(opened(port=port, version=api))
        except OSError as error:
            raise SettingsError(f"--port {port} cannot be used ({error}): choose another.") from error
        _explain(page)
        await stopping.wait()
    return 0


async def _tour(on: Stage) -> int:
    began = time.monotonic()
    version = on.bridge.inbox.version
    print(f"A local Slack, a local Inbox (API {version}) and the real bot between them. No account is needed.\n")
    try:
        await _conversation(on)
    except AssertionError as error:
        print(f"\nThe tour stopped here: {error}")
        return 1
    if on.inbox.violations:
        print("\nThe bot broke Inbox's contract: " + "; ".join(on.inbox.violations))
        return 1
    print(f"\nThat was all of it, in {time.monotonic() - began:.1f} s. Inbox was asked:")
    print(textwrap.indent("\n".join(str(call) for call in on.inbox.calls), "    "))
    return 0


async def _conversation(on: Stage) -> None:
    slack, inbox, acme = on.slack, on.inbox, on.acme

    def card() -> Message:
        return slack.messages(acme.channel)[0]

    _step(1, "Sarah writes to @acme on X. Inbox calls the bot, and a card appears in #support.")
    await inbox.customer_writes(acme.sarah, "Hi! Is the trial still open? *Asking* for <!channel> & a friend")
    await slack.until(lambda: slack.messages(acme.channel))
    _shows(on, card())
    thread_id = inbox.world.thread_between(acme.account, acme.sarah).id  # type: ignore[union-attr]  # she just wrote

    _step(2, "Ana presses “Assign to me”. Inbox confirms, and the card says so.")
    await slack.press(acme.ana, acme.channel, card().ts, "Assign to me")
    await slack.until(lambda: "Assigned to Ana" in slack.show(card()))
    _shows(on, card())
    _inbox(f"assignee is {inbox.thread(thread_id).assignee_id} (Ana)")

    _step(3, "Ana answers with /dm. She alone sees the receipt.")
    await slack.command(acme.ana, acme.channel, "/dm", "@sarah Tom & Jerry say <3 until Friday :tada:")
    await slack.until(lambda: slack.ephemerals(acme.ana))
    _shows(on, slack.ephemerals(acme.ana)[-1].blocks, "Ana alone sees")
    _inbox(f"Sarah reads: {inbox.sent()[-1].text}")

    _step(4, "Ana presses “Archive”.")
    await slack.press(acme.ana, acme.channel, card().ts, "Archive")
    await slack.until(lambda: "Archived by Ana" in slack.show(card()))
    _shows(on, card())
    _inbox(f"archived: {inbox.thread(thread_id).archived}")

    _step(5, "Sarah writes again: Inbox reopens the conversation, and so does its card.")
    await inbox.customer_writes(thread_id, "Great, I'll sign up now.")
    await slack.until(lambda: slack.replies(acme.channel, card().ts))
    await slack.until(lambda: "Archived" not in slack.show(card()) and "sign up" in slack.show(card()))
    _shows(on, card())
    _shows(on, slack.replies(acme.channel, card().ts)[-1], "In the card's thread")
    _inbox(f"archived: {inbox.thread(thread_id).archived}")


def _step(number: int, words: str) -> None:
    print(f"{number}. {words}")


def _shows(on: Stage, thing: Message | list[dict[str, object]], where: str = "Slack, #support") -> None:
    print(f"    {where}:")
    print(textwrap.indent(on.slack.show(thing), "    │ ") + "\n")


def _inbox(words: str) -> None:
    print(f"    Inbox: {words}\n")


def _explain(page: Page) -> None:
    on, inbox = page.theatre.scene, page.theatre.scene.inbox
    slack, api = f"{on.slack.base_url}/api", f"{on.inbox_url}/api/{page.theatre.version}"
    print(
        textwrap.dedent(f"""\
        Open {page.url} in your browser: Slack, Inbox and the real bot between them, on this machine alone.

        For developers, with the tokens that the bot has:
          curl -s -H 'Authorization: Bearer {on.slack.bot_token}' '{slack}/users.list'
          curl -s -H 'Authorization: Bearer {inbox.token}' '{api}/threads'
        Ctrl-C ends everything.""")
    )
