"""What README and docs tell people to type is something that the bot takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.__main__ import main, parser
from bot.features import FEATURES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "deploy/compose.yaml", *sorted((ROOT / "docs").glob("*.md")))
TEXTS = {path.name: path.read_text() for path in DOCUMENTS}
TYPED = re.compile(r"(?:python -m bot|(?<=`)bot) ([^`\n;&|>]*)")
"""A command in a code span or a block, up to where that ends."""


def typed() -> set[str]:
    return {found.strip() for text in TEXTS.values() for found in TYPED.findall(text)} - {""}


@pytest.mark.parametrize("command", sorted(typed()))
def test_every_command_can_be_typed_as_it_stands(command: str) -> None:
    words = shlex.split(command, comments=True)
    if words == ["--version"]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
        return
    assert parser().parse_args(words).command == words[0]


def test_every_word_of_inbox_in_the_documents_is_one_that_there_is() -> None:
    told = {(name, word) for name, text in TEXTS.items() for word in re.findall(r"/inbox ([a-z][a-z-]*)", text)}
    assert {word for _, word in told} >= {"mine", "find", "route", "settings", "quiet", "whoami", "link", "doctor"}
    assert {(name, word) for name, word in told if word not in FEATURES.words} == set()


def test_every_word_of_inbox_is_explained_to_those_who_use_it() -> None:
    told = set(re.findall(r"/inbox ([a-z][a-z-]*)", TEXTS["using.md"]))
    names: dict[int, set[str]] = {}
    for name, word in FEATURES.words.items():  # some words have two names
        names.setdefault(id(word), set()).add(name)
    assert [some for some in names.values() if not some & told] == []


def test_the_guide_for_people_is_short() -> None:
    assert len(TEXTS["using.md"].split()) < 3_000
