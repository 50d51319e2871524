"""Which API version this process speaks, and when that is asked for again.

v1 ends: at the first sign of it v2 is asked, and where v2 answers, all clients go on there. What one process finds out
is shared through callables that are passed in, so that every other one follows. Which version a process begins with is
chosen in `bot.inbox.client`; an answer that means the end is told from others in `bot.inbox.transport`. Work under way
is asked again by `bot.inbox.either` where that does nothing twice; else a send looks what became of it
(`bot.send.send`), a click waits (`bot.threads.change`) and so does all else (`WAITS` in `bot.queue.retries`). What
follows once there is another version is in `bot.people.versions`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import structlog

from bot.errors import BotError, InboxError, RateLimited, StoreUnavailable, Unavailable, VersionEnded

log = structlog.get_logger(__name__)

# The vendor's changelog, 8 October 2026: v1 stops responding on that day. Its `Sunset` header says so too; this is for
# when nobody has seen one.
V1_ENDS: Final = datetime(2026, 12, 3, tzinfo=UTC)
NEVER: Final = datetime(2100, 1, 1, tzinfo=UTC)  # an end after that, as in the year 9999, says that there is none
NEAR: Final = timedelta(days=1)  # before the end; from then on v2 is asked often
# As multiples of the time between two looks at what other processes found out, five seconds:
THROTTLE: Final = 0.4  # at the least between two questions for v2, whatever the signs: 2 s
SOON: Final = 2  # between two questions while v1 has ended or was not chosen for certain: 10 s
SELDOM: Final = 720  # while v1 answers and v2 refused the team: an hour


def end_of(version: str, sunset: str | None) -> datetime | None:
    """When `version` ends: by its `Sunset` header, an HTTP date, else by what the vendor announced; None for never."""
    try:
        said = parsedate_to_datetime(sunset) if sunset else None
    except ValueError:
        said = None
    if said is None:
        return V1_ENDS if version == "v1" else None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return said if said < NEVER else None


def day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


@dataclass(frozen=True)
class Shared:
    """What all processes know together.

    `recall` is the version stored; `share` stores one and says whether it was another before; `turn` is true for one
    process, and not again before so many seconds have passed.
    """

    recall: Callable[[], Awaitable[str | None]]
    share: Callable[[str], Awaitable[bool]]
    turn: Callable[[float], Awaitable[bool]]


class Spoken:
    """One for each process; all its clients look here before each call."""

    def __init__(
        self,
        version: str,
        *,
        pinned: bool,
        certain: bool,
        choose: Callable[[], Awaitable[str]],
        shared: Shared,
        every: float = 5.0,
    ) -> None:
        """`certain` says that v2 has just refused the team, where `version` is v1; `pinned` that settings name it."""
        self.version, self.pinned, self.certain = version, pinned, certain
        self.ended = False  # v1 gave a sign, and v2 did not answer yet
        self.signs = 0  # of its end, so far
        self.sunset: str | None = None
        self.moved: Callable[[str, bool], Awaitable[None]] | None = None
        self.watched: Callable[[], Awaitable[None]] | None = None
        self._choose, self._shared, self._every = choose, shared, every
        self._asking, self._asked = asyncio.Lock(), -1e9
        self._sign = asyncio.Event()

    @property
    def ends(self) -> datetime | None:
        """When the version ends, as far as anybody said so."""
        return end_of(self.version, self.sunset)

    def said(self) -> str:
        """One line on it for whoever operates the bot."""
        if self.ended:
            return f"Inbox API {self.version} has ended, and no other one answers or may be used yet"
        return f"Inbox API {self.version}" + (f", which ends on {day(self.ends)}" if self.ends else "")

    def answered(self, version: str, sunset: str | None, signs: int) -> None:
        """A call to `version` was answered, with the `Sunset` header last seen.

        It lives, unless it gave a sign of its end after the call began, when there had been so many `signs`.
        """
        if version == self.version:
            self.ended, self.sunset = self.ended and signs != self.signs, sunset or self.sunset

    async def failed(self, version: str, error: InboxError) -> bool:
        """A call to `version` failed: whether another one is spoken by now. Raises `StoreUnavailable`.

        Where the error says that the version has ended, v2 is asked at once; what may have other causes only hurries
        the next look.
        """
        if version == self.version == "v1":
            if isinstance(error, VersionEnded) or error.code == "unreadable":
                if isinstance(error, VersionEnded):
                    self.ended, self.signs = True, self.signs + 1
                await self.look()
            elif isinstance(error, Unavailable) or error.status in (401, 403):
                self._sign.set()
        return self.version != version

    async def look(self) -> None:
        """Ask for v2, unless that was done just now: then another process may know more by now.

        One asks, and whoever comes meanwhile waits for the answer.
        """
        if self.pinned or self.version != "v1":
            return
        async with self._asking:
            if self.version != "v1":
                return
            if time.monotonic() - self._asked < self._every * THROTTLE:
                await self.follow()
                return
            try:
                found = await self._choose()
            except InboxError as error:
                self.certain = False
                log.warning("api_version_not_chosen", status=error.status, code=error.code, ended=self.ended)
            else:
                self.certain, self.ended = True, self.ended and found == "v1"
                if found != self.version:
                    await self._speak(found, first=await self._shared.share(found))
            finally:
                self._asked = time.monotonic()

    async def follow(self) -> None:
        """Speak what another process found. Raises `StoreUnavailable`.

        v1 is never taken from it without asking: a process that is pinned to v1 may have stored that.
        """
        if self.pinned:
            return
        stored = await self._shared.recall()
        if stored == "v2" != self.version:
            await self._speak("v2", first=False)
        elif stored == "v1" != self.version:
            found = await self._choose()
            if not await self._shared.share(found):
                await self._speak(found, first=False)

    async def keep(self) -> None:
        """Follow the other processes, and ask for v2 while v1 is spoken, until cancelled."""
        while True:
            try:
                await asyncio.wait_for(self._sign.wait(), self._every)
                await asyncio.sleep(self._every * THROTTLE)  # a sign hurries, however many there are
            except TimeoutError:
                pass
            hurried = self._sign.is_set()
            self._sign.clear()
            try:
                await self._once(hurried)
            except RateLimited:
                pass  # asked again later
            except BotError as error:
                log.warning("api_version_not_followed", error=str(error) or type(error).__name__)
            except Exception:
                log.exception("api_version_not_followed")

    async def _once(self, hurried: bool) -> None:
        await self.follow()
        if self.version == "v1" and not self.pinned:
            soon = hurried or self.ended or not self.certain or (self.ends or V1_ENDS) - datetime.now(UTC) < NEAR
            if await self._shared.turn(self._every * (SOON if soon else SELDOM)):
                await self.look()
        if self.watched:
            await self.watched()

    async def _speak(self, version: str, *, first: bool) -> None:
        before, self.version, self.sunset = self.version, version, None
        log.info("inbox", version=version, before=before, first=first)
        if self.moved:
            try:
                await self.moved(version, first)
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=str(error))
