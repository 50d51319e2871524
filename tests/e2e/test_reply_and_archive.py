"""Replying in a colleague's conversation, and archiving a conversation with the reply to it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.queue.job import Asker
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.threads.jobs import Change
from tests.e2e.steps import as_body, calls, card_of, form, hears, idle, nodes, reply_form, shows, thread, told

Json = dict[str, Any]


# --- archive when sent ------------------------------------------------------------------------------------------------


def box(view: Json) -> Json:
    """The box *Archive when sent*."""
    (element,) = [one for one in nodes(view["blocks"]) if one.get("type") == "checkboxes"]
    assert [one["text"]["text"] for one in element["options"]] == ["Archive when sent"]
    return dict(element)


async def send(on: Stage, user: str, said: str, *, archive: bool) -> None:
    """Submit the form that is open."""
    ticked = [one["value"] for one in box(on.slack.modal(user) or {})["options"]] if archive else []
    ack = await on.slack.submit(user, values={"text": said, "archive": ticked})
    assert (ack.ok, ack.trouble) == (True, "")
    await on.slack.until(lambda: [one for one in on.inbox.sent() if one.text == said])


async def test_a_conversation_is_archived_once_its_reply_is_sent_and_the_box_is_remembered(on: Stage) -> None:
    card = await card_of(on)
    view = await reply_form(on, on.acme.ana, card)
    assert "initial_options" not in box(view)
    parts = ("type", "title", "blocks", "submit", "close")
    assert view_problems({key: view[key] for key in parts}) == []
    await send(on, on.acme.ana, "That was all", archive=True)
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    done = [str(call) for call in on.inbox.calls if call.method in ("POST", "PATCH") and "message" in str(call.path)]
    assert len(done) == 1
    bodies = [call.body for call in calls(on, "PATCH")]
    assert bodies.count(as_body(on, archived=True)) == 1
    assert told(on, on.acme.ana) == []
    assert thread(on).archived
    await on.inbox.customer_writes(on.acme.sarah, "One more")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    assert box(await reply_form(on, on.acme.ana, card))["initial_options"]
    await send(on, on.acme.ana, "Stays open", archive=False)
    await idle(on)
    assert not thread(on).archived
    assert "initial_options" not in box(await reply_form(on, on.acme.ana, card))


async def test_it_stays_open_where_they_wrote_what_the_form_did_not_show(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await on.inbox.customer_writes(on.acme.sarah, "And one more question")
    await send(on, on.acme.ana, "That was all", archive=True)
    await hears(on, on.acme.ana, "Sarah Chen wrote while you answered, so the conversation is left open.")
    await idle(on)
    assert not thread(on).archived
    assert as_body(on, archived=True) not in [call.body for call in calls(on, "PATCH")]


async def test_nothing_is_archived_where_the_reply_was_not_sent(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    on.inbox.fail("POST *messages", 422)
    values = [one["value"] for one in box(on.slack.modal(on.acme.ana) or {})["options"]]
    await on.slack.submit(on.acme.ana, values={"text": "Hello", "archive": values})
    await hears(on, on.acme.ana, "Not sent to Sarah Chen")
    await idle(on)
    assert not thread(on).archived
    assert calls(on, "PATCH") == []


async def test_inbox_that_is_away_when_it_is_to_archive_is_said_with_what_was_sent(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    on.inbox.fail("PATCH *", 503, times=None)
    await send(on, on.acme.ana, "That was all", archive=True)
    await hears(on, on.acme.ana, "Your reply was sent, but the conversation is not archived.")
    assert [one.text for one in on.inbox.sent()] == ["That was all"]


async def test_archiving_that_was_half_done_is_finished_by_the_next_worker_and_no_more(on: Stage) -> None:
    card = await card_of(on)
    seen = thread(on).messages[-1].created_at
    half_done = Change(
        verb="archive",
        thread_id=thread(on).id,
        unless_after=seen,
        begun=True,
        asker=Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel),
    )
    await on.bridge.lanes.accept(half_done)
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.inbox.customer_writes(on.acme.sarah, "One more")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    await on.bridge.lanes.accept(half_done.having(ref="again1"))
    await hears(on, on.acme.ana, "wrote while you answered")
    assert not thread(on).archived


# --- in a colleague's conversation ------------------------------------------------------------------------------------


async def asked(on: Stage, user: str) -> Json:
    """The view that asks."""

    def shown() -> Json | None:
        view = on.slack.modal(user)
        return view if view and "has this conversation" in on.slack.show(view) else None

    return await on.slack.until(shown) or {}


async def bos(on: Stage) -> Message:
    """The card of a conversation that Bo has."""
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    return await card_of(on)


async def test_in_a_colleagues_conversation_reply_asks_once(on: Stage) -> None:
    card = await bos(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    view = await asked(on, on.acme.ana)
    assert "*Bo* has this conversation. Agree on who answers Sarah Chen." in on.slack.show(view)
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "close")}) == []
    await idle(on)
    assert "replying" not in shows(on, card)
    await on.slack.press_modal(on.acme.ana, "Reply anyway")
    assert "Assigned to Bo" in on.slack.show(await form(on, on.acme.ana, "Your reply"))
    await on.slack.submit(on.acme.ana, values={"text": "Bo is out today"})
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)
    assert thread(on).assignee_id == on.acme.bo_member
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")  # not asked again
    await form(on, on.acme.ana, "Your reply")


async def test_another_colleague_who_has_it_meanwhile_is_another_question(on: Stage) -> None:
    zoe = on.inbox.add_member("Zoe", "zoe@acme.example")
    card = await bos(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    await asked(on, on.acme.ana)
    await on.inbox.app_assigns(thread(on).id, zoe)
    await on.slack.press_modal(on.acme.ana, "Reply anyway")
    await on.slack.until(lambda: "*Zoe* has this conversation" in on.slack.show(on.slack.modal(on.acme.ana) or {}))


async def test_who_has_it_themselves_is_not_asked(on: Stage) -> None:
    card = await bos(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reply")
    await form(on, on.acme.bo, "Your reply")


async def test_the_shortcut_below_the_card_and_a_list_ask_as_well(on: Stage) -> None:
    card = await bos(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Mine", thread_ts=card.ts)
    await on.slack.shortcut(on.acme.ana, card.channel, talk.ts, "reply")
    await asked(on, on.acme.ana)
    await on.slack.close(on.acme.ana)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "find @sarah")
    await hears(on, on.acme.ana, "Sarah Chen")
    await on.slack.press_ephemeral(on.acme.ana, on.slack.ephemerals(on.acme.ana)[-1], "Reply")
    await asked(on, on.acme.ana)


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_who_may_not_act_does_not_learn_who_has_it(on: Stage, who: str) -> None:
    card = await bos(on)
    user = getattr(on.acme, who)
    await on.slack.press(user, card.channel, card.ts, "Reply")
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    await on.slack.until(lambda: (view := on.slack.modal(user)) and why in on.slack.show(view))
    assert "Bo" not in on.slack.show(on.slack.modal(user) or {})
