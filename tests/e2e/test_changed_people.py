"""Who somebody is, is looked at afresh before anything is written on their behalf."""

from __future__ import annotations

import pytest

from bot.cards.store import Cards
from bot.queue.job import utc_now
from bot.sandbox.inbox.records import ContactRecord
from bot.sandbox.stage import Stage
from bot.store.connect import connect
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, hears, idle, shows, thread, version


@pytest.fixture(autouse=True)
def time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if ten seconds lay between two acts."""
    monkeypatch.setattr("bot.people.access.FRESH", 0.0)


@pytest.mark.parametrize("how", ["button", "dm"])
async def test_somebody_who_was_deactivated_writes_nothing_from_then_on(on: Stage, how: str) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.bo, card.channel, "/inbox", "whoami")
    await hears(on, on.acme.bo, "you are")
    on.slack.users[on.acme.bo].deleted = True
    if how == "button":
        await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    else:
        await on.slack.command(on.acme.bo, card.channel, text="@sarah Goodbye")
    await hears(on, on.acme.bo, "Only members of")
    assert not thread(on).archived
    assert on.inbox.sent() == []


async def test_an_address_that_changes_takes_the_old_seat_away(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    on.inbox.add_member("Bob Smith", "bob@acme.example")
    on.slack.users[on.acme.bo].email = "bob@acme.example"
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bob Smith" in shows(on, card))
    on.slack.users[on.acme.bo].email = "nobody@elsewhere.example"  # a seat may follow later
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: not thread(on).archived)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("link", "*Bob Smith*"),
        ("link bob@acme.example", "*Bob Smith*"),
        ("link bo@acme.example", "address"),
        ("whoami", "Bob Smith"),
    ],
)
async def test_whoever_asks_who_they_are_is_matched_by_the_address_they_have_now(
    on: Stage, words: str, says: str
) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "whoami")
    await hears(on, on.acme.bo, "you are")
    on.inbox.add_member("Bob Smith", "bob@acme.example")
    on.slack.users[on.acme.bo].email = "bob@acme.example"
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", words)
    await hears(on, on.acme.bo, says)


async def test_somebody_who_was_deactivated_does_not_unlink_themselves(on: Stage) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "whoami")
    await hears(on, on.acme.bo, "you are")
    on.slack.users[on.acme.bo].deleted = True
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "unlink")
    await hears(on, on.acme.bo, "Only members of")


async def test_a_member_who_has_become_a_guest_can_be_let_in_at_once(on: Stage) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "whoami")
    await hears(on, on.acme.bo, "you are")
    on.slack.users[on.acme.bo].guest = True
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"allow <@{on.acme.bo}>")
    await hears(on, on.acme.ana, f"The guest <@{on.acme.bo}> may act")


async def test_whom_an_admin_linked_stays_linked_when_their_address_changes(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.ana, card.channel, "/inbox", f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.kim, "linked you to *Bo*")
    for address in ("kim@acme.example", "kim@elsewhere.example"):
        on.slack.users[on.acme.kim].email = address
        await on.slack.press(on.acme.kim, card.channel, card.ts, "Assign to me")
        await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
        await on.slack.press(on.acme.kim, card.channel, card.ts, "Unassign")
        await on.slack.until(lambda: "Assigned to Bo" not in shows(on, card))
    await idle(on)


async def test_while_slack_does_not_say_who_it_is_those_who_were_just_seen_go_on(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.bo, card.channel, "/inbox", "whoami")
    await hears(on, on.acme.bo, "you are")
    on.slack.fail("users.info", status=503, times=None)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    assert calls(on, "PATCH", f"/{version(on)}/threads")


@pytest.mark.parametrize("words", ["consent", "replies on >>", "route add all to:<#{channel}|x>", "unlink <@{bo}>"])
async def test_who_is_no_admin_any_more_sets_nothing_from_then_on(on: Stage, words: str) -> None:
    await on.slack.command(on.acme.ana, on.acme.shared, "/inbox", "whoami")
    await hears(on, on.acme.ana, "you are")
    on.slack.users[on.acme.ana].admin = False
    said = words.format(channel=on.acme.channel, bo=on.acme.bo)
    await on.slack.command(on.acme.ana, on.acme.shared, "/inbox", said)
    await hears(on, on.acme.ana, "Only workspace admins")


@pytest.mark.parametrize("pressed", [False, True], ids=["nothing", "a click meanwhile"])
async def test_a_person_who_is_parted_from_a_contact_is_known_with_their_own_from_their_next_message_on(
    opened: Open, redis_url: str, pressed: bool
) -> None:
    """By it `bot forget` finds whoever else they are; v1 tells no contact. What answers a click shows no person."""
    on = await opened(versions=["v2"])
    shown = await card_of(on)
    on.acme.sarah.contact = ContactRecord("cmparted", utc_now(), utc_now())
    if pressed:
        await on.slack.press(on.acme.bo, shown.channel, shown.ts, "Assign to me")
        await on.slack.until(lambda: "Assigned to Bo" in shows(on, shown))
        await idle(on)
    await on.inbox.customer_writes(on.acme.sarah, "Hi again")
    await idle(on)
    redis = connect(redis_url)
    card = await Cards(redis).get(thread(on).id)
    await redis.aclose()
    assert card is not None
    assert card.thread.contact_id == "cmparted"
    assert card.thread.person is not None
    assert card.thread.person.contact_id == "cmparted"
