"""`/inbox`: who am I, and lists of conversations, for everyone; the rest is for admins."""

from __future__ import annotations

import structlog

from bot.admins import USER, Admins
from bot.channel_settings import ChannelSettings
from bot.checkup import Checkup
from bot.choosing import Choosing
from bot.echo import Echoes
from bot.finding import Finding
from bot.gate import Gate
from bot.jobs import Console, Job, OpenHome, Tell
from bot.stats import Stats
from bot.steering import Steering
from bot.store.audit import Audit
from bot.store.people import People
from bot.views import text, words

log = structlog.get_logger(__name__)


class Command:
    """Answers privately; whatever it does not know is answered with the help text."""

    def __init__(
        self,
        gate: Gate,
        people: People,
        audit: Audit,
        admins: Admins,
        checkup: Checkup,
        steering: Steering,
        settings: ChannelSettings,
        choosing: Choosing,
        echoes: Echoes,
        stats: Stats,
        finding: Finding,
    ) -> None:
        self._gate, self._people, self._audit, self._admins = gate, people, audit, admins
        self._checkup, self._steering, self._settings = checkup, steering, settings
        self._choosing, self._echoes, self._stats = choosing, echoes, stats
        self._finding = finding

    async def run(self, job: Console, _: object) -> list[Job]:
        """Raises `Refused` for people who may not even ask."""
        match job.words.split():
            case ["whoami"]:
                return await self._whoami(job)
            case ["link"]:
                return await self._link_me(job, None)
            case ["link", address] if not USER.fullmatch(address):
                return await self._link_me(job, text.decode(address))
            case ["link", mention, address]:
                return await self._admins.link(job, mention, address)
            case ["unlink"]:
                return await self._unlink_me(job)
            case ["unlink", mention]:
                return await self._admins.unlink(job, mention)
            case ["links"]:
                return await self._admins.links(job)
            case ["allow" | "disallow" as verb, mention]:
                return await self._admins.guest(job, mention, allowed=verb == "allow")
            case ["consent"]:
                return await self._admins.consent(job, given=True)
            case ["consent", "off"]:
                return await self._admins.consent(job, given=False)
            case ["log"]:
                return await self._admins.log(job)
            case ["doctor"]:
                return await self._doctor(job)
            case ["route" | "routes", *_]:
                return await self._steering.route(job)
            case ["why", *_]:
                return await self._steering.ask_why(job)
            case ["quiet", *_]:
                return await self._settings.quiet(job)
            case ["reply-assigns" | "assignments" as what, "on" | "off" as how]:
                return await self._choosing.choose(job, what, how)
            case ["stats"]:
                return await self._stats.show(job)
            case ["replies", *rest]:
                return await self._echoes.choose(job, rest)
            case ["find" | "mine" | "unassigned" | "requests" as what, *rest]:
                return await self._finding.command(job, what, rest)
            case ["link", *_]:
                return [_answer(job, words.LINK_USAGE)]
        return [_answer(job, words.inbox_help())]

    async def _whoami(self, job: Console) -> list[Job]:
        member = (await self._gate.actor(job.asker)).member
        return [_answer(job, words.whoami(member.label, member.email, member.role))]

    async def _link_me(self, job: Console, address: str | None) -> list[Job]:
        """Nobody claims a colleague's seat: only one's own address, as Slack vouches for it, links oneself."""
        profile = await self._gate.insider(job.asker)
        if address is not None and address.casefold() != (profile.email or "").casefold():
            await self._audit.note(job.asker, "link", job.asker.user, "refused: another address", job.ref)
            return [_answer(job, words.OWN_ADDRESS_ONLY)]
        member = await self._gate.own_member(profile)
        others = [one for one, has in (await self._people.links()).items() if has == member.id and one != profile.id]
        await self._people.save_link(profile.id, member.id)
        log.info("linked", ref=job.ref, user=profile.id, member=member.id, by=profile.id)
        await self._audit.note(job.asker, "link", profile.id, f"done: {member.id}", job.ref, member.id)
        resumed = await self._admins.resume(profile.id)
        return [_answer(job, words.linked(profile.id, member.label, others) + (words.RESUMED if resumed else ""))]

    async def _unlink_me(self, job: Console) -> list[Job]:
        profile = await self._gate.insider(job.asker)
        await self._people.remove_link(profile.id)
        log.info("unlinked", ref=job.ref, user=profile.id, by=profile.id)
        await self._audit.note(job.asker, "unlink", profile.id, "done", job.ref)
        return [_answer(job, words.UNLINKED_YOU), OpenHome(asker=job.asker)]

    async def _doctor(self, job: Console) -> list[Job]:
        """The same as `bot doctor` says, without what only the machine knows."""
        await self._gate.admin(job.asker)
        findings = await self._checkup.findings()
        lines = (words.finding(one.what, one.level, one.seen, one.remedy) for one in findings)
        return [_answer(job, "\n".join(lines))]


def _answer(job: Console, sentence: str) -> Tell:
    return Tell(asker=job.asker, text=sentence)
