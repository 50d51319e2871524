"""What the end-to-end tests do and look at, in terms of people, cards and calls."""

from __future__ import annotations

import asyncio
import copy
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from bot.sandbox.inbox.http import Call
from bot.sandbox.inbox.records import PersonRecord, ThreadRecord
from bot.sandbox.slack.clock import PATIENCE
from bot.sandbox.slack.records import BOT_USER, Ack, Ephemeral, Message
from bot.sandbox.stage import Stage
from bot.sandbox.wire import WIRE

Json = dict[str, Any]
AT_ONCE = 9.0  # seconds: before what hangs for ten; how soon it really is, `tests/bench` measures
STRANGER = "1876543210987654300"  # on X, of nobody who is a contact of the team's yet
BUSY = ("people", "background", "delayed")


async def idle(on: Stage, within: float = PATIENCE, held: int = 0) -> None:
    """Until every webhook was delivered and no job waits: what has not happened by then will not happen.

    `held` are lanes that wait for a time which does not come.
    """
    await on.inbox.settle()
    end, known = time.monotonic() + within, _last_event(on)
    while await _depth(on) != [0, 0, held] or _last_event(on) != known:  # of what the last job did, Inbox tells too
        assert time.monotonic() < end, f"still busy after {within} s; Slack saw:\n{on.slack.story()}"
        await asyncio.sleep(0.02)
        await on.inbox.settle()
        known = _last_event(on)


async def whole_day() -> date:
    """The date of UTC, once it is neither new nor about to end: a test about days has to begin and end on one."""
    while True:
        now = datetime.now(UTC)
        today = now.date()
        if (now - timedelta(seconds=5)).date() == today == (now + timedelta(seconds=60)).date():
            return today
        await asyncio.sleep(1.0)


def _last_event(on: Stage) -> str:
    log = on.inbox.world.log
    return log[-1].id if log else ""


async def _depth(on: Stage) -> list[int]:
    depth = await on.bridge.lanes.depth()
    return [depth[name] for name in BUSY]


async def card_of(on: Stage, said: str = "Hi there", person: PersonRecord | None = None) -> Message:
    """The card of what `person` (Sarah) writes now, for the first time."""
    known = {message.ts for message in cards(on)}
    await on.inbox.customer_writes(person or on.acme.sarah, said)
    await on.slack.until(lambda: {message.ts for message in cards(on)} - known)
    await idle(on)
    (card,) = [message for message in cards(on) if message.ts not in known]
    return card


def cards(on: Stage) -> list[Message]:
    """What the bot posted at the top level of the channel."""
    posts = on.slack.messages(on.acme.channel)
    return [message for message in posts if message.user == BOT_USER and not message.thread_ts]


def shows(on: Stage, card: Message) -> str:
    """The card as a person sees it now."""
    return on.slack.show(on.slack.message(card.channel, card.ts))


def labels(card: Message) -> list[str]:
    """The labels of the card's buttons, in order."""
    return [element["text"]["text"] for element in _pressed(card) if element["type"] == "button"]


def menu(card: Message) -> list[str]:
    """The labels of the options in the card's menu, in order."""
    menus = [element["options"] for element in _pressed(card) if element["type"] == "overflow"]
    return [option["text"]["text"] for options in menus for option in options]


def _pressed(card: Message) -> list[Json]:
    return [element for block in card.blocks if block["type"] == "actions" for element in block["elements"]]


def thread(on: Stage, person: PersonRecord | None = None, account: str = "") -> ThreadRecord:
    """Inbox's conversation with `person` (Sarah)."""
    found = on.inbox.world.thread_between(account or on.acme.account, person or on.acme.sarah)
    assert found is not None
    return found


def calls(on: Stage, method: str, contains: str = "") -> list[Call]:
    """What the bot asked of Inbox with `method`, in order."""
    return [call for call in on.inbox.calls if call.method == method and contains in call.path]


def lookups(on: Stage) -> list[str]:
    """The questions to Inbox about who somebody is."""
    about = ("/v1/threads/lookup", "/v1/prospects", "/v2/contacts")
    return [str(c) for c in calls(on, "GET") if c.path.startswith(about) or c.path == "/v2/threads"]


def version(on: Stage) -> str:
    return on.bridge.inbox.version


def as_body(on: Stage, *, archived: bool) -> Json:
    """The body that archives or reopens."""
    return {"done": archived} if version(on) == "v1" else {"archived": archived}


def told(on: Stage, user: str) -> list[str]:
    """Everything that the bot said to `user` alone: its blocks and its fallback, without the invisible joiners."""
    private: list[Ephemeral | Message] = [*on.slack.ephemerals(user), *on.slack.dms(user)]
    return [f"{on.slack.show(one)}\n{one.text}".replace("\u2060", "") for one in private]


async def hears(on: Stage, user: str, words: str, within: float = PATIENCE) -> str:
    """Until `user` is told `words` privately; the whole of it."""
    found = await on.slack.until(lambda: [one for one in told(on, user) if words in one], within)
    return found[0]


async def answered(on: Stage, user: str, times: int) -> list[str]:
    """Until `user` has been told `times` things privately; all of them."""
    await on.slack.until(lambda: len(told(on, user)) >= times)
    return told(on, user)


async def click(on: Stage, user: str, card: Message, action: str, value: str, **more: object) -> Ack:
    """A click on a control of the card's message, whether or not it shows there."""
    container = {"type": "message", "message_ts": card.ts, "channel_id": card.channel}
    payload: Json = {"type": "block_actions", "container": container, "channel": {"id": card.channel, "name": "x"}}
    pressed = {"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1"} | more
    payload |= {"actions": [pressed], "response_url": on.slack.hook(user, card.channel)}
    return await on.slack.interaction(user, payload)


async def press_when_shown(on: Stage, user: str, card: Message, label: str) -> None:
    """Press a button as soon as the card has it."""
    await on.slack.until(lambda: label in labels(card))
    await on.slack.press(user, card.channel, card.ts, label)


async def whisper(on: Stage, user: str, words: str, within: float = PATIENCE) -> Ephemeral:
    """The ephemeral message with `words`, whose buttons can be pressed."""
    found = await on.slack.until(lambda: [e for e in on.slack.ephemerals(user) if words in on.slack.show(e)], within)
    return found[0]


async def form(on: Stage, user: str, field: str = "To") -> Json:
    """The modal of `user`, once it is filled in and has `field`."""

    def filled() -> Json | None:
        view = on.slack.modal(user)
        fields = [block.get("label", {}).get("text") for block in view["blocks"]] if view else []
        return view if field in fields else None

    return await on.slack.until(filled) or {}


async def modal(on: Stage, user: str, words: str) -> Json:
    """The modal of `user`, once it says `words`."""

    def shown() -> Json | None:
        view = on.slack.modal(user)
        return view if view and words in on.slack.show(view) else None

    return await on.slack.until(shown) or {}


async def reply_form(on: Stage, user: str, card: Message) -> Json:
    """The reply form of `user`, opened from the card and filled in; of a colleague's conversation, anyway."""
    assert (await on.slack.press(user, card.channel, card.ts, "Reply")).ok
    shown = await on.slack.until(lambda: (view := on.slack.modal(user)) and len(view["blocks"]) > 1 and view)
    if shown and any("has this conversation" in (one.get("text") or {}).get("text", "") for one in shown["blocks"]):
        assert (await on.slack.press_modal(user, "Reply anyway")).ok
    return await form(on, user, "Your reply")


async def reply(on: Stage, user: str, card: Message, said: str) -> Message:
    """Send `said` from the card's form; its receipt below the card, once it is there."""
    await reply_form(on, user, card)
    known = {one.ts for one in on.slack.replies(card.channel, card.ts)}
    assert (await on.slack.submit(user, values={"text": said})).ok

    def fresh() -> list[Message]:
        below = on.slack.replies(card.channel, card.ts)
        return [one for one in below if one.ts not in known and "replied to" in on.slack.show(one)]

    return (await on.slack.until(fresh))[0]


def receipts(on: Stage, card: Message) -> list[Message]:
    """The replies from Slack that stand below the card, among what else was written in the conversation."""
    below = on.slack.replies(card.channel, card.ts)
    return [one for one in below if "replied to" in one.text or one.text.startswith("A reply from")]


def drawn_ago(view: Json, ago: timedelta) -> None:
    """The form stands open since then, as far as it remembers."""
    said, found = re.subn(
        r"(?<=@)\d{4}-[^ |]+", lambda at: (datetime.fromisoformat(at[0]) - ago).isoformat(), view["private_metadata"]
    )
    assert found == 1, "the form does not remember when it was drawn"
    view["private_metadata"] = said


def initial(view: Json, block_id: str) -> str:
    """What the form's text field holds before anybody types."""
    (block,) = [block for block in view["blocks"] if block.get("block_id") == block_id]
    return str(block["element"].get("initial_value", ""))


def options(view: Json) -> list[str]:
    """The labels of what there is to choose from."""
    (block,) = [block for block in view["blocks"] if block.get("block_id") == "choice"]
    return [option["text"]["text"] for option in block["element"]["options"]]


def nodes(thing: Any) -> list[Json]:
    """Every object within blocks, at any depth."""
    if isinstance(thing, list):
        return [node for one in thing for node in nodes(one)]
    if isinstance(thing, dict):
        return [thing, *(node for one in thing.values() for node in nodes(one))]
    return []


class Picture:
    """A card as it is at this moment, to compare with later."""

    def __init__(self, card: Message) -> None:
        self._card, self._blocks, self._text, self._edited = card, copy.deepcopy(card.blocks), card.text, card.edited

    def is_unchanged(self) -> bool:
        now = self._card
        return (now.blocks, now.text, now.edited) == (self._blocks, self._text, self._edited)


class Recorder(httpx.AsyncBaseTransport):
    """Keeps what the sandbox's Slack sends to the bot, so that it can be sent again or changed."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await WIRE.handle_async_request(request)


def recorder(on: Stage) -> Recorder:
    """What Slack sends from now on."""
    on.slack.transport = kept = Recorder()
    return kept


async def until(predicate: Callable[[], object], within: float = PATIENCE) -> None:
    """Until `predicate` holds, for what Slack takes no notice of."""
    end = time.monotonic() + within
    while not predicate():
        assert time.monotonic() < end, f"not within {within} s"
        await asyncio.sleep(0.01)
