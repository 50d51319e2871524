"""What follows when Inbox's API version changes, and what admins hear of an end that comes near."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.events.jobs import LookAtBuried, Sync
from bot.inbox.version import Spoken
from bot.people import version_words as words
from bot.people.directory import Directory
from bot.people.jobs import TellAdmins
from bot.people.rights import Rights
from bot.queue.job import Job, utc_now
from bot.queue.lanes import Lanes
from bot.store.installation import InstallState

log = structlog.get_logger(__name__)

STAGES: Final = {"in-use": "", "week": "-week", "day": "-day", "ended": "-ended"}  # ends of a notice's name
LATEST: Final = timedelta(days=365)  # after its end, what was told of it is over


class Versions:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(
        self, spoken: Spoken, directory: Directory, install: InstallState, lanes: Lanes, rights: Rights
    ) -> None:
        self._spoken, self._directory, self._install, self._lanes, self._rights = (
            spoken,
            directory,
            install,
            lanes,
            rights,
        )
        self._told: set[str] = set()  # saves asking Redis again and again
        spoken.moved, spoken.watched = self.moved, self.watched

    async def begin(self, *, moved: bool, first_start: bool) -> None:
        """At a start: what follows from a change since the last one, and a look at what an earlier bot buried."""
        if moved:
            await self.moved(self._spoken.version, True)
        elif self._spoken.version == "v2" and not await self._install.buried_looked_at():
            if not first_start:
                await self._lanes.accept(LookAtBuried())
            await self._install.looked_at_buried()

    async def moved(self, version: str, first: bool) -> None:
        """Another version is spoken; `first` in the process that found it out, for all the others."""
        await self._directory.forget_caches()
        if not first:
            return
        follow: list[Job] = [Sync()]
        if version == "v2":
            await self._rights.all_well("inbox-v1")
            follow += [LookAtBuried(), TellAdmins(text=words.moved(version))]
        await self._lanes.accept(*follow)

    async def watched(self) -> None:
        """Tell admins, once each: a version is in use that will end, it ends in a week, in a day, and it has ended."""
        spoken, ends = self._spoken, self._spoken.ends
        is_known = spoken.version != "v1" or spoken.pinned or spoken.certain or spoken.ended
        if ends is None or not is_known:
            self._told.clear()
            return
        if spoken.ended:
            await self._tell("ended", ends, words.v1_ended(pinned=spoken.pinned))
        else:
            left = ends - utc_now()
            near = "day" if left < timedelta(days=1) else "week" if left < timedelta(days=7) else "in-use"
            await self._tell(near, ends, words.ends(spoken.version, ends, pinned=spoken.pinned))

    async def _tell(self, stage: str, ends: datetime, text: str) -> None:
        """An end that is postponed is another one."""
        name = f"inbox-{self._spoken.version}{STAGES[stage]}-{ends.date()}"
        if name not in self._told:
            log.warning("api_version_ends", stage=stage, version=self._spoken.version, pinned=self._spoken.pinned)
            await self._lanes.accept(TellAdmins(name=name, text=text))
            await self._rights.told_until(name, max(ends, utc_now()) + LATEST)
            self._told.add(name)
