"""The figures in words, with Slack's own chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.slack.blocks import Block, Msg, chart, context, section
from bot.stats.figures import Figures, Kept, Period, Share
from bot.text import plain

USAGE = "Use `/inbox stats`, or `/inbox stats csv` for the figures as a table in a direct message."
CSV_SENT = "I sent you the figures as CSV in our direct messages."
SOMEONE = "a former colleague"
UNKNOWN_WRITER = "nobody in particular"
_REPORT = "📊 *How we did last week*"
_NAMES = 20  # colleagues that are named; what the others did is summed up
_PARTS = 12  # accounts, and tags, that are named
_CHARTED = 14  # days; Slack takes 20 at the most


def stats_message(figures: Figures) -> Msg:
    """For one person; every figure is in the fallback text too, but for the colleagues'."""
    heads = [_head(one) for one in figures.periods]
    whole = zip(heads, figures.periods, strict=True)
    parts = [part for head, one in whole for part in ("\n".join([head, *_shares(one)]), "\n".join(_parts(one))) if part]
    waiting = _waiting(figures)
    note = (
        f"From what I have seen since {figures.since:%d %B %Y}; days are UTC. An answer is the first message back, "
        "whoever wrote it; it counts for whoever wrote it in Slack, or else for whoever had the conversation."
    )
    judged = " Answers are judged by the targets that channels have now." if figures.periods[-1].kept.judged else ""
    charts = [_chart(figures)] if figures.days else []
    blocks: list[Block] = [*(section(part) for part in parts), section(waiting), *charts, context(note + judged)]
    return {"text": "\n".join([*heads, waiting]), "blocks": blocks}


def report_message(figures: Figures, until: date, *, over: bool) -> Msg:
    """What a channel reads on Monday: the week to the day `until` (UTC), without the month; `over`: so is that day."""
    days = f"{until - timedelta(days=6):%d %B} to {until:%d %B} by UTC"
    head = f"{_REPORT}, {days}{'' if over else ', where the last day is not over'}."
    week = stats_message(figures.having(periods=figures.periods[:1]))
    return {"text": f"{head}\n{week['text']}", "blocks": [section(head), *week["blocks"]]}


def _chart(figures: Figures) -> Block:
    """The latest days; the sums stand in words above it."""
    days = figures.days[-_CHARTED:]
    return chart(
        f"Inbox, the last {len(days)} days",
        [f"{one.day:%d %b}" for one in days],
        {"Received": [len(one.received) for one in days], "Answered": [len(one.answers) for one in days]},
    )


def _head(period: Period) -> str:
    took = f", the first answer after {span(period.median)} (median)" if period.median is not None else ""
    received = f"{_many(period.received, 'message')} received in {_many(period.threads, 'conversation')}"
    return f"*The last {period.days} days*: {received}, {period.answered} answered{took}.{_in_time(period.kept)}"


def _in_time(kept: Kept) -> str:
    if not kept.judged:
        return ""
    return f" Within the target: {100 * kept.in_time // kept.judged} % ({kept.in_time} of {kept.judged})."


def _shares(period: Period) -> list[str]:
    shown = [
        f"• {plain(one.name, 80)}: {one.answered}, median {span(one.median)}{_of(one.kept)}"
        for one in period.shares[:_NAMES]
    ]
    rest = period.shares[_NAMES:]
    more = [f"• {len(rest)} others: {sum(one.answered for one in rest)}"] if rest else []
    return [*shown, *more]


def _of(kept: Kept) -> str:
    return f", {kept.in_time} of {kept.judged} within the target" if kept.judged else ""


def _parts(period: Period) -> list[str]:
    """By account and by tag, where there is a target."""
    if not period.kept.judged:
        return []
    named = (("By account", period.accounts), ("By tag", period.tags))
    return [f"{by}: {'; '.join(_part(one) for one in some[:_PARTS])}{_rest(some)}" for by, some in named if some]


def _part(share: Share) -> str:
    return f"{plain(share.name, 60)} {share.kept.in_time} of {share.kept.judged}"


def _rest(shares: Sequence[Share]) -> str:
    return f"; and {len(shares) - _PARTS} more" if len(shares) > _PARTS else ""


def _waiting(figures: Figures) -> str:
    total = sum(count for _, count in figures.waiting)
    if not total:
        return "*Now* nobody is waiting for an answer."
    parts = [f"{count} with {plain(name, 80) if name else 'nobody'}" for name, count in figures.waiting[:_NAMES]]
    rest = sum(count for _, count in figures.waiting[_NAMES:])
    parts += [f"{rest} with others"] if rest else []
    verb = "is waiting" if total == 1 else "are waiting"
    late = f" ⏰ {figures.late} of them longer than the target." if figures.late else ""
    return f"*Now* {_many(total, 'conversation')} {verb} for an answer: {', '.join(parts)}.{late}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`, `2.1 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
