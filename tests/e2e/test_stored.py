"""A bot that starts on what an earlier one left in Redis goes on where that one ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.channels.store import Preferences
from bot.sandbox.slack.records import BOT_USER, Message
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, bot_on, scene
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import QUICK
from tests.e2e.steps import hears, idle, shows, thread, told
from tests.stored import renew, restore, stored_redis


@dataclass
class Again:
    """The stage, the cards that are in Slack from before, and the channel of the stored rule."""

    on: Stage
    sarahs: Message
    omars: Message
    vip: str


def still_there(slack: SandboxSlack, channel: str, ts: str) -> Message:
    """A card that an earlier bot posted."""
    card = Message(ts, channel, BOT_USER, "as it was")
    slack.posts.setdefault(channel, {})[ts] = card
    return card


@pytest.fixture
async def again(redis_url: str, scopes: frozenset[str], optional_scopes: frozenset[str]) -> AsyncIterator[Again]:
    """The bot on the Redis of a team that has worked before, in a Slack and an Inbox that know the same ids."""
    async with scene(versions=["v2"]) as world:
        acme, slack, inbox = world.acme, world.slack, world.inbox
        slack.scopes = set(scopes | optional_scopes)
        vip = slack.add_channel("vip")
        acme.omar.tag_ids = [inbox.add_tag("VIP")]
        names = {name: getattr(acme, name) for name in ("channel", "shared", "ana", "bo", "kim", "guest", "account")}
        names |= {"ana_member": acme.ana_member, "bo_member": acme.bo_member, "other": vip}
        names["sarah"] = inbox.add_thread(acme.account, acme.sarah, assignee_id=acme.bo_member)
        names["omar"] = inbox.add_thread(acme.account, acme.omar)
        facts, kept = stored_redis(names)
        client = connect(redis_url)
        await restore(client, kept)
        await renew(client, keys.AUDIT, keys.DEAD)
        await client.set(keys.CURSOR, 0)  # this Inbox counts its events from 1
        await client.set(keys.READ_AT, datetime.now(UTC).isoformat())
        await client.delete(keys.PENDING, keys.PENDING_EVENTS, keys.GAP, keys.quota("inbox-low"))
        await client.aclose()
        sarahs = still_there(slack, acme.channel, facts["card"])
        omars = still_there(slack, vip, facts["omar_card"])
        async with bot_on(world, timing=QUICK, redis_url=redis_url) as on:
            yield Again(on, sarahs, omars, vip)
        assert inbox.violations == []


async def test_what_was_under_way_is_done(again: Again) -> None:
    """Two sentences to Ana, held by a worker that died; a card to draw, which waited; a conversation to look at."""
    on = again.on
    await on.slack.until(lambda: [one for one in told(on, on.acme.ana) if "Second" in one])
    await idle(on)
    words = [one for one in told(on, on.acme.ana) if "First" in one or "Second" in one]
    assert ["First" in one for one in words] == [True, False]
    assert "Sarah Chen" in shows(on, again.sarahs)
    assert "Answered by Bo" in shows(on, again.sarahs)
    assert "Omar Khan" in shows(on, again.omars)
    (letter,) = await on.bridge.lanes.dead_letters()
    assert letter.job is not None
    assert letter.job.ref == "ccccc1"


async def test_the_card_goes_on_as_the_conversations_one_card(again: Again, redis_url: str) -> None:
    on = again.on
    await idle(on)
    client = connect(redis_url)  # at night, by Bo's stored quiet hours, the word to him would wait
    await Preferences(client).set_person(on.acme.bo, quiet=None)
    await Preferences(client).set_person(on.acme.ana, quiet=None)
    await client.aclose()
    known = len(on.slack.messages(on.acme.channel))
    await on.inbox.customer_writes(on.acme.sarah, "Are you there?")
    await on.slack.until(lambda: "Are you there?" in shows(on, again.sarahs))
    await on.slack.press(on.acme.ana, again.sarahs.channel, again.sarahs.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, again.sarahs))
    await idle(on)
    assert thread(on).archived
    assert len(on.slack.messages(on.acme.channel)) == known


async def test_links_that_were_given_and_guests_who_were_let_in_act(again: Again) -> None:
    on = again.on
    on.inbox.add_member("Gus", "gus@elsewhere.example")
    await idle(on)
    await on.slack.press(on.acme.kim, again.sarahs.channel, again.sarahs.ts, "Unassign")  # Kim acts as Bo
    await on.slack.until(lambda: "Unassigned" in shows(on, again.sarahs))
    await on.slack.press(on.acme.guest, again.sarahs.channel, again.sarahs.ts, "Archive")
    await on.slack.until(lambda: "Archived by Gus" in shows(on, again.sarahs))


async def test_the_channels_prefix_still_sends(again: Again) -> None:
    on = again.on
    await idle(on)
    await on.slack.write(on.acme.bo, again.sarahs.channel, "&gt;&gt; As before", again.sarahs.ts)
    await on.slack.until(lambda: [one.text for one in on.inbox.sent()] == ["As before"])


async def test_the_rule_and_the_pin_still_decide(again: Again) -> None:
    on = again.on
    await idle(on)
    await on.slack.command(on.acme.ana, again.vip, "/inbox", "route list")
    await hears(on, on.acme.ana, "tag: *VIP*")
    await on.inbox.customer_writes(on.acme.omar, "To the same place")
    await on.slack.until(lambda: "came" in shows(on, again.omars) or "To the same place" in shows(on, again.omars))
    await idle(on)
    seen = on.slack.messages(again.vip)
    assert [one.ts for one in seen if not one.broadcast] == [again.omars.ts]


async def test_what_was_sent_and_who_did_what_is_still_known(again: Again) -> None:
    on = again.on
    await idle(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    assert "replies on" in await hears(on, on.acme.ana, "assign_to_me")
