"""`bot forget @handle`: takes somebody outside the team out of all that the bot keeps; says what stands in Slack.

`bot forget --colleague U…` does so with a colleague who left; says what stays of them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any, Final

from bot.cards.store import Cards
from bot.errors import SettingsError
from bot.models import Person
from bot.people.audit_store import AuditLog
from bot.people.colleague_erasure import ColleagueErasure
from bot.people.erasure import Erasure
from bot.people.traces import Traces
from bot.queue.job import Asker, reference
from bot.recipient import Recipient, Unreadable, read
from bot.settings import Settings
from bot.start import opened_redis
from bot.store.embedded import rewritten
from bot.store.installation import InstallState
from bot.store.running import others

OPERATOR: Final = "operator"  # who does it, in the record
USER: Final = re.compile("[UW][A-Z0-9]{2,}")
TRIES: Final = 10  # sweeps, a second apart: what is under way may write something anew


async def forget(settings: Settings, typed: str) -> int:
    """1 where work about them is under way; raises `SettingsError` for what names nobody, or several."""
    who = _read(typed)
    async with opened_redis(settings) as redis:
        erasure = Erasure(redis)
        traces = await erasure.traces(who)
        if len(traces.named) > 1:
            raise SettingsError(f"{typed} may be any of {_listed(traces.named)}: give the address of the profile.")
        links = await _cards(Cards(redis), InstallState(redis), traces.threads)
        running = await others(redis)
        if running and (work := await _under_way(erasure, traces)):
            print(f"Nothing was done: {work} pieces of work about {typed} wait. Run this later, or stop the bot first.")
            return 1
        if traces.others:
            print(f"With {typed} go the other profiles of the same contact: {_listed(traces.others)}.")
        if links:  # nobody knows them afterwards, also where this is interrupted
            print("In Slack stand, with what is below them, for you to delete:", *links, sep="\n  ", flush=True)
        count = await _swept(erasure, traces, running=running)
        if count:
            outcome, ref = f"done: {count} taken out", reference()
            await AuditLog(redis, settings.audit_days).note(Asker(user=OPERATOR), "forget", "", outcome, ref)
        _say(typed, count)
        return await _written_anew(settings, redis)


async def forget_colleague(settings: Settings, user: str) -> int:
    """1 where the file on disk is not written anew yet; raises `SettingsError` for what is no Slack user's id."""
    if not USER.fullmatch(user):
        raise SettingsError(f"{user} is no Slack user: give their member ID, as their profile in Slack copies it.")
    async with opened_redis(settings) as redis:
        erasure, running, count = ColleagueErasure(redis, user), await others(redis), 0
        for _ in range(TRIES):
            out = await erasure.sweep(alone=not running)
            count += out
            if not out:
                break
        if count:
            outcome, ref = f"done: {count} taken out of a colleague", reference()
            await AuditLog(redis, settings.audit_days).note(Asker(user=OPERATOR), "forget", "", outcome, ref)
        _say_of_colleague(user, count, await erasure.stays())
        return await _written_anew(settings, redis)


async def _written_anew(settings: Settings, redis: Any) -> int:
    """What was removed is to be gone from the disk as well; 1 where that is not done yet."""
    if settings.redis_url is not None:
        print("On the disk of your Redis, and in copies of it, they stay until you do step 4 of docs/data.md.")
        return 0
    if await rewritten(redis):
        print("BOT_DATA_DIR has nothing of that any more. Delete, or make anew, your copies of it and of `bot export`.")
        return 0
    print("The files in BOT_DATA_DIR are not written anew yet, so they hold it still: run this again later.")
    return 1


async def _under_way(erasure: Erasure, traces: Traces) -> int:
    """How much work waits, beyond what a bot does in a moment."""
    for _ in range(TRIES):
        work = await erasure.work(traces)
        if not work:
            return 0
        await asyncio.sleep(1.0)
    return work


async def _swept(erasure: Erasure, traces: Traces, *, running: bool) -> int:
    """Until nothing is found any more: a bot that runs may be writing something anew."""
    total = 0
    for _ in range(TRIES):
        out = await erasure.sweep(traces, alone=not running) or await erasure.finish(traces)
        total += out
        if not out:
            return total
    return total + await erasure.finish(traces)


def _say_of_colleague(user: str, count: int, stays: list[str]) -> None:
    if count:
        print(f"{count} entries of {user} are gone; the record says that this was done.")
        print("While Slack and Inbox know their address they are linked again: deactivate them there.")
    else:
        print(f"Nothing of {user}'s own is kept.")
    if stays:
        print("By their id stay:", *stays, sep="\n  ")
    print("By their name stays what they did, on cards and in receipts; by their seat in Inbox, figures: docs/data.md.")


def _say(typed: str, count: int) -> None:
    if not count:
        print(f"Nothing is kept of {typed}.")
        return
    print(f"{count} entries about {typed} are gone; the record says that this was done.")
    print("Erase them in Inbox too: what it tells of them next is kept again.")


async def _cards(cards: Cards, install: InstallState, threads: set[str]) -> list[str]:
    """The addresses of their cards in Slack, also of what is left where one moved away, which names them."""
    workspace, places = await install.workspace(), await cards.stood(threads)
    urls = [workspace.permalink(*one) if workspace else None for one in places]
    return [url or f"channel {one.channel}, message {one.ts}" for one, url in zip(places, urls, strict=True)]


def _read(typed: str) -> Recipient:
    try:
        return read(typed)
    except Unreadable:
        raise SettingsError(f"{typed} names nobody: give @handle, the address of a profile, or an id.") from None


def _listed(people: Iterable[Person]) -> str:
    return ", ".join(
        sorted(f"{one.label} ({one.profile_url or f'{one.platform} {one.platform_id}'})" for one in people)
    )
