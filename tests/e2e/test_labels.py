"""A tag or a status that is renamed or deleted in Inbox is so wherever Slack shows it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis import Redis

from bot.events.types import wanted
from bot.inbox.event import Event
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.rules import write
from tests.e2e.steps import calls, card_of, idle, shows
from tests.e2e.test_tidy import at_rest
from tests.e2e.test_words import says


@pytest.fixture
def vip(on: Stage) -> str:
    """Sarah's tag."""
    on.acme.sarah.tag_ids = [on.inbox.add_tag("vip")]
    return on.acme.sarah.tag_ids[0]


@pytest.fixture
def lead(on: Stage) -> str:
    """Sarah's status."""
    on.acme.sarah.status_id = on.inbox.add_status("Lead")
    return on.acme.sarah.status_id


async def test_what_is_renamed_is_so_on_the_cards_that_show_it(on: Stage, vip: str, lead: str) -> None:
    card, other = await card_of(on), await card_of(on, "Hello", on.acme.omar)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await idle(on)
    assert "Status: Lead · Tags: vip" in shows(on, card)
    before = other.edited
    await on.inbox.app_renames_label(vip, "press")
    await on.inbox.app_renames_label(lead, "Customer")
    await idle(on)
    assert "Status: Customer · Tags: press" in shows(on, card)
    assert other.edited == before


async def test_what_is_new_has_the_names_read_anew_and_draws_no_card(on: Stage, vip: str, redis_url: str) -> None:
    card = await card_of(on)
    before = card.edited
    event = Event(id="new", seq=0, type="tag.created", created_at=datetime.now(UTC), api="v2", label_id=vip)
    (job,) = wanted(event)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.TAGS, "[]")
        await on.bridge.lanes.accept(job)
        await idle(on)
        assert not redis.exists(keys.TAGS)
    assert card.edited == before


async def test_what_is_deleted_is_gone_from_the_cards_that_showed_it(on: Stage, vip: str, lead: str) -> None:
    card = await card_of(on)
    await on.inbox.app_deletes_label(vip)
    await idle(on)
    assert "vip" not in shows(on, card)
    await on.inbox.app_deletes_label(lead)
    await idle(on)
    assert "Lead" not in shows(on, card)
    on.inbox.calls.clear()
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await idle(on)
    assert calls(on, "GET", "/tags") + calls(on, "GET", "/statuses") == []  # nobody looks for what is gone


async def test_a_few_cards_at_a_time_are_drawn_until_all_are(on: Stage, vip: str) -> None:
    people = [on.inbox.add_person(f"p{number}", f"Person {number}", tag_ids=[vip]) for number in range(25)]
    drawn = [await card_of(on, "Hi", one) for one in people]
    await on.inbox.app_renames_label(vip, "press")
    await idle(on)
    assert ["Tags: press" in shows(on, one) for one in drawn] == [True] * 25


async def test_a_card_at_rest_has_the_new_name_as_well(on: Stage, vip: str, redis_url: str) -> None:
    card = await at_rest(on, redis_url)
    await on.inbox.app_renames_label(vip, "press")
    await idle(on)
    assert "Tags: press" in shows(on, card)
    assert "The first" in shows(on, card)


async def test_rules_are_told_with_the_names_of_now(on: Stage, vip: str, lead: str) -> None:
    channel = on.slack.add_channel("vip")
    rule = f"text:vip to:<#{channel}|vip> tag+:"
    assert "tag: *vip*, status: *Lead*" in await says(on, f"route add tag:vip status:lead {rule}vip")
    await on.inbox.app_renames_label(vip, "press")
    await on.inbox.app_renames_label(lead, "Customer")
    await write(on, "I am a vip")
    for words in ("route list", "route test @sarah", "why @sarah"):
        assert "tag: *press*, status: *Customer*, text: *vip*" in await says(on, words)
    assert "tag+: *press*" in await says(on, "route list")
    assert "That is rule 1 already" in await says(on, f"route add tag:press status:customer {rule}press")
