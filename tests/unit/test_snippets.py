"""What is filled into a saved reply, what a file of them may hold, and what two who change one at once leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.operate.snippets import Entry, read, take, written
from bot.snippets.places import filled, missing, unfilled, unknown
from bot.snippets.store import MOST, Clash, Snippet, Snippets
from bot.store.connect import connect

VALUES = {"first_name": "Sarah", "name": "Sarah Chen", "handle": "@sarah", "me": "Ana", "account": ""}


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Hi {first_name|there}, {name} ({handle})", "Hi Sarah, Sarah Chen (@sarah)"),
        ("{me} from {account|us}", "Ana from us"),
        ("{me} from {account}", "Ana from {account}"),
        ("{account|}.", "."),
        ("{ me } {account | us}{account| } {\u00a0name |you}", "Ana us Sarah Chen"),
        ("{{me}} {Me} {me", "{{me}} {Me} {me"),
        ("{first_name|a|b}{nobody}", "{first_name|a|b}{nobody}"),
        ('{"who": {me}} `{me}` `{me}, {me}`', '{"who": Ana} `{me}` `Ana, Ana`'),
        ("", ""),
    ],
)
def test_a_place_has_its_value_else_what_stands_behind_the_bar_else_it_stays(text: str, read_as: str) -> None:
    assert filled(text, VALUES) == read_as


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert filled("{name}", {"name": "{me}", "me": "Ana"}) == "{me}"


def test_a_place_that_is_left_is_named_with_the_words_around_it() -> None:
    assert unfilled("Hi Sarah") is None
    assert unfilled("Hi {name}") == "Hi {name}"
    assert unfilled("a" * 30 + "\n{name|x}" + " " + "b" * 30) == "…" + "a" * 19 + " {name|x} " + "b" * 19 + "…"


ALMOST = [
    "{first-name}",
    "{first name}",
    "{First_Name|there}",
    "{firstname | there}",
    "{first_name:there}",
    "{first_name, friend}",
    "{first_name?}",
    "{first_name=there}",
    "{first_name (there)}",
    "{first_name or there}",
    "{first_name\u200b}",
    "{first_name||there}",
    "{{first_name}}",
    "{{ name }",
    "{Handle}",
    "{ME | us}",
    "{name\u200b}",
    "{{account||us}}",
    "{account",
    "{name!}",
    "{name?}",
    "{handle,|there}",
    "{firstname;}",
    "{name/there}",
    "{ name / there }",
    "{name - there}",
    "{name – there}",  # noqa: RUF001 - as phones write it
    "{name｜there}",  # noqa: RUF001 - what Japanese keyboards write
    "{name¦there}",
    "{name’s}",  # noqa: RUF001 - as phones write it
    "{name's friend}",
    "{name. there}",
    "{name; there}",
    "{name, how are you}",
    "{name, there!}",
    "{firstname - there}",
    "{name there}",
    "{name or there}",
    "{{account or us}}",
]
PERHAPS = [
    "{name, there}",
    "{handle,there}",
    "{firstname, there}",
    "{name, there, friend}",
    "{name: there}",
    "{name:there}",
    "{name (there)}",
    "{account(us)}",
    "{name=there}",
    "{name = my friend}",
    "{name-there}",
    "{ name or there }",
    "{ handle there or anything else that they like }",
]
CODE = [
    '{"name": "x", "me": {}}',
    "{} {a: 1} if (x) { y(); } {\n  name\n}",
    "{1} {-} { $x } {a, b}",
    "`{first-name}`, `{name}` and `{id}`",
    "Body: { return account.name() }",
    "}name{ {",
    "``` {name: 'x'} ```",
    "```\nif (x) {\n  return {first_name}\n```",
    "Use `const a = {name: 1}` please",
    "Use `a = {first_name: 1}`, `f({name})` and `function f() {name`",
    "{ name: 'x' } or {me=1} or { handle, text } or {account(1)}",
    "${account.id} {{account.name}} ${user.id} {{ me.id }}",
    "curl -d '{name:x}'",
    "function f() {name",
    "Use `a {{first_name}} b` and ${name, `${handle, me",
    "const f = a => {account ",
    "{ name, ...rest } {account[0]} {name && x} {account - 1} {name!r} {me->id} {account + fee} {name: a, b: c}",
    "{names, there} {account: {id: 1}} {name:>10} {account / 2} {name[0]}",
]


@pytest.mark.parametrize("place", ALMOST)
def test_what_is_almost_a_place_is_neither_saved_nor_sent(place: str) -> None:
    assert unknown(f"Hi {place}!") == place
    assert unfilled(filled(f"Hi {place}!", VALUES)) == f"Hi {place}!"


@pytest.mark.parametrize("place", PERHAPS)
def test_what_may_be_code_is_not_saved_and_sent_where_somebody_typed_it(place: str) -> None:
    """Where an older saved reply has it, it is not sent either."""
    text = f"Hi {place}!"
    assert unknown(text) == place
    assert unfilled(text) is None
    assert unfilled(filled(text, VALUES), missing(text, VALUES)) == text
    assert unfilled(f"Hi `{place}`!", missing(text, VALUES)) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Great talking to you :) {first_name, see you soon", "…t talking to you :) {first_name, see you soon"),
        ("f() {first_name. Bye", "f() {first_name. Bye"),
        ("Thanks (again) {name, bye", "Thanks (again) {name, bye"),
        ("Bye :) {name", "Bye :) {name"),
        ("Hi {name. Bye", "Hi {name. Bye"),
        ("Only 5$ {first_name", "Only 5$ {first_name"),
        ("Only 5${name, <b>{me", "Only 5${name, <b>{me"),
        ("the `90s, {name}, and `80s`", "the `90s, {name}, and `80s`"),
        ("Run `greet {first_name} now`", "Run `greet {first_name} now`"),
    ],
)
def test_what_only_looks_a_little_like_code_is_not_sent(text: str, left: str) -> None:
    assert unfilled(text) == left


@pytest.mark.parametrize("text", CODE)
def test_what_is_clearly_no_place_is_saved_and_sent(text: str) -> None:
    assert unknown(text) is None
    assert unfilled(text) is None


@pytest.mark.parametrize("text", CODE)
def test_what_can_be_saved_can_be_sent_once_its_places_have_values(text: str) -> None:
    everything = VALUES | {"account": "us"}
    assert unfilled(filled(text, everything), missing(text, everything)) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Hi {frist_name|there}", "{frist_name|there}"),
        ("{name} {company name | you}", "{company name | you}"),
        ("Hi {prénom}", "{prénom}"),
        ("Hi {first_name or there}", "{first_name or there}"),
        ("Hi {name or there}", "{name or there}"),
        ("A ` and {frist_name}", "{frist_name}"),
        ("Hi {first_name|there, how are you?", "{first_name"),
        ("{name} { name } {me|you} {account|}", None),
    ],
)
def test_what_looks_like_a_place_and_is_none_is_named(text: str, place: str | None) -> None:
    assert unknown(text) == place


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("`/start {handle}` or `{handle}`", "`/start @sarah` or `{handle}`"),
        ("```const a = {name}``` {name} ```{me", "```const a = Sarah Chen``` Sarah Chen ```{me"),
        ("```\nDear {name},\n``` ``` {me|x}", "```\nDear Sarah Chen,\n``` ``` Ana"),
        ("```{name}```", "```{name}```"),
    ],
)
def test_a_place_in_code_is_filled_but_alone_between_backticks(text: str, read_as: str) -> None:
    assert filled(text, VALUES) == read_as


@pytest.mark.parametrize(
    "text",
    [
        "Your code: `SAVE-{account}`",
        "`f({account})`",
        "`/start { account }`",
        "```\nDear {account},\n```",
        "```const a = {account}```",
    ],
)
def test_a_place_that_had_no_value_is_not_sent_in_code_either(text: str) -> None:
    """What somebody types there is theirs."""
    assert unfilled(text) is None
    assert missing(text, VALUES) == {"account"}
    assert unfilled(filled(text, VALUES), {"account"}) is not None
    assert unfilled(text, {"name"}) is None
    assert missing(text, VALUES | {"account": "us"}) == set()
    assert unfilled("Write `{account}` for it", {"account"}) is None


def test_what_is_missing_is_what_has_neither_a_value_nor_words_behind_a_bar() -> None:
    values = {"me": "Ana"}
    assert missing("{me} {account|us} {handle|} `{name}` {{name}}", values) == set()
    assert missing("{me} `a {account}` {first_name} {handle|x} {handle}", values) == {"account", "first_name", "handle"}


# --- the store --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def snippets(redis_url: str) -> AsyncIterator[Snippets]:
    redis = connect(redis_url)
    yield Snippets(redis)
    await redis.aclose()


def made(name: str = "Refund", text: str = "Text", rev: str = "1", id: str = "s1") -> Snippet:
    return Snippet(id=id, name=name, text=text, rev=rev, at=datetime(2026, 11, 26, tzinfo=UTC))


async def test_saving_the_same_twice_is_saving_it_once(snippets: Snippets) -> None:
    for _ in range(2):
        await snippets.save(made(), "")
    assert await snippets.for_user("U1") == [made()]


async def test_of_two_who_change_one_at_once_the_second_sees_the_firsts(snippets: Snippets) -> None:
    await snippets.save(made(), "")
    changes = [made(text=text, rev=text) for text in ("Ana's", "Bo's")]
    done = await asyncio.gather(*(snippets.save(one, "1") for one in changes), return_exceptions=True)
    (clash,) = [one for one in done if isinstance(one, Clash)]
    (kept,) = await snippets.for_user("U1")
    assert (clash.why, clash.there) == ("changed", kept)
    assert kept in changes


async def test_one_that_is_gone_and_a_name_that_is_taken_are_refused(snippets: Snippets) -> None:
    with pytest.raises(Clash, match="removed"):
        await snippets.save(made(), "1")
    await snippets.save(made(), "")
    with pytest.raises(Clash, match="name"):
        await snippets.save(made(" refund", id="s2"), "")
    with pytest.raises(Clash, match="changed"):
        await snippets.remove(made(), "0")
    await snippets.remove(made(), "1")
    await snippets.remove(made(), "1")
    assert await snippets.for_user("U1") == []


async def test_there_is_room_for_so_many_and_no_more(snippets: Snippets) -> None:
    await take(snippets, [Entry(name=f"Reply {number}", text="x") for number in range(MOST)])
    with pytest.raises(Clash, match="full"):
        await snippets.save(made(), "")
    with pytest.raises(SettingsError, match="room for 1,000"):
        await take(snippets, [Entry(name="One more", text="x")])
    assert await take(snippets, [Entry(name="Reply 1", text="y")]) == "0 added, 1 changed, 0 as they were."


# --- files ------------------------------------------------------------------------------------------------------------


async def test_what_is_written_is_read_again(snippets: Snippets, tmp_path: Path) -> None:
    entries = [Entry(name="Refund", text="Hi {name|you}"), Entry(name="Mine", text="“x”", owner="U0ANA")]
    await take(snippets, entries)
    file = tmp_path / "replies.json"
    file.write_text(written(await snippets.everything()))
    assert sorted(read(str(file)), key=str) == sorted(entries, key=str)
    assert await take(snippets, read(str(file))) == "0 added, 0 changed, 2 as they were."


async def test_what_was_renamed_since_a_file_was_taken_stays_when_the_file_is_taken_again(snippets: Snippets) -> None:
    file = [Entry(name="Refund", text="Within 14 days")]
    await take(snippets, file)
    (first,) = await snippets.everything()
    renamed = first.having(name="Refund EU", text="Within 30 days", rev="2")
    await snippets.save(renamed, first.rev)
    assert await take(snippets, file) == "1 added, 0 changed, 0 as they were."
    assert await take(snippets, file) == "0 added, 0 changed, 1 as they were."
    kept = {one.name: one.text for one in await snippets.everything()}
    assert kept == {"Refund": "Within 14 days", "Refund EU": "Within 30 days"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "is wrong: Invalid JSON"),
        ("[]", "is wrong: Input should be an object"),
        ({"snippets": [{"name": "x", "text": "y"}, {"name": "z"}]}, "in number 2, text: Field required"),
        ({"snippets": [{"name": "x", "text": "y", "team": True}]}, "in number 1, team: Extra inputs"),
        ({"snippets": [{"name": "x" * 61, "text": "y"}]}, "in number 1, name: String should have at most 60"),
        ({"snippets": [{"name": "x", "text": "y", "owner": "@ana"}]}, "number 1 (x): its owner is no Slack user id"),
        ({"snippets": [{"name": "x", "text": "y"}, {"name": "X", "text": "z"}]}, "another one has the same name"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(tmp_path: Path, content: object, said: str) -> None:
    file = tmp_path / "replies.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(SettingsError) as refused:
        read(str(file))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read(str(tmp_path / "none.json"))
