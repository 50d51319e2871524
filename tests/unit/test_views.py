"""Cards, modals and receipts: what they show, that Slack would take them, and that no stranger can act through them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot import errors, views
from bot.models import AccountLink, Attachment, Candidate, Card, Message, Note, Person, Thread
from bot.views import words

AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
AT_TOKEN = f"<!date^{int(AT.timestamp())}^{{time}}|14:02 UTC>"
HOSTILE = ("<!channel> *bold* <https://evil.example|click> & :tada: @here \u202e\x00\n> " * 200)[:12_000]
NAMES = ["Sarah Chen", "<!channel> @here", "نور الهدى", "👩🏽‍🚀" * 40, "N" * 300, "", "\x00"]
TEXTS = ["Hi there", HOSTILE, "🎉" * 12_000, "שלום עולם", "", " \n ", "\ud800"]
SARAH = Person(platform="twitter", platform_id="42", username="sarahchen", name="Sarah Chen")


def message(text: str = "Hi there", **more: Any) -> Message:
    return Message(**{"id": "m1", "thread_id": "t1", "direction": "inbound", "text": text, "created_at": AT, **more})


def thread(**more: Any) -> Thread:
    return Thread(**{"id": "t1", "account_link_id": "a1", "platform_id": "1:42", "person": SARAH, **more})


def card(*, latest: Message | None = None, gone: bool = False, **more: Any) -> Card:
    notes = {name: more.pop(name) for name in ("archived_by", "assigned_by") if name in more}
    return Card(
        thread=thread(**more),
        latest=latest or message(),
        archived=notes.get("archived_by"),
        assigned=notes.get("assigned_by"),
        gone=gone,
    )


def show(card: Card, assignee: str | None = None) -> views.Msg:
    return views.thread_card(card, account="@acme", assignee=assignee)


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


def must_be_valid(shown: Any) -> None:
    json.dumps(shown).encode()
    json.dumps(shown, ensure_ascii=False).encode()
    if shown.get("type") == "modal":
        View(**json.loads(json.dumps(shown))).to_dict()
    assert len(shown["blocks"]) <= 50
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
        if part.get("type") == "context":
            assert len(part["elements"]) <= 10


def every_message() -> Iterator[views.Msg]:
    for name, text in product(NAMES, TEXTS):
        person = Person(platform="linkedin", platform_id="42", username=name, name=name)
        note = Note(who=name, at=AT)
        said = message(text, attachments=(Attachment(kind="image"), Attachment(kind="card", title=text)))
        for archived, gone in product((True, False), repeat=2):
            whole = Card(
                thread=thread(person=person, archived=archived, assignee_id="x", is_request=True),
                latest=said,
                archived=note,
                assigned=note,
                gone=gone,
            )
            yield views.thread_card(whole, account=name, assignee=name or None)
        yield views.follow_up(said, person)
        for state in ("sending", "sent", "unconfirmed", "failed"):
            yield views.receipt(
                state=state,
                person=name,
                handle=name,
                account=name,
                text=text,
                url="https://x.com/i/chat/1:2",
                reason=words.nobody(name) if state == "failed" else "",
                intent="i1",
            )
        yield views.choose_message(recipient=name, intent="i1")
    yield views.follow_up(message(direction="outbound"), None)
    yield views.thread_card(Card(thread=thread(person=None)), account="@acme", assignee=None)
    yield views.help_message()


def every_modal() -> Iterator[dict[str, Any]]:
    yield views.loading_modal("A title that is much longer than Slack allows")
    yield views.notice_modal("New DM", words.NOT_LINKED)
    links = [link(number, "a" * number) for number in range(1, 150)]
    for name, text, count in product(NAMES, TEXTS, (0, 1, 2, 149)):
        yield views.dm_modal(links=links[:count], recipient=name, text=text, account_link_id=f"a{count}")
        if count:
            person = Person(platform="twitter", platform_id="42", username=name, name=name)
            found = [Candidate(person=person, account_link_id=each.id) for each in links[:count]]
            by_id = {each.id: each for each in links}
            yield views.choose_modal(candidates=found, links=by_id, text=text, metadata="i1")


def test_slack_takes_every_message_however_extreme_its_content() -> None:
    for shown in every_message():
        must_be_valid(shown)
        assert 0 < len(shown["text"]) <= 3_000


def test_slack_takes_every_modal_however_extreme_its_content() -> None:
    for shown in every_modal():
        must_be_valid(shown)


def test_no_strangers_words_ping_link_or_format() -> None:
    for shown in every_message():
        active = shown["text"] + mrkdwn(shown)
        for danger in ("<!channel", "<http", "@here", "*bold*", ":tada:", "\u202e"):
            assert danger not in active
        assert "\u202e" not in json.dumps(shown, ensure_ascii=False)


def test_card_shows_who_wrote_what_to_which_account() -> None:
    shown = show(card(is_request=True))
    assert literal(shown) == "🔵 Sarah Chen (@sarahchen) via @acme · message requestHi there"
    assert shown["text"] == "Sarah Chen (@sarahchen) via @acme · message request: Hi there · Unassigned"
    assert "Received <!date^" in mrkdwn(shown)


def test_card_keeps_a_message_literal_and_clips_it() -> None:
    shown = literal(show(card(latest=message(HOSTILE))))
    assert "<!channel> *bold* <https://evil.example|click> & :tada: @here" in shown
    assert shown.endswith("…")
    assert len(shown) < 3_000


@pytest.mark.parametrize(
    ("state", "labels"),
    [
        ({}, ["Reply", "Assign to me", "Archive", "Assign to…", "Open conversation"]),
        ({"assignee_id": "x"}, ["Reply", "Unassign", "Archive", "Assign to…", "Open conversation"]),
        ({"archived": True}, ["Reply", "Assign to me", "Reopen", "Assign to…", "Open conversation"]),
        ({"archived": True, "assignee_id": "x", "platform_id": None}, ["Reply", "Unassign", "Reopen", "Assign to…"]),
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
    assert line in mrkdwn(shown).splitlines()
    assert line in shown["text"].split(" · ")


@pytest.mark.parametrize(
    ("state", "mark"),
    [({}, "🔵"), ({"assignee_id": "x"}, "🟡"), ({"archived": True, "assignee_id": "x"}, "✅"), ({"gone": True}, "✖")],
)
def test_card_starts_with_the_mark_of_its_state(state: dict[str, Any], mark: str) -> None:
    assert literal(show(card(**state))).startswith(mark)


def test_card_names_attachments_edits_and_deletions() -> None:
    files = (Attachment(kind="image"), Attachment(kind="card", title="Our prices"))
    shown = show(card(latest=message("", attachments=files, edited=True)))
    assert "📎 image, card: Our prices" in literal(shown)
    assert " · edited" in mrkdwn(shown)
    gone = show(card(latest=message("secret", deleted=True)))
    assert "This message was deleted." in literal(gone)
    assert "secret" not in json.dumps(gone)


def test_only_a_web_address_becomes_a_link_button() -> None:
    person = SARAH.model_copy(update={"profile_url": "javascript:alert(1)"})
    assert "Open conversation" not in buttons(show(card(person=person, platform_id=None)))


def test_follow_up_says_who_wrote() -> None:
    assert views.follow_up(message(), SARAH)["text"] == "Sarah Chen (@sarahchen): Hi there"
    assert views.follow_up(message(direction="outbound"), SARAH)["text"] == "Your team: Hi there"


def test_dm_form_asks_for_the_account_only_where_there_is_a_choice() -> None:
    one = views.dm_modal(links=[link(1)], recipient="@sarah", text="Hello")
    assert [block["block_id"] for block in one["blocks"]] == ["recipient", "text"]
    assert [block["element"]["initial_value"] for block in one["blocks"]] == ["@sarah", "Hello"]
    two = views.dm_modal(links=[link(1), link(2, "other")], account_link_id="a2")
    assert two["blocks"][1]["element"]["initial_option"] == {
        "text": {"type": "plain_text", "text": "@other on X", "emoji": False},
        "value": "a2",
    }


def test_dm_form_says_when_a_text_does_not_fit() -> None:
    shown = views.dm_modal(links=[link(1)], text="x" * 3_001)
    assert "Only the first 3,000 characters fit" in mrkdwn(shown)


def test_choice_names_person_handle_and_account_in_one_option() -> None:
    long = SARAH.model_copy(update={"name": "S" * 200})
    found = [Candidate(person=person, account_link_id="a1") for person in (SARAH, long)]
    shown = views.choose_modal(candidates=found, links={"a1": link(1)}, text="Hello", metadata="i1")
    options = shown["blocks"][0]["element"]["options"]
    assert [each["value"] for each in options] == ["0", "1"]
    assert options[0]["text"]["text"] == "Sarah Chen (@sarahchen) from @acme"
    assert options[1]["text"]["text"].endswith("… (@sarahchen) from @acme")


def receipt(state: Any, **more: Any) -> views.Msg:
    facts = {"person": "Sarah Chen", "handle": "@sarahchen", "account": "@acme", "text": "Hello *you*", "url": None}
    return views.receipt(state=state, **{**facts, **more})


def test_receipt_names_recipient_account_and_text() -> None:
    shown = receipt("sent", url="https://x.com/i/chat/1:2")
    assert literal(shown) == "✅ Sent to Sarah Chen (@sarahchen) from @acmeHello *you*"
    assert shown["text"].startswith("✅ Sent to Sarah Chen (@sarahchen) from @acme: Hello")
    assert buttons(shown) == ["Open conversation"]


def test_unconfirmed_receipt_offers_to_send_again_after_a_warning() -> None:
    shown = receipt("unconfirmed", intent="i1")
    again = next(part for part in parts(shown) if part.get("action_id") == "send_again")
    assert again["value"] == "i1"
    assert "twice" in again["confirm"]["text"]["text"]
    assert words.NOT_CONFIRMED in mrkdwn(shown)
    assert words.NOT_CONFIRMED in shown["text"]


def test_failed_receipt_keeps_the_whole_text() -> None:
    text = "0123456789" * 1_200
    shown = receipt("failed", text=text, reason=words.PLAN)
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
