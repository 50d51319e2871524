"""Open conversations by the conditions of rules, as `/inbox list` and `/inbox triage` find them."""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.bulk import words
from bot.context import Bot
from bot.errors import Mistake
from bot.inbox.search import Found, Narrow, Search
from bot.models import Thread
from bot.routing.actions import Actions
from bot.routing.fit import Known, unmet
from bot.routing.language import read
from bot.routing.make import meant
from bot.routing.store import Condition, Field, Rule

WAITING: Final = "waiting"
LOOKED: Final = 1000  # conversations that are read at the most
SAID: Final[frozenset[Field]] = frozenset({"text", "link"})  # conditions about what they wrote
KINDS: Final = {"account": "accounts", "platform": "platforms", "tag": "tags", "status": "statuses"}


class Filter(NamedTuple):
    """All of `conditions` hold; where only those `waiting` are wanted, they wrote last."""

    conditions: tuple[Condition, ...] = ()
    waiting: bool = False

    @property
    def said(self) -> str:
        """In words, mrkdwn; "" for all."""
        return words.conditions([(one.field, one.shown) for one in self.conditions], waiting=self.waiting)

    @property
    def note(self) -> str:
        """What to know of the list; "" for nothing."""
        return words.LAST_ALONE if SAID & {one.field for one in self.conditions} else ""


async def understood(bot: Bot, typed: str) -> Filter:
    """What was typed behind the word. Raises `Mistake`, and `InboxError` where names cannot be looked up."""
    if not typed:
        return Filter()
    draft = read(typed, (WAITING,))
    if draft.actions != Actions():
        raise Mistake(words.NO_CHANNEL if draft.actions.channel else words.NO_ACTIONS)
    if any(one.field == "first" for one in draft.wishes):
        raise Mistake(words.NO_FIRST)
    return Filter(await meant(bot, draft.wishes), WAITING in draft.marks)


async def find(bot: Bot, wanted: Filter) -> Found:
    """The open conversations that fit, longest untouched first. Raises `InboxError`."""
    found = await bot.inbox.search(Search(kind="open", narrow=_narrow(wanted)), LOOKED)
    fitting = [one for one in found.threads if await fits(bot, wanted, one)]
    return Found(threads=tuple(fitting), looked=found.looked)


async def fits(bot: Bot, wanted: Filter, thread: Thread) -> bool:
    """Whether an open conversation is one of those, as it is now; `thread` shows its person with tags and status."""
    last = thread.last_message
    if thread.archived or thread.idle or (wanted.waiting and not (last and last.inbound)):
        return False
    asked = {one.field for one in wanted.conditions}
    seen = "campaign" in asked and (await bot.routes.memory(thread.id)).campaign
    message = thread.their_last
    if message is None and asked & SAID:
        card = await bot.cards.get(thread.id)
        message = card.latest if card else None
    rule = Rule(id="", channel="", conditions=wanted.conditions)
    return not unmet(rule, thread, message, Known(campaign=seen))


def _narrow(wanted: Filter) -> Narrow:
    """As much of it as Inbox may know; of two conditions about the same, the first."""
    first: dict[Field, Condition] = {one.field: one for one in reversed(wanted.conditions)}
    request = first["request"].values if "request" in first else ()
    return Narrow(
        **{name: first[kind].values for kind, name in KINDS.items() if kind in first},
        assignees=first["assignee"].values if "assignee" in first else (),
        requests=request == ("yes",) if len(request) == 1 else None,
    )
