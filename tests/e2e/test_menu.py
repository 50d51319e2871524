"""Room in Slack: three buttons and a menu on a card, six message shortcuts, and what older ones still do."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.e2e.steps import Json, card_of, form, hears, idle, labels, menu, modal, shows, thread, told, whisper


async def this_message(on: Stage, user: str, said: Message, words: str = "Conversation with") -> Json:
    """The form *This message…* of `user` on a Slack message, once it says `words`."""
    assert (await on.slack.shortcut(user, said.channel, said.ts, "this_message")).ok
    return await modal(on, user, words)


async def test_a_card_has_three_buttons_and_a_menu(on: Stage) -> None:
    card = await card_of(on)
    assert labels(card) == ["Reply", "Assign to me", "Archive"]
    assert menu(card)[0] == "Assign to…"
    assert menu(card)[-1] == "Open conversation"
    assert len(menu(card)) <= 5
    assert problems(card.blocks, "message") == []
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Open conversation")).ok
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: "Assigned to Bo by Ana" in shows(on, card))
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_a_card_that_still_stands_with_five_buttons_goes_on_working(on: Stage) -> None:
    card = await card_of(on)
    (row,) = [block for block in card.blocks if block["type"] == "actions"]
    button = {"type": "button", "action_id": "assign_to", "value": thread(on).id}
    row["elements"] = [button | {"text": {"type": "plain_text", "text": "Assign to…"}}]
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")


async def test_a_row_of_a_list_has_the_same_menu(on: Stage) -> None:
    """The conversation has no card yet."""
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "find @sarah")
    answer = await whisper(on, on.acme.ana, "Sarah Chen")
    assert "⋯ Assign to…" in on.slack.show(answer)
    await on.slack.press_ephemeral(on.acme.ana, answer, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: thread(on).assignee_id == on.acme.bo_member)


async def test_archive_or_reopen_does_what_the_card_offers(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Done?", thread_ts=card.ts)
    for archived in (True, False):
        await on.slack.shortcut(on.acme.ana, card.channel, talk.ts, "archive_thread")
        await on.slack.until(lambda archived=archived: thread(on).archived is archived)  # type: ignore[misc]  # bound to this round
        await idle(on)


async def test_take_or_give_back_takes_what_is_not_mine_and_gives_back_what_is(on: Stage) -> None:
    card = await card_of(on)
    for user, says in ((on.acme.bo, "Assigned to Bo"), (on.acme.ana, "Assigned to Ana"), (on.acme.ana, "Unassigned")):
        await on.slack.shortcut(user, card.channel, card.ts, "assign_to_me")
        await on.slack.until(lambda says=says: says in shows(on, card))  # type: ignore[misc]  # bound to this round
        await idle(on)
    assert thread(on).assignee_id is None


async def test_this_message_leads_to_assign_to(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Whose is it?", thread_ts=card.ts)
    view = await this_message(on, on.acme.ana, talk)
    assert "Conversation with *Sarah Chen* from @acme on X" in on.slack.show(view)
    await on.slack.press_modal(on.acme.ana, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: "Assigned to Bo by Ana" in shows(on, card))
    assert on.slack.modal(on.acme.ana) is None


async def test_assign_to_nobody_gives_a_conversation_back_whoever_has_it(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.shortcut(on.acme.bo, card.channel, card.ts, "assign_to_me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Nobody"})
    await on.slack.until(lambda: "Unassigned by Ana" in shows(on, card))


async def test_this_message_says_why_it_is_here_and_moves_it(on: Stage) -> None:
    other = on.slack.add_channel("other")
    card = await card_of(on)
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Why is this here?")
    why = await modal(on, on.acme.ana, "There are no rules")
    assert view_problems({key: why[key] for key in ("type", "title", "blocks", "close")}) == []
    await on.slack.press_modal(on.acme.ana, "Move to…")
    assert (await on.slack.submit(on.acme.ana, values={"channel": other})).ok
    await hears(on, on.acme.ana, "stays there whatever the rules say")
    assert "[Archive]" in on.slack.show(on.slack.messages(other)[0])


async def test_this_message_elsewhere_explains_itself(on: Stage) -> None:
    talk = on.slack.say(on.acme.bo, on.acme.channel, "Lunch?")
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "this_message")
    await hears(on, on.acme.ana, "Use the shortcut on a card or in its thread")


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_this_message_shows_nothing_to_who_may_not_act(on: Stage, who: str) -> None:
    card = await card_of(on)
    user = getattr(on.acme, who)
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    view = await this_message(on, user, card, why)
    assert "Sarah" not in on.slack.show(view)
