"""Nothing is said to, or done for, somebody who may not have it, or of what is over by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.events.jobs import Notify
from bot.inbox.event import Event
from bot.queue.job import Asker
from bot.reminders.jobs import Morning
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.threads.jobs import Change
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, cards, hears, idle, reply, reply_form, shows, thread, until
from tests.e2e.test_reminders import Day, reminded, reminders


@pytest.mark.parametrize("lost", ["guest", "deleted"])
async def test_who_lost_the_right_hears_of_no_conversation_and_the_channel_does(
    on: Stage, redis_url: str, lost: str
) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="link")
    await card_of(on)
    setattr(on.slack.users[on.acme.bo], lost, True)
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.profile(on.acme.bo))
        day = Day(on, redis)
        day.sets(assigned_after=8)
        await day.passes(9)
    assert reminded(on, on.acme.bo) == []
    assert len(reminders(on)) == 1


async def test_an_answer_counts_at_once_though_another_conversation_holds_up_the_news(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    late = Event(
        id="late", seq=0, type="message.received", created_at=datetime.now(UTC), api="v1", thread_id="t", message_id="m"
    )
    for asked in ("GET /v?/messages/m*", "GET /v?/threads/t", "GET /v?/threads/t/*"):
        on.inbox.fail(asked, delay=60.0, times=None)
    with Redis.from_url(redis_url) as redis:
        await on.bridge.lanes.accept(Notify(event=late))
        await until(lambda: [one for one in on.inbox.calls if not one.status])
        await reply(on, on.acme.ana, card, "Here I am")
        await until(lambda: not redis.hexists(keys.waiting(thread(on).id), "first"))
        assert redis.llen(keys.lane("inbound:t"))
    on.inbox.delays.end()


async def test_a_digest_that_had_to_wait_until_the_evening_is_left_out(on: Stage, redis_url: str) -> None:
    await card_of(on)
    with Redis.from_url(redis_url) as redis:
        Day(on, redis).sets(digest="09:00:00", days=list(range(7)))
        morning = datetime.now(UTC) - timedelta(hours=4)
        await on.bridge.lanes.accept(Morning(channel=on.acme.channel, day="2026-11-20", at=morning))
        await idle(on)
    assert not [one for one in cards(on) if "☀️" in one.text]


async def test_a_reply_takes_nothing_from_who_got_it_while_its_worker_was_dead(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    asker = Asker(user=on.acme.ana, team=on.slack.team_id)
    await on.bridge.lanes.accept(Change(verb="claim", thread_id=thread(on).id, asker=asker, begun=True))
    await idle(on)
    assert thread(on).assignee_id == on.acme.bo_member
    assert "Assigned to Bo" in shows(on, card)


async def test_a_form_that_never_opened_leaves_nobody_replying(on: Stage) -> None:
    card = await card_of(on)
    on.slack.fail("views.update", status=503)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    await hears(on, on.acme.ana, "Slack didn't answer me, so I couldn't do that.")
    await on.inbox.customer_writes(on.acme.sarah, "Are you there?")
    await idle(on)
    assert "Are you there?" in shows(on, card)
    assert "replying" not in shows(on, card)


async def test_a_reply_that_is_taken_back_while_its_way_is_looked_for_is_taken_back(
    opened: Open, optional_scopes: frozenset[str]
) -> None:
    """v2 sends to threads; where one is gone the person is asked for, before anything that came later."""
    on = await opened(versions=["v2"])
    on.slack.scopes |= optional_scopes
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "replies on >>")
    await idle(on)
    card = await card_of(on)
    on.inbox.fail("POST *", 404, delay=0.3)
    said = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; The password is hunter2", card.ts)
    await on.slack.until(lambda: said.reactions)
    await on.slack.erase(said)
    await hears(on, on.acme.bo, "was taken back")
    await idle(on)
    assert len(calls(on, "POST")) == 2
    assert [one.text for one in thread(on).messages if one.direction == "outbound" and not one.deleted_at] == []


async def test_a_conversation_that_was_moved_stays_there_for_as_long_as_somebody_writes(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    pinned = f'{{"channel":"{card.channel}","by":"{on.acme.ana}","at":"2026-11-20T10:00:00Z"}}'
    with Redis.from_url(redis_url) as redis:
        redis.hset(keys.routed(thread(on).id), "pin", pinned)
        redis.expire(keys.routed(thread(on).id), 60)
        await on.inbox.customer_writes(on.acme.sarah, "Still there?")
        await idle(on)
        assert redis.ttl(keys.routed(thread(on).id)) > 24 * 3600


async def test_why_inbox_refused_is_told_in_private_where_the_channel_shows_beginnings_alone(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.channel_choices(card.channel), '{"privacy":"preview"}')
    on.inbox.fail("POST *", 422)
    receipt = await reply(on, on.acme.ana, card, "Hello")
    await on.slack.until(lambda: "Not sent" in on.slack.show(receipt))
    assert "was asked for" not in on.slack.show(receipt)
    await hears(on, on.acme.ana, "was asked for")


async def test_a_home_is_emptied_when_its_owner_may_no_longer_see_it(on: Stage) -> None:
    await card_of(on, "A secret")
    for user, words in ((on.acme.bo, f"unlink <@{on.acme.bo}|bo>"), (on.acme.ana, "unlink")):
        await on.slack.open_home(user)
        await on.slack.until(lambda: "A secret" in on.slack.show(on.slack.home(user) or {"blocks": []}))  # noqa: B023  # asked within the round
        await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=words)
        await on.slack.until(lambda: "A secret" not in on.slack.show(on.slack.home(user) or {"blocks": []}))  # noqa: B023


async def test_a_form_that_cannot_be_taken_keeps_what_was_typed(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory", 1)
        refused = await on.slack.submit(on.acme.ana, values={"text": "It took me long to write this"})
        redis.config_set("maxmemory", 0)
    assert isinstance(refused.body, dict)
    (why,) = refused.body["errors"].values()  # beside the last field, above the button that was pressed
    assert "Try again in a minute" in why
    assert refused.trouble == ""
    assert (await on.slack.submit(on.acme.ana, values={"text": "It took me long to write this"})).ok
    await on.slack.until(lambda: [one.text for one in on.inbox.sent()] == ["It took me long to write this"])


async def test_whom_an_admin_unlinks_while_inbox_is_asked_for_them_stays_unlinked(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    on.inbox.add_member("Kim", str(on.slack.users[on.acme.kim].email))
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)
        asked = len(on.inbox.calls)
        on.inbox.fail("GET */members", delay=30.0)
        await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
        await until(lambda: any(one.path.endswith("/members") for one in on.inbox.calls[asked:]))
        await on.slack.command(on.acme.ana, card.channel, "/inbox", f"unlink <@{on.acme.kim}>")
        await until(lambda: redis.get(keys.link(on.acme.kim)) == b"")
        on.inbox.delays.end()
        await idle(on)
        assert redis.get(keys.link(on.acme.kim)) == b""
    assert not thread(on).archived
    await hears(on, on.acme.kim, "You are unlinked")
