"""Whatever is typed behind `/inbox` is understood, or said not to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.features import FEATURES
from bot.people.access import KNOWN_WITHIN
from bot.sandbox.stage import Stage
from tests.conftest import QUICK, Open
from tests.e2e.steps import card_of, hears, idle, told

WORDS = sorted(FEATURES.words)
ALONE = sorted(name for name, word in FEATURES.words.items() if word.alone)


async def says(on: Stage, words: str, by: str | None = None) -> str:
    """Everything that Ana, who is an admin, or somebody else is told for `/inbox words`."""
    user = by or on.acme.ana
    before = len(told(on, user))
    assert (await on.slack.command(user, on.acme.channel, "/inbox", words)).ok
    await idle(on)
    return "\n".join(told(on, user)[before:])


def typos(word: str) -> list[str]:
    """One letter left out, doubled, mistaken or swapped with the next; no other word of `/inbox`."""
    found = {word[:at] + word[at + 1 :] for at in range(len(word))}
    found |= {word[:at] + word[at] + word[at:] for at in range(len(word))}
    found |= {word[:at] + "x" + word[at + 1 :] for at in range(len(word))}
    found |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return sorted(found - set(WORDS))


WAYS = ["{word}", "{WORD}", "{Word}", "`{word}`", "{word}."]


@pytest.mark.parametrize(
    "way", [WAYS[1], *(pytest.param(one, marks=pytest.mark.exhaustive) for one in WAYS if one != WAYS[1])]
)
@pytest.mark.parametrize("words", [WORDS[:12], WORDS[12:24], WORDS[24:]], ids=["first", "next", "last"])
async def test_a_word_is_found_in_any_case_and_never_fails(on: Stage, words: list[str], way: str) -> None:
    for word in words:
        answer = await says(on, way.format(word=word, WORD=word.upper(), Word=word.capitalize()))
        assert "I don't know" not in answer
        assert "Something went wrong" not in answer


async def test_a_typo_of_a_word_is_asked_about(on: Stage) -> None:
    for word in WORDS:
        for typed in typos(word)[:: 2 * len(word)]:
            assert "Did you mean `" in await says(on, typed), typed


@pytest.mark.parametrize("word", ALONE)
async def test_what_nobody_understands_behind_a_word_is_said(on: Stage, word: str) -> None:
    for typed in (f"{word} foo", f"{word.upper()}  30", f"{word}\tplease"):
        assert "I don't understand *" in await says(on, typed)


TAKES = [
    ("stats 30", "Use `/inbox stats`, or `/inbox stats csv`"),
    ("whoami 30", "I don't understand *30*: nothing is typed after `/inbox whoami`."),
    ("assignments maybe", "Use `/inbox assignments on`"),
    ("assignments OFF", "I no longer tell you"),
    ("reply-assigns maybe", "Use `/inbox reply-assigns on`"),
    ("reply-assigns OFF", "a reply no longer assigns"),
    ("replies sometimes", "Use `/inbox replies on"),
    ("Replies ON >>", "begin with `&gt;&gt;`"),
    ("consent maybe", "Use `/inbox consent`"),
    ("consent OFF", "any more while it is shared"),
    ("quiet always", "Use `/inbox quiet"),
    ("Quiet Off", "reminders"),
    ("link one two three", "Use `/inbox link"),
    ("unlink nobody", "Use `/inbox link"),
    ("allow bo", "Use `/inbox allow"),
    ("disallow", "Use `/inbox allow"),
    ("route frobnicate", "I don't understand *frobnicate* after `/inbox route`."),
    ("ROUTE List", "Everything else"),
    ("route move", "I can't find rule"),
    ("route remove all", "I can't find rule"),
    ("route test", "I can't read that recipient"),
    ("why Sarah Chen", "Name one person"),
    ("why @sarah,", "is in <#"),
    ("why @nobody-of-that-name", "I know of no conversation with"),
    ("why sarah@chen.example", "I can't write to an e-mail address"),
    ("find", "Use `/inbox find"),
    ("hlep", "Did you mean `help`?"),
]


async def test_each_word_says_what_it_takes(on: Stage) -> None:
    await card_of(on)
    for typed, answer in TAKES:
        heard = (await says(on, typed)).replace("#support", f"<#{on.acme.channel}>")
        assert answer.replace("&gt;", ">") in heard.replace("&gt;", ">"), typed


async def test_a_colleague_s_mention_is_told_apart(on: Stage) -> None:
    for typed in (f"why <@{on.acme.bo}>", f"why <@{on.acme.bo}>,", f"route test <@{on.acme.bo}>"):
        assert "That is a colleague in Slack." in await says(on, typed)
    assert "Slack took that for a colleague" in await says(on, f"find <@{on.acme.bo}>")


@pytest.mark.parametrize("word", ["help", ""])
async def test_help_has_what_admins_may_do_for_admins_alone(on: Stage, word: str) -> None:
    for user, shown in ((on.acme.bo, False), (on.acme.ana, True), (on.acme.outsider, False)):
        answer = await says(on, word, user)
        assert "`/inbox whoami`" in answer
        for theirs in ("admin", "/inbox allow", "route add", "replies on", "working hours", "name@company.com"):
            assert (theirs in answer) is shown, theirs


async def test_help_is_not_kept_waiting_by_a_slack_that_does_not_say_who_it_is(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, known_within=KNOWN_WITHIN))
    on.slack.fail("users.info", delay=30.0)
    answer = await says(on, "help", on.acme.ana)
    assert "/inbox whoami" in answer
    assert "admin" not in answer
    on.slack.heal()
    while "/inbox allow" not in (answer := await says(on, "help", on.acme.ana)):  # on a busy machine, too late again
        assert "/inbox whoami" in answer
    await hears(on, on.acme.ana, "/inbox doctor")
