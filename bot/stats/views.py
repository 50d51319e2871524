"""The figures in words: `/inbox stats`, the caption of its picture, and the picture for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.blocks import Block, Msg, context, section
from bot.stats.figures import Day, Figures, Period
from bot.text import clip, plain

NO_PICTURE = "There is no picture: Slack has not granted me files:write."
PICTURE = "Inbox, day by day"
SOMEONE = "a former colleague"
UNKNOWN_WRITER = "nobody in particular"
_NAMES = 20  # colleagues that are named; what the others did is summed up


def stats_message(figures: Figures) -> Msg:
    """For one person; every figure is in the fallback text too, but for the colleagues'."""
    heads = [_head(one) for one in figures.periods]
    parts = ["\n".join([head, *_shares(one)]) for head, one in zip(heads, figures.periods, strict=True)]
    waiting = _waiting(figures)
    note = (
        f"From what I have seen since {figures.since:%d %B %Y}; days are UTC. An answer is the first message back, "
        "whoever wrote it; it counts for whoever wrote it in Slack, or else for whoever had the conversation."
    )
    blocks: list[Block] = [*(section(part) for part in parts), section(waiting), context(note)]
    return {"text": "\n".join([*heads, waiting]), "blocks": blocks}


def chart_caption(period: Period) -> Msg:
    """What stands above the picture."""
    said = f"🟦 messages received and 🟩 conversations answered, day by day. {_head(period)}"
    return {"text": said, "blocks": [section(said)]}


def chart_words(days: Sequence[Day]) -> str:
    """The picture for who cannot see it, in at most 1,000 characters."""
    each = (f"{one.day:%d %b} {len(one.received)}/{len(one.answers)}" for one in days if one.received or one.answers)
    return clip(f"Bars for {len(days)} days, received/answered: {', '.join(each) or 'nothing yet'}", 1_000)


def _head(period: Period) -> str:
    took = f", the first answer after {span(period.median)} (median)" if period.median is not None else ""
    received = f"{_many(period.received, 'message')} received in {_many(period.threads, 'conversation')}"
    return f"*The last {period.days} days*: {received}, {period.answered} answered{took}."


def _shares(period: Period) -> list[str]:
    shown = [f"• {plain(one.name, 80)}: {one.answered}, median {span(one.median)}" for one in period.shares[:_NAMES]]
    rest = period.shares[_NAMES:]
    more = [f"• {len(rest)} others: {sum(one.answered for one in rest)}"] if rest else []
    return [*shown, *more]


def _waiting(figures: Figures) -> str:
    total = sum(count for _, count in figures.waiting)
    if not total:
        return "*Now* nobody is waiting for an answer."
    parts = [f"{count} with {plain(name, 80) if name else 'nobody'}" for name, count in figures.waiting[:_NAMES]]
    rest = sum(count for _, count in figures.waiting[_NAMES:])
    parts += [f"{rest} with others"] if rest else []
    verb = "is waiting" if total == 1 else "are waiting"
    return f"*Now* {_many(total, 'conversation')} {verb} for an answer: {', '.join(parts)}."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`, `2.1 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
