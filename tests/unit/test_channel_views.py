"""What routing, reminders and settings show: Slack takes it whatever it holds, and no stranger acts through it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import product
from typing import Any

from bot.cards.message_views import follow_ups
from bot.cards.views import moved_card, thread_card
from bot.channels.views import settings_modal
from bot.later import views as later
from bot.models import Attachment, Message
from bot.reminders import views as reminding
from bot.routing import views as steering
from bot.rules import words as turns
from bot.rules.available import Candidate
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.targets import views as targets
from bot.waits import views as waits
from tests.unit.test_views import (
    AT,
    EXTREMES,
    HOSTILE,
    NAMES,
    card,
    literal,
    message,
    mrkdwn,
    must_be_taken,
    must_be_valid,
    parts,
)

LINK = "https://acme-international-gmbh.slack.com/archives/C1/p1763800000000100"
PARTS = [[], [("tag", ["vip"])], [("text", [HOSTILE[:200]] * 20), ("tag", NAMES * 4)]]


def waiters(name: str, count: int) -> list[reminding.Waiter]:
    since = [AT - timedelta(hours=number) for number in range(count)]
    whose = (None, name, "Bo")
    return [reminding.Waiter(name, one, LINK if n % 2 else None, whose[n % 3]) for n, one in enumerate(since)]


def rule(parts: Any, name: str) -> str:
    """One that does all that a rule can do."""
    does = steering.actions_of(
        channel="C1",
        no_card=False,
        to=[f"U{n}" for n in range(60)],
        after=600.0,
        most=15,
        mention=[f"S{n}" for n in range(60)],
        tags=[name] * 20,
        status=name,
    )
    return f"{steering.conditions(parts)} → {does}"


def mentions_left(name: str, count: int) -> Any:
    tokens, lines = [f"<@U00000000{n}>" for n in range(20)], [turns.waiter(name, AT, LINK)] * min(count, 15)
    return turns.mentions_left(tokens, lines, count)


def every_message() -> Iterator[Any]:
    for name, count in product(NAMES, (1, 2, 200)):
        for names, personal in product((True, False), repeat=2):
            yield reminding.reminder(waiters(name, count), personal=personal, names=names)
            yield reminding.reminder(
                waiters(name, count), personal=personal, names=names, late=True, calls="<!subteam^S1> "
            )
        yield reminding.morning(waiters(name, count), names=True)
        yield waits.who_waits([waits.Waiter(name, AT, LINK if n % 2 else None) for n in range(count)])
        yield waits.mentioning(thread_card(card(), account=name, assignee=name), "U1")
        yield thread_card(card(), account=name, assignee=name, answer_by=AT, late=count > 1)
        yield moved_card(name, "C1", LINK)
        everybody = [Candidate("U1", name, why="away", until=AT)] * 50
        yield turns.message(turns.nobody_free(3, steering.conditions(PARTS[2]), everybody, name, LINK))
        yield turns.message(turns.turns(3, everybody))
        yield turns.message(turns.mention(["<!subteam^S1>"] * 50, name, 3, steering.conditions(PARTS[2]), LINK))
        yield mentions_left(name, count)
    for conditions, name in product(PARTS, NAMES):
        said = rule(conditions, name)
        did = [steering.did(None, 3, turns.assigned_it(name), AT)] * 9
        did += [steering.did(None, 3, turns.mentioned_it([f"<@U00000000{n}>" for n in range(50)]), AT)] * 9
        why = steering.why(name, steering.placed("C1", LINK), steering.because_rule(3, said, before=True), "", *did)
        yield steering.why_message(why, "t1", movable=True)
        lines = [steering.trial(number, said, "tag: vip", fits=False, first=False) for number in range(100)]
        yield steering.why_message(steering.tried(name, lines, steering.goes_to(None)), "t1", movable=False)
    for name, text in EXTREMES:
        files = (Attachment(kind="card", title=text, url="https://files.example/1"),)
        for privacy in ("preview", "none"):
            shown = message(text, attachments=files).veiled(privacy)
            yield thread_card(card(latest=shown), account=name, assignee=None)
            yield follow_ups([shown], None)


def every_modal() -> Iterator[Any]:
    yield waits.my_modal("nothing", more=[later.hold_field(30)], metadata="|C1|1763800000.000100")
    yield steering.move_modal("t" * 24 + "|C1|1763800000.000100")
    for hours, digest, days in product(((time(9), time(17, 30)), None), (time(8), None), (range(1, 7), ())):
        yield settings_modal(
            channel="C1",
            privacy="none",
            broadcast="once",
            own=[waits.heard_field("message"), later.hold_field(0)],
            unassigned_after=2.5,
            assigned_after=None,
            hours=hours,
            days=list(days),
            zone="America/Argentina/ComodRivadavia",
            digest=digest,
            targets=targets.fields(90.5 if days else None, [date(2026, 12, day) for day in days], report=bool(days)),
            metadata="|C1|",
        )


def test_slack_takes_every_message_however_extreme_its_content() -> None:
    must_be_taken(every_message(), 4_000)


def test_no_token_of_slacks_and_no_entity_is_cut() -> None:
    for shown in every_message():
        for said in (shown["text"], *(part["text"] for part in parts(shown) if part.get("type") == "mrkdwn")):
            assert re.sub(r"<[^<>\n]+>", "", said).count("<") == 0
            assert re.search(r"&(?!amp;|lt;|gt;)", said) is None


def test_a_summary_of_many_names_each_and_counts_the_others() -> None:
    name = "Maximilian von Habsburg-Lothringen"
    who_waits = waits.who_waits([waits.Waiter(name, AT, LINK)] * 20)
    for shown, listed in ((mentions_left(name, 20), 15), (who_waits, 12)):
        lines = [one for one in mrkdwn(shown).splitlines() if name in one]
        assert len(lines) == listed
        assert len(set(lines)) == 1
        assert f"… and {20 - listed} more" in mrkdwn(shown)


def test_slack_takes_every_modal() -> None:
    for shown in every_modal():
        must_be_valid(shown)
        assert view_problems(shown) == []


def test_a_list_of_rules_fits_in_a_message_however_many_there_are() -> None:
    said = steering.rule_list([rule(PARTS[2], "Sarah")] * 100, None)
    assert len(said) <= 3_000
    assert "more" in said


def test_no_strangers_words_ping_link_or_format() -> None:
    for shown in every_message():
        active = shown["text"] + mrkdwn(shown)
        for danger in ("<!channel", "<http://", "https://evil", "@here", "*bold*", ":tada:", "\u202e"):
            assert danger not in active.replace(LINK, "")


def test_a_veiled_message_says_its_beginning_or_nothing() -> None:
    said = message("One\n\ntwo " + "x" * 500, attachments=(Attachment(kind="image", title="mine", url="https://a/b"),))
    begin = said.veiled("preview")
    assert begin.text.startswith("One two x")
    assert len(begin.text) == 80
    assert begin.attachments == (Attachment(kind="image"),)
    assert said.veiled("full") is said
    nothing = thread_card(card(latest=said.veiled("none")), account="@acme", assignee=None)
    for words in (literal(nothing), nothing["text"]):
        assert "New message, open in Inbox." in words
        assert "x" * 20 not in words
        assert "mine" not in words


def test_a_deleted_message_stays_one() -> None:
    gone: Message = message("secret", deleted=True).veiled("none")
    assert "This message was deleted." in literal(follow_ups([gone], None))
