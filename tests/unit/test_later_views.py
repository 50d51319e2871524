"""What is shown of messages that are sent later: Slack takes it whatever it holds, and no stranger acts through it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from bot.later import views, words
from bot.later.jobs import Why
from bot.models import Person
from bot.reply.views import closed_reply, reply_receipt
from bot.slack.blocks import Msg, View
from bot.snooze.times import CHOICES
from tests.unit.test_views import AT, EXTREMES, TEXTS, mrkdwn, must_be_inert, must_be_taken, must_be_valid

ABOUT = "1764149000000-slack-0000aa-1111112222223333"
URL = "https://x.com/i/chat/1:2"


def somebody(name: str) -> Person:
    return Person(platform="twitter", platform_id="42", username=name, name=name)


def every_message() -> Iterator[Msg]:
    for name, text in EXTREMES:
        person = somebody(name)
        for held in (False, True):
            yield views.below_card(ABOUT, name, person, name, text, AT, held=held)
            yield views.below_card(ABOUT, name, person, name, text, AT, held=held, copied=True)
            yield views.closed_below(ABOUT, name, AT, held=held)
        yield views.alone(ABOUT, person, name, text, AT)
        for why, copied in product(get_args(Why), (False, True)):
            yield views.question(ABOUT, person, name, text, AT, URL, why, "U1", copied=copied)
        yield views.held(person, name, text, ABOUT, 30)
        yield views.cancelled(person, text)
        yield views.cancelled(person, text, "U1")
        yield views.cancelled(person, text, "U1", copied=True)
        yield views.too_late(text)
        for copied in (False, True):
            yield views.lost_seat(name, person, text, copied=copied)
            yield views.closed_lost_seat(name, copied=copied)
        yield closed_reply("held", name, ABOUT)
        receipt = {"writer": name, "person": name, "account": name, "text": text, "url": URL, "reason": ""}
        yield reply_receipt(**receipt, state="held", intent="i1", at=AT, undo=ABOUT)  # type: ignore[arg-type]
        rows = [
            views.Waiting(ABOUT, name, person, name, AT, held, shown, own, copied)
            for held, shown, own, copied in product((False, True), (None, text), (False, True), (False, True))
        ]
        yield views.listing(rows[:1])
        yield views.listing(rows * 2)


def every_modal() -> Iterator[View]:
    times: dict[str, datetime] = {one: AT + timedelta(days=number) for number, one in enumerate(CHOICES)}
    for zone, text in product(("UTC", "America/Argentina/ComodRivadavia"), TEXTS):
        for most in (None, 1, 200):
            yield views.change_modal(text or "Hello", AT, zone, most, f"{ABOUT}|C1|1.2|{zone} {AT.isoformat()}")
        form = views.change_modal("Hello", AT, zone, None, "")
        yield form | {"blocks": views.time_fields(times, zone)}


def test_slack_takes_every_message_however_extreme_its_content() -> None:
    must_be_taken(every_message())


def test_slack_takes_every_form_however_extreme_its_content() -> None:
    for shown in every_modal():
        must_be_valid(shown)


def test_no_strangers_words_ping_link_or_format() -> None:
    must_be_inert(every_message())


@pytest.mark.parametrize("seconds", views.HOLDS)
def test_the_choice_of_how_long_to_hold_shows_what_is_chosen(seconds: int) -> None:
    assert views.hold_row(seconds)["accessory"]["initial_option"]["value"] == str(seconds)
    assert views.hold_field(seconds)["element"]["initial_option"]["value"] == str(seconds)
    assert words.holds(0) == "What you send goes out at once."


def test_a_longer_list_says_how_many_more_there_are() -> None:
    row = views.Waiting(ABOUT, "Bo", somebody("sarah"), "@acme", AT, False, "Hi", True)
    assert "… and 5 more" in mrkdwn(views.listing([row] * 25))
    assert "more" not in mrkdwn(views.listing([row] * 20))
