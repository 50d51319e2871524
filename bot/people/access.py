"""Who is acting: a member of the installed workspace, linked to an Inbox member that exists, or nobody.

Deny by default: whoever Slack cannot identify is refused, and nothing is called on their behalf.
"""

from __future__ import annotations

import asyncio
import time
from datetime import tzinfo
from typing import Final

import structlog

from bot.errors import (
    AdminsOnly,
    Guest,
    NotLinked,
    Outsider,
    Refused,
    SlackAway,
    SlackRefused,
    StoreUnavailable,
    Unidentified,
    Unlinked,
)
from bot.hours import zone_of
from bot.models import Member
from bot.people.directory import Directory
from bot.people.links import Links
from bot.people.rights import Rights
from bot.queue.job import Asker
from bot.records import Record
from bot.slack.client import Slack
from bot.slack.workspace import Installation, Profile

log = structlog.get_logger(__name__)

KNOWN_WITHIN: Final = 1.0  # seconds; Slack waits for the help
FRESH: Final = 10.0  # seconds that what Slack said is good for before something is written: a burst asks once


class Actor(Record):
    """A person who may act: their Slack user id, and the Inbox member they act as."""

    user: str
    name: str
    member: Member


class Access:
    """Knows the workspace, and turns whoever asks into an `Actor` or refuses them."""

    def __init__(
        self,
        installation: Installation,
        slack: Slack,
        directory: Directory,
        links: Links,
        rights: Rights,
        admins: frozenset[str],
        known_within: float,
    ) -> None:
        """`admins` are Slack user ids that may do what workspace admins may; `known_within`, see `is_known_admin`."""
        self.installation, self._slack = installation, slack
        self._directory, self._links, self._rights, self._admins = directory, links, rights, admins
        self._known_within = known_within
        self._asked_at: dict[str, float] = {}  # when Slack was asked for a user (monotonic)

    async def actor(self, asker: Asker, *, fresh: bool = False) -> Actor:
        """Who is asking; `fresh` asks Slack now, before something is written on their behalf.

        What they could not have before they were linked is not done any more then: they may be doing it themselves.

        Raises `Outsider`, `Unidentified` or `NotLinked`; `InboxError` when it cannot be looked up.
        """
        profile = await self.insider(asker, fresh=fresh)
        member = await self._member(profile)
        if fresh:
            await self._rights.drop_click(profile.id)
        return Actor(user=asker.user, name=member.name or profile.name, member=member)

    async def acts_as(self, user: str, member_id: str) -> bool:
        """Whether the Slack user may act, as that member: nobody else hears of a conversation.

        Raises as `colleague` does.
        """
        actor = await self.colleague(user)
        return actor is not None and actor.member.id == member_id

    async def colleague(self, user: str) -> Actor | None:
        """As whom a Slack user of the workspace acts; None for who may not.

        Raises `InboxError`, and `Unidentified` where Slack does not answer.
        """
        try:
            return await self.actor(Asker(user=user, team=self.installation.team))
        except Unidentified:
            raise
        except Refused:
            return None

    async def might_act(self, asker: Asker) -> bool:
        """Whether they may act as far as is known without Inbox, which whatever they do next asks. Raises `Refused`."""
        linked = await self._links.link((await self.insider(asker)).id)
        members = await self._directory.members_cached()
        return bool(linked) and (members is None or linked in {one.id for one in members})

    async def insider(self, asker: Asker, *, fresh: bool = False) -> Profile:
        """Somebody of the installed workspace or its Grid organisation; no bot, former member, or guest not allowed.

        The person's own workspace counts, not the channel's: in a shared channel outsiders press our buttons.
        """
        if not self._ours(asker.team, asker.enterprise):
            raise Outsider("another workspace")
        known = await self._directory.profiles.get(asker.user)
        stale = fresh and time.monotonic() - self._asked_at.get(asker.user, -FRESH) >= FRESH
        profile = await self._asked_for(asker, known) if known is None or stale else known
        if profile.bot or profile.deleted or not self._ours(profile.team, profile.enterprise):
            raise Outsider("bot, former member or stranger")
        if profile.guest and not await self._rights.guest_allowed(profile.id):
            raise Guest("not let in by an admin")
        return profile

    async def zone(self, asker: Asker) -> tzinfo:
        """The time zone by which they read and write times. Raises as `insider` does."""
        return zone_of((await self.insider(asker)).zone)

    async def _asked_for(self, asker: Asker, known: Profile | None) -> Profile:
        """What Slack says now; what it said in the last minutes where it does not answer."""
        try:
            profile = await self._slack.profile(asker.user)
        except SlackAway as error:
            if known is not None:
                return known
            raise Unidentified("Slack does not answer who this is") from error
        except SlackRefused as error:
            raise Outsider(error.code) from error
        if profile.team is None:  # not said here, but Slack has signed it
            profile = profile.having(team=asker.team, enterprise=asker.enterprise)
        await self._directory.profiles.put(profile.id, profile)
        self._asked_at[asker.user] = time.monotonic()
        return profile

    async def admin(self, asker: Asker) -> Profile:
        """An insider who may say who is who, as Slack says now. Raises `AdminsOnly`."""
        profile = await self.insider(asker, fresh=True)
        if not self._is_admin(profile):
            raise AdminsOnly("neither a workspace admin nor in BOT_ADMINS")
        return profile

    async def is_known_admin(self, asker: Asker) -> bool:
        """Whether they are one as far as Slack says within `known_within` seconds. Raises nothing."""
        try:
            async with asyncio.timeout(self._known_within):
                return self._is_admin(await self.insider(asker))
        except (Refused, StoreUnavailable, TimeoutError):
            return False

    def _is_admin(self, profile: Profile) -> bool:
        """A guest is none, wherever they are named; nor is an admin of another workspace of the organisation."""
        return not profile.guest and (profile.runs(self.installation.team) or profile.id in self._admins)

    def _ours(self, team: str | None, enterprise: str | None) -> bool:
        grid = self.installation.enterprise
        return team == self.installation.team or (grid is not None and enterprise == grid)

    async def _member(self, profile: Profile) -> Member:
        """Whom they are linked to, or matched to from now on, unless an admin decides about that in this moment."""
        linked = await self._links.link(profile.id)
        if linked == "":
            raise Unlinked("unlinked on purpose")
        member, same = await self._linked(profile, linked) if linked else (None, None)
        found = await self._moved(profile, member, same) if member else await self.own_member(profile)
        if found is None:
            assert member is not None
            return member
        if not await self._links.match(profile.id, found.id, profile.email or "", before=linked):
            return await self._member(profile)
        if found == member:
            return member
        log.info("linked", user=profile.id, member=found.id, before=linked)
        return found

    async def _linked(self, profile: Profile, member_id: str) -> tuple[Member | None, bool | None]:
        """The member with that id, and whether it was by their address of today that they were matched."""
        matched = self._links.was_matched_by(profile.id, profile.email or "")
        return await asyncio.gather(self.member(member_id), matched)

    async def _moved(self, profile: Profile, member: Member, same: bool | None) -> Member | None:
        """Whom they are matched to since their address has changed; None where that changes nothing.

        Whom an admin linked stays linked, and so does who has an address that no member has.
        """
        if profile.email is None:
            return None
        if same is None and member.email.casefold() == profile.email.casefold():  # as versions left it that noted none
            await self._links.match(profile.id, member.id, profile.email, before=member.id)
        if same is not False:
            return None
        try:
            return await self.own_member(profile)
        except NotLinked:
            return None

    async def own_member(self, profile: Profile) -> Member:
        """The member with this person's own address. Raises `NotLinked` unless the home workspace vouches for it."""
        if not profile.belongs_to(self.installation.team):
            raise NotLinked("of another workspace of the organisation")
        if profile.email is None or not profile.confirmed:
            raise NotLinked("Slack shows no e-mail address that is confirmed")
        member = await self.member_with(profile.email)
        if member is None:
            raise NotLinked("no member, or several, with that address")
        return member

    async def member_with(self, email: str) -> Member | None:
        """The only member with that address, asked for anew before nobody is."""
        for fresh in (False, True):
            members = await self._directory.members(fresh=fresh)
            matches = [one for one in members if one.email and one.email.casefold() == email.casefold()]
            if len(matches) == 1:
                return matches[0]
        return None

    async def member(self, member_id: str) -> Member | None:
        """The member with that id, asked for anew before they are taken for gone."""
        for fresh in (False, True):
            for member in await self._directory.members(fresh=fresh):
                if member.id == member_id:
                    return member
        return None
