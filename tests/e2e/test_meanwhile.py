"""While a send is refused, has to wait or is in doubt, its conversation goes on: what others write there is shown."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.conftest import Open
from tests.e2e.steps import card_of, hears, idle, thread
from tests.e2e.test_conversation import said


async def others_write(on: Stage) -> None:
    """A colleague answers in Inbox, and Sarah writes again."""
    await on.inbox.teammate_writes(thread(on).id, "m2", "member")
    await on.inbox.customer_writes(on.acme.sarah, "m3")


async def sends(on: Stage, text: str = "Hello") -> None:
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text=f"@sarah {text}")).ok


async def goes_on(on: Stage, card: Message, held: int = 0) -> None:
    """What others write now stands below the card at once."""
    await others_write(on)
    await idle(on, held=held)
    assert said(on, card) == ["m1", "m2", "m3"]


@pytest.mark.parametrize(("status", "code"), [(409, "accountLinkDisconnected"), (403, None), (422, None)])
async def test_a_refused_send_holds_up_nothing(on: Stage, status: int, code: str | None) -> None:
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", status, code=code)
    await sends(on)
    await hears(on, on.acme.ana, "Not sent to Sarah Chen")
    await goes_on(on, card)


async def test_a_send_that_is_to_wait_holds_up_nothing(on: Stage) -> None:
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", 429, retry_after=60)
    await sends(on)
    await hears(on, on.acme.ana, "Inbox asks us to wait 60 s")
    await goes_on(on, card, held=2)  # the send, and the line that says so where it takes longer


async def test_a_send_that_inbox_cannot_confirm_holds_up_nothing(opened: Open) -> None:
    on = await opened(versions=["v2"])
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", code="sendUnconfirmed")
    await sends(on)
    await hears(on, on.acme.ana, "Not confirmed: message to Sarah Chen")
    await goes_on(on, card)


async def test_a_send_that_v1_never_confirms_holds_up_nothing(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.send.send.LOOK_AGAIN", (0.1, 0.1, 0.1))
    on = await opened(versions=["v1"])
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", drop="before")
    await sends(on)
    await hears(on, on.acme.ana, "Not confirmed: message to Sarah Chen")
    await goes_on(on, card)


async def test_a_send_that_stays_in_doubt_is_not_waited_for_longer_than_inbox_takes_to_answer(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On v2, which is asked again for ten minutes; on v1, where the conversation is looked at, doubt ends sooner."""
    monkeypatch.setattr("bot.events.ours.ASKING", 1.0)
    on = await opened(versions=["v2"])
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", 503, times=None)
    await sends(on)
    await hears(on, on.acme.ana, "I'll keep trying")
    await others_write(on)
    await on.slack.until(lambda: said(on, card) == ["m1", "m2", "m3"])
    on.inbox.heal()
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert [one.text for one in on.inbox.sent()] == ["Hello"]


async def test_what_is_being_sent_is_still_waited_for_and_stands_there_once(on: Stage) -> None:
    """Inbox tells of the message before it has answered which one it is."""
    card = await card_of(on, "m1")
    on.inbox.fail("POST *", drop="after")  # the answer is lost, and asked for again
    await sends(on, "m2")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    await on.inbox.customer_writes(on.acme.sarah, "m3")
    await idle(on)
    assert said(on, card) == ["m1", "m2", "m3"]
    assert "Ana, from Slack" in "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))
