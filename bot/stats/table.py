"""The figures as CSV, in direct messages: a spreadsheet takes what is copied from there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from bot.slack.blocks import Block, Msg, section
from bot.stats.figures import Day, Figures, Period, Share

HEAD: Final = ("days", "by", "name", "received", "answered", "median_seconds", "with_target", "within_target")
INTRO: Final = (
    "*The figures of Inbox as CSV.* Copy the lines into a file. They come as text, as I don't ask Slack for the right "
    "to upload files."
)
_BLOCK: Final = 2_800  # characters of one block
_BLOCKS: Final = 4  # blocks of one message
Cell = str | int | float


def rows(figures: Figures) -> Iterator[Sequence[Cell]]:
    """A head, then each day, and for 7 and 30 days the whole, each colleague, account and tag."""
    yield HEAD
    yield from (_day(one) for one in figures.days)
    for one in figures.periods:
        yield _whole(one)
        for by, shares in (("person", one.shares), ("account", one.accounts), ("tag", one.tags)):
            yield from (_share(one.days, by, share) for share in shares)


def _day(one: Day) -> Sequence[Cell]:
    return 1, "day", one.day.isoformat(), len(one.received), len(one.answers), "", "", ""


def _whole(one: Period) -> Sequence[Cell]:
    took = "" if one.median is None else f"{one.median:.0f}"
    return one.days, "all", "", one.received, one.answered, took, one.kept.judged, one.kept.in_time


def _share(days: int, by: str, one: Share) -> Sequence[Cell]:
    kept = one.kept
    return days, by, _inert(one.name), "", one.answered, f"{one.median:.0f}", kept.judged, kept.in_time


def _inert(name: str) -> str:
    """A spreadsheet calculates what begins like a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
    name = " ".join(name.split())
    return f"'{name}" if name[:1] in ("=", "+", "-", "@") else name


def lines(figures: Figures) -> list[str]:
    """The table as lines of CSV (RFC 4180)."""
    found = []
    for row in rows(figures):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(row)
        found.append(text.getvalue())
    return found


def messages(figures: Figures) -> list[Msg]:
    """As few messages as Slack takes it in."""
    parts, part = list[str](), ""
    for line in lines(figures):
        if part and len(part) + len(line) >= _BLOCK:
            parts, part = [*parts, part], ""
        part += f"{line}\n"
    blocks = [_literal(one.rstrip("\n")) for one in [*parts, part]]
    groups = [blocks[at : at + _BLOCKS] for at in range(0, len(blocks), _BLOCKS)]
    groups[0] = [section(INTRO), *groups[0]]
    return [Msg(text="The figures of Inbox as CSV.", blocks=one) for one in groups]


def _literal(text: str) -> Block:
    """Text that Slack shows as it is."""
    inside = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [inside]}
