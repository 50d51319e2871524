"""Whoever dies over a saved reply or over archiving with a reply, at whatever point: it is done once, and said once."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from bot.queue.job import Asker
from bot.reply.jobs import Reply
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.snippets.jobs import PutSnippet, RemoveSnippet, SaveSnippet
from bot.snippets.store import Snippet
from bot.store import keys
from bot.threads.jobs import Change
from tests.e2e.deaths import ENOUGH, everywhere, worked
from tests.e2e.steps import as_body, calls, card_of, form, idle, reply_form, shows, thread, told

pytestmark = pytest.mark.exhaustive


def me(on: Stage) -> Asker:
    return Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)


def kept(redis_url: str) -> list[Snippet]:
    """The team's saved replies."""
    with Redis.from_url(redis_url) as redis:
        return [Snippet.read(raw) for raw in redis.hvals(keys.snippets("team"))]


async def modal(on: Stage, words: str) -> dict[str, Any]:
    """Ana's modal, once it shows `words`."""

    def shown() -> dict[str, Any] | None:
        view = on.slack.modal(on.acme.ana)
        return view if view and words in on.slack.show(view) else None

    return await on.slack.until(shown) or {}


async def test_whoever_dies_over_saving_it_is_saved_once_and_said(on: Stage, redis_url: str) -> None:
    for lives in range(ENOUGH):
        await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "snippets")
        view = await modal(on, "New saved reply")
        name = f"Reply {lives}"
        job = SaveSnippet(view_id=view["id"], owner="team", name=name, text="Hello", asker=me(on))
        then, died = await worked(on, job, lives)
        assert then == []
        assert f"*{name}* is saved" in on.slack.show(on.slack.modal(on.acme.ana) or {})
        assert sorted(one.name for one in kept(redis_url)) == sorted(f"Reply {n}" for n in range(lives + 1))
        await on.slack.close(on.acme.ana)
        if not died:
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


async def test_whoever_dies_over_removing_it_is_gone_and_said(on: Stage, redis_url: str) -> None:
    for lives in range(ENOUGH):
        await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "snippets")
        view = await modal(on, "New saved reply")
        saving = SaveSnippet(view_id=view["id"], owner="team", name="Reply", text="Hello", asker=me(on))
        await worked(on, saving, ENOUGH)
        (there,) = kept(redis_url)
        job = RemoveSnippet(view_id=view["id"], snippet=there.key, rev=there.rev, asker=me(on))
        then, died = await worked(on, job, lives)
        assert (then, kept(redis_url)) == ([], [])
        shown = on.slack.show(on.slack.modal(on.acme.ana) or {})
        assert "is removed" in shown or "Somebody removed" in shown
        await on.slack.close(on.acme.ana)
        if not died:
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


async def test_whoever_dies_over_putting_it_into_a_form_it_stands_there_once(on: Stage, redis_url: str) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "snippets")
    view = await modal(on, "New saved reply")
    await worked(on, SaveSnippet(view_id=view["id"], owner="team", name="x", text="Hi {me}", asker=me(on)), ENOUGH)
    (there,) = kept(redis_url)
    card = await card_of(on)
    for lives in range(ENOUGH):
        opened = await reply_form(on, on.acme.ana, card)
        job = PutSnippet(
            view_id=opened["id"],
            snippet=there.key,
            typed="So,",
            field="text",
            thread_id=thread(on).id,
            asker=me(on),
        )
        then, died = await worked(on, job, lives)
        filled = await form(on, on.acme.ana, "Your reply")
        (text,) = [one for one in filled["blocks"] if (one.get("element") or {}).get("action_id") == "text"]
        assert (then, text["element"]["initial_value"], text["block_id"]) == ([], "So, Hi Ana", "text:1")
        await on.slack.close(on.acme.ana)
        if not died:
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


async def test_whoever_dies_over_archiving_with_a_reply_it_is_archived(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        record = thread(on, person)
        seen = record.messages[-1].created_at
        job = Change(verb="archive", thread_id=record.id, unless_after=seen, asker=me(on))
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert record.archived
        assert "Archived" in shows(on, card)
        assert told(on, on.acme.ana) == []
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_a_reply_it_is_sent_once_and_then_archived(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        record = thread(on, person)
        seen = record.messages[-1].created_at
        job = Reply(thread_id=record.id, text=f"Bye {lives}", archives=seen, asker=me(on))
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert [one.text for one in on.inbox.sent()].count(f"Bye {lives}") == 1
        assert record.archived
        archived = [call for call in calls(on, "PATCH", record.id) if call.body == as_body(on, archived=True)]
        assert len(archived) == 1
        return died

    await everywhere(on, act)
