"""Routing rules: what people type, what it means, and which conversations it fits; and that edits never collide."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Mistake
from bot.models import Message, Person, Thread
from bot.routing.actions import Actions
from bot.routing.fit import Known, fits, unmet
from bot.routing.language import FIELDS, Named, Wish, condition, read
from bot.routing.store import Routes, Rule, Turns
from bot.store import keys
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
        await routes.edit(made.id, "U1", lambda before: [*before, made])

    await asyncio.gather(*(add(number) for number in range(12)))
    first = (await routes.rules())[0]
    for _ in range(2):  # a worker died after it, and another one does it again
        await routes.edit("removes", "U1", lambda before: before[1:])
    assert len(await routes.rules()) == 11
    assert first not in await routes.rules()
    await redis.aclose()


async def test_numbers_count_in_the_rules_that_somebody_saw_or_may_have_heard_of(redis_url: str) -> None:
    redis = connect(redis_url)
    routes, now = Routes(redis), datetime.now(UTC)
    await routes.edit("ana's", "U1", lambda before: [*before, Rule(id="r1", channel="C1")])

    async def other(ref: str, user: str, numbered: datetime) -> str:
        return await routes.edit(ref, user, lambda before: [*before, Rule(id=ref, channel="C1")], numbered)

    assert await other("her own", "U1", now) == ""
    assert await other("blind", "U2", now) == "U1"
    assert await other("blind", "U2", now) == "U1"  # a worker died of it, and another one does it again
    assert await other("later", "U2", now + timedelta(hours=2)) == ""
    assert await other("later", "U2", now) == ""  # it was done
    assert await other("both have", "U1", now) == "U2"
    await routes.saw("U3")
    assert await other("after a look", "U3", now) == ""
    assert await other("before it", "U1", now) == "U3"
    await routes.saw("U1")
    assert await other("after it", "U1", now) == ""
    assert [one.id for one in await routes.rules()] == ["r1", "her own", "later", "after a look", "after it"]
    await redis.aclose()


# --- what rules do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "does"),
    [
        ("tag:vip to:<@U1|bo>", Actions(to=("<@U1|bo>",))),
        ("tag:vip to:<@U1|bo>,<@U2> after:10m most:15", Actions(to=("<@U1|bo>", "<@U2>"), after=600.0, most=15)),
        ("tag:vip → <@U1>", Actions(to=("<@U1>",))),
        ("tag:vip -&gt; <!subteam^S1|@support>", Actions(to=("<!subteam^S1|@support>",))),
        ("to:@support all after: 2 h", Actions(to=("@support",), after=7200.0)),
        ("all to:<#C1> to:<@U1>", Actions(channel="C1", to=("<@U1>",))),
        ("all mention:<@U1>,<!subteam^S1>", Actions(mention=("<@U1>", "<!subteam^S1>"))),
        ("all mention:<@U1> <@U2> &amp; <!subteam^S1>", Actions(mention=("<@U1>", "<@U2>", "<!subteam^S1>"))),
        ("all mention:<@U1> mention:<@U2>,<@U1>", Actions(mention=("<@U1>", "<@U2>"))),
        ("all to:<@U1> <@U2> mention:<@U3> <@U4>", Actions(to=("<@U1>", "<@U2>"), mention=("<@U3>", "<@U4>"))),
        ("all mention:<@U1> to <@U2>", Actions(to=("<@U2>",), mention=("<@U1>",))),
        ("all mention:<@U1> -&gt; <@U2>", Actions(to=("<@U2>",), mention=("<@U1>",))),
        ("tag:vip mention:<@U1> <#C1|vip>", Actions(channel="C1", mention=("<@U1>",))),
        ("assignee:none <@U2>", Actions(to=("<@U2>",))),
        ("assignee:<@U1> to <@U2>", Actions(to=("<@U2>",))),
        ('all tag+:press,"big fish" status+:new', Actions(tags=("press", "big fish"), status="new")),
        ("all then tag:press status:new", Actions(tags=("press",), status="new")),
        ("tag:vip no-card", Actions(no_card=True)),
        ("tag:vip no-card:yes", Actions(no_card=True)),
    ],
)
def test_what_a_rule_does_is_understood(typed: str, does: Actions) -> None:
    assert read(typed.replace("after: 2 h", "after:2h")).actions == does


@pytest.mark.parametrize(
    "typed",
    ["mention:<@U1> tag:vip <@U2>", "all mention:<@U1> <#C1> <@U2>", "assignee:<@U1> <@U2>", "assignee:bo <@U2>"],
)
def test_of_whom_a_rule_may_assign_mention_or_ask_for_it_is_asked(typed: str) -> None:
    with pytest.raises(Mistake, match="`to:@ana` assigns, `mention:@ana` mentions"):
        read(typed)


def test_before_the_arrow_a_tag_is_a_condition_and_behind_it_what_the_contact_gets() -> None:
    draft = read("tag:vip status:open → tag:press status:new")
    assert [one.field for one in draft.wishes] == ["tag", "status"]
    assert (draft.actions.tags, draft.actions.status) == (("press",), "new")


@pytest.mark.parametrize(
    ("typed", "shown", "fitting", "other"),
    [
        ("followers:>10000", ">10,000", 10_001, 10_000),
        ("followers:&gt;10k", ">10,000", 10_001, 10_000),
        ("followers:>=1.5m", ">=1,500,000", 1_500_000, 1_499_999),
        ("followers:500", ">=500", 500, 499),
        ("followers:<500", "<500", 499, 500),
        ("followers:=3", "=3", 3, 4),
    ],
)
def test_numbers_are_compared(typed: str, shown: str, fitting: int, other: int) -> None:
    wanted = rule(typed)
    assert wanted.conditions[0].shown == (shown,)
    assert unmet(wanted, thread(followers=fitting), None, Known()) == []
    assert unmet(wanted, thread(followers=other), None, Known())
    assert unmet(wanted, thread(), None, Known())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("followers:>10.000", "`10.000` may mean 10000 or 10. Write `followers:>10000` or `followers:>10`."),
        ("followers:&gt;=250.000", "`250.000` may mean 250000 or 250."),
        ("value:1.500", "`1.500` may mean 1500 or 1.5. Write `value:1500` or `value:1.5`."),
        ('value:"< 2.125"', "Write `value:&lt;2125` or `value:&lt;2.125`."),
        ("value:>1.250k", "`1.250k` may mean 1250k or 1.25k. Write `value:>1250k` or `value:>1.25k`."),
        ("followers:>1.234.567", "Write a number, as `followers:&gt;10000`"),
        ("value:>1.500,50", "Write one number without commas"),
        ("followers:>10'000", "Write a number"),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused_with_both(typed: str, said: str) -> None:
    with pytest.raises(Mistake) as refused:
        rule(typed)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("value:1.5", ">=1.50"), ("value:0.125", ">=0.12"), ("value:>10.50", ">10.50"), ("value:5000.125", ">=5,000.12")],
)
def test_a_number_with_decimals_is_one(typed: str, shown: str) -> None:
    assert rule(typed).conditions[0].shown == (shown,)


@pytest.mark.parametrize(
    ("text", "has_link"),
    [
        ("see https://acme.example", True),
        ("www.acme.example", True),
        ("acme.example/offer", True),
        ("and/or", False),
        ("3.5/5 stars", False),
        ("e.g. this", False),
    ],
)
def test_a_link_is_told_from_other_words(text: str, has_link: bool) -> None:
    assert (unmet(rule("link:yes"), thread(), said(text), Known()) == []) is has_link


# --- what older versions left, and read ------------------------------------------------------------------------------


async def test_older_versions_read_what_they_know_and_what_they_change_is_kept(redis_url: str) -> None:
    redis: Any = connect(redis_url)
    routes = Routes(redis)
    old = [{"id": "r1", "channel": "C1", "conditions": [], "by": "U1"}]
    await redis.set(keys.ROUTES, json.dumps(old))
    assert [one.channel for one in await routes.rules()] == ["C1"]
    turns = Rule(id="r2", turns=Turns(to=("U1",)))
    many = rule("followers:>10k", id="r3")
    await routes.edit("new", "U1", lambda before: [turns, *before, many])
    assert [one.id for one in await routes.rules()] == ["r2", "r1", "r3"]
    assert [one["id"] for one in json.loads(await redis.get(keys.ROUTES))] == ["r1"]
    await redis.set(keys.ROUTES, json.dumps([*old, {"id": "r4", "channel": "C4"}]))  # an older version adds one
    assert [one.id for one in await routes.rules()] == ["r1", "r4", "r2", "r3"]
    await routes.edit("remove", "U1", lambda before: [one for one in before if one.id != "r1"])
    assert [one.id for one in await routes.rules()] == ["r4", "r2", "r3"]
    await redis.aclose()
