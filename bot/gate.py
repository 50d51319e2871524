"""Who is acting: a member of the installed workspace, linked to an Inbox member that exists, or nobody.

Deny by default: whoever Slack cannot identify is refused, and nothing is called on their behalf.
"""

from __future__ import annotations

import structlog

from bot.errors import NotLinked, Outsider, SlackBusy, SlackDown, SlackRefused, Unidentified
from bot.inbox import Inbox
from bot.jobs import Asker
from bot.models import Installation, Member, Record
from bot.slack import Slack
from bot.store.people import People, Profile

log = structlog.get_logger(__name__)


class Actor(Record):
    """A person who may act: their Slack user id, and the Inbox member they act as."""

    user: str
    name: str
    member: Member


class Gate:
    """Knows the workspace, and turns whoever asks into an `Actor` or refuses them."""

    def __init__(self, installation: Installation, slack: Slack, inbox: Inbox, people: People) -> None:
        self.installation, self._slack, self._inbox, self._people = installation, slack, inbox, people

    async def actor(self, asker: Asker) -> Actor:
        """Who is asking. Raises `Outsider`, `Unidentified` or `NotLinked`; `InboxError` when it cannot be looked up."""
        profile = await self.insider(asker)
        member = await self._member(profile)
        return Actor(user=asker.user, name=member.name or profile.name, member=member)

    async def insider(self, asker: Asker) -> Profile:
        """Somebody of the installed workspace or its Grid organisation; no guest, bot or former member.

        The person's own workspace counts, not the channel's: in a shared channel outsiders press our buttons.
        """
        if not self._ours(asker.team, asker.enterprise):
            raise Outsider("another workspace")
        profile = await self._people.profile(asker.user)
        if profile is None:
            try:
                profile = await self._slack.profile(asker.user)
            except (SlackBusy, SlackDown) as error:
                raise Unidentified("Slack does not answer who this is") from error
            except SlackRefused as error:
                raise Outsider(error.code) from error
            if profile.team is None:  # not said here, but Slack has signed it above
                profile = profile.model_copy(update={"team": asker.team, "enterprise": asker.enterprise})
            await self._people.save_profile(profile)
        if profile.guest or profile.bot or profile.deleted or not self._ours(profile.team, profile.enterprise):
            raise Outsider("guest, bot, former member or stranger")
        return profile

    def _ours(self, team: str | None, enterprise: str | None) -> bool:
        grid = self.installation.enterprise
        return team == self.installation.team or (grid is not None and enterprise == grid)

    async def _member(self, profile: Profile) -> Member:
        linked = await self._people.link(profile.id)
        if linked and (member := await self._existing(linked)):
            return member
        if profile.email is None:
            raise NotLinked("Slack shows no e-mail address")
        member = await self.member_with(profile.email)
        if member is None:
            raise NotLinked("no member, or several, with that address")
        await self._people.save_link(profile.id, member.id)
        log.info("linked", user=profile.id, member=member.id)
        return member

    async def member_with(self, email: str) -> Member | None:
        """The only member with that address, asked for anew before nobody is."""
        for fresh in (False, True):
            members = await self._members(fresh=fresh)
            matches = [one for one in members if one.email and one.email.casefold() == email.casefold()]
            if len(matches) == 1:
                return matches[0]
        return None

    async def _existing(self, member_id: str) -> Member | None:
        """The member, asked for anew before they are taken for gone."""
        for fresh in (False, True):
            for member in await self._members(fresh=fresh):
                if member.id == member_id:
                    return member
        return None

    async def _members(self, *, fresh: bool = False) -> list[Member]:
        return await self._people.members(self._inbox.members, fresh=fresh)
