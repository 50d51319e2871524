"""Who the admins are, what they alone may do, and how they hear of it."""

from __future__ import annotations

import re
from typing import Final

import structlog

from bot.gate import Gate
from bot.jobs import Asker, Console, Job, OpenHome, Tell, TellAdmins
from bot.models import Member
from bot.slack import Slack
from bot.store.audit import Audit
from bot.store.lanes import Lanes
from bot.store.people import People
from bot.store.rights import Rights
from bot.views import text, words

log = structlog.get_logger(__name__)

USER: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
SHOWN: Final = 20  # acts in `/inbox log`


class Admins:
    """Every method that acts asks the gate first. Each act is on record, and the other admins are told."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        people: People,
        rights: Rights,
        audit: Audit,
        lanes: Lanes,
        named: frozenset[str],
    ) -> None:
        """`named` are the Slack user ids in BOT_ADMINS."""
        self._gate, self._slack, self._people, self._rights = gate, slack, people, rights
        self._audit, self._lanes, self._named = audit, lanes, named

    async def tell(self, job: TellAdmins, _: object) -> list[Job]:
        """To the people in BOT_ADMINS, or where it names nobody to the workspace's admins and owners."""
        everyone = sorted(self._named) or await self._slack.admins()
        if not everyone:
            log.error("no_admin_to_tell", ref=job.ref, about=job.name)
        return [Tell(asker=Asker(user=one), text=job.text, lasting=True) for one in everyone if one != job.but]

    async def link(self, job: Console, mention: str, address: str) -> list[Job]:
        """Somebody acts as a member from now on, and the click that was refused before is done."""
        await self._gate.admin(job.asker)
        user, email = _user(mention), text.decode(address)
        if user is None:
            return [_answer(job, words.LINK_USAGE)]
        member = await self._gate.member_with(email)
        if member is None:
            return [_answer(job, words.no_member(email))]
        shared = [one for one, has in (await self._people.links()).items() if has == member.id and one != user]
        await self._people.save_link(user, member.id)
        log.info("linked", ref=job.ref, user=user, member=member.id, by=job.asker.user)
        said = words.linked(user, member.label, shared)
        told = await self._done(job, "link", user, said, member)
        resumed = await self.resume(user)
        return [*told, *_to(user, job, words.linked_you(job.asker.user, member.label, resumed=resumed))]

    async def unlink(self, job: Console, mention: str) -> list[Job]:
        await self._gate.admin(job.asker)
        user = _user(mention)
        if user is None:
            return [_answer(job, words.LINK_USAGE)]
        await self._people.remove_link(user)
        log.info("unlinked", ref=job.ref, user=user, by=job.asker.user)
        done = await self._done(job, "unlink", user, words.unlinked(user))
        return [*done, self._home(user)]

    async def links(self, job: Console) -> list[Job]:
        """Who acts as whom; a member who is gone, or whom two people act as, stands out."""
        await self._gate.admin(job.asker)
        lines = []
        links = await self._people.links()
        for user, member_id in links.items():
            member = await self._gate.member(member_id)
            twice = list(links.values()).count(member_id) > 1
            lines.append(words.link_line(user, member.label if member else None, member.email if member else "", twice))
        return [_answer(job, words.listed(lines, words.NO_LINKS))]

    async def guest(self, job: Console, mention: str, *, allowed: bool) -> list[Job]:
        """A guest may act like a member, or no longer; they need a seat in Inbox as everybody does."""
        await self._gate.admin(job.asker)
        user = _user(mention)
        if user is None:
            return [_answer(job, words.GUEST_USAGE)]
        await (self._rights.allow_guest(user) if allowed else self._rights.disallow_guest(user))
        said = words.guest(user, allowed=allowed)
        return [*await self._done(job, "allow" if allowed else "disallow", user, said), self._home(user)]

    def _home(self, user: str) -> OpenHome:
        """Slack keeps what somebody's Home showed while they still might see it."""
        return OpenHome(asker=Asker(user=user, team=self._gate.installation.team))

    async def consent(self, job: Console, *, given: bool) -> list[Job]:
        """Names and texts may stand in this channel though another organisation reads it, or no longer."""
        await self._gate.admin(job.asker)
        channel = job.asker.channel or ""
        if not channel.startswith(("C", "G")):
            return [_answer(job, words.CONSENT_USAGE)]
        if given:
            await self._rights.save_consent(channel, job.asker.user)
        else:
            await self._rights.remove_consent(channel)
        what = "consent" if given else "consent off"
        return await self._done(job, what, channel, words.consent(channel, given=given))

    async def log(self, job: Console) -> list[Job]:
        """The last acts, for the admin alone."""
        await self._gate.admin(job.asker)
        lines = [
            words.act(one.at, one.user, one.what, one.about, one.channel, one.outcome, one.ref)
            for one in await self._audit.newest(SHOWN)
        ]
        return [_answer(job, words.listed(lines, words.NO_ACTS))]

    async def resume(self, user: str) -> bool:
        """Accept again, once, what `user` could not have before they were linked; whether there was anything."""
        click = await self._rights.kept_click(user)
        if click:
            await self._lanes.accept(click, once=f"resumed:{click.ref}")
            await self._rights.drop_click(user)
        return click is not None

    async def _done(self, job: Console, what: str, about: str, said: str, member: Member | None = None) -> list[Job]:
        """On record, told to the one who did it, and announced to the other admins."""
        how = f"done: {member.id}" if member else "done"
        await self._audit.note(job.asker, what, about, how, job.ref)
        return [_answer(job, said), TellAdmins(text=words.announced(job.asker.user, said), but=job.asker.user)]


def _user(mention: str) -> str | None:
    found = USER.fullmatch(mention)
    return found[1] if found else None


def _answer(job: Console, sentence: str) -> Tell:
    return Tell(asker=job.asker, text=sentence)


def _to(user: str, job: Console, sentence: str) -> list[Job]:
    """A direct message, unless they did it themselves."""
    return [] if user == job.asker.user else [Tell(asker=Asker(user=user), text=sentence, lasting=True)]
