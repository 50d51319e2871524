"""How the work on a text grows with its length: a pattern that looks back again and again would hold up the process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.dm.command import command
from bot.errors import Mistake
from bot.lists.profiles import in_text
from bot.recipient import Unreadable
from bot.routing import language
from bot.snippets.places import unfilled, unknown
from bot.text import clean, decode, mentioned, plain

pytestmark = pytest.mark.bench


def seconds(work: Callable[[str], object], text: str) -> float:
    """The time that this process itself needs, the best of three."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        work(text)
        taken.append(time.process_time() - begun)
    return min(taken)


def read_rule(typed: str) -> None:
    with suppress(Mistake):
        language.read(typed)


def read_command(typed: str) -> None:
    with suppress(Unreadable):
        command(typed)


PIECES = [
    "a",
    "aB1_",
    "`",
    "```a ",
    "<",
    "<a",
    "<@U1",
    "<a|",
    ":",
    ":a",
    "_:",
    "a://",
    "://",
    "&",
    "&amp;",
    "a ",
    ".",
    "a.",
]
PIECES += ["-", "@a ", "x.com/", "https://x.com/a ", "a@", "%C3", '"', 'a:"b" ', "a: ", " ", "a,", "*a", "> ", "a\n"]
PIECES += ["{", "{name", "{name, ", "{name, ab ", "{ name a "]


@pytest.mark.parametrize("work", [decode, plain, read_rule, read_command, in_text, mentioned, clean, unfilled, unknown])
def test_a_text_of_eight_times_the_length_takes_about_eight_times_as_long(work: Callable[[str], object]) -> None:
    """A quadratic pattern takes 64 times as long; small times are not compared, as they are the machine's."""
    for piece in PIECES:
        short, long = ((piece * length)[:length] for length in (5_000, 40_000))
        if (taken := seconds(work, long)) > 0.1:
            assert taken < 24 * seconds(work, short), piece
