"""How much of a message a channel shows: all of it, its beginning, or nothing at all, anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.cards.jobs import Missed
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import cards, form, hears, idle, labels, shows, thread
from tests.e2e.test_reminders import Day

SECRET = "Between us: my card number is 4111"
FILE = [{"kind": "card", "url": "https://files.example/Secret-4111", "title": "Secret 4111"}]


def visible(on: Stage) -> str:
    """Whatever was ever sent to a channel, edits and what never shows included; direct messages are no channel."""
    public = [call.args for call in on.slack.calls if call.method in ("chat.postMessage", "chat.update")]
    return json.dumps([one for one in public if str(one.get("channel", "")).startswith(("C", "G"))])


async def sets(on: Stage, privacy: str, channel: str | None = None, **more: Any) -> None:
    """Ana sets how much the channel shows."""
    where = channel or on.acme.channel
    assert (await on.slack.command(on.acme.ana, where, command="/inbox", text="settings")).ok
    await form(on, on.acme.ana, "Messages show")
    assert (await on.slack.submit(on.acme.ana, values={"privacy": privacy, **more})).ok
    await idle(on)


async def write(on: Stage, said: str = SECRET, **more: Any) -> None:
    await on.inbox.customer_writes(on.acme.sarah, said, **more)
    await idle(on)


async def test_nothing_that_anybody_writes_reaches_a_channel_that_wants_no_texts(on: Stage, redis_url: str) -> None:
    other = on.slack.add_channel("other")
    for channel in (on.acme.channel, other):
        await sets(on, "none", channel, digest="9:00", days=[str(one) for one in range(7)])
    await write(on, attachments=FILE)
    await write(on, f"{SECRET}, really", attachments=FILE)
    (card,) = cards(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(card))
    await write(on, f"{SECRET}!")
    on.inbox.auto_deliver = False
    await write(on, f"{SECRET}, while you were away")
    since = datetime.now(UTC) - timedelta(minutes=1)
    await on.bridge.lanes.accept(Missed(channel=on.acme.channel, thread_id=thread(on).id, since=since))
    await idle(on)
    on.inbox.auto_deliver = True
    with Redis.from_url(redis_url) as redis:
        await Day(on, redis).passes(5)
        redis.zadd(keys.MORNINGS, {on.acme.channel: datetime.now(UTC).timestamp() - 1})
        await Day(on, redis).rings()
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=f"route add all to:<#{other}|other>")
    await idle(on)
    await write(on, f"{SECRET}, and moved")
    await on.slack.command(on.acme.ana, other, text=f"@sarah {SECRET}, says Ana")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    (there,) = on.slack.messages(other)
    await on.slack.press(on.acme.ana, other, there.ts, "Reply")
    view = await form(on, on.acme.ana, "Your reply")
    assert (await on.slack.submit(on.acme.ana, view["id"], {"text": f"{SECRET}, says Ana from the card"})).ok
    await on.slack.until(lambda: any("✅" in one.text for one in on.slack.replies(other, there.ts)))
    await on.inbox.edits(thread(on).messages[-1].id, f"{SECRET}, edited")
    await idle(on)
    said = visible(on)
    for part in ("4111", "Between us", "files.example"):
        assert part not in said
    assert said.count("New message, open in Inbox.") >= 5
    for part in ("⏰", "☀️", "while I was away", "➡️"):
        assert json.dumps(part)[1:-1] in said  # all of it was there
    assert "Sarah Chen (@sarah)" in shows(on, card) or "Sarah Chen" in card.text


async def test_a_shared_channel_learns_nothing_from_reminders_digests_and_moves(
    opened: Open, api: str, redis_url: str
) -> None:
    shared = acme(SandboxSlack(), SandboxInbox()).shared  # ids are given out in a fixed order
    on = await opened(versions=[api], notify_channel=shared)
    await sets(on, "full", shared, digest="9:00", days=[str(one) for one in range(7)])
    await write(on)
    with Redis.from_url(redis_url) as redis:
        await Day(on, redis).passes(5)
        redis.zadd(keys.MORNINGS, {shared: datetime.now(UTC).timestamp() - 1})
        await Day(on, redis).rings()
    rule = f"route add all to:<#{on.acme.channel}|support>"
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=rule)
    await idle(on)
    await write(on, "Hello, team")
    (card,) = cards(on)
    assert "Hello, team" in shows(on, card)
    public = [call.args for call in on.slack.calls if call.args.get("channel") == shared]
    said = json.dumps(public, ensure_ascii=False)
    for part in ("⏰", "☀️", "➡️"):
        assert part in said
    for internal in ("Sarah", "sarah", "4111", "Hello, team", on.acme.channel, card.ts):
        assert internal not in said


async def test_a_channel_may_show_the_beginning_alone(on: Stage) -> None:
    await sets(on, "preview")
    await write(on, "Hello there, " + "I would like to know more about it. " * 3 + SECRET, attachments=FILE)
    await write(on, "Second one\n\n" + "and so on and so forth " * 5 + SECRET)
    (card,) = cards(on)
    (reply,) = on.slack.replies(card.channel, card.ts)
    assert "Second one and so on" in shows(on, card)
    assert "Second one and so on" in on.slack.show(reply)
    assert "Hello there" in visible(on)
    assert "4111" not in visible(on)


async def test_a_channel_shows_everything_unless_it_wants_less_and_the_next_message_follows(on: Stage) -> None:
    await write(on, "A" * 300)
    assert "A" * 300 in shows(on, cards(on)[0])
    await sets(on, "none")
    await write(on, "B" * 300)
    assert "New message, open in Inbox." in shows(on, cards(on)[0])
    await sets(on, "full")
    await write(on, "C" * 300)
    assert "C" * 300 in shows(on, cards(on)[0])


@pytest.mark.parametrize("privacy", ["preview", "none"])
async def test_the_buttons_and_the_person_stay(on: Stage, privacy: str) -> None:
    await sets(on, privacy)
    await write(on)
    (card,) = cards(on)
    assert {"Assign to me", "Archive"} <= set(labels(card))
    assert "Open conversation]" in shows(on, card)
    assert "Sarah Chen (@sarah) via @acme" in shows(on, card)
