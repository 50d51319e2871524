"""Writes down what somebody pressed, typed or submitted, before Slack is answered. Nothing here waits for Inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Protocol, TypeVar

import structlog

from bot import words
from bot.context import Bot
from bot.errors import NotThere, Refused, SlackError, StoreUnavailable
from bot.models import Place
from bot.people.answers import say
from bot.queue.job import Asked, Asker, Job
from bot.slack.blocks import View, loading_modal, notice_modal
from bot.slack.payloads import Body, asker, button_value, clicked, modal_of

log = structlog.get_logger(__name__)

IN_TIME: Final = 0.9  # of the seconds that the boundary waits before it says that nothing was done
T = TypeVar("T")


async def asked(bot: Bot, job: Asked) -> None:
    """Accept what a command, click or shortcut asks for; the same payload again is the same piece of work."""
    await once(bot, job, f"trigger:{job.asker.trigger}" if job.asker.trigger else "")


async def submitted(bot: Bot, body: Body, job: Job, *more: Job) -> None:
    """Accept what a modal asks for, once for each modal."""
    await once(bot, job, f"view:{body['view']['id']}", *more)


async def once(bot: Bot, job: Job, key: str, *more: Job) -> None:
    """Accept `job` and `more`, unless something was accepted under `key` in seven days. Raises `StoreUnavailable`.

    The seven days are `first_time` in `queue/lanes.lua`; the ten minutes of `is_first`, for forms, are another rule.
    """
    new = await bot.lanes.accept(job, *more, once=key, within=bot.timing.ack_within * IN_TIME)
    log.info("accepted", ref=job.ref, kind=job.kind, new=new)


async def form(
    bot: Bot,
    who: Asker,
    title: str,
    fill: Callable[[str], Job],
    typed: str = "",
    *,
    instead_of: str = "",
    click: str = "",
) -> None:
    """Open a loading view at once, as the trigger lives three seconds; `fill` makes the job that fills it.

    `typed` is handed back where the form cannot be filled. `instead_of` is an open modal that gives way to it; where
    it was closed meanwhile, nobody wants the form. Where Slack delivers the same `click` again, or without one the same
    trigger, the form is open already.
    """
    if not await bot.lanes.is_first(f"form:{click or who.trigger}"):
        return
    view_id = await show(bot, who, loading_modal(title), instead_of)
    if not view_id:
        return
    try:
        await once(bot, fill(view_id), "")
    except StoreUnavailable:
        await bot.slack.update_view(view_id, notice_modal(title, words.STORE_DOWN, typed))


async def show(bot: Bot, who: Asker, view: View, instead_of: str) -> str:
    """Open a modal, in the place of the one that is open where there is one; its id, "" where that is closed by now."""
    if not instead_of:
        return await bot.slack.open_view(who.trigger or "", view)
    try:
        await bot.slack.update_view(instead_of, view)
    except NotThere:
        return ""
    return instead_of


async def completing(bot: Bot, body: Body, find: Callable[[str], Awaitable[Sequence[T]]]) -> Sequence[T]:
    """What `find` finds for what somebody has typed; nothing for whoever may not act, and while the store is away."""
    try:
        async with asyncio.timeout(bot.timing.typing_within):
            if await bot.access.might_act(asker(body)):
                return await find(str(body.get("value") or ""))
    except (Refused, SlackError, StoreUnavailable, TimeoutError) as error:
        log.info("nothing_suggested", menu=body.get("action_id"), error=type(error).__name__)
    return ()


class ThreadForm(Protocol):
    """The class of a job that fills a form about one thread."""

    def __call__(self, *, view_id: str, thread_id: str, asker: Asker) -> Job: ...


async def on_thread(bot: Bot, body: Body, make: Callable[[str, Asker], Asked]) -> None:
    """Accept the job that `make` makes for the thread that a button or a shortcut is about, if it is about one."""
    who = asker(body)
    thread_id = await thread_of(bot, body)
    await asked(bot, make(thread_id, who) if thread_id else _no_card(who))


async def thread_form(bot: Bot, body: Body, title: str, fill: ThreadForm) -> None:
    """Open the form that a button, an option of a menu or a shortcut asks for, about its thread."""
    who = asker(body)
    if thread_id := await thread_of(bot, body):
        make = partial(fill, thread_id=thread_id, asker=who)
        modal = modal_of(body)
        await form(bot, who, title, lambda view: make(view_id=view), instead_of=modal, click=clicked(body))
    else:
        await asked(bot, _no_card(who))


async def thread_of(bot: Bot, body: Body) -> str:
    """The value of the button; of a shortcut, the thread whose card the message is, or stands below. "" for none."""
    if body["type"] == "block_actions":
        return button_value(body)
    message = body["message"]
    return await bot.cards.at(Place(body["channel"]["id"], message.get("thread_ts") or message["ts"])) or ""


def _no_card(who: Asker) -> Asked:
    return say(who, words.NO_CARD)
