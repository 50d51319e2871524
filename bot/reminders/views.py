"""Reminders, and the morning's digest: never a word of what anybody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.slack.blocks import Msg, paragraphs
from bot.text import linked, plain, when_long

_SHOWN: Final = 15  # conversations in one message


class Waiter(NamedTuple):
    """Somebody who waits for an answer, and where their card is. `assignee` is a name; None: nobody has it."""

    name: str
    since: datetime
    link: str | None
    assignee: str | None


def reminder(waiters: Sequence[Waiter], *, personal: bool, names: bool, late: bool = False, calls: str = "") -> Msg:
    """What a channel or, if `personal`, an assignee reads. Without `names`, nothing tells who they are.

    `late`: they wait longer than the channel's target. `calls` are Slack's tokens of who is to notice.
    """
    whose = " that you have" if personal else ""
    past = ", longer than the target" if late else ""
    if len(waiters) == 1:
        return _message(f"⏰ {calls}{_line(waiters[0], names=names, personal=personal, past=past)}")
    head = f"⏰ {calls}*{len(waiters)} conversations{whose} are waiting for an answer{past}.*"
    return _message(head, *_lines(waiters, names=names, personal=personal))


def morning(waiters: Sequence[Waiter], *, names: bool) -> Msg:
    """Who waits in the channel, and how many of them nobody has."""
    free = sum(one.assignee is None for one in waiters)
    one = len(waiters) == 1
    head = f"☀️ *{len(waiters)} conversation{'' if one else 's'} {'is' if one else 'are'} waiting for an answer"
    return _message(f"{head}, {free} unassigned.*", *_lines(waiters, names=names, personal=False))


def _lines(waiters: Sequence[Waiter], *, names: bool, personal: bool) -> list[str]:
    shown = [f"• {_line(one, names=names, personal=personal)}" for one in waiters[:_SHOWN]]
    return [*shown, *([f"… and {len(waiters) - len(shown)} more"] if len(waiters) > len(shown) else [])]


def _line(waiter: Waiter, *, names: bool, personal: bool, past: str = "") -> str:
    who = linked(waiter.name if names else "Someone", waiter.link)
    if personal:
        whose = "It is assigned to you."
    elif waiter.assignee is None:
        whose = "Nobody has taken it."
    else:
        whose = f"Assigned to {plain(waiter.assignee, 80)}." if names else "Somebody has it."
    return f"{who} has been waiting for an answer since {when_long(waiter.since)}{past}. {whose}"


def _message(*lines: str) -> Msg:
    return {"text": lines[0], "blocks": paragraphs(lines)}
