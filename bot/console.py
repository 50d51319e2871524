"""`/inbox`: who am I, and, for admins, who is who."""

from __future__ import annotations

import re
from typing import Final

import structlog

from bot.checkup import Checkup
from bot.gate import Gate
from bot.jobs import Asker, Console, Job, Tell
from bot.store.people import People
from bot.views import text, words

log = structlog.get_logger(__name__)

_USER: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Command:
    """Answers privately; whatever it does not know is answered with the help text."""

    def __init__(self, gate: Gate, people: People, admins: frozenset[str], checkup: Checkup) -> None:
        self._gate, self._people, self._admins, self._checkup = gate, people, admins, checkup

    async def run(self, job: Console, _: object) -> list[Job]:
        """Raises `Refused` for people who may not even ask."""
        match job.words.split():
            case ["whoami"]:
                actor = await self._gate.actor(job.asker)
                member = actor.member
                answer = words.whoami(member.label, member.email, member.role)
            case ["link" | "unlink" as verb, *rest]:
                answer = await self._link(job, verb, rest)
            case ["doctor"]:
                answer = await self._doctor(job.asker)
            case _:
                answer = words.inbox_help()
        return [Tell(asker=job.asker, text=answer)]

    async def _link(self, job: Console, verb: str, rest: list[str]) -> str:
        """Only an admin says who somebody is: nobody claims a colleague's seat by themselves."""
        if not await self._is_admin(job.asker):
            return words.ADMINS_ONLY
        user = _USER.fullmatch(rest[0]) if rest else None
        if user is None or len(rest) != (2 if verb == "link" else 1):
            return words.LINK_USAGE
        if verb == "unlink":
            await self._people.remove_link(user[1])
            log.info("unlinked", ref=job.ref, user=user[1], by=job.asker.user)
            return words.unlinked(user[1])
        email = text.decode(rest[1])
        member = await self._gate.member_with(email)
        if member is None:
            return words.no_member(email)
        await self._people.save_link(user[1], member.id)
        log.info("linked", ref=job.ref, user=user[1], member=member.id, by=job.asker.user)
        return words.linked(user[1], member.label)

    async def _doctor(self, asker: Asker) -> str:
        """The same as `bot doctor` says, without what only the machine knows."""
        if not await self._is_admin(asker):
            return words.ADMINS_ONLY
        findings = await self._checkup.findings()
        return "\n".join(words.finding(one.what, one.level, one.seen, one.remedy) for one in findings)

    async def _is_admin(self, asker: Asker) -> bool:
        profile = await self._gate.insider(asker)
        return profile.admin or asker.user in self._admins
