"""`bot sandbox --tour`: one conversation, from the first message to the second, told as it happens."""

from __future__ import annotations

import textwrap
import time

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage


async def guided(on: Stage) -> int:
    """0 when all of it happened, 1 when not."""
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
