"""A message that was edited or taken back shows that wherever it stands, whatever is drawn at the same time."""

from __future__ import annotations

from typing import Any

from bot.cards.jobs import Amend, RenderBelow
from bot.queue.job import Asker
from bot.routing.jobs import MoveTo
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from tests.e2e.steps import (
    card_of,
    hears,
    idle,
    labels,
    receipts,
    reply,
    reply_form,
    shows,
    thread,
    told,
    until,
    version,
)

REPLY = "We are on it"
DELETED = "This message was deleted."


def show(on: Stage, said: Message) -> str:
    """A post as a person sees it now."""
    return on.slack.show(on.slack.message(said.channel, said.ts))


async def taken_back(on: Stage) -> Amend:
    """The last message is deleted in Inbox; what its event asks for, which does not come by itself."""
    on.inbox.auto_deliver = False
    message = thread(on).messages[-1]
    await on.inbox.deletes(message.id)
    return Amend(thread_id=thread(on).id, message_id=message.id, in_turn=True, deleted=True)


async def kept(redis_url: str) -> str:
    """All that Redis holds of receipts and posts."""
    redis: Any = connect(redis_url)
    strings = [await redis.get(one) async for one in redis.scan_iter(match=keys.receipt_of("*"))]
    posts = [await redis.hgetall(one) async for one in redis.scan_iter(match=keys.post("*", "*"))]
    await redis.aclose()
    return str(posts) + str([one.partition(b'"message"')[2] for one in strings])


async def test_a_reply_that_was_taken_back_stays_so_though_its_channel_is_drawn_anew(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.bo, card, REPLY)
    await idle(on)
    amend = await taken_back(on)
    on.slack.fail("chat.update", delay=0.4)
    again = RenderBelow(thread_id=amend.thread_id, place=(receipt.channel, receipt.ts))
    await on.bridge.lanes.accept(amend, again)
    await idle(on)
    assert REPLY not in show(on, receipt) + on.slack.message(receipt.channel, receipt.ts).text
    assert DELETED in show(on, receipt)
    assert REPLY not in await kept(redis_url)


async def test_a_reply_that_is_taken_back_while_others_read_along_stays_so_when_they_do_no_longer(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.bo, card, REPLY)
    await idle(on)
    await on.slack.share(card.channel)
    await idle(on)
    await on.bridge.lanes.accept(await taken_back(on))
    await idle(on)
    assert REPLY not in await kept(redis_url)
    await on.slack.share(card.channel, shared=False)
    await idle(on)
    assert REPLY not in show(on, receipt)
    assert DELETED in show(on, receipt)


async def test_a_reply_that_is_taken_back_before_its_receipt_may_stand_is_not_shown(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    on.slack.channels[card.channel].archived = True
    await on.slack.submit(on.acme.bo, values={"text": REPLY})
    await hears(on, on.acme.bo, "Sent to Sarah Chen")
    amend = await taken_back(on)
    await on.bridge.lanes.accept(amend.having(tries=3))  # it was looked for as long as that is done
    await idle(on, held=3)  # the receipt, the message that goes before it, and the card
    on.slack.channels[card.channel].archived = False
    (receipt,) = await on.slack.until(lambda: receipts(on, card))
    await idle(on)
    assert REPLY not in show(on, receipt)
    assert DELETED in show(on, receipt)


async def unconfirmed(on: Stage, card: Message) -> Message:
    """The receipt of a reply of which Inbox does not know whether it was sent."""
    await reply_form(on, on.acme.bo, card)
    if version(on) == "v1":  # and nothing shows that would tell
        on.inbox.fail("POST *", 500, code="")
        on.inbox.fail("GET /v1/threads/*/messages", 400, times=None)
    else:
        on.inbox.fail("POST *", code="sendUnconfirmed")
    await on.slack.submit(on.acme.bo, values={"text": REPLY})
    (receipt,) = await on.slack.until(lambda: receipts(on, card))
    await on.slack.until(lambda: "⚠️ Not confirmed" in show(on, receipt))
    await idle(on)
    on.inbox.heal()
    return receipt


async def send_again(on: Stage, receipt: Message) -> None:
    """Its writer has seen that it is not there."""
    (private,) = [one for one in on.slack.ephemerals(on.acme.bo) if "Not confirmed" in on.slack.show(one)]
    assert (await on.slack.press_ephemeral(on.acme.bo, private, "Send again")).ok
    await on.slack.until(lambda: "✅ Sent" in show(on, receipt))


async def test_what_was_sent_at_last_stays_sent_though_its_channel_is_drawn_anew_meanwhile(
    on: Stage, optional_scopes: frozenset[str]
) -> None:
    card = await card_of(on)
    receipt = await unconfirmed(on, card)
    on.slack.scopes |= optional_scopes
    on.slack.fail("conversations.replies", delay=0.5, times=2)
    await on.slack.share(card.channel)
    await until(
        lambda: not on.slack._faults
    )  # what stands below the card is asked for, after the receipt was looked at
    await send_again(on, receipt)
    await idle(on)
    assert "✅ Sent" in show(on, receipt)


async def test_what_was_sent_while_others_read_along_is_shown_as_sent_when_they_do_no_longer(on: Stage) -> None:
    card = await card_of(on)
    receipt = await unconfirmed(on, card)
    await on.slack.share(card.channel)
    await idle(on)
    await send_again(on, receipt)
    await idle(on)
    assert REPLY not in show(on, receipt)
    heard = len(told(on, on.acme.bo))
    await on.slack.share(card.channel, shared=False)
    await idle(on)
    assert "✅ Sent" in show(on, receipt)
    assert REPLY in show(on, receipt)
    assert labels(receipt) == []
    assert len(told(on, on.acme.bo)) == heard


async def follow_up(on: Stage, card: Message) -> Message:
    """What Sarah writes now, below her card."""
    await on.inbox.customer_writes(on.acme.sarah, "A secret")
    await idle(on)
    post = on.slack.replies(card.channel, card.ts)[-1]
    assert "A secret" in show(on, post)
    return post


async def test_a_follow_up_that_is_taken_back_while_its_channel_takes_no_changes_is_changed_later(on: Stage) -> None:
    card = await card_of(on)
    post = await follow_up(on, card)
    on.slack.channels[card.channel].archived = True
    await on.bridge.lanes.accept(await taken_back(on))
    await idle(on, held=2)  # the post, and the card
    assert "A secret" in show(on, post)
    on.slack.channels[card.channel].archived = False
    await on.slack.until(lambda: DELETED in show(on, post))
    await idle(on)
    assert "A secret" not in show(on, post)
    assert "A secret" not in shows(on, card)


async def test_what_stands_in_a_channel_that_takes_no_changes_keeps_nothing_from_the_card_that_has_left_it(
    on: Stage,
) -> None:
    card, vip = await card_of(on), on.slack.add_channel("vip")
    post = await follow_up(on, card)
    on.slack.channels[card.channel].archived = True
    amend = await taken_back(on)
    on.inbox.auto_deliver = True
    ana = Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel)
    await on.bridge.lanes.accept(MoveTo(thread_id=amend.thread_id, to=vip, asker=ana))
    await hears(on, on.acme.ana, "stays there")
    await on.bridge.lanes.accept(amend)
    await idle(on, held=2)  # the post, and what is left of the card
    (new,) = on.slack.messages(vip)
    await on.slack.press(on.acme.ana, vip, new.ts, "Assign to me")
    await on.inbox.customer_writes(on.acme.sarah, "And now?")
    await idle(on, held=2)
    assert "Assigned to Ana" in shows(on, new)
    assert "And now?" in "".join(map(on.slack.show, on.slack.replies(vip, new.ts)))
    on.slack.channels[card.channel].archived = False
    await on.slack.until(lambda: DELETED in show(on, post) and "➡️" in shows(on, card))
    await idle(on)
    assert "A secret" not in show(on, post)


async def test_a_receipt_is_drawn_for_those_who_read_it_though_its_card_has_moved_on(on: Stage) -> None:
    card, vip = await card_of(on), on.slack.add_channel("vip")
    receipt = await reply(on, on.acme.bo, card, REPLY)
    await idle(on)
    await on.slack.share(card.channel)
    await idle(on)
    ana = Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel)
    await on.bridge.lanes.accept(MoveTo(thread_id=thread(on).id, to=vip, asker=ana))
    await idle(on)
    await on.inbox.edits(thread(on).messages[-1].id, "We are on our way")
    await idle(on)
    assert "We are" not in show(on, receipt) + on.slack.message(receipt.channel, receipt.ts).text
    await on.slack.share(card.channel, shared=False)
    await idle(on)
    assert "We are on our way" in show(on, receipt)
