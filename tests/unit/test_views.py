"""Cards, modals and receipts: what they show, that Slack would take them, and that no stranger can act through them."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot import errors, words
from bot.address import Candidate
from bot.assign.views import assign_modal, assigned_message
from bot.card import Card, Note
from bot.cards.message_views import follow_ups, last_that_fit, meanwhile
from bot.cards.views import INHERITED, cannot_send, closed_card, restricted, thread_card, why_not
from bot.dm.views import choose_message, choose_modal, dm_modal, help_message
from bot.models import AccountLink, Attachment, Member, Message, Person, Reaction, SendState, Thread
from bot.reply.views import Entry, asked_first, closed_reply, reply_modal, reply_receipt
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.send.views import receipt
from bot.slack.blocks import Msg, loading_modal, notice_modal
from bot.slack.lesser import without_pictures
from bot.snippets import views as snippets
from bot.snippets.words import too_long

AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
AT_TOKEN = f"<!date^{int(AT.timestamp())}^{{time}}|14:02 UTC>"
HOSTILE = ("<!channel> *bold* <https://evil.example|click> & :tada: @here \u202e\x00\n> " * 200)[:12_000]
NAMES = ["Sarah Chen", "<!channel> @here", "نور الهدى", "👩🏽‍🚀" * 40, "N" * 300, "", "\x00"]
TEXTS = ["Hi there", HOSTILE, "🎉" * 12_000, "שלום עולם", "", " \n ", "\ud800"]
# Each name with two texts, and each text with two names.
EXTREMES = [*zip(NAMES, TEXTS, strict=True), *zip(NAMES, [*TEXTS[1:], TEXTS[0]], strict=True)]
SARAH = Person(platform="twitter", platform_id="42", username="sarahchen", name="Sarah Chen")


def message(text: str = "Hi there", **more: Any) -> Message:
    return Message(**{"id": "m1", "thread_id": "t1", "direction": "inbound", "text": text, "created_at": AT, **more})


def thread(**more: Any) -> Thread:
    return Thread(**{"id": "t1", "account_link_id": "a1", "platform_id": "1:42", "person": SARAH, **more})


def card(*, latest: Message | None = None, gone: bool = False, waits: bool = True, **more: Any) -> Card:
    notes = {name: more.pop(name) for name in ("archived_by", "assigned_by") if name in more}
    return Card(
        thread=thread(**more),
        latest=latest or message(),
        archived=notes.get("archived_by"),
        assigned=notes.get("assigned_by"),
        waiting_since=AT if waits and not more.get("archived") else None,
        gone=gone,
    )


def show(card: Card, assignee: str | None = None) -> Msg:
    return thread_card(card, account="@acme", assignee=assignee)


def link(number: int, username: str = "acme") -> AccountLink:
    return AccountLink(id=f"a{number}", platform="twitter", username=username)


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a message or view."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield node
    for child in children:
        yield from parts(child)


def buttons(shown: Any) -> list[str]:
    return [part["text"]["text"] for part in parts(shown) if part.get("type") == "button"]


def literal(shown: Any) -> str:
    """All that stands in rich_text, where Slack interprets nothing."""
    return "".join(part["text"] for part in parts(shown) if part.get("type") == "text")


def mrkdwn(shown: Any) -> str:
    return "\n".join(part["text"] for part in parts(shown) if part.get("type") == "mrkdwn")


def states(shown: Msg) -> list[str]:
    """What the card's small print and first line say, one thing after the other, without marks."""
    return [one.strip("*🔴🟡🟢✅✖️ ") for one in re.split(r"\n| · ", mrkdwn(shown))]


def must_be_taken(messages: Iterable[Any], longest: int = 3_000) -> None:
    """Slack takes each of these."""
    for shown in messages:
        must_be_valid(shown)
        assert 0 < len(shown["text"]) <= longest


def must_be_inert(messages: Iterable[Any]) -> None:
    """No stranger's words ping, link or format in any of these."""
    for shown in messages:
        active = shown["text"] + mrkdwn(shown)
        for danger in ("<!channel", "<http", "@here", "*bold*", ":tada:", "\u202e"):
            assert danger not in active


def must_be_valid(shown: Any) -> None:
    json.dumps(shown).encode()
    json.dumps(shown, ensure_ascii=False).encode()
    assert (view_problems(shown) if "type" in shown else problems(shown["blocks"], "message")) == []
    if shown.get("type") == "modal":
        View(**json.loads(json.dumps(shown))).to_dict()
    assert len(shown["blocks"]) <= (100 if shown.get("type") == "modal" else 50)
    for block in shown["blocks"]:
        parsed = Block.parse(json.loads(json.dumps(block)))
        assert parsed is not None
        parsed.to_dict()
    for part in parts(shown):
        assert part.get("elements") != []
        if part.get("type") in ("text", "mrkdwn", "plain_text"):
            assert 0 < len(part["text"]) <= 3_000
        if part.get("type") == "plain_text":
            assert part["emoji"] is False
        if part.get("type") in ("link", "image"):
            assert str(part.get("url") or part.get("image_url")).startswith("https://")
        if part.get("type") == "context":
            assert len(part["elements"]) <= 10


def files(text: str) -> tuple[Attachment, ...]:
    kinds = ("image", "gif", "video", "audio", "file", "card", "something new")
    url = "https://media.example/" + "u" * 2_900
    return tuple(
        Attachment(kind=kind, url=url if shown else "javascript:alert(1)", title=text, seconds=3_700, poster=url)
        for kind in kinds
        for shown in (True, False)
    )


def every_message() -> Iterator[Msg]:
    for name, text in EXTREMES:
        person = Person(
            platform="linkedin",
            platform_id="42",
            username=name,
            name=name,
            bio=text,
            followers=10**12,
            assignee_id="x",
        )
        note = Note(who=name, at=AT)
        said = message(text, attachments=files(text), reactions=tuple(Reaction(emoji=name) for _ in range(300)))
        for archived, gone in product((True, False), repeat=2):
            whole = Card(
                thread=thread(person=person, archived=archived, assignee_id="x", is_request=True),
                latest=said,
                archived=note,
                assigned=note,
                answered=note,
                gone=gone,
            )
            shown = thread_card(
                whole,
                account=name,
                assignee=name or None,
                status=name,
                tags=[f"{name} {number}" for number in range(200)],
                replying=[name] * 30,
                no_reply=cannot_send(name) if archived else "",
            )
            yield shown
            yield without_pictures(shown)
        yield follow_ups([said], person)
        fit = last_that_fit([said] * 30)
        yield meanwhile([said] * fit, person, 30 - fit)
        yield follow_ups([said] * fit, person)
        yield assigned_message(Card(thread=thread(person=person), latest=said), by=name, link="https://s.example")
        states: tuple[SendState, ...] = ("sending", "sent", "unconfirmed", "failed")
        for state in states:
            yield closed_reply(state, name)
            yield reply_receipt(
                writer=name,
                person=name,
                account=name,
                text=text,
                url="https://x.com/i/chat/1:2",
                state=state,
                reason=words.nobody(name) if state == "failed" else "",
                intent="i1",
                at=AT,
                message=said.having(edited=True),
            )
            yield receipt(
                state=state,
                person=name,
                handle=name,
                account=name,
                text=text,
                url="https://x.com/i/chat/1:2",
                reason=words.nobody(name) if state == "failed" else "",
                intent="i1",
            )
        yield choose_message(recipient=name, intent="i1")
    yield follow_ups([message(direction="outbound")], None)
    yield thread_card(Card(thread=thread(person=None)), account="@acme", assignee=None)
    yield help_message()


def saved_replies(name: str, text: str) -> Iterator[dict[str, Any]]:
    """Their forms, and the form to reply with one of them in it."""
    one = snippets.Shown("team:s1", "r1", name or "x", text, teams=True)
    yield snippets.listed([], page=0, metadata="||", admin=True)
    yield snippets.listed([one] * 50, page=1, metadata="||", said=name, admin=False)
    yield snippets.edit(name=name, text=text, metadata="||", stamp="s", old=one, whose="team", theirs=one)
    yield snippets.read(one, "||")
    form = reply_modal(
        thread=thread(),
        account=name,
        assignee=None,
        takes=True,
        messages=None,
        others=[],
        entry=Entry(characters=None, archives=True, seen=AT),
        metadata="t1||",
    )
    at = form["blocks"].index(snippets.text_field(form))
    form["blocks"].insert(at, snippets.menu())
    yield snippets.with_text(form, 1, (text or "x")[:3_000], too_long(name, 3, 20))


def every_modal() -> Iterator[dict[str, Any]]:
    yield loading_modal("A title that is much longer than Slack allows")
    yield notice_modal("New DM", words.NOT_LINKED)
    links = [link(number, "a" * number) for number in range(1, 150)]
    for name, text in EXTREMES:
        person = Person(platform="twitter", platform_id="42", username=name, name=name)
        for messages in (None, [], [message(text, attachments=files(text))] * 5):
            yield reply_modal(
                thread=thread(person=person if messages else None, assignee_id="x"),
                account=name,
                assignee=name,
                takes=False,
                messages=messages,
                others=[(name, AT)] * 30,
                entry=Entry(characters=None if messages else 7, archives=bool(messages), seen=AT),
                metadata="t1|C1|1.2",
            )
    for name, text in EXTREMES:
        person = Person(platform="twitter", platform_id="42", username=name, name=name)
        yield asked_first(thread(person=person, assignee_id="x"), name, "t1||")
        yield from saved_replies(name, text)
    for name, count in product(NAMES, (1, 2, 100, 101, 250)):
        members = [Member(id=f"m{number}", name=name, email=f"{name}@acme.example") for number in range(count)]
        yield assign_modal(members=members, me="m0", thread=thread(assignee_id="m0"), metadata="t1||")
    for (name, text), count in product(EXTREMES, (0, 1, 2, 149)):
        limits = {"twitter": 1, "linkedin": None, "x" * 300: 200}
        yield dm_modal(links=links[:count], recipient=name, text=text, account_link_id=f"a{count}", limits=limits)
        yield dm_modal(links=links[:count], text=text, limits={"twitter": 1, "x" * 300: 200})
        if count:
            person = Person(platform="twitter", platform_id="42", username=name, name=name)
            found = [Candidate(person=person, account_link_id=each.id) for each in links[:count]]
            by_id = {each.id: each for each in links}
            yield choose_modal(candidates=found, links=by_id, text=text, metadata="i1")


def test_slack_takes_every_message_however_extreme_its_content() -> None:
    must_be_taken(every_message())


def test_slack_takes_every_modal_however_extreme_its_content() -> None:
    for shown in every_modal():
        must_be_valid(shown)


def test_no_strangers_words_ping_link_or_format() -> None:
    must_be_inert(every_message())
    assert "\u202e" not in "".join(json.dumps(shown, ensure_ascii=False) for shown in every_message())


def test_card_shows_who_wrote_what_to_which_account() -> None:
    shown = show(card(is_request=True))
    assert literal(shown) == "Hi there"
    whose = "Sarah Chen (@sarahchen) via @acme · message request"
    assert mrkdwn(shown).splitlines()[0] == f"🔴 *Waiting since {AT_TOKEN}* · Unassigned · {whose}"
    assert shown["text"] == f"🔴 Waiting since {AT_TOKEN} · Unassigned · {whose}: Hi there"
    assert "Received <!date^" in mrkdwn(shown)


def test_a_card_where_another_organisation_reads_along_has_a_menu_without_a_link() -> None:
    """Which would tell who it is."""
    shown = closed_card(Card(thread=thread()), account="@acme")
    (menu,) = [part for part in parts(shown) if part.get("action_id") == "more"]
    assert [one["text"]["text"] for one in menu["options"]] == ["Assign to…", "Snooze…", "Contact…", "Earlier…"]
    assert "https://" not in json.dumps(shown)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, f"🔴 Waiting since {AT_TOKEN} · New message for @acme, open in Inbox."),
        ({"assignee_id": "m1"}, f"🟡 Waiting since {AT_TOKEN} · New message for @acme, open in Inbox."),
        ({"waits": False}, "🟢 Answered · A conversation of @acme, open in Inbox."),
        ({"archived": True}, "✅ Archived · A conversation of @acme, open in Inbox."),
        ({"gone": True}, "✖️ Deleted in Inbox · A conversation of @acme, open in Inbox."),
    ],
)
def test_a_card_where_another_organisation_reads_along_says_how_it_stands_and_no_more(
    more: dict[str, Any], said: str
) -> None:
    by = Note(who="Bo", at=AT)
    shown = closed_card(card(archived_by=by, assigned_by=by, **more), account="@acme")
    assert shown["text"] == said
    assert mrkdwn(shown).replace("*", "") == said
    assert "Bo" not in json.dumps(shown)


def test_card_keeps_a_message_literal_and_clips_it() -> None:
    shown = literal(show(card(latest=message(HOSTILE))))
    assert "<!channel> *bold* <https://evil.example|click> & :tada: @here" in shown
    assert shown.endswith("…")
    assert len(shown) < 3_000


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        ({}, ["Reply", "Assign to me", "Archive"]),
        ({"assignee_id": "x"}, ["Reply", "Unassign", "Archive"]),
        ({"archived": True}, ["Reply", "Assign to me", "Reopen"]),
        ({"archived": True, "assignee_id": "x"}, ["Reply", "Unassign", "Reopen"]),
        ({"gone": True}, []),
    ],
)
def test_buttons_follow_the_state(state: dict[str, Any], labels: list[str]) -> None:
    shown = show(card(**state))
    assert buttons(shown) == labels
    acting = [part for part in parts(shown) if part.get("type") == "button" and "url" not in part]
    assert all(part["value"] == "t1" for part in acting)


@pytest.mark.parametrize(
    ("state", "assignee", "line"),
    [
        ({}, None, "Unassigned"),
        ({"assigned_by": Note(who="Bo", at=AT)}, None, f"Unassigned by Bo, {AT_TOKEN}"),
        ({"assignee_id": "x"}, "Ana", "Assigned to Ana"),
        ({"assignee_id": "x", "assigned_by": Note(who="Ana", at=AT)}, "Ana", f"Assigned to Ana, {AT_TOKEN}"),
        ({"assignee_id": "x", "assigned_by": Note(who="Bo", at=AT)}, "Ana", f"Assigned to Ana by Bo, {AT_TOKEN}"),
        ({"assignee_id": "x", "assigned_by": Note(who="Bo", member="x", at=AT)}, "bo", f"Assigned to bo, {AT_TOKEN}"),
        (
            {"assignee_id": "x", "assigned_by": Note(who="Bo", member="y", at=AT)},
            "Bo",
            f"Assigned to Bo by Bo, {AT_TOKEN}",
        ),
        ({"assignee_id": "x", "assigned_by": Note(at=AT)}, "Ana", f"Assigned to Ana in Inbox, {AT_TOKEN}"),
        ({"assignee_id": "x"}, None, "Assigned to someone"),
        ({"archived": True}, None, "Archived"),
        ({"archived": True, "archived_by": Note(who="Ana", at=AT)}, None, f"Archived by Ana, {AT_TOKEN}"),
        ({"archived": True, "archived_by": Note(at=AT)}, None, f"Archived in Inbox, {AT_TOKEN}"),
        ({"gone": True}, None, "That conversation was deleted in Inbox."),
    ],
)
def test_card_says_who_did_what_and_when(state: dict[str, Any], assignee: str | None, line: str) -> None:
    shown = show(card(**state), assignee)
    assert line in states(shown)
    assert line in [one.strip("🔴🟡🟢✅✖️ ") for one in shown["text"].split(" · ")]


@pytest.mark.parametrize(
    ("state", "first"),
    [
        ({}, f"🔴 *Waiting since {AT_TOKEN}* · Unassigned"),
        ({"assignee_id": "x"}, f"🟡 *Waiting since {AT_TOKEN}* · Assigned to Bo"),
        ({"waits": False}, "🟢 *Answered* · Unassigned"),
        ({"waits": False, "assignee_id": "x"}, "🟢 *Answered* · Assigned to Bo"),
        ({"archived": True, "assignee_id": "x"}, "✅ *Archived* · Assigned to Bo"),
        ({"gone": True}, f"✖️ *{words.GONE}*"),
    ],
)
def test_card_says_first_whether_somebody_waits_and_then_who_has_it(state: dict[str, Any], first: str) -> None:
    shown = show(card(**state), "Bo")
    assert mrkdwn(shown).splitlines()[0] == f"{first} · Sarah Chen (@sarahchen) via @acme"
    assert shown["text"].startswith(first.replace("*", ""))


def test_a_wait_of_another_day_than_the_last_message_names_its_day() -> None:
    shown = show(card(latest=message(created_at=AT.replace(day=24))))
    assert (
        f"Waiting since <!date^{int(AT.timestamp())}^{{date_short_pretty}}, {{time}}|2026-11-22 14:02 UTC>"
        in states(shown)
    )


def test_what_is_written_after_it_was_archived_waits_and_the_card_says_both() -> None:
    whole = card(archived=True, archived_by=Note(at=AT)).having(waiting_since=AT)
    assert states(show(whole))[:2] == [f"Waiting since {AT_TOKEN}", "Unassigned"]
    assert f"Archived in Inbox, {AT_TOKEN}" in states(show(whole))


def test_a_card_shows_the_persons_picture_where_there_is_one() -> None:
    face = "https://pics.example/sarah.jpg"
    shown = show(card(person=SARAH.having(picture=face)))
    (image,) = [part for part in parts(shown) if part.get("type") == "image"]
    assert (image["image_url"], image["alt_text"]) == (face, "Picture of Sarah Chen")
    assert not [part for part in parts(without_pictures(shown)) if part.get("type") == "image"]
    strange = show(card(person=SARAH.having(picture="javascript:alert(1)")))
    assert not [part for part in parts(strange) if part.get("type") == "image"]


def test_card_names_attachments_edits_and_deletions() -> None:
    files = (Attachment(kind="image"), Attachment(kind="card", title="Our prices"))
    shown = show(card(latest=message("", attachments=files, edited=True)))
    assert "📎 image, card: Our prices" in literal(shown)
    assert " · edited" in mrkdwn(shown)
    gone = show(card(latest=message("secret", deleted=True)))
    assert "This message was deleted." in literal(gone)
    assert "secret" not in json.dumps(gone)


def test_a_card_names_the_person_and_what_the_team_noted_of_them() -> None:
    sarah = SARAH.having(followers=1, bio="Runs\nfast")
    shown = thread_card(card(person=sarah), account="@acme", assignee=None, status="Lead", tags=["VIP", "trial"])
    assert "On X · 1 follower · Runs fast · Status: Lead · Tags: VIP, trial · Received" in mrkdwn(shown)


def test_a_button_that_is_missing_leaves_a_reason() -> None:
    shown = thread_card(card(), account="@acme", assignee=None, no_reply=restricted("X"))
    assert "Reply" not in buttons(shown)
    assert "~Reply~ X has closed this conversation, so nobody can write in it." in mrkdwn(shown).splitlines()
    inherited = SARAH.having(assignee_id="x")
    shown = show(card(person=inherited, assignee_id="x"), "Bo")
    assert "Unassign" not in buttons(shown)
    assert "Assigned to Bo through the contact" in states(shown)
    assert f"~Unassign~ {INHERITED}" in mrkdwn(shown).splitlines()


@pytest.mark.parametrize(
    ("link", "restrictions", "why"),
    [
        (AccountLink(id="a1", platform="twitter", username="acme"), (), ""),
        (None, (), ""),
        (AccountLink(id="a1", platform="twitter", username="acme", capabilities=("message:send",)), (), ""),
        (AccountLink(id="a1", platform="twitter", username="acme", capabilities=("message:edit",)), (), "can't send"),
        (AccountLink(id="a1", platform="twitter", username="acme", status="offline"), (), "signed out of X"),
        (None, ("message:send",), "X has closed"),
        (None, ("message:edit",), ""),
    ],
)
def test_why_nobody_can_reply(link: AccountLink | None, restrictions: tuple[str, ...], why: str) -> None:
    said = why_not(thread(restrictions=restrictions), link)
    assert why in said
    assert bool(why) == bool(said)


def test_what_is_answered_is_said_until_somebody_writes_again() -> None:
    answered = Note(who="Ana", at=AT)
    shown = show(Card(thread=thread(), latest=message(), answered=answered))
    assert f"Answered by Ana, {AT_TOKEN}" in states(shown)
    later = message(created_at=AT.replace(hour=15))
    waits = Card(thread=thread(), latest=later, answered=answered, waiting_since=later.created_at)
    assert "Answered" not in show(waits)["text"]
    archived = Card(thread=thread(archived=True), latest=message(), answered=answered, archived=Note(who="Bo", at=AT))
    assert states(show(archived))[0] == f"Archived by Bo, {AT_TOKEN}"
    assert f"Answered by Ana, {AT_TOKEN}" in states(show(archived))


def test_files_are_shown_linked_or_named() -> None:
    url = "https://media.example/1"
    shown = show(card(latest=message("", attachments=(Attachment(kind="gif", url=url),))))
    assert [part["image_url"] for part in parts(shown) if part.get("type") == "image"] == [url]
    shown = show(card(latest=message("", attachments=(Attachment(kind="audio", url=url, seconds=75.4),))))
    assert [(p["url"], p["text"]) for p in parts(shown) if p.get("type") == "link"] == [(url, "voice message (1:15)")]
    card_link = Attachment(kind="card", url="https://evil.example/x", title="Your bank")
    shown = show(card(latest=message("", attachments=(card_link,))))
    assert "📎 card: Your bank (evil.example)" in literal(shown)
    assert not [part for part in parts(shown) if part.get("type") == "link"]


def test_a_message_whose_picture_is_refused_names_it_instead() -> None:
    shown = show(card(latest=message("Look", attachments=(Attachment(kind="image", url="https://m.example/1"),))))
    named = without_pictures(shown)
    assert "📎 image (can't be shown here)" in literal(named)
    assert not [part for part in parts(named) if part.get("type") == "image"]
    assert [b["type"] for b in named["blocks"] if b["type"] == "actions"] == ["actions"]


def test_the_form_offers_every_colleague_of_a_large_team_in_groups() -> None:
    members = [Member(id=f"m{number}", name=f"N{number:03}", email="") for number in range(250)]
    menu = assign_modal(members=members, me="m1", thread=thread(), metadata="")["blocks"][0]["element"]
    assert [len(group["options"]) for group in menu["option_groups"]] == [100, 100, 50]
    assert menu["option_groups"][0]["label"]["text"] == "N000 to N099"


def test_colleagues_of_one_name_are_told_apart_by_address() -> None:
    members = [Member(id="m1", name="Sam", email="sam@a.example"), Member(id="m2", name="Sam", email="sam@b.example")]
    menu = assign_modal(members=members, me="m2", thread=thread(), metadata="")["blocks"][0]["element"]
    shown = [one["text"]["text"] for one in menu["options"]]
    assert shown == ["Sam, sam@a.example", "Sam, sam@b.example (you)"]


def test_only_a_web_address_becomes_a_link_button() -> None:
    person = SARAH.having(profile_url="javascript:alert(1)")
    assert "Open conversation" not in buttons(show(card(person=person, platform_id=None)))


def test_follow_up_says_who_wrote() -> None:
    assert follow_ups([message()], SARAH)["text"] == "Sarah Chen (@sarahchen): Hi there"
    assert follow_ups([message(direction="outbound")], SARAH)["text"] == "Your team: Hi there"


def test_dm_form_asks_for_the_account_only_where_there_is_a_choice() -> None:
    one = dm_modal(links=[link(1)], recipient="@sarah", text="Hello")
    assert [block["block_id"] for block in one["blocks"]] == ["recipient", "known", "text"]
    assert [block["element"].get("initial_value") for block in one["blocks"]] == ["@sarah", None, "Hello"]
    two = dm_modal(links=[link(1), link(2, "other")], account_link_id="a2")
    assert two["blocks"][2]["element"]["initial_option"] == {
        "text": {"type": "plain_text", "text": "@other on X", "emoji": False},
        "value": "a2",
    }


def test_dm_form_says_when_a_text_does_not_fit() -> None:
    shown = dm_modal(links=[link(1)], text="x" * 3_001)
    assert "Only the first 3,000 characters fit" in mrkdwn(shown)


def test_choice_names_person_handle_and_account_in_one_option() -> None:
    long = SARAH.having(name="S" * 200)
    found = [Candidate(person=person, account_link_id="a1") for person in (SARAH, long)]
    shown = choose_modal(candidates=found, links={"a1": link(1)}, text="Hello", metadata="i1")
    options = shown["blocks"][0]["element"]["options"]
    assert [each["value"] for each in options] == ["0", "1"]
    assert options[0]["text"]["text"] == "Sarah Chen (@sarahchen) on X from @acme"
    assert options[1]["text"]["text"].endswith("… (@sarahchen) on X from @acme")


def shown_receipt(state: Any, **more: Any) -> Msg:
    facts = {"person": "Sarah Chen", "handle": "@sarahchen", "account": "@acme", "text": "Hello *you*", "url": None}
    return receipt(state=state, **{**facts, **more})


def test_receipt_names_recipient_account_and_text() -> None:
    shown = shown_receipt("sent", url="https://x.com/i/chat/1:2")
    assert literal(shown) == "✅ Sent to Sarah Chen (@sarahchen) from @acmeHello *you*"
    assert shown["text"].startswith("✅ Sent to Sarah Chen (@sarahchen) from @acme: Hello")
    assert buttons(shown) == ["Open conversation"]


def test_unconfirmed_receipt_offers_to_send_again_after_a_warning() -> None:
    shown = shown_receipt("unconfirmed", intent="i1")
    again = next(part for part in parts(shown) if part.get("action_id") == "send_again")
    assert again["value"] == "i1"
    assert "twice" in again["confirm"]["text"]["text"]
    assert words.NOT_CONFIRMED in mrkdwn(shown)
    assert words.NOT_CONFIRMED in shown["text"]


def test_failed_receipt_keeps_the_whole_text() -> None:
    text = "0123456789" * 1_200
    shown = shown_receipt("failed", text=text, reason=words.PLAN)
    assert literal(shown).endswith(text)
    assert words.PLAN in mrkdwn(shown)


@pytest.mark.parametrize(
    ("error", "sending", "changing"),
    [
        (errors.NotLinked(), words.NOT_LINKED, words.NOT_LINKED),
        (errors.Outsider(), *["Only members of *Acme* can act on Inbox threads."] * 2),
        (errors.Gone(code="threadNotFound"), words.GONE, words.GONE),
        (errors.PlanRequired(), words.PLAN, words.PLAN),
        (
            errors.AccountOffline(),
            *["@acme is signed out of X. Reconnect it in Inbox → Settings → Accounts."] * 2,
        ),
        (
            errors.RateLimited(retry_after=39.2),
            "Inbox asks us to wait 40 s. I'll send it then.",
            "Inbox asks us to wait 40 s. I'll do it then.",
        ),
        (errors.Unconfirmed(), words.NOT_CONFIRMED, words.CHANGE_NOT_CONFIRMED),
        (errors.Unavailable(), words.INBOX_DOWN, f"{words.UNCHANGED} Reference 7f3a9c."),
        (errors.Unauthorized(), *[f"{words.NO_ACCESS} Reference 7f3a9c."] * 2),
        (errors.SendInProgress(), words.SENDING_ALREADY, words.SENDING_ALREADY),
        (errors.StoreUnavailable(), words.STORE_DOWN, words.STORE_DOWN),
        (errors.InboxError(), *["Something went wrong on my side. Reference 7f3a9c."] * 2),
        (errors.SettingsError(), *["Something went wrong on my side. Reference 7f3a9c."] * 2),
    ],
)
def test_every_error_has_words_that_say_what_to_do(error: errors.BotError, sending: str, changing: str) -> None:
    facts = {"team": "Acme", "account": "@acme", "reference": "7f3a9c"}
    assert words.explain(error, doing="send", **facts) == sending
    assert words.explain(error, doing="change", **facts) == changing


@pytest.mark.parametrize("kind", [errors.Rejected, errors.Forbidden, errors.Conflict])
def test_inboxs_own_words_are_quoted_and_inert(kind: type[errors.InboxError]) -> None:
    error = kind(detail="text is <too> long.")
    said = words.explain(error, team="Acme", account="@acme", reference="7f3a9c", doing="send")
    assert "nothing was sent. Inbox says: text is &lt;too&gt; long." in said
    assert said.endswith("Reference 7f3a9c.")


def test_a_team_or_handle_cannot_break_a_sentence() -> None:
    assert words.outsider("<!here> *A*") == "Only members of *&lt;!here&gt; ∗A∗* can act on Inbox threads."  # noqa: RUF001
    assert "<!channel>" not in words.nobody("<!channel>")
    assert words.nobody("@sarah").startswith("I can't find @sarah in Inbox.")
