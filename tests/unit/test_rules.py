"""Routing rules: what people type, what it means, and which conversations it fits; and that edits never collide."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Mistake
from bot.models import Message, Person, Thread
from bot.routing.actions import Actions
from bot.routing.fit import Known, fits, unmet
from bot.routing.language import FIELDS, Named, Wish, condition, read
from bot.routing.store import Routes, Rule
from bot.store.connect import connect

AT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
TAGS = [Named("t1", "VIP"), Named("t2", "big fish")]


@pytest.mark.parametrize(
    ("typed", "wishes"),
    [
        ("tag:vip", [("tag", ("vip",))]),
        ("tag=vip", [("tag", ("vip",))]),
        ("Tags: vip , lead", [("tag", ("vip", "lead"))]),
        ('tag:"big fish",vip status:open', [("tag", ("big fish", "vip")), ("status", ("open",))]),
        ("tag:„big fish“", [("tag", ("big fish",))]),
        ("text:“my money”", [("text", ("my money",))]),
        ("tag:vip and text:refund", [("tag", ("vip",)), ("text", ("refund",))]),
        ("tag:a tag:b", [("tag", ("a",)), ("tag", ("b",))]),
        ("owner:none", [("assignee", ("none",))]),
        ("contains:refund", [("text", ("refund",))]),
        ("request", [("request", ("yes",))]),
        ("all", []),
    ],
)
def test_what_is_typed_is_understood(typed: str, wishes: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    draft = read(typed)
    assert [tuple(wish) for wish in draft.wishes] == wishes
    assert draft.actions == Actions()


@pytest.mark.parametrize("typed", ["tag:vip to:<#C1|vip>", "to: <#C1> tag:vip", "tag:vip → <#C1|vip>", "tag:vip <#C1>"])
def test_the_channel_may_stand_anywhere(typed: str) -> None:
    assert read(typed).actions.channel == "C1"


def test_a_value_of_a_tag_is_its_id_whatever_its_case_and_a_none_is_one_too() -> None:
    made = condition(Wish("tag", ("vip", "BIG FISH", "none", "Vip")), TAGS)
    assert (made.values, made.shown) == (("t1", "t2", ""), ("VIP", "big fish", "none"))


def test_accounts_of_one_name_are_all_meant() -> None:
    known = [Named("a1", "@acme", ("acme",)), Named("a2", "acme", ("Acme",)), Named("a3", "@other")]
    assert condition(Wish("account", ("@ACME",)), known).values == ("a1", "a2")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("tga:vip", "Did you mean `tag`?"),
        ("asignee:bo", "Did you mean `assignee`?"),
        ("zzz:1", "You can use `account`"),
        ("", "Say which conversations"),
        ("to:<#C1>", "Say which conversations"),
        ("tag:vip to:here", "Pick one channel"),
        ("tag:vip to:<#C1>,<#C2>", "Pick one channel"),
        ("text:" + "x" * 201, "at most 200 characters"),
        ("tag:" + ",".join("abcdefghijklmnopqrstu"), "at most 20 values"),
    ],
)
def test_a_mistake_names_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(Mistake, match=re.escape(said)):
        read(typed)


@given(st.text(max_size=80))
def test_anything_at_all_becomes_a_draft_or_a_sentence(typed: str) -> None:
    said = "a sentence, if it is no rule"
    wishes: tuple[Wish, ...] = ()
    try:
        wishes = read(typed).wishes
    except Mistake as mistake:
        said = str(mistake)
    assert 10 < len(said) < 600
    assert "<!" not in said
    assert all(wish.field in FIELDS and wish.words for wish in wishes)


def rule(typed: str, id: str = "r") -> Rule:
    return Rule(id=id, channel="C1", conditions=tuple(condition(wish, TAGS) for wish in read(typed).wishes))


def thread(**person: object) -> Thread:
    who = Person(platform="twitter", platform_id="42", **person)  # type: ignore[arg-type]  # its own fields
    return Thread(id="t", account_link_id="a1", person=who)


def said(text: str, *, deleted: bool = False) -> Message:
    return Message(id="m", thread_id="t", direction="inbound", text=text, created_at=AT, deleted=deleted)


def test_all_conditions_must_hold_and_one_value_of_each_is_enough() -> None:
    wanted = rule("tag:vip,none text:refund,money")
    for who, words, holds in (
        (thread(tag_ids=("t1",)), "My MONEY!", True),
        (thread(), "a refund", True),
        (thread(tag_ids=("t2",)), "a refund", False),
        (thread(tag_ids=("t1",)), "hello", False),
    ):
        assert (unmet(wanted, who, said(words), Known()) == []) is holds


def test_a_deleted_message_says_nothing() -> None:
    assert unmet(rule("text:refund"), thread(), said("refund", deleted=True), Known())
    assert unmet(rule("text:refund"), thread(), None, Known())


def test_words_once_said_count_for_good_and_a_tag_does_not() -> None:
    wanted = rule("tag:vip text:refund")
    tagged = unmet(wanted, thread(tag_ids=("t1",)), said("thanks"), Known())
    assert [fits(tagged, before=before) for before in (True, False)] == [True, False]
    assert not fits(unmet(wanted, thread(), said("thanks"), Known()), before=True)


async def test_two_admins_at_once_lose_nothing_and_a_repeat_changes_nothing(redis_url: str) -> None:
    redis = connect(redis_url)
    routes = Routes(redis)

    async def add(number: int) -> None:
        made = Rule(id=f"r{number}", channel="C1")
        await routes.edit(made.id, lambda before: [*before, made])

    await asyncio.gather(*(add(number) for number in range(12)))
    first = (await routes.rules())[0]
    for _ in range(2):  # a worker died after it, and another one does it again
        await routes.edit("removes", lambda before: before[1:])
    assert len(await routes.rules()) == 11
    assert first not in await routes.rules()
    await redis.aclose()
