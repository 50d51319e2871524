"""What Slack says of the workspace, of its people and of its channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from bot.errors import NotThere
from bot.records import Named, Record
from bot.slack.calls import Calls, answers

PAGE: Final = 1000  # people in one answer
PAGES: Final = 10
# Where conversations.info names who reads a channel: https://docs.slack.dev/reference/objects/conversation-object
_READERS: Final = (
    *("connected_team_ids", "connected_limited_team_ids"),
    *("pending_connected_team_ids", "shared_team_ids"),
)


class Installation(Record):
    """The workspace that the bot token belongs to."""

    team: str
    name: str
    enterprise: str | None = None
    bot_user: str
    url: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """What Slack calls us by: the workspace, and the organisation that it belongs to."""
        return frozenset({self.team, *([self.enterprise] if self.enterprise else [])})

    def permalink(self, channel: str, ts: str) -> str | None:
        """A message's address, in the form that chat.getPermalink answers; None where the workspace's is unknown."""
        return f"{self.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if self.url else None


class Outside(NamedTuple):
    """Whether other organisations read a channel, or are invited to; `teams` are theirs, as far as Slack names them."""

    shared: bool
    teams: tuple[str, ...] = ()


class Profile(Named):
    """What Slack says of one of its users. `email` is None when Slack hides it.

    `confirmed` is False where Slack says that nobody has proved to own the address; `teams` are the workspaces of an
    Enterprise Grid organisation that they belong to.
    """

    id: str
    team: str | None
    enterprise: str | None = None
    name: str
    email: str | None = None
    confirmed: bool = True
    teams: tuple[str, ...] = ()
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    admin: bool = False
    zone: str = "UTC"

    def belongs_to(self, team: str) -> bool:
        """Whether that workspace's admins vouch for what is said of them; others of an organisation have their own."""
        return team in (self.team, *self.teams)

    def runs(self, team: str) -> bool:
        """Whether they are an admin or owner there. Slack may name no workspace of theirs, or the organisation as ours,
        which installed the app as a whole: then its word that they are one counts as it is.
        """
        untold = not (self.team or self.teams) or not team.startswith("T")
        return self.admin and (untold or self.belongs_to(team))

    @classmethod
    def of(cls, user_id: str, user: Mapping[str, Any]) -> Profile:
        """The profile as users.info and users.list answer it."""
        about = user.get("profile") or {}
        enterprise = user.get("enterprise_user") or {}
        return cls.checked(
            id=user_id,
            team=user.get("team_id"),
            enterprise=enterprise.get("enterprise_id"),
            name=about.get("display_name")
            or about.get("real_name")
            or user.get("real_name")
            or user.get("name")
            or "Someone",
            email=about.get("email") or None,
            confirmed=user.get("is_email_confirmed") is not False,
            teams=tuple(enterprise.get("teams") or ()),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot")),
            deleted=bool(user.get("deleted")),
            admin=bool(user.get("is_admin") or user.get("is_owner")),
            zone=user.get("tz") or "UTC",
        )


class Workspace(Calls):
    """Asks, and changes nothing. Every method raises `SlackError`s and nothing else."""

    async def installation(self) -> Installation:
        """Whose token this is. Raises `SlackRevoked` with `invalid_auth` and the like when it is nobody's."""
        async with self._answers():
            found = await self.client.auth_test()
            return Installation.checked(
                team=found["team_id"],
                name=found.get("team") or "this workspace",
                enterprise=found.get("enterprise_id"),
                bot_user=found["user_id"],
                url=found.get("url") or "",
            )

    async def scopes(self) -> frozenset[str]:
        """What the token was granted, as Slack's answers say in their header."""
        granted = (await self._headers()).get("x-oauth-scopes", "")
        return frozenset(part.strip() for part in granted.split(",")) - {""}

    async def clock(self) -> datetime | None:
        """What time it is for Slack; None when its answer does not say so."""
        try:
            return parsedate_to_datetime((await self._headers())["date"])
        except (KeyError, ValueError):
            return None

    async def _headers(self) -> Mapping[str, str]:
        answer = await self._call(self.client.auth_test())
        return {name.lower(): value for name, value in answer.headers.items()}

    async def user_with(self, email: str) -> str | None:
        """The id of the workspace's user with that address; None when there is none that the bot may see."""
        try:
            answer = await self._call(self.client.users_lookupByEmail(email=email))
        except NotThere:
            return None
        return str(answer["user"]["id"])

    async def profile(self, user: str) -> Profile:
        """What Slack says of a user now."""
        answer = await self._call(self.client.users_info(user=user))
        return Profile.of(user, answer.get("user") or {})

    async def admins(self, team: str) -> list[str]:
        """The workspace's admins and owners, as far as Slack's first pages name them; `team` is its id."""
        found: list[str] = []
        cursor = ""
        for _ in range(PAGES):
            answer = await self._call(self.client.users_list(limit=PAGE, cursor=cursor))
            people = (Profile.of(one["id"], one) for one in answer.get("members") or [])
            found += [one.id for one in people if one.runs(team) and not (one.bot or one.deleted)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    async def groups(self) -> dict[str, str]:
        """The ids of user groups, by handle without an @. Raises `ScopeMissing` without usergroups:read."""
        answer = await self._call(self.client.usergroups_list())
        return {str(one.get("handle") or ""): str(one["id"]) for one in answer.get("usergroups") or []}

    async def group_members(self, group: str) -> list[str]:
        """The Slack users in a user group; raises as `groups` does, and `NotThere`."""
        answer = await self._call(self.client.usergroups_users_list(usergroup=group))
        return [str(one) for one in answer.get("users") or []]

    async def outside(self, channel: str, ours: frozenset[str]) -> Outside:
        """Who of other organisations reads the channel, or is invited to: https://docs.slack.dev/apis/slack-connect.

        `ours` are the ids that Slack has for us, which it names beside theirs.
        """
        answer = await self._call(self.client.conversations_info(channel=channel))
        found = answer["channel"]
        between_us = found.get("is_shared") and not found.get("is_org_shared")
        ids = {one for name in _READERS for one in found.get(name) or ()}
        return Outside(
            shared=bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared") or between_us),
            teams=tuple(sorted(ids - ours - {*(found.get("internal_team_ids") or ())})),
        )

    async def channel_name(self, channel: str) -> str:
        """Without the `#`."""
        answer = await self._call(self.client.conversations_info(channel=channel))
        return str((answer.get("channel") or {}).get("name") or "")

    async def is_member(self, channel: str, user: str) -> bool:
        """Whether the user is in the channel, as far as Slack's first pages tell: of a larger one, everybody is."""
        cursor = ""
        for _ in range(PAGES):
            answer = await self._call(self.client.conversations_members(channel=channel, limit=PAGE, cursor=cursor))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if user in (answer.get("members") or ()) or not cursor:
                return user in (answer.get("members") or ())
        return True

    async def try_channel(self, channel: str, bot_user: str) -> None:
        """Whether cards can be posted there, found out with words that only the bot sees.

        Raises `ChannelRefused` with `channel_not_found`, `not_in_channel` or `is_archived`; needs no scope beyond
        chat:write, which conversations.info would.
        """
        asked = "Can cards be posted here?"
        await self._call(self.client.chat_postEphemeral(channel=channel, user=bot_user, text=asked))

    async def open_socket(self, app_token: str) -> str:
        """The URL of one Socket Mode connection. Raises `SlackRevoked` when the token is none of an app with it."""
        async with answers():  # not the bot's token
            answer = await self.client.apps_connections_open(app_token=app_token)
        return str(answer["url"])
