"""Who archives or snoozes a conversation puts away what they were shown; what came after that stays open."""

from __future__ import annotations

from bot.queue.job import Asker
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.threads.jobs import Change
from tests.e2e.deaths import everywhere, worked
from tests.e2e.steps import calls, card_of, form, hears, idle, thread, told, until, whisper
from tests.e2e.test_finding import conversation, forget_lists, inbox
from tests.e2e.test_home import opened_home, seen

AGAIN = "Sarah Chen has just written again, so the conversation is not archived."


async def writes_again(on: Stage) -> None:
    """Inbox has it, and nothing tells of it: what is shown stays as it is."""
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, "Urgent!")


async def test_archive_in_a_list_leaves_open_what_was_written_since_it_was_drawn(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await writes_again(on)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert not thread(on).archived
    assert calls(on, "PATCH") == []
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")  # it has been drawn anew
    await on.slack.until(lambda: thread(on).archived)


async def test_archive_at_home_leaves_open_what_was_written_since_it_was_opened(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await opened_home(on)
    await writes_again(on)
    await on.slack.press_home(on.acme.ana, "Archive")
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert not thread(on).archived
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: thread(on).archived and "Unassigned (0)" in seen(on))


async def test_what_was_shown_too_long_ago_is_looked_at_again_first(on: Stage, redis_url: str) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await forget_lists(redis_url)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, "That list is too old. Run the command again.")
    await opened_home(on)
    await forget_lists(redis_url)
    await on.slack.press_home(on.acme.ana, "Archive")
    await hears(on, on.acme.ana, "That was shown to you more than an hour ago.")
    await idle(on)
    assert not thread(on).archived
    assert len([one for one in told(on, on.acme.ana) if "too old" in one or "an hour ago" in one]) == 2


async def test_snooze_in_a_list_does_not_put_away_what_was_written_since(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await writes_again(on)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Snooze…")
    await form(on, on.acme.ana, "Until")
    assert (await on.slack.submit(on.acme.ana)).ok
    await until(lambda: len(calls(on, "PATCH")) == 2)  # and it wakes at once
    await idle(on)
    assert not thread(on).archived


async def test_archive_leaves_open_what_they_write_at_that_very_moment(on: Stage) -> None:
    """Nothing has told of it yet; what Inbox answers does."""
    card = await card_of(on)
    await writes_again(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert not thread(on).archived
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: thread(on).archived)


async def test_whoever_dies_over_archiving_puts_away_nothing_that_came_meanwhile(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        found = thread(on, person)
        asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel)
        job = Change(verb="archive", thread_id=found.id, asker=asker, seen=found.messages[-1].created_at)
        then, died = await worked(on, job, lives, lambda: on.inbox.customer_writes(person, "Urgent!"))
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert found.archived == (found.messages[-1].text != "Urgent!")
        return died

    await everywhere(on, act)
