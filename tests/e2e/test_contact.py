"""Contact…: what a team notes of a contact is shown, changed in part, and never lost between two who change it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from redis import Redis

from bot.contact.jobs import ChangeContact, ShowContact
from bot.facts import ContactChange
from bot.queue.job import Asker
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Ack, Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import card_of, click, form, hears, idle, shows, thread, told, version, whisper

Json = dict[str, Any]
BERLIN = ZoneInfo("Europe/Berlin")  # everybody's in the sandbox


@pytest.fixture
def team(on: Stage) -> dict[str, str]:
    """The team's tags and statuses: ids by name. Sarah is a lead with notes."""
    made = {name: on.inbox.add_tag(name) for name in ("VIP", "Press", "Trial")}
    made |= {name: on.inbox.add_status(name) for name in ("Lead", "Won", "Lost")}
    sarah = on.acme.sarah
    sarah.status_id, sarah.tag_ids, sarah.notes, sarah.valuation = made["Lead"], [made["Press"]], "Met in May.", 1500.0
    return made


async def press_contact(on: Stage, user: str, card: Message) -> Ack:
    """Choose Contact… in the card's menu."""
    return await on.slack.press(user, card.channel, card.ts, "more", value="Contact…")


async def contact_form(on: Stage, user: str, card: Message) -> Json:
    """The form of the card's contact, filled in."""
    assert (await press_contact(on, user, card)).ok
    return await form(on, user, "Default assignee")


async def save(on: Stage, user: str, **values: Any) -> Ack:
    """Change these fields in the form and submit it."""
    if "tags" in values:
        await on.slack.suggest(user, "contact_tags", "")
    return await on.slack.submit(user, values={f"contact_{name}": value for name, value in values.items()})


def element(view: Json, name: str) -> Json:
    (found,) = [block["element"] for block in view["blocks"] if block.get("block_id") == f"contact_{name}"]
    return dict(found)


def writes(on: Stage) -> list[tuple[str, Any]]:
    """What was asked of contacts: v2's requests with their bodies, in order; v1's one each."""
    asked = [
        call
        for call in on.inbox.calls
        if call.method != "GET" and ("/contacts/" in call.path or "/prospects/" in call.path)
    ]
    return [
        (f"{call.method} {call.path.rpartition('/')[2] if 'tags' in call.path else ''}".strip(), call.body)
        for call in asked
    ]


async def brought_back(on: Stage, user: str, why: str) -> Json:
    """The form that comes again, once it says `why`."""

    def there() -> Json | None:
        view = on.slack.modal(user)
        return view if view and why in on.slack.show(view).replace("\u2060", "") else None

    return await on.slack.until(there) or {}


async def hears_in_modal(on: Stage, user: str, words: str) -> None:
    """Within the time that an outage may take."""
    await on.slack.until(lambda: words in on.slack.show(on.slack.modal(user) or {"blocks": []}), 9.0)


def facts(person: PersonRecord) -> tuple[Any, ...]:
    return person.status_id, person.tag_ids, person.valuation, person.notes, person.assignee_id


# --- what the form shows ----------------------------------------------------------------------------------------------


async def test_the_form_shows_what_inbox_says_now(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    on.acme.sarah.notes = "Met in May. Wants an offer."  # no event told of it
    view = await contact_form(on, on.acme.ana, card)
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "submit", "close")}) == []
    assert "*Sarah Chen* (@sarah) on X" in on.slack.show(view)
    assert element(view, "status")["initial_option"]["text"]["text"] == "Lead"
    assert [one["text"]["text"] for one in element(view, "status")["options"]] == ["No status", "Lead", "Won", "Lost"]
    assert [one["text"]["text"] for one in element(view, "tags")["initial_options"]] == ["Press"]
    assert element(view, "value")["initial_value"] == "1500"
    assert [block["label"]["text"] for block in view["blocks"] if block.get("block_id") == "contact_value"] == [
        "Value (USD)"
    ]
    assert element(view, "notes")["initial_value"] == "Met in May. Wants an offer."
    chosen = element(view, "assignee")["initial_option"]["text"]["text"]
    assert chosen == ("Nobody" if version(on) == "v2" else "As it is (Inbox doesn't tell me who)")


async def test_a_team_without_tags_and_statuses_reads_what_to_do(on: Stage) -> None:
    view = await contact_form(on, on.acme.ana, await card_of(on))
    said = on.slack.show(view)
    assert "Your team has no statuses. Add some in Inbox." in said
    assert "Your team has no tags. Add some in Inbox." in said
    assert (await save(on, on.acme.ana, notes="First words")).ok
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: notes.")
    assert on.acme.sarah.notes == "First words"


async def test_tags_are_completed_from_the_store_while_somebody_types(on: Stage, team: dict[str, str]) -> None:
    for number in range(500):
        on.inbox.add_tag(f"Événement {number:03}")
    await contact_form(on, on.acme.ana, await card_of(on))
    on.inbox.calls.clear()

    async def offered(typed: str) -> list[str]:
        ack = await on.slack.suggest(on.acme.ana, "contact_tags", typed)
        assert (ack.ok, ack.trouble) == (True, "")
        return [one["text"]["text"] for one in on.slack.suggested("contact_tags")]

    assert await offered("evenement 49") == [f"Événement {number}" for number in range(490, 500)]
    assert await offered("vip") == ["VIP"]
    assert await offered("es") == ["Press"]
    assert len(await offered("")) == 100
    assert await offered("zz") == []
    assert on.inbox.calls == []


@pytest.mark.parametrize("who", ["kim", "guest", "outsider"])
async def test_who_may_not_act_sees_neither_form_nor_tags(on: Stage, team: dict[str, str], who: str) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)  # the tags are kept from now on
    user = getattr(on.acme, who)
    await press_contact(on, user, card)
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    view = await brought_back(on, user, why)
    assert "Met in May" not in on.slack.show(view)
    asked = {"type": "block_suggestion", "action_id": "contact_tags", "block_id": "contact_tags", "value": "v"}
    assert (await on.slack.interaction(user, asked)).body == {"options": []}


async def test_a_contact_without_a_name_of_its_own_on_v1_is_said(opened: Open) -> None:
    on = await opened(versions=["v1"])
    on.acme.sarah.is_unnamed = True
    card = await card_of(on)
    await press_contact(on, on.acme.ana, card)
    await brought_back(
        on, on.acme.ana, "Inbox names no contact for this person in the version of its API that I use (v1)"
    )


async def test_a_conversation_and_a_contact_that_are_gone_are_said(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    code = "contactNotFound" if version(on) == "v2" else "PROSPECT_NOT_FOUND"
    on.inbox.fail("GET /*/threads/*", 404, code)
    await press_contact(on, on.acme.ana, card)
    await brought_back(on, on.acme.ana, "That contact was deleted in Inbox")
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    await press_contact(on, on.acme.ana, card)
    await brought_back(on, on.acme.ana, "That conversation was deleted in Inbox.")
    await on.slack.until(lambda: "deleted in Inbox" in shows(on, card))


async def test_while_inbox_is_away_the_form_says_so(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    on.inbox.fail("GET /*/threads/*", 503, times=None)
    await press_contact(on, on.acme.ana, card)
    await brought_back(on, on.acme.ana, "Inbox isn't answering, so I can't show the contact. Try again in a minute.")


# --- what is saved ----------------------------------------------------------------------------------------------------


async def test_only_what_was_changed_is_sent_and_the_card_shows_it_with_who_did_it(
    on: Stage, team: dict[str, str]
) -> None:
    card = await card_of(on)
    assert "Status: Lead · Tags: Press · Value: 1,500 USD · 📝 Notes" in shows(on, card)
    await contact_form(on, on.acme.ana, card)
    ack = await save(on, on.acme.ana, status="Won", tags=["VIP"], value="2500.50")
    assert (ack.ok, ack.trouble) == (True, "")
    said = await hears(on, on.acme.ana, "Saved for *Sarah Chen*")
    assert "status *Won*; value *2,500.50 USD*; tags + *VIP*, − *Press*." in said  # noqa: RUF001 - a minus
    await on.slack.until(lambda: "Status: Won, by Ana, " in shows(on, card))
    assert "Tags: VIP (by Ana, " in shows(on, card)
    assert "Value: 2,500.50 USD, by Ana, " in shows(on, card)
    await idle(on)
    assert "Status: Won, by Ana, " in shows(on, card)  # the events that tell of it change nothing
    assert facts(on.acme.sarah) == (team["Won"], [team["VIP"]], 2500.5, "Met in May.", None)
    if version(on) == "v2":
        assert writes(on) == [
            ("PATCH", {"status": team["Won"], "valuation": 2500.5}),
            (f"PUT {team['VIP']}", None),
            (f"DELETE {team['Press']}", None),
        ]
    else:
        body = {"statusId": team["Won"], "valuation": 2500.5, "addTags": [team["VIP"]], "removeTags": [team["Press"]]}
        assert writes(on) == [("PATCH", body)]
    assert problems(card.blocks, "message") == []


async def test_status_value_and_notes_are_taken_away(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    await save(on, on.acme.ana, status="No status", value=None, notes=None, tags=[])
    await hears(on, on.acme.ana, "status *none*; value *none*; notes; tags − *Press*.")  # noqa: RUF001 - a minus
    assert facts(on.acme.sarah) == (None, [], None, None, None)
    await on.slack.until(lambda: "Status: none, by Ana, " in shows(on, card))
    assert "📝" not in shows(on, card)


async def test_a_form_in_which_nothing_was_changed_asks_for_nothing(on: Stage, team: dict[str, str]) -> None:
    on.acme.sarah.notes = "  Met in May.\r\n\r\nCalls back. "  # as Slack's field would not give it back
    await contact_form(on, on.acme.ana, await card_of(on))
    await save(on, on.acme.ana)
    await idle(on)
    assert writes(on) == []
    assert told(on, on.acme.ana) == []


@pytest.mark.parametrize("typed", ["a lot", "inf", "nan"])
async def test_a_value_that_is_no_number_is_said_beside_the_field(on: Stage, team: dict[str, str], typed: str) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    ack = await save(on, on.acme.ana, value=typed)
    assert ack.body == {
        "response_action": "errors",
        "errors": {"contact_value": "Write a number, such as 1500 or 99.50, or leave it empty."},
    }
    assert writes(on) == []


async def test_the_default_assignee_ends_the_dead_end_of_an_assignee_that_comes_from_the_contact(
    on: Stage, team: dict[str, str]
) -> None:
    card = await card_of(on)
    await on.inbox.app_assigns_contact(on.acme.sarah, on.acme.bo_member)
    await on.slack.until(lambda: "Assigned to Bo through the contact" in shows(on, card))
    assert "change the contact's default assignee with *Contact…*" in shows(on, card)
    await idle(on)
    view = await contact_form(on, on.acme.ana, card)
    assert element(view, "assignee")["initial_option"]["text"]["text"] == "Bo"
    await save(on, on.acme.ana, assignee="Nobody")
    await hears(on, on.acme.ana, "default assignee *none*.")
    await on.slack.until(lambda: "Unassigned by Ana" in shows(on, card))
    await idle(on)
    assert "Unassigned by Ana" in shows(on, card)
    assert on.acme.sarah.assignee_id is None
    assert "the contact" not in shows(on, card)


async def test_whoever_becomes_the_default_assignee_is_told_once(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    await save(on, on.acme.ana, assignee="Bo")
    await on.slack.until(lambda: "Assigned to Bo through the contact by Ana" in shows(on, card))
    await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    await idle(on)
    (message,) = on.slack.dms(on.acme.bo)
    assert "Ana assigned you the conversation with *Sarah Chen* (@sarah)." in on.slack.show(message)
    assert on.acme.sarah.assignee_id == on.acme.bo_member


async def test_notes_too_long_for_a_form_are_added_to(on: Stage, team: dict[str, str]) -> None:
    on.acme.sarah.notes = long = "x" * 4_000
    view = await contact_form(on, on.acme.ana, await card_of(on))
    assert "The notes are too long for a form in Slack; this is how they end." in on.slack.show(view)
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "submit", "close")}) == []
    await save(on, on.acme.ana, more_notes="And a word more.")
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: notes.")
    assert on.acme.sarah.notes == f"{long}\nAnd a word more."


async def test_what_was_done_is_on_record_without_a_word_of_the_notes(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    await save(on, on.acme.ana, status="Won", notes="A secret")
    await hears(on, on.acme.ana, "Saved for")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    said = await hears(on, on.acme.ana, "done: status, notes")
    assert "A secret" not in said


async def test_changes_made_in_inbox_redraw_the_card(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    change = on.inbox.world.change_contact
    change(on.acme.sarah, "status_id", team["Lost"])
    await on.slack.until(lambda: "Status: Lost, in Inbox, " in shows(on, card))
    change(on.acme.sarah, "valuation", 9000.0)
    await on.slack.until(lambda: "Value: 9,000 USD, in Inbox, " in shows(on, card))
    change(on.acme.sarah, "tag_ids", [team["VIP"], team["Press"]])
    await on.slack.until(lambda: "Tags: VIP, Press (in Inbox, " in shows(on, card))
    change(on.acme.sarah, "notes", None)
    await on.slack.until(lambda: "📝" not in shows(on, card))


# --- two people -------------------------------------------------------------------------------------------------------


async def test_two_who_change_one_contact_at_once_lose_nothing(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    await contact_form(on, on.acme.bo, card)
    await on.slack.suggest(on.acme.ana, "contact_tags", "")
    await asyncio.gather(
        on.slack.submit(on.acme.ana, values={"contact_status": "Won", "contact_tags": ["Press", "VIP"]}),
        on.slack.submit(on.acme.bo, values={"contact_value": "50", "contact_tags": ["Press", "Trial"]}),
    )
    await hears(on, on.acme.ana, "Saved for")
    await hears(on, on.acme.bo, "Saved for")
    status, tags, value, *_ = facts(on.acme.sarah)
    assert (status, value, sorted(tags)) == (team["Won"], 50.0, sorted(team[one] for one in ("Press", "VIP", "Trial")))
    await on.slack.until(lambda: "Status: Won, by Ana, " in shows(on, card))
    await on.slack.until(lambda: "Value: 50 USD, by Bo, " in shows(on, card))


async def test_notes_that_changed_since_the_form_was_opened_are_shown_beside_ones_own_and_nothing_is_saved(
    on: Stage, team: dict[str, str]
) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    await contact_form(on, on.acme.bo, card)
    await save(on, on.acme.bo, notes="Met in May. Likes tea.")
    await hears(on, on.acme.bo, "Saved for *Sarah Chen*: notes.")
    await save(on, on.acme.ana, notes="Met in May. Moved to Oslo.", status="Won")
    view = await brought_back(on, on.acme.ana, "Somebody changed the notes after you opened the form.")
    said = on.slack.show(view)
    assert "Nothing was saved. Look at the form, and save again." in said
    assert "Met in May. Likes tea." in said
    assert element(view, "notes")["initial_value"] == "Met in May. Moved to Oslo."
    assert element(view, "status")["initial_option"]["text"]["text"] == "Won"
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "submit", "close")}) == []
    assert facts(on.acme.sarah)[3] == "Met in May. Likes tea."
    assert facts(on.acme.sarah)[0] == team["Lead"]
    await save(on, on.acme.ana, notes="Met in May. Likes tea. Moved to Oslo.")
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*; notes.")
    assert facts(on.acme.sarah)[3] == "Met in May. Likes tea. Moved to Oslo."


async def test_a_status_that_changed_meanwhile_is_not_overwritten(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    on.inbox.world.change_contact(on.acme.sarah, "status_id", team["Lost"])
    await save(on, on.acme.ana, status="Won")
    why = "Somebody changed the status after you opened the form: it is *Lost* in Inbox now, you chose *Won*."
    await brought_back(on, on.acme.ana, why)
    assert on.acme.sarah.status_id == team["Lost"]
    await save(on, on.acme.ana)  # who saves again means it
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*.")
    assert on.acme.sarah.status_id == team["Won"]


async def test_what_is_so_already_is_said(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    on.inbox.world.change_contact(on.acme.sarah, "status_id", team["Won"])
    await save(on, on.acme.ana, status="Won")
    await hears(on, on.acme.ana, "Inbox already has it that way, so there was nothing to save.")
    assert writes(on) == []


# --- what Inbox refuses -----------------------------------------------------------------------------------------------


async def test_a_tag_and_a_status_that_are_gone_bring_the_form_with_the_fresh_list(
    on: Stage, team: dict[str, str]
) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    world = on.inbox.world
    world.delete_label("status", world.labels["status"][team["Won"]])
    world.delete_label("tag", world.labels["tag"][team["VIP"]])
    await save(on, on.acme.ana, status="Won", tags=["Press", "VIP"], value="7")
    view = await brought_back(on, on.acme.ana, "The tag *VIP* no longer exists in Inbox.")
    said = on.slack.show(view)
    assert "The status *Won* no longer exists in Inbox." in said
    assert "The form now has the current list." in said
    assert [one["text"]["text"] for one in element(view, "status")["options"]] == ["No status", "Lead", "Lost"]
    await on.slack.suggest(on.acme.ana, "contact_tags", "")
    assert [one["text"]["text"] for one in on.slack.suggested("contact_tags")] == ["Press", "Trial"]
    assert element(view, "value")["initial_value"] == "7"
    assert element(view, "status")["initial_option"]["text"]["text"] == "Lead"
    await save(on, on.acme.ana, status="Lost", tags=["Press", "Trial"])
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Lost*; value *7 USD*; tags + *Trial*.")
    assert facts(on.acme.sarah)[:3] == (team["Lost"], [team["Press"], team["Trial"]], 7.0)


async def test_of_several_writes_the_one_that_was_refused_is_named_and_the_others_are_saved(opened: Open) -> None:
    on = await opened(versions=["v2"])
    tags = [on.inbox.add_tag(name) for name in ("VIP", "Press")]
    status = on.inbox.add_status("Won")
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    on.inbox.fail(f"PUT /v2/contacts/*/tags/{tags[0]}", code="workspaceLocked")
    await save(on, on.acme.ana, status="Won", tags=["VIP", "Press"])
    view = await brought_back(on, on.acme.ana, "Not saved: tag *VIP*. Inbox doesn't allow this")
    said = on.slack.show(view)
    assert "Saved: status, tags. The rest is still in the form." in said
    assert facts(on.acme.sarah)[:2] == (status, [tags[1]])
    await on.slack.until(lambda: "Status: Won, by Ana, " in shows(on, card))
    await save(on, on.acme.ana)
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: tags + *VIP*.")
    assert on.acme.sarah.tag_ids == [tags[1], tags[0]]


async def test_a_contact_that_goes_meanwhile_is_said_and_the_notes_come_back(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    code = "contactNotFound" if version(on) == "v2" else "PROSPECT_NOT_FOUND"
    on.inbox.fail("PATCH *", 404, code)
    await save(on, on.acme.ana, notes="Long thoughts")
    said = await hears(on, on.acme.ana, "That contact was deleted in Inbox, so nothing was saved.")
    assert "Long thoughts" in said


async def test_who_lost_their_seat_meanwhile_has_their_notes_back(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "unlink")
    await hears(on, on.acme.ana, "unlinked")
    await save(on, on.acme.ana, notes="Long thoughts")
    said = await hears(on, on.acme.ana, "You are unlinked from Inbox.")
    assert "Long thoughts" in said
    assert writes(on) == []


async def test_a_form_that_is_too_old_keeps_what_was_written(on: Stage, team: dict[str, str], redis_url: str) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    with Redis.from_url(redis_url) as redis:
        for name in redis.keys(keys.contact_form("*")):
            redis.delete(name)
    ack = await save(on, on.acme.ana, notes="Long thoughts")
    assert isinstance(ack.body, dict)
    assert "This form was opened more than a day ago." in ack.body["errors"]["contact_value"]


# --- outages and kills ------------------------------------------------------------------------------------------------


async def test_an_outage_is_waited_for_and_the_change_is_made_once(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    on.inbox.fail("*", 503, times=None)
    await save(on, on.acme.ana, status="Won", tags=["Press", "VIP"])
    await hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying for 10 minutes and tell you.")
    on.inbox.heal()
    on.inbox.calls.clear()
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*; tags + *VIP*.")
    await idle(on)
    assert len(writes(on)) == (2 if version(on) == "v2" else 1)
    assert len([one for one in told(on, on.acme.ana) if "isn't answering" in one]) == 1
    assert facts(on.acme.sarah)[:2] == (team["Won"], [team["Press"], team["VIP"]])


async def test_after_an_unknown_outcome_inbox_is_read_before_anything_is_said(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await contact_form(on, on.acme.ana, card)
    on.inbox.fail("PATCH *", drop="after")
    await save(on, on.acme.ana, status="Won", notes="Signed.")
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*; notes.")
    await on.slack.until(lambda: "Status: Won, by Ana, " in shows(on, card))
    await idle(on)
    assert len(writes(on)) == 1  # it had been done
    assert facts(on.acme.sarah)[0] == team["Won"]


async def test_inbox_asks_to_wait_and_it_is_done_then(on: Stage, team: dict[str, str]) -> None:
    await contact_form(on, on.acme.ana, await card_of(on))
    on.inbox.fail("PATCH *", 429, retry_after=1)
    await save(on, on.acme.ana, status="Won")
    await hears(on, on.acme.ana, "Inbox asks us to wait 1 s. I'll do it then.")
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*.")


def killed(on: Stage, team: dict[str, str], **more: Any) -> ChangeContact:
    """As a worker left it that died after it had asked Inbox for a part of it."""
    contact = on.acme.sarah.contact_id if version(on) == "v2" else on.acme.sarah.profile_id
    wanted: Json = {
        "thread_id": thread(on).id,
        "contact_id": contact,
        "change": ContactChange(facts={"status": team["Won"], "notes": "Signed."}, add=(team["VIP"],)),
        "shown": {"status": team["Lead"], "notes": "Met in May."},
        "named": {team["Won"]: "Won", team["VIP"]: "VIP"},
        "begun": True,
        "asker": Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel),
    }
    return ChangeContact(**(wanted | more))


@pytest.mark.parametrize(
    ("begun", "why"),
    [(False, "Nothing was saved."), (True, "Whether it was saved I can't tell: open the contact and look.")],
)
async def test_after_ten_minutes_the_change_is_given_up_and_handed_back(
    on: Stage, team: dict[str, str], begun: bool, why: str
) -> None:
    await card_of(on)
    on.inbox.fail("GET /*/threads/*", 503, times=None)
    await on.bridge.lanes.accept(killed(on, team, begun=begun, at=datetime.now(UTC) - timedelta(minutes=11)))
    said = await hears(on, on.acme.ana, f"Inbox didn't answer for 10 minutes, so I stopped trying. {why}")
    assert "Signed." in said
    on.inbox.heal()
    (message,) = on.slack.dms(on.acme.ana)  # whoever asked that long ago may look elsewhere by now
    assert problems(message.blocks, "message") == []
    await on.slack.press(on.acme.ana, message.channel, message.ts, "Open Contact…")
    view = await form(on, on.acme.ana, "Default assignee")
    assert element(view, "notes")["initial_value"] == "Signed."
    assert [one["text"]["text"] for one in element(view, "tags")["initial_options"]] == ["VIP", "Press"]
    await on.slack.submit(on.acme.ana)
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*; notes; tags + *VIP*.")


async def test_a_card_is_drawn_and_an_assignee_told_whoever_died_meanwhile(on: Stage, team: dict[str, str]) -> None:
    """The worker died after the card was written down, and the next one does it again."""
    card = await card_of(on)
    await on.inbox.app_assigns_contact(on.acme.sarah, on.acme.bo_member)
    await on.slack.until(lambda: "Assigned to Bo through the contact" in shows(on, card))
    done = ContactChange(facts={"assignee": on.acme.bo_member})
    shown = ShowContact(thread_id=thread(on).id, by="Ana", member_id=on.acme.ana_member, done=done)
    await on.bridge.lanes.accept(shown)
    await on.slack.until(lambda: "Assigned to Bo through the contact by Ana" in shows(on, card))
    await on.slack.until(lambda: on.slack.dms(on.acme.bo))


@pytest.mark.parametrize("done", [(), ("facts",), ("facts", "tags")])
async def test_a_change_whose_worker_died_is_finished_by_the_next_and_nothing_is_done_twice(
    on: Stage, team: dict[str, str], done: tuple[str, ...]
) -> None:
    card = await card_of(on)
    sarah = on.acme.sarah
    if "facts" in done:
        sarah.status_id, sarah.notes = team["Won"], "Signed."
    if "tags" in done:
        sarah.tag_ids = [team["Press"], team["VIP"]]
    await on.bridge.lanes.accept(killed(on, team))
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*; notes; tags + *VIP*.")
    await on.slack.until(lambda: "Status: Won, by Ana, " in shows(on, card))
    assert facts(sarah) == (team["Won"], [team["Press"], team["VIP"]], 1500.0, "Signed.", None)
    left = 2 - len(done) if version(on) == "v2" else min(1, 2 - len(done))
    assert len(writes(on)) == left


async def test_what_somebody_changed_while_a_worker_was_dead_is_not_overwritten(
    on: Stage, team: dict[str, str]
) -> None:
    await card_of(on)
    on.acme.sarah.status_id = team["Lost"]
    await on.bridge.lanes.accept(killed(on, team))
    said = await hears(on, on.acme.ana, "it is *Lost* in Inbox now, you chose *Won*. Saved: notes, tags.")
    assert "The rest is still in the form." in said
    assert facts(on.acme.sarah)[0] == team["Lost"]
    assert facts(on.acme.sarah)[3] == "Signed."
    (message,) = [one for one in on.slack.ephemerals(on.acme.ana) if "Saved: notes" in on.slack.show(one)]
    assert message.blocks[-1]["elements"][0]["text"]["text"] == "Open Contact…"
    assert problems(message.blocks, "message") == []
    await on.slack.press_ephemeral(on.acme.ana, message, "Open Contact…")
    view = await form(on, on.acme.ana, "Default assignee")
    assert element(view, "status")["initial_option"]["text"]["text"] == "Won"


async def test_nobody_else_opens_what_somebody_could_not_save(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    on.acme.sarah.notes = "Mine"
    await on.bridge.lanes.accept(killed(on, team))
    await hears(on, on.acme.ana, "Somebody changed the notes")
    (message,) = [one for one in on.slack.ephemerals(on.acme.ana) if "changed the notes" in on.slack.show(one)]
    value = message.blocks[-1]["elements"][0]["value"]
    await click(on, on.acme.bo, card, "contact_again", value)
    view = await brought_back(on, on.acme.bo, "This form was opened more than a day ago.")
    assert "Signed." not in on.slack.show(view)


# --- a note -----------------------------------------------------------------------------------------------------------


async def test_a_note_goes_below_the_notes_once_with_who_saved_it(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    note = killed(
        on, team, change=ContactChange(), shown={}, named={}, begun=False, append="Wants\nan offer.", sign=True
    )
    await on.bridge.lanes.accept(note)
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: notes.")
    day = note.at.astimezone(BERLIN)
    line = f"Ana, {day.day} {day:%b}: Wants\nan offer."
    assert on.acme.sarah.notes == f"Met in May.\n{line}"
    await on.bridge.lanes.accept(note)  # another worker finds it unfinished
    await hears(on, on.acme.ana, "That is already in the contact's notes.")
    assert on.acme.sarah.notes == f"Met in May.\n{line}"
    assert "📝 Notes" in shows(on, card)


async def this_message(on: Stage, user: str, said: Message) -> Json:
    """The form *This message…* of `user` on a Slack message."""
    assert (await on.slack.shortcut(user, said.channel, said.ts, "this_message")).ok
    return await brought_back(on, user, "Conversation with")


async def test_a_message_is_saved_as_a_note_of_the_contact(on: Stage, team: dict[str, str]) -> None:
    began = datetime.now(BERLIN)
    card = await card_of(on, "I need an offer by Friday.")
    view = await this_message(on, on.acme.ana, card)
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "close")}) == []
    assert (await on.slack.press_modal(on.acme.ana, "Save as note")).ok
    await brought_back(on, on.acme.ana, "Saved for *Sarah Chen*: notes.")
    days = (began, datetime.now(BERLIN))  # midnight may have come between
    lines = [f"Ana, {day.day} {day:%b}: I need an offer by Friday." for day in days]
    saved = on.acme.sarah.notes
    assert saved in [f"Met in May.\n{line}" for line in lines]
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Save as note")
    await brought_back(on, on.acme.ana, "That is already in the contact's notes.")
    assert on.acme.sarah.notes == saved
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    said = await hears(on, on.acme.ana, "save_note")
    assert "Friday" not in said


async def test_what_colleagues_say_below_the_card_is_saved_as_a_note_too(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, f"<@{on.acme.kim}> says she &amp; Omar are friends", card.ts)
    await this_message(on, on.acme.ana, talk)
    await on.slack.press_modal(on.acme.ana, "Save as note")
    await brought_back(on, on.acme.ana, "Saved for *Sarah Chen*: notes.")
    assert str(on.acme.sarah.notes).endswith(": @Kim says she & Omar are friends")


async def test_a_note_waits_for_inbox_and_two_who_save_one_at_once_lose_none(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on, "I need an offer.")
    for user in (on.acme.ana, on.acme.bo):
        await this_message(on, user, card)
    on.inbox.fail("PATCH *", 503, times=2)
    await asyncio.gather(*(on.slack.press_modal(user, "Save as note") for user in (on.acme.ana, on.acme.bo)))
    await hears_in_modal(on, on.acme.ana, "Saved for")
    await hears_in_modal(on, on.acme.bo, "Saved for")
    notes = str(on.acme.sarah.notes).split("\n")
    assert notes[0] == "Met in May."
    assert sorted(one.partition(",")[0] for one in notes[1:]) == ["Ana", "Bo"]


async def test_words_that_are_no_longer_kept_are_not_saved(on: Stage, team: dict[str, str], redis_url: str) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Likes tea", card.ts)
    await this_message(on, on.acme.ana, talk)
    with Redis.from_url(redis_url) as redis:
        for name in redis.keys(keys.contact_talk("*")):
            redis.delete(name)
    await on.slack.press_modal(on.acme.ana, "Save as note")
    await hears(on, on.acme.ana, "That is too long ago: I no longer have what was said.")
    assert on.acme.sarah.notes == "Met in May."


# --- from elsewhere ---------------------------------------------------------------------------------------------------


async def test_it_opens_from_a_list_from_home_and_from_this_message(on: Stage, team: dict[str, str]) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "unassigned")
    listed = await whisper(on, on.acme.ana, "Hi there")
    await on.slack.press_ephemeral(on.acme.ana, listed, "more", value="Contact…")
    await form(on, on.acme.ana, "Default assignee")
    await save(on, on.acme.ana, status="Won")
    await hears(on, on.acme.ana, "Saved for *Sarah Chen*: status *Won*.")
    await on.slack.open_home(on.acme.ana)
    await on.slack.until(lambda: on.slack.home(on.acme.ana))
    await on.slack.press_home(on.acme.ana, "more", value="Contact…")
    view = await form(on, on.acme.ana, "Default assignee")
    assert element(view, "status")["initial_option"]["text"]["text"] == "Won"
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Contact…")
    await form(on, on.acme.ana, "Default assignee")
