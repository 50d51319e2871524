"""Writes down what somebody pressed, typed or submitted, before Slack is answered. Nothing here waits for Inbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from bot import words
from bot.context import Bot
from bot.errors import StoreUnavailable
from bot.models import Place
from bot.people.answers import say
from bot.queue.job import Asker, Job
from bot.slack.blocks import loading_modal, notice_modal
from bot.slack.payloads import Body

log = structlog.get_logger(__name__)

WITHIN: Final = 1.8  # seconds; less than the boundary waits before it says that nothing was done


async def asked(bot: Bot, who: Asker, job: Job) -> None:
    """Accept what a command, click or shortcut asks for; the same payload again is the same piece of work."""
    await once(bot, job, f"trigger:{who.trigger}" if who.trigger else "")


async def submitted(bot: Bot, body: Body, job: Job) -> None:
    """Accept what a modal asks for, once for each modal."""
    await once(bot, job, f"view:{body['view']['id']}")


async def once(bot: Bot, job: Job, key: str) -> None:
    """Accept `job`, unless something was accepted under `key` in the last seven days. Raises `StoreUnavailable`."""
    new = await bot.lanes.accept(job, once=key, within=WITHIN)
    log.info("accepted", ref=job.ref, kind=job.kind, new=new)


async def form(bot: Bot, who: Asker, title: str, fill: Callable[[str], Job], typed: str = "") -> None:
    """Open a loading view at once, as the trigger lives three seconds; `fill` makes the job that fills it.

    `typed` is handed back where the form cannot be filled.
    """
    view_id = await bot.slack.open_view(who.trigger or "", loading_modal(title))
    try:
        await once(bot, fill(view_id), "")
    except StoreUnavailable:
        await bot.slack.update_view(view_id, notice_modal(title, words.STORE_DOWN, typed))


async def no_card(bot: Bot, who: Asker) -> None:
    """Tell somebody that the message belongs to no conversation."""
    await asked(bot, who, say(who, words.NO_CARD))


async def thread_of(bot: Bot, body: Body) -> str:
    """The thread whose card this message is, or stands below; "" where there is none."""
    message = body["message"]
    return await bot.cards.at(Place(body["channel"]["id"], message.get("thread_ts") or message["ts"])) or ""
