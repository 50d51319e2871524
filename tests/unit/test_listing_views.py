"""Lists, App Home and the question before a first message: Slack takes them whatever people are called or write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from bot import errors, words
from bot.dm import words as dm_words
from bot.dm.views import first_message_question
from bot.inbox.search import Search
from bot.lists import words as words_find
from bot.lists.box_views import BOXED, Boxes
from bot.lists.views import PAGE, Item, Part, Setting, home, listing
from bot.models import Member, Person, Thread
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.slack.blocks import Msg, View
from bot.slack.payloads import seen_in, shown_until
from bot.waits.views import my_choice
from tests.unit.test_views import (
    AT,
    EXTREMES,
    HOSTILE,
    SARAH,
    literal,
    message,
    mrkdwn,
    must_be_inert,
    must_be_taken,
)


def item(name: str = "Sarah Chen", text: str = "Hi there", **more: Any) -> Item:
    person = Person(platform="linkedin", platform_id="42", username=name, name=name) if name else None
    facts = {"id": "t1", "account_link_id": "a1", "platform_id": "1:42", "person": person}
    return Item(Thread(**facts | {"last_message": message(text)} | more), name or "@acme", name or None)


def every_list() -> Iterator[Msg]:
    for (name, text), count in product(EXTREMES, (0, 1, PAGE)):
        threads = [
            item(name, text),
            item(name, text, archived=True, assignee_id="m1", is_request=True),
            item(name, text, last_message=message(text, direction="outbound"), platform_id=None),
            item(name, text, last_message=None),
            item("", text),
        ]
        for kind in ("mine", "unassigned", "requests", "words", "person"):
            title = words_find.title(kind, text or name, count)
            notes = [words_find.looked_at(200), *([words_find.no_conversation(SARAH)] * 3)]
            yield listing(title, threads[:count], seen_in="list|7f3a9c", page=1, pages=3, notes=notes)


def every_list_with_boxes() -> Iterator[Msg]:
    title = words_find.title("words", "12", 12)
    for name, text in EXTREMES:
        rows = [item(name, text, id=f"t{number}" + "0123456789" * 5) for number in range(BOXED)]
        boxes = Boxes({rows[1].thread.id}, 100, more=True)
        notes = [words_find.looked_at(200), words_find.first_of(200)]
        yield listing(title, rows, seen_in="list|7f3a9c", page=1, pages=3, notes=notes, boxes=boxes)
    busy = Boxes((), 1, running="slack-7f3a9c-0123456789abcdef", said=title)
    for one in (busy, Boxes((), 0), Boxes((), 1)):
        yield listing(title, [item()], seen_in="list|7f3a9c", page=0, pages=1, boxes=one)


def every_question() -> Iterator[Msg]:
    for name, text in EXTREMES:
        person = Person(platform="twitter", platform_id="42", username=name, name=name)
        doubts = [
            dm_words.wrote_before(dm_words.colleague(Member(id="m1", name=name, email="a@b.example")), name, AT),
            dm_words.account_closed(name, "offline", "X"),
            dm_words.plan_refused(AT),
        ]
        yield first_message_question(person=person, account=name, doubts=doubts, text=text, intent="i1")


def every_home() -> Iterator[View]:
    for (name, text), count in product(EXTREMES, (0, 1, 8)):
        items = [item(name, text, id=f"t{number}") for number in range(count)]
        parts = [Part("Your open conversations", items, "50+", "/inbox mine")] * 2
        settings = [Setting("one", "What it does", True), Setting("two", "What it does not", False)]
        you, trouble = words.whoami(name, f"{name}@acme.example", "user"), words_find.NO_LISTS
        yield home(
            parts,
            about=[you],
            settings=settings,
            menus=[my_choice("nothing")],
            help=words.DM_HELP,
            trouble=trouble,
            first_steps=True,
            has_channel=False,
        )
    yield home([], about=["You"], settings=[Setting("one", "What it does", False)], menus=[], help="Help")


def test_slack_takes_every_list_and_question_however_extreme_its_content() -> None:
    must_be_taken((*every_list(), *every_list_with_boxes(), *every_question()))


def test_slack_takes_every_home_however_extreme_its_content() -> None:
    for shown in every_home():
        assert view_problems(shown) == []
        json.dumps(shown, ensure_ascii=False).encode()


def test_no_strangers_words_ping_link_or_format_in_a_list() -> None:
    must_be_inert((*every_list(), *every_list_with_boxes(), *every_question()))


def test_an_item_says_who_wrote_what_and_how_long_they_wait() -> None:
    shown = listing("*Mine (1)*", [item()], seen_in="list|l1", page=0, pages=1)
    assert literal(shown) == "🔴 Sarah Chen via Sarah ChenHi there"
    assert "Waiting since <!date^" in mrkdwn(shown)
    assert "\nHi" not in shown["text"]
    assert shown["text"] == "*Mine (1)*\nSarah Chen: Hi there"


def test_an_answered_item_says_that_we_wrote_last() -> None:
    ours = item(last_message=message("Of course", direction="outbound"))
    shown = listing("*Mine (1)*", [ours], seen_in="list|l1", page=0, pages=1)
    assert "You: Of course" in literal(shown)
    assert "Answered <!date^" in mrkdwn(shown)


def test_a_long_message_is_cut_in_a_list_and_in_a_question() -> None:
    for shown in (
        listing("*Mine (1)*", [item(text=HOSTILE)], seen_in="list|l1", page=0, pages=1),
        first_message_question(person=SARAH, account="@acme", doubts=["x"], text=HOSTILE, intent="i1"),
    ):
        assert literal(shown).endswith("…")
        assert len(literal(shown)) < 1_200


def test_every_row_tells_a_click_where_it_was_made() -> None:
    """And until when it shows what was written."""
    shown = listing("*Mine (2)*", [item(), item(last_message=None)], seen_in="list|l1", page=3, pages=9)
    rows, at = [one["block_id"] for one in shown["blocks"] if one["type"] == "actions"], message("").created_at
    assert rows == [f"list|l1|3|0@{at.isoformat()}", "list|l1|3|1@", "pages|list|l1"]
    pressed = [{"actions": [{"block_id": one}]} for one in (*rows, "list|l1|3|0", "home|0|1", "home|0|1@", "b", "")]
    assert [shown_until(one) for one in pressed] == [at.isoformat(), "", *[None] * 3, "", None, None]
    assert [seen_in(one) for one in pressed] == [*["list|l1|3"] * 2, "", "list|l1|3", "home", "home", "", ""]


@pytest.mark.parametrize(
    ("kind", "state", "fits"),
    [
        ("mine", {"assignee_id": "m1"}, True),
        ("mine", {"assignee_id": "m2"}, False),
        ("mine", {"assignee_id": "m1", "archived": True}, False),
        ("unassigned", {}, True),
        ("unassigned", {"assignee_id": "m1"}, False),
        ("unassigned", {"idle": True}, False),
        ("requests", {"is_request": True}, True),
        ("requests", {}, False),
        ("words", {"archived": True}, True),
    ],
)
def test_a_conversation_is_on_a_list_while_it_belongs_there(kind: Any, state: dict[str, Any], fits: bool) -> None:
    assert Search(kind=kind, about="m1").fits(Thread(id="t1", account_link_id="a1", **state)) is fits


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.RateLimited(retry_after=39.2), "Inbox asks us to wait 40 s. Try again then."),
        (errors.Unavailable(), "Inbox isn't answering, so I can't list conversations. Try again in a minute."),
        (errors.Forbidden(), "Inbox doesn't show me these conversations. Ask an admin what changed. Reference 7f3a9c."),
    ],
)
def test_why_there_is_no_list(error: errors.InboxError, said: str) -> None:
    assert words_find.not_listed(error, "7f3a9c") == said
